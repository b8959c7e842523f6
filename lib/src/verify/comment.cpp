// Comments of frames, field by field.
#include "comment.hpp"

#include <charconv>
#include <cmath>
#include <string>

#include <sonda/core/errno_name.hpp>

namespace sonda::inline v0::verify {
namespace {

template <typename T>
bool read_number(std::string_view text, std::optional<T>& into) {
  T value{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size()) return false;
  into = value;
  return true;
}

bool read_icmp(std::string_view text, FrameComment& out) {
  const auto slash = text.find('/');
  return slash != std::string_view::npos && read_number(text.substr(0, slash), out.icmp_type) &&
         read_number(text.substr(slash + 1), out.icmp_code);
}

bool read_rtt(std::string_view text, FrameComment& out) {
  std::optional<double> ms;
  if (!read_number(text, ms) || !(std::abs(*ms) < 9e12)) return false;
  out.rtt_ns = std::llround(*ms * 1e6);
  return true;
}

bool read_errno(std::string_view text, FrameComment& out) {
  if (const auto known = errno_number(text)) {
    out.error_code = *known;
    return true;
  }
  return text.starts_with('E') && read_number(text.substr(1), out.error_code);
}

bool read_word(std::string_view word, FrameComment& out, bool& has_kind) {
  const auto kind = [&](CommentKind value) {
    out.kind = value;
    return !std::exchange(has_kind, true);
  };
  if (word == "sent") return kind(CommentKind::sent);
  if (word == "reply") return kind(CommentKind::reply);
  if (word == "icmp_error") return kind(CommentKind::icmp_error);
  if (word == "foreign") return kind(CommentKind::foreign);
  if (word == "corrupt") {
    if (!has_kind) return kind(CommentKind::corrupt);
    return !std::exchange(out.corrupt, true);
  }
  if (word == "duplicate") return !std::exchange(out.duplicate, true);
  if (word == "late") return !std::exchange(out.late, true);
  if (word == "reordered") return !std::exchange(out.reordered, true);
  if (word == "truncated") return !std::exchange(out.truncated, true);
  if (word == "neighbor") return !std::exchange(out.neighbor, true);
  const auto equals = word.find('=');
  if (equals == std::string_view::npos) return false;
  const auto name = word.substr(0, equals), value = word.substr(equals + 1);
  if (name == "probe") return read_number(value, out.probe);
  if (name == "seq") return read_number(value, out.sequence);
  if (name == "ttl") return read_number(value, out.ttl);
  if (name == "icmp") return read_icmp(value, out);
  if (name == "rtt_ms") return read_rtt(value, out);
  if (name == "errno") return read_errno(value, out);
  return name == "reason" || name == "mtu";  // what newer writers may add is not judged here
}

}  // namespace

std::optional<FrameComment> read_comment(std::string_view text) {
  constexpr std::string_view prefix = "sonda: ";
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  const bool of_a_run =
      text.starts_with("probe=") || text.starts_with("foreign;") || text.starts_with("corrupt;");
  if (!of_a_run) return std::nullopt;
  FrameComment out;
  bool has_kind = false;
  while (!text.empty()) {
    const auto end = text.find(';');
    if (end == std::string_view::npos || !read_word(text.substr(0, end), out, has_kind)) {
      out.readable = false;
      return out;
    }
    text.remove_prefix(end + 1);
    if (text.starts_with(' ')) text.remove_prefix(1);
  }
  out.readable = has_kind;
  return out;
}

}  // namespace sonda::inline v0::verify
