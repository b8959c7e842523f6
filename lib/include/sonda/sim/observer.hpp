// Who looks on: every packet on every link, and what machines did with those they did not pass on.
#pragma once
#include <cstdint>
#include <string_view>

#include <sonda/core/bytes.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/icmp_error.hpp>
#include <sonda/sim/packet.hpp>

namespace sonda::inline v0::sim {

class Node;

// Links are counted from 0 in the order in which they were connected.
enum class LinkIndex : std::uint32_t {};

// What a link did to a packet.
enum class Fate : std::uint8_t {
  carried,
  doubled,     // carried twice
  damaged,     // carried with a bit flipped
  held_back,   // carried later than those behind it
  lost,        // by chance
  too_large,   // for the link's MTU
  queue_full,  // of a link with a rate, or of the whole network
  down,
  endless  // it, or what brought it about, has gone round and round
};

[[nodiscard]] constexpr std::string_view name(Fate fate) noexcept {
  switch (fate) {
    case Fate::carried:
      return "carried";
    case Fate::doubled:
      return "doubled";
    case Fate::damaged:
      return "damaged";
    case Fate::held_back:
      return "held back";
    case Fate::lost:
      return "lost";
    case Fate::too_large:
      return "too large";
    case Fate::queue_full:
      return "queue full";
    case Fate::down:
      return "link down";
    case Fate::endless:
      return "going round";
  }
  return {};
}

// A packet is put on a link.
struct Crossing {
  std::uint64_t number = 0;  // from 1
  std::uint64_t after = 0;   // that of the packet which a machine passed on or answered so; 0: none
  Instant at{};
  Instant arrives{};  // at the other end, where it does; the first of two
  LinkIndex link{};
  bool back = false;  // from the node that `connect` named second
  Fate fate = Fate::carried;
  Bytes octets{};  // as they were put on the link, not damaged yet
  Provenance provenance{};
};

// What a machine did with a packet that it did not simply pass on or answer.
enum class Deed : std::uint8_t {
  expired,         // its TTL has run out
  no_route,        // nothing leads there
  refused,         // a route says unreachable or prohibit
  swallowed,       // a route says blackhole
  absent,          // nobody on the link has that address
  too_big,         // for the next link, and it may not be cut
  dropped,         // by a rule
  answered,        // by a rule, with an ICMP error
  reset,           // by a rule, with a RST
  held,            // by a rule, to be let go later
  released,        // is let go
  redirected,      // passed on, and its sender told of a better way
  rewritten,       // passed on, but not as it came
  translated,      // passed on under another address
  untranslatable,  // came to a NAT that knows no such flow
  unroutable,      // its addresses are of no use beyond a link: a group, link-local, loopback
  unreadable,      // damaged or malformed, thrown away unread
  rate_limited,    // an error was due, but too many have been sent
  kept_silent,     // an error was due, but this machine never says anything
  ignored,         // it came to its destination, which does not answer
  mannered         // is answered, but from elsewhere, with other data or with a wrong checksum
};

[[nodiscard]] constexpr std::string_view words(Deed deed) noexcept {
  switch (deed) {
    case Deed::expired:
      return "its TTL has run out";
    case Deed::no_route:
      return "no route leads there";
    case Deed::refused:
      return "a route forbids it";
    case Deed::swallowed:
      return "a black hole swallows it";
    case Deed::absent:
      return "nobody there has that address";
    case Deed::too_big:
      return "too big for the next link";
    case Deed::dropped:
      return "a rule drops it";
    case Deed::answered:
      return "a rule answers it";
    case Deed::reset:
      return "a rule answers it with a RST";
    case Deed::held:
      return "a rule holds it";
    case Deed::released:
      return "lets it go";
    case Deed::redirected:
      return "passes it on and tells of a better way";
    case Deed::rewritten:
      return "rewrites it";
    case Deed::translated:
      return "translates its address";
    case Deed::untranslatable:
      return "knows no such flow to translate";
    case Deed::unroutable:
      return "does not route such addresses";
    case Deed::unreadable:
      return "cannot read it";
    case Deed::rate_limited:
      return "has sent too many errors to say so";
    case Deed::kept_silent:
      return "never says so";
    case Deed::ignored:
      return "does not answer";
    case Deed::mannered:
      return "answers in its own manner";
  }
  return {};
}

struct Note {
  Instant at{};
  const Node* node = nullptr;
  std::uint64_t crossing = 0;  // by which the packet came; 0: none
  Deed deed{};
  Bytes packet{};
  const ErrorMessage* error = nullptr;  // what it tells the sender, if it does
};

class Observer {
 public:
  virtual void on_crossing(const Crossing& crossing) = 0;
  virtual void on_note(const Note& note) = 0;

 protected:
  ~Observer() = default;
};

}  // namespace sonda::inline v0::sim
