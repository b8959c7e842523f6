// TCP: the header, its options one by one, and both ways through the octets.
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/wire/tcp.hpp>

#include "golden.hpp"
#include "message_support.hpp"
#include "message_vectors.hpp"

namespace sonda {
namespace {

using testing::destination_of;
using testing::emitted;
using testing::ExactCopy;
using testing::hex;
using testing::message_in;
using testing::Octets;
using testing::octets_of;
using testing::source_of;

constexpr std::array segments{Bytes{packets::tcp_syn}, Bytes{packets::tcp_syn_ack},
                              Bytes{packets::tcp_reset}, Bytes{packets::tcp_sack},
                              Bytes{packets::tcp_eol_padding}};

static_assert(TcpView::parse(message_in(packets::tcp_syn))->flags() == TcpFlags::syn);
static_assert(TcpView::parse(message_in(packets::tcp_syn))->options().mss() == 1460);
static_assert(TcpView::parse(message_in(packets::tcp_syn).first(19)).error() ==
              ParseError{Layer::tcp, Fault::too_short, 20, 19});

TcpView view_of(Bytes packet) { return TcpView::parse(message_in(packet)).value(); }

TEST(TcpView, reads_the_header) {
  const auto syn_ack = view_of(packets::tcp_syn_ack);
  EXPECT_EQ(syn_ack.source_port(), Port{443});
  EXPECT_EQ(syn_ack.destination_port(), Port{40000});
  EXPECT_EQ(syn_ack.sequence(), TcpSequence{0x0a0b0c0d});
  EXPECT_EQ(syn_ack.acknowledgement(), TcpSequence{0x01020305});
  EXPECT_EQ(syn_ack.header_size(), 40U);
  EXPECT_EQ(syn_ack.reserved(), 0);
  EXPECT_EQ(syn_ack.flags(), TcpFlags::syn | TcpFlags::ack);
  EXPECT_TRUE(syn_ack.flags().has(TcpFlags::ack));
  EXPECT_FALSE(syn_ack.flags().has(TcpFlags::syn | TcpFlags::rst));
  EXPECT_EQ(syn_ack.window(), 65160);
  EXPECT_EQ(syn_ack.checksum(), 0xa50d);
  EXPECT_EQ(syn_ack.urgent_pointer(), 0);
  EXPECT_TRUE(syn_ack.payload().empty());
  EXPECT_EQ(view_of(packets::tcp_reset).flags(), TcpFlags::rst | TcpFlags::ack);
  EXPECT_EQ(octets_of(view_of(packets::tcp_sack).payload()), (Octets{'x'}));
}

TEST(TcpView, has_the_right_checksum_in_every_vector_and_in_no_flipped_one) {
  for (const auto packet : segments) {
    const auto from = source_of(packet), to = destination_of(packet);
    ASSERT_TRUE(view_of(packet).checksum_ok(from, to));
    testing::on_every_bit_flip(message_in(packet), [&](Bytes flipped) {
      const auto view = TcpView::parse(flipped);
      EXPECT_FALSE(view && view->checksum_ok(from, to));
    });
  }
}

TEST(TcpView, refuses_every_cut_header) {
  for (const auto packet : segments) {
    const auto header = message_in(packet).first(view_of(packet).header_size());
    testing::refuses_every_truncation(header, [](Bytes cut) { return TcpView::parse(cut); });
  }
}

TEST(TcpView, refuses_a_data_offset_inside_the_fixed_header) {
  ExactCopy copy{message_in(packets::tcp_syn)};
  copy.mutable_view()[12] = 0x40;
  EXPECT_EQ(TcpView::parse(copy.view()).error(),
            (ParseError{Layer::tcp, Fault::bad_length, 20, 40}));
  EXPECT_EQ(TcpView::parse_quoted(copy.view()).error().fault, Fault::bad_length);
}

TEST(TcpView, refuses_a_data_offset_behind_its_end) {
  ExactCopy copy{message_in(packets::tcp_reset)};
  copy.mutable_view()[12] = 0xf0;
  EXPECT_EQ(TcpView::parse(copy.view()).error(),
            (ParseError{Layer::tcp, Fault::too_short, 60, 20}));
}

TEST(TcpView, of_a_quoted_segment_shows_the_options_that_came_back) {
  testing::on_every_truncation(message_in(packets::tcp_syn), [](Bytes cut) {
    const auto view = TcpView::parse_quoted(cut);
    ASSERT_EQ(view.has_value(), cut.size() >= 20);
    if (!view) return;
    EXPECT_TRUE(view->truncated());
    EXPECT_TRUE(view->payload().empty());
    EXPECT_EQ(view->options().octets().size(), cut.size() - 20);
    EXPECT_EQ(view->options().mss().has_value(), cut.size() >= 24);
  });
}

TEST(TcpView, stays_within_any_octets) {
  for (const auto packet : segments)
    testing::on_every_mutilation(message_in(packet), [](Bytes octets) {
      const auto view = TcpView::parse_quoted(octets);
      if (!view) return;
      std::size_t walked = 0;
      for (const auto option : view->options()) {
        ASSERT_GE(option.octets().size(), 1U);
        walked += option.octets().size();
        for (std::size_t i = 0; i < option.sack_blocks(); ++i)
          EXPECT_EQ(option.sack_block(i).left, load<std::uint32_t>(option.data(), 8 * i));
      }
      EXPECT_LE(walked, view->options().octets().size());
      EXPECT_EQ(view->options().octets().size() + view->payload().size() + 20, octets.size());
    });
}

TEST(TcpOptionsView, reads_each_kind) {
  const auto options = view_of(packets::tcp_syn).options();
  std::vector<unsigned> kinds;
  for (const auto option : options) kinds.push_back(static_cast<std::uint8_t>(option.kind()));
  EXPECT_EQ(kinds, (std::vector<unsigned>{2, 4, 8, 1, 3}));
  EXPECT_FALSE(options.malformed());
  EXPECT_EQ(options.mss(), 1460);
  EXPECT_EQ(options.first(TcpOptionKind::timestamps)->timestamps(), (TcpTimestamps{1, 0}));
  EXPECT_EQ(options.first(TcpOptionKind::window_scale)->window_scale(), 10);
  EXPECT_TRUE(options.first(TcpOptionKind::sack_permitted));
  EXPECT_FALSE(options.first(TcpOptionKind::fast_open));
}

TEST(TcpOptionsView, reads_sack_blocks) {
  const auto sack = view_of(packets::tcp_sack).options().first(TcpOptionKind::sack).value();
  ASSERT_EQ(sack.sack_blocks(), 2U);
  EXPECT_EQ(sack.sack_block(0), (SackBlock{100, 200}));
  EXPECT_EQ(sack.sack_block(1), (SackBlock{300, 400}));
  EXPECT_FALSE(sack.mss());
}

TEST(TcpOptionsView, takes_what_lies_behind_the_end_of_the_list_for_padding) {
  const auto options = view_of(packets::tcp_eol_padding).options();
  EXPECT_EQ(std::ranges::distance(options.begin(), options.end()), 1);
  EXPECT_FALSE(options.malformed());
}

TEST(TcpOptionsView, ends_the_walk_at_an_option_that_cannot_be_one) {
  const auto check = [](Bytes octets, std::ptrdiff_t readable) {
    const ExactCopy copy{octets};
    const TcpOptionsView options{copy.view()};
    EXPECT_EQ(std::ranges::distance(options.begin(), options.end()), readable);
    EXPECT_TRUE(options.malformed());
  };
  check(hex<"0101 0200">(), 2);       // a length of 0
  check(hex<"0101 0201">(), 2);       // of 1
  check(hex<"020405b4 080a">(), 1);   // beyond the end
  check(hex<"020405b4 01 08">(), 2);  // no length at all
}

TEST(TcpOptionsView, reads_nothing_out_of_a_known_kind_of_another_length) {
  EXPECT_FALSE(TcpOption{hex<"0203 05">()}.mss());
  EXPECT_FALSE(TcpOption{hex<"080600000001">()}.timestamps());
  EXPECT_FALSE(TcpOption{hex<"0304 0000">()}.window_scale());
  EXPECT_EQ((TcpOption{hex<"050e 00000001 00000002 00000003">()}.sack_blocks()), 0U);
}

TEST(TcpOptionsView, keeps_the_octets_of_an_unknown_kind) {
  constexpr auto octets = hex<"fd05 cafeaa 01">();
  const TcpOptionsView options{octets};
  EXPECT_FALSE(options.malformed());
  const auto unknown = options.first(TcpOptionKind{0xfd}).value();
  EXPECT_EQ(octets_of(unknown.data()), (Octets{0xca, 0xfe, 0xaa}));
}

TEST(TcpOptions, writes_the_golden_options) {
  const auto syn = TcpOptions{}
                       .mss(1460)
                       .sack_permitted()
                       .timestamps({.value = 1, .echo_reply = 0})
                       .no_operation()
                       .window_scale(10);
  EXPECT_EQ(octets_of(syn.octets()), octets_of(view_of(packets::tcp_syn).options().octets()));
  const std::array blocks{SackBlock{100, 200}, SackBlock{300, 400}};
  const auto sack = TcpOptions{}.no_operation().no_operation().sack(blocks);
  EXPECT_EQ(octets_of(sack.octets()), octets_of(view_of(packets::tcp_sack).options().octets()));
}

TEST(TcpOptions, leaves_out_what_forty_octets_cannot_hold_and_says_so) {
  TcpOptions options;
  for (int i = 0; i < 4; ++i) options.timestamps({});
  EXPECT_FALSE(options.overflowed());
  EXPECT_EQ(options.octets().size(), 40U);
  options.no_operation();
  EXPECT_TRUE(options.overflowed());
  EXPECT_EQ(options.octets().size(), 40U);
  const std::array<std::uint8_t, 39> long_data{};
  EXPECT_TRUE(TcpOptions{}.add(TcpOptionKind{0xfd}, long_data).overflowed());
  const std::array<SackBlock, 5> five{};
  EXPECT_TRUE(TcpOptions{}.sack(five).overflowed());
}

// The payload is in place before the header is written.
Octets emitted_before(const TcpHeader& header, Bytes payload, const Address& from,
                      const Address& to) {
  return emitted(header.size() + payload.size(), [&](MutableBytes out) {
    std::ranges::copy(payload, out.subspan(header.size()).begin());
    header.emit(out, from, to);
  });
}

TcpHeader header_of(const TcpView& view) {
  TcpHeader header{.source_port = view.source_port(),
                   .destination_port = view.destination_port(),
                   .sequence = view.sequence(),
                   .acknowledgement = view.acknowledgement(),
                   .reserved = view.reserved(),
                   .flags = view.flags(),
                   .window = view.window(),
                   .urgent_pointer = view.urgent_pointer()};
  for (const auto option : view.options()) {
    if (option.kind() == TcpOptionKind::no_operation)
      header.options.no_operation();
    else
      header.options.add(option.kind(), option.data());
  }
  return header;
}

TEST(TcpHeader, emits_the_octets_it_was_read_from) {
  for (const Bytes packet : {Bytes{packets::tcp_syn}, Bytes{packets::tcp_syn_ack},
                             Bytes{packets::tcp_reset}, Bytes{packets::tcp_sack}}) {
    const auto view = view_of(packet);
    EXPECT_EQ(
        emitted_before(header_of(view), view.payload(), source_of(packet), destination_of(packet)),
        octets_of(message_in(packet)));
  }
}

TEST(TcpHeader, pads_its_options_with_zeros_to_whole_words) {
  TcpHeader header{.flags = TcpFlags::syn, .options = TcpOptions{}.window_scale(7)};
  EXPECT_EQ(header.size(), 24U);
  const auto segment = emitted_before(header, {}, Ipv4Address{}, Ipv4Address{});
  EXPECT_EQ(segment[23], 0);
  EXPECT_FALSE(TcpView::parse(segment)->options().malformed());
}

TEST(TcpHeader, sends_a_wrong_checksum_when_told_to) {
  const TcpHeader header{.checksum = ChecksumField{0x1234}};
  const auto segment = emitted_before(header, {}, Ipv4Address{}, Ipv4Address{});
  EXPECT_EQ(TcpView::parse(segment)->checksum(), 0x1234);
}

TEST(TcpHeader, sums_the_pseudo_header_of_either_version) {
  const Address from = Address::parse("2001:db8::1").value();
  const Address to = Address::parse("2001:db8:7::7").value();
  const TcpHeader header{.source_port = Port{1}, .flags = TcpFlags::syn};
  const auto segment = emitted_before(header, {}, from, to);
  EXPECT_TRUE(TcpView::parse(segment)->checksum_ok(from, to));
  EXPECT_FALSE(TcpView::parse(segment)->checksum_ok(from, from));
}

}  // namespace
}  // namespace sonda
