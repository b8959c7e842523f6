// Reading pcapng, of either byte order and from anybody, with what libpcap leaves out: comments,
// names, directions.
#pragma once
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <sonda/capture/pcapng_block.hpp>

namespace sonda::inline v0::capture {

enum class PcapngProblem : std::uint8_t {
  cut_short,          // the block needs `needed` octets, and `available` are there
  not_pcapng,         // it begins with something else than a section
  bad_byte_order,     // the section's magic number is neither way round
  bad_version,        // major version 1 is known, and this is `available`
  bad_length,         // the block says `available` where at least `needed` are in it
  unaligned_length,   // the block's length `available` is no multiple of four
  too_large,          // the block claims `available` octets, of which `needed` are the most
  lengths_differ,     // the length is `needed` in front and `available` at the end
  bad_option,         // an option that exceeds its block or has not its kind's length
  bad_resolution,     // an interface whose unit of time no 64 bits can count
  bad_address,        // a record of names that is shorter than its address
  unknown_interface,  // interface `available` of `needed`
  too_many_interfaces,
  obsolete_block  // a Packet Block, which editcap turns into what is read here
};

// Why a block was refused, and where it begins.
struct PcapngFault {
  PcapngProblem problem{};
  std::uint64_t offset = 0;  // octets in front of the block
  std::uint64_t needed = 0;
  std::uint64_t available = 0;
  friend bool operator==(const PcapngFault&, const PcapngFault&) = default;

  // "the block at octet 96 needs 100 octets, of which 80 are there"
  [[nodiscard]] std::string message() const;
};

// An interface and the unit in which its frames' times are counted.
struct KnownInterface {
  Interface described{};
  std::uint8_t resolution = 6;      // 10^-n seconds; with its highest bit set 2^-n (section 4.2)
  std::int64_t offset_seconds = 0;  // added to every time
  friend bool operator==(const KnownInterface&, const KnownInterface&) = default;
};

struct Block {
  std::size_t size = 0;  // octets it takes
  // An InterfaceId: of the interface that came to be known.
  std::variant<Section, InterfaceId, NameTable, Frame, Statistics, OtherBlock> content{};
};

// Reads block after block from octets that somebody else holds.
class PcapngReader {
 public:
  // The block at the front of `rest`, whose octets live as long as those of `rest`. Fault
  // cut_short: call again with at least `needed` octets of the same place. Any fault leaves the
  // reader as it was.
  [[nodiscard]] std::expected<Block, PcapngFault> next(Bytes rest);

  // Of the section that is being read.
  [[nodiscard]] const std::vector<KnownInterface>& interfaces() const noexcept {
    return interfaces_;
  }
  // Octets that were read.
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }

 private:
  std::vector<KnownInterface> interfaces_;
  std::uint64_t offset_ = 0;
  bool in_section_ = false;
  bool little_endian_ = true;
};

}  // namespace sonda::inline v0::capture
