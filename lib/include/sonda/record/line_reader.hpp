// Line after line of a long run: the two events that most lines are, in a twentieth of the time.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include <sonda/record/json_lines.hpp>

namespace sonda::inline v0::record {

// `sent` and `reply` exactly as to_json() writes them are read by a scanner of their layout; every
// other line, however little it differs, by from_json(), which both agree with. Nothing is
// allocated for a line that the scanner knows.
class LineReader {
 public:
  // The event of one line, until the next call; null: error() says what is wrong with it.
  [[nodiscard]] const RecordedEvent* read(std::string_view line);
  [[nodiscard]] const std::string& error() const noexcept { return error_; }
  // Of the lines so far, how many the scanner read.
  [[nodiscard]] std::uint64_t scanned() const noexcept { return scanned_; }

 private:
  class Scanner;
  struct KnownAddress {
    std::string text{};
    Address address{};
  };

  RecordedEvent sent_{.context = {}, .occurrence = {.event = {Instant{}, Sent{}}}};
  RecordedEvent reply_{.context = {}, .occurrence = {.event = {Instant{}, Reply{}}}};
  RecordedEvent other_{};
  KnownAddress target_{}, from_{};  // as read last: most lines name the same
  std::string minute_{};            // of the time read last, as text
  std::int64_t minute_ns_ = 0;
  std::string error_;
  std::uint64_t scanned_ = 0;
};

}  // namespace sonda::inline v0::record
