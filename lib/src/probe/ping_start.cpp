// What a ping's first event says of the plan and of what its mode cannot tell.
#include <string>

#include <sonda/event/words.hpp>
#include <sonda/probe/ping.hpp>

namespace sonda::inline v0 {
namespace {

double ms(Duration value) { return static_cast<double>(value.count()) / 1e6; }

}  // namespace

Start PingEngine::start_event() const {
  Start start{.address = plan_.target,
              .source = plan_.source,
              .mode = plan_.mode == IcmpMode::raw ? "raw" : "datagram",
              .identifiers = {identifier().value()}};
  auto& plan = start.plan;
  if (plan_.count) plan.emplace_back("count", static_cast<std::int64_t>(*plan_.count));
  plan.emplace_back("interval_ms", ms(plan_.interval));
  plan.emplace_back("timeout_ms", ms(plan_.timeout));
  if (plan_.deadline) plan.emplace_back("deadline_ms", ms(*plan_.deadline));
  plan.emplace_back("data_octets", static_cast<std::int64_t>(plan_.data_size));
  plan.emplace_back("ttl", std::int64_t{plan_.ttl.value()});
  plan.emplace_back("traffic_class", std::int64_t{plan_.traffic_class.value()});
  for (const auto& [discovery, word] : path_mtu_words)
    if (discovery == plan_.path_mtu_discovery)
      plan.emplace_back("path_mtu_discovery", std::string{word});
  if (plan_.mode == IcmpMode::datagram)
    start.unknowable = {
        "without CAP_NET_RAW: the kernel writes the IP header and keeps damaged and foreign "
        "replies to itself",
        "what routers add to their errors, and what the path changes in our packets, cannot be "
        "seen"};
  if (plan_.data_size < EchoIdentity::tag_size)
    start.unknowable.emplace_back(
        "fewer than 8 octets of data leave no room for the whole tag: a forged reply could pass "
        "for a real one");
  return start;
}

}  // namespace sonda::inline v0
