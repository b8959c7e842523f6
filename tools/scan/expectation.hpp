// What is expected of ports, and how what was found differs from it.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <sonda/event/event.hpp>
#include <sonda/probe/scan_space.hpp>

#include "scan/complaint.hpp"
#include "scan/targets.hpp"

namespace sonda::tools {

// "open"; "rejected by 10.0.0.1", "rejected-by 10.0.0.1".
struct ExpectedState {
  PortState state = PortState::open;
  std::optional<Address> by{};  // who is to have said so

  [[nodiscard]] bool holds(const PortResult& found) const;
  [[nodiscard]] std::string text() const;
};

// `text` may be more than one word. Nothing: its first word is no state. A complaint: it begins as
// one.
[[nodiscard]] Asked<std::optional<ExpectedState>> read_state(std::string_view text);

// Lines "HOST PORTS[/tcp] STATE [by ADDRESS]"; a line without HOST is about that of the line above;
// '#' to the end of the line is for people. Of two lines about one port the later one counts.
// docs/scan.md.
class Expectation {
 public:
  // Of every port that is asked.
  explicit Expectation(const ExpectedState& of_all) : of_all_{of_all} {}
  // The content of a file; its hosts and ports are added to `targets`. `name` stands in complaints.
  [[nodiscard]] static Asked<Expectation> read(std::string_view content, const std::string& name,
                                               Targets& targets);

  // All that it speaks of.
  [[nodiscard]] TargetSet hosts() const;
  // Of each result once; control ports are passed over.
  void take(const PortResult& port);
  // Whether it is expected of something to be known that was not taken, or taken and different.
  [[nodiscard]] bool expected(const Address& address, Port port) const;

  // How what was taken differs, "-" expected and "+" found, and a last line that counts. `asked`:
  // how many ports there were to ask.
  struct Outcome {
    bool holds = false;
    std::string text{};
  };
  [[nodiscard]] Outcome outcome(const ScanSpace& space, std::uint64_t asked) const;

 private:
  // So many differences stand in the text; more are counted.
  static constexpr std::size_t most_shown = 10'000;

  Expectation() = default;
  struct Line {
    TargetSet hosts;
    std::vector<Port> ports;
    ExpectedState state;
  };
  [[nodiscard]] const ExpectedState* of(const Address& address, Port port) const;
  void differ(const PortResult& found, const std::string& wanted);

  std::optional<ExpectedState> of_all_;
  std::vector<Line> lines_;
  struct Difference {
    std::string minus, plus;
  };
  std::map<std::pair<Address, Port>, Difference> differences_;
  std::uint64_t different_ = 0, taken_ = 0, as_expected_ = 0;
  std::set<std::pair<Address, Port>> met_;  // of lines_
};

}  // namespace sonda::tools
