// A file, pipe or standard input that is read in large portions and can be looked at before it is
// read.
#pragma once
#include <cstddef>
#include <cstdio>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include <sonda/core/bytes.hpp>
#include <sonda/core/failure.hpp>

namespace sonda::inline v0::capture {

// Nothing in it goes back in the file, so that a pipe will do.
class InputFile {
 public:
  // "-": standard input, which stays open afterwards.
  [[nodiscard]] static std::expected<InputFile, Failure> open(const std::string& path);

  // Makes sure that so many octets are held; false where the file ends before. What was held lies
  // elsewhere afterwards.
  [[nodiscard]] std::expected<bool, Failure> hold(std::size_t octets);
  // What was read of the file and not dropped yet.
  [[nodiscard]] Bytes held() const noexcept {
    return Bytes{buffer_}.subspan(begin_, end_ - begin_);
  }
  // Precondition: so many are held.
  void drop(std::size_t octets) noexcept { begin_ += octets; }

  // What failures call it.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept {
      if (file != stdin) std::fclose(file);
    }
  };
  InputFile(std::FILE* file, std::string name);
  [[nodiscard]] std::expected<std::size_t, Failure> read(MutableBytes room);

  std::unique_ptr<std::FILE, Close> file_;
  std::string name_;
  std::vector<std::uint8_t> buffer_;
  std::size_t begin_ = 0;  // of what is held
  std::size_t end_ = 0;
};

}  // namespace sonda::inline v0::capture
