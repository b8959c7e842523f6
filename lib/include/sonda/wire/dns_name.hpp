// A domain name: as text and on the wire, and the names under which addresses are looked up.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/text_writer.hpp>

namespace sonda::inline v0 {

// A name's text in a buffer of its own.
class DnsNameText {
 public:
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_.data(), size_}; }
  constexpr operator std::string_view() const noexcept { return view(); }  // NOLINT: that is all
  friend constexpr bool operator==(const DnsNameText& a, std::string_view b) noexcept {
    return a.view() == b;
  }

 private:
  friend class DnsName;

  std::array<char, 1024> text_{};  // "\ddd" for each of 253 octets, and to spare
  std::size_t size_ = 0;
};

// RFC 1035 section 3.1: labels of 1 to 63 octets, each behind its length, and the root's length of
// 0. Small letters only: names are the same in either case (section 2.3.3).
class DnsName {
 public:
  static constexpr std::size_t max_size = 255, max_label = 63;

  constexpr DnsName() = default;  // the root

  // "web.lab", with or without a dot at its end; "." is the root. "\." and "\\" stand for the
  // character, "\ddd" for any octet (section 5.1). Errors: too_short (an empty name or label),
  // too_many, bad_value (a backslash before neither).
  [[nodiscard]] static constexpr Parsed<DnsName> parse(std::string_view text) noexcept;

  // The name at the beginning of `octets`; size() says how many of them it is. Errors: too_short,
  // too_many, bad_value for a length above 63: a compression pointer, or of no standard.
  [[nodiscard]] static constexpr Parsed<DnsName> from_wire(Bytes octets) noexcept {
    const auto fail = [&octets](Fault fault, std::size_t needed) {
      return parse_fault(Layer::dns, fault, needed, octets.size());
    };
    for (std::size_t at = 0;;) {
      if (at >= octets.size()) return fail(Fault::too_short, at + 1);
      const std::size_t label = octets[at];
      if (label > max_label) return fail(Fault::bad_value, max_label);
      const auto end = at + 1 + label;
      if (end > max_size) return fail(Fault::too_many, max_size);
      if (end > octets.size()) return fail(Fault::too_short, end);
      if (label == 0) return DnsName{octets.first(end)};
      at = end;
    }
  }

  // On the wire.
  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  // Precondition: `out` has room for size() octets.
  constexpr void emit(MutableBytes out) const noexcept { std::ranges::copy(octets(), out.begin()); }
  [[nodiscard]] constexpr Bytes octets() const& noexcept { return Bytes{octets_}.first(size_); }
  constexpr Bytes octets() const&& = delete;

  // As parse() reads it, without a dot at the end: printable characters only.
  [[nodiscard]] constexpr DnsNameText text() const noexcept;

  [[nodiscard]] constexpr bool is_root() const noexcept { return size_ == 1; }
  // Whether it is `zone` or a name below it.
  [[nodiscard]] constexpr bool is_within(const DnsName& zone) const noexcept {
    for (std::size_t at = 0; at < size_; at += std::size_t{1} + octets_[at])
      if (std::ranges::equal(octets().subspan(at), zone.octets())) return true;
    return false;
  }

  friend constexpr bool operator==(const DnsName&, const DnsName&) = default;

