// UDP: lengths that lie, checksums that are absent, and the zero that is sent as ffff.
#include <array>
#include <cstdint>

#include <gtest/gtest.h>

#include <sonda/wire/udp.hpp>

#include "golden.hpp"
#include "message_support.hpp"
#include "message_vectors.hpp"

namespace sonda {
namespace {

using testing::destination_of;
using testing::emitted;
using testing::ExactCopy;
using testing::message_in;
using testing::Octets;
using testing::octets_of;
using testing::source_of;

static_assert(UdpView::parse(message_in(packets::udp))->source_port() == Port{40000});
static_assert(UdpView::parse(message_in(packets::udp))
                  ->checksum_ok(source_of(packets::udp), destination_of(packets::udp)));
static_assert(UdpView::parse(message_in(packets::udp).first(7)).error() ==
              ParseError{Layer::udp, Fault::too_short, 8, 7});

bool checksum_ok(Bytes packet) {
  return UdpView::parse(message_in(packet))
      .value()
      .checksum_ok(source_of(packet), destination_of(packet));
}

TEST(UdpView, reads_the_header) {
  for (const Bytes packet : {Bytes{packets::udp}, Bytes{packets::udp6}}) {
    const auto view = UdpView::parse(message_in(packet)).value();
    EXPECT_EQ(view.source_port(), Port{40000});
    EXPECT_EQ(view.length(), 13);
    EXPECT_EQ(octets_of(view.payload()), (Octets{'s', 'o', 'n', 'd', 'a'}));
    EXPECT_TRUE(checksum_ok(packet));
  }
  EXPECT_EQ(UdpView::parse(message_in(packets::udp))->destination_port(), Port{33434});
  EXPECT_EQ(UdpView::parse(message_in(packets::udp))->checksum(), 0xb1e8);
}

TEST(UdpView, refuses_every_truncation) {
  for (const Bytes packet :
       {Bytes{packets::udp}, Bytes{packets::udp6}, Bytes{packets::udp_sum_zero}})
    testing::refuses_every_truncation(message_in(packet),
                                      [](Bytes cut) { return UdpView::parse(cut); });
}

TEST(UdpView, accepts_a_quoted_one_from_eight_octets_on) {
  testing::on_every_truncation(message_in(packets::udp), [](Bytes cut) {
    const auto view = UdpView::parse_quoted(cut);
    ASSERT_EQ(view.has_value(), cut.size() >= 8);
    if (!view) return;
    EXPECT_TRUE(view->truncated());
    EXPECT_EQ(view->destination_port(), Port{33434});
    EXPECT_EQ(view->payload().size(), cut.size() - 8);
  });
  EXPECT_FALSE(UdpView::parse_quoted(message_in(packets::udp))->truncated());
}

TEST(UdpView, refuses_a_length_below_its_header) {
  for (const std::uint16_t lie : std::to_array<std::uint16_t>({0, 1, 7})) {
    ExactCopy copy{message_in(packets::udp)};
    store(copy.mutable_view(), 4, lie);
    EXPECT_EQ(UdpView::parse(copy.view()).error(),
              (ParseError{Layer::udp, Fault::bad_length, 8, 13}));
    const auto quoted = UdpView::parse_quoted(copy.view());
    ASSERT_TRUE(quoted) << "a quoted length is believed only where it can be";
    EXPECT_EQ(quoted->payload().size(), 5U);
  }
}

TEST(UdpView, cuts_off_what_lies_behind_its_length) {
  Octets padded = octets_of(message_in(packets::udp));
  padded.insert(padded.end(), 7, 0xee);
  const auto view = UdpView::parse(padded).value();
  EXPECT_EQ(view.payload().size(), 5U);
  EXPECT_TRUE(view.checksum_ok(source_of(packets::udp), destination_of(packets::udp)));
}

// RFC 2675 section 4.
TEST(UdpView, takes_a_length_of_zero_for_a_jumbogram_if_it_is_one) {
  Octets jumbo(65'536, 0);
  EXPECT_EQ(UdpView::parse(jumbo)->payload().size(), 65'528U);
  jumbo.pop_back();
  EXPECT_EQ(UdpView::parse(jumbo).error().fault, Fault::bad_length);
}

TEST(UdpView, needs_no_checksum_in_ipv4_and_needs_one_in_ipv6) {
  const auto view = UdpView::parse(message_in(packets::udp_without_checksum)).value();
  EXPECT_FALSE(view.has_checksum());
  EXPECT_TRUE(view.checksum_ok(source_of(packets::udp), destination_of(packets::udp)));
  EXPECT_FALSE(view.checksum_ok(source_of(packets::udp6), destination_of(packets::udp6)));
}

TEST(UdpView, has_a_checksum_that_no_flipped_bit_survives) {
  for (const Bytes packet :
       {Bytes{packets::udp}, Bytes{packets::udp6}, Bytes{packets::udp_sum_zero}}) {
    ASSERT_TRUE(checksum_ok(packet));
    testing::on_every_bit_flip(message_in(packet), [&](Bytes flipped) {
      const auto view = UdpView::parse(flipped);
      EXPECT_FALSE(view && view->checksum_ok(source_of(packet), destination_of(packet)));
    });
    EXPECT_FALSE(
        UdpView::parse(message_in(packet))->checksum_ok(source_of(packet), source_of(packet)));
  }
}

// The payload is the packet's own business: it is in place before the header is written.
Octets emitted_before(const UdpHeader& header, Bytes packet) {
  const auto payload = UdpView::parse(message_in(packet))->payload();
  return emitted(header.size() + payload.size(), [&](MutableBytes out) {
    std::ranges::copy(payload, out.subspan(8).begin());
    header.emit(out, source_of(packet), destination_of(packet));
  });
}

TEST(UdpHeader, emits_the_octets_it_was_read_from) {
  for (const Bytes packet :
       {Bytes{packets::udp}, Bytes{packets::udp6}, Bytes{packets::udp_sum_zero}}) {
    const auto view = UdpView::parse(message_in(packet)).value();
    const UdpHeader header{.source_port = view.source_port(),
                           .destination_port = view.destination_port()};
    EXPECT_EQ(emitted_before(header, packet), octets_of(message_in(packet)));
  }
}

TEST(UdpHeader, sends_a_computed_zero_as_all_ones) {
  EXPECT_EQ(UdpView::parse(message_in(packets::udp_sum_zero))->checksum(), 0xffff);
  const UdpHeader header{.source_port = Port{40000}, .destination_port = Port{33434}};
  EXPECT_EQ(load<std::uint16_t>(emitted_before(header, packets::udp_sum_zero), 6), 0xffff);
}

TEST(UdpHeader, sends_no_checksum_or_a_wrong_one_when_told_to) {
  UdpHeader header{
      .source_port = Port{40000}, .destination_port = Port{33434}, .checksum = ChecksumField{0}};
  EXPECT_EQ(emitted_before(header, packets::udp),
            octets_of(message_in(packets::udp_without_checksum)));
  header.checksum = ChecksumField{0x1234};
  EXPECT_EQ(load<std::uint16_t>(emitted_before(header, packets::udp), 6), 0x1234);
}

TEST(UdpHeader, lies_about_its_length_when_told_to) {
  const UdpHeader header{.length = 3};
  EXPECT_EQ(load<std::uint16_t>(emitted_before(header, packets::udp), 4), 3);
}

}  // namespace
}  // namespace sonda
