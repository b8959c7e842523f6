// What a simulated host answers, header by header, and what it leaves unanswered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/host.hpp>
#include <sonda/sim/pieces.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/quotation.hpp>
#include <sonda/wire/tcp.hpp>
#include <sonda/wire/udp.hpp>

#include "recording_outbox.hpp"

namespace sonda::sim {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

struct HostOf : testing::TestWithParam<Ends> {
  RecordingOutbox out{};
  Host host{{.addresses = {GetParam().to}}};

  [[nodiscard]] bool is_v4() const { return GetParam().to.is_v4(); }
  void deliver(const Octets& octets) { host.on_packet({Instant{1s}, Side{2}, octets}, out); }
  // The ICMP type and code of the only answer; its checksums are right.
  std::pair<int, int> answer() {
    EXPECT_THAT(out.sent, SizeIs(1));
    const auto ip = IpPacket::read(out.sent.at(0).octets);
    EXPECT_TRUE(ip);
    EXPECT_EQ(ip->source, GetParam().to);
    EXPECT_EQ(ip->destination, GetParam().from);
    const auto message = ip->payload();
    EXPECT_TRUE(
        is_v4() ? Icmpv4View::parse(message)->checksum_ok()
                : Icmpv6View::parse(message)->checksum_ok(ip->source.v6(), ip->destination.v6()));
    return {message[0], message[1]};
  }
  Octets datagram(Protocol protocol, std::size_t size) {
    const Envelope envelope{.from = GetParam().from, .to = GetParam().to, .protocol = protocol};
    return envelope.packet(size);
  }
};
INSTANTIATE_TEST_SUITE_P(Versions, HostOf, testing::Values(v4, v6),
                         [](const auto& run) { return run.param.to.is_v4() ? "v4" : "v6"; });

TEST_P(HostOf, an_echo_comes_back_whole_by_the_way_it_came) {
  const auto request = echo_request(GetParam());
  deliver(request);
  EXPECT_EQ(answer(), (std::pair{is_v4() ? 0 : 129, 0}));
  EXPECT_EQ(out.sent[0].side, Side{2});
  EXPECT_EQ(out.sent[0].wait, 0ms);
  const auto reply = IpPacket::read(out.sent[0].octets);
  EXPECT_EQ(reply->ttl, Ttl{64});
  EXPECT_EQ(reply->traffic_class, TrafficClass{0x28});
  const auto asked = IpPacket::read(request);
  EXPECT_TRUE(std::ranges::equal(reply->payload().subspan(4), asked->payload().subspan(4)));
  EXPECT_EQ(host.asked(), 1U);
}

TEST_P(HostOf, a_damaged_request_is_not_answered) {
  const auto whole = echo_request(GetParam());
  const std::size_t header = is_v4() ? 20 : 40;
  for (std::size_t bit = header * 8; bit < whole.size() * 8; ++bit) {
    auto request = whole;
    request[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    deliver(request);
  }
  EXPECT_THAT(out.sent, IsEmpty());
  EXPECT_EQ(host.asked(), 0U);
}

TEST_P(HostOf, a_request_cut_anywhere_is_not_answered) {
  const auto whole = echo_request(GetParam());
  for (std::size_t size = 0; size < whole.size(); ++size)
    deliver(Octets(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
  EXPECT_THAT(out.sent, IsEmpty());
}

TEST_P(HostOf, what_is_for_another_address_is_not_answered) {
  Ends elsewhere = GetParam();
  elsewhere.to = is_v4() ? Address{Ipv4Address{198, 51, 100, 11}} : *Address::parse("2001:db8::11");
  deliver(echo_request(elsewhere));
  EXPECT_THAT(out.sent, IsEmpty());
}

TEST_P(HostOf, its_own_answer_and_an_error_ask_nothing) {
  deliver(echo_request(GetParam()));
  auto reply = out.sent.at(0).octets;
  Host asker{{.addresses = {GetParam().from}}};
  RecordingOutbox none;
  asker.on_packet({Instant{}, Side{}, reply}, none);
  Random random{1};
  const auto error = icmp_error({.type = std::uint8_t(is_v4() ? 3 : 1), .code = 1}, GetParam().to,
                                echo_request(GetParam()), random);
  asker.on_packet({Instant{}, Side{}, error}, none);
  EXPECT_THAT(none.sent, IsEmpty());
}

TEST_P(HostOf, a_closed_udp_port_is_refused_with_the_datagram_quoted) {
  auto packet = datagram(Protocol::udp, 12);
  const std::size_t header = is_v4() ? 20 : 40;
  UdpHeader{.source_port = Port{4'000}, .destination_port = Port{53}}.emit(
      MutableBytes{packet}.subspan(header), GetParam().from, GetParam().to);
  deliver(packet);
  EXPECT_EQ(answer(), is_v4() ? std::pair(3, 3) : std::pair(1, 4));
  const auto message = IpPacket::read(out.sent[0].octets)->payload();
  const auto quotation = Quotation::parse(message, is_v4() ? IpVersion::v4 : IpVersion::v6);
  EXPECT_EQ(quotation->destination_port(), Port{53});
  EXPECT_EQ(quotation->quoted_octets(), packet.size());
}

TEST_P(HostOf, a_udp_datagram_with_a_wrong_checksum_is_dropped) {
  auto packet = datagram(Protocol::udp, 12);
  const std::size_t header = is_v4() ? 20 : 40;
  UdpHeader{.source_port = Port{4'000}, .destination_port = Port{53}}.emit(
      MutableBytes{packet}.subspan(header), GetParam().from, GetParam().to);
  packet.back() ^= 1;
  deliver(packet);
  EXPECT_THAT(out.sent, IsEmpty());
}

TEST_P(HostOf, a_closed_tcp_port_answers_a_syn_with_a_reset_that_acknowledges_it) {
  auto packet = datagram(Protocol::tcp, 20);
  const std::size_t header = is_v4() ? 20 : 40;
  TcpHeader{.source_port = Port{4'000},
            .destination_port = Port{80},
            .sequence = TcpSequence{0xffff'ffffU},
            .flags = TcpFlags::syn}
      .emit(MutableBytes{packet}.subspan(header), GetParam().from, GetParam().to);
  deliver(packet);
  ASSERT_THAT(out.sent, SizeIs(1));
  const auto ip = IpPacket::read(out.sent[0].octets);
  const auto reset = TcpView::parse(ip->payload());
  ASSERT_TRUE(reset);
  EXPECT_TRUE(reset->checksum_ok(ip->source, ip->destination));
  EXPECT_EQ(reset->flags(), TcpFlags::rst | TcpFlags::ack);
  EXPECT_EQ(reset->source_port(), Port{80});
  EXPECT_EQ(reset->acknowledgement(), TcpSequence{0U}) << "one more than the SYN's, modulo 2^32";
  deliver(out.sent[0].octets);
  EXPECT_THAT(out.sent, SizeIs(1)) << "a reset is never answered";
}

TEST_P(HostOf, an_unknown_protocol_is_refused) {
  deliver(datagram(Protocol::experimental_1, 8));
  EXPECT_EQ(answer(), is_v4() ? std::pair(3, 2) : std::pair(4, 1));
  if (!is_v4()) {
    const auto message = IpPacket::read(out.sent[0].octets)->payload();
    EXPECT_EQ(Icmpv6View::parse(message)->pointer(), 6U) << "the next header field";
  }
}

TEST_P(HostOf, a_fragmented_request_gets_a_fragmented_reply) {
  const auto request = echo_request(GetParam(), 4'000, Ttl{64}, false);
  for (const auto& piece : pieces(request, Mtu{1'500}, 3)) deliver(piece);
  EXPECT_THAT(out.sent, SizeIs(3));
  EXPECT_THAT(out.wakes, SizeIs(1)) << "it waits for the missing pieces, and once is enough";
}

TEST_P(HostOf, a_packet_that_stays_incomplete_is_told_of_after_thirty_seconds) {
  const auto parts = pieces(echo_request(GetParam(), 4'000, Ttl{64}, false), Mtu{1'500}, 3);
  deliver(parts[0]);
  host.on_time(Instant{30s}, out);
  EXPECT_THAT(out.sent, IsEmpty());
  host.on_time(Instant{31s}, out);
  EXPECT_EQ(answer(), is_v4() ? std::pair(11, 1) : std::pair(3, 1));
}

TEST_P(HostOf, a_schedule_tells_probe_from_probe) {
  host = Host{{.addresses = {GetParam().to},
               .schedule = in_turn({Manner{.answering = Answering::silence},
                                    Manner{.delay = 7ms, .copies = 2, .between_copies = 1ms}})}};
  for (int i = 0; i < 4; ++i) deliver(echo_request(GetParam()));
  ASSERT_THAT(out.sent, SizeIs(4));
  EXPECT_EQ(out.sent[0].wait, 7ms);
  EXPECT_EQ(out.sent[1].wait, 8ms);
  EXPECT_EQ(host.asked(), 4U);
}

TEST_P(HostOf, only_one_probe_is_special) {
  host = Host{
      {.addresses = {GetParam().to}, .schedule = only(1, Manner{.answering = Answering::silence})}};
  for (int i = 0; i < 3; ++i) deliver(echo_request(GetParam()));
  EXPECT_THAT(out.sent, SizeIs(2));
}

// RFC 792 page 16: three times in milliseconds since midnight; ours come from the network's clock.
TEST(HostV4, a_timestamp_request_is_answered_with_the_time_of_day) {
  RecordingOutbox out;
  Host host{{.addresses = {v4.to}}};
  const Envelope envelope{.from = v4.from, .to = v4.to, .protocol = Protocol::icmp};
  auto packet = envelope.packet(20);
  const auto message = MutableBytes{packet}.subspan(20);
  message[0] = 13;
  store(message, 4, std::uint32_t{0x1234'0007});
  store(message, 8, std::uint32_t{1'000});
  store(message, 2, Checksum{}.add(message).finish());
  host.on_packet({Instant{24h + 5ms}, Side{}, packet}, out);
  ASSERT_THAT(out.sent, SizeIs(1));
  const auto reply = IpPacket::read(out.sent[0].octets)->payload();
  EXPECT_EQ(reply[0], 14);
  EXPECT_TRUE(Icmpv4View::parse(reply)->checksum_ok());
  EXPECT_EQ(load<std::uint32_t>(reply, 4), 0x1234'0007U);
  EXPECT_EQ(load<std::uint32_t>(reply, 8), 1'000U);
  EXPECT_EQ(load<std::uint32_t>(reply, 12), 5U);
  EXPECT_EQ(load<std::uint32_t>(reply, 16), 5U);
}

}  // namespace
}  // namespace sonda::sim
