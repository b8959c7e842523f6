// The types of ICMPv4 messages by number and name.
#pragma once
#include <cstdint>
#include <string_view>

namespace sonda::inline v0 {

// Any octet is a value; those without a name are unassigned. RFC 6633 and RFC 6918 deprecate what
// is marked so: not to be sent, to be ignored when received.
enum class IcmpType : std::uint8_t {
  echo_reply = 0,                    // RFC 792
  destination_unreachable = 3,       // RFC 792, RFC 1191, RFC 4884
  source_quench = 4,                 // RFC 792, deprecated
  redirect = 5,                      // RFC 792
  alternate_host_address = 6,        // deprecated
  echo_request = 8,                  // RFC 792
  router_advertisement = 9,          // RFC 1256
  router_solicitation = 10,          // RFC 1256
  time_exceeded = 11,                // RFC 792, RFC 4884
  parameter_problem = 12,            // RFC 792, RFC 4884
  timestamp_request = 13,            // RFC 792
  timestamp_reply = 14,              // RFC 792
  information_request = 15,          // RFC 792, deprecated
  information_reply = 16,            // RFC 792, deprecated
  address_mask_request = 17,         // RFC 950, deprecated
  address_mask_reply = 18,           // RFC 950, deprecated
  traceroute = 30,                   // RFC 1393, deprecated
  conversion_error = 31,             // RFC 1475, deprecated
  mobile_host_redirect = 32,         // deprecated
  where_are_you = 33,                // deprecated
  here_i_am = 34,                    // deprecated
  mobile_registration_request = 35,  // deprecated
  mobile_registration_reply = 36,    // deprecated
  domain_name_request = 37,          // RFC 1788, deprecated
  domain_name_reply = 38,            // RFC 1788, deprecated
  skip = 39,                         // deprecated
  photuris = 40,                     // RFC 2521
  experimental_mobility = 41,        // RFC 4065
  extended_echo_request = 42,        // RFC 8335
  extended_echo_reply = 43,          // RFC 8335
  experiment_1 = 253,                // RFC 4727
  experiment_2 = 254                 // RFC 4727
};

// "time exceeded"; an empty view for a number nobody has assigned.
[[nodiscard]] constexpr std::string_view name(IcmpType type) noexcept {
  switch (type) {
    case IcmpType::echo_reply:
      return "echo reply";
    case IcmpType::destination_unreachable:
      return "destination unreachable";
    case IcmpType::source_quench:
      return "source quench";
    case IcmpType::redirect:
      return "redirect";
    case IcmpType::alternate_host_address:
      return "alternate host address";
    case IcmpType::echo_request:
      return "echo request";
    case IcmpType::router_advertisement:
      return "router advertisement";
    case IcmpType::router_solicitation:
      return "router solicitation";
    case IcmpType::time_exceeded:
      return "time exceeded";
    case IcmpType::parameter_problem:
      return "parameter problem";
    case IcmpType::timestamp_request:
      return "timestamp request";
    case IcmpType::timestamp_reply:
      return "timestamp reply";
    case IcmpType::information_request:
      return "information request";
    case IcmpType::information_reply:
      return "information reply";
    case IcmpType::address_mask_request:
      return "address mask request";
    case IcmpType::address_mask_reply:
      return "address mask reply";
    case IcmpType::traceroute:
      return "traceroute";
    case IcmpType::conversion_error:
      return "datagram conversion error";
    case IcmpType::mobile_host_redirect:
      return "mobile host redirect";
    case IcmpType::where_are_you:
      return "IPv6 where-are-you";
    case IcmpType::here_i_am:
      return "IPv6 I-am-here";
    case IcmpType::mobile_registration_request:
      return "mobile registration request";
    case IcmpType::mobile_registration_reply:
      return "mobile registration reply";
    case IcmpType::domain_name_request:
      return "domain name request";
    case IcmpType::domain_name_reply:
      return "domain name reply";
    case IcmpType::skip:
      return "SKIP";
    case IcmpType::photuris:
      return "Photuris";
    case IcmpType::experimental_mobility:
      return "experimental mobility";
    case IcmpType::extended_echo_request:
      return "extended echo request";
    case IcmpType::extended_echo_reply:
      return "extended echo reply";
    case IcmpType::experiment_1:
      return "experiment 1";
    case IcmpType::experiment_2:
      return "experiment 2";
  }
  return {};
}

// Whether messages of this type report the fate of a datagram and quote it.
[[nodiscard]] constexpr bool is_error(IcmpType type) noexcept {
  switch (type) {
    case IcmpType::destination_unreachable:
    case IcmpType::source_quench:
    case IcmpType::redirect:
    case IcmpType::time_exceeded:
    case IcmpType::parameter_problem:
    case IcmpType::photuris:
      return true;
    default:
      return false;
  }
}

// Whether the type has room for a length field and an extension structure (RFC 4884 section 4).
[[nodiscard]] constexpr bool may_be_extended(IcmpType type) noexcept {
  return type == IcmpType::destination_unreachable || type == IcmpType::time_exceeded ||
         type == IcmpType::parameter_problem;
}

}  // namespace sonda::inline v0
