// One line of JSON: an event or one sentence, never an exception; an event written is read again.
#include <exception>
#include <string>

#include <sonda/record/json_lines.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

bool is_one_clean_line(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

void look(Bytes input) {
  std::vector<char> room;
  const auto line = text_of(input, room);
  const auto first = record::from_json(line);
  if (!first) return claim(!first.error().empty() && is_one_clean_line(first.error()));

  const auto written = record::to_json(first->occurrence, first->context);
  claim(is_one_clean_line(written));
  const auto second = record::from_json(written);
  claim(second.has_value());
  claim(second->occurrence.event.what.index() == first->occurrence.event.what.index());
  claim(second->occurrence.unix_ns == first->occurrence.unix_ns);
  claim(second->context.address == first->context.address);
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
