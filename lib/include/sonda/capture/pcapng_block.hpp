// The blocks of a pcapng file, as plain values and as octets (draft-ietf-opsawg-pcapng-02).
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sonda/core/bytes.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::capture {

using Octets = std::vector<std::uint8_t>;

// What a block may take: Wireshark and libpcap call anything larger a broken file.
inline constexpr std::size_t largest_block = std::size_t{16} << 20;
// What tcpdump takes of a frame unless told otherwise.
inline constexpr std::uint32_t default_snaplen = 262'144;

// What a frame begins with (tcpdump.org/linktypes.html). Others' files have other values.
enum class LinkType : std::uint16_t {
  null = 0,  // a protocol family, in the byte order of the machine that captured
  ethernet = 1,
  raw_as_in_libpcap = 12,  // raw_ip under its old numbers, in files of careless writers
  raw_as_in_openbsd = 14,
  raw_ip = 101,        // an IPv4 or IPv6 header
  loop = 108,          // a protocol family, in network byte order
  linux_cooked = 113,  // "any", and interfaces that libpcap does not know
  raw_ipv4 = 228,
  raw_ipv6 = 229,
  linux_cooked_2 = 276
};

enum class Direction : std::uint8_t { unknown = 0, in = 1, out = 2 };

using InterfaceId = Strong<struct InterfaceIdTag, std::uint32_t>;  // counts from 0 in each section

// All text is UTF-8. Of a text, what stands before its first NUL and has room in 65,535 octets is
// written; an empty one (but for a comment) is left out.

// What begins a file.
struct Section {
  std::vector<std::string> comments{};
  std::string hardware{};
  std::string os{};
  std::string application{};
  friend bool operator==(const Section&, const Section&) = default;
};

// Where frames were seen. Wireshark reads any mixture of interfaces. libpcap, and so tcpdump, reads
// several only if all have one snaplen and are Ethernet: it compares the second one's link type
// with its own number for the first one's, and these differ for raw IP.
struct Interface {
  LinkType link_type = LinkType::raw_ip;
  std::uint32_t snaplen = default_snaplen;  // octets kept of each frame; 0: all
  std::string name{};
  std::string description{};
  std::string filter{};  // in libpcap's language
  std::string os{};
  friend bool operator==(const Interface&, const Interface&) = default;
};

// Names of an address, the last of which Wireshark shows. A zone is not written.
struct HostNames {
  Address address{};
  std::vector<std::string> names{};
  friend bool operator==(const HostNames&, const HostNames&) = default;
};
using NameTable = std::vector<HostNames>;

struct Frame {
  InterfaceId interface{};
  std::int64_t unix_ns = 0;           // from 1970 on; 0 where a file that is read does not tell
  Bytes octets{};                     // as many as were captured
  std::uint32_t original_length = 0;  // as long as it was; less than `octets`: just as long
  Direction direction = Direction::unknown;
  std::vector<std::string> comments{};
  std::optional<std::uint64_t> drops{};      // on this interface since its frame before this one
  std::optional<std::uint64_t> packet_id{};  // the same in all frames that show one packet
  Octets verdict{};  // epb_verdict: its first octet says whose verdict it is

  // What `original_length` comes to.
  [[nodiscard]] constexpr std::uint32_t length() const noexcept {
    return std::max(original_length, static_cast<std::uint32_t>(octets.size()));
  }
  friend bool operator==(const Frame& a, const Frame& b) {
    return a.interface == b.interface && a.unix_ns == b.unix_ns && a.length() == b.length() &&
           a.direction == b.direction && a.comments == b.comments && a.drops == b.drops &&
           a.packet_id == b.packet_id && a.verdict == b.verdict &&
           std::ranges::equal(a.octets, b.octets);
  }
};

// Of a type that nobody here knows, to be passed over or copied.
struct OtherBlock {
  std::uint32_t type = 0;
  Bytes body{};  // everything between its two lengths
  bool little_endian = true;
};

// What an interface went through; nothing said is not the same as 0. A file may have several of one
// interface, the last of which tells most.
struct Statistics {
  InterfaceId interface{};
  std::int64_t unix_ns = 0;                  // when this was known
  std::optional<std::int64_t> start_ns{};    // the capture covers the time from here
  std::optional<std::int64_t> end_ns{};      // to here
  std::optional<std::uint64_t> received{};   // by the interface
  std::optional<std::uint64_t> dropped{};    // of those, for want of room
  std::optional<std::uint64_t> delivered{};  // to the capture
  std::vector<std::string> comments{};
  friend bool operator==(const Statistics&, const Statistics&) = default;
};

// Each appends one block to `out`:
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +---------------------------------------------------------------+
//   |                          Block Type                           |
//   +---------------------------------------------------------------+
//   |                      Block Total Length                       |
//   +---------------------------------------------------------------+
//   /              Block Body, padded to 32 bits, options           /
//   +---------------------------------------------------------------+
//   |                      Block Total Length                       |    section 3.1
//   +---------------------------------------------------------------+
//
// Little-endian on every machine, times in nanoseconds. Nothing in it is a custom block, which
// Wireshark would number as a frame.
void append_block(Octets& out, const Section& section);
void append_block(Octets& out, const Interface& interface);
void append_block(Octets& out, const NameTable& names);
void append_block(Octets& out, const Frame& frame);
void append_block(Octets& out, const Statistics& statistics);
// The number of a custom block's maker is put into our byte order; nobody knows what else is one.
void append_block(Octets& out, const OtherBlock& block);

// The octets at the front of `written` that are whole blocks, as append_block makes them.
[[nodiscard]] std::size_t whole_blocks(Bytes written) noexcept;

}  // namespace sonda::inline v0::capture
