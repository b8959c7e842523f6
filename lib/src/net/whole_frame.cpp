// The checksum of a segment in a frame, and the tag between its addresses and its type.
#include "whole_frame.hpp"

#include <algorithm>
#include <optional>

#include <sonda/wire/address.hpp>
#include <sonda/wire/checksum.hpp>
#include <sonda/wire/ethernet.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/ipv6_extensions.hpp>
#include <sonda/wire/tcp.hpp>
#include <sonda/wire/udp.hpp>

namespace sonda::inline v0::net {
namespace {

struct Segment {
  Address source{}, destination{};
  Protocol protocol{};
  Bytes octets{};
};

std::optional<Segment> segment_of(const EthernetView& frame) noexcept {
  if (frame.type() == EtherType::ipv4) {
    const auto ip = Ipv4View::parse(frame.payload());
    if (!ip || ip->is_fragment()) return std::nullopt;
    return Segment{ip->source(), ip->destination(), ip->protocol(), ip->payload()};
  }
  if (frame.type() != EtherType::ipv6) return std::nullopt;
  const auto ip = Ipv6View::parse(frame.payload());
  if (!ip) return std::nullopt;
  const auto chain = ExtensionChain::parse(*ip);
  if (!chain || chain->fragment()) return std::nullopt;
  return Segment{ip->source(), ip->destination(), chain->protocol(), chain->payload()};
}

}  // namespace

void complete_checksum(MutableBytes frame) noexcept {
  const auto ethernet = EthernetView::parse(Bytes{frame});
  if (!ethernet) return;
  const auto segment = segment_of(*ethernet);
  if (!segment) return;
  const bool udp = segment->protocol == Protocol::udp;
  if (!udp && segment->protocol != Protocol::tcp) return;
  const std::size_t field = udp ? 6 : 16;  // RFC 768, RFC 9293 3.1
  const std::size_t least = udp ? UdpView::header_size : TcpView::min_size;
  if (segment->octets.size() < least) return;

  const auto at = static_cast<std::size_t>(segment->octets.data() - frame.data());
  const auto octets = frame.subspan(at, segment->octets.size());
  store<std::uint16_t>(octets, field, 0);
  const auto sum = Checksum{}
                       .add_pseudo_header(segment->source, segment->destination, segment->protocol,
                                          octets.size())
                       .add(octets);
  store(octets, field, udp ? sum.finish_udp() : sum.finish());
}

MutableBytes insert_vlan_tag(MutableBytes room, std::size_t size, VlanTag tag) noexcept {
  constexpr std::size_t addresses = 12;
  const auto frame = room.first(size + vlan_tag_size);
  std::copy_backward(frame.begin() + addresses, frame.begin() + static_cast<std::ptrdiff_t>(size),
                     frame.end());
  store(frame, addresses, tag.type);
  store(frame, addresses + 2, tag.value);
  return frame;
}

}  // namespace sonda::inline v0::net
