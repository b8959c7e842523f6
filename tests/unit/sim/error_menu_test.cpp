// The error menu, entry by entry: what a packet for each address brings about.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/error_menu.hpp>
#include <sonda/wire/icmp_interface.hpp>
#include <sonda/wire/icmp_mpls.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/quotation.hpp>
#include <sonda/wire/udp.hpp>

#include "tcp_client.hpp"

namespace sonda::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Ttl near{64}, behind{63};

// An error as it came: its type and code, and by whom it was sent.
struct Told {
  int type = 0, code = 0;
  Address from{};
  Ttl ttl{};
  bool checksum_ok = false;
  std::uint32_t second_word = 0;
  std::size_t quoted = 0;
};

struct ErrorMenuOf : testing::TestWithParam<IpVersion> {
  [[nodiscard]] bool is_v4() const { return GetParam() == IpVersion::v4; }
  [[nodiscard]] IcmpTypeCode prohibited() const {
    return is_v4() ? IcmpTypeCode{3, 13} : IcmpTypeCode{1, 1};
  }
  [[nodiscard]] Ends to(IcmpTypeCode icmp, MenuManner manner) const {
    return {is_v4() ? v4.from : v6.from, menu_address({GetParam(), icmp, manner})};
  }
  [[nodiscard]] Ends to(MenuManner manner) const { return to(prohibited(), manner); }
  [[nodiscard]] Address router() const {
    return is_v4() ? Address{ErrorMenu::router_v4} : Address{ErrorMenu::router_v6};
  }
  void deliver(const Octets& packet) {
    out.sent.clear();
    out.deeds.clear();
    menu.on_packet({Instant{1s}, Side{1}, packet}, out);
    for (const auto& sent : out.sent) EXPECT_EQ(sent.side, Side{1});
  }
  void ping(const Ends& ends, std::size_t size = 16, bool dont_fragment = true) {
    deliver(echo_request(ends, size, Ttl{64}, dont_fragment));
  }
  [[nodiscard]] Told told(std::size_t n = 0) const {
    const auto ip = IpPacket::read(out.sent.at(n).octets);
    const auto message = ip->payload();
    Told told{message[0], message[1], ip->source, ip->ttl};
    told.checksum_ok =
        is_v4() ? Icmpv4View::parse(message)->checksum_ok()
                : Icmpv6View::parse(message)->checksum_ok(ip->source.v6(), ip->destination.v6());
    told.second_word = load<std::uint32_t>(message, 4);
    told.quoted = message.size() - 8;
    return told;
  }
  // An echo's only answer is an echo reply from the target, one hop behind the router.
  void expect_works(const Ends& ends) {
    ASSERT_THAT(out.sent, SizeIs(1));
    EXPECT_EQ(told().type, is_v4() ? 0 : 129);
    EXPECT_EQ(told().from, ends.to);
    EXPECT_EQ(told().ttl, behind);
  }
  void expect_told(int type, int code) {
    ASSERT_THAT(out.sent, SizeIs(1));
    EXPECT_EQ(told().type, type);
    EXPECT_EQ(told().code, code);
    EXPECT_EQ(told().from, router());
    EXPECT_EQ(told().ttl, near);
    EXPECT_TRUE(told().checksum_ok);
  }
  void expect_prohibited() { expect_told(prohibited().type, prohibited().code); }
  std::vector<Heard> say(const Ends& ends, const Said& said, Port to = Port{7'777}) {
    deliver(segment(ends, said, Port{40'000}, to));
    std::vector<Heard> all;
    for (const auto& sent : out.sent)
      if (const auto heard = Heard::read(sent.octets)) all.push_back(*heard);
    return all;
  }

  RecordingOutbox out{};
  ErrorMenu menu{};
};
INSTANTIATE_TEST_SUITE_P(Versions, ErrorMenuOf, testing::Values(IpVersion::v4, IpVersion::v6),
                         [](const auto& run) { return run.param == IpVersion::v4 ? "v4" : "v6"; });

TEST_P(ErrorMenuOf, owns_its_prefixes_and_its_router) {
  for (const auto* text :
       {"10.0.0.0", "10.255.255.255", "198.51.100.1", "fd00::", "fd00:1:2::3", "2001:db8:1::1"})
    EXPECT_TRUE(menu.owns(*Address::parse(text))) << text;
  for (const auto* text : {"11.0.0.1", "198.51.100.2", "192.0.2.1", "fd01::", "2001:db8::1"})
    EXPECT_FALSE(menu.owns(*Address::parse(text))) << text;
}

TEST_P(ErrorMenuOf, the_router_answers_an_echo_itself) {
  ping({is_v4() ? v4.from : v6.from, router()});
  ASSERT_THAT(out.sent, SizeIs(1));
  EXPECT_EQ(told().type, is_v4() ? 0 : 129);
  EXPECT_EQ(told().ttl, near);
}

TEST_P(ErrorMenuOf, m1_is_the_error_at_once_whatever_the_packet_is) {
  ping(to(MenuManner::at_once));
  expect_prohibited();
  EXPECT_EQ(out.sent[0].wait, 0s);
  EXPECT_THAT(out.deeds, ElementsAre(Deed::answered));
  say(to(MenuManner::at_once), {.flags = syn});
  expect_prohibited();
  const Envelope strange{.from = is_v4() ? v4.from : v6.from,
                         .to = to(MenuManner::at_once).to,
                         .protocol = Protocol::experimental_1};
  deliver(strange.packet(8));
  expect_prohibited();
}

TEST_P(ErrorMenuOf, m2_is_the_error_after_a_second) {
  ping(to(MenuManner::late));
  expect_prohibited();
  EXPECT_EQ(out.sent[0].wait, 1s);
}

TEST_P(ErrorMenuOf, m3_resets_tcp_and_is_silent_for_the_rest) {
  const auto answer = say(to(MenuManner::rst), {.flags = syn, .sequence = 4});
  ASSERT_THAT(answer, SizeIs(1));
  EXPECT_EQ(answer[0].flags, rst | ack);
  EXPECT_EQ(answer[0].acknowledgement, 5U);
  EXPECT_EQ(answer[0].ttl, behind);
  EXPECT_THAT(say(to(MenuManner::rst), {.flags = rst}), IsEmpty());
  ping(to(MenuManner::rst));
  EXPECT_THAT(out.sent, IsEmpty());
}

TEST_P(ErrorMenuOf, m4_is_silent) {
  ping(to(MenuManner::silence));
  EXPECT_THAT(out.sent, IsEmpty());
  EXPECT_THAT(say(to(MenuManner::silence), {.flags = syn}), IsEmpty());
  EXPECT_THAT(out.deeds, ElementsAre(Deed::dropped));
}

TEST_P(ErrorMenuOf, m5_works_whatever_the_error_would_be) {
  for (const auto icmp : {prohibited(), IcmpTypeCode{}, IcmpTypeCode{200, 200}}) {
    const auto ends = to(icmp, MenuManner::works);
    ping(ends);
    expect_works(ends);
  }
  const auto ends = to(MenuManner::works);
  const auto greeting = say(ends, {.flags = syn});
  ASSERT_THAT(greeting, SizeIs(1));
  EXPECT_EQ(greeting[0].flags, syn | ack);
  EXPECT_EQ(greeting[0].ttl, behind);
  const auto banner =
      say(ends, {.flags = ack, .sequence = 1, .acknowledgement = greeting[0].sequence + 1});
  ASSERT_THAT(banner, SizeIs(1));
  EXPECT_FALSE(banner[0].data.empty());
  EXPECT_THAT(out.wakes, SizeIs(1));
  out.sent.clear();
  menu.on_time(Instant{2s}, out);
  EXPECT_THAT(out.sent, SizeIs(1)) << "the banner comes again";
}

TEST_P(ErrorMenuOf, m5_speaks_http_at_port_80) {
  const auto ends = to(MenuManner::works);
  const auto greeting = say(ends, {.flags = syn}, Port{80});
  ASSERT_THAT(greeting, SizeIs(1));
  const auto page = say(
      ends, {.flags = ack, .sequence = 1, .acknowledgement = greeting[0].sequence + 1}, Port{80});
  ASSERT_FALSE(page.empty());
  const std::string text(page[0].data.begin(), page[0].data.end());
  EXPECT_TRUE(text.starts_with("HTTP/1.0 200 OK\r\n")) << text;
  EXPECT_TRUE(page.back().flags.has(fin)) << "and ends there";
}

TEST_P(ErrorMenuOf, m5_echoes_datagrams) {
  const auto ends = to(MenuManner::works);
  const Envelope envelope{.from = ends.from, .to = ends.to, .protocol = Protocol::udp};
  auto packet = envelope.packet(UdpHeader::size() + 3);
  UdpHeader{.source_port = Port{4}, .destination_port = Port{53}}.emit(
      MutableBytes{packet}.subspan(envelope.size()), ends.from, ends.to);
  deliver(packet);
  ASSERT_THAT(out.sent, SizeIs(1));
  EXPECT_EQ(UdpView::parse(IpPacket::read(out.sent[0].octets)->payload())->source_port(), Port{53});
}

TEST_P(ErrorMenuOf, m6_is_the_error_twice) {
  ping(to(MenuManner::twice));
  ASSERT_THAT(out.sent, SizeIs(2));
  for (std::size_t n : {0U, 1U}) {
    EXPECT_EQ(told(n).type, prohibited().type);
    EXPECT_EQ(out.sent[n].wait, 0s);
  }
}

TEST_P(ErrorMenuOf, m7_has_a_wrong_checksum_and_nothing_else_wrong) {
  ping(to(MenuManner::bad_checksum));
  ASSERT_THAT(out.sent, SizeIs(1));
  EXPECT_FALSE(told().checksum_ok);
  EXPECT_EQ(told().type, prohibited().type);
  EXPECT_TRUE(IpPacket::read(out.sent[0].octets));
}

TEST_P(ErrorMenuOf, m8_quotes_the_header_and_eight_octets) {
  ping(to(MenuManner::brief), 100);
  expect_prohibited();
  EXPECT_EQ(told().quoted, is_v4() ? 28U : 48U);
}

TEST_P(ErrorMenuOf, m9_carries_labels_and_the_interface_where_there_is_room) {
  ping(to(MenuManner::extensions));
  expect_prohibited();
  const auto message = IpPacket::read(out.sent[0].octets)->payload();
  const auto quotation = Quotation::parse(message, GetParam());
  ASSERT_TRUE(quotation && quotation->extensions());
  const auto labels =
      MplsStackView::parse(*quotation->extensions()->first(ExtensionClass::mpls_label_stack));
  ASSERT_TRUE(labels);
  ASSERT_EQ(labels->size(), 2U);
  EXPECT_TRUE((*labels)[1].bottom && !(*labels)[0].bottom);
  const auto interface =
      InterfaceInfo::parse(*quotation->extensions()->first(ExtensionClass::interface_information));
  ASSERT_TRUE(interface);
  EXPECT_EQ(interface->address, router());
  EXPECT_EQ(interface->name, InterfaceName{"eth0"});

  ping(to({4, 0}, MenuManner::extensions));
  expect_told(4, 0);
  EXPECT_EQ(told().quoted, echo_request(to(MenuManner::works)).size()) << "all of it, and no more";
}

TEST_P(ErrorMenuOf, m10_comes_from_the_target) {
  const auto ends = to(MenuManner::from_target);
  ping(ends);
  ASSERT_THAT(out.sent, SizeIs(1));
  EXPECT_EQ(told().from, ends.to);
  EXPECT_EQ(told().ttl, behind);
  EXPECT_EQ(told().type, prohibited().type);
}

TEST_P(ErrorMenuOf, m11_waits_for_an_established_connection) {
  const auto ends = to(MenuManner::established);
  const auto greeting = say(ends, {.flags = syn});
  ASSERT_THAT(greeting, SizeIs(1));
  const auto acked = greeting[0].sequence + 1;
  EXPECT_EQ(
      say(ends, {.flags = ack | psh, .sequence = 1, .acknowledgement = acked + 5, .data = {1}})
          .at(0)
          .flags,
      rst)
      << "the handshake is not over";
  say(ends, {.flags = ack, .sequence = 1, .acknowledgement = acked});
  say(ends, {.flags = ack | psh, .sequence = 1, .acknowledgement = acked, .data = {1}});
  expect_prohibited();
  const auto end = say(ends, {.flags = ack | fin, .sequence = 1, .acknowledgement = acked});
  ASSERT_FALSE(end.empty());
  EXPECT_EQ(end.back().acknowledgement, 2U) << "it can be closed, and the octet never arrived";
  ping(ends);
  expect_prohibited();
}

TEST_P(ErrorMenuOf, a_larger_packet_is_told_of_the_mtu_and_a_smaller_one_is_delivered) {
  const auto too_big = is_v4() ? IcmpTypeCode{3, 4} : IcmpTypeCode{2, 0};
  const auto ends = to(too_big, MenuManner::at_once);
  const std::size_t headers = is_v4() ? 28 : 48;
  ping(ends, 1'280 - headers);
  expect_works(ends);
  ping(ends, 1'281 - headers);
  expect_told(too_big.type, too_big.code);
  EXPECT_EQ(told().second_word, 1'280U);
  if (is_v4()) {
    ping(ends, 1'281 - headers, false);
    expect_works(ends);
  }
  ping(to(too_big, MenuManner::twice), 1'281 - headers);
  EXPECT_THAT(out.sent, SizeIs(2));
}

TEST_P(ErrorMenuOf, every_entry_of_the_catalogue_is_told_as_it_stands) {
  for (const auto& entry : menu_entries(GetParam())) {
    ping({is_v4() ? v4.from : v6.from, menu_address(entry)}, 1'400);
    expect_told(entry.icmp.type, entry.icmp.code);
  }
  for (const std::uint8_t code : {std::uint8_t{16}, std::uint8_t{200}}) {
    const std::uint8_t type = is_v4() ? 3 : 1;
    ping(to({type, code}, MenuManner::at_once));
    expect_told(type, code);
  }
}

TEST_P(ErrorMenuOf, a_type_that_is_no_error_works) {
  for (const int type : {is_v4() ? 8 : 128, is_v4() ? 43 : 137, 255}) {
    const auto ends = to({static_cast<std::uint8_t>(type), 0}, MenuManner::at_once);
    ping(ends);
    expect_works(ends);
  }
}

TEST_P(ErrorMenuOf, the_rest_has_no_route) {
  for (const auto* text :
       is_v4() ? std::vector{"10.3.13.0", "10.3.13.12", "10.3.13.255"}
               : std::vector{"fd00::1:1:c", "fd00::1:1:12", "fd00:1::1:1:1", "fd00::1:256:1"}) {
    ping({is_v4() ? v4.from : v6.from, *Address::parse(text)});
    expect_told(is_v4() ? 3 : 1, 0);
    EXPECT_THAT(out.deeds, ElementsAre(Deed::no_route));
  }
}

TEST_P(ErrorMenuOf, it_is_a_hop_of_its_own) {
  for (const auto manner : {MenuManner::at_once, MenuManner::silence, MenuManner::works}) {
    deliver(echo_request(to(manner), 16, Ttl{1}));
    expect_told(is_v4() ? 11 : 3, 0);
  }
  deliver(echo_request({is_v4() ? v4.from : v6.from, router()}, 16, Ttl{1}));
  EXPECT_EQ(told().type, is_v4() ? 0 : 129);
  deliver(echo_request(to(MenuManner::at_once), 16, Ttl{2}));
  expect_prohibited();
}

TEST_P(ErrorMenuOf, nobody_is_told_of_an_error_about_an_error) {
  Random random{1};
  for (const auto manner : {MenuManner::at_once, MenuManner::twice, MenuManner::from_target}) {
    const auto ends = to(manner);
    deliver(icmp_error({.type = std::uint8_t(is_v4() ? 3 : 1), .code = 1}, ends.from,
                       echo_request({ends.to, ends.from}), random));
    EXPECT_THAT(out.sent, IsEmpty());
  }
}

TEST_P(ErrorMenuOf, garbage_is_noted_and_not_answered) {
  deliver({1, 2, 3});
  EXPECT_THAT(out.deeds, ElementsAre(Deed::unreadable));
  const auto whole = echo_request(to(MenuManner::at_once));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    deliver(Octets(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_THAT(out.sent, IsEmpty());
  }
}

TEST(ErrorMenuV4, pointers_and_gateways_are_what_the_header_says) {
  ErrorMenu menu;
  const auto second_word = [&menu](std::uint8_t type, std::uint8_t code) {
    RecordingOutbox out;
    menu.on_packet(
        {Instant{}, Side{}, echo_request({v4.from, menu_address({.icmp = {type, code}})})}, out);
    return load<std::uint32_t>(IpPacket::read(out.sent.at(0).octets)->payload(), 4);
  };
  EXPECT_EQ(second_word(5, 1), ErrorMenu::router_v4.number());
  EXPECT_EQ(second_word(12, 0) >> 24, 20U);
  EXPECT_EQ(second_word(12, 2) >> 24, 2U);
  EXPECT_EQ(second_word(3, 13), 0U);
}

TEST(ErrorMenuV6, pointers_are_what_the_header_says) {
  ErrorMenu menu;
  const auto pointer = [&menu](std::uint8_t code) {
    RecordingOutbox out;
    const auto target = menu_address({.version = IpVersion::v6, .icmp = {4, code}});
    menu.on_packet({Instant{}, Side{}, echo_request({v6.from, target})}, out);
    return load<std::uint32_t>(IpPacket::read(out.sent.at(0).octets)->payload(), 4);
  };
  EXPECT_EQ(pointer(0), 40U);
  EXPECT_EQ(pointer(1), 6U);
  EXPECT_EQ(pointer(2), 42U);
}

}  // namespace
}  // namespace sonda::sim
