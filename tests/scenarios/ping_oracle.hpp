// Counts what a ping should have concluded, from the octets alone and without the engine's code.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include <sonda/event/event.hpp>
#include <sonda/event/input.hpp>
#include <sonda/probe/ping_plan.hpp>
#include <sonda/sim/packet.hpp>

namespace sonda::test {

// Knows each probe as it was handed to the link, so it needs neither key nor tag: what comes back
// is ours if it holds the octets that only that probe had. For raw mode, fewer than 65,536 probes,
// and probes that are not fragmented.
class PingOracle {
 public:
  explicit PingOracle(const PingPlan& plan) : plan_{plan}, v4_{plan.target.is_v4()} {}

  // What no matched answer may consist of.
  std::set<sim::Octets> forged{};

  void handed_over(ProbeId probe, Bytes packet) {
    const auto icmp = packet.subspan(v4_ ? 20 : 40);
    auto& known = probes_[probe.value()];
    known.message.assign(icmp.begin(), icmp.end());
    by_sequence_[number16(icmp, 6)] = probe.value();
    identifier_ = number16(icmp, 4);
  }
  void sent(Instant now, ProbeId probe) {
    auto& known = probes_[probe.value()];
    if (known.state == State::unsent) known.state = State::waiting, known.at = now;
  }
  void refused(ProbeId probe) { probes_[probe.value()].state = State::refused; }
  // The engine has given the probe up. Not before its time, unless the run is over.
  void told_lost(Instant now, ProbeId probe, bool over) {
    auto& known = probes_[probe.value()];
    known.told_lost = true;
    gave_up_early_ |= !over && now < known.at + plan_.timeout;
    most_overdue_ = std::max(most_overdue_, now - (known.at + plan_.timeout));
  }

  void arrived(const Received& packet) {
    const auto icmp = packet.begins == Begins::ip
                          ? packet.octets.subspan(std::size_t{packet.octets[0] & 0x0fU} * 4)
                          : packet.octets;
    if (icmp.size() < 8) return;
    const bool reply = icmp[0] == (v4_ ? 0 : 129);
    if (reply)
      on_reply(icmp, packet);
    else if (is_error(icmp[0]))
      on_error(icmp, packet);
  }

  // The counts of a run that has ended by itself.
  [[nodiscard]] PingSummary expected() const {
    auto summary = counts_;
    for (const auto& [number, probe] : probes_) {
      summary.received += probe.state == State::answered;
      summary.errors += probe.state == State::errored;
      summary.lost += probe.state == State::waiting;
      summary.refused += probe.state == State::refused;
    }
    summary.sent = summary.received + summary.errors + summary.lost;
    return summary;
  }
  [[nodiscard]] bool matched_something_forged() const { return matched_forged_; }
  [[nodiscard]] bool gave_up_early() const { return gave_up_early_; }
  // How long after its timeout a probe was given up, at most.
  [[nodiscard]] Duration most_overdue() const { return most_overdue_; }

 private:
  enum class State : std::uint8_t { unsent, waiting, answered, errored, refused };
  struct Probe {
    sim::Octets message{};
    State state = State::unsent;
    Instant at{};
    bool told_lost = false;
  };

  static std::uint16_t number16(Bytes octets, std::size_t at) {
    return static_cast<std::uint16_t>(octets[at] << 8 | octets[at + 1]);
  }

  [[nodiscard]] bool sums_to_zero(Bytes icmp, const Received& packet) const {
    std::uint64_t sum = 0;
    const auto add = [&sum](Bytes octets) {
      for (std::size_t i = 0; i < octets.size(); ++i)
        sum += i % 2 == 0 ? std::uint64_t{octets[i]} << 8 : octets[i];
    };
    add(icmp);
    if (!v4_) {
      add(packet.source.octets());
      add(packet.destination.octets());
      sum += icmp.size() + 58;
    }
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return sum == 0xffff;
  }

  [[nodiscard]] bool is_error(std::uint8_t type) const {
    return v4_ ? type == 3 || type == 4 || type == 5 || type == 11 || type == 12 : type < 128;
  }

