// Writes a large capture and the run that it shows, for the verifier to be timed on:
//   verify-input MEGABYTES CAPTURE.pcapng [RUN.jsonl]
// Echo requests of 56 octets of data, each answered after 50 ms, a thousand of them under way. With
// RUN the events go there; without, they ride along as comments of the capture.
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <fstream>
#include <string>
#include <vector>

#include <sonda/capture/pcapng_writer.hpp>
#include <sonda/core/sha256.hpp>
#include <sonda/record/json_lines.hpp>
#include <sonda/wire/icmp_echo.hpp>
#include <sonda/wire/ipv4.hpp>

namespace sonda::bench {
namespace {

constexpr std::int64_t begin_ns = 1'767'225'600'000'000'000;  // 2026-01-01T00:00:00Z
constexpr std::int64_t interval_ns = 50'000, rtt_ns = 50'000'000;
constexpr Ipv4Address us{192, 0, 2, 2}, target{198, 51, 100, 10};

std::vector<std::uint8_t> packet(std::uint64_t sequence, EchoKind kind) {
  std::array<std::uint8_t, 56> data{};
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(i);
  store(MutableBytes{data}, 0, sequence * 0x9e37'79b9'7f4a'7c15U);
  const Echo echo{.kind = kind,
                  .identifier = Identifier{0x50da},
                  .sequence = Sequence{static_cast<std::uint16_t>(sequence)},
                  .data = data};
  const bool request = kind == EchoKind::request;
  const Ipv4Header ip{.identification = static_cast<std::uint16_t>(sequence % 65'535 + 1),
                      .ttl = Ttl{request ? 64 : 63},
                      .protocol = Protocol::icmp,
                      .source = request ? us : target,
                      .destination = request ? target : us};
  std::vector<std::uint8_t> out(ip.size() + echo.size());
  ip.emit(out, echo.size());
  echo.emit(MutableBytes{out}.subspan(ip.size()));
  return out;
}

class Input {
 public:
  Input(capture::PcapngWriter writer, std::ofstream run, bool apart)
      : writer_{std::move(writer)}, run_{std::move(run)}, apart_{apart} {
    static_cast<void>(writer_.add_interface({}));
  }

  bool write(std::uint64_t octets) {
    Start start{.tool = "ping",
                .source = us,
                .interface = "eth0",
                .mode = "raw",
                .clock = "kernel",
                .plan = {{"interval_ms", 0.05},
                         {"timeout_ms", 1'000.0},
                         {"data_octets", std::int64_t{56}},
                         {"ttl", std::int64_t{64}},
                         {"traffic_class", std::int64_t{0}},
                         {"path_mtu_discovery", std::string{"want"}}},
                .identifiers = {0x50da}};
    tell(begin_ns, start);
    for (std::uint64_t sequence = 1; written_ < octets; ++sequence) {
      const auto now = begin_ns + static_cast<std::int64_t>(sequence) * interval_ns;
      while (answered_ < sequence && moment(answered_ + 1) + rtt_ns <= now) answer();
      const auto probe = packet(sequence, EchoKind::request);
      frame(now, probe, capture::Direction::out);
      tell(now, Sent{ProbeId{sequence - 1}, sequence, sha256_text(probe)});
      sent_ = sequence;
    }
    while (answered_ < sent_) answer();
    PingSummary summary{.sent = sent_,
                        .received = sent_,
                        .elapsed = Duration{last_ns_ - moment(1)},
                        .rtt = RttStatistics{},
                        .clock = StampClock::kernel};
    const Duration rtt{rtt_ns};
    *summary.rtt = {rtt, rtt, rtt, rtt, rtt, rtt, Duration{}, Duration{}, sent_};
    tell(last_ns_, summary);
    flush();
    writer_.set_statistics({.received = frames_, .dropped = 0});
    return writer_.close().has_value() && (!apart_ || run_.good());
  }

 private:
  static std::int64_t moment(std::uint64_t sequence) {
    return begin_ns + static_cast<std::int64_t>(sequence) * interval_ns;
  }
  void answer() {
    const auto sequence = ++answered_;
    const auto reply = packet(sequence, EchoKind::reply);
    const auto now = moment(sequence) + rtt_ns;
    frame(now, reply, capture::Direction::in);
    tell(now, Reply{.probe = ProbeId{sequence - 1},
                    .sequence = sequence,
                    .from = target,
                    .bytes = 64,
                    .ttl = Ttl{63},
                    .rtt = RttSample{Duration{rtt_ns}, Duration{1'251}, StampClock::kernel}});
  }
  void frame(std::int64_t now, Bytes octets, capture::Direction direction) {
    static_cast<void>(writer_.write({.unix_ns = now, .octets = octets, .direction = direction}));
    written_ += octets.size() + 48;
    ++frames_;
    last_ns_ = now;
  }
  void tell(std::int64_t now, Happening what) {
    const auto line =
        record::to_json({.event = {Instant{}, std::move(what)}, .unix_ns = now},
                        {.tool = "ping", .target = "198.51.100.10", .address = target});
    if (apart_) {
      run_ << line << '\n';
      return;
    }
    written_ += line.size() + 20;
    pending_.push_back("sonda-event: " + line);
    if (pending_.size() >= 64) flush();
  }
  void flush() {
    if (pending_.empty()) return;
    static_cast<void>(writer_.add_statistics(
        {.unix_ns = last_ns_, .received = frames_, .dropped = 0, .comments = std::move(pending_)}));
    pending_.clear();
  }

  capture::PcapngWriter writer_;
  std::ofstream run_;
  bool apart_;
  std::vector<std::string> pending_{};
  std::uint64_t sent_ = 0, answered_ = 0, frames_ = 0, written_ = 0;
  std::int64_t last_ns_ = begin_ns;
};

int main(int argc, char** argv) {
  std::uint64_t megabytes = 0;
  const std::string size = argc > 1 ? argv[1] : "";
  std::from_chars(size.data(), size.data() + size.size(), megabytes);
  if (argc < 3 || megabytes == 0) {
    std::fputs("verify-input MEGABYTES CAPTURE.pcapng [RUN.jsonl]\n", stderr);
    return 2;
  }
  auto writer = capture::PcapngWriter::create(argv[2], {.application = "sonda-ping"});
  if (!writer) {
    std::fprintf(stderr, "%s\n", writer.error().message().c_str());
    return 4;
  }
  std::ofstream run;
  if (argc > 3) run.open(argv[3]);
  return Input{std::move(*writer), std::move(run), argc > 3}.write(megabytes << 20) ? 0 : 4;
}

}  // namespace
}  // namespace sonda::bench

int main(int argc, char** argv) { return sonda::bench::main(argc, argv); }
