// Which of the files one names is the capture, and which the run.
#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include <sonda/capture/capture_source.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/net/descriptor.hpp>

#include "common/exit_status.hpp"

namespace sonda::tools::verify {

struct Evidence {
  std::string capture{};   // "-": standard input
  std::string run{};       // "-", too; empty: the capture has it
  bool exchanged = false;  // they were named the other way round
};

struct Refusal {
  std::string sentence{};
  ExitStatus status = ExitStatus::usage;
};

// `words` as typed: CAPTURE, or RUN and CAPTURE, recognised by what they begin with. What cannot be
// read twice (a pipe) is what the other one is not.
[[nodiscard]] std::expected<Evidence, Refusal> tell_apart(const std::vector<std::string>& words);

// A capture that can be read again and again: where it is no ordinary file, a copy of it takes the
// place of standard input. Nobody has to open /proc/self/fd, which is root's after sudo.
class Readable {
 public:
  [[nodiscard]] static std::expected<Readable, Refusal> make(const std::string& capture);

  [[nodiscard]] const std::string& path() const { return path_; }  // "-": the copy
  [[nodiscard]] std::expected<capture::CaptureSource, Failure> open() const;
  // For another program to read from its beginning; -1: it opens the path.
  [[nodiscard]] int copy() const { return copy_.get(); }

 private:
  explicit Readable(std::string path) : path_{std::move(path)} {}
  std::string path_;
  net::Descriptor copy_;
};

}  // namespace sonda::tools::verify
