// What the TCP scanner says of a port, and of the host that has it.
#include <algorithm>
#include <utility>

#include "tcp_state.hpp"

namespace sonda::inline v0 {
namespace {

// LaBrea answers with a window of 10 octets at most, netfilter's TARPIT with 5, both and others
// then with 0: whoever sends to them hangs. No system that wants data begins with less than a
// segment.
constexpr std::uint32_t tarpit_window = 10;

bool is_answer(const PortResult& result) {
  return result.cause.kind == CauseKind::answer || result.cause.kind == CauseKind::rst;
}

}  // namespace

PortResult TcpEngine::State::result_of(const TcpSlot& slot, Instant now, Verdict verdict,
                                       const Answer& answer) const {
  PortResult out{.probe = slot.probe,
                 .address = slot.point.address,
                 .port = slot.point.port,
                 .state = verdict.state,
                 .error_code = verdict.error_code,
                 .cause = std::move(verdict.cause),
                 .rtt = answer.rtt,
                 .took = std::max(now - slot.first, Duration{}),  // stamps may lie before our news
                 .attempts = answer.attempts,
                 .control = slot.control};
  out.cause.ttl = answer.ttl;
  if (!plan.space->names.empty())
    if (const auto name = plan.space->names.find(out.address); name != plan.space->names.end())
      out.target = name->second;
  return out;
}

void TcpEngine::State::settle(Instant now, Instant at, PortResult&& result, const TcpSlot& slot,
                              const Answer& answer) {
  sums.probes += result.attempts;
  // The system's retransmissions count, too, as soon as they are known; ours have been counted.
  if (!is_syn() && result.attempts > 1) pace.sent(now, result.attempts - 1);
  if (is_answer(result)) {
    if (!result.control)
      ++sums.answered_at[std::min<std::size_t>(answer.number, ScanSummary::most_tries - 1)];
    if (answer.number > 0) pace.lost(now, slot.first);
  }
  if (result.cause.kind != CauseKind::silence && answer.number == 0) pace.answered();
  if (result.rtt) pace.measured(result.rtt->rtt);
  if (!result.control) ++sums.by_state[static_cast<std::size_t>(result.state)];
  if (auto* host = hosts.find(result.address)) watch_host(*host, result, answer);
  if (!hold(now, at, result)) tell(at, std::move(result));
}

void TcpEngine::State::watch_host(TcpHost& host, const PortResult& result, const Answer& answer) {
  if (is_syn() && result.cause.kind == CauseKind::answer && answer.ttl)
    learn_distance(host, *answer.ttl);
  if (result.control) {
    ++host.controls_settled;
    if (result.state == PortState::open) ++host.controls_open;
    return;
  }
  ++host.asked;
  if (result.state == PortState::open) {
    ++host.open;
    if (answer.window && *answer.window <= tarpit_window) ++host.windowless;
  } else if (result.state != PortState::filtered)
    ++host.refused;
  if (!plan.notice_everything_open || stopped || host.control_chosen || host.refused > 0 ||
      host.open < TcpHosts::open_before_controls)
    return;
  host.control_chosen = true;
  for (const auto port : TcpHosts::choose(plan.key, result.address, *plan.space)) {
    controls.push_back({result.address, port});
    ++host.controls;
  }
}

namespace {

// What the parts of a scan know of one host together.
struct HostTally {
  Address address{};
  std::uint64_t asked = 0, open = 0, windowless = 0, refused = 0;
  std::uint64_t controls = 0, controls_open = 0;
  bool incomparable = false;  // all is open, and no port was left to compare with
};

// `whole`: every port of the plan was asked in this run, none by another shard or an earlier run.
void add_notices_of(const HostTally& host, bool whole, std::vector<Notice>& out) {
  const auto tell = [&](NoticeKind what, std::uint64_t count, std::uint64_t of) {
    out.push_back({.what = what, .address = host.address, .count = count, .of = of});
  };
  if (whole && host.open + host.refused == 0 && host.asked >= TcpHosts::silent_before_notice)
    tell(NoticeKind::silent_host, 0, host.asked);
  if (host.refused == 0 && host.controls > 0 && host.controls_open == host.controls)
    tell(NoticeKind::everything_open, host.controls_open, host.controls);
  else if (whole && host.incomparable && host.open == host.asked)
    tell(NoticeKind::everything_open, host.open, host.asked);
  if (host.windowless > 0) tell(NoticeKind::tarpit, host.windowless, host.open);
}

}  // namespace

std::vector<Notice> TcpEngine::notices_of_hosts(std::span<const TcpEngine* const> parts) {
  std::vector<const State*> states;
  for (const auto* part : parts) states.push_back(part->state_.get());
  return State::notices_of(states);
}

std::vector<Notice> TcpEngine::State::notices_of(std::span<const State* const> parts) {
  std::vector<HostTally> tallies;
  for (const auto* part : parts) {
    if (part->stopped) return {};
    for (const auto& host : part->hosts.all())
      tallies.push_back({.address = host.address,
                         .asked = host.asked,
                         .open = host.open,
                         .windowless = host.windowless,
                         .refused = host.refused,
                         .controls = host.controls,
                         .controls_open = host.controls_open,
                         .incomparable = host.control_chosen && host.controls == 0});
  }
  std::ranges::sort(tallies, {}, &HostTally::address);
  std::vector<Notice> notices;
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    auto& host = tallies[i];
    for (; i + 1 < tallies.size() && tallies[i + 1].address == host.address; ++i) {
      host.asked += tallies[i + 1].asked;
      host.open += tallies[i + 1].open;
      host.windowless += tallies[i + 1].windowless;
      host.refused += tallies[i + 1].refused;
      // The parts have one key, and so asked the same control ports.
      const auto& other = tallies[i + 1];
      if (other.controls > 0)
        host.controls_open = host.controls == 0 ? other.controls_open
                                                : std::min(host.controls_open, other.controls_open);
      host.controls = std::max(host.controls, other.controls);
      host.incomparable = host.incomparable || tallies[i + 1].incomparable;
    }
    const bool whole = host.asked == parts[0]->plan.space->ports_of(host.address);
    add_notices_of(host, whole, notices);
  }
  return notices;
}

std::expected<Address, Failure> TcpEngine::State::find_source(const Address& target) {
  if (!plan.source_for) return std::unexpected{Failure{"find a route", 0, "unasked"}};
  auto* host = hosts.find(target);
  if (host == nullptr) return plan.source_for(target);
  if (!host->source) host->source.emplace(plan.source_for(target));
  return *host->source;
}

std::optional<Address> TcpEngine::State::source_of(const Address& target) {
  const auto source = find_source(target);
  return source ? std::optional{*source} : std::nullopt;
}

}  // namespace sonda::inline v0
