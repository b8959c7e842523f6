// The datagram inside an ICMP error: whose probe it was, and how much of it came back.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ranges>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/icmp_echo.hpp>
#include <sonda/wire/icmp_extension.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/ip_version.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/ipv6_extensions.hpp>
#include <sonda/wire/protocol.hpp>

namespace sonda::inline v0 {

namespace detail {

// The integer at `at`, if all of it is there.
template <typename T>
[[nodiscard]] constexpr std::optional<T> load_if(Bytes octets, std::size_t at) noexcept {
  if (octets.size() < at + sizeof(T)) return std::nullopt;
  return load<T>(octets, at);
}

}  // namespace detail

// A copy of our datagram as a stranger returned it: cut anywhere, perhaps rewritten on its way,
// perhaps invented. Only the IP header is certain to be there; everything behind it is optional.
// It must not outlive its octets.
class Quotation {
 public:
  // Errors: bad_type if the message is no error; too_short, bad_version, bad_length if what it
  // quotes is no IP header of its own version. The message's checksum is not judged here.
  [[nodiscard]] static constexpr Parsed<Quotation> parse(Bytes icmp_error,
                                                         IpVersion version) noexcept {
    if (version == IpVersion::v4) {
      const auto message = Icmpv4View::parse(icmp_error);
      if (!message) return std::unexpected{message.error()};
      return parse(*message);
    }
    const auto message = Icmpv6View::parse(icmp_error);
    if (!message) return std::unexpected{message.error()};
    return parse(*message);
  }
  [[nodiscard]] static constexpr Parsed<Quotation> parse(const Icmpv4View& message) noexcept {
    if (!message.is_error()) return no_error(message.octets());
    return from_body(message.error_body(), IpVersion::v4);
  }
  [[nodiscard]] static constexpr Parsed<Quotation> parse(const Icmpv6View& message) noexcept {
    if (!message.is_error()) return no_error(message.octets());
    return from_body(message.error_body(), IpVersion::v6);
  }
  // The datagram without the message around it, or a datagram that is whole.
  [[nodiscard]] static constexpr Parsed<Quotation> parse_datagram(Bytes datagram,
                                                                  IpVersion version) noexcept {
    return from_body({.quoted = datagram}, version);
  }
  template <typename Temporary>
    requires(!std::ranges::borrowed_range<Temporary>)
  static void parse(Temporary&&, IpVersion) = delete;
  template <typename Temporary>
    requires(!std::ranges::borrowed_range<Temporary>)
  static void parse_datagram(Temporary&&, IpVersion) = delete;

