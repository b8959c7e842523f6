// A file of a tmpfs that is mounted for a moment, bound over another.
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/limits.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sonda/net/descriptor.hpp>
#include <sonda/net/replaced_file.hpp>

namespace sonda::inline v0::net {
namespace {

// What is hidden is of no use to the mount itself: both files are held by descriptors.
constexpr std::array places{"/tmp", "/var/tmp", "/run", "/dev/shm", "/mnt"};

class MomentaryFiles {
 public:
  [[nodiscard]] static std::expected<MomentaryFiles, Failure> mount() {
    int error = ENOENT;
    for (const auto* place : places) {
      if (::mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0755") == 0)
        return MomentaryFiles{place};
      if (errno != ENOENT) error = errno;
    }
    return std::unexpected{Failure{"mount", error, "a file system in memory"}};
  }
  MomentaryFiles(MomentaryFiles&& other) noexcept : place_{std::exchange(other.place_, nullptr)} {}
  MomentaryFiles& operator=(MomentaryFiles&&) = delete;
  ~MomentaryFiles() {
    if (place_ != nullptr) ::umount2(place_, MNT_DETACH);
  }
  [[nodiscard]] std::expected<Descriptor, Failure> file_with(std::string_view text) const {
    Descriptor file{::open((std::string{place_} + "/file").c_str(),
                           O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR)};
    for (auto left = text; file && !left.empty();) {
      const auto written = ::write(file.get(), left.data(), left.size());
      if (written < 0) return std::unexpected{Failure{"write", errno, "a file in memory"}};
      left.remove_prefix(static_cast<std::size_t>(written));
    }
    // Not at its creation: the umask would have its say.
    if (!file || ::fchmod(file.get(), S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH) != 0)
      return std::unexpected{Failure{"make", errno, "a file in memory"}};
    return file;
  }

 private:
  explicit MomentaryFiles(const char* place) noexcept : place_{place} {}
  const char* place_;
};

std::string described(const std::string& path, int error) {
  std::string target(PATH_MAX, '\0');
  const auto size = ::readlink(path.c_str(), target.data(), target.size());
  if (size < 0) return error == ENOENT ? path + ", which is not there" : path;
  target.resize(static_cast<std::size_t>(size));
  return path + ", a link to " + target + (error == ENOENT ? ", which is not there" : "");
}

std::string by_number(const Descriptor& file) {
  return "/proc/self/fd/" + std::to_string(file.get());
}

}  // namespace

std::expected<void, Failure> replace_file(const std::string& path, std::string_view text) {
  const Descriptor target{::open(path.c_str(), O_PATH | O_CLOEXEC)};
  if (!target) {
    const int error = errno;
    return std::unexpected{Failure{"replace", error, described(path, error)}};
  }
  const auto files = MomentaryFiles::mount();
  if (!files) return std::unexpected{files.error()};
  const auto file = files->file_with(text);
  if (!file) return std::unexpected{file.error()};
  if (::mount(by_number(*file).c_str(), by_number(target).c_str(), nullptr, MS_BIND, nullptr) != 0)
    return std::unexpected{Failure{"replace", errno, path}};
  return {};
}

}  // namespace sonda::inline v0::net
