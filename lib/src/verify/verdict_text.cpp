// A verdict for people, at 80 columns.
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include <sonda/record/printable.hpp>
#include <sonda/verify/verdict_text.hpp>

namespace sonda::inline v0::verify {
namespace {

using record::printable;

constexpr std::size_t page_width = 80;

std::size_t columns(std::string_view text) {  // what continues a character takes none
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }));
}

// Broken between words; the first line is indented by `first`, the others by `rest`.
std::string wrapped(std::string_view text, std::size_t first, std::size_t rest) {
  std::string out(first, ' ');
  std::size_t column = first;
  bool begun = false;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const auto word = text.substr(0, end);
    if (begun && column + 1 + columns(word) > page_width) {
      out += '\n';
      out.append(rest, ' ');
      column = rest;
    } else if (begun) {
      out += ' ';
      ++column;
    }
    out += word;
    column += columns(word);
    begun = true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out + '\n';
}

std::string_view sgr(Verdict verdict) {
  switch (verdict) {
    case Verdict::holds:
      return "32";
    case Verdict::contradicted:
      return "31";
    case Verdict::inconclusive:
      return "33";
  }
  return {};
}

std::string painted(Verdict verdict, std::string_view text, bool color) {
  return color ? fmt::format("\x1b[{}m{}\x1b[0m", sgr(verdict), text) : std::string{text};
}

