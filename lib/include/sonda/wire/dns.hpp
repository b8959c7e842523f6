// DNS, as much as a small authoritative name server needs: a query read, a response written.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <string_view>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/dns_name.hpp>

namespace sonda::inline v0 {

// IANA's "Resource Record (RR) TYPEs"; a number without a name here is just as valid.
enum class DnsType : std::uint16_t {
  a = 1,      // RFC 1035
  ns = 2,     // RFC 1035
  cname = 5,  // RFC 1035
  soa = 6,    // RFC 1035
  ptr = 12,   // RFC 1035
  mx = 15,    // RFC 1035
  txt = 16,   // RFC 1035
  aaaa = 28,  // RFC 3596
  srv = 33,   // RFC 2782
  opt = 41,   // RFC 6891
  any = 255   // RFC 1035, RFC 8482: only asked for
};

// Empty for a number that has no name here.
[[nodiscard]] constexpr std::string_view name(DnsType type) noexcept {
  switch (type) {
    case DnsType::a:
      return "A";
    case DnsType::ns:
      return "NS";
    case DnsType::cname:
      return "CNAME";
    case DnsType::soa:
      return "SOA";
    case DnsType::ptr:
      return "PTR";
    case DnsType::mx:
      return "MX";
    case DnsType::txt:
      return "TXT";
    case DnsType::aaaa:
      return "AAAA";
    case DnsType::srv:
      return "SRV";
    case DnsType::opt:
      return "OPT";
    case DnsType::any:
      return "ANY";
  }
  return {};
}

// RFC 1035 sections 3.2.4 and 3.2.5.
enum class DnsClass : std::uint16_t { internet = 1, chaos = 3, any = 255 };
// RFC 1035 section 4.1.1, RFC 1996, RFC 2136. Four bits.
enum class DnsOpcode : std::uint8_t { query = 0, status = 2, notify = 4, update = 5 };
// RFC 1035 section 4.1.1. Four bits.
enum class DnsRcode : std::uint8_t {
  no_error = 0,
  format_error = 1,
  server_failure = 2,
  name_error = 3,  // no such name ("NXDOMAIN")
  not_implemented = 4,
  refused = 5
};

// RFC 1035 section 4.1.1
//
//                                     1  1  1  1  1  1
//       0  1  2  3  4  5  6  7  8  9  0  1  2  3  4  5
//     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
//     |                      ID                       |
//     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
//     |QR|   Opcode  |AA|TC|RD|RA|   Z    |   RCODE   |
//     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
//     |      QDCOUNT, ANCOUNT, NSCOUNT, ARCOUNT       |
//     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
namespace detail {

inline constexpr std::size_t dns_header_size = 12;
inline constexpr std::uint16_t dns_response = 0x8000, dns_opcode = 0x7800,
                               dns_authoritative = 0x0400, dns_truncated = 0x0200,
                               dns_recursion_desired = 0x0100;

// Of a response to a query that has these flags; everything but the counts.
constexpr void emit_dns_header(MutableBytes out, Bytes query, std::uint16_t more,
                               DnsRcode rcode) noexcept {
  constexpr unsigned kept = dns_opcode | dns_recursion_desired;
  const auto asked = load<std::uint16_t>(query, 2) & kept;
  std::ranges::fill(out.first(dns_header_size), std::uint8_t{0});
  store(out, 0, load<std::uint16_t>(query, 0));
  store(out, 2,
        static_cast<std::uint16_t>(dns_response | asked | more |
                                   (static_cast<unsigned>(rcode) & 0x0fU)));
}

}  // namespace detail

// A query with its one question. It must not outlive its octets.
class DnsQuery {
 public:
  // What follows the question (an OPT record of RFC 6891, as most resolvers send) is not looked
  // at: who does not know it answers without one.
  // Errors: too_short; bad_type for a response; too_many and bad_value for other than one question
  // and for a name that is none, a compression pointer among them: there is nothing to point to.
  [[nodiscard]] static constexpr Parsed<DnsQuery> parse(Bytes datagram) noexcept {
    constexpr auto header = detail::dns_header_size;
    const auto fail = [&datagram](Fault fault, std::size_t needed) {
      return parse_fault(Layer::dns, fault, needed, datagram.size());
    };
    if (datagram.size() < header) return fail(Fault::too_short, header);
    if ((load<std::uint16_t>(datagram, 2) & detail::dns_response) != 0)
      return fail(Fault::bad_type, 0);
    const auto questions = load<std::uint16_t>(datagram, 4);
    if (questions > 1) return fail(Fault::too_many, 1);
    if (questions == 0) return fail(Fault::bad_value, 1);
    const auto name = DnsName::from_wire(datagram.subspan(header));
    if (!name) {
      const auto [layer, fault, needed, available] = name.error();
      return fail(fault, fault == Fault::too_short ? header + needed : needed);
    }
    const auto end = header + name->size() + 4;
    if (datagram.size() < end) return fail(Fault::too_short, end);
    return DnsQuery{datagram.first(end), *name};
  }
  template <typename Temporary>
    requires(!std::ranges::borrowed_range<Temporary>)
  static void parse(Temporary&&) = delete;