 private:
  // Precondition: `octets` are one whole name.
  constexpr explicit DnsName(Bytes octets) noexcept : size_{octets.size()} {
    std::ranges::transform(octets, octets_.begin(), lower);
  }
  // Lengths are below 64 and stay as they are.
  [[nodiscard]] static constexpr std::uint8_t lower(std::uint8_t octet) noexcept {
    return octet >= 'A' && octet <= 'Z' ? static_cast<std::uint8_t>(octet + ('a' - 'A')) : octet;
  }
  // The octet that `text` begins with or stands for there, which is taken off it.
  [[nodiscard]] static constexpr std::optional<std::uint8_t> take_octet(
      std::string_view& text) noexcept {
    const auto take = [&text](std::size_t count, unsigned octet) -> std::optional<std::uint8_t> {
      text.remove_prefix(count);
      if (octet > 0xff) return std::nullopt;
      return static_cast<std::uint8_t>(octet);
    };
    const auto at = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto is_digit = [&text](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
    if (text[0] != '\\') return take(1, at(0));
    if (text.size() >= 2 && !is_digit(1)) return take(2, at(1));
    if (text.size() < 4 || !is_digit(1) || !is_digit(2) || !is_digit(3)) return std::nullopt;
    return take(4, (at(1) - '0') * 100U + (at(2) - '0') * 10U + (at(3) - '0'));
  }

  std::array<std::uint8_t, max_size> octets_{};  // zeros behind the name
  std::size_t size_ = 1;
};

constexpr Parsed<DnsName> DnsName::parse(std::string_view text) noexcept {
  const auto fail = [whole = text.size()](Fault fault, std::size_t needed) {
    return parse_fault(Layer::dns, fault, needed, whole);
  };
  DnsName name;
  if (text == ".") return name;
  std::size_t label_at = 0, end = 1;  // where the label's length stands; where its next octet will
  const auto finish_label = [&] {
    name.octets_[label_at] = static_cast<std::uint8_t>(end - label_at - 1);
    label_at = end++;
  };
  while (!text.empty()) {
    if (text[0] == '.') {
      if (end == label_at + 1) return fail(Fault::too_short, 1);
      finish_label();
      text.remove_prefix(1);
      continue;
    }
    const auto octet = take_octet(text);
    if (!octet) return fail(Fault::bad_value, 0);
    if (end - label_at > max_label) return fail(Fault::too_many, max_label);
    if (end + 1 >= max_size) return fail(Fault::too_many, max_size);
    name.octets_[end++] = lower(*octet);
  }
  if (end > label_at + 1) finish_label();
  if (label_at == 0) return fail(Fault::too_short, 1);
  name.size_ = label_at + 1;
  return name;
}

constexpr DnsNameText DnsName::text() const noexcept {
  DnsNameText text;
  TextWriter out{text.text_};
  if (is_root()) out << ".";
  for (std::size_t at = 0; octets_[at] != 0; at += std::size_t{1} + octets_[at]) {
    if (at != 0) out << ".";
    for (const auto octet : octets().subspan(at + 1, octets_[at])) {
      const std::array character{static_cast<char>(octet)};
      if (octet <= ' ' || octet > '~')
        (out << "\\").decimal(octet, 3);
      else
        out << (octet == '.' || octet == '\\' ? "\\" : "")
            << std::string_view{character.data(), character.size()};
    }
  }
  text.size_ = out.size();
  return text;
}

namespace detail {

inline constexpr std::string_view reverse_zone_v4 = ".in-addr.arpa";  // RFC 1035 section 3.5
inline constexpr std::string_view reverse_zone_v6 = ".ip6.arpa";      // RFC 3596 section 2.5

}  // namespace detail

// The address that "4.3.2.1.in-addr.arpa" or 32 nibbles below "ip6.arpa" ask for: all of it, in the
// one spelling that reverse_name() gives.
[[nodiscard]] constexpr std::optional<Address> reverse_address(const DnsName& name) noexcept {
  const auto text = name.text();
  auto rest = text.view();
  if (rest.ends_with(detail::reverse_zone_v4)) {
    rest.remove_suffix(detail::reverse_zone_v4.size());
    const auto turned = Ipv4Address::parse(rest);
    if (!turned) return std::nullopt;
    const auto& [d, c, b, a] = turned->octets();
    return Ipv4Address{a, b, c, d};
  }
  if (!rest.ends_with(detail::reverse_zone_v6)) return std::nullopt;
  rest.remove_suffix(detail::reverse_zone_v6.size());
  if (rest.size() != 63) return std::nullopt;
  std::array<std::uint8_t, 16> octets{};
  for (std::size_t i = 0; i < 32; ++i) {
    const auto nibble = detail::parse_group(rest.substr(2 * i, 1));
    if (!nibble || (i < 31 && rest[2 * i + 1] != '.')) return std::nullopt;
    auto& octet = octets[15 - i / 2];
    octet = static_cast<std::uint8_t>(octet | *nibble << (i % 2 * 4));
  }
  return Address{Ipv6Address{octets}};
}

// The name under which the name of `address` is looked up; a zone is left out.
[[nodiscard]] constexpr DnsName reverse_name(const Address& address) noexcept {
  std::array<char, 80> room{};
  TextWriter out{room};
  const auto octets = address.octets();
  for (std::size_t i = octets.size(); i-- > 0;) {
    const unsigned octet = octets[i];
    if (i + 1 != octets.size()) out << ".";
    if (address.is_v4())
      out << octet;
    else
      (out.hexadecimal(octet & 15U, 1) << ".").hexadecimal(octet >> 4U, 1);
  }
  out << (address.is_v4() ? detail::reverse_zone_v4 : detail::reverse_zone_v6);
  return *DnsName::parse(out.view());
}

}  // namespace sonda::inline v0
