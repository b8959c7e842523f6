// The system's neighbour table: whose link address belongs to an IP address.
#pragma once
#include <cstdint>
#include <optional>

#include <sonda/core/strong.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/ethernet.hpp>

namespace sonda::inline v0::net {

// What the table says now, if the entry may be used.
[[nodiscard]] std::optional<MacAddress> known_link_address(const Address& neighbor,
                                                           InterfaceIndex interface);

// The system asks for it, or has asked in vain: packets to the neighbour wait.
[[nodiscard]] bool lacks_link_address(const Address& neighbor, InterfaceIndex interface);

// Makes the system find out.
void ask_for_link_address(const Address& neighbor, InterfaceIndex interface);

}  // namespace sonda::inline v0::net
