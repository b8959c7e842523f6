// lchown(2), where there is a sudo caller.
#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

#include <sonda/net/child.hpp>
#include <sonda/net/ownership.hpp>

namespace sonda::inline v0::net {

std::expected<void, Failure> give_to_sudo_caller(const std::string& path) {
  const auto caller = sudo_caller();
  struct stat about{};
  if (!caller || ::lstat(path.c_str(), &about) != 0 || !S_ISREG(about.st_mode)) return {};
  if (::lchown(path.c_str(), caller->user, caller->group) != 0)
    return std::unexpected{Failure{"give to user " + std::to_string(caller->user), errno, path}};
  return {};
}

}  // namespace sonda::inline v0::net
