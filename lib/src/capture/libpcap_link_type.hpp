// libpcap's numbers of link types, which differ from those in files for the oldest of them.
#pragma once
#include <cstdint>

#include <sonda/capture/pcapng_block.hpp>

namespace sonda::inline v0::capture {

// Of what pcap_datalink() returns on Linux (tcpdump.org/linktypes.html, pcap-common.c's reason:
// these numbers once meant different things on different systems).
[[nodiscard]] constexpr LinkType link_type_of(int datalink) noexcept {
  switch (datalink) {
    case 11:  // DLT_ATM_RFC1483
      return LinkType{100};
    case 12:  // DLT_RAW
      return LinkType::raw_ip;
    case 15:  // DLT_SLIP_BSDOS
      return LinkType{102};
    case 16:  // DLT_PPP_BSDOS
      return LinkType{103};
    case 19:  // DLT_ATM_CLIP
      return LinkType{106};
    default:
      return LinkType{static_cast<std::uint16_t>(datalink)};
  }
}

}  // namespace sonda::inline v0::capture
