// unshare(2), setns(2), and the files of /proc/thread-self/ns.
#include <cerrno>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <memory>
#include <sched.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <sonda/net/namespace.hpp>

#include "user_namespace.hpp"

namespace sonda::inline v0::net {
namespace {

struct KindFacts {
  int flag;
  const char* name;
  const char* path;
};

KindFacts facts(NamespaceKind kind) noexcept {
  switch (kind) {
    case NamespaceKind::user:
      return {CLONE_NEWUSER, "a user namespace", "/proc/thread-self/ns/user"};
    case NamespaceKind::network:
      return {CLONE_NEWNET, "a network namespace", "/proc/thread-self/ns/net"};
    case NamespaceKind::mount:
      return {CLONE_NEWNS, "a mount namespace", "/proc/thread-self/ns/mnt"};
    case NamespaceKind::pid:
      break;
  }
  return {CLONE_NEWPID, "a pid namespace", "/proc/thread-self/ns/pid"};
}

bool may_make_namespaces() {
  const std::unique_ptr<_cap_struct, int (*)(void*)> all{::cap_get_proc(), ::cap_free};
  cap_flag_value_t value = CAP_CLEAR;
  return all && ::cap_get_flag(all.get(), CAP_SYS_ADMIN, CAP_EFFECTIVE, &value) == 0 &&
         value == CAP_SET;
}

}  // namespace

std::expected<Namespace, Failure> Namespace::current(NamespaceKind kind) {
  Descriptor descriptor{::open(facts(kind).path, O_RDONLY | O_CLOEXEC)};
  if (!descriptor) return std::unexpected{Failure{"open", errno, facts(kind).path}};
  return Namespace{std::move(descriptor), kind};
}

std::expected<Namespace, Failure> Namespace::received(Descriptor descriptor, NamespaceKind kind) {
  const int flag = ::ioctl(descriptor.get(), NS_GET_NSTYPE);
  if (flag != facts(kind).flag)
    return std::unexpected{
        Failure{"receive", flag < 0 && errno == EBADF ? EBADF : EINVAL, facts(kind).name}};
  return Namespace{std::move(descriptor), kind};
}

std::expected<void, Failure> Namespace::enter() const {
  if (::setns(descriptor_.get(), facts(kind_).flag) == 0) return {};
  return std::unexpected{Failure{"enter", errno, facts(kind_).name}};
}

std::uint64_t Namespace::number() const {
  struct stat about{};
  ::fstat(descriptor_.get(), &about);
  return about.st_ino;
}

std::expected<InsideNamespace, Failure> InsideNamespace::enter(const Namespace& there) {
  auto back = Namespace::current(there.kind());
  if (!back) return std::unexpected{back.error()};
  if (const auto entered = there.enter(); !entered) return std::unexpected{entered.error()};
  return InsideNamespace{std::move(*back)};
}

InsideNamespace::~InsideNamespace() {
  if (back_.fd() >= 0) static_cast<void>(back_.enter());
}

std::expected<void, Failure> enter_own_namespaces(InsideAs inside) {
  const bool wants_to_be_root = inside == InsideAs::root && ::geteuid() != 0;
  if (wants_to_be_root || !may_make_namespaces())
    if (const auto made = make_user_namespace(inside); !made) return made;
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID) != 0)
    return std::unexpected{namespace_refused(errno, "network, mount and pid namespaces")};
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0)
    return std::unexpected{Failure{"keep mounts to ourselves", errno, ""}};
  return {};
}

std::string mend_of_namespaces(const Failure& failure) {
  return namespace_obstacle(failure.error_code).mend;
}

std::expected<Namespace, Failure> new_network() {
  const auto back = Namespace::current(NamespaceKind::network);
  if (!back) return std::unexpected{back.error()};
  if (::unshare(CLONE_NEWNET) != 0)
    return std::unexpected{namespace_refused(errno, "a network namespace")};
  auto made = Namespace::current(NamespaceKind::network);
  if (const auto returned = back->enter(); !returned) return std::unexpected{returned.error()};
  return made;
}

}  // namespace sonda::inline v0::net
