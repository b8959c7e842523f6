// The closed vocabularies of docs/schema, each word beside the value it stands for.
#pragma once
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <sonda/core/time.hpp>
#include <sonda/event/event.hpp>
#include <sonda/event/words.hpp>

namespace sonda::inline v0::record {

template <typename T, std::size_t n>
using Words = std::array<std::pair<T, std::string_view>, n>;

inline constexpr Words<StampClock, 3> clock_words{{{StampClock::kernel, "kernel"},
                                                   {StampClock::user, "user"},
                                                   {StampClock::simulated, "simulated"}}};
inline constexpr Words<DropPlace, 3> place_words{{{DropPlace::socket, "socket"},
                                                  {DropPlace::interface, "interface"},
                                                  {DropPlace::capture, "capture"}}};

inline constexpr Words<Protocol, 2> protocol_words{
    {{Protocol::tcp, "tcp"}, {Protocol::udp, "udp"}}};

template <typename T, std::size_t n>
[[nodiscard]] constexpr std::string_view word(const Words<T, n>& words, T value) {
  for (const auto& [known, text] : words)
    if (known == value) return text;
  return {};
}

template <typename T, std::size_t n>
[[nodiscard]] constexpr std::optional<T> value_of(const Words<T, n>& words, std::string_view text) {
  for (const auto& [value, known] : words)
    if (known == text) return value;
  return std::nullopt;
}

// The value of `event` for each kind of happening.
template <typename Event>
inline constexpr std::string_view event_word_of = {};
template <>
inline constexpr std::string_view event_word_of<Start> = "start";
template <>
inline constexpr std::string_view event_word_of<Sent> = "sent";
template <>
inline constexpr std::string_view event_word_of<Reply> = "reply";
template <>
inline constexpr std::string_view event_word_of<IcmpError> = "icmp_error";
template <>
inline constexpr std::string_view event_word_of<Lost> = "lost";
template <>
inline constexpr std::string_view event_word_of<Outstanding> = "outstanding";
template <>
inline constexpr std::string_view event_word_of<Foreign> = "foreign";
template <>
inline constexpr std::string_view event_word_of<Corrupt> = "corrupt";
template <>
inline constexpr std::string_view event_word_of<Refused> = "refused";
template <>
inline constexpr std::string_view event_word_of<Change> = "change";
template <>
inline constexpr std::string_view event_word_of<ClockStep> = "clock_step";
template <>
inline constexpr std::string_view event_word_of<Drops> = "drops";
template <>
inline constexpr std::string_view event_word_of<PingSummary> = "summary";

template <>
inline constexpr std::string_view event_word_of<PortResult> = "port";
template <>
inline constexpr std::string_view event_word_of<Notice> = "notice";
template <>
inline constexpr std::string_view event_word_of<ScanSummary> = "summary";

// Whether a tool's runs hold such events.
template <typename Event>
[[nodiscard]] constexpr bool belongs_to(std::string_view tool) {
  constexpr auto any_of = []<typename... Kinds>(std::type_identity<Kinds>...) {
    return (std::is_same_v<Event, Kinds> || ...);
  };
  const bool scan = tool == "tcp" || tool == "udp";
  if constexpr (any_of(std::type_identity<PortResult>{}, std::type_identity<Notice>{},
                       std::type_identity<ScanSummary>{}))
    return scan;
  else if constexpr (any_of(std::type_identity<Reply>{}, std::type_identity<IcmpError>{},
                            std::type_identity<Lost>{}, std::type_identity<Outstanding>{},
                            std::type_identity<Corrupt>{}, std::type_identity<PingSummary>{}))
    return !scan;
  else
    return true;
}

// The schema that a tool's events keep, with its version: docs/schema/ping.json is "sonda.ping/1".
[[nodiscard]] inline std::string schema_of(std::string_view tool) {
  return "sonda." + std::string{tool} + "/1";
}

}  // namespace sonda::inline v0::record
