// Many machines behind one address: out, back in, and the errors about both.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/nat.hpp>
#include <sonda/wire/quotation.hpp>

#include "checksums.hpp"
#include "segments.hpp"

namespace sonda::sim {
namespace {

using namespace std::chrono_literals;
using test::checksums_right;

constexpr Instant start{1h};

struct NatOf : testing::TestWithParam<Ends> {
  [[nodiscard]] static const Ends& ends() { return GetParam(); }
  [[nodiscard]] static bool is_v4() { return ends().to.is_v4(); }
  [[nodiscard]] static Address outside() {
    return is_v4() ? Address{Ipv4Address{203, 0, 113, 1}} : *Address::parse("2001:db8:99::1");
  }
  [[nodiscard]] static Address second() {
    return is_v4() ? Address{Ipv4Address{192, 0, 2, 77}} : *Address::parse("2001:db8::77");
  }
  // What the target answers to what it gets.
  [[nodiscard]] static Ends back() { return {ends().to, outside()}; }

  Nat nat{outside()};
};
INSTANTIATE_TEST_SUITE_P(Versions, NatOf, testing::Values(v4, v6), version_name);

TEST_P(NatOf, out_and_in_again_by_udp_and_tcp) {
  for (const auto protocol : {Protocol::udp, Protocol::tcp}) {
    const auto make = [&](const Ends& between, Ports ports) {
      return protocol == Protocol::udp ? udp_packet(between, ports) : tcp_packet(between, ports);
    };
    const auto out = nat.outwards(start, make(ends(), {40'000, 53}));
    ASSERT_TRUE(out);
    EXPECT_TRUE(checksums_right(*out));
    EXPECT_EQ(source_of(*out), (Endpoint{outside(), std::uint16_t{40'000}})) << "the port is kept";
    EXPECT_EQ(destination_of(*out), (Endpoint{ends().to, std::uint16_t{53}}));
    const auto in = nat.inwards(start, make(back(), {53, 40'000}));
    ASSERT_TRUE(in);
    EXPECT_EQ(*in, make(swapped(ends()), {53, 40'000}));
  }
}

TEST_P(NatOf, an_echo_goes_by_its_identifier) {
  const auto out = nat.outwards(start, echo_request(ends()));
  ASSERT_TRUE(out);
  EXPECT_TRUE(checksums_right(*out));
  auto reply = echo_request(back());
  reply[is_v4() ? 20 : 40] = is_v4() ? 0 : 129;
  const auto at = is_v4() ? std::size_t{22} : std::size_t{42};
  const auto sum = load<std::uint16_t>(reply, at);
  store(reply, at,
        is_v4() ? Checksum::update(sum, std::uint16_t{0x0800}, std::uint16_t{0})
                : Checksum::update(sum, std::uint16_t{0x8000}, std::uint16_t{0x8100}));
  const auto in = nat.inwards(start, reply);
  ASSERT_TRUE(in);
  EXPECT_TRUE(checksums_right(*in));
  EXPECT_EQ(IpPacket::read(*in)->destination, ends().from);
  EXPECT_EQ(load<std::uint16_t>(IpPacket::read(*in)->payload(), 4), 0x1234);
}

TEST_P(NatOf, nobody_outside_pings_a_machine_inside) {
  ASSERT_TRUE(nat.outwards(start, echo_request(ends())));
  EXPECT_FALSE(nat.inwards(start, echo_request(back()))) << "although the identifier is the same";
}

TEST_P(NatOf, what_nobody_asked_for_does_not_come_in) {
  EXPECT_FALSE(nat.inwards(start, udp_packet(back(), {53, 40'000})));
  ASSERT_TRUE(nat.outwards(start, udp_packet(ends(), {40'000, 53})));
  EXPECT_FALSE(nat.inwards(start, udp_packet(back(), {53, 40'001})));
  EXPECT_FALSE(nat.inwards(start, tcp_packet(back(), {53, 40'000}))) << "another protocol";
  EXPECT_FALSE(nat.inwards(start, udp_packet(swapped(ends()), {53, 40'000}))) << "not its address";
}

TEST_P(NatOf, mappings_do_not_ask_whom_they_talk_to) {
  const auto first = nat.outwards(start, udp_packet(ends(), {40'000, 53}));
  const auto other = nat.outwards(start, udp_packet({ends().from, second()}, {40'000, 99}));
  EXPECT_EQ(source_of(*first), source_of(*other));
  EXPECT_EQ(nat.mappings(), 1U);
}

TEST_P(NatOf, a_port_that_is_taken_becomes_another_which_leads_back) {
  const Ends other{second(), ends().to};
  ASSERT_TRUE(nat.outwards(start, udp_packet(ends(), {40'000, 53})));
  const auto out = nat.outwards(start, udp_packet(other, {40'000, 53}));
  ASSERT_TRUE(out);
  EXPECT_TRUE(checksums_right(*out));
  const auto number = *source_of(*out)->number;
  EXPECT_NE(number, 40'000);
  EXPECT_GE(number, 1'024);
  const auto in = nat.inwards(start, udp_packet(back(), {53, number}));
  ASSERT_TRUE(in);
  EXPECT_EQ(*in, udp_packet(swapped(other), {53, 40'000}));
  EXPECT_EQ(source_of(*nat.outwards(start, udp_packet(other, {40'000, 9})))->number, number);
  EXPECT_EQ(source_of(*nat.outwards(start, tcp_packet(other, {40'000, 53})))->number, 40'000)
      << "a port of TCP is not one of UDP";
}

TEST_P(NatOf, an_error_comes_in_with_what_it_quotes) {
  const Ends other{second(), ends().to};
  ASSERT_TRUE(nat.outwards(start, udp_packet(ends(), {40'000, 53})));
  for (const auto& sent :
       {udp_packet(other, {40'000, 53}), tcp_packet(other, {40'000, 80}), echo_request(other)}) {
    const auto out = nat.outwards(start, sent);
    ASSERT_TRUE(out);
    const auto error = nat.inwards(start, error_about(*out, ends().to, unreachable(ends())));
    ASSERT_TRUE(error);
    EXPECT_TRUE(checksums_right(*error));
    EXPECT_EQ(IpPacket::read(*error)->destination, second());
    EXPECT_EQ(IpPacket::read(*error)->source, ends().to);
    const auto quotation = Quotation::parse(IpPacket::read(*error)->payload(),
                                            is_v4() ? IpVersion::v4 : IpVersion::v6);
    ASSERT_TRUE(quotation);
    EXPECT_TRUE(std::ranges::equal(quotation->octets(), sent)) << "as it was sent";
  }
}

TEST_P(NatOf, an_error_that_quotes_little_is_translated_as_far_as_it_goes) {
  const auto sent = tcp_packet(ends(), {40'000, 80});
  auto message = unreachable(ends());
  message.quoted = is_v4() ? 28 : 48;
  const auto out = nat.outwards(start, sent);
  const auto error = nat.inwards(start, error_about(*out, ends().to, message));
  ASSERT_TRUE(error);
  EXPECT_TRUE(checksums_right(*error));
  const auto quoted = IpPacket::read(*error)->payload().subspan(8);
  EXPECT_TRUE(std::ranges::equal(quoted, Bytes{sent}.first(*message.quoted)));
}

TEST_P(NatOf, an_error_that_goes_out_quotes_what_came_in) {
  ASSERT_TRUE(nat.outwards(start, udp_packet(ends(), {40'000, 53})));
  const auto came = udp_packet(back(), {53, 40'000});
  const auto inside = nat.inwards(start, came);
  const auto error = nat.outwards(start, error_about(*inside, ends().from, unreachable(ends())));
  ASSERT_TRUE(error);
  EXPECT_TRUE(checksums_right(*error));
  EXPECT_EQ(IpPacket::read(*error)->source, outside());
  EXPECT_EQ(IpPacket::read(*error)->destination, ends().to);
  EXPECT_TRUE(std::ranges::equal(IpPacket::read(*error)->payload().subspan(8), came));
}

TEST_P(NatOf, a_broken_checksum_of_an_error_stays_broken) {
  const auto out = nat.outwards(start, udp_packet(ends(), {40'000, 53}));
  auto message = unreachable(ends());
  message.broken_checksum = true;
  const auto error = nat.inwards(start, error_about(*out, ends().to, message));
  ASSERT_TRUE(error);
  EXPECT_FALSE(checksums_right(*error));
}

TEST_P(NatOf, errors_neither_begin_a_mapping_nor_keep_one_alive) {
  const auto stray =
      error_about(udp_packet(back(), {53, 40'000}), ends().from, unreachable(ends()));
  EXPECT_FALSE(nat.outwards(start, stray));
  EXPECT_FALSE(nat.inwards(start, error_about(udp_packet({outside(), ends().to}, {40'000, 53}),
                                              ends().to, unreachable(ends()))));
  EXPECT_EQ(nat.mappings(), 0U);

  const auto out = nat.outwards(start, udp_packet(ends(), {40'000, 53}));
  const auto error = error_about(*out, ends().to, unreachable(ends()));
  EXPECT_TRUE(nat.inwards(start + Nat::patience - 1s, error));
  EXPECT_FALSE(nat.inwards(start + Nat::patience, error));
}

TEST_P(NatOf, a_mapping_ends_when_it_has_long_been_unused) {
  const auto reply = udp_packet(back(), {53, 40'000});
  ASSERT_TRUE(nat.outwards(start, udp_packet(ends(), {40'000, 53})));
  ASSERT_TRUE(nat.inwards(start + Nat::patience - 1s, reply)) << "and that was a use";
  ASSERT_TRUE(nat.inwards(start + 2 * Nat::patience - 2s, reply));
  EXPECT_FALSE(nat.inwards(start + 4 * Nat::patience, reply));
  EXPECT_EQ(nat.mappings(), 0U);

  const auto other =
      nat.outwards(start + 5 * Nat::patience, udp_packet({second(), ends().to}, {40'000, 53}));
  EXPECT_EQ(source_of(*other)->number, 40'000) << "its port is free again";
}

TEST_P(NatOf, the_mapping_longest_unused_makes_room) {
  const auto from = [&](std::uint32_t number) {
    return udp_packet(ends(), {static_cast<std::uint16_t>(number), 53}, 0);
  };
  for (std::uint32_t i = 0; i < Nat::most_mappings; ++i)
    ASSERT_TRUE(nat.outwards(start, from(1'024 + i)));
  ASSERT_TRUE(nat.inwards(start, udp_packet(back(), {53, 1'024}))) << "used once more";
  ASSERT_TRUE(nat.outwards(start, from(60'000)));
  EXPECT_EQ(nat.mappings(), Nat::most_mappings);
  EXPECT_FALSE(nat.inwards(start, udp_packet(back(), {53, 1'025})));
  EXPECT_TRUE(nat.inwards(start, udp_packet(back(), {53, 1'024})));
  EXPECT_TRUE(nat.inwards(start, udp_packet(back(), {53, 60'000})));
}

TEST_P(NatOf, a_protocol_without_ports_is_one_machine_s) {
  const auto gre = [&](const Ends& between) {
    const Envelope envelope{.from = between.from, .to = between.to, .protocol = Protocol::gre};
    return envelope.packet(12);
  };
  ASSERT_TRUE(nat.outwards(start, gre(ends())));
  EXPECT_FALSE(nat.outwards(start, gre({second(), ends().to})));
  const auto in = nat.inwards(start, gre(back()));
  ASSERT_TRUE(in);
  EXPECT_EQ(IpPacket::read(*in)->destination, ends().from);
}

TEST_P(NatOf, what_has_no_port_although_it_should_is_not_translated) {
  const Envelope envelope{.from = ends().from, .to = ends().to, .protocol = Protocol::udp};
  EXPECT_FALSE(nat.outwards(start, envelope.packet(1)));
  auto reply = echo_request(ends());
  reply[is_v4() ? 20 : 40] = is_v4() ? 0 : 129;
  EXPECT_FALSE(nat.outwards(start, reply)) << "nobody can have asked";
  EXPECT_FALSE(nat.outwards(start, Octets{0x45}));
  EXPECT_FALSE(nat.outwards(start, udp_packet(is_v4() ? v6 : v4))) << "the other version";
}

}  // namespace
}  // namespace sonda::sim
