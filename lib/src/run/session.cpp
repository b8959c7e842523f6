// A measurement with everything it needs: engine, link, clock and loop in one object.
#include <sonda/run/session.hpp>

#include "session_state.hpp"

namespace sonda::inline v0 {

Session::Session(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

bool Session::step(std::optional<Instant> deadline) { return state_->loop.step(deadline); }
void Session::run() { state_->loop.run(); }
void Session::turn() { state_->loop.turn(); }
std::optional<Instant> Session::next_wakeup() const { return state_->loop.next_wakeup(); }
void Session::query() { state_->loop.query(); }
void Session::stop() { state_->loop.stop(); }
bool Session::finished() const { return state_->loop.finished(); }

std::vector<int> Session::descriptors() const {
  const auto watched = state_->link->descriptors();
  return {watched.begin(), watched.end()};
}

}  // namespace sonda::inline v0
