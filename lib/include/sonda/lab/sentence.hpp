// The one language for rules, events and what is changed while a lab runs: "r1 drop tcp syn",
// "r1-r2 delay 50ms", "web tcp 80 filtered".
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/lab/link_change.hpp>
#include <sonda/lab/quantity.hpp>
#include <sonda/lab/selection.hpp>
#include <sonda/sim/host_services.hpp>
#include <sonda/sim/icmp_budget.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/ip_version.hpp>

namespace sonda::inline v0::lab {

// -------------------------------------------------------------------------------- rules of routers

struct SayPass {
  friend bool operator==(const SayPass&, const SayPass&) = default;
};
struct SayDrop {
  friend bool operator==(const SayDrop&, const SayDrop&) = default;
};
// Packets of the other version get the twin of this error; where it has none they pass.
struct SayAnswer {
  IpVersion version = IpVersion::v4;  // whose type and code these are
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::optional<Address> from{};
  Duration after{};
  std::optional<std::uint32_t> mtu{};  // nothing: 1,280 where the error tells one
  friend bool operator==(const SayAnswer&, const SayAnswer&) = default;
};
struct SayReset {
  friend bool operator==(const SayReset&, const SayReset&) = default;
};
struct SayHold {
  std::optional<Duration> most{};  // nothing: until "release"
  friend bool operator==(const SayHold&, const SayHold&) = default;
};
struct SayRedirect {
  Address gateway{};
  friend bool operator==(const SayRedirect&, const SayRedirect&) = default;
};
using Ruling = std::variant<SayPass, SayDrop, SayAnswer, SayReset, SayHold, SayRedirect>;

struct Rule {
  Ruling ruling = SayDrop{};
  Selection which{};
  friend bool operator==(const Rule&, const Rule&) = default;
};

// ------------------------------------------------------------------------------------- other verbs

struct Release {  // what a router holds goes on
  friend bool operator==(const Release&, const Release&) = default;
};
struct Clear {  // the rules that a router got from sentences go, its file's stay
  friend bool operator==(const Clear&, const Clear&) = default;
};
struct SetSilent {  // of a router or a host
  bool on = true;
  friend bool operator==(const SetSilent&, const SetSilent&) = default;
};
struct SetLimit {  // how many ICMP errors a router sends
  sim::IcmpLimit limit{};
  friend bool operator==(const SetLimit&, const SetLimit&) = default;
};
struct SetUdp {
  Port port{};
  sim::UdpKind kind{};  // not `answer`
  friend bool operator==(const SetUdp&, const SetUdp&) = default;
};
struct SetTcp {
  Port port{};
  sim::TcpKind kind{};
  friend bool operator==(const SetTcp&, const SetTcp&) = default;
};
struct SetLink {
  std::string towards{};  // the machine at the other end
  bool both_ways = true;
  LinkChange change{};
  friend bool operator==(const SetLink&, const SetLink&) = default;
};
using Verb = std::variant<Rule, Release, Clear, SetSilent, SetLimit, SetUdp, SetTcp, SetLink>;

struct Sentence {
  std::string machine{};  // a link's: the one that is named first
  Verb verb = Rule{};
  friend bool operator==(const Sentence&, const Sentence&) = default;
};

[[nodiscard]] Read<Sentence> read_sentence(std::string_view text);
// What stands in a router's `rules`: a sentence without its subject.
[[nodiscard]] Read<Rule> read_rule(std::string_view text);

// As they are read again.
[[nodiscard]] std::string to_text(const Sentence& sentence);
[[nodiscard]] std::string to_text(const Rule& rule);

// Words that sentences and topology files have in common.
[[nodiscard]] Read<sim::IcmpLimit> read_icmp_limit(std::string_view text);
[[nodiscard]] std::string icmp_limit_text(const sim::IcmpLimit& limit);
[[nodiscard]] Read<sim::UdpKind> read_udp_kind(std::string_view text);
[[nodiscard]] Read<sim::TcpKind> read_tcp_kind(std::string_view text);
[[nodiscard]] std::string_view name(sim::UdpKind kind);
[[nodiscard]] std::string_view name(sim::TcpKind kind);

}  // namespace sonda::inline v0::lab
