// Ping's last lines: iputils' first, then what it leaves out, then the sum in words.
#include <array>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include <sonda/report/layout.hpp>
#include <sonda/report/ping_text.hpp>
#include <sonda/wire/icmp_catalogue.hpp>

#include "ping_words.hpp"

namespace sonda::inline v0::report {
namespace {

std::string small_number(int number) {
  constexpr std::array<std::string_view, 13> words{"no",   "one",    "two",   "three", "four",
                                                   "five", "six",    "seven", "eight", "nine",
                                                   "ten",  "eleven", "twelve"};
  if (number >= 0 && number < static_cast<int>(words.size()))
    return std::string{words[static_cast<std::size_t>(number)]};
  return std::to_string(number);
}

std::string_view stamps(StampClock clock) {
  switch (clock) {
    case StampClock::kernel:
      return "kernel out, kernel in";
    case StampClock::user:
      return "not all of the kernel's";
    case StampClock::simulated:
      return "simulated time";
  }
  return {};
}

// What became of probes that such an error ended, up to the sender's name.
std::string_view fate(const IcmpErrorCount& error) {
  const auto version = error.version == 4 ? IpVersion::v4 : IpVersion::v6;
  if (error.type == (error.version == 4 ? 11 : 3)) return "stopped at";
  const auto* cause = find_icmp(version, error.type, error.code);
  if (cause != nullptr && cause->state == PortState::rejected) return "refused by";
  return "unreachable, says";
}

}  // namespace

std::string ms_text(Duration value, int decimals) {
  return fmt::format("{:.{}f}", static_cast<double>(value.count()) / 1e6, decimals);
}

std::string_view clock_word(StampClock clock) {
  switch (clock) {
    case StampClock::kernel:
      return "kernel's";
    case StampClock::user:
      return "program's";
    case StampClock::simulated:
      return "simulation's";
  }
  return {};
}

std::string_view foreign_words(ForeignReason reason) {
  switch (reason) {
    case ForeignReason::tag:
      return "it lacks this run's tag";
    case ForeignReason::sequence:
      return "we have sent nothing it could answer";
    case ForeignReason::source:
      return "it comes from another address and bears no tag";
  }
  return {};
}

std::string reply_ttl_words(const Change& change) {
  const int was = std::atoi(change.was.c_str());
  const int is = std::atoi(change.is.c_str());
  const int hops = std::abs(was - is);
  return fmt::format("reply ttl {} -> {}: the way back has become {} hop{} {}", was, is,
                     small_number(hops), hops == 1 ? "" : "s", is < was ? "longer" : "shorter");
}

std::string PingText::text(const PingSummary& s) {
  std::string out =
      fmt::format("\n--- {} ping statistics{} ---\n", label_, s.final ? "" : " so far");
  out += fmt::format("{} packets transmitted, {} received", s.sent, s.received);
  if (s.duplicates > 0) out += fmt::format(", +{} duplicates", s.duplicates);
  if (s.corrupt > 0) out += fmt::format(", +{} corrupted", s.corrupt);
  if (s.errors > 0) out += fmt::format(", +{} errors", s.errors);
  if (s.sent > 0)
    out += fmt::format(", {:.6g}% packet loss", 100 * static_cast<double>(s.sent - s.received) /
                                                    static_cast<double>(s.sent));
  out += fmt::format(", time {}ms\n", s.elapsed.count() / 1'000'000);
  if (s.rtt) {
    out += fmt::format("rtt min/avg/max/mdev = {}/{}/{}/{} ms\n", ms_text(s.rtt->min),
                       ms_text(s.rtt->mean), ms_text(s.rtt->max), ms_text(s.rtt->stddev));
    out += fmt::format("median {}, p95 {}, p99 {}, jitter {} ms\nstamps: {}\n",
                       ms_text(s.rtt->median), ms_text(s.rtt->p95), ms_text(s.rtt->p99),
                       ms_text(s.rtt->jitter), stamps(s.clock.value_or(StampClock::user)));
  }
  out += in_words(s);
  if (lost_frames_ > 0) out += about_lost_frames();
  summed_up_ = s.final;
  return out;
}

std::string PingText::about_lost_frames() const {
  return fmt::format("the capture lost {} frame{}\n", lost_frames_, lost_frames_ == 1 ? "" : "s");
}

std::string PingText::in_words(const PingSummary& s) {
  std::string out = fmt::format("of {}: {} answered", s.sent, s.received);
  for (const auto& error : s.errors_by_sender) {
    if (error.neighbor)
      out += fmt::format(", {} stopped by a neighbour that does not answer", error.count);
    else
      out += fmt::format(", {} {} {} ({}/{})", error.count, fate(error), who(error.from, false),
                         error.type, error.code);
  }
  out += fmt::format(", {} silent", s.lost);
  if (s.waiting > 0) out += fmt::format(", {} still on the way", s.waiting);
  const auto also = [&out](std::uint64_t count, std::string_view words) {
    if (count > 0) out += fmt::format("; {} {}", count, words);
  };
  also(s.refused, "could not be sent");
  also(s.late, "late");
  also(s.reordered, "out of order");
  also(s.foreign, "not ours");
  also(s.drops, "dropped by our own system");
  return wrapped(out, 0);
}

}  // namespace sonda::inline v0::report
