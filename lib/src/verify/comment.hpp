// The comments that Sonda writes beside frames: "sonda: probe=12; seq=13; reply; rtt_ms=0.310000;".
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace sonda::inline v0::verify {

enum class CommentKind : std::uint8_t { sent, reply, icmp_error, foreign, corrupt };

struct FrameComment {
  CommentKind kind{};
  bool readable = true;
  std::optional<std::uint64_t> probe{}, sequence{};
  std::optional<unsigned> ttl{};
  std::optional<unsigned> icmp_type{}, icmp_code{};
  std::optional<std::int64_t> rtt_ns{};
  std::optional<int> error_code{};
  bool duplicate = false, late = false, reordered = false, truncated = false, corrupt = false;
  bool neighbor = false;
  friend bool operator==(const FrameComment&, const FrameComment&) = default;
};

// Nothing for a comment that is not about a run: the lab writes others.
[[nodiscard]] std::optional<FrameComment> read_comment(std::string_view text);

}  // namespace sonda::inline v0::verify
