// How many ICMP errors a machine sends: as many as asked, as Linux limits them, or a bucket's
// worth.
#pragma once
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <variant>

#include <sonda/core/export.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/icmp_error.hpp>
#include <sonda/sim/token_bucket.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::sim {

struct NoIcmpLimit {
  friend bool operator==(const NoIcmpLimit&, const NoIcmpLimit&) = default;
};
// Linux: per receiver 6 at once, then 1 a second (IPv4: icmp_ratelimit, icmp_ratemask) or 10 a
// second (IPv6: icmp/ratelimit); over all receivers 1,000 a second, 50 at once
// (icmp_msgs_per_sec, icmp_msgs_burst). "Packet too big" of either version is never limited.
struct LinuxIcmpLimit {
  friend bool operator==(const LinuxIcmpLimit&, const LinuxIcmpLimit&) = default;
};
// One bucket for all receivers.
struct IcmpBucket {
  double per_second = 1;  // 0: what is in it in the beginning is all
  double burst = 1;       // at least 1
  friend bool operator==(const IcmpBucket&, const IcmpBucket&) = default;
};
using IcmpLimit = std::variant<NoIcmpLimit, LinuxIcmpLimit, IcmpBucket>;

class SONDA_EXPORT IcmpBudget {
 public:
  static constexpr std::size_t most_receivers = 4'096;  // more, and all begin anew

  explicit IcmpBudget(const IcmpLimit& limit = {}) : limit_{limit} {}

  // Whether this error may be sent to this receiver now; takes it off the budget if so.
  [[nodiscard]] bool allows(Instant now, const Address& to, const ErrorMessage& error);

 private:
  [[nodiscard]] bool linux_allows(Instant now, const Address& to, const ErrorMessage& error);

  IcmpLimit limit_;
  std::unordered_map<Address, TokenBucket> receivers_;
  std::optional<TokenBucket> all_;  // begins with the first error
};

}  // namespace sonda::inline v0::sim
