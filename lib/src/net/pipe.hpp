// Both ends of a pipe that no program we start inherits.
#pragma once
#include <array>
#include <cerrno>
#include <expected>
#include <fcntl.h>
#include <unistd.h>

#include <sonda/core/failure.hpp>
#include <sonda/net/descriptor.hpp>

namespace sonda::inline v0::net {

struct Pipe {
  Descriptor read, write;
};

[[nodiscard]] inline std::expected<Pipe, Failure> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return std::unexpected{Failure{"make a pipe", errno, ""}};
  return Pipe{Descriptor{ends[0]}, Descriptor{ends[1]}};
}

}  // namespace sonda::inline v0::net
