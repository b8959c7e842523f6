// User and network namespaces, tried in a child so that we stay where we are.
#include <cerrno>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <sonda/core/failure.hpp>
#include <sonda/net/descriptor.hpp>
#include <sonda/net/interface_setup.hpp>
#include <sonda/net/namespace.hpp>
#include <sonda/net/trials.hpp>

#include "pipe.hpp"
#include "user_namespace.hpp"

namespace sonda::inline v0::net {
namespace {

// How far the child came, and the errno that stopped it.
enum class Step : int { namespaces, loopback, raw_socket, veth, done };
struct Answer {
  Step step = Step::done;
  int error = 0;
};

Answer try_it() {
  if (const auto made = enter_own_namespaces(); !made)
    return {Step::namespaces, made.error().error_code};
  if (const auto up = set_up("lo"); !up) return {Step::loopback, up.error().error_code};
  const Descriptor raw{::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP)};
  if (!raw) return {Step::raw_socket, errno};
  const auto other = new_network();
  if (!other) return {Step::namespaces, other.error().error_code};
  const auto made = make_veth_pair({.name = "near"}, {.name = "far"}, *other);
  if (!made) return {Step::veth, made.error().error_code};
  return {};
}

Answer try_in_a_child() {
  auto pipe = make_pipe();
  if (!pipe) return {Step::namespaces, pipe.error().error_code};
  const auto child = ::fork();
  if (child < 0) return {Step::namespaces, errno};
  if (child == 0) {
    const auto answer = try_it();
    static_cast<void>(!::write(pipe->write.get(), &answer, sizeof answer));
    ::_exit(0);
  }
  pipe->write.close();
  Answer answer{Step::namespaces, ECHILD};
  static_cast<void>(!::read(pipe->read.get(), &answer, sizeof answer));
  ::waitpid(child, nullptr, 0);
  return answer;
}

}  // namespace

Trial try_namespaces() {
  std::string name = "networks of one's own";
  const auto answer = try_in_a_child();
  const auto failure = [&answer](const char* operation, const char* subject) {
    return Failure{operation, answer.error, subject}.message();
  };
  switch (answer.step) {
    case Step::namespaces: {
      const auto refused = namespace_refused(answer.error, "namespaces");
      return {std::move(name), Outcome::fails, refused.message(), mend_of_namespaces(refused)};
    }
    case Step::veth:
      return {std::move(name), Outcome::limited, failure("make", "a veth pair in a namespace"),
              "sudo modprobe veth"};
    case Step::loopback:
    case Step::raw_socket:
      return {std::move(name), Outcome::limited,
              failure("use", "the capabilities inside a user namespace"),
              namespace_obstacle(answer.error).mend};
    case Step::done:
      break;
  }
  return {std::move(name),
          Outcome::works,
          "a namespace with a raw socket and a veth pair was made, and is gone again",
          {}};
}

}  // namespace sonda::inline v0::net
