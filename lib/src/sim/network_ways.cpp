// Who has which address, and by which links the shortest ways lead there.
#include <algorithm>
#include <deque>
#include <limits>

#include <sonda/sim/network.hpp>

namespace sonda::inline v0::sim {
namespace {

const std::vector<Side> no_way{};

}  // namespace

void Network::forget_ways() {
  owners_.clear();
  ways_.clear();
}

const std::optional<Network::Owner>& Network::owner_of(const Address& address) {
  constexpr std::size_t most_owners = 100'000;
  const auto bare = address.without_zone();
  auto found = owners_.find(bare);
  if (found == owners_.end()) {
    if (owners_.size() >= most_owners) owners_.clear();
    found = owners_.emplace(bare, find_owner(bare)).first;
  }
  return found->second;
}

bool Network::exists(const Address& address) {
  const auto& owner = owner_of(address);
  return owner && !owner->attracted;
}

std::optional<Network::Owner> Network::find_owner(const Address& address) const {
  const auto index = [&](auto found) {
    return NodeIndex{static_cast<std::uint32_t>(found - stations_.begin())};
  };
  const auto owner =
      std::ranges::find_if(stations_, [&](const Station& s) { return s.node->owns(address); });
  if (owner != stations_.end()) return Owner{index(owner), false};
  const auto attracting =
      std::ranges::find_if(stations_, [&](const Station& s) { return s.node->attracts(address); });
  if (attracting != stations_.end()) return Owner{index(attracting), true};
  return std::nullopt;
}

const std::vector<Side>& Network::ways(NodeIndex from, const Address& address) {
  const auto& owner = owner_of(address);
  if (!owner) return no_way;
  const auto at = static_cast<std::size_t>(owner->node);
  if (ways_.size() < stations_.size()) ways_.resize(stations_.size());
  if (!ways_[at]) ways_[at] = find_ways(owner->node);
  return (*ways_[at])[static_cast<std::size_t>(from)];
}

// Breadth first, from the owner of the address outwards: the first ways found are the shortest.
Network::Ways Network::find_ways(NodeIndex owner) const {
  constexpr auto unknown = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> distance(stations_.size(), unknown);
  std::deque<NodeIndex> next{owner};
  distance[static_cast<std::size_t>(owner)] = 0;
  const auto leads_back = [&](const Attachment& side) {  // from the neighbour to here
    return !attachment(side.link, !side.back).out.model().down;
  };
  while (!next.empty()) {
    const auto here = next.front();
    next.pop_front();
    if (here != owner && !station(here).node->forwards()) continue;
    for (const auto& side : station(here).sides) {
      auto& known = distance[static_cast<std::size_t>(side.to)];
      if (known != unknown || !leads_back(side)) continue;
      known = distance[static_cast<std::size_t>(here)] + 1;
      next.push_back(side.to);
    }
  }
  Ways ways(stations_.size());
  for (std::size_t node = 0; node < stations_.size(); ++node) {
    if (distance[node] == unknown) continue;
    for (std::uint32_t side = 0; side < stations_[node].sides.size(); ++side) {
      const auto& end = stations_[node].sides[side];
      if (distance[static_cast<std::size_t>(end.to)] == unknown) continue;
      const bool nearer = distance[static_cast<std::size_t>(end.to)] + 1 == distance[node];
      const bool carries = end.to == owner || station(end.to).node->forwards();
      if (nearer && carries && !end.out.model().down) ways[node].push_back(Side{side});
    }
  }
  return ways;
}

const Network::Attachment& Network::attachment(LinkIndex link, bool back) const {
  const auto& ends = links_[static_cast<std::size_t>(link)];
  const auto& sides = station(back ? ends.b : ends.a).sides;
  return sides[static_cast<std::size_t>(back ? ends.b_side : ends.a_side)];
}

}  // namespace sonda::inline v0::sim
