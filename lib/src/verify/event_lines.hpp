// The lines of a run: from a file of its own, or out of the comments of a capture.
#pragma once
#include <cstdint>
#include <cstdio>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sonda/core/failure.hpp>

namespace sonda::inline v0::verify {

// "sonda-event: {...}" and, where a line had no room in one, "sonda-event+: ..." behind it.
class EventComments {
 public:
  using Take = std::function<void(std::string_view line)>;

  void operator()(std::span<const std::string> comments, const Take& take);
  // The last line, which nothing continues.
  void finish(const Take& take);

 private:
  static constexpr std::size_t longest = std::size_t{16} << 20;

  std::string line_;
  bool has_line_ = false;
};

// A file line by line. A line without end is refused in pieces, so memory is bounded.
class LineFile {
 public:
  // "-": standard input.
  [[nodiscard]] static std::expected<LineFile, Failure> open(const std::string& path);

  // The next line without its end; it lives until the next call. Nothing at the end of the file.
  [[nodiscard]] std::optional<std::string_view> next();
  // Why reading ended before the file did; 0: it did not.
  [[nodiscard]] int error() const { return error_; }

 private:
  static constexpr std::size_t longest = std::size_t{16} << 20;

  struct Close {
    void operator()(std::FILE* file) const noexcept {
      if (file != stdin) std::fclose(file);
    }
  };
  explicit LineFile(std::FILE* file) : file_{file} {}

  std::unique_ptr<std::FILE, Close> file_;
  std::vector<char> room_ = std::vector<char>(std::size_t{1} << 16);
  std::size_t begin_ = 0, end_ = 0;  // of what is not taken yet
  bool at_end_ = false;
  int error_ = 0;
};

}  // namespace sonda::inline v0::verify
