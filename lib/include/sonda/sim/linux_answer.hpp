// What a Linux host answers to a packet that is addressed to it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

#include <sonda/core/export.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/sim/random.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::sim {

// What a packet asks of the host, if anything.
enum class Question : std::uint8_t {
  none,       // an answer or an error itself, or damaged: nothing comes of it
  echo,       // RFC 792, RFC 4443 4.1
  timestamp,  // RFC 792
  port,       // UDP or TCP; all ports are closed
  protocol    // one that the host does not speak
};

[[nodiscard]] SONDA_EXPORT Question question(const IpPacket& packet);

// What may be wrong with an answer on purpose.
struct AnswerStyle {
  Address from{};  // the address that was asked, unless something is amiss
  Ttl ttl{64};
  std::optional<std::size_t> wrong_octet{};  // of an echo reply's data: comes back inverted
  std::size_t cut = 0;                       // octets of an echo reply's data that stay away
};

// The whole packet; nothing where the question is none.
[[nodiscard]] SONDA_EXPORT std::optional<Octets> linux_answer(const IpPacket& packet,
                                                              const AnswerStyle& style, Instant now,
                                                              Random& random);

}  // namespace sonda::inline v0::sim
