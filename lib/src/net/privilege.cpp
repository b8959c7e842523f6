// Capabilities by libcap, and the user behind sudo.
#include <cerrno>
#include <grp.h>
#include <memory>
#include <optional>
#include <pwd.h>
#include <string>
#include <string_view>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <sonda/net/privilege.hpp>

#include "environment_number.hpp"

namespace sonda::inline v0::net {
namespace {

using Capabilities = std::unique_ptr<_cap_struct, int (*)(void*)>;

constexpr cap_value_t net_raw = CAP_NET_RAW;

Capabilities current() { return {::cap_get_proc(), ::cap_free}; }

bool has(const Capabilities& all, cap_flag_t set) {
  cap_flag_value_t value = CAP_CLEAR;
  return all && ::cap_get_flag(all.get(), net_raw, set, &value) == 0 && value == CAP_SET;
}

bool put(const Capabilities& all, cap_flag_t set, cap_flag_value_t value) {
  return ::cap_set_flag(all.get(), set, 1, &net_raw, value) == 0;
}

std::unexpected<Failure> failed(const char* operation, int error = errno) {
  return std::unexpected{Failure{operation, error, ""}};
}

std::optional<std::string> user_name(uid_t user) {
  std::vector<char> buffer(16'384);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return std::nullopt;
  return std::string{entry.pw_name};
}

}  // namespace

bool may_open_raw() { return has(current(), CAP_PERMITTED); }

std::expected<void, Failure> become_sudo_caller() {
  const auto user = environment_number("SUDO_UID");
  const auto group = environment_number("SUDO_GID");
  // Only root can have been made root by sudo; anybody can set the variables.
  if (::getuid() != 0 || ::geteuid() != 0 || !user || !group || *user == 0) return {};

  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return failed("keep capabilities");
  const auto name = user_name(*user);
  const bool groups =
      name ? ::initgroups(name->c_str(), *group) == 0 : ::setgroups(0, nullptr) == 0;
  if (!groups) return failed("take on the groups of the user behind sudo");
  if (::setresgid(*group, *group, *group) != 0)
    return failed("take on the group of the user behind sudo");
  if (::setresuid(*user, *user, *user) != 0) return failed("become the user behind sudo");
  ::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
  return {};
}

std::expected<void, Failure> keep_only_net_raw() {
  const auto before = current();
  const Capabilities after{::cap_init(), ::cap_free};
  if (!before || !after) return failed("read the capabilities");
  if (has(before, CAP_PERMITTED) && !put(after, CAP_PERMITTED, CAP_SET))
    return failed("keep CAP_NET_RAW");
  if (::cap_set_proc(after.get()) != 0) return failed("give up capabilities");
  return {};
}

std::expected<RaisedNetRaw, Failure> RaisedNetRaw::raise() {
  const auto all = current();
  if (!all) return failed("read the capabilities");
  if (!has(all, CAP_PERMITTED)) return failed("raise CAP_NET_RAW", EPERM);
  if (has(all, CAP_EFFECTIVE)) return RaisedNetRaw{false};
  if (!put(all, CAP_EFFECTIVE, CAP_SET) || ::cap_set_proc(all.get()) != 0)
    return failed("raise CAP_NET_RAW");
  return RaisedNetRaw{true};
}

RaisedNetRaw::RaisedNetRaw(RaisedNetRaw&& other) noexcept
    : lower_{std::exchange(other.lower_, false)} {}

RaisedNetRaw::~RaisedNetRaw() {
  if (!lower_) return;
  const auto all = current();
  if (all && put(all, CAP_EFFECTIVE, CAP_CLEAR)) ::cap_set_proc(all.get());
}

std::expected<void, Failure> drop_all() {
  const Capabilities none{::cap_init(), ::cap_free};
  if (!none || ::cap_set_proc(none.get()) != 0) return failed("give up capabilities");
  return {};
}

}  // namespace sonda::inline v0::net
