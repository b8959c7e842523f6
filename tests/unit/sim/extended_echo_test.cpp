// What a simulated host says of its interfaces (RFC 8335 section 4).
#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/host.hpp>
#include <sonda/wire/icmp_extended_echo.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>

#include "recording_outbox.hpp"

namespace sonda::sim {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

using Code = ExtendedEchoCode;

struct ExtendedEchoOf : testing::TestWithParam<Ends> {
  ExtendedEchoOf() {
    const auto at = [](const char* text) { return *Address::parse(text); };
    plan.addresses = {GetParam().to};
    plan.answers_extended_echo = true;
    plan.interfaces = {
        {.name = "eth0", .index = InterfaceIndex{2}, .addresses = {at("10.0.0.1"), at("fd00::1")}},
        {.name = "eth1",
         .index = InterfaceIndex{3},
         .addresses = {at("10.0.0.2")},
         .active = false},
        {.name = "eth2", .index = InterfaceIndex{4}, .addresses = {at("10.0.0.3")}},
        {.name = "twin", .index = InterfaceIndex{5}, .addresses = {at("fd00::5")}},
        {.name = "twin", .index = InterfaceIndex{6}}};
  }
  [[nodiscard]] bool is_v4() const { return GetParam().to.is_v4(); }
  std::optional<ExtendedEchoReply> ask(ExtendedEchoRequest request) {
    const Envelope envelope{.from = GetParam().from,
                            .to = GetParam().to,
                            .protocol = is_v4() ? Protocol::icmp : Protocol::icmpv6};
    auto packet = envelope.packet(request.size());
    const auto room = MutableBytes{packet}.subspan(envelope.size());
    request.identifier = Identifier{0x1234};
    request.sequence = 9;
    if (is_v4())
      request.emit(room);
    else
      request.emit(room, GetParam().from.v6(), GetParam().to.v6());
    RecordingOutbox out;
    Host host{plan};
    host.on_packet({Instant{}, Side{}, packet}, out);
    if (out.sent.empty()) return std::nullopt;
    const auto ip = IpPacket::read(out.sent[0].octets);
    const auto message = ip->payload();
    EXPECT_TRUE(
        is_v4() ? Icmpv4View::parse(message)->checksum_ok()
                : Icmpv6View::parse(message)->checksum_ok(ip->source.v6(), ip->destination.v6()));
    const auto reply = is_v4() ? ExtendedEchoReply::parse_icmpv4(message)
                               : ExtendedEchoReply::parse_icmpv6(message);
    EXPECT_TRUE(reply);
    EXPECT_EQ(reply->identifier, Identifier{0x1234});
    EXPECT_EQ(reply->sequence, 9);
    return *reply;
  }
  std::optional<ExtendedEchoReply> ask(const InterfaceIdentification& about, bool local = true) {
    std::array<std::uint8_t, 128> room{};
    ExtensionsWriter writer{room};
    return ask({.local = local, .extensions = writer.add(about).finish()});
  }

  HostPlan plan{};
};
INSTANTIATE_TEST_SUITE_P(Versions, ExtendedEchoOf, testing::Values(v4, v6),
                         [](const auto& run) { return run.param.to.is_v4() ? "v4" : "v6"; });

TEST_P(ExtendedEchoOf, an_interface_is_found_by_name_index_or_address) {
  for (const auto& about :
       {InterfaceIdentification{InterfaceName{"eth0"}}, InterfaceIdentification{InterfaceIndex{2}},
        InterfaceIdentification{*Address::parse("fd00::1")}}) {
    const auto reply = ask(about);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->code, Code::no_error);
    EXPECT_TRUE(reply->active && reply->ipv4 && reply->ipv6);
  }
}

TEST_P(ExtendedEchoOf, an_interface_without_ipv6_says_so_and_one_that_is_down_says_nothing_else) {
  const auto v4_only = ask({InterfaceName{"eth2"}});
  EXPECT_TRUE(v4_only->active && v4_only->ipv4 && !v4_only->ipv6);
  const auto down = ask({InterfaceName{"eth1"}});
  EXPECT_EQ(down->code, Code::no_error);
  EXPECT_FALSE(down->active || down->ipv4 || down->ipv6);
}

TEST_P(ExtendedEchoOf, each_way_to_find_nothing_has_its_code) {
  EXPECT_EQ(ask({InterfaceName{"eth9"}})->code, Code::no_such_interface);
  EXPECT_EQ(ask({InterfaceName{"twin"}})->code, Code::multiple_interfaces);
  EXPECT_EQ(ask({*Address::parse("10.0.0.1")}, false)->code, Code::no_such_table_entry);
  EXPECT_EQ(ask({InterfaceIndex{2}}, false)->code, Code::malformed_query);
  EXPECT_EQ(ask(ExtendedEchoRequest{})->code, Code::malformed_query);
}

TEST_P(ExtendedEchoOf, a_code_makes_it_no_query_and_linux_answers_none_unless_told) {
  EXPECT_FALSE(ask(ExtendedEchoRequest{.code = 1}));
  plan.answers_extended_echo = false;
  EXPECT_FALSE(ask({InterfaceName{"eth0"}}));
}

}  // namespace
}  // namespace sonda::sim
