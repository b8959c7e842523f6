// Token buckets for ICMP errors.
#include <algorithm>
#include <utility>

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

// icmp_ratemask of IPv4: 3, 4, 11 and 12.
bool is_limited(const Address& to, const ErrorMessage& error) {
  if (is_too_big(to, error)) return false;
  return to.is_v6() || error.type == 3 || error.type == 4 || error.type == 11 || error.type == 12;
}

}  // namespace

bool IcmpBudget::Bucket::take(Instant now, Duration each, double burst) {
  const auto elapsed = std::chrono::duration<double>(now - filled) / each;
  tokens = std::min(burst, tokens + elapsed);
  filled = now;
  if (tokens < 1) return false;
  tokens -= 1;
  return true;
}

bool IcmpBudget::allows(Instant now, const Address& to, const ErrorMessage& error) {
  if (const auto* bucket = std::get_if<IcmpBucket>(&limit_)) {
    if (!std::exchange(all_begun_, true)) all_ = {.tokens = bucket->burst, .filled = now};
    if (bucket->per_second <= 0) return all_.take(now, Duration::max(), bucket->burst);
    const auto each = std::chrono::duration<double, std::nano>{1e9 / bucket->per_second};
    return all_.take(now, Duration{static_cast<Duration::rep>(each.count())}, bucket->burst);
  }
  if (std::holds_alternative<LinuxIcmpLimit>(limit_)) return linux_allows(now, to, error);
  return true;
}

bool IcmpBudget::linux_allows(Instant now, const Address& to, const ErrorMessage& error) {
  if (!is_limited(to, error)) return true;
  if (receivers_.size() >= most_receivers && !receivers_.contains(to)) receivers_.clear();
  const auto [receiver, is_new] = receivers_.try_emplace(to.without_zone());
  if (is_new) receiver->second = {.tokens = linux_burst, .filled = now};
  if (!std::exchange(all_begun_, true)) all_ = {.tokens = linux_all_burst, .filled = now};
  return receiver->second.take(now, to.is_v4() ? linux_v4_each : linux_v6_each, linux_burst) &&
         all_.take(now, linux_all_each, linux_all_burst);
}

}  // namespace sonda::inline v0::sim
