// What is to be different on a link: the keys that topology files and sentences have in common.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/lab/quantity.hpp>
#include <sonda/sim/link_model.hpp>

namespace sonda::inline v0::lab {

// An empty field leaves the link as it is.
struct LinkChange {
  std::optional<Duration> delay{};
  std::optional<Duration> jitter{};
  std::optional<double> loss{};
  std::optional<double> duplication{};
  std::optional<double> reordering{};
  std::optional<Duration> held_back{};
  std::optional<double> corruption{};
  std::optional<std::uint64_t> rate{};
  std::optional<std::size_t> queue{};
  std::optional<Mtu> mtu{};
  std::optional<bool> down{};
  friend bool operator==(const LinkChange&, const LinkChange&) = default;
};

// The keys that take a value, as in "delay".
[[nodiscard]] const std::vector<std::string>& link_keys();

// `change` with one more key set. Precondition: `key` is one of link_keys().
[[nodiscard]] Read<LinkChange> with(const LinkChange& change, std::string_view key,
                                    std::string_view value);

[[nodiscard]] sim::LinkModel changed(const sim::LinkModel& model, const LinkChange& change);

// "delay 50ms loss 10%", and "down" or "up" in the end.
[[nodiscard]] std::string to_text(const LinkChange& change);
// What distinguishes a link from one that does nothing to packets, in the same words.
[[nodiscard]] std::string to_text(const sim::LinkModel& model);

}  // namespace sonda::inline v0::lab
