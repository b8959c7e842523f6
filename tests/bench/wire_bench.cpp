// The wire layer against libtins and against plain loops, in one run, allocations counted.
#include <benchmark/benchmark.h>
#include <tins/tins.h>

#include <sonda/probe/echo_identity.hpp>
#include <sonda/wire.hpp>
#include <sonda/wire/describe.hpp>
#include <sonda/wire/quotation_changes.hpp>

#include "allocations.hpp"
#include "packets.hpp"

namespace sonda::bench {
namespace {

// Repeats `work`, whose result must not be optimised away, and counts what it allocates.
template <typename Work>
void measure(benchmark::State& state, Work work) {
  const auto before = allocations();
  for (auto _ : state) {
    auto result = work();
    benchmark::DoNotOptimize(result);
  }
  state.counters["allocations"] = benchmark::Counter(static_cast<double>(allocations() - before),
                                                     benchmark::Counter::kAvgIterations);
}

// Octets that the compiler knows nothing of.
template <typename Octets>
Bytes hidden(const Octets& octets) {
  const auto* data = octets.data();
  benchmark::DoNotOptimize(data);
  return {data, octets.size()};
}

// What is read of each frame: both addresses' sum, ports, flags, octets of data.
struct Glance {
  std::uint32_t source, destination;
  std::uint16_t source_port, destination_port;
  std::uint8_t flags;
  std::size_t data;
};

// ---------------------------------------------------------------------- a TCP frame of 796 octets

template <bool verify>
void parse_frame_sonda(benchmark::State& state) {
  const auto frame = tcp_frame();
  measure(state, [&]() -> Glance {
    const auto ethernet = EthernetView::parse(hidden(frame));
    if (!ethernet || ethernet->type() != EtherType::ipv4) return {};
    const auto ip = Ipv4View::parse(ethernet->payload());
    if (!ip || ip->protocol() != Protocol::tcp) return {};
    if (verify && !ip->checksum_ok()) return {};
    const auto tcp = TcpView::parse(ip->payload());
    if (!tcp) return {};
    return {ip->source().number(),           ip->destination().number(), tcp->source_port().value(),
            tcp->destination_port().value(), tcp->flags().octet(),       tcp->payload().size()};
  });
}
BENCHMARK(parse_frame_sonda<false>)->Name("parse_tcp_frame/sonda");
BENCHMARK(parse_frame_sonda<true>)->Name("parse_tcp_frame/sonda_ip_checksum_verified");

void parse_frame_libtins(benchmark::State& state) {
  const auto frame = tcp_frame();
  measure(state, [&]() -> Glance {
    const auto octets = hidden(frame);
    Tins::EthernetII ethernet{octets.data(), static_cast<std::uint32_t>(octets.size())};
    const auto& ip = ethernet.rfind_pdu<Tins::IP>();
    const auto& tcp = ip.rfind_pdu<Tins::TCP>();
    const auto* data = tcp.find_pdu<Tins::RawPDU>();
    return {std::uint32_t{ip.src_addr()},
            std::uint32_t{ip.dst_addr()},
            tcp.sport(),
            tcp.dport(),
            static_cast<std::uint8_t>(tcp.flags()),
            data == nullptr ? 0 : data->payload_size()};
  });
}
BENCHMARK(parse_frame_libtins)->Name("parse_tcp_frame/libtins");

// -------------------------------------------------------------------- a checksum of 1,480 octets

std::array<std::uint8_t, 1480> octets_to_sum() {
  std::array<std::uint8_t, 1480> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i) octets[i] = static_cast<std::uint8_t>(i * 31 + 5);
  return octets;
}

std::uint16_t folded(std::uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}
// One octet after the other, high half and low half by turns.
std::uint16_t octet_wise(Bytes octets) {
  std::uint32_t sum = 0;
  bool odd = false;
  for (const auto octet : octets) {
    sum += odd ? octet : std::uint32_t{octet} << 8;
    odd = !odd;
  }
  return folded(sum);
}
// Two octets put together by shift and or.
std::uint16_t word_wise(Bytes octets) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < octets.size(); i += 2)
    sum += static_cast<std::uint32_t>(octets[i] << 8 | octets[i + 1]);
  if (octets.size() % 2 != 0) sum += static_cast<std::uint32_t>(octets.back() << 8);
  return folded(sum);
}

