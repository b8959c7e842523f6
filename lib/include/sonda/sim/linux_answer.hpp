// What a Linux host answers to a packet that is addressed to it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

#include <sonda/core/export.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/icmp_error.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/sim/random.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::sim {

// What a packet asks of the host, if anything.
enum class Question : std::uint8_t {
  none,           // an answer, an error or a RST: nothing is said to it
  damaged,        // it cannot be read, or its checksum is wrong
  echo,           // RFC 792, RFC 4443 4.1
  timestamp,      // RFC 792
  extended_echo,  // RFC 8335
  port,           // UDP or TCP
  protocol        // one that the host does not speak
};

[[nodiscard]] SONDA_EXPORT Question question(const IpPacket& packet);

// What may be wrong with an answer on purpose.
struct AnswerStyle {
  Address from{};  // the address that was asked, unless something is amiss
  Ttl ttl{64};
  std::optional<std::size_t> wrong_octet{};  // of an echo reply's data: comes back inverted
  std::size_t cut = 0;                       // octets of an echo reply's data that stay away
};

// The error that Linux answers with: a closed UDP port, an unknown protocol. Nothing for others.
[[nodiscard]] SONDA_EXPORT std::optional<ErrorMessage> linux_refusal(const IpPacket& packet);

// The whole packet, of a host whose ports are all closed; nothing where the question is none,
// damaged, or an extended echo, which Linux does not answer unless it is told to.
[[nodiscard]] SONDA_EXPORT std::optional<Octets> linux_answer(const IpPacket& packet,
                                                              const AnswerStyle& style, Instant now,
                                                              Random& random);

}  // namespace sonda::inline v0::sim
