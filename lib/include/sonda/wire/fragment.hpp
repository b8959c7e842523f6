// Cutting a packet into fragments that fit an MTU, each into the caller's buffer.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <ranges>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv4_options.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/ipv6_extensions.hpp>
#include <sonda/wire/ipv6_options.hpp>

namespace sonda::inline v0 {

namespace detail {

// How a payload falls into pieces: all but the last are multiples of eight octets.
class Cuts {
 public:
  // Preconditions: both rooms are at least eight octets.
  constexpr Cuts(std::size_t payload, std::size_t first_room, std::size_t later_room) noexcept
      : payload_{payload}, first_{first_room / 8 * 8}, later_{later_room / 8 * 8} {
    const auto rest = payload - std::min(payload, first_);
    const auto beyond = rest - std::min(rest, later_room);  // what the last piece cannot hold
    count_ = payload <= first_room ? 1 : 2 + (beyond + later_ - 1) / later_;
  }
  [[nodiscard]] constexpr std::size_t count() const noexcept { return count_; }
  // Preconditions of both: i < count().
  [[nodiscard]] constexpr std::size_t begin(std::size_t i) const noexcept {
    return i == 0 ? 0 : first_ + (i - 1) * later_;
  }
  [[nodiscard]] constexpr std::size_t size(std::size_t i) const noexcept {
    return i + 1 == count_ ? payload_ - begin(i) : begin(i + 1) - begin(i);
  }

 private:
  std::size_t payload_, first_, later_, count_ = 1;
};

}  // namespace detail

// The fragments of an IPv4 packet (RFC 791 3.2). What is a fragment already is cut further.
class Ipv4Fragments {
 public:
  // Refuses a packet that forbids it (bad_value, unless it fits as it is), an MTU that leaves no
  // room for eight octets behind the header (too_short), and a fragment that reaches beyond the
  // largest datagram (too_many): its pieces would begin at its front again.
  [[nodiscard]] static constexpr Parsed<Ipv4Fragments> of(Bytes packet, Mtu mtu) noexcept {
    const auto ip = Ipv4View::parse(packet);
    if (!ip) return std::unexpected{ip.error()};
    const auto room = std::size_t{mtu.value()};
    if (ip->octets().size() <= room) return Ipv4Fragments{*ip, {0, 8, 8}};
    if (ip->dont_fragment())
      return parse_fault(Layer::ipv4, Fault::bad_value, ip->octets().size(), room);
    if (room < ip->header_size() + 8)
      return parse_fault(Layer::ipv4, Fault::too_short, ip->header_size() + 8, room);
    constexpr std::size_t largest = 65'535;
    if (const auto end = ip->fragment_offset() + ip->payload().size(); end > largest)
      return parse_fault(Layer::ipv4, Fault::too_many, largest, end);
    const auto options = Ipv4Options::parse(ip->options());
    if (!options) return std::unexpected{options.error()};

    Ipv4Fragments fragments{*ip, {0, 8, 8}};
    for (const auto option : *options)
      if (option.copied()) {
        std::copy(option.octets().begin(), option.octets().end(),
                  fragments.copied_.begin() + static_cast<std::ptrdiff_t>(fragments.copied_size_));
        fragments.copied_size_ += option.octets().size();
      }
    fragments.cuts_ = {ip->payload().size(), room - ip->header_size(),
                       room - fragments.header(1).size()};
    return fragments;
  }
  template <typename Temporary>
    requires(!std::ranges::borrowed_range<Temporary>)
  static void of(Temporary&&, Mtu) = delete;

  [[nodiscard]] constexpr std::size_t count() const noexcept { return cuts_.count(); }
  // Of fragment `i`, its header included. Precondition: i < count().
  [[nodiscard]] constexpr std::size_t size(std::size_t i) const noexcept {
    return count() == 1 ? packet_.octets().size() : header(i).size() + cuts_.size(i);
  }
  // Writes fragment `i`. Preconditions: i < count(); `out` has room for size(i) octets.
  constexpr void emit(std::size_t i, MutableBytes out) const noexcept {
    if (count() == 1) {
      std::copy(packet_.octets().begin(), packet_.octets().end(), out.begin());
      return;
    }
    const auto piece = packet_.payload().subspan(cuts_.begin(i), cuts_.size(i));
    const auto ip = header(i);
    ip.emit(out, piece.size());
    std::copy(piece.begin(), piece.end(), out.begin() + static_cast<std::ptrdiff_t>(ip.size()));
  }

 private:
  constexpr Ipv4Fragments(const Ipv4View& packet, const detail::Cuts& cuts) noexcept
      : packet_{packet}, cuts_{cuts} {}

