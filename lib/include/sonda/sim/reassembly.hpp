// Puts fragments together again, as the system at the end of the way does.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include <sonda/core/bytes.hpp>
#include <sonda/core/export.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::sim {

// Fragments that overlap without being copies spoil their packet (RFC 5722; Linux does so for IPv4
// too).
class SONDA_EXPORT Reassembly {
 public:
  static constexpr Duration patience = std::chrono::seconds{30};  // Linux: net.ipv4.ipfrag_time
  // More of either, and the oldest packets are dropped.
  static constexpr std::size_t most_packets = 1'024;
  static constexpr std::size_t most_octets = std::size_t{4} << 20;  // Linux: ipfrag_high_thresh

  explicit Reassembly(Duration longest = patience) : longest_{longest} {}

  // The packet as it was sent: at once if it is no fragment, else when its last piece is there.
  // Precondition: it has been read by IpPacket::read.
  [[nodiscard]] std::optional<Octets> add(Instant now, Bytes packet);
  // Gives up what has waited too long; the first fragments of it, for the error that follows. Of
  // what overlapping spoilt nobody is told (RFC 5722 section 4).
  [[nodiscard]] std::vector<Octets> expire(Instant now);
  // When expire() has something to do.
  [[nodiscard]] std::optional<Instant> next_due() const;

 private:
  struct Fragment;
  // source, destination, identification, protocol (RFC 791 3.2; not the protocol in IPv6)
  using Key = std::tuple<Address, Address, std::uint32_t, std::uint8_t>;
  struct Waiting {
    Instant since{};
    std::uint64_t number = 0;
    std::map<std::size_t, Octets> pieces{};  // by offset
    std::optional<std::size_t> size{};       // of the payload, once the last piece is there
    Octets headers{};                        // of the first piece, without the fragment header
    Octets first{};                          // the first piece as it came
    bool spoilt = false;
  };

  [[nodiscard]] static std::optional<Fragment> fragment(Bytes packet);
  void keep(Waiting& waiting, const Fragment& fragment, Bytes packet);
  [[nodiscard]] static std::optional<Octets> whole(const Waiting& waiting);
  void forget(const Key& key);
  void make_room();

  Duration longest_;
  std::map<Key, Waiting> waiting_;
  std::map<std::uint64_t, Key> by_age_;  // by number, counted up
  std::uint64_t next_number_ = 0;
  std::size_t octets_ = 0;  // of all that is kept
};

}  // namespace sonda::inline v0::sim
