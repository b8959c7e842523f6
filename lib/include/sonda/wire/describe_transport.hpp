// One packet in tcpdump's words: UDP and TCP.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <sonda/core/bytes.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/text_writer.hpp>

namespace sonda::inline v0::detail {

// What the IP header left for the printer of what it carries.
struct Carried {
  Bytes octets{};          // as many as there are
  std::size_t length = 0;  // as many as the IP header promises
  Address source{};
  Address destination{};
  bool directly = true;     // no extension header between IP and this
  bool fragmented = false;  // the first of several fragments
};

// Whether octets `at` to `at + count` came back. Written without overflow: `at` may be a
// stranger's.
[[nodiscard]] constexpr bool has(Bytes octets, std::size_t at, std::size_t count) noexcept {
  return at <= octets.size() && count <= octets.size() - at;
}

constexpr void describe_ports(TextWriter& out, const Carried& carried) noexcept {
  const auto source = load<std::uint16_t>(carried.octets, 0);
  const auto destination = load<std::uint16_t>(carried.octets, 2);
  if (carried.directly)
    out << carried.source << "." << source << " > " << carried.destination << "." << destination;
  else
    out << source << " > " << destination;
  out << ": ";
}

constexpr void describe_udp(TextWriter& out, const Carried& carried) noexcept {
  constexpr std::size_t header = 8;
  const auto octets = carried.octets;
  if (!has(octets, 0, 4)) {
    if (carried.directly) out << carried.source << " > " << carried.destination << ": ";
    out << " [|udp]";
    return;
  }
  describe_ports(out, carried);
  if (carried.length < header) {
    out << "truncated-udp " << carried.length;
    return;
  }
  if (!has(octets, 4, 2)) {
    out << " [|udp]";
    return;
  }
  const auto length = load<std::uint16_t>(octets, 4);
  if (length < header) {
    out << "truncated-udplength " << length;
    return;
  }
  if (!has(octets, 0, header)) {
    out << " [|udp]";
    return;
  }
  if (length > carried.length && !carried.fragmented)
    out << "UDP, bad length " << length - header << " > " << carried.length - header;
  else
    out << "UDP, length " << length - header;
}

[[nodiscard]] constexpr std::string_view tcp_option_word(std::uint8_t kind) noexcept {
  switch (kind) {
    case 0:
      return "eol";
    case 1:
      return "nop";
    case 2:
      return "mss";
    case 3:
      return "wscale";
    case 4:
      return "sackOK";
    case 5:
      return "sack";
    case 6:
      return "echo";
    case 7:
      return "echoreply";
    case 8:
      return "TS";
    case 11:
      return "cc";
    case 12:
      return "ccnew";
    case 19:
      return "md5";
    case 28:
      return "uto";
    case 29:
      return "tcp-ao";
    case 34:
      return "tfo";
    default:
      return {};
  }
}

enum class OptionEnd : std::uint8_t { good, bad, cut };

// How many octets of the body the words take, whatever the option's length says; and what of the
// rest of the options must be there for them.
constexpr OptionEnd describe_tcp_option(TextWriter& out, std::uint8_t kind, std::size_t room,
                                        Bytes body, std::size_t& used) noexcept {
  const auto need = [&](std::size_t octets) {
    if (octets > room) return OptionEnd::bad;
    return has(body, 0, octets) ? OptionEnd::good : OptionEnd::cut;
  };
  const auto said = used;
  const auto fixed = [&](std::size_t octets) { return used = octets, need(octets); };
  auto end = OptionEnd::good;
  switch (kind) {
    case 0:
    case 1:
    case 4:
      used = 0;
      break;
    case 2:
      if ((end = fixed(2)) == OptionEnd::good) out << " " << load<std::uint16_t>(body, 0);
      break;
    case 3:
      if ((end = fixed(1)) == OptionEnd::good) out << " " << body[0];
      break;
    case 5:
      if (said % 8 != 0) {
        out << " invalid sack";
        break;
      }
      out << " " << said / 8 << " ";
      for (std::size_t at = 0; at < said && (end = need(at + 8)) == OptionEnd::good; at += 8)
        out << "{" << load<std::uint32_t>(body, at) << ":" << load<std::uint32_t>(body, at + 4)
            << "}";
      break;
    case 6:
    case 7:
    case 11:
    case 12:
    case 13:
      if ((end = fixed(4)) == OptionEnd::good) out << " " << load<std::uint32_t>(body, 0);
      break;
    case 8:
      if ((end = fixed(8)) == OptionEnd::good)
        out << " val " << load<std::uint32_t>(body, 0) << " ecr " << load<std::uint32_t>(body, 4);
      break;
    case 28:
      if ((end = fixed(2)) == OptionEnd::good) {
        const auto timeout = load<std::uint16_t>(body, 0);
        (out << " 0x").hexadecimal(timeout, 1)
            << " " << (timeout & 1U ? (timeout >> 1U) * 60U : timeout >> 1U);
      }
      break;
    case 29:
      if (said < 2) {
        end = OptionEnd::bad;
      } else if ((end = need(said)) == OptionEnd::good) {
        out << " keyid " << body[0] << " rnextkeyid " << body[1];
        if (said > 2) (out << " mac 0x").hexadecimal(body.subspan(2, said - 2));
      }
      break;
    case 34:
      if ((end = need(said)) != OptionEnd::good) break;
      if (said == 0)
        out << "  cookiereq";
      else if (said % 2 != 0 || said < 4 || said > 16)
        out << "  (invalid)";
      else
        (out << "  cookie ").hexadecimal(body.first(said));
      break;
    default:
      for (std::size_t at = 0; at < said; ++at) {
        if (at == 0) out << " 0x";
        if ((end = need(at + 1)) != OptionEnd::good) break;
        out.hexadecimal(body[at], 2);
      }
  }
  return end;
}

// False where the options end the line: they are cut or contradict themselves.
constexpr bool describe_tcp_options(TextWriter& out, Bytes segment, std::size_t header) noexcept {
  out << ", options [";
  bool first = true;
  for (std::size_t at = 20; at < header;) {
    if (!first) out << ",";
    if (!has(segment, at, 1)) return out << " [|tcp]", false;
    const auto kind = segment[at++];
    std::size_t length = 1;
    if (kind > 1) {
      if (!has(segment, at, 1)) return out << " [|tcp]", false;
      length = segment[at++];
    }
    if (kind > 1 && (length < 2 || length > header - at + 2))
      return out << "[bad opt]" << (first ? "" : "]"), false;
    if (const auto word = tcp_option_word(kind); !word.empty() || kind == 13)
      out << word;
    else
      out << "unknown-" << kind;
    const std::size_t framing = kind > 1 ? 2 : 1;
    auto used = length - framing;
    const auto body = at < segment.size() ? segment.subspan(at) : Bytes{};
    const auto end = describe_tcp_option(out, kind, header - at, body, used);
    if (end == OptionEnd::bad) return out << "[bad opt]" << (first ? "" : "]"), false;
    if (end == OptionEnd::cut) return out << " [|tcp]" << (first ? "" : ">"), false;
    at += used;
    if (used + framing != length) out << "[len " << length << "]";
    first = false;
    if (kind == 0) break;
  }
  out << "]";
  return true;
}

constexpr void describe_tcp(TextWriter& out, const Carried& carried) noexcept {
  const auto segment = carried.octets;
  if (!has(segment, 0, 4)) {
    out << carried.source << " > " << carried.destination << ": [|tcp]";
    return;
  }
  describe_ports(out, carried);
  if (!has(segment, 0, 20)) {
    out << " [|tcp]";
    return;
  }
  const std::size_t header = std::size_t{segment[12]} / 16 * 4;
  if (header < 20) {
    out << " tcp " << carried.length - header << " [bad hdr length " << header
        << " - too short, < 20]";
    return;
  }
  constexpr std::array<std::string_view, 8> letters{"F", "S", "R", "P", ".", "U", "E", "W"};
  const auto flags = segment[13];
  out << "Flags [";
  for (std::size_t bit = 0; bit < letters.size(); ++bit)
    if ((flags >> bit & 1) != 0) out << letters[bit];
  out << (flags == 0 ? "none]" : "]");
  if (header > carried.length) {
    out << " [bad hdr length " << header << " - too long, > " << carried.length << "]";
    return;
  }
  const auto length = carried.length - header;
  const auto sequence = load<std::uint32_t>(segment, 4);
  if (length > 0 || (flags & 0x07) != 0) out << ", seq " << sequence;
  if (length > 0) out << ":" << static_cast<std::uint32_t>(sequence + length);
  if ((flags & 0x10) != 0) out << ", ack " << load<std::uint32_t>(segment, 8);
  out << ", win " << load<std::uint16_t>(segment, 14);
  if ((flags & 0x20) != 0) out << ", urg " << load<std::uint16_t>(segment, 18);
  if (header > 20 && !describe_tcp_options(out, segment, header)) return;
  out << ", length " << length;
}

}  // namespace sonda::inline v0::detail
