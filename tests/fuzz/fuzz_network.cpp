// A simulated internet with every manner of router switched on: octets become packets, raw and
// nearly right, times, and changes of rules and links. What reaches an outlet can be read and has
// right checksums, unless it was damaged on its way; and nothing grows without bound.
#include <algorithm>
#include <array>
#include <optional>

#include <sonda/sim/host.hpp>
#include <sonda/sim/network.hpp>
#include <sonda/sim/rewrite.hpp>
#include <sonda/sim/router.hpp>
#include <sonda/wire/icmp_echo.hpp>
#include <sonda/wire/tcp.hpp>
#include <sonda/wire/udp.hpp>

#include "../support/checksums.hpp"
#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

using namespace std::chrono_literals;
using namespace sonda::sim;

Address v6(std::string_view text) { return *Address::parse(text); }
const std::array<Address, 12> addresses{Ipv4Address{192, 0, 2, 2},
                                        Ipv4Address{198, 51, 100, 10},
                                        Ipv4Address{198, 51, 100, 11},
                                        Ipv4Address{203, 0, 113, 1},
                                        Ipv4Address{10, 0, 1, 1},
                                        Ipv4Address{10, 9, 0, 1},
                                        Ipv4Address{198, 51, 100, 7},
                                        v6("2001:db8::2"),
                                        v6("2001:db8:1::10"),
                                        v6("2001:db8:1::77"),
                                        v6("fe80::2"),
                                        v6("2001:db8:9::1")};

Address address(Choices& choices) { return addresses[choices.up_to(addresses.size() - 1)]; }

// Whether bits may flip, and whether a packet may arrive twice: not where it may go round and
// round.
struct Weather {
  bool damage = false;
  bool doubling = false;
};

LinkModel link(Choices& choices, const Weather& weather) {
  const auto what = choices.octet();
  return {.delay = (what & 1) != 0 ? 3ms : 0ms,
          .jitter = (what & 2) != 0 ? 2ms : 0ms,
          .loss = (what & 4) != 0 ? 0.1 : 0,
          .duplication = weather.doubling && (what & 8) != 0 ? 0.02 : 0,
          .reordering = (what & 16) != 0 ? 0.1 : 0,
          .corruption = weather.damage && (what & 32) != 0 ? 0.1 : 0,
          .rate = (what & 64) != 0 ? std::uint64_t{1'000'000} : 0,
          .queue = 50,
          .mtu = Mtu{(what & 128) != 0 ? 1'280U : 1'500U},
          .down = choices.up_to(15) == 15};
}

RouterRule rule(Choices& choices) {
  RouterRule rule;
  if (choices.flag()) rule.match.to = Prefix{address(choices), choices.octet()};
  if (choices.flag()) rule.match.protocol = Protocol{choices.octet()};
  if (choices.flag()) rule.match.destination_port = Port{choices.octet()};
  if (choices.flag()) rule.match.flags = TcpFlags{choices.octet()};
  if (choices.flag()) rule.match.icmp_type = choices.octet();
  rule.match.with_data = choices.flag();
  switch (choices.up_to(5)) {
    case 0:
      rule.action = Pass{};
      break;
    case 1:
      rule.action =
          Answer{.error = {.type = choices.octet(),
                           .code = choices.octet(),
                           .value = choices.number<std::uint16_t>(),
                           .quoted = choices.flag() ? std::optional<std::size_t>{choices.octet()}
                                                    : std::nullopt,
                           .extensions = choices.flag() ? example_extensions() : Octets{}},
                 .from = choices.flag() ? std::optional{address(choices)} : std::nullopt,
                 .delay = choices.flag() ? 5ms : 0ms};
      break;
    case 2:
      rule.action = Reset{};
      break;
    case 3:
      rule.action = Hold{choices.flag() ? std::optional<Duration>{20ms} : std::nullopt};
      break;
    case 4:
      rule.action = Redirect{address(choices)};
      break;
    default:
      break;
  }
  return rule;
}

