// A capture with something of everything, and its blocks read again.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/capture/pcapng_block.hpp>
#include <sonda/capture/pcapng_reader.hpp>

#include "golden.hpp"

namespace sonda::testing {

inline constexpr std::int64_t some_ns = 1'700'000'000'123'456'789;
inline constexpr auto some_octets =
    hex<"45 00 00 15 00 01 00 00 40 01 b6 d4 c0 00 02 01 c6 33 64 09"
        "ff">();

[[nodiscard]] inline capture::Section some_section() {
  return {.comments = {"sonda: a run", "and why"},
          .hardware = "a machine",
          .os = "Linux",
          .application = "sonda-ping 0.2"};
}
[[nodiscard]] inline capture::Interface some_interface() {
  return {.link_type = capture::LinkType::raw_ip,
          .snaplen = 262'144,
          .name = "veth0",
          .description = "client to r1",
          .filter = "icmp or arp",
          .os = "Linux 6"};
}
[[nodiscard]] inline capture::NameTable some_names() {
  return {{.address = Ipv4Address{10, 3, 13, 1}, .names = {"admin-prohibited", "filtered"}},
          {.address = *Address::parse("fd00::1:3:1"), .names = {"address-unreachable"}}};
}
[[nodiscard]] inline capture::Frame some_frame() {
  return {.interface = capture::InterfaceId{0},
          .unix_ns = some_ns,
          .octets = some_octets,
          .original_length = 1500,
          .direction = capture::Direction::out,
          .comments = {"sonda: probe=12; sent; ttl=4", "second"},
          .drops = 3,
          .packet_id = 0x0102'0304'0506'0708,
          .verdict = {1, 2, 0, 0, 0, 0, 0, 0, 0}};
}
[[nodiscard]] inline capture::Statistics some_statistics() {
  return {.interface = capture::InterfaceId{0},
          .unix_ns = some_ns + 5,
          .start_ns = some_ns,
          .end_ns = some_ns + 4,
          .received = 7,
          .dropped = 0,
          .delivered = 6,
          .comments = {"sonda: said beside no frame"}};
}
[[nodiscard]] inline capture::Octets some_capture() {
  capture::Octets out;
  append_block(out, some_section());
  append_block(out, some_interface());
  append_block(out, some_names());
  append_block(out, some_frame());
  append_block(out, some_statistics());
  return out;
}

// The octets of one block.
template <typename Content>
[[nodiscard]] capture::Octets block_of(const Content& content) {
  capture::Octets out;
  append_block(out, content);
  return out;
}

// The value inside the block at the front of `rest`; fails the test, and gives an empty one, where
// it is another.
template <typename T>
[[nodiscard]] T next_as(capture::PcapngReader& reader, Bytes& rest) {
  auto block = reader.next(rest);
  if (!block) {
    ADD_FAILURE() << block.error().message();
    return {};
  }
  rest = rest.subspan(block->size);
  const auto* const value = std::get_if<T>(&block->content);
  EXPECT_NE(value, nullptr) << "block of kind " << block->content.index();
  return value == nullptr ? T{} : *value;
}

// A folder that goes when it goes.
class Folder {
 public:
  Folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "sonda-capture-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "no folder";
    path_ = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace sonda::testing
