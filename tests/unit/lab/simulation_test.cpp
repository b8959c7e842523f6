// Topologies at work under virtual time.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/lab/trace_text.hpp>

#include "lab_support.hpp"

namespace sonda::lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Simulation, eight_routers_in_a_row_answer_in_turn) {
  Lab lab{eight_routers};
  for (unsigned ttl = 1; ttl <= 8; ++ttl) {
    lab.ping("203.0.113.9", ttl);
    const auto from =
        ttl == 1 ? std::string{"192.0.2.1"} : "10.0." + std::to_string(ttl - 1) + ".2";
    EXPECT_THAT(lab.heard(), ElementsAre(HasSubstr("IP " + from +
                                                   " > 192.0.2.2: ICMP time exceeded "
                                                   "in-transit")))
        << ttl;
  }
  lab.ping("203.0.113.9", 9);
  EXPECT_THAT(
      lab.heard(),
      ElementsAre("8036 IP 203.0.113.9 > 192.0.2.2: ICMP echo reply, id 7, seq 1, length 64"));
}
}  // namespace
}  // namespace sonda::lab
