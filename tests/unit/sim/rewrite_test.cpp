// Fields that change on the way, and checksums that stay as right or as wrong as they were.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/rewrite.hpp>
#include <sonda/wire/quotation.hpp>

#include "checksums.hpp"
#include "segments.hpp"

namespace sonda::sim {
namespace {

using test::checksums_right;
using test::transport_checksum_right;

Octets after(Octets packet, const Rewriting& rewriting) {
  rewrite(packet, rewriting);
  return packet;
}
IpPacket read(const Octets& packet) { return *IpPacket::read(packet); }

// A SYN whose MSS stands behind `fill` octets of no operation.
Octets syn_with_mss(const Ends& ends, std::uint16_t mss, std::size_t fill = 0) {
  Octets options(fill, 1);
  for (const auto octet : {2, 4, mss >> 8, mss & 0xff})
    options.push_back(static_cast<std::uint8_t>(octet));
  options.resize((options.size() + 3) / 4 * 4);
  return tcp_packet(ends, {}, TcpFlags::syn, 0, options);
}
std::uint16_t mss_of(const Octets& packet, std::size_t fill = 0) {
  return load<std::uint16_t>(read(packet).payload(), TcpView::min_size + fill + 2);
}

struct RewriteOf : testing::TestWithParam<Ends> {
  [[nodiscard]] static const Ends& ends() { return GetParam(); }
  [[nodiscard]] static bool is_v4() { return ends().to.is_v4(); }
  [[nodiscard]] static Address other(std::uint16_t last) {
    return is_v4() ? Address{Ipv4Address::from_number(0x0a00'0000U + last)}
                   : *Address::parse("2001:db8:ffff::" + std::to_string(last % 10'000));
  }
};
INSTANTIATE_TEST_SUITE_P(Versions, RewriteOf, testing::Values(v4, v6), version_name);

TEST_P(RewriteOf, counting_down_takes_one_and_leaves_nothing_else_changed) {
  auto packet = echo_request(ends(), 16, Ttl{64});
  const auto before = packet;
  count_down(packet);
  EXPECT_EQ(read(packet).ttl, Ttl{63});
  EXPECT_TRUE(checksums_right(packet));
  for (std::size_t i = 0; i < packet.size(); ++i) {
    const bool may_change = is_v4() ? i == 8 || i == 10 || i == 11 : i == 7;
    EXPECT_TRUE(may_change || packet[i] == before[i]) << i;
  }
}

TEST_P(RewriteOf, counting_down_is_right_from_every_ttl_and_stops_at_0) {
  for (unsigned ttl = 255; ttl > 0; --ttl) {
    auto packet = echo_request(ends(), 16, Ttl{ttl});
    count_down(packet);
    ASSERT_TRUE(checksums_right(packet)) << ttl;
    ASSERT_EQ(read(packet).ttl, Ttl{ttl - 1});
  }
  auto packet = echo_request(ends(), 16, Ttl{0});
  const auto before = packet;
  count_down(packet);
  EXPECT_EQ(packet, before);
}

TEST(Rewrite, what_is_no_packet_stays_as_it_is) {
  for (const auto& octets : {Octets{}, Octets{0x45}, Octets(19, 0x45), Octets(39, 0x60)}) {
    auto changed = octets;
    count_down(changed);
    rewrite(changed, {.ttl = Ttl{3}, .dscp = std::uint8_t{1}, .most_mss = std::uint16_t{1}});
    set_source(changed, {.address = v4.to, .number = std::uint16_t{1}});
    set_destination(changed, {.address = v6.to, .number = std::uint16_t{1}});
    EXPECT_EQ(changed, octets);
    EXPECT_FALSE(source_of(octets));
  }
}

TEST_P(RewriteOf, the_ttl_is_set) {
  const auto packet = after(udp_packet(ends()), {.ttl = Ttl{200}});
  EXPECT_EQ(read(packet).ttl, Ttl{200});
  EXPECT_TRUE(checksums_right(packet));
}

TEST_P(RewriteOf, dscp_leaves_the_ecn_bits_and_the_flow_label_alone) {
  auto packet = udp_packet(ends());  // with ECN 3
  if (is_v4()) {
    packet[1] = 3;
    store<std::uint16_t>(packet, 10, 0);
    store(packet, 10, Checksum{}.add(Bytes{packet}.first(20)).finish());
  } else {
    store(packet, 0, std::uint32_t{0x603a'bcde});
  }
  packet = after(packet, {.dscp = std::uint8_t{46}});
  EXPECT_EQ(read(packet).traffic_class, TrafficClass{46U << 2 | 3U});
  EXPECT_TRUE(checksums_right(packet));
  EXPECT_TRUE(is_v4() || (load<std::uint32_t>(packet, 0) & 0xf'ffff) == 0xa'bcdeU);

  packet = after(packet, {.bleach_ecn = true});
  EXPECT_EQ(read(packet).traffic_class, TrafficClass{46U << 2});
  EXPECT_TRUE(checksums_right(packet));
  EXPECT_TRUE(is_v4() || (load<std::uint32_t>(packet, 0) & 0xf'ffff) == 0xa'bcdeU);
}

TEST_P(RewriteOf, dont_fragment_is_ipv4_s) {
  const auto packet = after(udp_packet(ends()), {.clear_dont_fragment = true});
  EXPECT_EQ(read(packet).dont_fragment, !is_v4());
  EXPECT_TRUE(checksums_right(packet));
  EXPECT_TRUE(is_v4() || packet == udp_packet(ends()));
}

TEST_P(RewriteOf, the_mss_is_lowered_and_never_raised) {
  const auto lowered = after(syn_with_mss(ends(), 1'460), {.most_mss = std::uint16_t{1'400}});
  EXPECT_EQ(mss_of(lowered), 1'400);
  EXPECT_TRUE(checksums_right(lowered));
  const auto low = syn_with_mss(ends(), 536);
  EXPECT_EQ(after(low, {.most_mss = std::uint16_t{1'400}}), low);
}

TEST_P(RewriteOf, the_mss_is_found_at_an_odd_place_with_the_right_checksum) {
  for (std::size_t fill = 0; fill < 8; ++fill)
    for (const std::uint16_t most : std::initializer_list<std::uint16_t>{1'400, 1'234, 255, 1}) {
      const auto packet = after(syn_with_mss(ends(), 1'460, fill), {.most_mss = most});
      EXPECT_EQ(mss_of(packet, fill), most);
      EXPECT_TRUE(checksums_right(packet)) << fill << ' ' << most;
    }
}

TEST_P(RewriteOf, an_mss_counts_in_a_syn_only_and_before_the_end_of_the_options) {
  auto options = Octets{2, 4, 5, 180};
  const auto ack = tcp_packet(ends(), {}, TcpFlags::ack, 0, options);
  EXPECT_EQ(after(ack, {.most_mss = std::uint16_t{9}}), ack);
  const auto ended = tcp_packet(ends(), {}, TcpFlags::syn, 0, {0, 2, 4, 5, 180, 0, 0, 0});
  EXPECT_EQ(after(ended, {.most_mss = std::uint16_t{9}}), ended);
  const auto lying = tcp_packet(ends(), {}, TcpFlags::syn, 0, {8, 0, 2, 4, 5, 180, 0, 0});
  EXPECT_EQ(after(lying, {.most_mss = std::uint16_t{9}}), lying);
  const auto answer = tcp_packet(ends(), {}, TcpFlags::syn | TcpFlags::ack, 0, options);
  EXPECT_EQ(mss_of(after(answer, {.most_mss = std::uint16_t{9}})), 9);
}

TEST_P(RewriteOf, an_end_is_an_address_and_a_port_or_an_identifier) {
  EXPECT_EQ(source_of(udp_packet(ends(), {7, 8})), (Endpoint{ends().from, std::uint16_t{7}}));
  EXPECT_EQ(destination_of(tcp_packet(ends(), {7, 8})), (Endpoint{ends().to, std::uint16_t{8}}));
  const Endpoint echo{ends().from, std::uint16_t{0x1234}};
  EXPECT_EQ(source_of(echo_request(ends())), echo);
  EXPECT_EQ(destination_of(echo_request(ends()))->number, echo.number);
  EXPECT_EQ(source_of(error_about(udp_packet(ends()), ends().to, unreachable(ends()))),
            (Endpoint{ends().to, std::nullopt}));
}

TEST_P(RewriteOf, both_ends_are_set_with_right_checksums) {
  for (auto packet : {udp_packet(ends()), tcp_packet(ends()), echo_request(ends()),
                      error_about(udp_packet(ends()), ends().to, unreachable(ends()))}) {
    set_source(packet, {other(1), std::uint16_t{1'111}});
    set_destination(packet, {other(2), std::uint16_t{2'222}});
    EXPECT_EQ(read(packet).source, other(1));
    EXPECT_EQ(read(packet).destination, other(2));
    EXPECT_TRUE(checksums_right(packet));
    EXPECT_EQ(transport_checksum_right(read(packet)), true);
  }
  auto packet = udp_packet(ends());
  set_source(packet, {other(1), std::uint16_t{1'111}});
  EXPECT_EQ(source_of(packet), (Endpoint{other(1), std::uint16_t{1'111}}));
  set_source(packet, {other(3), std::nullopt});
  EXPECT_EQ(source_of(packet), (Endpoint{other(3), std::uint16_t{1'111}})) << "the port stays";
}

TEST_P(RewriteOf, an_address_of_the_other_version_changes_nothing) {
  auto packet = udp_packet(ends());
  set_source(packet, {is_v4() ? v6.to : v4.to, std::uint16_t{1}});
  EXPECT_EQ(packet, udp_packet(ends()));
}

TEST_P(RewriteOf, udp_without_a_checksum_stays_without) {
  auto packet = udp_packet(ends(), {}, 16, ChecksumField{0});
  set_source(packet, {other(1), std::uint16_t{1'111}});
  EXPECT_EQ(load<std::uint16_t>(read(packet).payload(), 6), 0);
  EXPECT_TRUE(checksums_right(packet));
}

TEST_P(RewriteOf, a_udp_checksum_never_becomes_none) {
  for (std::uint32_t number = 1; number <= 0xffff; ++number) {
    auto packet = udp_packet(ends());
    set_source(packet, {ends().from, static_cast<std::uint16_t>(number)});
    ASSERT_NE(load<std::uint16_t>(read(packet).payload(), 6), 0) << number;
    ASSERT_EQ(transport_checksum_right(read(packet)), true) << number;
  }
}

TEST(RewriteV4, an_echo_reply_of_nothing_but_zeros_keeps_a_right_checksum) {
  const Envelope envelope{.from = v4.from, .to = v4.to, .protocol = Protocol::icmp};
  auto packet = envelope.packet(8);
  store<std::uint16_t>(packet, 22, 0xffff);
  ASSERT_TRUE(checksums_right(packet));
  for (const auto identifier : std::initializer_list<std::uint16_t>{0, 5, 0xffff, 0}) {
    set_destination(packet, {v4.from, identifier});
    EXPECT_EQ(transport_checksum_right(read(packet)), true) << identifier;
  }
}

TEST_P(RewriteOf, what_was_wrong_stays_wrong) {
  for (auto packet : {udp_packet(ends()), tcp_packet(ends()), echo_request(ends())}) {
    packet.back() ^= 0x10;
    set_source(packet, {other(1), std::uint16_t{1'111}});
    rewrite(packet, {.ttl = Ttl{3}, .dscp = std::uint8_t{9}, .bleach_ecn = true});
    EXPECT_EQ(transport_checksum_right(read(packet)), false);
  }
}

TEST(RewriteV4, a_wrong_header_checksum_stays_wrong) {
  auto packet = udp_packet(v4);
  packet[10] ^= 0x40;
  count_down(packet);
  set_destination(packet, {v4.from, std::uint16_t{9}});
  EXPECT_FALSE(Ipv4View::parse(packet)->checksum_ok());
}

TEST_P(RewriteOf, a_quotation_cut_short_is_changed_as_far_as_it_goes) {
  const auto whole = tcp_packet(ends(), {7, 8});
  const std::size_t header = is_v4() ? 20 : 40;
  for (std::size_t size = header; size < whole.size(); ++size) {
    Octets quoted(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    set_source(quoted, {other(1), std::uint16_t{1'111}});
    const auto read_back =
        Quotation::parse_datagram(Bytes{quoted}, is_v4() ? IpVersion::v4 : IpVersion::v6);
    EXPECT_EQ(read_back->source(), other(1));
    EXPECT_EQ(read_back->source_port(),
              size >= header + 2 ? std::optional{Port{1'111}} : std::nullopt);
    EXPECT_EQ(quoted.size(), size);
  }
}

TEST(RewriteV4, a_later_fragment_has_no_port_to_change) {
  auto packet = udp_packet(v4, {7, 8}, 16, {}, false);
  store<std::uint16_t>(packet, 6, 2);
  store<std::uint16_t>(packet, 10, 0);
  store(packet, 10, Checksum{}.add(Bytes{packet}.first(20)).finish());
  const Octets payload(packet.begin() + 20, packet.end());
  set_source(packet, {v4.to, std::uint16_t{9}});
  EXPECT_TRUE(std::ranges::equal(read(packet).payload(), payload));
  EXPECT_EQ(read(packet).source, v4.to);
}

// Any packet, any change: a right checksum stays right, a wrong one wrong by as much.
TEST_P(RewriteOf, any_change_to_any_packet_keeps_its_checksums) {
  Random random{20};
  const auto some = [&](std::size_t most) { return static_cast<std::size_t>(random.below(most)); };
  const auto number = [&] { return static_cast<std::uint16_t>(random.next()); };
  for (int round = 0; round < 20'000; ++round) {
    const Ports ports{number(), number()};
    const auto kind = random.below(4);
    auto packet = kind == 0   ? udp_packet(ends(), ports, some(40))
                  : kind == 1 ? tcp_packet(ends(), ports, TcpFlags::ack, some(40))
                  : kind == 2 ? echo_request(ends(), some(40))
                              : syn_with_mss(ends(), number(), some(8));
    const bool spoilt = random.chance(0.3);
    if (spoilt) packet.back() ^= static_cast<std::uint8_t>(1U << random.below(8));
    for (auto steps = random.below(4) + 1; steps > 0; --steps) {
      if (random.chance(0.3)) count_down(packet);
      if (random.chance(0.3)) set_source(packet, {other(number()), number()});
      if (random.chance(0.3)) set_destination(packet, {other(number()), number()});
      Rewriting changes;
      if (random.chance(0.3)) changes.ttl = Ttl{random.below(256)};
      if (random.chance(0.3)) changes.dscp = static_cast<std::uint8_t>(random.below(64));
      if (random.chance(0.3)) changes.most_mss = number();
      changes.bleach_ecn = random.chance(0.3);
      changes.clear_dont_fragment = random.chance(0.3);
      rewrite(packet, changes);
    }
    const auto ip = IpPacket::read(packet);
    ASSERT_TRUE(ip) << round;
    ASSERT_EQ(transport_checksum_right(*ip), !spoilt) << round;
  }
}

}  // namespace
}  // namespace sonda::sim
