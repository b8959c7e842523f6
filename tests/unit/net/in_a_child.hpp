// Runs a part of a test in a process of its own, as root or as somebody else.
#pragma once
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <grp.h>
#include <string>
#include <sys/capability.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sonda/core/failure.hpp>
#include <sonda/net/descriptor.hpp>

namespace sonda::net::testing {

inline constexpr uid_t nobody = 65'534;

// What `body` says went wrong; empty where nothing did, else the text or how the child ended.
template <typename Body>
std::string in_a_child(uid_t user, Body body) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return "no pipe";
  const Descriptor read{ends[0]};
  Descriptor write{ends[1]};
  const auto child = ::fork();
  if (child == 0) {
    std::string said = "cannot become another user";
    const bool became =
        user == 0 || (::setgroups(0, nullptr) == 0 && ::setresgid(user, user, user) == 0 &&
                      ::setresuid(user, user, user) == 0);
    if (became) said = body();
    static_cast<void>(!::write(write.get(), said.data(), said.size()));
    ::_exit(0);
  }
  write.close();
  std::string said;
  std::array<char, 4096> part{};
  for (ssize_t got = 0; (got = ::read(read.get(), part.data(), part.size())) > 0;)
    said.append(part.data(), static_cast<std::size_t>(got));
  int status = -1;
  ::waitpid(child, &status, 0);
  if (status != 0) said += " [ended with wait status " + std::to_string(status) + "]";
  return said;
}

// For `body`: what a failed expectation says.
template <typename Expected>
std::string complaint(const Expected& result) {
  return result ? std::string{} : result.error().message();
}

}  // namespace sonda::net::testing

// Leaves the body of an in_a_child where `call` fails.
#define SONDA_DEMAND(call) \
  if (const auto& demanded = (call); !demanded) return demanded.error().message()
// Likewise where `condition` is false.
#define SONDA_HOLDS(condition) \
  if (!(condition))            \
  return std::string{#condition} + " does not hold, errno " + std::to_string(errno)
