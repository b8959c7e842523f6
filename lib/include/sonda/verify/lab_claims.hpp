// What the comments in a lab's capture claim of its frames, held against the frames.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include <sonda/capture/pcapng_block.hpp>
#include <sonda/verify/report.hpp>

namespace sonda::inline v0::verify {

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
