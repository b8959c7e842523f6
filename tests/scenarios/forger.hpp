// One who sees that a ping is going on, but not its packets, and answers it all the same.
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include <sonda/sim/icmp_error.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/network.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/sim/random.hpp>
#include <sonda/wire/icmp_echo.hpp>

namespace sonda::test {

// He may guess identifier and sequence number, but not the tag.
class Forger {
 public:
  Forger(double share, sim::Random random) : share_{share}, random_{random} {}

  void operator()(Instant now, Bytes sent, sim::Network& network, std::set<sim::Octets>& forged) {
    auto octets = forgery(sent);
    if (octets.empty()) return;
    const bool v4 = octets[0] >> 4 == 4;
    forged.insert(v4 ? octets : sim::Octets(octets.begin() + 40, octets.end()));
    network.inject(now + random_.up_to(std::chrono::milliseconds{30}), std::move(octets));
  }
  // From `machine` on, as what it has received from its first link.
  void operator()(Instant now, Bytes sent, sim::Network& network, const sim::Node& machine) {
    auto octets = forgery(sent);
    if (octets.empty()) return;
    network.inject(now + random_.up_to(std::chrono::milliseconds{30}), machine, std::move(octets));
  }

 private:
  // Nothing where he lets this one pass.
  sim::Octets forgery(Bytes sent) {
    if (!random_.chance(share_)) return {};
    const auto probe = sim::IpPacket::read(sent);
    if (!probe) return {};
    const bool v4 = probe->version == IpVersion::v4;
    const auto echo =
        v4 ? Echo::parse_icmpv4(probe->payload()) : Echo::parse_icmpv6(probe->payload());
    if (!echo) return {};
    sim::Octets data(echo->data.begin(), echo->data.end());
    for (std::size_t i = 0; i < 8 && i < data.size(); ++i)
      data[i] = static_cast<std::uint8_t>(random_.next());
    auto lie = *echo;
    lie.data = data;

    auto octets = sim::Octets{};
    switch (random_.below(4)) {
      case 0:  // an echo reply to this probe
        lie.kind = EchoKind::reply;
        octets = packet(lie, probe->destination, probe->source);
        break;
      case 1:  // one to a probe that does not exist
        lie.kind = EchoKind::reply;
        lie.sequence = Sequence{static_cast<std::uint16_t>(echo->sequence.value() + 20'000)};
        octets = packet(lie, probe->destination, probe->source);
        break;
      case 2:  // one with another's identifier
        lie.kind = EchoKind::reply;
        lie.identifier = Identifier{static_cast<std::uint16_t>(echo->identifier.value() + 1)};
        octets = packet(lie, probe->destination, probe->source);
        break;
      default:  // an error about a probe like this one
        octets = sim::icmp_error({.type = std::uint8_t(v4 ? 3 : 1), .code = 0}, probe->destination,
                                 packet(lie, probe->source, probe->destination), random_);
    }
    return octets;
  }

  static sim::Octets packet(const Echo& echo, const Address& from, const Address& to) {
    const bool v4 = to.is_v4();
    const sim::Envelope envelope{
        .from = from, .to = to, .protocol = v4 ? Protocol::icmp : Protocol::icmpv6};
    auto copy = echo;
    copy.checksum = ChecksumField::computed();
    auto octets = envelope.packet(copy.size());
    const auto message = MutableBytes{octets}.subspan(envelope.size());
    if (v4)
      copy.emit(message);
    else
      copy.emit(message, from.v6(), to.v6());
    return octets;
  }

  double share_;
  sim::Random random_;
};

}  // namespace sonda::test
