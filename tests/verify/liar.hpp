// One who changes what an honest run told, or what a capture of it shows.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <sonda/verify/report.hpp>
#include <sonda/wire/checksum.hpp>

#include "../support/virtual_run.hpp"

namespace sonda::test {

struct Lie {
  std::string_view name{};
  std::function<VirtualRun()> honest{};
  std::function<void(VirtualRun&)> plant{};
  verify::Claim claim{};
  std::string_view fault{};
  // What else is said with good reason, as words of faults.hpp.
  std::vector<std::string_view> also{};
  friend std::ostream& operator<<(std::ostream& out, const Lie& lie) { return out << lie.name; }
};

// --------------------------------------------------------------------------------- in the events

// The n-th event of that kind, from 0.
template <typename Kind>
[[nodiscard]] std::size_t place_of(const VirtualRun& run, std::size_t n = 0) {
  for (std::size_t i = 0; i < run.events.size(); ++i)
    if (std::holds_alternative<Kind>(run.events[i].occurrence.event.what) && n-- == 0) return i;
  throw std::logic_error{"the honest run has no such event"};
}
template <typename Kind>
[[nodiscard]] Kind& event_of(VirtualRun& run, std::size_t n = 0) {
  return std::get<Kind>(run.events[place_of<Kind>(run, n)].occurrence.event.what);
}
template <typename Kind>
[[nodiscard]] Occurrence& occurrence_of(VirtualRun& run, std::size_t n = 0) {
  return run.events[place_of<Kind>(run, n)].occurrence;
}
template <typename Kind>
void drop_event(VirtualRun& run, std::size_t n = 0) {
  run.events.erase(run.events.begin() + static_cast<std::ptrdiff_t>(place_of<Kind>(run, n)));
}
inline void insert_event(VirtualRun& run, std::size_t at, Happening what, std::int64_t unix_ns) {
  run.events.insert(
      run.events.begin() + static_cast<std::ptrdiff_t>(at),
      {run.events[0].context, {.event = {Instant{}, std::move(what)}, .unix_ns = unix_ns}});
}
// An event of that kind again, directly behind it.
template <typename Kind>
void repeat_event(VirtualRun& run, std::size_t n = 0) {
  const auto at = place_of<Kind>(run, n);
  const auto copy = run.events[at];
  run.events.insert(run.events.begin() + static_cast<std::ptrdiff_t>(at) + 1, copy);
}

// Reckons the summary anew from the RTTs that are told, so that only the lie itself is wrong.
void add_up(VirtualRun& run);

// --------------------------------------------------------------------------------- in the frames

inline bool is_v4(const VirtualFrame& frame) { return frame.octets[0] >> 4 == 4; }
inline std::size_t icmp_at(const VirtualFrame& frame) { return is_v4(frame) ? 20 : 40; }

// The n-th frame whose ICMP type is `type`, from 0.
[[nodiscard]] inline VirtualFrame& frame_of(VirtualRun& run, std::uint8_t type, std::size_t n = 0) {
  for (auto& frame : run.frames)
    if (!frame.arp && frame.octets[icmp_at(frame)] == type && n-- == 0) return frame;
  throw std::logic_error{"the honest run has no such frame"};
}
// Both checksums right again.
inline void sum_up(VirtualFrame& frame) {
  auto& octets = frame.octets;
  const auto at = icmp_at(frame);
  const auto message = MutableBytes{octets}.subspan(at);
  store<std::uint16_t>(message, 2, 0);
  Checksum sum;
  if (is_v4(frame)) {
    store<std::uint16_t>(octets, 10, 0);
    store(MutableBytes{octets}, 10, Checksum{}.add(Bytes{octets}.first(20)).finish());
  } else {
    sum.add_pseudo_header(Ipv6Address::from_wire(octets, 8), Ipv6Address::from_wire(octets, 24),
                          Protocol::icmpv6, message.size());
  }
  store(message, 2, sum.add(message).finish());
}
// As above, of a segment without options in the IP header.
inline void sum_up_segment(VirtualFrame& frame) {
  auto& octets = frame.octets;
  const auto at = icmp_at(frame);
  const auto segment = MutableBytes{octets}.subspan(at);
  store<std::uint16_t>(segment, 16, 0);
  const bool v4 = is_v4(frame);
  const auto from =
      v4 ? Address{Ipv4Address::from_wire(octets, 12)} : Address{Ipv6Address::from_wire(octets, 8)};
  const auto to = v4 ? Address{Ipv4Address::from_wire(octets, 16)}
                     : Address{Ipv6Address::from_wire(octets, 24)};
  store(
      segment, 16,
      Checksum{}.add_pseudo_header(from, to, Protocol::tcp, segment.size()).add(segment).finish());
}
// Takes it out; those behind are numbered anew, in the events as well.
void drop_frame(VirtualRun& run, std::uint64_t number);
void insert_frame(VirtualRun& run, std::size_t at, VirtualFrame frame);

}  // namespace sonda::test
