// Lies planted in captures of captures/, each of which has to be caught and named.
#include <algorithm>
#include <filesystem>
#include <limits>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/verify/verdict_text.hpp>

#include "lab_capture.hpp"

namespace sonda::testing {
namespace {

namespace fs = std::filesystem;
using verify::Verdict;

std::vector<std::string> situations() {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator{SONDA_CAPTURES})
    if (fs::exists(entry.path() / "topology.toml")) out.push_back(entry.path().filename());
  std::ranges::sort(out);
  return out;
}

TEST(LabClaims, hold_in_every_situation) {
  std::size_t frames = 0;
  for (const auto& situation : situations()) {
    const auto capture = LabCapture::load(situation);
    const auto report = judged(capture);
    EXPECT_EQ(report.verdict, Verdict::holds)
        << situation << '\n'
        << verify::to_text(report, {.capture = situation, .verbose = true});
    EXPECT_EQ(report.frames_of_the_run, capture.frames.size());
    frames += capture.frames.size();
  }
  EXPECT_GT(frames, 800U);
}

TEST(LabClaims, survive_whatever_a_file_says) {
  std::mt19937_64 random{20'260'301};
  const auto whole = LabCapture::load("nat");
  const auto other = LabCapture::load("redirect");
  for (int round = 0; round < 1'500; ++round) {
    auto capture = round % 2 == 0 ? whole : other;
    for (int lie = 0; lie < 4; ++lie) {
      auto& frame = capture.frames[random() % capture.frames.size()];
      switch (random() % 5) {
        case 0:
          frame.octets[random() % frame.octets.size()] ^= static_cast<std::uint8_t>(random());
          break;
        case 1:
          frame.octets.resize(random() % (frame.octets.size() + 1) + 1);
          break;
        case 2: {
          auto& comment = frame.seen.comments[random() % frame.seen.comments.size()];
          if (!comment.empty()) comment[random() % comment.size()] = static_cast<char>(random());
          break;
        }
        case 3:
          frame.seen.comments[0] += random() % 2 == 0 ? " damaged;" : " doubled;";
          break;
        default:
          frame.seen.unix_ns = static_cast<std::int64_t>(random() >> 1);
          break;
      }
    }
    const auto report = judged(capture);
    EXPECT_TRUE(report.verdict != Verdict::inconclusive || !report.why_inconclusive.empty());
  }
}

TEST(LabClaims, name_a_lie_behind_a_thousand_doubts) {
  auto capture = LabCapture::load("nat");
  const auto lie = capture.at(1);
  for (int doubt = 0; doubt < 1'500; ++doubt) {
    capture.frames.push_back(lie);
    capture.frames.back().seen.comments.emplace_back("sonda: at=home; wonders at it;");
    capture.frames.back().seen.unix_ns = capture.frames[47].seen.unix_ns;
  }
  replace(capture.frames.back().place(), "from=client; to=home;", "from=home; to=client;");
  const auto report = judged(capture);
  EXPECT_EQ(report.verdict, Verdict::contradicted);
  EXPECT_TRUE(std::ranges::any_of(report.findings, [](const verify::Finding& finding) {
    return finding.fault == "wrong_direction";
  }));
}

TEST(LabClaims, say_how_far_back_a_time_goes_up_to_what_64_bits_hold) {
  auto capture = LabCapture::load("nat");
  capture.at(1).seen.unix_ns = std::numeric_limits<std::int64_t>::max();
  capture.at(2).seen.unix_ns = std::numeric_limits<std::int64_t>::min();
  const auto text = verify::to_text(judged(capture), {.capture = "nat", .verbose = true});
  EXPECT_THAT(text, ::testing::HasSubstr("9223372036854775807 ns earlier"));
  EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("-1 ns")));
}

// ------------------------------------------------------------------------------------------- lies

struct Lie {
  const char* name;
  const char* situation;
  const char* fault;  // by which it is found out
  void (*plant)(LabCapture&);
};

void set_ttl(LabFrame& frame, std::uint8_t ttl) {
  frame.packet()[8] = ttl;
  mend_checksums(frame.packet());
}
void remove(LabCapture& capture, std::size_t number) {
  capture.frames.erase(capture.frames.begin() + static_cast<std::ptrdiff_t>(number) - 1);
}

