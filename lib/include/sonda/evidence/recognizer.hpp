// What of a capture a run's events speak of. Each tool has a recognizer of its own.
#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include <sonda/capture/network_layer.hpp>
#include <sonda/event/event.hpp>

namespace sonda::inline v0::evidence {

// A piece of a datagram that was cut.
struct Piece {
  std::string datagram{};  // the same for all pieces of one, and for nothing else nearby
  std::size_t offset = 0;  // in octets
  std::size_t size = 0;
  bool last = false;
};

// What a frame is to the run.
struct Sight {
  // Frames and mentions that may belong together have the same. Nothing: no event is about it, or,
  // of a piece, only the others can tell.
  std::optional<std::string> key{};
  std::optional<Piece> piece{};
  // Frames that one event shows beside the frame that it is about. No mention is waited for.
  std::string group{};
  capture::Direction direction = capture::Direction::unknown;  // by what it is, not where it was
  std::string comment{};                                       // where no event gives it one
};

// What an event says of a frame.
struct Mention {
  std::string key{};      // empty: of any frame that has one
  std::string comment{};  // for each frame of it
  bool stamped = false;   // the event's time is the kernel's stamp, and so the frame's
  // It may leave long after the event, once the neighbour is known. Of an answer: it was seen
  // before the event, or never will be.
  bool departure = false;
  // The frames of that group which were seen before are of the event, too. Where there is a group
  // and no key, they are all of it.
  std::string group{};
  bool ends_group = false;   // no other event is about the group
  bool long_before = false;  // the frame may be as old as Pairing::memory
};

// Two threads call at once, see() and mention(): what both read must not change.
class Recognizer {
 public:
  virtual ~Recognizer() = default;
  // Called by the recorder's thread.
  [[nodiscard]] virtual Sight see(const capture::NetworkLayer& layer) const = 0;
  // Nothing: no frame shows it. Called by the program's thread.
  [[nodiscard]] virtual std::optional<Mention> mention(const Occurrence& occurrence) const = 0;
};

}  // namespace sonda::inline v0::evidence
