// A full disk, a broken pipe, a signal in the middle: what the system does to a capture.
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <future>
#include <sys/resource.h>
#include <sys/time.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture_contents.hpp"

namespace sonda {
namespace {

using capture::Interface;
using capture::Octets;
using capture::PcapngWriter;
using capture::Section;
using testing::contents_of;
using testing::Folder;
using testing::octets_of;
using testing::small_frame;
using testing::small_size;
using testing::writer_of;

TEST(PcapngWriter, says_where_a_file_cannot_be_made) {
  const Folder folder;
  const auto path = folder.file("no/such/folder.pcapng");
  const auto writer = PcapngWriter::create(path, {});
  ASSERT_FALSE(writer.has_value());
  EXPECT_EQ(writer.error(), (Failure{"create", ENOENT, path}));
}

TEST(PcapngWriter, notices_a_full_device_at_once) {
  const auto writer = PcapngWriter::create("/dev/full", {});
  ASSERT_FALSE(writer.has_value());
  EXPECT_EQ(writer.error(), (Failure{"write to", ENOSPC, "/dev/full"}));
}

// No file of this process grows beyond `octets` while it lives: the system takes a part of a write.
class FullDisk {
 public:
  explicit FullDisk(rlim_t octets) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{octets, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

// Writes small frames until the writer refuses one.
struct Outcome {
  std::uint64_t accepted = 0;
  Failure failure{};
};
Outcome write_until_refused(PcapngWriter& writer, bool flush_each) {
  Outcome outcome;
  for (int i = 0; i < 100'000; ++i) {
    const auto number = writer.write(small_frame());
    const auto flushed = flush_each ? writer.flush() : std::expected<void, Failure>{};
    if (number && flushed) {
      outcome.accepted = number->value();
      continue;
    }
    outcome.failure = number ? flushed.error() : number.error();
    return outcome;
  }
  ADD_FAILURE() << "was never refused";
  return outcome;
}

// One limit after another, so that the cut falls on each octet of a frame's block.
class OnAFullDisk : public ::testing::TestWithParam<bool> {};

TEST_P(OnAFullDisk, the_file_ends_with_its_last_whole_frame) {
  const Folder folder;
  ASSERT_EQ(testing::block_of(small_frame()).size(), small_size);
  for (rlim_t limit = 1'000; limit < 1'000 + small_size; ++limit) {
    SCOPED_TRACE(limit);
    const auto path = folder.file("full.pcapng");
    auto writer = writer_of(path);
    ASSERT_TRUE(writer.add_interface({}));
    Outcome outcome;
    {
      const FullDisk disk{limit};
      outcome = write_until_refused(writer, GetParam());
    }
    EXPECT_EQ(outcome.failure, (Failure{"write to", EFBIG, path}));
    // Room comes back, but the file must not go on behind the gap.
    EXPECT_EQ(writer.write({}).error(), outcome.failure);
    EXPECT_EQ(writer.flush().error(), outcome.failure);
    EXPECT_EQ(writer.close().error(), outcome.failure);
    const auto contents = contents_of(path);
    EXPECT_FALSE(contents.failure.has_value()) << contents.failure->message();
    const auto size = std::filesystem::file_size(path);
    EXPECT_LE(size, limit);
    EXPECT_GT(size + small_size, limit);
    EXPECT_EQ(contents.frames.size(), (size - 40 - 32) / small_size);
    if (GetParam()) {
      EXPECT_EQ(contents.frames.size(), outcome.accepted);
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Flushing, OnAFullDisk, ::testing::Values(true, false), [](const auto& p) {
  return p.param ? "each_frame" : "when_enough_has_gathered";
});

TEST(PcapngWriter, cuts_off_nothing_that_it_did_not_write) {
  const Folder folder;
  const auto path = folder.file("appended.pcapng");
  {
    std::ofstream before{path};
    before << std::string(500, 'b');
  }
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  auto writer = PcapngWriter::adopt(descriptor, "standard output", {});
  ASSERT_TRUE(writer.has_value());
  ASSERT_TRUE(writer->add_interface({}));
  {
    const FullDisk disk{1'000};
    EXPECT_EQ(write_until_refused(*writer, false).failure.subject, "standard output");
  }
  const auto octets = octets_of(path);
  EXPECT_EQ(std::string(octets.begin(), octets.begin() + 500), std::string(500, 'b'));
  EXPECT_EQ((octets.size() - 500 - 28 - 32) % small_size, 0U);
  EXPECT_GT(octets.size() + small_size, 1'000U);
}

TEST(PcapngWriter, says_that_a_descriptor_is_not_open) {
  const auto writer = PcapngWriter::adopt(999'999, "standard output", {});
  ASSERT_FALSE(writer.has_value());
  EXPECT_EQ(writer.error(), (Failure{"write to", EBADF, "standard output"}));
}

TEST(PcapngWriter, reports_that_nobody_reads_its_pipe_any_more) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  auto writer = PcapngWriter::adopt(ends[1], "the pipe", {});
  ASSERT_TRUE(writer.has_value());
  ASSERT_TRUE(writer->add_interface({}));
  ::close(ends[0]);
  EXPECT_EQ(write_until_refused(*writer, true).failure, (Failure{"write to", EPIPE, "the pipe"}));
}

// A signal every millisecond, whose handler lets no system call go on, while this lives.
class Alarms {
 public:
  Alarms() {
    struct sigaction action{};
    action.sa_handler = [](int) {};
    ::sigaction(SIGALRM, &action, &before_);
    set(1'000);
  }
  Alarms(const Alarms&) = delete;
  Alarms& operator=(const Alarms&) = delete;
  ~Alarms() {
    set(0);
    ::sigaction(SIGALRM, &before_, nullptr);
  }

 private:
  static void set(suseconds_t us) {
    const itimerval timer{{0, us}, {0, us}};
    ::setitimer(ITIMER_REAL, &timer, nullptr);
  }
  struct sigaction before_{};
};

// As exit(3) of some C libraries does: it asks for the lock of every open file.
TEST(PcapngWriter, holds_no_lock_while_nobody_reads_its_pipe) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  std::thread stuck{[&ends] {
    auto writer = PcapngWriter::adopt(ends[1], "the pipe", {});
    ASSERT_TRUE(writer.has_value());
    ASSERT_TRUE(writer->add_interface({}));
    static_cast<void>(write_until_refused(*writer, true));
  }};
  std::this_thread::sleep_for(std::chrono::milliseconds{100});
  auto flushed = std::async(std::launch::async, [] { std::fflush(nullptr); });
  EXPECT_EQ(flushed.wait_for(std::chrono::seconds{1}), std::future_status::ready);
  ::close(ends[0]);
  stuck.join();
}

// Reads all of a pipe, slowly; no signal of SIGALRM's reaches it.
std::thread slow_reader(int from, Octets& read) {
  sigset_t alarm{};
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  ::pthread_sigmask(SIG_BLOCK, &alarm, nullptr);  // inherited by the thread
  std::thread reader{[from, &read] {
    std::array<std::uint8_t, 16'384> room{};
    ssize_t got = 0;
    while ((got = ::read(from, room.data(), room.size())) > 0) {
      read.insert(read.end(), room.begin(), room.begin() + got);
      ::usleep(2'000);
    }
    ::close(from);
  }};
  ::pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
  return reader;
}

TEST(PcapngWriter, goes_on_where_a_signal_interrupted_it) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  Octets read, expected = testing::block_of(Section{});
  append_block(expected, Interface{});
  auto reader = slow_reader(ends[0], read);
  std::optional<Failure> failure;
  {
    const Alarms alarms;
    auto writer = PcapngWriter::adopt(ends[1], "the pipe", {});
    EXPECT_TRUE(writer->add_interface({}));
    for (std::int64_t i = 0; i < 10'000 && !failure; ++i) {
      auto frame = small_frame();
      frame.unix_ns = i;
      append_block(expected, frame);
      const auto written = writer->write(frame);
      if (!written) failure = written.error();
    }
  }
  reader.join();
  EXPECT_FALSE(failure.has_value()) << failure->message();
  EXPECT_TRUE(read == expected) << read.size() << " of " << expected.size() << " octets";
}

}  // namespace
}  // namespace sonda
