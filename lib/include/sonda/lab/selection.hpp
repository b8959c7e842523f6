// Which packets a rule or an event speaks of, by the names of machines: "tcp syn to web port 443".
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sonda/lab/quantity.hpp>
#include <sonda/sim/match.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/prefix.hpp>

namespace sonda::inline v0::lab {

// A machine by its name, or a prefix; empty: anybody.
struct Party {
  std::string name{};
  std::optional<Prefix> prefix{};
  [[nodiscard]] bool anybody() const { return name.empty() && !prefix; }
  friend bool operator==(const Party&, const Party&) = default;
};

struct Selection {
  sim::Match fields{};  // without `from` and `to`
  Party from{};
  Party to{};
  friend bool operator==(const Selection&, const Selection&) = default;
};

// Empty text fits every packet.
[[nodiscard]] Read<Selection> read_selection(std::string_view text);
// As it is read again; empty where every packet fits.
[[nodiscard]] std::string to_text(const Selection& selection);

// One match for each pair of addresses that the names stand for; those of a pair are of one
// version.
using AddressesOf = std::function<std::vector<Address>(const std::string& name)>;
[[nodiscard]] std::vector<sim::Match> matches(const Selection& selection,
                                              const AddressesOf& addresses_of);

}  // namespace sonda::inline v0::lab
