// Engines at speed: probes per second with very many of them in flight, under virtual time.
#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include <sonda/probe/ping.hpp>
#include <sonda/probe/tcp.hpp>
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

// --------------------------------------------------------------------------------------------- tcp

// A scan of very many hosts' ports, with so many in flight.
TcpPlan wide_scan(std::uint32_t in_flight) {
  TcpPlan plan;
  auto space = std::make_shared<ScanSpace>();
  TargetSet targets;
  std::vector<Port> ports;
  for (std::uint32_t port = 1; port < 65'536; ++port) ports.emplace_back(port);
  if (!targets.add(*AddressRange::parse("10.0.0.0/12")) || !space->add(targets, ports)) return plan;
  plan.space = std::move(space);
  plan.key = {1, 2};
  plan.parallel = plan.parallel_at_first = in_flight;
  plan.source_port = Port{40'000};
  plan.source_for = [](const Address&) { return Address{client}; };
  return plan;
}

void count_results(benchmark::State& state, std::uint64_t results, std::uint64_t taken) {
  if (results == 0) state.SkipWithError("nothing was found out");
  state.counters["results"] =
      benchmark::Counter(static_cast<double>(results), benchmark::Counter::kIsRate);
  state.counters["allocations"] =
      static_cast<double>(taken) / static_cast<double>(std::max<std::uint64_t>(results, 1));
}

// Every port is closed, and the link takes 64 actions and brings 64 answers at a time.
void tcp_engine_connect(benchmark::State& state) {
  const auto in_flight = static_cast<std::uint32_t>(state.range(0));
  TcpEngine engine{wide_scan(in_flight)};
  std::vector<FlowId> asked(in_flight);
  std::size_t first = 0, waiting = 0;
  std::vector<std::uint8_t> room(64);
  std::vector<Event> events;
  Instant now{std::chrono::seconds{1}};
  const auto stamp = [&now] {
    return Stamp{.ns = now.time_since_epoch().count(), .clock = StampClock::simulated};
  };
  std::uint64_t results = 0;
  const auto turn = [&](std::size_t answers) {
    now += microseconds{40};
    for (std::size_t i = 0; i < answers && waiting > 0; ++i, --waiting) {
      engine.on_socket(
          now,
          {.flow = asked[first], .error_code = ECONNREFUSED, .transmissions = 1, .stamp = stamp()});
      first = (first + 1) % in_flight;
    }
    engine.on_time(now);
    for (std::size_t i = 0; i < 64; ++i) {
      const auto action = engine.poll_action(now, room);
      if (!action) break;
      const auto* connect = std::get_if<Connect>(&*action);
      asked[(first + waiting++) % in_flight] = connect->flow;
      engine.on_sent(now, connect->probe, stamp());
    }
    engine.take_events(events);
    results += events.size();
    benchmark::DoNotOptimize(engine.next_wakeup());
  };
  while (waiting < in_flight) turn(0);
  results = 0;
  const auto before = allocations();
  for (auto _ : state) turn(64);
  count_results(state, results, allocations() - before);
}
BENCHMARK(tcp_engine_connect)->Arg(64)->Arg(2'000)->Arg(50'000)->MinWarmUpTime(0.2);

// The same with SYNs of ours: each is answered by a RST.
void tcp_engine_syn(benchmark::State& state) {
  const auto in_flight = static_cast<std::uint32_t>(state.range(0));
  auto plan = wide_scan(in_flight);
  plan.method = TcpMethod::syn;
  TcpEngine engine{plan};
  std::vector<std::array<std::uint8_t, 40>> resets(in_flight);
  std::size_t first = 0, waiting = 0;
  std::vector<std::uint8_t> room(engine.room_needed());
  std::vector<Event> events;
  Instant now{std::chrono::seconds{1}};
  const auto stamp = [&now] {
    return Stamp{.ns = now.time_since_epoch().count(), .clock = StampClock::simulated};
  };
  std::uint64_t results = 0;
  const auto turn = [&](std::size_t answers) {
    now += microseconds{40};
    for (std::size_t i = 0; i < answers && waiting > 0; ++i, --waiting) {
      const Bytes reset{resets[first]};
      engine.on_packet(now, {.octets = reset,
                             .source = Ipv4Address::from_wire(reset, 12),
                             .destination = client,
                             .stamp = stamp()});
      first = (first + 1) % in_flight;
    }
    engine.on_time(now);
    for (std::size_t i = 0; i < 64; ++i) {
      const auto action = engine.poll_action(now, room);
      if (!action) break;
      const auto* send = std::get_if<Send>(&*action);
      const auto syn = *TcpView::parse(send->octets.subspan(20));
      const MutableBytes reset{resets[(first + waiting++) % in_flight]};
      const TcpHeader header{.source_port = syn.destination_port(),
                             .destination_port = syn.source_port(),
                             .acknowledgement = TcpSequence{syn.sequence().value() + 1},
                             .flags = TcpFlags::rst | TcpFlags::ack};
      Ipv4Header{.protocol = Protocol::tcp, .source = send->to.v4(), .destination = client}.emit(
          reset, header.size());
      header.emit(reset.subspan(20), send->to, client);
      engine.on_sent(now, send->probe, stamp());
    }
    engine.take_events(events);
    results += events.size();
    benchmark::DoNotOptimize(engine.next_wakeup());
  };
  while (waiting < in_flight) turn(0);
  while (results == 0) turn(64);  // RSTs wait for a SYN-ACK of their host at first
  results = 0;
  const auto before = allocations();
  for (auto _ : state) turn(64);
  count_results(state, results, allocations() - before);
}
BENCHMARK(tcp_engine_syn)->Arg(2'000)->MinWarmUpTime(0.2);

}  // namespace
}  // namespace sonda::bench
