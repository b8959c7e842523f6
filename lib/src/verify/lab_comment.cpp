// The grammar of a lab's comments: fields, each ended by ";".
#include "lab_comment.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace sonda::inline v0::verify {
namespace {

constexpr std::size_t most_shown = 200;  // octets of a comment that a sentence repeats
constexpr std::size_t longest_name = 100;
constexpr std::string_view place = "sonda: from=", deed = "sonda: at=";

struct Fate {
  std::string_view words;
  bool ends;
};
constexpr std::array fates = std::to_array<Fate>({{"doubled", false},
                                                  {"damaged", false},
                                                  {"held back", false},
                                                  {"lost", true},
                                                  {"too large", true},
                                                  {"queue full", true},
                                                  {"link down", true},
                                                  {"going round", true}});

constexpr std::array stopping = std::to_array<std::string_view>(
    {"its TTL has run out", "no route leads there", "a route forbids it",
     "a black hole swallows it", "nobody there has that address", "too big for the next link",
     "a rule drops it", "a rule answers it", "a rule answers it with a RST",
     "knows no such flow to translate", "does not route such addresses", "cannot read it",
     "does not answer"});
constexpr std::array passing =
    std::to_array<std::string_view>({"lets it go", "passes it on and tells of a better way",
                                     "rewrites it", "translates its address"});

constexpr std::array neither =
    std::to_array<std::string_view>({"has sent too many errors to say so", "never says so",
                                     "a rule holds it", "answers in its own manner"});

// Takes the next field off `text`, without its ";".
std::optional<std::string_view> next_field(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  const auto end = text.find(';');
  if (end == std::string_view::npos) return std::nullopt;
  const auto field = text.substr(0, end);
  text.remove_prefix(end + 1);
  if (text.starts_with(' ')) text.remove_prefix(1);
  return field;
}

template <typename T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<IcmpKind> read_kind(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto type = number<std::uint8_t>(text.substr(0, slash));
  const auto code = number<std::uint8_t>(text.substr(slash + 1));
  if (!type || !code) return std::nullopt;
  return IcmpKind{*type, *code};
}

bool read_place(std::string_view text, LabComment& out) {
  text.remove_prefix(place.size());
  const auto from = next_field(text);
  auto to = next_field(text);
  if (!from || !to || !to->starts_with("to=")) return false;
  out.from = *from;
  out.to = to->substr(3);
  if (text.starts_with("after=")) {
    const auto field = next_field(text);
    const auto after = field ? number<std::uint64_t>(field->substr(6)) : std::nullopt;
    if (!after || *after == 0) return false;
    out.after = *after;
  } else if (text.starts_with("checksum=wrong;")) {
    out.wrong_checksum = true;
    static_cast<void>(next_field(text));
  }
  if (!text.empty()) {
    const auto fate = next_field(text);
    if (!fate || !ends_there(*fate)) return false;
    out.fate = *fate;
  }
  return text.empty() && !out.from.empty() && !out.to.empty() &&
         std::max(out.from.size(), out.to.size()) <= longest_name;
}

std::optional<LabDeed> read_deed(std::string_view text) {
  text.remove_prefix(deed.size());
  const auto at = next_field(text);
  const auto words = next_field(text);
  if (!at || at->empty() || !words || words->empty()) return std::nullopt;
  if (std::max(at->size(), words->size()) > longest_name) return std::nullopt;
  LabDeed out{.at = std::string{*at}, .words = std::string{*words}};
  if (text.starts_with("says=")) {
    const auto field = next_field(text);
    out.says = field ? read_kind(field->substr(5)) : std::nullopt;
    if (!out.says) return std::nullopt;
    if (text == "checksum=wrong;") {
      out.wrong_checksum = true;
      text = {};
    }
  }
  return text.empty() ? std::optional{out} : std::nullopt;
}

}  // namespace

bool is_lab_comment(std::string_view comment) {
  return comment.starts_with(place) || comment.starts_with(deed);
}

std::expected<LabComment, std::string> read_lab_comments(std::span<const std::string> comments) {
  LabComment out;
  std::size_t places = 0;
  for (const auto& comment : comments) {
    if (comment.starts_with(place)) {
      if (++places > 1) return std::unexpected{"two comments say where it was"};
      if (!read_place(comment, out))
        return std::unexpected{"no place can be read in: " + comment.substr(0, most_shown)};
    } else if (comment.starts_with(deed)) {
      auto read = read_deed(comment);
      if (!read) return std::unexpected{"no deed can be read in: " + comment.substr(0, most_shown)};
      out.deeds.push_back(std::move(*read));
    }
  }
  if (places == 0) return std::unexpected{"no comment says where it was"};
  return out;
}

std::optional<bool> ends_there(std::string_view fate) {
  if (fate.empty()) return false;
  const auto* found = std::ranges::find(fates, fate, &Fate::words);
  return found == fates.end() ? std::nullopt : std::optional{found->ends};
}

DeedKind kind_of_deed(std::string_view words) {
  if (std::ranges::find(stopping, words) != stopping.end()) return DeedKind::stops;
  if (std::ranges::find(passing, words) != passing.end()) return DeedKind::passes_on;
  if (std::ranges::find(neither, words) != neither.end()) return DeedKind::either;
  return DeedKind::unknown;
}

}  // namespace sonda::inline v0::verify
