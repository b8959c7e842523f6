// Events as JSON Lines, one object each, and back. docs/schema is the contract.
#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include <sonda/event/event.hpp>

namespace sonda::inline v0::record {

// What every object of a run repeats.
struct RunContext {
  std::string tool{};    // "ping"
  std::string target{};  // as typed; made printable when it is written
  Address address{};
  friend bool operator==(const RunContext&, const RunContext&) = default;
};

// One object, without the line's end. Valid UTF-8 whatever the event holds.
[[nodiscard]] std::string to_json(const Occurrence& occurrence, const RunContext& context);

struct RecordedEvent {
  RunContext context{};
  Occurrence occurrence{};  // Event::at is not recorded: it is zero
};

// The event of one line; or one sentence that says what is wrong with it.
[[nodiscard]] std::expected<RecordedEvent, std::string> from_json(std::string_view line);

// RFC 3339, UTC, nine decimals: "2026-03-01T12:00:00.000000001Z".
[[nodiscard]] std::string to_rfc3339(std::int64_t unix_ns);
[[nodiscard]] std::expected<std::int64_t, std::string> from_rfc3339(std::string_view text);

}  // namespace sonda::inline v0::record
