// Where a run's events go: text or JSON Lines on stdout, JSON Lines in a log.
#include "common/output.hpp"

#include <cerrno>
#include <fcntl.h>
#include <tuple>
#include <unistd.h>
#include <utility>

#include <sonda/record/printable.hpp>

namespace sonda::tools {

void keep_standard_descriptors() {
  // open gives out the lowest number that is free; for its number each is the wrong way round.
  for (int number = 0; number <= 2; ++number)
    if (fcntl(number, F_GETFD) < 0)
      std::ignore = open("/dev/null", number == 0 ? O_WRONLY : O_RDONLY);
}

std::expected<void, Failure> Output::open_log(const std::string& path) {
  log_path_ = record::printable(path);
  // Made or opened now, emptied with the first event: a mistyped target costs no old log.
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor >= 0) log_.reset(::fdopen(descriptor, "w"));
  if (!log_) return std::unexpected{Failure{"create", errno, log_path_}};
  return {};
}

void Output::operator()(const Occurrence& occurrence) {
  if (tap_) tap_(occurrence);
  const bool json_on_stdout = !text_;
  if (log_ || json_on_stdout) {
    const auto line = record::to_json(occurrence, context_) + '\n';
    if (log_) {
      // What is no regular file cannot be emptied, and need not be.
      if (std::exchange(log_is_old_, false)) std::ignore = ::ftruncate(::fileno(log_.get()), 0);
      write(log_.get(), line, log_path_.c_str());
    }
    if (json_on_stdout) write(stdout, line, "to stdout");
  }
  if (text_) write(stdout, text_(occurrence), "to stdout");
}

void Output::write(std::FILE* file, const std::string& text, const char* subject) {
  if (text.empty()) return;
  errno = 0;
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if ((!written || std::fflush(file) != 0) && !failure_)
    failure_ = Failure{"write", errno, subject};
}

}  // namespace sonda::tools
