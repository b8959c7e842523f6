// The queue of what is under way in a simulated internet, and who is called when it is due.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include <sonda/sim/network.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>

namespace sonda::inline v0::sim {
namespace {

// Heap order: the one that is due last is the smallest.
constexpr auto later = [](const auto& a, const auto& b) {
  return a.at != b.at ? a.at > b.at : a.order > b.order;
};

template <typename T>
std::uint32_t put_in_place(std::vector<T>& places, std::vector<std::uint32_t>& free, T value) {
  if (free.empty()) {
    places.push_back(std::move(value));
    return static_cast<std::uint32_t>(places.size() - 1);
  }
  const auto place = free.back();
  free.pop_back();
  places[place] = std::move(value);
  return place;
}

template <typename T>
T take_from_place(std::vector<T>& places, std::vector<std::uint32_t>& free, std::uint32_t place) {
  free.push_back(place);
  return std::exchange(places[place], T{});
}

// What a packet takes under way, be it as small as it may.
std::size_t cost(const Packet& packet) { return packet.octets.size() + sizeof(Packet); }

std::optional<Address> source_of(Bytes packet) {
  if (const auto v4 = Ipv4View::parse(packet)) return v4->source();
  if (const auto v6 = Ipv6View::parse(packet)) return v6->source();
  return std::nullopt;
}

}  // namespace

class Network::OutletNode final : public Node {
 public:
  [[nodiscard]] bool owns(const Address& address) const override {
    return addresses_.contains(address.without_zone());
  }
  void on_packet(const Arrival&, Outbox&) override {}

  // Whether it is news.
  bool has(const Address& address) { return addresses_.insert(address.without_zone()).second; }

 private:
  std::unordered_set<Address> addresses_;
};

class Network::Desk final : public Outbox {
 public:
  // What the node does because `cause` has come, or of itself.
  Desk(Network& network, NodeIndex node, Instant now, const Packet& cause = {})
      : network_{network},
        node_{node},
        now_{now},
        origin_{cause.provenance, cause.crossing, cause.crossings} {}

  void send(Side side, Octets octets, Duration wait) override {
    const auto& sides = network_.station(node_).sides;
    if (static_cast<std::size_t>(side) >= sides.size()) return;
    Packet packet{.at = now_ + wait,
                  .octets = std::move(octets),
                  .provenance = origin_.provenance,
                  .crossing = origin_.crossing,
                  .crossings = origin_.crossings};
    if (wait <= Duration::zero()) {
      network_.leave(now_, node_, side, std::move(packet));
    } else if (network_.has_room(packet)) {
      network_.push(Kind::leave, node_, side, std::move(packet));
    } else {
      network_.lose(now_, sides[static_cast<std::size_t>(side)], packet, Fate::queue_full);
    }
  }
  void wake(Duration wait) override { network_.push(now_ + wait, Kind::wake, node_, Side{}, 0); }
  [[nodiscard]] std::optional<Side> towards(const Address& address) override {
    const auto& ways = network_.ways(node_, address);
    return ways.empty() ? std::nullopt : std::optional{ways.front()};
  }
  [[nodiscard]] std::vector<Side> all_ways(const Address& address) override {
    return network_.ways(node_, address);
  }
  [[nodiscard]] bool exists(const Address& address) override { return network_.exists(address); }
  [[nodiscard]] Mtu mtu(Side side) const override {
    const auto& sides = network_.station(node_).sides;
    const auto at = static_cast<std::size_t>(side);
    return at < sides.size() ? sides[at].out.model().mtu : Mtu{};
  }
  [[nodiscard]] Random& random() override { return network_.station(node_).random; }
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] Origin origin() const override { return origin_; }
  void act_for(const Origin& origin) override { origin_ = origin; }
  void note(Deed deed, Bytes packet, const ErrorMessage* error) override {
    if (network_.observer_ == nullptr) return;
    network_.observer_->on_note(
        {now_, network_.station(node_).node.get(), origin_.crossing, deed, packet, error});
  }

 private:
  Network& network_;
  NodeIndex node_;
  Instant now_;
  Origin origin_;
};

Network::Network(std::uint64_t seed) : random_{seed} { static_cast<void>(add_outlet({})); }
Network::~Network() = default;
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;

// -------------------------------------------------------------------------------------- building

Node& Network::client() { return *stations_.front().node; }

Network::OutletNode& Network::client_node() {
  return static_cast<OutletNode&>(*stations_.front().node);
}

void Network::give_client(const Address& address) {
  if (client_node().has(address)) owners_.erase(address.without_zone());
}

