// captures/peers: the packets that broke other programs, each with a comment that says whom and
// how.
//   golden-peers FOLDER           compares FOLDER/peers.pcapng with tests/golden/peers/packets.hpp
//   golden-peers --write FOLDER   writes it
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>

#include <sonda/capture/pcapng_block.hpp>

#include "../golden/peers/packets.hpp"

namespace sonda::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t begin_unix_ns = 1'767'225'600'000'000'000;  // 2026-01-01T00:00:00Z
constexpr std::int64_t second = 1'000'000'000;

capture::Octets made() {
  capture::Octets file;
  append_block(file, capture::Section{.comments = {"Packets that broke other programs"},
                                      .application = "Sonda"});
  append_block(file, capture::Interface{.name = "peers"});
  std::int64_t unix_ns = begin_unix_ns;
  for (const auto& packet : peers::all) {
    append_block(file,
                 capture::Frame{.unix_ns = unix_ns,
                                .octets = packet.packet,
                                .comments = {"sonda: peer; " + std::string{packet.shows} + ';'}});
    unix_ns += second;
  }
  return file;
}

std::optional<capture::Octets> contents(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return std::nullopt;
  return capture::Octets{std::istreambuf_iterator<char>{file}, {}};
}

int fail(const fs::path& path, const char* why) {
  std::cerr << path.string() << why << '\n';
  return 1;
}

int main(int argc, char** argv) {
  const bool write = argc == 3 && std::string{argv[1]} == "--write";
  if (argc != 2 && !write) return fail(argv[0], " [--write] FOLDER");
  const auto path = fs::path{argv[argc - 1]} / "peers.pcapng";
  const auto today = made();
  if (write) {
    std::ofstream out{path, std::ios::binary};
    std::ranges::copy(today, std::ostreambuf_iterator<char>{out});
    return out.flush() ? 0 : fail(path, " cannot be written");
  }
  const auto golden = contents(path);
  if (!golden) return fail(path, " cannot be read");
  return *golden == today ? 0 : fail(path, " is not what --write makes of packets.hpp today");
}

}  // namespace
}  // namespace sonda::testing

int main(int argc, char** argv) { return sonda::testing::main(argc, argv); }
