// Run inside the menu lab: every row of the ICMP catalogue against real sockets of this kernel.
//
// Each row is asked of TCP that connects, TCP that is connected, connected and unconnected UDP, raw
// and datagram ICMP sockets, each with and without IP_RECVERR. What a call returns and what lies in
// the error queue must be what the catalogue says; where this kernel does otherwise, the row is
// named with both.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "matrix_menu.hpp"
#include "matrix_socket.hpp"

namespace sonda::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto an_answer_takes = 300ms;
// An error that comes while the call that provoked it still owns the socket counts for nothing, and
// comes again with TCP's first repetition, after a second.
constexpr auto an_answer_takes_at_most = 4s;
constexpr std::uint16_t some_port = 7'777;
constexpr int syn_sent = 2, established = 1;

class ErrnoMatrix : public ::testing::TestWithParam<bool> {
 protected:
  [[nodiscard]] static bool with_recverr() { return GetParam(); }
  [[nodiscard]] static std::string how(const std::string& call) {
    return call + (with_recverr() ? " with IP_RECVERR" : "");
  }
  // For each entry of the menu a socket.
  [[nodiscard]] std::vector<Socket> sockets(int type, int protocol_v4 = 0,
                                            int protocol_v6 = 0) const {
    std::vector<Socket> out;
    for (const auto& entry : entries_) {
      out.emplace_back(entry.v4(), type, entry.v4() ? protocol_v4 : protocol_v6);
      if (with_recverr()) out.back().hear_errors();
    }
    return out;
  }
  // Until all that should hear of an error have, and some time longer for the others.
  template <typename Expects, typename Heard>
  void await(const std::vector<Socket>& sockets, const Expects& expects, const Heard& heard) const {
    const auto at_most = Clock::now() + an_answer_takes_at_most;
    for (std::size_t i = 0; i < sockets.size() && Clock::now() < at_most;)
      if (!expects(entries_[i]) || heard(sockets[i]))
        ++i;
      else
        std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(an_answer_takes);
  }
  template <typename Expects>
  void await(const std::vector<Socket>& sockets, const Expects& expects) const {
    await(sockets, expects, [](const Socket& socket) { return socket.has_error(); });
  }

  // The next call gets `pending`, the one behind it nothing.
  static void expect_once(Differences& differences, const Entry& entry, const Socket& socket,
                          const std::string& call, int pending, bool queued) {
    differences.expect_errno(entry, how("recv() on " + call), socket.receive(), pending);
    differences.expect_queued(entry, how(call), socket.queued(), queued);
    differences.expect_errno(entry, how("the call after it on " + call), socket.receive(), 0);
  }

  std::vector<Entry> entries_ = menu();
};
INSTANTIATE_TEST_SUITE_P(Recverr, ErrnoMatrix, ::testing::Values(false, true),
                         [](const auto& run) { return run.param ? "with" : "without"; });

// As large as it takes to be told of the menu's MTU of 1,280.
std::vector<std::uint8_t> datagram(const Entry& entry) {
  constexpr std::size_t small = 16, large = 1'400;
  return std::vector<std::uint8_t>(entry.only_for_large() ? large : small);
}

std::vector<std::uint8_t> echo_request(const Entry& entry) {
  auto message = datagram(entry);
  message[0] = entry.v4() ? 8 : 128;  // the kernel fills in identifier and checksum
  return message;
}

TEST_P(ErrnoMatrix, of_a_tcp_connect) {
  const auto sockets = this->sockets(SOCK_STREAM);
  for (std::size_t i = 0; i < entries_.size(); ++i)
    EXPECT_EQ(sockets[i].connect(entries_[i].target(), some_port), EINPROGRESS)
        << entries_[i].text();
  await(sockets, [](const Entry& e) { return e.row->connect_errno != 0; });
  Differences differences;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto& entry = entries_[i];
    const int state = sockets[i].tcp_state();
    if (entry.only_for_large() || !entry.is_told()) {  // a SYN is small: the connection is there
      differences.expect(entry, how("connect()'s state"), std::to_string(state),
                         std::to_string(established));
      continue;
    }
    differences.expect_errno(entry, how("connect()"), sockets[i].so_error(),
                             entry.row->connect_errno);
    if (entry.row->connect_errno == 0)
      differences.expect(entry, how("connect()'s state"), std::to_string(state),
                         std::to_string(syn_sent));
    // Since Linux 5.8 IPv4 queues it whether asked to or not; IPv6 only where asked. The MTU of a
    // path is TCP's own affair.
    const bool queued =
        entry.row->queued && entry.row->connect_errno != 0 && (with_recverr() || entry.v4());
    differences.expect_queued(entry, how("connect()"), sockets[i].queued(), queued);
  }
}

