// Comments of a TCP scan's frames, field by field.
#include "tcp_comment.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <sonda/core/errno_name.hpp>

namespace sonda::inline v0::verify {
namespace {

constexpr auto words =
    std::to_array<std::string_view>({"sent", "open", "closed", "rejected", "unreachable",
                                     "filtered", "unknown", "handshake", "banner", "ending"});

template <typename T>
bool read_number(std::string_view text, std::optional<T>& into) {
  T value{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size() || into) return false;
  into = value;
  return true;
}

bool read_errno(std::string_view text, TcpComment& out) {
  if (const auto known = errno_number(text)) {
    out.error_code = *known;
    return true;
  }
  return text.starts_with('E') && read_number(text.substr(1), out.error_code);
}

bool read_field(std::string_view name, std::string_view value, TcpComment& out) {
  if (name == "probe") return !out.control && read_number(value, out.probe);
  if (name == "errno") return read_errno(value, out);
  if (name == "icmp") {
    const auto slash = value.find('/');
    return slash != std::string_view::npos && read_number(value.substr(0, slash), out.icmp_type) &&
           read_number(value.substr(slash + 1), out.icmp_code);
  }
  if (name == "rtt_ms") {
    std::optional<double> ms;
    if (!read_number(value, ms) || !(std::abs(*ms) < 9e12)) return false;
    out.rtt_ns = std::llround(*ms * 1e6);
    return true;
  }
  return name == "ttl";  // what newer writers may add is not judged here
}

bool read_word(std::string_view word, TcpComment& out) {
  if (word == "control") return !out.probe && !std::exchange(out.control, true);
  const auto equals = word.find('=');
  if (equals != std::string_view::npos)
    return read_field(word.substr(0, equals), word.substr(equals + 1), out);
  if (!out.word.empty() || std::ranges::find(words, word) == words.end()) return false;
  out.word = word;
  return true;
}

}  // namespace

std::optional<TcpComment> read_tcp_comment(std::string_view text) {
  constexpr std::string_view prefix = "sonda: ";
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  if (!text.starts_with("probe=") && !text.starts_with("control;")) return std::nullopt;
  TcpComment out;
  while (!text.empty()) {
    const auto end = text.find(';');
    if (end == std::string_view::npos || !read_word(text.substr(0, end), out)) {
      out.readable = false;
      return out;
    }
    text.remove_prefix(end + 1);
    if (text.starts_with(' ')) text.remove_prefix(1);
  }
  out.readable = !out.word.empty() || out.icmp_type.has_value();
  return out;
}

}  // namespace sonda::inline v0::verify
