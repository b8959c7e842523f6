/* For LD_PRELOAD: every third call of sendmmsg fails with the errno in SONDA_FAIL_ERRNO. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

int sendmmsg(int socket, struct mmsghdr* messages, unsigned count, int flags) {
  static int (*real)(int, struct mmsghdr*, unsigned, int);
  static unsigned calls;
  const char* error = getenv("SONDA_FAIL_ERRNO");
  if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, "sendmmsg");
  if (error != NULL && ++calls % 3 == 0) {
    errno = atoi(error);
    return -1;
  }
  return real(socket, messages, count, flags);
}
