// A capture of captures/ in memory.
#include "lab_capture.hpp"

#include <stdexcept>
#include <variant>

#include <sonda/wire/checksum.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/quotation.hpp>

namespace sonda::testing {

LabCapture LabCapture::load(const std::string& situation) {
  const auto path = std::string{SONDA_CAPTURES} + '/' + situation + '/' + situation + ".pcapng";
  auto file = capture::CaptureFile::open(path);
  if (!file) throw std::runtime_error{file.error().message()};
  LabCapture out;
  while (true) {
    const auto block = file->next();
    if (!block) throw std::runtime_error{block.error().message()};
    if (!*block) return out;
    const auto* frame = std::get_if<capture::Frame>(&(*block)->content);
    if (frame == nullptr) continue;
    out.frames.push_back({.seen = *frame,
                          .octets = {frame->octets.begin(), frame->octets.end()},
                          .interface = file->interfaces()[frame->interface.value()].described});
  }
}

verify::Report judged(const LabCapture& capture) {
  verify::LabClaims claims;
  verify::Report report{.frames = capture.frames.size(), .other_frames = capture.frames.size()};
  std::uint64_t number = 0;
  for (auto frame : capture.frames) {
    frame.seen.octets = frame.octets;
    frame.seen.original_length = 0;
    claims.take(frame.seen, ++number, frame.interface);
  }
  claims.finish(report);
  return report;
}

void replace(std::string& text, const std::string& before, const std::string& now) {
  const auto at = text.find(before);
  if (at == std::string::npos) throw std::runtime_error{'"' + before + "\" is not in: " + text};
  text.replace(at, before.size(), now);
}

void mend_checksums(MutableBytes packet) {
  const bool v4 = packet[0] >> 4 == 4;
  if (v4) {
    const auto size = packet[0] % 16U * 4U;
    store<std::uint16_t>(packet, 10, 0);
    store(packet, 10, Checksum{}.add(packet.first(size)).finish());
  }
  const auto view = Quotation::parse_datagram(packet, v4 ? IpVersion::v4 : IpVersion::v6);
  if (!view || view->is_fragment()) return;
  const auto protocol = view->protocol().value_or(Protocol::no_next_header);
  const std::size_t field = protocol == Protocol::udp ? 6 : protocol == Protocol::tcp ? 16 : 2;
  if (protocol != Protocol::udp && protocol != Protocol::tcp && protocol != Protocol::icmp &&
      protocol != Protocol::icmpv6)
    return;
  const auto segment = packet.subspan(view->transport_offset());
  store<std::uint16_t>(segment, field, 0);
  Checksum sum;
  if (protocol != Protocol::icmp)
    sum.add_pseudo_header(view->source(), view->destination(), protocol, segment.size());
  sum.add(segment);
  store(segment, field, protocol == Protocol::udp ? sum.finish_udp() : sum.finish());
}

}  // namespace sonda::testing
