// Sets of addresses as sorted ranges.
#include <algorithm>
#include <utility>

#include <sonda/probe/scan_space.hpp>

namespace sonda::inline v0 {
namespace {

using detail::AddressNumber;

// Ranges are sorted by realm, that is version and zone, and by number within it.
bool same_realm(const Address& a, const Address& b) {
  return a.is_v4() == b.is_v4() && a.zone() == b.zone();
}
bool before(const Address& a, const Address& b) {
  if (a.is_v4() != b.is_v4()) return a.is_v4();
  if (const auto zones = a.zone() <=> b.zone(); zones != 0) return zones < 0;
  return AddressNumber::of(a) < AddressNumber::of(b);
}
Address next(const Address& address) { return AddressNumber::of(address).plus(1).address(address); }
Address previous(const Address& address) {
  return AddressNumber::of(address).minus({0, 1}).address(address);
}
// Whether nothing lies between the end of one and the start of the other.
bool touches(const AddressRange& a, const AddressRange& b) {
  if (!same_realm(a.last(), b.first())) return false;
  return !before(a.last(), b.first()) || next(a.last()) == b.first();
}
AddressRange between(const Address& first, const Address& last) {
  return *AddressRange::between(first, last);
}

// The first range that does not end before `address`.
auto first_reaching(std::vector<AddressRange>& ranges, const Address& address) {
  return std::ranges::partition_point(
      ranges, [&](const AddressRange& range) { return before(range.last(), address); });
}

// Takes [first, last], of one realm, out of the ranges.
void cut(std::vector<AddressRange>& ranges, const Address& first, const Address& last) {
  const auto from = first_reaching(ranges, first);
  auto to = from;
  std::vector<AddressRange> rest;
  for (; to != ranges.end() && !before(last, to->first()); ++to) {
    if (before(to->first(), first)) rest.push_back(between(to->first(), previous(first)));
    if (before(last, to->last())) rest.push_back(between(next(last), to->last()));
  }
  if (from == to) return;
  const auto at = ranges.erase(from, to);
  ranges.insert(at, rest.begin(), rest.end());
}

}  // namespace

bool TargetSet::add(const AddressRange& range) {
  const auto size = range.size();
  if (size > most) return false;
  if (at_most_ + size > most) {
    sort_in();
    TargetSet larger = *this;
    larger.added_.push_back(range);
    larger.sort_in();
    if (larger.size_ > most) return false;
    at_most_ = larger.size_ - size;
  }
  at_most_ += size;
  added_.push_back(range);
  return true;
}

void TargetSet::sort_in() const {
  if (added_.empty()) return;
  const auto by_first = [](const AddressRange& a, const AddressRange& b) {
    return before(a.first(), b.first());
  };
  std::ranges::sort(added_, by_first);
  std::vector<AddressRange> all;
  all.reserve(ranges_.size() + added_.size());
  std::ranges::merge(ranges_, added_, std::back_inserter(all), by_first);
  ranges_.clear();
  added_.clear();
  for (const auto& range : all) {
    if (ranges_.empty() || !touches(ranges_.back(), range))
      ranges_.push_back(range);
    else if (before(ranges_.back().last(), range.last()))
      ranges_.back() = between(ranges_.back().first(), range.last());
  }
  count();
}

void TargetSet::count() const {
  starts_.clear();
  starts_.reserve(ranges_.size());
  size_ = 0;
  for (const auto& range : ranges_) {
    starts_.push_back(size_);
    size_ += range.size();
  }
}

void TargetSet::remove(const AddressRange& range) {
  sort_in();
  const auto first = range.first(), last = range.last();
  if (first.is_v4() || !first.zone().empty()) {
    cut(ranges_, first, last);
  } else {
    std::vector<Zone> zones;
    for (const auto& there : ranges_)
      if (zones.empty() || zones.back() != there.first().zone())
        zones.push_back(there.first().zone());
    for (const auto& zone : zones) cut(ranges_, first.with_zone(zone), last.with_zone(zone));
  }
  count();
  at_most_ = size_;
}

void TargetSet::remove(const TargetSet& others) {
  // One walk along both: lists of what is excluded may be as long as those of what is not.
  const auto& cuts = others.ranges();
  std::vector<AddressRange> left;
  std::size_t next_cut = 0;
  for (const auto& range : ranges()) {
    auto first = range.first();
    bool rest = true;
    while (next_cut < cuts.size() && before(cuts[next_cut].last(), first)) ++next_cut;
    for (auto i = next_cut; rest && i < cuts.size() && !before(range.last(), cuts[i].first());
         ++i) {
      if (before(first, cuts[i].first())) left.push_back(between(first, previous(cuts[i].first())));
      rest = before(cuts[i].last(), range.last());
      if (rest) first = next(cuts[i].last());
    }
    if (rest) left.push_back(between(first, range.last()));
  }
  ranges_ = std::move(left);
  count();
  at_most_ = size_;
  // And what stands there without a zone goes for every zone.
  const auto zoned = [](const AddressRange& range) { return !range.first().zone().empty(); };
  if (std::ranges::none_of(ranges_, zoned)) return;
  for (const auto& range : cuts)
    if (range.first().is_v6() && !zoned(range)) remove(range);
}

TargetSet TargetSet::common(const TargetSet& other) const {
  TargetSet out;
  const auto &a = ranges(), &b = other.ranges();
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const auto& first = before(a[i].first(), b[j].first()) ? b[j].first() : a[i].first();
    const bool a_ends = before(a[i].last(), b[j].last());
    const auto& last = a_ends ? a[i].last() : b[j].last();
    if (same_realm(first, last) && !before(last, first))
      out.ranges_.push_back(between(first, last));
    ++(a_ends ? i : j);
  }
  out.count();
  out.at_most_ = out.size_;
  return out;
}

Address TargetSet::at(std::uint64_t index) const {
  sort_in();
  const auto range = std::ranges::upper_bound(starts_, index) - starts_.begin() - 1;
  const auto place = static_cast<std::size_t>(range);
  return ranges_[place][index - starts_[place]];
}

std::optional<std::uint64_t> TargetSet::index_of(const Address& address) const {
  sort_in();
  const auto range = std::ranges::partition_point(
      ranges_, [&](const AddressRange& there) { return before(there.last(), address); });
  if (range == ranges_.end() || before(address, range->first())) return std::nullopt;
  const auto distance = AddressNumber::of(address).minus(AddressNumber::of(range->first()));
  return starts_[static_cast<std::size_t>(range - ranges_.begin())] + distance.low;
}

}  // namespace sonda::inline v0
