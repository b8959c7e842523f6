// Effective user and group, there and back.
#include <tuple>
#include <unistd.h>

#include <sonda/net/child.hpp>
#include <sonda/net/ownership.hpp>

namespace sonda::inline v0::net {

AsSudoCaller::AsSudoCaller() {
  const auto caller = sudo_caller();
  if (!caller) return;
  before_ = Numbers{::geteuid(), ::getegid()};
  std::ignore = ::setegid(caller->group);
  std::ignore = ::seteuid(caller->user);
}

AsSudoCaller::~AsSudoCaller() {
  if (!before_) return;
  std::ignore = ::seteuid(before_->user);
  std::ignore = ::setegid(before_->group);
}

}  // namespace sonda::inline v0::net
