// Which of a run's packets a frame shows, told by what its kernel would have gone by.
#include "../../../lib/src/verify/seen_packet.hpp"

#include <vector>

#include <gtest/gtest.h>

#include <sonda/wire/icmp_echo.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/ipv4.hpp>

#include "../../../lib/src/verify/fragments.hpp"

namespace sonda::verify {
namespace {

constexpr Ipv4Address us{192, 0, 2, 2}, target{198, 51, 100, 10}, other{203, 0, 113, 9};
const Identity run{.source = us, .target = target, .identifier = Identifier{77}};

std::vector<std::uint8_t> packet(const Ipv4Address& from, const Ipv4Address& to,
                                 const auto& message, Ipv4Header ip = {}) {
  ip.protocol = Protocol::icmp, ip.source = from, ip.destination = to;
  std::vector<std::uint8_t> out(ip.size() + message.size());
  ip.emit(out, message.size());
  message.emit(MutableBytes{out}.subspan(ip.size()));
  return out;
}
const std::vector<std::uint8_t> data(16, 7);
Echo echo(EchoKind kind, std::uint16_t identifier = 77) {
  return {
      .kind = kind, .identifier = Identifier{identifier}, .sequence = Sequence{5}, .data = data};
}
PacketKind kind_of(const std::vector<std::uint8_t>& octets) {
  return look_at(octets, false, run).kind;
}

TEST(SeenPacket, knows_our_probe_and_what_might_be_one) {
  const auto request = echo(EchoKind::request);
  EXPECT_EQ(kind_of(packet(us, target, request)), PacketKind::probe);
  EXPECT_EQ(kind_of(packet(other, target, request)), PacketKind::probe);  // behind a NAT
  EXPECT_EQ(kind_of(packet(us, other, request)), PacketKind::candidate);
  EXPECT_EQ(kind_of(packet(us, target, echo(EchoKind::request, 78))), PacketKind::candidate);
  EXPECT_EQ(kind_of(packet(other, target, echo(EchoKind::request, 78))), PacketKind::other);
  EXPECT_EQ(look_at(packet(us, target, request), false, run).sequence, Sequence{5});
}

TEST(SeenPacket, knows_an_answer_to_us_from_whomever) {
  EXPECT_EQ(kind_of(packet(other, us, echo(EchoKind::reply))), PacketKind::reply);
  EXPECT_EQ(kind_of(packet(target, other, echo(EchoKind::reply))), PacketKind::other);
  EXPECT_EQ(kind_of(packet(target, us, echo(EchoKind::reply, 78))), PacketKind::other);
}

TEST(SeenPacket, knows_an_error_by_what_it_quotes) {
  const auto ours = packet(us, target, echo(EchoKind::request));
  const auto others = packet(us, target, echo(EchoKind::request, 78));
  EXPECT_EQ(kind_of(packet(other, us, Icmpv4Error{.quoted = ours})), PacketKind::error);
  EXPECT_EQ(kind_of(packet(other, us, Icmpv4Error{.quoted = others})), PacketKind::other);
  EXPECT_EQ(kind_of(packet(other, us, Icmpv4Error{.quoted = Bytes{ours}.first(24)})),
            PacketKind::other);  // without the sequence number
}

TEST(SeenPacket, judges_checksums_where_all_octets_are_there) {
  auto octets = packet(target, us, echo(EchoKind::reply));
  EXPECT_EQ(look_at(octets, false, run).sum, Sum::right);
  octets.back() ^= 1;
  EXPECT_EQ(look_at(octets, false, run).sum, Sum::wrong);
  octets.pop_back();
  EXPECT_EQ(look_at(octets, true, run).sum, Sum::unknown);
  EXPECT_EQ(look_at(octets, false, run).kind, PacketKind::other);  // it promises more than it has
}

TEST(SeenPacket, of_no_octets_is_nothing) {
  EXPECT_EQ(kind_of({}), PacketKind::other);
  EXPECT_EQ(kind_of({0x45}), PacketKind::other);
  EXPECT_EQ(kind_of({0xf0, 1, 2}), PacketKind::other);
}

TEST(Fragments, make_the_datagram_with_all_its_frames) {
  const std::vector<std::uint8_t> large(40, 9);
  const auto whole =
      packet(us, target, Echo{.identifier = Identifier{77}, .sequence = Sequence{5}, .data = large},
             {.identification = 3, .dont_fragment = false});
  const auto piece = [&](std::size_t from, std::size_t size, bool more) {
    Ipv4Header ip{.identification = 3,
                  .dont_fragment = false,
                  .more_fragments = more,
                  .fragment_offset = from,
                  .protocol = Protocol::icmp,
                  .source = us,
                  .destination = target};
    std::vector<std::uint8_t> out(20 + size);
    ip.emit(out, size);
    std::copy_n(whole.begin() + 20 + static_cast<std::ptrdiff_t>(from), size, out.begin() + 20);
    return out;
  };
  const auto first = piece(0, 24, true), last = piece(24, 24, false);
  EXPECT_TRUE(Fragments::is_fragment(first));
  EXPECT_FALSE(Fragments::is_fragment(whole));
  Fragments fragments;
  EXPECT_FALSE(fragments.add({last, 8, 100}));
  EXPECT_FALSE(fragments.add({last, 9, 150}));  // a copy
  const auto made = fragments.add({first, 10, 200});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->packet, whole);
  EXPECT_EQ(made->frames, (std::vector<std::uint64_t>{8, 10}));
  EXPECT_EQ(made->first_ns, 100);
  EXPECT_EQ(made->last_ns, 200);
}

}  // namespace
}  // namespace sonda::verify
