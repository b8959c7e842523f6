// --capture FILE and --frames, for every tool.
#include "common/capture_option.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <tuple>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include <sonda/core/version.hpp>
#include <sonda/net/clock.hpp>
#include <sonda/net/privilege.hpp>
#include <sonda/record/json_lines.hpp>
#include <sonda/record/printable.hpp>

#include "common/numbers.hpp"
#include "common/print.hpp"

namespace sonda::tools {
namespace {

constexpr const char* standard_output = "standard output";

// So that Wireshark shows the name that was typed, without asking anybody.
capture::NameTable names(const record::RunContext& context) {
  if (Address::parse(context.target)) return {};
  return {{.address = context.address.without_zone(), .names = {context.target}}};
}

// Writing into a pipe that nobody reads is a failure while this lives, not the program's end.
class PipesMayBreak {
 public:
  PipesMayBreak() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  PipesMayBreak(const PipesMayBreak&) = delete;
  PipesMayBreak& operator=(const PipesMayBreak&) = delete;
  ~PipesMayBreak() {
    const timespec at_once{};
    ::sigtimedwait(&pipe_, nullptr, &at_once);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_{}, before_{};
};

// By whatever names; of what need not exist yet. A device takes both.
bool same_file(const std::string& one, const std::string& other) {
  std::error_code error;
  const auto there = std::filesystem::status(one, error);
  if (std::filesystem::exists(there))
    return std::filesystem::is_regular_file(there) && std::filesystem::equivalent(one, other, error);
  const auto full = [&error](const std::string& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error);
  };
  return full(one) == full(other);
}

std::string command_line(const std::vector<std::string>& argv) {
  std::string out = "sonda: argv";
  for (const auto& word : argv) out += ' ' + record::printable(word);
  return out;
}

}  // namespace

void CaptureOption::describe(CommandLine& line) {
  line.value(
      "--capture", file,
      [](const std::string& text) -> Read<std::string> {
        if (text.empty()) return std::unexpected{std::string{"'' is no file"}};
        return text;
      },
      "The run's frames as pcapng; '-': stdout", "FILE");
  line.flag("--frames", frames, "Say which frames of --capture show it");
}

std::optional<std::string> CaptureOption::check(const std::string& example,
                                                const std::string& log) const {
  if (frames && file.empty()) return "--frames: numbers of frames need --capture FILE";
  if (file == "-" && ::isatty(STDOUT_FILENO) == 1)
    return "--capture -: standard output is a terminal; as in: " + example + " | wireshark -k -i -";
  if (file != "-" && !log.empty() && same_file(file, log))
    return "--capture and --log: one file cannot be both";
  return std::nullopt;
}

CapturedOutput::CapturedOutput(Output& output, CaptureOption option, std::string program)
    : output_{output}, option_{std::move(option)}, program_{std::move(program)} {}

CapturedOutput::~CapturedOutput() {
  if (made_ && !started_) std::ignore = ::unlink(option_.file.c_str());
}

std::expected<void, Failure> CapturedOutput::open_file() {
  if (!option_) return {};
  auto recorder = evidence::Recorder::make();
  if (!recorder) return std::unexpected{recorder.error()};
  recorder_.emplace(std::move(*recorder));
  if (option_.file == "-") {
    file_ = net::Descriptor{::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)};
    if (!file_ || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
      return std::unexpected{Failure{"write to", errno, standard_output}};
    return {};
  }
  // As the log: a mistyped target costs no old capture.
  const auto open = [&](int more) {
    return ::open(option_.file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | more, 0666);
  };
  file_ = net::Descriptor{open(O_EXCL)};
  made_ = static_cast<bool>(file_);
  if (!made_ && errno == EEXIST) file_ = net::Descriptor{open(0)};
  if (!file_) return std::unexpected{Failure{"create", errno, record::printable(option_.file)}};
  return {};
}

std::expected<capture::PcapngWriter, Failure> CapturedOutput::write_section(
    const std::vector<std::string>& argv) {
  // What is no regular file cannot be emptied, and need not be.
  if (option_.file != "-") std::ignore = ::ftruncate(file_.get(), 0);
  return capture::PcapngWriter::adopt(
      file_.release(), option_.file == "-" ? standard_output : record::printable(option_.file),
      {.comments = {command_line(argv)},
       .os = "Linux",
       .application = fmt::format("{} {}", program_, version_text())});
}

std::expected<void, Failure> CapturedOutput::begin(Plan plan) {
  if (!recorder_) return {};
  auto source = [&] {
    const auto raised = net::RaisedNetRaw::raise();  // where it is missing the open says so
    return evidence::open_live(std::move(plan.live));
  }();
  if (!source) return std::unexpected{source.error()};
  const PipesMayBreak until_the_recorder_writes;
  auto file = write_section(plan.argv);
  if (!file) return std::unexpected{file.error()};
  auto own = evidence::own_ends((*source)->interfaces());
  auto known = names(plan.context);
  return recorder_->record(
      {.file = std::move(*file),
       .source = std::move(*source),
       .recognizer = std::move(plan.recognizer),
       .own = std::move(own),
       .names = std::move(known),
       .line_of = [context = std::move(plan.context)](const Occurrence& occurrence) {
         return record::to_json(occurrence, context);
       }});
}

std::expected<void, Failure> CapturedOutput::start() {
  if (!recorder_) return {};
  auto started = recorder_->start();
  started_ = started.has_value();
  return started;
}

void CapturedOutput::operator()(const Occurrence& occurrence) {
  if (recorder_)
    recorder_->offer(occurrence);
  else
    output_(occurrence);
}

std::vector<int> CapturedOutput::descriptors() const {
  if (!recorder_) return {};
  return {recorder_->descriptor()};
}

std::optional<Instant> CapturedOutput::next_due() const {
  return recorder_ ? recorder_->next_due() : std::nullopt;
}

void CapturedOutput::turn() {
  if (!recorder_) return;
  ready_.clear();
  recorder_->release(net::now(), ready_);
  for (const auto& occurrence : ready_) output_(occurrence);
  if (const auto failure = recorder_->take_failure()) {
    failed_ = true;
    complain(program_, record::printable(failure->message()) + "; the run goes on");
  }
}

bool CapturedOutput::finish(net::SignalDescriptor& signals) {
  if (!recorder_) return true;
  recorder_->end();
  const auto patience = net::now() + 2 * evidence::Recorder::max_delay;
  const std::vector<int> watched{recorder_->descriptor(), signals.fd()};
  for (turn(); !recorder_->ended(); turn()) {
    const auto woken = net::wait_readable(watched, recorder_->next_due());
    const auto signal = woken ? signals.take() : std::nullopt;
    if (!signal || *signal == SIGQUIT || net::now() < patience) continue;
    recorder_->abandon();
    complain(program_, "the capture is given up: nobody reads it");
    failed_ = true;
    break;
  }
  return !failed_;
}

}  // namespace sonda::tools
