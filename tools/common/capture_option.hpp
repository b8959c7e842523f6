// --capture FILE and --frames, for every tool: a run's frames in a file that explains itself.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sonda/capture/live_capture.hpp>
#include <sonda/evidence/recorder.hpp>
#include <sonda/net/descriptor.hpp>
#include <sonda/net/wait.hpp>

#include "common/command_line.hpp"
#include "common/output.hpp"

namespace sonda::tools {

struct CaptureOption {
  std::string file;  // empty: not asked for; "-": standard output
  bool frames = false;

  void describe(CommandLine& line);
  // The sentence that refuses them, if there is one. `example` is how to stream, up to the pipe:
  // "sonda-ping --capture - 192.0.2.1". `log` is another file of the run's, or empty.
  [[nodiscard]] std::optional<std::string> check(const std::string& example,
                                                 const std::string& log) const;
  [[nodiscard]] explicit operator bool() const { return !file.empty(); }
};

// Stands between a run and its output. Without --capture events pass straight through.
//
// In this order: open_file, begin (with the first event, before any probe leaves), the first event
// itself, start (without privilege), events and turn, finish.
class CapturedOutput {
 public:
  CapturedOutput(Output& output, CaptureOption option, std::string program);
  CapturedOutput(const CapturedOutput&) = delete;
  CapturedOutput& operator=(const CapturedOutput&) = delete;
  // Of a run that did not start no file stays that was not there before.
  ~CapturedOutput();

  // Makes the file, or takes standard output away from the text, which goes to standard error from
  // now on. What is in the file stays until begin().
  [[nodiscard]] std::expected<void, Failure> open_file();
  struct Plan {
    capture::LiveOptions live;
    std::unique_ptr<evidence::Recognizer> recognizer;
    record::RunContext context;
    std::vector<std::string> argv;
  };
  // Raises CAP_NET_RAW around the opening of the capture. Failure: EPERM where that is missing.
  [[nodiscard]] std::expected<void, Failure> begin(Plan plan);
  [[nodiscard]] std::expected<void, Failure> start();

  void operator()(const Occurrence& occurrence);
  // Descriptors that a wait is to watch, and when to wake without them.
  [[nodiscard]] std::vector<int> descriptors() const;
  [[nodiscard]] std::optional<Instant> next_due() const;
  // Prints what is ready.
  void turn();
  // Prints the rest and ends the file. SIGINT and SIGTERM give up a file that cannot be written: a
  // pipe that nobody reads. False where the file lacks something, which stderr was told.
  [[nodiscard]] bool finish(net::SignalDescriptor& signals);

 private:
  [[nodiscard]] std::expected<capture::PcapngWriter, Failure> write_section(
      const std::vector<std::string>& argv);

  Output& output_;
  CaptureOption option_;
  std::string program_;
  net::Descriptor file_;
  bool made_ = false, started_ = false;
  std::optional<evidence::Recorder> recorder_;
  std::vector<Occurrence> ready_;
  bool failed_ = false;
};

}  // namespace sonda::tools
