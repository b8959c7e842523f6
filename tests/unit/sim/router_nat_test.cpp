// A simulated router that translates addresses: what passes it, and what it says about that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/pieces.hpp>
#include <sonda/sim/router.hpp>
#include <sonda/wire/quotation.hpp>

#include "checksums.hpp"
#include "segments.hpp"

namespace sonda::sim {
namespace {

using test::checksums_right;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// Inside lies at side 0, outside at side 1.
struct NatRouterOf : testing::TestWithParam<Ends> {
  NatRouterOf() {
    out.ways[ends().from] = Side{0};
    out.ways[ends().to] = Side{1};
  }
  [[nodiscard]] static const Ends& ends() { return GetParam(); }
  [[nodiscard]] static bool is_v4() { return ends().to.is_v4(); }
  [[nodiscard]] static Address address() {
    return is_v4() ? Address{Ipv4Address{203, 0, 113, 1}} : *Address::parse("2001:db8:99::1");
  }
  [[nodiscard]] static Ends back() { return {ends().to, address()}; }
  [[nodiscard]] static RouterPlan plan() {
    return {.addresses = {Ipv4Address{192, 0, 2, 1}, *Address::parse("2001:db8::1")},
            .nat = NatPlan{.outside = Side{1}, .address = address()}};
  }
  void from_inside(const Octets& packet) { router.on_packet({out.at, Side{0}, packet}, out); }
  void from_outside(const Octets& packet) { router.on_packet({out.at, Side{1}, packet}, out); }
  void forget() { out.sent.clear(), out.deeds.clear(); }

  RecordingOutbox out{};
  Router router{plan()};
};
INSTANTIATE_TEST_SUITE_P(Versions, NatRouterOf, testing::Values(v4, v6), version_name);

TEST_P(NatRouterOf, it_has_the_address_it_lends) {
  EXPECT_TRUE(router.owns(address()));
  EXPECT_FALSE(router.owns(ends().from));
}

TEST_P(NatRouterOf, out_and_in_again_one_hop_each) {
  from_inside(udp_packet(ends(), {40'000, 53}));
  ASSERT_THAT(out.sent, SizeIs(1));
  EXPECT_EQ(out.sent[0].side, Side{1});
  EXPECT_TRUE(checksums_right(out.sent[0].octets));
  EXPECT_EQ(IpPacket::read(out.sent[0].octets)->source, address());
  EXPECT_EQ(IpPacket::read(out.sent[0].octets)->ttl, Ttl{63});
  EXPECT_THAT(out.deeds, ElementsAre(Deed::translated));
  forget();
  from_outside(udp_packet(back(), {53, 40'000}));
  ASSERT_THAT(out.sent, SizeIs(1));
  EXPECT_EQ(out.sent[0].side, Side{0});
  EXPECT_TRUE(checksums_right(out.sent[0].octets));
  EXPECT_EQ(IpPacket::read(out.sent[0].octets)->destination, ends().from);
  EXPECT_EQ(IpPacket::read(out.sent[0].octets)->ttl, Ttl{63});
}

TEST_P(NatRouterOf, the_other_version_passes_untouched) {
  const auto& other = is_v4() ? v6 : v4;
  out.ways[other.to] = Side{1};
  from_inside(udp_packet(other));
  EXPECT_EQ(IpPacket::read(out.sent.at(0).octets)->source, other.from);
}

TEST_P(NatRouterOf, what_fits_no_mapping_ends_here) {
  from_outside(udp_packet(back(), {53, 40'000}));
  EXPECT_THAT(out.sent, IsEmpty());
  EXPECT_THAT(out.deeds, ElementsAre(Deed::untranslatable));
  auto own = plan();
  own.addresses.push_back(address());
  router = Router{own};
  from_outside(echo_request(back()));
  EXPECT_THAT(out.sent, SizeIs(1)) << "it answers for itself where the address is its own";
}

TEST_P(NatRouterOf, errors_about_what_comes_in_say_what_the_sender_knows) {
  from_inside(udp_packet(ends(), {40'000, 53}));
  forget();
  auto last_hop = udp_packet(back(), {53, 40'000});
  rewrite(last_hop, {.ttl = Ttl{1}});
  from_outside(last_hop);
  ASSERT_THAT(out.sent, SizeIs(1));
  EXPECT_EQ(out.sent[0].side, Side{1});
  EXPECT_TRUE(checksums_right(out.sent[0].octets));
  const auto error = *IpPacket::read(out.sent[0].octets);
  EXPECT_EQ(error.destination, ends().to);
  EXPECT_TRUE(
      std::ranges::equal(Quotation::parse(error.payload(), error.version)->octets(), last_hop));
}

TEST_P(NatRouterOf, a_reset_of_what_comes_in_comes_from_the_address_outside) {
  from_inside(tcp_packet(ends(), {40'000, 80}));
  forget();
  router.set_rules({{.match = {.source_port = Port{80}}, .action = Reset{}}});
  from_outside(tcp_packet(back(), {80, 40'000}, TcpFlags::syn | TcpFlags::ack));
  ASSERT_THAT(out.sent, SizeIs(1));
  EXPECT_TRUE(checksums_right(out.sent[0].octets));
  EXPECT_EQ(source_of(out.sent[0].octets), (Endpoint{address(), std::uint16_t{40'000}}));
}

TEST_P(NatRouterOf, fragments_are_put_together_translated_and_cut_again) {
  const auto whole = udp_packet(ends(), {40'000, 53}, 3'000, {}, false);
  auto cut = pieces(whole, Mtu{1'300}, 99);
  ASSERT_THAT(cut, SizeIs(3));
  std::swap(cut[0], cut[2]);
  for (const auto& piece : cut) from_inside(piece);
  ASSERT_THAT(out.sent, SizeIs(3));
  Reassembly reassembly;
  std::optional<Octets> again;
  for (const auto& sent : out.sent) {
    EXPECT_EQ(IpPacket::read(sent.octets)->source, address());
    EXPECT_LE(sent.octets.size(), 1'500U);
    again = reassembly.add(out.at, sent.octets);
  }
  ASSERT_TRUE(again);
  EXPECT_TRUE(checksums_right(*again));
  EXPECT_EQ(source_of(*again), (Endpoint{address(), std::uint16_t{40'000}}));
  EXPECT_TRUE(std::ranges::equal(IpPacket::read(*again)->payload().subspan(8),
                                 IpPacket::read(whole)->payload().subspan(8)));

  forget();
  for (const auto& piece :
       pieces(udp_packet(back(), {53, 40'000}, 3'000, {}, false), Mtu{1'300}, 7))
    from_outside(piece);
  ASSERT_THAT(out.sent, SizeIs(3));
  for (const auto& sent : out.sent) {
    EXPECT_EQ(sent.side, Side{0});
    EXPECT_EQ(IpPacket::read(sent.octets)->destination, ends().from);
  }
}

TEST_P(NatRouterOf, fragments_that_stay_alone_are_forgotten_without_a_word) {
  from_inside(pieces(udp_packet(ends(), {}, 3'000, {}, false), Mtu{1'300}, 99).at(0));
  EXPECT_THAT(out.sent, IsEmpty());
  EXPECT_THAT(out.wakes, ElementsAre(Reassembly::patience));
  router.on_time(out.at + Reassembly::patience, out);
  EXPECT_THAT(out.sent, IsEmpty());
}

}  // namespace
}  // namespace sonda::sim
