// Reassembly of IPv4 (RFC 791 3.2) and IPv6 fragments (RFC 8200 4.5).
#include <sonda/sim/reassembly.hpp>
#include <sonda/wire/checksum.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/ipv6_extensions.hpp>
#include <sonda/wire/protocol.hpp>

namespace sonda::inline v0::sim {

struct Reassembly::Fragment {
  Key key{};
  std::size_t offset = 0;
  bool more = false;
  Bytes payload{};
  Octets headers{};
};

namespace {

// Where the next-header octet that names the fragment header lies, and where that header begins.
struct FragmentPlace {
  std::size_t named_at = 6;
  std::size_t begins_at = Ipv6View::size;
};

FragmentPlace find_fragment_header(const ExtensionChain& chain) {
  FragmentPlace place;
  for (const auto header : chain) {
    if (header.type() == Protocol::ipv6_fragment) break;
    place.named_at = place.begins_at;
    place.begins_at += header.octets().size();
  }
  return place;
}

// The headers of a packet whose payload now has `payload_size` octets.
void complete_headers(Octets& headers, std::size_t payload_size) {
  if (headers[0] >> 4 == 4) {
    store(headers, 2, static_cast<std::uint16_t>(headers.size() + payload_size));
    store<std::uint16_t>(headers, 6, 0);
    store<std::uint16_t>(headers, 10, 0);
    store(headers, 10, Checksum{}.add(headers).finish());
  } else {
    store(headers, 4, static_cast<std::uint16_t>(headers.size() - Ipv6View::size + payload_size));
  }
}

}  // namespace

std::optional<Reassembly::Fragment> Reassembly::fragment(Bytes packet) {
  if (const auto v4 = Ipv4View::parse(packet)) {
    if (!v4->is_fragment()) return std::nullopt;
    return Fragment{.key = {v4->source(), v4->destination(), v4->identification(),
                            static_cast<std::uint8_t>(v4->protocol())},
                    .offset = v4->fragment_offset(),
                    .more = v4->more_fragments(),
                    .payload = v4->payload(),
                    .headers = Octets(v4->header().begin(), v4->header().end())};
  }
  const auto v6 = Ipv6View::parse(packet);
  if (!v6) return std::nullopt;
  const auto chain = ExtensionChain::parse(*v6);
  if (!chain || !chain->fragment()) return std::nullopt;
  const auto [named_at, at] = find_fragment_header(*chain);
  Octets headers(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(at));
  headers[named_at] = packet[at];
  return Fragment{.key = {v6->source(), v6->destination(), chain->fragment()->identification(), 0},
                  .offset = chain->fragment()->offset(),
                  .more = chain->fragment()->more(),
                  .payload = v6->octets().subspan(at + FragmentView::size),
                  .headers = std::move(headers)};
}

std::optional<Octets> Reassembly::add(Instant now, Bytes packet) {
  const auto piece = fragment(packet);
  if (!piece) return Octets(packet.begin(), packet.end());
  const auto [entry, is_new] = waiting_.try_emplace(piece->key);
  if (is_new) {
    entry->second.since = now;
    entry->second.number = next_number_;
    by_age_.emplace(next_number_++, piece->key);
  }
  keep(entry->second, *piece, packet);
  auto done = whole(entry->second);
  if (done) forget(piece->key);
  make_room();
  return done;
}

void Reassembly::keep(Waiting& waiting, const Fragment& fragment, Bytes packet) {
  const auto end = fragment.offset + fragment.payload.size();
  const bool ragged = fragment.more && fragment.payload.size() % 8 != 0;
  const bool beyond = waiting.size && end > *waiting.size;
  if (ragged || beyond || end > 65'535) waiting.spoilt = true;
  if (waiting.spoilt || fragment.payload.empty()) return;
  for (const auto& [offset, octets] : waiting.pieces) {
    if (offset == fragment.offset && octets.size() == fragment.payload.size()) return;
    if (offset < end && fragment.offset < offset + octets.size()) waiting.spoilt = true;
  }
  if (waiting.spoilt) return;
  octets_ += fragment.payload.size();
  waiting.pieces[fragment.offset] = Octets(fragment.payload.begin(), fragment.payload.end());
  if (!fragment.more) waiting.size = end;
  if (fragment.offset == 0) {
    waiting.headers = fragment.headers;
    waiting.first = Octets(packet.begin(), packet.end());
    octets_ += packet.size();
  }
}

std::optional<Octets> Reassembly::whole(const Waiting& waiting) {
  if (waiting.spoilt || !waiting.size || waiting.headers.empty()) return std::nullopt;
  std::size_t reached = 0;
  for (const auto& [offset, octets] : waiting.pieces) {
    if (offset != reached) return std::nullopt;
    reached += octets.size();
  }
  if (reached != *waiting.size) return std::nullopt;
  auto packet = waiting.headers;
  complete_headers(packet, reached);
  for (const auto& [offset, octets] : waiting.pieces)
    packet.insert(packet.end(), octets.begin(), octets.end());
  return packet;
}

std::optional<Instant> Reassembly::next_due() const {
  if (by_age_.empty()) return std::nullopt;
  return waiting_.at(by_age_.begin()->second).since + longest_;
}

std::vector<Octets> Reassembly::expire(Instant now) {
  std::vector<Octets> given_up;
  for (auto due = next_due(); due && *due <= now; due = next_due()) {
    const auto key = by_age_.begin()->second;
    const auto& waiting = waiting_.at(key);
    if (!waiting.spoilt && !waiting.first.empty()) given_up.push_back(waiting.first);
    forget(key);
  }
  return given_up;
}

void Reassembly::forget(const Key& key) {
  const auto entry = waiting_.find(key);
  for (const auto& [offset, octets] : entry->second.pieces) octets_ -= octets.size();
  octets_ -= entry->second.first.size();
  by_age_.erase(entry->second.number);
  waiting_.erase(entry);
}

void Reassembly::make_room() {
  while (waiting_.size() > most_packets || octets_ > most_octets) {
    const auto oldest = by_age_.begin()->second;
    forget(oldest);
  }
}

}  // namespace sonda::inline v0::sim
