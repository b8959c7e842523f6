// What a run's plan says, by name. Private to the layer.
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <sonda/event/event.hpp>

namespace sonda::inline v0::evidence {

[[nodiscard]] inline std::optional<std::int64_t> planned_number(const Start& start,
                                                                std::string_view name) {
  const auto found =
      std::ranges::find(start.plan, name, &std::pair<std::string, PlanValue>::first);
  if (found == start.plan.end()) return std::nullopt;
  const auto* const number = std::get_if<std::int64_t>(&found->second);
  return number != nullptr ? std::optional{*number} : std::nullopt;
}

}  // namespace sonda::inline v0::evidence
