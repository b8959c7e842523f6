// Targets as people type them, and the plan that comes of them.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <sonda/net/resolve.hpp>
#include <sonda/probe/scan_space.hpp>
#include <sonda/wire/address.hpp>

#include "scan/complaint.hpp"

namespace sonda::tools {

// A word: an address, a prefix, a range, nmap's octet ranges, or a name; with ports of its own or
// without.
struct TargetWord {
  std::string host{};                        // without ports and brackets
  std::optional<std::vector<Port>> ports{};  // ":22,80"; nothing: those of the run
};

// "web", "web:22,80", "10.0.0.0/24:22", "[2001:db8::1]:22". Only the form is looked at.
[[nodiscard]] Asked<TargetWord> read_target_word(std::string_view text);

// The addresses of a word that asks nobody: "10.0.0.1", "10.0.0.0/24", "10.0.0.1-10.0.0.20",
// "10.0.0-3.1,5", "10.0.0.*", "2001:db8::/120". Nothing: it can only be a name.
[[nodiscard]] Asked<std::optional<TargetSet>> read_addresses(std::string_view host);

// The words of a file of targets: separated by white space, '#' to the end of the line is for
// people.
// "-": standard input.
[[nodiscard]] Asked<std::vector<std::string>> read_words(const std::string& path);
// A file's content. Errors: what the system says; more than 256 MiB.
[[nodiscard]] Asked<std::string> read_file(const std::string& path);

// Collects what is to be scanned and what is not; ports come with the words or once for all others.
class Targets {
 public:
  using Resolve =
      std::function<std::expected<std::vector<Address>, Failure>(std::string_view, net::Family)>;

  // `every_address`: all of a name's, instead of the first, which the system prefers.
  Targets(net::Family family, bool every_address, Resolve resolve = net::resolve)
      : family_{family}, every_address_{every_address}, resolve_{std::move(resolve)} {}

  [[nodiscard]] Asked<void> add(std::string_view word);
  // Whoever has these addresses; all of a name's. Several may be separated by commas.
  [[nodiscard]] Asked<void> exclude(std::string_view words);
  // A host that something is expected of, with the ports that it is expected of; added besides.
  [[nodiscard]] Asked<TargetSet> find(std::string_view host);
  void add(const TargetSet& hosts, const std::vector<Port>& ports);

  [[nodiscard]] bool empty() const { return words_ == 0; }
  // Words without ports of their own are asked `ports`, but none of `not_these`.
  [[nodiscard]] Asked<ScanSpace> plan(const std::vector<Port>& ports,
                                      const std::vector<Port>& not_these) const;

 private:
  [[nodiscard]] Asked<TargetSet> found(std::string_view host, bool every);

  net::Family family_;
  bool every_address_;
  Resolve resolve_;
  std::size_t words_ = 0;
  TargetSet plain_, excluded_;
  std::map<std::vector<Port>, TargetSet> with_ports_;
  std::map<Address, std::string> names_;
};

}  // namespace sonda::tools
