// The options of neighbor discovery: a walk along any octets, and each option as a value.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/ethernet.hpp>

namespace sonda::inline v0 {

// IANA's "IPv6 Neighbor Discovery Option Formats"; a number without a name here is just as valid.
enum class NeighborOptionType : std::uint8_t {
  source_link_address = 1,  // RFC 4861 section 4.6.1
  target_link_address = 2,  // RFC 4861 section 4.6.1
  prefix_information = 3,   // RFC 4861 section 4.6.2
  redirected_header = 4,    // RFC 4861 section 4.6.3
  mtu = 5                   // RFC 4861 section 4.6.4
};

// One option; of an unknown type it is still its octets. It must not outlive them.
class NeighborOption {
 public:
  static constexpr std::size_t word = 8;  // what its length counts

  // Precondition: `octets` are one whole option, its type and length included.
  constexpr explicit NeighborOption(Bytes octets) noexcept : octets_{octets} {}

  [[nodiscard]] constexpr NeighborOptionType type() const noexcept {
    return NeighborOptionType{octets_[0]};
  }
  [[nodiscard]] constexpr Bytes octets() const noexcept { return octets_; }

 private:
  Bytes octets_;
};

// RFC 4861 section 4.6: type, length and what the type says, up to the end of the message
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |     Type      |    Length     |              ...              |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    ~                              ...                              ~
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// The length counts words of eight octets.
class NeighborOptions {
 public:
  constexpr NeighborOptions() = default;
  // Any octets will do: an option whose length lies (0, or beyond the end) ends the walk; see
  // malformed().
  constexpr explicit NeighborOptions(Bytes octets) noexcept : octets_{octets} {}

  class Iterator {
   public:
    using value_type = NeighborOption;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::forward_iterator_tag;

    constexpr Iterator() = default;
    constexpr explicit Iterator(Bytes rest) noexcept : rest_{rest} {}
    [[nodiscard]] constexpr NeighborOption operator*() const noexcept {
      return NeighborOption{rest_.first(option_size())};
    }
    constexpr Iterator& operator++() noexcept {
      rest_ = rest_.subspan(option_size());
      return *this;
    }
    constexpr Iterator operator++(int) noexcept {
      const auto before = *this;
      ++*this;
      return before;
    }
    // 0 where no further option can be read.
    [[nodiscard]] constexpr std::size_t option_size() const noexcept {
      if (rest_.size() < NeighborOption::word) return 0;
      const std::size_t size = rest_[1] * NeighborOption::word;
      return size > rest_.size() ? 0 : size;
    }
    [[nodiscard]] constexpr std::size_t left() const noexcept { return rest_.size(); }
    friend constexpr bool operator==(const Iterator& a, const Iterator& b) noexcept {
      return a.left() == b.left();
    }
    friend constexpr bool operator==(const Iterator& it, std::default_sentinel_t) noexcept {
      return it.option_size() == 0;
    }

   private:
    Bytes rest_;
  };
  [[nodiscard]] constexpr Iterator begin() const noexcept { return Iterator{octets_}; }
  [[nodiscard]] static constexpr std::default_sentinel_t end() noexcept { return {}; }

  // Whether octets remain that are no option: the message is to be discarded (section 4.6).
  [[nodiscard]] constexpr bool malformed() const noexcept {
    auto at = begin();
    while (at != end()) ++at;
    return at.left() != 0;
  }
  // The first option of that type.
  [[nodiscard]] constexpr std::optional<NeighborOption> first(
      NeighborOptionType type) const noexcept {
    for (const auto option : *this)
      if (option.type() == type) return option;
    return std::nullopt;
  }
  // The MAC address in the first source or target link-layer address option.
  [[nodiscard]] constexpr std::optional<MacAddress> link_address(
      NeighborOptionType type) const noexcept;

  [[nodiscard]] constexpr Bytes octets() const noexcept { return octets_; }

