// Reading pcapng: what was written comes back, strangers' habits are understood, garbage is
// refused.
#include <array>
#include <capture_samples.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/capture/pcapng_reader.hpp>

namespace sonda {
namespace {

using capture::Direction;
using capture::Frame;
using capture::Interface;
using capture::InterfaceId;
using capture::LinkType;
using capture::NameTable;
using capture::Octets;
using capture::OtherBlock;
using capture::PcapngFault;
using capture::PcapngProblem;
using capture::PcapngReader;
using capture::Section;
using capture::Statistics;
using testing::hex;
using testing::next_as;
using testing::some_capture;
using testing::some_frame;

TEST(PcapngReader, brings_every_block_back) {
  const auto octets = some_capture();
  const testing::ExactCopy file{octets};
  PcapngReader reader;
  auto rest = file.view();
  EXPECT_EQ(next_as<Section>(reader, rest), testing::some_section());
  EXPECT_EQ(next_as<InterfaceId>(reader, rest), InterfaceId{0});
  ASSERT_EQ(reader.interfaces().size(), 1U);
  EXPECT_EQ(reader.interfaces()[0].described, testing::some_interface());
  EXPECT_EQ(reader.interfaces()[0].resolution, 9);
  EXPECT_EQ(next_as<NameTable>(reader, rest), testing::some_names());
  EXPECT_EQ(next_as<Frame>(reader, rest), some_frame());
  EXPECT_EQ(next_as<Statistics>(reader, rest), testing::some_statistics());
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ(reader.offset(), octets.size());
}

// Section, interface, frame as a big-endian machine's writer leaves them, times in microseconds.
constexpr auto big_endian =
    hex<"0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c"
        "00000001 00000020 0001 0000 0000ffff 0002 0004 65746830 0000 0000 00000020"
        "00000006 00000030 00000000 00060a24 181e4001 00000003 00000009 aabbcc 00"
        "0002 0004 00000001 0000 0000 00000030">();

TEST(PcapngReader, reads_the_other_byte_order_and_microseconds) {
  PcapngReader reader;
  Bytes rest{big_endian};
  static_cast<void>(next_as<Section>(reader, rest));
  static_cast<void>(next_as<InterfaceId>(reader, rest));
  const auto frame = next_as<Frame>(reader, rest);
  EXPECT_EQ(reader.interfaces()[0].described,
            (Interface{.link_type = LinkType::ethernet, .snaplen = 65'535, .name = "eth0"}));
  EXPECT_EQ(frame.unix_ns, 0x6'0a24'181e'4001 * 1000);
  EXPECT_EQ(frame.octets.size(), 3U);
  EXPECT_EQ(frame.original_length, 9U);
  EXPECT_EQ(frame.direction, Direction::in);
}

TEST(PcapngReader, begins_anew_with_each_section) {
  auto octets = some_capture();
  octets.insert(octets.end(), big_endian.begin(), big_endian.end());
  PcapngReader reader;
  Bytes rest{octets};
  std::size_t frames = 0;
  while (!rest.empty()) {
    const auto block = reader.next(rest);
    ASSERT_TRUE(block.has_value()) << block.error().message();
    frames += std::holds_alternative<Frame>(block->content);
    rest = rest.subspan(block->size);
  }
  EXPECT_EQ(frames, 2U);
  ASSERT_EQ(reader.interfaces().size(), 1U);
  EXPECT_EQ(reader.interfaces()[0].described.name, "eth0");
}

// The time of a frame at `ticks`, of an interface with `options`.
template <typename Options>
std::int64_t time_of(const Options& options, std::uint64_t ticks) {
  auto octets = testing::block_of(Section{});
  const auto total = static_cast<std::uint8_t>(20 + options.size());
  octets.insert(octets.end(), {1, 0, 0, 0, total, 0, 0, 0, 101, 0, 0, 0, 0, 0, 0, 0});
  octets.insert(octets.end(), options.begin(), options.end());
  octets.insert(octets.end(), {total, 0, 0, 0});
  const auto begin = octets.size();
  append_block(octets, Frame{});
  for (std::size_t i = 0; i < 4; ++i) {
    octets[begin + 12 + i] = static_cast<std::uint8_t>(ticks >> (32 + 8 * i));
    octets[begin + 16 + i] = static_cast<std::uint8_t>(ticks >> 8 * i);
  }
  PcapngReader reader;
  Bytes rest{octets};
  static_cast<void>(next_as<Section>(reader, rest));
  static_cast<void>(next_as<InterfaceId>(reader, rest));
  return next_as<Frame>(reader, rest).unix_ns;
}

TEST(PcapngReader, counts_in_the_unit_of_the_interface) {
  const std::array<std::uint8_t, 0> nothing_said{};
  EXPECT_EQ(time_of(nothing_said, 1'700'000'000'123'456), 1'700'000'000'123'456'000);
  EXPECT_EQ(time_of(hex<"0900 0100 00000000">(), 1'700'000'000), 1'700'000'000'000'000'000);
  EXPECT_EQ(time_of(hex<"0900 0100 03000000">(), 1'500), 1'500'000'000);
  EXPECT_EQ(time_of(hex<"0900 0100 09000000">(), testing::some_ns), testing::some_ns);
  EXPECT_EQ(time_of(hex<"0900 0100 0c000000">(), 1'500'000'001'999), 1'500'000'001);
  EXPECT_EQ(time_of(hex<"0900 0100 13000000">(), 15'000'000'000'000'000'000U), 1'500'000'000);
  EXPECT_EQ(time_of(hex<"0900 0100 80000000">(), 3), 3'000'000'000);
  EXPECT_EQ(time_of(hex<"0900 0100 81000000">(), 3), 1'500'000'000);
  EXPECT_EQ(time_of(hex<"0900 0100 a0000000">(), 0x1'8000'0000), 1'500'000'000);
  EXPECT_EQ(time_of(hex<"0900 0100 bf000000">(), 0xc000'0000'0000'0000), 1'500'000'000);
}

TEST(PcapngReader, adds_the_offset_of_the_interface) {
  const auto an_hour = hex<"0900 0100 00000000 0e00 0800 100e000000000000">();
  EXPECT_EQ(time_of(an_hour, 1), 3'601'000'000'000);
  const auto back = hex<"0900 0100 00000000 0e00 0800 ffffffffffffffff">();
  EXPECT_EQ(time_of(back, 3), 2'000'000'000);
}

TEST(PcapngReader, gives_no_time_that_nanoseconds_cannot_hold) {
  EXPECT_EQ(time_of(hex<"0900 0100 00000000">(), 9'300'000'000), 0);
  EXPECT_EQ(time_of(hex<"0900 0100 00000000">(), ~std::uint64_t{0}), 0);
  EXPECT_EQ(time_of(hex<"0900 0100 00000000 0e00 0800 ffffffffffffff7f">(), 1), 0);
  EXPECT_EQ(time_of(hex<"0900 0100 00000000 0e00 0800 0000000000000080">(), 1), 0);
}

TEST(PcapngReader, passes_over_blocks_and_options_that_it_does_not_know) {
  auto octets = testing::block_of(Section{});
  const auto custom = hex<"ad0b0000 10000000 00007ed9 10000000">();
  octets.insert(octets.end(), custom.begin(), custom.end());
  const auto interface = hex<"01000000 1c000000 0100 0000 00000000 ac0b 0100 07000000 1c000000">();
  octets.insert(octets.end(), interface.begin(), interface.end());
  PcapngReader reader;
  Bytes rest{octets};
  static_cast<void>(next_as<Section>(reader, rest));
  EXPECT_EQ(next_as<OtherBlock>(reader, rest).type, 0xbadU);
  EXPECT_EQ(next_as<InterfaceId>(reader, rest), InterfaceId{0});
}

TEST(PcapngReader, reads_a_simple_packet_which_has_no_time) {
  auto octets = testing::block_of(Section{});
  append_block(octets, Interface{.snaplen = 3});
  const auto simple = hex<"03000000 14000000 09000000 aabbcc00 14000000">();
  octets.insert(octets.end(), simple.begin(), simple.end());
  PcapngReader reader;
  Bytes rest{octets};
  static_cast<void>(next_as<Section>(reader, rest));
  static_cast<void>(next_as<InterfaceId>(reader, rest));
  const auto kept = hex<"aabbcc">();
  EXPECT_EQ(next_as<Frame>(reader, rest), (Frame{.octets = kept, .original_length = 9}));
}

// ------------------------------------------------------------------------------------- garbage

// The fault of the last block of `octets`, all of whose others are right.
PcapngFault fault_of(Bytes octets) {
  const testing::ExactCopy file{octets};
  PcapngReader reader;
  auto rest = file.view();
  while (!rest.empty()) {
    const auto block = reader.next(rest);
    if (!block) return block.error();
    rest = rest.subspan(block->size);
  }
  ADD_FAILURE() << "was not refused";
  return {};
}
template <typename Tail>
PcapngFault fault_behind_an_interface(const Tail& tail) {
  auto octets = testing::block_of(Section{});
  append_block(octets, Interface{});
  octets.insert(octets.end(), tail.begin(), tail.end());
  return fault_of(octets);
}

TEST(PcapngReader, says_what_is_no_pcapng_at_its_first_octet) {
  const auto classic = hex<"d4c3b2a1 02000400 00000000 00000000 00000400 65000000">();
  EXPECT_EQ(fault_of(classic).problem, PcapngProblem::not_pcapng);
  EXPECT_EQ(fault_of(Bytes{classic}.first(1)).problem, PcapngProblem::not_pcapng);
  EXPECT_EQ(fault_of(hex<"0a0d">()).problem, PcapngProblem::cut_short);
  EXPECT_EQ(fault_of(hex<"0a0d0d0a 1c000000 11223344">()).problem, PcapngProblem::bad_byte_order);
  EXPECT_EQ(fault_of(classic).message(),
            "the block at octet 0 is no section: this is no pcapng file");
}

TEST(PcapngReader, refuses_another_version) {
  auto octets = testing::block_of(Section{});
  octets[12] = 2;
  EXPECT_EQ(fault_of(octets), (PcapngFault{PcapngProblem::bad_version, 0, 1, 2}));
}

TEST(PcapngReader, refuses_lengths_that_lie) {
  const auto problem = [](const auto& tail) { return fault_behind_an_interface(tail).problem; };
  EXPECT_EQ(problem(hex<"ad0b0000 08000000 00000000">()), PcapngProblem::bad_length);
  EXPECT_EQ(problem(hex<"ad0b0000 0d000000 00000000 0d000000">()), PcapngProblem::unaligned_length);
  EXPECT_EQ(problem(hex<"ad0b0000 04000001 00000000 00000000">()), PcapngProblem::too_large);
  EXPECT_EQ(problem(hex<"ad0b0000 10000000 00000000 14000000">()), PcapngProblem::lengths_differ);
  EXPECT_EQ(problem(hex<"ad0b0000 14000000 00000000 10000000">()), PcapngProblem::cut_short);
  // More octets captured than the block has; 2^32 - 1 of them.
  EXPECT_EQ(problem(hex<"06000000 24000000 00000000 0000000000000000 05000000 05000000 45000000"
                        "24000000">()),
            PcapngProblem::bad_length);
  EXPECT_EQ(problem(hex<"06000000 24000000 00000000 0000000000000000 ffffffff ffffffff 45000000"
                        "24000000">()),
            PcapngProblem::bad_length);
}

TEST(PcapngReader, refuses_what_belongs_to_no_interface) {
  auto octets = testing::block_of(Section{});
  append_block(octets, some_frame());
  EXPECT_EQ(fault_of(octets), (PcapngFault{PcapngProblem::unknown_interface, 28, 0, 0}));
  EXPECT_EQ(fault_behind_an_interface(testing::block_of(Statistics{.interface = InterfaceId{1}})),
            (PcapngFault{PcapngProblem::unknown_interface, 60, 1, 1}));
}

TEST(PcapngReader, refuses_options_of_a_wrong_length) {
  for (const auto& tail :
       {testing::Octets{5, 0, 0, 0, 28, 0, 0, 0, 0, 0, 0,  0, 0, 0,
                        0, 0, 0, 0, 0,  0, 1, 0, 8, 0, 28, 0, 0, 0},       // beyond the block
        testing::Octets{5, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0,  0, 0, 0,  // four octets for eight
                        0, 0, 0, 0, 4,  0, 4, 0, 1, 0, 0, 0, 32, 0, 0, 0}})
    EXPECT_EQ(fault_behind_an_interface(tail).problem, PcapngProblem::bad_option);
}

TEST(PcapngReader, refuses_units_of_time_that_cannot_be_counted) {
  auto octets = testing::block_of(Interface{});
  for (const std::uint8_t resolution : std::array<std::uint8_t, 4>{20, 127, 0x80 + 64, 0xff}) {
    octets[20] = resolution;
    EXPECT_EQ(fault_behind_an_interface(octets),
              (PcapngFault{PcapngProblem::bad_resolution, 60, 0, resolution}));
  }
}

TEST(PcapngReader, refuses_an_address_that_is_cut) {
  const auto fault =
      fault_behind_an_interface(hex<"04000000 18000000 0100 0300 0a0000 00 0000 0000 18000000">());
  EXPECT_EQ(fault, (PcapngFault{PcapngProblem::bad_address, 60, 4, 3}));
}

TEST(PcapngReader, sends_obsolete_packets_to_editcap) {
  const auto fault = fault_behind_an_interface(hex<"02000000 10000000 00000000 10000000">());
  EXPECT_EQ(fault.problem, PcapngProblem::obsolete_block);
  EXPECT_THAT(fault.message(), ::testing::HasSubstr("editcap"));
}

TEST(PcapngReader, knows_no_more_than_65536_interfaces) {
  auto octets = testing::block_of(Section{});
  for (int i = 0; i < 65'537; ++i) append_block(octets, Interface{});
  EXPECT_EQ(fault_of(octets).problem, PcapngProblem::too_many_interfaces);
}

TEST(PcapngReader, is_as_it_was_after_a_fault) {
  const auto octets = some_capture();
  PcapngReader reader;
  Bytes rest{octets};
  static_cast<void>(next_as<Section>(reader, rest));
  const auto early = reader.next(rest.first(20));
  ASSERT_FALSE(early.has_value());
  EXPECT_EQ(early.error().problem, PcapngProblem::cut_short);
  EXPECT_EQ(early.error().available, 20U);
  EXPECT_EQ(early.error().needed, load<std::uint8_t>(rest, 4));
  const auto enough = reader.next(rest.first(early.error().needed));
  ASSERT_TRUE(enough.has_value());
  EXPECT_EQ(reader.interfaces().size(), 1U);
}

// Whatever is broken, it ends in a fault with a sentence or in the end of the octets.
TEST(PcapngReader, ends_on_every_mutilation_of_a_capture) {
  const auto octets = some_capture();
  testing::on_every_mutilation(octets, [&](Bytes file) {
    PcapngReader reader;
    auto rest = file;
    while (!rest.empty()) {
      const auto block = reader.next(rest);
      if (!block) {
        EXPECT_EQ(block.error().offset, reader.offset());
        EXPECT_FALSE(block.error().message().empty());
        break;
      }
      ASSERT_GE(block->size, 12U);
      ASSERT_LE(block->size, rest.size());
      rest = rest.subspan(block->size);
    }
  });
}

TEST(PcapngReader, gives_every_frame_in_front_of_the_cut) {
  const auto octets = some_capture();
  const auto frame_ends = octets.size() - testing::block_of(testing::some_statistics()).size();
  testing::on_every_truncation(octets, [&](Bytes file) {
    PcapngReader reader;
    bool frame = false;
    for (auto rest = file; !rest.empty();) {
      const auto block = reader.next(rest);
      if (!block) {
        EXPECT_EQ(block.error().problem, PcapngProblem::cut_short);
        break;
      }
      if (const auto* const found = std::get_if<Frame>(&block->content))
        frame = *found == some_frame();
      rest = rest.subspan(block->size);
    }
    EXPECT_EQ(frame, file.size() >= frame_ends);
  });
}

}  // namespace
}  // namespace sonda
