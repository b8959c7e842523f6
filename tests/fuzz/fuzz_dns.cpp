// DNS: a query read, its name as text and back, a response in a room of any size.
#include <sonda/wire/dns.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

void look_at_name(const DnsName& name) {
  claim(name.size() >= 1 && name.size() <= DnsName::max_size);
  const auto text = name.text();
  claim(std::ranges::all_of(text.view(), [](char c) { return c > ' ' && c <= '~'; }));
  claim(DnsName::parse(text) == name && DnsName::from_wire(name.octets()) == name);
  claim(equal(emitted(name.size(), [&](MutableBytes room) { name.emit(room); }), name.octets()));
  claim(name.is_within(name) && name.is_within(DnsName{}));
  if (const auto address = reverse_address(name)) claim(reverse_name(*address) == name);
}

void answer(const DnsQuery& query, Choices& choices) {
  Octets room(query.octets().size() + choices.up_to(200), 0xa5);
  DnsResponseWriter writer{room, query};
  std::size_t records = 0;
  const auto count = [&] { records += writer.overflowed() ? 0U : 1U; };
  while (!choices.empty()) {
    const auto kind = choices.octet();
    const auto owner = kind & 1U ? query.name() : DnsName::parse("r1.lab").value();
    const auto ttl = choices.number<std::uint16_t>();
    if ((kind & 6U) == 0)
      writer.address(owner, Ipv4Address::from_number(choices.number<std::uint32_t>()), ttl);
    else if ((kind & 6U) == 2)
      writer.address(owner, Ipv6Address{{0x20, 1, choices.octet()}}, ttl);
    else if ((kind & 6U) == 4)
      writer.name(owner, query.name(), ttl);
    else
      writer.record(owner, DnsType::txt, ttl, choices.take(choices.octet()));
    count();
  }
  const auto rcode = DnsRcode{static_cast<std::uint8_t>(records % 6)};
  const auto response = writer.finish(rcode);
  claim_within(response, room);
  claim(load<std::uint16_t>(response, 0) == query.identifier());
  claim((response[2] & 0x80) != 0 && ((response[2] & 2) != 0) == writer.overflowed());
  claim(load<std::uint16_t>(response, 4) == 1 && load<std::uint16_t>(response, 6) == records);
  claim(equal(response.subspan(12, query.octets().size() - 12), query.octets().subspan(12)));
  std::array<std::uint8_t, 12> refusal{};
  claim(refuse_dns(refusal, response).empty());
}

void look(Bytes input) {
  Choices choices{input};
  const auto datagram = choices.take(choices.up_to(300));
  if (const auto name = DnsName::from_wire(datagram))
    look_at_name(*name);
  else
    claim_honest(name.error(), datagram.size());
  std::vector<char> room;
  const auto text = text_of(datagram, room);
  if (const auto name = DnsName::parse(text)) look_at_name(*name);

  std::array<std::uint8_t, 12> refusal{};
  const auto refused = refuse_dns(refusal, datagram);
  claim(refused.empty() == (datagram.size() < 12 || (datagram[2] & 0x80) != 0));
  const auto query = DnsQuery::parse(datagram);
  if (!query) return claim_honest(query.error(), datagram.size());
  claim(same(query->octets(), datagram.first(query->octets().size())));
  look_at_name(query->name());
  answer(*query, choices);
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
