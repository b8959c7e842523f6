// DNS: names, the one question of a query, responses, and what is no query.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/wire/dns.hpp>

#include "golden.hpp"

namespace sonda {
namespace {

using testing::emitted;
using testing::error_of;
using testing::ExactCopy;
using testing::hex;
using testing::Octets;

Octets octets_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }
DnsName dns(std::string_view text) { return DnsName::parse(text).value(); }

// 4660+ [1au] A? Web.lab. (36), as dig sends it with an OPT record
constexpr auto query =
    hex<"1234 0120 0001 0000 0000 0001  03 576562 03 6c6162 00 0001 0001"
        "00 0029 04d0 00000000 0000">();
// 4660*- 2/0/0 A 192.0.2.80, AAAA 2001:db8::80 (69)
constexpr auto response =
    hex<"1234 8500 0001 0002 0000 0000  03 576562 03 6c6162 00 0001 0001"
        "c00c 0001 0001 0000003c 0004 c0000250"
        "c00c 001c 0001 0000003c 0010 20010db8000000000000000000000080">();
constexpr Ipv4Address web4{192, 0, 2, 80};
constexpr auto web6 = *Ipv6Address::parse("2001:db8::80");

static_assert(DnsQuery::parse(query)->name() == *DnsName::parse("web.lab"));
static_assert(reverse_address(*DnsName::parse("4.3.2.1.in-addr.arpa")) ==
              Address{Ipv4Address{1, 2, 3, 4}});

TEST(DnsName, is_the_same_in_either_case_and_with_a_dot_at_its_end) {
  const auto name = dns("web.lab");
  EXPECT_EQ(dns("Web.LAB."), dns("web.lab"));
  EXPECT_EQ(dns("Web.LAB").text(), "web.lab");
  EXPECT_EQ(octets_of(name.octets().first(5)), (Octets{3, 'w', 'e', 'b', 3}));
  EXPECT_NE(dns("web.lab"), dns("web.la"));
}

TEST(DnsName, may_be_the_root) {
  EXPECT_EQ(dns("."), DnsName{});
  EXPECT_EQ(DnsName{}.text(), ".");
  EXPECT_EQ(DnsName{}.size(), 1U);
  EXPECT_TRUE(DnsName{}.is_root());
  EXPECT_EQ(DnsName::from_wire(Octets{0}).value(), DnsName{});
}

TEST(DnsName, has_no_empty_label) {
  for (const auto* text : {"", "..", ".a", "a..b", "a.."})
    EXPECT_EQ(error_of(DnsName::parse(text)).fault, Fault::too_short) << text;
}

TEST(DnsName, has_labels_of_63_octets_and_255_in_all) {
  const std::string label(63, 'a');
  EXPECT_TRUE(DnsName::parse(label));
  EXPECT_EQ(error_of(DnsName::parse(label + "a")),
            (ParseError{Layer::dns, Fault::too_many, 63, 64}));
  const auto longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  EXPECT_EQ(dns(longest).size(), 255U);
  EXPECT_EQ(dns(longest + ".").text(), longest);
  EXPECT_EQ(error_of(DnsName::parse(longest + "b")).needed, 255U);
  EXPECT_EQ(error_of(DnsName::parse(longest + ".b")).needed, 255U);

  const auto name = dns(longest);
  auto wire = octets_of(name.octets());
  EXPECT_EQ(DnsName::from_wire(wire).value(), dns(longest));
  wire[192] = 62, wire.back() = 'b', wire.push_back(0);
  EXPECT_EQ(error_of(DnsName::from_wire(wire)),
            (ParseError{Layer::dns, Fault::too_many, 255, 256}));
}

TEST(DnsName, escapes_what_is_no_text) {
  const auto odd = DnsName::from_wire(Octets{5, 'a', '.', '\\', 0, 0xff, 1, ' ', 0}).value();
  EXPECT_EQ(odd.text(), "a\\.\\\\\\000\\255.\\032");
  EXPECT_EQ(dns(odd.text()), odd);
  EXPECT_EQ(dns("\\065").text(), "a");
  for (const auto* text : {"\\", "a\\1", "\\12", "\\256", "\\1x2"})
    EXPECT_EQ(error_of(DnsName::parse(text)).fault, Fault::bad_value) << text;
  const auto worst = DnsName::from_wire([] {
                       Octets octets(255, 0xff);
                       octets[0] = octets[64] = octets[128] = 63;
                       octets[192] = 61, octets[254] = 0;
                       return octets;
                     }())
                         .value();
  EXPECT_EQ(worst.text().view().size(), 250U * 4 + 3);
  EXPECT_EQ(dns(worst.text()), worst);
}

TEST(DnsName, refuses_pointers_and_labels_of_no_standard) {
  for (const auto length : std::array<std::uint8_t, 4>{0x40, 0x80, 0xc0, 0xff})
    EXPECT_EQ(error_of(DnsName::from_wire(Octets{1, 'a', length, 0, 0})),
              (ParseError{Layer::dns, Fault::bad_value, 63, 5}));
}

TEST(DnsName, is_within_its_zone_by_whole_labels) {
  EXPECT_TRUE(dns("a.web.lab").is_within(dns("lab")));
  EXPECT_TRUE(dns("lab").is_within(dns("lab")));
  EXPECT_TRUE(dns("lab").is_within(DnsName{}));
  EXPECT_FALSE(dns("lab").is_within(dns("web.lab")));
  EXPECT_FALSE(dns("weblab").is_within(dns("lab")));
  EXPECT_FALSE(DnsName{}.is_within(dns("lab")));
}

TEST(DnsName, of_an_address_is_it_reversed) {
  EXPECT_EQ(reverse_name(web4), dns("80.2.0.192.in-addr.arpa"));
  EXPECT_EQ(reverse_name(Address{web6, *Zone::parse("eth0")}),
            dns("0.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.IP6.ARPA"));
  for (const auto* text : {"0.0.0.0", "255.254.253.1", "::", "2001:db8::80", "ff02::1:ff12:3456"}) {
    const auto address = *Address::parse(text);
    EXPECT_EQ(reverse_address(reverse_name(address)), address) << text;
  }
}

TEST(DnsName, of_no_address_is_known_as_such) {
  const auto nibbles = std::string{reverse_name(web6).text().view()};
  auto wide = nibbles, letter = nibbles, parted = nibbles;
  wide.insert(0, "0."), letter[0] = 'g', parted[1] = '0', parted[2] = '.', parted[3] = '8';
  for (const std::string& text :
       {std::string{"in-addr.arpa"}, std::string{"3.2.1.in-addr.arpa"},
        std::string{"5.4.3.2.1.in-addr.arpa"}, std::string{"04.3.2.1.in-addr.arpa"},
        std::string{"256.3.2.1.in-addr.arpa"}, std::string{"4.3.2.1.in-addr.arpa.lab"},
        std::string{"web.lab"}, std::string{"ip6.arpa"}, nibbles.substr(2), wide, letter, parted})
    EXPECT_FALSE(reverse_address(dns(text))) << text;
}

TEST(DnsQuery, reads_its_question_and_leaves_an_opt_record_alone) {
  const auto asked = DnsQuery::parse(query);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->identifier(), 0x1234);
  EXPECT_EQ(asked->opcode(), DnsOpcode::query);
  EXPECT_TRUE(asked->recursion_desired());
  EXPECT_EQ(asked->name().text(), "web.lab");
  EXPECT_EQ(asked->type(), DnsType::a);
  EXPECT_EQ(asked->name_class(), DnsClass::internet);
  EXPECT_EQ(asked->octets().size(), 25U);
}

