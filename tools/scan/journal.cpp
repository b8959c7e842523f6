// A run's events in a file that the run can be gone on with.
#include "scan/journal.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <sonda/record/json_lines.hpp>
#include <sonda/record/printable.hpp>

namespace sonda::tools {
namespace {

std::unexpected<Complaint> wrong(std::string sentence, ExitStatus status = ExitStatus::usage) {
  return std::unexpected{Complaint{std::move(sentence), status}};
}

// Of a line that says what was asked for; empty where it does not.
std::string fingerprint_in(const Start& start) {
  for (const auto& [name, value] : start.plan)
    if (const auto* text = std::get_if<std::string>(&value); name == "fingerprint" && text)
      return *text;
  return {};
}

class JournalReader {
 public:
  JournalReader(const ScanSpace& space, SettledPlaces& settled,
                const std::function<void(const PortResult&)>& known)
      : space_{space}, settled_{settled}, known_{known}, wanted_{fingerprint_text(space)} {}

  // What is wrong with the line, if anything is.
  std::optional<std::string> operator()(std::string_view line) {
    const auto read = record::from_json(line);
    if (!read) return read.error();
    const auto& what = read->occurrence.event.what;
    if (read->context.tool != "tcp") return "not a run of sonda-tcp";
    if (const auto* start = std::get_if<Start>(&what)) {
      started_ = true;
      if (fingerprint_in(*start) != wanted_)
        return "a run of other hosts or ports; it can be gone on with as it was begun";
      return std::nullopt;
    }
    if (!started_) return "no journal: its first line is not a run's first event";
    const auto* port = std::get_if<PortResult>(&what);
    if (port == nullptr || port->control || port->state == PortState::unknown) return std::nullopt;
    const auto place = space_.place_of({port->address, port->port});
    if (!place || *place != port->probe.value()) return "a port that is not of this run";
    if (settled_.add(*place)) known_(*port);
    return std::nullopt;
  }

 private:
  const ScanSpace& space_;
  SettledPlaces& settled_;
  const std::function<void(const PortResult&)>& known_;
  std::string wanted_;
  bool started_ = false;
};

}  // namespace

std::string fingerprint_text(const ScanSpace& space) { return std::to_string(space.fingerprint()); }

Asked<Journal> Journal::open(const std::string& path, const ScanSpace& space,
                             const std::function<void(const PortResult&)>& known) {
  Journal out;
  out.shown_ = record::printable(path);
  const auto failed = [&out](const char* what) {
    return wrong(Failure{what, errno, out.shown_}.message(), ExitStatus::system);
  };
  out.file_ = net::Descriptor{::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666)};
  if (!out.file_) return failed("open");
  struct stat about{};
  if (::fstat(out.file_.get(), &about) != 0) return failed("open");
  if (!S_ISREG(about.st_mode)) return wrong(out.shown_ + ": a journal is a regular file");
  if (::flock(out.file_.get(), LOCK_EX | LOCK_NB) != 0)
    return wrong(out.shown_ + ": another run is writing it", ExitStatus::system);

  out.settled_ = std::make_shared<SettledPlaces>();
  JournalReader reader{space, *out.settled_, known};
  std::string line;
  std::array<char, 65'536> room;
  off_t whole = 0;  // octets up to the end of the last whole line
  for (std::uint64_t number = 1;;) {
    const auto size = ::read(out.file_.get(), room.data(), room.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failed("read");
    if (size == 0) break;
    std::string_view rest{room.data(), static_cast<std::size_t>(size)};
    for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      line += rest.substr(0, end);
      rest.remove_prefix(end + 1);
      if (const auto sentence = reader(line))
        return wrong(fmt::format("{}:{}: {}", out.shown_, number, *sentence));
      whole += static_cast<off_t>(line.size()) + 1;
      line.clear();
      ++number;
    }
    line += rest;
  }
  // Killed while it wrote: the line is not there.
  constexpr std::string_view beginning = R"({"event":"start","tool":"tcp",)";
  const auto common = std::min(line.size(), beginning.size());
  if (!line.empty() &&
      (whole == 0 ? line.compare(0, common, beginning, 0, common) != 0 : line[0] != '{'))
    return wrong(out.shown_ + ": no journal");
  if (!line.empty() && ::ftruncate(out.file_.get(), whole) != 0) return failed("cut");
  if (out.settled_->size() == 0) out.settled_.reset();
  return out;
}

bool Journal::write(std::string line) {
  if (failure_) return false;
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const auto size = ::write(file_.get(), rest.data(), rest.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) {
      failure_ = Failure{"write", errno, shown_};
      return false;
    }
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

}  // namespace sonda::tools
