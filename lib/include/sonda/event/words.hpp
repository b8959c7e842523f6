// The words for values of events that text, JSON and captures share.
#pragma once
#include <array>
#include <string_view>
#include <utility>

#include <sonda/event/action.hpp>
#include <sonda/event/event.hpp>

namespace sonda::inline v0 {

inline constexpr std::array<std::pair<ForeignReason, std::string_view>, 3> reason_words{
    {{ForeignReason::tag, "tag"},
     {ForeignReason::sequence, "sequence"},
     {ForeignReason::source, "source"}}};

// iputils' -M.
inline constexpr std::array<std::pair<PathMtuDiscovery, std::string_view>, 4> path_mtu_words{
    {{PathMtuDiscovery::want, "want"},
     {PathMtuDiscovery::keep, "do"},
     {PathMtuDiscovery::dont, "dont"},
     {PathMtuDiscovery::probe, "probe"}}};

}  // namespace sonda::inline v0
