// For LD_PRELOAD: every third call of sendmmsg fails with the errno in SONDA_FAIL_ERRNO.
#include <cerrno>
#include <cstdlib>
#include <dlfcn.h>
#include <sys/socket.h>

extern "C" __attribute__((visibility("default"))) int sendmmsg(int socket, mmsghdr* messages,
                                                               unsigned count, int flags) {
  using Function = int (*)(int, mmsghdr*, unsigned, int);
  static const auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "sendmmsg"));
  static unsigned calls = 0;
  const char* error = std::getenv("SONDA_FAIL_ERRNO");
  if (error != nullptr && ++calls % 3 == 0) {
    errno = std::atoi(error);
    return -1;
  }
  return real(socket, messages, count, flags);
}