TEST(DnsQuery, refuses_every_truncation_of_its_question) {
  testing::refuses_every_truncation(Bytes{query}.first(25),
                                    [](Bytes cut) { return DnsQuery::parse(cut); });
}

ParseError error_with(std::size_t at, std::uint8_t value) {
  auto octets = query;
  octets[at] = value;
  return error_of(DnsQuery::parse(octets));
}

TEST(DnsQuery, refuses_a_response_and_other_than_one_question) {
  EXPECT_EQ(error_with(2, 0x81), (ParseError{Layer::dns, Fault::bad_type, 0, 36}));
  EXPECT_EQ(error_with(5, 2), (ParseError{Layer::dns, Fault::too_many, 1, 36}));
  EXPECT_EQ(error_with(5, 0), (ParseError{Layer::dns, Fault::bad_value, 1, 36}));
}

// A name that points to itself has hung many a resolver.
TEST(DnsQuery, refuses_a_compression_pointer_in_its_question) {
  EXPECT_EQ(error_with(12, 0xc0), (ParseError{Layer::dns, Fault::bad_value, 63, 36}));
  EXPECT_EQ(error_with(16, 0xc0).fault, Fault::bad_value);
  EXPECT_EQ(error_with(16, 63), (ParseError{Layer::dns, Fault::too_short, 80, 36}));
}

TEST(DnsQuery, keeps_opcodes_types_and_classes_that_it_does_not_know) {
  auto octets = query;
  octets[2] = 0x7e;  // opcode 15, TC
  octets[21] = 0xff, octets[22] = 0xfe, octets[23] = 0x12, octets[24] = 0x34;
  const auto asked = DnsQuery::parse(octets);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->opcode(), DnsOpcode{15});
  EXPECT_FALSE(asked->recursion_desired());
  EXPECT_EQ(asked->type(), DnsType{0xfffe});
  EXPECT_EQ(asked->name_class(), DnsClass{0x1234});
}

TEST(DnsQuery, stays_within_its_octets_whatever_they_are) {
  testing::on_every_mutilation(query, [](Bytes octets) {
    const auto asked = DnsQuery::parse(octets);
    if (!asked) return;
    EXPECT_LE(asked->octets().size(), octets.size());
    EXPECT_EQ(asked->octets().size(), 12 + asked->name().size() + 4);
    EXPECT_EQ(dns(asked->name().text()), asked->name());
  });
}

