// Everything that is known of one port: what an event tells of it, and what frames show.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sonda/capture/pcapng_block.hpp>
#include <sonda/core/sha256.hpp>
#include <sonda/event/event.hpp>
#include <sonda/wire/tcp.hpp>

#include "seen_packet.hpp"
#include "tcp_comment.hpp"

namespace sonda::inline v0::verify {

struct TcpFrame {
  std::uint64_t number = 0;
  std::int64_t unix_ns = 0;
  std::int64_t resolution_ns = 1;
  std::uint32_t interface = 0;
  capture::Direction direction = capture::Direction::unknown;
  std::unique_ptr<TcpComment> comment{};
};

struct SynSeen {
  TcpFrame at{};
  Address source{};
  std::uint32_t sequence = 0;
  Sum sum = Sum::unknown;
  bool header_sum_ok = true;
  bool cut = false;
  Sha256Digest digest{};  // of the packet; where hashes are told
};

enum class AnswerKind : std::uint8_t { syn_ack, rst, error };

struct AnswerSeen {
  AnswerKind kind{};
  TcpFrame at{};
  Address from{};
  Ttl ttl{};
  std::uint32_t sequence = 0, acknowledgement = 0;
  bool acknowledges = false;                       // it has the ACK bit
  std::optional<std::uint32_t> quoted_sequence{};  // of an error
  IcmpReport icmp{}, queued{};                     // as it is; as an error queue tells of it
};

// A frame of the connection that is neither SYN nor answer, as the comment beside it may call it.
enum class OtherKind : std::uint8_t { handshake, banner, ending };
struct OtherSeen {
  OtherKind kind{};
  bool ours = false;  // we sent it
  TcpFrame at{};
};

struct ToldPort {
  PortResult result{};
  std::uint64_t line = 0;
  std::int64_t unix_ns = 0;
  std::vector<std::uint64_t> frames{};
};

struct TcpPort {
  static constexpr std::size_t most_frames = 64;  // of each kind
  static constexpr std::size_t most_octets = 4'096;

  Address address{};
  Port port{};
  std::vector<SynSeen> syns{};
  std::vector<AnswerSeen> answers{};
  std::vector<OtherSeen> others{};
  std::uint64_t our_ack = 0, our_rst = 0, our_fin = 0, our_data = 0;  // frames; 0: none
  std::string said{};     // what the service sent first, as far as the capture kept it
  bool said_cut = false;  // it sent more
  std::int64_t said_ns = 0;
  std::uint64_t said_frame = 0;
  std::optional<ToldPort> told{};
  std::vector<Sha256Digest> hashes{};  // told of its SYNs
  bool overflowed = false;

  [[nodiscard]] bool acknowledged(std::uint32_t acknowledgement) const {
    for (const auto& syn : syns)
      if (syn.sequence + 1 == acknowledgement) return true;
    return false;
  }
  // Whether our system takes it for an answer to one of our SYNs.
  [[nodiscard]] bool is_answered_by(const AnswerSeen& answer) const {
    if (answer.kind != AnswerKind::error)
      return answer.acknowledges && acknowledged(answer.acknowledgement);
    // Of less than eight octets it would not know whose they are.
    return answer.quoted_sequence && acknowledged(*answer.quoted_sequence + 1);
  }
  [[nodiscard]] bool shows(std::uint64_t number) const {
    for (const auto& syn : syns)
      if (syn.at.number == number) return true;
    for (const auto& answer : answers)
      if (answer.at.number == number) return true;
    for (const auto& other : others)
      if (other.at.number == number) return true;
    return false;
  }
};

}  // namespace sonda::inline v0::verify
