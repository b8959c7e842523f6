// What stands behind a quotation: where the structure begins, its objects, each written again.
#include <sonda/wire/icmp_extension.hpp>
#include <sonda/wire/icmp_interface.hpp>
#include <sonda/wire/icmp_mpls.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

void look_at_object(ExtensionObject object, Bytes structure) {
  claim_within(object.octets(), structure);
  claim(object.octets().size() == load<std::uint16_t>(object.octets(), 0));
  claim_within(object.payload(), object.octets());
  if (const auto stack = MplsStackView::parse(object)) {
    std::vector<MplsLabel> labels;
    for (std::size_t i = 0; i < stack->size(); ++i) labels.push_back((*stack)[i]);
    const MplsStack written{labels};
    claim(equal(emitted(written.size(), [&](MutableBytes room) { written.emit(room); }),
                object.payload()));
  } else {
    claim_honest(stack.error(), object.octets().size());
  }

  // Padding of a name is not kept, so the value is compared and not its octets.
  const auto claim_again = [&object]<typename Value>(const Parsed<Value>& value) {
    if (!value) return claim_honest(value.error(), object.octets().size());
    Octets octets(ExtensionObject::header_size);
    const auto payload = emitted(value->size(), [&](MutableBytes room) { value->emit(room); });
    octets.insert(octets.end(), payload.begin(), payload.end());
    store(octets, 0, static_cast<std::uint16_t>(octets.size()));
    octets[2] = static_cast<std::uint8_t>(Value::class_number);
    octets[3] = value->c_type();
    claim(Value::parse(ExtensionObject{octets}) == *value);
  };
  claim_again(InterfaceInfo::parse(object));
  claim_again(InterfaceIdentification::parse(object));
}

void look_at_structure(const IcmpExtensions& extensions) {
  const auto structure = extensions.octets();
  Octets room(structure.size());
  ExtensionsWriter writer{room};
  std::size_t size = IcmpExtensions::header_size;
  for (const auto object : extensions) {
    look_at_object(object, structure);
    claim(same(object.octets(), structure.subspan(size, object.octets().size())));
    size += object.octets().size();
    writer.add(object.class_number(), object.c_type(), object.payload());
    const auto first = extensions.first(object.class_number());
    claim(first && first->class_number() == object.class_number());
  }
  claim(extensions.malformed() == (size != structure.size()));
  const auto written = writer.finish();
  claim(!writer.overflowed() && written.size() == size);
  claim(equal(written.subspan(4), structure.subspan(4, size - 4)));
  const auto again = IcmpExtensions::parse(written);
  claim(again && again->has_checksum() && !again->malformed());
}

void look(Bytes input) {
  Choices choices{input};
  const std::size_t length = choices.octet() * std::size_t{4};
  const auto body = choices.rest();
  if (const auto extensions = IcmpExtensions::parse(body))
    look_at_structure(*extensions);
  else
    claim_honest(extensions.error(), body.size());

  using Boundary = IcmpErrorBody::Boundary;
  const auto found = IcmpExtensions::find(body, length);
  claim_within(found.quoted, body);
  claim(found.quoted.empty() || found.quoted.data() == body.data());
  claim(found.extensions.has_value() == (found.boundary != Boundary::none));
  if (!found.extensions) return;
  claim(same(found.extensions->octets(), body.subspan(found.quoted.size())));
  claim(found.quoted.size() == (found.boundary == Boundary::stated ? length : 128));
  claim(!found.fault && (found.boundary == Boundary::stated || found.extensions->has_checksum()));
  look_at_structure(*found.extensions);
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
