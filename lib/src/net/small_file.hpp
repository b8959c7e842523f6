// Reading and writing the small files by which the kernel tells and is told its settings.
#pragma once
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <unistd.h>

#include <sonda/net/descriptor.hpp>

namespace sonda::inline v0::net {

// Empty where it cannot be read.
[[nodiscard]] inline std::string contents_of(const std::string& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  std::string text(65'536, '\0');
  const auto got = ::read(file.get(), text.data(), text.size());
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

// In one write, as such files demand; 0, or the errno. The file must be there.
[[nodiscard]] inline int write_setting(const std::string& path, std::string_view text) {
  const Descriptor file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!file) return errno;
  const auto written = ::write(file.get(), text.data(), text.size());
  if (written < 0) return errno;
  return static_cast<std::size_t>(written) == text.size() ? 0 : EIO;
}

}  // namespace sonda::inline v0::net
