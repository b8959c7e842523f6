// What a simulated router is like: its routes, rules, manners and faults, as plain values.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/icmp_budget.hpp>
#include <sonda/sim/icmp_error.hpp>
#include <sonda/sim/match.hpp>
#include <sonda/sim/node.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/icmp_mpls.hpp>
#include <sonda/wire/prefix.hpp>

namespace sonda::inline v0::sim {

// ------------------------------------------------------------------------------------------ rules

struct Pass {};  // the rules behind it are not asked
struct Drop {};
struct Answer {
  ErrorMessage error{};           // read in the packet's version: the rule's match should name one
  std::optional<Address> from{};  // nothing: the router; of the other version: nobody is told
  Duration delay{};
};
struct Reset {
};  // a RST as from the destination (`reject with tcp reset`); what is not TCP is dropped
struct Hold {
  std::optional<Duration> most{};  // nothing: until Router::release()
};
// The packet goes on, and its sender is told of another first hop: ICMP 5/1, ICMPv6 137. Hosts
// believe the latter only of a router's link-local address, for a link-local gateway.
struct Redirect {
  Address gateway{};
};
using RuleAction = std::variant<Pass, Drop, Answer, Reset, Hold, Redirect>;

// The first rule that fits a packet to be forwarded counts.
struct RouterRule {
  Match match{};
  RuleAction action = Drop{};
};

// ----------------------------------------------------------------------------------------- routes

enum class RouteKind : std::uint8_t {
  via,          // by the link of `via`, whatever the network knows
  unreachable,  // 3/1, 1/0 as Linux answers
  prohibit,     // 3/13, 1/1
  blackhole,    // nobody is told
  missing       // 3/0, 1/0: as if there were no route
};

// The longest prefix counts, those of `OnLink` among them. Where none fits, and for a machine that
// is there on a link, the shortest way that the network knows is taken.
struct Route {
  Prefix to;
  RouteKind kind = RouteKind::via;
  Side via{};
};

// Where several ways are equally short.
enum class Balancing : std::uint8_t { none, per_flow, per_packet, per_destination };

// A link on which addresses of this prefix live. A packet to one that nobody has is refused with
// 3/1 or 1/3 when the router has asked for it in vain.
struct OnLink {
  Prefix prefix;
  Side side{};
};

// -------------------------------------------------------------------------------------- rewriting

// What is done to packets that pass; to a packet's own header, before the next link.
struct Rewriting {
  std::optional<Ttl> ttl{};  // set, not counted down
  std::optional<std::uint8_t> dscp{};
  bool bleach_ecn = false;                  // clears the two ECN bits
  std::optional<std::uint16_t> most_mss{};  // lowers the MSS option of SYNs
  bool clear_dont_fragment = false;         // IPv4
  [[nodiscard]] bool any() const {
    return ttl || dscp || bleach_ecn || most_mss || clear_dont_fragment;
  }
};

// Source NAT with ports (RFC 3022 2.2): what leaves by `outside` gets `address`. Packets to that
// address come to the router whether it is one of its own or not.
struct NatPlan {
  Side outside{};
  Address address{};  // its version is the one that is translated
};

// ------------------------------------------------------------------------------------------- plan

struct RouterPlan {
  std::vector<Address> addresses{};  // the first of each version is what errors come from,
  std::multimap<Side, Address> error_sources{};   // unless the packet came in by one of these
  std::map<Side, std::string> interface_names{};  // told with `tells_interface`
  std::vector<RouterRule> rules{};
  std::vector<Route> routes{};
  std::vector<OnLink> on_link{};
  Balancing balancing = Balancing::none;
  std::optional<NatPlan> nat{};
  Rewriting rewriting{};

  bool silent = false;      // forwards, but never sends an error
  bool counts_hops = true;  // false: a tunnel that hides its routers
  bool tells_mtu = true;    // false: what is too big vanishes, an MTU black hole
  IcmpLimit limit = NoIcmpLimit{};
  Duration error_delay{};
  Duration neighbor_patience = std::chrono::seconds{3};  // Linux: three questions, one second each

  // What its errors look like.
  std::optional<Address> answers_from{};  // another of its addresses, always
  std::optional<std::size_t> quoted{};    // see ErrorMessage
  bool quoted_as_sent = false;            // quotes the TTL before it was counted down, as some do
  bool broken_checksum = false;
  std::vector<MplsLabel> labels{};  // RFC 4950: the stack of what comes in
  bool tells_interface = false;     // RFC 5837: index, address, name, MTU of where it came in
  Octets extensions{};              // a structure of RFC 4884 instead of those two
};

}  // namespace sonda::inline v0::sim
