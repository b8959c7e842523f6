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

inline constexpr std::array<std::pair<CauseKind, std::string_view>, 6> cause_words{
    {{CauseKind::answer, "answer"},
     {CauseKind::rst, "rst"},
     {CauseKind::icmp, "icmp"},
     {CauseKind::silence, "silence"},
     {CauseKind::neighbor, "neighbor"},
     {CauseKind::system, "system"}}};

inline constexpr std::array<std::pair<Whose, std::string_view>, 2> whose_words{
    {{Whose::system, "system"}, {Whose::ours, "ours"}}};

inline constexpr std::array<std::pair<NoticeKind, std::string_view>, 7> notice_words{
    {{NoticeKind::everything_open, "everything_open"},
     {NoticeKind::tarpit, "tarpit"},
     {NoticeKind::silent_host, "silent_host"},
     {NoticeKind::descriptors, "descriptors"},
     {NoticeKind::source_ports, "source_ports"},
     {NoticeKind::conntrack, "conntrack"},
     {NoticeKind::queue_full, "queue_full"}}};

inline constexpr std::array<std::pair<Ending, std::string_view>, 3> ending_words{
    {{Ending::half_open, "half-open"}, {Ending::reset, "rst"}, {Ending::fin, "fin"}}};

// iputils' -M.
inline constexpr std::array<std::pair<PathMtuDiscovery, std::string_view>, 4> path_mtu_words{
    {{PathMtuDiscovery::want, "want"},
     {PathMtuDiscovery::keep, "do"},
     {PathMtuDiscovery::dont, "dont"},
     {PathMtuDiscovery::probe, "probe"}}};

}  // namespace sonda::inline v0
