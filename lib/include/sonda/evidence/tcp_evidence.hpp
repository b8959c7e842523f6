// What of a capture a TCP scan's events speak of, and which frames are to be captured for that.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sonda/capture/live_capture.hpp>
#include <sonda/event/event.hpp>
#include <sonda/evidence/recognizer.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::evidence {

// How some of the targets are reached: one for each interface and source address of theirs.
struct TcpPath {
  std::string interface{};
  Address source{};
};

// Loopback is captured, too: what our own system has to say about a SYN, it sends to itself.
[[nodiscard]] capture::LiveOptions tcp_capture(const Start& start, std::span<const TcpPath> paths);

// In libpcap's language: segments from and to the run's source ports (Start::ports), ICMP errors
// that quote a segment from one, or too little to tell, and who asks for whose link address on our
// behalf.
[[nodiscard]] std::string tcp_filter(const Start& start, std::span<const TcpPath> paths);

// "sonda: probe=12; open; rtt_ms=0.412000;", as the frame bears it that decided; empty for events
// that no single frame shows.
[[nodiscard]] std::string tcp_comment(const Happening& what);

// The number of a port of the plan; asked with an address without zone, of each frame, by the
// recorder's thread.
using ProbeOf = std::function<std::optional<ProbeId>(const Address&, Port)>;

// SYNs bear "sonda: probe=12; sent;" and never what became of them. The frame that decided bears
// the verdict; others of the connection "handshake;", "banner;" or "ending;", and ICMP errors that
// decided nothing their type. Ports beside the plan are called "control;" instead of "probe=12;".
// Each PortResult's frames are its SYNs, the frame that decided, and what the service said.
[[nodiscard]] std::unique_ptr<Recognizer> tcp_recognizer(const Start& start,
                                                         std::span<const TcpPath> paths,
                                                         ProbeOf probe_of);

}  // namespace sonda::inline v0::evidence