  [[nodiscard]] constexpr IpVersion version() const noexcept { return version_; }
  [[nodiscard]] constexpr Address source() const noexcept {
    return is_v4() ? Address{Ipv4Address::from_wire(octets_, 12)}
                   : Address{Ipv6Address::from_wire(octets_, 8)};
  }
  [[nodiscard]] constexpr Address destination() const noexcept {
    return is_v4() ? Address{Ipv4Address::from_wire(octets_, 16)}
                   : Address{Ipv6Address::from_wire(octets_, 24)};
  }
  // As it stood when the datagram was refused: the sender's less the hops before.
  [[nodiscard]] constexpr Ttl ttl() const noexcept { return Ttl{octets_[is_v4() ? 8 : 7]}; }
  [[nodiscard]] constexpr TrafficClass traffic_class() const noexcept {
    if (is_v4()) return TrafficClass{octets_[1]};
    return TrafficClass{load<std::uint16_t>(octets_, 0) >> 4 & 0xff};
  }
  [[nodiscard]] constexpr std::optional<FlowLabel> flow_label() const noexcept {
    if (is_v4()) return std::nullopt;
    return FlowLabel{load<std::uint32_t>(octets_, 0) & 0xf'ffff};
  }
  // The header of the version that was quoted.
  [[nodiscard]] constexpr std::optional<Ipv4View> ipv4() const noexcept {
    if (!is_v4()) return std::nullopt;
    const auto view = Ipv4View::parse_quoted(octets_);
    return view ? std::optional{*view} : std::nullopt;
  }
  [[nodiscard]] constexpr std::optional<Ipv6View> ipv6() const noexcept {
    if (is_v4()) return std::nullopt;
    const auto view = Ipv6View::parse_quoted(octets_);
    return view ? std::optional{*view} : std::nullopt;
  }

  // What came back of the datagram; the padding before an extension structure is not of it.
  [[nodiscard]] constexpr Bytes octets() const noexcept { return octets_; }
  [[nodiscard]] constexpr std::size_t quoted_octets() const noexcept { return octets_.size(); }
  // How long the datagram was, if its quoted header is to be believed; see length_lies().
  [[nodiscard]] constexpr std::size_t stated_length() const noexcept {
    return stated_length(octets_, version_);
  }
  // The quoted header promises more than came back.
  [[nodiscard]] constexpr bool truncated() const noexcept {
    return stated_length() > octets_.size();
  }
  // The quoted header promises less than came back, and not only padding: some routers quote a
  // length that they have already rewritten.
  [[nodiscard]] constexpr bool length_lies() const noexcept {
    return stated_length() < octets_.size();
  }

  [[nodiscard]] constexpr bool is_fragment() const noexcept { return fragment_; }
  // A fragment other than the first: it has no transport header, so nobody can say whose it was.
  [[nodiscard]] constexpr bool is_later_fragment() const noexcept { return later_fragment_; }

  // What the IP header and, in IPv6, the extension headers lead to. Nothing if they were cut.
  [[nodiscard]] constexpr std::optional<Protocol> protocol() const noexcept { return protocol_; }
  // The transport header and its payload, as far as they came back. Empty in a later fragment and
  // if the extension headers were cut.
  [[nodiscard]] constexpr Bytes transport() const noexcept {
    return octets_.subspan(transport_offset_);
  }
  // Octets of IP header, options and extension headers before it.
  [[nodiscard]] constexpr std::size_t transport_offset() const noexcept {
    return transport_offset_;
  }

  // Of TCP, UDP, UDP-Lite, SCTP and DCCP, as far as they came back.
  [[nodiscard]] constexpr std::optional<Port> source_port() const noexcept { return port(0); }
  [[nodiscard]] constexpr std::optional<Port> destination_port() const noexcept { return port(2); }
  // Of TCP: the sequence number is in the eight octets that every router returns.
  [[nodiscard]] constexpr std::optional<std::uint32_t> tcp_sequence() const noexcept {
    return protocol_ == Protocol::tcp ? detail::load_if<std::uint32_t>(transport(), 4)
                                      : std::nullopt;
  }
  // Of an ICMP message: its type and code.
  [[nodiscard]] constexpr std::optional<std::uint8_t> icmp_type() const noexcept {
    return is_icmp() ? detail::load_if<std::uint8_t>(transport(), 0) : std::nullopt;
  }
  [[nodiscard]] constexpr std::optional<std::uint8_t> icmp_code() const noexcept {
    return is_icmp() ? detail::load_if<std::uint8_t>(transport(), 1) : std::nullopt;
  }
  [[nodiscard]] constexpr std::optional<EchoKind> echo_kind() const noexcept {
    const auto type = icmp_type();
    if (!type) return std::nullopt;
    if (is_v4() ? IcmpType{*type} == IcmpType::echo_request
                : Icmpv6Type{*type} == Icmpv6Type::echo_request)
      return EchoKind::request;
    if (is_v4() ? IcmpType{*type} == IcmpType::echo_reply
                : Icmpv6Type{*type} == Icmpv6Type::echo_reply)
      return EchoKind::reply;
    return std::nullopt;
  }
  // Of an ICMP message that has them: echo, and ICMPv4's timestamp, information, address mask.
  [[nodiscard]] constexpr std::optional<Identifier> identifier() const noexcept {
    const auto value =
        has_identifier() ? detail::load_if<std::uint16_t>(transport(), 4) : std::nullopt;
    return value ? std::optional{Identifier{*value}} : std::nullopt;
  }
  [[nodiscard]] constexpr std::optional<Sequence> sequence() const noexcept {
    const auto value =
        has_identifier() ? detail::load_if<std::uint16_t>(transport(), 6) : std::nullopt;
    return value ? std::optional{Sequence{*value}} : std::nullopt;
  }
  // The checksum field of TCP, UDP or ICMP, not verified: a cut datagram's can't be.
  [[nodiscard]] constexpr std::optional<std::uint16_t> transport_checksum() const noexcept {
    if (is_icmp()) return detail::load_if<std::uint16_t>(transport(), 2);
    if (protocol_ == Protocol::udp || protocol_ == Protocol::udp_lite)
      return detail::load_if<std::uint16_t>(transport(), 6);
    if (protocol_ == Protocol::tcp) return detail::load_if<std::uint16_t>(transport(), 16);
    return std::nullopt;
  }
  // What UDP, a whole TCP header or an ICMP message of eight octets carries, as far as it came
  // back. Empty where that is not known.
  [[nodiscard]] constexpr Bytes payload() const noexcept {
    const auto segment = transport();
    std::size_t header = 8;
    if (protocol_ == Protocol::tcp) {
      const auto offset = detail::load_if<std::uint8_t>(transport(), 12);
      if (!offset || *offset >> 4 < 5) return {};
      header = std::size_t{*offset} / 16 * 4;
    } else if (!is_icmp() && protocol_ != Protocol::udp && protocol_ != Protocol::udp_lite) {
      return {};
    }
    return header <= segment.size() ? segment.subspan(header) : Bytes{};
  }

  // What the router added behind the quotation.
  [[nodiscard]] constexpr const std::optional<IcmpExtensions>& extensions() const noexcept {
    return extensions_;
  }
  // Why there are none although the message promises them.
  [[nodiscard]] constexpr const std::optional<ParseError>& extension_fault() const noexcept {
    return extension_fault_;
  }

 private:
  constexpr Quotation(IpVersion version, Bytes octets) noexcept
      : version_{version}, octets_{octets} {}

  [[nodiscard]] constexpr bool is_v4() const noexcept { return version_ == IpVersion::v4; }
  [[nodiscard]] constexpr bool is_icmp() const noexcept {
    return protocol_ == (is_v4() ? Protocol::icmp : Protocol::icmpv6);
  }

  static constexpr std::unexpected<ParseError> no_error(Bytes message) noexcept {
    return parse_fault(Layer::quotation, Fault::bad_type, 0, message.size());
  }
  static constexpr Parsed<Quotation> from_body(const IcmpErrorBody& body,
                                               IpVersion version) noexcept {
    std::size_t header_size = Ipv6View::size;
    if (version == IpVersion::v4) {
      const auto ip = Ipv4View::parse_quoted(body.quoted);
      if (!ip) return std::unexpected{ip.error()};
      header_size = ip->header_size();
    } else if (const auto ip = Ipv6View::parse_quoted(body.quoted); !ip) {
      return std::unexpected{ip.error()};
    }
    Quotation quotation{version, without_padding(body.quoted, version, header_size)};
    quotation.extensions_ = body.extensions;
    quotation.extension_fault_ = body.fault;
    if (version == IpVersion::v4)
      quotation.walk_ipv4(header_size);
    else
      quotation.walk_ipv6();
    return quotation;
  }

  [[nodiscard]] static constexpr std::size_t stated_length(Bytes octets,
                                                           IpVersion version) noexcept {
    if (version == IpVersion::v4) return load<std::uint16_t>(octets, 2);
    return Ipv6View::size + load<std::uint16_t>(octets, 4);
  }
  // Cuts off what the header says is not of the datagram. A length that leaves no room for the
  // smallest transport header is believed only if nothing but zeros lies behind it.
  [[nodiscard]] static constexpr Bytes without_padding(Bytes octets, IpVersion version,
                                                       std::size_t header_size) noexcept {
    const auto stated = stated_length(octets, version);
    if (stated >= octets.size() || stated < header_size) return octets;
    const bool padded = std::ranges::all_of(octets.subspan(stated), [](auto o) { return o == 0; });
    return padded || stated >= header_size + 8 ? octets.first(stated) : octets;
  }

  constexpr void walk_ipv4(std::size_t header_size) noexcept {
    const auto fragment = load<std::uint16_t>(octets_, 6);
    fragment_ = (fragment & 0x3fff) != 0;
    later_fragment_ = (fragment & 0x1fff) != 0;
    protocol_ = Protocol{octets_[9]};
    transport_offset_ = later_fragment_ ? octets_.size() : header_size;
  }

  constexpr void walk_ipv6() noexcept {
    const auto next = Protocol{octets_[6]};
    const auto chain = ExtensionChain::parse_quoted(next, octets_.subspan(Ipv6View::size));
    transport_offset_ = octets_.size();
    if (!chain) return;
    fragment_ = chain->fragment() && !chain->fragment()->atomic();
    later_fragment_ = chain->later_fragment();
    if (!chain->complete()) return;
    protocol_ = chain->protocol();
    if (!later_fragment_) transport_offset_ -= chain->payload().size();
  }

  [[nodiscard]] constexpr std::optional<Port> port(std::size_t at) const noexcept {
    switch (protocol_.value_or(Protocol::no_next_header)) {
      case Protocol::tcp:
      case Protocol::udp:
      case Protocol::udp_lite:
      case Protocol::sctp:
      case Protocol::dccp: {
        const auto value = detail::load_if<std::uint16_t>(transport(), at);
        return value ? std::optional{Port{*value}} : std::nullopt;
      }
      default:
        return std::nullopt;
    }
  }
  [[nodiscard]] constexpr bool has_identifier() const noexcept {
    const auto type = icmp_type();
    if (!type) return false;
    if (echo_kind()) return true;
    return is_v4() && *type >= static_cast<std::uint8_t>(IcmpType::timestamp_request) &&
           *type <= static_cast<std::uint8_t>(IcmpType::address_mask_reply);
  }

  IpVersion version_;
  bool fragment_ = false;
  bool later_fragment_ = false;
  std::optional<Protocol> protocol_{};
  Bytes octets_;
  std::size_t transport_offset_ = 0;
  std::optional<IcmpExtensions> extensions_{};
  std::optional<ParseError> extension_fault_{};
};

}  // namespace sonda::inline v0
