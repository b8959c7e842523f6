// All golden packets, for tests that ask the same of each; and the golden frames.
#pragma once
#include <array>
#include <span>

#include "frame_vectors.hpp"
#include "icmpv4_vectors.hpp"
#include "icmpv6_vectors.hpp"
#include "ip_vectors.hpp"
#include "tcp_vectors.hpp"
#include "udp_vectors.hpp"
#include "vector.hpp"

namespace sonda::testing {

inline constexpr std::array<std::span<const Vector>, 5> all_vectors{
    icmpv4_vectors, icmpv6_vectors, udp_vectors, tcp_vectors, ip_vectors};

// Calls `look(const Vector&)` for each, naming it in what fails.
template <typename Look>
void for_each_vector(Look&& look) {
  for (const auto& vectors : all_vectors)
    for (const auto& vector : vectors) {
      SCOPED_TRACE(vector.shows);
      look(vector);
    }
}

}  // namespace sonda::testing
