// Blocks of pcapng into octets.
#include <array>
#include <concepts>
#include <limits>
#include <string_view>

#include <sonda/capture/pcapng_block.hpp>

#include "pcapng_format.hpp"

namespace sonda::inline v0::capture {
namespace {

constexpr std::size_t most_text = std::numeric_limits<std::uint16_t>::max();

// As much of it as an option can hold and a reader takes for text, in whole UTF-8 characters.
std::string_view writable(std::string_view text) {
  text = text.substr(0, text.find('\0'));
  if (text.size() <= most_text) return text;
  auto size = most_text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

// One block being appended: `end` completes it.
class BlockBuilder {
 public:
  BlockBuilder(Octets& out, std::uint32_t type) : out_{out}, begin_{out.size()} {
    number(type);
    number(std::uint32_t{0});  // the total length, once it is known
  }

  template <std::unsigned_integral T>
  void number(T value) {
    std::array<std::uint8_t, sizeof(T)> octets{};
    for (std::size_t i = 0; i < sizeof(T); ++i)
      octets[i] = static_cast<std::uint8_t>(std::uint64_t{value} >> 8 * i);
    out_.insert(out_.end(), octets.begin(), octets.end());
  }
  // Section 4.3: the upper half of a time comes first, on machines of either order.
  void time(std::int64_t unix_ns) {
    const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(unix_ns, 0));
    number(static_cast<std::uint32_t>(ns >> 32));
    number(static_cast<std::uint32_t>(ns));
  }
  void octets(Bytes octets) { out_.insert(out_.end(), octets.begin(), octets.end()); }
  void text(std::string_view text) { out_.insert(out_.end(), text.begin(), text.end()); }
  void pad() { out_.resize(begin_ + padded(out_.size() - begin_)); }

  void text_option(std::uint16_t code, std::string_view value) {
    const auto written = writable(value);
    open_option(code, written.size());
    text(written);
    pad();
  }
  void unless_empty(std::uint16_t code, std::string_view value) {
    if (!writable(value).empty()) text_option(code, value);
  }
  void octets_option(std::uint16_t code, Bytes value) {
    const auto written = value.first(std::min(value.size(), most_text));
    open_option(code, written.size());
    octets(written);
    pad();
  }
  // Section 4.2: an octet 0 says that libpcap's language follows.
  void filter_unless_empty(std::string_view filter) {
    Octets value{0};
    const auto written = writable(filter);
    value.insert(value.end(), written.begin(), written.end());
    if (!written.empty()) octets_option(option::if_filter, value);
  }
  void number_option(std::uint16_t code, std::unsigned_integral auto value) {
    open_option(code, sizeof(value));
    number(value);
    pad();
  }
  void if_known(std::uint16_t code, std::optional<std::uint64_t> value) {
    if (value) number_option(code, *value);
  }
  void time_if_known(std::uint16_t code, std::optional<std::int64_t> unix_ns) {
    if (!unix_ns) return;
    open_option(code, 8);
    time(*unix_ns);
  }

  void end() {
    if (options_) {
      number(option::end);
      number(std::uint16_t{0});
    }
    const auto total = static_cast<std::uint32_t>(out_.size() - begin_ + 4);
    number(total);
    std::copy(out_.end() - 4, out_.end(), out_.begin() + static_cast<std::ptrdiff_t>(begin_ + 4));
  }

 private:
  void open_option(std::uint16_t code, std::size_t size) {
    options_ = true;
    number(code);
    number(static_cast<std::uint16_t>(size));
  }

  Octets& out_;
  std::size_t begin_;
  bool options_ = false;
};

// One record, or several where the names do not fit into one.
void append_records(BlockBuilder& block, const HostNames& host) {
  const auto address = host.address.octets();
  const auto room = most_text - address.size();
  for (std::size_t next = 0; next < host.names.size();) {
    std::size_t size = 0;
    std::size_t last = next;
    for (; last < host.names.size(); ++last) {
      const auto name = writable(host.names[last]).substr(0, room - 1);
      if (size + name.size() + 1 > room) break;
      size += name.empty() ? 0 : name.size() + 1;
    }
    if (size > 0) {
      block.number(host.address.is_v4() ? name_record::ipv4 : name_record::ipv6);
      block.number(static_cast<std::uint16_t>(address.size() + size));
      block.octets(address);
    }
    for (; next < last; ++next) {
      const auto name = writable(host.names[next]).substr(0, room - 1);
      if (name.empty()) continue;
      block.text(name);
      block.number(std::uint8_t{0});
    }
    block.pad();
  }
}

}  // namespace

void append_block(Octets& out, const Section& section) {
  BlockBuilder block{out, block_type::section};
  block.number(byte_order_magic);
  block.number(std::uint16_t{1});  // version 1.0
  block.number(std::uint16_t{0});
  block.number(std::numeric_limits<std::uint64_t>::max());  // as long as it will become
  for (const auto& comment : section.comments) block.text_option(option::comment, comment);
  block.unless_empty(option::hardware, section.hardware);
  block.unless_empty(option::os, section.os);
  block.unless_empty(option::application, section.application);
  block.end();
}

void append_block(Octets& out, const Interface& interface) {
  BlockBuilder block{out, block_type::interface};
  block.number(static_cast<std::uint16_t>(interface.link_type));
  block.number(std::uint16_t{0});
  block.number(interface.snaplen);
  block.unless_empty(option::if_name, interface.name);
  block.unless_empty(option::if_description, interface.description);
  block.number_option(option::if_resolution, std::uint8_t{9});  // units of 10^-9 s
  block.filter_unless_empty(interface.filter);
  block.unless_empty(option::if_os, interface.os);
  block.end();
}

void append_block(Octets& out, const NameTable& names) {
  BlockBuilder block{out, block_type::names};
  for (const auto& host : names) append_records(block, host);
  block.number(name_record::end);
  block.number(std::uint16_t{0});
  block.end();
}

void append_block(Octets& out, const Frame& frame) {
  BlockBuilder block{out, block_type::enhanced_packet};
  block.number(frame.interface.value());
  block.time(frame.unix_ns);
  block.number(static_cast<std::uint32_t>(frame.octets.size()));
  block.number(frame.length());
  block.octets(frame.octets);
  block.pad();
  for (const auto& comment : frame.comments) block.text_option(option::comment, comment);
  if (frame.direction != Direction::unknown)
    block.number_option(option::flags, std::uint32_t{static_cast<std::uint8_t>(frame.direction)});
  block.if_known(option::drop_count, frame.drops);
  block.if_known(option::packet_id, frame.packet_id);
  if (!frame.verdict.empty()) block.octets_option(option::verdict, frame.verdict);
  block.end();
}

void append_block(Octets& out, const Statistics& statistics) {
  BlockBuilder block{out, block_type::statistics};
  block.number(statistics.interface.value());
  block.time(statistics.unix_ns);
  for (const auto& comment : statistics.comments) block.text_option(option::comment, comment);
  block.time_if_known(option::start_time, statistics.start_ns);
  block.time_if_known(option::end_time, statistics.end_ns);
  block.if_known(option::received, statistics.received);
  block.if_known(option::dropped, statistics.dropped);
  block.if_known(option::delivered, statistics.delivered);
  block.end();
}

void append_block(Octets& out, const OtherBlock& other) {
  BlockBuilder block{out, other.type};
  auto body = other.body;
  const bool custom = other.type == block_type::custom || other.type == block_type::custom_of_one;
  if (custom && !other.little_endian &&
      body.size() >= 4) {  // its maker's number is all we know of it
    block.number(load<std::uint32_t>(body, 0));
    body = body.subspan(4);
  }
  block.octets(body);
  block.pad();
  block.end();
}

std::size_t whole_blocks(Bytes written) noexcept {
  std::size_t whole = 0;
  while (written.size() - whole >= 12) {
    std::size_t total = 0;
    for (std::size_t i = 0; i < 4; ++i) total |= std::size_t{written[whole + 4 + i]} << 8 * i;
    if (total < 12 || total > written.size() - whole) break;
    whole += total;
  }
  return whole;
}

}  // namespace sonda::inline v0::capture
