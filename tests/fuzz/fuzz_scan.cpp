// The TCP scanner's engine in an invented world: plans, steps of time, sockets that report
// anything, packets that are almost answers. Each port is told once, an open one was answered, and
// it ends.
#include <cerrno>
#include <memory>
#include <optional>
#include <set>
#include <variant>

#include <sonda/probe/tcp.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/tcp.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

using std::chrono::milliseconds;

constexpr Ipv4Address ours_v4{192, 0, 2, 1}, theirs_v4{198, 51, 100, 8};
constexpr Ipv6Address ours_v6{{0x20, 1, 0xd, 0xb8, 0, 1}}, theirs_v6{{0x20, 1, 0xd, 0xb8, 0, 2}};
constexpr Port ours{40'000};

TcpPlan plan_from(Choices& choices) {
  const auto shape = choices.octet();
  TcpPlan plan{.method = (shape & 1) != 0 ? TcpMethod::syn : TcpMethod::connect,
               .key = {choices.octet(), 1}};
  auto space = std::make_shared<ScanSpace>();
  TargetSet targets;
  claim(targets.add(*AddressRange::between(Address{theirs_v4}, Ipv4Address{198, 51, 100, 9})));
  if ((shape & 2) != 0) claim(targets.add(Address{theirs_v6}));
  std::vector<Port> ports;
  for (auto count = 1 + choices.up_to(11); count > 0; --count) ports.emplace_back(20 + count);
  std::ranges::sort(ports);
  claim(space->add(targets, ports));
  auto settled = std::make_shared<SettledPlaces>();
  if ((shape & 4) != 0)
    for (auto count = choices.up_to(7); count > 0; --count)
      settled->add(choices.up_to(static_cast<std::size_t>(space->size()) - 1));
  plan.shard = Shard{}.part(0, 1 + (shape >> 3 & 1));
  plan.space = std::move(space), plan.settled = std::move(settled);
  plan.ending = static_cast<Ending>(choices.up_to(2));
  if ((shape & 16) != 0) plan.banner = milliseconds{choices.up_to(200)};
  plan.retransmissions = static_cast<std::uint8_t>(choices.up_to(4));
  if ((shape & 32) != 0) plan.deadline = milliseconds{1'100 + 10 * choices.octet()};
  if ((shape & 64) != 0) plan.rate = 1 + choices.octet();
  plan.parallel = 1U + choices.octet() % 16U, plan.parallel_at_first = 1U + choices.octet() % 16U;
  plan.hash_octets = (shape & 128) != 0;
  plan.source_port = ours;
  plan.source_for = [](const Address& to) -> std::expected<Address, Failure> {
    return to.is_v4() ? Address{ours_v4} : Address{ours_v6};
  };
  return plan;
}

class World {
 public:
  explicit World(Choices& choices) : choices_{choices}, engine_{plan_from(choices)} {}

  void run() {
    while (!choices_.empty() && !engine_.finished()) {
      step();
      read();
    }
    wind_up();
  }

 private:
  struct Flight {
    ProbeId probe{};
    ScanPoint point{};
    std::optional<FlowId> flow{};  // of a connect
    Octets packet{};               // of a SYN
  };

  void step() {
    switch (choices_.up_to(9)) {
      case 0:
      case 1:
      case 2:
        return poll();
      case 3:
        now_ += milliseconds{10 * choices_.octet()};
        return engine_.on_time(now_);
      case 4:
        return wake();
      case 5:
        return report();
      case 6:
      case 7:
        return engine_.plan().method == TcpMethod::syn ? answer() : socket();
      case 8:
        return error();
      default:
        return rarely();
    }
  }

  void poll() {
    room_.assign(engine_.room_needed(), 0xa5);
    const auto action = engine_.poll_action(now_, room_);
    if (!action) return;
    if (const auto* connect = std::get_if<Connect>(&*action)) {
      claim(engine_.plan().method == TcpMethod::connect);
      claim(connect->flow.value() < engine_.plan().parallel);
      claim(flows_.insert(connect->flow).second);
      flights_.push_back({connect->probe, {connect->to, connect->port}, connect->flow, {}});
    } else if (const auto* abandon = std::get_if<Abandon>(&*action)) {
      flows_.erase(abandon->flow);  // it may have failed meanwhile
    } else {
      const auto& send = std::get<Send>(*action);
      claim(engine_.plan().method == TcpMethod::syn);
      claim_within(send.octets, room_);
      const bool v4 = send.to.is_v4();
      const auto segment = TcpView::parse(send.octets.subspan(v4 ? 20 : 40));
      claim(segment && segment->flags() == TcpFlags::syn && segment->source_port() == ours);
      claim(segment->checksum_ok(v4 ? Address{ours_v4} : Address{ours_v6}, send.to));
      flights_.push_back({send.probe,
                          {send.to, segment->destination_port()},
                          std::nullopt,
                          {send.octets.begin(), send.octets.end()}});
    }
  }

  void wake() {
    const auto at = engine_.next_wakeup();
    if (at) now_ = std::max(now_, *at);
    engine_.on_time(now_);
    poll();
  }

  [[nodiscard]] Stamp stamp() {
    const auto choice = choices_.octet();
    return {.ns = now_.time_since_epoch().count() - choice * 1'000'000,
            .error_ns = choice % 16 * 1'000,
            .clock = static_cast<StampClock>(choice % 3)};
  }
  [[nodiscard]] Flight* some_flight() {
    if (flights_.empty()) return nullptr;
    const auto last = flights_.size() - 1;
    return &flights_[last - std::min<std::size_t>(last, choices_.up_to(15))];
  }

  void report() {
    auto* flight = some_flight();
    if (flight == nullptr) return;
    const auto how = choices_.octet();
    if (how % 8 != 7 || !may_refuse(*flight)) return engine_.on_sent(now_, flight->probe, stamp());
    if (flight->flow) flows_.erase(*flight->flow);
    engine_.on_refused(now_, flight->probe, Failure{"connect", 1 + how / 8, "to nowhere"});
  }

  // Of a connect that nothing is known of yet.
  [[nodiscard]] bool may_refuse(const Flight& flight) const {
    if (!flight.flow) return true;
    if (!flows_.contains(*flight.flow)) return false;
    const auto later = [&](const Flight& other) {
      return other.flow == flight.flow && other.probe != flight.probe && &other > &flight;
    };
    return std::ranges::none_of(flights_, later);
  }

  // What a socket could be told, and what none ever is.
  void socket() {
    auto* flight = some_flight();
    if (flight == nullptr || !flight->flow || !flows_.contains(*flight->flow)) return;
    for (auto& other : flights_)
      if (other.flow == flight->flow) flight = &other;  // the last one has it
    constexpr std::array errors{0,          0,      ECONNREFUSED, ETIMEDOUT,   EHOSTUNREACH,
                                ECONNRESET, EPROTO, EACCES,       ENETUNREACH, 133};
    const Octets data(choices_.up_to(3), choices_.octet());
    std::vector<QueuedError> queue(choices_.up_to(2));
    for (auto& error : queue)
      error = {.origin = choices_.flag() ? ErrorOrigin::icmp : ErrorOrigin::local,
               .error_code = errors[choices_.up_to(9)],
               .icmp_type = choices_.octet(),
               .icmp_code = choices_.octet(),
               .offender = choices_.flag() ? flight->point.address : Address{ours_v4}};
    const SocketReport report{.flow = *flight->flow,
                              .error_code = errors[choices_.up_to(9)],
                              .tcp_state = static_cast<std::uint8_t>(1 + choices_.up_to(10)),
                              .data = data,
                              .end_of_data = choices_.flag(),
                              .transmissions = static_cast<std::uint8_t>(choices_.up_to(20)),
                              .window = choices_.octet(),
                              .neighbor_silent = choices_.flag(),
                              .queue = queue,
                              .stamp = stamp()};
    if (report.error_code != 0) flows_.erase(*flight->flow);
    if (report.error_code == 0 ? report.tcp_state == 1
                               : report.error_code == ECONNRESET || report.error_code == EPIPE)
      answered_.insert({flight->point.address, flight->point.port});
    engine_.on_socket(now_, report);
  }

  void answer() {
    const auto* flight = some_flight();
    if (flight == nullptr || flight->packet.empty()) return;
    const bool v4 = flight->point.address.is_v4();
    const auto syn = TcpView::parse(Bytes{flight->packet}.subspan(v4 ? 20 : 40));
    const unsigned off = choices_.up_to(3) == 0 ? choices_.octet() : 0U;
    const TcpFlags flags{choices_.flag() ? std::uint8_t{0x12} : choices_.octet()};
    const TcpHeader header{.source_port = syn->destination_port(),
                           .destination_port = syn->source_port(),
                           .sequence = TcpSequence{choices_.octet()},
                           .acknowledgement = TcpSequence{syn->sequence().value() + 1 + off},
                           .flags = flags,
                           .window = choices_.octet()};
    Octets segment(header.size());
    const Address to = v4 ? Address{ours_v4} : Address{ours_v6};
    header.emit(segment, flight->point.address, to);
    for (auto changes = choices_.up_to(7) % 3; changes > 0; --changes)
      segment[choices_.up_to(segment.size() - 1)] ^= choices_.octet();
    // An answer in truth, whatever was done to it: only such a one opens a port.
    if (const auto read = TcpView::parse(segment);
        read && read->flags().has(TcpFlags::syn | TcpFlags::ack) &&
        !read->flags().has(TcpFlags::rst) && read->destination_port() == ours &&
        read->acknowledgement() == TcpSequence{syn->sequence().value() + 1} &&
        read->source_port() == flight->point.port)
      answered_.insert({flight->point.address, flight->point.port});
    deliver(segment, flight->point.address, Protocol::tcp);
  }

  void error() {
    const auto* flight = some_flight();
    if (flight == nullptr || flight->packet.empty()) return;
    Octets quoted = flight->packet;
    for (auto changes = choices_.up_to(3); changes > 0; --changes)
      quoted[choices_.up_to(quoted.size() - 1)] ^= choices_.octet();
    quoted.resize(std::min<std::size_t>(quoted.size(), choices_.octet()));
    const bool v4 = flight->point.address.is_v4();
    Octets message;
    if (v4) {
      const Icmpv4Error wanted{.type = IcmpType{choices_.octet()},
                               .code = choices_.octet(),
                               .mtu = Mtu{choices_.octet()},
                               .quoted = quoted};
      message.resize(wanted.size());
      wanted.emit(message);
      deliver(message, choices_.flag() ? flight->point.address : Address{ours_v4}, Protocol::icmp);
    } else {
      const Icmpv6Error wanted{.type = Icmpv6Type{choices_.octet()},
                               .code = choices_.octet(),
                               .mtu = Mtu{choices_.octet()},
                               .quoted = quoted};
      message.resize(wanted.size());
      wanted.emit(message, flight->point.address.v6(), ours_v6);
      deliver(message, flight->point.address, Protocol::icmpv6);
    }
  }

  void deliver(const Octets& payload, const Address& from, Protocol protocol) {
    Octets packet = payload;
    Received received{.octets = packet,
                      .begins = Begins::transport,
                      .source = from,
                      .destination = from.is_v4() ? Address{ours_v4} : Address{ours_v6},
                      .hop_limit = Ttl{choices_.octet()},
                      .stamp = stamp()};
    if (from.is_v4()) {
      const Ipv4Header ip{.ttl = Ttl{choices_.octet()},
                          .protocol = protocol,
                          .source = from.v4(),
                          .destination = ours_v4};
      packet.assign(ip.size() + payload.size(), 0);
      ip.emit(packet, payload.size());
      std::ranges::copy(payload, packet.begin() + static_cast<std::ptrdiff_t>(ip.size()));
      received.octets = packet, received.begins = Begins::ip;
    }
    engine_.on_packet(now_, received);
  }

  void rarely() {
    switch (choices_.up_to(15)) {
      case 0:
        stopped_ = true;
        return engine_.on_stop(now_);
      case 1:
        return engine_.on_query(now_);
      case 2:
        return engine_.on_drops(now_, DropPlace::socket, choices_.octet());
      default: {  // anything at all
        Octets octets(choices_.octet());
        for (auto& octet : octets) octet = choices_.octet();
        const bool v4 = choices_.flag();
        engine_.on_packet(now_, {.octets = octets,
                                 .begins = choices_.flag() ? Begins::ip : Begins::transport,
                                 .source = v4 ? Address{theirs_v4} : Address{theirs_v6},
                                 .destination = v4 ? Address{ours_v4} : Address{ours_v6},
                                 .stamp = stamp()});
      }
    }
  }

  void read() {
    engine_.take_events(events_);
    const auto& plan = engine_.plan();
    for (const auto& event : events_) {
      claim(!final_);
      if (const auto* port = std::get_if<PortResult>(&event.what)) {
        const std::pair point{port->address, port->port};
        claim(port->state != PortState::open || answered_.contains(point));
        if (port->control) continue;
        claim(told_.insert(point).second);
        const auto place = plan.space->place_of({port->address, port->port});
        claim(place && *place == port->probe.value() && !plan.settled->contains(*place));
        ++by_state_[static_cast<std::size_t>(port->state)];
      } else if (const auto* summary = std::get_if<ScanSummary>(&event.what)) {
        final_ = summary->final;
        claim(!final_ || summary->by_state == by_state_);
      }
    }
  }

  // It comes to an end by itself, and has told of every port unless it was stopped.
  void wind_up() {
    for (int i = 0; i < 100'000 && !engine_.finished(); ++i) {
      for (; told_of_ < flights_.size(); ++told_of_)  // a link says so once at least
        engine_.on_sent(now_, flights_[told_of_].probe, {});
      wake();
      read();
    }
    claim(engine_.finished());
    read();
    claim(final_);
    if (stopped_) return;
    const auto& plan = engine_.plan();
    std::size_t expected = 0;
    for (auto place = plan.shard.first; place < plan.space->size(); place += plan.shard.step)
      if (!plan.settled->contains(place)) ++expected;
    claim(told_.size() == expected);
  }

  Choices& choices_;
  TcpEngine engine_;
  Instant now_{};
  Octets room_;
  std::vector<Flight> flights_;
  std::set<FlowId> flows_;  // that are the engine's
  std::set<std::pair<Address, Port>> answered_, told_;
  std::array<std::uint64_t, ScanSummary::states> by_state_{};
  std::vector<Event> events_;
  std::size_t told_of_ = 0;  // flights that are known to have left, at the end
  bool stopped_ = false, final_ = false;
};

}  // namespace
}  // namespace sonda::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::Choices choices{{data, size}};
  sonda::fuzz::World{choices}.run();
  return 0;
}
