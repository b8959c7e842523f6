// Addresses as text: against the C library's reading, printed and read again; prefixes and ranges.
#include <arpa/inet.h>
#include <array>
#include <string>

#include <sonda/wire/address.hpp>
#include <sonda/wire/ethernet.hpp>
#include <sonda/wire/prefix.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

// What inet_pton makes of it, and nothing where it refuses.
template <std::size_t size>
std::optional<std::array<std::uint8_t, size>> by_libc(int family, std::string_view text) {
  std::array<std::uint8_t, size> octets{};
  const std::string terminated{text};
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  if (inet_pton(family, terminated.c_str(), octets.data()) != 1) return std::nullopt;
  return octets;
}

void look_at_single(std::string_view text) {
  const auto v4 = Ipv4Address::parse(text);
  const auto v4_libc = by_libc<4>(AF_INET, text);
  claim(v4.has_value() == v4_libc.has_value());
  if (v4) claim(v4->octets() == *v4_libc);
  const auto v6 = Ipv6Address::parse(text);
  const auto v6_libc = by_libc<16>(AF_INET6, text);
  claim(v6.has_value() == v6_libc.has_value());
  if (v6) claim(v6->octets() == *v6_libc);

  const auto address = Address::parse(text);
  if (v4) claim(address && address->is_v4() && address->v4() == *v4);
  if (v6) claim(address && address->is_v6() && address->v6() == *v6 && address->zone().empty());
  if (!address) return;
  const auto printed = to_text(*address);
  claim(printed.size() < AddressText::capacity);
  claim(Address::parse(printed.view()) == *address);
  claim(to_text(*Address::parse(printed.view())) == printed);
  claim(std::hash<Address>{}(*address) == std::hash<Address>{}(*Address::parse(printed.view())));
  claim(address->without_zone().with_zone(address->zone()) == *address);
  // RFC 5952: lower case, no group begins with a zero, one "::" at most.
  const auto plain = printed.view().substr(0, printed.view().find('%'));
  claim(std::ranges::none_of(plain, [](char c) { return c >= 'A' && c <= 'Z'; }));
  const auto gap = plain.find("::");
  claim(gap == std::string_view::npos || plain.find("::", gap + 1) == std::string_view::npos);
}

void look_at_sets(std::string_view text) {
  if (const auto prefix = Prefix::parse(text)) {
    claim(prefix->contains(prefix->first()) && prefix->contains(prefix->last()));
    claim(Prefix::parse(to_text(*prefix).view()) == *prefix);
    claim(!(prefix->last() < prefix->first()));
    claim(prefix->addresses().contains(prefix->hosts().first()));
    claim(prefix->addresses().contains(prefix->hosts().last()));
    claim(AddressRange::parse(text) == prefix->addresses());
  }
  const auto range = AddressRange::parse(text);
  if (!range) return;
  claim(!(range->last() < range->first()) && range->size() != 0);
  claim(range->contains(range->first()) && range->contains(range->last()));
  std::uint64_t count = 0;
  auto before = range->first();
  for (const auto& address : *range) {
    claim(count == 0 || before < address);
    claim((*range)[count] == address && range->contains(address));
    before = address;
    if (++count == 300) break;
  }
  claim(count == std::min<std::uint64_t>(range->size(), 300));
}

void look(Bytes input) {
  std::vector<char> room;
  const auto text = text_of(input, room);
  look_at_single(text);
  look_at_sets(text);
  if (const auto mac = MacAddress::parse(text))
    claim(MacAddress::parse(to_text(*mac).view()) == *mac && to_text(*mac).size() == text.size());
  if (const auto zone = Zone::parse(text)) claim(zone->view() == text);
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
