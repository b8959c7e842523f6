// Golden packets and packets of our own making before two judges that share no code with us.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/wire.hpp>

#include "emitted_packets.hpp"
#include "facts.hpp"
#include "judge.hpp"
#include "vectors.hpp"

namespace sonda::testing {
namespace {

std::vector<EmittedPacket> golden_packets() {
  std::vector<EmittedPacket> packets;
  for_each_vector([&](const Vector& vector) {
    packets.push_back(
        {std::string{vector.shows}, Octets(vector.packet.begin(), vector.packet.end())});
  });
  return packets;
}

std::vector<Octets> octets_of(const std::vector<EmittedPacket>& packets) {
  std::vector<Octets> octets;
  for (const auto& packet : packets) octets.push_back(packet.octets);
  return octets;
}

std::vector<EmittedPacket> golden_frames() {
  std::vector<EmittedPacket> frames;
  for (const auto& vector : frame_vectors)
    frames.push_back(
        {std::string{vector.shows}, Octets(vector.packet.begin(), vector.packet.end())});
  return frames;
}

bool reported_at_times(const std::vector<std::string>& values) {
  return std::ranges::all_of(values, [](const auto& v) { return v.starts_with(if_reported); });
}

// The same fields, and of each as many values: what only one of the two sees is a difference.
void expect_agreement(const Facts& ours, const Facts& judges) {
  for (const auto& field : known_fields()) {
    const auto mine = ours.find(field), theirs = judges.find(field);
    const bool none = mine == ours.end() && theirs == judges.end();
    if (none || (theirs == judges.end() && reported_at_times(mine->second))) continue;
    ASSERT_NE(mine, ours.end()) << "only tshark reports " << field << "="
                                << ::testing::PrintToString(theirs->second);
    ASSERT_NE(theirs, judges.end())
        << "only we report " << field << "=" << ::testing::PrintToString(mine->second);
    ASSERT_EQ(mine->second.size(), theirs->second.size()) << field;
    for (std::size_t i = 0; i < mine->second.size(); ++i) {
      auto value = mine->second[i];
      if (value == any_value) continue;
      if (value.starts_with(if_reported)) value.erase(0, if_reported.size());
      EXPECT_EQ(value, theirs->second[i]) << field << ", occurrence " << i;
    }
  }
}

void expect_tshark_agrees(const std::vector<EmittedPacket>& packets) {
  const CaptureFile capture{octets_of(packets)};
  const auto judged = capture.tshark_facts(known_fields());
  ASSERT_EQ(judged.size(), packets.size());
  for (std::size_t i = 0; i < packets.size(); ++i) {
    SCOPED_TRACE(packets[i].shows);
    expect_agreement(facts_of(packets[i].octets), judged[i]);
  }
}

void expect_tshark_agrees_on_frames(const std::vector<EmittedPacket>& frames) {
  const CaptureFile capture{octets_of(frames), LinkType::ethernet};
  const auto judged = capture.tshark_facts(known_fields());
  ASSERT_EQ(judged.size(), frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    SCOPED_TRACE(frames[i].shows);
    expect_agreement(facts_of_frame(frames[i].octets), judged[i]);
  }
}

void expect_tcpdump_agrees_on_frames(const std::vector<EmittedPacket>& frames) {
  const CaptureFile capture{octets_of(frames), LinkType::ethernet};
  const auto lines = capture.tcpdump_lines();
  ASSERT_EQ(lines.size(), frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i)
    EXPECT_EQ(describe_frame(frames[i].octets).view(), lines[i]) << frames[i].shows;
}

void expect_tcpdump_agrees(const std::vector<EmittedPacket>& packets) {
  const CaptureFile capture{octets_of(packets)};
  const auto lines = capture.tcpdump_lines();
  ASSERT_EQ(lines.size(), packets.size());
  for (std::size_t i = 0; i < packets.size(); ++i)
    EXPECT_EQ(describe(packets[i].octets).view(), lines[i]) << packets[i].shows;
}

TEST(Tshark, agrees_with_every_field_of_the_golden_packets) {
  expect_tshark_agrees(golden_packets());
}

TEST(Tshark, agrees_with_every_field_of_what_we_emit) { expect_tshark_agrees(emitted_packets()); }

TEST(Tcpdump, prints_the_line_that_is_written_beside_each_golden_packet) {
  const auto packets = golden_packets();
  const CaptureFile capture{octets_of(packets)};
  const auto lines = capture.tcpdump_lines();
  ASSERT_EQ(lines.size(), packets.size());
  std::size_t i = 0;
  for_each_vector([&](const Vector& vector) { EXPECT_EQ(vector.line, lines[i++]); });
}

TEST(Tcpdump, agrees_with_describe_on_what_we_emit) { expect_tcpdump_agrees(emitted_packets()); }

TEST(Tshark, agrees_with_every_field_of_frames) {
  expect_tshark_agrees_on_frames(golden_frames());
  expect_tshark_agrees_on_frames(emitted_frames());
}

TEST(Tcpdump, agrees_with_describe_on_frames) {
  const auto frames = golden_frames();
  expect_tcpdump_agrees_on_frames(frames);
  expect_tcpdump_agrees_on_frames(emitted_frames());
  for (const auto& vector : frame_vectors) EXPECT_EQ(describe_frame(vector.packet), vector.line);
  std::vector<EmittedPacket> cuts;
  for (const auto& [shows, octets] : frames)
    for (std::size_t size = 1; size < octets.size(); ++size)
      cuts.push_back({shows + " cut to " + std::to_string(size),
                      Octets(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size))});
  expect_tcpdump_agrees_on_frames(cuts);
}

// DNS is UDP's payload to describe(); what was written is what another reads.
TEST(Tshark, reads_the_dns_responses_that_we_write) {
  const auto dns = dns_responses();
  const CaptureFile capture{octets_of(dns)};
  const std::vector<std::string> fields{
      "dns.id", "dns.flags", "dns.qry.name",        "dns.resp.name", "dns.resp.ttl",
      "dns.a",  "dns.aaaa",  "dns.ptr.domain_name", "dns.cname",     "_ws.malformed"};
  const auto judged = capture.tshark_facts(fields);
  ASSERT_EQ(judged.size(), 3U);
  EXPECT_EQ(judged[0], (Facts{{"dns.id", {"0x1234"}},
                              {"dns.flags", {"0x8500"}},
                              {"dns.qry.name", {"Web.lab"}},
                              {"dns.resp.name", {"Web.lab", "Web.lab"}},
                              {"dns.resp.ttl", {"60", "60"}},
                              {"dns.a", {"192.0.2.1"}},
                              {"dns.aaaa", {"2001:db8::1"}}}));
  EXPECT_EQ(judged[1], (Facts{{"dns.id", {"0x1234"}},
                              {"dns.flags", {"0x8500"}},
                              {"dns.qry.name", {"1.2.0.192.in-addr.arpa"}},
                              {"dns.resp.name", {"1.2.0.192.in-addr.arpa", "r1.lab"}},
                              {"dns.resp.ttl", {"7", "7"}},
                              {"dns.ptr.domain_name", {"r1.lab"}},
                              {"dns.a", {"192.0.2.1"}}}));
  EXPECT_EQ(
      judged[2],
      (Facts{{"dns.id", {"0x1234"}}, {"dns.flags", {"0x8503"}}, {"dns.qry.name", {"Web.lab"}}}));
  const auto lines = capture.tcpdump_lines();
  EXPECT_EQ(
      lines[0],
      "IP 192.0.2.1.53 > 198.51.100.9.41017: 4660*- 2/0/0 A 192.0.2.1, AAAA 2001:db8::1 (69)");
  EXPECT_EQ(lines[1],
            "IP 192.0.2.1.53 > 198.51.100.9.41017: 4660*- 2/0/0 PTR r1.lab., A 192.0.2.1 (82)");
  EXPECT_EQ(lines[2], "IP 192.0.2.1.53 > 198.51.100.9.41017: 4660 NXDomain*- 0/0/0 (25)");
}

// A packet that is cut in the wire's middle is read by both to the same octet.
TEST(Tcpdump, agrees_with_describe_on_every_golden_packet_cut_short) {
  std::vector<EmittedPacket> cuts;
  for_each_vector([&](const Vector& vector) {
    for (std::size_t size = 1; size < vector.packet.size(); ++size)
      cuts.push_back({std::string{vector.shows} + " cut to " + std::to_string(size),
                      Octets(vector.packet.begin(),
                             vector.packet.begin() + static_cast<std::ptrdiff_t>(size))});
  });
  expect_tcpdump_agrees(cuts);
}

// If the comparison could not see a difference, its silence would say nothing.
TEST(Tshark, is_contradicted_by_a_fact_that_we_change) {
  const auto packets = golden_packets();
  const CaptureFile capture{{packets.front().octets}};
  const auto judged = capture.tshark_facts(known_fields());
  ASSERT_EQ(judged.size(), 1U);
  const auto ours = facts_of(packets.front().octets);
  EXPECT_GT(ours.size(), 15U);
  for (const auto& [field, values] : ours) {
    ASSERT_TRUE(judged[0].contains(field)) << field;
    EXPECT_EQ(judged[0].at(field), values) << field;
  }
  auto flipped = packets.front().octets;
  flipped[8] ^= 1;
  const auto changed = facts_of(flipped);
  EXPECT_NE(changed.at("ip.ttl"), judged[0].at("ip.ttl"));
  EXPECT_NE(changed.at("ip.checksum.status"), judged[0].at("ip.checksum.status"));
}

}  // namespace
}  // namespace sonda::testing
