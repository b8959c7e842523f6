// What a golden vector is: a packet, what it shows, and what tcpdump says of it.
#pragma once
#include <golden.hpp>
#include <string_view>

#include <sonda/core/bytes.hpp>

namespace sonda::testing {

template <HexText text>
inline constexpr auto golden_octets = hex<text>();

template <HexText text>
inline constexpr Bytes octets{golden_octets<text>};

// Every checksum in it is right, but for those that it says are not made.
struct Vector {
  std::string_view shows{};
  std::string_view line{};  // as `tcpdump -n -t -S` prints it
  Bytes packet{};           // from the IP header on
};

}  // namespace sonda::testing
