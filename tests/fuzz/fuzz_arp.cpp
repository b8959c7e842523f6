// ARP: the view, the message written again, and a line for the frame around it.
#include <sonda/wire/arp.hpp>
#include <sonda/wire/describe_frame.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

void describe_in_a_frame(Bytes payload) {
  const EthernetHeader header{.destination = MacAddress::broadcast(), .type = EtherType::arp};
  Octets frame(header.size());
  header.emit(frame);
  frame.insert(frame.end(), payload.begin(), payload.end());
  const auto text = describe_frame(Bytes{frame});
  claim(text.view() == " [|arp]" || text.view().starts_with("ARP, "));
  claim(std::ranges::all_of(text.view(), [](char c) { return c >= ' ' && c <= '~'; }));
}

void look(Bytes octets) {
  describe_in_a_frame(octets);
  const auto as_frame = describe_frame(octets);
  claim(!as_frame.view().empty());
  const auto arp = ArpView::parse(octets);
  if (!arp) return claim_honest(arp.error(), octets.size());
  claim(same(arp->octets(), octets.first(28)));
  const auto message = arp->message();
  const auto write = [](const ArpMessage& value) {
    return emitted(ArpMessage::size(), [&](MutableBytes room) { value.emit(room); });
  };
  claim(equal(write(message), arp->octets()));
  const auto answer = message.answered_by(MacAddress{{2, 0, 0, 0, 0, 9}});
  const auto written = write(answer);
  const auto again = ArpView::parse(Bytes{written});
  claim(again && again->message() == answer && again->operation() == ArpOperation::reply);
  claim(again->target() == arp->sender() && again->sender() == arp->target());
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
