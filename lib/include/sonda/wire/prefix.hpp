// Sets of neighbouring addresses: CIDR prefixes and ranges, walked without a table.
#pragma once
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string_view>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/address_text.hpp>

namespace sonda::inline v0 {

namespace detail {

// An address as a number of up to 128 bits.
struct AddressNumber {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  [[nodiscard]] static constexpr AddressNumber of(const Address& address) noexcept {
    if (address.is_v4()) return {0, address.v4().number()};
    const auto octets = address.v6().octets();
    return {load<std::uint64_t>(Bytes{octets}, 0), load<std::uint64_t>(Bytes{octets}, 8)};
  }
  // In the version and the zone of `like`.
  [[nodiscard]] constexpr Address address(const Address& like) const noexcept {
    if (like.is_v4()) return Ipv4Address::from_number(static_cast<std::uint32_t>(low));
    std::array<std::uint8_t, 16> octets{};
    store(MutableBytes{octets}, 0, high);
    store(MutableBytes{octets}, 8, low);
    return {Ipv6Address{octets}, like.zone()};
  }
  [[nodiscard]] constexpr AddressNumber plus(std::uint64_t step) const noexcept {
    return {high + (low + step < low ? 1U : 0U), low + step};
  }
  [[nodiscard]] constexpr AddressNumber minus(const AddressNumber& other) const noexcept {
    return {high - other.high - (low < other.low ? 1U : 0U), low - other.low};
  }
  // The lowest `bits` bits set, of at most 128.
  [[nodiscard]] static constexpr AddressNumber ones(unsigned bits) noexcept {
    constexpr auto all = std::numeric_limits<std::uint64_t>::max();
    return {bits > 64 ? all >> (128 - bits) : 0, bits >= 64 ? all : (std::uint64_t{1} << bits) - 1};
  }
  friend constexpr auto operator<=>(const AddressNumber&, const AddressNumber&) = default;
};

}  // namespace detail

// All addresses from `first` to `last`, both included, of one version and one zone.
class AddressRange {
 public:
  class Iterator {
   public:
    using value_type = Address;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::forward_iterator_tag;

    constexpr Iterator() = default;
    [[nodiscard]] constexpr Address operator*() const noexcept { return at_; }
    constexpr Iterator& operator++() noexcept {
      done_ = at_ == last_;  // not at_ > last_: behind 255.255.255.255 comes nothing
      if (!done_) at_ = detail::AddressNumber::of(at_).plus(1).address(at_);
      return *this;
    }
    constexpr Iterator operator++(int) noexcept {
      const auto before = *this;
      ++*this;
      return before;
    }
    friend constexpr bool operator==(const Iterator&, const Iterator&) = default;
    friend constexpr bool operator==(const Iterator& i, std::default_sentinel_t) noexcept {
      return i.done_;
    }

   private:
    friend AddressRange;
    constexpr Iterator(const Address& at, const Address& last) noexcept
        : at_{at}, last_{last}, done_{false} {}

    Address at_{}, last_{};
    bool done_ = true;
  };

  constexpr AddressRange(const Address& only) noexcept  // NOLINT: one address is a range of one
      : first_{only}, last_{only} {}
  // bad_value if the two differ in version or zone, or if the last comes before the first.
  [[nodiscard]] static constexpr Parsed<AddressRange> between(const Address& first,
                                                              const Address& last) noexcept {
    if (first.is_v4() != last.is_v4() || first.zone() != last.zone() || last < first)
      return parse_fault(Layer::address, Fault::bad_value, 0, 0);
    return AddressRange{first, last};
  }
  // "10.0.0.1", "10.0.0.0/24", "10.0.0.1-10.0.0.20", "10.0.0.1-20" (the last octet), and likewise
  // "2001:db8::1-2001:db8::ff", "2001:db8::1-ff" (the last group). A zone stands at the first
  // address, and the last is then written in full: "-ff" would be part of the zone.
  [[nodiscard]] static constexpr Parsed<AddressRange> parse(std::string_view text) noexcept;

  [[nodiscard]] constexpr const Address& first() const noexcept { return first_; }
  [[nodiscard]] constexpr const Address& last() const noexcept { return last_; }
  // How many addresses; 2^64 - 1 if there are that many or more.
  [[nodiscard]] constexpr std::uint64_t size() const noexcept {
    const auto steps = detail::AddressNumber::of(last_).minus(detail::AddressNumber::of(first_));
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    return steps.high != 0 || steps.low == most ? most : steps.low + 1;
  }
  // Precondition: i < size().
  [[nodiscard]] constexpr Address operator[](std::uint64_t i) const noexcept {
    return detail::AddressNumber::of(first_).plus(i).address(first_);
  }
  // Zones count only where the range has one.
  [[nodiscard]] constexpr bool contains(const Address& address) const noexcept {
    const auto plain = first_.zone().empty() ? address.without_zone() : address;
    return plain.is_v4() == first_.is_v4() && plain.zone() == first_.zone() && first_ <= plain &&
           plain <= last_;
  }
  [[nodiscard]] constexpr Iterator begin() const noexcept { return {first_, last_}; }
  [[nodiscard]] static constexpr std::default_sentinel_t end() noexcept { return {}; }

