// What the comments in a lab's capture claim of its frames, held against the frames.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include <sonda/capture/pcapng_block.hpp>
#include <sonda/verify/faults.hpp>
#include <sonda/verify/report.hpp>

namespace sonda::inline v0::verify {

// What a lab's capture can be wrong about: the closed list beside faults.hpp's.
inline constexpr auto lab_fault_words = std::to_array<FaultWord>({
    {Claim::crossing, "wrong_link", "the machines it went between are not those of its interface"},
    {Claim::crossing, "wrong_direction", "it went the other way"},
    {Claim::crossing, "wrong_ends", "its Ethernet addresses are those of other ends"},
    {Claim::crossing, "wrong_machine", "another machine did something with it than got it"},
    {Claim::crossing, "lost_and_handled", "lost on its way, and dealt with where it went"},
    {Claim::crossing, "lost_goes_on", "lost on its way, and another frame comes of it"},
    {Claim::crossing, "after_itself", "it comes of itself or of a later frame"},
    {Claim::crossing, "after_no_such_frame", "it comes of a frame that is none of the lab's"},
    {Claim::crossing, "wrong_predecessor", "it comes of a frame that went elsewhere"},
    {Claim::crossing, "not_the_same_packet",
     "neither that frame's packet one hop on, nor an answer, nor an error about it"},
    {Claim::crossing, "beginning_denied",
     "said to begin here, and it is an earlier frame's packet"},
    {Claim::crossing, "stopped_goes_on", "stopped by a machine, and it goes on"},
    {Claim::crossing, "ttl_below_one", "passed on with a TTL of 0"},
    {Claim::crossing, "ttl_left", "its TTL is said to have run out, and has not"},
    {Claim::crossing, "vanishes", "it went to a router, and nothing comes of it"},
    {Claim::crossing, "unreadable_packet", "it is no whole IP packet"},
    {Claim::crossing, "damaged_on_its_way", "its predecessor was damaged: it cannot be compared"},
    {Claim::crossing, "too_long_ago", "its predecessor is too far back to be remembered"},
    {Claim::crossing, "capture_ends", "what must come of it may come after the capture's end"},
    {Claim::message, "wrong_message", "the machine says something else of it"},
    {Claim::message, "wrong_message_for_deed", "nobody says that of what was done"},
    {Claim::message, "message_never_sent", "the machine says nothing of it"},
    {Claim::message, "capture_ends", "what is to be said may come after the capture's end"},
    {Claim::checksum, "segment_checksum_wrong",
     "the checksum of an ICMP message, datagram or segment is wrong"},
    {Claim::checksum, "checksum_mended", "a checksum that is said to be wrong is right"},
    {Claim::time, "out_of_order", "it is earlier than the frame before it"},
    {Claim::time, "earlier_than_its_cause", "it is earlier than the frame it comes of"},
    {Claim::comment, "comment_missing", "no comment, on a link of the lab"},
    {Claim::comment, "unknown_deed", "a deed that this version does not know"},
});

// Of captures with the comments of lab/network_capture.hpp. Takes every frame of a file, one after
// the other, and passes over those that no lab has commented:
//
//   after=12;    frame 12 went to where this one comes from, earlier, and this one is the same
//   packet
//                one hop on, or answers it, or is an ICMP error that quotes it
//   lost;        and the like: nothing comes of this frame
//   says=11/0;   a later frame comes of this one and is that message, about it
//   the deed     what its TTL, its size and what comes of it allow
//   from, to     the ends of the interface's link, and the way round that direction and addresses
//   say
//
// Every checksum is right, unless a comment says `checksum=wrong;`, and no time goes back.
//
// Memory: the frames that something may still come of, up to `most_octets` of them.
class LabClaims {
 public:
  static constexpr std::size_t most_octets = std::size_t{64} << 20;
  using OnNote = std::function<void(std::uint64_t frame, std::string_view note)>;

  explicit LabClaims(OnNote on_note = {});
  LabClaims(LabClaims&&) noexcept;
  LabClaims& operator=(LabClaims&&) noexcept;
  ~LabClaims();

  // `number` as Wireshark counts.
  void take(const capture::Frame& frame, std::uint64_t number, const capture::Interface& interface);

  // The capture ends otherwise than it should, as Verifier has it.
  void on_end_of_capture(std::string_view why, bool writer_killed);

  // Whether a lab has commented any frame.
  [[nodiscard]] bool any() const noexcept;
  // Judges what is still open and adds everything to `report`, its verdict included: where that
  // has no run, it becomes this one.
  void finish(Report& report);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sonda::inline v0::verify
