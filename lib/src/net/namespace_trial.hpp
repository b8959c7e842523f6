// Whether an ordinary user can make a network of his own here.
#pragma once
#include <sonda/net/trials.hpp>

namespace sonda::inline v0::net {

[[nodiscard]] Trial try_namespaces();

}  // namespace sonda::inline v0::net
