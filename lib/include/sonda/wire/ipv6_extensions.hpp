// IPv6 extension headers: a bounded walk over somebody else's to what they carry.
#pragma once
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/protocol.hpp>

namespace sonda::inline v0 {

// The headers that RFC 7045 lists, but ESP: what follows that one is nobody's to read.
[[nodiscard]] constexpr bool is_extension_header(Protocol protocol) noexcept {
  switch (protocol) {
    case Protocol::hop_by_hop:
    case Protocol::ipv6_routing:
    case Protocol::ipv6_fragment:
    case Protocol::ah:
    case Protocol::destination_options:
    case Protocol::mobility:
    case Protocol::hip:
    case Protocol::shim6:
      return true;
    default:
      return false;
  }
}

// RFC 8200 4.2 to 4.6; the length counts units of eight octets behind the first eight
//
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  Next Header  |  Hdr Ext Len  |                               |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
//   |                       options, route, …                       |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
class ExtensionHeader {
 public:
  // Which header this is, as the one before it said.
  [[nodiscard]] constexpr Protocol type() const noexcept { return type_; }
  [[nodiscard]] constexpr Protocol next_header() const noexcept { return Protocol{octets_[0]}; }
  [[nodiscard]] constexpr Bytes octets() const noexcept { return octets_; }
  // Behind the next header and the length.
  [[nodiscard]] constexpr Bytes data() const noexcept { return octets_.subspan(2); }

 private:
  friend class ExtensionChain;
  constexpr ExtensionHeader(Protocol type, Bytes octets) noexcept : type_{type}, octets_{octets} {}

  Protocol type_;
  Bytes octets_;
};

// RFC 8200 4.5
//
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  Next Header  |   Reserved    |      Fragment Offset    |Res|M|
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                         Identification                        |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
class FragmentView {
 public:
  static constexpr std::size_t size = 8;

  [[nodiscard]] static constexpr Parsed<FragmentView> parse(ExtensionHeader header) noexcept {
    if (header.type() != Protocol::ipv6_fragment)
      return parse_fault(Layer::ipv6_extension, Fault::bad_type,
                         static_cast<std::size_t>(Protocol::ipv6_fragment), header.octets().size());
    return FragmentView{header.octets()};
  }
  // In octets, a multiple of eight.
  [[nodiscard]] constexpr std::size_t offset() const noexcept {
    return load<std::uint16_t>(octets_, 2) & std::size_t{0xfff8};
  }
  [[nodiscard]] constexpr bool more() const noexcept { return (octets_[3] & 1) != 0; }
  // Offset 0 and nothing to follow: a whole packet that only looks like a fragment (RFC 6946).
  [[nodiscard]] constexpr bool atomic() const noexcept { return offset() == 0 && !more(); }
  [[nodiscard]] constexpr std::uint32_t identification() const noexcept {
    return load<std::uint32_t>(octets_, 4);
  }

 private:
  constexpr explicit FragmentView(Bytes octets) noexcept : octets_{octets} {}

  Bytes octets_;
};

// RFC 8200 4.4
class RoutingView {
 public:
  [[nodiscard]] static constexpr Parsed<RoutingView> parse(ExtensionHeader header) noexcept {
    if (header.type() != Protocol::ipv6_routing)
      return parse_fault(Layer::ipv6_extension, Fault::bad_type,
                         static_cast<std::size_t>(Protocol::ipv6_routing), header.octets().size());
    return RoutingView{header.octets()};
  }
  // 0: source route (RFC 5095 forbids it), 2: mobile IPv6, 3: RPL, 4: segment routing (RFC 8754)
  [[nodiscard]] constexpr std::uint8_t type() const noexcept { return octets_[2]; }
  [[nodiscard]] constexpr std::uint8_t segments_left() const noexcept { return octets_[3]; }
  [[nodiscard]] constexpr Bytes data() const noexcept { return octets_.subspan(4); }

 private:
  constexpr explicit RoutingView(Bytes octets) noexcept : octets_{octets} {}

  Bytes octets_;
};

// The extension headers of one packet and what they carry.
class ExtensionChain {
 public:
  static constexpr std::size_t max_headers = 16;  // nobody sends as many: RFC 8504 5.3

  class Iterator {
   public:
    using value_type = ExtensionHeader;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::forward_iterator_tag;

