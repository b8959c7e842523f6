// How many frames a simulator can answer on a veth pair: a window of echo requests at one end, a
// responder in a thread of its own at the other. Needs a system that allows namespaces.
#include <array>
#include <atomic>
#include <cstdio>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <benchmark/benchmark.h>

#include <sonda/net/clock.hpp>
#include <sonda/net/frame_port.hpp>
#include <sonda/net/interface_setup.hpp>
#include <sonda/net/namespace.hpp>
#include <sonda/net/wait.hpp>
#include <sonda/wire/ethernet.hpp>

namespace sonda::net {
namespace {

struct Cable {
  Namespace other;
  FramePort near, far;
};

std::expected<Cable, Failure> plug_in() {
  // The one of the last round goes only when the system finds time for it, and its cable with it.
  const auto home = new_network();
  if (!home) return std::unexpected{home.error()};
  if (const auto entered = home->enter(); !entered) return std::unexpected{entered.error()};
  auto other = new_network();
  if (!other) return std::unexpected{other.error()};
  if (const auto pair = make_veth_pair({.name = "near"}, {.name = "far"}, *other); !pair)
    return std::unexpected{pair.error()};
  auto far = [&]() -> std::expected<FramePort, Failure> {
    const auto inside = InsideNamespace::enter(*other);
    static_cast<void>(write_sysctl("net/ipv6/conf/far/disable_ipv6", "1"));
    if (const auto up = set_up("far"); !up) return std::unexpected{up.error()};
    return FramePort::open("far");
  }();
  if (!far) return std::unexpected{far.error()};
  static_cast<void>(write_sysctl("net/ipv6/conf/near/disable_ipv6", "1"));
  if (const auto up = set_up("near"); !up) return std::unexpected{up.error()};
  auto near = FramePort::open("near");
  if (!near) return std::unexpected{near.error()};
  return Cable{std::move(*other), std::move(*near), std::move(*far)};
}

// Sends each frame back where it came from, until told to stop.
void respond(FramePort& port, const std::atomic<bool>& stop) {
  std::vector<Bytes> answers;
  while (!stop) {
    static_cast<void>(wait_readable(std::array{port.fd()}, now() + std::chrono::milliseconds{20}));
    for (auto frames = port.receive(now()); !frames.empty(); frames = port.receive(now())) {
      answers.clear();
      for (const auto& frame : frames) {
        const auto header = *EthernetView::parse(Bytes{frame.octets});
        EthernetHeader{header.source(), header.destination(), header.type()}.emit(frame.octets);
        answers.push_back(frame.octets);
      }
      port.send(answers);
    }
  }
}

void echoes(benchmark::State& state) {
  auto cable = plug_in();
  if (!cable) return state.SkipWithError(cable.error().message().c_str());
  const auto window = static_cast<std::size_t>(state.range(0));
  std::vector<std::uint8_t> frame(98);
  EthernetHeader{MacAddress{{2, 0, 0, 0, 0, 2}}, MacAddress{{2, 0, 0, 0, 0, 1}}, EtherType{0x88b5}}
      .emit(frame);
  const std::vector<Bytes> requests(window, frame);
  std::atomic<bool> stop = false;
  std::thread responder{[&] { respond(cable->far, stop); }};
  std::size_t lost = 0, answered = 0, out = 0;
  for (auto _ : state) {
    out += cable->near.send(std::span{requests}.first(window - out)).sent;
    if (wait_readable(std::array{cable->near.fd()}, now() + std::chrono::milliseconds{100}) ==
        Woken::by_time)
      lost += std::exchange(out, 0);
    for (std::size_t got = 1; got != 0; out -= std::min(out, got), answered += got)
      got = cable->near.receive(now()).size();
  }
  stop = true;
  responder.join();
  state.SetItemsProcessed(static_cast<std::int64_t>(answered));
  state.counters["lost"] = static_cast<double>(lost);
  state.counters["kernel_drops"] = static_cast<double>(cable->far.take_drops());
}
BENCHMARK(echoes)->Arg(1)->Arg(64)->Arg(512)->UseRealTime();

}  // namespace
}  // namespace sonda::net

// Threads belong to the first process of the new pid namespace: this one can have none.
int main(int argc, char** argv) {
  if (const auto made = sonda::net::enter_own_namespaces(); !made) {
    std::fprintf(stderr, "%s\n", made.error().message().c_str());
    return 1;
  }
  const auto child = ::fork();
  if (child == 0) {
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  return status == 0 ? 0 : 1;
}
