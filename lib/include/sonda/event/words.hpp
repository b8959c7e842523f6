// The words for values of events that text, JSON and captures share.
#pragma once
#include <array>
#include <string_view>
#include <utility>

#include <sonda/event/event.hpp>

namespace sonda::inline v0 {

inline constexpr std::array<std::pair<ForeignReason, std::string_view>, 3> reason_words{
    {{ForeignReason::tag, "tag"},
     {ForeignReason::sequence, "sequence"},
     {ForeignReason::source, "source"}}};

}  // namespace sonda::inline v0
