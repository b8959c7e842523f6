// The Internet checksum: RFC 1071's sum, RFC 1624's update, and payloads that make it any value.
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include <sonda/core/bytes.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/protocol.hpp>

namespace sonda::inline v0 {

namespace detail {

// A one's complement sum of 16-bit words, its carries added until none is left.
[[nodiscard]] constexpr std::uint16_t fold(std::uint64_t sum) noexcept {
  sum = (sum & 0xffff'ffff) + (sum >> 32);
  sum = (sum & 0xffff'ffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>((sum & 0xffff) + (sum >> 16));
}

// The folded sum octet by octet, as RFC 1071 defines it; an odd last octet counts as the high
// half of a word. The measure for sum_words.
[[nodiscard]] constexpr std::uint16_t sum_pairwise(Bytes octets) noexcept {
  std::uint64_t sum = 0;
  std::size_t at = 0;
  for (; at + 2 <= octets.size(); at += 2) sum += load<std::uint16_t>(octets, at);
  if (at < octets.size()) sum += std::uint64_t{octets[at]} << 8;
  return fold(sum);
}

template <typename Word>
[[nodiscard]] inline Word load_native(const std::uint8_t* octets) noexcept {
  Word word;
  std::memcpy(&word, octets, sizeof word);
  return word;
}

// A 64-bit one's complement sum: what overflows comes in again at the bottom.
[[nodiscard]] inline std::uint64_t add_around(std::uint64_t sum, std::uint64_t word) noexcept {
  sum += word;
  return sum + static_cast<std::uint64_t>(sum < word);
}

// The same as sum_pairwise, eight octets at a time in the machine's own byte order: a one's
// complement sum of swapped words is the swapped sum (RFC 1071 2.B).
[[nodiscard]] inline std::uint16_t sum_words(Bytes octets) noexcept {
  const std::uint8_t* at = octets.data();
  std::size_t left = octets.size();
  std::uint64_t sum = 0;
  if (left >= 32) {
    // Four sums that do not wait for one another; an array of them would stay in memory at -O2.
    std::uint64_t a = 0, b = 0, c = 0, d = 0;
    for (; left >= 32; left -= 32, at += 32) {
      a = add_around(a, load_native<std::uint64_t>(at));
      b = add_around(b, load_native<std::uint64_t>(at + 8));
      c = add_around(c, load_native<std::uint64_t>(at + 16));
      d = add_around(d, load_native<std::uint64_t>(at + 24));
    }
    sum = add_around(add_around(a, b), add_around(c, d));
  }
  for (; left >= 8; left -= 8, at += 8) sum = add_around(sum, load_native<std::uint64_t>(at));
  if (left >= 4) sum = add_around(sum, load_native<std::uint32_t>(at)), left -= 4, at += 4;
  if (left >= 2) sum = add_around(sum, load_native<std::uint16_t>(at)), left -= 2, at += 2;
  constexpr bool little = std::endian::native == std::endian::little;
  if (left != 0) sum = add_around(sum, little ? std::uint64_t{*at} : std::uint64_t{*at} << 8);
  const auto folded = fold(sum);
  return little ? std::byteswap(folded) : folded;
}

}  // namespace detail

// An accumulator for the pieces that a checksum covers; they may be of odd length.
class Checksum {
 public:
  constexpr Checksum& add(Bytes octets) noexcept {
    std::uint16_t piece = 0;
    if consteval {
      piece = detail::sum_pairwise(octets);
    } else {
      piece = detail::sum_words(octets);
    }
    sum_ += odd_ ? std::byteswap(piece) : piece;
    odd_ ^= (octets.size() & 1) != 0;
    return *this;
  }
  constexpr Checksum& add16(std::uint16_t word) noexcept {
    sum_ += odd_ ? std::byteswap(word) : word;
    return *this;
  }
  constexpr Checksum& add32(std::uint32_t word) noexcept {
    return add16(static_cast<std::uint16_t>(word >> 16)).add16(static_cast<std::uint16_t>(word));
  }

  // What TCP, UDP and ICMPv6 also cover: RFC 9293 3.1 and RFC 768 for IPv4, RFC 8200 8.1 for IPv6.
  // `length` is the transport header and its data, in octets.
  constexpr Checksum& add_pseudo_header(Ipv4Address source, Ipv4Address destination,
                                        Protocol protocol, std::size_t length) noexcept {
    return add32(source.number())
        .add32(destination.number())
        .add_protocol_and_length(protocol, length);
  }
  constexpr Checksum& add_pseudo_header(const Ipv6Address& source, const Ipv6Address& destination,
                                        Protocol protocol, std::size_t length) noexcept {
    return add(source.octets()).add(destination.octets()).add_protocol_and_length(protocol, length);
  }
  // Precondition: both addresses are of one version.
  constexpr Checksum& add_pseudo_header(const Address& source, const Address& destination,
                                        Protocol protocol, std::size_t length) noexcept {
    return add(source.octets()).add(destination.octets()).add_protocol_and_length(protocol, length);
  }

  // The value for the checksum field; over octets that hold a right one already: 0.
  [[nodiscard]] constexpr std::uint16_t finish() const noexcept {
    return static_cast<std::uint16_t>(~detail::fold(sum_));
  }
  // UDP's: 0 would mean "no checksum", so it is sent as ffff (RFC 768, RFC 8200 8.1).
  [[nodiscard]] constexpr std::uint16_t finish_udp() const noexcept {
    const auto value = finish();
    return value == 0 ? std::uint16_t{0xffff} : value;
  }

  // The checksum after one word of what it covers has changed (RFC 1624, equation 3).
  [[nodiscard]] static constexpr std::uint16_t update(std::uint16_t checksum, std::uint16_t before,
                                                      std::uint16_t after) noexcept {
    return Checksum{}
        .add16(static_cast<std::uint16_t>(~checksum))
        .add16(static_cast<std::uint16_t>(~before))
        .add16(after)
        .finish();
  }
  // The same for two words at an even offset: an address, a sequence number.
  [[nodiscard]] static constexpr std::uint16_t update(std::uint16_t checksum, std::uint32_t before,
                                                      std::uint32_t after) noexcept {
    return Checksum{}
        .add16(static_cast<std::uint16_t>(~checksum))
        .add32(~before)
        .add32(after)
        .finish();
  }

  // The two octets that, coming next, make the checksum `wanted`. `so_far` covers everything
  // else, the checksum field as zero. Over octets that are not all zero no sum comes to 0, so a
  // wanted ffff becomes 0 in finish() (and ffff again in finish_udp()).
  [[nodiscard]] static constexpr std::array<std::uint8_t, 2> payload_for(
      Checksum so_far, std::uint16_t wanted) noexcept {
    const std::uint16_t missing =
        detail::fold(std::uint64_t{static_cast<std::uint16_t>(~wanted)} + so_far.finish());
    const auto high = static_cast<std::uint8_t>(missing >> 8);
    const auto low = static_cast<std::uint8_t>(missing);
    return so_far.odd_ ? std::array{low, high} : std::array{high, low};
  }

 private:
  constexpr Checksum& add_protocol_and_length(Protocol protocol, std::size_t length) noexcept {
    return add32(static_cast<std::uint32_t>(length)).add16(static_cast<std::uint16_t>(protocol));
  }

  // Each piece adds at most ffff, so 2^48 pieces fit.
  std::uint64_t sum_ = 0;
  bool odd_ = false;
};

// What an emitter writes where a checksum belongs: the right one, or on purpose another.
class ChecksumField {
 public:
  constexpr ChecksumField() = default;
  constexpr explicit ChecksumField(std::uint16_t value) noexcept : value_{value} {}
  [[nodiscard]] static constexpr ChecksumField computed() noexcept { return {}; }

  [[nodiscard]] constexpr bool is_computed() const noexcept { return !value_; }
  // The value that was given, or else `computed`.
  [[nodiscard]] constexpr std::uint16_t value_or(std::uint16_t computed) const noexcept {
    return value_.value_or(computed);
  }
  friend constexpr bool operator==(const ChecksumField&, const ChecksumField&) = default;

 private:
  std::optional<std::uint16_t> value_;
};

namespace detail {

// Puts the checksum of an ICMP message into its place, where zeros are. Precondition: `message` is
// all of it.
constexpr void sum_icmpv4(MutableBytes message, ChecksumField checksum) noexcept {
  store(message, 2, checksum.value_or(Checksum{}.add(message).finish()));
}
constexpr void sum_icmpv6(MutableBytes message, const Ipv6Address& source,
                          const Ipv6Address& destination, ChecksumField checksum) noexcept {
  const auto sum = Checksum{}
                       .add_pseudo_header(source, destination, Protocol::icmpv6, message.size())
                       .add(message)
                       .finish();
  store(message, 2, checksum.value_or(sum));
}

}  // namespace detail
}  // namespace sonda::inline v0
