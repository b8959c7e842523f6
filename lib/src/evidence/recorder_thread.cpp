// The recorder's thread: frames and mentions in, one file out.
#include <algorithm>
#include <utility>
#include <vector>

#include <sonda/evidence/recorder.hpp>
#include <sonda/net/clock.hpp>
#include <sonda/net/wait.hpp>

#include "event_comments.hpp"
#include "recorder_state.hpp"

namespace sonda::inline v0::evidence {
namespace {

using capture::Direction;

constexpr Duration glance = std::chrono::milliseconds{50};  // at frames that no event is about
constexpr Duration rest = std::chrono::milliseconds{2};     // so that many events make one turn
constexpr Duration pause = std::chrono::milliseconds{100};  // after a capture has failed
constexpr std::size_t most_comments = 64;                   // of one block
// Of one turn: some milliseconds, so that no event waits long for its frames behind other events' lines.
constexpr std::size_t most_lines = 1'024;

}  // namespace

void Recorder::State::run() {
  while (turn(net::now())) sleep(net::now());
  finish();
  {
    const std::lock_guard lock{guard};
    ended = true;
  }
  results.ring();
}

// False when everything is said.
bool Recorder::State::turn(Instant now) {
  work.silence();
  // The mentions that are there now, and then the frames: whatever a mention speaks of has been seen
  // by the system before it was made.
  std::vector<std::shared_ptr<Entry>> heard;
  {
    const std::lock_guard lock{guard};
    heard.swap(offered);
  }
  take_frames(now);
  for (const auto& entry : heard) {
    if (!writable) continue;
    unheard[entry->number] = entry;
    pairing.hear(entry->made, entry->number, entry->occurrence.unix_ns, std::move(*entry->mention));
  }
  write_frames(now, false);
  decide(now, false);
  write_lines(most_lines);
  const std::lock_guard lock{guard};
  give_back();
  return !(ending && ((waiting.empty() && unwritten.empty()) || now >= end_due));
}

void Recorder::State::take_frames(Instant now) {
  if (!writable || now < capture_again) return;
  frames.clear();
  if (const auto taken = plan->source->take(frames); !taken) {
    capture_again = now + pause;
    fail(taken.error());
  }
  for (auto& frame : frames) {
    const auto& interface = plan->source->interfaces()[frame.interface];
    const auto layer = capture::network_layer(interface.link_type, frame.octets);
    auto sight = plan->recognizer->see(layer);
    sight.direction = direction_of(frame, layer, sight.direction);
    pairing.see(now, std::move(frame), sight);
  }
}

Direction Recorder::State::direction_of(const capture::LiveFrame& frame,
                                        const capture::NetworkLayer& layer,
                                        Direction by_content) const {
  if (layer.direction != Direction::unknown) return layer.direction;
  const auto type = plan->source->interfaces()[frame.interface].link_type;
  const auto own = frame.interface < plan->own.size() ? plan->own[frame.interface] : OwnEnd{};
  constexpr std::size_t source_at = 6;
  if (own.loopback || !own.mac || type != capture::LinkType::ethernet ||
      frame.octets.size() < source_at + 6)
    return by_content;
  return MacAddress::from_wire(frame.octets, source_at) == *own.mac ? Direction::out
                                                                    : Direction::in;
}

void Recorder::State::write_frames(Instant now, bool at_once) {
  while (const auto ready = pairing.next(now, at_once))
    if (writable) write(*ready);
  // No event names a frame that the system has not taken.
  if (writable) check(plan->file.flush());
}

void Recorder::State::write(const Pairing::Ready& ready) {
  capture::Frame frame{.interface = capture::InterfaceId{ready.frame.interface},
                       .unix_ns = ready.frame.unix_ns,
                       .octets = ready.frame.octets,
                       .original_length = ready.frame.original_length,
                       .direction = ready.direction};
  if (!ready.comment.empty()) frame.comments.push_back(ready.comment);
  if (const auto number = plan->file.write(frame); number)
    pairing.written(number->value());
  else
    check(std::unexpected{number.error()});
}

// Which events go now: those that wait for nothing, whose frames are known, or whose time is up.
void Recorder::State::decide(Instant now, bool at_once) {
  // Events that are younger than these counts go the next time: none is older than a frame that was
  // lost before it, and is not told.
  const Counted counted = count();
  const std::lock_guard lock{guard};
  for (auto& [number, shown] : pairing.take_shown()) {
    const auto found = unheard.find(number);
    if (found == unheard.end()) continue;
    auto& entry = *found->second;
    if (!entry.fixed && writable) entry.occurrence.frames = std::move(shown);
    entry.waits = false;
    unheard.erase(found);
  }
  std::size_t late = 0;
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    auto& entry = *waiting[i];
    if (writable && !at_once && now < entry.made + Pairing::patience) break;
    if (!std::exchange(entry.waits, false)) continue;
    if (writable) entry.occurrence.frames = pairing.so_far(entry.number);
    unheard.erase(entry.number);
    late = i + 1;
  }
  const auto given_up = pairing.give_up(now);
  for (const auto number : given_up.entries) unheard.erase(number);
  insert_drops(now, counted, given_up.unseen, late);
  for (const auto& entry : waiting) {
    if (entry->waits || entry->made > now) break;
    if (!std::exchange(entry->fixed, true)) unwritten.push_back(entry);
  }
}

