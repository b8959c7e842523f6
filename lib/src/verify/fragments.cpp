// Reassembly of IPv4 (RFC 791 3.2) and IPv6 (RFC 8200 4.5), as far as a verdict needs it.
#include "fragments.hpp"

#include <algorithm>

#include <sonda/wire/checksum.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/ipv6_extensions.hpp>

namespace sonda::inline v0::verify {

struct Fragments::Read {
  Key key{};
  std::size_t offset = 0;
  bool more = false;
  Bytes payload{};
  std::vector<std::uint8_t> headers{};
};

bool Fragments::is_fragment(Bytes packet) {
  if (packet.size() < Ipv4View::min_size) return false;
  if (packet[0] >> 4 == 4) return (load<std::uint16_t>(packet, 6) & 0x3fff) != 0;
  if (packet[0] >> 4 != 6) return false;
  const auto ip = Ipv6View::parse_quoted(packet);
  if (!ip || !is_extension_header(ip->next_header())) return false;
  const auto chain = ExtensionChain::parse_quoted(*ip);
  return chain && chain->fragment() && !chain->fragment()->atomic();
}

std::optional<Fragments::Read> Fragments::read(Bytes packet) {
  Read out;
  const auto copy = [&out](Bytes addresses) {
    std::ranges::copy(addresses, out.key.addresses.begin());
  };
  if (packet[0] >> 4 == 4) {
    const auto ip = Ipv4View::parse(packet);
    if (!ip || !ip->checksum_ok()) return std::nullopt;
    copy(packet.subspan(12, 8));
    out.key.identification = ip->identification();
    out.key.protocol = packet[9];
    out.offset = ip->fragment_offset(), out.more = ip->more_fragments();
    out.payload = ip->payload();
    out.headers.assign(ip->header().begin(), ip->header().end());
    return out;
  }
  const auto ip = Ipv6View::parse(packet);
  const auto chain =
      ip ? ExtensionChain::parse(*ip) : parse_fault(Layer::ipv6, Fault::too_short, 0, 0);
  if (!chain || !chain->fragment()) return std::nullopt;
  out.key.v6 = true;
  copy(packet.subspan(8, 32));
  out.key.identification = chain->fragment()->identification();
  out.offset = chain->fragment()->offset(), out.more = chain->fragment()->more();
  std::size_t named_at = 6, at = Ipv6View::size;
  for (const auto header : *chain) {
    if (header.type() == Protocol::ipv6_fragment) break;
    named_at = at;
    at += header.octets().size();
  }
  out.payload = ip->octets().subspan(at + FragmentView::size);
  out.headers.assign(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(at));
  out.headers[named_at] = packet[at];
  return out;
}

bool Fragments::complete(Waiting& waiting) {
  if (!waiting.size || waiting.headers.empty()) return false;
  std::ranges::sort(waiting.parts, {}, &Part::offset);
  std::size_t reached = 0;
  for (const auto& part : waiting.parts) {
    if (part.offset != reached) return false;
    reached += part.octets.size();
  }
  if (reached != *waiting.size) return false;
  auto& packet = waiting.so_far.packet;
  packet = waiting.headers;
  if (packet[0] >> 4 == 4) {
    store(MutableBytes{packet}, 2, static_cast<std::uint16_t>(packet.size() + reached));
    store<std::uint16_t>(packet, 6, 0);
    store<std::uint16_t>(packet, 10, 0);
    store(MutableBytes{packet}, 10, Checksum{}.add(packet).finish());
  } else {
    store(MutableBytes{packet}, 4,
          static_cast<std::uint16_t>(packet.size() - Ipv6View::size + reached));
  }
  for (const auto& part : waiting.parts)
    packet.insert(packet.end(), part.octets.begin(), part.octets.end());
  return true;
}

void Fragments::make_room() {
  while (waiting_.size() > most_waiting || octets_ > most_octets) {
    for (const auto& part : waiting_.front().parts) octets_ -= part.octets.size();
    waiting_.pop_front();
    ++given_up_;
  }
}

std::uint64_t Fragments::copy_of(Bytes packet) const {
  const auto part = read(packet);
  if (!part) return 0;
  const auto known = std::ranges::find(done_, part->key, &Done::key);
  return known != done_.end() ? known->last_frame : 0;
}

std::optional<Fragments::Whole> Fragments::add(const Piece& piece) {
  auto part = read(piece.packet);
  if (!part || part->offset + part->payload.size() > 65'535) return std::nullopt;
  auto found = std::ranges::find(waiting_, part->key, &Waiting::key);
  if (found == waiting_.end()) {
    found = waiting_.insert(waiting_.end(), Waiting{.key = part->key});
    found->so_far.first_ns = piece.unix_ns;
  }
  for (const auto& there : found->parts)
    if (part->offset < there.offset + there.octets.size() &&
        there.offset < part->offset + part->payload.size()) {
      constexpr std::size_t most_frames = 256;
      if (part->offset == there.offset && found->so_far.frames.size() < most_frames)
        found->so_far.frames.push_back(piece.frame);
      return std::nullopt;  // a copy, or one that overlaps: the first counts
    }
  if (part->payload.empty()) return std::nullopt;
  found->so_far.frames.push_back(piece.frame);
  found->so_far.last_ns = piece.unix_ns;
  if (part->offset == 0) found->headers = std::move(part->headers);
  if (!part->more) found->size = part->offset + part->payload.size();
  octets_ += part->payload.size();
  found->parts.push_back({part->offset, {part->payload.begin(), part->payload.end()}});
  if (!complete(*found)) {
    make_room();
    return std::nullopt;
  }
  auto whole = std::move(found->so_far);
  for (const auto& there : found->parts) octets_ -= there.octets.size();
  done_.push_front({found->key, piece.frame});
  if (done_.size() > most_waiting) done_.pop_back();
  waiting_.erase(found);
  return whole;
}

}  // namespace sonda::inline v0::verify
