// --capture against the real kernel: the right frames, the right comments, and a file that opens
// whatever happens.
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture_frames.hpp"
#include "json_run.hpp"
#include "netns.hpp"
#include "own_capture.hpp"

namespace sonda::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CaptureOption : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    lab_ = new Namespaces;
    lab_->link("c", "10.0.0.1/24", "r", "10.0.0.2/24");
    lab_->link("r", "10.0.1.2/24", "s", "10.0.1.1/24");
    lab_->address("c", "r", "fd00::1/64"), lab_->address("r", "c", "fd00::2/64");
    lab_->address("r", "s", "fd00:1::2/64"), lab_->address("s", "r", "fd00:1::1/64");
    lab_->forward("r");
    lab_->no_icmp_limits("s");
    lab_->route("c", "default via 10.0.0.2"), lab_->route("c", "default via fd00::2");
    lab_->route("s", "default via 10.0.1.2"), lab_->route("s", "default via fd00:1::2");
    lab_->sysctl("c", "net.ipv4.ping_group_range", "0 2147483647");
  }
  static void TearDownTestSuite() {
    delete lab_;
    lab_ = nullptr;
  }
  static Namespaces* lab_;

  [[nodiscard]] JsonRun ping(const std::string& arguments) const {
    return JsonRun::read(lab_->run(
        "c", std::string{SONDA_PING} + " --json --capture " + own_.file() + ' ' + arguments, 30s));
  }
  // What holds of every captured run; the frames that tshark reads.
  [[nodiscard]] std::vector<Seen> evident(const JsonRun& run) const {
    EXPECT_EQ(own_.complaints(), "");
    EXPECT_EQ(own_.event_lines(), run.result.out);
    EXPECT_EQ(run.result.err, "");
    EXPECT_TRUE(run.all("drops").empty()) << run.result.out;
    // Each probe's frames, and its answers', are those whose comments name it.
    std::map<std::uint64_t, std::set<std::uint64_t>> told, commented;
    for (const auto& event : run.events)
      if (event.contains("probe") && event.contains("frames"))
        for (const auto number : frames_of(event))
          told[event["probe"].get<std::uint64_t>()].insert(number);
    auto frames = own_.frames();
    const std::string label = "sonda: probe=";
    for (const auto& frame : frames)
      if (frame.comment.starts_with(label))
        commented[std::stoull(frame.comment.substr(label.size()))].insert(frame.number);
    EXPECT_FALSE(told.empty());
    EXPECT_EQ(told, commented);
    return frames;
  }
  static Numbers where(const std::vector<Seen>& frames, auto predicate) {
    Numbers out;
    for (const auto& frame : frames)
      if (predicate(frame)) out.push_back(frame.number);
    return out;
  }
  static Numbers frames_of(const nlohmann::json& event) {
    return event.contains("frames") ? event["frames"].get<Numbers>() : Numbers{};
  }

  OwnCapture own_{::testing::UnitTest::GetInstance()->current_test_info()->name()};
};
Namespaces* CaptureOption::lab_ = nullptr;

// ------------------------------------------------------------------------------- which frames

TEST_F(CaptureOption, shows_each_probe_and_answer_and_tcpdump_saw_the_same) {
  for (const std::string mode : {"", "--unprivileged "})
    for (const std::string target : {"10.0.1.1", "fd00:1::1"}) {
      SCOPED_TRACE(mode + target);
      const bool v6 = target.find(':') != std::string::npos;
      Capture tcpdump{*lab_, "c", "r", v6 ? "icmp6" : "icmp or arp"};
      const auto run = ping(mode + "-c 12 -i 0.02 " + target);
      tcpdump.stop();
      ASSERT_EQ(run.result.status, 0) << run.result.out << run.result.err;
      const auto frames = evident(run);
      const int request = v6 ? 128 : 8, answer = v6 ? 129 : 0;
      ASSERT_EQ(run.all("sent").size(), 12U);
      ASSERT_EQ(run.all("reply").size(), 12U);
      for (const auto& [word, type] : {std::pair{"sent", request}, std::pair{"reply", answer}})
        for (const auto& event : run.all(word))
          EXPECT_EQ(frames_of(event), where(frames, [&](const Seen& frame) {
                      return frame.type == type && frame.sequence == event["seq"].get<int>() &&
                             frame.direction == (type == request ? '2' : '1');
                    }));
      // What tcpdump wrote: the same packets at the same nanosecond.
      const auto rows = tcpdump.tshark(
          v6 ? "icmpv6.type == 128 || icmpv6.type == 129" : "icmp.type == 8 || icmp.type == 0",
          {"frame.time_epoch", "frame.len"});
      std::vector<std::vector<std::string>> ours;
      for (const auto& frame : frames)
        if (frame.type == request || frame.type == answer)
          ours.push_back({frame.time, std::to_string(frame.length)});
      EXPECT_EQ(ours, rows);
      EXPECT_EQ(own_.numbers("frame.comment contains \"probe=1;\""),
                where(frames, [&](const Seen& frame) { return frame.sequence == 2; }));
    }
}

