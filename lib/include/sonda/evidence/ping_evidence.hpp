// What of a capture a ping's events speak of, and which frames are to be captured for that.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include <sonda/capture/live_capture.hpp>
#include <sonda/event/event.hpp>
#include <sonda/evidence/recognizer.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::evidence {

// `next_hop` is whose link address our system asks for: a gateway, or the target itself.
[[nodiscard]] capture::LiveOptions ping_capture(const Start& start, const Address& next_hop);

// In libpcap's language: echo of our identifier, ICMP errors that quote it, at any length of the
// headers in between, or too little of it to tell, redirects, fragments from and to the target, and
// who asks for whose link address.
[[nodiscard]] std::string ping_filter(const Start& start, const Address& next_hop);

// "probe=12; seq=13; reply; ..." as frames bear it, with "sonda: " in front; empty for events that
// no frame shows. `ttl` is that of the probes.
[[nodiscard]] std::string ping_comment(const Happening& what, std::optional<Ttl> ttl);

// Frames that ask for the next hop's link address bear "sonda: neighbor;": no probe leaves before
// they are answered.
[[nodiscard]] std::unique_ptr<Recognizer> ping_recognizer(const Start& start,
                                                          const Address& next_hop);

}  // namespace sonda::inline v0::evidence
