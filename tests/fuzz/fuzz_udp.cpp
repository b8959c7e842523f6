// UDP: both doors, the header written again, a checksum made over a pseudo header of either
// version.
#include <sonda/wire/udp.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

void write_again(const UdpView& udp, const Address& from, const Address& to) {
  UdpHeader header{.source_port = udp.source_port(),
                   .destination_port = udp.destination_port(),
                   .length = udp.length(),
                   .checksum = ChecksumField{udp.checksum()}};
  const auto emit = [&](MutableBytes room) {
    std::ranges::copy(udp.payload(), room.begin() + UdpView::header_size);
    header.emit(room, from, to);
  };
  claim(equal(emitted(udp.octets().size(), emit), udp.octets()));
  header.checksum = ChecksumField::computed();
  const auto summed = emitted(udp.octets().size(), emit);
  const auto again = UdpView::parse(Bytes{summed});
  claim(again && again->has_checksum() && again->checksum_ok(from, to));
  if (udp.has_checksum())
    claim(udp.checksum_ok(from, to) == same_sum(udp.checksum(), again->checksum()));
  else
    claim(udp.checksum_ok(from, to) == from.is_v4());
  header.length.reset();
  if (udp.length() != 0) claim(emitted(udp.octets().size(), emit) == summed);
}

void look(Bytes input) {
  Choices choices{input};
  const bool v4 = choices.flag();
  const auto segment = choices.rest();
  const auto quoted = UdpView::parse_quoted(segment);
  const auto whole = UdpView::parse(segment);
  if (!quoted) {
    claim_honest(quoted.error(), segment.size());
    return claim(!whole);
  }
  claim_within(quoted->octets(), segment);
  claim(quoted->source_port().value() == segment[0] * 256 + segment[1]);
  claim(quoted->destination_port().value() == segment[2] * 256 + segment[3]);
  claim(quoted->length() == segment[4] * 256 + segment[5]);
  claim(quoted->checksum() == segment[6] * 256 + segment[7]);
  claim(same(quoted->payload(), quoted->octets().subspan(8)));
  if (!whole) return claim_honest(whole.error(), segment.size());
  claim(same(whole->octets(), quoted->octets()) && !whole->truncated());
  if (whole->octets().size() > 0xffff) return;
  if (v4)
    write_again(*whole, Ipv4Address{192, 0, 2, 1}, Ipv4Address{198, 51, 100, 7});
  else
    write_again(*whole, Ipv6Address{{0x20, 1, 0xd, 0xb8, 1}}, Ipv6Address{{0xff, 2, 0, 0, 0, 1}});
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
