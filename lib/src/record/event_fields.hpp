// Each event's fields, once: the writer and the reader both walk this list.
#pragma once
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>

#include <sonda/event/event.hpp>
#include <sonda/wire/service.hpp>

namespace sonda::inline v0::record {

// `visit(name, member)` for every field, in the order in which it is written. `Event` is const for
// the writer. Names carry their unit; a Duration is written in milliseconds.

template <typename T, typename Event>
concept IsEvent = std::same_as<std::remove_const_t<T>, Event>;

template <typename V>
void fields(V& visit, IsEvent<Start> auto& event) {
  visit("argv", event.argv);
  visit("plan", event.plan);
  visit("source", event.source);
  visit("interface", event.interface);
  visit("mode", event.mode);
  visit("clock", event.clock);
  visit.nested("identity", [&](auto& inner) {
    inner("ids", event.identifiers);
    inner.unless_none("ports", event.ports);
  });
  visit("seed", event.seed);
  visit("unknowable", event.unknowable);
}

template <typename V>
void fields(V& visit, IsEvent<Sent> auto& event) {
  visit("probe", event.probe);
  visit("seq", event.sequence);
  visit.unless_empty("octets_sha256", event.octets_sha256);
}

template <typename V>
void fields(V& visit, IsEvent<Reply> auto& event) {
  visit("probe", event.probe);
  visit("seq", event.sequence);
  visit("from", event.from);
  visit("bytes", event.bytes);
  visit("ttl", event.ttl);
  visit.sample(event.rtt);
  visit("duplicate", event.duplicate);
  visit("late", event.late);
  visit("reordered", event.reordered);
  visit("other_address", event.other_address);
  visit("truncated", event.truncated);
  visit("corrupt_octet", event.corrupt_octet);
  if (event.corrupt_octet) {
    visit("corrupt_was", event.corrupt_was);
    visit("corrupt_is", event.corrupt_is);
  }
}

template <typename V>
void fields(V& visit, IsEvent<IcmpError> auto& event) {
  visit("probe", event.probe);
  visit("seq", event.sequence);
  visit("from", event.from);
  visit("icmp", event.icmp);
  visit.error_name("errno", event.error_code);
  visit("neighbor", event.neighbor);
  visit("ends_probe", event.ends_probe);
  visit("duplicate", event.duplicate);
  visit("late", event.late);
  visit.sample(event.rtt);
  visit("quoted_octets", event.quoted_octets);
  visit("quoted_changes", event.quoted_changes);
}

template <typename V>
void fields(V& visit, IsEvent<Lost> auto& event) {
  visit("probe", event.probe);
  visit("seq", event.sequence);
}

template <typename V>
void fields(V& visit, IsEvent<Outstanding> auto& event) {
  visit("probe", event.probe);
  visit("seq", event.sequence);
}

template <typename V>
void fields(V& visit, IsEvent<Foreign> auto& event) {
  visit("from", event.from);
  visit("reason", event.reason);
  visit("type", event.type);
  visit("code", event.code);
  visit("wire_seq", event.wire_sequence);
}

template <typename V>
void fields(V& visit, IsEvent<Corrupt> auto& event) {
  visit("seq", event.sequence);
  visit("from", event.from);
  visit("octet", event.octet);
  if (event.octet) {
    visit("was", event.was);
    visit("is", event.is);
  }
}

template <typename V>
void fields(V& visit, IsEvent<Refused> auto& event) {
  visit("probe", event.probe);
  visit("seq", event.sequence);
  visit("operation", event.failure.operation);
  visit("subject", event.failure.subject);
  visit.error_name("errno", event.failure.error_code);
}

template <typename V>
void fields(V& visit, IsEvent<Change> auto& event) {
  visit("what", event.what);
  visit("was", event.was);
  visit("is", event.is);
}

template <typename V>
void fields(V& visit, IsEvent<ClockStep> auto& event) {
  visit.milliseconds("step_ms", event.step_ns);
}

template <typename V>
void fields(V& visit, IsEvent<Drops> auto& event) {
  visit("place", event.place);
  visit("count", event.count);
}

template <typename V>
void fields(V& visit, IsEvent<PingSummary> auto& event) {
  visit("final", event.final);
  visit("sent", event.sent);
  visit("received", event.received);
  visit("errors", event.errors);
  visit("lost", event.lost);
  visit("waiting", event.waiting);
  visit("late", event.late);
  visit("duplicates", event.duplicates);
  visit("corrupt", event.corrupt);
  visit("reordered", event.reordered);
  visit("foreign", event.foreign);
  visit("refused", event.refused);
  visit("drops", event.drops);
  visit.derived("loss_percent", [&] {
    const auto unanswered = static_cast<double>(event.sent - event.received);
    return event.sent == 0 ? 0.0 : 100 * unanswered / static_cast<double>(event.sent);
  });
  visit("elapsed_ms", event.elapsed);
  visit("clock", event.clock);
  visit("rtt_ms", event.rtt);
  visit("errors_by_sender", event.errors_by_sender);
}

template <typename V>
void fields(V& visit, IsEvent<PortResult> auto& event) {
  visit("probe", event.probe);
  visit("protocol", event.protocol);
  visit("port", event.port);
  visit.derived("service", [&] {
    const auto name = service_name(event.port, event.protocol);
    return name ? std::optional{std::string{*name}} : std::nullopt;
  });
  visit("state", event.state);
  visit.error_name("errno", event.error_code);
  visit.derived("errno_number", [&] { return event.error_code; });
  visit("cause", event.cause);
  visit.sample(event.rtt);
  visit("took_ms", event.took);
  visit("attempts", event.attempts);
  visit("control", event.control);
  visit.escaped("banner", event.banner);
}

template <typename V>
void fields(V& visit, IsEvent<Notice> auto& event) {
  visit("what", event.what);
  visit("host", event.address);
  visit("count", event.count);
  visit("of", event.of);
}

template <typename V>
void fields(V& visit, IsEvent<ScanSummary> auto& event) {
  visit("final", event.final);
  visit("hosts", event.hosts);
  visit("ports", event.ports);
  visit("resumed", event.resumed);
  visit.nested("states", [&](auto& inner) {
    for (std::size_t i = 0; i < ScanSummary::states; ++i)
      inner(std::string{name(static_cast<PortState>(i))}.c_str(), event.by_state[i]);
  });
  visit("probes", event.probes);
  visit("answered_by_try", event.answered_at);
  visit("drops", event.drops);
  visit("foreign", event.foreign);
  visit("elapsed_ms", event.elapsed);
  visit("path_loss", event.path_loss);
  visit("miss_probability", event.miss_probability);
}

// ------------------------------------------------------------------------------ parts of events

template <typename V>
void fields(V& visit, IsEvent<Cause> auto& part) {
  visit("kind", part.kind);
  visit("from", part.from);
  visit("from_target", part.from_target);
  visit.if_there("icmp", part.icmp);
  visit.if_there("ttl", part.ttl);
  visit.if_there("hops_nearer", part.hops_nearer);
  visit.if_there("deadline", part.deadline);
  visit("tries_ms", part.tries);
  visit.if_there("failure", part.failure);
}

template <typename V>
void fields(V& visit, IsEvent<Failure> auto& part) {
  visit("operation", part.operation);
  visit("subject", part.subject);
  visit.error_name("errno", part.error_code);
}

template <typename V>
void fields(V& visit, IsEvent<RttStatistics> auto& part) {
  visit("min", part.min);
  visit("mean", part.mean);
  visit("median", part.median);
  visit("p95", part.p95);
  visit("p99", part.p99);
  visit("max", part.max);
  visit("stddev", part.stddev);
  visit("jitter", part.jitter);
  visit("samples", part.samples);
}

template <typename V>
void fields(V& visit, IsEvent<IcmpErrorCount> auto& part) {
  visit("from", part.from);
  visit("version", part.version);
  visit("type", part.type);
  visit("code", part.code);
  visit("neighbor", part.neighbor);
  visit("count", part.count);
}

template <typename V>
void fields(V& visit, IsEvent<IcmpReport> auto& part) {
  visit("version", part.version);
  visit("type", part.type);
  visit("code", part.code);
  visit("name", part.name);
  visit.if_there("mtu", part.mtu);
  visit.if_there("pointer", part.pointer);
  visit.if_there("gateway", part.gateway);
  visit.if_there("extensions", part.extensions);
  visit.unless_empty("extension_fault", part.extension_fault);
}

template <typename V>
void fields(V& visit, IsEvent<IcmpExtensionReport> auto& part) {
  visit("mpls", part.mpls);
  visit("interfaces", part.interfaces);
  visit("unknown", part.unknown);
}

template <typename V>
void fields(V& visit, IsEvent<MplsReport> auto& part) {
  visit("label", part.label);
  visit("traffic_class", part.traffic_class);
  visit("bottom_of_stack", part.bottom_of_stack);
  visit("ttl", part.ttl);
}

template <typename V>
void fields(V& visit, IsEvent<InterfaceReport> auto& part) {
  visit("role", part.role);
  visit.if_there("index", part.index);
  visit.if_there("address", part.address);
  visit.unless_empty("name", part.name);
  visit.if_there("mtu", part.mtu);
}

template <typename V>
void fields(V& visit, IsEvent<ObjectReport> auto& part) {
  visit("class", part.class_number);
  visit("c_type", part.class_type);
  visit.octets("octets", part.octets);
}

template <typename V>
void fields(V& visit, IsEvent<QuotedChangeReport> auto& part) {
  visit("field", part.field);
  visit("was", part.was);
  visit("is", part.is);
}

}  // namespace sonda::inline v0::record
