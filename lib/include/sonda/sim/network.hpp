// The simulated internet: nodes, the links between them, and the packets that are under way.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sonda/core/bytes.hpp>
#include <sonda/core/export.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/link_model.hpp>
#include <sonda/sim/node.hpp>
#include <sonda/sim/observer.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/sim/random.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::sim {

// A packet that has reached an outlet.
struct Delivery {
  const Node* outlet = nullptr;
  Side side{};
  Packet packet{};
};

// What machines outside can reach: octets and time go in by an outlet; octets and the time when
// they are due there come out. The client is the first outlet. The same seed and the same calls
// give the same packets, whatever the machine. Instants never go backwards.
class SONDA_EXPORT Network {
 public:
  // Told of every packet the client sends, once it has left: it may inject.
  using Witness = std::function<void(Instant now, Bytes sent, Network& network)>;
  using Call = std::function<void(Instant now, Network& network)>;

  // What is under way at most, in octets and with what it takes to keep a packet. What would be
  // more is lost, as `Fate::queue_full`.
  static constexpr std::size_t most_octets = std::size_t{64} << 20;
  // How many links a packet, with what brought it about, may cross before it is lost as
  // `Fate::endless`. More than a TTL of 255 there and one back: only rules that set it, or services
  // that answer one another, come so far.
  static constexpr std::uint16_t most_crossings = 1'024;
  // Addresses that the client is given because it sends from them.
  static constexpr std::size_t most_learnt = 65'536;

  explicit Network(std::uint64_t seed);
  ~Network();
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;

  // ------------------------------------------------------------------------------- building it
  // Takes a node in; the reference lives as long as the network.
  template <std::derived_from<Node> N>
  N& add(N node) {
    auto owned = std::make_unique<N>(std::move(node));
    auto& reference = *owned;
    adopt(std::move(owned));
    return reference;
  }
  // Whose packets `send(now, packet)` takes. It has the addresses it sends from, if they are no
  // other machine's, and those it is given here.
  [[nodiscard]] Node& client();
  void give_client(const Address& address);
  // Another machine outside. It has these addresses and no others.
  Node& add_outlet(std::vector<Address> addresses);
  // A link whose directions are alike, or not. Precondition: both nodes are of this network.
  LinkIndex connect(const Node& a, const Node& b, const LinkModel& both);
  LinkIndex connect(const Node& a, const Node& b, const LinkModel& there, const LinkModel& back);
  // Which of its links leads to `b`; nothing where none does. The first of several.
  [[nodiscard]] std::optional<Side> side_towards(const Node& a, const Node& b) const;

  // ------------------------------------------------------------------------------- changing it
  // Changes what a link does from now on, in the direction from `a` to `b`.
  void set_link(const Node& a, const Node& b, const LinkModel& there);
  // The same; `back` is the direction from the node that `connect` named second.
  void set_link(LinkIndex link, bool back, const LinkModel& model);
  [[nodiscard]] const LinkModel& link(LinkIndex link, bool back) const;
  // What nodes own or attract has changed.
  void forget_ways();
  // Calls `call` when `at` has come and somebody takes what is due.
  void call_at(Instant at, Call call);
  // Lets `act` do at a node what it may do while it is called.
  void act_at(Instant now, const Node& node, const std::function<void(Outbox&)>& act);

  void set_witness(Witness witness) { witness_ = std::move(witness); }
  // Sees every packet on every link. It outlives the network, or is taken away with null.
  void set_observer(Observer* observer) { observer_ = observer; }

  // ------------------------------------------------------------------------------------ using it
  // The largest packet the client's first link carries; 65,535 where it has none.
  [[nodiscard]] Mtu client_mtu() const;

  // The client puts a packet on its first link.
  void send(Instant now, Bytes packet);
  // An outlet puts a packet on one of its links.
  void send(Instant now, const Node& outlet, Side side, Bytes packet);
  // A packet that nobody sent reaches the client, or `into` by its first link.
  void inject(Instant at, Octets octets);
  void inject(Instant at, const Node& into, Octets octets);

