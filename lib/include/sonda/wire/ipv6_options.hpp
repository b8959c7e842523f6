// The options inside IPv6's hop-by-hop and destination headers, and extension headers to send.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/wire/ipv6_extensions.hpp>
#include <sonda/wire/protocol.hpp>

namespace sonda::inline v0 {

enum class Ipv6OptionType : std::uint8_t {
  pad1 = 0x00,          // RFC 8200 4.2; one octet without a length
  pad_n = 0x01,         // RFC 8200 4.2
  router_alert = 0x05,  // RFC 2711
  mtu_record = 0x30,    // RFC 9268
  jumbo = 0xc2,         // RFC 2675
  home_address = 0xc9   // RFC 6275
};

// RFC 8200 4.2; the type's two highest bits say what a node does that does not know it, the third
// whether its data may change on the way
//
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+- - - - - - - - -
//   |  Option Type  |  Opt Data Len |  Option Data
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+- - - - - - - - -
class Ipv6Option {
 public:
  enum class IfUnknown : std::uint8_t { skip, discard, report, report_unless_multicast };

  [[nodiscard]] constexpr Ipv6OptionType type() const noexcept {
    return Ipv6OptionType{octets_[0]};
  }
  [[nodiscard]] constexpr IfUnknown if_unknown() const noexcept {
    return IfUnknown{static_cast<std::uint8_t>(octets_[0] >> 6)};
  }
  [[nodiscard]] constexpr bool may_change() const noexcept { return (octets_[0] & 0x20) != 0; }
  [[nodiscard]] constexpr Bytes octets() const noexcept { return octets_; }
  [[nodiscard]] constexpr Bytes data() const noexcept {
    return octets_.subspan(std::min<std::size_t>(octets_.size(), 2));
  }

 private:
  friend class Ipv6Options;
  constexpr explicit Ipv6Option(Bytes octets) noexcept : octets_{octets} {}

  Bytes octets_;
};

// The options of one header, in their order, padding included.
class Ipv6Options {
 public:
  class Iterator {
   public:
    using value_type = Ipv6Option;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::forward_iterator_tag;

    constexpr Iterator() = default;
    [[nodiscard]] constexpr Ipv6Option operator*() const noexcept {
      return Ipv6Option{left_.first(option_size(left_))};
    }
    constexpr Iterator& operator++() noexcept {
      left_ = left_.subspan(option_size(left_));
      return *this;
    }
    constexpr Iterator operator++(int) noexcept {
      const auto before = *this;
      ++*this;
      return before;
    }
    friend constexpr bool operator==(const Iterator& a, const Iterator& b) noexcept {
      return a.left_.size() == b.left_.size();
    }
    friend constexpr bool operator==(const Iterator& i, std::default_sentinel_t) noexcept {
      return i.left_.empty();
    }

   private:
    friend Ipv6Options;
    constexpr explicit Iterator(Bytes left) noexcept : left_{left} {}

    Bytes left_;  // checked, so each option lies within it
  };

  // Of a hop-by-hop or a destination header.
  [[nodiscard]] static constexpr Parsed<Ipv6Options> parse(ExtensionHeader header) noexcept {
    const auto options = header.data();
    if (header.type() != Protocol::hop_by_hop && header.type() != Protocol::destination_options)
      return parse_fault(Layer::ipv6_extension, Fault::bad_type, 0, options.size());
    for (std::size_t at = 0; at < options.size();) {
      const auto size = option_size(options.subspan(at));
      if (size == 0)
        return parse_fault(Layer::ipv6_extension, Fault::bad_length, at + 2, options.size());
      at += size;
    }
    return Ipv6Options{options};
  }
  [[nodiscard]] constexpr Iterator begin() const noexcept { return Iterator{octets_}; }
  [[nodiscard]] static constexpr std::default_sentinel_t end() noexcept { return {}; }

 private:
  constexpr explicit Ipv6Options(Bytes octets) noexcept : octets_{octets} {}

