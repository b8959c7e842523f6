// IPv4 options: a bounded walk over somebody else's, the known ones by name.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <string_view>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0 {

enum class Ipv4OptionType : std::uint8_t {
  end = 0,                    // RFC 791; what follows it is padding
  no_operation = 1,           // RFC 791
  record_route = 7,           // RFC 791
  experimental_mtu = 11,      // RFC 1063, obsolete
  mtu_reply = 12,             // RFC 1063, obsolete
  quick_start = 25,           // RFC 4782
  timestamp = 68,             // RFC 791
  traceroute = 82,            // RFC 1393, obsolete
  security = 130,             // RFC 1108
  loose_source_route = 131,   // RFC 791
  extended_security = 133,    // RFC 1108
  commercial_security = 134,  // CIPSO
  stream_id = 136,            // RFC 791, obsolete
  strict_source_route = 137,  // RFC 791
  router_alert = 148          // RFC 2113
};

// Empty for a type that has no name here.
[[nodiscard]] constexpr std::string_view name(Ipv4OptionType type) noexcept {
  switch (type) {
    case Ipv4OptionType::end:
      return "end of options";
    case Ipv4OptionType::no_operation:
      return "no operation";
    case Ipv4OptionType::record_route:
      return "record route";
    case Ipv4OptionType::experimental_mtu:
      return "MTU probe";
    case Ipv4OptionType::mtu_reply:
      return "MTU reply";
    case Ipv4OptionType::quick_start:
      return "quick start";
    case Ipv4OptionType::timestamp:
      return "timestamp";
    case Ipv4OptionType::traceroute:
      return "traceroute";
    case Ipv4OptionType::security:
      return "security";
    case Ipv4OptionType::loose_source_route:
      return "loose source route";
    case Ipv4OptionType::extended_security:
      return "extended security";
    case Ipv4OptionType::commercial_security:
      return "commercial security";
    case Ipv4OptionType::stream_id:
      return "stream identifier";
    case Ipv4OptionType::strict_source_route:
      return "strict source route";
    case Ipv4OptionType::router_alert:
      return "router alert";
  }
  return {};
}

// RFC 791 3.1: an option is its type alone (end, no operation) or
//
//   +--------+--------+--------
//   |  type  | length |  data …        length counts all of it
//   +--------+--------+--------
//
// and its type is |copied|class|  number  |: 1, 2 and 5 bits.
class Ipv4Option {
 public:
  [[nodiscard]] constexpr Ipv4OptionType type() const noexcept {
    return Ipv4OptionType{octets_[0]};
  }
  // In every fragment, not only in the first.
  [[nodiscard]] constexpr bool copied() const noexcept { return (octets_[0] & 0x80) != 0; }
  // Type and length included.
  [[nodiscard]] constexpr Bytes octets() const noexcept { return octets_; }
  [[nodiscard]] constexpr Bytes data() const noexcept {
    return octets_.subspan(std::min<std::size_t>(octets_.size(), 2));
  }

 private:
  friend class Ipv4Options;
  constexpr explicit Ipv4Option(Bytes octets) noexcept : octets_{octets} {}

  Bytes octets_;
};

// The options of one header, in their order, without the end and the padding behind it.
class Ipv4Options {
 public:
  static constexpr std::size_t max_size = 40;

  class Iterator {
   public:
    using value_type = Ipv4Option;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::forward_iterator_tag;

    constexpr Iterator() = default;
    [[nodiscard]] constexpr Ipv4Option operator*() const noexcept {
      return Ipv4Option{left_.first(option_size(left_))};
    }
    constexpr Iterator& operator++() noexcept {
      left_ = left_.subspan(option_size(left_));
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
    friend Ipv4Options;
    constexpr explicit Iterator(Bytes left) noexcept : left_{left} {}

    Bytes left_;  // what Ipv4Options has checked, so each option lies within it
  };

