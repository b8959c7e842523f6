// Everything that is known of one probe: what events tell of it, and what frames show.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <sonda/capture/pcapng_block.hpp>
#include <sonda/core/sha256.hpp>
#include <sonda/event/event.hpp>

#include "comment.hpp"
#include "seen_packet.hpp"

namespace sonda::inline v0::verify {

enum class ProbeStanding : std::uint8_t { unsent, waiting, answered, errored, lost, refused };

// Where and when a packet was seen: one frame, or the frames of its fragments.
struct Sighting {
  std::uint64_t frame = 0;              // the last, where there are several; 0: not seen
  std::vector<std::uint64_t> pieces{};  // all of them, where there are several
  std::int64_t first_ns = 0, last_ns = 0;
  std::int64_t resolution_ns = 1;
  std::uint32_t interface = 0;
  capture::Direction direction = capture::Direction::unknown;
  bool cut = false;
  std::unique_ptr<FrameComment> comment{};

  [[nodiscard]] bool shows(std::uint64_t number) const {
    if (number == frame) return true;
    for (const auto piece : pieces)
      if (piece == number) return true;
    return false;
  }
};

// A probe as it was seen. Of the data only the tag is kept where the rest is as in all others.
struct ProbeSighting {
  static constexpr std::size_t tag_size = 8;
  static constexpr std::size_t most_headers = 60 + 8;

  Sighting at{};
  std::array<std::uint8_t, most_headers> head{};  // everything in front of the data
  std::array<std::uint8_t, tag_size> first_data{};
  std::uint8_t tag_octets = 0;        // of first_data
  std::uint16_t message_at = 0;       // where the ICMP header begins
  std::size_t size = 0;               // of the packet
  std::vector<std::uint8_t> whole{};  // the packet, where head, tag and filling do not make it
  bool known = false;                 // either of both
  Sum sum = Sum::unknown;
  std::uint16_t full_sum = 0;  // the checksum as it should be
  bool header_sum_ok = true;
  std::uint32_t copies = 0;  // further frames of it on the same interface
  std::uint64_t copy_frame = 0;

  [[nodiscard]] bool seen() const { return at.frame != 0; }
  [[nodiscard]] std::size_t data_size() const { return size - message_at - 8; }
  [[nodiscard]] Bytes tag() const { return Bytes{first_data}.first(tag_octets); }
};

struct ReplySighting {
  Sighting at{};
  Address from{};
  Ttl ttl{};
  std::size_t bytes = 0;
  bool truncated = false;
  bool orphan = false;  // there was no probe to compare it with
  std::optional<std::size_t> corrupt_octet{};
  std::uint8_t corrupt_was = 0, corrupt_is = 0;
  std::optional<bool> reordered{};  // nothing: too close to tell
  std::uint8_t code = 0;
  std::uint16_t wire_sequence = 0;
  std::size_t content = 0;  // a hash of its octets, to know the same packet again
  std::array<std::uint8_t, ProbeSighting::tag_size> first_data{};
  std::uint8_t tag_octets = 0;  // of first_data
  bool told = false;

  // Whether its data begin as those of the probe.
  [[nodiscard]] bool answers(const ProbeSighting& probe) const {
    const auto tag = probe.tag();
    return tag_octets >= tag.size() && std::equal(tag.begin(), tag.end(), first_data.begin());
  }
};

struct ErrorSighting {
  Sighting at{};
  Address from{};
  IcmpReport icmp{};
  IcmpReport queued{};  // as a datagram socket would tell of it
  std::size_t quoted_octets = 0, quoted_transport = 0;
  std::size_t most_quoted = 0;  // what follows the quoted IP header, extensions included
  std::uint16_t wire_sequence = 0;
  std::size_t content = 0;
  std::optional<std::vector<QuotedChangeReport>> changes{};
  bool orphan = false;
  bool told = false;
};

struct ToldReply {
  Reply reply{};
  std::uint64_t line = 0;
  std::int64_t unix_ns = 0;
  std::vector<std::uint64_t> frames{};
  bool after_summary = false;
};

struct ToldError {
  IcmpError error{};
  std::uint64_t line = 0;
  std::int64_t unix_ns = 0;
  std::vector<std::uint64_t> frames{};
};

struct ToldProbe {
  ProbeStanding standing = ProbeStanding::unsent;
  std::uint64_t sent_line = 0, refused_line = 0, lost_line = 0, outstanding_line = 0;
  std::int64_t sent_ns = 0, lost_ns = 0, outstanding_ns = 0;
  std::optional<Sha256Digest> digest{};
  std::uint32_t error_row = 0;
  std::vector<std::uint64_t> frames{};  // of all that is no answer
  std::vector<ToldReply> replies{};
  std::vector<ToldError> errors{};
};

struct Slot {
  std::uint64_t sequence = 0;  // 0: of nobody yet
  ToldProbe told{};
  ProbeSighting probe{};
  std::vector<ReplySighting> replies{};
  std::vector<ErrorSighting> errors{};
  std::array<std::uint8_t, ProbeSighting::tag_size> tag_before{};  // of the probe 65,536 before
  bool had_before = false;

  // Capacity is kept: nothing is allocated for the next probe.
  void begin(std::uint64_t number) {
    had_before = probe.seen() && probe.tag().size() == tag_before.size();
    if (had_before) std::copy_n(probe.tag().begin(), tag_before.size(), tag_before.begin());
    sequence = number;
    auto frames = std::move(told.frames);
    auto told_replies = std::move(told.replies);
    auto told_errors = std::move(told.errors);
    frames.clear(), told_replies.clear(), told_errors.clear(), replies.clear(), errors.clear();
    told = ToldProbe{.frames = std::move(frames),
                     .replies = std::move(told_replies),
                     .errors = std::move(told_errors)};
    probe = ProbeSighting{};
  }
};

}  // namespace sonda::inline v0::verify
