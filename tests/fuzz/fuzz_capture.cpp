// Any file as a capture: blocks or one sentence, whichever kind it is; and the packet in each
// frame, and the quotation in that.
#include <cstdio>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <variant>

#include <sonda/capture/capture_source.hpp>
#include <sonda/capture/network_layer.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/quotation.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

using capture::CaptureSource;
using capture::NetworkProtocol;

// One file in memory for all inputs.
std::string file_of(Bytes input) {
  static const int descriptor = ::memfd_create("capture", MFD_CLOEXEC);
  claim(::ftruncate(descriptor, 0) == 0);
  claim(::pwrite(descriptor, input.data(), input.size(), 0) == static_cast<ssize_t>(input.size()));
  return "/proc/self/fd/" + std::to_string(descriptor);
}

void claim_one_sentence(const Failure& failure, const std::string& path) {
  claim(failure.operation == "read" && failure.error_code == 0);
  const auto text = failure.message();
  claim(text.starts_with("read " + path + ": ") && text.size() < 300);
  claim(std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; }));
}

void look_at_quotation(const Parsed<Quotation>& quotation, Bytes whole) {
  if (!quotation) return;
  claim_within(quotation->octets(), whole);
  claim_within(quotation->transport(), whole);
}

// As it is when a verifier looks for our probe in it.
template <typename IpView>
void look_at_packet(Bytes packet, IpVersion version) {
  look_at_quotation(Quotation::parse_datagram(packet, version), packet);
  const auto ip = IpView::parse_quoted(packet);
  if (!ip) return;
  claim_within(ip->payload(), packet);
  look_at_quotation(Quotation::parse(ip->payload(), version), packet);
}

void look_at_frame(capture::LinkType type, Bytes frame) {
  touch(frame);
  const auto layer = network_layer(type, frame);
  claim_within(layer.octets, frame);
  if (!layer.octets.empty())  // it reaches to the frame's end
    claim(layer.octets.data() + layer.octets.size() == frame.data() + frame.size());
  claim(!layer.octets.empty() || layer.protocol == NetworkProtocol::other);
  if (layer.octets.size() > 1) {  // an octet less takes nothing but that octet
    const auto shorter = network_layer(type, frame.first(frame.size() - 1));
    claim(shorter.protocol == layer.protocol && shorter.direction == layer.direction &&
          same(shorter.octets, layer.octets.first(layer.octets.size() - 1)));
  }
  if (layer.protocol == NetworkProtocol::ipv4)
    look_at_packet<Ipv4View>(layer.octets, IpVersion::v4);
  if (layer.protocol == NetworkProtocol::ipv6)
    look_at_packet<Ipv6View>(layer.octets, IpVersion::v6);
}

void look(Bytes input) {
  const auto path = file_of(input);
  auto source = CaptureSource::open(path);
  if (!source) return claim_one_sentence(source.error(), path);
  std::uint64_t number = 0;
  std::size_t size = 0;
  for (;;) {
    const auto block = source->next();
    if (!block) {
      claim_one_sentence(block.error(), path);
      claim(source->next().error() == block.error());
      return;
    }
    claim(!source->ended_inside_block());
    if (!*block) break;
    size += (*block)->size;
    const auto* const frame = std::get_if<capture::Frame>(&(*block)->content);
    claim(source->frame_number() >= number + (frame != nullptr ? 1 : 0));
    number = source->frame_number();
    if (frame == nullptr) continue;
    claim(frame->interface.value() < source->interfaces().size());
    claim(source->resolution_ns(frame->interface) > 0);
    look_at_frame(source->interfaces()[frame->interface.value()].described.link_type,
                  frame->octets);
  }
  claim(size <= input.size());
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
