// One event of every kind with every field set to something that is not its default.
#pragma once
#include <cerrno>
#include <chrono>
#include <string>
#include <vector>

#include <sonda/record/json_lines.hpp>

namespace sonda::testing {

inline Address address(std::string_view text) { return *Address::parse(text); }

inline RttSample some_sample() {
  return {.rtt = Duration{10'214'333}, .error = Duration{1'251}, .clock = StampClock::kernel};
}

inline IcmpReport some_icmp() {
  return {
      .version = 6,
      .type = 3,
      .code = 1,
      .name = "reassembly-timeout",
      .mtu = 1'280,
      .pointer = 40,
      .gateway = address("fe80::1%eth0"),
      .extensions =
          IcmpExtensionReport{
              .mpls =
                  {{.label = 24'015, .traffic_class = 5, .bottom_of_stack = true, .ttl = Ttl{254}}},
              .interfaces = {{.role = 2,
                              .index = 7,
                              .address = address("203.0.113.1"),
                              .name = "ge-0/0/1",
                              .mtu = 9'000}},
              .unknown = {{.class_number = 200, .class_type = 9, .octets = {0x00, 0xfe, 0x10}}}},
      .extension_fault = "wrong checksum"};
}

inline std::vector<Happening> every_happening() {
  return {
      Start{.argv = {"sonda-ping", "-c", "3"},
            .source = address("192.0.2.1"),
            .interface = "eth0",
            .mode = "raw",
            .clock = "kernel",
            .plan = {{"count", std::int64_t{3}},
                     {"interval_ms", 200.5},
                     {"deadline_ms", 9'000.25},
                     {"timeout_ms", 10'000.0},
                     {"data_octets", std::int64_t{56}},
                     {"ttl", std::int64_t{64}},
                     {"traffic_class", std::int64_t{184}},
                     {"path_mtu_discovery", std::string{"want"}}},
            .identifiers = {17, 65'535},
            .seed = ~0ULL,
            .unknowable = {"what the path changes cannot be seen"}},
      Sent{.probe = ProbeId{70'000},
           .sequence = 70'001,
           .octets_sha256 = std::string(32, '0') + std::string(32, 'f')},
      Reply{.probe = ProbeId{4},
            .sequence = 5,
            .from = address("2001:db8::7"),
            .bytes = 64,
            .ttl = Ttl{57},
            .rtt = some_sample(),
            .duplicate = true,
            .late = true,
            .reordered = true,
            .other_address = true,
            .truncated = true,
            .corrupt_octet = 20,
            .corrupt_was = 20,
            .corrupt_is = 255},
      IcmpError{.probe = ProbeId{2},
                .sequence = 3,
                .from = address("fe80::2%eth0"),
                .icmp = some_icmp(),
                .error_code = EHOSTUNREACH,
                .neighbor = true,
                .ends_probe = false,
                .duplicate = true,
                .late = true,
                .rtt = some_sample(),
                .quoted_octets = 84,
                .quoted_changes = {{.field = QuotedField::dscp,
                                    .was = std::uint64_t{46},
                                    .is = std::uint64_t{10}},
                                   {.field = QuotedField::source,
                                    .was = address("10.0.0.1"),
                                    .is = address("203.0.113.5")}}},
      Lost{.probe = ProbeId{7}, .sequence = 8},
      Outstanding{.probe = ProbeId{8}, .sequence = 9},
      Foreign{.from = address("198.51.100.66"),
              .reason = ForeignReason::source,
              .type = 129,
              .code = 3,
              .wire_sequence = 65'535},
      Corrupt{.sequence = 12, .from = address("192.0.2.9"), .octet = 11, .was = 1, .is = 2},
      Refused{.probe = ProbeId{9},
              .sequence = 10,
              .failure = {.operation = "send", .error_code = EPERM, .subject = "to 192.0.2.1"}},
      Change{.what = "path_mtu", .was = "1500", .is = "1400"},
      ClockStep{.step_ns = -3'600'000'000'001},
      Drops{.place = DropPlace::interface, .count = 12},
      PingSummary{.final = false,
                  .sent = 20,
                  .received = 11,
                  .errors = 4,
                  .lost = 3,
                  .waiting = 2,
                  .late = 1,
                  .duplicates = 5,
                  .corrupt = 6,
                  .reordered = 7,
                  .foreign = 8,
                  .refused = 9,
                  .drops = 10,
                  .errors_by_sender = {{.from = address("203.0.113.9"),
                                        .version = 6,
                                        .type = 1,
                                        .code = 3,
                                        .neighbor = true,
                                        .count = 4}},
                  .elapsed = Duration{19'000'000'123},
                  .rtt = RttStatistics{.min = Duration{1},
                                       .mean = Duration{1'000'002},
                                       .median = Duration{3},
                                       .p95 = Duration{4},
                                       .p99 = Duration{5},
                                       .max = Duration{86'400'000'000'000},
                                       .stddev = Duration{7},
                                       .jitter = Duration{8},
                                       .samples = 9},
                  .clock = StampClock::user},
      Start{.argv = {"sonda-tcp", "-p", "22", "web"},
            .source = address("192.0.2.1"),
            .interface = "eth0",
            .mode = "connect",
            .clock = "user",
            .plan = {{"fingerprint", std::string{"18446744073709551615"}},
                     {"hosts", std::int64_t{1}},
                     {"ports", std::int64_t{5}},
                     {"shard_first", std::int64_t{1}},
                     {"shard_step", std::int64_t{3}},
                     {"ending", std::string{"half-open"}},
                     {"banner_ms", 2'000.5},
                     {"retransmissions", std::int64_t{2}},
                     {"deadline_ms", 2'500.5},
                     {"rate", 1'000.5},
                     {"parallel", std::int64_t{512}},
                     {"parallel_at_first", std::int64_t{64}},
                     {"ttl", std::int64_t{64}}},
            .ports = {Port{40'000}, Port{40'001}},
            .seed = 7,
            .unknowable = {"the TTL of an answer cannot be seen"}},
      PortResult{.probe = ProbeId{1ULL << 40},
                 .target = "web",
                 .address = address("2001:db8::7"),
                 .protocol = Protocol::udp,
                 .port = Port{161},
                 .state = PortState::rejected,
                 .error_code = EHOSTUNREACH,
                 .cause = {.kind = CauseKind::icmp,
                           .from = address("fe80::2%eth0"),
                           .from_target = true,
                           .icmp = some_icmp(),
                           .ttl = Ttl{63},
                           .hops_nearer = 2,
                           .deadline = Whose::ours,
                           .tries = {Duration{0}, Duration{1'000'000'001}},
                           .failure = Failure{"connect", EPERM, "to 192.0.2.1"}},
                 .rtt = some_sample(),
                 .took = Duration{2'531'000'001},
                 .attempts = 3,
                 .control = true,
                 .banner = std::string{"220 \0\x1b\\ \xc3\xa9\xff\r\n", 13}},
      Notice{.what = NoticeKind::tarpit, .address = address("192.0.2.9"), .count = 3, .of = 4},
      ScanSummary{.final = false,
                  .hosts = 2,
                  .ports = 28,
                  .resumed = 1,
                  .by_state = {1, 2, 3, 4, 5, 6, 7},
                  .probes = 90,
                  .answered_at = {7, 0, 1},
                  .drops = 8,
                  .foreign = 9,
                  .elapsed = Duration{19'000'000'123},
                  .path_loss = 0.25,
                  .miss_probability = 0.0625},
  };
}

// Named as the loop names it: where the event has a sender; with frames where a frame can show it.
inline Occurrence occurrence(Happening what) {
  const bool has_sender =
      std::holds_alternative<Reply>(what) || std::holds_alternative<IcmpError>(what) ||
      std::holds_alternative<Foreign>(what) || std::holds_alternative<Corrupt>(what);
  const bool has_frames =
      has_sender || std::holds_alternative<Sent>(what) || std::holds_alternative<PortResult>(what);
  return {.event = {.what = std::move(what)},
          .unix_ns = 1'700'000'000'123'456'789,
          .name = has_sender ? "r1" : "",
          .frames = has_frames ? std::vector<std::uint64_t>{7, 1ULL << 40}
                               : std::vector<std::uint64_t>{}};
}

inline record::RunContext some_context() {
  return {.tool = "ping", .target = "web", .address = address("2001:db8::7")};
}

// Of a run in which such an event happens.
inline record::RunContext context_of(const Happening& what) {
  auto context = some_context();
  const auto* const start = std::get_if<Start>(&what);
  if ((start != nullptr && !start->ports.empty()) || std::holds_alternative<PortResult>(what) ||
      std::holds_alternative<Notice>(what) || std::holds_alternative<ScanSummary>(what))
    context.tool = "tcp";
  return context;
}

}  // namespace sonda::testing
