// The comments of a lab's capture as values; lab/network_capture.hpp writes them.
#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sonda::inline v0::verify {

struct IcmpKind {
  std::uint8_t type = 0, code = 0;
  friend bool operator==(const IcmpKind&, const IcmpKind&) = default;
};

// What a machine did with a packet: the words, and what follows of them.
struct LabDeed {
  std::string at{};
  std::string words{};
  std::optional<IcmpKind> says{};
  bool wrong_checksum = false;  // of what it says, on purpose
};

struct LabComment {
  std::string from{}, to{};
  std::uint64_t after = 0;      // the frame it comes of; 0: none
  bool wrong_checksum = false;  // and nobody in the lab has made it so
  std::string fate{};           // empty: carried
  std::vector<LabDeed> deeds{};
};

[[nodiscard]] bool is_lab_comment(std::string_view comment);

// Of one frame; comments of others are passed over. Or one sentence that says what is wrong.
[[nodiscard]] std::expected<LabComment, std::string> read_lab_comments(
    std::span<const std::string> comments);

// Of a fate: whether nothing arrives. Nothing for a word that is no fate.
[[nodiscard]] std::optional<bool> ends_there(std::string_view fate);

enum class DeedKind : std::uint8_t {
  stops,      // the packet goes no further
  passes_on,  // it goes on, perhaps not as it came
  either,     // it says nothing of that
  unknown     // a deed of another version
};
[[nodiscard]] DeedKind kind_of_deed(std::string_view words);

}  // namespace sonda::inline v0::verify