TEST_F(CaptureOption, comments_say_what_the_frame_is) {
  const auto run = ping("-c 1 -t 33 10.0.1.1");
  auto frames = own_.frames();
  std::erase_if(frames, [](const Seen& frame) { return frame.arp >= 0; });
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].comment, "sonda: probe=0; seq=1; sent; ttl=33;");
  char rtt[32];
  std::snprintf(rtt, sizeof rtt, "%.6f", run.one("reply")["rtt_ms"].get<double>());
  EXPECT_EQ(frames[1].comment,
            "sonda: probe=0; seq=1; reply; ttl=63; rtt_ms=" + std::string{rtt} + ";");
}

TEST_F(CaptureOption, shows_every_piece_of_a_large_probe_and_of_its_answer) {
  for (const std::string mode : {"", "--unprivileged "})
    for (const std::string target : {"10.0.1.1", "fd00:1::1"}) {
      SCOPED_TRACE(mode + target);
      const auto run = ping(mode + "-c 3 -i 0.05 -s 20000 " + target);
      ASSERT_EQ(run.all("reply").size(), 3U) << run.result.out << run.result.err;
      const auto frames = evident(run);
      for (const auto& event : run.all("sent")) EXPECT_EQ(frames_of(event).size(), 14U);
      for (const auto& event : run.all("reply")) EXPECT_EQ(frames_of(event).size(), 14U);
      EXPECT_EQ(where(frames, [](const Seen& frame) { return !frame.comment.empty(); }).size(),
                84U);
    }
}

TEST(CaptureOptionElsewhere, shows_pieces_that_came_twice) {
  Namespaces lab;
  lab.link("c", "10.0.0.1/24", "s", "10.0.0.2/24");
  lab.rules("s",
            "table netdev t {\nchain e {\ntype filter hook egress device \"c\" priority 0;\n"
            "ip protocol icmp numgen random mod 2 == 0 dup to \"c\"\n}\n}\n");
  const OwnCapture own{"twice"};
  const auto run = JsonRun::read(lab.run("c", std::string{SONDA_PING} +
                                                  " --json -c 40 -i 0.02 -s 2000 --capture " +
                                                  own.file() + " 10.0.0.2"));
  std::size_t told = 0, commented = 0;
  for (const auto& reply : run.all("reply")) told += reply.value("frames", Numbers{}).size();
  for (const auto& frame : own.frames())
    if (frame.comment.find("; reply;") != std::string::npos) ++commented;
  EXPECT_EQ(told, commented);
  EXPECT_EQ(own.numbers("ip.src == 10.0.0.2 && ip.proto == 1").size(), told);
  EXPECT_GT(told, 90U);
}

