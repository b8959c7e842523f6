// What liars need.
#include "liar.hpp"

#include <algorithm>
#include <map>

#include <sonda/probe/rtt_recorder.hpp>

namespace sonda::test {

void add_up(VirtualRun& run) {
  auto& summary = event_of<PingSummary>(run);
  RttRecorder rtts;
  std::map<std::uint64_t, char> states;
  summary.duplicates = summary.late = summary.reordered = summary.corrupt = 0;
  for (const auto& event : run.events) {
    const auto& what = event.occurrence.event.what;
    if (const auto* sent = std::get_if<Sent>(&what)) states[sent->sequence] = 'w';
    if (const auto* lost = std::get_if<Lost>(&what)) states[lost->sequence] = 'l';
    if (const auto* refused = std::get_if<Refused>(&what)) states[refused->sequence] = 'r';
    if (const auto* error = std::get_if<IcmpError>(&what))
      if (error->ends_probe && !error->duplicate) states[error->sequence] = 'e';
    if (const auto* reply = std::get_if<Reply>(&what)) {
      summary.corrupt += reply->corrupt_octet.has_value();
      summary.duplicates += reply->duplicate;
      if (reply->duplicate) continue;
      states[reply->sequence] = 'a';
      summary.late += reply->late, summary.reordered += reply->reordered;
      if (reply->rtt) rtts.add(reply->rtt->rtt);
    }
  }
  const auto count = [&states](char state) {
    return static_cast<std::uint64_t>(std::ranges::count_if(
        states, [state](const auto& entry) { return entry.second == state; }));
  };
  summary.received = count('a'), summary.errors = count('e'), summary.lost = count('l');
  summary.waiting = count('w'), summary.refused = count('r');
  summary.sent = summary.received + summary.errors + summary.lost + summary.waiting;
  summary.rtt = rtts.statistics();
  if (!summary.rtt) summary.clock.reset();
}

void drop_frame(VirtualRun& run, std::uint64_t number) {
  run.frames.erase(run.frames.begin() + static_cast<std::ptrdiff_t>(number - 1));
  for (auto& frame : run.frames) frame.number -= frame.number > number;
  for (auto& event : run.events) {
    std::erase(event.occurrence.frames, number);
    for (auto& frame : event.occurrence.frames) frame -= frame > number;
  }
  for (auto& statistics : run.statistics) --*statistics.received, --*statistics.delivered;
}

void insert_frame(VirtualRun& run, std::size_t at, VirtualFrame frame) {
  run.frames.insert(run.frames.begin() + static_cast<std::ptrdiff_t>(at), std::move(frame));
  for (std::size_t i = 0; i < run.frames.size(); ++i) run.frames[i].number = i + 1;
  for (auto& event : run.events)
    for (auto& number : event.occurrence.frames) number += number > at;
  for (auto& statistics : run.statistics) ++*statistics.received, ++*statistics.delivered;
}

}  // namespace sonda::test