  friend constexpr bool operator==(const AddressRange&, const AddressRange&) = default;

 private:
  friend class Prefix;
  constexpr AddressRange(const Address& first, const Address& last) noexcept
      : first_{first}, last_{last} {}

  Address first_, last_;
};

// The addresses that share their first `length` bits (RFC 4632; RFC 4291 2.3).
class Prefix {
 public:
  // The prefix that `address` lies in; its bits behind `length` are forgotten. A length beyond
  // the address's bits means all of them.
  constexpr Prefix(const Address& address, unsigned length) noexcept
      : length_{static_cast<std::uint8_t>(length < bits(address) ? length : bits(address))} {
    const auto host = detail::AddressNumber::ones(bits(address) - length_);
    const auto number = detail::AddressNumber::of(address);
    first_ =
        detail::AddressNumber{number.high & ~host.high, number.low & ~host.low}.address(address);
  }
  // "10.0.0.0/8", "fe80::%eth0/64"; an address alone is a prefix of all its bits.
  [[nodiscard]] static constexpr Parsed<Prefix> parse(std::string_view text) noexcept {
    const auto slash = text.rfind('/');
    const auto address = Address::parse(text.substr(0, slash));
    if (!address) return std::unexpected{address.error()};
    if (slash == std::string_view::npos) return Prefix{*address, bits(*address)};
    const auto length = detail::parse_decimal(text.substr(slash + 1), bits(*address));
    if (!length) return std::unexpected{length.error()};
    return Prefix{*address, *length};
  }

  [[nodiscard]] constexpr unsigned length() const noexcept { return length_; }
  [[nodiscard]] constexpr const Address& first() const noexcept { return first_; }
  [[nodiscard]] constexpr Address last() const noexcept {
    const auto host = detail::AddressNumber::ones(bits(first_) - length_);
    const auto number = detail::AddressNumber::of(first_);
    return detail::AddressNumber{number.high | host.high, number.low | host.low}.address(first_);
  }
  [[nodiscard]] constexpr AddressRange addresses() const noexcept { return {first_, last()}; }
  // Without an IPv4 network's own address and its broadcast address; a /31 has neither (RFC 3021).
  [[nodiscard]] constexpr AddressRange hosts() const noexcept {
    const auto all = addresses();
    return first_.is_v4() && length_ < 31 ? AddressRange{all[1], all[all.size() - 2]} : all;
  }
  // How many addresses; 2^64 - 1 if there are that many or more.
  [[nodiscard]] constexpr std::uint64_t size() const noexcept { return addresses().size(); }
  [[nodiscard]] constexpr bool contains(const Address& address) const noexcept {
    return addresses().contains(address);
  }

  friend constexpr bool operator==(const Prefix&, const Prefix&) = default;

 private:
  static constexpr unsigned bits(const Address& address) noexcept {
    return address.is_v4() ? 32 : 128;
  }

  std::uint8_t length_ = 0;
  Address first_{};
};

constexpr Parsed<AddressRange> AddressRange::parse(std::string_view text) noexcept {
  if (text.find('/') != std::string_view::npos) {
    const auto prefix = Prefix::parse(text);
    if (!prefix) return std::unexpected{prefix.error()};
    return prefix->addresses();
  }
  // An interface's name may hold a dash, so the one that counts is the last: "fe80::1%br-lan"
  // is one address if it reads as one.
  const auto whole = Address::parse(text);
  const auto dash = text.rfind('-');
  if (whole) return AddressRange{*whole};
  if (dash == std::string_view::npos) return std::unexpected{whole.error()};

  const auto first = Address::parse(text.substr(0, dash));
  if (!first) return std::unexpected{first.error()};
  const auto rest = text.substr(dash + 1);
  if (const auto last = Address::parse(rest))
    return between(*first, last->with_zone(first->zone()));

  auto number = detail::AddressNumber::of(*first);
  const auto tail = first->is_v4() ? detail::parse_decimal(rest, 255) : detail::parse_group(rest);
  if (!tail) return std::unexpected{tail.error()};
  number.low = (number.low & ~(first->is_v4() ? std::uint64_t{0xff} : 0xffff)) | *tail;
  return between(*first, number.address(*first));
}

// "10.0.0.0/8", "fe80::%eth0/64".
[[nodiscard]] constexpr AddressText to_text(const Prefix& prefix) noexcept {
  auto text = to_text(prefix.first());
  return text.append("/").append_decimal(prefix.length());
}

}  // namespace sonda::inline v0
