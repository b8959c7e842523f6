// Several who look on at one network.
#pragma once
#include <algorithm>
#include <vector>

#include <sonda/sim/observer.hpp>

namespace sonda::inline v0::lab {

class ObserverGroup final : public sim::Observer {
 public:
  // Each outlives the group, or is removed.
  void add(sim::Observer& observer) { observers_.push_back(&observer); }
  void remove(sim::Observer& observer) { std::erase(observers_, &observer); }
  [[nodiscard]] bool empty() const { return observers_.empty(); }

  void on_crossing(const sim::Crossing& crossing) override {
    for (auto* observer : observers_) observer->on_crossing(crossing);
  }
  void on_note(const sim::Note& note) override {
    for (auto* observer : observers_) observer->on_note(note);
  }

 private:
  std::vector<sim::Observer*> observers_;
};

}  // namespace sonda::inline v0::lab