std::string ms(Duration value) {
  return fmt::format("{:.6f} ms", static_cast<double>(value.count()) / 1e6);
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

// "frame 7", "frames 7, 8, 9": at most `most` of them.
std::string frames_text(const std::vector<std::uint64_t>& frames, std::size_t most) {
  if (frames.empty()) return {};
  const std::vector<std::uint64_t> shown(
      frames.begin(), frames.begin() + static_cast<std::ptrdiff_t>(std::min(most, frames.size())));
  return fmt::format("{} {}{}", frames.size() == 1 ? "frame" : "frames", fmt::join(shown, ", "),
                     shown.size() < frames.size() ? ", ..." : "");
}

std::string held_against(const Report& report, const VerdictTextOptions& options) {
  const auto capture =
      options.capture == "-" ? std::string{"standard input"} : printable(options.capture);
  std::string text;
  if (!options.run.empty())
    text = fmt::format("{} held against {}",
                       options.run == "-" ? "standard input" : printable(options.run), capture);
  else if (report.events > 0)
    text = fmt::format("{}: its events held against its frames", capture);
  else if (report.frames_of_the_run > 0)
    text = fmt::format("{}: its comments held against its frames", capture);
  else
    text = fmt::format("{}: nothing in it claims anything", capture);
  std::string out = wrapped(text, 0, 4);
  std::vector<std::string> facts;
  if (!report.tool.empty() && !report.target.empty())
    facts.push_back(fmt::format("{} of {}", printable(report.tool), printable(report.target)));
  if (report.events > 0) facts.push_back(counted(report.events, "event", "events"));
  facts.push_back(fmt::format("{}, {} of the run", counted(report.frames, "frame", "frames"),
                              report.frames_of_the_run));
  if (report.vantage == Vantage::near_end) facts.emplace_back("near end");
  if (report.vantage == Vantage::far_end) facts.emplace_back("far end");
  facts.push_back(!report.drops        ? "nobody tells of drops"
                  : *report.drops == 0 ? "no drops"
                                       : counted(*report.drops, "drop", "drops"));
  return out + wrapped(fmt::format("{}", fmt::join(facts, "; ")), 4, 4);
}

// A number that is red only where it says something.
std::string cell(std::uint64_t count, Verdict verdict, std::size_t width, bool color) {
  const auto text = fmt::format("{:>{}}", count == 0 ? "-" : std::to_string(count), width);
  return count > 0 ? painted(verdict, text, color) : text;
}

// "1,3,5", "1,3,5,...": in order, each once, and whether there are more.
std::string examples_text(const Tally& tally, std::size_t room) {
  constexpr std::string_view sign = ",...";
  auto frames = tally.frames;
  std::ranges::sort(frames);
  const auto rest = std::ranges::unique(frames);
  frames.erase(rest.begin(), rest.end());
  const bool more =
      !frames.empty() && tally.holds > tally.frames.size();  // those it has no room for
  const auto all = fmt::format("{}", fmt::join(frames, ","));
  if (!more && all.size() <= room) return all;
  if (all.size() + sign.size() <= room) return all + std::string{sign};
  const auto end = all.rfind(',', room - sign.size());
  return all.substr(0, end == std::string::npos ? 0 : end) + std::string{sign};
}

// What some claims are of a TCP scan.
std::string_view words_of_scan(Claim claim) {
  switch (claim) {
    case Claim::probe:
      return "each SYN told left, and no other";
    case Claim::header:
      return "each connection ended as was asked for";
    case Claim::reply:
      return "each answer came, from whom it says";
    case Claim::data:
      return "what a service said is what is told";
    case Claim::time:
      return "each SYN left when it is told";
    case Claim::icmp_error:
      return "each ICMP error came as it is told";
    case Claim::error_code:
      return "each errno is what connect() gets";
    default:
      return words_of(claim);
  }
}

std::string table(const Report& report, bool color) {
  constexpr std::size_t name = 41;
  std::string out = fmt::format("{:<{}} {:>6} {:>6} {:>6}  {}\n", "CLAIM", name, "holds", "contra",
                                "open", "frames");
  for (const auto& [claim, tally] : report.claims) {
    const auto examples = examples_text(tally, page_width - name - 23);
    std::string line = fmt::format("{:<{}} {} {} {}",
                                   report.tool == "tcp" ? words_of_scan(claim) : words_of(claim),
                                   name, cell(tally.holds, Verdict::holds, 6, color),
                                   cell(tally.contradicted, Verdict::contradicted, 6, color),
                                   cell(tally.inconclusive, Verdict::inconclusive, 6, color));
    if (!examples.empty()) line += "  " + examples;
    out += line + '\n';
  }
  return out;
}

std::string rtt_text(const RttDistribution& rtt) {
  if (rtt.samples == 0) return {};
  return "\n" +
         wrapped(fmt::format("RTT: {} of {} inside their bracket, widened by {}; told and wire "
                             "differ by {} at the median, {} at p99, {} at worst",
                             rtt.inside, rtt.samples, ms(rtt.slack), ms(rtt.median), ms(rtt.p99),
                             ms(rtt.worst)),
                 0, 5);
}

std::string contradictions(const Report& report, const VerdictTextOptions& options) {
  std::string out;
  std::uint64_t shown = 0, all = 0;
  for (const auto& finding : report.findings) {
    if (finding.verdict != Verdict::contradicted) continue;
    if (++all > shown_findings && !options.verbose) continue;
    ++shown;
    const auto frames =
        frames_text(finding.frames, options.verbose ? finding.frames.size() : std::size_t{8});
    out += wrapped(fmt::format("{} [{}{}{}]", printable(finding.sentence), finding.fault,
                               frames.empty() ? "" : ": ", frames),
                   0, 5);
  }
  if (out.empty()) return {};
  std::uint64_t counted_all = 0;
  for (const auto& [claim, tally] : report.claims) counted_all += tally.contradicted;
  const auto more = std::max(counted_all, all) - shown;
  if (more > 0) out += fmt::format("and {} more\n", more);
  return "\n" + out;
}

// Reasons, each once, with how often and where.
std::string open_questions(const Report& report, const VerdictTextOptions& options) {
  struct Group {
    std::uint64_t count = 0;
    std::string sentence{};
    std::vector<std::uint64_t> frames{};
  };
  std::map<std::string, Group> groups;
  for (const auto& finding : report.findings) {
    if (finding.verdict != Verdict::inconclusive) continue;
    auto& group = groups[options.verbose ? finding.fault + finding.sentence : finding.fault];
    if (group.count++ == 0) group.sentence = finding.sentence;
    group.frames.insert(group.frames.end(), finding.frames.begin(), finding.frames.end());
  }
  if (groups.empty()) return {};
  std::string out = "\nwhat cannot be judged:\n";
  for (const auto& [fault, group] : groups) {
    const auto frames =
        frames_text(group.frames, options.verbose ? group.frames.size() : std::size_t{8});
    out +=
        wrapped(fmt::format("{} times, as here: {}{}{}{}", group.count, printable(group.sentence),
                            frames.empty() ? "" : " [", frames, frames.empty() ? "" : "]")
                    .substr(group.count == 1 ? std::string_view{"1 times, as here: "}.size() : 0),
                2, 7);
  }
  return out;
}

}  // namespace

