// What a TCP scan's events claim: each held against those before it, and laid beside its port.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sonda/event/event.hpp>
#include <sonda/record/json_lines.hpp>

#include "tcp_case.hpp"

namespace sonda::inline v0::verify {

class TcpClaims {
 public:
  TcpClaims(TcpCase& shared, TcpPorts& ports) : tcp_{shared}, ports_{ports} {}

  void on_event(const record::RecordedEvent& event, std::uint64_t line);
  void finish();

  [[nodiscard]] std::uint64_t capture_drops() const { return capture_drops_; }
  // The scan was ended before every port had its event.
  [[nodiscard]] bool interrupted() const { return interrupted_; }

 private:
  struct Line {
    std::uint64_t number = 0;
    std::int64_t unix_ns = 0;
    const std::vector<std::uint64_t>& frames;
  };

  void on(const Start& event, const Line& line);
  void on(const Sent& event, const Line& line);
  void on(const PortResult& event, const Line& line);
  void on(const Foreign& event, const Line& line);
  void on(const ClockStep& event, const Line& line);
  void on(const Drops& event, const Line& line);
  void on(const ScanSummary& event, const Line& line);
  static void on(const auto&, const Line&) {}  // notices; of other tools no line reads as one

  void check_figures(const ScanSummary& event, const Line& line);
  [[nodiscard]] bool first_of(ProbeId probe);
  void accuse(Claim claim, std::string_view fault, std::string sentence, const Line& line);

  TcpCase& tcp_;
  TcpPorts& ports_;
  ScanSummary counted_{};
  std::uint64_t told_ = 0;                                    // ports of the plan
  std::unordered_map<std::uint64_t, std::uint64_t> numbers_;  // of ports that were told, by 64
  std::unordered_map<std::uint64_t, std::vector<Sha256Digest>> hashes_;  // of ports to be told
  std::uint64_t capture_drops_ = 0;
  std::optional<std::int64_t> last_ns_{};
  std::uint64_t summary_line_ = 0;
  bool interrupted_ = true;
};

}  // namespace sonda::inline v0::verify
