// The types of ICMPv6 messages by number and name.
#pragma once
#include <cstdint>
#include <string_view>

namespace sonda::inline v0 {

// Any octet is a value; those without a name are unassigned. 0 to 127 are errors, the rest is
// information (RFC 4443 section 2.1).
enum class Icmpv6Type : std::uint8_t {
  destination_unreachable = 1,                 // RFC 4443, RFC 4884
  packet_too_big = 2,                          // RFC 4443
  time_exceeded = 3,                           // RFC 4443, RFC 4884
  parameter_problem = 4,                       // RFC 4443
  private_error_1 = 100,                       // RFC 4443, for experiments
  private_error_2 = 101,                       // RFC 4443, for experiments
  reserved_error = 127,                        // RFC 4443, for more error types one day
  echo_request = 128,                          // RFC 4443
  echo_reply = 129,                            // RFC 4443
  multicast_listener_query = 130,              // RFC 2710, RFC 3810
  multicast_listener_report = 131,             // RFC 2710
  multicast_listener_done = 132,               // RFC 2710
  router_solicitation = 133,                   // RFC 4861
  router_advertisement = 134,                  // RFC 4861
  neighbor_solicitation = 135,                 // RFC 4861
  neighbor_advertisement = 136,                // RFC 4861
  redirect = 137,                              // RFC 4861
  router_renumbering = 138,                    // RFC 2894
  node_information_query = 139,                // RFC 4620
  node_information_response = 140,             // RFC 4620
  inverse_neighbor_solicitation = 141,         // RFC 3122
  inverse_neighbor_advertisement = 142,        // RFC 3122
  multicast_listener_report_v2 = 143,          // RFC 3810
  home_agent_address_discovery_request = 144,  // RFC 6275
  home_agent_address_discovery_reply = 145,    // RFC 6275
  mobile_prefix_solicitation = 146,            // RFC 6275
  mobile_prefix_advertisement = 147,           // RFC 6275
  certification_path_solicitation = 148,       // RFC 3971
  certification_path_advertisement = 149,      // RFC 3971
  experimental_mobility = 150,                 // RFC 4065
  multicast_router_advertisement = 151,        // RFC 4286
  multicast_router_solicitation = 152,         // RFC 4286
  multicast_router_termination = 153,          // RFC 4286
  fast_mobility = 154,                         // RFC 5568
  rpl_control = 155,                           // RFC 6550
  locator_update = 156,                        // RFC 6743
  duplicate_address_request = 157,             // RFC 6775
  duplicate_address_confirmation = 158,        // RFC 6775
  mpl_control = 159,                           // RFC 7731
  extended_echo_request = 160,                 // RFC 8335
  extended_echo_reply = 161,                   // RFC 8335
  private_information_1 = 200,                 // RFC 4443, for experiments
  private_information_2 = 201,                 // RFC 4443, for experiments
  reserved_information = 255                   // RFC 4443
};

// "packet too big"; an empty view for a number nobody has assigned.
[[nodiscard]] constexpr std::string_view name(Icmpv6Type type) noexcept {
  switch (type) {
    case Icmpv6Type::destination_unreachable:
      return "destination unreachable";
    case Icmpv6Type::packet_too_big:
      return "packet too big";
    case Icmpv6Type::time_exceeded:
      return "time exceeded";
    case Icmpv6Type::parameter_problem:
      return "parameter problem";
    case Icmpv6Type::private_error_1:
      return "private error 1";
    case Icmpv6Type::private_error_2:
      return "private error 2";
    case Icmpv6Type::reserved_error:
      return "reserved error";
    case Icmpv6Type::echo_request:
      return "echo request";
    case Icmpv6Type::echo_reply:
      return "echo reply";
    case Icmpv6Type::multicast_listener_query:
      return "multicast listener query";
    case Icmpv6Type::multicast_listener_report:
      return "multicast listener report";
    case Icmpv6Type::multicast_listener_done:
      return "multicast listener done";
    case Icmpv6Type::router_solicitation:
      return "router solicitation";
    case Icmpv6Type::router_advertisement:
      return "router advertisement";
    case Icmpv6Type::neighbor_solicitation:
      return "neighbor solicitation";
    case Icmpv6Type::neighbor_advertisement:
      return "neighbor advertisement";
    case Icmpv6Type::redirect:
      return "redirect";
    case Icmpv6Type::router_renumbering:
      return "router renumbering";
    case Icmpv6Type::node_information_query:
      return "node information query";
    case Icmpv6Type::node_information_response:
      return "node information response";
    case Icmpv6Type::inverse_neighbor_solicitation:
      return "inverse neighbor solicitation";
    case Icmpv6Type::inverse_neighbor_advertisement:
      return "inverse neighbor advertisement";
    case Icmpv6Type::multicast_listener_report_v2:
      return "multicast listener report v2";
    case Icmpv6Type::home_agent_address_discovery_request:
      return "home agent discovery request";
    case Icmpv6Type::home_agent_address_discovery_reply:
      return "home agent discovery reply";
    case Icmpv6Type::mobile_prefix_solicitation:
      return "mobile prefix solicitation";
    case Icmpv6Type::mobile_prefix_advertisement:
      return "mobile prefix advertisement";
    case Icmpv6Type::certification_path_solicitation:
      return "certification path solicitation";
    case Icmpv6Type::certification_path_advertisement:
      return "certification path advertisement";
    case Icmpv6Type::experimental_mobility:
      return "experimental mobility";
    case Icmpv6Type::multicast_router_advertisement:
      return "multicast router advertisement";
    case Icmpv6Type::multicast_router_solicitation:
      return "multicast router solicitation";
    case Icmpv6Type::multicast_router_termination:
      return "multicast router termination";
    case Icmpv6Type::fast_mobility:
      return "fast mobility";
    case Icmpv6Type::rpl_control:
      return "RPL control";
    case Icmpv6Type::locator_update:
      return "locator update";
    case Icmpv6Type::duplicate_address_request:
      return "duplicate address request";
    case Icmpv6Type::duplicate_address_confirmation:
      return "duplicate address confirmation";
    case Icmpv6Type::mpl_control:
      return "MPL control";
    case Icmpv6Type::extended_echo_request:
      return "extended echo request";
    case Icmpv6Type::extended_echo_reply:
      return "extended echo reply";
    case Icmpv6Type::private_information_1:
      return "private information 1";
    case Icmpv6Type::private_information_2:
      return "private information 2";
    case Icmpv6Type::reserved_information:
      return "reserved information";
  }
  return {};
}

// Whether messages of this type report the fate of a datagram and quote it, known or not.
[[nodiscard]] constexpr bool is_error(Icmpv6Type type) noexcept {
  return static_cast<std::uint8_t>(type) < 128;
}

// Whether the type has room for a length field and an extension structure (RFC 4884 section 4).
[[nodiscard]] constexpr bool may_be_extended(Icmpv6Type type) noexcept {
  return type == Icmpv6Type::destination_unreachable || type == Icmpv6Type::time_exceeded;
}

}  // namespace sonda::inline v0