  // The options part of a header, as Ipv4View::options() gives it.
  [[nodiscard]] static constexpr Parsed<Ipv4Options> parse(Bytes options) noexcept {
    if (options.size() > max_size)
      return parse_fault(Layer::ipv4_option, Fault::too_many, max_size, options.size());
    const auto all = parse_quoted(options);
    if (!all.malformed()) return all;
    const auto rest = options.subspan(all.octets_.size());
    if (rest.size() < 2) return parse_fault(Layer::ipv4_option, Fault::too_short, 2, rest.size());
    if (rest[1] < 2) return parse_fault(Layer::ipv4_option, Fault::bad_length, 2, rest.size());
    return parse_fault(Layer::ipv4_option, Fault::too_short, rest[1], rest.size());
  }
  // The options up to the first that contradicts itself; malformed() says whether there was one.
  [[nodiscard]] static constexpr Ipv4Options parse_quoted(Bytes options) noexcept {
    const auto most = options.first(std::min(options.size(), max_size));
    std::size_t at = 0;
    while (at < most.size() && most[at] != 0) {
      const auto size = option_size(most.subspan(at));
      if (size == 0) return Ipv4Options{most.first(at), true};
      at += size;
    }
    return Ipv4Options{most.first(at), false};
  }

  template <typename Temporary>
    requires(!std::ranges::borrowed_range<Temporary>)
  static void parse(Temporary&&) = delete;
  template <typename Temporary>
    requires(!std::ranges::borrowed_range<Temporary>)
  static void parse_quoted(Temporary&&) = delete;

  [[nodiscard]] constexpr bool malformed() const noexcept { return malformed_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return octets_.empty(); }
  // The octets of all options together, without the padding.
  [[nodiscard]] constexpr Bytes octets() const noexcept { return octets_; }
  [[nodiscard]] constexpr Iterator begin() const noexcept { return Iterator{octets_}; }
  [[nodiscard]] static constexpr std::default_sentinel_t end() noexcept { return {}; }

 private:
  constexpr Ipv4Options(Bytes octets, bool malformed) noexcept
      : octets_{octets}, malformed_{malformed} {}

  // Of the option that `left` begins with; 0 if it does not lie within `left`.
  static constexpr std::size_t option_size(Bytes left) noexcept {
    if (left[0] == static_cast<std::uint8_t>(Ipv4OptionType::no_operation)) return 1;
    if (left.size() < 2 || left[1] < 2 || left[1] > left.size()) return 0;
    return left[1];
  }

  Bytes octets_;
  bool malformed_;
};

// Record route, loose and strict source route (RFC 791 3.1):
//
//   +--------+--------+--------+---------//--------+
//   |  type  | length | pointer|     route data    |
//   +--------+--------+--------+---------//--------+
class RouteOption {
 public:
  [[nodiscard]] static constexpr Parsed<RouteOption> parse(Ipv4Option option) noexcept {
    const auto octets = option.octets();
    if (option.type() != Ipv4OptionType::record_route &&
        option.type() != Ipv4OptionType::loose_source_route &&
        option.type() != Ipv4OptionType::strict_source_route)
      return parse_fault(Layer::ipv4_option, Fault::bad_type, 0, octets.size());
    if (octets.size() < 3)
      return parse_fault(Layer::ipv4_option, Fault::too_short, 3, octets.size());
    if (octets[2] < 4) return parse_fault(Layer::ipv4_option, Fault::bad_value, 4, octets.size());
    return RouteOption{octets};
  }

  [[nodiscard]] constexpr Ipv4OptionType type() const noexcept {
    return Ipv4OptionType{octets_[0]};
  }
  // How many addresses the option has room for.
  [[nodiscard]] constexpr std::size_t slots() const noexcept { return (octets_.size() - 3) / 4; }
  // How many of them routers have filled in or, in a source route, used up: those before the
  // pointer.
  [[nodiscard]] constexpr std::size_t visited() const noexcept {
    return std::min<std::size_t>((octets_[2] - 4U) / 4U, slots());
  }
  // Precondition: i < slots(). Behind visited(), record route holds nothing yet and a source
  // route what is still ahead.
  [[nodiscard]] constexpr Ipv4Address address(std::size_t i) const noexcept {
    return Ipv4Address::from_wire(octets_, 3 + 4 * i);
  }
  [[nodiscard]] constexpr bool full() const noexcept { return octets_[2] > octets_.size(); }

