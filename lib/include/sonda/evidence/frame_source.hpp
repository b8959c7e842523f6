// Where the frames of a run come from: libpcap, or a test that feeds them.
#pragma once
#include <cstddef>
#include <expected>
#include <memory>
#include <vector>

#include <sonda/capture/live_capture.hpp>

namespace sonda::inline v0::evidence {

// As capture::LiveCapture, which see.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  [[nodiscard]] virtual const std::vector<capture::Interface>& interfaces() const = 0;
  [[nodiscard]] virtual std::expected<void, Failure> take(
      std::vector<capture::LiveFrame>& frames) = 0;
  [[nodiscard]] virtual capture::LiveCounts counts(std::size_t interface) const = 0;
};

// Of the interfaces that `options` names; of those behind the first, only what libpcap's programs
// can read in one file with it. Needs CAP_NET_RAW effective.
[[nodiscard]] std::expected<std::unique_ptr<FrameSource>, Failure> open_live(
    capture::LiveOptions options);

}  // namespace sonda::inline v0::evidence
