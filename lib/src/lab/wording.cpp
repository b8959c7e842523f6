// How the lab says that it does not understand a word.
#include "wording.hpp"

#include <cstddef>

#include <fmt/format.h>

#include <sonda/core/nearest.hpp>

namespace sonda::inline v0::lab {

std::string quoted(std::string_view text) {
  constexpr std::size_t most = 40;
  std::string out{'\''};
  for (const char c : text.substr(0, most)) {
    if (c >= ' ' && c <= '~' && c != '\\')
      out += c;
    else if (c == '\\')
      out += "\\\\";
    else
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return out + (text.size() > most ? "...'" : "'");
}

std::string listed(std::span<const std::string> words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

std::string instead_of(std::string_view found, std::string_view accepted) {
  return fmt::format("found {}, accepted: {}", found.empty() ? "nothing" : quoted(found), accepted);
}

std::string instead_of(std::string_view found, const std::vector<std::string>& accepted) {
  return instead_of(found, listed(accepted)) + meant(found, accepted);
}

std::string meant(std::string_view found, const std::vector<std::string>& known) {
  if (found.size() > 64) return {};
  const auto near = nearest(found, known);
  return near && *near != found ? fmt::format("; do you mean {}?", *near) : std::string{};
}

}  // namespace sonda::inline v0::lab