std::string_view words_of(Claim claim) {
  switch (claim) {
    case Claim::identity:
      return "who probes whom, and how";
    case Claim::probe:
      return "each probe left, octet for octet, once";
    case Claim::header:
      return "TTL, class, length, DF are as asked for";
    case Claim::checksum:
      return "each checksum is right";
    case Claim::reply:
      return "each reply came, once, from whom it says";
    case Claim::data:
      return "what came back is what was sent";
    case Claim::order:
      return "late, duplicate, reordered: as told";
    case Claim::rtt:
      return "each RTT lies inside its bracket";
    case Claim::time:
      return "each moment told is its frame's";
    case Claim::icmp_error:
      return "each ICMP error came as it is told";
    case Claim::quotation:
      return "what an error quotes is what was sent";
    case Claim::error_code:
      return "each errno is what that error becomes";
    case Claim::silence:
      return "where silence is told, nothing came";
    case Claim::refused:
      return "what the system refused did not leave";
    case Claim::stranger:
      return "what is called foreign or corrupt is so";
    case Claim::unexplained:
      return "no frame of the run is left untold";
    case Claim::frame:
      return "the frame numbers told are right";
    case Claim::comment:
      return "what comments say of their frames";
    case Claim::capture:
      return "the capture is whole, its clock steady";
    case Claim::summary:
      return "the summary adds up";
    case Claim::crossing:
      return "each frame was there, and comes of that";
    case Claim::message:
      return "what a machine is said to say, it says";
    case Claim::judge:
      return "tshark reads the frames as we do";
  }
  return {};
}

std::string verdict_line(const Report& report, bool color) {
  std::uint64_t holding = 0, wrong = 0, open = 0;
  for (const auto& [claim, tally] : report.claims) {
    holding += tally.holds;
    wrong += tally.contradicted;
    open += tally.inconclusive;
  }
  const auto probes = report.claims.find(Claim::probe);
  std::string of;
  if (probes != report.claims.end()) {
    const auto& tally = probes->second;
    const auto count = tally.holds + tally.contradicted + tally.inconclusive;
    of = " of " +
         (report.tool == "tcp" ? counted(count, "port", "ports")
                               : counted(count, "probe", "probes")) +
         ",";
  } else if (holding + wrong + open > 0) {
    of = " of";
  }
  const auto all = counted(holding + wrong + open, "claim", "claims");
  const auto frames = counted(report.frames_of_the_run, "frame", "frames");
  std::string text;
  switch (report.verdict) {
    case Verdict::holds:
      text = fmt::format(": {}{} {}", all, of, frames);
      if (open > 0) text += fmt::format("; {} cannot be judged", open);
      break;
    case Verdict::contradicted:
      text = fmt::format(": {} of {}{} {}", wrong, all, of, frames);
      break;
    case Verdict::inconclusive:
      text = ": " + (report.why_inconclusive.empty()
                         ? fmt::format("{} of {} cannot be judged", open, all)
                         : printable(report.why_inconclusive));
      break;
  }
  const auto word = word_of(report.verdict);
  auto line = wrapped(std::string{word} + text, 0, 4);
  if (color) line.replace(0, word.size(), painted(report.verdict, word, true));
  return line;
}

std::string to_text(const Report& report, const VerdictTextOptions& options) {
  if (options.quiet) return verdict_line(report, options.color);
  std::string out = held_against(report, options);
  if (!report.claims.empty()) out += "\n" + table(report, options.color);
  out += rtt_text(report.rtt);
  out += contradictions(report, options);
  out += open_questions(report, options);
  return out + "\n" + verdict_line(report, options.color);
}

}  // namespace sonda::inline v0::verify
