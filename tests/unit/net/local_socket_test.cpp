// Messages and descriptors between processes.
#include <array>
#include <fcntl.h>
#include <filesystem>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/net/clock.hpp>
#include <sonda/net/local_socket.hpp>
#include <sonda/net/wait.hpp>

#include "in_a_child.hpp"

namespace sonda::net::testing {
namespace {

class LocalSocket : public ::testing::Test {
 protected:
  LocalSocket() : path_{::testing::TempDir() + "local-" + std::to_string(::getpid())} {}
  ~LocalSocket() override { std::filesystem::remove(path_); }
  std::string path_;
};

TEST_F(LocalSocket, carries_a_text_and_descriptors_that_work) {
  auto listener = LocalListener::listen(path_);
  ASSERT_TRUE(listener) << listener.error().message();
  auto here = LocalConnection::connect(path_);
  ASSERT_TRUE(here) << here.error().message();
  auto there = listener->accept();
  ASSERT_TRUE(there);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const Descriptor read{ends[0]}, write{ends[1]};
  ASSERT_TRUE(here->send("exec a@b", std::array{write.get(), read.get()}));
  ASSERT_TRUE(here->send("second"));
  const auto first = there->receive();
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->text, "exec a@b");
  ASSERT_EQ((*first)->descriptors.size(), 2U);
  EXPECT_EQ(::fcntl((*first)->descriptors[0].get(), F_GETFD), FD_CLOEXEC);
  ASSERT_EQ(::write((*first)->descriptors[0].get(), "x", 1), 1);
  char octet = 0;
  EXPECT_EQ(::read(read.get(), &octet, 1), 1);
  EXPECT_EQ(octet, 'x');
  EXPECT_EQ((**there->receive()).text, "second");
  ASSERT_TRUE(there->send("answer"));
  EXPECT_EQ((**here->receive()).text, "answer");
}

TEST_F(LocalSocket, tells_the_end_from_silence) {
  auto ends = LocalConnection::pair();
  ASSERT_TRUE(ends);
  EXPECT_EQ(ends->first.receive_now().error().error_code, EAGAIN);
  ASSERT_TRUE(ends->second.send("last"));
  {
    const auto closed = std::move(ends->second);
  }
  EXPECT_EQ((**ends->first.receive()).text, "last");
  const auto end = ends->first.receive();
  ASSERT_TRUE(end);
  EXPECT_FALSE(*end);
  EXPECT_EQ(ends->first.send("to nobody").error().error_code, EPIPE);
}

TEST_F(LocalSocket, takes_64_kib_and_no_octet_more) {
  auto ends = LocalConnection::pair();
  ASSERT_TRUE(ends);
  const std::string most(LocalConnection::max_text, 'x');
  ASSERT_TRUE(ends->first.send(most));
  EXPECT_EQ((**ends->second.receive()).text, most);
  EXPECT_EQ(ends->first.send(most + 'x').error().message(),
            "send a message: Message too long (EMSGSIZE)");
  EXPECT_EQ(ends->first.send("").error().error_code, EINVAL);
  ASSERT_EQ(::send(ends->first.fd(), (most + 'x').data(), most.size() + 1, 0),
            static_cast<ssize_t>(most.size() + 1));
  EXPECT_EQ(ends->second.receive().error().error_code, EMSGSIZE);
}

TEST_F(LocalSocket, does_not_wait_for_a_reader_unless_told_to) {
  auto ends = LocalConnection::pair();
  ASSERT_TRUE(ends);
  const std::string text(50'000, 'x');
  std::expected<void, Failure> sent;
  for (int i = 0; i < 1'000 && sent; ++i) sent = ends->first.send_now(text);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().error_code, EAGAIN);
}

TEST_F(LocalSocket, is_for_its_user_alone_and_knows_who_came) {
  auto listener = LocalListener::listen(path_);
  ASSERT_TRUE(listener);
  struct stat about{};
  ASSERT_EQ(::stat(path_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777U, 0600U);
  EXPECT_EQ(listener->accept_now().error().error_code, EAGAIN);
  EXPECT_EQ(in_a_child(nobody, [this] { return complaint(LocalConnection::connect(path_)); }),
            "connect to " + path_ + ": Permission denied (EACCES)");
  const auto here = LocalConnection::connect(path_);
  const auto there = listener->accept_now();
  ASSERT_TRUE(there);
  const auto peer = there->peer();
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->process, ::getpid());
  EXPECT_EQ(peer->user, ::getuid());
}

TEST_F(LocalSocket, replaces_what_a_dead_process_left_and_nothing_else) {
  EXPECT_EQ(in_a_child(0,
                       [this] {
                         const auto* left = new auto{LocalListener::listen(path_)};
                         return complaint(*left);  // it ends without a destructor
                       }),
            "");
  ASSERT_TRUE(std::filesystem::exists(path_));
  {
    auto listener = LocalListener::listen(path_);
    ASSERT_TRUE(listener) << listener.error().message();
    EXPECT_EQ(complaint(LocalListener::listen(path_)),
              "listen on " + path_ + ": Address already in use (EADDRINUSE)");
    EXPECT_EQ(in_a_child(0,
                         [&] {  // a copy in another process removes nothing
                           const auto copy = std::move(*listener);
                           return std::string{};
                         }),
              "");
    EXPECT_TRUE(LocalConnection::connect(path_));
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_EQ(complaint(LocalConnection::connect(path_)),
            "connect to " + path_ + ": No such file or directory (ENOENT)");
  EXPECT_EQ(LocalListener::listen("/tmp/" + std::string(103, 'x')).error().error_code,
            ENAMETOOLONG);
}

}  // namespace
}  // namespace sonda::net::testing
