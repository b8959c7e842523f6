// tshark as a second judge.
#include "verify/ask_tshark.hpp"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <unistd.h>
#include <utility>

#include <sonda/capture/capture_source.hpp>
#include <sonda/capture/network_layer.hpp>
#include <sonda/net/child.hpp>
#include <sonda/net/descriptor.hpp>
#include <sonda/record/printable.hpp>
#include <sonda/verify/second_judge.hpp>

namespace sonda::tools::verify {
namespace {

using sonda::verify::SecondJudge;

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using Stream = std::unique_ptr<std::FILE, Close>;

struct Tshark {
  net::Child child;
  Stream lines;
};

std::vector<std::string> command(const std::string& capture) {
  std::vector<std::string> out{"tshark", "-n", "-r",           capture, "-T",
                               "fields", "-E", "separator=/t", "-E",    "occurrence=f"};
  for (const auto preference : SecondJudge::preferences()) {
    out.emplace_back("-o");
    out.emplace_back(preference);
  }
  for (const auto field : SecondJudge::fields()) {
    out.emplace_back("-e");
    out.emplace_back(field);
  }
  return out;
}

std::expected<Tshark, Failure> start(const Readable& capture) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::unexpected{Failure{"make a pipe", errno, ""}};
  const net::Descriptor write{ends[1]};
  net::Descriptor read{ends[0]};
  const net::Descriptor nowhere{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  if (!nowhere) return std::unexpected{Failure{"open", errno, "/dev/null"}};
  auto child = net::Child::start(
      {.command = command(capture.path()),
       // Nobody's preferences: they could change what is read, and after sudo are root's.
       .environment = {"LC_ALL=C.UTF-8", "HOME=/nonexistent", "XDG_CONFIG_HOME=/nonexistent"},
       .capabilities = net::ChildCapabilities::none,
       .ends_with_parent = true,
       .streams = {capture.copy() >= 0 ? capture.copy() : nowhere.get(), write.get(),
                   nowhere.get()}});
  if (!child) return std::unexpected{child.error()};
  Stream lines{::fdopen(read.get(), "r")};
  if (!lines) return std::unexpected{Failure{"read from", errno, "tshark"}};
  static_cast<void>(read.release());
  return Tshark{std::move(*child), std::move(lines)};
}

// Without its end.
std::optional<std::string> next_line(std::FILE* file) {
  std::string out;
  char room[4'096];
  while (std::fgets(room, sizeof room, file) != nullptr) {
    out += room;
    if (out.ends_with('\n')) {
      out.pop_back();
      return out;
    }
  }
  return std::nullopt;
}

// What it shows as frames and we do not has lines, too; a line that is none is for the judge.
std::optional<std::string> line_of(std::uint64_t frame, std::FILE* lines) {
  while (auto line = next_line(lines)) {
    std::uint64_t number = 0;
    const auto* const end = line->data() + line->size();
    if (std::from_chars(line->data(), end, number).ec != std::errc{} || number >= frame)
      return line;
  }
  return std::nullopt;
}

// Whether there was a line for every frame.
bool compare_all(const Readable& capture, const Notes& notes, std::FILE* lines,
                 SecondJudge& judge) {
  auto source = capture.open();
  if (!source) return false;
  while (true) {
    const auto block = source->next();
    if (!block || !*block) return true;
    const auto* frame = std::get_if<capture::Frame>(&(*block)->content);
    if (frame == nullptr) continue;
    const auto number = source->frame_number();
    const auto line = line_of(number, lines);
    if (!line) return false;
    if (notes.of(number).empty()) continue;
    const auto type = source->interfaces()[frame->interface.value()].described.link_type;
    judge.compare(number, capture::network_layer(type, frame->octets),
                  frame->octets.size() < frame->length(), *line);
  }
}

}  // namespace

void ask_tshark(const Readable& capture, const Notes& notes, sonda::verify::Report& report) {
  SecondJudge judge;
  if (auto tshark = start(capture); !tshark) {
    if (tshark.error().error_code == ENOENT)
      judge.silent("tshark_missing", "tshark is not installed: sudo apt-get install tshark");
    else
      judge.silent("tshark_failed", record::printable(tshark.error().message()));
  } else {
    const bool all = compare_all(capture, notes, tshark->lines.get(), judge);
    while (next_line(tshark->lines.get())) {
    }
    const auto ended = tshark->child.wait();
    if (!all || !ended || net::exit_status(*ended) != 0)
      judge.silent("tshark_failed", "tshark has not read all of the capture");
  }
  judge.finish(report);
}

}  // namespace sonda::tools::verify
