// Reading octets with <cstdio>, of which only the descriptor is used.
#include "input_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>

namespace sonda::inline v0::capture {
namespace {

// Octets asked of the system at once. More do not fit into a core's own cache, and read slower.
constexpr std::size_t portion = std::size_t{256} << 10;
constexpr std::size_t first_portion = std::size_t{4} << 10;  // most captures are small

}  // namespace

InputFile::InputFile(std::FILE* file, std::string name)
    : file_{file}, name_{std::move(name)}, buffer_(first_portion) {
  std::setvbuf(file, nullptr, _IONBF, 0);  // `buffer_` is the buffer
}

std::expected<InputFile, Failure> InputFile::open(const std::string& path) {
  if (path == "-") return InputFile{stdin, "standard input"};
  auto* const file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) return std::unexpected{Failure{"open", errno, path}};
  return InputFile{file, path};
}

// 0 octets: the end.
std::expected<std::size_t, Failure> InputFile::read(MutableBytes room) {
  for (;;) {
    errno = 0;
    const auto got = std::fread(room.data(), 1, room.size(), file_.get());
    const auto error = errno;
    if (got > 0 || std::feof(file_.get()) != 0) return got;
    if (error != EINTR) return std::unexpected{Failure{"read", error, name_}};
    std::clearerr(file_.get());
  }
}

std::expected<bool, Failure> InputFile::hold(std::size_t octets) {
  if (end_ - begin_ >= octets) return true;
  const bool was_full = end_ == buffer_.size();
  const auto at = [this](std::size_t i) {
    return buffer_.begin() + static_cast<std::ptrdiff_t>(i);
  };
  std::copy(at(begin_), at(end_), buffer_.begin());
  end_ -= std::exchange(begin_, 0);
  if (was_full) buffer_.resize(std::max(portion, buffer_.size()));
  while (end_ < octets) {
    // Twice as much only once it is full: nobody's claim alone takes memory.
    if (end_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
    const auto got = read(MutableBytes{buffer_}.subspan(end_));
    if (!got) return std::unexpected{got.error()};
    if (*got == 0) return false;
    end_ += *got;
  }
  return true;
}

}  // namespace sonda::inline v0::capture
