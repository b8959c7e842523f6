// ICMPv4's other questions: timestamp, information, address mask.
#include <cstdint>

#include <gtest/gtest.h>

#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv4_query.hpp>

#include "golden.hpp"
#include "message_support.hpp"
#include "message_vectors.hpp"

namespace sonda {
namespace {

using testing::emitted;
using testing::message_in;
using testing::octets_of;

static_assert(Timestamp::parse(message_in(packets::timestamp_reply))->receive == 2000);
static_assert(AddressMask::parse(message_in(packets::address_mask_reply))->mask ==
              Ipv4Address{255, 255, 255, 0});

TEST(Timestamp, reads_three_times) {
  const auto stamp = Timestamp::parse(message_in(packets::timestamp_reply)).value();
  EXPECT_EQ(stamp.kind, EchoKind::reply);
  EXPECT_EQ(stamp.identifier, Identifier{0xbeef});
  EXPECT_EQ(stamp.sequence, Sequence{9});
  EXPECT_EQ(stamp.originate, 1000U);
  EXPECT_EQ(stamp.receive, 2000U);
  EXPECT_EQ(stamp.transmit, 3000U);
}

TEST(Information, is_a_header_without_a_body) {
  const auto question = Information::parse(message_in(packets::information_request)).value();
  EXPECT_EQ(question.kind, EchoKind::request);
  EXPECT_EQ(question.identifier, Identifier{0xbeef});
  EXPECT_EQ(question.sequence, Sequence{10});
  EXPECT_EQ(Information::size(), 8U);
}

TEST(AddressMask, reads_the_mask) {
  const auto answer = AddressMask::parse(message_in(packets::address_mask_reply)).value();
  EXPECT_EQ(answer.kind, EchoKind::reply);
  EXPECT_EQ(answer.sequence, Sequence{11});
  EXPECT_EQ(answer.mask, (Ipv4Address{255, 255, 255, 0}));
}

template <typename Message>
void survives(Bytes packet) {
  const auto golden = message_in(packet);
  auto message = Message::parse(golden).value();
  message.checksum = ChecksumField::computed();
  EXPECT_EQ(emitted(Message::size(), [&](MutableBytes out) { message.emit(out); }),
            octets_of(golden));
  EXPECT_TRUE(Icmpv4View::parse(golden)->checksum_ok());
  testing::refuses_every_truncation(golden, [](Bytes cut) { return Message::parse(cut); });
  testing::on_every_bit_flip(golden, [](Bytes flipped) {
    EXPECT_FALSE(Icmpv4View::parse(flipped)->checksum_ok());
    if (const auto read = Message::parse(flipped)) {
      const auto again = emitted(Message::size(), [&](MutableBytes out) { read->emit(out); });
      EXPECT_TRUE(octets_of(flipped) == again || flipped[1] != 0) << "only the code is not kept";
    }
  });
  message.kind = message.kind == EchoKind::reply ? EchoKind::request : EchoKind::reply;
  message.checksum = ChecksumField{0x1234};
  const auto other = emitted(Message::size(), [&](MutableBytes out) { message.emit(out); });
  EXPECT_EQ(Message::parse(other)->kind, message.kind);
  EXPECT_EQ(Icmpv4View::parse(other)->checksum(), 0x1234);
}

TEST(Icmpv4Query, survives_cuts_flips_and_the_way_back) {
  survives<Timestamp>(packets::timestamp_reply);
  survives<Information>(packets::information_request);
  survives<AddressMask>(packets::address_mask_reply);
}

TEST(Icmpv4Query, is_not_one_of_the_others) {
  EXPECT_EQ(Timestamp::parse(message_in(packets::echo_request)).error(),
            (ParseError{Layer::icmpv4, Fault::bad_type, 13, 64}));
  EXPECT_EQ(Information::parse(message_in(packets::timestamp_reply)).error().fault,
            Fault::bad_type);
  EXPECT_EQ(AddressMask::parse(message_in(packets::timestamp_reply)).error().fault,
            Fault::bad_type);
}

}  // namespace
}  // namespace sonda
