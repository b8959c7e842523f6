// A file, pipe or device that is written without a buffer, and can forget the last octets.
#pragma once
#include <cstddef>
#include <cstdio>
#include <expected>
#include <memory>
#include <string>

#include <sonda/core/bytes.hpp>
#include <sonda/core/failure.hpp>

namespace sonda::inline v0::capture {

// Made of <cstdio>, because only net speaks to the operating system itself.
class OutputFile {
 public:
  [[nodiscard]] static std::expected<OutputFile, Failure> create(const std::string& path);
  // Closes the descriptor even if this fails.
  [[nodiscard]] static std::expected<OutputFile, Failure> adopt(int descriptor, std::string name);

  struct Written {
    std::size_t octets = 0;
    int error_code = 0;  // why it was not all; 0: it was
  };
  [[nodiscard]] Written write(Bytes octets) noexcept;
  // Takes back the last octets that were written, where they are the end of a regular file.
  void take_back(std::size_t octets) noexcept;
  [[nodiscard]] std::expected<void, Failure> close();

  [[nodiscard]] Failure failure(std::string operation, int error_code) const {
    return {std::move(operation), error_code, name_};
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  OutputFile(std::FILE* file, std::string name);

  std::unique_ptr<std::FILE, Close> file_;
  std::string name_;
};

}  // namespace sonda::inline v0::capture
