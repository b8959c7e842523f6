// A TOML document as a small tree with places, entries in the order in which they were written.
#pragma once
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace sonda::inline v0::lab {

struct Place {
  std::size_t line = 0;
  std::size_t column = 0;
};

struct Flaw {  // what is wrong, and where
  Place place{};
  std::string message{};
};

template <typename T>
using Checked = std::expected<T, Flaw>;

struct Item {
  enum class Kind { text, number, truth, list, table };
  Kind kind{};
  Place place{};
  std::string key{};          // its name in a table
  Place key_place{};          // of its name
  std::string text{};         // of text, number and truth: "true" or "false"
  std::vector<Item> items{};  // of a list or a table

  [[nodiscard]] const Item* find(std::string_view name) const {
    for (const auto& item : items)
      if (item.key == name) return &item;
    return nullptr;
  }
};

[[nodiscard]] Checked<Item> read_toml(std::string_view text);

}  // namespace sonda::inline v0::lab
