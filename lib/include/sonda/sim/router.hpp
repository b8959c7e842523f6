// A simulated router: forwards, counts hops down, and says why it does not.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sonda/core/bytes.hpp>
#include <sonda/core/export.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/alarm.hpp>
#include <sonda/sim/host.hpp>
#include <sonda/sim/icmp_budget.hpp>
#include <sonda/sim/icmp_error.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/nat.hpp>
#include <sonda/sim/node.hpp>
#include <sonda/sim/reassembly.hpp>
#include <sonda/sim/router_plan.hpp>
#include <sonda/sim/token_bucket.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::sim {

// Looks at a packet in Linux's order: route, TTL, the next link's MTU, rules. Where no route of its
// own says otherwise, it takes the shortest way to where the network knows the destination to be.
class SONDA_EXPORT Router final : public Node {
 public:
  static constexpr std::size_t most_held = 4'096;        // more, and the oldest is dropped
  static constexpr std::size_t most_asked_for = 1'024;   // neighbours that do not answer
  static constexpr unsigned most_waiting = 3;            // packets for each of them
  static constexpr std::size_t most_redirected = 4'096;  // senders; more, and all begin anew

  explicit Router(RouterPlan plan);
  // The router itself answers as this host does; its addresses are the plan's.
  Router(RouterPlan plan, HostPlan own);

  [[nodiscard]] const RouterPlan& plan() const { return plan_; }
  void set_rules(std::vector<RouterRule> rules) { plan_.rules = std::move(rules); }
  // Comes before all others, until clear().
  void add_rule(RouterRule rule);
  void clear() { added_.clear(); }
  void set_silent(bool silent) { plan_.silent = silent; }
  void set_limit(const IcmpLimit& limit);
  // Lets go what its rules hold, and stops holding: rules that hold are forgotten.
  void release(Outbox& out);
  [[nodiscard]] std::size_t held() const { return held_.size(); }

  [[nodiscard]] bool owns(const Address& address) const override;
  [[nodiscard]] bool attracts(const Address& address) const override;
  [[nodiscard]] bool forwards() const override { return true; }
  void on_packet(const Arrival& arrival, Outbox& out) override;
  void on_time(Instant now, Outbox& out) override;

 private:
  struct Held {
    Instant until{};
    Octets octets{};
    Side to{};
    Origin origin{};
  };
  struct Waiting {  // for its next hop to answer
    Octets octets{};
    Side from{};
    Origin origin{};
  };
  struct Neighbor {  // one that does not answer
    Instant given_up{};
    std::vector<Waiting> waiting{};
  };
  struct Redirected {  // a sender that was told
    unsigned times = 0;
    Instant last{};
    std::optional<TokenBucket> budget{};  // of IPv6
  };
  struct Way {
    Side side{};
    bool absent = false;  // the destination is on that link, and nobody has it
  };

  void receive(const IpPacket& packet, const Arrival& arrival, Outbox& out);
  void answer_for_itself(const Arrival& arrival, Outbox& out);
  void take(const IpPacket& packet, Side from, Outbox& out);
  void forward(const IpPacket& packet, const Way& way, Side from, Outbox& out);
  [[nodiscard]] bool fits(const IpPacket& packet, Mtu mtu, Side from, Outbox& out);
  void pass_on(Octets packet, Side to, Outbox& out);
  void send_own(Octets packet, Side to, Duration delay, Outbox& out);

  [[nodiscard]] const Route* route_to(const Address& address) const;
  [[nodiscard]] const OnLink* link_of(const Address& address) const;
  [[nodiscard]] std::optional<Side> shortest_way(const IpPacket& packet, Outbox& out);
  [[nodiscard]] Side way_back(const Address& sender, Side from, Outbox& out) const;
  void refuse(const Route& route, const IpPacket& packet, Side from, Outbox& out);
  void wait_for_neighbor(Octets packet, const Address& neighbor, Side from, Outbox& out);
  void give_up_neighbors(Instant now, Outbox& out);

  [[nodiscard]] const RouterRule* rule_for(const IpPacket& packet) const;
  // What a rule does with it; false where it goes on.
  [[nodiscard]] bool stopped_by_rule(const IpPacket& packet, Bytes counted, Side from, Side to,
                                     Outbox& out);
  void hold(const Hold& how, Bytes packet, Side to, Outbox& out);
  void let_go(Held held, Outbox& out);
  void set_alarm(Instant now, Outbox& out);

  // `why` is what became of the packet, `about` what is quoted of it.
  void tell(Deed why, ErrorMessage message, Bytes about, Side from, Outbox& out,
            const Answer* answer = nullptr);
  void reset(const IpPacket& packet, Side from, Outbox& out);
  void redirect(const Address& gateway, Bytes about, Side from, Outbox& out);
  [[nodiscard]] Octets redirect_v6(const Address& gateway, const IpPacket& about,
                                   const Address& source) const;
  [[nodiscard]] bool may_redirect(Instant now, const Address& sender);
  [[nodiscard]] Octets extensions(Side from, IpVersion version, Outbox& out) const;
  [[nodiscard]] std::optional<Address> error_source(Side from, IpVersion version) const;
  [[nodiscard]] std::optional<Address> link_local_source() const;

  RouterPlan plan_;
  std::vector<RouterRule> added_;
  Host own_;  // answers what is addressed to the router itself
  std::optional<Nat> nat_;
  Reassembly reassembly_;  // for the NAT
  IcmpBudget budget_;
  std::deque<Held> held_;
  std::map<Address, Neighbor> neighbors_;
  std::unordered_map<Address, Redirected> redirected_;
  Alarm alarm_;
  std::uint64_t turn_ = 0;  // of balancing per packet
  std::optional<std::uint64_t> flow_key_;
};

}  // namespace sonda::inline v0::sim
