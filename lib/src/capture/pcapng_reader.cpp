// Blocks of pcapng from octets.
#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <utility>

#include <sonda/capture/pcapng_reader.hpp>

#include "pcapng_cursor.hpp"

namespace sonda::inline v0::capture {
namespace {

constexpr std::size_t smallest_block = 12;
constexpr std::size_t most_interfaces = 65'536;

Checked<Section> read_section(const Cursor& body) {
  if (const auto there = body.demand(16); !there) return std::unexpected{there.error()};
  const auto version = body.number<std::uint16_t>(4);
  if (version != 1) return body.fault(PcapngProblem::bad_version, 1, version);
  Section section;
  const auto read = body.options(16, [&](std::uint16_t code, const Cursor& value) {
    if (code == option::comment) section.comments.push_back(text_of(value.octets()));
    if (code == option::hardware) section.hardware = text_of(value.octets());
    if (code == option::os) section.os = text_of(value.octets());
    if (code == option::application) section.application = text_of(value.octets());
    return true;
  });
  if (!read) return std::unexpected{read.error()};
  return section;
}

// 10^19 and 2^63 are the finest units of which a second has no more than 64 bits can count.
bool can_be_counted(std::uint8_t resolution) {
  return (resolution & 0x80) != 0 ? (resolution & 0x7f) <= 63 : resolution <= 19;
}

Checked<KnownInterface> read_interface(const Cursor& body) {
  if (const auto there = body.demand(8); !there) return std::unexpected{there.error()};
  KnownInterface known;
  auto& described = known.described;
  described.link_type = LinkType{body.number<std::uint16_t>(0)};
  described.snaplen = body.number<std::uint32_t>(4);
  const auto read = body.options(8, [&](std::uint16_t code, const Cursor& value) {
    if (code == option::if_name) described.name = text_of(value.octets());
    if (code == option::if_description) described.description = text_of(value.octets());
    if (code == option::if_os) described.os = text_of(value.octets());
    if (code == option::if_filter && value.size() > 0 && value.octets()[0] == 0)
      described.filter = text_of(value.octets().subspan(1));
    if (code == option::if_resolution) {
      if (value.size() != 1) return false;
      known.resolution = value.octets()[0];
    }
    if (code == option::if_offset) {
      if (value.size() != 8) return false;
      known.offset_seconds = static_cast<std::int64_t>(value.number<std::uint64_t>(0));
    }
    return true;
  });
  if (!read) return std::unexpected{read.error()};
  if (!can_be_counted(known.resolution))
    return body.fault(PcapngProblem::bad_resolution, 0, known.resolution);
  return known;
}

Checked<InterfaceId> add_to(std::vector<KnownInterface>& interfaces, const Cursor& body) {
  if (interfaces.size() == most_interfaces)
    return body.fault(PcapngProblem::too_many_interfaces, most_interfaces);
  auto known = read_interface(body);
  if (!known) return std::unexpected{known.error()};
  interfaces.push_back(std::move(*known));
  return InterfaceId{interfaces.size() - 1};
}

std::vector<std::string> read_names(Bytes octets) {
  std::vector<std::string> names;
  while (!octets.empty()) {
    auto name = text_of(octets);
    octets = octets.subspan(std::min(name.size() + 1, octets.size()));
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

Checked<NameTable> read_name_table(const Cursor& body) {
  NameTable table;
  for (std::size_t at = 0; body.size() - at >= 4;) {
    const auto type = body.number<std::uint16_t>(at);
    const std::size_t length = body.number<std::uint16_t>(at + 2);
    at += 4;
    if (type == name_record::end) break;
    if (padded(length) > body.size() - at)
      return body.fault(PcapngProblem::bad_length, padded(length), body.size() - at);
    const auto value = body.octets().subspan(at, length);
    at += padded(length);
    if (type != name_record::ipv4 && type != name_record::ipv6) continue;
    const std::size_t address_size = type == name_record::ipv4 ? 4 : 16;
    if (length < address_size) return body.fault(PcapngProblem::bad_address, address_size, length);
    const auto address = type == name_record::ipv4 ? Address{Ipv4Address::from_wire(value, 0)}
                                                   : Address{Ipv6Address::from_wire(value, 0)};
    table.push_back({.address = address, .names = read_names(value.subspan(address_size))});
  }
  return table;
}

// What an option of a frame says. False: not of its kind's length.
bool read_frame_option(std::uint16_t code, const Cursor& value, Frame& frame) {
  switch (code) {
    case option::comment:
      frame.comments.push_back(text_of(value.octets()));
      return true;
    case option::flags: {
      if (value.size() != 4) return false;
      const auto bits = value.number<std::uint32_t>(0) & 3;  // section 4.3.1
      frame.direction = bits == 3 ? Direction::unknown : Direction{static_cast<std::uint8_t>(bits)};
      return true;
    }
    case option::drop_count:
      if (value.size() != 8) return false;
      frame.drops = value.number<std::uint64_t>(0);
      return true;
    case option::packet_id:
      if (value.size() != 8) return false;
      frame.packet_id = value.number<std::uint64_t>(0);
      return true;
    case option::verdict:
      if (value.size() == 0) return false;
      frame.verdict.assign(value.octets().begin(), value.octets().end());
      return true;
    default:
      return true;
  }
}

Checked<const KnownInterface*> interface_of(const Cursor& body, std::uint32_t number,
                                            const std::vector<KnownInterface>& interfaces) {
  if (number >= interfaces.size())
    return body.fault(PcapngProblem::unknown_interface, interfaces.size(), number);
  return &interfaces[number];
}

Checked<Frame> read_enhanced(const Cursor& body, const std::vector<KnownInterface>& interfaces) {
  if (const auto there = body.demand(20); !there) return std::unexpected{there.error()};
  const auto number = body.number<std::uint32_t>(0);
  const auto interface = interface_of(body, number, interfaces);
  if (!interface) return std::unexpected{interface.error()};
  const std::size_t captured = body.number<std::uint32_t>(12);
  if (const auto there = body.demand(20 + padded(captured)); !there)
    return std::unexpected{there.error()};
  Frame frame{.interface = InterfaceId{number},
              .unix_ns = to_unix_ns(body.halves(4), **interface),
              .octets = body.octets().subspan(20, captured),
              .original_length = body.number<std::uint32_t>(16)};
  const auto read =
      body.options(20 + padded(captured), [&](std::uint16_t code, const Cursor& value) {
        return read_frame_option(code, value, frame);
      });
  if (!read) return std::unexpected{read.error()};
  return frame;
}

// Section 4.4: interface 0, no time, and as much of the frame as its snaplen allows.
Checked<Frame> read_simple(const Cursor& body, const std::vector<KnownInterface>& interfaces) {
  if (const auto there = body.demand(4); !there) return std::unexpected{there.error()};
  const auto interface = interface_of(body, 0, interfaces);
  if (!interface) return std::unexpected{interface.error()};
  const auto original = body.number<std::uint32_t>(0);
  const auto snaplen = (*interface)->described.snaplen;
  const auto captured = snaplen == 0 ? original : std::min(original, snaplen);
  if (const auto there = body.demand(4 + std::size_t{captured}); !there)
    return std::unexpected{there.error()};
  return Frame{.octets = body.octets().subspan(4, captured), .original_length = original};
}

Checked<Statistics> read_statistics(const Cursor& body,
                                    const std::vector<KnownInterface>& interfaces) {
  if (const auto there = body.demand(12); !there) return std::unexpected{there.error()};
  const auto number = body.number<std::uint32_t>(0);
  const auto interface = interface_of(body, number, interfaces);
  if (!interface) return std::unexpected{interface.error()};
  const auto& known = **interface;
  Statistics statistics{.interface = InterfaceId{number},
                        .unix_ns = to_unix_ns(body.halves(4), known)};
  const auto read = body.options(12, [&](std::uint16_t code, const Cursor& value) {
    const bool time = code == option::start_time || code == option::end_time;
    const bool count =
        code == option::received || code == option::dropped || code == option::delivered;
    if ((time || count) && value.size() != 8) return false;
    if (code == option::comment) statistics.comments.push_back(text_of(value.octets()));
    if (code == option::start_time) statistics.start_ns = to_unix_ns(value.halves(0), known);
    if (code == option::end_time) statistics.end_ns = to_unix_ns(value.halves(0), known);
    if (code == option::received) statistics.received = value.number<std::uint64_t>(0);
    if (code == option::dropped) statistics.dropped = value.number<std::uint64_t>(0);
    if (code == option::delivered) statistics.delivered = value.number<std::uint64_t>(0);
    return true;
  });
  if (!read) return std::unexpected{read.error()};
  return statistics;
}

template <typename T>
Checked<Block> in_block(std::size_t size, Checked<T> content) {
  if (!content) return std::unexpected{content.error()};
  return Block{.size = size, .content = std::move(*content)};
}

// The byte order that the section's magic number has; nothing if it is neither.
std::optional<bool> is_little_endian(Bytes block) {
  const auto magic = load<std::uint32_t>(block, 8);
  if (magic == byte_order_magic) return false;
  if (magic == std::byteswap(byte_order_magic)) return true;
  return std::nullopt;
}

// What is no capture should not have to be longer to be told so.
bool begins_as_a_section(Bytes rest) {
  static constexpr std::array<std::uint8_t, 4> type{0x0a, 0x0d, 0x0d, 0x0a};
  const auto size = std::min(rest.size(), type.size());
  return std::ranges::equal(rest.first(size), Bytes{type}.first(size));
}

// The one whole block at the front of `rest`, its type and both its lengths included.
Checked<Cursor> whole_block(Bytes rest, bool little_endian, std::uint64_t offset) {
  const Cursor front{rest, little_endian, offset};
  if (rest.size() < smallest_block)
    return front.fault(PcapngProblem::cut_short, smallest_block, rest.size());
  if (front.number<std::uint32_t>(0) == block_type::section) {
    const auto told = is_little_endian(rest);
    if (!told) return front.fault(PcapngProblem::bad_byte_order);
    little_endian = *told;
  }
  const Cursor block{rest, little_endian, offset};
  const std::size_t size = block.number<std::uint32_t>(4);
  if (size < smallest_block) return block.fault(PcapngProblem::bad_length, smallest_block, size);
  if (size % 4 != 0) return block.fault(PcapngProblem::unaligned_length, 0, size);
  if (size > largest_block) return block.fault(PcapngProblem::too_large, largest_block, size);
  if (size > rest.size()) return block.fault(PcapngProblem::cut_short, size, rest.size());
  const std::size_t again = block.number<std::uint32_t>(size - 4);
  if (again != size) return block.fault(PcapngProblem::lengths_differ, size, again);
  return block.part(0, size);
}

}  // namespace

std::expected<Block, PcapngFault> PcapngReader::next(Bytes rest) {
  if (!in_section_ && !begins_as_a_section(rest))
    return std::unexpected{PcapngFault{PcapngProblem::not_pcapng, offset_}};
  const auto whole = whole_block(rest, little_endian_, offset_);
  if (!whole) return std::unexpected{whole.error()};
  const auto size = whole->size();
  const auto type = whole->number<std::uint32_t>(0);
  const auto body = whole->part(8, size - smallest_block);
  auto block = [&]() -> Checked<Block> {
    switch (type) {
      case block_type::section:
        return in_block(size, read_section(body));
      case block_type::interface:
        return in_block(size, add_to(interfaces_, body));
      case block_type::obsolete_packet:
        return body.fault(PcapngProblem::obsolete_block);
      case block_type::simple_packet:
        return in_block(size, read_simple(body, interfaces_));
      case block_type::names:
        return in_block(size, read_name_table(body));
      case block_type::statistics:
        return in_block(size, read_statistics(body, interfaces_));
      case block_type::enhanced_packet:
        return in_block(size, read_enhanced(body, interfaces_));
      default:
        return Block{.size = size,
                     .content = OtherBlock{type, body.octets(), body.little_endian()}};
    }
  }();
  if (!block) return block;
  if (type == block_type::section) {
    interfaces_.clear();
    in_section_ = true;
    little_endian_ = whole->little_endian();
  }
  offset_ += size;
  return block;
}

}  // namespace sonda::inline v0::capture
