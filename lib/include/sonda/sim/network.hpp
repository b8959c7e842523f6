// The simulated internet: nodes, the links between them, and the packets that are under way.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <sonda/core/bytes.hpp>
#include <sonda/core/export.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/link_model.hpp>
#include <sonda/sim/node.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/sim/random.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::sim {

// One client and what it can reach. Octets and time go in; octets and the time when they are due
// at the client come out. The same seed and the same calls give the same packets, whatever the
// machine. Instants never go backwards.
class SONDA_EXPORT Network {
 public:
  // Told of every packet the client sends, once it has left: it may inject.
  using Witness = std::function<void(Instant now, Bytes sent, Network& network)>;

  explicit Network(std::uint64_t seed);
  ~Network();
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;

  // Takes a node in; the reference lives as long as the network.
  template <std::derived_from<Node> N>
  N& add(N node) {
    auto owned = std::make_unique<N>(std::move(node));
    auto& reference = *owned;
    adopt(std::move(owned));
    return reference;
  }
  // Whose packets `send` takes. It has the addresses it sends from, and those it is given here.
  [[nodiscard]] Node& client();
  void give_client(const Address& address);
  // A link whose directions are alike, or not. Precondition: both nodes are of this network.
  void connect(const Node& a, const Node& b, const LinkModel& both);
  void connect(const Node& a, const Node& b, const LinkModel& there, const LinkModel& back);
  // Changes what a link does from now on, in the direction from `a` to `b`.
  void set_link(const Node& a, const Node& b, const LinkModel& there);
  void set_witness(Witness witness) { witness_ = std::move(witness); }

  // The largest packet the client's first link carries; 65,535 where it has none.
  [[nodiscard]] Mtu client_mtu() const;

  // The client puts a packet on its first link.
  void send(Instant now, Bytes packet);
  // A packet that nobody sent reaches the client, or `into` by its first link.
  void inject(Instant at, Octets octets);
  void inject(Instant at, const Node& into, Octets octets);

  // When take_due has something to do, be it inside the network only.
  [[nodiscard]] std::optional<Instant> next_due() const;
  // The next packet that has reached the client by `now`; in the order in which they reached it.
  [[nodiscard]] std::optional<Packet> take_due(Instant now);

  // How many packets the client has sent; the next one's number in Provenance::cause.
  [[nodiscard]] std::uint64_t sent() const { return sent_; }

 private:
  class Client;
  class Desk;  // the Outbox of the node that is being called
  enum class NodeIndex : std::size_t {};
  enum class Kind : std::uint8_t { leave, arrive, wake };

  struct Pending {
    std::uint64_t order = 0;  // of two that are due at once, what was put in first comes first
    Kind kind{};
    NodeIndex node{};
    Side side{};
    Packet packet{};
  };
  struct Attachment {  // a node's end of a link
    LinkDirection out;
    NodeIndex to{};
    Side to_side{};
  };
  struct Station {
    std::unique_ptr<Node> node;
    std::vector<Attachment> sides;
    Random random;
  };

  void adopt(std::unique_ptr<Node> node);
  [[nodiscard]] NodeIndex index_of(const Node& node) const;
  [[nodiscard]] Station& station(NodeIndex index) {
    return stations_[static_cast<std::size_t>(index)];
  }
  void push(Kind kind, NodeIndex node, Side side, Packet packet);
  [[nodiscard]] Pending pop();
  void leave(Instant now, NodeIndex from, Side side, Packet packet);
  void call(Pending pending);
  [[nodiscard]] std::optional<Side> towards(NodeIndex from, const Address& address);
  [[nodiscard]] std::vector<std::optional<Side>> find_ways(const Address& address) const;

  Random random_;
  std::vector<Station> stations_;                             // the client first
  std::vector<Pending> queue_;                                // a heap, the earliest on top
  std::map<Address, std::vector<std::optional<Side>>> ways_;  // by node; found once
  Witness witness_;
  std::uint64_t order_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace sonda::inline v0::sim
