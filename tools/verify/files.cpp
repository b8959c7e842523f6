// Which file is the capture, and which the run.
#include "verify/files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include <sonda/core/failure.hpp>
#include <sonda/core/nearest.hpp>
#include <sonda/record/printable.hpp>

namespace sonda::tools::verify {
namespace {

using record::printable;

enum class Kind : std::uint8_t { capture, run, unknown };

std::unexpected<Refusal> refused(std::string sentence, ExitStatus status = ExitStatus::usage) {
  return std::unexpected{Refusal{std::move(sentence), status}};
}

// "open web.pcapgn: No such file or directory (ENOENT); do you mean web.pcapng?"
std::unexpected<Refusal> unreadable(const std::string& path, int error) {
  auto sentence = Failure{"open", error, printable(path)}.message();
  if (error == ENOENT) {
    const std::filesystem::path typed{path};
    const auto folder = typed.has_parent_path() ? typed.parent_path() : ".";
    constexpr std::size_t most = 10'000;
    std::vector<std::string> names;
    std::error_code wrong;
    for (std::filesystem::directory_iterator entry{folder, wrong}, end;
         !wrong && entry != end && names.size() < most; entry.increment(wrong))
      names.push_back(entry->path().filename().string());
    if (const auto meant = nearest(typed.filename().string(), names))
      sentence +=
          fmt::format("; do you mean {}?", printable((typed.parent_path() / *meant).string()));
  }
  return refused(std::move(sentence), ExitStatus::system);
}

std::expected<Kind, Refusal> kind_of(const std::string& path) {
  if (path == "-") return Kind::unknown;
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return unreadable(path, errno);
  if (S_ISDIR(status.st_mode)) return unreadable(path, EISDIR);
  if (!S_ISREG(status.st_mode)) return Kind::unknown;
  const net::Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return unreadable(path, errno);
  std::array<char, 4'096> room{};
  const auto count = ::read(file.get(), room.data(), room.size());
  if (count < 0) return unreadable(path, errno);
  std::string_view begin{room.data(), static_cast<std::size_t>(count)};
  if (begin.empty()) return refused(printable(path) + " is empty", ExitStatus::system);
  if (begin.starts_with("\x1f\x8b") ||
      begin.starts_with("\xfd"
                        "7zXZ") ||
      begin.starts_with("\x28\xb5\x2f\xfd"))
    return refused(printable(path) + " is compressed; decompress it first", ExitStatus::system);
  std::array<std::uint8_t, 4> front{};
  const auto length =
      begin.copy(static_cast<char*>(static_cast<void*>(front.data())), front.size());
  if (capture::kind_of(Bytes{front}.first(length)) != capture::FileKind::neither)
    return Kind::capture;
  const auto first = begin.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && begin[first] == '{') return Kind::run;
  return refused(printable(path) + " is neither a capture (pcap, pcapng) nor a run (JSON Lines)",
                 ExitStatus::system);
}

}  // namespace

std::expected<Evidence, Refusal> tell_apart(const std::vector<std::string>& words) {
  if (words.empty()) return refused("no capture; as in: sonda verify run.pcapng");
  if (words.size() > 2)
    return refused(fmt::format("'{}' is one file too many: a run and its capture are two",
                               printable(words[2])));
  std::vector<Kind> kinds;
  for (const auto& word : words) {
    if (word.empty()) return refused("'' is no name of a file");
    const auto kind = kind_of(word);
    if (!kind) return std::unexpected{kind.error()};
    kinds.push_back(*kind);
  }
  if (words.size() == 1) {
    if (kinds[0] == Kind::run)
      return refused(
          fmt::format("{0} is a run, and its capture is missing; as in: sonda verify "
                      "{0} run.pcapng",
                      printable(words[0])));
    return Evidence{.capture = words[0]};
  }
  if (words[0] == "-" && words[1] == "-") return refused("only one of two files can be -");
  if (kinds[0] == kinds[1] && kinds[0] != Kind::unknown)
    return refused(fmt::format("{} and {} are both {}", printable(words[0]), printable(words[1]),
                               kinds[0] == Kind::run ? "runs; the capture is missing"
                                                     : "captures; one is a run, or say only one"));
  const bool exchanged = kinds[0] == Kind::capture || kinds[1] == Kind::run ||
                         (words[0] == "-" && kinds[1] == Kind::unknown);
  return Evidence{
      .capture = words[exchanged ? 0 : 1], .run = words[exchanged ? 1 : 0], .exchanged = exchanged};
}

namespace {

// errno, where it is not 0.
int copy_all(int from, int to) {
  std::array<char, 65'536> room{};
  while (true) {
    const auto count = ::read(from, room.data(), room.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) return 0;
    for (ssize_t at = 0; at < count;) {
      const auto written = ::write(to, room.data() + at, static_cast<std::size_t>(count - at));
      if (written < 0 && errno != EINTR) return errno;
      at += std::max<ssize_t>(written, 0);
    }
  }
}

}  // namespace

std::expected<Readable, Refusal> Readable::make(const std::string& capture) {
  struct stat status{};
  if (capture != "-" && ::stat(capture.c_str(), &status) == 0 && S_ISREG(status.st_mode))
    return Readable{capture};
  const auto name = capture == "-" ? std::string{"standard input"} : printable(capture);
  const auto failed = [&name](const char* what, int error) {
    return refused(Failure{what, error, name}.message(), ExitStatus::system);
  };
  const char* folder = std::getenv("TMPDIR");
  auto pattern =
      std::string{folder != nullptr && *folder != '\0' ? folder : "/tmp"} + "/sonda-verify-XXXXXX";
  const net::Descriptor ours{::mkostemp(pattern.data(), O_CLOEXEC)};
  if (!ours) return failed("make a copy of", errno);
  Readable out{"-"};
  // Two places to read at, for two that read at once.
  out.copy_ = net::Descriptor{::open(pattern.c_str(), O_RDONLY | O_CLOEXEC)};
  const int opened = errno;
  ::unlink(pattern.c_str());
  if (!out.copy_) return failed("make a copy of", opened);
  net::Descriptor from;
  if (capture != "-") {
    from = net::Descriptor{::open(capture.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!from) return failed("open", errno);
  }
  const auto error = copy_all(from ? from.get() : STDIN_FILENO, ours.get());
  if (error != 0) return failed("copy", error);
  if (::dup2(ours.get(), STDIN_FILENO) < 0) return failed("copy", errno);
  return out;
}

std::expected<capture::CaptureSource, Failure> Readable::open() const {
  if (copy_) std::rewind(stdin);
  return capture::CaptureSource::open(path_);
}

}  // namespace sonda::tools::verify
