// tshark's lines, made up, against frames.
#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/verify/second_judge.hpp>
#include <sonda/wire/icmp_echo.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/tcp.hpp>

namespace sonda::verify::test {
namespace {

using testing::HasSubstr;

// 192.0.2.2 asks 203.0.113.9, identifier 7, sequence 1.
struct Packet {
  std::array<std::uint8_t, 36> octets{};
  Packet() {
    const Echo echo{.identifier = Identifier{7}, .sequence = Sequence{1}};
    const Ipv4Header header{.protocol = Protocol::icmp,
                            .source = Ipv4Address{192, 0, 2, 2},
                            .destination = Ipv4Address{203, 0, 113, 9}};
    header.emit(octets, 8);
    echo.emit(MutableBytes{octets}.subspan(20, 8));
  }
  [[nodiscard]] capture::NetworkLayer layer() const {
    return {.protocol = capture::NetworkProtocol::ipv4, .octets = Bytes{octets}.first(28)};
  }
};

// number, addresses, ICMP, its checksum, IP's, malformed
std::string line(const std::string& source = "192.0.2.2", const std::string& type = "8",
                 const std::string& sequence = "1", const std::string& status = "1",
                 const std::string& malformed = "") {
  return "3\t" + source + "\t203.0.113.9\t\t\t" + type + "\t0\t7\t" + sequence + "\t" + status +
         "\t\t\t\t\t\t1\t\t\t\t\t\t\t\t" + malformed;
}

Report compared(const std::string& theirs, const capture::NetworkLayer& ours) {
  SecondJudge judge;
  judge.compare(3, ours, false, theirs);
  Report report{.verdict = Verdict::holds};
  judge.finish(report);
  return report;
}

TEST(SecondJudge, agrees_where_both_read_the_same) {
  const Packet packet;
  const auto report = compared(line(), packet.layer());
  EXPECT_EQ(report.verdict, Verdict::holds);
  EXPECT_EQ(report.claims.at(Claim::judge).holds, 1U);
}

TEST(SecondJudge, reads_the_ports_numbers_and_control_bits_of_a_segment) {
  std::array<std::uint8_t, 40> octets{};
  const Ipv4Address from{192, 0, 2, 2}, to{203, 0, 113, 9};
  const TcpHeader segment{.source_port = Port{40'000},
                          .destination_port = Port{22},
                          .sequence = TcpSequence{7},
                          .flags = TcpFlags::syn};
  segment.emit(MutableBytes{octets}.subspan(20), Address{from}, Address{to});
  Ipv4Header{.protocol = Protocol::tcp, .source = from, .destination = to}.emit(octets, 20);
  const capture::NetworkLayer layer{.protocol = capture::NetworkProtocol::ipv4, .octets = octets};
  const auto line = [](const std::string& port, const std::string& flags) {
    return "3\t192.0.2.2\t203.0.113.9" + std::string(13, '\t') + "1\t\t1\t40000\t" + port +
           "\t7\t0\t" + flags + "\t";
  };
  EXPECT_EQ(compared(line("22", "0x0002"), layer).verdict, Verdict::holds);
  for (const auto& wrong : {line("23", "0x0002"), line("22", "0x0012"), line("22", "")}) {
    const auto report = compared(wrong, layer);
    EXPECT_EQ(report.verdict, Verdict::contradicted);
    EXPECT_EQ(report.findings.at(0).fault, "tshark_disagrees");
  }
}

TEST(SecondJudge, is_heard_although_others_have_a_thousand_doubts) {
  const Packet packet;
  SecondJudge judge;
  judge.compare(3, packet.layer(), false, line("192.0.2.3"));
  Report report{.verdict = Verdict::inconclusive};
  report.findings.assign(Report::most_findings,
                         {.claim = Claim::silence, .verdict = Verdict::inconclusive});
  judge.finish(report);
  EXPECT_EQ(report.findings.size(), Report::most_findings);
  EXPECT_EQ(report.findings.back().fault, "tshark_disagrees");
  EXPECT_EQ(report.more_findings, 1U);
}

TEST(SecondJudge, names_each_field_that_is_read_otherwise) {
  const Packet packet;
  for (const auto& [theirs, words] :
       {std::pair{line("192.0.2.3"), "ip.src: tshark reads 192.0.2.3, we read 192.0.2.2"},
        std::pair{line("192.0.2.2", "0"), "icmp.type: tshark reads 0, we read 8"},
        std::pair{line("192.0.2.2", ""), "icmp.type: tshark reads nothing, we read 8"},
        std::pair{line("192.0.2.2", "8", "2"), "icmp.seq: tshark reads 2, we read 1"},
        std::pair{line("192.0.2.2", "8", "1", "0"),
                  "tshark reads a wrong one, we read a right one"},
        std::pair{line("192.0.2.2", "8", "1", "1", "yes"), "_ws.malformed"}}) {
    const auto report = compared(theirs, packet.layer());
    EXPECT_EQ(report.verdict, Verdict::contradicted) << theirs;
    ASSERT_EQ(report.findings.size(), 1U);
    EXPECT_EQ(report.findings[0].fault, "tshark_disagrees");
    EXPECT_THAT(report.findings[0].sentence, HasSubstr(words));
  }
}

TEST(SecondJudge, finds_a_checksum_that_only_we_call_right) {
  Packet packet;
  packet.octets[22] ^= 1;
  EXPECT_EQ(compared(line(), packet.layer()).verdict, Verdict::contradicted);
  EXPECT_EQ(compared(line("192.0.2.2", "8", "1", "0"), packet.layer()).verdict, Verdict::holds);
  EXPECT_EQ(compared(line("192.0.2.2", "8", "1", "2"), packet.layer()).verdict, Verdict::holds)
      << "what tshark does not judge is no contradiction";
}

TEST(SecondJudge, is_no_judge_where_its_lines_are_of_other_frames) {
  const Packet packet;
  for (const auto& theirs : {std::string{"4"}, std::string{}, "5" + line().substr(1)}) {
    const auto report = compared(theirs, packet.layer());
    EXPECT_EQ(report.verdict, Verdict::inconclusive) << theirs;
    EXPECT_EQ(report.findings.at(0).fault, "tshark_not_understood");
  }
}

TEST(SecondJudge, is_asked_for_as_many_fields_as_it_reads) {
  const auto asked = line();
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(asked, '\t')) + 1,
            SecondJudge::fields().size());
}

}  // namespace
}  // namespace sonda::verify::test
