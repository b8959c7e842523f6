// Errors as Linux writes them: how much comes back, with which headers, and about what.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/icmp_error.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>

#include "recording_outbox.hpp"

namespace sonda::sim {
namespace {

struct ErrorAbout : testing::TestWithParam<Ends> {
  [[nodiscard]] bool is_v4() const { return GetParam().to.is_v4(); }
  [[nodiscard]] std::size_t headers() const { return is_v4() ? 28 : 48; }
  IpPacket about(const Octets& packet, ErrorMessage message) {
    if (!is_v4()) message.type = 1;
    octets_ = icmp_error(message, GetParam().to, packet, random_);
    const auto ip = IpPacket::read(octets_);
    EXPECT_TRUE(ip);
    return ip.value_or(IpPacket{});
  }

 private:
  Octets octets_{};
  Random random_{1};
};
INSTANTIATE_TEST_SUITE_P(Versions, ErrorAbout, testing::Values(v4, v6),
                         [](const auto& run) { return run.param.to.is_v4() ? "v4" : "v6"; });

TEST_P(ErrorAbout, a_small_packet_comes_back_whole) {
  const auto packet = echo_request(GetParam());
  const auto error = about(packet, {.type = 3, .code = 1});
  const auto quoted = error.octets.subspan(headers());
  EXPECT_TRUE(std::ranges::equal(quoted, packet));
}

TEST_P(ErrorAbout, a_large_packet_comes_back_as_far_as_the_rfc_lets_it) {
  const auto error = about(echo_request(GetParam(), 1'400), {.type = 3, .code = 1});
  EXPECT_EQ(error.octets.size(), is_v4() ? 576U : 1'280U);
}

TEST_P(ErrorAbout, a_quotation_is_as_short_as_one_wants_it) {
  const auto packet = echo_request(GetParam());
  for (std::size_t quoted = 0; quoted <= packet.size(); ++quoted)
    EXPECT_EQ(about(packet, {.quoted = quoted}).octets.size(), headers() + quoted);
}

TEST_P(ErrorAbout, a_broken_checksum_is_broken_and_nothing_else_is) {
  const auto packet = echo_request(GetParam());
  const auto whole = about(packet, {.type = 3, .code = 1});
  const Octets right(whole.payload().begin(), whole.payload().end());
  const auto broken = about(packet, {.type = 3, .code = 1, .broken_checksum = true}).payload();
  EXPECT_FALSE(
      is_v4() ? Icmpv4View::parse(broken)->checksum_ok()
              : Icmpv6View::parse(broken)->checksum_ok(GetParam().to.v6(), GetParam().from.v6()));
  EXPECT_TRUE(std::ranges::equal(broken.subspan(4), Bytes{right}.subspan(4)));
}

TEST(ErrorV4, keeps_the_type_of_service_and_adds_internetwork_control) {
  Random random{1};
  const auto octets = icmp_error({.type = 3, .code = 1}, v4.to, echo_request(v4), random);
  const auto ip = IpPacket::read(octets);
  EXPECT_EQ(ip->traffic_class, TrafficClass{0xc8});
  EXPECT_EQ(ip->ttl, Ttl{64});
  EXPECT_FALSE(ip->dont_fragment);
}

TEST(ErrorV4, puts_its_value_where_the_type_has_it) {
  Random random{1};
  const auto octets_of = [&](ErrorMessage message) {
    return icmp_error(message, v4.to, echo_request(v4), random);
  };
  const auto too_big = octets_of({.type = 3, .code = 4, .value = 1'300});
  EXPECT_EQ(load<std::uint32_t>(too_big, 24), 1'300U);
  const auto problem = octets_of({.type = 12, .code = 0, .value = 20});
  EXPECT_EQ(load<std::uint32_t>(problem, 24), 20U << 24);
  const auto redirect = octets_of({.type = 5, .code = 1, .value = 0xc0000207});
  EXPECT_EQ(load<std::uint32_t>(redirect, 24), 0xc0000207U);
  const auto other = octets_of({.type = 3, .code = 1, .value = 99});
  EXPECT_EQ(load<std::uint32_t>(other, 24), 0U);
}

// RFC 1122 3.2.2 and RFC 4443 2.4 e.
TEST_P(ErrorAbout, an_error_is_sent_about_a_request_and_not_about_these) {
  EXPECT_TRUE(may_be_told(echo_request(GetParam())));
  Random random{1};
  EXPECT_FALSE(may_be_told(icmp_error({.type = std::uint8_t(is_v4() ? 3 : 1)}, GetParam().to,
                                      echo_request(GetParam()), random)));
  auto many = GetParam();
  many.to = is_v4() ? Address{Ipv4Address{224, 0, 0, 1}} : *Address::parse("ff02::1");
  EXPECT_FALSE(may_be_told(echo_request(many)));
  auto nobody = GetParam();
  nobody.from = is_v4() ? Address{Ipv4Address{}} : Address{Ipv6Address{}};
  EXPECT_FALSE(may_be_told(echo_request(nobody)));
  EXPECT_FALSE(may_be_told(Octets{0x45, 0}));
}

TEST(ErrorV4, is_sent_about_the_first_fragment_only) {
  auto first = echo_request(v4);
  store<std::uint16_t>(first, 6, 0x2000);
  auto later = first;
  store<std::uint16_t>(later, 6, 0x2001);
  for (auto* packet : {&first, &later}) {
    store<std::uint16_t>(*packet, 10, 0);
    store(*packet, 10, Checksum{}.add(Bytes{*packet}.first(20)).finish());
  }
  EXPECT_TRUE(may_be_told(first));
  EXPECT_FALSE(may_be_told(later));
}

}  // namespace
}  // namespace sonda::sim
