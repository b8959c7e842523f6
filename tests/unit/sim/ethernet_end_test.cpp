// The Ethernet between the simulated network and a real system: who answers, and what passes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/ethernet_end.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/neighbor_discovery.hpp>

#include "recording_outbox.hpp"

namespace sonda::sim {
namespace {

constexpr MacAddress near{{2, 0, 0, 0, 0, 1}}, far{{2, 0, 0, 0, 0, 2}}, other{{2, 0, 0, 0, 0, 3}};
constexpr Ipv4Address router{192, 0, 2, 1}, client{192, 0, 2, 2};
const auto router_v6 = Address::parse("2001:db8::1")->v6();
const auto client_v6 = Address::parse("2001:db8::2")->v6();

// The router is at `near`, 192.0.2.9 and 2001:db8::9 at `other`.
EthernetEnd make_end() {
  return EthernetEnd{
      {.near = near, .far = far, .holder = [](const Address& address) -> std::optional<MacAddress> {
         if (address == Address{router} || address == Address{router_v6}) return near;
         if (address == Address{Ipv4Address{192, 0, 2, 9}} ||
             address == *Address::parse("2001:db8::9"))
           return other;
         return std::nullopt;
       }}};
}

Octets frame(MacAddress to, EtherType type, Bytes payload, MacAddress from = far) {
  Octets octets(14 + payload.size());
  EthernetHeader{.destination = to, .source = from, .type = type}.emit(octets);
  std::ranges::copy(payload, octets.begin() + 14);
  return octets;
}

Octets arp(const ArpMessage& message, MacAddress to = MacAddress::broadcast()) {
  std::array<std::uint8_t, 46> padded{};
  message.emit(padded);
  return frame(to, EtherType::arp, padded);
}

Octets solicitation(const Ipv6Address& target, const Ipv6Address& from, const Ipv6Address& to,
                    Ttl ttl = Ttl{255}) {
  std::array<std::uint8_t, 8> room{};
  NeighborSolicitation message{.target = target};
  if (!from.is_unspecified())
    message.options = NeighborOptionsWriter{room}.add(LinkAddressOption{.mac = far}).finish();
  const Envelope envelope{.from = from, .to = to, .protocol = Protocol::icmpv6, .ttl = ttl};
  auto packet = envelope.packet(message.size());
  message.emit(MutableBytes{packet}.subspan(40), from, to);
  return frame(mapped_mac(to).value_or(near), EtherType::ipv6, packet);
}

Octets ask_for(const Ipv6Address& target, const Ipv6Address& from = client_v6) {
  return solicitation(target, from, solicited_node(target));
}

struct Advertised {
  MacAddress to{}, from{};
  Address destination{};
  NeighborAdvertisement message{};
};
Advertised advertised(const Octets& octets) {
  const auto ethernet = EthernetView::parse(octets);
  const auto ip = IpPacket::read(ethernet->payload());
  EXPECT_TRUE(ip && ip->ttl == Ttl{255});
  EXPECT_TRUE(Icmpv6View::parse(ip->payload())->checksum_ok(ip->source.v6(), ip->destination.v6()));
  return {ethernet->destination(), ethernet->source(), ip->destination,
          *NeighborAdvertisement::parse(ip->payload())};
}

TEST(EthernetEnd, an_arp_request_for_somebody_here_is_answered_with_his_mac) {
  const auto end = make_end();
  for (const auto& [target, mac] : {std::pair{router, near}, {Ipv4Address{192, 0, 2, 9}, other}}) {
    for (const auto to : {MacAddress::broadcast(), near}) {
      const auto taken = end.take(arp({.sender_mac = far, .sender = client, .target = target}, to));
      EXPECT_FALSE(taken.packet);
      ASSERT_TRUE(taken.reply);
      const auto ethernet = EthernetView::parse(*taken.reply);
      EXPECT_EQ(ethernet->destination(), far);
      EXPECT_EQ(ethernet->source(), mac);
      EXPECT_EQ(ArpView::parse(ethernet->payload())->message(),
                (ArpMessage{ArpOperation::reply, mac, target, far, client}));
    }
  }
}

TEST(EthernetEnd, a_probe_for_an_address_that_is_taken_is_told_so) {
  const auto taken = make_end().take(arp({.sender_mac = far, .target = router}));
  ASSERT_TRUE(taken.reply);
  const auto answer = ArpView::parse(Bytes{*taken.reply}.subspan(14))->message();
  EXPECT_EQ(answer.sender, router);
  EXPECT_EQ(answer.target, Ipv4Address{});
}

TEST(EthernetEnd, nobody_answers_for_absent_addresses_announcements_and_replies) {
  const auto end = make_end();
  EXPECT_FALSE(
      end.take(arp({.sender_mac = far, .sender = client, .target = {192, 0, 2, 7}})).reply);
  EXPECT_FALSE(end.take(arp({.sender_mac = far, .sender = client, .target = client})).reply);
  EXPECT_FALSE(end.take(arp({.sender_mac = far, .sender = router, .target = router})).reply);
  EXPECT_FALSE(end.take(arp({.operation = ArpOperation::reply,
                             .sender_mac = far,
                             .sender = client,
                             .target = router}))
                   .reply);
}

TEST(EthernetEnd, a_solicitation_for_somebody_here_is_answered_with_his_mac) {
  const auto end = make_end();
  const auto nine = Address::parse("2001:db8::9")->v6();
  for (const auto& asking : {ask_for(nine), solicitation(nine, client_v6, nine)}) {
    auto octets = asking;
    if (EthernetView::parse(octets)->destination() == near) other.emit(octets, 0);
    const auto taken = end.take(octets);
    EXPECT_FALSE(taken.packet);
    ASSERT_TRUE(taken.reply);
    const auto [to, from, destination, message] = advertised(*taken.reply);
    EXPECT_EQ(to, far);
    EXPECT_EQ(from, other);
    EXPECT_EQ(destination, Address{client_v6});
    EXPECT_EQ(message.target, nine);
    EXPECT_EQ(message.link_address(), other);
    EXPECT_TRUE(message.router && message.solicited && message.overrides);
  }
}

TEST(EthernetEnd, who_checks_for_duplicates_hears_of_one_with_all_others) {
  const auto end = make_end();
  const auto taken = end.take(ask_for(router_v6, Ipv6Address{}));
  ASSERT_TRUE(taken.reply);
  const auto [to, from, destination, message] = advertised(*taken.reply);
  EXPECT_EQ(to, (MacAddress{{0x33, 0x33, 0, 0, 0, 1}}));
  EXPECT_EQ(destination, Address{all_nodes});
  EXPECT_FALSE(message.solicited);
  const auto free = end.take(ask_for(client_v6, Ipv6Address{}));
  EXPECT_FALSE(free.reply || free.packet) << "the client may have its own address";
}

TEST(EthernetEnd, a_solicitation_that_the_rfc_has_discarded_gets_no_answer) {
  const auto end = make_end();
  const auto silent = [&end](const Octets& octets) {
    const auto taken = end.take(octets);
    return !taken.reply && !taken.packet;
  };
  EXPECT_TRUE(silent(solicitation(router_v6, client_v6, solicited_node(router_v6), Ttl{254})));
  EXPECT_TRUE(silent(solicitation(router_v6, Ipv6Address{}, all_nodes)));
  auto damaged = ask_for(router_v6);
  damaged.back() ^= 1;
  EXPECT_TRUE(silent(damaged));
}

TEST(EthernetEnd, what_a_system_says_to_its_own_link_stays_there) {
  const auto end = make_end();
  for (const int type : {130, 131, 132, 133, 134, 135, 136, 137, 143}) {
    const Envelope envelope{.from = client_v6, .to = all_nodes, .protocol = Protocol::icmpv6};
    auto packet = envelope.packet(24);
    packet[40] = static_cast<std::uint8_t>(type);
    EXPECT_FALSE(end.take(frame(*mapped_mac(envelope.to), EtherType::ipv6, packet)).packet) << type;
  }
  // MLDv2 as Linux sends it: behind a hop-by-hop header with a router alert.
  const Envelope report{.from = client_v6,
                        .to = *Address::parse("ff02::16"),
                        .protocol = Protocol::hop_by_hop,
                        .ttl = Ttl{1}};
  auto packet = report.packet(16);
  packet[40] = 58, packet[42] = 5, packet[43] = 2, packet[46] = 1, packet[48] = 143;
  EXPECT_FALSE(end.take(frame(*mapped_mac(report.to), EtherType::ipv6, packet)).packet);
  const Envelope igmp{.from = client, .to = Ipv4Address{224, 0, 0, 22}, .protocol = Protocol::igmp};
  EXPECT_FALSE(end.take(frame(*mapped_mac(igmp.to), EtherType::ipv4, igmp.packet(8))).packet);
}

TEST(EthernetEnd, packets_pass_without_their_padding) {
  const auto end = make_end();
  for (const auto& ends : {v4, v6}) {
    const auto packet = echo_request(ends, 1);
    auto padded = packet;
    padded.resize(padded.size() + 17);
    const auto type = ends.to.is_v4() ? EtherType::ipv4 : EtherType::ipv6;
    const auto octets = frame(near, type, padded);
    const auto taken = end.take(octets);
    ASSERT_TRUE(taken.packet);
    EXPECT_TRUE(std::ranges::equal(*taken.packet, packet));
    EXPECT_FALSE(taken.reply);
    EXPECT_FALSE(end.take(frame(far, type, packet)).packet) << "another's";
    EXPECT_FALSE(end.take(frame(other, type, packet)).packet) << "he has another address";
    EXPECT_FALSE(end.take(frame(near, type, packet, MacAddress::broadcast())).packet);
    const auto wrong_type = ends.to.is_v4() ? EtherType::ipv6 : EtherType::ipv4;
    EXPECT_FALSE(end.take(frame(near, wrong_type, packet)).packet);
    const auto broadcast = frame(MacAddress::broadcast(), type, packet);
    EXPECT_TRUE(end.take(broadcast).packet);
  }
  const auto for_nine = echo_request({client, Ipv4Address{192, 0, 2, 9}});
  EXPECT_TRUE(end.take(frame(other, EtherType::ipv4, for_nine)).packet);
}

TEST(EthernetEnd, frames_go_to_the_real_system_or_to_its_groups) {
  const auto end = make_end();
  const auto framed = [&end](const Address& from, const Address& to) {
    const auto packet = echo_request({from, to});
    const auto octets = end.frame_for(packet);
    const auto view = EthernetView::parse(octets);
    EXPECT_TRUE(std::ranges::equal(view->payload(), packet));
    EXPECT_EQ(view->type(), to.is_v4() ? EtherType::ipv4 : EtherType::ipv6);
    return std::pair{view->source(), view->destination()};
  };
  EXPECT_EQ(framed(Ipv4Address{10, 0, 0, 5}, client), (std::pair{near, far}));
  EXPECT_EQ(framed(Ipv4Address{192, 0, 2, 9}, client), (std::pair{other, far}));
  EXPECT_EQ(framed(router_v6, client_v6), (std::pair{near, far}));
  EXPECT_EQ(framed(router, Ipv4Address{224, 0, 0, 1}).second, (MacAddress{{1, 0, 0x5e, 0, 0, 1}}));
  EXPECT_EQ(framed(router, Ipv4Address{255, 255, 255, 255}).second, MacAddress::broadcast());
  EXPECT_EQ(framed(router_v6, all_nodes).second, (MacAddress{{0x33, 0x33, 0, 0, 0, 1}}));
  const auto broken = end.frame_for(Octets{0x60, 1, 2});
  EXPECT_EQ(EthernetView::parse(broken)->type(), EtherType::ipv6);
}

TEST(EthernetEnd, one_mac_for_all_is_one_predicate_away) {
  const auto holder = EthernetEnd::all_at(near, [](const Address& a) { return a.is_v4(); });
  EXPECT_EQ(holder(router), near);
  EXPECT_EQ(holder(router_v6), std::nullopt);
}

TEST(EthernetEnd, a_frame_cut_or_damaged_anywhere_does_no_harm) {
  const auto end = make_end();
  const auto request = arp({.sender_mac = far, .sender = client, .target = router});
  for (const auto& whole :
       {request, ask_for(router_v6), frame(near, EtherType::ipv4, echo_request(v4)),
        frame(near, EtherType::ipv6, echo_request(v6))}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const Octets cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      const auto taken = end.take(cut);
      EXPECT_FALSE(taken.packet);
      EXPECT_TRUE(!taken.reply || (whole == request && size >= 42));
    }
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
      auto flipped = whole;
      flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      const auto taken = end.take(flipped);
      EXPECT_FALSE(taken.packet && taken.reply);
    }
  }
  Random random{3};
  for (int i = 0; i < 20'000; ++i) {
    Octets octets(random.below(120));
    for (auto& octet : octets) octet = static_cast<std::uint8_t>(random.next());
    if (octets.size() >= 14) {
      near.emit(octets, 0);
      octets[6] &= 0xfe;
      const std::array types{0x0800, 0x0806, 0x86dd, 0x8100};
      store(octets, 12, static_cast<std::uint16_t>(types[random.below(4)]));
    }
    const auto taken = end.take(octets);
    EXPECT_FALSE(taken.packet && taken.reply);
    static_cast<void>(end.frame_for(octets));
  }
}

}  // namespace
}  // namespace sonda::sim
