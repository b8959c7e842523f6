// Neighbor discovery: the five messages written again, the options of any octets walked.
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/neighbor_discovery.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

constexpr Ipv6Address from{{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 1}}, to{{0xff, 2, 0, 0, 0, 0, 0, 0, 2}};

template <typename Option>
void write_option_again(NeighborOption option) {
  const auto value = Option::parse(option);
  if (!value) return claim_honest(value.error(), option.octets().size());
  const auto written = emitted(value->size(), [&](MutableBytes room) { value->emit(room); });
  claim(written.size() == option.octets().size());
  const auto again = Option::parse(NeighborOption{written});
  if constexpr (requires { *value == *again; })
    claim(again == value);
  else
    claim(again && equal(again->quoted, value->quoted));
  Octets room(written.size());
  NeighborOptionsWriter writer{room};
  claim(equal(writer.add(*value).finish(), written) && !writer.overflowed());
  writer.add(*value);
  claim(writer.overflowed() && writer.finish().size() == written.size());
}

void walk(Bytes octets) {
  const NeighborOptions options{octets};
  std::size_t read = 0;
  for (const auto option : options) {
    claim(!option.octets().empty() &&
          same(option.octets(), octets.subspan(read, option.octets().size())));
    claim(option.octets().size() == option.octets()[1] * NeighborOption::word);
    read += option.octets().size();
    claim(options.first(option.type()).has_value());
    write_option_again<LinkAddressOption>(option);
    write_option_again<PrefixInformation>(option);
    write_option_again<MtuOption>(option);
    write_option_again<RedirectedHeader>(option);
  }
  claim(options.malformed() == (read != octets.size()));
}

template <typename Message>
void write_again(Bytes octets) {
  const auto message = Message::parse(octets);
  if (!message) return claim_honest(message.error(), octets.size());
  claim(message->size() == octets.size());
  claim_within(message->options, octets);
  claim(!NeighborOptions{message->options}.malformed());
  auto value = *message;
  if (const auto mac = value.link_address()) claim(!value.options.empty());
  if constexpr (requires { value.quoted(); }) claim_within(value.quoted(), octets);
  const auto write = [&] {
    return emitted(value.size(), [&](MutableBytes room) { value.emit(room, from, to); });
  };
  // Reserved bits are all that gets lost, and they lie in the second four octets.
  const auto kept = write();
  claim(equal(Bytes{kept}.first(4), octets.first(4)));
  claim(equal(Bytes{kept}.subspan(8), octets.subspan(8)));
  value.checksum = ChecksumField::computed();
  const auto summed = write();
  const auto view = Icmpv6View::parse(Bytes{summed});
  claim(view && view->checksum_ok(from, to));
  claim(Message::parse(summed).has_value());
}

void look(Bytes octets) {
  walk(octets);
  write_again<NeighborSolicitation>(octets);
  write_again<NeighborAdvertisement>(octets);
  write_again<RouterSolicitation>(octets);
  write_again<RouterAdvertisement>(octets);
  write_again<Icmpv6Redirect>(octets);
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
