// What is known of each host beyond its single ports: is everything open there, is nothing, who
// resets?
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include <sonda/core/siphash.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/event/event.hpp>
#include <sonda/probe/scan_space.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0 {

struct TcpHost {
  std::uint64_t asked = 0;  // of the plan's ports, settled
  std::uint64_t open = 0;
  std::uint64_t refused = 0;  // closed, or whatever else is neither open nor silence
  std::uint32_t controls = 0, controls_settled = 0, controls_open = 0;
  bool control_chosen = false;
  bool tarpit_told = false;
  // syn: how far away its SYN-ACKs come from, and the RSTs that wait for one.
  std::optional<std::uint8_t> hops{};
  std::optional<Instant> held_until{};
  struct Held {
    Instant at{};
    PortResult result{};
  };
  std::vector<Held> held{};
};

// Bounded: a scan of more hosts watches the first ones it meets.
class TcpHosts {
 public:
  static constexpr std::size_t most = 65'536;
  static constexpr std::uint64_t open_before_controls = 8;
  static constexpr std::uint64_t silent_before_notice = 20;
  static constexpr std::size_t control_ports = 3;
  using Map = std::unordered_map<Address, TcpHost>;

  // Null for a host that there is no room for.
  [[nodiscard]] TcpHost* find(const Address& address) {
    if (last_ != nullptr && last_->first == address) return &last_->second;
    auto found = map_.find(address);
    if (found == map_.end()) {
      if (map_.size() >= most) return nullptr;
      found = map_.emplace(address, TcpHost{}).first;
    }
    last_ = &*found;
    return &last_->second;
  }
  [[nodiscard]] Map& all() { return map_; }

  // Ports above 1,024 that are not in the plan; fewer where there are not so many.
  [[nodiscard]] static std::vector<Port> choose(const SipKey& key, const Address& address,
                                                const ScanSpace& space);

 private:
  Map map_;
  Map::value_type* last_ = nullptr;
};

}  // namespace sonda::inline v0
