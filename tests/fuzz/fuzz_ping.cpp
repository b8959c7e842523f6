// The ping engine in an invented world: plans, steps of time, stamps, refusals, packets that are
// almost replies. A second bookkeeper reads its events and must come to the same sums.
#include <optional>
#include <variant>

#include <sonda/probe/ping.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>

#include "bookkeeper.hpp"
#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Ipv4Address ours_v4{192, 0, 2, 1}, theirs_v4{198, 51, 100, 9}, router_v4{203, 0, 113, 5};
constexpr Ipv6Address ours_v6{{0x20, 1, 0xd, 0xb8, 0, 1}}, theirs_v6{{0x20, 1, 0xd, 0xb8, 0, 2}},
    router_v6{{0x20, 1, 0xd, 0xb8, 0, 3}};

PingPlan plan_from(Choices& choices) {
  const auto shape = choices.octet();
  const bool v4 = (shape & 1) == 0;
  PingPlan plan{.source = v4 ? Address{ours_v4} : Address{ours_v6},
                .target = v4 ? Address{theirs_v4} : Address{theirs_v6}};
  if ((shape & 2) != 0) plan.mode = IcmpMode::datagram, plan.identifier = Identifier{77};
  if ((shape & 4) == 0) plan.count = 1 + choices.up_to(11);
  if ((shape & 8) != 0) plan.deadline = milliseconds{choices.number<std::uint16_t>()};
  plan.key = {choices.octet(), 1};
  plan.interval = milliseconds{choices.up_to(2'000)};
  plan.timeout = milliseconds{1 + choices.up_to(4'000)};
  plan.data_size = choices.up_to(40);
  plan.path_mtu_discovery = static_cast<PathMtuDiscovery>(shape >> 4 & 3);
  if ((shape & 64) != 0) plan.pattern = {0xde, 0xad, 0xbe};
  plan.report_outstanding = plan.hash_octets = (shape & 128) != 0;
  return plan;
}

class World {
 public:
  explicit World(Choices& choices) : choices_{choices}, engine_{plan_from(choices)} {}

  void run() {
    while (!choices_.empty() && !engine_.finished()) {
      step();
      settle_books();
    }
    wind_up();
  }

 private:
  // Sent octets, and whether the link has said what became of them.
  struct Flight {
    Octets octets{};  // from the ICMP header on
    Octets packet{};  // as it was handed over
    bool reported = false;
  };

  void step() {
    switch (choices_.up_to(11)) {
      case 0:
      case 1:
        return poll();
      case 2:
        now_ += milliseconds{choices_.up_to(3'000)};
        return engine_.on_time(now_);
      case 3:
        return wake();
      case 4:
      case 5:
        return report_one();
      case 6:
      case 7:
        return reply();
      case 8:
        return error();
      case 9:
        return queued_error();
      case 10:
        return noise();
      default:
        return rarely();
    }
  }

  void poll() {
    room_.assign(engine_.room_needed(), 0xa5);
    const auto action = engine_.poll_action(now_, room_);
    if (!action) return;
    const auto take = [this](ProbeId probe, Bytes octets, std::size_t header) {
      claim(probe.value() == flights_.size());
      claim_within(octets, room_);
      claim(octets.size() == header + Echo::header_size + engine_.plan().data_size);
      const auto message = octets.subspan(header);
      flights_.push_back({{message.begin(), message.end()}, {octets.begin(), octets.end()}});
    };
    const bool v4 = engine_.plan().target.is_v4();
    if (const auto* send = std::get_if<Send>(&*action)) {
      claim(engine_.plan().mode == IcmpMode::raw && send->to == engine_.plan().target);
      take(send->probe, send->octets, v4 ? 20 : 40);
      if (v4) claim(Ipv4View::parse(send->octets)->checksum_ok());
    } else if (const auto* send_on = std::get_if<SendOn>(&*action)) {
      claim(engine_.plan().mode == IcmpMode::datagram && send_on->to == engine_.plan().target);
      take(send_on->probe, send_on->octets, 0);
    } else {
      claim(false);
    }
    if (v4) claim(Checksum{}.add(flights_.back().octets).finish() == 0);
  }

  // What a loop does that sleeps until it is woken.
  void wake() {
    const auto at = engine_.next_wakeup();
    if (!at) return;
    now_ = std::max(now_, *at);
    engine_.on_time(now_);
    poll();
  }

  void report(std::size_t i) {
    flights_[i].reported = true;
    const auto how = choices_.octet();
    if (how % 8 == 7)
      return engine_.on_refused(now_, ProbeId{i}, Failure{"send", 1 + how / 8, "to nowhere"});
    engine_.on_sent(now_, ProbeId{i}, stamp());
  }
  void report_one() {
    for (std::size_t i = 0; i < flights_.size(); ++i)
      if (!flights_[i].reported) return report(i);
    if (!flights_.empty()) report(choices_.up_to(flights_.size() - 1));  // a better stamp
  }

  [[nodiscard]] Stamp stamp() {
    const auto choice = choices_.octet();
    return {.ns = now_.time_since_epoch().count() - choice * 1'000'000,
            .error_ns = choice % 16 * 1'000,
            .clock = static_cast<StampClock>(choice % 3)};
  }
  [[nodiscard]] const Flight* some_flight() {
    return flights_.empty() ? nullptr : &flights_[choices_.up_to(flights_.size() - 1)];
  }
  [[nodiscard]] Address someone() {
    const bool v4 = engine_.plan().target.is_v4();
    switch (choices_.up_to(3)) {
      case 0:
        return v4 ? Address{router_v4} : Address{router_v6};
      case 1:
        return engine_.plan().source;
      default:
        return engine_.plan().target;
    }
  }

  // A few octets of it changed, and it may be cut; the checksum is made right again or not.
  void damage(Octets& message, const Address& from) {
    for (auto changes = choices_.up_to(7) % 4; changes > 0 && !message.empty(); --changes)
      message[choices_.up_to(message.size() - 1)] ^= choices_.octet();
    const auto manner = choices_.octet();
    if ((manner & 7) == 1) message.resize(manner % (message.size() + 1));
    if ((manner & 7) == 2) message.resize(message.size() + manner);
    if ((manner & 8) == 0) sum_up(message, from);
  }
  void sum_up(Octets& message, const Address& from) const {
    if (message.size() < 4) return;
    store(message, 2, std::uint16_t{0});
    Checksum sum;
    if (from.is_v6())
      sum.add_pseudo_header(from, engine_.plan().source, Protocol::icmpv6, message.size());
    store(message, 2, sum.add(message).finish());
  }

  void deliver(const Octets& message, const Address& from) {
    const auto to = engine_.plan().source;
    Received received{.octets = message,
                      .begins = Begins::transport,
                      .source = from,
                      .destination = choices_.flag() ? to : Address{},
                      .hop_limit = Ttl{choices_.octet()},
                      .stamp = stamp()};
    if (from.is_v6() && received.destination.is_v4()) received.destination = Ipv6Address{};
    Octets packet;
    if (from.is_v4() && choices_.flag()) {
      const Ipv4Header ip{.ttl = Ttl{choices_.octet()},
                          .protocol = Protocol::icmp,
                          .source = from.v4(),
                          .destination = to.v4()};
      packet.resize(ip.size() + message.size());
      ip.emit(packet, message.size());
      std::ranges::copy(message, packet.begin() + static_cast<std::ptrdiff_t>(ip.size()));
      received.octets = packet, received.begins = Begins::ip;
    }
    delivered_ = message;
    engine_.on_packet(now_, received);
  }

  // Only what carries the probe's own tag, as far as there was room for it, is a reply to it.
  void claim_ours(const Reply& reply) const {
    const auto& plan = engine_.plan();
    const auto tag = EchoIdentity{plan.key, plan.target}.tag(reply.probe);
    const auto size = std::min(tag.size(), plan.data_size);
    claim(delivered_.size() >= Echo::header_size + size && reply.bytes == delivered_.size());
    claim(equal(Bytes{delivered_}.subspan(Echo::header_size, size), Bytes{tag}.first(size)));
    claim(load<std::uint16_t>(delivered_, 4) == engine_.identifier().value());
    claim(load<std::uint16_t>(delivered_, 6) == (reply.sequence & 0xffff));
    claim(reply.truncated == (delivered_.size() < Echo::header_size + plan.data_size));
  }

  void reply() {
    const auto* flight = some_flight();
    if (flight == nullptr) return;
    auto message = flight->octets;
    const auto from = someone();
    message[0] = from.is_v4() ? 0 : 129;
    damage(message, from);
    deliver(message, from);
  }

  void error() {
    const auto* flight = some_flight();
    if (flight == nullptr) return;
    Octets quoted = flight->packet;
    if (engine_.plan().mode == IcmpMode::datagram) quoted = with_header(flight->octets);
    for (auto changes = choices_.up_to(3); changes > 0; --changes)
      quoted[choices_.up_to(quoted.size() - 1)] ^= choices_.octet();
    quoted.resize(std::min<std::size_t>(quoted.size(), choices_.octet()));
    const auto from = someone();
    Octets message;
    if (from.is_v4()) {
      const Icmpv4Error error{.type = IcmpType{choices_.octet()},
                              .code = choices_.octet(),
                              .mtu = Mtu{choices_.number<std::uint16_t>()},
                              .quoted = quoted};
      message.resize(error.size());
      error.emit(message);
    } else {
      const Icmpv6Error error{.type = Icmpv6Type{choices_.octet()},
                              .code = choices_.octet(),
                              .mtu = Mtu{choices_.number<std::uint16_t>()},
                              .quoted = quoted};
      message.resize(error.size());
      error.emit(message, from.v6(), engine_.plan().source.v6());
    }
    damage(message, from);
    deliver(message, from);
  }
  [[nodiscard]] Octets with_header(const Octets& message) const {
    const auto& plan = engine_.plan();
    Octets packet((plan.target.is_v4() ? 20 : 40) + message.size());
    if (plan.target.is_v4())
      Ipv4Header{
          .protocol = Protocol::icmp, .source = plan.source.v4(), .destination = plan.target.v4()}
          .emit(packet, message.size());
    else
      Ipv6Header{.next_header = Protocol::icmpv6,
                 .source = plan.source.v6(),
                 .destination = plan.target.v6()}
          .emit(packet, message.size());
    std::ranges::copy(message, packet.end() - static_cast<std::ptrdiff_t>(message.size()));
    return packet;
  }

  void queued_error() {
    const auto* flight = some_flight();
    if (flight == nullptr) return;
    auto quoted = flight->octets;
    damage(quoted, engine_.plan().source);
    const QueuedError error{.origin = choices_.flag() ? ErrorOrigin::icmp : ErrorOrigin::local,
                            .error_code = choices_.octet(),
                            .icmp_type = choices_.octet(),
                            .icmp_code = choices_.octet(),
                            .offender = someone(),
                            .info = choices_.number<std::uint32_t>(),
                            .destination = engine_.plan().target,
                            .quoted = quoted};
    engine_.on_socket(now_, SocketReport{.queue = std::span{&error, 1}, .stamp = stamp()});
  }

  // Octets of nobody's.
  void noise() {
    const auto message = choices_.take(choices_.octet());
    const Received received{.octets = message,
                            .begins = choices_.flag() ? Begins::ip : Begins::transport,
                            .source = someone(),
                            .destination = engine_.plan().source,
                            .stamp = stamp()};
    auto inner = message;
    if (const auto v4 = Ipv4View::parse(message); v4 && received.begins == Begins::ip)
      inner = v4->payload();
    else if (const auto v6 = Ipv6View::parse(message); v6 && received.begins == Begins::ip)
      inner = v6->payload();
    delivered_.assign(inner.begin(), inner.end());
    engine_.on_packet(now_, received);
  }

  void rarely() {
    switch (choices_.up_to(7)) {
      case 0:
        return engine_.on_stop(now_);
      case 1:
        return engine_.on_query(now_);
      case 2:
        return engine_.on_drops(now_, DropPlace::socket, choices_.octet());
      case 3:  // nothing that the link was given
        return engine_.on_sent(now_, ProbeId{flights_.size() + choices_.octet()}, stamp());
      default:
        now_ += milliseconds{choices_.number<std::uint16_t>()};
    }
  }

  void settle_books() {
    engine_.take_events(events_);
    books_.read(events_);
    for (const auto& event : events_)
      if (const auto* reply = std::get_if<Reply>(&event.what)) claim_ours(*reply);
    books_.claim_agreement(engine_.summary(now_));
    claim(books_.saw_the_end() == engine_.finished());
    claim(books_.probes() <= flights_.size());
  }

  // The link reports what it owes; then the engine ends by itself, or once it is stopped, and it
  // never asks to be woken for nothing.
  void wind_up() {
    for (std::size_t i = 0; i < flights_.size(); ++i)
      if (!flights_[i].reported) report(i);
    if (!engine_.plan().count && !engine_.plan().deadline) engine_.on_stop(now_);
    for (std::size_t turns = 0; !engine_.finished(); ++turns) {
      claim(turns < 400'000);
      if (turns == 60) engine_.on_stop(now_);  // -w with a fast pace sends for as long as it lasts
      engine_.on_time(now_);
      settle_books();
      if (engine_.finished()) break;
      const auto sent = flights_.size();
      poll();
      while (sent != flights_.size() && !flights_.back().reported) report(flights_.size() - 1);
      const auto next = engine_.next_wakeup();
      claim(next.has_value());
      claim(*next > now_ || sent != flights_.size());
      now_ = std::max(now_, *next);
      settle_books();
    }
    settle_books();
    claim(books_.saw_the_end() && !engine_.next_wakeup());
    poll_nothing();
  }
  void poll_nothing() {
    room_.assign(engine_.room_needed(), 0);
    claim(!engine_.poll_action(now_ + seconds{10}, room_));
  }

  Choices& choices_;
  PingEngine engine_;
  Bookkeeper books_;
  Instant now_{seconds{1'000}};
  Octets room_;
  Octets delivered_;  // the last message, from the ICMP header on
  std::vector<Flight> flights_;
  std::vector<Event> events_;
};

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::Choices choices{{data, size}};
  sonda::fuzz::World{choices}.run();
  return 0;
}
