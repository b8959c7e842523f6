// A machine of the simulated internet: packets and time in, packets out.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

#include <sonda/core/bytes.hpp>
#include <sonda/core/export.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/sim/random.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::sim {

// One of a node's links, counted from 0 in the order in which they were connected.
enum class Side : std::uint32_t {};

// What a node may do while it is being called.
class Outbox {
 public:
  // Puts a packet on the link of `side` after `wait`.
  virtual void send(Side side, Octets octets, Duration wait) = 0;
  // Calls the node's on_time after `wait`.
  virtual void wake(Duration wait) = 0;
  // By which link the shortest way to `address` leads; nothing where there is none.
  [[nodiscard]] virtual std::optional<Side> towards(const Address& address) = 0;
  [[nodiscard]] virtual Mtu mtu(Side side) const = 0;
  [[nodiscard]] virtual Random& random() = 0;  // the node's own

 protected:
  ~Outbox() = default;
};

struct Arrival {
  Instant now{};
  Side side{};  // by which link it came
  Bytes octets{};
};

class SONDA_EXPORT Node {
 public:
  virtual ~Node() = default;

  // Whether packets to `address` end here.
  [[nodiscard]] virtual bool owns(const Address& address) const = 0;
  virtual void on_packet(const Arrival& arrival, Outbox& out) = 0;
  virtual void on_time(Instant, Outbox&) {}

 protected:
  Node() = default;
  Node(const Node&) = default;
  Node(Node&&) = default;
  Node& operator=(const Node&) = default;
  Node& operator=(Node&&) = default;
};

}  // namespace sonda::inline v0::sim
