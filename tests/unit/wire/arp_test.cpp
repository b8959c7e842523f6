// ARP over Ethernet for IPv4: asked, answered, and what is neither.
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/wire/arp.hpp>

#include "golden.hpp"

namespace sonda {
namespace {

using testing::emitted;
using testing::ExactCopy;
using testing::hex;

// ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28
constexpr auto request = hex<"0001 0800 06 04 0001 020000000001 c0000201 000000000000 c0000202">();
// ARP, Reply 192.0.2.2 is-at 02:00:00:00:00:02, length 28
constexpr auto reply = hex<"0001 0800 06 04 0002 020000000002 c0000202 020000000001 c0000201">();
constexpr Ipv4Address near{192, 0, 2, 1}, far{192, 0, 2, 2};
constexpr MacAddress near_mac{{2, 0, 0, 0, 0, 1}}, far_mac{{2, 0, 0, 0, 0, 2}};

static_assert(ArpView::parse(request)->message() ==
              ArpMessage{.sender_mac = near_mac, .sender = near, .target = far});
static_assert(ArpView::parse(reply)->operation() == ArpOperation::reply);

template <std::size_t Size>
Fault fault_with(std::array<std::uint8_t, Size> octets, std::size_t at, std::uint8_t value) {
  octets[at] = value;
  return testing::error_of(ArpView::parse(octets)).fault;
}

TEST(ArpView, reads_who_asks_whom) {
  const auto arp = ArpView::parse(request);
  ASSERT_TRUE(arp);
  EXPECT_EQ(arp->operation(), ArpOperation::request);
  EXPECT_EQ(arp->sender_mac(), near_mac);
  EXPECT_EQ(arp->sender(), near);
  EXPECT_EQ(arp->target_mac(), MacAddress{});
  EXPECT_EQ(arp->target(), far);
}

TEST(ArpView, refuses_a_packet_of_another_hardware) {
  EXPECT_EQ(fault_with(request, 1, 6), Fault::bad_type);
  EXPECT_EQ(fault_with(request, 0, 1), Fault::bad_type);
  auto octets = request;
  octets[1] = 32;  // InfiniBand
  EXPECT_EQ(testing::error_of(ArpView::parse(octets)),
            (ParseError{Layer::arp, Fault::bad_type, 1, 28}));
}

TEST(ArpView, refuses_a_packet_of_another_protocol) {
  auto octets = request;
  octets[2] = 0x86, octets[3] = 0xdd;
  EXPECT_EQ(testing::error_of(ArpView::parse(octets)),
            (ParseError{Layer::arp, Fault::bad_type, 0x0800, 28}));
}

TEST(ArpView, refuses_addresses_of_another_length) {
  auto octets = request;
  octets[4] = 8;
  EXPECT_EQ(testing::error_of(ArpView::parse(octets)),
            (ParseError{Layer::arp, Fault::bad_length, 6, 28}));
  EXPECT_EQ(fault_with(request, 5, 16), Fault::bad_length);
  EXPECT_EQ(fault_with(request, 5, 0), Fault::bad_length);
}

TEST(ArpView, refuses_every_truncation) {
  testing::refuses_every_truncation(request, [](Bytes cut) { return ArpView::parse(cut); });
}

TEST(ArpView, leaves_the_padding_of_the_link_alone) {
  std::vector<std::uint8_t> padded(46, 0xa5);
  std::ranges::copy(reply, padded.begin());
  const auto arp = ArpView::parse(ExactCopy{padded}.view());
  ASSERT_TRUE(arp);
  EXPECT_EQ(arp->octets().size(), 28U);
}

TEST(ArpView, keeps_an_operation_that_it_does_not_know) {
  auto octets = request;
  octets[7] = 8;  // InARP request
  EXPECT_EQ(ArpView::parse(octets)->operation(), ArpOperation{8});
}

TEST(ArpMessage, emits_the_octets_it_was_read_from) {
  testing::on_every_mutilation(request, [](Bytes octets) {
    const auto arp = ArpView::parse(octets);
    if (!arp) return;
    const auto message = arp->message();
    const auto again = emitted(ArpMessage::size(), [&](MutableBytes out) { message.emit(out); });
    EXPECT_TRUE(std::ranges::equal(again, octets));
  });
}

TEST(ArpMessage, is_answered_with_both_sides_exchanged) {
  const auto answer = ArpView::parse(request)->message().answered_by(far_mac);
  EXPECT_EQ(answer, ArpView::parse(reply)->message());
  const auto octets = emitted(ArpMessage::size(), [&](MutableBytes out) { answer.emit(out); });
  EXPECT_TRUE(std::ranges::equal(octets, reply));
}

}  // namespace
}  // namespace sonda
