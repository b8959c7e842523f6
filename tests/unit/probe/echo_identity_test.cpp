// Everything that tells our echo from another's follows from the key, and from nothing else.
#include <cstdint>
#include <set>

#include <gtest/gtest.h>

#include <sonda/probe/echo_identity.hpp>

#include "ping_driver.hpp"

namespace sonda {
namespace {

using testing::v6;

constexpr SipKey key{.low = 0x0706050403020100, .high = 0x0f0e0d0c0b0a0908};
constexpr Ipv4Address there{198, 51, 100, 7};

// The key is SipHash's own test key, so anybody can compute these with a reference implementation
// over: purpose, 8 octets of number, 16 octets of address.
TEST(EchoIdentity, is_the_same_on_every_machine) {
  constexpr EchoIdentity identity{key, there};
  static_assert(identity.tag(ProbeId{0}) == EchoIdentity{key, there}.tag(ProbeId{0}));
  std::array<std::uint8_t, 25> message{};
  message[0] = 1;
  message[8] = 42;
  std::ranges::copy(there.octets(), message.begin() + 9);
  EchoIdentity::Tag expected{};
  store(expected, 0, siphash(key, message));
  EXPECT_EQ(identity.tag(ProbeId{42}), expected);
}

TEST(EchoIdentity, gives_every_probe_its_own_tag) {
  const EchoIdentity identity{key, there};
  std::set<EchoIdentity::Tag> seen;
  for (std::uint64_t i = 0; i < 200'000; ++i) seen.insert(identity.tag(ProbeId{i}));
  EXPECT_EQ(seen.size(), 200'000U);
}

TEST(EchoIdentity, differs_with_the_key_and_with_the_target) {
  const EchoIdentity ours{key, there};
  const EchoIdentity other_key{SipKey{.low = key.low ^ 1, .high = key.high}, there};
  const EchoIdentity other_target{key, Ipv4Address{198, 51, 100, 8}};
  EXPECT_NE(ours.tag(ProbeId{}), other_key.tag(ProbeId{}));
  EXPECT_NE(ours.tag(ProbeId{}), other_target.tag(ProbeId{}));
}

TEST(EchoIdentity, does_not_depend_on_the_zone_of_the_target) {
  const Address plain{v6("fe80::1")};
  const auto zoned = plain.with_zone(*Zone::parse("eth0"));
  EXPECT_EQ((EchoIdentity{key, plain}.tag(ProbeId{3})), (EchoIdentity{key, zoned}.tag(ProbeId{3})));
}

TEST(EchoIdentity, never_identifies_a_packet_by_0_which_Linux_would_replace) {
  const EchoIdentity identity{key, there};
  std::set<std::uint16_t> seen;
  for (std::uint64_t i = 0; i < 300'000; ++i) seen.insert(identity.identification(ProbeId{i}));
  EXPECT_EQ(seen.count(0), 0U);
  EXPECT_GT(seen.size(), 60'000U);
}

TEST(EchoIdentity, keeps_a_flow_label_of_20_bits) {
  for (std::uint64_t low = 0; low < 1'000; ++low) {
    const EchoIdentity identity{SipKey{.low = low, .high = 0}, there};
    EXPECT_LE(identity.flow_label().value(), 0xf'ffffU);
  }
}

}  // namespace
}  // namespace sonda
