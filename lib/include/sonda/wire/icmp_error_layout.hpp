// How the body of an ICMP error is laid out: the quotation, its padding, the extensions (RFC 4884).
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <sonda/core/bytes.hpp>
#include <sonda/wire/icmp_extension.hpp>

namespace sonda::inline v0::detail {

struct IcmpErrorLayout {
  std::size_t word;  // octets that one unit of the length field stands for: 4 in ICMPv4, 8 in v6

  // Octets that the quotation takes with its padding; without extensions there is none.
  [[nodiscard]] constexpr std::size_t padded(Bytes quoted, Bytes extensions) const noexcept {
    if (extensions.empty()) return quoted.size();
    const auto least = std::max(quoted.size(), IcmpExtensions::assumed_offset);
    return (least + word - 1) / word * word;
  }
  [[nodiscard]] constexpr std::uint8_t length_field(
      Bytes quoted, Bytes extensions, std::optional<std::uint8_t> stated) const noexcept {
    const auto words = extensions.empty() ? std::size_t{0} : padded(quoted, extensions) / word;
    return stated.value_or(static_cast<std::uint8_t>(words));
  }
  // Precondition: `body` has room for padded() octets and the extensions. `quoted` may already lie
  // in its place.
  constexpr void emit(MutableBytes body, Bytes quoted, Bytes extensions) const noexcept {
    if (quoted.data() != body.data()) std::ranges::copy(quoted, body.begin());
    const auto end = padded(quoted, extensions);
    std::ranges::fill(body.subspan(quoted.size(), end - quoted.size()), std::uint8_t{0});
    std::ranges::copy(extensions, body.subspan(end).begin());
  }
};

}  // namespace sonda::inline v0::detail
