// Reverse names from a server of our own on loopback: quick, slow, silent and hostile.
#include <array>
#include <atomic>
#include <cstring>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/core/bytes.hpp>
#include <sonda/net/clock.hpp>
#include <sonda/net/descriptor.hpp>
#include <sonda/net/names.hpp>
#include <sonda/net/wait.hpp>

namespace sonda::net::testing {
namespace {

using std::chrono::milliseconds;

// Answers every PTR question with one name, or with nothing at all.
class NameServer {
 public:
  explicit NameServer(std::string name) : name_{std::move(name)} {
    socket_ = Descriptor{::socket(AF_INET, SOCK_DGRAM, 0)};
    sockaddr_in in{};
    in.sin_family = AF_INET;
    const std::array<std::uint8_t, 4> loopback{127, 0, 0, 1};
    std::memcpy(&in.sin_addr, loopback.data(), loopback.size());
    const void* name_of_socket = &in;
    EXPECT_EQ(::bind(socket_.get(), static_cast<const sockaddr*>(name_of_socket), sizeof in), 0);
    socklen_t size = sizeof in;
    void* own = &in;
    ::getsockname(socket_.get(), static_cast<sockaddr*>(own), &size);
    std::array<std::uint8_t, 2> port{};
    std::memcpy(port.data(), &in.sin_port, port.size());
    port_ = load<std::uint16_t>(Bytes{port}, 0);
    thread_ = std::thread{[this] { serve(); }};
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;
  ~NameServer() {
    stopping_ = true;
    thread_.join();
  }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int questions() const { return questions_; }

 private:
  void serve() {
    while (!stopping_) {
      const std::array watched{socket_.get()};
      if (wait_readable(watched, now() + milliseconds{20}) != Woken::by_descriptor) continue;
      std::vector<std::uint8_t> message(512);
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      void* sender = &from;
      const auto got = ::recvfrom(socket_.get(), message.data(), message.size(), 0,
                                  static_cast<sockaddr*>(sender), &size);
      if (got < 12) continue;
      ++questions_;
      if (name_.empty()) continue;
      message.resize(static_cast<std::size_t>(got));
      answer(message);
      ::sendto(socket_.get(), message.data(), message.size(), 0, static_cast<sockaddr*>(sender),
               size);
    }
  }
  // RFC 1035 4.1: the question comes back, and behind it one PTR record.
  void answer(std::vector<std::uint8_t>& message) const {
    std::size_t end = 12;
    while (message[end] != 0) end += message[end] + std::size_t{1};
    message.resize(end + 5);  // the root label, type and class; no additional records
    message[2] = 0x81, message[3] = 0x80;
    message[7] = 1;
    message[10] = message[11] = 0;
    std::vector<std::uint8_t> name;
    for (std::size_t at = 0; at <= name_.size();) {
      const auto dot = std::min(name_.find('.', at), name_.size());
      name.push_back(static_cast<std::uint8_t>(dot - at));
      name.insert(name.end(), name_.begin() + static_cast<long>(at),
                  name_.begin() + static_cast<long>(dot));
      at = dot + 1;
    }
    name.push_back(0);
    const std::array<std::uint8_t, 10> record{0xc0, 12, 0, 12, 0, 1, 0, 0, 0, 60};
    message.insert(message.end(), record.begin(), record.end());
    message.push_back(0);
    message.push_back(static_cast<std::uint8_t>(name.size()));
    message.insert(message.end(), name.begin(), name.end());
  }

  std::string name_;
  Descriptor socket_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> questions_ = 0;
  std::thread thread_;
};

std::optional<std::string> wait_for_name(ReverseNames& names, const Address& address,
                                         Duration most = milliseconds{3000}) {
  for (const auto end = now() + most; now() < end;) {
    if (auto name = names.name_of(address)) return name;
    static_cast<void>(wait_readable({}, now() + milliseconds{2}));
  }
  return std::nullopt;
}

const Address router = Ipv4Address{192, 0, 2, 1};
const Address router_v6 = *Address::parse("2001:db8::1");

TEST(ReverseNames, answer_at_once_and_know_later) {
  const NameServer server{"r1.example.net"};
  ReverseNames names{{.servers = server.address()}};
  const auto before = now();
  EXPECT_EQ(names.name_of(router), std::nullopt);
  EXPECT_LT(now() - before, milliseconds{100});
  EXPECT_EQ(wait_for_name(names, router), "r1.example.net");
  EXPECT_EQ(wait_for_name(names, router_v6), "r1.example.net");
}

TEST(ReverseNames, ask_once_for_each_address) {
  const NameServer server{"r1.example.net"};
  ReverseNames names{{.servers = server.address()}};
  ASSERT_TRUE(wait_for_name(names, router));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(names.name_of(router));
  EXPECT_EQ(server.questions(), 1);
}

TEST(ReverseNames, pass_on_what_a_hostile_server_sent_for_others_to_escape) {
  const NameServer server{"a\x1b[2Jb.example"};
  ReverseNames names{{.servers = server.address()}};
  const auto name = wait_for_name(names, router, milliseconds{500});
  // c-ares refuses such a name or hands it over; either way nothing else may come of it.
  if (name) {
    EXPECT_NE(name->find("example"), std::string::npos);
  }
  EXPECT_GE(server.questions(), 1);
}

TEST(ReverseNames, end_at_once_while_a_server_is_silent) {
  const NameServer server{""};
  auto before = now();
  {
    ReverseNames names{{.servers = server.address()}};
    for (std::uint8_t i = 0; i < 200; ++i)
      EXPECT_EQ(names.name_of(Ipv4Address{192, 0, 2, i}), std::nullopt);
    while (server.questions() == 0) static_cast<void>(wait_readable({}, now() + milliseconds{1}));
    before = now();
  }
  EXPECT_LT(now() - before, milliseconds{500});
}

TEST(ReverseNames, forget_the_oldest_when_there_are_too_many) {
  const NameServer server{"r1.example.net"};
  ReverseNames names{{.most = 2, .servers = server.address()}};
  ASSERT_TRUE(wait_for_name(names, router));
  ASSERT_TRUE(wait_for_name(names, Ipv4Address{192, 0, 2, 2}));
  ASSERT_TRUE(wait_for_name(names, Ipv4Address{192, 0, 2, 3}));
  EXPECT_EQ(names.name_of(router), std::nullopt);
  EXPECT_TRUE(names.name_of(Ipv4Address{192, 0, 2, 3}));
}

}  // namespace
}  // namespace sonda::net::testing
