// What of a capture is a TCP scan's: the filter by libpcap's own machine, the recognizer beside it.
#include <cerrno>

#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <sonda/evidence/pairing.hpp>
#include <sonda/evidence/tcp_evidence.hpp>
#include <sonda/wire/arp.hpp>
#include <sonda/wire/ethernet.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/neighbor_discovery.hpp>
#include <sonda/wire/tcp.hpp>

namespace sonda::evidence {
namespace {

using capture::Direction;
using Octets = std::vector<std::uint8_t>;

constexpr Port first_own{40'001}, second_own{40'002}, foreign{41'000};

const Ipv4Address own4{10, 0, 0, 1}, router4{10, 0, 0, 2}, web4{192, 0, 2, 7};
const Ipv6Address own6 = Address::parse("2001:db8::1")->v6();
const Ipv6Address router6 = Address::parse("2001:db8::2")->v6();
const Ipv6Address web6 = Address::parse("2001:db8:7::7")->v6();

const std::vector<TcpPath> paths{{"eth0", Address{own4}}, {"eth0", Address{own6}}};

Start start() { return {.tool = "tcp", .mode = "connect", .ports = {first_own, second_own}}; }

// Port 12 of both targets is probe 12, and so on up to 100; what is above is not of the plan.
std::optional<ProbeId> probe_of(const Address& address, Port port) {
  if (address != Address{web4} && address != Address{web6}) return std::nullopt;
  return port.value() <= 100 ? std::optional{ProbeId{port.value()}} : std::nullopt;
}

// ----------------------------------------------------------------------------------- packets

struct Segment {
  Port from = first_own, to{12};
  TcpFlags flags = TcpFlags::syn;
  std::uint32_t sequence = 1'000;
  Octets data{};
};

Octets packet_of(const Address& from, const Address& to, Protocol protocol, const Octets& payload) {
  Octets out;
  if (from.is_v4()) {
    const Ipv4Header ip{.protocol = protocol, .source = from.v4(), .destination = to.v4()};
    out.resize(ip.size() + payload.size());
    ip.emit(out, payload.size());
  } else {
    const Ipv6Header ip{.next_header = protocol, .source = from.v6(), .destination = to.v6()};
    out.resize(40 + payload.size());
    ip.emit(out, payload.size());
  }
  std::ranges::copy(payload, out.end() - static_cast<std::ptrdiff_t>(payload.size()));
  return out;
}

Octets segment(const Address& from, const Address& to, const Segment& what) {
  const TcpHeader header{.source_port = what.from,
                         .destination_port = what.to,
                         .sequence = TcpSequence{what.sequence},
                         .flags = what.flags};
  Octets out(header.size() + what.data.size());
  std::ranges::copy(what.data, out.begin() + static_cast<std::ptrdiff_t>(header.size()));
  header.emit(out, from, to);
  return packet_of(from, to, Protocol::tcp, out);
}
Octets out4(const Segment& what) { return segment(Address{own4}, Address{web4}, what); }
Octets in4(const Segment& what) { return segment(Address{web4}, Address{own4}, what); }
Octets out6(const Segment& what) { return segment(Address{own6}, Address{web6}, what); }

Octets error4(unsigned type, unsigned code, const Octets& quoted) {
  const Icmpv4Error error{.type = IcmpType{static_cast<std::uint8_t>(type)},
                          .code = static_cast<std::uint8_t>(code),
                          .quoted = quoted};
  Octets out(error.size());
  error.emit(out);
  return packet_of(Address{router4}, Address{own4}, Protocol::icmp, out);
}
Octets error6(unsigned type, unsigned code, const Octets& quoted) {
  const Icmpv6Error error{.type = Icmpv6Type{static_cast<std::uint8_t>(type)},
                          .code = static_cast<std::uint8_t>(code),
                          .quoted = quoted};
  Octets out(error.size());
  error.emit(out, router6, own6);
  return packet_of(Address{router6}, Address{own6}, Protocol::icmpv6, out);
}
Octets first(Octets octets, std::size_t size) {
  octets.resize(size);
  return octets;
}
Octets framed(const Octets& packet) {
  Octets out(14 + packet.size());
  EthernetHeader{.type = packet[0] >> 4 == 4 ? EtherType::ipv4 : EtherType::ipv6}.emit(out);
  std::ranges::copy(packet, out.begin() + 14);
  return out;
}
Octets arp(Ipv4Address sender, Ipv4Address target) {
  Octets out(14 + 28);
  EthernetHeader{.type = EtherType::arp}.emit(out);
  ArpMessage{.sender = sender, .target = target}.emit(MutableBytes{out}.subspan(14));
  return out;
}
Octets solicitation(Ipv6Address from, Ipv6Address target) {
  const NeighborSolicitation asked{.target = target};
  Octets out(asked.size());
  asked.emit(out, from, target);
  return framed(packet_of(Address{from}, Address{target}, Protocol::icmpv6, out));
}

class Filter {
 public:
  explicit Filter(int link_type = DLT_EN10MB, const std::vector<TcpPath>& of = paths)
      : handle_{pcap_open_dead(link_type, 262'144)} {
    const auto text = tcp_filter(start(), of);
    EXPECT_EQ(pcap_compile(handle_, &program_, text.c_str(), 1, PCAP_NETMASK_UNKNOWN), 0)
        << pcap_geterr(handle_) << ": " << text;
  }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;
  ~Filter() {
    pcap_freecode(&program_);
    pcap_close(handle_);
  }
  [[nodiscard]] bool takes(const Octets& frame) const {
    pcap_pkthdr header{};
    header.caplen = header.len = static_cast<bpf_u_int32>(frame.size());
    return pcap_offline_filter(&program_, &header, frame.data()) != 0;
  }

 private:
  pcap_t* handle_;
  bpf_program program_{};
};

Sight see(const Octets& frame) {
  return tcp_recognizer(start(), paths, probe_of)
      ->see(capture::network_layer(capture::LinkType::ethernet, frame));
}

struct Case {
  const char* what;
  Octets packet;
  bool taken;
  std::string comment;  // where no event gives it one
};

TEST(TcpEvidence, takes_what_is_of_the_run_and_calls_it_by_its_probe) {
  const auto syn = out4({}), syn6 = out6({});
  const auto another = out4({.from = foreign});
  const TcpFlags ack = TcpFlags::ack;
  auto other_source = Port{12};
  auto udp = syn;
  udp[9] = 17;
  const Filter filter;
  for (const auto& [what, packet, taken, comment] : std::vector<Case>{
           {"a SYN", syn, true, "sonda: probe=12; sent;"},
           {"from the other worker's port", out4({.from = second_own}), true,
            "sonda: probe=12; sent;"},
           {"of IPv6", syn6, true, "sonda: probe=12; sent;"},
           {"a control port", out4({.to = Port{50'000}}), true, "sonda: control; sent;"},
           {"another program's", another, false, ""},
           {"a SYN-ACK", in4({.from = Port{12}, .to = first_own, .flags = TcpFlags::syn | ack}),
            true, "sonda: probe=12; handshake;"},
           {"a RST", in4({.from = Port{12}, .to = first_own, .flags = TcpFlags::rst | ack}), true,
            "sonda: probe=12; ending;"},
           {"our RST", out4({.flags = TcpFlags::rst}), true, "sonda: probe=12; ending;"},
           {"our ACK", out4({.flags = ack}), true, "sonda: probe=12; handshake;"},
           {"data", in4({.from = Port{12}, .to = first_own, .flags = ack, .data = {65, 66}}), true,
            "sonda: probe=12; banner;"},
           {"their FIN", in4({.from = other_source, .to = first_own, .flags = TcpFlags::fin | ack}),
            true, "sonda: probe=12; ending;"},
           {"rejected", error4(3, 13, syn), true, "sonda: probe=12; icmp=3/13;"},
           {"eight octets", error4(11, 0, first(syn, 28)), true, "sonda: probe=12; icmp=11/0;"},
           {"ports cut off", error4(3, 1, first(syn, 20)), true, ""},
           {"no header", error4(3, 1, first(syn, 12)), true, ""},
           {"about another program", error4(3, 1, another), false, ""},
           {"about a datagram", error4(3, 3, udp), false, ""},
           {"v6 rejected", error6(1, 1, syn6), true, "sonda: probe=12; icmp=1/1;"},
           {"v6 cut", error6(1, 1, first(syn6, 41)), true, ""},
           {"v6 of another", error6(1, 4, out6({.from = foreign})), false, ""}}) {
    SCOPED_TRACE(what);
    EXPECT_EQ(filter.takes(framed(packet)), taken);
    EXPECT_EQ(see(framed(packet)).comment, comment);
  }
}

TEST(TcpEvidence, takes_and_names_the_questions_for_neighbours_of_our_addresses) {
  const Filter filter;
  EXPECT_TRUE(filter.takes(arp(own4, router4)));
  EXPECT_TRUE(filter.takes(arp(router4, own4)));
  EXPECT_FALSE(filter.takes(arp(router4, web4)));
  EXPECT_TRUE(filter.takes(solicitation(own6, router6)));
  EXPECT_FALSE(filter.takes(solicitation(router6, web6)));
  EXPECT_EQ(see(arp(own4, router4)).comment, "sonda: neighbor;");
  EXPECT_EQ(see(arp(router4, own4)).comment, "");
  EXPECT_EQ(see(solicitation(own6, router6)).comment, "sonda: neighbor;");
  EXPECT_EQ(see(solicitation(router6, own6)).comment, "");
}

TEST(TcpEvidence, can_be_filtered_on_any_link_and_in_either_version) {
  for (const int link_type : {DLT_EN10MB, DLT_RAW, DLT_LINUX_SLL, DLT_NULL})
    for (const auto& of : std::vector<std::vector<TcpPath>>{paths, {paths[0]}, {paths[1]}, {}})
      const Filter filter{link_type, of};
}

TEST(TcpEvidence, knows_on_loopback_which_end_asked) {
  // From another port of ours to the very port that is the run's: 40001 is the one asked.
  const Address self{Ipv4Address{127, 0, 0, 1}};
  const auto recognizer =
      tcp_recognizer(start(), {}, [](const Address&, Port port) { return ProbeId{port.value()}; });
  const auto comment = [&](const Segment& what) {
    return recognizer
        ->see({.protocol = capture::NetworkProtocol::ipv4, .octets = segment(self, self, what)})
        .comment;
  };
  EXPECT_EQ(comment({.from = Port{5'000}, .to = first_own}), "sonda: probe=40001; sent;");
  EXPECT_EQ(comment({.from = first_own,
                     .to = Port{5'000},
                     .flags = TcpFlags::rst | TcpFlags::ack,
                     .sequence = 0}),
            "sonda: probe=40001; ending;");
}

// -------------------------------------------------------------------- events beside their frames

PortResult result(PortState state, CauseKind kind) {
  return {.probe = ProbeId{12},
          .address = Address{web4},
          .port = Port{12},
          .state = state,
          .cause = {.kind = kind}};
}

// Frames and events in the order given: the comments of the first and the frames of the second.
struct Play {
  Pairing pairing{};
  std::unique_ptr<Recognizer> recognizer = tcp_recognizer(start(), paths, probe_of);
  Instant now{};
  std::vector<std::string> comments{};
  std::uint64_t entries = 0;

  void frame(const Octets& packet, std::int64_t unix_ns) {
    const capture::NetworkLayer layer{.protocol = packet[0] >> 4 == 4
                                                      ? capture::NetworkProtocol::ipv4
                                                      : capture::NetworkProtocol::ipv6,
                                      .octets = packet};
    pairing.see(now, {.unix_ns = unix_ns, .octets = packet}, recognizer->see(layer));
  }
  void event(const PortResult& what, std::int64_t unix_ns) {
    const Occurrence occurrence{.event = {.what = what}, .unix_ns = unix_ns};
    auto mention = recognizer->mention(occurrence);
    ASSERT_TRUE(mention.has_value());
    pairing.hear(now, entries++, unix_ns, std::move(*mention));
  }
  void write(bool at_once = false) {
    while (const auto ready = pairing.next(now, at_once)) {
      comments.push_back(ready->comment);
      pairing.written(comments.size());
    }
  }
  [[nodiscard]] std::vector<std::vector<std::uint64_t>> shown() {
    std::vector<std::vector<std::uint64_t>> out(entries);
    for (auto& [entry, frames] : pairing.take_shown()) out[entry] = frames;
    return out;
  }
};

constexpr TcpFlags syn_ack = TcpFlags::syn | TcpFlags::ack;
using Numbers = std::vector<std::vector<std::uint64_t>>;

TEST(TcpEvidence, shows_of_an_open_port_every_syn_and_the_answer_but_not_the_end) {
  Play play;
  play.frame(out4({}), 0);
  play.frame(out4({}), 1'000'000'000);
  play.write();  // SYNs wait for no event
  EXPECT_EQ(play.comments.size(), 2U);
  play.frame(in4({.from = Port{12}, .to = first_own, .flags = syn_ack}), 1'000'400'000);
  play.frame(out4({.flags = TcpFlags::rst}), 1'000'450'000);
  play.write();
  EXPECT_EQ(play.comments.size(), 2U);  // the answer does
  auto open = result(PortState::open, CauseKind::answer);
  open.rtt = RttSample{.rtt = Duration{412'000}};
  play.event(open, 1'000'500'000);
  play.write();
  EXPECT_EQ(play.comments,
            (std::vector<std::string>{"sonda: probe=12; sent;", "sonda: probe=12; sent;",
                                      "sonda: probe=12; open; rtt_ms=0.412000;",
                                      "sonda: probe=12; ending;"}));
  EXPECT_EQ(play.shown(), (Numbers{{1, 2, 3}}));
}

TEST(TcpEvidence, shows_the_error_that_decided_and_not_the_one_that_did_not) {
  Play play;
  play.frame(out4({}), 0);
  play.frame(error4(3, 4, out4({})), 1'000'000);
  play.frame(error4(3, 13, out4({})), 2'000'000);
  auto rejected = result(PortState::rejected, CauseKind::icmp);
  rejected.error_code = EHOSTUNREACH;
  rejected.cause.icmp = IcmpReport{.type = 3, .code = 13};
  play.event(rejected, 2'100'000);
  play.write(true);
  EXPECT_EQ(play.comments, (std::vector<std::string>{
                               "sonda: probe=12; sent;", "sonda: probe=12; icmp=3/4;",
                               "sonda: probe=12; rejected; icmp=3/13; errno=EHOSTUNREACH;"}));
  EXPECT_EQ(play.shown(), (Numbers{{1, 3}}));
}

TEST(TcpEvidence, shows_of_silence_the_syns_and_of_a_silent_neighbour_nothing) {
  Play play;
  play.frame(out4({}), 0);
  play.write();
  play.frame(out4({}), 1'000'000'000);  // not written yet when the event is told
  play.event(result(PortState::filtered, CauseKind::silence), 3'000'000'000);
  EXPECT_EQ(play.shown(), (Numbers{{}}));
  play.write();
  EXPECT_EQ(play.shown(), (Numbers{{1, 2}}));
  auto nobody = result(PortState::unreachable, CauseKind::neighbor);
  nobody.port = Port{13};
  play.event(nobody, 3'000'000'000);
  EXPECT_EQ(play.shown().at(1), (std::vector<std::uint64_t>{}));
  EXPECT_EQ(play.pairing.give_up(play.now + std::chrono::seconds{1}).unseen, 0U);
}

TEST(TcpEvidence, finds_an_answer_that_is_told_seconds_later_with_what_was_said_since) {
  Play play;
  play.frame(out4({}), 0);
  play.frame(in4({.from = Port{12}, .to = first_own, .flags = syn_ack}), 400'000);
  play.frame(in4({.from = Port{12}, .to = first_own, .flags = TcpFlags::ack, .data = {65}}),
             2'000'000'000);
  play.now += std::chrono::seconds{2};
  play.write();
  auto open = result(PortState::open, CauseKind::answer);
  open.banner = "A";
  play.event(open, 2'000'000'000);
  EXPECT_EQ(play.comments[1], "sonda: probe=12; handshake;");
  EXPECT_EQ(play.shown(), (Numbers{{1, 2, 3}}));
}

TEST(TcpEvidence, counts_a_verdict_whose_frame_is_not_there_as_unseen) {
  Play play;
  play.frame(out4({}), 0);
  play.event(result(PortState::closed, CauseKind::rst), 400'000);
  play.write(true);
  EXPECT_EQ(play.pairing.give_up(play.now + Pairing::patience).unseen, 1U);
}

TEST(TcpEvidence, forgets_groups_that_no_event_is_about) {
  Play play;
  play.frame(out4({}), 0);
  play.write();
  static_cast<void>(play.pairing.give_up(play.now));
  play.now += Pairing::memory_of_groups;
  static_cast<void>(play.pairing.give_up(play.now));
  play.event(result(PortState::filtered, CauseKind::silence), 0);
  EXPECT_EQ(play.shown(), (Numbers{{}}));
}

}  // namespace
}  // namespace sonda::evidence