  [[nodiscard]] constexpr Ipv4Header header(std::size_t i) const noexcept {
    return {.traffic_class = packet_.traffic_class(),
            .identification = packet_.identification(),
            .reserved_flag = packet_.reserved_flag(),
            .dont_fragment = false,
            .more_fragments = i + 1 < count() || packet_.more_fragments(),
            .fragment_offset = packet_.fragment_offset() + cuts_.begin(i),
            .ttl = packet_.ttl(),
            .protocol = packet_.protocol(),
            .source = packet_.source(),
            .destination = packet_.destination(),
            .options = i == 0 ? packet_.options() : Bytes{copied_}.first(copied_size_)};
  }

  Ipv4View packet_;
  detail::Cuts cuts_;
  std::array<std::uint8_t, Ipv4Options::max_size> copied_{};  // the options of later fragments
  std::size_t copied_size_ = 0;
};

// The fragments of an IPv6 packet (RFC 8200 4.5): in front of each the headers that every router
// reads, which are those up to a routing header or else hop-by-hop options.
class Ipv6Fragments {
 public:
  // Refuses a packet that is a fragment already (bad_value) and an MTU that leaves no room for
  // eight octets behind the headers (too_short). `identification` is new for each packet.
  [[nodiscard]] static constexpr Parsed<Ipv6Fragments> of(Bytes packet, Mtu mtu,
                                                          std::uint32_t identification) noexcept {
    const auto ip = Ipv6View::parse(packet);
    if (!ip) return std::unexpected{ip.error()};
    const auto room = std::size_t{mtu.value()};
    Ipv6Fragments fragments{*ip, identification};
    if (ip->octets().size() <= room) return fragments;
    const auto chain = ExtensionChain::parse(*ip);
    if (!chain) return std::unexpected{chain.error()};
    if (chain->fragment())
      return parse_fault(Layer::ipv6_extension, Fault::bad_value, ip->octets().size(), room);

    std::size_t at = Ipv6View::size;
    for (const auto header : *chain) {
      if (header.type() == Protocol::hop_by_hop || header.type() == Protocol::ipv6_routing) {
        fragments.next_header_at_ = at;
        fragments.front_ = at + header.octets().size();
      }
      at += header.octets().size();
    }
    const auto headers = fragments.front_ + FragmentHeader::size();
    if (room < headers + 8) return parse_fault(Layer::ipv6, Fault::too_short, headers + 8, room);
    fragments.cuts_ = {ip->octets().size() - fragments.front_, room - headers, room - headers};
    return fragments;
  }
  template <typename Temporary>
    requires(!std::ranges::borrowed_range<Temporary>)
  static void of(Temporary&&, Mtu, std::uint32_t) = delete;

  [[nodiscard]] constexpr std::size_t count() const noexcept { return cuts_.count(); }
  // Of fragment `i`, its headers included. Precondition: i < count().
  [[nodiscard]] constexpr std::size_t size(std::size_t i) const noexcept {
    return count() == 1 ? packet_.octets().size() : front_ + FragmentHeader::size() + cuts_.size(i);
  }
  // Writes fragment `i`. Preconditions: i < count(); `out` has room for size(i) octets.
  constexpr void emit(std::size_t i, MutableBytes out) const noexcept {
    const auto packet = packet_.octets();
    if (count() == 1) {
      std::copy(packet.begin(), packet.end(), out.begin());
      return;
    }
    const auto front = packet.first(front_);
    const auto piece = packet.subspan(front_ + cuts_.begin(i), cuts_.size(i));
    std::copy(front.begin(), front.end(), out.begin());
    store(out, 4, static_cast<std::uint16_t>(size(i) - Ipv6View::size));
    out[next_header_at_] = static_cast<std::uint8_t>(Protocol::ipv6_fragment);
    FragmentHeader{.next_header = Protocol{packet[next_header_at_]},
                   .offset = cuts_.begin(i),
                   .more = i + 1 < count(),
                   .identification = identification_}
        .emit(out.subspan(front_));
    std::copy(piece.begin(), piece.end(),
              out.begin() + static_cast<std::ptrdiff_t>(front_ + FragmentHeader::size()));
  }

 private:
  constexpr Ipv6Fragments(const Ipv6View& packet, std::uint32_t identification) noexcept
      : packet_{packet}, identification_{identification} {}

  Ipv6View packet_;
  std::uint32_t identification_;
  std::size_t next_header_at_ = 6;      // where the last header in front names what follows it
  std::size_t front_ = Ipv6View::size;  // octets that stand in front of every fragment
  detail::Cuts cuts_{0, 8, 8};
};

}  // namespace sonda::inline v0
