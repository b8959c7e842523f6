// What the path changed in a datagram: the one that was sent against the one that was quoted.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/protocol.hpp>
#include <sonda/wire/quotation.hpp>
#include <sonda/wire/quoted_change.hpp>
#include <sonda/wire/tcp.hpp>

namespace sonda::inline v0 {

namespace detail {

// Compares field by field what both have. The templates stand first, for Clang wants them defined
// before a constant expression comes to use them.
class QuotationComparison {
  template <typename T>
  constexpr void number(QuotedField field, const std::optional<T>& was,
                        const std::optional<T>& is) noexcept {
    if (was && is && *was != *is) changes_.add({.field = field, .was = raw(*was), .is = raw(*is)});
  }
  constexpr void address(QuotedField field, const Address& was, const Address& is) noexcept {
    if (was != is) changes_.add({.field = field, .was = was, .is = is});
  }
  template <typename T>
  static constexpr std::uint64_t raw(const T& value) noexcept {
    if constexpr (std::is_integral_v<T> || std::is_enum_v<T>)
      return static_cast<std::uint64_t>(value);
    else
      return std::uint64_t{value.value()};
  }
  // The first difference in what both have of the two pieces.
  constexpr void compare_octets(QuotedField field, Bytes was, Bytes is) noexcept {
    const auto common = std::min(was.size(), is.size());
    for (std::size_t i = 0; i < common; ++i) {
      if (was[i] == is[i]) continue;
      const auto at = static_cast<std::size_t>(is.data() - quoted_.octets().data()) + i;
      return changes_.add(
          {.field = field, .was = std::uint64_t{was[i]}, .is = std::uint64_t{is[i]}, .at = at});
    }
  }

  constexpr void compare_ip() noexcept {
    const auto was = sent_.traffic_class().value(), is = quoted_.traffic_class().value();
    number<unsigned>(QuotedField::dscp, was >> 2, is >> 2);
    number<unsigned>(QuotedField::ecn, was & 3, is & 3);
    number(QuotedField::flow_label, sent_.flow_label(), quoted_.flow_label());
    if (!quoted_.is_fragment())
      number<std::size_t>(QuotedField::length, sent_.stated_length(), quoted_.stated_length());
    const auto v4_was = sent_.ipv4(), v4_is = quoted_.ipv4();
    if (v4_was && v4_is) {
      number<unsigned>(QuotedField::identification, v4_was->identification(),
                       v4_is->identification());
      number<unsigned>(QuotedField::dont_fragment, v4_was->dont_fragment(), v4_is->dont_fragment());
    }
    if (quoted_.protocol() || quoted_.is_fragment())  // else its extension headers were cut
      number<unsigned>(QuotedField::fragment, sent_.is_fragment(), quoted_.is_fragment());
    if (sent_.ttl() != quoted_.ttl())
      changes_.add({.field = QuotedField::ttl,
                    .was = raw(sent_.ttl()),
                    .is = raw(quoted_.ttl()),
                    .expected = quoted_.ttl() < sent_.ttl()});
    if (v4_was && v4_is && v4_was->checksum() != v4_is->checksum())
      changes_.add({.field = QuotedField::header_checksum,
                    .was = raw(v4_was->checksum()),
                    .is = raw(v4_is->checksum()),
                    .expected = v4_is->checksum_ok()});
    address(QuotedField::source, sent_.source(), quoted_.source());
    address(QuotedField::destination, sent_.destination(), quoted_.destination());
    compare_ip_options();
    number(QuotedField::protocol, sent_.protocol(), quoted_.protocol());
  }
  // Options of IPv4, extension headers of IPv6. Only those of one size are compared by their
  // octets.
  constexpr void compare_ip_options() noexcept {
    if (quoted_.version() == IpVersion::v6 && quoted_.is_fragment() != sent_.is_fragment()) return;
    const auto was = header_end(sent_), is = header_end(quoted_);
    const bool cut = is < was && is == quoted_.octets().size() && quoted_.truncated();
    if (was != is && !cut) return number<std::size_t>(QuotedField::header_length, was, is);
    const std::size_t fixed = sent_.ipv4() ? Ipv4View::min_size : Ipv6View::size;
    compare_octets(QuotedField::ip_options, sent_.octets().first(was).subspan(fixed),
                   quoted_.octets().first(is).subspan(fixed));
  }
  [[nodiscard]] static constexpr std::size_t header_end(const Quotation& q) noexcept {
    if (const auto v4 = q.ipv4()) return v4->header_size();
    return q.transport_offset();
  }

