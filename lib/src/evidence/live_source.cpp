// Frames from libpcap.
#include <algorithm>
#include <utility>

#include <sonda/evidence/frame_source.hpp>
#include <sonda/evidence/recorder.hpp>
#include <sonda/net/frame_port.hpp>

namespace sonda::inline v0::evidence {
namespace {

class LiveSource final : public FrameSource {
 public:
  explicit LiveSource(capture::LiveCapture live) : live_{std::move(live)} {
    // libpcap shows of loopback what comes in, and nothing of what leaves.
    const auto ends = own_ends(live_.interfaces());
    for (std::size_t i = 0; i < ends.size(); ++i)
      twice_.push_back(ends[i].loopback && !net::ignore_outgoing(live_.descriptors()[i]));
  }
  [[nodiscard]] const std::vector<capture::Interface>& interfaces() const override {
    return live_.interfaces();
  }
  [[nodiscard]] std::expected<void, Failure> take(
      std::vector<capture::LiveFrame>& frames) override {
    return live_.take(frames);
  }
  [[nodiscard]] capture::LiveCounts counts(std::size_t interface) const override {
    auto counts = live_.counts(interface);
    if (!twice_[interface]) return counts;
    for (auto* count : {&counts.received, &counts.dropped}) *count = (*count + 1) / 2;
    return counts;
  }

 private:
  capture::LiveCapture live_;
  std::vector<bool> twice_;  // whose packets the system counts as they leave and as they come
};

// tcpdump reads a file of several interfaces only where all are Ethernet.
bool readable_together(const std::vector<capture::Interface>& interfaces) {
  return interfaces.size() < 2 || std::ranges::all_of(
                                      interfaces,
                                      [](const capture::Interface& interface) {
                                        return interface.link_type == capture::LinkType::ethernet;
                                      });
}

}  // namespace

std::expected<std::unique_ptr<FrameSource>, Failure> open_live(capture::LiveOptions options) {
  auto live = capture::LiveCapture::open(options);
  if (live && !readable_together(live->interfaces())) {
    options.interfaces.resize(1);
    live = capture::LiveCapture::open(options);
  }
  if (!live) return std::unexpected{live.error()};
  return std::make_unique<LiveSource>(std::move(*live));
}

}  // namespace sonda::inline v0::evidence
