// Where a run's events go: text or JSON Lines on stdout, JSON Lines in a log.
#pragma once
#include <cstdio>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <sonda/core/failure.hpp>
#include <sonda/event/event.hpp>
#include <sonda/record/json_lines.hpp>

namespace sonda::tools {

// Call before anything is opened: stdin, stdout and stderr that the caller has closed become
// descriptors on which reading and writing fail, so that no socket takes their place.
void keep_standard_descriptors();

// Flushed after every event, so that nothing is lost whatever happens next. Text and JSON never
// share a stream.
class Output {
 public:
  using Text = std::function<std::string(const Occurrence&)>;

  // `text` makes stdout's lines; without it stdout gets JSON. Writes to a log too where `open_log`
  // was called.
  Output(record::RunContext context, Text text)
      : context_{std::move(context)}, text_{std::move(text)} {}

  // Errors: what open(2) says.
  [[nodiscard]] std::expected<void, Failure> open_log(const std::string& path);
  [[nodiscard]] record::RunContext& context() { return context_; }
  [[nodiscard]] const record::RunContext& context() const { return context_; }
  void set_text(Text text) { text_ = std::move(text); }
  // Is told of every event besides, before it is printed.
  void set_tap(std::function<void(const Occurrence&)> tap) { tap_ = std::move(tap); }
  // Lines that belong to no event; only where there is text. Nothing else writes to stdout
  // meanwhile.
  void print(const std::string& lines) { write(stdout, lines, "to stdout"); }

  void operator()(const Occurrence& occurrence);

  // The first thing that could not be written; the rest of that stream is lost.
  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void write(std::FILE* file, const std::string& text, const char* subject);

  record::RunContext context_;
  Text text_;
  std::function<void(const Occurrence&)> tap_;
  std::unique_ptr<std::FILE, Close> log_;
  std::string log_path_;
  bool log_is_old_ = true;
  std::optional<Failure> failure_;
};

}  // namespace sonda::tools
