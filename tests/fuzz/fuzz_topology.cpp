// A topology file: a network or one complaint, never more; what reads well is built, drawn, and
// given packets. Sentences that read well read the same again.
#include <string>
#include <utility>

#include <sonda/lab/drawing.hpp>
#include <sonda/lab/sentence.hpp>
#include <sonda/lab/simulation.hpp>
#include <sonda/lab/topology.hpp>
#include <sonda/lab/trace_text.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/wire/icmp_echo.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

bool is_one_clean_line(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

class Reader final : public sim::Observer {  // reads what it sees
 public:
  explicit Reader(const lab::Simulation& simulation) : simulation_{simulation} {}
  void on_crossing(const sim::Crossing& crossing) override {
    claim(is_one_clean_line(lab::trace_line(crossing, simulation_, {})));
  }
  void on_note(const sim::Note& note) override {
    claim(is_one_clean_line(lab::trace_line(note, simulation_, {})));
  }

 private:
  const lab::Simulation& simulation_;
};

sim::Octets packet(const Address& from, const Address& to, std::size_t number) {
  const sim::Octets data(number % 40 * 50, 0x2a);
  const Echo echo{.identifier = Identifier{number}, .sequence = Sequence{1}, .data = data};
  const bool ping = number % 3 == 0;
  const auto protocol = ping              ? (to.is_v4() ? Protocol::icmp : Protocol::icmpv6)
                        : number % 3 == 1 ? Protocol::udp
                                          : Protocol::tcp;
  const sim::Envelope envelope{
      .from = from, .to = to, .protocol = protocol, .ttl = Ttl{1 + number % 64}};
  auto octets = envelope.packet(echo.size() + 20);
  const auto message = MutableBytes{octets}.subspan(envelope.size());
  if (!ping) {
    store<std::uint16_t>(message, 0, static_cast<std::uint16_t>(number));
    store<std::uint16_t>(message, 2, static_cast<std::uint16_t>(number * 7));
    message[12] = 0x50;
    message[13] = static_cast<std::uint8_t>(number);
  } else if (to.is_v4()) {
    echo.emit(message.first(echo.size()));
  } else {
    echo.emit(message.first(echo.size()), from.v6(), to.v6());
  }
  return octets;
}

void use(lab::Topology topology) {
  constexpr std::size_t packets = 100;
  claim(!lab::drawing(topology).empty());
  for (const auto& event : topology.events)
    for (const auto& sentence : event.sentences) {
      const auto again = lab::read_sentence(lab::to_text(sentence));
      claim(again.has_value() && lab::to_text(*again) == lab::to_text(sentence));
      claim(lab::check(sentence, topology).has_value());
    }
  lab::Simulation simulation{std::move(topology), 1};
  Reader reader{simulation};
  simulation.set_observer(&reader);
  const auto& known = simulation.topology();
  const auto sources = known.addresses_of(known.client().name);
  const auto names = known.names();
  auto& network = simulation.network();
  for (std::size_t i = 0; i < packets; ++i) {
    const auto targets = known.addresses_of(names[i % names.size()]);
    const Instant now{std::chrono::milliseconds{100 * i}};
    for (const auto& from : sources)
      for (const auto& to : targets)
        if (from.is_v4() == to.is_v4() && (i % 4 == 0 || &to == &targets.front()))
          network.send(now, packet(from, to, i));
    for (int taken = 0; taken < 1'000 && network.take_delivery(now); ++taken) continue;
  }
  simulation.set_observer(nullptr);
}

void look(Bytes input) {
  std::vector<char> room;
  const auto text = text_of(input, room);
  if (const auto sentence = lab::read_sentence(text)) {
    const auto again = lab::read_sentence(lab::to_text(*sentence));
    claim(again.has_value() && *again == *sentence);
  } else {
    claim(is_one_clean_line(sentence.error()));
  }
  auto topology = lab::read_topology(text, "file");
  if (topology) return use(std::move(*topology));
  claim(is_one_clean_line(lab::to_text(topology.error())));
  claim(topology.error().line > 0 && topology.error().column > 0);
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
