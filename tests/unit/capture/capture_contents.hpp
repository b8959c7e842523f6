// Capture files made for a test, and what is in them.
#pragma once
#include <capture_samples.hpp>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/capture/capture_file.hpp>
#include <sonda/capture/pcapng_writer.hpp>

namespace sonda::testing {

[[nodiscard]] inline capture::Octets octets_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

// What a file holds, and why it could not be read to its end.
struct Contents {
  std::vector<capture::Octets> frames{};
  std::vector<capture::Statistics> statistics{};
  std::size_t interfaces = 0;
  std::optional<Failure> failure{};
  std::optional<capture::PcapngFault> fault{};
};
[[nodiscard]] inline Contents contents_of(const std::string& path) {
  Contents out;
  auto file = capture::CaptureFile::open(path);
  if (!file) {
    out.failure = file.error();
    return out;
  }
  for (;;) {
    const auto block = file->next();
    if (!block) out.failure = block.error();
    if (!block || !*block) break;
    if (const auto* const frame = std::get_if<capture::Frame>(&(*block)->content))
      out.frames.emplace_back(frame->octets.begin(), frame->octets.end());
    if (const auto* const statistics = std::get_if<capture::Statistics>(&(*block)->content))
      out.statistics.push_back(*statistics);
  }
  out.interfaces = file->interfaces().size();
  out.fault = file->fault();
  return out;
}

[[nodiscard]] inline capture::PcapngWriter writer_of(const std::string& path) {
  auto writer = capture::PcapngWriter::create(path, capture::Section{.application = "test"});
  EXPECT_TRUE(writer.has_value()) << writer.error().message();
  return std::move(*writer);
}

[[nodiscard]] inline capture::Frame small_frame() {
  return {.octets = some_octets, .comments = {"sonda: x"}};
}
inline constexpr std::size_t small_size = 72;  // octets of its block

}  // namespace sonda::testing
