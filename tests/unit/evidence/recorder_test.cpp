// A recorder between a run and its output: order, numbers, patience, and files that refuse.
#include <csignal>
#include <future>
#include <sys/resource.h>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fed_run.hpp"

namespace sonda::evidence {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using testing::FedRun;
using testing::Feed;
using ::testing::IsEmpty;
using Numbers = std::vector<std::uint64_t>;

constexpr std::size_t sent = 1, reply = 2, lost = 4, drops = 11;  // of Happening

std::vector<std::size_t> kinds(const std::vector<Occurrence>& events) {
  std::vector<std::size_t> out;
  for (const auto& event : events) out.push_back(event.event.what.index());
  return out;
}

TEST(Recorder, gives_events_back_with_the_numbers_of_their_frames) {
  FedRun run;
  run.feed->give("Es1", 10), run.offer(Sent{.sequence = 1}, 9);
  run.feed->give("Er1", 20), run.offer(Reply{.sequence = 1}, 20);
  const auto events = run.take(2);
  ASSERT_EQ(kinds(events), (std::vector{sent, reply}));
  EXPECT_EQ(events[0].frames, Numbers{1});
  EXPECT_EQ(events[1].frames, Numbers{2});
  const auto content = run.content();
  ASSERT_EQ(content.size(), 4U);
  EXPECT_EQ(content[0], "frame:sent");
  EXPECT_EQ(content[3], "event:sonda-event: 2 2");
  EXPECT_THAT(run.end(), IsEmpty());
}

TEST(Recorder, has_written_whatever_comes_back) {
  FedRun run;
  for (unsigned i = 1; i <= 100; ++i) {
    run.feed->give("Er" + std::to_string(i), i);
    run.offer(Reply{.sequence = i}, i);
    ASSERT_EQ(run.take(1).size(), 1U);
    ASSERT_EQ(run.content().size(), 2U * i);  // whole, and with the last frame, while it runs
  }
}

TEST(Recorder, keeps_the_order_of_events_and_waits_90_milliseconds_for_a_frame) {
  FedRun run;
  const auto began = net::now();
  run.offer(Sent{.sequence = 1}), run.offer(Lost{.sequence = 7});
  const auto events = run.take(2);
  const auto took = net::now() - began;
  EXPECT_EQ(kinds(events), (std::vector{sent, lost}));
  EXPECT_THAT(events.at(0).frames, IsEmpty());
  EXPECT_GE(took, milliseconds{85});
  EXPECT_LT(took, milliseconds{150});
  run.feed->give("Es1", 1'000'000'000);  // a second later, once the neighbour was known
  run.end();
  EXPECT_EQ(run.content().back(), "frame:sent");
}

TEST(Recorder, returns_what_waits_for_nothing_at_once) {
  FedRun run;
  const auto began = net::now();
  run.offer(Lost{.sequence = 1});
  EXPECT_EQ(run.take(1).size(), 1U);
  EXPECT_LT(net::now() - began, milliseconds{60});
}

TEST(Recorder, writes_a_frame_that_nobody_speaks_of_without_a_comment_in_the_end) {
  FedRun run;
  run.feed->give("Er1", 5);
  std::this_thread::sleep_for(milliseconds{30});
  EXPECT_THAT(run.content(), IsEmpty());
  std::this_thread::sleep_for(milliseconds{220});
  EXPECT_THAT(run.content(), ElementsAre("frame:"));
}

TEST(Recorder, says_before_anything_later_that_an_answer_is_in_no_frame) {
  FedRun run;
  run.offer(Reply{.sequence = 1}, 5), run.offer(PingSummary{});
  const auto events = run.take(3);
  ASSERT_EQ(kinds(events), (std::vector<std::size_t>{reply, drops, 12}));
  EXPECT_EQ(std::get<Drops>(events[1].event.what), (Drops{DropPlace::capture, 1}));
  EXPECT_GT(events[1].unix_ns, 1'700'000'000'000'000'000);
}

TEST(Recorder, tells_of_lost_frames_before_the_summary_even_if_it_is_behind) {
  const auto feed = std::make_shared<Feed>();
  feed->delay = milliseconds{200};
  FedRun run{-1, {}, feed};
  run.count({.received = 9, .dropped = 3});
  run.offer(PingSummary{});
  EXPECT_EQ(kinds(run.end()), (std::vector<std::size_t>{drops, 12}));
}

TEST(Recorder, keeps_nobody_waiting_while_it_asks_the_system) {
  const auto feed = std::make_shared<Feed>();
  feed->count_delay = milliseconds{40};
  FedRun run{-1, {}, feed};
  Duration longest{};
  for (int i = 0; i < 40; ++i) {
    const auto began = net::now();
    run.offer(Lost{});
    longest = std::max(longest, net::now() - began);
    std::this_thread::sleep_for(milliseconds{5});
  }
  EXPECT_LT(longest, milliseconds{20});
}

TEST(Recorder, counts_a_frame_once_that_was_dropped_and_is_missed) {
  FedRun run;
  run.count({.received = 9, .dropped = 1});
  run.offer(Reply{.sequence = 1}, 5);
  EXPECT_EQ(kinds(run.take(2)), (std::vector{drops, reply}));
  run.count({.received = 9, .dropped = 4});
  run.offer(Lost{});
  const auto more = run.take(2);
  ASSERT_EQ(kinds(more), (std::vector{drops, lost}));
  EXPECT_EQ(std::get<Drops>(more[0].event.what).count, 3U);
  run.end();
  static_cast<void>(run.content());
  EXPECT_EQ(run.last.received, 9U);
  EXPECT_EQ(run.last.dropped, 4U);
  EXPECT_TRUE(run.last.start_ns && run.last.end_ns && *run.last.start_ns <= *run.last.end_ns);
}

TEST(Recorder, has_counted_at_every_interface_when_it_is_killed) {
  const auto feed = std::make_shared<Feed>();
  feed->others = {.received = 7, .dropped = 0};
  FedRun run{-1, {}, feed};
  run.offer(Lost{});
  run.take(1);
  static_cast<void>(run.content());  // of a file that nobody has ended
  EXPECT_EQ(run.last_of_other.received, 7U);
  EXPECT_EQ(run.last_of_other.dropped, 0U);
}

TEST(Recorder, does_not_wait_at_the_end_for_what_can_no_longer_come) {
  FedRun run;
  run.feed->give("Er1", 5);  // waits for a mention
  run.offer(PingSummary{});
  const auto began = net::now();
  EXPECT_EQ(run.end().size(), 1U);
  EXPECT_LT(net::now() - began, milliseconds{60});
  EXPECT_THAT(run.content(), ElementsAre("event:sonda-event: 12", "frame:"));
}

TEST(Recorder, cuts_long_lines_into_comments_between_characters) {
  std::string line;
  while (line.size() < 130'000) line += "\xe2\x82\xac";  // three octets each
  FedRun run{-1, line};
  run.offer(Lost{});
  run.end();
  std::string all;
  const auto content = run.content();
  ASSERT_EQ(content.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string label = i == 0 ? "event:sonda-event: " : "event:sonda-event+: ";
    ASSERT_TRUE(content[i].starts_with(label));
    const auto piece = content[i].substr(label.size());
    EXPECT_LE(piece.size(), 65'000U);
    EXPECT_NE(static_cast<unsigned char>(piece[0]) & 0xc0, 0x80) << i;
    all += piece;
  }
  EXPECT_EQ(all, "4" + line);
}

TEST(Recorder, tells_once_that_the_file_is_full_and_lets_the_run_go_on) {
  FedRun run{::memfd_create("capture", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  // The file takes what it has, and no octet more.
  ::fcntl(run.file, F_ADD_SEALS, F_SEAL_GROW);
  run.feed->give("Er1", 5), run.offer(Reply{.sequence = 1}, 5);
  EXPECT_THAT(run.take(1).at(0).frames, IsEmpty());  // none that is not in the file
  const auto failure = run.recorder.take_failure();
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->error_code, EPERM);
  EXPECT_FALSE(run.recorder.take_failure().has_value());
  const auto began = net::now();
  run.offer(Reply{.sequence = 2}, 6), run.offer(PingSummary{});
  EXPECT_EQ(kinds(run.take(2)), (std::vector<std::size_t>{reply, 12}));
  EXPECT_LT(net::now() - began, milliseconds{60});
  EXPECT_THAT(run.end(), IsEmpty());
  EXPECT_THAT(run.content(), IsEmpty());
}

TEST(Recorder, survives_a_pipe_that_is_closed) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  FedRun run{ends[1]};
  ::close(ends[0]);
  run.offer(Lost{});
  EXPECT_EQ(run.take(1).size(), 1U);
  const auto failure = run.recorder.take_failure();
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->error_code, EPIPE);
  EXPECT_THAT(run.end(), IsEmpty());
}

TEST(Recorder, gives_events_back_in_time_even_if_nobody_reads_the_file) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  {
    FedRun run{ends[1], std::string(60'000, 'x')};
    for (unsigned i = 0; i < 10; ++i) run.offer(Lost{.sequence = i});  // more than a pipe takes
    EXPECT_EQ(run.take(10).size(), 10U);
    const auto began = net::now();
    run.offer(Lost{});
    EXPECT_EQ(run.take(1).size(), 1U);
    EXPECT_LT(net::now() - began, milliseconds{150});
    run.recorder.end();
    EXPECT_FALSE(run.recorder.ended());
    run.recorder.abandon();
  }
  ::close(ends[0]);  // its thread ends with that
  std::this_thread::sleep_for(milliseconds{20});
}

TEST(Recorder, does_not_hold_events_without_end_for_a_file_that_nobody_reads) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  {
    FedRun run{ends[1], std::string(60'000, 'x')};
    for (unsigned i = 0; i < 10; ++i) run.offer(Lost{});
    EXPECT_EQ(run.take(10).size(), 10U);
    for (unsigned i = 0; i < 263'000; ++i) run.offer(Reply{}, 1);
    EXPECT_EQ(run.take(263'000).size(), 263'000U);
    EXPECT_EQ(run.recorder.take_failure().value().error_code, ENOBUFS);
    run.recorder.abandon();
  }
  ::close(ends[0]);
  std::this_thread::sleep_for(milliseconds{20});
}

TEST(Recorder, goes_on_after_an_interface_was_down) {
  FedRun run;
  {
    const std::lock_guard lock{run.feed->guard};
    run.feed->failure = Failure{"capture", ENETDOWN, "on t0"};
  }
  std::this_thread::sleep_for(milliseconds{150});
  EXPECT_EQ(run.recorder.take_failure().value().error_code, ENETDOWN);
  {
    const std::lock_guard lock{run.feed->guard};
    run.feed->failure.reset();
  }
  run.feed->give("Er1", 5), run.offer(Reply{.sequence = 1}, 5);
  EXPECT_EQ(run.take(1).at(0).frames, Numbers{1});
  EXPECT_FALSE(run.recorder.take_failure().has_value());
}

// Reports of the thread that calls it which signals it has blocked.
class ThreadSource final : public evidence::FrameSource {
 public:
  explicit ThreadSource(std::shared_ptr<std::promise<sigset_t>> blocked)
      : blocked_{std::move(blocked)} {}
  [[nodiscard]] const std::vector<capture::Interface>& interfaces() const override { return none_; }
  [[nodiscard]] std::expected<void, Failure> take(std::vector<capture::LiveFrame>&) override {
    sigset_t blocked{};
    ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    if (!std::exchange(asked_, true)) blocked_->set_value(blocked);
    return {};
  }
  [[nodiscard]] capture::LiveCounts counts(std::size_t) const override { return {}; }

 private:
  std::shared_ptr<std::promise<sigset_t>> blocked_;
  std::vector<capture::Interface> none_{};
  bool asked_ = false;
};

TEST(Recorder, has_a_thread_that_no_signal_reaches) {
  const auto promise = std::make_shared<std::promise<sigset_t>>();
  auto recorder = std::move(*Recorder::make());
  auto file = capture::PcapngWriter::adopt(::memfd_create("capture", MFD_CLOEXEC), "the file", {});
  ASSERT_TRUE(recorder
                  .record({.file = std::move(*file),
                           .source = std::make_unique<ThreadSource>(promise),
                           .recognizer = std::make_unique<testing::FedRecognizer>()})
                  .has_value());
  ASSERT_TRUE(recorder.start().has_value());
  const auto blocked = promise->get_future().get();
  for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGQUIT})
    EXPECT_EQ(sigismember(&blocked, signal), 1);
  sigset_t here{};
  ::pthread_sigmask(SIG_SETMASK, nullptr, &here);
  EXPECT_EQ(sigismember(&here, SIGINT), 0);
}

// Ends its process: 0 where the system gave no thread and the recorder said so.
[[noreturn]] void start_without_threads() {
  const rlimit none{.rlim_cur = 1, .rlim_max = 1};
  ::setrlimit(RLIMIT_NPROC, &none);
  if (::setuid(65'534) != 0) std::exit(2);
  auto recorder = std::move(*Recorder::make());
  auto file = capture::PcapngWriter::adopt(::memfd_create("capture", MFD_CLOEXEC), "the file", {});
  static_cast<void>(recorder.record({.file = std::move(*file),
                                     .source = std::make_unique<ThreadSource>(nullptr),
                                     .recognizer = std::make_unique<testing::FedRecognizer>()}));
  const auto started = recorder.start();
  // Without what is to be done at an exit: LeakSanitizer needs a thread for it.
  ::_exit(!started && started.error().error_code == EAGAIN ? 0 : 1);
}

TEST(RecorderDeathTest, says_that_the_system_gives_no_thread) {
  EXPECT_EXIT(start_without_threads(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace sonda::evidence
