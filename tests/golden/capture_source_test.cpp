// What we read of any capture beside what tshark reads of it, frame by frame.
#include <capture_samples.hpp>
#include <filesystem>
#include <fstream>
#include <pcap_samples.hpp>
#include <process.hpp>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/capture/capture_source.hpp>

namespace sonda::testing {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

// "number|seconds.nanoseconds|captured|length|comment;comment" of each frame.
Lines by_tshark(const std::string& file) {
  const auto result =
      run(shell("tshark -n -r " + file +
                " -T fields -E 'separator=|' -E 'aggregator=~' -E occurrence=a -e frame.number"
                " -e frame.time_epoch -e frame.cap_len -e frame.len -e frame.comment"),
          std::chrono::seconds{60});
  EXPECT_EQ(result.status, 0) << result.err;
  Lines lines;
  std::istringstream text{result.out};
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

std::string epoch(std::int64_t unix_ns) {
  auto fraction = std::to_string(unix_ns % 1'000'000'000);
  fraction.insert(0, 9 - fraction.size(), '0');
  return std::to_string(unix_ns / 1'000'000'000) + '.' + fraction;
}

Lines by_us(const std::string& file) {
  Lines lines;
  auto source = capture::CaptureSource::open(file);
  if (!source) return {source.error().message()};
  for (;;) {
    const auto block = source->next();
    if (!block) lines.push_back(block.error().message());
    if (!block || !*block) break;
    const auto* const frame = std::get_if<capture::Frame>(&(*block)->content);
    if (frame == nullptr) continue;
    auto line = std::to_string(source->frame_number()) + '|' + epoch(frame->unix_ns) + '|' +
                std::to_string(frame->octets.size()) + '|' + std::to_string(frame->length()) + '|';
    for (std::size_t i = 0; i < frame->comments.size(); ++i)
      line += (i == 0 ? "" : "~") + frame->comments[i];
    lines.push_back(line);
  }
  return lines;
}

TEST(CaptureSource, reads_every_capture_of_ours_as_tshark_does) {
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator{SONDA_CAPTURES}) {
    if (!entry.path().extension().string().starts_with(".pcap")) continue;
    SCOPED_TRACE(entry.path());
    const auto ours = by_us(entry.path());
    EXPECT_EQ(ours, by_tshark(entry.path()));
    EXPECT_GT(ours.size(), 1U);
    ++files;
  }
  EXPECT_GT(files, 10U);
}

TEST(CaptureSource, reads_what_editcap_makes_of_them_as_tshark_does) {
  const Folder folder;
  const auto original = std::string{SONDA_CAPTURES} + "/mpls-tunnel/mpls-tunnel.pcapng";
  for (const auto* format : {"pcap", "nsecpcap", "modpcap", "pcapng"}) {
    SCOPED_TRACE(format);
    const auto file = folder.file(format);
    ASSERT_EQ(run({"editcap", "-F", format, "-s", "60", original, file}).status, 0);
    const auto ours = by_us(file);
    EXPECT_EQ(ours, by_tshark(file));
    EXPECT_GT(ours.size(), 10U);
  }
}

TEST(CaptureSource, reads_files_of_either_byte_order_and_late_times_as_tshark_does) {
  const Folder folder;
  for (const bool little : {true, false})
    for (const auto magic : {pcap_us, pcap_ns}) {
      const auto file = folder.file("x.pcap");
      const auto octets = PcapSample{little, magic}
                              .frame(0, 1, some_octets)
                              .frame(1'700'000'000, 999'999, some_octets, 1500)
                              .frame(4'000'000'000, 123'456, some_octets)
                              .octets();
      {
        std::ofstream out{file, std::ios::binary};
        for (const auto octet : octets) out.put(static_cast<char>(octet));
      }
      const auto ours = by_us(file);
      EXPECT_EQ(ours, by_tshark(file)) << little << ' ' << magic;
      EXPECT_EQ(ours.size(), 3U);
    }
}

}  // namespace
}  // namespace sonda::testing
