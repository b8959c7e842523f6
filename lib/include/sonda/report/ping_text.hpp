// A ping for people: the lines they know, and below them what only Sonda can say.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <sonda/event/event.hpp>

namespace sonda::inline v0::report {

struct PingTextOptions {
  std::string target{};  // as typed
  Address address{};
  bool quiet = false;       // only the first line and the summary
  bool verbose = false;     // also what was lost, refused as foreign, or needs no attention
  bool timestamps = false;  // "[1700000000.123456] " before each line
  bool color = false;       // of words that say how it stands
  bool frames = false;      // "[frames 3 4]" behind a line: of the probe, and of what it tells
  std::string from{};       // " from 10.0.0.1 veth0:" in the first line; empty: not asked for
  std::vector<std::uint8_t> pattern{};  // of the data, if one was asked for
  std::size_t data_size = 56;
};

class PingText {
 public:
  explicit PingText(PingTextOptions options);

  // The lines that tell of this event, each with its end; often none.
  [[nodiscard]] std::string operator()(const Occurrence& occurrence);

 private:
  [[nodiscard]] std::string text(const Start& start);
  [[nodiscard]] std::string text(const Reply& reply);
  [[nodiscard]] std::string text(const IcmpError& error);
  [[nodiscard]] std::string text(const Lost& lost);
  [[nodiscard]] std::string text(const Outstanding& outstanding);
  [[nodiscard]] std::string text(const Foreign& foreign);
  [[nodiscard]] std::string text(const Corrupt& corrupt);
  [[nodiscard]] std::string text(const Refused& refused);
  [[nodiscard]] std::string text(const Change& change);
  [[nodiscard]] std::string text(const ClockStep& step);
  [[nodiscard]] std::string text(const Drops& drops);
  [[nodiscard]] std::string text(const PingSummary& summary);
  [[nodiscard]] std::string text(const Sent& sent);

  [[nodiscard]] std::string who(const Address& from, bool always_number = true);
  [[nodiscard]] std::string stamp() const;
  [[nodiscard]] std::string colored(const char* code, const std::string& word) const;
  [[nodiscard]] std::string details(const IcmpError& error) const;
  [[nodiscard]] std::string frames(std::optional<ProbeId> probe) const;
  [[nodiscard]] std::string with_frames(std::string line, std::optional<ProbeId> probe) const;
  [[nodiscard]] std::string in_words(const PingSummary& summary);
  [[nodiscard]] std::string about_lost_frames() const;

  using ErrorKey = std::tuple<Address, std::uint8_t, std::uint8_t>;

  PingTextOptions options_;
  std::string label_;  // how the target is called in reply lines
  std::map<Address, std::string> names_;
  std::set<ErrorKey> explained_;
  std::map<ProbeId, std::vector<std::uint64_t>> sent_in_;  // the last probes, where asked for
  std::uint64_t lost_frames_ = 0;                          // of the capture
  bool summed_up_ = false;
  const Occurrence* now_ = nullptr;
  bool datagram_ = false;
};

}  // namespace sonda::inline v0::report