// nat: 1 datagram, home translates (2), through isp (3) and r1 (4) to web; the answer (5-8); echoes
// (9-16); TTL 2 ends at isp (18), which says so (19), translated (20); TCP (21-48).
const Lie lies[] = {
    {"a frame comes of another than it says", "nat", "wrong_predecessor",
     [](LabCapture& c) { replace(c.at(4).place(), "after=3;", "after=2;"); }},
    {"a frame comes of one that is still to come", "nat", "after_itself",
     [](LabCapture& c) { replace(c.at(4).place(), "after=3;", "after=5;"); }},
    {"a frame comes of itself", "nat", "after_itself",
     [](LabCapture& c) { replace(c.at(4).place(), "after=3;", "after=4;"); }},
    {"a frame comes of another that went the same way", "nat", "not_the_same_packet",
     [](LabCapture& c) { replace(c.at(12).place(), "after=11;", "after=3;"); }},
    {"a frame that was passed on is said to begin there", "nat", "beginning_denied",
     [](LabCapture& c) { replace(c.at(3).place(), " after=2;", ""); }},
    {"a carried frame is called lost", "nat", "lost_goes_on",
     [](LabCapture& c) { c.at(2).place() += " lost;"; }},
    {"a frame is lost, and a machine does something with it", "nat", "lost_and_handled",
     [](LabCapture& c) { c.at(1).place() += " lost;"; }},
    {"a frame went another link than its interface", "nat", "wrong_link",
     [](LabCapture& c) { replace(c.at(3).place(), "to=r1;", "to=web;"); }},
    {"a frame went the other way", "nat", "wrong_direction",
     [](LabCapture& c) {
       replace(c.at(1).place(), "from=client; to=home;", "from=home; to=client;");
     }},
    {"the direction of a frame is turned round", "nat", "wrong_direction",
     [](LabCapture& c) { c.at(4).seen.direction = capture::Direction::in; }},
    {"Ethernet addresses are exchanged", "nat", "wrong_ends",
     [](LabCapture& c) {
       auto& octets = c.at(4).octets;
       std::swap_ranges(octets.begin(), octets.begin() + 6, octets.begin() + 6);
     }},
    {"another machine did it", "nat", "wrong_machine",
     [](LabCapture& c) { replace(c.at(18).seen.comments[1], "at=isp;", "at=web;"); }},
    {"a router says something else", "nat", "wrong_message",
     [](LabCapture& c) {
       replace(c.at(18).seen.comments[1], "its TTL has run out; says=11/0;",
               "a rule answers it; says=3/13;");
     }},
    {"a TTL that runs out is told of by another message", "nat", "wrong_message_for_deed",
     [](LabCapture& c) { replace(c.at(18).seen.comments[1], "11/0", "11/1"); }},
    {"a router says something of a packet that it passes on", "nat", "message_never_sent",
     [](LabCapture& c) {
       c.at(3).seen.comments.emplace_back(
           "sonda: at=r1; passes it on and tells of a better way; says=5/1;");
     }},
    {"a machine stays silent although it is said to speak", "time-exceeded", "message_never_sent",
     [](LabCapture& c) {
       for (auto& frame : c.frames)
         if (frame.place().find("to=client;") != std::string::npos) {
           frame.seen.comments.emplace_back("sonda: at=client; a rule answers it; says=3/13;");
           return;
         }
     }},
    {"a TTL that is left is said to have run out", "nat", "ttl_left",
     [](LabCapture& c) {
       c.at(4).seen.comments.emplace_back("sonda: at=web; its TTL has run out;");
     }},
    {"a packet goes on although a rule drops it", "nat", "stopped_goes_on",
     [](LabCapture& c) { c.at(3).seen.comments.emplace_back("sonda: at=r1; a rule drops it;"); }},
    {"a packet that a NAT translates keeps its address", "nat", "not_the_same_packet",
     [](LabCapture& c) { c.at(1).seen.comments.pop_back(); }},
    {"a TTL falls by two", "nat", "not_the_same_packet",
     [](LabCapture& c) { set_ttl(c.at(4), 60); }},
    {"a TTL rises", "nat", "not_the_same_packet", [](LabCapture& c) { set_ttl(c.at(4), 64); }},
    {"an octet of the data changes on the way", "nat", "not_the_same_packet",
     [](LabCapture& c) {
       c.at(4).packet()[30] ^= 1;
       mend_checksums(c.at(4).packet());
     }},
    {"an answer has another sequence number", "nat", "not_the_same_packet",
     [](LabCapture& c) {
       c.at(13).packet()[27] ^= 1;
       mend_checksums(c.at(13).packet());
     }},
    {"an answer comes from another address", "nat", "not_the_same_packet",
     [](LabCapture& c) {
       c.at(5).packet()[15] ^= 1;
       mend_checksums(c.at(5).packet());
     }},
    {"an error quotes another packet", "nat", "not_the_same_packet",
     [](LabCapture& c) {
       c.at(19).packet()[20 + 8 + 5] ^= 1;  // the quoted identification
       mend_checksums(c.at(19).packet());
     }},
    {"an error goes to somebody else", "nat", "not_the_same_packet",
     [](LabCapture& c) {
       c.at(19).packet()[19] ^= 1;
       mend_checksums(c.at(19).packet());
     }},
    {"an error is of another type", "nat", "wrong_message",
     [](LabCapture& c) {
       for (const std::size_t number : {19U, 20U}) {
         c.at(number).packet()[20] = 3;
         c.at(number).packet()[21] = 1;
         mend_checksums(c.at(number).packet());
       }
     }},
    {"a SYN-ACK acknowledges another SYN", "nat", "not_the_same_packet",
     [](LabCapture& c) {
       c.at(25).packet()[20 + 11] ^= 1;
       mend_checksums(c.at(25).packet());
     }},
    {"a checksum is wrong", "nat", "segment_checksum_wrong",
     [](LabCapture& c) { c.at(13).packet()[22] ^= 1; }},
    {"the checksum of an IP header is wrong", "nat", "header_checksum_wrong",
     [](LabCapture& c) { c.at(13).packet()[10] ^= 1; }},
    {"a right checksum is called wrong", "nat", "checksum_mended",
     [](LabCapture& c) { c.at(18).seen.comments[1] += " checksum=wrong;"; }},
    {"a frame is moved behind another", "nat", "out_of_order",
     [](LabCapture& c) { std::swap(c.frames[2], c.frames[3]); }},
    {"a clock goes back", "nat", "out_of_order",
     [](LabCapture& c) { c.at(6).seen.unix_ns = c.at(4).seen.unix_ns - 1; }},
    {"a frame is earlier than the one it comes of", "nat", "earlier_than_its_cause",
     [](LabCapture& c) { c.at(6).seen.unix_ns = c.at(5).seen.unix_ns - 1; }},
    {"a frame is removed", "nat", "wrong_predecessor", [](LabCapture& c) { remove(c, 6); }},
    {"a packet vanishes in a router", "time-exceeded", "vanishes",
     [](LabCapture& c) {
       for (std::size_t i = 1; i < c.frames.size(); ++i)  // up to the long wait
         if (auto& last = c.frames[i - 1];
             c.frames[i].seen.unix_ns - last.seen.unix_ns > 10'000'000'000) {
           auto forged = c.at(1);
           forged.seen.unix_ns = last.seen.unix_ns;
           last = forged;
           return;
         }
     }},
    {"a frame is forged", "nat", "comment_missing",
     [](LabCapture& c) {
       auto forged = c.at(48);
       forged.seen.comments.clear();
       c.frames.push_back(forged);
     }},
    {"a comment is of no grammar", "nat", "comment_unreadable",
     [](LabCapture& c) { replace(c.at(4).place(), "after=3;", "after=three;"); }},
    {"a comment tells of a fate that there is not", "nat", "comment_unreadable",
     [](LabCapture& c) { c.at(4).place() += " eaten;"; }},
    {"a frame is in two places", "nat", "comment_unreadable",
     [](LabCapture& c) { c.at(4).seen.comments.push_back(c.at(3).place()); }},
    {"a packet is cut short", "nat", "unreadable_packet",
     [](LabCapture& c) { c.at(4).octets.resize(c.at(4).octets.size() - 3); }},
    {"a fragment has another piece of the packet", "fragmentation-needed", "not_the_same_packet",
     [](LabCapture& c) {
       for (auto& frame : c.frames)
         if (const auto offset = load<std::uint16_t>(frame.packet(), 6) & 0x1fff;
             frame.packet()[0] == 0x45 && offset != 0) {
           frame.packet()[25] ^= 1;
           return;
         }
     }},
    {"a fragment stands in another place", "fragmentation-needed", "not_the_same_packet",
     [](LabCapture& c) {
       for (auto& frame : c.frames)
         if (const auto offset = load<std::uint16_t>(frame.packet(), 6) & 0x1fff;
             frame.packet()[0] == 0x45 && offset != 0) {
           frame.packet()[7] ^= 1;
           mend_checksums(frame.packet());
           return;
         }
     }},
    {"a redirect of IPv6 is about another packet", "redirect", "not_the_same_packet",
     [](LabCapture& c) {
       for (auto& frame : c.frames)
         if (frame.packet()[0] == 0x60 && frame.packet()[6] == 58 && frame.packet()[40] == 137) {
           frame.packet()[frame.packet().size() - 1] ^= 1;
           mend_checksums(frame.packet());
           return;
         }
     }},
};

