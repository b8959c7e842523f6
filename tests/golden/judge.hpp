// tcpdump and tshark as judges: packets written with libpcap, and what the two programs read.
#pragma once
#include <golden.hpp>
#include <map>
#include <string>
#include <vector>

namespace sonda::testing {

// What a packet says, field by field: tshark's field names, and its values in the order in which
// they stand in the packet, the outer header's first.
using Facts = std::map<std::string, std::vector<std::string>>;

// A value that we do not judge: whether tshark verifies a checksum that came back in a quotation
// depends on how much of the datagram did.
inline const std::string any_value = "*";
// Before a value that tshark reports at times: the sequence number of a quoted segment.
inline const std::string if_reported = "?";

// What a capture's packets begin with, in libpcap's numbers.
enum class LinkType { ethernet = 1, raw_ip = 12 };

// A capture file in a folder of its own, which goes when it goes.
class CaptureFile {
 public:
  explicit CaptureFile(const std::vector<Octets>& packets, LinkType link = LinkType::raw_ip);
  CaptureFile(const CaptureFile&) = delete;
  CaptureFile& operator=(const CaptureFile&) = delete;
  ~CaptureFile();

  [[nodiscard]] const std::string& path() const { return path_; }

  // What `tcpdump -n -t -S` prints of each packet, without the dump of octets that it does not
  // know.
  [[nodiscard]] std::vector<std::string> tcpdump_lines() const;
  // What tshark finds in each packet, with every checksum verified and nothing reassembled; of
  // the fields it knows, those named.
  [[nodiscard]] std::vector<Facts> tshark_facts(const std::vector<std::string>& fields) const;

 private:
  std::string folder_, path_;
};

}  // namespace sonda::testing
