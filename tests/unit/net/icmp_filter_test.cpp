// The filters, run by the kernel on a pair of sockets that carry any octets we like.
#include <array>
#include <sys/socket.h>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/net/descriptor.hpp>
#include <sonda/net/icmp_filter.hpp>

#include "echo_packets.hpp"

namespace sonda::net::testing {
namespace {

using Octets = std::vector<std::uint8_t>;
constexpr Identifier ours{0x51da};
constexpr Identifier theirs{0x51db};

class Filter : public ::testing::Test {
 protected:
  explicit Filter(IpVersion version = IpVersion::v4) : Filter{echo_filter(version, ours)} {}
  explicit Filter(const BpfProgram& program) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    in_ = Descriptor{ends[0]}, out_ = Descriptor{ends[1]};
    EXPECT_TRUE(attach_filter(in_.get(), program));
  }
  [[nodiscard]] bool lets_through(const Octets& packet) const {
    const auto sent = ::send(out_.get(), packet.data(), packet.size(), 0);
    Octets room(70'000);
    const auto got = ::recv(in_.get(), room.data(), room.size(), 0);
    EXPECT_EQ(sent, static_cast<ssize_t>(packet.size()));
    if (got >= 0) {
      EXPECT_EQ(static_cast<std::size_t>(got), packet.size());
    }
    return got >= 0;
  }

 private:
  Descriptor in_, out_;
};

class FilterV6 : public Filter {
 protected:
  FilterV6() : Filter{IpVersion::v6} {}
};

Octets operator+(Octets a, const Octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// An IPv4 header of `words` 32-bit words, its options no-operations.
Octets ipv4(std::uint8_t words, std::uint8_t protocol = 1, std::uint16_t fragment = 0) {
  Octets header(words * std::size_t{4}, 1);
  header[0] = static_cast<std::uint8_t>(0x40 | words);
  store<std::uint16_t>(header, 6, fragment);
  header[9] = protocol;
  return header;
}
Octets icmp(std::uint8_t type, Identifier identifier) {
  Octets message(8);
  message[0] = type;
  store<std::uint16_t>(message, 4, identifier.value());
  return message;
}

TEST_F(Filter, lets_our_echo_replies_through_and_nobody_elses) {
  EXPECT_TRUE(lets_through(ipv4(5) + icmp(0, ours)));
  EXPECT_FALSE(lets_through(ipv4(5) + icmp(0, theirs)));
  EXPECT_FALSE(lets_through(ipv4(5) + icmp(8, ours)));
  EXPECT_FALSE(lets_through(ipv4(5) + icmp(14, ours)));
}

TEST_F(Filter, finds_the_reply_behind_ip_options_of_every_length) {
  for (std::uint8_t words = 5; words <= 15; ++words) {
    EXPECT_TRUE(lets_through(ipv4(words) + icmp(0, ours))) << int{words};
    EXPECT_FALSE(lets_through(ipv4(words) + icmp(0, theirs))) << int{words};
  }
}

TEST_F(Filter, lets_every_kind_of_error_about_our_requests_through) {
  for (int type = 0; type < 256; ++type) {
    const bool error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
    const auto packet =
        ipv4(5) + icmp(static_cast<std::uint8_t>(type), theirs) + ipv4(5) + icmp(8, ours);
    EXPECT_EQ(lets_through(packet), error) << type;
  }
}

TEST_F(Filter, finds_the_quoted_request_behind_options_inside_and_outside) {
  for (std::uint8_t outer = 5; outer <= 15; ++outer)
    for (std::uint8_t inner = 5; inner <= 15; ++inner) {
      EXPECT_TRUE(lets_through(ipv4(outer) + icmp(11, theirs) + ipv4(inner) + icmp(8, ours)));
      EXPECT_FALSE(lets_through(ipv4(outer) + icmp(11, ours) + ipv4(inner) + icmp(8, theirs)));
    }
}

TEST_F(Filter, refuses_errors_about_anything_but_an_echo_request) {
  EXPECT_FALSE(lets_through(ipv4(5) + icmp(3, ours) + ipv4(5) + icmp(0, ours)));
  EXPECT_FALSE(lets_through(ipv4(5) + icmp(3, ours) + ipv4(5, 17) + icmp(8, ours)));
}

TEST_F(Filter, takes_a_quoted_first_fragment_and_no_later_one) {
  constexpr std::uint16_t more = 0x2000;
  EXPECT_TRUE(lets_through(ipv4(5) + icmp(3, ours) + ipv4(5, 1, more) + icmp(8, ours)));
  EXPECT_TRUE(lets_through(ipv4(5) + icmp(3, ours) + ipv4(5, 1, 0x4000) + icmp(8, ours)));
  EXPECT_FALSE(lets_through(ipv4(5) + icmp(3, ours) + ipv4(5, 1, more | 185) + icmp(8, ours)));
}

TEST_F(Filter, refuses_whatever_ends_before_the_identifier) {
  const auto whole = ipv4(5) + icmp(11, theirs) + ipv4(5) + icmp(8, ours);
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const bool enough = size >= whole.size() - 2;  // the sequence number may be missing
    EXPECT_EQ(lets_through(Octets(whole.begin(), whole.begin() + static_cast<long>(size))), enough)
        << size;
  }
}

// An IPv6 header; extension headers follow in `chain`, each told what comes behind it.
Octets ipv6(const std::vector<std::uint8_t>& chain, Octets inner, std::uint8_t protocol = 58,
            std::uint16_t fragment = 0) {
  Octets packet(40);
  packet[0] = 0x60;
  packet[6] = chain.empty() ? protocol : chain[0];
  for (std::size_t i = 0; i < chain.size(); ++i) {
    Octets header(chain[i] == 44 ? 8U : 8U * (i + 1));
    header[0] = i + 1 < chain.size() ? chain[i + 1] : protocol;
    header[1] = chain[i] == 44 ? std::uint8_t{0} : static_cast<std::uint8_t>(i);
    if (chain[i] == 44) store<std::uint16_t>(header, 2, fragment);
    packet = packet + header;
  }
  return packet + inner;
}

TEST_F(FilterV6, lets_our_echo_replies_through_and_nobody_elses) {
  EXPECT_TRUE(lets_through(icmp(129, ours)));
  EXPECT_FALSE(lets_through(icmp(129, theirs)));
  EXPECT_FALSE(lets_through(icmp(128, ours)));
  EXPECT_FALSE(lets_through(icmp(135, ours)));
}

TEST_F(FilterV6, lets_every_kind_of_error_about_our_requests_through) {
  for (int type = 0; type < 256; ++type) {
    const bool error = (type >= 1 && type <= 4) || type == 100 || type == 101 || type == 127;
    const auto packet = icmp(static_cast<std::uint8_t>(type), theirs) + ipv6({}, icmp(128, ours));
    EXPECT_EQ(lets_through(packet), error) << type;
  }
}

TEST_F(FilterV6, walks_over_three_extension_headers_and_no_more) {
  for (const auto& chain : std::vector<Octets>{
           {44}, {0}, {43}, {60}, {0, 44}, {0, 60, 44}, {0, 43, 60}, {60, 60, 60}}) {
    EXPECT_TRUE(lets_through(icmp(3, theirs) + ipv6(chain, icmp(128, ours)))) << chain.size();
    EXPECT_FALSE(lets_through(icmp(3, ours) + ipv6(chain, icmp(128, theirs)))) << chain.size();
  }
  EXPECT_FALSE(lets_through(icmp(3, ours) + ipv6({0, 60, 60, 60}, icmp(128, ours))));
  EXPECT_FALSE(lets_through(icmp(3, ours) + ipv6({51}, icmp(128, ours))));
}

TEST_F(FilterV6, takes_a_quoted_first_fragment_and_no_later_one) {
  EXPECT_TRUE(lets_through(icmp(2, ours) + ipv6({44}, icmp(128, ours), 58, 1)));
  EXPECT_FALSE(lets_through(icmp(2, ours) + ipv6({44}, icmp(128, ours), 58, 8 | 1)));
}

TEST_F(FilterV6, finds_what_a_redirect_quotes_with_and_without_the_link_layer_address) {
  const Octets targets(32);  // behind the reserved word: the target and the destination
  const Octets link_layer{2, 1, 2, 0, 0x5e, 0x10, 0, 1};
  const Octets quotes{4, 7, 0, 0, 0, 0, 0, 0};
  const auto head = icmp(137, theirs) + targets;
  EXPECT_TRUE(lets_through(head + quotes + ipv6({}, icmp(128, ours))));
  EXPECT_TRUE(lets_through(head + link_layer + quotes + ipv6({}, icmp(128, ours))));
  EXPECT_FALSE(lets_through(head + link_layer + quotes + ipv6({}, icmp(128, theirs))));
  EXPECT_FALSE(lets_through(head + link_layer));
}

TEST_F(FilterV6, refuses_whatever_ends_before_the_identifier) {
  const auto whole = icmp(1, theirs) + ipv6({44}, icmp(128, ours));
  for (std::size_t size = 1; size < whole.size(); ++size)
    EXPECT_EQ(lets_through(Octets(whole.begin(), whole.begin() + static_cast<long>(size))),
              size >= whole.size() - 2)
        << size;
}

constexpr Port our_port{0x51da}, their_port{0x51db};

// The first eight octets of a segment: all of it that an error must quote.
Octets segment(Port from, Port to) {
  Octets octets(8);
  store<std::uint16_t>(octets, 0, from.value());
  store<std::uint16_t>(octets, 2, to.value());
  return octets;
}

struct Segments : Filter {
  Segments() : Filter{segment_filter(IpVersion::v4, our_port)} {}
};
struct SegmentsV6 : Filter {
  SegmentsV6() : Filter{segment_filter(IpVersion::v6, our_port)} {}
};
struct SegmentErrors : Filter {
  SegmentErrors() : Filter{segment_error_filter(IpVersion::v4, our_port)} {}
};
struct SegmentErrorsV6 : Filter {
  SegmentErrorsV6() : Filter{segment_error_filter(IpVersion::v6, our_port)} {}
};

TEST_F(Segments, lets_what_comes_to_our_port_through_behind_options_of_every_length) {
  for (std::uint8_t words = 5; words <= 15; ++words) {
    EXPECT_TRUE(lets_through(ipv4(words, 6) + segment(their_port, our_port))) << int{words};
    EXPECT_FALSE(lets_through(ipv4(words, 6) + segment(our_port, their_port))) << int{words};
  }
  EXPECT_FALSE(lets_through(ipv4(5, 6, 185) + segment(their_port, our_port)));
}

TEST_F(SegmentsV6, lets_what_comes_to_our_port_through) {
  EXPECT_TRUE(lets_through(segment(their_port, our_port)));
  EXPECT_FALSE(lets_through(segment(our_port, their_port)));
}

TEST_F(SegmentErrors, lets_errors_about_our_segments_through_however_short) {
  for (int type = 0; type < 256; ++type) {
    const bool error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
    const auto message = ipv4(5) + icmp(static_cast<std::uint8_t>(type), theirs);
    EXPECT_EQ(lets_through(message + ipv4(5, 6) + segment(our_port, their_port)), error) << type;
    EXPECT_FALSE(lets_through(message + ipv4(5, 6) + segment(their_port, our_port))) << type;
    EXPECT_FALSE(lets_through(message + ipv4(5, 17) + segment(our_port, their_port))) << type;
  }
  EXPECT_TRUE(lets_through(ipv4(7) + icmp(3, theirs) + ipv4(9, 6) + segment(our_port, their_port)));
  EXPECT_TRUE(lets_through(ipv4(5) + icmp(3, theirs) + ipv4(5, 6) + Octets{0x51, 0xda}));
  EXPECT_FALSE(lets_through(ipv4(5) + icmp(3, theirs) + ipv4(5, 6) + Octets{0x51}));
  EXPECT_FALSE(
      lets_through(ipv4(5) + icmp(3, theirs) + ipv4(5, 6, 185) + segment(our_port, their_port)));
}

TEST_F(SegmentErrorsV6, lets_errors_about_our_segments_through_behind_extension_headers) {
  for (const auto& chain : std::vector<std::vector<std::uint8_t>>{{}, {0}, {44}, {0, 43}, {60}}) {
    EXPECT_TRUE(lets_through(icmp(1, theirs) + ipv6(chain, segment(our_port, their_port), 6)));
    EXPECT_FALSE(lets_through(icmp(1, theirs) + ipv6(chain, segment(their_port, our_port), 6)));
    EXPECT_FALSE(lets_through(icmp(1, theirs) + ipv6(chain, segment(our_port, their_port), 17)));
  }
}

}  // namespace
}  // namespace sonda::net::testing