// A connection survives every error. With IP_RECVERR the next call hears of it; without, nobody
// does who does not ask for SO_ERROR.
TEST_P(ErrnoMatrix, of_an_established_tcp_connection) {
  const auto connected = [](const Socket& socket) { return socket.tcp_state() == established; };
  constexpr int only_after_a_connection = 11;
  const auto sockets = this->sockets(SOCK_STREAM);
  for (std::size_t i = 0; i < entries_.size(); ++i)
    EXPECT_EQ(sockets[i].connect(entries_[i].target(only_after_a_connection), some_port),
              EINPROGRESS);
  await(sockets, [](const Entry&) { return true; }, connected);
  const std::vector<std::uint8_t> request{'h', 'i'};
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    ASSERT_TRUE(connected(sockets[i])) << entries_[i].text();
    EXPECT_EQ(sockets[i].receive(), 0);  // the menu's greeting
    EXPECT_EQ(sockets[i].send(request), 0) << entries_[i].text();
  }
  const auto expects = [](const Entry& e) { return e.row->connect_errno != 0; };
  Differences differences;
  if (with_recverr()) {
    await(sockets, expects);
    for (std::size_t i = 0; i < entries_.size(); ++i)
      differences.expect_errno(entries_[i], how("send() when established"),
                               sockets[i].send(request), entries_[i].row->connect_errno);
  } else {
    std::vector<int> errors(sockets.size());
    await(sockets, expects, [&](const Socket& socket) {
      auto& error = errors[static_cast<std::size_t>(&socket - sockets.data())];
      if (error == 0) error = socket.so_error();  // reading clears it
      return error != 0;
    });
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (errors[i] == 0) errors[i] = sockets[i].so_error();
      differences.expect_errno(entries_[i], "SO_ERROR when established", errors[i],
                               entries_[i].row->connect_errno);
      differences.expect_errno(entries_[i], "send() when established", sockets[i].send(request), 0);
    }
  }
  for (std::size_t i = 0; i < entries_.size(); ++i)
    differences.expect(entries_[i], how("the state when established"),
                       std::to_string(sockets[i].tcp_state()), std::to_string(established));
}

TEST_P(ErrnoMatrix, of_connected_udp) {
  const auto sockets = this->sockets(SOCK_DGRAM);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    EXPECT_EQ(sockets[i].connect(entries_[i].target(), some_port), 0) << entries_[i].text();
    EXPECT_EQ(sockets[i].send(datagram(entries_[i])), 0) << entries_[i].text();
  }
  const auto pending = [](const Entry& entry) {
    if (!with_recverr()) return entry.row->udp_errno;
    return entry.row->queued ? entry.row->recverr_errno : 0;
  };
  await(sockets, [&](const Entry& entry) { return pending(entry) != 0; });
  Differences differences;
  for (std::size_t i = 0; i < entries_.size(); ++i)
    expect_once(differences, entries_[i], sockets[i], "connected UDP", pending(entries_[i]),
                with_recverr() && entries_[i].row->queued);
}

TEST_P(ErrnoMatrix, of_unconnected_udp) {
  const auto sockets = this->sockets(SOCK_DGRAM);
  for (std::size_t i = 0; i < entries_.size(); ++i)
    EXPECT_EQ(sockets[i].send_to(entries_[i].target(), some_port, datagram(entries_[i])), 0)
        << entries_[i].text();
  const auto told = [](const Entry& entry) { return with_recverr() && entry.row->queued; };
  await(sockets, told);
  Differences differences;
  for (std::size_t i = 0; i < entries_.size(); ++i)
    expect_once(differences, entries_[i], sockets[i], "unconnected UDP",
                told(entries_[i]) ? entries_[i].row->recverr_errno : 0, told(entries_[i]));
}

// What a connected raw or datagram ICMP socket hears without IP_RECVERR: as UDP, but IPv6's "packet
// too big" only where it forbids fragmentation.
int unasked_errno(const Entry& entry) {
  return !entry.v4() && entry.row->field == IcmpField::mtu ? 0 : entry.row->udp_errno;
}

// Connected, as one that is not hears what others of its protocol provoke.
TEST_P(ErrnoMatrix, of_raw_sockets) {
  constexpr int for_experiments = 253;
  const auto sockets = this->sockets(SOCK_RAW, for_experiments, for_experiments);
  for (std::size_t i = 0; i < entries_.size(); ++i)
    EXPECT_EQ(sockets[i].connect(entries_[i].target(), 0), 0) << entries_[i].text();
  for (std::size_t i = 0; i < entries_.size(); ++i)
    EXPECT_EQ(sockets[i].send(datagram(entries_[i])), 0) << entries_[i].text();
  const auto pending = [](const Entry& entry) {
    if (!with_recverr()) return unasked_errno(entry);
    return entry.row->queued ? entry.row->recverr_errno : 0;
  };
  await(sockets, [&](const Entry& entry) { return pending(entry) != 0; });
  Differences differences;
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (entries_[i].is_told())  // what works has no such protocol, and says so
      expect_once(differences, entries_[i], sockets[i], "a raw socket", pending(entries_[i]),
                  with_recverr() && entries_[i].row->queued);
}

TEST_P(ErrnoMatrix, of_datagram_icmp_sockets) {
  const auto sockets = this->sockets(SOCK_DGRAM, IPPROTO_ICMP, IPPROTO_ICMPV6);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    EXPECT_EQ(sockets[i].connect(entries_[i].target(), 0), 0) << entries_[i].text();
    EXPECT_EQ(sockets[i].send(echo_request(entries_[i])), 0) << entries_[i].text();
  }
  const auto pending = [](const Entry& entry) {
    if (!with_recverr()) return unasked_errno(entry);
    return entry.row->queued_for_ping ? entry.row->recverr_errno : 0;
  };
  await(sockets, [&](const Entry& entry) { return pending(entry) != 0; });
  Differences differences;
  for (std::size_t i = 0; i < entries_.size(); ++i)
    expect_once(differences, entries_[i], sockets[i], "a datagram ICMP socket",
                pending(entries_[i]), with_recverr() && entries_[i].row->queued_for_ping);
}

}  // namespace
}  // namespace sonda::testing
