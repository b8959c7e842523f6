// A TCP scan made by hand: each port's frames and its event, as a captured run has them.
#pragma once
#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <sonda/core/sha256.hpp>
#include <sonda/wire/icmp_catalogue.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/tcp.hpp>

#include "../support/virtual_run.hpp"

namespace sonda::test {

struct TcpScene {
  static constexpr Port own{40'001};
  static constexpr std::int64_t epoch_ns = 1'772'000'000'000'000'000;

  explicit TcpScene(bool v4 = true, std::string mode = "connect")
      : client{v4 ? *Address::parse("192.0.2.1") : *Address::parse("2001:db8::1")},
        target{v4 ? *Address::parse("203.0.113.7") : *Address::parse("2001:db8:7::7")},
        router{v4 ? *Address::parse("198.51.100.1") : *Address::parse("2001:db8:1::1")},
        syn{mode == "syn"} {
    start.tool = "tcp";
    start.mode = std::move(mode);
    start.source = client;
    start.interface = "eth0";
    start.clock = "user";
    start.plan = {{"end", std::string{"half-open"}}};
    start.ports = {own};
  }

  // ------------------------------------------------------------------------------------ frames

  sim::Octets packet(const Address& from, const Address& to, Protocol protocol, Bytes payload,
                     Ttl ttl = Ttl{64}) const {
    sim::Octets out;
    if (from.is_v4()) {
      const Ipv4Header ip{
          .ttl = ttl, .protocol = protocol, .source = from.v4(), .destination = to.v4()};
      out.resize(ip.size() + payload.size());
      ip.emit(out, payload.size());
    } else {
      const Ipv6Header ip{
          .next_header = protocol, .hop_limit = ttl, .source = from.v6(), .destination = to.v6()};
      out.resize(40 + payload.size());
      ip.emit(out, payload.size());
    }
    std::ranges::copy(payload, out.end() - static_cast<std::ptrdiff_t>(payload.size()));
    return out;
  }
  sim::Octets segment(const Address& from, const Address& to, TcpHeader header, Ttl ttl = Ttl{64},
                      std::string_view data = {}) const {
    sim::Octets octets(header.size() + data.size());
    std::ranges::copy(data, octets.begin() + static_cast<std::ptrdiff_t>(header.size()));
    header.emit(octets, from, to);
    return packet(from, to, Protocol::tcp, octets, ttl);
  }
  // Returns its place.
  std::size_t add(std::int64_t at_ns, sim::Octets octets, bool out, std::string comment) {
    run.frames.push_back({.unix_ns = epoch_ns + at_ns,
                          .octets = std::move(octets),
                          .direction = out ? capture::Direction::out : capture::Direction::in,
                          .comments = {std::move(comment)}});
    return run.frames.size() - 1;
  }
  std::string about(std::string_view words) const {
    return fmt::format("sonda: probe={}; {};", probe, words);
  }
  std::uint32_t isn() const { return 1'000'000 + 1'000 * static_cast<std::uint32_t>(probe); }

  void sends(std::int64_t at_ns) {
    auto octets = segment(client, asked,
                          {.source_port = own,
                           .destination_port = port,
                           .sequence = TcpSequence{isn()},
                           .flags = TcpFlags::syn});
    last_syn = octets;
    shown.push_back(add(at_ns, std::move(octets), true, about("sent")));
    ++attempts;
    if (!first_ns) first_ns = at_ns;
  }
  void answers(std::int64_t at_ns, TcpFlags flags, std::string_view words, Ttl ttl = Ttl{60}) {
    const bool is_rst = flags.has(TcpFlags::rst);
    shown.push_back(add(at_ns,
                        segment(asked, client,
                                {.source_port = port,
                                 .destination_port = own,
                                 .sequence = TcpSequence{is_rst ? 0U : 9'000U},
                                 .acknowledgement = TcpSequence{isn() + 1},
                                 .flags = flags | TcpFlags::ack},
                                ttl),
                        false, about(words)));
  }
  void ends(std::int64_t at_ns, TcpFlags flags = TcpFlags::rst) {
    add(at_ns,
        segment(client, asked,
                {.source_port = own,
                 .destination_port = port,
                 .sequence = TcpSequence{isn() + 1},
                 .flags = flags}),
        true, about(flags.has(TcpFlags::ack) ? "handshake" : "ending"));
  }
  void says(std::int64_t at_ns, std::string_view data) {
    shown.push_back(add(at_ns,
                        segment(asked, client,
                                {.source_port = port,
                                 .destination_port = own,
                                 .sequence = TcpSequence{9'001},
                                 .acknowledgement = TcpSequence{isn() + 1},
                                 .flags = TcpFlags::psh | TcpFlags::ack},
                                Ttl{60}, data),
                        false, about("banner")));
  }
  void refuses(std::int64_t at_ns, const Address& from, unsigned type, unsigned code,
               std::string_view words) {
    sim::Octets message;
    if (asked.is_v4()) {
      const Icmpv4Error error{.type = IcmpType{static_cast<std::uint8_t>(type)},
                              .code = static_cast<std::uint8_t>(code),
                              .quoted = last_syn};
      message.resize(error.size());
      error.emit(message);
    } else {
      const Icmpv6Error error{.type = Icmpv6Type{static_cast<std::uint8_t>(type)},
                              .code = static_cast<std::uint8_t>(code),
                              .quoted = last_syn};
      message.resize(error.size());
      error.emit(message, from.v6(), client.v6());
    }
    shown.push_back(add(
        at_ns,
        packet(from, client, asked.is_v4() ? Protocol::icmp : Protocol::icmpv6, message, Ttl{63}),
        false, about(words)));
  }

  // ------------------------------------------------------------------------------------ events

  // The next port of that host; frames that follow are its.
  void ask(unsigned number, std::optional<Address> host = {}) {
    asked = host.value_or(target);
    port = Port{number};
    if (began) ++probe;
    began = true, attempts = 0, first_ns.reset(), shown.clear();
  }
  PortResult result(PortState state, CauseKind kind, int error_code) const {
    PortResult out{.probe = ProbeId{probe},
                   .address = asked,
                   .port = port,
                   .state = state,
                   .error_code = error_code,
                   .cause = {.kind = kind},
                   .attempts = attempts};
    if (kind == CauseKind::answer || kind == CauseKind::rst)
      out.cause.from = asked, out.cause.from_target = true;
    return out;
  }
  void tell(std::int64_t at_ns, PortResult what) {
    if (first_ns) what.took = Duration{at_ns - *first_ns};
    told.push_back({at_ns, std::move(what), shown});
  }
  void tell_answer(std::int64_t at_ns, PortState state, std::int64_t rtt_ns,
                   std::optional<Ttl> ttl = {}) {
    auto out = state == PortState::open ? result(state, CauseKind::answer, 0)
                                        : result(state, CauseKind::rst, ECONNREFUSED);
    out.rtt = RttSample{.rtt = Duration{rtt_ns}, .error = Duration{10'000}};
    out.cause.ttl = ttl;
    tell(at_ns, out);
  }
  void tell_refused(std::int64_t at_ns, const Address& from, unsigned type, unsigned code,
                    std::int64_t rtt_ns) {
    const auto* row = find_icmp(asked.is_v4() ? IpVersion::v4 : IpVersion::v6,
                                static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(code));
    auto out = result(*row->state, CauseKind::icmp, row->connect_errno);
    out.cause.from = from;
    out.cause.from_target = from == asked;
    out.cause.icmp = IcmpReport{.version = static_cast<std::uint8_t>(asked.is_v4() ? 4 : 6),
                                .type = static_cast<std::uint8_t>(type),
                                .code = static_cast<std::uint8_t>(code),
                                .name = std::string{row->name}};
    out.rtt = RttSample{.rtt = Duration{rtt_ns}, .error = Duration{10'000}};
    tell(at_ns, out);
  }

  // Everything in its order, numbered, and added up.
  VirtualRun finish() {
    std::vector<std::size_t> order(run.frames.size()), place(run.frames.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return run.frames[i].unix_ns; });
    VirtualRun out;
    for (const auto i : order) {
      place[i] = out.frames.size() + 1;
      out.frames.push_back(run.frames[i]);
      out.frames.back().number = place[i];
    }
    std::ranges::stable_sort(told, {}, &Told::at_ns);
    const record::RunContext context{.tool = "tcp", .target = "web", .address = target};
    const auto event = [&](std::int64_t at_ns, Happening what, std::vector<std::uint64_t> frames) {
      out.events.push_back({context,
                            {.event = {Instant{}, std::move(what)},
                             .unix_ns = epoch_ns + at_ns,
                             .frames = std::move(frames)}});
    };
    event(-1'000'000, start, {});
    ScanSummary sum;
    std::int64_t last_ns = 0;
    for (const auto& one : told) {
      std::vector<std::uint64_t> frames;
      for (const auto frame : one.frames) frames.push_back(place[frame]);
      std::ranges::sort(frames);
      event(one.at_ns, one.result, std::move(frames));
      out.events.back().context.address = one.result.address;
      out.events.back().context.target = to_text(one.result.address).view();
      last_ns = one.at_ns;
    }
    out.events.push_back({context, {}});
    out.events.back().occurrence = {.event = {Instant{}, sum}, .unix_ns = epoch_ns + last_ns + 500};
    add_up_scan(out);
    out.statistics = {{.interface = capture::InterfaceId{0},
                       .unix_ns = epoch_ns + last_ns + 1'000'000'000,
                       .start_ns = epoch_ns - 2'000'000,
                       .end_ns = epoch_ns + last_ns + 1'000'000'000,
                       .received = out.frames.size(),
                       .dropped = 0,
                       .delivered = out.frames.size()}};
    return out;
  }
  // The summary of what the events say.
  static void add_up_scan(VirtualRun& of) {
    ScanSummary sum{.hosts = 1};
    ScanSummary* told_sum = nullptr;
    std::int64_t from = 0, to = 0;
    for (auto& [context, occurrence] : of.events) {
      if (std::holds_alternative<Start>(occurrence.event.what)) from = occurrence.unix_ns;
      if (auto* summary = std::get_if<ScanSummary>(&occurrence.event.what))
        told_sum = summary, to = occurrence.unix_ns;
      const auto* port = std::get_if<PortResult>(&occurrence.event.what);
      if (port == nullptr) continue;
      sum.probes += port->attempts;
      if (port->control) continue;
      ++sum.ports;
      ++sum.by_state[static_cast<std::size_t>(port->state)];
      if (port->cause.kind == CauseKind::answer || port->cause.kind == CauseKind::rst)
        ++sum.answered_at[std::max(port->attempts, 1U) - 1];
    }
    sum.elapsed = Duration{to - from};
    if (told_sum != nullptr) *told_sum = sum;
  }

  Address client, target, router;
  bool syn = false;
  Start start{};
  VirtualRun run{};

  struct Told {
    std::int64_t at_ns = 0;
    PortResult result{};
    std::vector<std::size_t> frames{};
  };
  std::vector<Told> told{};

  // Of the port that is asked now.
  Address asked{};
  Port port{};
  std::uint64_t probe = 0;
  bool began = false;
  std::uint32_t attempts = 0;
  std::optional<std::int64_t> first_ns{};
  std::vector<std::size_t> shown{};
  sim::Octets last_syn{};
};

}  // namespace sonda::test