TEST(DnsResponseWriter, answers_with_both_addresses_and_the_questions_capitals) {
  const auto written = emitted(response.size(), [](MutableBytes room) {
    const auto asked = *DnsQuery::parse(query);
    DnsResponseWriter writer{room, asked};
    EXPECT_EQ(
        writer.address(asked.name(), web4, 60).address(asked.name(), web6, 60).finish().size(),
        response.size());
    EXPECT_FALSE(writer.overflowed());
  });
  EXPECT_EQ(written, octets_of(response));
}

TEST(DnsResponseWriter, names_an_address) {
  constexpr auto asks =
      hex<"0001 0000 0001 0000 0000 0000"
          "01 31 01 32 01 30 03 313932 07 696e2d61646472 04 61727061 00 000c 0001">();
  std::array<std::uint8_t, DnsResponseWriter::usual_room> room{};
  const auto asked = DnsQuery::parse(asks).value();
  ASSERT_EQ(reverse_address(asked.name()), (Address{Ipv4Address{192, 0, 2, 1}}));
  const auto octets = DnsResponseWriter{room, asked}.name(asked.name(), dns("r1.lab"), 7).finish();
  constexpr auto record = hex<"c00c 000c 0001 00000007 0008 02 7231 03 6c6162 00">();
  EXPECT_EQ(octets_of(octets.last(record.size())), octets_of(record));
  EXPECT_EQ(load<std::uint16_t>(octets, 2), 0x8400) << "no recursion was desired";
}

TEST(DnsResponseWriter, spells_out_an_owner_that_was_not_asked_for) {
  std::array<std::uint8_t, DnsResponseWriter::usual_room> room{};
  const auto asked = DnsQuery::parse(query).value();
  const auto octets = DnsResponseWriter{room, asked}
                          .name(asked.name(), dns("w.lab"), 1, DnsType::cname)
                          .address(dns("w.lab"), web4, 1)
                          .finish();
  constexpr auto records =
      hex<"c00c 0005 0001 00000001 0007 01 77 03 6c6162 00"
          "01 77 03 6c6162 00 0001 0001 00000001 0004 c0000250">();
  EXPECT_EQ(octets_of(octets.subspan(25)), octets_of(records));
  EXPECT_EQ(load<std::uint16_t>(octets, 6), 2);
}

TEST(DnsResponseWriter, says_that_it_was_cut_where_a_record_does_not_fit) {
  const auto asked = DnsQuery::parse(query).value();
  for (std::size_t size = 25; size < response.size(); ++size) {
    ExactCopy room{Bytes{response}.first(size)};
    DnsResponseWriter writer{room.mutable_view(), asked};
    const auto octets =
        writer.address(asked.name(), web4, 60).address(asked.name(), web6, 60).finish();
    EXPECT_TRUE(writer.overflowed());
    EXPECT_EQ(load<std::uint16_t>(octets, 2), 0x8700);
    const bool one = size >= 25 + 16;
    EXPECT_EQ(load<std::uint16_t>(octets, 6), one ? 1 : 0);
    EXPECT_EQ(octets.size(), one ? 41U : 25U);
  }
  // A smaller record after one that did not fit would be a hole in the answer.
  std::array<std::uint8_t, 25 + 16> room{};
  const auto octets = DnsResponseWriter{room, asked}
                          .address(asked.name(), web6, 60)
                          .address(asked.name(), web4, 60)
                          .finish();
  EXPECT_EQ(octets.size(), 25U);
}

TEST(DnsResponseWriter, is_authoritative_for_names_and_not_for_refusals) {
  std::array<std::uint8_t, DnsResponseWriter::usual_room> room{};
  const auto flags = [&room](DnsRcode rcode) {
    const auto asked = DnsQuery::parse(query).value();
    return load<std::uint16_t>(DnsResponseWriter{room, asked}.finish(rcode), 2);
  };
  EXPECT_EQ(flags(DnsRcode::name_error), 0x8503);
  EXPECT_EQ(flags(DnsRcode::refused), 0x8105);
  EXPECT_EQ(flags(DnsRcode::not_implemented), 0x8104);
}

TEST(RefuseDns, answers_a_header_and_never_a_response) {
  std::array<std::uint8_t, 12> room{};
  auto octets = query;
  octets[12] = 0xc0;
  ASSERT_FALSE(DnsQuery::parse(octets));
  constexpr auto expected = hex<"1234 8101 0000 0000 0000 0000">();
  EXPECT_EQ(octets_of(refuse_dns(room, octets)), octets_of(expected));
  EXPECT_TRUE(refuse_dns(room, response).empty());
  EXPECT_TRUE(refuse_dns(room, Bytes{query}.first(11)).empty());
  EXPECT_EQ(octets_of(refuse_dns(room, Bytes{query}.first(12), DnsRcode::refused))[3], 5);
}

}  // namespace
}  // namespace sonda
