// Writing octets with <cstdio>, and cutting a file back.
#include "output_file.hpp"

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

namespace sonda::inline v0::capture {

OutputFile::OutputFile(std::FILE* file, std::string name) : file_{file}, name_{std::move(name)} {
  // A whole number of blocks goes to the system in one call, and the count of what it took is true.
  std::setvbuf(file, nullptr, _IONBF, 0);
}

std::expected<OutputFile, Failure> OutputFile::create(const std::string& path) {
  auto* const file = std::fopen(path.c_str(), "wbe");  // e: no child inherits it
  if (file == nullptr) return std::unexpected{Failure{"create", errno, path}};
  return OutputFile{file, path};
}

std::expected<OutputFile, Failure> OutputFile::adopt(int descriptor, std::string name) {
  auto* const file = ::fdopen(descriptor, "wb");
  if (file == nullptr) return std::unexpected{Failure{"write to", errno, std::move(name)}};
  return OutputFile{file, std::move(name)};
}

OutputFile::Written OutputFile::write(Bytes octets) noexcept {
  std::size_t done = 0;
  while (done < octets.size()) {
    errno = 0;
    const auto left = octets.subspan(done);
    // One thread at a time writes. A lock that it holds while nobody reads would keep the program
    // from ending.
    done += ::fwrite_unlocked(left.data(), 1, left.size(), file_.get());
    if (done == octets.size()) break;
    if (errno != EINTR) return {done, errno != 0 ? errno : EIO};
    std::clearerr(file_.get());
  }
  return {done, 0};
}

void OutputFile::take_back(std::size_t octets) noexcept {
  // The open file itself, whatever has become of its name.
  const auto path = "/proc/self/fd/" + std::to_string(::fileno(file_.get()));
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error || octets == 0 || octets > size) return;
  const auto position = ::ftello(file_.get());
  if (position < 0 || static_cast<std::uintmax_t>(position) != size) return;
  std::filesystem::resize_file(path, size - octets, error);
}

std::expected<void, Failure> OutputFile::close() {
  if (std::fclose(file_.release()) != 0) return std::unexpected{failure("close", errno)};
  return {};
}

}  // namespace sonda::inline v0::capture
