// The comments beside a TCP scan's frames: "sonda: probe=12; rejected; icmp=3/13;
// rtt_ms=0.412000;".
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sonda::inline v0::verify {

struct TcpComment {
  bool readable = true;
  bool control = false;                  // a port beside the plan
  std::optional<std::uint64_t> probe{};  // of the plan
  std::string word{};  // "sent", a state, "handshake", "banner", "ending", or empty
  std::optional<unsigned> icmp_type{}, icmp_code{};
  std::optional<int> error_code{};
  std::optional<std::int64_t> rtt_ns{};

  // It says more than what the frame is by itself.
  [[nodiscard]] bool tells_an_outcome() const {
    return rtt_ns || error_code || icmp_type || word == "open" || word == "closed" ||
           word == "rejected" || word == "unreachable" || word == "unknown" || word == "filtered";
  }
};

// Nothing for a comment that is not about a run: the lab writes others.
[[nodiscard]] std::optional<TcpComment> read_tcp_comment(std::string_view text);

}  // namespace sonda::inline v0::verify