// A forged source that is another machine's address stays that machine's.
void Network::learn(const Address& source) {
  const auto& owner = owner_of(source);
  if ((owner && !owner->attracted) || learnt_ >= most_learnt) return;
  ++learnt_;
  give_client(source);
}

Node& Network::add_outlet(std::vector<Address> addresses) {
  auto node = std::make_unique<OutletNode>();
  for (const auto& address : addresses) static_cast<void>(node->has(address));
  auto& reference = *node;
  station(adopt(std::move(node))).outlet = true;
  return reference;
}

LinkIndex Network::connect(const Node& a, const Node& b, const LinkModel& both) {
  return connect(a, b, both, both);
}

LinkIndex Network::connect(const Node& a, const Node& b, const LinkModel& there,
                           const LinkModel& back) {
  const auto from = index_of(a);
  const auto to = index_of(b);
  const LinkIndex link{static_cast<std::uint32_t>(links_.size())};
  const Side from_side{static_cast<std::uint32_t>(station(from).sides.size())};
  station(from).sides.push_back({LinkDirection{there, random_.fork()}, to, Side{}, link, false});
  const Side to_side{static_cast<std::uint32_t>(station(to).sides.size())};
  station(to).sides.push_back({LinkDirection{back, random_.fork()}, from, from_side, link, true});
  station(from).sides[static_cast<std::size_t>(from_side)].to_side = to_side;
  links_.push_back({from, to, from_side, to_side});
  forget_ways();
  return link;
}

std::optional<Side> Network::side_towards(const Node& a, const Node& b) const {
  const auto to = index_of(b);
  const auto& sides = station(index_of(a)).sides;
  for (std::uint32_t side = 0; side < sides.size(); ++side)
    if (sides[side].to == to) return Side{side};
  return std::nullopt;
}

Network::NodeIndex Network::adopt(std::unique_ptr<Node> node) {
  stations_.push_back({std::move(node), {}, random_.fork(), false});
  forget_ways();
  return NodeIndex{static_cast<std::uint32_t>(stations_.size() - 1)};
}

Network::NodeIndex Network::index_of(const Node& node) const {
  const auto found =
      std::ranges::find_if(stations_, [&](const Station& s) { return s.node.get() == &node; });
  return NodeIndex{static_cast<std::uint32_t>(found - stations_.begin())};
}

// -------------------------------------------------------------------------------------- changing

void Network::set_link(const Node& a, const Node& b, const LinkModel& there) {
  const auto to = index_of(b);
  for (auto& side : station(index_of(a)).sides)
    if (side.to == to) set_model(side.out, there);
}

void Network::set_link(LinkIndex link, bool back, const LinkModel& model) {
  const auto& ends = links_[static_cast<std::size_t>(link)];
  auto& sides = station(back ? ends.b : ends.a).sides;
  set_model(sides[static_cast<std::size_t>(back ? ends.b_side : ends.a_side)].out, model);
}

void Network::set_model(LinkDirection& direction, const LinkModel& model) {
  const bool ways_change = direction.model().down != model.down;
  direction.set_model(model);
  if (ways_change) ways_.clear();
}

const LinkModel& Network::link(LinkIndex link, bool back) const {
  const auto& ends = links_[static_cast<std::size_t>(link)];
  const auto& sides = station(back ? ends.b : ends.a).sides;
  return sides[static_cast<std::size_t>(back ? ends.b_side : ends.a_side)].out.model();
}

void Network::call_at(Instant at, Call call) {
  push(at, Kind::call, {}, {}, put_in_place(calls_, free_calls_, std::move(call)));
}

void Network::act_at(Instant now, const Node& node, const std::function<void(Outbox&)>& act) {
  Desk desk{*this, index_of(node), now};
  act(desk);
}

