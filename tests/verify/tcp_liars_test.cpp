// TCP scans: who tells the truth is not accused, and every planted falsehood is caught by its name.
#include <algorithm>
#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/verify/faults.hpp>

#include "feeding.hpp"
#include "liar.hpp"
#include "tcp_scene.hpp"

namespace sonda::test {
namespace {

using verify::Claim;
using verify::Verdict;

constexpr std::int64_t ms = 1'000'000;

// ----------------------------------------------------------------------------- the honest runs

// One port of each kind: open, closed, rejected, silent, behind a silent neighbour, our own
// system's.
VirtualRun each_kind(bool v4, std::string mode) {
  TcpScene scene{v4, std::move(mode)};
  const auto ttl = scene.syn ? std::optional{Ttl{60}} : std::nullopt;
  scene.ask(22);
  scene.sends(0);
  scene.answers(4 * ms, TcpFlags::syn, "open; rtt_ms=4.050000");
  scene.ends(4 * ms + 200'000);
  scene.tell_answer(4 * ms + 100'000, PortState::open, 4'050'000, ttl);

  scene.ask(23);
  scene.sends(1 * ms);
  scene.answers(5 * ms, TcpFlags::rst, "closed; rtt_ms=4.060000");
  scene.tell_answer(5 * ms + 100'000, PortState::closed, 4'060'000, ttl);

  scene.ask(24);
  scene.sends(2 * ms);
  scene.refuses(4 * ms + 500'000, scene.router, v4 ? 3 : 1, v4 ? 13 : 1,
                v4 ? "rejected; icmp=3/13; errno=EHOSTUNREACH; rtt_ms=2.510000"
                   : "rejected; icmp=1/1; errno=EACCES; rtt_ms=2.510000");
  scene.tell_refused(4 * ms + 600'000, scene.router, v4 ? 3 : 1, v4 ? 13 : 1, 2'510'000);

  scene.ask(25);
  scene.sends(3 * ms);
  scene.sends(1'010 * ms);
  scene.sends(2'020 * ms);
  auto silent = scene.result(PortState::filtered, CauseKind::silence, ETIMEDOUT);
  silent.cause.deadline = Whose::system;
  if (scene.syn) silent.cause.deadline = Whose::ours, silent.error_code = 0;
  silent.cause.tries = {Duration{0}, Duration{1'007 * ms}, Duration{2'017 * ms}};
  scene.tell(2'520 * ms, silent);

  scene.ask(22, v4 ? *Address::parse("192.0.2.99") : *Address::parse("2001:db8::99"));
  auto nobody = scene.result(PortState::unreachable, CauseKind::neighbor, EHOSTUNREACH);
  nobody.cause.from = scene.client;
  scene.tell(2'600 * ms, nobody);

  scene.ask(26);
  auto forbidden = scene.result(PortState::unknown, CauseKind::system, EPERM);
  forbidden.cause.failure = Failure{"connect to", EPERM, "203.0.113.7"};
  scene.tell(2'610 * ms, forbidden);
  return scene.finish();
}
VirtualRun connect_v4() { return each_kind(true, "connect"); }
VirtualRun connect_v6() { return each_kind(false, "connect"); }
VirtualRun syn_v4() { return each_kind(true, "syn"); }
VirtualRun syn_v6() { return each_kind(false, "syn"); }

// A firewall in front of the target resets; the hash of each SYN is told.
VirtualRun firewall() {
  TcpScene scene{true, "syn"};
  scene.ask(22);
  scene.sends(0);
  scene.answers(4 * ms, TcpFlags::syn, "open; rtt_ms=4.050000", Ttl{60});
  scene.ends(4 * ms + 200'000);
  scene.tell_answer(4 * ms + 100'000, PortState::open, 4'050'000, Ttl{60});
  const auto reset = [&scene](unsigned port, Ttl ttl, std::uint8_t nearer) {
    scene.ask(port);
    scene.sends(10 * ms + static_cast<std::int64_t>(port) * ms);
    scene.answers(12 * ms + static_cast<std::int64_t>(port) * ms, TcpFlags::rst,
                  "closed; rtt_ms=2.010000", ttl);
    scene.tell_answer(12 * ms + static_cast<std::int64_t>(port) * ms + 50'000, PortState::closed,
                      2'010'000, ttl);
    scene.told.back().result.cause.hops_nearer = nearer;
  };
  reset(23, Ttl{62}, 2);
  reset(24, Ttl{60}, 0);
  auto run = scene.finish();
  for (const auto number : {0U, 1U, 2U}) {
    const auto syn = std::ranges::find_if(run.frames, [&](const VirtualFrame& frame) {
      return frame.comments[0] == fmt::format("sonda: probe={}; sent;", number);
    });
    insert_event(run, 1 + number,
                 Sent{.probe = ProbeId{number}, .octets_sha256 = sha256_text(syn->octets)},
                 syn->unix_ns);
  }
  return run;
}

// Whole connections that wait for what the service says.
VirtualRun spoken() {
  TcpScene scene;
  scene.start.plan = {{"end", std::string{"fin"}}, {"banner_ms", 500.0}};
  scene.ask(22);
  scene.sends(0);
  scene.answers(4 * ms, TcpFlags::syn, "handshake");
  scene.ends(4 * ms + 20'000, TcpFlags::ack);
  scene.says(9 * ms, "SSH-2.0-x\r\n");
  scene.tell_answer(10 * ms, PortState::open, 4'050'000);
  scene.told.back().result.banner = "SSH-2.0-x\r\n";
  scene.ask(80);
  scene.sends(1 * ms);
  scene.answers(5 * ms, TcpFlags::syn, "handshake");
  scene.ends(5 * ms + 20'000, TcpFlags::ack);
  scene.tell_answer(505 * ms, PortState::open, 4'050'000);
  scene.told.back().result.banner = "";
  return scene.finish();
}

VirtualRun ended(std::string how) {
  TcpScene scene;
  scene.start.plan = {{"end", how}};
  scene.ask(22);
  scene.sends(0);
  scene.answers(4 * ms, TcpFlags::syn, "open; rtt_ms=4.050000");
  if (how != "half-open") scene.ends(4 * ms + 20'000, TcpFlags::ack);
  if (how == "fin") {
    scene.ends(4 * ms + 200'000, TcpFlags::fin);
    scene.run.frames.back().comments = {scene.about("ending")};
  } else {
    scene.ends(4 * ms + 200'000);
  }
  scene.tell_answer(4 * ms + 100'000, PortState::open, 4'050'000);
  return scene.finish();
}

struct HonestScan {
  const char* name = nullptr;
  std::function<VirtualRun()> run{};
};

TEST(HonestScans, are_never_accused_in_whichever_order_they_are_read) {
  for (const auto& [name, make] :
       std::vector<HonestScan>{{"connect", connect_v4},
                               {"connect, v6", connect_v6},
                               {"syn", syn_v4},
                               {"syn, v6", syn_v6},
                               {"firewall", firewall},
                               {"spoken", spoken},
                               {"half open", [] { return ended("half-open"); }},
                               {"reset", [] { return ended("rst"); }},
                               {"fin", [] { return ended("fin"); }}}) {
    const auto run = make();
    for (const auto order : {Order::as_captured, Order::frames_first, Order::events_first}) {
      SCOPED_TRACE(name + std::to_string(static_cast<int>(order)));
      const auto report = verdict_on(run, order);
      EXPECT_EQ(report.verdict, Verdict::holds) << words_of(report);
      EXPECT_EQ(report.frames_of_the_run, run.frames.size());
      EXPECT_EQ(report.tool, "tcp");
    }
  }
}

TEST(HonestScans, leave_open_what_the_capture_lost) {
  auto run = connect_v4();
  drop_frame(run, place_of<PortResult>(run, 0) + 3);  // the SYN-ACK
  EXPECT_EQ(verdict_on(run).verdict, Verdict::contradicted);
  run.statistics[0].dropped = 1;
  const auto report = verdict_on(run);
  EXPECT_EQ(report.verdict, Verdict::inconclusive) << words_of(report);
}

TEST(HonestScans, may_be_captured_by_another_clock_or_at_the_far_end) {
  for (const auto vantage : {verify::Vantage::unknown, verify::Vantage::far_end})
    for (const std::int64_t hours : {-1, 1})
      for (const auto order : {Order::frames_first, Order::events_first}) {
        auto run = connect_v4();
        for (auto& frame : run.frames) {
          frame.unix_ns += hours * 3'600'000 * ms;
          frame.comments.clear();
        }
        for (auto& statistics : run.statistics)
          for (auto* moment : {&statistics.start_ns, &statistics.end_ns})
            **moment += hours * 3'600'000 * ms;
        const auto report = verdict_on(run, order, {.vantage = vantage, .numbers_are_ours = false});
        EXPECT_EQ(report.verdict, Verdict::holds) << words_of(report);
      }
}

TEST(HonestScans, may_have_waited_for_a_neighbour_in_vain) {
  auto run = connect_v4();
  auto& told = std::get<PortResult>(run.events[place_of<PortResult>(run, 3)].occurrence.event.what);
  ASSERT_EQ(told.state, PortState::filtered);
  for (int i = 0; i < 3; ++i)
    for (const auto& frame : run.frames)
      if (frame.comments[0] == "sonda: probe=3; sent;") {
        drop_frame(run, frame.number);
        break;
      }
  EXPECT_EQ(verdict_on(run).verdict, Verdict::contradicted);
  insert_frame(run, 0, {.unix_ns = run.frames[0].unix_ns, .octets = {}, .arp = true});
  const auto report = verdict_on(run);
  EXPECT_EQ(report.verdict, Verdict::inconclusive) << words_of(report);
}

TEST(HonestScans, may_be_interrupted) {
  auto run = connect_v4();
  auto& summary = event_of<ScanSummary>(run);
  summary.ports += 100;  // one of them on its way
  auto syn = run.frames[0];
  store<std::uint16_t>(syn.octets, 22, 999);
  syn.comments.clear();
  sum_up_segment(syn);
  insert_frame(run, run.frames.size(), syn);
  const auto report = verdict_on(run);
  EXPECT_EQ(report.verdict, Verdict::holds) << words_of(report);
}

TEST(HonestScans, let_the_network_card_sum_up) {
  auto run = syn_v4();
  auto& octets = run.frames[0].octets;
  store<std::uint16_t>(octets, 36, 0);
  const auto started =
      Checksum{}
          .add_pseudo_header(Ipv4Address::from_wire(octets, 12), Ipv4Address::from_wire(octets, 16),
                             Protocol::tcp, octets.size() - 20)
          .finish();
  store<std::uint16_t>(octets, 36, static_cast<std::uint16_t>(~started));
  const auto report = verdict_on(run);
  EXPECT_EQ(report.verdict, Verdict::holds) << words_of(report);
}

// -------------------------------------------------------------------------------------- the lies

constexpr std::size_t open = 0, closed = 2, rejected = 1, silent = 3, nobody = 4, ours = 5;

PortResult& port(VirtualRun& run, std::size_t n) { return event_of<PortResult>(run, n); }

VirtualFrame& commented(VirtualRun& run, std::string_view part) {
  for (auto& frame : run.frames)
    if (frame.comments[0].find(part) != std::string::npos) return frame;
  throw std::logic_error{"the honest run has no such frame"};
}

std::vector<Lie> lies() {
  std::vector<Lie> out;
  const auto lie = [&out](std::string_view name, auto honest, auto plant, Claim claim,
                          std::string_view fault, std::vector<std::string_view> also = {}) {
    out.push_back({name, honest,
                   [plant](VirtualRun& run) {
                     plant(run);
                     const auto before = event_of<ScanSummary>(run);
                     TcpScene::add_up_scan(run);
                     if (before.elapsed != event_of<ScanSummary>(run).elapsed ||
                         before.hosts != event_of<ScanSummary>(run).hosts)
                       event_of<ScanSummary>(run) = before;
                   },
                   claim, fault, std::move(also)});
  };
  using R = VirtualRun;

  // ---- who
  lie("no_ports", connect_v4, [](R& run) { event_of<Start>(run).ports.clear(); }, Claim::identity,
      "bad_start",
      {"probe_missing", "reply_without_frame", "error_without_frame", "wrong_frame",
       "comment_elsewhere"});
  lie(
      "two_starts", connect_v4,
      [](R& run) { insert_event(run, 1, event_of<Start>(run), run.events[0].occurrence.unix_ns); },
      Claim::identity, "second_start");
  lie("another_tool", connect_v4, [](R& run) { run.events[1].context.tool = "udp"; },
      Claim::identity, "other_run", {"summary_differs", "does_not_add_up", "reply_untold"});

  // ---- what left
  lie(
      "syn_invented", connect_v4,
      [](R& run) {
        drop_frame(run, commented(run, "probe=3; sent").number);
        drop_frame(run, commented(run, "probe=3; sent").number);
        drop_frame(run, commented(run, "probe=3; sent").number);
      },
      Claim::probe, "probe_missing");
  lie("told_two_times", connect_v4, [](R& run) { repeat_event<PortResult>(run, open); },
      Claim::probe, "told_twice", {"summary_differs", "does_not_add_up"});
  lie("same_number", connect_v4, [](R& run) { port(run, ours).probe = port(run, open).probe; },
      Claim::probe, "told_twice", {"summary_differs", "does_not_add_up"});
  lie(
      "fewer_syns", connect_v4,
      [](R& run) {
        port(run, silent).attempts = 2;
        port(run, silent).cause.tries.pop_back();
      },
      Claim::probe, "wrong_attempts");
  lie(
      "more_syns", connect_v4, [](R& run) { port(run, open).attempts = 2; }, Claim::probe,
      "wrong_attempts");
  lie(
      "syn_at_another_time", connect_v4,
      [](R& run) { port(run, silent).cause.tries[1] = Duration{500 * ms}; }, Claim::time,
      "wrong_tries");
  lie(
      "syn_with_a_wrong_checksum", connect_v4, [](R& run) { run.frames[0].octets[36] ^= 1; },
      Claim::checksum, "message_checksum_wrong");
  lie(
      "syn_with_a_wrong_header", connect_v4, [](R& run) { run.frames[0].octets[10] ^= 1; },
      Claim::checksum, "header_checksum_wrong");
  lie(
      "another_hash", firewall,
      [](R& run) { event_of<Sent>(run, 1).octets_sha256 = std::string(64, 'a'); }, Claim::probe,
      "octets_differ");
  lie(
      "no_hash", firewall, [](R& run) { event_of<Sent>(run, 1).octets_sha256.clear(); },
      Claim::probe, "hash_missing");
  lie(
      "sent_and_forgotten", firewall, [](R& run) { event_of<Sent>(run, 1).probe = ProbeId{77}; },
      Claim::unexplained, "probe_untold");

  // ---- what came
  lie(
      "open_invented", connect_v4,
      [](R& run) { drop_frame(run, commented(run, "probe=0; open").number); }, Claim::reply,
      "reply_without_frame");
  lie("closed_called_open", connect_v4,
      [](R& run) {
        auto& it = port(run, closed);
        it.state = PortState::open, it.error_code = 0, it.cause.kind = CauseKind::answer;
      },
      Claim::reply, "wrong_cause", {"wrong_comment"});
  lie("open_called_closed", connect_v4,
      [](R& run) {
        auto& it = port(run, open);
        it.state = PortState::closed, it.error_code = ECONNREFUSED, it.cause.kind = CauseKind::rst;
      },
      Claim::reply, "wrong_cause", {"wrong_comment"});
  lie("rejected_called_closed", connect_v4,
      [](R& run) {
        auto& it = port(run, rejected);
        it.state = PortState::closed, it.error_code = ECONNREFUSED, it.cause.kind = CauseKind::rst;
        it.cause.icmp.reset();
      },
      Claim::reply, "wrong_cause", {"wrong_comment"});
  lie("open_called_filtered", connect_v4,
      [](R& run) {
        auto& it = port(run, open);
        it.state = PortState::filtered, it.cause.kind = CauseKind::silence;
        it.cause.deadline = Whose::ours, it.rtt.reset();
        occurrence_of<PortResult>(run, open).unix_ns += 100 * ms;
        it.took += Duration{100 * ms};
      },
      Claim::silence, "lost_but_answered", {"wrong_comment", "wrong_frame"});
  lie("another_state", connect_v4, [](R& run) { port(run, closed).state = PortState::filtered; },
      Claim::reply, "wrong_state", {"wrong_comment"});
  lie(
      "from_elsewhere", connect_v4,
      [](R& run) { port(run, closed).cause.from = *Address::parse("203.0.113.8"); }, Claim::reply,
      "wrong_from");
  lie(
      "not_the_target", connect_v4, [](R& run) { port(run, closed).cause.from_target = false; },
      Claim::reply, "wrong_from_target");
  lie(
      "another_ttl", syn_v4, [](R& run) { port(run, closed).cause.ttl = Ttl{59}; }, Claim::reply,
      "wrong_reply_ttl");
  lie(
      "nearer_than_it_is", firewall, [](R& run) { port(run, 1).cause.hops_nearer = 3; },
      Claim::reply, "wrong_hops");
  lie("answer_to_another_syn", connect_v4,
      [](R& run) {
        auto& frame = commented(run, "probe=0; open");
        frame.octets[31] ^= 1;
        sum_up_segment(frame);
      },
      Claim::reply, "reply_without_frame", {"wrong_comment"});
  lie("damaged_answer", connect_v4, [](R& run) { commented(run, "probe=0; open").octets[25] ^= 1; },
      Claim::reply, "reply_without_frame", {"comment_elsewhere", "wrong_frame"});

  // ---- errors
  lie(
      "error_invented", connect_v4,
      [](R& run) { drop_frame(run, commented(run, "probe=2; rejected").number); },
      Claim::icmp_error, "error_without_frame");
  lie(
      "another_code", connect_v4, [](R& run) { port(run, rejected).cause.icmp->code = 10; },
      Claim::icmp_error, "wrong_type");
  lie(
      "another_router", connect_v4,
      [](R& run) { port(run, rejected).cause.from = *Address::parse("198.51.100.2"); },
      Claim::icmp_error, "wrong_error_from");
  lie(
      "by_the_target", connect_v4, [](R& run) { port(run, rejected).cause.from_target = true; },
      Claim::reply, "wrong_from_target");
  lie(
      "another_name", connect_v4,
      [](R& run) { port(run, rejected).cause.icmp->name = "host-unreachable"; }, Claim::icmp_error,
      "wrong_name");
  lie(
      "another_mtu", connect_v4, [](R& run) { port(run, rejected).cause.icmp->mtu = 1'400; },
      Claim::icmp_error, "wrong_mtu");
  lie(
      "another_pointer", connect_v4, [](R& run) { port(run, rejected).cause.icmp->pointer = 3; },
      Claim::icmp_error, "wrong_pointer");
  lie(
      "another_gateway", connect_v4,
      [](R& run) { port(run, rejected).cause.icmp->gateway = *Address::parse("10.0.0.1"); },
      Claim::icmp_error, "wrong_gateway");
  lie(
      "labels_invented", connect_v4,
      [](R& run) { port(run, rejected).cause.icmp->extensions.emplace(); }, Claim::icmp_error,
      "wrong_extensions");
  lie("another_errno", connect_v4, [](R& run) { port(run, rejected).error_code = ECONNREFUSED; },
      Claim::error_code, "wrong_errno", {"wrong_comment"});
  lie("errno_of_v6", connect_v6, [](R& run) { port(run, rejected).error_code = EHOSTUNREACH; },
      Claim::error_code, "wrong_errno", {"wrong_comment"});
  lie(
      "timeout_of_nobody", connect_v4,
      [](R& run) { port(run, silent).cause.deadline = Whose::ours; }, Claim::error_code,
      "wrong_errno");

  // ---- what did not leave
  lie(
      "our_own_system", connect_v4,
      [](R& run) {
        auto& it = port(run, silent);
        it.state = PortState::unknown, it.cause = {.kind = CauseKind::system};
        it.cause.failure = Failure{"connect to", EPERM, ""};
      },
      Claim::refused, "refused_but_left");
  lie(
      "a_neighbour_of_ours", connect_v4,
      [](R& run) {
        auto& it = port(run, silent);
        it.state = PortState::unreachable, it.error_code = EHOSTUNREACH;
        it.cause = {.kind = CauseKind::neighbor};
      },
      Claim::icmp_error, "neighbor_was_there");

  // ---- how long, how, and what was said
  lie("too_quick", connect_v4, [](R& run) { port(run, open).rtt->rtt = Duration{3'000'000}; },
      Claim::rtt, "rtt_outside_bracket", {"wrong_comment"});
  lie("too_slow_for_the_kernel", syn_v4,
      [](R& run) {
        port(run, open).rtt->clock = StampClock::kernel;
        port(run, open).rtt->rtt = Duration{5'000'000};
      },
      Claim::rtt, "rtt_outside_bracket", {"wrong_comment"});
  lie(
      "handshake_completed", [] { return ended("rst"); },
      [](R& run) { event_of<Start>(run).plan = {{"end", std::string{"half-open"}}}; },
      Claim::header, "wrong_ending");
  lie(
      "never_ended", [] { return ended("half-open"); },
      [](R& run) { drop_frame(run, commented(run, "ending").number); }, Claim::header,
      "wrong_ending");
  lie(
      "no_fin", [] { return ended("rst"); },
      [](R& run) { event_of<Start>(run).plan = {{"end", std::string{"fin"}}}; }, Claim::header,
      "wrong_ending");
  lie(
      "said_something_else", spoken, [](R& run) { *port(run, 0).banner = "SSH-1.99-x\r\n"; },
      Claim::data, "wrong_banner");
  lie(
      "said_more", spoken, [](R& run) { *port(run, 0).banner += "and more"; }, Claim::data,
      "banner_without_frame");
  lie(
      "said_nothing", spoken,
      [](R& run) {
        port(run, 0).banner = "";
        occurrence_of<PortResult>(run, 0).unix_ns += 100 * ms;
        port(run, 0).took += Duration{100 * ms};
      },
      Claim::data, "banner_untold");

  // ---- what is left over
  lie(
      "port_untold", connect_v4, [](R& run) { drop_event<PortResult>(run, closed); },
      Claim::unexplained, "probe_untold");
  lie(
      "open_port_untold", connect_v4, [](R& run) { drop_event<PortResult>(run, open); },
      Claim::unexplained, "reply_untold");
  lie(
      "open_after_all", connect_v4,
      [](R& run) {
        auto frame = commented(run, "probe=1; closed");
        frame.octets[33] = (TcpFlags::syn | TcpFlags::ack).octet();
        frame.comments = {"sonda: probe=1; handshake;"};
        sum_up_segment(frame);
        frame.unix_ns += 3 * ms;
        insert_frame(run, frame.number, frame);
      },
      Claim::unexplained, "reply_untold");

  // ---- numbers, comments, sums
  lie(
      "another_frame", connect_v4,
      [](R& run) {
        occurrence_of<PortResult>(run, open).frames = occurrence_of<PortResult>(run, closed).frames;
      },
      Claim::frame, "wrong_frame");
  lie(
      "comment_of_another_probe", connect_v4,
      [](R& run) { commented(run, "probe=0; open").comments = {"sonda: probe=1; open;"}; },
      Claim::comment, "wrong_comment");
  lie(
      "syn_with_its_outcome", connect_v4,
      [](R& run) { run.frames[0].comments = {"sonda: probe=0; sent; rtt_ms=4.050000;"}; },
      Claim::comment, "wrong_comment");
  lie(
      "comment_with_another_state", connect_v4,
      [](R& run) { commented(run, "probe=1; closed").comments = {"sonda: probe=1; open;"}; },
      Claim::comment, "wrong_comment");
  lie(
      "comment_with_another_code", connect_v4,
      [](R& run) {
        commented(run, "probe=2; rejected").comments = {"sonda: probe=2; rejected; icmp=3/10;"};
      },
      Claim::comment, "wrong_comment");
  lie(
      "comment_of_no_grammar", connect_v4,
      [](R& run) { run.frames[0].comments = {"sonda: probe=0; departed;"}; }, Claim::comment,
      "comment_unreadable");
  lie(
      "comment_twice", connect_v4,
      [](R& run) { run.frames[0].comments.emplace_back("sonda: probe=0; sent;"); }, Claim::comment,
      "second_comment");
  const auto miscount = [&out](std::string_view name, auto change, std::string_view fault,
                               std::vector<std::string_view> also = {}) {
    out.push_back({name, connect_v4, [change](R& run) { change(event_of<ScanSummary>(run)); },
                   Claim::summary, fault, std::move(also)});
  };
  miscount("more_open", [](ScanSummary& sum) { ++sum.by_state[0]; }, "summary_differs",
           {"does_not_add_up"});
  miscount("more_probes", [](ScanSummary& sum) { ++sum.probes; }, "summary_differs");
  miscount(
      "answered_later", [](ScanSummary& sum) { std::swap(sum.answered_at[0], sum.answered_at[1]); },
      "summary_differs");
  miscount("fewer_ports", [](ScanSummary& sum) { --sum.ports; }, "does_not_add_up");
  miscount("a_minute", [](ScanSummary& sum) { sum.elapsed += 60s; }, "elapsed_implausible");
  return out;
}

class ScanLiars : public testing::TestWithParam<Lie> {};

TEST_P(ScanLiars, are_caught_and_named) {
  const auto& lie = GetParam();
  const auto honest = lie.honest();
  const auto before = verdict_on(honest);
  ASSERT_EQ(before.verdict, Verdict::holds) << words_of(before);
  auto run = honest;
  lie.plant(run);
  const auto report = verdict_on(run);
  EXPECT_EQ(report.verdict, Verdict::contradicted) << words_of(report);
  const auto named = std::ranges::any_of(report.findings, [&](const verify::Finding& finding) {
    return finding.claim == lie.claim && finding.fault == lie.fault &&
           finding.verdict == Verdict::contradicted;
  });
  EXPECT_TRUE(named) << words_of(report);
  for (const auto& finding : report.findings) {
    const bool expected =
        finding.fault == lie.fault || std::ranges::find(lie.also, finding.fault) != lie.also.end();
    EXPECT_TRUE(expected) << finding.fault << '\n' << words_of(report);
    const bool documented = std::ranges::any_of(verify::fault_words, [&](const auto& known) {
      return known.word == finding.fault && known.claim == finding.claim;
    });
    EXPECT_TRUE(documented) << verify::word_of(finding.claim) << ' ' << finding.fault;
  }
}

INSTANTIATE_TEST_SUITE_P(All, ScanLiars, testing::ValuesIn(lies()),
                         [](const auto& lie) { return std::string{lie.param.name}; });

}  // namespace
}  // namespace sonda::test
