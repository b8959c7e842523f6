// A simulated network on the real clock and on real sockets.
#include <chrono>
#include <sys/socket.h>

#include <sonda/probe/ping.hpp>

const auto start = std::chrono::high_resolution_clock::now();
