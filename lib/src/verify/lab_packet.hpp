// How one packet of a capture comes of another: passed on, answered, or quoted by an ICMP error.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include <sonda/core/bytes.hpp>
#include <sonda/wire/quotation.hpp>

#include "lab_comment.hpp"

namespace sonda::inline v0::verify {

// A whole IP packet, link padding cut off. Nothing if it is none.
[[nodiscard]] std::optional<Quotation> read_packet(Bytes octets);

enum class Relation : std::uint8_t {
  none,
  passed_on,  // the same packet one hop on, or a fragment of it
  answer,     // to it
  error       // ICMP about it
};

struct Allowed {
  bool rewritten = false;   // by a rule: TTL, traffic class, don't fragment, TCP's MSS
  bool translated = false;  // by a NAT: addresses, ports, identifiers, and those in quotations
  bool damaged = false;     // by the link: one bit
};

struct Related {
  Relation relation = Relation::none;
  std::string difference{};  // what keeps them apart, if nothing relates them
};

// How `later` comes of `earlier`.
[[nodiscard]] Related relate(const Quotation& earlier, const Quotation& later, Allowed allowed);

// Type and code of an ICMP error; nothing for anything else.
[[nodiscard]] std::optional<IcmpKind> error_of(const Quotation& packet);

enum class Sums : std::uint8_t { right, wrong_header, wrong_segment };
// Of the IP header and of the ICMP message, segment or datagram in it; what cannot be judged
// (fragments, other protocols) is right.
[[nodiscard]] Sums checksums(const Quotation& packet);

}  // namespace sonda::inline v0::verify
