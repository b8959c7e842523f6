// Taps, pairs and writes.
#include "client_capture.hpp"

#include <algorithm>
#include <utility>

#include <sonda/core/version.hpp>
#include <sonda/lab/network_capture.hpp>
#include <sonda/wire/ethernet.hpp>

namespace sonda::testing {
namespace {

constexpr auto epoch_ns = run::VirtualClock::epoch_ns;

Instant instant(std::int64_t unix_ns) { return Instant{} + Duration{unix_ns - epoch_ns}; }

}  // namespace

Tap::Tap(const lab::Simulation& simulation, const lab::KernelInterface& interface)
    : link_{interface.link},
      client_is_upper_{simulation.ends(interface.link, false).from !=
                       simulation.kernel_hosts().front().name} {}

void Tap::on_crossing(const sim::Crossing& crossing) {
  if (crossing.link != link_) return;
  const bool leaves = crossing.back == client_is_upper_;
  if (!leaves && crossing.fate != sim::Fate::carried) {
    if (crossing.fate != sim::Fate::lost) strange_ = true;
    return;
  }
  const bool v6 = crossing.octets[0] >> 4 == 6;
  const EthernetHeader header{.destination = lab::link_address(link_, !crossing.back),
                              .source = lab::link_address(link_, crossing.back),
                              .type = v6 ? EtherType::ipv6 : EtherType::ipv4};
  capture::LiveFrame frame{
      .unix_ns = epoch_ns + (leaves ? crossing.at : crossing.arrives).time_since_epoch().count()};
  frame.octets.resize(EthernetHeader::size());
  header.emit(frame.octets);
  frame.octets.insert(frame.octets.end(), crossing.octets.begin(), crossing.octets.end());
  frame.original_length = static_cast<std::uint32_t>(frame.octets.size());
  frames_.push_back(std::move(frame));
}

std::vector<capture::LiveFrame> Tap::frames() && {
  if (strange_) throw Wrong{"the client's link damages or doubles what comes"};
  std::ranges::stable_sort(frames_, {}, &capture::LiveFrame::unix_ns);
  return std::move(frames_);
}

void Evidence::show(std::vector<capture::LiveFrame> frames, const std::vector<Occurrence>& events) {
  const auto end = events.back().unix_ns;
  auto frame = frames.begin();
  for (const auto& event : events) {
    for (; frame != frames.end() && frame->unix_ns <= event.unix_ns; ++frame)
      see(std::move(*frame));
    hear(event);
  }
  for (; frame != frames.end() && frame->unix_ns <= end; ++frame) see(std::move(*frame));
  finish();
}

void Evidence::see(capture::LiveFrame frame) {
  const auto now = instant(frame.unix_ns);
  pass(now, false);
  const auto layer = capture::network_layer(capture::LinkType::ethernet, frame.octets);
  ++seen_;
  last_ns_ = frame.unix_ns;
  pairing_.see(now, std::move(frame), recognizer_->see(layer));
}

void Evidence::hear(const Occurrence& occurrence) {
  const auto now = instant(occurrence.unix_ns);
  pass(now, false);
  auto mention = recognizer_->mention(occurrence);
  entries_.push_back({.occurrence = occurrence, .made = now, .waits = mention.has_value()});
  last_ns_ = occurrence.unix_ns;
  if (mention)
    pairing_.hear(now, first_ + entries_.size() - 1, occurrence.unix_ns, std::move(*mention));
}

void Evidence::finish() {
  pass(instant(last_ns_), true);
  auto last = statistics();
  last.end_ns = last.unix_ns;
  writer_.set_statistics(last);
  if (const auto closed = writer_.close(); !closed) throw Wrong{closed.error().message()};
}

capture::Statistics Evidence::statistics() const {
  return {
      .interface = {}, .unix_ns = last_ns_, .start_ns = epoch_ns, .received = seen_, .dropped = 0};
}

// What is known or given up by `now`, into the file.
void Evidence::pass(Instant now, bool at_once) {
  while (const auto ready = pairing_.next(now, at_once)) {
    capture::Frame frame{.unix_ns = ready->frame.unix_ns,
                         .octets = ready->frame.octets,
                         .direction = ready->direction};
    if (!ready->comment.empty()) frame.comments.push_back(ready->comment);
    const auto number = writer_.write(frame);
    if (!number) throw Wrong{number.error().message()};
    pairing_.written(number->value());
  }
  for (auto& [number, shown] : pairing_.take_shown())
    if (number >= first_) {
      entries_[number - first_].occurrence.frames = std::move(shown);
      entries_[number - first_].waits = false;
    }
  if (pairing_.give_up(now).unseen > 0) throw Wrong{"an answer was told that no frame shows"};
  std::vector<std::string> lines;
  while (!entries_.empty() && (!entries_.front().waits || at_once ||
                               entries_.front().made + evidence::Pairing::patience <= now)) {
    lines.push_back("sonda-event: " + record::to_json(entries_.front().occurrence, context_));
    entries_.pop_front();
    ++first_;
  }
  if (lines.empty()) return;
  auto block = statistics();
  block.comments = std::move(lines);
  if (const auto added = writer_.add_statistics(block); !added)
    throw Wrong{added.error().message()};
}

capture::PcapngWriter begin_file(const std::string& file, const Start& start,
                                 const std::string& program, const std::string& interface,
                                 const std::string& filter) {
  std::string argv = "sonda: argv";
  for (const auto& word : start.argv) argv += ' ' + word;
  auto writer = capture::PcapngWriter::create(
      file, {.comments = {argv}, .os = "simulated", .application = program + ' ' + version_text()});
  if (!writer) throw Wrong{writer.error().message()};
  const auto added = writer->add_interface(
      {.link_type = capture::LinkType::ethernet, .name = interface, .filter = filter});
  if (!added) throw Wrong{added.error().message()};
  if (!Address::parse(start.target))
    if (const auto named = writer->add_names({{.address = start.address, .names = {start.target}}});
        !named)
      throw Wrong{named.error().message()};
  return std::move(*writer);
}

Address address_of(const lab::Simulation& simulation, const std::string& target, bool ipv6) {
  if (const auto literal = Address::parse(target)) return *literal;
  for (const auto& address : simulation.names().addresses_of(target))
    if (address.is_v6() == ipv6) return address;
  throw Wrong{target + " has no such address"};
}

std::optional<std::string> command_in(const std::string& readme, const std::string& kind) {
  const auto opening = "```" + kind + '\n';
  const auto begin = readme.find(opening);
  if (begin == std::string::npos) return std::nullopt;
  const auto line = begin + opening.size();
  return readme.substr(line, readme.find('\n', line) - line);
}

}  // namespace sonda::testing