 private:
  constexpr explicit RouteOption(Bytes octets) noexcept : octets_{octets} {}

  Bytes octets_;
};

enum class TimestampForm : std::uint8_t {
  time_only = 0,
  address_and_time = 1,  // each router writes its address and the time
  prespecified = 3       // a router writes the time if the next address is its own
};

// Internet timestamp (RFC 791 3.1):
//
//   +--------+--------+--------+--------+
//   |01000100| length | pointer|oflw|flg|
//   +--------+--------+--------+--------+
//   |         internet address          |     not in TimestampForm::time_only
//   +--------+--------+--------+--------+
//   |             timestamp             |
//   +--------+--------+--------+--------+
class TimestampOption {
 public:
  struct Entry {
    Ipv4Address address{};   // 0.0.0.0 in TimestampForm::time_only
    std::uint32_t time = 0;  // milliseconds since midnight UT, if `standard`
    bool standard = true;    // the high bit says that it counts something else
    friend constexpr bool operator==(const Entry&, const Entry&) = default;
  };

  [[nodiscard]] static constexpr Parsed<TimestampOption> parse(Ipv4Option option) noexcept {
    const auto octets = option.octets();
    const auto fail = [&octets](Fault fault, std::size_t needed) {
      return parse_fault(Layer::ipv4_option, fault, needed, octets.size());
    };
    if (option.type() != Ipv4OptionType::timestamp) return fail(Fault::bad_type, 0);
    if (octets.size() < 4) return fail(Fault::too_short, 4);
    if (octets[2] < 5) return fail(Fault::bad_value, 5);
    const auto form = octets[3] & 0x0f;
    if (form != 0 && form != 1 && form != 3) return fail(Fault::bad_value, 3);
    return TimestampOption{octets};
  }

  [[nodiscard]] constexpr TimestampForm form() const noexcept {
    return TimestampForm{static_cast<std::uint8_t>(octets_[3] & 0x0f)};
  }
  // Routers that found no room for their time; 15 means that many or more.
  [[nodiscard]] constexpr unsigned overflow() const noexcept { return octets_[3] >> 4U; }
  [[nodiscard]] constexpr std::size_t slots() const noexcept {
    return (octets_.size() - 4) / entry_size();
  }
  // How many entries hold a time: those before the pointer.
  [[nodiscard]] constexpr std::size_t recorded() const noexcept {
    return std::min((octets_[2] - std::size_t{5}) / entry_size(), slots());
  }
  // Precondition: i < slots(). Behind recorded(), only a prespecified address means anything.
  [[nodiscard]] constexpr Entry entry(std::size_t i) const noexcept {
    const auto at = 4 + entry_size() * i;
    Entry entry;
    if (entry_size() == 8) entry.address = Ipv4Address::from_wire(octets_, at);
    const auto time = load<std::uint32_t>(octets_, at + entry_size() - 4);
    entry.time = time & 0x7fff'ffff;
    entry.standard = time >> 31 == 0;
    return entry;
  }

 private:
  constexpr explicit TimestampOption(Bytes octets) noexcept : octets_{octets} {}
  [[nodiscard]] constexpr std::size_t entry_size() const noexcept {
    return form() == TimestampForm::time_only ? 4 : 8;
  }

  Bytes octets_;
};

// The 16-bit value of an option that has nothing else: router alert (0: every router looks at the
// packet, RFC 2113), stream identifier.
[[nodiscard]] constexpr Parsed<std::uint16_t> option_value(Ipv4Option option) noexcept {
  if (option.type() != Ipv4OptionType::router_alert && option.type() != Ipv4OptionType::stream_id)
    return parse_fault(Layer::ipv4_option, Fault::bad_type, 0, option.octets().size());
  if (option.octets().size() != 4)
    return parse_fault(Layer::ipv4_option, Fault::bad_length, 4, option.octets().size());
  return load<std::uint16_t>(option.octets(), 2);
}

}  // namespace sonda::inline v0
