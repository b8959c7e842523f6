// Moments as text: any 64-bit number of nanoseconds comes back, any text that is read is a moment.
#include <limits>
#include <string>

#include <sonda/record/json_lines.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

void look(Bytes input) {
  const auto bits = Choices{input}.number<std::uint64_t>();
  const auto moment = static_cast<std::int64_t>(bits);
  const auto text = record::to_rfc3339(moment);
  claim(text.size() == 30 && text.ends_with('Z'));
  // The first and the last seconds of 64 bits are no moments: not all of them has a number.
  constexpr std::int64_t second = 1'000'000'000;
  constexpr auto most = std::numeric_limits<std::int64_t>::max() / second * second;
  if (second - most <= moment && moment < most) claim(record::from_rfc3339(text) == moment);

  std::vector<char> room;
  const auto given = text_of(input, room);
  const auto read = record::from_rfc3339(given);
  if (!read)
    return claim(std::ranges::none_of(read.error(), [](char c) { return c < ' ' && c >= 0; }));
  const auto again = record::to_rfc3339(*read);
  // A leap second is the first moment of the next minute.
  if (given.substr(17, 2) != "60") return claim(again == given);
  claim(again.substr(17, 2) == "00" && again.substr(19) == given.substr(19));
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
