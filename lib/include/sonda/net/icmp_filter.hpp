// Classic BPF that lets a raw socket see answers to one program's probes, and nothing else.
#pragma once
#include <expected>
#include <linux/filter.h>
#include <span>
#include <vector>

#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/ip_version.hpp>

namespace sonda::inline v0::net {

using BpfProgram = std::vector<sock_filter>;

// Accepts echo replies with `identifier`, and errors (redirects among them) that quote an echo
// request with it. Octets begin at the IP header for IPv4, at ICMPv6 for IPv6, as they do in raw
// sockets. Later fragments of a quoted datagram, and quotations that end before the identifier,
// are refused: nobody could tell whose they are. A quoted IPv6 packet may have up to three
// extension headers.
[[nodiscard]] SONDA_EXPORT BpfProgram echo_filter(IpVersion version, Identifier identifier);

// Of raw TCP sockets: segments to this port.
[[nodiscard]] SONDA_EXPORT BpfProgram segment_filter(IpVersion version, Port to);
// Of raw ICMP sockets: errors that quote a segment from this port, however short; for ICMPv6, where
// the socket's own filter lets errors only pass.
[[nodiscard]] SONDA_EXPORT BpfProgram segment_error_filter(IpVersion version, Port from);

// Refuses everything.
[[nodiscard]] SONDA_EXPORT BpfProgram refuse_all_filter();

// Takes the place of the socket's filter, at once and without a gap. Needs no privilege.
[[nodiscard]] SONDA_EXPORT std::expected<void, Failure> attach_filter(
    int socket, std::span<const sock_filter> program);

}  // namespace sonda::inline v0::net