  // When take_due has something to do, be it inside the network only.
  [[nodiscard]] std::optional<Instant> next_due() const;
  // The next packet that has reached the client by `now`; in the order in which they reached it.
  // Those for other outlets are lost.
  [[nodiscard]] std::optional<Packet> take_due(Instant now);
  // The next packet that has reached any outlet by `now`.
  [[nodiscard]] std::optional<Delivery> take_delivery(Instant now);

  // Whether any machine has this address.
  [[nodiscard]] bool exists(const Address& address);

  // How many packets the client has sent; the next one's number in Provenance::cause.
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  // What is under way, as most_octets counts it.
  [[nodiscard]] std::size_t under_way() const { return octets_; }
  // How many times a packet was put on a link.
  [[nodiscard]] std::uint64_t hops() const { return hops_; }

 private:
  class OutletNode;
  class Desk;  // the Outbox of the node that is being called
  enum class NodeIndex : std::uint32_t {};
  enum class Kind : std::uint8_t { leave, arrive, wake, call };

  struct Pending {
    Instant at{};
    std::uint64_t order = 0;  // of two that are due at once, what was put in first comes first
    Kind kind{};
    NodeIndex node{};
    Side side{};
    std::uint32_t what = 0;  // the place of its packet or its call
  };
  struct Attachment {  // a node's end of a link
    LinkDirection out;
    NodeIndex to{};
    Side to_side{};
    LinkIndex link{};
    bool back = false;
  };
  struct Station {
    std::unique_ptr<Node> node;
    std::vector<Attachment> sides;
    Random random;
    bool outlet = false;
  };
  struct LinkEnds {
    NodeIndex a{}, b{};
    Side a_side{}, b_side{};
  };
  struct Owner {
    NodeIndex node{};
    bool attracted = false;  // nobody has the address
  };
  using Ways = std::vector<std::vector<Side>>;  // by node

  NodeIndex adopt(std::unique_ptr<Node> node);
  [[nodiscard]] OutletNode& client_node();
  void learn(const Address& source);
  void set_model(LinkDirection& direction, const LinkModel& model);
  [[nodiscard]] NodeIndex index_of(const Node& node) const;
  [[nodiscard]] Station& station(NodeIndex index) {
    return stations_[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] const Station& station(NodeIndex index) const {
    return stations_[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] const Attachment& attachment(LinkIndex link, bool back) const;
  void push(Instant at, Kind kind, NodeIndex node, Side side, std::uint32_t what);
  void push(Kind kind, NodeIndex node, Side side, Packet packet);
  [[nodiscard]] bool has_room(const Packet& packet) const;
  [[nodiscard]] Packet take_packet(std::uint32_t place);
  void leave(Instant now, NodeIndex from, Side side, Packet packet);
  // A packet that is not even put on the link.
  void lose(Instant now, const Attachment& end, const Packet& packet, Fate fate);
  void handle(const Pending& pending);
  [[nodiscard]] const std::vector<Side>& ways(NodeIndex from, const Address& address);
  [[nodiscard]] const std::optional<Owner>& owner_of(const Address& address);
  [[nodiscard]] std::optional<Owner> find_owner(const Address& address) const;
  [[nodiscard]] Ways find_ways(NodeIndex owner) const;

  Random random_;
  std::vector<Station> stations_;  // the client first
  std::vector<LinkEnds> links_;
  std::vector<Pending> queue_;   // a heap, the earliest on top
  std::vector<Packet> packets_;  // of the queue, by place
  std::vector<std::uint32_t> free_packets_;
  std::vector<Call> calls_;
  std::vector<std::uint32_t> free_calls_;
  std::unordered_map<Address, std::optional<Owner>> owners_;  // found once
  std::vector<std::optional<Ways>> ways_;                     // by owner; found once
  Witness witness_;
  Observer* observer_ = nullptr;
  std::uint64_t order_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t hops_ = 0;
  std::size_t octets_ = 0;  // under way
  std::size_t learnt_ = 0;
};

}  // namespace sonda::inline v0::sim
