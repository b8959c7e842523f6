// Reading, matching and writing packets takes nothing from the heap.
#include "allocations.hpp"

#include <new>

#include <gtest/gtest.h>

#include <sonda/probe/echo_identity.hpp>
#include <sonda/wire.hpp>
#include <sonda/wire/describe.hpp>
#include <sonda/wire/quotation_changes.hpp>

#include "packets.hpp"

namespace sonda::bench {
namespace {

template <typename Work>
std::uint64_t allocations_of(Work work) {
  const auto before = allocations();
  work();
  return allocations() - before;
}

TEST(Allocations, are_counted) {
  // A call, not an expression with `new`, which a compiler may leave out.
  EXPECT_EQ(allocations_of([] { ::operator delete(::operator new(8)); }), 1U);
}

TEST(Allocations, are_none_when_a_frame_is_parsed) {
  const auto frame = tcp_frame();
  EXPECT_EQ(allocations_of([&] {
              const auto ethernet = EthernetView::parse(Bytes{frame});
              const auto ip = Ipv4View::parse(ethernet->payload());
              const auto tcp = TcpView::parse(ip->payload());
              EXPECT_TRUE(ip->checksum_ok() && tcp->checksum_ok(ip->source(), ip->destination()));
              std::size_t options = 0;
              for (const auto option : tcp->options()) options += option.octets().size();
              EXPECT_EQ(options, 12U);
              EXPECT_EQ(tcp->payload().size(), 730U);
            }),
            0U);
}

TEST(Allocations, are_none_when_octets_are_refused) {
  const auto frame = tcp_frame();
  EXPECT_EQ(allocations_of([&] {
              for (std::size_t size = 0; size < 34; ++size)
                EXPECT_FALSE(Ipv4View::parse(Bytes{frame}.subspan(14).first(size)));
            }),
            0U);
}

TEST(Allocations, are_none_when_an_error_is_matched_with_its_probe) {
  const auto sent = echo_request();
  const auto message = time_exceeded();
  EXPECT_EQ(allocations_of([&] {
              const auto quotation = Quotation::parse(Bytes{message}, IpVersion::v4);
              EXPECT_EQ(quotation->sequence(), Sequence{9});
              const auto changes = compare(Bytes{sent}, *quotation);
              EXPECT_TRUE(changes && changes->find(QuotedField::ttl) != nullptr);
              const EchoIdentity identity{{1, 2}, server};
              EXPECT_NE(identity.tag(ProbeId{8}), identity.tag(ProbeId{9}));
              EXPECT_NE(find_icmp(IpVersion::v4, 11, 0), nullptr);
            }),
            0U);
}

TEST(Allocations, are_none_when_packets_are_written) {
  EXPECT_EQ(allocations_of([] {
              EXPECT_EQ(echo_request().size(), 84U);
              EXPECT_EQ(time_exceeded().size(), 92U);
              EXPECT_EQ(tcp_frame().size(), 796U);
            }),
            0U);
}

TEST(Allocations, are_none_when_a_packet_is_described_or_an_address_is_read) {
  const auto packet = echo_request();
  EXPECT_EQ(allocations_of([&] {
              EXPECT_TRUE(describe(Bytes{packet}).view().starts_with("IP 192.0.2.1 > "));
              EXPECT_EQ(to_text(*Address::parse("2001:DB8::0%eth0")).view(), "2001:db8::%eth0");
              EXPECT_EQ(Prefix::parse("10.0.0.0/8")->size(), 1U << 24);
            }),
            0U);
}

}  // namespace
}  // namespace sonda::bench
