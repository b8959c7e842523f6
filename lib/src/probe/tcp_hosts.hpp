// What is known of each host beyond its single ports: is everything open there, is nothing, who
// resets?
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <optional>
#include <vector>

#include <sonda/core/failure.hpp>
#include <sonda/core/siphash.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/event/event.hpp>
#include <sonda/probe/scan_space.hpp>
#include <sonda/wire/address.hpp>

#include "tcp_slots.hpp"

namespace sonda::inline v0 {

struct TcpHost {
  Address address{};
  std::uint64_t asked = 0;  // of the plan's ports, settled
  std::uint64_t open = 0;
  std::uint64_t windowless = 0;  // of the open ones, those that take no data
  std::uint64_t refused = 0;     // closed, or whatever else is neither open nor silence
  std::uint32_t controls = 0, controls_settled = 0, controls_open = 0;
  bool control_chosen = false;
  std::optional<std::expected<Address, Failure>> source{};  // ours, of packets to it
  // syn: how far away its SYN-ACKs come from, and the RSTs that wait for one.
  std::optional<std::uint8_t> hops{};
  std::optional<Instant> held_until{};  // its RSTs wait until then
  bool held_over = false;               // and have waited
  struct Held {
    Instant at{};
    PortResult result{};
  };
  std::vector<Held> held{};
};

// Bounded: a scan of more hosts watches the first ones it meets. Hosts stay where they are.
class TcpHosts {
 public:
  static constexpr std::size_t most = 65'536;
  static constexpr std::uint64_t open_before_controls = 8;
  static constexpr std::uint64_t silent_before_notice = 20;
  static constexpr std::size_t control_ports = 3;

  // Null for a host that there is no room for.
  [[nodiscard]] TcpHost* find(const Address& address) {
    if (last_ != nullptr && last_->address == address) return last_;
    const auto hash = hash_of(address);
    auto index = table_.find(hash, [&](SlotIndex i) { return hosts_[i].address == address; });
    if (index == no_slot) {
      if (hosts_.size() >= most) return nullptr;
      index = add(address, hash);
    }
    return last_ = &hosts_[index];
  }
  [[nodiscard]] const std::deque<TcpHost>& all() const { return hosts_; }

  // Ports above 1,024 that are not in the plan; fewer where there are not so many.
  [[nodiscard]] static std::vector<Port> choose(const SipKey& key, const Address& address,
                                                const ScanSpace& space);

 private:
  [[nodiscard]] static std::uint64_t hash_of(const Address& address) {
    const auto mixed = std::hash<Address>{}(address) * 0x9e37'79b9'7f4a'7c15U;
    return mixed >> 32;
  }
  [[nodiscard]] SlotIndex add(const Address& address, std::uint64_t hash) {
    const auto index = static_cast<SlotIndex>(hosts_.size());
    hosts_.push_back({.address = address});
    if (hosts_.size() > room_) {
      room_ *= 4;
      table_ = SlotTable{room_};
      for (SlotIndex i = 0; i < index; ++i) table_.add(hash_of(hosts_[i].address), i);
    }
    table_.add(hash, index);
    return index;
  }

  std::deque<TcpHost> hosts_;
  std::size_t room_ = 256;
  SlotTable table_{room_};
  TcpHost* last_ = nullptr;
};

}  // namespace sonda::inline v0
