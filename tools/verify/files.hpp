// Which of the files one names is the capture, and which the run.
#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "common/exit_status.hpp"

namespace sonda::tools::verify {

struct Evidence {
  std::string capture{};   // "-": standard input
  std::string run{};       // empty: the capture has it
  bool exchanged = false;  // they were named the other way round
};

struct Refusal {
  std::string sentence{};
  ExitStatus status = ExitStatus::usage;
};

// `words` as typed: CAPTURE, or RUN and CAPTURE, recognised by what they begin with. What cannot be
// read twice (a pipe) is what the other one is not.
[[nodiscard]] std::expected<Evidence, Refusal> tell_apart(const std::vector<std::string>& words);

// A path at which the capture can be read again and again: a copy where it is no ordinary file.
class Readable {
 public:
  [[nodiscard]] static std::expected<Readable, Refusal> make(const std::string& capture);
  Readable(Readable&& other) noexcept;
  Readable(const Readable&) = delete;
  Readable& operator=(const Readable&) = delete;
  Readable& operator=(Readable&&) = delete;
  ~Readable();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit Readable(std::string path, int copy = -1) : path_{std::move(path)}, copy_{copy} {}
  std::string path_;
  int copy_ = -1;  // of a file without a name
};

}  // namespace sonda::tools::verify
