// The ping engine at speed: probes per second with 100,000 of them in flight, under virtual time.
#include <algorithm>
#include <vector>

#include <benchmark/benchmark.h>

#include <sonda/probe/ping.hpp>
#include <sonda/wire/checksum.hpp>

#include "allocations.hpp"
#include "packets.hpp"

namespace sonda::bench {
namespace {

using std::chrono::microseconds;

// A host that answers each probe when so many others have been sent after it.
class Echoes {
 public:
  Echoes(std::size_t in_flight, std::size_t size) : size_{size}, octets_(in_flight * size) {}

  // Keeps the reply to `packet`, and gives the place of the oldest one.
  void keep(Bytes packet) {
    const auto reply = MutableBytes{octets_}.subspan(next_ * size_, size_);
    std::ranges::copy(packet, reply.begin());
    std::swap_ranges(reply.begin() + 12, reply.begin() + 16, reply.begin() + 16);
    const auto request = load<std::uint16_t>(reply, 20);
    reply[20] = 0;  // echo reply
    const auto sum = load<std::uint16_t>(reply, 22);
    store(reply, 22, Checksum::update(sum, request, load<std::uint16_t>(reply, 20)));
    next_ = (next_ + 1) % (octets_.size() / size_);
  }
  [[nodiscard]] Bytes oldest() const { return Bytes{octets_}.subspan(next_ * size_, size_); }

 private:
  std::size_t size_, next_ = 0;
  std::vector<std::uint8_t> octets_;
};

void ping_engine(benchmark::State& state) {
  const auto in_flight = static_cast<std::size_t>(state.range(0));
  PingPlan plan{.source = client, .target = server};
  plan.key = {1, 2};
  plan.interval = microseconds{1};
  plan.timeout = std::chrono::hours{1};
  PingEngine engine{plan};
  Echoes echoes{in_flight, engine.room_needed()};
  std::vector<std::uint8_t> room(engine.room_needed());
  std::vector<Event> events;
  Instant now{std::chrono::seconds{1}};
  const auto stamp = [&now] {
    return Stamp{.ns = now.time_since_epoch().count(), .clock = StampClock::simulated};
  };
  std::uint64_t replies = 0;
  const auto send_one = [&] {
    now += plan.interval;
    engine.on_time(now);
    const auto action = engine.poll_action(now, room);
    const auto* send = std::get_if<Send>(&*action);
    echoes.keep(send->octets);
    engine.on_sent(now, send->probe, stamp());
  };
  const auto read_events = [&] {
    engine.take_events(events);
    replies += static_cast<std::uint64_t>(std::ranges::count_if(
        events, [](const Event& event) { return std::holds_alternative<Reply>(event.what); }));
    benchmark::DoNotOptimize(engine.next_wakeup());
  };

  for (std::size_t i = 0; i < in_flight; ++i) send_one();
  read_events();
  const auto before = allocations();
  for (auto _ : state) {
    engine.on_packet(
        now,
        Received{
            .octets = echoes.oldest(), .source = server, .destination = client, .stamp = stamp()});
    send_one();
    read_events();
  }
  const auto taken = allocations() - before;
  if (replies != static_cast<std::uint64_t>(state.iterations()))
    state.SkipWithError("not every reply was matched");
  state.counters["probes"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["allocations"] =
      benchmark::Counter(static_cast<double>(taken), benchmark::Counter::kAvgIterations);
}
BENCHMARK(ping_engine)->Arg(1)->Arg(1'000)->Arg(100'000)->MinWarmUpTime(0.2);

}  // namespace
}  // namespace sonda::bench
