// Every fault a verdict can name, one word each: what was told and what the frames say instead.
#pragma once
#include <array>
#include <string_view>

#include <sonda/verify/report.hpp>

namespace sonda::inline v0::verify {

struct FaultWord {
  Claim claim{};
  std::string_view word{};
  std::string_view meaning{};
};

// The closed list that `Finding::fault` is taken from.
inline constexpr auto fault_words = std::to_array<FaultWord>({
    {Claim::identity, "no_start", "the run does not begin with its first event"},
    {Claim::identity, "second_start", "a run begins inside the run"},
    {Claim::identity, "other_run", "an event names another tool, target or address than the first"},
    {Claim::identity, "wrong_source", "the probes' frames have another source address"},
    {Claim::identity, "wrong_target", "the probes' frames have another destination"},
    {Claim::identity, "wrong_identifier", "the probes' frames have another identifier"},
    {Claim::identity, "wrong_mode",
     "the hash is of the message where it should be of the packet, or"
     " the other way round"},
    {Claim::identity, "bad_start", "the first event names no mode, no source or no identifier"},

    {Claim::probe, "probe_missing", "told as sent, and no frame shows it"},
    {Claim::probe, "neighbor_silent",
     "told as sent, and not seen while our system asked for a neighbour in vain"},
    {Claim::probe, "octets_differ", "the frame's octets do not have the hash that is told"},
    {Claim::probe, "hash_missing", "this probe has no hash although others have one"},
    {Claim::probe, "told_twice", "one probe is told as sent a second time"},
    {Claim::probe, "left_twice", "the same probe crossed the interface a second time"},
    {Claim::probe, "wrong_number", "the probe's number is not its sequence number less one"},
    {Claim::probe, "sequence_jumps", "sequence numbers are missing in between"},
    {Claim::probe, "frame_cut", "the capture kept too little of the frame to compare it"},
    {Claim::probe, "beyond_memory", "about a probe more than 65,536 probes ago"},
    {Claim::probe, "wrong_attempts", "another number of SYNs left"},

    {Claim::header, "wrong_ttl", "the probe left with another TTL than was asked for"},
    {Claim::header, "wrong_traffic_class", "with another traffic class"},
    {Claim::header, "wrong_length", "with another number of data octets"},
    {Claim::header, "wrong_dont_fragment", "with the don't-fragment bit not as asked for"},
    {Claim::header, "wrong_ending", "the connection was not ended as was asked for"},

    {Claim::checksum, "header_checksum_wrong", "the IPv4 header checksum of a probe is wrong"},
    {Claim::checksum, "message_checksum_wrong", "the ICMP or TCP checksum of a probe is wrong"},

    {Claim::reply, "reply_without_frame", "a reply is told, and no frame shows it"},
    {Claim::reply, "reply_counted_twice", "one frame, two replies told"},
    {Claim::reply, "reply_to_nothing", "a reply to a probe that was not told as sent"},
    {Claim::reply, "wrong_from", "the reply came from another address"},
    {Claim::reply, "wrong_bytes", "the reply had another size"},
    {Claim::reply, "wrong_reply_ttl", "the reply had another TTL"},
    {Claim::reply, "wrong_other_address", "whether another than the target answered"},
    {Claim::reply, "wrong_state", "the port's state is not what the cause told makes it"},
    {Claim::reply, "wrong_cause", "what answered is told to be something else"},
    {Claim::reply, "wrong_from_target", "whether the target itself answered"},
    {Claim::reply, "wrong_hops", "the RST came from another distance"},
    {Claim::reply, "change_wrong", "a change of the replies' TTL that the replies do not show"},
    {Claim::reply, "change_untold", "the replies' TTL changed, and nothing tells of it"},

    {Claim::data, "wrong_truncated", "whether the reply brought fewer octets back"},
    {Claim::data, "corrupt_untold", "the data differ, and the event does not say so"},
    {Claim::data, "corrupt_invented", "the data are said to differ and do not"},
    {Claim::data, "wrong_corrupt_octet", "another octet differs, or in another way"},
    {Claim::data, "wrong_banner", "the service said something else"},
    {Claim::data, "banner_untold", "the service spoke in time, and is told to have said nothing"},
    {Claim::data, "banner_without_frame", "the service is told to have said more than frames show"},

    {Claim::order, "duplicate_untold", "a second reply that is not called a duplicate"},
    {Claim::order, "duplicate_invented", "called a duplicate, and it is the first"},
    {Claim::order, "late_untold", "after the probe was called lost, and not called late"},
    {Claim::order, "late_invented", "called late, and the probe was not lost"},
    {Claim::order, "reordered_untold", "behind the reply to a later probe, and not called so"},
    {Claim::order, "reordered_invented", "called reordered, and it was not"},

    {Claim::rtt, "rtt_outside_bracket", "the wire's RTT is not within the sample's error"},
    {Claim::rtt, "bracket_too_wide", "the sample's error is larger than the RTT: it says nothing"},
    {Claim::rtt, "rtt_of_user_clock", "outside, but the program may have been woken late"},

    {Claim::time, "wrong_time", "the moment told is not the frame's"},
    {Claim::time, "sent_at_another_time", "told as sent long before or after its frame"},
    {Claim::time, "wrong_tries", "a SYN left at another time"},
    {Claim::time, "time_goes_back", "an event is earlier than the one before by far"},

    {Claim::icmp_error, "error_without_frame", "an ICMP error is told, and no frame shows it"},
    {Claim::icmp_error, "error_counted_twice", "one frame, two errors told"},
    {Claim::icmp_error, "error_about_nothing", "an error about a probe that was not told as sent"},
    {Claim::icmp_error, "wrong_error_from", "the error came from another address"},
    {Claim::icmp_error, "wrong_type", "it has another type, code or IP version"},
    {Claim::icmp_error, "wrong_name", "it is called otherwise than in the catalogue"},
    {Claim::icmp_error, "wrong_mtu", "it names another MTU"},
    {Claim::icmp_error, "wrong_pointer", "it points elsewhere"},
    {Claim::icmp_error, "wrong_gateway", "it names another gateway"},
    {Claim::icmp_error, "wrong_extensions", "its MPLS labels, interfaces or other objects differ"},
    {Claim::icmp_error, "wrong_neighbor", "whether our own system reports a silent neighbour"},
    {Claim::icmp_error, "neighbor_was_there",
     "a silent neighbour is told, the probe left, and nobody asked for one"},
    {Claim::icmp_error, "wrong_ends_probe", "whether this message ends a probe"},
    {Claim::icmp_error, "path_mtu_wrong",
     "a change of the path's MTU that the error does not make"},
    {Claim::icmp_error, "path_mtu_untold", "the error changes the path's MTU, and nothing says so"},
    {Claim::icmp_error, "unknown_change", "a change of something that no run tells of"},

    {Claim::quotation, "wrong_quoted_octets", "it quotes more or less of the probe"},
    {Claim::quotation, "wrong_quoted_changes", "the path changed other fields than is told"},

    {Claim::error_code, "wrong_errno", "Linux gives another errno for that message"},

    {Claim::silence, "lost_but_answered", "called lost, and an answer came in time"},
    {Claim::silence, "lost_twice", "called lost although it was answered, refused or lost before"},
    {Claim::silence, "outstanding_but_answered", "called outstanding, and an answer had come"},
    {Claim::silence, "silence_of_nothing", "about a probe that was not told as sent"},

    {Claim::refused, "refused_but_left", "called refused, and a frame shows it leaving"},

    {Claim::stranger, "stranger_without_frame", "a foreign message is told, and no frame shows it"},
    {Claim::stranger, "corrupt_without_frame", "a damaged message is told, and no frame shows it"},
    {Claim::stranger, "wrong_reason", "it is foreign for another reason than is told"},
    {Claim::stranger, "wrong_damage", "another octet of the damaged reply differs"},

    {Claim::unexplained, "probe_untold", "a frame shows a probe that is not told"},
    {Claim::unexplained, "reply_untold", "a frame shows a reply that is not told"},
    {Claim::unexplained, "error_untold", "a frame shows an ICMP error that is not told"},
    {Claim::unexplained, "stranger_untold", "a frame shows a foreign or damaged message, untold"},

    {Claim::frame, "wrong_frame", "a frame number told is not that of such a frame"},

    {Claim::comment, "wrong_comment", "a comment says of its frame what is not so"},
    {Claim::comment, "comment_elsewhere", "a comment about the run on a frame that is not of it"},
    {Claim::comment, "second_comment", "a frame has two comments about the run"},
    {Claim::comment, "comment_unreadable", "a comment that is not of the grammar"},

    {Claim::capture, "clock_skew", "all moments are off by the same amount"},
    {Claim::capture, "too_few_counted", "the capture counts fewer frames than it holds"},
    {Claim::capture, "counts_went_back", "the capture's counts became smaller"},
    {Claim::capture, "frames_dropped", "the capture lost frames"},
    {Claim::capture, "pieces_cut", "the capture kept too little of fragments to put them together"},
    {Claim::capture, "ends_early", "the file ends inside a block: its writer was killed"},
    {Claim::capture, "file_broken", "the file is broken from here on"},

    {Claim::summary, "summary_differs", "a number of the summary is not that of the events"},
    {Claim::summary, "rtt_statistics_differ", "a figure of the RTTs is not that of the samples"},
    {Claim::summary, "senders_differ", "the errors by sender are not those of the events"},
    {Claim::summary, "elapsed_implausible", "the run took another time"},
    {Claim::summary, "does_not_add_up", "sent is not received + errors + lost + waiting"},
    {Claim::summary, "event_after_summary", "an event follows the final summary"},
    {Claim::summary, "no_summary", "the run has no final summary"},
    {Claim::summary, "line_unreadable", "a line that is no event"},
});

}  // namespace sonda::inline v0::verify
