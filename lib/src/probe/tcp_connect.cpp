// The TCP scanner's method connect: the system's own sockets, and what they report.
#include <chrono>
#include <utility>

#include "tcp_state.hpp"

namespace sonda::inline v0 {
namespace {

using Phase = TcpSlot::Phase;
using std::chrono::milliseconds;

// The system gives up by itself; if it does not, it is given up so much later.
constexpr Duration safety = milliseconds{500};

}  // namespace

std::optional<Action> TcpEngine::State::poll_connect(Instant now) {
  if (!abandons.empty()) {
    const auto action = abandons.front();
    abandons.pop_front();
    release(action.flow.value());
    return action;
  }
  if (!may_ask() || now < pace.due()) return std::nullopt;
  const auto index = next_port();
  if (!index) return std::nullopt;
  pace.sent(now);
  auto& slot = slots[*index];
  slot.first = now;
  return Connect{.flow = FlowId{*index},
                 .probe = slot.probe,
                 .to = slot.point.address,
                 .port = slot.point.port,
                 .ttl = plan.ttl,
                 .deadline = deadline,
                 .retransmissions = plan.retransmissions,
                 .ending = ending};
}

void TcpEngine::State::left(Instant now, SlotIndex index) {
  auto& slot = slots[index];
  slot.phase = Phase::waiting;
  --unsent;
  if (is_syn()) return left_as_syn(now, index);
  slot.first = now;
  enqueue(index, young, now);
}

void TcpEngine::State::refused(Instant now, SlotIndex index, const Failure& failure) {
  const auto& slot = slots[index];
  const bool left = slot.phase != Phase::asked;
  const Answer answer{.attempts = is_syn() ? slot.tries - (left || slot.tries == 0 ? 0U : 1U)
                                           : (left ? 1U : 0U)};
  forget(index);
  settle(now, now, result_of(slot, now, verdict_of(failure), answer), slot, answer);
  release(index);
}

// Nothing is said of what the link has been told to let go of.
void TcpEngine::State::abandon(SlotIndex index, Ending how) {
  slots[index].phase = Phase::ending;
  abandons.push_back({.flow = FlowId{index}, .ending = how});
}

std::uint32_t TcpEngine::State::attempts_of(const TcpSlot& slot, Instant now,
                                            const SocketReport& report) const {
  if (report.transmissions > 0) return report.transmissions;
  std::uint32_t count = 1;
  while (count <= plan.retransmissions &&
         slot.first + syn_time(static_cast<std::uint8_t>(count)) < now)
    ++count;
  return count;
}

// The system takes the time of a handshake when it handles the SYN-ACK, which has lain in a queue
// before; and it counts microseconds.
constexpr Duration handling = std::chrono::microseconds{50};

void TcpEngine::State::on_socket(Instant now, const SocketReport& report) {
  const auto index = report.flow.value();
  if (index >= slots.size()) return;
  auto& slot = slots[index];
  if (slot.phase == Phase::standing) return on_standing(now, index, report);
  if (slot.phase == Phase::asked) left(now, index);
  if (slot.phase != Phase::waiting) return;

  VerdictContext context{
      .target = slot.point.address, .took = now - slot.first, .deadline = deadline};
  if (!report.queue.empty() || report.neighbor_silent)
    context.source = source_of(slot.point.address);
  auto verdict = verdict_of(report, context);
  if (!verdict) return;  // a soft error: the connect goes on

  const auto at = moment(now, report.stamp);
  Answer answer{.attempts = attempts_of(slot, at, report), .window = report.window};
  answer.number = static_cast<std::uint8_t>(answer.attempts - 1);
  const auto kind = verdict->cause.kind;
  // Karn: whose round trip it was cannot be known after a retransmission.
  if (kind == CauseKind::answer && answer.attempts == 1 && report.handshake > Duration{})
    answer.rtt = RttSample{*report.handshake, handling, report.stamp.clock};
  else if (kind != CauseKind::silence && kind != CauseKind::system && answer.attempts == 1)
    answer.rtt = rtt_between(slot.stamp, report.stamp);
  if (answer.attempts > 1 || kind == CauseKind::silence)
    for (std::uint8_t i = 0; i < answer.attempts; ++i) verdict->cause.tries.push_back(syn_time(i));

  auto result = result_of(slot, at, std::move(*verdict), answer);
  const bool stands = report.error_code == 0 && result.cause.kind == CauseKind::answer;
  if (stands && plan.banner) {
    leave_queue(index);
    slot.phase = Phase::standing;
    slot.result = std::make_unique<PortResult>(std::move(result));
    slot.window = answer.window;
    enqueue(index, standing, now);
    if (!report.data.empty() || report.end_of_data) on_standing(now, index, report);
    return;
  }
  forget(index);
  settle(now, at, std::move(result), slot, answer);
  if (report.error_code != 0)
    release(index);
  else
    abandon(index, stands ? ending : Ending::reset);
}

// What a service says first.
void TcpEngine::State::on_standing(Instant now, SlotIndex index, const SocketReport& report) {
  auto& result = *slots[index].result;
  const auto data = report.data.first(std::min(report.data.size(), most_banner));
  if (!data.empty()) result.banner = std::string{data.begin(), data.end()};
  if (!data.empty() || report.end_of_data || report.error_code != 0)
    end_standing(now, index, report.error_code == 0);
}

void TcpEngine::State::end_standing(Instant now, SlotIndex index, bool still_ours) {
  auto& slot = slots[index];
  auto result = std::move(*slot.result);
  slot.result.reset();
  // Who was interrupted does not know what would have been said.
  if (!result.banner && !stopped) result.banner.emplace();
  const Answer answer{.attempts = result.attempts,
                      .number = static_cast<std::uint8_t>(result.attempts - 1),
                      .rtt = result.rtt,
                      .window = slot.window};
  forget(index);
  settle(now, now, std::move(result), slot, answer);
  if (still_ours)
    abandon(index, ending);
  else
    release(index);
}

void TcpEngine::State::expire_connects(Instant now) {
  while (!queues[young].empty()) {
    const auto index = queues[young].head();
    if (now < slots[index].since + pace.timeout()) break;
    leave_queue(index);
    enqueue(index, old, now);
    pace.unheard();
  }
  while (!queues[old].empty()) {
    const auto index = queues[old].head();
    auto& slot = slots[index];
    if (now < slot.first + deadline + safety) break;
    Verdict verdict{.state = PortState::filtered};
    verdict.cause.deadline = Whose::ours;
    const Answer answer{.attempts = attempts_of(slot, now, {})};
    for (std::uint8_t i = 0; i < answer.attempts; ++i) verdict.cause.tries.push_back(syn_time(i));
    forget(index);
    settle(now, now, result_of(slot, now, std::move(verdict), answer), slot, answer);
    abandon(index, Ending::reset);
  }
  while (!queues[standing].empty()) {
    const auto index = queues[standing].head();
    if (now < slots[index].since + *plan.banner) break;
    end_standing(now, index, true);
  }
}

std::optional<Instant> TcpEngine::State::next_connect_deadline() const {
  std::optional<Instant> at;
  const auto consider = [&at](Instant other) { at = at ? std::min(*at, other) : other; };
  // Who grows old makes room in the window; that matters to nobody else.
  if (!queues[young].empty()) consider(slots[queues[young].head()].since + pace.timeout());
  if (!queues[old].empty()) consider(slots[queues[old].head()].first + deadline + safety);
  if (!queues[standing].empty()) consider(slots[queues[standing].head()].since + *plan.banner);
  return at;
}

}  // namespace sonda::inline v0
