// A simulated router: forwards, counts hops down, and says why it does not.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <sonda/core/bytes.hpp>
#include <sonda/core/export.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/host.hpp>
#include <sonda/sim/icmp_error.hpp>
#include <sonda/sim/node.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/prefix.hpp>

namespace sonda::inline v0::sim {

// What a router does with packets to one part of the world instead of forwarding them.
struct RouterRule {
  Prefix to;
  std::optional<ErrorMessage> error{};  // nothing: they vanish
};

struct RouterPlan {
  std::vector<Address> addresses{};         // the first of each version is what errors come from,
  std::map<Side, Address> error_sources{};  // unless the packet came in by one of these
  std::vector<RouterRule> rules{};          // the first that fits counts
  bool silent = false;                      // forwards, but never sends an error
  Duration error_delay{};
  Octets extensions{};  // behind the quotation of its errors
};

// Routes lead the shortest way to where the network knows the destination to be.
class SONDA_EXPORT Router final : public Node {
 public:
  explicit Router(RouterPlan plan)
      : plan_{std::move(plan)}, own_{HostPlan{.addresses = plan_.addresses}} {}

  void set_rules(std::vector<RouterRule> rules) { plan_.rules = std::move(rules); }

  [[nodiscard]] bool owns(const Address& address) const override { return own_.owns(address); }
  void on_packet(const Arrival& arrival, Outbox& out) override;
  void on_time(Instant now, Outbox& out) override { own_.on_time(now, out); }

 private:
  void forward(const IpPacket& packet, Side from, Outbox& out);
  void tell(ErrorMessage message, const IpPacket& about, Side from, Outbox& out);
  [[nodiscard]] std::optional<Address> error_source(Side from, IpVersion version) const;

  RouterPlan plan_;
  Host own_;  // answers what is addressed to the router itself
};

}  // namespace sonda::inline v0::sim
