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
  static constexpr std::size_t most_packets = 1'024;              // more, and the oldest is dropped

  // The packet as it was sent: at once if it is no fragment, else when its last piece is there.
  // Precondition: it has been read by IpPacket::read.
  [[nodiscard]] std::optional<Octets> add(Instant now, Bytes packet);
  // Gives up what has waited too long; the first fragments of it, for the error that follows.
  [[nodiscard]] std::vector<Octets> expire(Instant now);

 private:
  struct Fragment;
  // source, destination, identification, protocol (RFC 791 3.2; not the protocol in IPv6)
  using Key = std::tuple<Address, Address, std::uint32_t, std::uint8_t>;
  struct Waiting {
    Instant since{};
    std::map<std::size_t, Octets> pieces{};  // by offset
    std::optional<std::size_t> size{};       // of the payload, once the last piece is there
    Octets headers{};                        // of the first piece, without the fragment header
    Octets first{};                          // the first piece as it came
    bool spoilt = false;
  };

  [[nodiscard]] static std::optional<Fragment> fragment(Bytes packet);
  static void keep(Waiting& waiting, const Fragment& fragment, Bytes packet);
  [[nodiscard]] static std::optional<Octets> whole(const Waiting& waiting);
  void make_room();

  std::map<Key, Waiting> waiting_;
};

}  // namespace sonda::inline v0::sim
