// A liar's suite: every planted falsehood is caught, by its name, and nothing absurd is said
// beside.
#include <algorithm>
#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/menu_address.hpp>
#include <sonda/verify/faults.hpp>

#include "feeding.hpp"
#include "liar.hpp"

namespace sonda::test {
namespace {

using verify::Claim;
using verify::Verdict;

// ------------------------------------------------------------------------------ the honest runs

VirtualRun plain(const VirtualAddresses& in, IcmpMode mode = IcmpMode::raw) {
  VirtualPing ping{in, 3};
  ping.plan.count = 6;
  ping.plan.interval = 200ms;
  ping.plan.mode = mode;
  return ping.run();
}
VirtualRun plain_v4() { return plain(virtual_v4); }
VirtualRun plain_v6() { return plain(virtual_v6); }
VirtualRun datagram_v4() { return plain(virtual_v4, IcmpMode::datagram); }

// Lost, late, twice, out of order, shortened, changed, damaged; each probe meets another manner.
VirtualRun eventful() {
  using sim::Answering;
  sim::Manner late{.delay = 700ms}, slow{.delay = 450ms}, twice{.copies = 2};
  twice.between_copies = 20ms;
  sim::Manner silent{.answering = Answering::silence}, shortened{.cut = 10};
  sim::Manner changed{.wrong_octet = 20}, damaged{.broken_checksum = true};
  VirtualPing ping{
      virtual_v4,
      5,
      {.schedule = sim::in_turn(
           {{}, silent, late, twice, slow, {}, shortened, changed, damaged, {.ttl = Ttl{40}}})}};
  ping.plan.count = 11;
  ping.plan.interval = 200ms;
  ping.plan.timeout = 500ms;
  ping.plan.report_outstanding = true;
  ping.faults.refuse = {{5, EPERM}};
  return ping.run();
}

VirtualRun menu(const char* address, IcmpMode mode = IcmpMode::raw) {
  VirtualPing ping{VirtualPing::Menu{*Address::parse(address)}, 9};
  ping.plan.count = 4;
  ping.plan.mode = mode;
  return ping.run();
}
VirtualRun prohibited() { return menu("10.3.13.1"); }
VirtualRun prohibited_datagram() { return menu("10.3.13.1", IcmpMode::datagram); }
VirtualRun extended() { return menu("10.11.0.9"); }
VirtualRun prohibited_v6() { return menu("fd00::1:1:1"); }
VirtualRun redirected() { return menu("10.5.1.1"); }
VirtualRun pointed() { return menu("10.12.0.1"); }

VirtualRun rewritten() {  // errors that show what the path changed
  sim::RouterPlan router;
  router.rewriting.dscp = std::uint8_t{10};
  sim::Manner refuses{.answering = sim::Answering::error, .error = {.type = 3, .code = 3}};
  VirtualPing ping{virtual_v4, 6, {.manner = refuses}, router};
  return ping.run();
}

VirtualRun too_big() {
  VirtualPing ping{VirtualPing::Menu{*Address::parse("10.3.4.1")}, 9};
  ping.plan.data_size = 1'400;
  return ping.run();
}

VirtualRun forged() {  // somebody answers with a wrong tag
  VirtualPing ping{virtual_v4, 4};
  ping.witness = [n = 0, &ping](Instant now, Bytes sent, sim::Network& network) mutable {
    if (n++ != 1) return;
    VirtualFrame answer{.octets = {sent.begin(), sent.end()}};
    std::swap_ranges(answer.octets.begin() + 12, answer.octets.begin() + 16,
                     answer.octets.begin() + 16);
    answer.octets[20] = 0;
    answer.octets[30] ^= 0xff;
    sum_up(answer);
    network.inject(now + 3ms, *ping.router, std::move(answer.octets));
  };
  return ping.run();
}

// --------------------------------------------------------------------------------------- the lies

constexpr std::uint8_t request = 8, reply = 0, unreachable = 3;

void shift(VirtualRun& run, std::int64_t ns) {
  for (auto& frame : run.frames) frame.unix_ns += ns;
  for (auto& statistics : run.statistics) statistics.unix_ns += ns;
}

void lose_instead(VirtualRun& run) {
  const auto at = place_of<Reply>(run, 2);
  const auto reply_told = std::get<Reply>(run.events[at].occurrence.event.what);
  drop_event<Reply>(run, 2);
  insert_event(run, place_of<PingSummary>(run), Lost{reply_told.probe, reply_told.sequence},
               run.events.back().occurrence.unix_ns);
  add_up(run);
}

std::vector<Lie> lies() {
  std::vector<Lie> out;
  const auto lie = [&out](std::string_view name, auto honest, auto plant, Claim claim,
                          std::string_view fault, std::vector<std::string_view> also = {}) {
    out.push_back({name, honest, plant, claim, fault, std::move(also)});
  };
  using R = VirtualRun;

  // ---- who and how
  lie(
      "another_source", plain_v4,
      [](R& r) { event_of<Start>(r).source = Ipv4Address{192, 0, 2, 77}; }, Claim::identity,
      "wrong_source");
  lie(
      "another_source_without_privilege", datagram_v4,
      [](R& r) { event_of<Start>(r).source = Ipv4Address{192, 0, 2, 77}; }, Claim::identity,
      "wrong_source");
  lie(
      "another_target", plain_v4,
      [](R& r) {
        for (auto& event : r.events) event.context.address = Ipv4Address{198, 51, 100, 99};
      },
      Claim::identity, "wrong_target");
  lie(
      "another_identifier", plain_v4, [](R& r) { event_of<Start>(r).identifiers[0] ^= 1; },
      Claim::identity, "wrong_identifier");
  lie(
      "another_mode", datagram_v4, [](R& r) { event_of<Start>(r).mode = "raw"; }, Claim::identity,
      "wrong_mode");
  lie("a_mode_that_is_none", plain_v4, [](R& r) { event_of<Start>(r).mode = "magic"; },
      Claim::identity, "bad_start", {"wrong_mode"});
  lie("no_start", plain_v4, [](R& r) { drop_event<Start>(r); }, Claim::identity, "no_start");
  lie(
      "a_second_start", plain_v4, [](R& r) { repeat_event<Start>(r); }, Claim::identity,
      "second_start");
  lie(
      "an_event_of_another_run", plain_v4,
      [](R& r) { r.events[place_of<Reply>(r)].context.target = "elsewhere"; }, Claim::identity,
      "other_run");

  // ---- probes
  lie(
      "a_probe_whose_frame_is_gone", plain_v4,
      [](R& r) { drop_frame(r, frame_of(r, request, 3).number); }, Claim::probe, "probe_missing");
  lie(
      "the_last_probe_never_left", plain_v6,
      [](R& r) {
        const auto number = frame_of(r, 128, 5).number;
        drop_frame(r, number);
      },
      Claim::probe, "probe_missing");
  lie(
      "another_hash", plain_v4,
      [](R& r) {
        auto& hash = event_of<Sent>(r, 2).octets_sha256;
        hash[5] = hash[5] == '0' ? '1' : '0';
      },
      Claim::probe, "octets_differ");
  lie(
      "no_hash_for_one", plain_v4, [](R& r) { event_of<Sent>(r, 2).octets_sha256.clear(); },
      Claim::probe, "hash_missing");
  lie("other_octets_with_right_checksums", plain_v4,
      [](R& r) {
        auto& frame = frame_of(r, request, 2);
        frame.octets[60] ^= 1;
        sum_up(frame);
      },
      Claim::probe, "octets_differ", {"corrupt_untold"});
  lie(
      "one_probe_told_twice", plain_v4, [](R& r) { repeat_event<Sent>(r, 1); }, Claim::probe,
      "told_twice");
  lie(
      "one_probe_left_twice", plain_v4,
      [](R& r) {
        auto copy = frame_of(r, request, 1);
        copy.unix_ns += 1'000'000;
        insert_frame(r, copy.number, copy);
      },
      Claim::probe, "left_twice");
  lie("a_number_that_is_not_the_sequence_number", plain_v4,
      [](R& r) { event_of<Sent>(r, 4).probe = ProbeId{40}; }, Claim::probe, "wrong_number",
      {"wrong_comment"});
  lie("a_sequence_that_jumps", plain_v4,
      [](R& r) {
        event_of<Sent>(r, 5).sequence = 1'000;
        event_of<Sent>(r, 5).probe = ProbeId{999};
      },
      Claim::probe, "sequence_jumps",
      {"probe_missing", "probe_untold", "reply_to_nothing", "wrong_frame", "summary_differs",
       "does_not_add_up"});

  // ---- headers and checksums
  lie(
      "another_ttl_than_asked_for", plain_v4,
      [](R& r) {
        for (auto& [name, value] : event_of<Start>(r).plan)
          if (name == "ttl") value = std::int64_t{12};
      },
      Claim::header, "wrong_ttl");
  lie("a_probe_with_another_ttl", plain_v4,
      [](R& r) {
        auto& frame = frame_of(r, request, 1);
        frame.octets[8] = 9;
        sum_up(frame);
      },
      Claim::header, "wrong_ttl", {"wrong_comment"});
  lie("a_probe_with_another_hop_limit", plain_v6, [](R& r) { frame_of(r, 128, 1).octets[7] = 9; },
      Claim::header, "wrong_ttl", {"wrong_comment"});
  lie(
      "another_traffic_class", plain_v4,
      [](R& r) {
        for (auto& [name, value] : event_of<Start>(r).plan)
          if (name == "traffic_class") value = std::int64_t{184};
      },
      Claim::header, "wrong_traffic_class");
  lie(
      "another_size", plain_v4,
      [](R& r) {
        for (auto& [name, value] : event_of<Start>(r).plan)
          if (name == "data_octets") value = std::int64_t{57};
      },
      Claim::header, "wrong_length");
  lie(
      "fragments_forbidden_or_not", plain_v4,
      [](R& r) {
        for (auto& [name, value] : event_of<Start>(r).plan)
          if (name == "path_mtu_discovery") value = std::string{"dont"};
      },
      Claim::header, "wrong_dont_fragment");
  lie(
      "a_wrong_header_checksum", plain_v4, [](R& r) { frame_of(r, request, 2).octets[10] ^= 0x40; },
      Claim::checksum, "header_checksum_wrong");
  lie(
      "a_wrong_icmp_checksum", plain_v4, [](R& r) { frame_of(r, request, 2).octets[22] ^= 0x40; },
      Claim::checksum, "message_checksum_wrong");
  lie(
      "a_wrong_icmpv6_checksum", plain_v6, [](R& r) { frame_of(r, 128, 2).octets[42] ^= 0x40; },
      Claim::checksum, "message_checksum_wrong");

  // ---- replies
  lie(
      "a_reply_whose_frame_is_gone", plain_v4,
      [](R& r) { drop_frame(r, frame_of(r, reply, 2).number); }, Claim::reply,
      "reply_without_frame");
  lie(
      "a_reply_counted_twice", plain_v4, [](R& r) { repeat_event<Reply>(r, 1); }, Claim::reply,
      "reply_counted_twice");
  lie("a_reply_to_no_probe", plain_v4,
      [](R& r) {
        auto extra = event_of<Reply>(r, 3);
        extra.probe = ProbeId{6}, extra.sequence = 7;
        insert_event(r, place_of<Reply>(r, 3) + 1, extra, occurrence_of<Reply>(r, 3).unix_ns);
        add_up(r);
      },
      Claim::reply, "reply_to_nothing",
      {"reply_without_frame", "summary_differs", "reordered_untold"});
  lie(
      "a_reply_from_elsewhere", plain_v4,
      [](R& r) { event_of<Reply>(r, 2).from = Ipv4Address{198, 51, 100, 11}; }, Claim::reply,
      "wrong_from");
  lie(
      "a_reply_of_another_size", plain_v4, [](R& r) { event_of<Reply>(r, 2).bytes = 65; },
      Claim::reply, "wrong_bytes");
  lie(
      "a_reply_with_another_ttl", plain_v4,
      [](R& r) {
        for (auto& event : r.events)
          if (auto* told = std::get_if<Reply>(&event.occurrence.event.what)) told->ttl = Ttl{61};
      },
      Claim::reply, "wrong_reply_ttl");
  lie(
      "whether_another_answered", plain_v4,
      [](R& r) { event_of<Reply>(r, 2).other_address = true; }, Claim::reply,
      "wrong_other_address");
  lie(
      "a_change_that_was_none", plain_v4,
      [](R& r) {
        insert_event(r, place_of<Reply>(r, 2) + 1, Change{"reply_ttl", "63", "62"},
                     occurrence_of<Reply>(r, 2).unix_ns);
      },
      Claim::reply, "change_wrong");
  lie(
      "a_change_kept_secret", eventful, [](R& r) { drop_event<Change>(r); }, Claim::reply,
      "change_untold");
  lie("swapped_answers", plain_v4,
      [](R& r) {
        auto& a = frame_of(r, reply, 1);
        auto& b = frame_of(r, reply, 2);
        std::swap(a.octets, b.octets);
        std::swap(a.comments, b.comments);
      },
      Claim::rtt, "rtt_outside_bracket",
      {"wrong_time", "wrong_frame", "stranger_untold", "reply_untold", "reply_without_frame",
       "wrong_comment", "reordered_untold"});

  // ---- data and order
  lie("a_shortened_reply_called_whole", eventful,
      [](R& r) {
        for (auto& event : r.events)
          if (auto* told = std::get_if<Reply>(&event.occurrence.event.what))
            told->truncated = false;
      },
      Claim::data, "wrong_truncated", {"wrong_comment"});
  lie("changed_data_kept_secret", eventful,
      [](R& r) {
        for (auto& event : r.events)
          if (auto* told = std::get_if<Reply>(&event.occurrence.event.what))
            told->corrupt_octet.reset();
        --event_of<PingSummary>(r).corrupt;
      },
      Claim::data, "corrupt_untold", {"wrong_comment"});
  lie("data_that_were_not_changed", plain_v4,
      [](R& r) {
        event_of<Reply>(r, 1).corrupt_octet = 12;
        ++event_of<PingSummary>(r).corrupt;
      },
      Claim::data, "corrupt_invented", {"wrong_comment"});
  lie(
      "another_octet_changed", eventful,
      [](R& r) {
        for (auto& event : r.events)
          if (auto* told = std::get_if<Reply>(&event.occurrence.event.what))
            if (told->corrupt_octet) told->corrupt_octet = 21;
      },
      Claim::data, "wrong_corrupt_octet");
  lie("a_second_reply_called_the_first", eventful,
      [](R& r) {
        for (auto& event : r.events)
          if (auto* told = std::get_if<Reply>(&event.occurrence.event.what))
            told->duplicate = false;
      },
      Claim::order, "duplicate_untold", {"wrong_comment"});
  lie("the_first_reply_called_a_duplicate", plain_v4,
      [](R& r) { event_of<Reply>(r, 2).duplicate = true; }, Claim::order, "duplicate_invented",
      {"wrong_comment"});
  lie("a_late_reply_called_punctual", eventful,
      [](R& r) {
        for (auto& event : r.events)
          if (auto* told = std::get_if<Reply>(&event.occurrence.event.what)) told->late = false;
      },
      Claim::order, "late_untold", {"wrong_comment"});
  lie("a_punctual_reply_called_late", plain_v4, [](R& r) { event_of<Reply>(r, 1).late = true; },
      Claim::order, "late_invented", {"wrong_comment"});
  lie("overtaken_kept_secret", eventful,
      [](R& r) {
        for (auto& event : r.events)
          if (auto* told = std::get_if<Reply>(&event.occurrence.event.what))
            told->reordered = false;
      },
      Claim::order, "reordered_untold", {"wrong_comment"});
  lie("overtaken_invented", plain_v4, [](R& r) { event_of<Reply>(r, 4).reordered = true; },
      Claim::order, "reordered_invented", {"wrong_comment"});

  // ---- time
  lie("a_shorter_rtt", plain_v4,
      [](R& r) {
        event_of<Reply>(r, 2).rtt->rtt -= 1ms;
        add_up(r);
      },
      Claim::rtt, "rtt_outside_bracket", {"wrong_comment"});
  lie("an_rtt_a_little_too_long", plain_v6,
      [](R& r) {
        event_of<Reply>(r, 2).rtt->rtt += 6us;
        add_up(r);
      },
      Claim::rtt, "rtt_outside_bracket", {"wrong_comment"});
  lie("an_rtt_of_an_error", prohibited, [](R& r) { event_of<IcmpError>(r, 1).rtt->rtt += 2ms; },
      Claim::rtt, "rtt_outside_bracket", {"wrong_comment"});
  lie(
      "another_moment", plain_v4, [](R& r) { occurrence_of<Reply>(r, 2).unix_ns += 40'000; },
      Claim::time, "wrong_time");
  lie("a_frame_at_another_moment", plain_v4, [](R& r) { frame_of(r, reply, 2).unix_ns += 40'000; },
      Claim::time, "wrong_time", {"rtt_outside_bracket"});
  lie("sent_at_another_time", plain_v4,
      [](R& r) { occurrence_of<Sent>(r, 5).unix_ns += 3'000'000'000; }, Claim::time,
      "sent_at_another_time", {"time_goes_back"});
  lie("time_goes_back", plain_v4,
      [](R& r) { occurrence_of<PingSummary>(r).unix_ns -= 3'000'000'000; }, Claim::time,
      "time_goes_back", {"elapsed_implausible"});
  lie("a_skewed_clock", plain_v4, [](R& r) { shift(r, 3'000'000); }, Claim::capture, "clock_skew");
  lie(
      "a_clock_of_another_time_zone", plain_v6, [](R& r) { shift(r, 7'200'000'000'000); },
      Claim::capture, "clock_skew");

  lie("every_moment_an_hour_off_or_so", plain_v4,
      [](R& r) {
        std::int64_t jitter = 0;
        for (auto& event : r.events)
          event.occurrence.unix_ns += 3'600'000'000'000 + (jitter = (jitter + 700'000) % 3'000'000);
      },
      Claim::time, "wrong_time", {"sent_at_another_time"});

  // ---- errors
  lie("a_silent_neighbour_of_a_probe_that_left", prohibited,
      [](R& r) {
        auto& told = event_of<IcmpError>(r, 1);
        told.from = event_of<Start>(r).source;
        told.neighbor = true;
        told.icmp = {.version = 4, .type = 3, .code = 1, .name = "host-unreachable"};
        told.error_code = EHOSTUNREACH;
        told.rtt.reset();
        drop_frame(r, frame_of(r, unreachable, 1).number);
      },
      Claim::icmp_error, "neighbor_was_there", {"senders_differ"});
  lie(
      "an_error_whose_frame_is_gone", prohibited,
      [](R& r) { drop_frame(r, frame_of(r, unreachable, 1).number); }, Claim::icmp_error,
      "error_without_frame");
  lie("an_error_counted_twice", prohibited, [](R& r) { repeat_event<IcmpError>(r, 1); },
      Claim::icmp_error, "error_counted_twice", {"duplicate_untold"});
  lie(
      "an_error_from_elsewhere", prohibited,
      [](R& r) {
        for (auto& event : r.events)
          if (auto* told = std::get_if<IcmpError>(&event.occurrence.event.what))
            told->from = Ipv4Address{198, 51, 100, 77};
        event_of<PingSummary>(r).errors_by_sender[0].from = Ipv4Address{198, 51, 100, 77};
      },
      Claim::icmp_error, "wrong_error_from");
  lie("another_code", prohibited,
      [](R& r) {
        auto& told = event_of<IcmpError>(r, 1);
        told.icmp.code = 10;
        told.icmp.name = "host-prohibited";
      },
      Claim::icmp_error, "wrong_type", {"senders_differ", "wrong_errno"});
  lie(
      "another_name", prohibited_v6, [](R& r) { event_of<IcmpError>(r, 1).icmp.name = "no-route"; },
      Claim::icmp_error, "wrong_name");
  lie("another_mtu", too_big, [](R& r) { event_of<IcmpError>(r).icmp.mtu = 1'300; },
      Claim::icmp_error, "wrong_mtu", {"path_mtu_wrong"});
  lie(
      "another_pointer", pointed, [](R& r) { event_of<IcmpError>(r, 1).icmp.pointer = 3; },
      Claim::icmp_error, "wrong_pointer");
  lie(
      "another_gateway", redirected,
      [](R& r) { event_of<IcmpError>(r, 1).icmp.gateway = Ipv4Address{198, 51, 100, 2}; },
      Claim::icmp_error, "wrong_gateway");
  lie(
      "another_label", extended,
      [](R& r) { event_of<IcmpError>(r, 1).icmp.extensions->mpls[0].label ^= 1; },
      Claim::icmp_error, "wrong_extensions");
  lie(
      "another_interface", extended,
      [](R& r) { event_of<IcmpError>(r, 1).icmp.extensions->interfaces[0].name = "eth9"; },
      Claim::icmp_error, "wrong_extensions");
  lie("a_neighbour_invented", prohibited, [](R& r) { event_of<IcmpError>(r, 1).neighbor = true; },
      Claim::icmp_error, "wrong_neighbor", {"senders_differ", "wrong_comment"});
  lie(
      "advice_that_ends_a_probe", redirected,
      [](R& r) { event_of<IcmpError>(r, 1).ends_probe = true; }, Claim::icmp_error,
      "wrong_ends_probe");
  lie(
      "another_path_mtu", too_big, [](R& r) { event_of<Change>(r).is = "1300"; }, Claim::icmp_error,
      "path_mtu_wrong");
  lie(
      "a_path_mtu_without_an_error", plain_v4,
      [](R& r) {
        insert_event(r, place_of<Reply>(r, 2), Change{"path_mtu", "1500", "1280"},
                     occurrence_of<Reply>(r, 2).unix_ns);
      },
      Claim::icmp_error, "path_mtu_wrong");
  lie(
      "more_quoted_than_was", prohibited,
      [](R& r) { event_of<IcmpError>(r, 1).quoted_octets = 28; }, Claim::quotation,
      "wrong_quoted_octets");
  lie(
      "more_quoted_without_privilege", prohibited_datagram,
      [](R& r) { event_of<IcmpError>(r, 1).quoted_octets = 7; }, Claim::quotation,
      "wrong_quoted_octets");
  lie(
      "what_the_path_changed_kept_secret", rewritten,
      [](R& r) { event_of<IcmpError>(r, 1).quoted_changes.clear(); }, Claim::quotation,
      "wrong_quoted_changes");
  lie(
      "a_change_of_the_path_invented", prohibited,
      [](R& r) {
        event_of<IcmpError>(r, 1).quoted_changes.push_back(
            {QuotedField::dscp, std::uint64_t{0}, std::uint64_t{46}});
      },
      Claim::quotation, "wrong_quoted_changes");
  lie("another_errno", prohibited,
      [](R& r) { event_of<IcmpError>(r, 1).error_code = ECONNREFUSED; }, Claim::error_code,
      "wrong_errno", {"wrong_comment"});
  lie("no_errno", prohibited_datagram, [](R& r) { event_of<IcmpError>(r, 1).error_code = 0; },
      Claim::error_code, "wrong_errno", {"wrong_comment"});

  lie(
      "a_change_of_the_weather", plain_v4,
      [](R& r) {
        insert_event(r, place_of<Reply>(r, 2), Change{"weather", "fair", "foul"},
                     occurrence_of<Reply>(r, 2).unix_ns);
      },
      Claim::icmp_error, "unknown_change");
  lie("an_error_about_no_probe", prohibited,
      [](R& r) {
        auto extra = event_of<IcmpError>(r, 3);
        extra.probe = ProbeId{4}, extra.sequence = 5;
        insert_event(r, place_of<IcmpError>(r, 3) + 1, extra,
                     occurrence_of<IcmpError>(r, 3).unix_ns);
      },
      Claim::icmp_error, "error_about_nothing",
      {"error_without_frame", "does_not_add_up", "summary_differs", "senders_differ"});

  // ---- silence and refusal
  lie("an_answered_probe_called_lost", plain_v4, lose_instead, Claim::silence, "lost_but_answered",
      {"wrong_comment"});
  lie(
      "a_refused_probe_called_lost", prohibited,
      [](R& r) {
        const auto told = event_of<IcmpError>(r, 3);
        drop_event<IcmpError>(r, 3);
        insert_event(r, place_of<PingSummary>(r), Lost{told.probe, told.sequence},
                     r.events.back().occurrence.unix_ns + 1'000'000'000);
        occurrence_of<PingSummary>(r).unix_ns += 1'000'000'000;
        event_of<PingSummary>(r).elapsed += 1s;
        --event_of<PingSummary>(r).errors_by_sender[0].count;
        add_up(r);
      },
      Claim::silence, "lost_but_answered");
  lie("lost_twice", eventful, [](R& r) { repeat_event<Lost>(r); }, Claim::silence, "lost_twice");
  lie(
      "lost_without_having_been_sent", plain_v4,
      [](R& r) {
        insert_event(r, place_of<PingSummary>(r), Lost{ProbeId{9}, 10},
                     r.events.back().occurrence.unix_ns);
      },
      Claim::silence, "silence_of_nothing");
  lie(
      "outstanding_though_answered", plain_v4,
      [](R& r) {
        const auto& told = event_of<Reply>(r, 1);
        insert_event(r, place_of<Reply>(r, 1), Outstanding{told.probe, told.sequence},
                     occurrence_of<Reply>(r, 1).unix_ns + 90'000'000);
      },
      Claim::silence, "outstanding_but_answered");
  lie(
      "refused_though_it_left", plain_v4,
      [](R& r) {
        const auto sent = event_of<Sent>(r, 5);
        const auto at = place_of<Sent>(r, 5);
        const auto moment = r.events[at].occurrence.unix_ns;
        drop_event<Sent>(r, 5);
        drop_event<Reply>(r, 5);
        insert_event(r, at, Refused{sent.probe, sent.sequence, {"send", EPERM, "to it"}}, moment);
        add_up(r);
      },
      Claim::refused, "refused_but_left");

  // ---- strangers and what is left untold
  lie(
      "a_stranger_invented", plain_v4,
      [](R& r) {
        insert_event(r, place_of<Reply>(r, 2),
                     Foreign{.from = Ipv4Address{203, 0, 113, 5}, .wire_sequence = 3},
                     occurrence_of<Reply>(r, 2).unix_ns);
        ++event_of<PingSummary>(r).foreign;
      },
      Claim::stranger, "stranger_without_frame");
  lie(
      "another_reason_to_be_foreign", forged,
      [](R& r) { event_of<Foreign>(r).reason = ForeignReason::source; }, Claim::stranger,
      "wrong_reason");
  lie("a_checksum_fixed_up", eventful,
      [](R& r) {
        for (auto& frame : r.frames)
          if (frame.octets[20] == reply && Checksum{}.add(Bytes{frame.octets}.subspan(20)).finish())
            sum_up(frame);
      },
      Claim::stranger, "corrupt_without_frame", {"lost_but_answered", "outstanding_but_answered"});
  lie(
      "damage_elsewhere", eventful, [](R& r) { event_of<Corrupt>(r).octet = 3; }, Claim::stranger,
      "wrong_damage");
  lie(
      "a_stranger_kept_secret", forged,
      [](R& r) {
        drop_event<Foreign>(r);
        --event_of<PingSummary>(r).foreign;
      },
      Claim::unexplained, "stranger_untold");
  lie(
      "a_probe_kept_secret", plain_v4,
      [](R& r) {
        drop_event<Sent>(r, 5);
        drop_event<Reply>(r, 5);
        add_up(r);
      },
      Claim::unexplained, "probe_untold");
  lie(
      "a_reply_kept_secret", eventful,
      [](R& r) {
        for (std::size_t n = 0;; ++n)
          if (event_of<Reply>(r, n).duplicate) {
            drop_event<Reply>(r, n);
            break;
          }
        --event_of<PingSummary>(r).duplicates;
      },
      Claim::unexplained, "reply_untold");
  lie(
      "a_forged_reply", plain_v4,
      [](R& r) {
        auto copy = frame_of(r, reply, 1);
        copy.unix_ns += 50'000'000;
        copy.comments.clear();
        insert_frame(r, copy.number, copy);
      },
      Claim::unexplained, "reply_untold");
  lie(
      "a_forged_error", prohibited,
      [](R& r) {
        auto copy = frame_of(r, unreachable, 1);
        copy.unix_ns += 50'000'000;
        copy.comments.clear();
        insert_frame(r, copy.number, copy);
      },
      Claim::unexplained, "error_untold");

  // ---- frame numbers, comments, statistics
  lie(
      "another_frame_number", plain_v4,
      [](R& r) { occurrence_of<Reply>(r, 2).frames = occurrence_of<Reply>(r, 3).frames; },
      Claim::frame, "wrong_frame");
  lie(
      "a_frame_number_that_does_not_exist", plain_v4,
      [](R& r) { occurrence_of<Reply>(r, 2).frames = {4'711}; }, Claim::frame, "wrong_frame");
  lie(
      "a_frame_number_after_many_questions_for_neighbours", plain_v4,
      [](R& r) {
        VirtualFrame question{.unix_ns = r.frames[2].unix_ns, .arp = true};
        for (int i = 0; i < 1'100; ++i) insert_frame(r, 2, question);
        occurrence_of<Sent>(r, 5).frames.push_back(frame_of(r, reply, 2).number);
      },
      Claim::frame, "wrong_frame");
  lie(
      "a_comment_about_another_probe", plain_v4,
      [](R& r) { frame_of(r, reply, 2).comments = frame_of(r, reply, 3).comments; }, Claim::comment,
      "wrong_comment");
  lie(
      "an_outcome_beside_a_probe", plain_v4,
      [](R& r) { frame_of(r, request, 2).comments[0] += " rtt_ms=20.000000;"; }, Claim::comment,
      "wrong_comment");
  lie(
      "a_comment_of_no_grammar", plain_v4,
      [](R& r) { frame_of(r, reply, 2).comments = {"sonda: probe=2; seq=three; reply;"}; },
      Claim::comment, "comment_unreadable");
  lie(
      "a_comment_on_a_strange_frame", plain_v4,
      [](R& r) {
        auto other = frame_of(r, reply, 1);
        other.octets[24] ^= 0x55;  // another's identifier
        sum_up(other);
        insert_frame(r, other.number, other);
      },
      Claim::comment, "comment_elsewhere");
  lie(
      "a_second_comment_on_a_frame", plain_v4,
      [](R& r) { frame_of(r, reply, 2).comments.push_back(frame_of(r, reply, 3).comments[0]); },
      Claim::comment, "second_comment");
  lie(
      "a_comment_about_a_probe_on_a_question_for_a_neighbour", plain_v4,
      [](R& r) {
        auto question = frame_of(r, reply, 1);
        question.octets.clear();
        question.arp = true;
        insert_frame(r, question.number, question);
      },
      Claim::comment, "comment_elsewhere");
  lie(
      "fewer_frames_counted_than_there_are", plain_v4, [](R& r) { *r.statistics[0].received -= 2; },
      Claim::capture, "too_few_counted");
  lie(
      "fewer_frames_delivered_than_there_are", plain_v4,
      [](R& r) { *r.statistics[0].delivered = 1; }, Claim::capture, "too_few_counted");
  lie(
      "counts_that_go_back", plain_v4,
      [](R& r) {
        auto more = r.statistics[0];
        *more.received += 10;
        r.statistics.insert(r.statistics.begin(), more);
      },
      Claim::capture, "counts_went_back");

  // ---- the summary
  const auto number = [&](std::string_view name, auto member) {
    lie(
        name, eventful, [member](R& r) { ++(event_of<PingSummary>(r).*member); }, Claim::summary,
        "summary_differs");
  };
  number("summary_late", &PingSummary::late);
  number("summary_duplicates", &PingSummary::duplicates);
  number("summary_corrupt", &PingSummary::corrupt);
  number("summary_reordered", &PingSummary::reordered);
  number("summary_foreign", &PingSummary::foreign);
  number("summary_refused", &PingSummary::refused);
  number("summary_drops", &PingSummary::drops);
  lie(
      "a_summary_that_does_not_add_up", plain_v4, [](R& r) { ++event_of<PingSummary>(r).received; },
      Claim::summary, "does_not_add_up");
  lie(
      "a_lost_one_among_the_received", eventful,
      [](R& r) {
        --event_of<PingSummary>(r).lost;
        ++event_of<PingSummary>(r).received;
      },
      Claim::summary, "summary_differs");
  const auto figure = [&](std::string_view name, auto member) {
    lie(
        name, plain_v4,
        [member](R& r) { (*event_of<PingSummary>(r).rtt).*member += Duration{1'000}; },
        Claim::summary, "rtt_statistics_differ");
  };
  figure("rtt_min", &RttStatistics::min);
  figure("rtt_mean", &RttStatistics::mean);
  figure("rtt_median", &RttStatistics::median);
  figure("rtt_p95", &RttStatistics::p95);
  figure("rtt_p99", &RttStatistics::p99);
  figure("rtt_max", &RttStatistics::max);
  figure("rtt_stddev", &RttStatistics::stddev);
  figure("rtt_jitter", &RttStatistics::jitter);
  lie(
      "errors_of_another_sender", prohibited,
      [](R& r) {
        event_of<PingSummary>(r).errors_by_sender[0].from = Ipv4Address{198, 51, 100, 3};
      },
      Claim::summary, "senders_differ");
  lie(
      "another_duration", plain_v4, [](R& r) { event_of<PingSummary>(r).elapsed += 10s; },
      Claim::summary, "elapsed_implausible");
  lie(
      "something_after_the_end", plain_v4,
      [](R& r) {
        insert_event(r, r.events.size(), Lost{ProbeId{2}, 3}, r.events.back().occurrence.unix_ns);
      },
      Claim::summary, "event_after_summary");
  lie(
      "socket_drops_after_the_end", plain_v4,
      [](R& r) {
        insert_event(r, r.events.size(), Drops{DropPlace::socket, 2},
                     r.events.back().occurrence.unix_ns);
      },
      Claim::summary, "event_after_summary");
  return out;
}

class Liars : public testing::TestWithParam<Lie> {};

TEST_P(Liars, are_caught_and_named) {
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
    EXPECT_TRUE(documented) << finding.fault;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Liars, testing::ValuesIn(lies()),
                         [](const auto& lie) { return std::string{lie.param.name}; });

// Every claim that a ping makes has somebody who lies about it.
TEST(LiarsSuite, has_a_lie_about_every_claim) {
  const auto all = lies();
  EXPECT_GE(all.size(), 45U);
  for (const auto& word : verify::fault_words) {
    if (word.claim > Claim::summary) continue;
    EXPECT_TRUE(std::ranges::any_of(all, [&](const Lie& lie) { return lie.claim == word.claim; }))
        << verify::word_of(word.claim);
  }
}

}  // namespace
}  // namespace sonda::test
