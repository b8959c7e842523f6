// Extensions of ICMP errors: where they begin, whether they are to be trusted, and each object.
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/wire/icmp_extension.hpp>
#include <sonda/wire/icmp_interface.hpp>
#include <sonda/wire/icmp_mpls.hpp>

#include "golden.hpp"
#include "message_support.hpp"
#include "message_vectors.hpp"

namespace sonda {
namespace {

using testing::hex;
using testing::message_in;
using testing::Octets;
using testing::octets_of;
using Boundary = IcmpErrorBody::Boundary;

constexpr Bytes body4 = message_in(packets::time_exceeded_mpls_interface).subspan(8);
constexpr Bytes structure4 = body4.subspan(128);
constexpr Bytes structure6 = message_in(packets::time_exceeded6_mpls_interface).subspan(8 + 128);
// RFC 8335: in an extended echo request the structure comes at once.
constexpr Bytes probe_structure = message_in(packets::extended_echo_request).subspan(8);

static_assert(IcmpExtensions::find(body4, 128).boundary == Boundary::stated);
static_assert(IcmpExtensions::find(body4, 0).boundary == Boundary::assumed);
static_assert(MplsStackView::parse(*IcmpExtensions::parse(structure4)->begin())->size() == 2);

// `octets` of quotation, then the structure.
Octets behind(std::size_t octets, Bytes structure) {
  Octets body(octets, 0x45);
  body.insert(body.end(), structure.begin(), structure.end());
  return body;
}
Octets without_checksum(Bytes structure) {
  Octets copy = octets_of(structure);
  copy[2] = copy[3] = 0;
  return copy;
}
ExtensionObject object_in(Bytes structure, ExtensionClass number) {
  return IcmpExtensions::parse(structure)->first(number).value();
}

TEST(IcmpExtensions, honours_the_length_field) {
  const auto found = IcmpExtensions::find(body4, 128);
  EXPECT_EQ(found.quoted.size(), 128U);
  ASSERT_TRUE(found.extensions);
  EXPECT_EQ(found.extensions->octets().size(), 48U);
  EXPECT_FALSE(found.fault);
  const auto longer = behind(200, structure4);
  EXPECT_EQ(IcmpExtensions::find(longer, 200).boundary, Boundary::stated);
  EXPECT_EQ(IcmpExtensions::find(longer, 200).quoted.size(), 200U);
}

TEST(IcmpExtensions, looks_at_octet_128_when_there_is_no_length) {
  EXPECT_EQ(IcmpExtensions::find(body4, 0).boundary, Boundary::assumed);
  EXPECT_EQ(IcmpExtensions::find(body4, 0).quoted.size(), 128U);
}

TEST(IcmpExtensions, lets_the_checksum_decide_when_there_is_no_length) {
  auto damaged = octets_of(body4);
  damaged.back() ^= 1;
  const auto found = IcmpExtensions::find(damaged, 0);
  EXPECT_EQ(found.boundary, Boundary::none);
  EXPECT_EQ(found.quoted.size(), damaged.size());
  EXPECT_FALSE(found.fault) << "nobody promised anything";
  const auto unsure = behind(128, without_checksum(structure4));
  EXPECT_EQ(IcmpExtensions::find(unsure, 0).boundary, Boundary::none)
      << "without a checksum it may be payload";
}

TEST(IcmpExtensions, needs_no_checksum_where_the_length_points_at_them) {
  const auto body = behind(128, without_checksum(structure4));
  const auto found = IcmpExtensions::find(body, 128);
  ASSERT_TRUE(found.extensions);
  EXPECT_FALSE(found.extensions->has_checksum());
}

TEST(IcmpExtensions, tolerates_a_length_below_128) {
  const auto body = behind(28, structure4);
  const auto found = IcmpExtensions::find(body, 28);
  EXPECT_EQ(found.boundary, Boundary::stated);
  EXPECT_EQ(found.quoted.size(), 28U);
}

// The unpadded quotation's length, or a count of the wrong unit, with the structure at 128.
TEST(IcmpExtensions, falls_back_to_octet_128_from_a_length_that_points_at_nothing) {
  for (const std::size_t length : {4U, 28U, 32U, 64U, 132U, 1020U}) {
    const auto found = IcmpExtensions::find(body4, length);
    EXPECT_EQ(found.boundary, Boundary::assumed) << length;
    EXPECT_EQ(found.quoted.size(), 128U) << length;
  }
}

TEST(IcmpExtensions, says_why_a_promised_structure_is_none) {
  auto damaged = octets_of(body4);
  damaged.back() ^= 1;
  EXPECT_EQ(*IcmpExtensions::find(damaged, 128).fault,
            (ParseError{Layer::icmp_extension, Fault::bad_checksum, 0, 48}));
  EXPECT_EQ(IcmpExtensions::find(damaged, 128).quoted.size(), 128U);
  damaged[128] = 0x10;
  EXPECT_EQ(*IcmpExtensions::find(damaged, 128).fault,
            (ParseError{Layer::icmp_extension, Fault::bad_version, 2, 48}));
  EXPECT_EQ(*IcmpExtensions::find(body4.first(130), 128).fault,
            (ParseError{Layer::icmp_extension, Fault::too_short, 4, 2}));
  EXPECT_EQ(*IcmpExtensions::find(body4.first(100), 128).fault,
            (ParseError{Layer::icmp_extension, Fault::bad_length, 128, 100}));
}

TEST(IcmpExtensions, finds_nothing_wrong_with_a_length_that_ends_with_the_message) {
  const auto found = IcmpExtensions::find(body4.first(128), 128);
  EXPECT_EQ(found.boundary, Boundary::none);
  EXPECT_FALSE(found.fault);
  EXPECT_EQ(found.quoted.size(), 128U);
  EXPECT_FALSE(IcmpExtensions::find({}, 0).fault);
}

TEST(IcmpExtensions, keeps_the_octets_of_an_unknown_object) {
  const auto extensions = IcmpExtensions::parse(structure6).value();
  EXPECT_FALSE(extensions.malformed());
  std::vector<unsigned> classes;
  for (const auto object : extensions)
    classes.push_back(static_cast<std::uint8_t>(object.class_number()));
  EXPECT_EQ(classes, (std::vector<unsigned>{1, 2, 0xf7}));
  const auto unknown = extensions.first(ExtensionClass{0xf7}).value();
  EXPECT_EQ(unknown.c_type(), 9);
  EXPECT_EQ(octets_of(unknown.payload()), (Octets{0xca, 0xfe}));
  EXPECT_EQ(name(unknown.class_number()), "");
  EXPECT_EQ(name(ExtensionClass::mpls_label_stack), "MPLS label stack");
}

TEST(IcmpExtensions, ends_the_walk_at_an_object_whose_length_lies) {
  for (const std::uint16_t lie : std::to_array<std::uint16_t>({0, 3, 33, 0xffff})) {
    auto copy = without_checksum(structure4);
    store(MutableBytes{copy}, 16, lie);  // of the second object, 32 octets long
    const auto extensions = IcmpExtensions::parse(copy).value();
    EXPECT_EQ(std::ranges::distance(extensions.begin(), extensions.end()), 1) << lie;
    EXPECT_TRUE(extensions.malformed()) << lie;
    EXPECT_FALSE(extensions.first(ExtensionClass::interface_information)) << lie;
  }
}

TEST(IcmpExtensions, may_be_a_structure_without_objects) {
  constexpr auto empty = hex<"2000dfff">();
  const auto extensions = IcmpExtensions::parse(empty);
  ASSERT_TRUE(extensions);
  EXPECT_TRUE(extensions->begin() == extensions->end());
  EXPECT_FALSE(extensions->malformed());
}

TEST(IcmpExtensions, stays_within_any_octets) {
  for (const Bytes structure : {structure4, structure6, probe_structure})
    testing::on_every_mutilation(structure, [](Bytes octets) {
      for (const bool summed : {true, false}) {
        testing::ExactCopy copy{octets};
        if (!summed && copy.view().size() >= 4) store<std::uint16_t>(copy.mutable_view(), 2, 0);
        const auto extensions = IcmpExtensions::parse(copy.view());
        if (!extensions) continue;
        std::size_t walked = IcmpExtensions::header_size;
        for (const auto object : *extensions) {
          ASSERT_GE(object.octets().size(), 4U);
          walked += object.octets().size();
          if (const auto stack = MplsStackView::parse(object)) {
            EXPECT_EQ(stack->size() * 4, object.payload().size());
          }
          if (const auto info = InterfaceInfo::parse(object)) {
            EXPECT_LE(info->size(), object.payload().size());
          }
          if (const auto probe = InterfaceIdentification::parse(object)) {
            EXPECT_EQ(probe->c_type(), object.c_type());
          }
        }
        EXPECT_LE(walked, copy.view().size());
        EXPECT_EQ(walked != copy.view().size(), extensions->malformed());
      }
    });
}

TEST(MplsStackView, reads_every_entry) {
  const auto stack =
      MplsStackView::parse(object_in(structure4, ExtensionClass::mpls_label_stack)).value();
  ASSERT_EQ(stack.size(), 2U);
  EXPECT_EQ(stack[0], (MplsLabel{.label = 24003, .ttl = Ttl{1}}));
  EXPECT_EQ(stack[1],
            (MplsLabel{.label = 24005, .traffic_class = 5, .bottom = true, .ttl = Ttl{1}}));
}

TEST(MplsStackView, refuses_half_an_entry_none_and_another_object) {
  constexpr auto half = hex<"000a0101 05dc3001 05dc">();
  EXPECT_EQ(MplsStackView::parse(ExtensionObject{half}).error(),
            (ParseError{Layer::icmp_extension, Fault::bad_length, 8, 10}));
  constexpr auto none = hex<"00040101">();
  EXPECT_EQ(MplsStackView::parse(ExtensionObject{none}).error().fault, Fault::bad_length);
  constexpr auto other = hex<"00080102 05dc3001">();
  EXPECT_EQ(MplsStackView::parse(ExtensionObject{other}).error().fault, Fault::bad_type);
  EXPECT_EQ(
      MplsStackView::parse(object_in(structure4, ExtensionClass::interface_information)).error(),
      (ParseError{Layer::icmp_extension, Fault::bad_type, 1, 32}));
}

TEST(InterfaceInfo, reads_all_four_parts) {
  const auto info =
      InterfaceInfo::parse(object_in(structure4, ExtensionClass::interface_information)).value();
  EXPECT_EQ(info.role, InterfaceRole::outgoing);
  EXPECT_EQ(info.index, InterfaceIndex{7});
  EXPECT_EQ(info.address, Address{Ipv4Address(203, 0, 113, 1)});
  EXPECT_EQ(info.name->view(), "ge-0/0/1");
  EXPECT_EQ(info.mtu, Mtu{1500});
}

TEST(InterfaceInfo, reads_only_what_the_c_type_names) {
  const auto info =
      InterfaceInfo::parse(object_in(structure6, ExtensionClass::interface_information)).value();
  EXPECT_EQ(info.role, InterfaceRole::incoming);
  EXPECT_EQ(info.index, InterfaceIndex{3});
  EXPECT_EQ(info.address, Address::parse("2001:db8:1::1").value());
  EXPECT_FALSE(info.name);
  EXPECT_FALSE(info.mtu);
}

TEST(InterfaceInfo, refuses_parts_that_are_not_there) {
  const auto object = object_in(structure4, ExtensionClass::interface_information).octets();
  testing::on_every_truncation(object, [](Bytes cut) {
    if (cut.size() < ExtensionObject::header_size) return;
    const auto info = InterfaceInfo::parse(ExtensionObject{cut});
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().fault, Fault::too_short);
    EXPECT_GT(info.error().needed, cut.size());
    EXPECT_EQ(info.error().available, cut.size());
  });
}

TEST(InterfaceInfo, refuses_a_strange_address_family_and_a_name_of_no_length) {
  constexpr auto family = hex<"000c0204 00030000 01020304">();
  EXPECT_EQ(InterfaceInfo::parse(ExtensionObject{family}).error().fault, Fault::bad_value);
  for (const std::uint8_t length : std::to_array<std::uint8_t>({0, 1, 3, 5, 68, 255})) {
    auto object = Octets(4 + 256, 'x');
    object[2] = 2, object[3] = InterfaceInfo::has_name, object[4] = length;
    EXPECT_EQ(InterfaceInfo::parse(ExtensionObject{object}).error().fault, Fault::bad_length);
  }
}

TEST(InterfaceInfo, keeps_a_name_of_sixty_three_octets_and_cuts_a_longer_one) {
  const std::string longest(63, 'x');
  std::array<std::uint8_t, 128> room{};
  const InterfaceInfo info{.name = InterfaceName{longest + "yy"}};
  EXPECT_EQ(info.size(), 64U);
  const auto structure = ExtensionsWriter{room}.add(info).finish();
  const auto back =
      InterfaceInfo::parse(object_in(structure, ExtensionClass::interface_information)).value();
  EXPECT_EQ(back.name->view(), longest);
}

TEST(InterfaceIdentification, asks_by_name_by_index_or_by_address) {
  const auto read = [](Bytes structure) {
    return InterfaceIdentification::parse(
        object_in(structure, ExtensionClass::interface_identification));
  };
  EXPECT_EQ(read(probe_structure), InterfaceIdentification{InterfaceName{"eth0"}});
  for (const auto& asked :
       {InterfaceIdentification{InterfaceName{"en0"}}, InterfaceIdentification{InterfaceIndex{9}},
        InterfaceIdentification{Address{Ipv4Address(192, 0, 2, 1)}},
        InterfaceIdentification{Address::parse("2001:db8::1").value()}}) {
    std::array<std::uint8_t, 64> room{};
    EXPECT_EQ(read(ExtensionsWriter{room}.add(asked).finish()), asked);
  }
}

TEST(InterfaceIdentification, refuses_what_it_cannot_be) {
  const auto fault = [](Bytes object) {
    return InterfaceIdentification::parse(ExtensionObject{object}).error().fault;
  };
  EXPECT_EQ(fault(hex<"00080304 00000001">()), Fault::bad_type);
  EXPECT_EQ(fault(hex<"00080102 00000001">()), Fault::bad_type);
  EXPECT_EQ(fault(hex<"00060302 0001">()), Fault::too_short);
  EXPECT_EQ(fault(hex<"000a0303 00010400 c000">()), Fault::too_short);
  EXPECT_EQ(fault(hex<"000c0303 00010300 c0000201">()), Fault::bad_value);
  EXPECT_EQ(fault(hex<"00100303 00010800 c0000201 00000000">()), Fault::bad_value);
  EXPECT_EQ(fault(hex<"000c0303 00060400 c0000201">()), Fault::bad_value);
}

TEST(ExtensionsWriter, writes_the_golden_structure) {
  const std::array labels{
      MplsLabel{.label = 24003, .ttl = Ttl{1}},
      MplsLabel{.label = 24005, .traffic_class = 5, .bottom = true, .ttl = Ttl{1}}};
  const InterfaceInfo info{.role = InterfaceRole::outgoing,
                           .index = InterfaceIndex{7},
                           .address = Ipv4Address{203, 0, 113, 1},
                           .name = InterfaceName{"ge-0/0/1"},
                           .mtu = Mtu{1500}};
  const auto written = testing::emitted(structure4.size(), [&](MutableBytes room) {
    ExtensionsWriter writer{room};
    writer.add(MplsStack{labels}).add(info);
    EXPECT_FALSE(writer.overflowed());
    EXPECT_EQ(writer.finish().size(), room.size());
  });
  EXPECT_EQ(written, octets_of(structure4));
}

TEST(ExtensionsWriter, writes_each_object_as_it_was_read) {
  std::array<std::uint8_t, 256> room{};
  ExtensionsWriter writer{room};
  const auto extensions = IcmpExtensions::parse(structure6).value();
  for (const auto object : extensions)
    writer.add(object.class_number(), object.c_type(), object.payload());
  EXPECT_EQ(octets_of(writer.finish()), octets_of(structure6));
}

TEST(ExtensionsWriter, leaves_out_what_does_not_fit_and_says_so) {
  const std::array<std::uint8_t, 5> five{};
  const std::array<std::uint8_t, 4> four{};
  const auto written = testing::emitted(12, [&](MutableBytes room) {
    ExtensionsWriter writer{room};
    writer.add(ExtensionClass{247}, 1, five);
    EXPECT_TRUE(writer.overflowed());
    writer.add(ExtensionClass{247}, 1, four);
    EXPECT_EQ(writer.finish().size(), 12U);
  });
  EXPECT_EQ(load<std::uint16_t>(written, 4), 8);
}

TEST(ExtensionsWriter, sends_a_wrong_checksum_when_told_to) {
  std::array<std::uint8_t, 4> room{};
  const auto wrong = ExtensionsWriter{room}.finish(ChecksumField{0x1234});
  EXPECT_EQ(IcmpExtensions::parse(wrong).error().fault, Fault::bad_checksum);
  const auto none = ExtensionsWriter{room}.finish(ChecksumField{0});
  EXPECT_FALSE(IcmpExtensions::parse(none)->has_checksum());
}

// Zero would say that there is no checksum.
TEST(ExtensionsWriter, sends_a_sum_of_zero_as_all_ones) {
  std::array<std::uint8_t, 16> room{};
  // 2000 + 0006 + f709 + e8ef: one's complement ffff.
  const std::array<std::uint8_t, 2> payload{0xe8, 0xef};
  const auto structure = ExtensionsWriter{room}.add(ExtensionClass{0xf7}, 9, payload).finish();
  EXPECT_EQ(load<std::uint16_t>(structure, 2), 0xffff);
  EXPECT_TRUE(IcmpExtensions::parse(structure));
}

}  // namespace
}  // namespace sonda
