// The names of a lab for its programs: a DNS server that takes datagrams and gives datagrams, and
// the files that stand in for it.
#pragma once
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sonda/core/bytes.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::lab {

struct NamedAddress {
  std::string name{};  // in small letters
  Address address{};
  friend bool operator==(const NamedAddress&, const NamedAddress&) = default;
};

class NameServer {
 public:
  // The first name that an address has is the one its PTR record tells.
  explicit NameServer(std::vector<NamedAddress> entries = {});

  // The response to a query: A, AAAA and PTR; nothing for what is no query. A name it does not know
  // does not exist; other classes and operations are refused.
  [[nodiscard]] std::optional<sim::Octets> answer(Bytes query) const;

  [[nodiscard]] std::vector<Address> addresses_of(const std::string& name) const;
  [[nodiscard]] std::optional<std::string> name_of(const Address& address) const;
  [[nodiscard]] const std::vector<NamedAddress>& entries() const { return entries_; }

 private:
  std::vector<NamedAddress> entries_;
  std::unordered_map<std::string, std::vector<Address>> addresses_;
  std::unordered_map<Address, std::string> names_;
};

// What stands in /etc/hosts: the machine's own names, and all others.
[[nodiscard]] std::string hosts_file(const std::vector<NamedAddress>& entries);
// What stands in /etc/resolv.conf; empty without servers.
[[nodiscard]] std::string resolv_conf(const std::vector<Address>& servers);

}  // namespace sonda::inline v0::lab
