// When a simulated machine wants to be called again, without more calls under way than needed.
#pragma once
#include <algorithm>
#include <vector>

#include <sonda/core/time.hpp>
#include <sonda/sim/node.hpp>

namespace sonda::inline v0::sim {

// An Outbox cannot take back a call it has promised, so one is asked for only when it has to come
// before all that are under way.
class Alarm {
 public:
  // It is `now`, and the node has to be called at `at`.
  void set(Instant at, Instant now, Outbox& out) {
    if (!promised_.empty() && promised_.back() <= at) return;
    promised_.push_back(at);
    out.wake(std::max(at - now, Duration::zero()));
  }
  // The node has been called at `now`: what was promised until then is kept.
  void rang(Instant now) {
    while (!promised_.empty() && promised_.back() <= now) promised_.pop_back();
  }

 private:
  std::vector<Instant> promised_;  // the next one last
};

}  // namespace sonda::inline v0::sim
