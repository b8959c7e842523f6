// A capture of captures/ in memory, to be falsified.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include <sonda/capture/capture_file.hpp>
#include <sonda/verify/lab_claims.hpp>
#include <sonda/verify/report.hpp>

namespace sonda::testing {

struct LabFrame {
  capture::Frame seen{};  // its octets are those below
  capture::Octets octets{};
  capture::Interface interface{};

  // The comment that says where it was, and the others.
  [[nodiscard]] std::string& place() { return seen.comments.at(0); }
  [[nodiscard]] MutableBytes packet() { return MutableBytes{octets}.subspan(14); }
};

struct LabCapture {
  std::vector<LabFrame> frames{};

  [[nodiscard]] static LabCapture load(const std::string& situation);
  // As Wireshark counts.
  [[nodiscard]] LabFrame& at(std::size_t number) { return frames.at(number - 1); }
};

[[nodiscard]] verify::Report judged(const LabCapture& capture);

// Puts `now` into the place of `before`, which must be there.
void replace(std::string& text, const std::string& before, const std::string& now);
// Makes every checksum of the packet right again.
void mend_checksums(MutableBytes packet);

}  // namespace sonda::testing