// A word of the closed lists, with the claim it belongs to.
bool is_known(const verify::Finding& finding) {
  const auto fits = [&finding](const verify::FaultWord& word) {
    return word.word == finding.fault && word.claim == finding.claim;
  };
  return std::ranges::any_of(verify::fault_words, fits) ||
         std::ranges::any_of(verify::lab_fault_words, fits);
}

class PlantedLie : public ::testing::TestWithParam<Lie> {};

TEST_P(PlantedLie, is_caught_and_named) {
  auto capture = LabCapture::load(GetParam().situation);
  GetParam().plant(capture);
  const auto report = judged(capture);
  EXPECT_EQ(report.verdict, Verdict::contradicted);
  EXPECT_TRUE(std::ranges::all_of(report.findings, is_known));
  EXPECT_TRUE(std::ranges::any_of(report.findings, [](const verify::Finding& finding) {
    return finding.verdict == Verdict::contradicted && finding.fault == GetParam().fault;
  })) << verify::to_text(report, {.capture = GetParam().name, .verbose = true});
}
INSTANTIATE_TEST_SUITE_P(InALab, PlantedLie, ::testing::ValuesIn(lies), [](const auto& param) {
  std::string name{param.param.name};
  std::ranges::replace_if(name, [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

}  // namespace
}  // namespace sonda::testing