    constexpr Iterator() = default;
    [[nodiscard]] constexpr ExtensionHeader operator*() const noexcept {
      return {type_, left_.first(header_size(type_, left_))};
    }
    constexpr Iterator& operator++() noexcept {
      const auto header = **this;
      type_ = header.next_header();
      left_ = left_.subspan(header.octets().size());
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
    friend ExtensionChain;
    constexpr Iterator(Protocol type, Bytes left) noexcept : type_{type}, left_{left} {}

    Protocol type_{};
    Bytes left_;
  };

  // Of a whole packet: every header lies within it, hop-by-hop options only in front.
  [[nodiscard]] static constexpr Parsed<ExtensionChain> parse(const Ipv6View& packet) noexcept {
    return walk(packet.next_header(), packet.payload(), false);
  }
  // Of a quoted one: a header that was cut ends the walk, and complete() says so.
  [[nodiscard]] static constexpr Parsed<ExtensionChain> parse_quoted(
      const Ipv6View& packet) noexcept {
    return walk(packet.next_header(), packet.payload(), true);
  }
  // The same of `payload` behind a header that said `first`, where its length is not to be trusted.
  [[nodiscard]] static constexpr Parsed<ExtensionChain> parse_quoted(Protocol first,
                                                                     Bytes payload) noexcept {
    return walk(first, payload, true);
  }

  [[nodiscard]] constexpr Iterator begin() const noexcept { return {first_, headers_}; }
  [[nodiscard]] static constexpr std::default_sentinel_t end() noexcept { return {}; }
  [[nodiscard]] constexpr bool empty() const noexcept { return headers_.empty(); }
  // The octets of all headers together.
  [[nodiscard]] constexpr Bytes octets() const noexcept { return headers_; }

  // What payload() is; in a later fragment, what the datagram it belongs to begins with.
  [[nodiscard]] constexpr Protocol protocol() const noexcept { return protocol_; }
  [[nodiscard]] constexpr Bytes payload() const noexcept { return payload_; }
  [[nodiscard]] constexpr const std::optional<FragmentView>& fragment() const noexcept {
    return fragment_;
  }
  // A piece from the middle or the end of a datagram: payload() begins with no header.
  [[nodiscard]] constexpr bool later_fragment() const noexcept {
    return fragment_ && fragment_->offset() != 0;
  }
  // The walk came to its end. If not, protocol() is an extension header and payload() what is
  // left of it.
  [[nodiscard]] constexpr bool complete() const noexcept { return complete_; }

 private:
  constexpr ExtensionChain(Protocol first, Bytes payload) noexcept
      : first_{first}, protocol_{first}, payload_{payload} {}

  // Of the header that `left` begins with; 0 if it does not lie within `left`.
  static constexpr std::size_t header_size(Protocol type, Bytes left) noexcept {
    const auto size = claimed_size(type, left);
    return size <= left.size() ? size : 0;
  }
  static constexpr std::size_t claimed_size(Protocol type, Bytes left) noexcept {
    if (left.size() < 2 || type == Protocol::ipv6_fragment) return 8;
    if (type == Protocol::ah) return (left[1] + std::size_t{2}) * 4;  // RFC 4302 2.2
    return (left[1] + std::size_t{1}) * 8;
  }

  static constexpr Parsed<ExtensionChain> walk(Protocol first, Bytes all, bool quoted) noexcept {
    ExtensionChain chain{first, all};
    std::size_t at = 0;
    for (std::size_t count = 0; is_extension_header(chain.protocol_); ++count) {
      if (chain.later_fragment()) break;
      if (count == max_headers)
        return parse_fault(Layer::ipv6_extension, Fault::too_many, max_headers, all.size());
      if (chain.protocol_ == Protocol::hop_by_hop && at != 0 && !quoted)
        return parse_fault(Layer::ipv6_extension, Fault::bad_value, 0, all.size());
      const auto size = header_size(chain.protocol_, chain.payload_);
      if (size == 0) {
        if (!quoted)
          return parse_fault(Layer::ipv6_extension, Fault::too_short,
                             at + claimed_size(chain.protocol_, chain.payload_), all.size());
        chain.complete_ = false;
        break;
      }
      const ExtensionHeader header{chain.protocol_, chain.payload_.first(size)};
      if (header.type() == Protocol::ipv6_fragment) chain.fragment_ = *FragmentView::parse(header);
      at += size;
      chain.headers_ = all.first(at);
      chain.protocol_ = header.next_header();
      chain.payload_ = all.subspan(at);
    }
    return chain;
  }

  Protocol first_, protocol_;
  Bytes headers_, payload_;
  std::optional<FragmentView> fragment_;
  bool complete_ = true;
};

}  // namespace sonda::inline v0
