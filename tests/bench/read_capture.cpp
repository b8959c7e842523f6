// How fast a large capture is read, and how much memory that takes.
//   read-capture FILE              reads it, with the IP packet of each frame looked for
//   read-capture --make MIB FILE   makes one of echo requests and replies, each with its comment
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <sys/resource.h>
#include <variant>

#include <sonda/capture/capture_source.hpp>
#include <sonda/capture/network_layer.hpp>
#include <sonda/capture/pcapng_writer.hpp>

#include "allocations.hpp"
#include "packets.hpp"

namespace sonda::bench {
namespace {

int failed(const Failure& failure) {
  std::fprintf(stderr, "%s\n", failure.message().c_str());
  return 1;
}

int make(std::size_t octets, const std::string& path) {
  auto writer = capture::PcapngWriter::create(path, {.application = "read-capture"});
  if (!writer) return failed(writer.error());
  if (const auto id = writer->add_interface({}); !id) return failed(id.error());
  const auto packet = echo_request();
  std::size_t written = 0;
  for (std::uint64_t i = 0; written < octets; ++i) {
    const auto which =
        "sonda: probe=" + std::to_string(i / 2) + "; seq=" + std::to_string(i / 2 + 1);
    const capture::Frame frame{
        .unix_ns = 1'700'000'000'000'000'000 + static_cast<std::int64_t>(i) * 1'000,
        .octets = packet,
        .direction = i % 2 == 0 ? capture::Direction::out : capture::Direction::in,
        .comments = {which +
                     (i % 2 == 0 ? "; sent; ttl=64;" : "; reply; ttl=63; rtt_ms=0.031207;")}};
    if (const auto number = writer->write(frame); !number) return failed(number.error());
    written += 32 + packet.size() + frame.comments[0].size() + 16;
  }
  if (const auto closed = writer->close(); !closed) return failed(closed.error());
  return 0;
}

int read(const std::string& path) {
  using Clock = std::chrono::steady_clock;
  auto source = capture::CaptureSource::open(path);
  if (!source) return failed(source.error());
  std::uint64_t packets = 0, size = 0, allocated = 0;
  const auto begin = Clock::now();
  const auto processor_begin = std::clock();
  for (;;) {
    const auto block = source->next();
    if (!block) return failed(block.error());
    if (!*block) break;
    size += (*block)->size;
    const auto* const frame = std::get_if<capture::Frame>(&(*block)->content);
    if (frame == nullptr) {
      if (packets == 0) allocated = allocations();  // the file's beginning does not count
      continue;
    }
    const auto link = source->interfaces()[frame->interface.value()].described.link_type;
    packets +=
        capture::network_layer(link, frame->octets).protocol == capture::NetworkProtocol::ipv4;
  }
  const std::chrono::duration<double> took = Clock::now() - begin;
  const double processor = static_cast<double>(std::clock() - processor_begin) / CLOCKS_PER_SEC;
  const auto frames = static_cast<double>(source->frame_number());
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  std::printf("%.0f frames, %llu IPv4 packets, %.0f MiB in %.2f s: %.0f frames/s\n", frames,
              static_cast<unsigned long long>(packets), static_cast<double>(size) / (1 << 20),
              took.count(), frames / took.count());
  std::printf("each frame %.0f ns of CPU time, %.2f allocations; at most %ld KiB of memory\n",
              processor * 1e9 / frames, static_cast<double>(allocations() - allocated) / frames,
              used.ru_maxrss);
  return 0;
}

}  // namespace
}  // namespace sonda::bench

int main(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "";
  if (argc == 2) return sonda::bench::read(first);
  if (argc == 4 && first == "--make")
    return sonda::bench::make(std::strtoul(argv[2], nullptr, 10) << 20, argv[3]);
  std::fprintf(stderr, "read-capture [--make MIB] FILE\n");
  return 2;
}
