// An outbox that keeps what a node sends, for tests of one node alone.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/node.hpp>
#include <sonda/wire/icmp_echo.hpp>

namespace sonda::sim {

class RecordingOutbox final : public Outbox {
 public:
  struct Sent {
    Side side{};
    Octets octets{};
    Duration wait{};
  };

  void send(Side side, Octets octets, Duration wait) override {
    sent.push_back({side, std::move(octets), wait});
  }
  void wake(Duration wait) override { wakes.push_back(wait); }
  [[nodiscard]] std::optional<Side> towards(const Address& address) override {
    const auto found = ways.find(address);
    return found == ways.end() ? std::nullopt : std::optional{found->second};
  }
  [[nodiscard]] Mtu mtu(Side) const override { return link_mtu; }
  [[nodiscard]] Random& random() override { return random_; }
  [[nodiscard]] Instant now() const override { return at; }
  [[nodiscard]] std::vector<Side> all_ways(const Address& address) override {
    const auto found = balanced.find(address);
    if (found != balanced.end()) return found->second;
    return Outbox::all_ways(address);
  }
  [[nodiscard]] bool exists(const Address& address) override { return !absent.contains(address); }
  void note(Deed deed, Bytes, const ErrorMessage*) override { deeds.push_back(deed); }

  std::vector<Sent> sent{};
  std::vector<Duration> wakes{};
  std::map<Address, Side> ways{};
  std::map<Address, std::vector<Side>> balanced{};
  std::set<Address> absent{};
  std::vector<Deed> deeds{};
  Instant at{};
  Mtu link_mtu{1'500};

 private:
  Random random_{1};
};

struct Ends {
  Address from{}, to{};
};
inline const Ends v4{Ipv4Address{192, 0, 2, 2}, Ipv4Address{198, 51, 100, 10}};
inline const Ends v6{*Address::parse("2001:db8::2"), *Address::parse("2001:db8:1::10")};

inline Octets echo_request(const Ends& ends, std::size_t data_size = 16, Ttl ttl = Ttl{64},
                           bool dont_fragment = true) {
  const bool is_v4 = ends.to.is_v4();
  Octets data(data_size);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(i + 1);
  const Echo echo{.identifier = Identifier{0x1234}, .sequence = Sequence{7}, .data = data};
  const Envelope envelope{.from = ends.from,
                          .to = ends.to,
                          .protocol = is_v4 ? Protocol::icmp : Protocol::icmpv6,
                          .ttl = ttl,
                          .traffic_class = TrafficClass{0x28},
                          .identification = 99,
                          .dont_fragment = dont_fragment};
  auto octets = envelope.packet(echo.size());
  const auto message = MutableBytes{octets}.subspan(envelope.size());
  if (is_v4)
    echo.emit(message);
  else
    echo.emit(message, ends.from.v6(), ends.to.v6());
  return octets;
}

}  // namespace sonda::sim
