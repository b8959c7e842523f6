// A packet in one line: harmless characters only, the same line in any room that is large enough.
#include <string>

#include <sonda/wire/describe.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

void look(Bytes input) {
  Choices choices{input};
  const auto small = choices.up_to(300);
  const auto packet = choices.rest();
  const auto whole = describe(packet);
  const auto line = whole.view();
  claim(!line.empty() && line.size() <= DescribeText::capacity);
  claim(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; }));

  std::string room(small, '\x5a');
  const auto size = describe(packet, room);
  claim(size <= small);
  const auto cut = std::string_view{room}.substr(0, size);
  if (line.size() <= small) return claim(cut == line);
  claim(size == small);
  if (small < 3) return claim(line.starts_with(cut));
  claim(cut.ends_with("...") && line.starts_with(cut.substr(0, small - 3)));
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
