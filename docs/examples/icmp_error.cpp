// Reads an ICMP error from its octets: who complains, about which packet of ours, and why.
#include <array>
#include <cstdint>
#include <iostream>

#include <sonda/wire.hpp>

constexpr auto packet = std::to_array<std::uint8_t>({
    0x45, 0x00, 0x00, 0x38, 0x00, 0x01, 0x00, 0x00, 0xfa, 0x01, 0xc2, 0xa0, 0xcb, 0x00,  // IP
    0x71, 0x21, 0xc0, 0x00, 0x02, 0x01, 0x03, 0x04, 0xe3, 0xdb, 0x00, 0x00, 0x05, 0x78,  // ICMP 3/4
    0x45, 0x00, 0x00, 0x1c, 0x42, 0x42, 0x00, 0x00, 0x01, 0x11, 0x8b, 0x51, 0xc0, 0x00,  // quoted
    0x02, 0x01, 0xc6, 0x33, 0x64, 0x09, 0xa0, 0x39, 0x82, 0x9a, 0x00, 0x08, 0xf0, 0xcb,  // UDP
});

int main() {
  using namespace sonda;
  std::cout << describe(packet).view() << "\n\n";

  const auto ip = Ipv4View::parse(packet);
  if (!ip) return 1;
  const auto message = Icmpv4View::parse(ip->payload());
  if (!message) return 1;
  const auto quotation = Quotation::parse(*message);
  if (!quotation || !quotation->source_port()) return 1;
  const auto* cause = find_icmp(message->type(), message->code());
  std::cout << "from       " << to_text(ip->source()).view() << "\nmessage    " << cause->title
            << " (RFC " << cause->rfc << ")\n";
  if (const auto mtu = message->next_hop_mtu()) std::cout << "MTU        " << mtu->value() << '\n';
  std::cout << "our probe  " << name(*quotation->protocol()) << " from port "
            << quotation->source_port()->value() << " to "
            << to_text(quotation->destination()).view() << " port "
            << quotation->destination_port()->value() << ", " << quotation->quoted_octets()
            << " octets of it came back\n"
            << "checksums  " << (ip->checksum_ok() && message->checksum_ok() ? "right" : "wrong")
            << '\n';
  static_assert(Ipv4View::parse(packet)->checksum_ok());  // all of it works at compile time, too
}
