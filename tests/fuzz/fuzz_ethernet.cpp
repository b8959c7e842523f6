// Ethernet frames: what the view says against a reading by hand, and the header written again.
#include <sonda/wire/ethernet.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

bool is_vlan(Bytes frame, std::size_t at) {
  const auto type = load<std::uint16_t>(frame, at);
  return type == 0x8100 || type == 0x88a8;
}

void look(Bytes frame) {
  const auto view = EthernetView::parse(frame);
  if (!view) {
    claim_honest(view.error(), frame.size());
    return;
  }
  std::size_t type_at = 12;
  for (; is_vlan(frame, type_at); type_at += 4) {
    const auto tag = (type_at - 12) / 4;
    claim(tag < view->vlan_tags());
    claim(view->vlan(tag) == (load<std::uint16_t>(frame, type_at + 2) & 0xfff));
  }
  claim(view->vlan_tags() == (type_at - 12) / 4);
  claim(view->type() == EtherType{load<std::uint16_t>(frame, type_at)});
  claim(same(view->payload(), frame.subspan(type_at + 2)));

  const EthernetHeader header{
      .destination = view->destination(), .source = view->source(), .type = view->type()};
  const auto again = emitted(header.size(), [&](MutableBytes room) { header.emit(room); });
  claim(equal(Bytes{again}.first(12), frame.first(12)));
  claim(equal(Bytes{again}.subspan(12), frame.subspan(type_at, 2)));

  for (const auto& address : {view->destination(), view->source()}) {
    const auto text = to_text(address);
    claim(MacAddress::parse(text.view()) == address);
    claim(!address.is_broadcast() || address.is_multicast());
  }
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
