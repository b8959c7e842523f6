// What happened, as plain structs: the vocabulary of every text line and every JSON object.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <sonda/core/failure.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/event/input.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/icmp_catalogue_row.hpp>
#include <sonda/wire/protocol.hpp>
#include <sonda/wire/quoted_change.hpp>

namespace sonda::inline v0 {

// ------------------------------------------------------------------------------- ICMP, in full

struct MplsReport {  // RFC 4950, section 3
  std::uint32_t label = 0;
  std::uint8_t traffic_class = 0;
  bool bottom_of_stack = false;
  Ttl ttl{};
  friend bool operator==(const MplsReport&, const MplsReport&) = default;
};

struct InterfaceReport {  // RFC 5837, section 4
  std::uint8_t role = 0;  // 0 incoming, 1 sub-IP component, 2 outgoing, 3 next hop
  std::optional<std::uint32_t> index{};
  std::optional<Address> address{};
  std::string name{};
  std::optional<std::uint32_t> mtu{};
  friend bool operator==(const InterfaceReport&, const InterfaceReport&) = default;
};

struct ObjectReport {  // RFC 4884, section 8
  std::uint8_t class_number = 0;
  std::uint8_t class_type = 0;
  std::vector<std::uint8_t> octets{};
  friend bool operator==(const ObjectReport&, const ObjectReport&) = default;
};

struct IcmpExtensionReport {
  std::vector<MplsReport> mpls{};
  std::vector<InterfaceReport> interfaces{};
  std::vector<ObjectReport> unknown{};
  friend bool operator==(const IcmpExtensionReport&, const IcmpExtensionReport&) = default;
};

// One field of our packet that is not as we sent it, according to a quotation.
struct QuotedChangeReport {
  QuotedField field{};
  QuotedValue was{};
  QuotedValue is{};
  friend bool operator==(const QuotedChangeReport&, const QuotedChangeReport&) = default;
};

struct IcmpReport {
  std::uint8_t version = 4;  // of the Internet Protocol: 4 or 6
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::string name{};  // the catalogue's, or empty
  std::optional<std::uint32_t> mtu{};
  std::optional<std::uint32_t> pointer{};
  std::optional<Address> gateway{};
  std::optional<IcmpExtensionReport> extensions{};
  std::string extension_fault{};  // why there are none although the message promises them
  friend bool operator==(const IcmpReport&, const IcmpReport&) = default;
};

// --------------------------------------------------------------------------------- of every run

using PlanValue = std::variant<bool, std::int64_t, double, std::string>;

// The first event of every run. `run` and the tool fill in what the engine cannot know.
struct Start {
  std::string tool{};
  std::vector<std::string> argv{};
  std::string target{};  // as typed
  Address address{};     // what it became
  Address source{};
  std::string interface{};
  std::string mode{};   // "raw" or "datagram": a closed list in docs/schema
  std::string clock{};  // of the stamps one may expect
  std::vector<std::pair<std::string, PlanValue>> plan{};  // what was asked for, defaults included
  std::vector<std::uint32_t> identifiers{};
  std::vector<Port> ports{};  // our own, that probes leave from
  std::optional<std::uint64_t> seed{};
  std::vector<std::string> unknowable{};  // what this mode cannot tell, as sentences
  friend bool operator==(const Start&, const Start&) = default;
};

struct Sent {
  ProbeId probe{};
  std::uint64_t sequence = 0;
  std::string octets_sha256{};  // of what was handed to the link; empty where nobody asked for it
  friend bool operator==(const Sent&, const Sent&) = default;
};

// The probe did not leave: a local refusal, never the target's state.
struct Refused {
  ProbeId probe{};
  std::uint64_t sequence = 0;
  Failure failure{};
  friend bool operator==(const Refused&, const Refused&) = default;
};

struct ClockStep {  // the wall clock was set while we measured
  std::int64_t step_ns = 0;
  friend bool operator==(const ClockStep&, const ClockStep&) = default;
};

struct Drops {  // received packets that nobody could look at
  DropPlace place = DropPlace::socket;
  std::uint64_t count = 0;
  friend bool operator==(const Drops&, const Drops&) = default;
};

// --------------------------------------------------------------------------------------- of ping

struct Reply {
  ProbeId probe{};
  std::uint64_t sequence = 0;
  Address from{};
  std::size_t bytes = 0;  // of the ICMP message, header included
  std::optional<Ttl> ttl{};
  std::optional<RttSample> rtt{};
  bool duplicate = false;
  bool late = false;                           // after the probe was given up
  bool reordered = false;                      // behind the reply to a later probe
  bool other_address = false;                  // answered, but not from where we sent to
  bool truncated = false;                      // fewer octets than we sent
  std::optional<std::size_t> corrupt_octet{};  // first octet of the data that differs
  std::uint8_t corrupt_was = 0;
  std::uint8_t corrupt_is = 0;
  friend bool operator==(const Reply&, const Reply&) = default;
};

struct IcmpError {
  ProbeId probe{};
  std::uint64_t sequence = 0;
  Address from{};
  IcmpReport icmp{};
  int error_code = 0;      // what a socket with IP_RECVERR gets; 0: none
  bool neighbor = false;   // our own system says so: nobody answered its ARP or ND
  bool ends_probe = true;  // false: redirect, source quench: the probe goes on
  bool duplicate = false;  // about a probe that was already answered or refused
  bool late = false;
  std::optional<RttSample> rtt{};
  std::size_t quoted_octets = 0;
  std::vector<QuotedChangeReport> quoted_changes{};
  friend bool operator==(const IcmpError&, const IcmpError&) = default;
};

struct Lost {
  ProbeId probe{};
  std::uint64_t sequence = 0;
  friend bool operator==(const Lost&, const Lost&) = default;
};

struct Outstanding {  // no answer yet when the next probe is due
  ProbeId probe{};
  std::uint64_t sequence = 0;
  friend bool operator==(const Outstanding&, const Outstanding&) = default;
};

enum class ForeignReason : std::uint8_t { tag, sequence, source };

struct Foreign {  // looks like an answer to us and is not
  Address from{};
  ForeignReason reason = ForeignReason::tag;
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::optional<std::uint32_t> wire_sequence{};
  friend bool operator==(const Foreign&, const Foreign&) = default;
};

// A reply of ours that was damaged on its way: its checksum is wrong.
struct Corrupt {
  std::optional<std::uint64_t> sequence{};
  Address from{};
  std::optional<std::size_t> octet{};  // first octet of the data that differs
  std::uint8_t was = 0;
  std::uint8_t is = 0;
  friend bool operator==(const Corrupt&, const Corrupt&) = default;
};

struct Change {
  std::string what{};  // "reply_ttl", "path_mtu": a closed list in docs/schema
  std::string was{};
  std::string is{};
  friend bool operator==(const Change&, const Change&) = default;
};

struct RttStatistics {
  Duration min{}, mean{}, median{}, p95{}, p99{}, max{}, stddev{}, jitter{};
  std::uint64_t samples = 0;
  friend bool operator==(const RttStatistics&, const RttStatistics&) = default;
};

struct IcmpErrorCount {  // how many probes one sender refused with one message
  Address from{};
  std::uint8_t version = 4;
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  bool neighbor = false;
  std::uint64_t count = 0;
  friend bool operator==(const IcmpErrorCount&, const IcmpErrorCount&) = default;
};

struct PingSummary {
  bool final = true;
  std::uint64_t sent = 0;      // accepted by the link
  std::uint64_t received = 0;  // probes answered at least once, late ones included
  std::uint64_t errors = 0;    // probes ended by an ICMP error
  std::uint64_t lost = 0;      // probes nobody said anything about in time, or at all
  std::uint64_t waiting = 0;   // sent = received + errors + lost + waiting
  std::uint64_t late = 0, duplicates = 0, corrupt = 0, reordered = 0, foreign = 0;
  std::uint64_t refused = 0;  // did not leave
  std::uint64_t drops = 0;
  std::vector<IcmpErrorCount> errors_by_sender{};
  Duration elapsed{};
  std::optional<RttStatistics> rtt{};
  std::optional<StampClock> clock{};  // the poorest among the samples
  friend bool operator==(const PingSummary&, const PingSummary&) = default;
};

// ------------------------------------------------------------------------------- of tcp and udp

// What decided about a port.
enum class CauseKind : std::uint8_t {
  answer,    // it spoke: a SYN-ACK, a datagram
  rst,       // a RST; an ICMP error is never one
  icmp,      // an ICMP error, of whoever `from` is
  silence,   // nothing came back
  neighbor,  // our own system says so: nobody answered its ARP or ND
  system     // our own system refused, or its firewall; says nothing of the target
};

// Who ended the waiting for an answer.
enum class Whose : std::uint8_t {
  system,  // the kernel, with its own ETIMEDOUT
  ours     // our timer fired first: no call failed
};

struct Cause {
  CauseKind kind = CauseKind::silence;
  std::optional<Address> from{};     // who answered, refused, or reported
  bool from_target = false;          // and whether that is whom we asked
  std::optional<IcmpReport> icmp{};  // of kind icmp and neighbor
  std::optional<Ttl> ttl{};          // of the packet that decided, where packets can be seen
  // Of a RST: it came from so many hops nearer than this target's SYN-ACKs, so it is a firewall's. 0: it
  // is the target's. Nothing: cannot be known.
  std::optional<std::uint8_t> hops_nearer{};
  std::optional<Whose> deadline{};   // of silence
  std::vector<Duration> tries{};     // when each probe left, counted from the first; empty: at once
  std::optional<Failure> failure{};  // of kind system
  friend bool operator==(const Cause&, const Cause&) = default;
};

// A port and what is known of it; one for every port of the plan.
struct PortResult {
  ProbeId probe{};       // its place in the order of the whole scan, over all shards
  std::string target{};  // as typed, where that is not the address
  Address address{};
  Protocol protocol = Protocol::tcp;
  Port port{};
  PortState state = PortState::unknown;
  int error_code = 0;  // verbatim, what connect() got (raw: would get); 0: none
  Cause cause{};
  std::optional<RttSample> rtt{};
  Duration took{};             // from the first probe to the verdict
  std::uint32_t attempts = 1;  // probes that left, or may have
  bool control = false;        // not of the plan: asked in order to see whether everything is open
  std::optional<std::string> banner{};  // octets as they came; nothing where nobody waited for it
  friend bool operator==(const PortResult&, const PortResult&) = default;
};

enum class NoticeKind : std::uint8_t {
  everything_open,  // `count` of `of` ports that nobody uses answered: a middlebox, or a tarpit
  tarpit,           // it opens no window: who connects there, hangs
  silent_host,      // not one of `of` ports answered
  descriptors,      // fewer sockets at a time than wanted: `count` instead of `of`
  source_ports,     // waited for a free port of our own
  conntrack,        // waited because this machine's table of connections is nearly full
  queue_full        // waited because of ENOBUFS
};

struct Notice {
  NoticeKind what{};
  std::optional<Address> address{};
  std::uint64_t count = 0;
  std::uint64_t of = 0;
  friend bool operator==(const Notice&, const Notice&) = default;
};

struct ScanSummary {
  static constexpr std::size_t states = 7;  // of PortState
  static constexpr std::size_t most_tries = 16;

