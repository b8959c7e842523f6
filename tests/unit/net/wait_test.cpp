// Waiting for descriptors, times and signals.
#include <array>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <sonda/net/clock.hpp>
#include <sonda/net/descriptor.hpp>
#include <sonda/net/wait.hpp>

namespace sonda::net::testing {
namespace {

using std::chrono::milliseconds;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    read = Descriptor{ends[0]}, write = Descriptor{ends[1]};
  }
  Descriptor read, write;
};

TEST(Descriptor, closes_what_it_holds_and_not_what_it_gave_away) {
  Pipe pipe;
  const int number = pipe.read.get();
  {
    const Descriptor taken = std::move(pipe.read);
    EXPECT_EQ(taken.get(), number);
    EXPECT_FALSE(pipe.read);
  }
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
  const int kept = pipe.write.release();
  EXPECT_EQ(::fcntl(kept, F_GETFD), 0);
  ::close(kept);
}

TEST(Wait, returns_as_soon_as_there_is_input) {
  const Pipe pipe;
  ASSERT_EQ(::write(pipe.write.get(), "x", 1), 1);
  const std::array descriptors{pipe.read.get()};
  EXPECT_EQ(wait_readable(descriptors, std::nullopt), Woken::by_descriptor);
}

TEST(Wait, never_returns_before_its_time_without_a_reason) {
  const Pipe pipe;
  const std::array descriptors{pipe.read.get()};
  for (int i = 0; i < 20; ++i) {
    const auto until = now() + std::chrono::microseconds{700};
    ASSERT_EQ(wait_readable(descriptors, until), Woken::by_time);
    ASSERT_GE(now(), until);
  }
}

TEST(Wait, does_not_sleep_when_its_time_has_passed) {
  const auto before = now();
  EXPECT_EQ(wait_readable({}, before - std::chrono::hours{1}), Woken::by_time);
  EXPECT_LT(now() - before, milliseconds{500});
}

TEST(Wait, says_what_failed) {
  const std::array<int, 1'100'000> too_many{};
  const auto woken = wait_readable(too_many, now());
  ASSERT_FALSE(woken);
  EXPECT_EQ(woken.error().message(), "wait for input: Invalid argument (EINVAL)");
}

TEST(SignalDescriptor, turns_a_signal_into_input_and_lets_go_of_it_afterwards) {
  {
    auto signals = SignalDescriptor::open(std::array{SIGUSR1, SIGUSR2});
    ASSERT_TRUE(signals);
    EXPECT_EQ(signals->take(), std::nullopt);
    ASSERT_EQ(::raise(SIGUSR2), 0);
    const std::array descriptors{signals->fd()};
    EXPECT_EQ(wait_readable(descriptors, now() + milliseconds{1000}), Woken::by_descriptor);
    EXPECT_EQ(signals->take(), SIGUSR2);
    EXPECT_EQ(signals->take(), std::nullopt);
  }
  sigset_t blocked{};
  ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  EXPECT_EQ(sigismember(&blocked, SIGUSR2), 0);
}

}  // namespace
}  // namespace sonda::net::testing
