// What a scan's text says below its tables, in sentences.
#include "scan_sentences.hpp"

#include <numeric>

#include <fmt/format.h>

#include <sonda/report/scan_words.hpp>

#include "ping_words.hpp"

namespace sonda::inline v0::report {
namespace {

// 0.0042 -> "0.42 %": two digits that mean something.
std::string percent(double share) {
  const double value = share * 100;
  if (value >= 10) return fmt::format("{:.0f} %", value);
  if (value >= 1) return fmt::format("{:.1f} %", value);
  if (value >= 0.1) return fmt::format("{:.2f} %", value);
  if (value >= 0.001) return fmt::format("{:.3f} %", value);
  return "less than 0.001 %";
}

}  // namespace

std::string notice_sentence(const Notice& notice) {
  const auto host = notice.address ? address_text(*notice.address) : std::string{"a host"};
  const auto count = count_text(notice.count), of = count_text(notice.of);
  switch (notice.what) {
    case NoticeKind::everything_open:
      return fmt::format(
          "{}: {} of {} ports that nobody uses answered as well: a middlebox or a "
          "tarpit answers in its place, and \"open\" says nothing here.",
          host, count, of);
    case NoticeKind::tarpit:
      return fmt::format(
          "{}: {} of {} open ports give no window, as a tarpit does: who connects "
          "there, hangs.",
          host, count, of);
    case NoticeKind::silent_host:
      return fmt::format("{}: not one of {} ports answered. Is it there? sonda ping {}", host, of,
                         host);
    case NoticeKind::descriptors:
      return fmt::format(
          "This machine allows {} sockets at a time instead of {} (ulimit -n): "
          "slower, nothing else.",
          count, of);
    case NoticeKind::source_ports:
      return "Waited for free ports of this machine's own.";
    case NoticeKind::conntrack:
      return fmt::format("Waited: this machine's table of connections was nearly full ({} of {}).",
                         count, of);
    case NoticeKind::queue_full:
      return "Waited for this machine's queue of packets (ENOBUFS).";
  }
  return {};
}

std::string states_text(const ScanSummary& summary) {
  std::string out;
  for (std::size_t i = 0; i < ScanSummary::states; ++i) {
    if (summary.by_state[i] == 0) continue;
    if (!out.empty()) out += ", ";
    out += fmt::format("{} {}", count_text(summary.by_state[i]), name(static_cast<PortState>(i)));
  }
  return out.empty() ? "no port" : out;
}

std::string miss_sentence(const ScanSummary& summary) {
  const auto filtered = summary.by_state[static_cast<std::size_t>(PortState::filtered)];
  if (!summary.path_loss || !summary.miss_probability || filtered == 0) return {};
  const auto answered =
      std::accumulate(summary.answered_at.begin(), summary.answered_at.end(), std::uint64_t{0});
  if (*summary.path_loss <= 0)
    return fmt::format(
        "All {} answers came to the first SYN: no loss was seen, and hardly a port "
        "is called filtered for it.",
        count_text(answered));
  return fmt::format(
      "Loss on the path: {}, judged from {} answers. A port that would answer is "
      "called filtered with a probability of {}.",
      percent(*summary.path_loss), count_text(answered), percent(*summary.miss_probability));
}

}  // namespace sonda::inline v0::report
