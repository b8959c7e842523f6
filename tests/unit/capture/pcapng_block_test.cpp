// Golden octets of every pcapng block; the same on every machine.
#include <capture_samples.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sonda {
namespace {

using capture::Direction;
using capture::Frame;
using capture::Interface;
using capture::InterfaceId;
using capture::LinkType;
using capture::NameTable;
using capture::Octets;
using capture::PcapngReader;
using capture::Section;
using capture::Statistics;
using testing::block_of;
using ::testing::ElementsAreArray;
using testing::hex;
using testing::next_as;

TEST(SectionBlock, is_written_little_endian_and_of_unknown_length) {
  EXPECT_THAT(block_of(Section{}), ElementsAreArray(hex<"0a0d0d0a 1c000000 4d3c2b1a 0100 0000"
                                                        "ffffffffffffffff 1c000000">()));
}

TEST(SectionBlock, carries_comments_hardware_os_and_application) {
  EXPECT_THAT(
      block_of(Section{.comments = {"why"}, .hardware = "hw", .os = "os", .application = "sonda"}),
      ElementsAreArray(hex<"0a0d0d0a 44000000 4d3c2b1a 0100 0000 ffffffffffffffff"
                           "0100 0300 77687900"           // comment "why"
                           "0200 0200 68770000"           // "hw"
                           "0300 0200 6f730000"           // "os"
                           "0400 0500 736f6e6461 000000"  // "sonda"
                           "0000 0000 44000000">()));
}

TEST(InterfaceBlock, counts_time_in_nanoseconds) {
  EXPECT_THAT(block_of(Interface{.link_type = LinkType::ethernet, .snaplen = 65'535}),
              ElementsAreArray(hex<"01000000 20000000 0100 0000 ffff0000"
                                   "0900 0100 09 000000 0000 0000 20000000">()));
}

TEST(InterfaceBlock, carries_name_description_filter_and_os) {
  EXPECT_THAT(
      block_of(Interface{.name = "r1", .description = "sonda", .filter = "icmp", .os = "L"}),
      ElementsAreArray(hex<"01000000 48000000 6500 0000 00000400"
                           "0200 0200 72310000"            // "r1"
                           "0300 0500 736f6e6461 000000"   // "sonda"
                           "0900 0100 09 000000"           // 10^-9 s
                           "0b00 0500 00 69636d70 000000"  // libpcap's language: "icmp"
                           "0c00 0100 4c 000000"           // "L"
                           "0000 0000 48000000">()));
}

TEST(NamesBlock, has_one_record_per_address_and_all_its_names) {
  const NameTable names{
      {.address = Ipv4Address{10, 3, 13, 1}, .names = {"a", "bc"}},
      {.address = *Address::parse("fd00::1%eth0"), .names = {"six"}},
  };
  EXPECT_THAT(block_of(names),
              ElementsAreArray(hex<"04000000 38000000"
                                   "0100 0900 0a030d01 6100 626300 000000"
                                   "0200 1400 fd000000000000000000000000000001 73697800"
                                   "0000 0000 38000000">()));
}

TEST(NamesBlock, leaves_out_who_has_no_name) {
  const auto nobody = block_of(NameTable{});
  EXPECT_THAT(nobody, ElementsAreArray(hex<"04000000 10000000 0000 0000 10000000">()));
  EXPECT_EQ(block_of(NameTable{{.address = {}, .names = {}}}), nobody);
  EXPECT_EQ(block_of(NameTable{{.address = {}, .names = {"", std::string(1, '\0')}}}), nobody);
}

TEST(NamesBlock, goes_on_in_another_record_where_one_is_full) {
  const std::vector<std::string> names{std::string(40'000, 'a'), std::string(30'000, 'b'),
                                       std::string(70'000, 'c')};
  auto octets = block_of(Section{});
  append_block(octets, NameTable{{.address = Ipv4Address{192, 0, 2, 1}, .names = names}});
  PcapngReader reader;
  Bytes rest{octets};
  static_cast<void>(next_as<Section>(reader, rest));
  const auto table = next_as<NameTable>(reader, rest);
  ASSERT_EQ(table.size(), 3U);
  EXPECT_EQ(table[0].names, std::vector{names[0]});
  EXPECT_EQ(table[1].names, std::vector{names[1]});
  EXPECT_EQ(table[2].names, std::vector{std::string(65'530, 'c')});
  EXPECT_EQ(table[2].address, Address(Ipv4Address{192, 0, 2, 1}));
}

TEST(FrameBlock, is_an_enhanced_packet_without_options_where_there_is_nothing_to_say) {
  const auto octets = hex<"4500001c ff">();
  EXPECT_THAT(block_of(Frame{
                  .interface = InterfaceId{2}, .unix_ns = 0x0123'4567'89ab'cdef, .octets = octets}),
              ElementsAreArray(hex<"06000000 28000000 02000000 67452301 efcdab89 05000000 05000000"
                                   "4500001c ff 000000 28000000">()));
}

TEST(FrameBlock, carries_comments_direction_drops_id_and_verdict) {
  const auto octets = hex<"45">();
  EXPECT_THAT(block_of(Frame{.unix_ns = 1,
                             .octets = octets,
                             .original_length = 1500,
                             .direction = Direction::out,
                             .comments = {"sonda", "", "two"},
                             .drops = 9,
                             .packet_id = 0x1122'3344'5566'7788,
                             .verdict = {0, 7}}),
              ElementsAreArray(hex<"06000000 68000000 00000000 00000000 01000000 01000000 dc050000"
                                   "45 000000"
                                   "0100 0500 736f6e6461 000000"  // comment "sonda"
                                   "0100 0000"                    // an empty one
                                   "0100 0300 74776f 00"          // "two"
                                   "0200 0400 02000000"           // outbound
                                   "0400 0800 0900000000000000"   // dropped before it
                                   "0500 0800 8877665544332211"   // its number
                                   "0700 0200 00 07 0000"         // hardware's verdict
                                   "0000 0000 68000000">()));
}

TEST(FrameBlock, says_inbound_as_one) {
  const auto block = block_of(Frame{.direction = Direction::in});
  EXPECT_THAT(Bytes{block}.subspan(28, 8), ElementsAreArray(hex<"0200 0400 01000000">()));
}

TEST(FrameBlock, is_never_longer_than_its_frame_was) {
  const auto octets = hex<"45000000 00">();
  const auto block = block_of(Frame{.octets = octets, .original_length = 4});
  EXPECT_THAT(Bytes{block}.subspan(20, 8), ElementsAreArray(hex<"05000000 05000000">()));
}

TEST(FrameBlock, has_no_time_before_1970) {
  EXPECT_EQ(block_of(Frame{.unix_ns = -1}), block_of(Frame{.unix_ns = 0}));
}

TEST(StatisticsBlock, says_only_what_is_known) {
  EXPECT_THAT(block_of(Statistics{.interface = InterfaceId{1}, .unix_ns = 0x1'0000'0002}),
              ElementsAreArray(hex<"05000000 18000000 01000000 01000000 02000000 18000000">()));
}

TEST(StatisticsBlock, carries_the_time_covered_and_every_count) {
  EXPECT_THAT(block_of(Statistics{.unix_ns = 5,
                                  .start_ns = 0x2'0000'0003,
                                  .end_ns = 4,
                                  .received = 7,
                                  .dropped = 0,
                                  .delivered = 6}),
              ElementsAreArray(hex<"05000000 58000000 00000000 00000000 05000000"
                                   "0200 0800 02000000 03000000"
                                   "0300 0800 00000000 04000000"
                                   "0400 0800 0700000000000000"
                                   "0500 0800 0000000000000000"
                                   "0800 0800 0600000000000000"
                                   "0000 0000 58000000">()));
}

// What a comment of `text` reads as when it comes back.
std::string comment_read_again(const std::string& text) {
  auto octets = block_of(Section{.comments = {text}});
  PcapngReader reader;
  Bytes rest{octets};
  const auto section = next_as<Section>(reader, rest);
  return section.comments.empty() ? "none" : section.comments[0];
}

TEST(Text, ends_before_its_first_nul) {
  EXPECT_EQ(comment_read_again(std::string{"one\0two", 7}), "one");
  EXPECT_EQ(comment_read_again(std::string{"\0", 1}), "");
}

TEST(Text, is_cut_between_characters_where_no_option_holds_it) {
  const std::string longest(65'535, 'x');
  EXPECT_EQ(comment_read_again(longest), longest);
  EXPECT_EQ(comment_read_again(longest + 'x'), longest);
  const std::string before(65'533, 'x');
  EXPECT_EQ(comment_read_again(before + "\xe2\x82\xac"), before);  // a euro sign of three octets
  EXPECT_EQ(comment_read_again(before.substr(1) + "\xe2\x82\xac"),
            before.substr(1) + "\xe2\x82\xac");
}

TEST(WholeBlocks, are_counted_up_to_the_one_that_is_cut) {
  auto octets = block_of(Section{});
  const auto first = octets.size();
  append_block(octets, Interface{});
  for (std::size_t size = 0; size < first; ++size)
    EXPECT_EQ(capture::whole_blocks(Bytes{octets}.first(size)), 0U) << size;
  for (std::size_t size = first; size < octets.size(); ++size)
    EXPECT_EQ(capture::whole_blocks(Bytes{octets}.first(size)), first) << size;
  EXPECT_EQ(capture::whole_blocks(octets), octets.size());
  EXPECT_EQ(capture::whole_blocks(Octets(40, 0)), 0U);
}

}  // namespace
}  // namespace sonda
