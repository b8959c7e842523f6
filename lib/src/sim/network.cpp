// The queue of what is under way in a simulated internet, and who is called when it is due.
#include <algorithm>
#include <deque>
#include <limits>
#include <ranges>
#include <set>

#include <sonda/sim/network.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>

namespace sonda::inline v0::sim {
namespace {

std::optional<Address> source_of(Bytes packet) {
  if (const auto v4 = Ipv4View::parse(packet)) return v4->source();
  if (const auto v6 = Ipv6View::parse(packet)) return v6->source();
  return std::nullopt;
}

}  // namespace

class Network::Client final : public Node {
 public:
  [[nodiscard]] bool owns(const Address& address) const override {
    return addresses_.contains(address.without_zone());
  }
  void on_packet(const Arrival&, Outbox&) override {}

  // Whether it is news.
  bool has(const Address& address) { return addresses_.insert(address.without_zone()).second; }

 private:
  std::set<Address> addresses_;
};

class Network::Desk final : public Outbox {
 public:
  Desk(Network& network, NodeIndex node, Instant now, const Provenance& cause)
      : network_{network}, node_{node}, now_{now}, cause_{cause} {}

  void send(Side side, Octets octets, Duration wait) override {
    if (static_cast<std::size_t>(side) >= network_.station(node_).sides.size()) return;
    Packet packet{.at = now_ + wait, .octets = std::move(octets), .provenance = cause_};
    if (wait <= Duration::zero()) {
      network_.leave(now_, node_, side, std::move(packet));
    } else {
      network_.push(Kind::leave, node_, side, std::move(packet));
    }
  }
  void wake(Duration wait) override {
    network_.push(Kind::wake, node_, Side{}, Packet{.at = now_ + wait});
  }
  [[nodiscard]] std::optional<Side> towards(const Address& address) override {
    return network_.towards(node_, address);
  }
  [[nodiscard]] Mtu mtu(Side side) const override {
    const auto& sides = network_.station(node_).sides;
    const auto at = static_cast<std::size_t>(side);
    return at < sides.size() ? sides[at].out.model().mtu : Mtu{};
  }
  [[nodiscard]] Random& random() override { return network_.station(node_).random; }

