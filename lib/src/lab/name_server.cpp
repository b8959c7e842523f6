// The names of a lab for its programs.
#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

#include <sonda/lab/name_server.hpp>
#include <sonda/wire/dns.hpp>

namespace sonda::inline v0::lab {
namespace {

constexpr std::uint32_t ttl_s = 1;       // a lab may be another one in a moment
constexpr std::size_t most_servers = 3;  // resolv.conf(5): MAXNS

sim::Octets copy(Bytes octets) { return {octets.begin(), octets.end()}; }

}  // namespace

NameServer::NameServer(std::vector<NamedAddress> entries) : entries_{std::move(entries)} {
  for (const auto& [name, address] : entries_) {
    addresses_[name].push_back(address);
    names_.emplace(address, name);
  }
}

std::vector<Address> NameServer::addresses_of(const std::string& name) const {
  const auto found = addresses_.find(name);
  return found == addresses_.end() ? std::vector<Address>{} : found->second;
}

std::optional<std::string> NameServer::name_of(const Address& address) const {
  const auto found = names_.find(address);
  if (found == names_.end()) return std::nullopt;
  return found->second;
}

std::optional<sim::Octets> NameServer::answer(Bytes query) const {
  std::array<std::uint8_t, DnsResponseWriter::usual_room> room{};
  const auto asked = DnsQuery::parse(query);
  if (!asked) {
    const auto refusal = refuse_dns(room, query);
    if (refusal.empty()) return std::nullopt;
    return copy(refusal);
  }
  DnsResponseWriter response{room, *asked};
  if (asked->opcode() != DnsOpcode::query || asked->name_class() != DnsClass::internet)
    return copy(response.finish(DnsRcode::refused));

  const bool any = asked->type() == DnsType::any;
  if (const auto reversed = reverse_address(asked->name())) {
    const auto name = name_of(*reversed);
    if (!name) return copy(response.finish(DnsRcode::name_error));
    if (asked->type() == DnsType::ptr || any)
      response.name(asked->name(), *DnsName::parse(*name), ttl_s);
    return copy(response.finish());
  }
  const auto addresses = addresses_of(std::string{asked->name().text().view()});
  if (addresses.empty()) return copy(response.finish(DnsRcode::name_error));
  for (const auto& address : addresses)
    if (any || asked->type() == (address.is_v4() ? DnsType::a : DnsType::aaaa))
      response.address(asked->name(), address, ttl_s);
  return copy(response.finish());
}

std::string hosts_file(const std::vector<NamedAddress>& entries) {
  std::string text = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n";
  for (const auto& [name, address] : entries)
    text += fmt::format("{} {}\n", to_text(address).view(), name);
  return text;
}

std::string resolv_conf(const std::vector<Address>& servers) {
  std::string text;
  for (std::size_t i = 0; i < std::min(servers.size(), most_servers); ++i)
    text += fmt::format("nameserver {}\n", to_text(servers[i]).view());
  return text.empty() ? text : text + "options timeout:1 attempts:2\n";
}

}  // namespace sonda::inline v0::lab
