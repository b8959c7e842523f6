// User and network namespaces, tried in a child so that we stay where we are.
#include "namespace_trial.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <sonda/core/failure.hpp>
#include <sonda/net/descriptor.hpp>

#include "netlink.hpp"

namespace sonda::inline v0::net {
namespace {

// How far the child came, and the errno that stopped it.
enum class Step : int { unshare, map, loopback, raw_socket, veth, done };
struct Answer {
  Step step = Step::done;
  int error = 0;
};

bool write_file(const char* path, const std::string& text) {
  const Descriptor file{::open(path, O_WRONLY | O_CLOEXEC)};
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

bool set_loopback_up() {
  const Descriptor socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ifreq request{};
  std::string{"lo"}.copy(request.ifr_name, IF_NAMESIZE - 1);
  request.ifr_flags = IFF_UP;
  return ::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
}

bool make_veth() {
  NetlinkRequest request{RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK};
  request.extra<ifinfomsg>().ifi_family = AF_UNSPEC;
  auto* header = request.header();
  mnl_attr_put_strz(header, IFLA_IFNAME, "sonda-trial");
  auto* const info = mnl_attr_nest_start(header, IFLA_LINKINFO);
  mnl_attr_put_strz(header, IFLA_INFO_KIND, "veth");
  mnl_attr_nest_end(header, info);
  errno = ask_kernel(request, [](const nlmsghdr*) {});
  return errno == 0;
}

// The caller keeps his own numbers inside, as programs that print them expect.
Answer try_it(uid_t user, gid_t group) {
  const auto stopped = [](Step step) { return Answer{step, errno}; };
  // A program with a file capability does not own its own /proc/self: the maps could not be
  // written.
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return stopped(Step::unshare);
  const auto same = [](auto id) { return std::to_string(id) + ' ' + std::to_string(id) + " 1\n"; };
  if (!write_file("/proc/self/setgroups", "deny") ||
      !write_file("/proc/self/uid_map", same(user)) ||
      !write_file("/proc/self/gid_map", same(group)))
    return stopped(Step::map);
  if (!set_loopback_up()) return stopped(Step::loopback);
  const Descriptor raw{::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP)};
  if (!raw) return stopped(Step::raw_socket);
  if (!make_veth()) return stopped(Step::veth);
  return {};
}

Answer try_in_a_child() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {Step::unshare, errno};
  const Descriptor read{ends[0]};
  Descriptor write{ends[1]};
  const auto user = ::geteuid();
  const auto group = ::getegid();
  const auto child = ::fork();
  if (child < 0) return {Step::unshare, errno};
  if (child == 0) {
    const auto answer = try_it(user, group);
    static_cast<void>(!::write(write.get(), &answer, sizeof answer));
    ::_exit(0);
  }
  write.close();
  Answer answer{Step::unshare, ECHILD};
  static_cast<void>(!::read(read.get(), &answer, sizeof answer));
  ::waitpid(child, nullptr, 0);
  return answer;
}

std::string mend_unshare(int error) {
  if (error == ENOSPC || error == EUSERS) return "sudo sysctl -w user.max_user_namespaces=10000";
  if (error == ENOSYS || error == EINVAL) return "use a kernel built with CONFIG_USER_NS";
  if (::access("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", F_OK) == 0)
    return "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
  if (::access("/proc/sys/kernel/unprivileged_userns_clone", F_OK) == 0)
    return "sudo sysctl -w kernel.unprivileged_userns_clone=1";
  return "in a container: allow unshare(2), as with --security-opt seccomp=unconfined";
}

}  // namespace

Trial try_namespaces() {
  std::string name = "networks of one's own";
  const auto answer = try_in_a_child();
  const auto failure = [&answer](const char* operation, const char* subject) {
    return Failure{operation, answer.error, subject}.message();
  };
  switch (answer.step) {
    case Step::unshare:
      return {std::move(name), Outcome::fails, failure("make", "a user and network namespace"),
              mend_unshare(answer.error)};
    case Step::veth:
      return {std::move(name), Outcome::limited, failure("make", "a veth pair in a namespace"),
              "sudo modprobe veth"};
    case Step::map:
    case Step::loopback:
    case Step::raw_socket:
      return {std::move(name), Outcome::limited,
              failure("use", "the capabilities inside a user namespace"),
              "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"};
    case Step::done:
      break;
  }
  return {std::move(name),
          Outcome::works,
          "a namespace with a raw socket and a veth pair was made, and is gone again",
          {}};
}

}  // namespace sonda::inline v0::net