 private:
  Network& network_;
  NodeIndex node_;
  Instant now_;
  Provenance cause_;
};

Network::Network(std::uint64_t seed) : random_{seed} { adopt(std::make_unique<Client>()); }
Network::~Network() = default;
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;

Node& Network::client() { return *stations_.front().node; }

void Network::give_client(const Address& address) {
  auto& client = static_cast<Client&>(*stations_.front().node);
  if (client.has(address)) ways_.clear();
}

void Network::connect(const Node& a, const Node& b, const LinkModel& both) {
  connect(a, b, both, both);
}

void Network::connect(const Node& a, const Node& b, const LinkModel& there, const LinkModel& back) {
  const auto from = index_of(a);
  const auto to = index_of(b);
  const Side from_side{static_cast<std::uint32_t>(station(from).sides.size())};
  const Side to_side{static_cast<std::uint32_t>(station(to).sides.size())};
  station(from).sides.push_back({LinkDirection{there, random_.fork()}, to, to_side});
  station(to).sides.push_back({LinkDirection{back, random_.fork()}, from, from_side});
  ways_.clear();
}

void Network::set_link(const Node& a, const Node& b, const LinkModel& there) {
  const auto to = index_of(b);
  for (auto& side : station(index_of(a)).sides)
    if (side.to == to) side.out.set_model(there);
}

Mtu Network::client_mtu() const {
  const auto& sides = stations_.front().sides;
  return sides.empty() ? Mtu{65'535} : sides.front().out.model().mtu;
}

void Network::send(Instant now, Bytes packet) {
  if (const auto source = source_of(packet)) give_client(*source);
  Packet copy{
      .at = now, .octets = Octets(packet.begin(), packet.end()), .provenance = {.cause = sent_++}};
  if (!stations_.front().sides.empty()) leave(now, NodeIndex{}, Side{}, std::move(copy));
  if (witness_) witness_(now, packet, *this);
}

void Network::inject(Instant at, Octets octets) { inject(at, client(), std::move(octets)); }

void Network::inject(Instant at, const Node& into, Octets octets) {
  push(Kind::arrive, index_of(into), Side{},
       Packet{.at = at, .octets = std::move(octets), .provenance = {.forged = true}});
}

std::optional<Instant> Network::next_due() const {
  if (queue_.empty()) return std::nullopt;
  return queue_.front().packet.at;
}

std::optional<Packet> Network::take_due(Instant now) {
  while (!queue_.empty() && queue_.front().packet.at <= now) {
    auto pending = pop();
    if (pending.kind == Kind::arrive && pending.node == NodeIndex{})
      return std::move(pending.packet);
    call(std::move(pending));
  }
  return std::nullopt;
}

void Network::adopt(std::unique_ptr<Node> node) {
  stations_.push_back({std::move(node), {}, random_.fork()});
  ways_.clear();
}

Network::NodeIndex Network::index_of(const Node& node) const {
  const auto found =
      std::ranges::find_if(stations_, [&](const Station& s) { return s.node.get() == &node; });
  return NodeIndex{static_cast<std::size_t>(found - stations_.begin())};
}

namespace {
// Heap order: the one that is due last is the smallest.
constexpr auto later = [](const auto& a, const auto& b) {
  return a.packet.at != b.packet.at ? a.packet.at > b.packet.at : a.order > b.order;
};
}  // namespace

void Network::push(Kind kind, NodeIndex node, Side side, Packet packet) {
  queue_.push_back({order_++, kind, node, side, std::move(packet)});
  std::ranges::push_heap(queue_, later);
}

Network::Pending Network::pop() {
  std::ranges::pop_heap(queue_, later);
  auto pending = std::move(queue_.back());
  queue_.pop_back();
  return pending;
}

void Network::leave(Instant now, NodeIndex from, Side side, Packet packet) {
  auto& attachment = station(from).sides[static_cast<std::size_t>(side)];
  for (auto& arrival : attachment.out.carry(now, std::move(packet)))
    push(Kind::arrive, attachment.to, attachment.to_side, std::move(arrival));
}

void Network::call(Pending pending) {
  const auto now = pending.packet.at;
  switch (pending.kind) {
    case Kind::leave:
      leave(now, pending.node, pending.side, std::move(pending.packet));
      return;
    case Kind::arrive: {
      Desk desk{*this, pending.node, now, pending.packet.provenance};
      station(pending.node).node->on_packet({now, pending.side, pending.packet.octets}, desk);
      return;
    }
    case Kind::wake: {
      Desk desk{*this, pending.node, now, {}};
      station(pending.node).node->on_time(now, desk);
      return;
    }
  }
}

std::optional<Side> Network::towards(NodeIndex from, const Address& address) {
  constexpr std::size_t most_ways = 100'000;
  const auto bare = address.without_zone();
  auto found = ways_.find(bare);
  if (found == ways_.end()) {
    if (ways_.size() >= most_ways) ways_.clear();
    found = ways_.emplace(bare, find_ways(bare)).first;
  }
  return found->second[static_cast<std::size_t>(from)];
}

// Breadth first, from the owner of the address outwards: the first way found is the shortest.
std::vector<std::optional<Side>> Network::find_ways(const Address& address) const {
  std::vector<std::optional<Side>> ways(stations_.size());
  const auto owner =
      std::ranges::find_if(stations_, [&](const Station& s) { return s.node->owns(address); });
  if (owner == stations_.end()) return ways;

  const auto last = static_cast<std::size_t>(owner - stations_.begin());
  std::deque<std::size_t> next{last};
  while (!next.empty()) {
    const auto here = next.front();
    next.pop_front();
    for (const auto& side : stations_[here].sides) {
      const auto neighbour = static_cast<std::size_t>(side.to);
      if (neighbour == last || ways[neighbour]) continue;
      ways[neighbour] = side.to_side;
      next.push_back(neighbour);
    }
  }
  return ways;
}

}  // namespace sonda::inline v0::sim
