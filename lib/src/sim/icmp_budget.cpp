// Token buckets for ICMP errors.
#include <sonda/sim/icmp_budget.hpp>

namespace sonda::inline v0::sim {
namespace {

constexpr double linux_burst = 6;                                   // XRLIM_BURST_FACTOR
constexpr Duration linux_v4_each = std::chrono::seconds{1};         // net.ipv4.icmp_ratelimit
constexpr Duration linux_v6_each = std::chrono::milliseconds{100};  // net.ipv6.icmp.ratelimit
constexpr Duration linux_all_each = std::chrono::milliseconds{1};   // net.ipv4.icmp_msgs_per_sec
constexpr double linux_all_burst = 50;                              // net.ipv4.icmp_msgs_burst

bool is_too_big(const Address& to, const ErrorMessage& error) {
  return to.is_v4() ? error.type == 3 && error.code == 4 : error.type == 2;
}

// icmp_ratemask of IPv4: 3, 4, 11 and 12; of IPv6: 0, 1 and 3 to 127.
bool is_limited(const Address& to, const ErrorMessage& error) {
  constexpr std::uint8_t v6_informational = 128;
  if (is_too_big(to, error)) return false;
  if (to.is_v6()) return error.type < v6_informational;
  return error.type == 3 || error.type == 4 || error.type == 11 || error.type == 12;
}

}  // namespace

bool IcmpBudget::allows(Instant now, const Address& to, const ErrorMessage& error) {
  if (const auto* bucket = std::get_if<IcmpBucket>(&limit_)) {
    if (!all_)
      all_ = bucket->per_second > 0 ? TokenBucket{now, 1e9 / bucket->per_second, bucket->burst}
                                    : TokenBucket::never_filled(bucket->burst);
    return all_->take(now);
  }
  if (std::holds_alternative<LinuxIcmpLimit>(limit_)) return linux_allows(now, to, error);
  return true;
}

// Neither bucket loses a token to an error that the other one forbids (Linux 6.12, 8c2bd38b95f7).
bool IcmpBudget::linux_allows(Instant now, const Address& to, const ErrorMessage& error) {
  if (!is_limited(to, error)) return true;
  if (!all_) all_.emplace(now, linux_all_each, linux_all_burst);
  if (!all_->has(now)) return false;
  const auto bare = to.without_zone();
  if (receivers_.size() >= most_receivers && !receivers_.contains(bare)) receivers_.clear();
  const auto each = to.is_v4() ? linux_v4_each : linux_v6_each;
  auto& receiver = receivers_.try_emplace(bare, now, each, linux_burst).first->second;
  return receiver.take(now) && all_->take(now);
}

}  // namespace sonda::inline v0::sim
