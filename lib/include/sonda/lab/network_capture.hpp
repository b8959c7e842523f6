// The links of a simulated network as a pcapng file that explains itself: one interface a link, and
// beside each packet where it was, what became of it and which frame brought it about.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sonda/capture/pcapng_writer.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/network.hpp>
#include <sonda/sim/observer.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/wire/ethernet.hpp>

namespace sonda::inline v0::lab {

struct LinkNames {
  std::string lower{};  // the machine that `connect` named first
  std::string upper{};
};

// The Ethernet address of an interface: its link's number, and which end it is. It is the one that
// real systems in a lab see, too.
[[nodiscard]] MacAddress link_address(sim::LinkIndex link, bool upper);

struct CaptureNames {
  std::vector<LinkNames> links{};  // by LinkIndex
  capture::NameTable addresses{};
  std::function<std::string(const sim::Node&)> machine{};
};

// Comments are lists of fields, each ended or followed by "; ", so that
// `frame.comment contains "at=r1;"` finds all that r1 did:
//
//   sonda: from=client; to=r1; after=12;                where it is, and the frame it comes of
//   sonda: from=client; to=r1; checksum=wrong;          as its sender, a program, wanted it
//   sonda: from=client; to=r1; lost;                    what the link did to it
//   sonda: at=r1; its TTL has run out; says=11/0;       what the machine at the other end did
//   sonda: at=r1; a rule answers it; says=3/3; checksum=wrong;              on purpose
//
// Packets stand in Ethernet frames, since libpcap reads no file with several interfaces of raw IP.
// A frame is written when it has arrived and been dealt with, so a capture that is read live lags
// by a link's delay.
class NetworkCapture final : public sim::Observer {
 public:
  using ToUnix = std::function<std::int64_t(Instant)>;               // nanoseconds since 1970
  static constexpr std::size_t most_octets = std::size_t{16} << 20;  // that wait to be written

  [[nodiscard]] static std::expected<NetworkCapture, Failure> begin(capture::PcapngWriter writer,
                                                                    CaptureNames names,
                                                                    ToUnix to_unix);
  NetworkCapture(NetworkCapture&&) noexcept = default;
  NetworkCapture& operator=(NetworkCapture&&) noexcept = default;
  ~NetworkCapture() = default;

  void on_crossing(const sim::Crossing& crossing) override;
  void on_note(const sim::Note& note) override;

  // Everything that was due before `now` has been handled: writes the frames that wait for it, and
  // hands them to the system.
  void settle(Instant now);
  // Whether there are frames that the file does not have yet.
  [[nodiscard]] bool unsettled() const { return !waiting_.empty() || unflushed_; }
  // Writes what waits and ends the file. The first failure of any write, if there was one.
  [[nodiscard]] std::expected<void, Failure> close();
  // After the first failure nothing is written any more.
  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }

 private:
  struct Waiting {
    std::uint64_t number = 0;  // of its crossing
    Instant at{};
    Instant known{};  // when what becomes of it is known
    capture::InterfaceId interface{};
    capture::Direction direction{};
    sim::Octets octets{};
    std::vector<std::string> comments{};
  };
  NetworkCapture(capture::PcapngWriter writer, CaptureNames names, ToUnix to_unix)
      : writer_{std::move(writer)}, names_{std::move(names)}, to_unix_{std::move(to_unix)} {}

  void write_known(Instant before);
  void write_first();

  capture::PcapngWriter writer_;
  CaptureNames names_;
  ToUnix to_unix_;
  std::vector<capture::InterfaceId> interfaces_;
  std::deque<Waiting> waiting_;
  std::size_t octets_ = 0;
  std::uint64_t before_first_ = 0;  // crossings that were not captured
  bool begun_ = false;
  bool unflushed_ = false;
  std::optional<Failure> failure_;
};

}  // namespace sonda::inline v0::lab
