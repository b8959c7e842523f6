// A folder is ours if it is no link, belongs to us, and lets nobody else in.
#include <cerrno>
#include <cstdlib>
#include <sys/stat.h>
#include <unistd.h>

#include <sonda/net/private_directory.hpp>

namespace sonda::inline v0::net {
namespace {

bool is_ours(const std::string& path) {
  struct stat about{};
  return ::lstat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode) &&
         about.st_uid == ::geteuid() && (about.st_mode & 0077) == 0;
}

std::string place(const std::string& name) {
  const auto* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && *runtime == '/' && is_ours(runtime))
    return std::string{runtime} + '/' + name;
  if (::geteuid() == 0) return "/run/" + name;
  return "/tmp/" + name + '-' + std::to_string(::geteuid());
}

}  // namespace

std::expected<std::string, Failure> private_directory(const std::string& name) {
  const auto path = place(name);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return std::unexpected{Failure{"make the folder", errno, path}};
  if (!is_ours(path)) return std::unexpected{Failure{"trust the folder", EPERM, path}};
  return path;
}

}  // namespace sonda::inline v0::net
