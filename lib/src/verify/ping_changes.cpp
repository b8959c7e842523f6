// Changes that a ping tells of: each has its reply or its error beside it.
#include <utility>

#include <fmt/format.h>

#include "icmp_words.hpp"
#include "ping_claims.hpp"

namespace sonda::inline v0::verify {

// The change of a TTL stands directly behind the reply that shows it, that of the MTU directly in
// front of the error that makes it.
void PingClaims::check_changes(const Happening& what, const Line& line) {
  const auto* change = std::get_if<Change>(&what);
  if (expected_change_ && (change == nullptr || change->what != "reply_ttl"))
    accuse(Claim::reply, "change_untold",
           fmt::format("the replies' TTL changed from {} to {} in front of line {}",
                       expected_change_->was, expected_change_->is, line.number),
           line);
  if (change == nullptr || change->what != "reply_ttl") expected_change_.reset();
  if (told_path_mtu_ && !std::holds_alternative<IcmpError>(what)) {
    accuse(Claim::icmp_error, "path_mtu_wrong",
           fmt::format("the path's MTU is told to change to {} and no error does that",
                       told_path_mtu_->is),
           line);
    told_path_mtu_.reset();
  }
  if (const auto* error = std::get_if<IcmpError>(&what)) check_path_mtu(*error, line);
}

void PingClaims::on(const Change& event, const Line& line) {
  if (event.what == "path_mtu") {
    told_path_mtu_ = event;
  } else if (event.what != "reply_ttl") {
    accuse(Claim::icmp_error, "unknown_change",
           fmt::format("a change of {}", event.what.substr(0, 40)), line);
  } else if (expected_change_ != event) {
    accuse(Claim::reply, "change_wrong",
           fmt::format("the replies' TTL is told to change from {} to {}", event.was.substr(0, 20),
                       event.is.substr(0, 20)),
           line);
    expected_change_.reset();
  } else {
    case_.ledger.holds(Claim::reply);
    expected_change_.reset();
  }
}

void PingClaims::check_path_mtu(const IcmpError& event, const Line& line) {
  const auto told = std::exchange(told_path_mtu_, std::nullopt);
  const auto version = case_.told.v4() ? IpVersion::v4 : IpVersion::v6;
  if (!case_.asked.data_octets) return;
  const auto size = *case_.asked.data_octets + 8 + (version == IpVersion::v4 ? 20 : 40);
  const auto mtu = meant_mtu(version, event.icmp.mtu, size);
  const bool may = is_too_big(version, event.icmp.type, event.icmp.code) &&
                   case_.asked.path_mtu_discovery == "want" && mtu < size;
  // What the system knew of the path before the first change is nowhere told.
  const bool must = may && path_mtu_ && mtu < *path_mtu_;
  if (!told) {
    if (must)
      accuse(Claim::icmp_error, "path_mtu_untold",
             fmt::format("seq {}: the path's MTU becomes {}", event.sequence, mtu), line,
             event.sequence);
    if (must) path_mtu_ = mtu;
    return;
  }
  const bool known = path_mtu_.has_value();
  const bool follows = !known || told->was == std::to_string(*path_mtu_);
  if (may && (must || !known) && follows && told->is == std::to_string(mtu))
    case_.ledger.holds(Claim::icmp_error);
  else
    accuse(Claim::icmp_error, "path_mtu_wrong",
           fmt::format("the path's MTU is told to change from {} to {}, the error means {}",
                       told->was.substr(0, 20), told->is.substr(0, 20), mtu),
           line, event.sequence);
  if (may) path_mtu_ = mtu;
}

}  // namespace sonda::inline v0::verify