RouterPlan plan(Choices& choices, std::uint8_t number) {
  const auto manner = choices.number<std::uint16_t>();
  const auto on = [manner](unsigned bit) { return (unsigned{manner} >> bit & 1U) != 0; };
  RouterPlan plan{.addresses = {Ipv4Address{10, 0, number, 1},
                                v6(number == 1 ? "2001:db8:f:1::1" : "2001:db8:f:2::1"),
                                v6("fe80::1")}};
  for (auto count = choices.up_to(2); count > 0; --count) plan.rules.push_back(rule(choices));
  for (auto count = choices.up_to(2); count > 0; --count)
    plan.routes.push_back({.to = {address(choices), choices.octet()},
                           .kind = RouteKind{static_cast<std::uint8_t>(choices.up_to(4))},
                           .via = Side{choices.octet() & 3U}});
  if (on(0))
    plan.on_link = {{.prefix = {addresses[1], 24}, .side = Side{1}},
                    {.prefix = {addresses[8], 64}, .side = Side{1}}};
  plan.balancing = Balancing{static_cast<std::uint8_t>(manner >> 1 & 3U)};
  if (on(3)) plan.nat = NatPlan{.outside = Side{1}, .address = addresses[on(4) ? 3 : 11]};
  if (on(5))
    plan.rewriting = {.dscp = std::uint8_t{20},
                      .bleach_ecn = true,
                      .most_mss = std::uint16_t{1'000},
                      .clear_dont_fragment = on(6)};
  if (on(7)) plan.rewriting.ttl = Ttl{200};
  plan.silent = on(8);
  plan.counts_hops = !on(9);
  plan.tells_mtu = !on(10);
  if (on(11)) plan.limit = LinuxIcmpLimit{};
  if (on(12)) plan.quoted = choices.octet();
  plan.quoted_as_sent = on(13);
  if (on(14)) plan.labels = {{.label = 5, .bottom = true, .ttl = Ttl{1}}};
  plan.tells_interface = on(15);
  return plan;
}

// Makes a segment's first data an MSS option behind so many that say nothing.
void add_mss(MutableBytes segment, std::size_t at, const Address& from, const Address& to) {
  std::ranges::fill(segment.subspan(20, 12), std::uint8_t{1});
  constexpr std::array<std::uint8_t, 4> mss_1460{2, 4, 5, 180};
  std::ranges::copy(mss_1460, segment.subspan(20 + at).begin());
  segment[12] = 8 << 4;
  store<std::uint16_t>(segment, 16, 0);
  const auto sum =
      Checksum{}.add_pseudo_header(from, to, Protocol::tcp, segment.size()).add(segment).finish();
  store(segment, 16, sum);
}

// What the server says to what has reached it: an error, or as much the other way.
Octets answer(const Octets& packet, Choices& choices) {
  const auto from = source_of(packet), to = destination_of(packet);
  if (!from || !to) return packet;
  if (choices.flag()) {
    Random random{choices.octet()};
    const auto type = static_cast<std::uint8_t>(to->address.is_v4() ? 3 : 1);
    const auto quoted = choices.flag()
                            ? std::optional<std::size_t>{std::size_t{40} + choices.octet()}
                            : std::nullopt;
    return icmp_error({.type = type, .code = 3, .quoted = quoted}, to->address, packet, random);
  }
  auto back = packet;
  set_source(back, *to);
  set_destination(back, *from);
  rewrite(back, {.ttl = Ttl{choices.up_to(66)}});
  return back;
}

// A packet that is right but for what the input does to it.
Octets made(Choices& choices) {
  const auto kind = choices.up_to(4);
  const auto from = address(choices);
  auto to = address(choices);
  if (to.is_v4() != from.is_v4()) to = from.is_v4() ? addresses[1] : addresses[8];
  const bool v4 = from.is_v4();
  const auto icmp = v4 ? Protocol::icmp : Protocol::icmpv6;
  const std::size_t size =
      choices.flag() ? choices.octet() : 1'000 + std::size_t{4} * choices.octet();
  const Octets data(size, 0x5a);
  Envelope envelope{.from = from,
                    .to = to,
                    .protocol = icmp,
                    .ttl = Ttl{choices.up_to(66)},
                    .identification = choices.octet(),
                    .dont_fragment = choices.flag()};
  const auto random_octets = choices.number<std::uint32_t>();
  Octets packet;
  if (kind == 0) {
    const Echo echo{.kind = choices.flag() ? EchoKind::request : EchoKind::reply,
                    .identifier = Identifier{choices.octet()},
                    .data = data};
    packet = envelope.packet(echo.size());
    const auto message = MutableBytes{packet}.subspan(envelope.size());
    v4 ? echo.emit(message) : echo.emit(message, from.v6(), to.v6());
  } else if (kind == 1) {
    envelope.protocol = Protocol::udp;
    packet = envelope.packet(UdpHeader::size() + size);
    UdpHeader{.source_port = Port{choices.octet()}, .destination_port = Port{choices.octet()}}.emit(
        MutableBytes{packet}.subspan(envelope.size()), from, to);
  } else if (kind == 2) {
    envelope.protocol = Protocol::tcp;
    const TcpHeader tcp{.source_port = Port{choices.octet()},
                        .destination_port = Port{choices.octet()},
                        .flags = TcpFlags{choices.octet()}};
    packet = envelope.packet(tcp.size() + size);
    const auto segment = MutableBytes{packet}.subspan(envelope.size());
    tcp.emit(segment, from, to);
    if (choices.flag() && size >= 12) add_mss(segment, choices.up_to(8), from, to);
  } else if (kind == 3) {
    auto about = envelope;
    std::swap(about.from, about.to);
    about.protocol = Protocol{choices.octet()};
    auto quoted = about.packet(8 + choices.octet());
    store(quoted, about.size(), random_octets);
    Random random{random_octets};
    packet = icmp_error({.type = static_cast<std::uint8_t>(v4 ? 3 : 1), .code = 3}, from, quoted,
                        random);
  } else {
    envelope.protocol = Protocol{choices.octet()};
    packet = envelope.packet(size);
    if (size >= 4) store(packet, envelope.size(), random_octets);
    for (std::size_t at = envelope.size(); at < packet.size() && choices.flag(); ++at)
      packet[at] = choices.octet();
  }
  if (v4 && choices.up_to(3) == 3) {  // a fragment
    store(packet, 6, static_cast<std::uint16_t>(choices.number<std::uint16_t>() & 0x201f));
    store<std::uint16_t>(packet, 10, 0);
    store(packet, 10, Checksum{}.add(Bytes{packet}.first(20)).finish());
  }
  return packet;
}

// Holds what reaches an outlet against what was sent.
class World {
 public:
  explicit World(Choices& choices)
      : choices_{choices},
        network_{choices.number<std::uint8_t>()},
        one_{network_.add(Router{plan(choices, 1)})},
        two_{network_.add(Router{plan(choices, 2)})},
        host_{network_.add(Host{{.addresses = {addresses[2], v6("2001:db8:1::11")}}})},
        server_{network_.add_outlet({addresses[1], addresses[8]})},
        weather_{.damage = choices.flag(),
                 .doubling = is_counted(one_.plan()) && is_counted(two_.plan())} {
    network_.connect(network_.client(), one_, link(choices, weather_));
    network_.connect(one_, two_, link(choices, weather_), link(choices, weather_));
    network_.connect(one_, two_, link(choices, weather_));
    network_.connect(two_, host_, link(choices, weather_));
    network_.connect(two_, server_, link(choices, weather_));
  }

  void step() {
    switch (choices_.up_to(11)) {
      case 10:
      case 11:
        if (!reached_.empty()) network_.send(now_, server_, Side{0}, answer(reached_, choices_));
        return;
      case 0:
      case 1:
      case 2:
        return send(made(choices_), true);
      case 3: {
        const auto raw = choices_.take(choices_.octet());
        return send(Octets(raw.begin(), raw.end()), false);
      }
      case 4:
        now_ += choices_.flag() ? Duration{10ms} : Duration{choices_.octet() * 1s};
        return;
      case 5:
        return network_.set_link(LinkIndex{static_cast<std::uint32_t>(choices_.up_to(4))},
                                 choices_.flag(), link(choices_, weather_));
      case 6:
        return router().add_rule(rule(choices_));
      case 7:
        return router().clear();
      case 8: {
        auto& which = router();
        return network_.act_at(now_, which, [&](Outbox& out) { which.release(out); });
      }
      default:
        return choices_.flag() ? router().set_limit(IcmpBucket{1, 2})
                               : router().set_silent(choices_.flag());
    }
  }
  void read() {
    while (const auto delivery = network_.take_delivery(now_)) {
      const auto& packet = delivery->packet;
      touch(packet.octets);
      claim(packet.at <= now_);
      if (delivery->outlet == &server_) reached_ = packet.octets;
      claim(packet.octets.size() <= 65'535);
      // A packet that was held, or put together again, no longer says that it was damaged.
      if (weather_.damage || !all_right_) continue;
      const auto ip = IpPacket::read(packet.octets);
      claim(ip.has_value());
      claim(test::transport_checksum_right(*ip).value_or(true));
    }
  }
  void claim_bounds() const {
    claim(network_.under_way() <= Network::most_octets);
    claim(one_.held() <= Router::most_held && two_.held() <= Router::most_held);
  }
  void finish() {
    now_ += 3h;
    read();
    claim(!network_.next_due() || *network_.next_due() > now_);
  }

 private:
  static bool is_counted(const RouterPlan& plan) { return plan.counts_hops && !plan.rewriting.ttl; }
  Router& router() { return choices_.flag() ? one_ : two_; }
  void send(const Octets& packet, bool made_right) {
    const auto ip = IpPacket::read(packet);
    // Fragments of nothing, put together by a NAT or by chance, have no right checksum.
    if (!made_right || !test::checksums_right(packet) || ip->is_fragment) all_right_ = false;
    if (choices_.up_to(3) == 3)
      network_.send(now_, server_, Side{0}, packet);
    else
      network_.send(now_, packet);
  }

  Choices& choices_;
  Network network_;
  Router& one_;
  Router& two_;
  Host& host_;
  Node& server_;
  Weather weather_;
  Instant now_{1s};
  Octets reached_{};  // the server, at last
  bool all_right_ = true;
};

void run(Bytes input) {
  Choices choices{input};
  World world{choices};
  for (int steps = 0; steps < 200 && !choices.empty(); ++steps) {
    world.step();
    world.read();
    world.claim_bounds();
  }
  world.finish();
}

}  // namespace
}  // namespace sonda::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::run({data, size});
  return 0;
}