TEST_F(CaptureOption, shows_the_errors_of_a_router_and_what_they_are) {
  lab_->route("r", "192.0.5.0/24 via 10.0.1.1");
  lab_->route("r", "throw 2001:db8:2::/64");
  lab_->rules("r",
              "table ip refuse {\nchain forward {\ntype filter hook forward priority 0;\n"
              "ip daddr 192.0.5.1 reject with icmp type admin-prohibited\n}\n}\n");
  struct Case {
    const char *arguments, *words;
    int type;
  };
  for (const std::string mode : {"", "--unprivileged "})
    for (const auto& [arguments, words, type] :
         {Case{"-c 2 -i 0.05 -t 1 10.0.1.1", "icmp=11/0; errno=EHOSTUNREACH; rtt_ms=", 11},
          Case{"-c 2 -i 0.05 -t 1 fd00:1::1", "icmp=3/0; errno=EHOSTUNREACH; rtt_ms=", 3},
          Case{"-c 2 -i 0.05 192.0.5.1", "icmp=3/13; errno=EHOSTUNREACH; rtt_ms=", 3},
          Case{"-c 2 -i 0.05 2001:db8:2::1", "icmp=1/0; errno=ENETUNREACH; rtt_ms=", 1}}) {
      SCOPED_TRACE(mode + arguments);
      const auto run = ping(mode + arguments);
      const auto errors = run.all("icmp_error");
      ASSERT_EQ(errors.size(), 2U) << run.result.out << run.result.err;
      auto frames = evident(run);
      std::erase_if(frames, [&](const Seen& frame) { return frame.type != type; });
      ASSERT_EQ(frames.size(), 2U);
      for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(frames_of(errors[i]), Numbers{frames[i].number});
        EXPECT_EQ(frames[i].direction, '1');
        EXPECT_THAT(frames[i].comment,
                    HasSubstr("seq=" + std::to_string(i + 1) + "; icmp_error; " + words));
      }
    }
}

TEST_F(CaptureOption, shows_that_a_neighbour_was_asked_for_and_what_our_own_system_said) {
  for (const std::string target : {"10.0.0.77", "fd00::77"}) {
    const auto run = ping("-c 1 " + target);
    const auto event = run.one("icmp_error");
    EXPECT_EQ(event["neighbor"], true);
    EXPECT_EQ(own_.complaints(), "");
    auto frames = own_.frames();
    const auto asked = where(frames, [](const Seen& f) { return f.arp == 1 || f.type == 135; });
    EXPECT_GE(asked.size(), 3U);
    EXPECT_EQ(asked, own_.numbers("frame.comment == \"sonda: neighbor;\""));
    std::erase_if(frames, [](const Seen& frame) { return !frame.comment.contains("probe="); });
    ASSERT_EQ(frames.size(), 1U) << run.result.out;
    EXPECT_EQ(frames_of(event), Numbers{frames[0].number});
    EXPECT_EQ(frames[0].interface, "lo");
    EXPECT_THAT(frames[0].comment, ::testing::EndsWith("neighbor;"));
    EXPECT_THAT(frames_of(run.one("sent")), Numbers{});
  }
}

