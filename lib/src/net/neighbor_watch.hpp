// Whether packets to a target wait at home for a link address that nobody tells.
#pragma once
#include <map>
#include <utility>

#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/net/route.hpp>
#include <sonda/wire/address.hpp>

#include "neighbor.hpp"

namespace sonda::inline v0::net {

// For many questions about few next hops: routes are remembered, states for a moment.
class NeighborWatch {
 public:
  // The link address missing is the target's own, or its gateway's.
  [[nodiscard]] bool waits(const Address& target, Instant now) {
    const auto& hop = next_hop(target);
    if (hop.second.value() == 0) return false;
    constexpr std::size_t most = 4'096;
    if (states_.size() > most) states_.clear();
    auto& state = states_[hop];
    if (state.asked == Instant{} || now - state.asked > fresh)
      state = {now, lacks_link_address(hop.first, hop.second)};
    return state.waits;
  }

 private:
  static constexpr Duration fresh = std::chrono::milliseconds{100};
  using Hop = std::pair<Address, InterfaceIndex>;
  struct State {
    Instant asked{};
    bool waits = false;
  };

  const Hop& next_hop(const Address& target) {
    constexpr std::size_t most = 4'096;
    if (const auto known = hops_.find(target); known != hops_.end()) return known->second;
    if (hops_.size() > most) hops_.clear();
    Hop hop;
    if (const auto route = find_route(target); route && route->type == RouteType::unicast)
      hop = {route->gateway.value_or(target).without_zone(), route->interface};
    return hops_.emplace(target, hop).first->second;
  }

  std::map<Address, Hop> hops_;
  std::map<Hop, State> states_;
};

}  // namespace sonda::inline v0::net