  [[nodiscard]] constexpr std::uint16_t identifier() const noexcept {
    return load<std::uint16_t>(data_, 0);
  }
  [[nodiscard]] constexpr DnsOpcode opcode() const noexcept {
    return DnsOpcode{static_cast<std::uint8_t>((data_[2] >> 3) & 15)};
  }
  [[nodiscard]] constexpr bool recursion_desired() const noexcept {
    return (load<std::uint16_t>(data_, 2) & detail::dns_recursion_desired) != 0;
  }
  [[nodiscard]] constexpr const DnsName& name() const noexcept { return name_; }
  [[nodiscard]] constexpr DnsType type() const noexcept {
    return DnsType{load<std::uint16_t>(data_, data_.size() - 4)};
  }
  [[nodiscard]] constexpr DnsClass name_class() const noexcept {
    return DnsClass{load<std::uint16_t>(data_, data_.size() - 2)};
  }
  // Header and question as they came: a name's capitals are part of what a resolver compares.
  [[nodiscard]] constexpr Bytes octets() const noexcept { return data_; }

 private:
  constexpr DnsQuery(Bytes data, const DnsName& name) noexcept : data_{data}, name_{name} {}

  Bytes data_;
  DnsName name_;
};

// Writes a response into the caller's buffer, record by record. What does not fit, and what comes
// after it, is left out, and the response says so (TC): the resolver asks again over TCP.
class DnsResponseWriter {
 public:
  // What every resolver takes over UDP (RFC 1035 section 4.2.1).
  static constexpr std::size_t usual_room = 512;

  // Preconditions: `room` has at least query.octets().size() octets, which are never more than 271;
  // it is not where the query lies.
  constexpr DnsResponseWriter(MutableBytes room, const DnsQuery& query) noexcept
      : room_{room}, query_{query}, size_{query.octets().size()} {}

  // An A or AAAA record.
  constexpr DnsResponseWriter& address(const DnsName& owner, const Address& address,
                                       std::uint32_t ttl_s) noexcept {
    return record(owner, address.is_v4() ? DnsType::a : DnsType::aaaa, ttl_s, address.octets());
  }
  // A PTR record, or another whose data are one name.
  constexpr DnsResponseWriter& name(const DnsName& owner, const DnsName& target,
                                    std::uint32_t ttl_s, DnsType type = DnsType::ptr) noexcept {
    return record(owner, type, ttl_s, target.octets());
  }
  // Any record (RFC 1035 section 4.1.3). The question's name is pointed to (section 4.1.4), so an
  // answer has the capitals of its question.
  constexpr DnsResponseWriter& record(const DnsName& owner, DnsType type, std::uint32_t ttl_s,
                                      Bytes data) noexcept {
    constexpr std::uint16_t question = 0xc000 | detail::dns_header_size;
    const bool asked = owner == query_.name();
    const auto owner_size = asked ? sizeof question : owner.size();
    const auto size = owner_size + 10 + data.size();
    if (overflowed_ || data.size() > 0xffff || size > room_.size() - size_ || answers_ == 0xffff) {
      overflowed_ = true;
      return *this;
    }
    if (asked)
      store(room_, size_, question);
    else
      owner.emit(room_.subspan(size_));
    const auto rest = room_.subspan(size_ + owner_size);
    store(rest, 0, static_cast<std::uint16_t>(type));
    store(rest, 2, static_cast<std::uint16_t>(DnsClass::internet));
    store(rest, 4, ttl_s);
    store(rest, 8, static_cast<std::uint16_t>(data.size()));
    std::ranges::copy(data, rest.subspan(10).begin());
    size_ += size;
    ++answers_;
    return *this;
  }

  // Writes the header and the question and gives the whole response. It is authoritative (AA) if it
  // says what a name has or that there is no such name.
  [[nodiscard]] constexpr Bytes finish(DnsRcode rcode = DnsRcode::no_error) noexcept {
    const bool authoritative = rcode == DnsRcode::no_error || rcode == DnsRcode::name_error;
    const auto more = (authoritative ? detail::dns_authoritative : 0U) |
                      (overflowed_ ? detail::dns_truncated : 0U);
    std::ranges::copy(query_.octets(), room_.begin());
    detail::emit_dns_header(room_, query_.octets(), static_cast<std::uint16_t>(more), rcode);
    store<std::uint16_t>(room_, 4, 1);
    store(room_, 6, answers_);
    return room_.first(size_);
  }
  [[nodiscard]] constexpr bool overflowed() const noexcept { return overflowed_; }

 private:
  MutableBytes room_;
  DnsQuery query_;
  std::size_t size_;
  std::uint16_t answers_ = 0;
  bool overflowed_ = false;
};

// The twelve octets that answer what DnsQuery::parse() refuses; nothing for what must not be
// answered, which is a response or has no header. Precondition: `room` has twelve octets.
[[nodiscard]] constexpr Bytes refuse_dns(MutableBytes room, Bytes datagram,
                                         DnsRcode rcode = DnsRcode::format_error) noexcept {
  if (datagram.size() < detail::dns_header_size) return {};
  if ((load<std::uint16_t>(datagram, 2) & detail::dns_response) != 0) return {};
  detail::emit_dns_header(room, datagram, 0, rcode);
  return room.first(detail::dns_header_size);
}

}  // namespace sonda::inline v0
