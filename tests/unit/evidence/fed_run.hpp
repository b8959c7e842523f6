// A recorder that is fed by a test: frames out of a hand, a file in memory, no libpcap.
#pragma once
#include <fcntl.h>
#include <mutex>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include <sonda/capture/pcapng_reader.hpp>
#include <sonda/evidence/recorder.hpp>
#include <sonda/net/clock.hpp>
#include <sonda/net/wait.hpp>

namespace sonda::testing {

// What a test and its recorder share.
struct Feed {
  std::mutex guard{};
  std::vector<capture::LiveFrame> frames{};
  capture::LiveCounts counts{}, others{};  // of the first interface, and of the second
  std::optional<Failure> failure{};
  Duration delay{}, count_delay{};  // of each take, and of each asking for counts

  void give(std::string key, std::int64_t unix_ns) {
    const std::lock_guard lock{guard};
    frames.push_back({.interface = 0,
                      .unix_ns = unix_ns,
                      .original_length = 0,
                      .octets = {key.begin(), key.end()}});
  }
};

class FedSource final : public evidence::FrameSource {
 public:
  explicit FedSource(std::shared_ptr<Feed> feed) : feed_{std::move(feed)} {}
  [[nodiscard]] const std::vector<capture::Interface>& interfaces() const override {
    return interfaces_;
  }
  [[nodiscard]] std::expected<void, Failure> take(
      std::vector<capture::LiveFrame>& frames) override {
    std::this_thread::sleep_for(feed_->delay);
    const std::lock_guard lock{feed_->guard};
    frames.insert(frames.end(), feed_->frames.begin(), feed_->frames.end());
    feed_->frames.clear();
    if (feed_->failure) return std::unexpected{*feed_->failure};
    return {};
  }
  [[nodiscard]] capture::LiveCounts counts(std::size_t interface) const override {
    std::this_thread::sleep_for(feed_->count_delay);
    const std::lock_guard lock{feed_->guard};
    return interface == 0 ? feed_->counts : feed_->others;
  }

 private:
  std::shared_ptr<Feed> feed_;
  std::vector<capture::Interface> interfaces_{
      {.link_type = capture::LinkType::raw_ip, .snaplen = 1'000, .name = "t0"},
      {.link_type = capture::LinkType::raw_ip, .snaplen = 1'000, .name = "t1"}};
};

// A frame's octets are its key ("4..." is what network_layer takes for an IP packet); a reply's is
// its sequence number.
class FedRecognizer final : public evidence::Recognizer {
 public:
  [[nodiscard]] evidence::Sight see(const capture::NetworkLayer& layer) const override {
    return {.key = std::string(layer.octets.begin(), layer.octets.end()),
            .direction = capture::Direction::in};
  }
  [[nodiscard]] std::optional<evidence::Mention> mention(const Occurrence& occurrence) const override {
    if (const auto* sent = std::get_if<Sent>(&occurrence.event.what))
      return evidence::Mention{
          .key = "Es" + std::to_string(sent->sequence), .comment = "sent", .departure = true};
    if (const auto* reply = std::get_if<Reply>(&occurrence.event.what))
      return evidence::Mention{
          .key = "Er" + std::to_string(reply->sequence), .comment = "reply", .stamped = true};
    return std::nullopt;
  }
};

struct FedRun {
  explicit FedRun(int descriptor = -1, std::string line = {},
                  std::shared_ptr<Feed> fed = std::make_shared<Feed>())
      : feed{std::move(fed)},
        file{descriptor >= 0 ? descriptor : ::memfd_create("capture", MFD_CLOEXEC)} {
    auto writer = capture::PcapngWriter::adopt(::fcntl(file, F_DUPFD_CLOEXEC, 3), "the file", {});
    EXPECT_TRUE(writer.has_value());
    auto done = recorder.record(
        {.file = std::move(*writer),
         .source = std::make_unique<FedSource>(feed),
         .recognizer = std::make_unique<FedRecognizer>(),
         .line_of = [line](const Occurrence& occurrence) { return line_of(occurrence) + line; }});
    EXPECT_TRUE(done.has_value());
    EXPECT_TRUE(recorder.start().has_value());
  }
  FedRun(const FedRun&) = delete;
  FedRun& operator=(const FedRun&) = delete;
  ~FedRun() { ::close(file); }

  void count(capture::LiveCounts counts) const {
    const std::lock_guard lock{feed->guard};
    feed->counts = counts;
  }
  static std::string line_of(const Occurrence& occurrence) {
    std::string out = std::to_string(occurrence.event.what.index());
    for (const auto frame : occurrence.frames) out += ' ' + std::to_string(frame);
    return out;
  }
  void offer(Happening what, std::int64_t unix_ns = 0) {
    recorder.offer({.event = {net::now(), std::move(what)}, .unix_ns = unix_ns});
  }
  // Takes what comes back until there are `count`, or for two seconds.
  std::vector<Occurrence> take(std::size_t count) {
    std::vector<Occurrence> out;
    const auto end = net::now() + std::chrono::seconds{2};
    while (out.size() < count && net::now() < end) {
      const std::vector<int> watched{recorder.descriptor()};
      EXPECT_TRUE(net::wait_readable(watched, std::min(end, recorder.next_due().value_or(end))));
      recorder.release(net::now(), out);
    }
    return out;
  }
  std::vector<Occurrence> end() {
    std::vector<Occurrence> out;
    recorder.end();
    for (recorder.release(net::now(), out); !recorder.ended(); recorder.release(net::now(), out)) {
      const std::vector<int> watched{recorder.descriptor()};
      EXPECT_TRUE(net::wait_readable(watched, net::now() + std::chrono::milliseconds{10}));
    }
    return out;
  }
  // "frame:COMMENT" and "event:COMMENT" in the order of the file, which must be whole.
  [[nodiscard]] std::vector<std::string> content() const {
    std::vector<std::uint8_t> octets(static_cast<std::size_t>(::lseek(file, 0, SEEK_END)));
    EXPECT_EQ(::pread(file, octets.data(), octets.size(), 0), static_cast<ssize_t>(octets.size()));
    std::vector<std::string> out;
    capture::PcapngReader reader;
    for (Bytes rest{octets}; !rest.empty();) {
      const auto block = reader.next(rest);
      EXPECT_TRUE(block.has_value()) << block.error().message();
      if (!block) break;
      if (const auto* frame = std::get_if<capture::Frame>(&block->content))
        out.push_back("frame:" + (frame->comments.empty() ? "" : frame->comments[0]));
      if (const auto* statistics = std::get_if<capture::Statistics>(&block->content)) {
        (statistics->interface.value() == 0 ? last : last_of_other) = *statistics;
        for (const auto& comment : statistics->comments) out.push_back("event:" + comment);
      }
      rest = rest.subspan(block->size);
    }
    return out;
  }

  std::shared_ptr<Feed> feed;
  int file;
  evidence::Recorder recorder = std::move(*evidence::Recorder::make());
  mutable capture::Statistics last{}, last_of_other{};
};

}  // namespace sonda::testing
