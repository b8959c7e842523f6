// The MPLS label stack a router found on the datagram it refused: an ICMP extension object.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/icmp_extension.hpp>

namespace sonda::inline v0 {

// One entry of the stack, as RFC 3032 section 2.1 lays it out and RFC 4950 section 3 quotes it
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |              Label                    | TC  |S|     TTL       |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
struct MplsLabel {
  std::uint32_t label = 0;         // 20 bits
  std::uint8_t traffic_class = 0;  // 3 bits, "EXP" before RFC 5462
  bool bottom = false;             // the last of its stack
  Ttl ttl{};

  friend constexpr bool operator==(const MplsLabel&, const MplsLabel&) = default;
};

// A stack as somebody quoted it, the outermost label first. It must not outlive its octets.
class MplsStackView {
 public:
  // Errors: bad_type for another object, bad_length for one that is no whole number of entries.
  [[nodiscard]] static constexpr Parsed<MplsStackView> parse(ExtensionObject object) noexcept {
    const auto fail = [&object](Fault fault, std::size_t needed) {
      return parse_fault(Layer::icmp_extension, fault, needed, object.octets().size());
    };
    if (object.class_number() != ExtensionClass::mpls_label_stack || object.c_type() != 1)
      return fail(Fault::bad_type, 1);
    if (object.payload().size() % entry_size != 0 || object.payload().empty())
      return fail(Fault::bad_length, ExtensionObject::header_size + entry_size);
    return MplsStackView{object.payload()};
  }

  [[nodiscard]] constexpr std::size_t size() const noexcept { return entries_.size() / entry_size; }
  // Precondition: i < size().
  [[nodiscard]] constexpr MplsLabel operator[](std::size_t i) const noexcept {
    const auto entry = load<std::uint32_t>(entries_, i * entry_size);
    return {.label = entry >> 12,
            .traffic_class = static_cast<std::uint8_t>(entry >> 9 & 7),
            .bottom = (entry >> 8 & 1) != 0,
            .ttl = Ttl{entry & 0xff}};
  }

  static constexpr std::size_t entry_size = 4;

 private:
  constexpr explicit MplsStackView(Bytes entries) noexcept : entries_{entries} {}

  Bytes entries_;
};

// A stack to send; ExtensionsWriter takes it.
struct MplsStack {
  std::span<const MplsLabel> labels{};  // the outermost first; `bottom` goes out as it stands

  static constexpr ExtensionClass class_number = ExtensionClass::mpls_label_stack;
  [[nodiscard]] static constexpr std::uint8_t c_type() noexcept { return 1; }
  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return labels.size() * MplsStackView::entry_size;
  }
  // Precondition: `payload` has room for size() octets.
  constexpr void emit(MutableBytes payload) const noexcept {
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const auto& [label, traffic_class, bottom, ttl] = labels[i];
      store(payload, i * MplsStackView::entry_size,
            (label & 0xf'ffff) << 12 | (traffic_class & 7U) << 9 | (bottom ? 0x100U : 0U) |
                ttl.value());
    }
  }
};

}  // namespace sonda::inline v0
