// getaddrinfo(3).
#include <algorithm>
#include <cerrno>
#include <memory>
#include <netdb.h>
#include <string>

#include <sonda/net/resolve.hpp>

#include "socket_address.hpp"

namespace sonda::inline v0::net {
namespace {

std::unexpected<Failure> refusal(std::string_view target, std::string_view why) {
  return std::unexpected{Failure{std::string{target}.append(": ").append(why), 0, ""}};
}

// No top-level domain is a number (RFC 1123 2.1), but getaddrinfo takes "10.1" and "0x7f000001"
// for addresses.
bool ends_in_a_number(std::string_view target) {
  if (target.ends_with('.')) target.remove_suffix(1);
  const auto label = target.substr(target.rfind('.') + 1);
  if (label.empty()) return false;
  if (label.starts_with("0x") || label.starts_with("0X"))
    return label.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
  return label.find_first_not_of("0123456789") == std::string_view::npos;
}

std::expected<std::vector<Address>, Failure> check_literal(std::string_view target,
                                                           const Address& address, Family family) {
  if (family == Family::ipv4 && address.is_v6())
    return refusal(target, "an IPv6 address, where IPv4 was asked for");
  if (family == Family::ipv6 && address.is_v4())
    return refusal(target, "an IPv4 address, where IPv6 was asked for");
  if (!address.zone().empty() && index_of(address.zone().view()) == 0)
    return refusal(target, "no such interface");
  return std::vector{address};
}

std::string_view explain(int error, Family family) {
  switch (error) {
    case EAI_NONAME:
      return "name not found";
    case EAI_AGAIN:
      return "no name server answered";
    case EAI_FAIL:
      return "the name server failed";
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
      return family == Family::ipv4   ? "the name has no IPv4 address"
             : family == Family::ipv6 ? "the name has no IPv6 address"
                                      : "the name has no address";
    default:
      return ::gai_strerror(error);
  }
}

}  // namespace

std::expected<std::vector<Address>, Failure> resolve(std::string_view target, Family family) {
  if (target.empty()) return refusal(target, "the name is empty");
  if (const auto address = Address::parse(target)) return check_literal(target, *address, family);
  if (target.find(':') != std::string_view::npos) return refusal(target, "not an IPv6 address");
  if (ends_in_a_number(target)) return refusal(target, "not an IPv4 address (four numbers)");

  addrinfo hints{};
  hints.ai_family = family == Family::ipv4   ? AF_INET
                    : family == Family::ipv6 ? AF_INET6
                                             : AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;  // one answer per address, not one per kind of socket
  addrinfo* head = nullptr;
  const int error = ::getaddrinfo(std::string{target}.c_str(), nullptr, &hints, &head);
  if (error == EAI_SYSTEM) return std::unexpected{Failure{"resolve", errno, std::string{target}}};
  if (error != 0) return refusal(target, explain(error, family));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner{head, ::freeaddrinfo};

  std::vector<Address> addresses;
  for (const auto* entry = head; entry != nullptr; entry = entry->ai_next) {
    const auto address = to_address(entry->ai_addr);
    if (address && std::ranges::find(addresses, *address) == addresses.end())
      addresses.push_back(*address);
  }
  if (addresses.empty()) return refusal(target, explain(EAI_NODATA, family));
  return addresses;
}

}  // namespace sonda::inline v0::net
