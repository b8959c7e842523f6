// Every field that our views report of a packet, under the names that tshark has for them.
#pragma once
#include <string>
#include <vector>

#include "judge.hpp"

namespace sonda::testing {

// All that facts_of() can report; tshark is asked for these and no other.
[[nodiscard]] const std::vector<std::string>& known_fields();

// What our views say of the packet and of all that it carries: a tunnel's inner packet, the
// quotation in an error, extensions.
[[nodiscard]] Facts facts_of(Bytes packet);
// The same of an Ethernet frame.
[[nodiscard]] Facts facts_of_frame(Bytes frame);

}  // namespace sonda::testing
