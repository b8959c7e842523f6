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
