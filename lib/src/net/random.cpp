// getrandom(2).
#include <array>
#include <cerrno>
#include <cstring>
#include <random>
#include <sys/random.h>

#include <sonda/net/random.hpp>

namespace sonda::inline v0::net {

SipKey random_key() {
  std::array<std::uint64_t, 2> words{};
  ssize_t got = 0;
  do got = ::getrandom(words.data(), sizeof words, 0);
  while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(sizeof words)) {  // a filter of system calls forbids it
    std::random_device device;
    for (auto& word : words) word = std::uint64_t{device()} << 32 | device();
  }
  return {words[0], words[1]};
}

}  // namespace sonda::inline v0::net
