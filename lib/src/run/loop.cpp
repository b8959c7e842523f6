// The only loop: an engine, a link and a clock.
#include <algorithm>
#include <utility>

#include <sonda/run/loop.hpp>

namespace sonda::inline v0::run {
namespace {

// Whose reverse name would help the reader of this event; null where nobody sent anything.
const Address* sender(const Happening& what) {
  if (const auto* reply = std::get_if<Reply>(&what)) return &reply->from;
  if (const auto* error = std::get_if<IcmpError>(&what)) return &error->from;
  if (const auto* foreign = std::get_if<Foreign>(&what)) return &foreign->from;
  if (const auto* corrupt = std::get_if<Corrupt>(&what)) return &corrupt->from;
  return nullptr;
}

std::optional<Instant> earlier(std::optional<Instant> a, std::optional<Instant> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

}  // namespace

Loop::Loop(Engine& engine, Link& link, Clock& clock, LoopOptions options)
    : engine_{engine},
      link_{link},
      clock_{clock},
      options_{std::move(options)},
      room_{engine.room_needed()},
      buffer_(slots * room_) {
  batch_.reserve(slots);
}

void Loop::report(Event&& event) {
  if (!options_.on_event) return;
  Occurrence occurrence{.event = std::move(event), .unix_ns = clock_.unix_ns(event.at)};
  if (const auto* from = sender(occurrence.event.what); from != nullptr && options_.name_of)
    occurrence.name = options_.name_of(*from).value_or(std::string{});
  options_.on_event(std::move(occurrence));
}

void Loop::report() {
  // A callback may call stop() or query(): what they bring about is reported here, in its turn.
  if (reporting_) return;
  struct Guard {
    bool& flag;
    ~Guard() { flag = false; }
  };
  reporting_ = true;
  const Guard guard{reporting_};
  do {
    engine_.take_events(events_);
    for (auto& event : events_) report(std::move(event));
  } while (!events_.empty());
}

// One batch, so that answers are read in between however much is due.
void Loop::transmit(Instant now) {
  batch_.clear();
  while (batch_.size() < slots && link_.writable(now)) {
    const auto room = MutableBytes{buffer_}.subspan(batch_.size() * room_, room_);
    auto action = engine_.poll_action(now, room);
    if (!action) break;
    batch_.push_back(*action);
  }
  if (!batch_.empty()) link_.transmit(now, batch_, engine_);
}

void Loop::turn() {
  const auto now = clock_.now();
  if (const auto step = clock_.notice_step()) report(Event{now, ClockStep{*step}});
  link_.readable(now, engine_);
  engine_.on_time(now);
  transmit(now);
  report();
}

std::optional<Instant> Loop::next_wakeup() const {
  auto engine = engine_.next_wakeup();
  // What is due while the link is full has to wait for the link, not to be asked for in circles.
  const auto now = clock_.now();
  if (engine && *engine <= now && !link_.writable(now)) engine.reset();
  return earlier(engine, link_.next_wakeup());
}

bool Loop::step(std::optional<Instant> deadline) {
  turn();
  if (engine_.finished()) return false;
  const auto descriptors = link_.descriptors();
  watched_.assign(descriptors.begin(), descriptors.end());
  watched_.insert(watched_.end(), options_.also_watch.begin(), options_.also_watch.end());
  clock_.wait(watched_, earlier(next_wakeup(), deadline));
  return true;
}

void Loop::run() {
  while (step()) {
  }
}

void Loop::query() {
  engine_.on_query(clock_.now());
  report();
}

void Loop::stop() {
  const auto now = clock_.now();
  link_.readable(now, engine_);
  engine_.on_stop(now);
  report();
}

}  // namespace sonda::inline v0::run
