// What a TCP scan's first event says of the plan and of what its method cannot tell.
#include <string>

#include <sonda/event/words.hpp>

#include "tcp_state.hpp"

namespace sonda::inline v0 {
namespace {

double ms(Duration value) { return static_cast<double>(value.count()) / 1e6; }

std::int64_t integer(std::uint64_t value) { return static_cast<std::int64_t>(value); }

}  // namespace

Start TcpEngine::State::start_event() const {
  Start start{.mode = is_syn() ? "raw" : "connect"};
  const auto put = [&start](const char* name, PlanValue value) {
    start.plan.emplace_back(name, std::move(value));
  };
  put("hosts", integer(plan.space->hosts()));
  put("ports", integer(plan.space->size()));
  put("fingerprint", std::to_string(plan.space->fingerprint()));
  put("shard_first", integer(plan.shard.first));
  put("shard_step", integer(plan.shard.step));
  put("retransmissions", integer(plan.retransmissions));
  // connect() cannot wait less than its floor; our own SYNs can.
  put("deadline_ms", ms(is_syn() && plan.deadline ? *plan.deadline : deadline));
  put("parallel", integer(plan.parallel));
  put("parallel_at_first", integer(plan.parallel_at_first));
  if (plan.rate) put("rate", *plan.rate);
  put("ttl", integer(plan.ttl.value()));
  if (is_syn()) {
    start.ports = {plan.source_port};
    return start;
  }
  for (const auto& [how, word] : ending_words)
    if (how == ending) put("ending", std::string{word});
  if (plan.banner) put("banner_ms", ms(*plan.banner));
  start.unknowable = {
      "connect() shows no packets: the TTL of an answer, and so whether a RST is the target's or a "
      "firewall's, cannot be seen"};
  return start;
}

}  // namespace sonda::inline v0