 private:
  Bytes octets_;
};

namespace detail {

// Of an option that has to be of one of two types and, unless that is 0, of one size.
[[nodiscard]] constexpr Parsed<Bytes> expect_option(NeighborOption option, NeighborOptionType type,
                                                    NeighborOptionType or_type,
                                                    std::size_t size) noexcept {
  const auto available = option.octets().size();
  if (option.type() != type && option.type() != or_type)
    return parse_fault(Layer::neighbor_option, Fault::bad_type, static_cast<std::uint8_t>(type),
                       available);
  if (size != 0 && available != size)
    return parse_fault(Layer::neighbor_option, Fault::bad_length, size, available);
  return option.octets();
}

constexpr void emit_option_header(MutableBytes out, NeighborOptionType type,
                                  std::size_t size) noexcept {
  std::ranges::fill(out.first(NeighborOption::word), std::uint8_t{0});
  out[0] = static_cast<std::uint8_t>(type);
  out[1] = static_cast<std::uint8_t>(size / NeighborOption::word);
}

}  // namespace detail

// Whose MAC address: the sender's, or that of the target which the message names. RFC 2464 section
// 6 gives it its length on an Ethernet.
struct LinkAddressOption {
  NeighborOptionType type = NeighborOptionType::source_link_address;  // or target_link_address
  MacAddress mac{};

  [[nodiscard]] static constexpr std::size_t size() noexcept { return 8; }
  // Errors: bad_type, bad_length (the link is no Ethernet).
  [[nodiscard]] static constexpr Parsed<LinkAddressOption> parse(NeighborOption option) noexcept {
    const auto octets = detail::expect_option(option, NeighborOptionType::source_link_address,
                                              NeighborOptionType::target_link_address, size());
    if (!octets) return std::unexpected{octets.error()};
    return LinkAddressOption{.type = option.type(), .mac = MacAddress::from_wire(*octets, 2)};
  }
  // Precondition: `out` has room for size() octets.
  constexpr void emit(MutableBytes out) const noexcept {
    detail::emit_option_header(out, type, size());
    mac.emit(out, 2);
  }
  friend constexpr bool operator==(const LinkAddressOption&, const LinkAddressOption&) = default;
};

// A prefix of a router's link, and whether a host may make itself an address of it.
struct PrefixInformation {
  static constexpr std::uint32_t infinity = 0xffff'ffff;

  Ipv6Address prefix{};  // bits behind `length` mean nothing
  std::uint8_t length = 64;
  bool on_link = true;               // L
  bool autonomous = true;            // A: for address configuration (RFC 4862)
  std::uint32_t valid_s = infinity;  // seconds
  std::uint32_t preferred_s = infinity;

  [[nodiscard]] static constexpr std::size_t size() noexcept { return 32; }
  // Errors: bad_type, bad_length, bad_value (a prefix longer than an address).
  [[nodiscard]] static constexpr Parsed<PrefixInformation> parse(NeighborOption option) noexcept {
    constexpr auto type = NeighborOptionType::prefix_information;
    const auto octets = detail::expect_option(option, type, type, size());
    if (!octets) return std::unexpected{octets.error()};
    if ((*octets)[2] > 128)
      return parse_fault(Layer::neighbor_option, Fault::bad_value, 128, octets->size());
    return PrefixInformation{.prefix = Ipv6Address::from_wire(*octets, 16),
                             .length = (*octets)[2],
                             .on_link = ((*octets)[3] & on_link_bit) != 0,
                             .autonomous = ((*octets)[3] & autonomous_bit) != 0,
                             .valid_s = load<std::uint32_t>(*octets, 4),
                             .preferred_s = load<std::uint32_t>(*octets, 8)};
  }
  // Precondition: `out` has room for size() octets.
  constexpr void emit(MutableBytes out) const noexcept {
    detail::emit_option_header(out, NeighborOptionType::prefix_information, size());
    out[2] = length;
    out[3] = static_cast<std::uint8_t>((on_link ? on_link_bit : 0U) |
                                       (autonomous ? autonomous_bit : 0U));
    store(out, 4, valid_s);
    store(out, 8, preferred_s);
    store<std::uint32_t>(out, 12, 0);
    prefix.emit(out, 16);
  }
  friend constexpr bool operator==(const PrefixInformation&, const PrefixInformation&) = default;

