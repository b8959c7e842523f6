// Between our addresses and the system's sockaddr family.
#pragma once
#include <cerrno>
#include <charconv>
#include <cstring>
#include <net/if.h>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>

#include <sonda/core/failure.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::net {

// Room for any socket address, and how much of it is used.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] sockaddr* get() noexcept { return static_cast<sockaddr*>(as_void()); }
  [[nodiscard]] const sockaddr* get() const noexcept {
    return static_cast<const sockaddr*>(static_cast<const void*>(&storage));
  }
  [[nodiscard]] void* as_void() noexcept { return &storage; }
};

// The index that a zone names ("eth0" or "2"); 0 where there is no such interface or no zone.
[[nodiscard]] inline std::uint32_t index_of(std::string_view zone) noexcept {
  if (zone.empty()) return 0;
  if (const auto index = ::if_nametoindex(std::string{zone}.c_str()); index != 0) return index;
  std::uint32_t number = 0;
  const auto end = zone.data() + zone.size();
  const auto [stop, error] = std::from_chars(zone.data(), end, number);
  return error == std::errc{} && stop == end ? number : 0;
}

// The name of an interface, or its number where it has vanished.
[[nodiscard]] inline std::string name_of_interface(std::uint32_t index) {
  char name[IF_NAMESIZE]{};
  return ::if_indextoname(index, name) != nullptr ? name : std::to_string(index);
}

// The port in the order of the wire; `interface` becomes the scope of an address that needs one
// and has no zone of its own.
[[nodiscard]] inline SocketAddress socket_address(const Address& address, Port port,
                                                  InterfaceIndex interface = {}) noexcept {
  SocketAddress result;
  const be16 wire_port = port.value();
  const auto octets = address.octets();
  if (address.is_v4()) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    std::memcpy(&in.sin_port, &wire_port, sizeof wire_port);
    std::memcpy(&in.sin_addr, octets.data(), octets.size());
    std::memcpy(&result.storage, &in, sizeof in);
    result.size = sizeof in;
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    std::memcpy(&in.sin6_port, &wire_port, sizeof wire_port);
    std::memcpy(&in.sin6_addr, octets.data(), octets.size());
    if (const auto zone = index_of(address.zone().view()); zone != 0)
      in.sin6_scope_id = zone;
    else if (address.is_link_local() || address.is_multicast())
      in.sin6_scope_id = interface.value();
    std::memcpy(&result.storage, &in, sizeof in);
    result.size = sizeof in;
  }
  return result;
}

// Of an IPv4 or IPv6 socket address: both have it in the same place.
[[nodiscard]] inline Port port_of(const SocketAddress& name) noexcept {
  sockaddr_in in{};
  std::memcpy(&in, &name.storage, sizeof in);
  std::array<std::uint8_t, sizeof in.sin_port> octets{};
  std::memcpy(octets.data(), &in.sin_port, octets.size());
  return Port{load<std::uint16_t>(Bytes{octets}, 0)};
}

// The octets of an in_addr or in6_addr.
[[nodiscard]] inline Address to_address(const in_addr& in) noexcept {
  std::array<std::uint8_t, 4> octets{};
  std::memcpy(octets.data(), &in, octets.size());
  return Ipv4Address{octets};
}
[[nodiscard]] inline Address to_address(const in6_addr& in, std::uint32_t scope = 0) {
  std::array<std::uint8_t, 16> octets{};
  std::memcpy(octets.data(), &in, octets.size());
  const Address address = Ipv6Address{octets};
  if (scope == 0 || !(address.is_link_local() || address.is_multicast())) return address;
  const auto zone = Zone::parse(name_of_interface(scope));
  return zone ? address.with_zone(*zone) : address;
}

// What a sockaddr says, if it is of either version.
[[nodiscard]] inline std::optional<Address> to_address(const void* sockaddr_of_any_kind) {
  sa_family_t family{};
  std::memcpy(&family, sockaddr_of_any_kind, sizeof family);
  if (family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, sockaddr_of_any_kind, sizeof in);
    return to_address(in.sin_addr);
  }
  if (family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, sockaddr_of_any_kind, sizeof in);
    return to_address(in.sin6_addr, in.sin6_scope_id);
  }
  return std::nullopt;
}

[[nodiscard]] inline Failure send_failure(const Address& to, int error, std::string_view why = {}) {
  std::string subject{"to "};
  subject += to_text(to).view();
  return Failure{"send", error, subject.append(why)};
}

}  // namespace sonda::inline v0::net
