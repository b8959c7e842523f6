// The numbers of a scan's ports, and the order in which they are asked.
#include <algorithm>
#include <iterator>
#include <ranges>
#include <span>
#include <utility>

#include <sonda/probe/scan_space.hpp>

namespace sonda::inline v0 {
namespace {

constexpr std::uint64_t most_ports = std::uint64_t{1} << 62;

std::vector<Port> both(const std::vector<Port>& a, const std::vector<Port>& b) {
  std::vector<Port> out;
  std::ranges::set_union(a, b, std::back_inserter(out));
  return out;
}

// Into the group with these ports, a new one if there is none.
void put(std::vector<ScanGroup>& groups, const TargetSet& targets, const std::vector<Port>& ports) {
  if (targets.empty() || ports.empty()) return;
  auto group = std::ranges::find(groups, ports, &ScanGroup::ports);
  if (group == groups.end()) group = groups.insert(groups.end(), {.ports = ports});
  for (const auto& range : targets.ranges())
    if (!group->targets.add(range)) return;  // cannot be: `most` holds for each set by itself
}

// 2^62 and more become 2^62 + 1.
std::uint64_t count_ports(const std::vector<ScanGroup>& groups) {
  std::uint64_t sum = 0;
  for (const auto& group : groups) {
    if (group.targets.size() > most_ports / group.ports.size()) return most_ports + 1;
    sum += group.targets.size() * group.ports.size();
    if (sum > most_ports) return most_ports + 1;
  }
  return sum;
}

// A function that scatters; it need not resist anybody (the order is no secret).
constexpr std::uint64_t scattered(std::uint64_t half, std::uint64_t key) {
  half = (half ^ key) * 0x9e37'79b9'7f4a'7c15U;
  half = (half ^ half >> 32) * 0xd6e8'feb8'6659'fd93U;
  return half ^ half >> 32;
}

class Hash {
 public:
  void add(Bytes octets) { value_ = siphash({value_, octets.size()}, octets); }
  void add(std::uint64_t number) {
    std::array<std::uint8_t, 8> octets{};
    store(octets, 0, number);
    add(octets);
  }
  void add(const Address& address) {
    add(address.octets());
    const auto zone = address.zone().view();
    for (const char c : zone) add(static_cast<std::uint64_t>(c));
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

}  // namespace

bool ScanSpace::add(const TargetSet& targets, const std::vector<Port>& ports) {
  std::vector<Port> sorted{ports};
  std::ranges::sort(sorted);
  const auto repeated = std::ranges::unique(sorted);
  sorted.erase(repeated.begin(), repeated.end());

  std::vector<ScanGroup> groups;
  TargetSet fresh = targets;
  for (const auto& group : groups_) {
    const auto shared = group.targets.common(targets);
    auto alone = group.targets;
    alone.remove(shared);
    fresh.remove(shared);
    put(groups, alone, group.ports);
    put(groups, shared, both(group.ports, sorted));
  }
  put(groups, fresh, sorted);
  if (count_ports(groups) > most_ports) return false;
  groups_ = std::move(groups);
  renumber();
  return true;
}

void ScanSpace::set_order(const SipKey& key) {
  order_ = key;
  renumber();
}

void ScanSpace::renumber() {
  std::ranges::sort(groups_, {}, [](const ScanGroup& group) { return group.targets.at(0); });
  starts_.clear();
  size_ = 0;
  for (const auto& group : groups_) {
    starts_.push_back(size_);
    size_ += group.targets.size() * group.ports.size();
  }
  for (half_bits_ = 1; half_bits_ < 31 && std::uint64_t{1} << 2 * half_bits_ < size_;) ++half_bits_;
  const auto print = fingerprint();
  const auto key = order_.value_or(SipKey{print, ~print});
  for (std::size_t i = 0; i < rounds; ++i) {
    const std::array<std::uint8_t, 1> octet{static_cast<std::uint8_t>(i)};
    round_keys_[i] = siphash(key, octet);
  }
}

// A Feistel network is a permutation of numbers of 2 * half_bits_ bits, whatever its function;
// walked until it meets a number that is in the space, it is one of those.
std::uint64_t ScanSpace::permuted(std::uint64_t number, bool back) const {
  const auto mask = (std::uint64_t{1} << half_bits_) - 1;
  do {
    auto left = number >> half_bits_, right = number & mask;
    if (back) {
      for (const auto key : round_keys_ | std::views::reverse)
        left = std::exchange(right, left) ^ (scattered(left, key) & mask);
    } else {
      for (const auto key : round_keys_)
        right = std::exchange(left, right) ^ (scattered(right, key) & mask);
    }
    number = left << half_bits_ | right;
  } while (number >= size_);
  return number;
}

std::uint64_t ScanSpace::hosts() const {
  std::uint64_t sum = 0;
  for (const auto& group : groups_) sum += group.targets.size();
  return sum;
}

std::uint64_t ScanSpace::ports_of(const Address& address) const {
  for (const auto& group : groups_)
    if (group.targets.index_of(address)) return group.ports.size();
  return 0;
}

ScanPoint ScanSpace::at(std::uint64_t place) const {
  const auto number = permuted(place, false);
  const auto after = std::ranges::upper_bound(starts_, number);
  const auto index = static_cast<std::size_t>(after - starts_.begin()) - 1;
  const auto& group = groups_[index];
  const auto within = number - starts_[index];
  return {group.targets.at(within / group.ports.size()), group.ports[within % group.ports.size()]};
}

std::optional<std::uint64_t> ScanSpace::place_of(const ScanPoint& point) const {
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const auto& group = groups_[i];
    const auto host = group.targets.index_of(point.address);
    if (!host) continue;
    const auto port = std::ranges::lower_bound(group.ports, point.port);
    if (port == group.ports.end() || *port != point.port) return std::nullopt;
    const auto offset = static_cast<std::uint64_t>(port - group.ports.begin());
    return permuted(starts_[i] + *host * group.ports.size() + offset, true);
  }
  return std::nullopt;
}

std::uint64_t ScanSpace::fingerprint() const {
  Hash hash;
  for (const auto& group : groups_) {
    for (const auto& range : group.targets.ranges())
      hash.add(range.first()), hash.add(range.last());
    hash.add(group.targets.ranges().size());
    for (const auto port : group.ports) hash.add(std::uint64_t{port.value()});
    hash.add(group.ports.size());
  }
  return hash.value();
}

bool SettledPlaces::add(std::uint64_t place) {
  auto& page = pages_[place / page_size];
  if (page.count == page_size) return false;
  if (page.bits.empty()) page.bits.resize(page_size / 64);
  auto& word = page.bits[place % page_size / 64];
  const auto bit = std::uint64_t{1} << place % 64;
  if ((word & bit) != 0) return false;
  word |= bit;
  ++size_;
  if (++page.count == page_size) page.bits = {};
  return true;
}

bool SettledPlaces::contains(std::uint64_t place) const {
  const auto found = pages_.find(place / page_size);
  if (found == pages_.end()) return false;
  if (found->second.count == page_size) return true;
  return (found->second.bits[place % page_size / 64] >> place % 64 & 1) != 0;
}

}  // namespace sonda::inline v0
