// A TOML document as a small tree. The only file that knows toml++.
#include "toml_tree.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#define TOML_ASSERT(expression) static_assert(true)  // some are wrong: "[^" is refused behind one
#define TOML_EXCEPTIONS 0
#define TOML_MAX_NESTED_VALUES 16
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_WINDOWS_COMPAT 0
#include <toml++/toml.h>

#include "wording.hpp"

namespace sonda::inline v0::lab {
namespace {

constexpr int deepest = 16;
// Keys with dots nest as well, and toml++ does not count them.
constexpr std::size_t longest_line = 4'096;

Place place_of(const toml::source_region& region) {
  return {region.begin.line, region.begin.column};
}

// Whether a string, a list or a table may begin at `at`: behind a sign, say, a list is a number to
// toml++, and so is what stands in it. Behind a dot, keys have strings and values have none.
bool may_begin(std::string_view line, std::size_t at, bool in_value) {
  if (at == 0) return true;
  if (line[at - 1] == '.') return !in_value && line[at] != '[' && line[at] != '{';
  return std::string_view{" \t=[{,"}.find(line[at - 1]) != std::string_view::npos;
}

// toml++ 3.3 meets bare characters that are not ASCII with undefined behaviour. To know which are
// bare, strings must end on their line and begin where one may.
// `depth` counts the lists and tables that are open, from line to line.
std::optional<Flaw> flaw_of_line(std::string_view line, std::size_t number, std::size_t& depth) {
  const auto flaw = [number](std::size_t at, std::string message) {
    return Flaw{{number, at + 1}, std::move(message)};
  };
  if (line.size() > longest_line)
    return flaw(longest_line, fmt::format("found a line of {} octets, accepted: at most {}",
                                          line.size(), longest_line));
  char quote = '\0';
  bool in_value = depth > 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != '\0') {
      if (c == '\\' && quote == '"') ++i;
      if (c == quote) quote = '\0';
    } else if (line.substr(i).starts_with("\"\"\"") || line.substr(i).starts_with("'''")) {
      return flaw(i, "found text of several lines, accepted: text of one line, \\n in it");
    } else if (c == '"' || c == '\'') {
      if (!may_begin(line, i, in_value))
        return flaw(i, instead_of(line.substr(i - 1, 4), "text between quotation marks"));
      quote = c;
    } else if (c == '[' || c == '{') {
      if (!may_begin(line, i, in_value))
        return flaw(i, instead_of(line.substr(i - 1, 4), "a list or a table of its own"));
      if (in_value) ++depth;
    } else if (c == ']' || c == '}') {
      if (depth > 0) --depth;
    } else if (c == '=') {
      in_value = true;
    } else if (c == '#') {
      break;
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      return flaw(i, instead_of(line.substr(i, 4), "such characters only in text and comments"));
    }
  }
  return std::nullopt;
}

class Copier {
 public:
  Item copy(const toml::node& node, int depth) {
    Item item{.kind = Item::Kind::table, .place = place_of(node.source())};
    if (depth > deepest) {
      complain(
          item.place,
          fmt::format("found tables and lists inside one another, accepted: {} deep", deepest));
    } else if (const auto* table = node.as_table()) {
      for (const auto& [key, value] : *table) {
        item.items.push_back(copy(value, depth + 1));
        item.items.back().key = key.str();
        item.items.back().key_place = place_of(key.source());
      }
      std::ranges::stable_sort(item.items, {}, [](const Item& entry) {
        return std::tuple{entry.key_place.line, entry.key_place.column};
      });
    } else if (const auto* list = node.as_array()) {
      item.kind = Item::Kind::list;
      for (const auto& value : *list) item.items.push_back(copy(value, depth + 1));
    } else if (const auto* text = node.as_string()) {
      item.kind = Item::Kind::text;
      item.text = text->get();
    } else if (const auto* whole = node.as_integer()) {
      item.kind = Item::Kind::number;
      item.text = fmt::format("{}", whole->get());
    } else if (const auto* number = node.as_floating_point()) {
      item.kind = Item::Kind::number;
      item.text = fmt::format("{}", number->get());
      if (item.text.find('e') != std::string::npos && std::abs(number->get()) < 1)
        item.text = fmt::format("{:.12f}", number->get());
    } else if (const auto* truth = node.as_boolean()) {
      item.kind = Item::Kind::truth;
      item.text = truth->get() ? "true" : "false";
    } else {
      complain(item.place, "found a date or a time, accepted: text, numbers, true, false");
    }
    return item;
  }

  [[nodiscard]] const std::vector<Flaw>& flaws() const { return flaws_; }

 private:
  void complain(Place place, std::string message) { flaws_.push_back({place, std::move(message)}); }
  std::vector<Flaw> flaws_;
};

}  // namespace

Checked<Item> read_toml(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t begin = 0, line = 1; begin <= text.size(); ++line) {
    const auto end = std::min(text.find('\n', begin), text.size());
    if (const auto flaw = flaw_of_line(text.substr(begin, end - begin), line, depth))
      return std::unexpected{*flaw};
    begin = end + 1;
  }
  const auto parsed = toml::parse(text);
  if (!parsed) {
    const auto& error = parsed.error();
    std::string message;
    for (const char c : error.description())
      message += c >= ' ' && c <= '~' ? std::string{c}
                                      : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    return std::unexpected{Flaw{place_of(error.source()), "not TOML: " + message}};
  }
  Copier copier;
  auto tree = copier.copy(parsed.table(), 0);
  if (!copier.flaws().empty()) return std::unexpected{copier.flaws().front()};
  return tree;
}

}  // namespace sonda::inline v0::lab
