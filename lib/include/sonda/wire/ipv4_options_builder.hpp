// The IPv4 options that we mean to send, put together in 40 octets.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/ipv4_options.hpp>

namespace sonda::inline v0 {

//   Ipv4OptionsBuilder options;
//   options.record_route(9);
//   const Ipv4Header ip{…, .options = *options.build()};
class Ipv4OptionsBuilder {
 public:
  // Room for `slots` routers, at most nine.
  constexpr Ipv4OptionsBuilder& record_route(std::size_t slots) noexcept {
    return begin(Ipv4OptionType::record_route, 3 + 4 * slots).put(4).put_zeros(4 * slots);
  }
  // `route` holds what follows the header's destination, which is the first hop: the further
  // hops and, last, where the packet is to arrive.
  constexpr Ipv4OptionsBuilder& loose_source_route(std::span<const Ipv4Address> route) noexcept {
    return source_route(Ipv4OptionType::loose_source_route, route);
  }
  constexpr Ipv4OptionsBuilder& strict_source_route(std::span<const Ipv4Address> route) noexcept {
    return source_route(Ipv4OptionType::strict_source_route, route);
  }
  // Room for the times of `slots` routers, at most nine.
  constexpr Ipv4OptionsBuilder& timestamp(std::size_t slots) noexcept {
    return begin_timestamp(TimestampForm::time_only, 4 * slots).put_zeros(4 * slots);
  }
  // Room for the addresses and times of `slots` routers, at most four.
  constexpr Ipv4OptionsBuilder& timestamp_with_address(std::size_t slots) noexcept {
    return begin_timestamp(TimestampForm::address_and_time, 8 * slots).put_zeros(8 * slots);
  }
  // Asks these routers, in this order, for their times; at most four.
  constexpr Ipv4OptionsBuilder& timestamp_of(std::span<const Ipv4Address> routers) noexcept {
    begin_timestamp(TimestampForm::prespecified, 8 * routers.size());
    for (const auto router : routers) put_address(router).put_zeros(4);
    return *this;
  }
  constexpr Ipv4OptionsBuilder& router_alert(std::uint16_t value = 0) noexcept {
    return begin(Ipv4OptionType::router_alert, 4).put16(value);
  }
  constexpr Ipv4OptionsBuilder& stream_id(std::uint16_t value) noexcept {
    return begin(Ipv4OptionType::stream_id, 4).put16(value);
  }
  constexpr Ipv4OptionsBuilder& no_operation() noexcept {
    return put(static_cast<std::uint8_t>(Ipv4OptionType::no_operation));
  }
  // Any option: its type, its length, these octets.
  constexpr Ipv4OptionsBuilder& add(Ipv4OptionType type, Bytes data) noexcept {
    begin(type, 2 + data.size());
    for (const auto octet : data) put(octet);
    return *this;
  }

  // All of them, ended and padded to a multiple of four octets; they live as long as the builder.
  // too_many if they do not fit into 40 octets.
  [[nodiscard]] constexpr Parsed<Bytes> build() const& noexcept {
    if (size_ > octets_.size())
      return parse_fault(Layer::ipv4_option, Fault::too_many, octets_.size(), size_);
    return Bytes{octets_}.first((size_ + 3) / 4 * 4);
  }
  constexpr Parsed<Bytes> build() const&& = delete;

 private:
  constexpr Ipv4OptionsBuilder& begin(Ipv4OptionType type, std::size_t length) noexcept {
    return put(static_cast<std::uint8_t>(type)).put(static_cast<std::uint8_t>(length));
  }
  constexpr Ipv4OptionsBuilder& begin_timestamp(TimestampForm form, std::size_t room) noexcept {
    return begin(Ipv4OptionType::timestamp, 4 + room).put(5).put(static_cast<std::uint8_t>(form));
  }
  constexpr Ipv4OptionsBuilder& source_route(Ipv4OptionType type,
                                             std::span<const Ipv4Address> route) noexcept {
    begin(type, 3 + 4 * route.size()).put(4);
    for (const auto hop : route) put_address(hop);
    return *this;
  }
  constexpr Ipv4OptionsBuilder& put_address(Ipv4Address address) noexcept {
    for (const auto octet : address.octets()) put(octet);
    return *this;
  }
  constexpr Ipv4OptionsBuilder& put_zeros(std::size_t count) noexcept {
    size_ += count;  // the octets are zero from the start
    return *this;
  }
  constexpr Ipv4OptionsBuilder& put16(std::uint16_t value) noexcept {
    return put(static_cast<std::uint8_t>(value >> 8)).put(static_cast<std::uint8_t>(value));
  }
  constexpr Ipv4OptionsBuilder& put(std::uint8_t octet) noexcept {
    if (size_ < octets_.size()) octets_[size_] = octet;
    ++size_;
    return *this;
  }

  std::array<std::uint8_t, Ipv4Options::max_size> octets_{};
  std::size_t size_ = 0;  // beyond the octets if they were too few
};

}  // namespace sonda::inline v0