Mtu Network::client_mtu() const {
  const auto& sides = stations_.front().sides;
  return sides.empty() ? Mtu{65'535} : sides.front().out.model().mtu;
}

// ------------------------------------------------------------------------------ packets under way

void Network::send(Instant now, Bytes packet) {
  if (const auto source = source_of(packet)) learn(*source);
  Packet copy{
      .at = now, .octets = Octets(packet.begin(), packet.end()), .provenance = {.cause = sent_++}};
  if (!stations_.front().sides.empty()) leave(now, NodeIndex{}, Side{}, std::move(copy));
  if (witness_) witness_(now, packet, *this);
}

void Network::send(Instant now, const Node& outlet, Side side, Bytes packet) {
  const auto from = index_of(outlet);
  if (static_cast<std::size_t>(side) >= station(from).sides.size()) return;
  leave(now, from, side, Packet{.at = now, .octets = Octets(packet.begin(), packet.end())});
}

void Network::inject(Instant at, Octets octets) { inject(at, client(), std::move(octets)); }

void Network::inject(Instant at, const Node& into, Octets octets) {
  Packet packet{.at = at, .octets = std::move(octets), .provenance = {.forged = true}};
  if (has_room(packet)) push(Kind::arrive, index_of(into), Side{}, std::move(packet));
}

std::optional<Instant> Network::next_due() const {
  if (queue_.empty()) return std::nullopt;
  return queue_.front().at;
}

std::optional<Packet> Network::take_due(Instant now) {
  while (auto delivery = take_delivery(now))
    if (delivery->outlet == stations_.front().node.get()) return std::move(delivery->packet);
  return std::nullopt;
}

std::optional<Delivery> Network::take_delivery(Instant now) {
  while (!queue_.empty() && queue_.front().at <= now) {
    std::ranges::pop_heap(queue_, later);
    const auto pending = queue_.back();
    queue_.pop_back();
    if (pending.kind == Kind::arrive && station(pending.node).outlet)
      return Delivery{station(pending.node).node.get(), pending.side, take_packet(pending.what)};
    handle(pending);
  }
  return std::nullopt;
}

void Network::push(Instant at, Kind kind, NodeIndex node, Side side, std::uint32_t what) {
  queue_.push_back({at, order_++, kind, node, side, what});
  std::ranges::push_heap(queue_, later);
}

void Network::push(Kind kind, NodeIndex node, Side side, Packet packet) {
  octets_ += cost(packet);
  const auto at = packet.at;
  push(at, kind, node, side, put_in_place(packets_, free_packets_, std::move(packet)));
}

bool Network::has_room(const Packet& packet) const {
  return octets_ + 2 * cost(packet) <= most_octets;  // a link may double it
}

Packet Network::take_packet(std::uint32_t place) {
  auto packet = take_from_place(packets_, free_packets_, place);
  octets_ -= cost(packet);
  return packet;
}

void Network::leave(Instant now, NodeIndex from, Side side, Packet packet) {
  auto& end = station(from).sides[static_cast<std::size_t>(side)];
  if (packet.crossings >= most_crossings) return lose(now, end, packet, Fate::endless);
  if (!has_room(packet)) return lose(now, end, packet, Fate::queue_full);
  ++packet.crossings;
  ++hops_;
  const auto to = end.to;
  const auto to_side = end.to_side;
  Crossing crossing{.number = hops_,
                    .after = std::exchange(packet.crossing, hops_),
                    .at = now,
                    .link = end.link,
                    .back = end.back,
                    .provenance = packet.provenance};
  // The packet is moved along; whoever looks on sees it as it was put on the link.
  const auto seen = observer_ != nullptr ? packet.octets : Octets{};
  auto carried = end.out.carry(now, std::move(packet));
  if (observer_ != nullptr) {
    crossing.fate = carried.fate;
    crossing.octets = seen;
    if (!carried.arriving.empty()) crossing.arrives = carried.arriving.front().at;
    observer_->on_crossing(crossing);
  }
  for (auto& arrival : carried.arriving) push(Kind::arrive, to, to_side, std::move(arrival));
}

void Network::lose(Instant now, const Attachment& end, const Packet& packet, Fate fate) {
  ++hops_;
  if (observer_ == nullptr) return;
  observer_->on_crossing({.number = hops_,
                          .after = packet.crossing,
                          .at = now,
                          .link = end.link,
                          .back = end.back,
                          .fate = fate,
                          .octets = packet.octets,
                          .provenance = packet.provenance});
}

void Network::handle(const Pending& pending) {
  switch (pending.kind) {
    case Kind::leave:
      return leave(pending.at, pending.node, pending.side, take_packet(pending.what));
    case Kind::arrive: {
      const auto packet = take_packet(pending.what);
      Desk desk{*this, pending.node, pending.at, packet};
      station(pending.node).node->on_packet({pending.at, pending.side, packet.octets}, desk);
      return;
    }
    case Kind::wake: {
      Desk desk{*this, pending.node, pending.at};
      station(pending.node).node->on_time(pending.at, desk);
      return;
    }
    case Kind::call:
      if (const auto call = take_from_place(calls_, free_calls_, pending.what))
        call(pending.at, *this);
      return;
  }
}

}  // namespace sonda::inline v0::sim
