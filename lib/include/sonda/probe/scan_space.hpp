// Which ports of which addresses: a scan's whole plan, in memory that does not grow with it.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sonda/core/export.hpp>
#include <sonda/core/siphash.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/prefix.hpp>

namespace sonda::inline v0 {

// Addresses as disjoint sorted ranges; of either version, mixed. 2^48 addresses at most.
//
// What is added is sorted in when somebody asks, so that a million of them in any order cost no
// more than a sort; the first question after an `add` is therefore a change of the object.
class SONDA_EXPORT TargetSet {
 public:
  static constexpr std::uint64_t most = std::uint64_t{1} << 48;

  // What is there already stays once. False: the set would be larger than `most`.
  [[nodiscard]] bool add(const AddressRange& range);
  // A range without a zone is removed from every zone.
  void remove(const AddressRange& range);
  void remove(const TargetSet& others);
  // The addresses that both have.
  [[nodiscard]] TargetSet common(const TargetSet& other) const;

  [[nodiscard]] std::uint64_t size() const { return sort_in(), size_; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] const std::vector<AddressRange>& ranges() const { return sort_in(), ranges_; }
  // Precondition: index < size(). IPv4 comes before IPv6, zone by zone, each in numerical order.
  [[nodiscard]] Address at(std::uint64_t index) const;
  [[nodiscard]] std::optional<std::uint64_t> index_of(const Address& address) const;

 private:
  void sort_in() const;
  void count() const;

  mutable std::vector<AddressRange> ranges_;
  mutable std::vector<AddressRange> added_;    // not yet among them
  mutable std::vector<std::uint64_t> starts_;  // index of each range's first address
  mutable std::uint64_t size_ = 0;
  std::uint64_t at_most_ = 0;  // size_, if nothing in added_ was there before
};

// The same ports of each of its targets.
struct ScanGroup {
  TargetSet targets{};
  std::vector<Port> ports{};  // sorted, each once
};

struct ScanPoint {
  Address address{};
  Port port{};
  friend bool operator==(const ScanPoint&, const ScanPoint&) = default;
};

// Every port of every target, numbered, and an order over them that needs no table: a keyed
// permutation (Feistel network over the next power of four, with cycle walking).
class SONDA_EXPORT ScanSpace {
 public:
  // An address may be in several groups: each of its ports is asked once. False: more than 2^62
  // ports, and nothing has changed. Every call walks over all that is there: give targets of the
  // same ports together.
  [[nodiscard]] bool add(const TargetSet& targets, const std::vector<Port>& ports);
  // The order. The same space and key give the same order everywhere, so that shards on different
  // machines share it out, and a resumed run goes on with it. Without it: a key made of the space.
  void set_order(const SipKey& key);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::uint64_t hosts() const;
  [[nodiscard]] const std::vector<ScanGroup>& groups() const { return groups_; }
  // Ports asked of this address.
  [[nodiscard]] std::uint64_t ports_of(const Address& address) const;
  // What comes `place`th. Precondition: place < size().
  [[nodiscard]] ScanPoint at(std::uint64_t place) const;
  // Its place in the order; nothing for what is not in the plan.
  [[nodiscard]] std::optional<std::uint64_t> place_of(const ScanPoint& point) const;
  // A number that differs between different plans: what a journal is checked against.
  [[nodiscard]] std::uint64_t fingerprint() const;

  // As typed, of addresses that were given by a name.
  std::map<Address, std::string> names{};

 private:
  static constexpr std::size_t rounds = 6;

  [[nodiscard]] std::uint64_t permuted(std::uint64_t number, bool back) const;
  void renumber();

  std::vector<ScanGroup> groups_;      // disjoint, no two with the same ports, by first address
  std::vector<std::uint64_t> starts_;  // number of each group's first port
  std::uint64_t size_ = 0;
  std::optional<SipKey> order_;
  std::array<std::uint64_t, rounds> round_keys_{};
  unsigned half_bits_ = 0;  // of a number of the permutation
};

// Places of the order that are settled; pages of 65,536 that fold up when they are full.
class SONDA_EXPORT SettledPlaces {
 public:
  // False: it was there.
  bool add(std::uint64_t place);
  [[nodiscard]] bool contains(std::uint64_t place) const;
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  static constexpr std::size_t page_size = 65'536;
  struct Page {
    std::vector<std::uint64_t> bits{};  // empty: all of them are settled
    std::uint32_t count = 0;
  };
  std::map<std::uint64_t, Page> pages_;
  std::uint64_t size_ = 0;
};

// Every `step`th place from `first` on. Shards of shards are shards.
struct Shard {
  std::uint64_t first = 0;
  std::uint64_t step = 1;
  // Part `index` of `count`. Precondition: index < count.
  [[nodiscard]] constexpr Shard part(std::uint64_t index, std::uint64_t count) const {
    return {first + step * index, step * count};
  }
  [[nodiscard]] constexpr std::uint64_t size(std::uint64_t places) const {
    return places <= first ? 0 : (places - first - 1) / step + 1;
  }
  friend bool operator==(const Shard&, const Shard&) = default;
};

}  // namespace sonda::inline v0
