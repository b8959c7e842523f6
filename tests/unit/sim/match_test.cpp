// Which packets a rule speaks of, one field at a time and together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/match.hpp>

#include "segments.hpp"

namespace sonda::sim {
namespace {

bool fits(const Match& match, const Octets& packet) { return match.fits(*IpPacket::read(packet)); }

struct MatchOf : testing::TestWithParam<Ends> {
  [[nodiscard]] static const Ends& ends() { return GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(Versions, MatchOf, testing::Values(v4, v6), version_name);

TEST_P(MatchOf, an_empty_one_fits_everything) {
  EXPECT_TRUE(fits({}, echo_request(ends())));
  EXPECT_TRUE(fits({}, udp_packet(ends())));
  EXPECT_TRUE(fits({}, tcp_packet(ends())));
}

TEST_P(MatchOf, the_version_counts) {
  const bool is_v4 = ends().to.is_v4();
  EXPECT_EQ(fits({.version = IpVersion::v4}, udp_packet(ends())), is_v4);
  EXPECT_EQ(fits({.version = IpVersion::v6}, udp_packet(ends())), !is_v4);
}

TEST_P(MatchOf, prefixes_count_at_their_own_end) {
  const Prefix from{ends().from, 24}, to{ends().to, 24};
  EXPECT_TRUE(fits({.from = from, .to = to}, udp_packet(ends())));
  EXPECT_TRUE(fits({.from = Prefix{ends().from, 128}}, udp_packet(ends())));
  if (ends().to.is_v4()) {
    EXPECT_FALSE(fits({.from = to}, udp_packet(ends())));
    EXPECT_FALSE(fits({.to = from}, udp_packet(ends())));
  }
  const auto other = ends().to.is_v4() ? v6 : v4;
  EXPECT_FALSE(fits({.to = Prefix{other.to, 0}}, udp_packet(ends())));
}

TEST_P(MatchOf, icmp_means_that_of_its_own_version) {
  for (const auto wanted : {Protocol::icmp, Protocol::icmpv6}) {
    EXPECT_TRUE(fits({.protocol = wanted}, echo_request(ends())));
    EXPECT_FALSE(fits({.protocol = wanted}, udp_packet(ends())));
  }
  EXPECT_TRUE(fits({.protocol = Protocol::udp}, udp_packet(ends())));
  EXPECT_FALSE(fits({.protocol = Protocol::udp}, tcp_packet(ends())));
}

TEST_P(MatchOf, icmp_in_the_other_version_of_ip_is_not_icmp) {
  auto packet = echo_request(ends());
  const bool is_v4 = ends().to.is_v4();
  packet[is_v4 ? 9 : 6] = is_v4 ? 58 : 1;
  if (is_v4) {
    store<std::uint16_t>(packet, 10, 0);
    store(packet, 10, Checksum{}.add(Bytes{packet}.first(20)).finish());
  }
  EXPECT_FALSE(fits({.protocol = Protocol::icmp}, packet));
  EXPECT_FALSE(fits({.icmp_type = packet[is_v4 ? 20 : 40]}, packet));
}

TEST_P(MatchOf, ports_are_those_of_udp_and_tcp) {
  const Ports ports{4'000, 80};
  for (const auto& packet : {udp_packet(ends(), ports), tcp_packet(ends(), ports)}) {
    EXPECT_TRUE(fits({.source_port = Port{4'000}, .destination_port = Port{80}}, packet));
    EXPECT_FALSE(fits({.source_port = Port{80}}, packet));
    EXPECT_FALSE(fits({.destination_port = Port{4'000}}, packet));
  }
  EXPECT_FALSE(fits({.destination_port = Port{80}}, echo_request(ends())));
}

TEST_P(MatchOf, of_the_flags_four_are_told_apart) {
  const auto with = [&](TcpFlags flags) { return tcp_packet(ends(), {}, flags); };
  const Match syn{.flags = TcpFlags::syn}, ack{.flags = TcpFlags::ack};
  EXPECT_TRUE(fits(syn, with(TcpFlags::syn)));
  EXPECT_TRUE(fits(syn, with(TcpFlags::syn | TcpFlags::psh | TcpFlags::ece | TcpFlags::cwr)));
  EXPECT_FALSE(fits(syn, with(TcpFlags::syn | TcpFlags::ack)));
  EXPECT_TRUE(fits(ack, with(TcpFlags::ack | TcpFlags::psh)));
  EXPECT_FALSE(fits(ack, with(TcpFlags::ack | TcpFlags::fin)));
  EXPECT_FALSE(fits(ack, with(TcpFlags::ack | TcpFlags::rst)));
  EXPECT_FALSE(fits({.flags = TcpFlags{}}, udp_packet(ends())));
}

TEST_P(MatchOf, data_is_what_stands_behind_the_transport_header) {
  EXPECT_TRUE(fits({.with_data = true}, tcp_packet(ends(), {}, TcpFlags::ack, 1)));
  EXPECT_FALSE(fits({.with_data = true}, tcp_packet(ends(), {}, TcpFlags::ack, 0, Octets(8, 1))));
  EXPECT_TRUE(fits({.with_data = true}, udp_packet(ends(), {}, 1)));
  EXPECT_FALSE(fits({.with_data = true}, udp_packet(ends(), {}, 0)));
  EXPECT_FALSE(fits({.with_data = true}, echo_request(ends())));
}

TEST_P(MatchOf, type_and_code_are_icmp_s) {
  const auto packet = error_about(udp_packet(ends()), ends().to, unreachable(ends()));
  const auto type = unreachable(ends()).type, code = unreachable(ends()).code;
  EXPECT_TRUE(fits({.icmp_type = type, .icmp_code = code}, packet));
  EXPECT_FALSE(fits({.icmp_type = type, .icmp_code = std::uint8_t(code + 1)}, packet));
  EXPECT_FALSE(fits({.icmp_type = std::uint8_t(type + 1)}, packet));
  EXPECT_FALSE(fits({.icmp_type = std::uint8_t{0}}, udp_packet(ends(), {0, 0})));
}

TEST_P(MatchOf, longer_than_counts_the_ip_header) {
  const auto packet = udp_packet(ends(), {}, 100);
  EXPECT_TRUE(fits({.longer_than = packet.size() - 1}, packet));
  EXPECT_FALSE(fits({.longer_than = packet.size()}, packet));
}

TEST_P(MatchOf, the_ttl_is_the_one_it_came_with) {
  const auto packet = echo_request(ends(), 16, Ttl{9});
  EXPECT_TRUE(fits({.ttl = Ttl{9}}, packet));
  EXPECT_FALSE(fits({.ttl = Ttl{8}}, packet));
}

TEST_P(MatchOf, all_that_is_set_must_fit) {
  const Match match{.protocol = Protocol::tcp, .destination_port = Port{53}, .ttl = Ttl{64}};
  EXPECT_TRUE(fits(match, tcp_packet(ends())));
  EXPECT_FALSE(fits(match, udp_packet(ends())));
  EXPECT_FALSE(fits(match, tcp_packet(ends(), {1, 54})));
}

TEST(MatchV4, a_later_fragment_has_no_ports) {
  auto packet = udp_packet(v4, {53, 53}, 16, {}, false);
  store<std::uint16_t>(packet, 6, 1);
  store<std::uint16_t>(packet, 10, 0);
  store(packet, 10, Checksum{}.add(Bytes{packet}.first(20)).finish());
  EXPECT_TRUE(fits({.protocol = Protocol::udp}, packet));
  EXPECT_FALSE(fits({.destination_port = Port{53}}, packet));
}

}  // namespace
}  // namespace sonda::sim
