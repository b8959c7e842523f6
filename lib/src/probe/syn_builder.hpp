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
#include <sonda/wire/tcp.hpp>

namespace sonda::inline v0 {

class SynBuilder {
 public:
  static constexpr std::size_t most_octets = Ipv6View::size + TcpView::min_size + 20;

  SynBuilder(const SipKey& key, Port source_port, Ttl ttl)
      : key_{key}, source_port_{source_port}, ttl_{ttl} {}

  // Try `number` of a port, from 0. Who has not seen the SYN cannot acknowledge it.
  [[nodiscard]] std::uint32_t sequence(const ScanPoint& point, std::uint8_t number) const {
    return static_cast<std::uint32_t>(hash(point, number));
  }
  // Which try has this sequence number, of those below `tries`.
  [[nodiscard]] std::optional<std::uint8_t> try_of(const ScanPoint& point, std::uint32_t sequence,
                                                   std::uint8_t tries) const {
    for (auto number = tries; number > 0; --number)
      if (this->sequence(point, static_cast<std::uint8_t>(number - 1)) == sequence)
        return static_cast<std::uint8_t>(number - 1);
    return std::nullopt;
  }

  // Precondition: `room` has most_octets; source and target are of one version.
  [[nodiscard]] Bytes packet(const Address& source, const ScanPoint& point, std::uint8_t number,
                             Mtu mtu, std::uint32_t clock_ms, MutableBytes room) const {
    const auto tag = hash(point, number);
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
      const auto id = static_cast<std::uint16_t>(rest);
      Ipv4Header{.identification = id == 0 ? std::uint16_t{1} : id,
                 .dont_fragment = true,
                 .ttl = ttl_,
                 .protocol = Protocol::tcp,
                 .source = source.v4(),
                 .destination = point.address.v4()}
          .emit(out, syn.size());
    } else {
      Ipv6Header{.flow_label = FlowLabel{rest & 0xf'ffff},
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
  [[nodiscard]] std::uint64_t hash(const ScanPoint& point, std::uint8_t number) const {
    std::array<std::uint8_t, 19> text{};
    const auto octets = point.address.octets();
    std::ranges::copy(octets, text.begin());
    store(text, 16, point.port.value());
    text[18] = number;
    return siphash(key_, text);
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
