// A machine of the simulated internet: packets and time in, packets out.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <sonda/core/bytes.hpp>
#include <sonda/core/export.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/observer.hpp>
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
  // All of the shortest ways, in the order in which they were connected.
  [[nodiscard]] virtual std::vector<Side> all_ways(const Address& address) {
    if (const auto side = towards(address)) return {*side};
    return {};
  }
  // Whether any machine has this address.
  [[nodiscard]] virtual bool exists(const Address& address) { return towards(address).has_value(); }
  [[nodiscard]] virtual Mtu mtu(Side side) const = 0;
  [[nodiscard]] virtual Random& random() = 0;  // the node's own
  [[nodiscard]] virtual Instant now() const = 0;
  // What the node is being called for; and what it does from now on, in this call, it does for
  // that.
  [[nodiscard]] virtual Origin origin() const { return {}; }
  virtual void act_for(const Origin& origin) { static_cast<void>(origin); }
  // Tells whoever looks on what became of a packet, and which error its sender is told.
  virtual void note(Deed deed, Bytes packet, const ErrorMessage* error = nullptr) {
    static_cast<void>(deed), static_cast<void>(packet), static_cast<void>(error);
  }

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
  // Whether packets to `address`, which no node owns, should come here all the same.
  [[nodiscard]] virtual bool attracts(const Address&) const { return false; }
  // Whether it passes on what is not for itself, so that ways may lead across it.
  [[nodiscard]] virtual bool forwards() const { return false; }
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
