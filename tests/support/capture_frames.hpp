// A capture by tcpdump while a test runs, and its frames read by libpcap and by tshark.
#pragma once
#include <cstdint>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include <pcap/pcap.h>

#include "netns.hpp"

namespace sonda::testing {

struct Frame {
  std::int64_t unix_ns = 0;
  std::vector<std::uint8_t> packet;  // from the IP header on
};

// tcpdump on one interface of one host, from the constructor until stop().
class Capture {
 public:
  Capture(const Namespaces& lab, const std::string& host, const std::string& interface,
          const std::string& filter = {})
      : file_{std::filesystem::temp_directory_path() / (lab.name(host) + ".pcap")},
        tcpdump_{lab.start(host, {"tcpdump", "-i", interface, "-w", file_, "-U", "-Z", "root",
                                  "--immediate-mode", "--time-stamp-precision=nano", filter})} {
    if (!tcpdump_.wait_for("listening on"))
      throw std::runtime_error{"tcpdump does not start: " + tcpdump_.err()};
  }
  ~Capture() { std::filesystem::remove(file_); }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  void stop() {
    ::usleep(100'000);
    tcpdump_.signal(SIGINT);
    static_cast<void>(tcpdump_.wait());
  }
  // Ethernet frames of IPv4 and IPv6, without their Ethernet headers.
  [[nodiscard]] std::vector<Frame> frames() const {
    std::vector<Frame> out;
    char error[PCAP_ERRBUF_SIZE];
    pcap_t* file =
        pcap_open_offline_with_tstamp_precision(file_.c_str(), PCAP_TSTAMP_PRECISION_NANO, error);
    if (file == nullptr) throw std::runtime_error{error};
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    while (pcap_next_ex(file, &header, &data) == 1)
      if (header->caplen > 14 && (data[12] == 0x08 || data[12] == 0x86) && data[13] != 0x06)
        out.push_back({header->ts.tv_sec * 1'000'000'000LL + header->ts.tv_usec,
                       {data + 14, data + header->caplen}});
    pcap_close(file);
    return out;
  }
  // One row per frame that `filter` selects, one column per field, as tshark reads them.
  [[nodiscard]] std::vector<std::vector<std::string>> tshark(
      const std::string& filter, const std::vector<std::string>& fields,
      const std::string& occurrence = "f") const {
    Command command{"tshark", "-n",
                    "-r",     file_,
                    "-Y",     filter,
                    "-o",     "ip.check_checksum:TRUE",
                    "-T",     "fields",
                    "-E",     "separator=|",
                    "-E",     "occurrence=" + occurrence};
    for (const auto& field : fields) command.insert(command.end(), {"-e", field});
    const auto result = testing::run(command, std::chrono::seconds{60});
    if (result.status != 0) throw std::runtime_error{"tshark: " + result.err};
    std::vector<std::vector<std::string>> rows;
    std::istringstream lines{result.out};
    for (std::string line; std::getline(lines, line);) {
      auto& row = rows.emplace_back();
      std::istringstream columns{line + '|'};
      for (std::string column; std::getline(columns, column, '|');) row.push_back(column);
    }
    return rows;
  }
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  std::string file_;
  Process tcpdump_;
};

}  // namespace sonda::testing
