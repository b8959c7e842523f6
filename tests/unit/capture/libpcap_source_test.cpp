// Any capture file, block after block: pcap as well as pcapng, from files and from pipes.
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <pcap_samples.hpp>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/capture/capture_source.hpp>

#include "capture_contents.hpp"

namespace sonda {
namespace {

using capture::CaptureSource;
using capture::Frame;
using capture::InterfaceId;
using capture::LinkType;
using capture::Octets;
using testing::block_of;
using ::testing::ElementsAre;
using testing::Folder;
using testing::pcap_ns;
using testing::pcap_us;
using testing::PcapSample;
using testing::some_octets;

void write(const std::string& path, Bytes octets) {
  std::ofstream out{path, std::ios::binary};
  for (const auto octet : octets) out.put(static_cast<char>(octet));
}

struct Numbered {
  std::uint64_t number = 0;
  Frame frame{};
  Octets octets{};
};

// All of a source.
struct Whole {
  std::vector<Numbered> frames{};
  std::vector<std::size_t> kinds{};  // of all blocks, as the variant numbers them
  std::vector<capture::KnownInterface> interfaces{};
  std::string failure{};
  bool ended_inside = false;
};
Whole whole(CaptureSource& source) {
  Whole all;
  for (;;) {
    auto block = source.next();
    if (!block) {
      all.failure = block.error().message();
      const auto again = source.next();
      EXPECT_TRUE(!again && again.error() == block.error()) << "it was not final";
    }
    if (!block || !*block) break;
    all.kinds.push_back((*block)->content.index());
    if (auto* const frame = std::get_if<Frame>(&(*block)->content))
      all.frames.push_back(
          {source.frame_number(), *frame, Octets(frame->octets.begin(), frame->octets.end())});
  }
  all.interfaces = source.interfaces();
  all.ended_inside = source.ended_inside_block();
  return all;
}
Whole whole(const std::string& path) {
  auto source = CaptureSource::open(path);
  if (!source) return {.failure = source.error().message()};
  return whole(*source);
}
Whole whole_of(Bytes octets) {
  const Folder folder;
  const auto path = folder.file("x");
  write(path, octets);
  auto all = whole(path);
  const auto at = all.failure.find(path);
  if (at != std::string::npos) all.failure.replace(at, path.size(), "x");
  return all;
}

TEST(CaptureSource, reads_pcap_of_either_byte_order_and_resolution) {
  for (const bool little : {true, false})
    for (const auto magic : {pcap_us, pcap_ns}) {
      SCOPED_TRACE(std::to_string(little) + ' ' + std::to_string(magic));
      const auto file = PcapSample{little, magic, 101, 65'535}
                            .frame(1'700'000'000, 123'456, some_octets)
                            .frame(4'294'967'295, 999'999, Bytes{some_octets}.first(3), 1500);
      const std::int64_t unit = magic == pcap_us ? 1000 : 1;
      const auto all = whole_of(file.octets());
      EXPECT_EQ(all.failure, "");
      EXPECT_FALSE(all.ended_inside);
      EXPECT_THAT(all.kinds, ElementsAre(0, 1, 3, 3));  // Section, InterfaceId, Frame, Frame
      ASSERT_EQ(all.interfaces.size(), 1U);
      EXPECT_EQ(all.interfaces[0].described,
                (capture::Interface{.link_type = LinkType::raw_ip, .snaplen = 65'535}));
      ASSERT_EQ(all.frames.size(), 2U);
      EXPECT_EQ(all.frames[0].number, 1U);
      EXPECT_EQ(all.frames[0].frame.unix_ns, 1'700'000'000'000'000'000 + 123'456 * unit);
      EXPECT_EQ(all.frames[0].octets, Octets(some_octets.begin(), some_octets.end()));
      EXPECT_EQ(all.frames[0].frame.length(), some_octets.size());
      EXPECT_EQ(all.frames[1].number, 2U);
      EXPECT_EQ(all.frames[1].frame.unix_ns, 4'294'967'295'000'000'000 + 999'999 * unit);
      EXPECT_EQ(all.frames[1].octets, Octets(some_octets.begin(), some_octets.begin() + 3));
      EXPECT_EQ(all.frames[1].frame.length(), 1500U);
    }
}

TEST(CaptureSource, says_how_finely_each_interface_counts_time) {
  const Folder folder;
  const auto path = folder.file("x");
  const auto of = [&path](Bytes octets) {
    write(path, octets);
    auto source = CaptureSource::open(path);
    EXPECT_TRUE(source.has_value());
    static_cast<void>(whole(*source));
    return source->resolution_ns(InterfaceId{0});
  };
  EXPECT_EQ(of(PcapSample{true, pcap_us}.octets()), 1000);
  EXPECT_EQ(of(PcapSample{false, pcap_ns}.octets()), 1);
  const auto pcapng = [&](std::uint8_t resolution) {
    auto octets = block_of(capture::Section{});
    auto interface = block_of(capture::Interface{});
    interface[20] = resolution;  // if_tsresol's value
    octets.insert(octets.end(), interface.begin(), interface.end());
    return of(octets);
  };
  EXPECT_EQ(pcapng(9), 1);
  EXPECT_EQ(pcapng(6), 1000);
  EXPECT_EQ(pcapng(0), 1'000'000'000);
  EXPECT_EQ(pcapng(12), 1);
  EXPECT_EQ(pcapng(0x80 | 10), 976'562);
  EXPECT_EQ(pcapng(0x80 | 63), 1);
  write(path, testing::some_capture());
  const auto source = CaptureSource::open(path);
  EXPECT_EQ(source->resolution_ns(InterfaceId{7}), 0);
}

// libpcap's number of raw IP is 12, that in files 101.
TEST(CaptureSource, calls_link_types_as_files_do) {
  for (const std::uint32_t link : {0U, 1U, 101U, 108U, 113U, 228U, 229U, 276U, 103U}) {
    const auto all = whole_of(PcapSample{true, pcap_us, link}.octets());
    ASSERT_EQ(all.interfaces.size(), 1U);
    EXPECT_EQ(all.interfaces[0].described.link_type, LinkType{static_cast<std::uint16_t>(link)});
  }
  EXPECT_EQ(whole_of(PcapSample{true, pcap_us, 12}.octets()).interfaces[0].described.link_type,
            LinkType::raw_ip);
}

TEST(CaptureSource, reads_pcapng_with_all_that_is_in_it) {
  const auto all = whole_of(testing::some_capture());
  EXPECT_EQ(all.failure, "");
  EXPECT_THAT(all.kinds, ElementsAre(0, 1, 2, 3, 4));
  ASSERT_EQ(all.frames.size(), 1U);
  EXPECT_EQ(all.frames[0].frame.comments, testing::some_frame().comments);
  EXPECT_EQ(all.interfaces.at(0).described, testing::some_interface());
}

Octets other_block(std::uint32_t type) {
  Octets block(16);
  for (unsigned i = 0; i < 4; ++i) block[i] = static_cast<std::uint8_t>(type >> 8 * i);
  block[4] = block[12] = 16;
  return block;
}

// As tshark 4.0 does.
TEST(CaptureSource, counts_frames_across_sections_and_with_blocks_that_wireshark_shows_as_frames) {
  Octets file;
  const auto add = [&file](const Octets& octets) {
    file.insert(file.end(), octets.begin(), octets.end());
  };
  const auto frame = block_of(Frame{.octets = some_octets});
  const auto begin = [&] {
    add(block_of(capture::Section{})), add(block_of(capture::Interface{}));
  };
  begin(), add(frame), add(block_of(testing::some_statistics())), add(frame);
  begin(), add(frame);
  for (const std::uint32_t type : {0xbadU, 0x4000'0badU, 9U, 0x204U, 0x216U, 0x221U})
    add(other_block(type)), add(frame);
  for (const std::uint32_t type : {7U, 10U, 0x208U, 0x1234U, 0x8000'0001U})
    add(other_block(type)), add(frame);
  std::vector<std::uint64_t> numbers;
  for (const auto& each : whole_of(file).frames) numbers.push_back(each.number);
  EXPECT_THAT(numbers, ElementsAre(1, 2, 3, 5, 7, 9, 11, 13, 15, 16, 17, 18, 19, 20));
}

// Whole from a pipe, of which nobody can read the front twice.
TEST(CaptureSource, reads_from_a_pipe) {
  auto pcap = PcapSample{false, pcap_ns};
  auto pcapng = block_of(capture::Section{});
  const auto interface = block_of(capture::Interface{});
  pcapng.insert(pcapng.end(), interface.begin(), interface.end());
  const auto block = block_of(Frame{.octets = some_octets});
  constexpr std::size_t count = 20'000;  // more than a pipe and all buffers hold
  for (std::size_t i = 0; i < count; ++i) {
    pcap.frame(1, 2, some_octets);
    pcapng.insert(pcapng.end(), block.begin(), block.end());
  }
  const Folder folder;
  const auto path = folder.file("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  for (const auto* octets : {&pcap.octets(), &std::as_const(pcapng)}) {
    std::jthread writer{[&] { write(path, *octets); }};
    const auto all = whole(path);
    EXPECT_EQ(all.failure, "");
    EXPECT_EQ(all.frames.size(), count);
  }
}

TEST(CaptureSource, reads_standard_input_and_leaves_it_open) {
  const Folder folder;
  const auto path = folder.file("x");
  write(path, PcapSample{true}.frame(1, 2, some_octets).header(1, 2, 100, 100).octets());
  const int before = ::dup(0);
  auto* const file = std::fopen(path.c_str(), "rb");
  ASSERT_NE(file, nullptr);
  ::dup2(::fileno(file), 0);
  std::fclose(file);
  const auto all = whole("-");
  EXPECT_EQ(all.frames.size(), 1U);
  EXPECT_TRUE(all.failure.starts_with("read standard input: frame 2: truncated")) << all.failure;
  EXPECT_EQ(::lseek(0, 0, SEEK_SET), 0);
  ::dup2(before, 0);
  ::close(before);
  std::clearerr(stdin);
}

TEST(CaptureSource, tells_a_pcap_file_that_ends_inside_a_frame_from_a_broken_one) {
  const auto file = PcapSample{true}.frame(1, 2, some_octets).frame(3, 4, some_octets).octets();
  const auto frame = 16 + some_octets.size();
  for (std::size_t size = 24; size <= file.size(); ++size) {
    SCOPED_TRACE(size);
    const auto all = whole_of(Bytes{file}.first(size));
    EXPECT_EQ(all.frames.size(), (size - 24) / frame);
    const bool inside = (size - 24) % frame != 0;
    EXPECT_EQ(all.ended_inside, inside);
    EXPECT_EQ(all.failure.empty(), !inside);
  }
  EXPECT_EQ(whole_of(Bytes{file}.first(file.size() - 1)).failure,
            "read x: frame 2: truncated dump file; tried to read 21 captured bytes, only got 20");

  const auto broken =
      PcapSample{true}.frame(1, 2, some_octets).header(1, 2, 0xffff'fff0, 10).frame(3, 4, file);
  const auto all = whole_of(broken.octets());
  EXPECT_EQ(all.frames.size(), 1U);
  EXPECT_EQ(all.failure,
            "read x: frame 2: invalid packet capture length 4294967280, bigger than snaplen of "
            "262144");
  EXPECT_FALSE(all.ended_inside);
}

TEST(CaptureSource, tells_a_pcapng_file_that_ends_inside_a_block_from_a_broken_one) {
  auto octets = testing::some_capture();
  auto all = whole_of(Bytes{octets}.first(octets.size() - 1));
  EXPECT_TRUE(all.ended_inside);
  EXPECT_THAT(all.failure, ::testing::StartsWith("read x: the block at octet 440 needs"));
  octets.back() = 1;
  all = whole_of(octets);
  EXPECT_FALSE(all.ended_inside);
  EXPECT_NE(all.failure, "");
}

TEST(CaptureSource, says_in_one_sentence_what_is_no_capture) {
  const auto of = [](std::string_view text) {
    return whole_of(Octets(text.begin(), text.end())).failure;
  };
  EXPECT_EQ(of(""), "read x: the file is empty");
  EXPECT_EQ(of("\n"), "read x: this is neither a pcapng nor a pcap file");
  EXPECT_EQ(of("{\"event\":\"start\"}\n"), "read x: this is neither a pcapng nor a pcap file");
  EXPECT_EQ(of("\x0a\x0d\x0d"), "read x: this is neither a pcapng nor a pcap file");
  EXPECT_EQ(of("\x1f\x8b\x08"),
            "read x: the file is compressed; gunzip makes it one that can be read");
  const auto header = PcapSample{true}.octets();
  EXPECT_EQ(whole_of(Bytes{header}.first(23)).failure, "read x: the file ends inside its header");
  auto version = header;
  version[4] = 9;
  EXPECT_EQ(whole_of(version).failure, "read x: unsupported pcap savefile version 9.4");
}

TEST(CaptureSource, says_what_cannot_be_opened_or_read) {
  const Folder folder;
  EXPECT_EQ(CaptureSource::open(folder.file("none")).error(),
            (Failure{"open", ENOENT, folder.file("none")}));
  EXPECT_EQ(CaptureSource::open(folder.file("")).error().error_code, EISDIR);
}

}  // namespace
}  // namespace sonda
