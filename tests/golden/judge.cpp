// tcpdump and tshark as judges: packets written with libpcap, and what the two programs read.
#include "judge.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include <gtest/gtest.h>
#include <pcap/pcap.h>

namespace sonda::testing {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in{text};
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

// What the command writes to its standard output. Fails the test if it can't be run.
std::string output_of(const std::string& command) {
  std::string text;
  std::FILE* const pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) {
    ADD_FAILURE() << "could not run " << command;
    return text;
  }
  std::array<char, 4096> room{};
  while (const auto got = std::fread(room.data(), 1, room.size(), pipe))
    text.append(room.data(), got);
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return text;
}

}  // namespace

CaptureFile::CaptureFile(const std::vector<Octets>& packets, LinkType link) {
  auto pattern = (std::filesystem::temp_directory_path() / "sonda-judge-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    ADD_FAILURE() << "no folder for the capture";
    return;
  }
  folder_ = pattern;
  path_ = folder_ + "/packets.pcap";
  pcap_t* const pcap = pcap_open_dead(static_cast<int>(link), 65535);
  pcap_dumper_t* const dumper = pcap_dump_open(pcap, path_.c_str());
  if (dumper == nullptr) {
    ADD_FAILURE() << pcap_geterr(pcap);
  } else {
    for (const auto& packet : packets) {
      pcap_pkthdr header{};
      header.caplen = header.len = static_cast<bpf_u_int32>(packet.size());
      auto* const file = static_cast<void*>(dumper);
      pcap_dump(static_cast<u_char*>(file), &header, packet.data());
    }
    pcap_dump_close(dumper);
  }
  pcap_close(pcap);
}

CaptureFile::~CaptureFile() {
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

std::vector<std::string> CaptureFile::tcpdump_lines() const {
  auto lines = split(output_of("tcpdump -n -t -S -r " + path_), '\n');
  std::erase_if(lines, [](const std::string& line) { return line.starts_with('\t'); });
  return lines;
}

std::vector<Facts> CaptureFile::tshark_facts(const std::vector<std::string>& fields) const {
  std::string command = "tshark -n -r " + path_;
  for (const auto* preference :
       {"ip.check_checksum:TRUE", "udp.check_checksum:TRUE", "tcp.check_checksum:TRUE",
        "ip.defragment:FALSE", "ipv6.defragment:FALSE", "tcp.relative_sequence_numbers:FALSE"})
    command.append(" -o ").append(preference);
  command += " -T fields -E 'separator=|' -E occurrence=a -E 'aggregator=;'";
  for (const auto& field : fields) command += " -e " + field;
  std::vector<Facts> all;
  for (const auto& line : split(output_of(command), '\n')) {
    const auto values = split(line, '|');
    Facts facts;
    for (std::size_t i = 0; i < values.size() && i < fields.size(); ++i)
      if (!values[i].empty()) facts[fields[i]] = split(values[i], ';');
    all.push_back(std::move(facts));
  }
  return all;
}

}  // namespace sonda::testing