  constexpr void compare_icmp() noexcept {
    number(QuotedField::icmp_type, sent_.icmp_type(), quoted_.icmp_type());
    number(QuotedField::icmp_code, sent_.icmp_code(), quoted_.icmp_code());
    number(QuotedField::identifier, sent_.identifier(), quoted_.identifier());
    number(QuotedField::sequence, sent_.sequence(), quoted_.sequence());
  }
  constexpr void compare_ports() noexcept {
    number(QuotedField::source_port, sent_.source_port(), quoted_.source_port());
    number(QuotedField::destination_port, sent_.destination_port(), quoted_.destination_port());
    if (sent_.protocol() == Protocol::udp)
      number(QuotedField::transport_length, load_if<std::uint16_t>(sent_.transport(), 4),
             load_if<std::uint16_t>(quoted_.transport(), 4));
  }
  constexpr void compare_tcp() noexcept {
    if (sent_.protocol() != Protocol::tcp) return;
    number(QuotedField::tcp_sequence, sent_.tcp_sequence(), quoted_.tcp_sequence());
    number(QuotedField::tcp_acknowledgement, load_if<std::uint32_t>(sent_.transport(), 8),
           load_if<std::uint32_t>(quoted_.transport(), 8));
    number(QuotedField::tcp_flags, load_if<std::uint8_t>(sent_.transport(), 13),
           load_if<std::uint8_t>(quoted_.transport(), 13));
    number(QuotedField::tcp_window, load_if<std::uint16_t>(sent_.transport(), 14),
           load_if<std::uint16_t>(quoted_.transport(), 14));
  }
  // A clamped MSS is told as such; any other difference in the options by its first octet.
  constexpr void compare_tcp_options() noexcept {
    if (sent_.protocol() != Protocol::tcp) return;
    const auto was = TcpView::parse_quoted(sent_.transport());
    const auto is = TcpView::parse_quoted(quoted_.transport());
    if (!was || !is) return;
    const auto mss_was = was->options().mss(), mss_is = is->options().mss();
    number(QuotedField::tcp_mss, mss_was, mss_is);
    const auto a = was->options().octets(), b = is->options().octets();
    const auto common = std::min(a.size(), b.size());
    const auto mss_at = mss_was && mss_is ? mss_offset(*is) : common;
    for (std::size_t i = 0; i < common; ++i) {
      if (a[i] == b[i] || (i >= mss_at && i < mss_at + 2 && mss_offset(*was) == mss_at)) continue;
      return changes_.add({.field = QuotedField::tcp_options,
                           .was = std::uint64_t{a[i]},
                           .is = std::uint64_t{b[i]},
                           .at = quoted_.transport_offset() + TcpView::min_size + i});
    }
  }
  // Where in the options the two octets of the MSS lie.
  [[nodiscard]] static constexpr std::size_t mss_offset(const TcpView& tcp) noexcept {
    const auto option = tcp.options().first(TcpOptionKind::mss);
    if (!option) return tcp.options().octets().size();
    return static_cast<std::size_t>(option->data().data() - tcp.options().octets().data());
  }

 public:
  constexpr QuotationComparison(const Quotation& sent, const Quotation& quoted) noexcept
      : sent_{sent}, quoted_{quoted} {}

  [[nodiscard]] constexpr QuotedChanges run() && noexcept {
    compare_ip();
    if (sent_.protocol() != quoted_.protocol()) return changes_;
    compare_icmp();
    compare_ports();
    compare_tcp();
    number(QuotedField::transport_checksum, sent_.transport_checksum(),
           quoted_.transport_checksum());
    compare_tcp_options();
    compare_octets(QuotedField::payload, sent_.payload(), quoted_.payload());
    return changes_;
  }

 private:
  Quotation sent_, quoted_;
  QuotedChanges changes_{};
};

}  // namespace detail

// What of `sent`, a whole datagram with its IP header, is different in `quoted`. Only what came
// back is compared; of a later fragment that is the IP header.
// Errors: those of an IP header, if `sent` is none of the version that was quoted.
[[nodiscard]] constexpr Parsed<QuotedChanges> compare(Bytes sent,
                                                      const Quotation& quoted) noexcept {
  const auto original = Quotation::parse_datagram(sent, quoted.version());
  if (!original) return std::unexpected{original.error()};
  return detail::QuotationComparison{*original, quoted}.run();
}

}  // namespace sonda::inline v0
