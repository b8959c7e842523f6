// A measurement with everything it needs, whatever stands behind it.
#include <sonda/run/session.hpp>

#include "session_state.hpp"

namespace sonda::inline v0 {

Session::Session(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

bool Session::step(std::optional<Instant> deadline) { return state_->step(deadline); }
void Session::run() {
  while (state_->step(std::nullopt)) {
  }
}
void Session::turn() { state_->turn(); }
std::optional<Instant> Session::next_wakeup() const { return state_->next_wakeup(); }
void Session::query() { state_->query(); }
void Session::stop() { state_->stop(); }
bool Session::finished() const { return state_->finished(); }
std::vector<int> Session::descriptors() const { return state_->descriptors(); }

}  // namespace sonda::inline v0
