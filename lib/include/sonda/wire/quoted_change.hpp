// One field of a datagram that the path changed, and the list of all that it changed.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include <sonda/wire/address.hpp>

namespace sonda::inline v0 {

// In the order of the octets they stand for.
enum class QuotedField : std::uint8_t {
  dscp,
  ecn,
  flow_label,
  length,
  identification,
  dont_fragment,
  fragment,
  ttl,
  header_checksum,
  source,
  destination,
  header_length,
  ip_options,
  protocol,
  icmp_type,
  icmp_code,
  identifier,
  sequence,
  source_port,
  destination_port,
  transport_length,
  tcp_sequence,
  tcp_acknowledgement,
  tcp_flags,
  tcp_window,
  transport_checksum,
  tcp_mss,
  tcp_options,
  payload
};

[[nodiscard]] constexpr std::string_view name(QuotedField field) noexcept {
  switch (field) {
    case QuotedField::dscp:
      return "dscp";
    case QuotedField::ecn:
      return "ecn";
    case QuotedField::flow_label:
      return "flow_label";
    case QuotedField::length:
      return "length";
    case QuotedField::identification:
      return "identification";
    case QuotedField::dont_fragment:
      return "dont_fragment";
    case QuotedField::fragment:
      return "fragment";
    case QuotedField::ttl:
      return "ttl";
    case QuotedField::header_checksum:
      return "header_checksum";
    case QuotedField::source:
      return "source";
    case QuotedField::destination:
      return "destination";
    case QuotedField::header_length:
      return "header_length";
    case QuotedField::ip_options:
      return "ip_options";
    case QuotedField::protocol:
      return "protocol";
    case QuotedField::icmp_type:
      return "icmp_type";
    case QuotedField::icmp_code:
      return "icmp_code";
    case QuotedField::identifier:
      return "identifier";
    case QuotedField::sequence:
      return "sequence";
    case QuotedField::source_port:
      return "source_port";
    case QuotedField::destination_port:
      return "destination_port";
    case QuotedField::transport_length:
      return "transport_length";
    case QuotedField::tcp_sequence:
      return "tcp_sequence";
    case QuotedField::tcp_acknowledgement:
      return "tcp_acknowledgement";
    case QuotedField::tcp_flags:
      return "tcp_flags";
    case QuotedField::tcp_window:
      return "tcp_window";
    case QuotedField::transport_checksum:
      return "transport_checksum";
    case QuotedField::tcp_mss:
      return "tcp_mss";
    case QuotedField::tcp_options:
      return "tcp_options";
    case QuotedField::payload:
      return "payload";
  }
  return "field";
}
inline constexpr std::size_t quoted_field_count =
    static_cast<std::size_t>(QuotedField::payload) + 1;

// A number as the header has it, or an address. Of header_length: the IP header with options or
// extension headers, in octets. Of ip_options, tcp_options and payload: the first
// octet that differs.
using QuotedValue = std::variant<std::uint64_t, Address>;

struct QuotedChange {
  QuotedField field{};
  QuotedValue was{};
  QuotedValue is{};
  // Of ip_options, tcp_options and payload: where in the quoted datagram, in octets from its start.
  std::size_t at = 0;
  // What any router does: a smaller TTL, and the header checksum that goes with it.
  bool expected = false;

  friend constexpr bool operator==(const QuotedChange&, const QuotedChange&) = default;
};

// The differences, in the order of QuotedField.
class QuotedChanges {
 public:
  [[nodiscard]] constexpr const QuotedChange* begin() const noexcept { return changes_.data(); }
  [[nodiscard]] constexpr const QuotedChange* end() const noexcept { return begin() + size_; }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
  // The change of that field; null if it is as it was, or did not come back.
  [[nodiscard]] constexpr const QuotedChange* find(QuotedField field) const noexcept {
    const auto* found = std::ranges::find(begin(), end(), field, &QuotedChange::field);
    return found == end() ? nullptr : found;
  }
  [[nodiscard]] constexpr bool has_unexpected() const noexcept {
    return std::ranges::any_of(begin(), end(), [](const auto& change) { return !change.expected; });
  }

  // Precondition: no change of that field is there yet.
  constexpr void add(const QuotedChange& change) noexcept { changes_[size_++] = change; }

 private:
  std::array<QuotedChange, quoted_field_count> changes_{};
  std::size_t size_ = 0;
};

}  // namespace sonda::inline v0
