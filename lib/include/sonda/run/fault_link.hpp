// A link that goes wrong on purpose: it wraps another one and fails as operating systems do.
#pragma once
#include <cerrno>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <sonda/core/export.hpp>
#include <sonda/core/time.hpp>
#include <sonda/event/contract.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/sim/random.hpp>

namespace sonda::inline v0::run {

struct DropReport {
  Instant at{};
  DropPlace place = DropPlace::socket;
  std::uint64_t count = 1;
};

// Sends are counted from 0. Probabilities are from 0 to 1.
struct FaultPlan {
  std::uint64_t seed = 0;

  std::map<std::uint64_t, int> refuse{};  // which sends, with which errno
  double refuse_share = 0;
  int refuse_error = EPERM;

  // A full queue, as ENOBUFS tells of it: what is sent waits, and the link is not writable.
  std::map<std::uint64_t, Duration> hold{};  // which sends, for how long
  double hold_share = 0;
  Duration hold_for = std::chrono::milliseconds{5};

  double drop_received = 0;
  double duplicate_received = 0;
  double corrupt_received = 0;      // one bit is flipped
  std::vector<DropReport> drops{};  // in order of time

  // With it, the first stamp of a send may be `first_stamp_error` off, and the true one comes so
  // much later.
  std::optional<Duration> better_stamp_after{};
  Duration first_stamp_error = std::chrono::microseconds{50};
  double better_stamp_lost = 0;
};

// The wrapped link outlives this one.
class SONDA_EXPORT FaultLink final : public Link {
 public:
  FaultLink(Link& inner, FaultPlan plan)
      : inner_{inner}, plan_{std::move(plan)}, random_{plan_.seed} {}

  [[nodiscard]] bool writable(Instant now) const override;
  void transmit(Instant now, std::span<const Action> batch, Inbox& inbox) override;
  void readable(Instant now, Inbox& inbox) override;
  [[nodiscard]] std::span<const int> descriptors() const override { return inner_.descriptors(); }
  [[nodiscard]] std::optional<Instant> next_wakeup() const override;

 private:
  class Filter;  // stands between the wrapped link and the engine

  struct Held {
    Action action{};
    sim::Octets octets{};
  };
  struct LateStamp {
    Instant due{};
    ProbeId probe{};
    Stamp stamp{};
  };

  [[nodiscard]] std::optional<int> refusal(std::uint64_t number);
  [[nodiscard]] std::optional<Duration> hold_up(std::uint64_t number);
  void keep(const Action& action);
  void release(Instant now, Inbox& inbox);

  Link& inner_;
  FaultPlan plan_;
  sim::Random random_;
  std::uint64_t sends_ = 0;
  std::size_t drops_told_ = 0;
  std::deque<Held> held_;
  Instant held_until_{};
  std::deque<LateStamp> stamps_;
};

}  // namespace sonda::inline v0::run
