// A capture that a tool has written, as tshark and other programs read it.
#pragma once
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "process.hpp"

namespace sonda::testing {

using Rows = std::vector<std::vector<std::string>>;
using Numbers = std::vector<std::uint64_t>;

// A frame as tshark reads it; -1 and "" for what it has not.
struct Seen {
  std::uint64_t number = 0;
  std::string comment, interface;
  char direction = ' ';  // '1': in, '2': out
  int type = -1;         // of ICMP, either version
  int sequence = -1;     // of an echo
  int arp = -1;
  std::string ipv6_source, time;
  int length = -1;
};

// A file name of its own, and no file left when it goes.
class OwnCapture {
 public:
  explicit OwnCapture(const std::string& name)
      : file_{std::filesystem::temp_directory_path() /
              ("sonda-own-" + std::to_string(::getpid()) + "-" + name + ".pcapng")} {
    std::filesystem::remove(file_);
  }
  OwnCapture(const OwnCapture&) = delete;
  OwnCapture& operator=(const OwnCapture&) = delete;
  ~OwnCapture() { std::filesystem::remove(file_); }

  [[nodiscard]] const std::string& file() const { return file_; }

  // What `filter` selects, by number.
  [[nodiscard]] Numbers numbers(const std::string& filter) const {
    Numbers out;
    for (const auto& row : rows(filter, {"frame.number"})) out.push_back(std::stoull(row.at(0)));
    return out;
  }
  // Every frame, read once: tshark takes its time to start.
  [[nodiscard]] std::vector<Seen> frames() const {
    std::vector<Seen> out;
    for (const auto& row :
         rows("frame", {"frame.comment", "frame.interface_name", "frame.packet_flags_direction",
                        "icmp.type", "icmpv6.type", "icmp.seq", "icmpv6.echo.sequence_number",
                        "arp.opcode", "ipv6.src", "frame.time_epoch", "frame.len"})) {
      const auto number = [&row](std::size_t i) { return row[i].empty() ? -1 : std::stoi(row[i]); };
      out.push_back({.number = out.size() + 1,
                     .comment = row[0],
                     .interface = row[1],
                     .direction = row[2].empty() ? ' ' : row[2].back(),
                     .type = std::max(number(3), number(4)),
                     .sequence = std::max(number(5), number(6)),
                     .arp = number(7),
                     .ipv6_source = row[8],
                     .time = row[9],
                     .length = number(10)});
    }
    return out;
  }
  // The events that ride along, line after line.
  [[nodiscard]] std::string event_lines() const {
    std::ifstream in{file_, std::ios::binary};
    const std::string octets{std::istreambuf_iterator<char>{in}, {}};
    const std::string label = "sonda-event: ";
    std::string out;
    for (auto at = octets.find(label); at != std::string::npos; at = octets.find(label, at)) {
      at += label.size();
      // The option's length, little-endian, stands in front of its text.
      const auto octet = [&](std::size_t back) {
        return static_cast<std::size_t>(static_cast<unsigned char>(octets[at - back]));
      };
      const auto size = octet(label.size() + 2) + 256 * octet(label.size() + 1);
      out += octets.substr(at, size - label.size()) + '\n';
    }
    return out;
  }
  // What goes wrong when other programs open it; empty: nothing.
  [[nodiscard]] std::string complaints() const {
    std::string out;
    for (const Command& command :
         {Command{"tcpdump", "-n", "-r", file_}, Command{"capinfos", file_},
          Command{"editcap", file_, "/dev/null"}})
      if (const auto result = run(command, std::chrono::seconds{60});
          result.status != 0 || result.err.find("cut short") != std::string::npos ||
          result.err.find("damaged") != std::string::npos)
        out += command[0] + ": " + result.err;
    return out;
  }

  // One row per frame that `filter` selects, one column per field; of several values the first.
  [[nodiscard]] Rows rows(const std::string& filter, const std::vector<std::string>& fields) const {
    Command command{
        "tshark", "-n",     "-r", file_,         "-Y", filter,        "-o", "ip.defragment:FALSE",
        "-T",     "fields", "-E", "separator=|", "-E", "occurrence=f"};
    for (const auto& field : fields) command.insert(command.end(), {"-e", field});
    const auto result = run(command, std::chrono::seconds{60});
    if (result.status != 0) throw std::runtime_error{"tshark: " + result.err};
    Rows out;
    std::istringstream lines{result.out};
    for (std::string line; std::getline(lines, line);) {
      auto& row = out.emplace_back();
      std::istringstream columns{line + '|'};
      for (std::string column; std::getline(columns, column, '|');) row.push_back(column);
      row.resize(fields.size());
    }
    return out;
  }

 private:
  std::string file_;
};

}  // namespace sonda::testing
