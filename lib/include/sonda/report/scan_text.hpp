// A scan for people: a table for each host, one line a port with its cause, and the sum in words.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sonda/event/event.hpp>

namespace sonda::inline v0::report {

struct ScanTextOptions {
  // How many results of this run an address gets; nothing: only the summary tells that all are
  // there.
  std::function<std::optional<std::uint64_t>(const Address&)> ports_of{};
  // Of a sweep: besides open ports, what deserves a line.
  std::function<bool(const PortResult&)> interesting{};
  std::uint64_t hosts = 1;
  std::uint64_t ports = 0;  // of all hosts, in this run
  std::string how{};        // "connect() without root, deadline 2.5 s"
  bool all = false;         // no state is only counted
  bool only_open = false;
  bool quiet = false;    // only the summary
  bool verbose = false;  // also services, and what is foreign
  bool color = false;    // of state words
  bool frames = false;   // "frames 3 4" below a line
};

// Up to `most_tables` hosts each get a table as soon as all their ports are there. A run of more
// hosts is a sweep: one line for each open port as it comes, and counts at the end.
//
// Memory: of a host whose table waits, every open port and up to `most_rows` ports of each other
// state (all of them, where `all` asks for it), about half a kilobyte each; of a sweep, nothing.
class ScanText {
 public:
  static constexpr std::uint64_t most_tables = 256;
  static constexpr std::size_t most_rows = 1'000;
  // So many ports of a host's most frequent state stand in its table; more are counted.
  static constexpr std::uint64_t few = 10;

  explicit ScanText(ScanTextOptions options);

  // The lines that tell of this event, each with its end; often none.
  [[nodiscard]] std::string operator()(const Occurrence& occurrence);

 private:
  struct Row {
    PortResult port;
    std::vector<std::uint64_t> frames;
  };
  struct Reasons {  // of one state
    std::uint64_t count = 0;
    std::map<std::string, std::uint64_t> by_text;
    std::vector<Row> rows;
  };
  struct Host {
    std::string name;  // as typed, where that is not the address
    std::uint64_t count = 0;
    std::array<Reasons, ScanSummary::states> states;
    std::vector<std::string> notices;
  };

  [[nodiscard]] std::string text(const Start& start);
  [[nodiscard]] std::string text(const PortResult& port);
  [[nodiscard]] std::string text(const Notice& notice);
  [[nodiscard]] std::string text(const ScanSummary& summary);
  [[nodiscard]] std::string text(const Foreign& foreign) const;
  [[nodiscard]] std::string text(const ClockStep& step) const;
  [[nodiscard]] std::string text(const Drops& drops) const;

  [[nodiscard]] bool sweep() const { return options_.hosts > most_tables; }
  [[nodiscard]] std::string sweep_line(const PortResult& port) const;
  [[nodiscard]] std::string table(const Address& address, Host& host);
  [[nodiscard]] std::string line(const Row& row, std::size_t state_width) const;
  [[nodiscard]] std::string not_shown(const Host& host, std::size_t state) const;
  [[nodiscard]] std::string colored(PortState state) const;
  [[nodiscard]] static std::string one_errno_of_many(const Host& host);

  ScanTextOptions options_;
  std::map<Address, Host> hosts_;  // whose table waits
  std::map<NoticeKind, Notice> of_this_machine_;
  std::string sentences_;  // of the one host, which stand behind the sum
  bool summed_up_ = false;
  const Occurrence* now_ = nullptr;
};

}  // namespace sonda::inline v0::report
