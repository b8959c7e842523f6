// A TOML document as a small tree. The only file that knows toml++.
#include "toml_tree.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include <fmt/format.h>

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
  for (std::size_t begin = 0, line = 1; begin <= text.size(); ++line) {
    const auto end = std::min(text.find('\n', begin), text.size());
    if (end - begin > longest_line)
      return std::unexpected{Flaw{{line, longest_line + 1},
                                  fmt::format("found a line of {} octets, accepted: at most {}",
                                              end - begin, longest_line)}};
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