  bool final = true;
  std::uint64_t hosts = 0;
  std::uint64_t ports = 0;                         // to be asked, of this shard
  std::uint64_t resumed = 0;                       // of them, known from a journal
  std::array<std::uint64_t, states> by_state{};    // by PortState; with resumed ones
  std::uint64_t probes = 0;                        // SYNs or datagrams, with retransmissions
  std::array<std::uint64_t, most_tries> answered_at{};  // ports by the try that was answered, from 0
  std::uint64_t drops = 0, foreign = 0;
  Duration elapsed{};
  // How likely one probe or its answer was lost, judged from ports that answered; and that a port
  // which would answer is called filtered for that. Nothing: too few answers to tell.
  std::optional<double> path_loss{}, miss_probability{};
  friend bool operator==(const ScanSummary&, const ScanSummary&) = default;
};

// ------------------------------------------------------------------------------------- together

using Happening = std::variant<Start, Sent, Reply, IcmpError, Lost, Outstanding, Foreign, Corrupt,
                               Refused, Change, ClockStep, Drops, PingSummary, PortResult, Notice,
                               ScanSummary>;

struct Event {
  Instant at{};  // when it happened; of a packet that came, its stamp
  Happening what{};
};

// An event as a report sees it, with what only the loop knows.
struct Occurrence {
  Event event{};
  std::int64_t unix_ns = 0;  // `at` as CLOCK_REALTIME counts: nanoseconds since 1970
  std::string name{};        // reverse name of the sender, where one is known; not escaped
  std::vector<std::uint64_t> frames{};  // that show it in the run's capture, as Wireshark counts
};

}  // namespace sonda::inline v0
