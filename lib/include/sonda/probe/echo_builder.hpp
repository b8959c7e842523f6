// Builds the n-th echo request of a plan, again and again the same octets.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <sonda/core/bytes.hpp>
#include <sonda/probe/echo_identity.hpp>
#include <sonda/probe/ping_plan.hpp>
#include <sonda/wire/icmp_echo.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>

namespace sonda::inline v0 {

// A probe is rebuilt when a quotation of it has to be judged, so only its number is ever stored.
class EchoBuilder {
 public:
  explicit EchoBuilder(const PingPlan& plan)
      : plan_{plan},
        identity_{plan.key, plan.target},
        identifier_{plan.identifier.value_or(identity_.identifier())} {}

  [[nodiscard]] Identifier identifier() const { return identifier_; }
  [[nodiscard]] const EchoIdentity& identity() const { return identity_; }

  // The first probe has sequence number 1, as iputils'; on the wire it wraps at 65,536.
  [[nodiscard]] static std::uint64_t sequence(ProbeId probe) { return probe.value() + 1; }
  [[nodiscard]] static Sequence wire_sequence(ProbeId probe) {
    return Sequence{static_cast<std::uint16_t>(sequence(probe))};
  }

  [[nodiscard]] std::size_t ip_header_size() const {
    return plan_.target.is_v4() ? Ipv4View::min_size : Ipv6Header::size();
  }
  [[nodiscard]] std::size_t message_size() const { return Echo::header_size + plan_.data_size; }
  [[nodiscard]] std::size_t packet_size() const { return ip_header_size() + message_size(); }

  // The octet at `index` of the data, behind the tag.
  [[nodiscard]] std::uint8_t filling(std::size_t index) const {
    if (plan_.pattern.empty()) return static_cast<std::uint8_t>(index);
    return plan_.pattern[(index - EchoIdentity::tag_size) % plan_.pattern.size()];
  }
  [[nodiscard]] std::uint8_t data_octet(const EchoIdentity::Tag& tag, std::size_t index) const {
    return index < tag.size() ? tag[index] : filling(index);
  }

  // The ICMP message. Precondition: `room` has message_size() octets.
  [[nodiscard]] Bytes message(ProbeId probe, MutableBytes room) const {
    const auto out = room.first(message_size());
    const auto data = out.subspan(Echo::header_size);
    const auto tag = identity_.tag(probe);
    std::copy_n(tag.begin(), std::min(tag.size(), data.size()), data.begin());
    for (auto i = tag.size(); i < data.size(); ++i) data[i] = filling(i);
    const Echo echo{.kind = EchoKind::request,
                    .identifier = identifier_,
                    .sequence = wire_sequence(probe),
                    .data = data};
    if (plan_.target.is_v4())
      echo.emit(out);
    else
      echo.emit(out, plan_.source.v6(), plan_.target.v6());
    return out;
  }

  // The whole IP packet. Precondition: `room` has packet_size() octets.
  [[nodiscard]] Bytes packet(ProbeId probe, bool dont_fragment, MutableBytes room) const {
    const auto out = room.first(packet_size());
    if (plan_.target.is_v4()) {
      const Ipv4Header ip{.traffic_class = plan_.traffic_class,
                          .identification = identity_.identification(probe),
                          .dont_fragment = dont_fragment,
                          .ttl = plan_.ttl,
                          .protocol = Protocol::icmp,
                          .source = plan_.source.v4(),
                          .destination = plan_.target.v4()};
      ip.emit(out, message_size());
    } else {
      const Ipv6Header ip{.traffic_class = plan_.traffic_class,
                          .flow_label = identity_.flow_label(),
                          .next_header = Protocol::icmpv6,
                          .hop_limit = plan_.ttl,
                          .source = plan_.source.v6(),
                          .destination = plan_.target.v6()};
      ip.emit(out, message_size());
    }
    (void)message(probe, out.subspan(ip_header_size()));
    return out;
  }

 private:
  const PingPlan& plan_;
  EchoIdentity identity_;
  Identifier identifier_;
};

}  // namespace sonda::inline v0
