// Our own SYNs: what Linux would send, with a sequence number that only we can foretell.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <sonda/core/bytes.hpp>
#include <sonda/core/siphash.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/probe/scan_space.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/quotation.hpp>
#include <sonda/wire/tcp.hpp>

namespace sonda::inline v0 {

class SynBuilder {
 public:
  static constexpr std::size_t most_octets = Ipv6View::size + TcpView::min_size + 20;

  SynBuilder(const SipKey& key, Port source_port, Ttl ttl)
      : key_{key}, source_port_{source_port}, ttl_{ttl} {}

  // Who has not seen the SYN cannot acknowledge it. Every try has the same: where the first one's
  // SYN-ACK was lost, another sequence number would meet a half-open connection and be refused by
  // it (RFC 9293 3.10.7.4), and by every firewall that keeps state.
  [[nodiscard]] std::uint32_t sequence(const ScanPoint& point) const {
    return static_cast<std::uint32_t>(hash(point));
  }
  // What tells one try from another in a quotation: IPv4's identification, IPv6's flow label.
  [[nodiscard]] std::uint16_t mark(const ScanPoint& point, std::uint8_t number) const {
    return mark(hash(point), number);
  }
  // Which of the first `tries` a quotation is of; nothing if the mark was rewritten.
  [[nodiscard]] std::optional<std::uint8_t> try_of(const ScanPoint& point,
                                                   const Quotation& quotation,
                                                   std::uint8_t tries) const {
    std::uint32_t seen = 0;
    if (const auto v4 = quotation.ipv4()) seen = v4->identification();
    if (const auto label = quotation.flow_label()) seen = label->value();
    for (std::uint8_t number = 0; number < tries; ++number)
      if (mark(point, number) == seen) return number;
    return std::nullopt;
  }

  // Precondition: `room` has most_octets; source and target are of one version.
  [[nodiscard]] Bytes packet(const Address& source, const ScanPoint& point, std::uint8_t number,
                             Mtu mtu, std::uint32_t clock_ms, MutableBytes room) const {
    const auto tag = hash(point);
    const auto rest = static_cast<std::uint32_t>(tag >> 32);
    const bool v4 = point.address.is_v4();
    const std::size_t ip_size = v4 ? Ipv4View::min_size : Ipv6View::size;
    const auto mss = most_segment(mtu, ip_size + TcpView::min_size);
    // In Linux's order. Its timestamps begin anywhere (RFC 7323 7.1).
    const TcpHeader syn{.source_port = source_port_,
                        .destination_port = point.port,
                        .sequence = TcpSequence{static_cast<std::uint32_t>(tag)},
                        .flags = TcpFlags::syn,
                        .window = whole_segments(mss),
                        .options = TcpOptions{}
                                       .mss(mss)
                                       .sack_permitted()
                                       .timestamps({.value = clock_ms + rest})
                                       .no_operation()
                                       .window_scale(7)};
    const auto out = room.first(ip_size + syn.size());
    if (v4) {
      Ipv4Header{.identification = mark(tag, number),
                 .dont_fragment = true,
                 .ttl = ttl_,
                 .protocol = Protocol::tcp,
                 .source = source.v4(),
                 .destination = point.address.v4()}
          .emit(out, syn.size());
    } else {
      Ipv6Header{.flow_label = FlowLabel{mark(tag, number)},
                 .next_header = Protocol::tcp,
                 .hop_limit = ttl_,
                 .source = source.v6(),
                 .destination = point.address.v6()}
          .emit(out, syn.size());
    }
    syn.emit(out.subspan(ip_size), source, point.address);
    return out;
  }

 private:
  [[nodiscard]] std::uint64_t hash(const ScanPoint& point) const {
    std::array<std::uint8_t, 18> text{};
    const auto octets = point.address.octets();
    std::ranges::copy(octets, text.begin());
    store(text, 16, point.port.value());
    return siphash(key_, text);
  }
  // Never 0, which would not be kept, and different for each try.
  [[nodiscard]] static std::uint16_t mark(std::uint64_t tag, std::uint8_t number) {
    const auto first = tag >> 48 & 0xfff0;
    return static_cast<std::uint16_t>((first == 0 ? 0x10 : first) + number);
  }
  [[nodiscard]] static std::uint16_t most_segment(Mtu mtu, std::size_t headers) {
    constexpr std::uint32_t ethernet = 1'500, least = 536, most = 65'495;  // RFC 9293 3.7.1
    const auto size = mtu == Mtu{} ? ethernet : mtu.value();
    const auto taken = static_cast<std::uint32_t>(headers);
    return static_cast<std::uint16_t>(std::clamp(size > taken ? size - taken : 0, least, most));
  }
  // As Linux offers at first: 64,240 octets of 1,460 each.
  [[nodiscard]] static std::uint16_t whole_segments(std::uint16_t mss) {
    return static_cast<std::uint16_t>(65'535 / mss * mss);
  }

  SipKey key_;
  Port source_port_;
  Ttl ttl_;
};

}  // namespace sonda::inline v0
