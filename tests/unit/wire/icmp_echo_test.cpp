// The echo: both versions, with and without data, right and deliberately wrong checksums.
#include <array>
#include <cstdint>

#include <gtest/gtest.h>

#include <sonda/wire/icmp_echo.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>

#include "golden.hpp"
#include "message_support.hpp"
#include "message_vectors.hpp"

namespace sonda {
namespace {

using testing::destination_of;
using testing::emitted;
using testing::message_in;
using testing::octets_of;
using testing::source_of;

static_assert(Icmpv4View::parse(message_in(packets::echo_request))->checksum_ok());
static_assert(Icmpv4View::parse(message_in(packets::echo_request))->echo()->identifier ==
              Identifier{42163});
static_assert(Echo::parse_icmpv4(message_in(packets::echo_reply_without_data))->data.empty());

TEST(Echo, reads_what_linux_sent) {
  const auto echo = Echo::parse_icmpv4(message_in(packets::echo_request));
  ASSERT_TRUE(echo);
  EXPECT_EQ(echo->kind, EchoKind::request);
  EXPECT_EQ(echo->code, 0);
  EXPECT_EQ(echo->identifier, Identifier{42163});
  EXPECT_EQ(echo->sequence, Sequence{1});
  EXPECT_EQ(echo->data.size(), 56U);
  EXPECT_EQ(echo->size(), 64U);
}

TEST(Echo, without_data_is_eight_octets) {
  const auto echo = Echo::parse_icmpv4(message_in(packets::echo_reply_without_data));
  ASSERT_TRUE(echo);
  EXPECT_EQ(echo->kind, EchoKind::reply);
  EXPECT_EQ(echo->sequence, Sequence{7});
  EXPECT_TRUE(echo->data.empty());
  EXPECT_EQ(echo->size(), 8U);
}

TEST(Echo, of_icmpv6_has_types_of_its_own) {
  const auto echo = Echo::parse_icmpv6(message_in(packets::echo6_reply));
  ASSERT_TRUE(echo);
  EXPECT_EQ(echo->kind, EchoKind::reply);
  EXPECT_EQ(echo->identifier, Identifier{42164});
  EXPECT_EQ(Echo::parse_icmpv4(message_in(packets::echo6_reply)).error(),
            (ParseError{Layer::icmpv4, Fault::bad_type, 8, 8}));
  EXPECT_EQ(Echo::parse_icmpv6(message_in(packets::echo_request)).error(),
            (ParseError{Layer::icmpv6, Fault::bad_type, 128, 64}));
}

TEST(Echo, refuses_seven_octets) {
  const auto message = message_in(packets::echo_reply_without_data);
  for (std::size_t size = 0; size < 8; ++size) {
    const testing::ExactCopy cut{message.first(size)};
    EXPECT_EQ(Echo::parse_icmpv4(cut.view()).error(),
              (ParseError{Layer::icmpv4, Fault::too_short, 8, static_cast<std::uint32_t>(size)}));
    EXPECT_EQ(Echo::parse_icmpv6(cut.view()).error(),
              (ParseError{Layer::icmpv6, Fault::too_short, 8, static_cast<std::uint32_t>(size)}));
  }
}

TEST(Echo, emits_the_octets_it_was_read_from) {
  for (const Bytes packet : {Bytes{packets::echo_request}, Bytes{packets::echo_reply_without_data},
                             Bytes{packets::echo_reply_odd}}) {
    auto echo = Echo::parse_icmpv4(message_in(packet)).value();
    echo.checksum = ChecksumField::computed();
    EXPECT_EQ(emitted(echo.size(), [&](MutableBytes out) { echo.emit(out); }),
              octets_of(message_in(packet)));
  }
  for (const Bytes packet : {Bytes{packets::echo6_request}, Bytes{packets::echo6_reply}}) {
    auto echo = Echo::parse_icmpv6(message_in(packet)).value();
    echo.checksum = ChecksumField::computed();
    const auto from = source_of(packet).v6(), to = destination_of(packet).v6();
    EXPECT_EQ(emitted(echo.size(), [&](MutableBytes out) { echo.emit(out, from, to); }),
              octets_of(message_in(packet)));
  }
}

TEST(Echo, sends_a_wrong_checksum_when_told_to) {
  const Echo echo{.sequence = Sequence{1}, .checksum = ChecksumField{0x1234}};
  const auto v4 = emitted(echo.size(), [&](MutableBytes out) { echo.emit(out); });
  EXPECT_EQ(Icmpv4View::parse(v4)->checksum(), 0x1234);
  EXPECT_FALSE(Icmpv4View::parse(v4)->checksum_ok());
  const auto v6 = emitted(echo.size(), [&](MutableBytes out) { echo.emit(out, {}, {}); });
  EXPECT_EQ(Icmpv6View::parse(v6)->checksum(), 0x1234);
}

TEST(Echo, keeps_a_code_that_is_not_zero) {
  const Echo echo{.kind = EchoKind::reply, .code = 9};
  const auto message = emitted(echo.size(), [&](MutableBytes out) { echo.emit(out); });
  EXPECT_EQ(Echo::parse_icmpv4(message)->code, 9);
}

TEST(Echo, takes_data_that_already_lie_in_their_place) {
  std::array<std::uint8_t, 13> message{};
  const std::array<std::uint8_t, 5> text{'s', 'o', 'n', 'd', 'a'};
  std::ranges::copy(text, message.begin() + 8);
  const Echo echo{.kind = EchoKind::reply,
                  .identifier = Identifier{0xbeef},
                  .sequence = Sequence{258},
                  .data = Bytes{message}.subspan(8)};
  echo.emit(message);
  EXPECT_EQ(octets_of(message), octets_of(message_in(packets::echo_reply_odd)));
}

TEST(Echo, has_a_checksum_that_no_flipped_bit_survives) {
  for (const Bytes packet : {Bytes{packets::echo_request}, Bytes{packets::echo_reply_odd}})
    testing::on_every_bit_flip(message_in(packet), [](Bytes flipped) {
      EXPECT_FALSE(Icmpv4View::parse(flipped)->checksum_ok());
    });
  const auto from = source_of(packets::echo6_request).v6(),
             to = destination_of(packets::echo6_request).v6();
  ASSERT_TRUE(Icmpv6View::parse(message_in(packets::echo6_request))->checksum_ok(from, to));
  testing::on_every_bit_flip(message_in(packets::echo6_request), [&](Bytes flipped) {
    EXPECT_FALSE(Icmpv6View::parse(flipped)->checksum_ok(from, to));
  });
  EXPECT_FALSE(Icmpv6View::parse(message_in(packets::echo6_request))->checksum_ok(from, from));
}

}  // namespace
}  // namespace sonda
