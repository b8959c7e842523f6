// The extended echo: request and reply of both versions written again, the interface asked for.
#include <sonda/wire/icmp_extended_echo.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

constexpr Ipv6Address from{{0x20, 1, 0xd, 0xb8, 0, 1}}, to{{0x20, 1, 0xd, 0xb8, 0, 2}};

// All but the reserved bits of the eighth octet.
template <typename Message>
void write_again(Message message, Bytes octets, bool v4, unsigned reserved) {
  const auto write = [&] {
    return emitted(message.size(), [&](MutableBytes room) {
      v4 ? message.emit(room) : message.emit(room, from, to);
    });
  };
  auto expected =
      Octets(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(message.size()));
  expected[7] = static_cast<std::uint8_t>(expected[7] & ~reserved);
  claim(write() == expected);
  message.checksum = ChecksumField::computed();
  const auto summed = write();
  claim(v4 ? Icmpv4View::parse(Bytes{summed})->checksum_ok()
           : Icmpv6View::parse(Bytes{summed})->checksum_ok(from, to));
}

void look_at_request(const Parsed<ExtendedEchoRequest>& asked, Bytes octets, bool v4) {
  if (!asked) return claim_honest(asked.error(), octets.size());
  claim(same(asked->extensions, octets.subspan(8)));
  write_again(*asked, octets, v4, 0xfe);
  const auto answer = asked->answered(ExtendedEchoCode::no_such_interface);
  claim(answer.identifier == asked->identifier && answer.sequence == asked->sequence);
  const auto wanted = asked->interface();
  if (!wanted) return claim_honest(wanted.error(), octets.size());
  Octets room(asked->extensions.size() + 64);
  ExtensionsWriter writer{room};
  const ExtendedEchoRequest again{.extensions = writer.add(*wanted).finish()};
  claim(!writer.overflowed() && again.interface() == wanted);
}

void look_at_reply(const Parsed<ExtendedEchoReply>& told, Bytes octets, bool v4) {
  if (!told) return claim_honest(told.error(), octets.size());
  claim(static_cast<unsigned>(told->state) < 8);
  write_again(*told, octets, v4, 0x18);
}

void look(Bytes octets) {
  look_at_request(ExtendedEchoRequest::parse_icmpv4(octets), octets, true);
  look_at_request(ExtendedEchoRequest::parse_icmpv6(octets), octets, false);
  look_at_reply(ExtendedEchoReply::parse_icmpv4(octets), octets, true);
  look_at_reply(ExtendedEchoReply::parse_icmpv6(octets), octets, false);
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