TEST_F(CaptureOption, comments_a_probe_that_leaves_long_after_it_was_sent) {
  lab_->ip("s", "link set dev r arp off");
  lab_->ip("r", "neigh flush dev s");
  auto process = lab_->start(
      "r", {SONDA_PING, "--json", "--capture", own_.file(), "-c", "1", "-W", "4", "10.0.1.1"});
  ASSERT_TRUE(process.wait_for("\"sent\""));
  ::usleep(300'000);
  lab_->ip("s", "link set dev r arp on");
  const auto run = JsonRun::read(process.wait());
  EXPECT_EQ(run.result.status, 0) << run.result.out;
  EXPECT_EQ(frames_of(run.one("sent")), Numbers{});
  EXPECT_EQ(
      own_.numbers("frame.comment contains \"probe=0; seq=1; sent;\" && icmp.type == 8").size(),
      1U);
  EXPECT_EQ(frames_of(run.one("reply")), own_.numbers("icmp.type == 0"));
}

TEST_F(CaptureOption, knows_what_is_what_on_loopback) {
  for (const std::string mode : {"", "--unprivileged "})
    for (const std::string target : {"127.0.0.1", "::1", "10.0.0.1"}) {
      SCOPED_TRACE(mode + target);
      const auto run = ping(mode + "-c 3 -i 0.05 " + target);
      ASSERT_EQ(run.all("reply").size(), 3U) << run.result.out << run.result.err;
      const auto frames = evident(run);
      ASSERT_EQ(frames.size(), 6U);
      for (std::size_t i = 0; i < frames.size(); ++i) {
        EXPECT_EQ(frames[i].direction, i % 2 == 0 ? '2' : '1');
        EXPECT_EQ(frames[i].interface, "lo");
      }
    }
}

TEST_F(CaptureOption, tells_the_answers_of_several_hosts_apart) {
  const auto run = ping("-c 2 -i 0.2 ff02::1%r");
  SCOPED_TRACE(run.result.out + run.result.err);
  const auto replies = run.all("reply");
  ASSERT_GE(replies.size(), 2U);
  EXPECT_EQ(own_.complaints(), "");
  const auto frames = own_.frames();
  std::size_t shown = 0, own = 0;
  for (const auto& reply : replies) {
    ASSERT_EQ(frames_of(reply).size(), 1U);
    const auto& frame = frames.at(frames_of(reply).at(0) - 1);
    const auto from = reply["from"].get<std::string>();
    EXPECT_EQ(frame.ipv6_source, from.substr(0, from.find('%')));
    EXPECT_EQ(frame.comment.find("duplicate;") != std::string::npos,
              reply["duplicate"].get<bool>());
    ++shown;
    // A multicast comes back to our own system before it leaves, and so does its answer.
    if (frame.interface != "lo") continue;
    ++own;
    const auto sent = run.all("sent").at(reply["probe"].get<std::size_t>());
    EXPECT_LT(frame.number, frames_of(sent).at(0));
  }
  EXPECT_GE(shown, 2U);
  EXPECT_EQ(own, 2U);
}

TEST(CaptureOptionElsewhere, says_that_answers_came_by_an_interface_that_is_not_captured) {
  Namespaces lab;
  lab.link("c", "10.0.0.1/24", "s", "10.0.0.2/24");
  lab.ip("c", "link add back type veth peer name back netns " + lab.name("s"));
  lab.address("c", "back", "10.0.9.1/24"), lab.address("s", "back", "10.0.9.2/24");
  lab.up("c", "back"), lab.up("s", "back");
  for (const char* key : {"net.ipv4.conf.all.rp_filter", "net.ipv4.conf.back.rp_filter"})
    lab.sysctl("c", key, "0");
  lab.route("s", "10.0.0.1/32 via 10.0.9.1");
  const OwnCapture own{"elsewhere"};
  const auto run = JsonRun::read(lab.run(
      "c", std::string{SONDA_PING} + " --json -c 3 -i 0.3 --capture " + own.file() + " 10.0.0.2"));
  ASSERT_EQ(run.all("reply").size(), 3U) << run.result.out << run.result.err;
  std::uint64_t dropped = 0;
  for (const auto& drops : run.all("drops")) {
    EXPECT_EQ(drops["place"], "capture");
    dropped += drops["count"].get<std::uint64_t>();
  }
  EXPECT_EQ(dropped, 3U);
  EXPECT_EQ(run.one("summary")["drops"], 0);
  for (const auto& reply : run.all("reply")) EXPECT_FALSE(reply.contains("frames"));
  EXPECT_EQ(run.events.back()["event"], "summary");
  EXPECT_EQ(own.event_lines(), run.result.out);
}

TEST(CaptureOptionElsewhere, has_room_for_many_frames_at_once_where_the_system_offloads) {
  Namespaces lab;
  lab.host("c"), lab.host("s");
  lab.ip("c", "link add s type veth peer name c netns " + lab.name("s"));
  lab.address("c", "s", "10.0.0.1/24"), lab.address("s", "c", "10.0.0.2/24");
  lab.up("c", "s"), lab.up("s", "c");
  const OwnCapture own{"offloads"};
  const auto run = JsonRun::read(lab.run("c", std::string{SONDA_PING} +
                                                  " --json -c 20 -i 0.002 -s 60000 --capture " +
                                                  own.file() + " 10.0.0.2"));
  EXPECT_TRUE(run.all("drops").empty()) << run.result.out;
  for (const char* word : {"sent", "reply"}) {
    EXPECT_EQ(run.all(word).size(), 20U);
    for (const auto& event : run.all(word)) EXPECT_EQ(event.value("frames", Numbers{}).size(), 41U);
  }
}

TEST_F(CaptureOption, of_large_probes_on_loopback_has_every_frame) {
  for (const std::string target : {"127.0.0.1", "::1"}) {
    const auto run = ping("-c 100 -i 0.005 -s 60000 " + target);
    EXPECT_TRUE(run.all("drops").empty()) << run.result.out;
    EXPECT_EQ(own_.frames().size(), 200U);
  }
}

TEST_F(CaptureOption, says_how_many_frames_it_has_not_even_of_loopback_and_where_lines_are_few) {
  const auto result = lab_->run("c",
                                std::string{SONDA_PING} +
                                    " -q -c 400 -i 0.002 -s 60000 --capture - 127.0.0.1 | "
                                    "{ sleep 2; cat > " +
                                    own_.file() + "; }",
                                30s);
  std::uint64_t dropped = 0;
  std::istringstream lines{own_.event_lines()};
  for (std::string line; std::getline(lines, line);)
    if (const auto event = nlohmann::json::parse(line); event["event"] == "drops")
      dropped += event["count"].get<std::uint64_t>();
  EXPECT_GT(dropped, 100U);
  EXPECT_EQ(own_.frames().size() + dropped, 800U);
  EXPECT_THAT(result.err, HasSubstr("\nthe capture lost " + std::to_string(dropped) + " frames\n"));
}

TEST_F(CaptureOption, leaves_out_what_is_not_of_this_run) {
  auto other = lab_->start("c", {SONDA_PING, "-i", "0.01", "-s", "3000", "10.0.0.2"});
  auto same_target = lab_->start("c", {SONDA_PING, "-i", "0.01", "10.0.1.1"});
  ASSERT_TRUE(same_target.wait_for("icmp_seq=2"));
  const auto run = ping("-c 5 -i 0.1 10.0.1.1");
  const auto frames = evident(run);
  EXPECT_EQ(where(frames, [](const Seen& frame) { return frame.type >= 0; }).size(), 10U);
}

// ---------------------------------------------------------------------------------- the numbers

TEST_F(CaptureOption, does_not_disturb_what_is_measured) {
  const auto run = ping("-c 500 -i 0.005 10.0.0.2");
  ASSERT_EQ(run.all("reply").size(), 500U);
  const auto replies = run.all("reply");
  std::map<int, double> asked;
  std::size_t inside = 0;
  for (const auto& frame : evident(run)) {
    const auto ms = 1e3 * std::stod("0" + frame.time.substr(frame.time.find('.')));
    if (frame.type == 8) asked[frame.sequence] = ms;
    if (frame.type != 0) continue;
    const auto& reply = replies.at(static_cast<std::size_t>(frame.sequence) - 1);
    auto wire = ms - asked[frame.sequence];
    if (wire < 0) wire += 1e3;
    if (std::abs(reply["rtt_ms"].get<double>() - wire) <=
        reply["rtt_error_ms"].get<double>() + 2e-6)
      ++inside;
  }
  EXPECT_GE(inside, 498U);
}

TEST_F(CaptureOption, numbers_of_frames_stand_behind_the_lines) {
  const auto result = lab_->run("c", std::string{SONDA_PING} + " -c 2 -i 0.1 --frames --capture " +
                                         own_.file() + " 10.0.1.1 | grep time=");
  std::istringstream lines{result.out};
  std::string line;
  for (unsigned seq = 1; seq <= 2; ++seq) {
    ASSERT_TRUE(std::getline(lines, line)) << result.out << result.err;
    const auto frames = own_.numbers("icmp.seq == " + std::to_string(seq));
    EXPECT_THAT(line, ::testing::EndsWith(" ms [frames " + std::to_string(frames.at(0)) + ' ' +
                                          std::to_string(frames.at(1)) + ']'));
  }
}

// ------------------------------------------------------------------------ ends of every kind

TEST_F(CaptureOption, streams_to_a_pipe_while_the_text_goes_to_stderr) {
  const auto result = lab_->run(
      "c", std::string{SONDA_PING} +
               " -c 3 -i 0.1 --capture - 10.0.1.1 | tshark -n -r - -T fields -e frame.comment");
  EXPECT_THAT(result.out, HasSubstr("sonda: probe=2; seq=3; reply;")) << result.err;
  EXPECT_THAT(result.err, HasSubstr("64 bytes from 10.0.1.1: icmp_seq=3"));
  EXPECT_THAT(result.err, HasSubstr("3 packets transmitted, 3 received"));
}

TEST_F(CaptureOption, is_whole_after_ctrl_c_and_sigterm) {
  for (const int signal : {SIGINT, SIGTERM}) {
    auto process = lab_->start(
        "c", {SONDA_PING, "--json", "--capture", own_.file(), "-i", "0.05", "10.0.1.1"});
    ASSERT_TRUE(process.wait_for("\"seq\":10"));
    process.signal(signal);
    const auto run = JsonRun::read(process.wait());
    EXPECT_EQ(run.result.status, 0);
    EXPECT_EQ(run.events.back()["event"], "summary");
    const auto frames = evident(run);
    EXPECT_EQ(where(frames, [](const Seen& frame) { return frame.type >= 0; }).size(),
              run.all("sent").size() + run.all("reply").size());
  }
}

TEST_F(CaptureOption, has_every_frame_that_was_told_when_it_is_killed) {
  auto process =
      lab_->start("c", {SONDA_PING, "--json", "--capture", own_.file(), "-i", "0.005", "10.0.1.1"});
  ASSERT_TRUE(process.wait_for("\"seq\":200"));
  process.signal(SIGKILL);
  const auto result = process.wait();
  EXPECT_EQ(result.status, 137);
  EXPECT_EQ(own_.complaints(), "");
  const auto run = JsonRun::read(result);
  std::uint64_t last = 0;
  for (const auto& event : run.events)
    for (const auto number : frames_of(event)) last = std::max(last, number);
  EXPECT_GE(last, 390U);
  EXPECT_GE(own_.frames().size(), last);
  EXPECT_THAT(own_.event_lines(), ::testing::StartsWith(result.out));
}

TEST_F(CaptureOption, is_valid_up_to_its_last_frame_on_a_full_disk) {
  const auto result =
      lab_->run("c",
                {"unshare", "-m", "/bin/sh", "-c",
                 "mount -t tmpfs -o size=64k none /mnt && " + std::string{SONDA_PING} +
                     " --json --capture /mnt/full.pcapng -c 200 -i 0.005 10.0.1.1; status=$?; cp "
                     "/mnt/full.pcapng " +
                     own_.file() + "; exit $status"},
                30s);
  EXPECT_EQ(result.status, 4) << result.err;
  EXPECT_EQ(result.err,
            "sonda-ping: write to /mnt/full.pcapng: No space left on device (ENOSPC); the run goes "
            "on\n");
  const auto run = JsonRun::read(result);
  EXPECT_EQ(run.all("reply").size(), 200U);
  EXPECT_EQ(run.one("summary")["received"], 200);
  EXPECT_EQ(own_.complaints(), "");
  EXPECT_GE(std::filesystem::file_size(own_.file()), 64'000U);
  std::uint64_t last = 0;
  for (const auto& event : run.events)
    for (const auto number : frames_of(event)) last = std::max(last, number);
  EXPECT_GE(last, 50U);
  const auto frames = own_.frames().size();
  EXPECT_GE(frames, last);  // and the few that no event could name any more
  EXPECT_LE(frames, last + 2);
}

TEST_F(CaptureOption, of_a_closed_pipe_is_told_and_the_run_goes_on) {
  const auto result = lab_->run("c", "{ " + std::string{SONDA_PING} +
                                         " -c 5 -i 0.1 --capture - 10.0.1.1; echo status $? >&2; }"
                                         " | head -c 5000 > /dev/null");
  EXPECT_THAT(result.err,
              HasSubstr("write to standard output: Broken pipe (EPIPE); the run goes on"));
  EXPECT_THAT(result.err, HasSubstr("5 packets transmitted, 5 received"));
  EXPECT_THAT(result.err, HasSubstr("status 4"));
}

// Whether that process goes within a second; its father may not have looked yet.
bool ends(int pid) {
  for (int i = 0; i < 100; ++i, ::usleep(10'000)) {
    std::ifstream stat{"/proc/" + std::to_string(pid) + "/stat"};
    std::string number, name, state;
    if (!(stat >> number >> name >> state) || state == "Z") return true;
  }
  return false;
}

TEST_F(CaptureOption, of_a_pipe_that_nobody_reads_can_be_given_up) {
  auto process = lab_->start(
      "c", shell("{ trap '' INT; exec " + std::string{SONDA_PING} +
                 " --interval 0.002 -s 1400 --capture - 10.0.1.1; } | { trap '' INT; sleep 8; }"));
  ASSERT_TRUE(process.wait_for("icmp_seq=300"));
  const auto pids = run(shell("pgrep -f -- '^" + std::string{SONDA_PING} + " --interval 0.002'"));
  const auto pid = std::stoi(pids.out);
  ::kill(pid, SIGTERM);
  ASSERT_TRUE(process.wait_for("packets transmitted", 2s));
  ::usleep(400'000);
  ::kill(pid, SIGQUIT);  // a question, no order
  ::usleep(100'000);
  EXPECT_THAT(process.err(), ::testing::Not(HasSubstr("given up")));
  ::kill(pid, SIGTERM);
  EXPECT_TRUE(process.wait_for("the capture is given up: nobody reads it", 2s)) << process.err();
  EXPECT_TRUE(ends(pid)) << "it hangs";
}

TEST_F(CaptureOption, needs_its_privilege_and_says_so_in_one_line) {
  const auto result =
      lab_->run("c", "setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all -- " +
                         std::string{SONDA_PING} + " -c 1 --capture /dev/null 10.0.1.1");
  EXPECT_EQ(result.status, 3) << result.out;
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
  EXPECT_THAT(result.err,
              HasSubstr("capture on r: Operation not permitted (EPERM); to allow it: "));
}

TEST_F(CaptureOption, leaves_no_file_of_a_run_that_did_not_start) {
  for (const std::string arguments :
       {"no.such.name.invalid", "-I nosuch0 10.0.1.1", "-4 10.0.0.255"}) {
    SCOPED_TRACE(arguments);
    EXPECT_GT(ping("-c 1 " + arguments).result.status, 1);
    EXPECT_FALSE(std::filesystem::exists(own_.file()));
  }
  std::ofstream{own_.file()} << "old";
  static_cast<void>(ping("-c 1 no.such.name.invalid"));
  std::string words;
  EXPECT_EQ((std::ifstream{own_.file()} >> words, words), "old");
}

TEST_F(CaptureOption, is_refused_where_it_is_no_file_of_its_own) {
  const auto refused = [this](const std::string& arguments) {
    const auto result = lab_->run("c", std::string{SONDA_PING} + ' ' + arguments + " 10.0.1.1");
    EXPECT_EQ(result.status, 2) << result.out;
    return result.err;
  };
  const auto file = own_.file();
  const std::string folder = std::filesystem::path{file}.parent_path();
  const auto name = std::filesystem::path{file}.filename().string();
  for (const auto& other : {file, folder + "/./" + name, folder + "/../" + folder + '/' + name})
    EXPECT_THAT(refused("--capture " + file + " --log " + other),
                HasSubstr("--capture and --log: one file cannot be both"));
  EXPECT_FALSE(std::filesystem::exists(file));
  const OwnCapture link{"link"};
  std::ofstream{file} << "old";
  std::filesystem::create_hard_link(file, link.file());
  EXPECT_THAT(refused("--capture " + file + " --log " + link.file()), HasSubstr("cannot be both"));
  EXPECT_THAT(refused("--capture ''"), HasSubstr("'' is no file"));
}

TEST_F(CaptureOption, knows_the_name_that_was_typed) {
  const auto run = ping("-c 1 localhost");
  const auto names = testing::run({"tshark", "-r", own_.file(), "-z", "hosts", "-q"});
  EXPECT_THAT(names.out, HasSubstr("\tlocalhost")) << names.out;
  const auto about = testing::run({"capinfos", own_.file()});
  EXPECT_THAT(about.out, HasSubstr("sonda-ping 0."));
  EXPECT_THAT(about.out, HasSubstr("sonda: argv " + std::string{SONDA_PING} + " --json --capture"));
}

}  // namespace
}  // namespace sonda::testing
