// Frames a second, into octets, into a file and out of it again, each with one comment.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <variant>

#include <benchmark/benchmark.h>

#include <sonda/capture/capture_file.hpp>
#include <sonda/capture/pcapng_writer.hpp>

#include "allocations.hpp"
#include "packets.hpp"

namespace sonda::bench {
namespace {

using capture::Direction;
using capture::Frame;

Frame some_frame(Bytes octets) {
  return {.unix_ns = 1'700'000'000'123'456'789,
          .octets = octets,
          .direction = Direction::out,
          .comments = {"sonda: probe=12; sent; ttl=4"}};
}

void count(benchmark::State& state, std::uint64_t allocations_before) {
  state.SetItemsProcessed(state.iterations());  // frames
  state.counters["allocations"] = benchmark::Counter(
      static_cast<double>(allocations() - allocations_before), benchmark::Counter::kAvgIterations);
}

void encode_frame(benchmark::State& state) {
  const auto octets = echo_request();
  const auto frame = some_frame(octets);
  capture::Octets out;
  out.reserve(4096);
  const auto before = allocations();
  for (auto _ : state) {
    out.clear();
    append_block(out, frame);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  count(state, before);
}
BENCHMARK(encode_frame)->Name("pcapng/encode_an_echo_request");

// The file begins anew after 100,000 frames, so that the disk does not fill.
void write_frames(benchmark::State& state, const std::string& path, Bytes octets, bool flush) {
  const auto frame = some_frame(octets);
  const auto begin = [&] {
    auto writer = capture::PcapngWriter::create(path, {});
    static_cast<void>(writer->add_interface({}));
    return std::move(*writer);
  };
  auto writer = begin();
  const auto before = allocations();
  for (auto _ : state) {
    const auto number = writer.write(frame);
    if (!number || (flush && !writer.flush())) return state.SkipWithError("not written");
    if (number->value() == 100'000) writer = begin();
  }
  count(state, before);
}
std::string some_path() {
  return std::filesystem::temp_directory_path() / "sonda-bench-capture.pcapng";
}
void write_echo_requests(benchmark::State& state) {
  write_frames(state, some_path(), echo_request(), false);
}
BENCHMARK(write_echo_requests)->Name("pcapng/write_echo_requests");
void write_and_flush(benchmark::State& state) {
  write_frames(state, some_path(), echo_request(), true);
}
BENCHMARK(write_and_flush)->Name("pcapng/write_echo_requests_and_flush_each");
void write_full_frames(benchmark::State& state) {
  const capture::Octets octets(1500, 0x45);
  write_frames(state, some_path(), octets, false);
}
BENCHMARK(write_full_frames)->Name("pcapng/write_1500_octets");

void read_frames(benchmark::State& state) {
  const auto path = some_path();
  const auto octets = echo_request();
  auto writer = capture::PcapngWriter::create(path, {});
  static_cast<void>(writer->add_interface({}));
  for (int i = 0; i < 100'000; ++i) static_cast<void>(writer->write(some_frame(octets)));
  static_cast<void>(writer->close());
  auto file = capture::CaptureFile::open(path);
  const auto before = allocations();
  for (auto _ : state) {
    auto block = file->next();
    if (!block) return state.SkipWithError("not read");
    if (!*block) file = capture::CaptureFile::open(path);
    benchmark::DoNotOptimize(block);
  }
  count(state, before);
  std::filesystem::remove(path);
}
BENCHMARK(read_frames)->Name("pcapng/read_echo_requests");

}  // namespace
}  // namespace sonda::bench