  [[nodiscard]] Probe* find(std::uint16_t sequence) {
    const auto found = by_sequence_.find(sequence);
    if (found == by_sequence_.end()) return nullptr;
    auto& probe = probes_[found->second];
    return probe.state == State::unsent || probe.state == State::refused ? nullptr : &probe;
  }
  [[nodiscard]] bool same_start(Bytes ours, Bytes theirs, std::size_t most) const {
    const auto count = std::min(ours.size(), most);
    return theirs.size() >= count &&
           std::equal(ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(count),
                      theirs.begin());
  }
  void note_match(const Received& packet) {
    matched_forged_ |= forged.contains(sim::Octets(packet.octets.begin(), packet.octets.end()));
  }

  void on_reply(Bytes icmp, const Received& packet) {
    if (number16(icmp, 4) != identifier_) return;
    if (!sums_to_zero(icmp, packet)) {
      ++counts_.corrupt;
      return;
    }
    auto* probe = find(number16(icmp, 6));
    const auto ours = probe != nullptr ? Bytes{probe->message}.subspan(8) : Bytes{};
    const auto theirs = icmp.subspan(8);
    const bool stranger = plan_.data_size < 8 && packet.source != plan_.target;
    if (probe == nullptr || !same_start(ours, theirs, 8) || stranger) {
      ++counts_.foreign;
      return;
    }
    note_match(packet);
    if (!same_start(ours.first(std::min(ours.size(), theirs.size())), theirs, ours.size()))
      ++counts_.corrupt;
    if (probe->state == State::answered) {
      ++counts_.duplicates;
      return;
    }
    if (probe->state == State::waiting && probe->told_lost) ++counts_.late;
    probe->state = State::answered;
    const auto sequence = number16(icmp, 6);
    if (sequence < highest_) ++counts_.reordered;
    highest_ = std::max(highest_, sequence);
  }

  // The ICMP message inside the quoted datagram; empty where there is none.
  [[nodiscard]] Bytes quoted_echo(Bytes quote) const {
    if (quote.size() < (v4_ ? 20U : 40U) || quote[0] >> 4 != (v4_ ? 4 : 6)) return {};
    const std::size_t header = v4_ ? std::size_t{quote[0] & 0x0fU} * 4 : 40;
    const bool is_icmp = v4_ ? quote[9] == 1 : quote[6] == 58;
    const bool later_fragment = v4_ && (number16(quote, 6) & 0x1fff) != 0;
    if (!is_icmp || later_fragment || header < 20 || header > quote.size()) return {};
    return quote.subspan(header);
  }

  void on_error(Bytes icmp, const Received& packet) {
    // RFC 4884 section 4: a length that says where the datagram ends, in words of four octets.
    auto quote = icmp.subspan(8);
    const bool has_length = v4_ && (icmp[0] == 3 || icmp[0] == 11 || icmp[0] == 12);
    const auto length = has_length ? std::size_t{icmp[5]} * 4 : 0;
    if (length != 0 && length <= quote.size()) quote = quote.first(length);
    const auto echo = quoted_echo(quote);
    if (echo.size() < 8 || echo[0] != (v4_ ? 8 : 128) || number16(echo, 4) != identifier_) return;
    if (!sums_to_zero(icmp, packet)) {
      ++counts_.corrupt;
      return;
    }
    auto* probe = find(number16(echo, 6));
    const auto ours = probe != nullptr ? Bytes{probe->message} : Bytes{};
    const auto tag = std::min<std::size_t>(plan_.data_size, 8);
    const bool tagged = tag > 0 && echo.size() >= 8 + tag;
    const bool match =
        probe != nullptr && (tagged ? same_start(ours.subspan(8), echo.subspan(8), tag)
                                    : number16(ours, 2) == number16(echo, 2));
    if (!match) {
      ++counts_.foreign;
      return;
    }
    note_match(packet);
    if (v4_ && (icmp[0] == 4 || icmp[0] == 5)) return;
    if (probe->state != State::waiting) return;
    if (probe->told_lost) ++counts_.late;
    probe->state = State::errored;
  }

  PingPlan plan_;
  bool v4_;
  std::map<std::uint64_t, Probe> probes_;
  std::map<std::uint16_t, std::uint64_t> by_sequence_;
  std::uint16_t identifier_ = 0;
  std::uint16_t highest_ = 0;
  PingSummary counts_{};
  bool matched_forged_ = false;
  bool gave_up_early_ = false;
  Duration most_overdue_{};
};

}  // namespace sonda::test
