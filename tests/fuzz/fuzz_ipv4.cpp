// IPv4: both doors against a reading by hand, options of every kind, the header written again, and
// fragments put together again.
#include <sonda/wire/fragment.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv4_options.hpp>
#include <sonda/wire/ipv4_options_builder.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

void look_at_option(Ipv4Option option, Bytes options) {
  claim_within(option.octets(), options);
  claim_within(option.data(), option.octets());
  claim(option.type() == Ipv4OptionType{option.octets()[0]});
  if (const auto route = RouteOption::parse(option)) {
    claim(route->visited() <= route->slots());
    for (std::size_t i = 0; i < route->slots(); ++i)
      claim(equal(route->address(i).octets(), option.octets().subspan(3 + 4 * i, 4)));
  }
  if (const auto stamps = TimestampOption::parse(option)) {
    claim(stamps->recorded() <= stamps->slots());
    claim(stamps->overflow() <= 15);
    const std::size_t size = stamps->form() == TimestampForm::time_only ? 4 : 8;
    for (std::size_t i = 0; i < stamps->slots(); ++i) {
      const auto entry = stamps->entry(i);
      const auto time = load<std::uint32_t>(option.octets(), 4 + size * (i + 1) - 4);
      claim(entry.time == (time & 0x7fff'ffff) && entry.standard == (time >> 31 == 0));
    }
  }
  if (const auto value = option_value(option)) claim(option.octets().size() == 4);
}

void look_at_options(Bytes raw) {
  const auto tolerant = Ipv4Options::parse_quoted(raw);
  claim_within(tolerant.octets(), raw);
  Octets together;
  Ipv4OptionsBuilder builder;
  for (const auto option : tolerant) {
    look_at_option(option, tolerant.octets());
    together.insert(together.end(), option.octets().begin(), option.octets().end());
    if (option.type() == Ipv4OptionType::no_operation)
      builder.no_operation();
    else
      builder.add(option.type(), option.data());
  }
  claim(equal(together, tolerant.octets()));
  const auto built = builder.build();
  claim(built && built->size() % 4 == 0 && built->size() - together.size() < 4);
  claim(equal(built->first(together.size()), together));

  const auto strict = Ipv4Options::parse(raw);
  claim(strict.has_value() == (!tolerant.malformed() && raw.size() <= Ipv4Options::max_size));
  if (strict)
    claim(same(strict->octets(), tolerant.octets()));
  else
    claim_honest(strict.error(), raw.size());
}

// A reading by hand, octet by octet.
void look_at_fields(const Ipv4View& ip, Bytes packet) {
  claim_within(ip.octets(), packet);
  claim(ip.header_size() == std::size_t{packet[0]} % 16 * 4);
  claim(ip.traffic_class().value() == packet[1]);
  claim(ip.total_length() == packet[2] * 256 + packet[3]);
  claim(ip.identification() == packet[4] * 256 + packet[5]);
  claim(ip.fragment_offset() == (packet[6] % 32U * 256 + packet[7]) * 8);
  claim(ip.is_fragment() == (ip.more_fragments() || ip.fragment_offset() != 0));
  claim(ip.ttl().value() == packet[8] && ip.protocol() == Protocol{packet[9]});
  claim(equal(ip.source().octets(), packet.subspan(12, 4)));
  claim(equal(ip.destination().octets(), packet.subspan(16, 4)));
  claim(ip.header().size() + ip.payload().size() == ip.octets().size());
  claim(ip.truncated() == (ip.octets().size() < ip.total_length()));
  claim_within(ip.options(), ip.header());
  claim_within(ip.payload(), packet);
}

Ipv4Header header_of(const Ipv4View& ip) {
  return {.traffic_class = ip.traffic_class(),
          .identification = ip.identification(),
          .reserved_flag = ip.reserved_flag(),
          .dont_fragment = ip.dont_fragment(),
          .more_fragments = ip.more_fragments(),
          .fragment_offset = ip.fragment_offset(),
          .ttl = ip.ttl(),
          .protocol = ip.protocol(),
          .checksum = ChecksumField{ip.checksum()},
          .source = ip.source(),
          .destination = ip.destination(),
          .options = ip.options()};
}

void write_again(const Ipv4View& ip) {
  auto header = header_of(ip);
  const auto emit = [&](MutableBytes room) { header.emit(room, ip.payload().size()); };
  claim(equal(emitted(header.size(), emit), ip.header()));
  header.checksum = ChecksumField::computed();
  const auto summed = emitted(header.size(), emit);
  const auto sum = load<std::uint16_t>(summed, 10);
  claim(Checksum{}.add(summed).finish() == 0);
  claim(ip.checksum_ok() == same_sum(sum, ip.checksum()));
  if (header.ttl.value() == 0) return;
  header.ttl = Ttl{header.ttl.value() - 1};  // what every router does, by RFC 1624
  const auto hop = emitted(header.size(), emit);
  const auto updated =
      Checksum::update(sum, load<std::uint16_t>(summed, 8), load<std::uint16_t>(hop, 8));
  claim(same_sum(updated, load<std::uint16_t>(hop, 10)));
}

void cut_and_join(const Ipv4View& ip, Mtu mtu) {
  const auto fragments = Ipv4Fragments::of(ip.octets(), mtu);
  if (!fragments) return;
  claim(fragments->count() >= 1);
  Octets joined;
  for (std::size_t i = 0; i < fragments->count(); ++i) {
    const auto size = fragments->size(i);
    claim(size <= mtu.value());
    const auto octets = emitted(size, [&](MutableBytes room) { fragments->emit(i, room); });
    const auto piece = Ipv4View::parse(Bytes{octets});
    claim(piece && piece->octets().size() == size);
    if (fragments->count() == 1) return claim(equal(octets, ip.octets()));
    claim(piece->checksum_ok() && !piece->dont_fragment());
    claim(piece->fragment_offset() == ip.fragment_offset() + joined.size());
    claim(piece->more_fragments() == (ip.more_fragments() || i + 1 < fragments->count()));
    claim(piece->identification() == ip.identification() && piece->ttl() == ip.ttl());
    claim(piece->protocol() == ip.protocol() && piece->traffic_class() == ip.traffic_class());
    joined.insert(joined.end(), piece->payload().begin(), piece->payload().end());
  }
  claim(equal(joined, ip.payload()));
}

void look(Bytes input) {
  Choices choices{input};
  const Mtu mtu{choices.number<std::uint16_t>()};
  const auto packet = choices.rest();
  look_at_options(packet);
  const auto quoted = Ipv4View::parse_quoted(packet);
  const auto whole = Ipv4View::parse(packet);
  if (!quoted) {
    claim_honest(quoted.error(), packet.size());
    return claim(!whole && whole.error() == quoted.error());
  }
  look_at_fields(*quoted, packet);
  look_at_options(quoted->options());
  if (!whole) return claim_honest(whole.error(), packet.size());
  claim(same(whole->octets(), quoted->octets()) && !whole->truncated());
  write_again(*whole);
  cut_and_join(*whole, mtu);
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
