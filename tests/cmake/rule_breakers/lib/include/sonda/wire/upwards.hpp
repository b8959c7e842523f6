// Wire includes what lies above it, the operating system, streams and a heap.
#pragma once
#include <cstdint>
#include <iostream>
#include <netinet/in.h>
#include <vector>

#include <sonda/core/bytes.hpp>
#include <sonda/net/clock.hpp>

namespace sonda::inline v0 {

// A comment may say htons.
inline std::uint16_t swapped(std::uint16_t value) { return htons(value); }
inline const char* text(const std::uint8_t* octets) {
  return reinterpret_cast<const char*>(octets);
}
using namespace std;

}  // namespace sonda::inline v0