void checksum_sonda(benchmark::State& state) {
  const auto octets = octets_to_sum();
  if (Checksum{}.add(octets).finish() != octet_wise(octets)) state.SkipWithError("wrong sum");
  measure(state, [&] { return Checksum{}.add(hidden(octets)).finish(); });
}
BENCHMARK(checksum_sonda)->Name("checksum_1480/sonda");
void checksum_octet_wise(benchmark::State& state) {
  const auto octets = octets_to_sum();
  measure(state, [&] { return octet_wise(hidden(octets)); });
}
BENCHMARK(checksum_octet_wise)->Name("checksum_1480/octet_wise_loop");
void checksum_word_wise(benchmark::State& state) {
  const auto octets = octets_to_sum();
  measure(state, [&] { return word_wise(hidden(octets)); });
}
BENCHMARK(checksum_word_wise)->Name("checksum_1480/shift_and_or_loop");

// --------------------------------------------------------------- an echo request of 56 octets out

void emit_echo_sonda(benchmark::State& state) {
  std::array<std::uint8_t, 56> data{};
  std::array<std::uint8_t, 84> room{};
  std::uint16_t number = 0;
  measure(state, [&] {
    ++number;
    const Ipv4Header ip{.identification = number,
                        .protocol = Protocol::icmp,
                        .source = client,
                        .destination = server};
    const Echo echo{
        .identifier = Identifier{7}, .sequence = Sequence{number}, .data = hidden(data)};
    const MutableBytes packet{room};
    ip.emit(packet, echo.size());
    echo.emit(packet.subspan(ip.size()));
    benchmark::ClobberMemory();
    return room.data();
  });
}
BENCHMARK(emit_echo_sonda)->Name("emit_echo_request/sonda");

Tins::IP tins_echo(const std::array<std::uint8_t, 56>& data, std::uint16_t number) {
  Tins::IP ip{"198.51.100.9", "192.0.2.1"};
  ip.id(number);
  ip.ttl(64);
  Tins::ICMP icmp;
  icmp.id(7);
  icmp.sequence(number);
  return ip / icmp / Tins::RawPDU{data.data(), 56};
}
void emit_echo_libtins(benchmark::State& state) {
  const std::array<std::uint8_t, 56> data{};
  const Tins::IPv4Address from{"192.0.2.1"}, to{"198.51.100.9"};
  std::uint16_t number = 0;
  measure(state, [&] {
    ++number;
    Tins::IP ip{to, from};
    ip.id(number);
    ip.ttl(64);
    Tins::ICMP icmp;
    icmp.id(7);
    icmp.sequence(number);
    auto packet = ip / icmp / Tins::RawPDU{data.data(), 56};
    return packet.serialize();
  });
}
BENCHMARK(emit_echo_libtins)->Name("emit_echo_request/libtins_build_and_serialize");
// Only what it cannot do without: the objects stand, one number changes.
void serialize_echo_libtins(benchmark::State& state) {
  auto packet = tins_echo({}, 1);
  auto& icmp = packet.rfind_pdu<Tins::ICMP>();
  std::uint16_t number = 0;
  measure(state, [&] {
    icmp.sequence(++number);
    return packet.serialize();
  });
}
BENCHMARK(serialize_echo_libtins)->Name("emit_echo_request/libtins_serialize_only");

// -------------------------------------------------------------------- what no other library does

void parse_quotation(benchmark::State& state) {
  const auto message = time_exceeded();
  measure(state, [&] { return Quotation::parse(hidden(message), IpVersion::v4)->sequence(); });
}
BENCHMARK(parse_quotation)->Name("quotation/parse");
void compare_quotation(benchmark::State& state) {
  const auto sent = echo_request();
  const auto message = time_exceeded();
  measure(state, [&] {
    return compare(hidden(sent), *Quotation::parse(hidden(message), IpVersion::v4))->size();
  });
}
BENCHMARK(compare_quotation)->Name("quotation/parse_and_compare");

void describe_echo(benchmark::State& state) {
  const auto packet = echo_request();
  std::array<char, 256> room{};
  measure(state, [&] { return describe(hidden(packet), room); });
}
BENCHMARK(describe_echo)->Name("describe/echo_request");
void describe_tcp(benchmark::State& state) {
  const auto frame = tcp_frame();
  std::array<char, 256> room{};
  measure(state, [&] { return describe(hidden(frame).subspan(14), room); });
}
BENCHMARK(describe_tcp)->Name("describe/tcp_segment");

void echo_tag(benchmark::State& state) {
  const EchoIdentity identity{{0x0123'4567'89ab'cdef, 0xfedc'ba98'7654'3210}, server};
  std::uint64_t probe = 0;
  measure(state, [&] { return identity.tag(ProbeId{++probe}); });
}
BENCHMARK(echo_tag)->Name("siphash/echo_tag");

}  // namespace
}  // namespace sonda::bench
