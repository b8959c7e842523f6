// unshare(CLONE_NEWUSER), the maps of one user and one group, and the system's switches.
#include "user_namespace.hpp"

#include <array>
#include <cerrno>
#include <sched.h>
#include <string_view>
#include <sys/prctl.h>
#include <unistd.h>
#include <utility>

#include "small_file.hpp"

namespace sonda::inline v0::net {
namespace {

// Kernels without the switch have no file.
bool says(const std::string& proc, std::string_view setting, char value) {
  const auto text = contents_of(proc + "/sys/" + std::string{setting});
  return text.size() >= 1 && text[0] == value && (text.size() == 1 || text[1] == '\n');
}

std::string set(std::string_view key, std::string_view value) {
  return std::string{"sudo sysctl -w "}.append(key).append("=").append(value);
}

NamespaceObstacle full(const std::string& proc) {
  constexpr std::array<std::string_view, 4> limits{"max_user_namespaces", "max_net_namespaces",
                                                   "max_mnt_namespaces", "max_pid_namespaces"};
  for (const auto limit : limits) {
    const auto key = std::string{"user."}.append(limit);
    if (says(proc, std::string{"user/"}.append(limit), '0'))
      return {key + " is 0", set(key, "10000")};
  }
  return {"", set("user.max_user_namespaces", "10000")};
}

NamespaceObstacle forbidden(const std::string& proc) {
  if (says(proc, "kernel/unprivileged_userns_clone", '0'))
    return {"kernel.unprivileged_userns_clone is 0", set("kernel.unprivileged_userns_clone", "1")};
  if (says(proc, "kernel/apparmor_restrict_unprivileged_userns", '1'))
    return {"kernel.apparmor_restrict_unprivileged_userns is 1",
            set("kernel.apparmor_restrict_unprivileged_userns", "0")};
  const std::string container =
      "in a container: allow unshare(2), as with --security-opt seccomp=unconfined";
  if (contents_of(proc + "/self/status").find("\nSeccomp:\t2\n") != std::string::npos)
    return {"a seccomp filter watches this program", container};
  return {"", container};
}

}  // namespace

NamespaceObstacle namespace_obstacle(int error, const std::string& proc) {
  if (error == ENOSPC || error == EUSERS) return full(proc);
  if (error == ENOSYS || error == EINVAL)
    return {"", "use a kernel built with CONFIG_USER_NS, CONFIG_NET_NS and CONFIG_PID_NS"};
  return forbidden(proc);
}

Failure namespace_refused(int error, std::string what) {
  if (const auto obstacle = namespace_obstacle(error); !obstacle.what.empty())
    what.append(" while ").append(obstacle.what);
  return {"make", error, std::move(what)};
}

std::expected<void, Failure> make_user_namespace(InsideAs inside) {
  const auto user = ::geteuid();
  const auto group = ::getegid();
  // A program with a file capability does not own its own /proc/self: the maps could not be
  // written.
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  if (::unshare(CLONE_NEWUSER) != 0)
    return std::unexpected{namespace_refused(errno, "a user namespace")};
  const auto map = [inside](auto outside) {
    return std::to_string(inside == InsideAs::root ? 0 : outside) + ' ' + std::to_string(outside) +
           " 1\n";
  };
  // The groups of a user who is not privileged could otherwise be dropped, and with them what is
  // forbidden to members of one.
  int error = write_setting("/proc/self/setgroups", "deny");
  if (error == 0) error = write_setting("/proc/self/uid_map", map(user));
  if (error == 0) error = write_setting("/proc/self/gid_map", map(group));
  if (error != 0)
    return std::unexpected{namespace_refused(error, "a user namespace with its capabilities")};
  return {};
}

}  // namespace sonda::inline v0::net
