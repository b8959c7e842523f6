// A run's events as comments of a block that Wireshark does not number. Private to the layer.
#pragma once
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sonda::inline v0::evidence {

inline constexpr std::size_t longest_piece = 65'000;  // octets; an option of pcapng has 65,535

// "sonda-event: LINE", and where that is too long "sonda-event+: " and the rest. No character of
// UTF-8 is cut in two.
inline void append_event(std::vector<std::string>& comments, std::string_view line) {
  std::string_view label = "sonda-event: ";
  do {
    auto size = std::min(line.size(), longest_piece);
    const auto inside = [line](std::size_t at) {
      return at < line.size() && (static_cast<unsigned char>(line[at]) & 0xc0) == 0x80;
    };
    while (size > longest_piece - 4 && inside(size)) --size;
    comments.push_back(std::string{label}.append(line.substr(0, size)));
    line.remove_prefix(size);
    label = "sonda-event+: ";
  } while (!line.empty());
}

}  // namespace sonda::inline v0::evidence
