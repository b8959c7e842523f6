// Probes in few octets, and whole again.
#include "probe_octets.hpp"

#include <cstring>

#include <sonda/wire/checksum.hpp>

namespace sonda::inline v0::verify {
namespace {

constexpr std::size_t echo_header = 8;

bool same(Bytes a, Bytes b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

std::uint16_t full_sum(const SeenPacket& seen) {
  const auto field = load<std::uint16_t>(seen.message, 2);
  if (seen.sum != Sum::partial) return field;
  Checksum sum;
  sum.add_pseudo_header(seen.source.v6(), seen.destination.v6(), Protocol::icmpv6,
                        seen.message.size());
  return sum.add(seen.message.first(2)).add(seen.message.subspan(4)).finish();
}

}  // namespace

void ProbeOctets::keep(const SeenPacket& seen, ProbeSighting& out) {
  const auto message_at = seen.packet.size() - seen.message.size();
  const auto data = seen.message.subspan(echo_header);
  const auto tag = std::min(data.size(), ProbeSighting::tag_size);
  const auto rest = data.subspan(tag);
  out.sum = seen.sum, out.header_sum_ok = seen.header_sum_ok;
  out.full_sum = full_sum(seen);
  out.size = message_at + seen.message_size;
  if (!has_filling_ && seen.message.size() == seen.message_size) {
    filling_.assign(rest.begin(), rest.end());
    has_filling_ = true;
  }
  const auto headers = message_at + echo_header;
  out.message_at = static_cast<std::uint16_t>(message_at);
  out.tag_octets = static_cast<std::uint8_t>(tag);
  std::ranges::copy(data.first(tag), out.first_data.begin());
  const bool small = headers <= ProbeSighting::most_headers;
  if (small) std::ranges::copy(seen.packet.first(headers), out.head.begin());
  out.whole.clear();
  out.known = small && same(rest, filling_);
  if (!out.known && kept_ < most_octets) {
    out.whole.assign(seen.packet.begin(), seen.packet.end());
    out.known = true;
    kept_ += out.whole.size();
  }
}

MutableBytes ProbeOctets::packet(const ProbeSighting& probe) {
  if (!probe.whole.empty()) {
    room_ = probe.whole;
  } else {
    const auto headers = probe.message_at + echo_header;
    room_.resize(headers + probe.tag_octets + filling_.size());
    std::memcpy(room_.data(), probe.head.data(), headers);
    std::memcpy(room_.data() + headers, probe.first_data.data(), probe.tag_octets);
    std::ranges::copy(filling_,
                      room_.begin() + static_cast<std::ptrdiff_t>(headers + probe.tag_octets));
  }
  if (probe.sum == Sum::partial)
    store(MutableBytes{room_}, probe.message_at + std::size_t{2}, probe.full_sum);
  return room_;
}

std::optional<ProbeOctets::Difference> ProbeOctets::compare(const ProbeSighting& probe,
                                                            Bytes data) const {
  const auto first = [](Bytes was, Bytes is, std::size_t before) -> std::optional<Difference> {
    const auto size = std::min(was.size(), is.size());
    if (size == 0 || std::memcmp(was.data(), is.data(), size) == 0) return std::nullopt;
    for (std::size_t i = 0; i < size; ++i)
      if (was[i] != is[i]) return Difference{before + i, was[i], is[i]};
    return std::nullopt;
  };
  if (!probe.whole.empty()) {
    return first(Bytes{probe.whole}.subspan(probe.message_at + echo_header), data, 0);
  }
  const auto tag = probe.tag();
  if (const auto found = first(tag, data, 0)) return found;
  if (data.size() <= tag.size()) return std::nullopt;
  return first(filling_, data.subspan(tag.size()), tag.size());
}

}  // namespace sonda::inline v0::verify