  // Of the option that `left` begins with; 0 if it does not lie within `left`.
  static constexpr std::size_t option_size(Bytes left) noexcept {
    if (left[0] == static_cast<std::uint8_t>(Ipv6OptionType::pad1)) return 1;
    if (left.size() < 2 || left[1] + std::size_t{2} > left.size()) return 0;
    return left[1] + std::size_t{2};
  }

  Bytes octets_;
};

// A hop-by-hop or a destination header to send; which of them, the header in front says.
struct OptionsHeader {
  Protocol next_header = Protocol::no_next_header;
  Bytes options{};  // at most 2,046 octets; padded with Pad1 or PadN to a multiple of eight

  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return (2 + options.size() + 7) / 8 * 8;
  }
  // Precondition: `out` has room for size() octets.
  constexpr void emit(MutableBytes out) const noexcept {
    out[0] = static_cast<std::uint8_t>(next_header);
    out[1] = static_cast<std::uint8_t>(size() / 8 - 1);
    std::copy(options.begin(), options.end(), out.begin() + 2);
    const auto padding = out.subspan(2 + options.size(), size() - 2 - options.size());
    std::fill(padding.begin(), padding.end(), std::uint8_t{0});
    if (padding.size() < 2) return;
    padding[0] = static_cast<std::uint8_t>(Ipv6OptionType::pad_n);
    padding[1] = static_cast<std::uint8_t>(padding.size() - 2);
  }
};

// A routing header to send (RFC 8200 4.4).
struct RoutingHeader {
  Protocol next_header = Protocol::no_next_header;
  std::uint8_t type = 0;
  std::uint8_t segments_left = 0;
  Bytes data{};  // at most 2,044 octets; padded with zeros to a multiple of eight with the rest

  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return (4 + data.size() + 7) / 8 * 8;
  }
  // Precondition: `out` has room for size() octets.
  constexpr void emit(MutableBytes out) const noexcept {
    out[0] = static_cast<std::uint8_t>(next_header);
    out[1] = static_cast<std::uint8_t>(size() / 8 - 1);
    out[2] = type;
    out[3] = segments_left;
    for (std::size_t i = 0; i < size() - 4; ++i)
      out[4 + i] = i < data.size() ? data[i] : std::uint8_t{0};
  }
};

// A fragment header to send (RFC 8200 4.5).
struct FragmentHeader {
  Protocol next_header = Protocol::no_next_header;
  std::size_t offset = 0;  // in octets, a multiple of eight, below 65,536
  bool more = false;
  std::uint32_t identification = 0;

  [[nodiscard]] static constexpr std::size_t size() noexcept { return FragmentView::size; }
  // Precondition: `out` has room for eight octets.
  constexpr void emit(MutableBytes out) const noexcept {
    out[0] = static_cast<std::uint8_t>(next_header);
    out[1] = 0;
    store(out, 2, static_cast<std::uint16_t>((offset & 0xfff8) | (more ? 1U : 0U)));
    store(out, 4, identification);
  }
};

// An authentication header to send (RFC 4302 2). The integrity check value is the caller's.
struct AuthenticationHeader {
  Protocol next_header = Protocol::no_next_header;
  std::uint32_t security_parameters = 0;
  std::uint32_t sequence = 0;
  Bytes check_value{};  // at most 1,012 octets; padded with zeros to a multiple of eight with the
                        // rest

  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return (12 + check_value.size() + 7) / 8 * 8;
  }
  // Precondition: `out` has room for size() octets.
  constexpr void emit(MutableBytes out) const noexcept {
    out[0] = static_cast<std::uint8_t>(next_header);
    out[1] = static_cast<std::uint8_t>(size() / 4 - 2);
    store(out, 2, std::uint16_t{0});
    store(out, 4, security_parameters);
    store(out, 8, sequence);
    for (std::size_t i = 0; i < size() - 12; ++i)
      out[12 + i] = i < check_value.size() ? check_value[i] : std::uint8_t{0};
  }
};

}  // namespace sonda::inline v0
