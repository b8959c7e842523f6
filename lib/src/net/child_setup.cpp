// Mounts, users, capabilities and signals of a child.
#include "child_setup.hpp"

#include <array>
#include <csignal>
#include <grp.h>
#include <memory>
#include <sched.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <vector>

namespace sonda::inline v0::net {
namespace {

using Capabilities = std::unique_ptr<_cap_struct, int (*)(void*)>;

constexpr std::array<cap_value_t, 3> network{CAP_NET_RAW, CAP_NET_ADMIN, CAP_NET_BIND_SERVICE};

int error_if(bool failed) noexcept { return failed ? errno : 0; }

// What we have of the three becomes inheritable, and with that ambient: exec keeps it.
int leave_network() noexcept {
  const Capabilities all{::cap_get_proc(), ::cap_free};
  if (!all) return errno;
  std::vector<cap_value_t> ours;
  for (const auto capability : network) {
    cap_flag_value_t value = CAP_CLEAR;
    if (::cap_get_flag(all.get(), capability, CAP_PERMITTED, &value) == 0 && value == CAP_SET)
      ours.push_back(capability);
  }
  if (ours.empty()) return 0;
  const int count = static_cast<int>(ours.size());
  if (::cap_set_flag(all.get(), CAP_INHERITABLE, count, ours.data(), CAP_SET) != 0 ||
      ::cap_set_proc(all.get()) != 0)
    return errno;
  for (const auto capability : ours)
    if (::cap_set_ambient(capability, CAP_SET) != 0) return errno;
  return 0;
}

// Without a bounding set, neither root's exec nor a file's capability gives any back. Who may not
// take from it, having no capability himself, forbids every exec to give any.
int leave_none() noexcept {
  ::cap_reset_ambient();
  for (int capability = 0; ::cap_get_bound(capability) >= 0; ++capability)
    if (::cap_get_bound(capability) == 1 && ::cap_drop_bound(capability) != 0) {
      if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
      break;
    }
  const Capabilities none{::cap_init(), ::cap_free};
  return error_if(!none || ::cap_set_proc(none.get()) != 0);
}

}  // namespace

int give_own_view() noexcept {
  if (::unshare(CLONE_NEWNS) != 0) return errno;
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return errno;
  // Refused where somebody hid a part of the old ones, as containers do: then those stay.
  constexpr unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  static_cast<void>(::mount("sysfs", "/sys", "sysfs", flags, nullptr));
  static_cast<void>(::mount("proc", "/proc", "proc", flags, nullptr));
  return 0;
}

int become_user(const UserNumbers& who) noexcept {
  static_assert(sizeof(gid_t) == sizeof(std::uint32_t));
  ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
  const std::vector<gid_t> groups(who.groups.begin(), who.groups.end());
  if (::setgroups(groups.size(), groups.data()) != 0 ||
      ::setresgid(who.group, who.group, who.group) != 0 ||
      ::setresuid(who.user, who.user, who.user) != 0)
    return errno;
  return 0;
}

int leave_capabilities(ChildCapabilities which) noexcept {
  // Becoming another user took them from the effective set; they are wanted once more.
  const Capabilities all{::cap_get_proc(), ::cap_free};
  for (int capability = 0; all && ::cap_get_bound(capability) >= 0; ++capability) {
    cap_flag_value_t value = CAP_CLEAR;
    ::cap_get_flag(all.get(), capability, CAP_PERMITTED, &value);
    ::cap_set_flag(all.get(), CAP_EFFECTIVE, 1, &capability, value);
  }
  if (!all || ::cap_set_proc(all.get()) != 0) return errno;
  return which == ChildCapabilities::network ? leave_network() : leave_none();
}

void reset_signals() noexcept {
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction old{};
    const bool hangup_ignored =
        number == SIGHUP && ::sigaction(number, nullptr, &old) == 0 && old.sa_handler == SIG_IGN;
    if (!hangup_ignored) std::signal(number, SIG_DFL);
  }
  sigset_t none{};
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace sonda::inline v0::net