// What was written, to the program.
void Recorder::State::give_back() {
  for (; !waiting.empty() && waiting.front()->fixed && waiting.front()->written;
       waiting.pop_front())
    decided.push_back(waiting.front());
  if (!decided.empty()) results.ring();
}

// Asks the system, and therefore without `guard`.
Recorder::State::Counted Recorder::State::count() const {
  Counted out{.unix_ns = net::read_clocks().realtime};
  if (!writable) return out;
  for (std::size_t i = 0; i < plan->source->interfaces().size(); ++i)
    out.dropped += plan->source->counts(i).dropped;
  return out;
}

// Answers that came by an interface which is not captured, or that libpcap had no room for. The
// latter may be the reason of the former, so the larger number counts.
void Recorder::State::insert_drops(Instant now, const Counted& counted, std::uint64_t unseen,
                                   std::size_t at) {
  unseen_answers += unseen;
  if (!writable) return;
  const auto count = std::max(counted.dropped, unseen_answers);
  if (count <= drops_told) return;
  // Nothing comes before a run's first event.
  if (at == 0 && !waiting.empty() &&
      std::holds_alternative<Start>(waiting.front()->occurrence.event.what))
    at = 1;
  auto entry = std::make_shared<Entry>();
  entry->number = next_number++;
  entry->made = at > 0 ? waiting[at - 1]->made : now;
  entry->occurrence.event = {now, Drops{DropPlace::capture, count - drops_told}};
  entry->occurrence.unix_ns = counted.unix_ns;
  waiting.insert(waiting.begin() + static_cast<std::ptrdiff_t>(at), std::move(entry));
  drops_told = count;
}

capture::Statistics Recorder::State::statistics(std::size_t interface) const {
  const auto counts = plan->source->counts(interface);
  return {.interface = capture::InterfaceId{interface},
          .unix_ns = net::read_clocks().realtime,
          .start_ns = began_ns,
          .received = counts.received,
          .dropped = counts.dropped};
}

// What was decided, behind the frames it speaks of.
void Recorder::State::write_lines(std::size_t at_most) {
  std::vector<std::shared_ptr<Entry>> entries;
  {
    const std::lock_guard lock{guard};
    for (; !unwritten.empty() && entries.size() < at_most; unwritten.pop_front())
      entries.push_back(std::move(unwritten.front()));
  }
  if (entries.empty()) return;
  std::vector<std::string> comments;
  const auto write = [&] {
    auto block = statistics(0);
    block.comments = std::exchange(comments, {});
    check(plan->file.add_statistics(block));
  };
  write_other_counts();
  for (const auto& entry : entries) {
    unheard.erase(entry->number);
    entry->written = true;
    if (!writable) continue;
    append_event(comments, plan->line_of(entry->occurrence));
    if (comments.size() >= most_comments) write();
  }
  if (writable && !comments.empty()) write();
  if (writable) check(plan->file.flush());
}

void Recorder::State::write_all_lines() {
  for (bool some = true; some;) {
    write_lines(most_lines);
    const std::lock_guard lock{guard};
    some = !unwritten.empty();
  }
}

// Of the interfaces that bear no events, where they have changed: a file whose writer is killed
// tells how complete it is of each.
void Recorder::State::write_other_counts() {
  others_told.resize(plan->source->interfaces().size());
  for (std::size_t i = 1; i < others_told.size() && writable; ++i) {
    const auto block = statistics(i);
    const std::pair counts{block.received, block.dropped};
    if (others_told[i] != counts) check(plan->file.add_statistics(block));
    others_told[i] = counts;
  }
}

void Recorder::State::finish() {
  const auto now = net::now();
  take_frames(now);
  write_frames(now, true);
  decide(now, true);
  write_all_lines();
  for (std::size_t i = 0; i < plan->source->interfaces().size(); ++i) {
    auto last = statistics(i);
    last.end_ns = last.unix_ns;
    plan->file.set_statistics(last);
  }
  const auto closed = plan->file.close();
  if (writable) check(closed);
  const std::lock_guard lock{guard};
  give_back();
}

void Recorder::State::check(const std::expected<void, Failure>& done) {
  if (done) return;
  writable = false;
  fail(done.error());
}

void Recorder::State::fail(const Failure& first) {
  {
    const std::lock_guard lock{guard};
    if (!failure) failure = first;
  }
  results.ring();
}

// The interfaces are not watched: to wake whoever sleeps on them is done by the one who hands over
// the packet, and delays it by several microseconds. Frames lie in their ring meanwhile.
void Recorder::State::sleep(Instant now) {
  {
    const std::lock_guard lock{guard};
    if (!unwritten.empty()) return;
  }
  static_cast<void>(net::wait_readable({}, now + rest));
  std::optional<Instant> until = pairing.next_due();
  const auto consider = [&until](Instant at) { until = until ? std::min(*until, at) : at; };
  if (writable) consider(now + glance);
  {
    const std::lock_guard lock{guard};
    if (!waiting.empty()) consider(waiting.front()->made + Pairing::patience);
    if (ending) consider(end_due);
  }
  const std::vector<int> watched{work.fd()};
  static_cast<void>(net::wait_readable(watched, until));
}

}  // namespace sonda::inline v0::evidence