 private:
  static constexpr unsigned on_link_bit = 0x80, autonomous_bit = 0x40;
};

// The MTU that all nodes of the link shall use.
struct MtuOption {
  Mtu mtu{};

  [[nodiscard]] static constexpr std::size_t size() noexcept { return 8; }
  // Errors: bad_type, bad_length.
  [[nodiscard]] static constexpr Parsed<MtuOption> parse(NeighborOption option) noexcept {
    const auto octets =
        detail::expect_option(option, NeighborOptionType::mtu, NeighborOptionType::mtu, size());
    if (!octets) return std::unexpected{octets.error()};
    return MtuOption{Mtu{load<std::uint32_t>(*octets, 4)}};
  }
  // Precondition: `out` has room for size() octets.
  constexpr void emit(MutableBytes out) const noexcept {
    detail::emit_option_header(out, NeighborOptionType::mtu, size());
    store(out, 4, mtu.value());
  }
  friend constexpr bool operator==(const MtuOption&, const MtuOption&) = default;
};

// The packet that was redirected, as much of it as fits: the whole redirect has 1,280 octets at
// most (RFC 4861 section 4.5).
struct RedirectedHeader {
  // The length field's 255 words, less the option's header.
  static constexpr std::size_t max_quoted = 255 * NeighborOption::word - NeighborOption::word;

  Bytes quoted{};  // borrowed; as it was read, with its padding

  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return NeighborOption::word + (quoted.size() + 7) / 8 * 8;
  }
  // Error: bad_type.
  [[nodiscard]] static constexpr Parsed<RedirectedHeader> parse(NeighborOption option) noexcept {
    constexpr auto type = NeighborOptionType::redirected_header;
    const auto octets = detail::expect_option(option, type, type, 0);
    if (!octets) return std::unexpected{octets.error()};
    return RedirectedHeader{octets->subspan(NeighborOption::word)};
  }
  // Preconditions: `out` has room for size() octets; `quoted` is no longer than max_quoted.
  constexpr void emit(MutableBytes out) const noexcept {
    detail::emit_option_header(out, NeighborOptionType::redirected_header, size());
    const auto body = out.subspan(NeighborOption::word, size() - NeighborOption::word);
    std::ranges::copy(quoted, body.begin());
    std::ranges::fill(body.subspan(quoted.size()), std::uint8_t{0});
  }
};

constexpr std::optional<MacAddress> NeighborOptions::link_address(
    NeighborOptionType type) const noexcept {
  const auto option = first(type);
  if (!option) return std::nullopt;
  const auto address = LinkAddressOption::parse(*option);
  return address ? std::optional{address->mac} : std::nullopt;
}

// Writes options into the caller's buffer, one behind the other.
class NeighborOptionsWriter {
 public:
  constexpr explicit NeighborOptionsWriter(MutableBytes room) noexcept : room_{room} {}

  // Adds one; what does not fit, in the room or in its own length field, is left out, and
  // overflowed() says so.
  template <typename Option>
    requires requires(const Option& o, MutableBytes out) {
      o.emit(out);
      Option::parse(NeighborOption{out});
    }
  constexpr NeighborOptionsWriter& add(const Option& option) noexcept {
    const auto size = option.size();
    if (size > room_.size() - size_ || size > 255 * NeighborOption::word) {
      overflowed_ = true;
      return *this;
    }
    option.emit(room_.subspan(size_, size));
    size_ += size;
    return *this;
  }
  // All that was added.
  [[nodiscard]] constexpr Bytes finish() const noexcept { return room_.first(size_); }
  [[nodiscard]] constexpr bool overflowed() const noexcept { return overflowed_; }

 private:
  MutableBytes room_;
  std::size_t size_ = 0;
  bool overflowed_ = false;
};

}  // namespace sonda::inline v0
