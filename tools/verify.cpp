// sonda-verify: whether what a run says is what a capture of it shows.
#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <sonda/net/privilege.hpp>
#include <sonda/record/printable.hpp>
#include <sonda/verify/verdict_json.hpp>
#include <sonda/verify/verdict_text.hpp>
#include <sonda/verify/verify.hpp>

#include "common/color.hpp"
#include "common/command_line.hpp"
#include "common/exit_status.hpp"
#include "common/output.hpp"
#include "common/print.hpp"
#include "verify/annotate.hpp"
#include "verify/ask_tshark.hpp"
#include "verify/files.hpp"
#include "verify/notes.hpp"

namespace sonda::tools::verify {
namespace {

using record::printable;
using sonda::verify::Report;
using sonda::verify::Vantage;
using sonda::verify::Verdict;

constexpr const char* program = "sonda-verify";

struct Request {
  std::vector<std::string> files;
  std::string annotated;
  std::string color = "auto";
  bool json = false, quiet = false, verbose = false, tshark = false;
  bool near_end = false, far_end = false;
};

void describe_options(CommandLine& line, Request& r) {
  line.operands("files", r.files, "CAPTURE, or RUN.jsonl CAPTURE; - is standard input");
  line.flag("--json", r.json, "The verdict as one JSON object");
  line.flag("-q,--quiet", r.quiet, "Only the last line, the verdict");
  line.flag("-v,--verbose", r.verbose, "Every finding with every frame");
  line.flag("--near-end", r.near_end, "The capture was made where the run was");
  line.flag("--far-end", r.far_end, "It was made at the other end");
  line.text("--annotate", r.annotated, "Copy the capture, verdicts in comments", "OUT.pcapng");
  line.flag("--tshark", r.tshark, "Ask tshark as a second judge");
  line.value(
      "--color", r.color, [](const std::string& t) { return read_color(t); }, "auto, always, never",
      "WHEN");
  line.foreign("-r", "not needed, say the file alone");
  line.foreign("-w", "say --annotate OUT.pcapng");
  line.foreign("-n", "not needed, no name is looked up");
  line.foreign("-i", "nothing is captured here; see sonda ping --capture");
  line.epilogue(
      "A capture that Sonda made has its run inside. Any other (tcpdump, dumpcap,\n"
      "Wireshark; pcap or pcapng; at either end) needs the run's events, from\n"
      "sonda-ping --json or --log. The two are told apart by what they begin with.\n"
      "A lab's capture is judged by what its comments say. Needs no privilege.\n\n"
      "EXAMPLES\n"
      "  sonda verify captures/nat/ping.pcapng\n"
      "  sonda verify run.jsonl tcpdump.pcap --annotate verdicts.pcapng\n"
      "  ssh server cat far.pcap | sonda verify run.jsonl - --far-end\n\n"
      "EXIT STATUS\n"
      "  0 every claim holds   1 a claim is contradicted   2 wrong usage\n"
      "  4 a file cannot be read or written   5 inconclusive: the capture is silent\n");
}

std::optional<std::string> check(const Request& r) {
  if (r.near_end && r.far_end) return "--near-end and --far-end exclude each other";
  if (r.quiet && r.verbose) return "--quiet and --verbose exclude each other";
  if (r.quiet && r.json) return "--quiet and --json exclude each other; JSON has everything";
  if (r.annotated == "-") return "--annotate: a file, not -";
  return std::nullopt;
}

int refuse(const Refusal& refusal) {
  complain(program, refusal.sentence);
  return code(refusal.status);
}

int fail(const Failure& failure) {
  complain(program, printable(failure.message()));
  return code(ExitStatus::system);
}

ExitStatus status_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::holds:
      return ExitStatus::yes;
    case Verdict::contradicted:
      return ExitStatus::no;
    case Verdict::inconclusive:
      return ExitStatus::inconclusive;
  }
  return ExitStatus::system;
}

std::string told(const Report& report, const Request& r, const Evidence& evidence) {
  if (r.json)
    return sonda::verify::to_json(report, {.capture = evidence.capture, .run = evidence.run}) +
           '\n';
  return sonda::verify::to_text(report, {.capture = evidence.capture,
                                         .run = evidence.run,
                                         .quiet = r.quiet,
                                         .verbose = r.verbose,
                                         .color = wants_color(r.color)});
}

int judge(const Request& r, const Evidence& evidence) {
  // Whoever asks twice needs a file that can be read twice.
  const bool again = r.tshark || !r.annotated.empty();
  std::optional<Readable> readable;
  if (again) {
    auto made = Readable::make(evidence.capture);
    if (made && made->copy() >= 0 && evidence.run == "-")
      return refuse(
          {.sentence = "the run is standard input, and a capture to be read twice no file"});
    if (!made) return refuse(made.error());
    readable.emplace(std::move(*made));
  }
  if (readable && readable->copy() >= 0) std::rewind(stdin);
  Notes notes;
  sonda::verify::Question question{.capture = readable ? readable->path() : evidence.capture,
                                   .run = evidence.run,
                                   .vantage = r.near_end  ? Vantage::near_end
                                              : r.far_end ? Vantage::far_end
                                                          : Vantage::unknown};
  if (again)
    question.on_note = [&notes](std::uint64_t frame, std::string_view note) {
      notes.add(frame, note);
    };
  auto report = sonda::verify::verify(question);
  if (!report) return fail(report.error());
  notes.sort();
  if (r.tshark) ask_tshark(*readable, notes, *report);
  errno = 0;
  const int status = print_all(told(*report, r, evidence), status_of(report->verdict));
  if (status == code(ExitStatus::system)) return fail({"write", errno, "to stdout"});
  if (r.annotated.empty()) return status;
  if (const auto written = annotate(*readable, r.annotated, notes); !written)
    return fail(written.error());
  return status;
}

int main(int argc, char** argv) {
  keep_standard_descriptors();
  if (const auto became = net::become_sudo_caller(); !became) return fail(became.error());
  if (const auto dropped = net::drop_all(); !dropped) return fail(dropped.error());
  Request request;
  CommandLine line{program, "Holds what a run says against what a capture of it shows."};
  describe_options(line, request);
  if (const auto status = line.parse(argc, argv)) return *status;
  if (const auto sentence = check(request)) return line.refuse(*sentence);
  const auto evidence = tell_apart(request.files);
  if (!evidence) return refuse(evidence.error());
  for (const auto& input : {evidence->capture, evidence->run})
    if (!request.annotated.empty() && same_file(request.annotated, input))
      return line.refuse(fmt::format("--annotate: {} would be overwritten, and it is the evidence",
                                     printable(request.annotated)));
  if (evidence->exchanged)
    complain(program,
             fmt::format("{} is the capture, {} the run: taken the other way round",
                         evidence->capture == "-" ? "standard input" : printable(evidence->capture),
                         evidence->run == "-" ? "standard input" : printable(evidence->run)));
  return judge(request, *evidence);
}

}  // namespace
}  // namespace sonda::tools::verify

int main(int argc, char** argv) { return sonda::tools::verify::main(argc, argv); }
