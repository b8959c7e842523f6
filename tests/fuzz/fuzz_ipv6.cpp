// IPv6: both doors, the chain of extension headers walked and written again, fragments put together
// again.
#include <sonda/wire/fragment.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/ipv6_extensions.hpp>
#include <sonda/wire/ipv6_options.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

template <typename Header>
void claim_written(const Header& header, Bytes octets) {
  claim(header.size() == octets.size());
  claim(equal(emitted(header.size(), [&](MutableBytes room) { header.emit(room); }), octets));
}

void look_at_fragment(ExtensionHeader header) {
  const auto fragment = FragmentView::parse(header);
  claim(fragment.has_value() && fragment->offset() % 8 == 0);
  auto plain = Octets{header.octets().begin(), header.octets().end()};
  plain[1] = 0, plain[3] &= 0xf9;  // reserved
  claim_written(FragmentHeader{.next_header = header.next_header(),
                               .offset = fragment->offset(),
                               .more = fragment->more(),
                               .identification = fragment->identification()},
                plain);
}

void look_at_options(ExtensionHeader header) {
  claim_written(OptionsHeader{.next_header = header.next_header(), .options = header.data()},
                header.octets());
  const auto options = Ipv6Options::parse(header);
  if (!options) return claim_honest(options.error(), header.octets().size());
  Octets together;
  for (const auto option : *options) {
    claim_within(option.octets(), header.data());
    claim_within(option.data(), option.octets());
    claim(static_cast<unsigned>(option.if_unknown()) == option.octets()[0] / 64U);
    together.insert(together.end(), option.octets().begin(), option.octets().end());
  }
  claim(equal(together, header.data()));
}

void look_at_header(ExtensionHeader header) {
  const auto octets = header.octets();
  claim(octets.size() >= 8 && header.next_header() == Protocol{octets[0]});
  claim_within(header.data(), octets);
  switch (header.type()) {
    case Protocol::ipv6_fragment:
      return look_at_fragment(header);
    case Protocol::hop_by_hop:
    case Protocol::destination_options:
      return look_at_options(header);
    case Protocol::ipv6_routing: {
      const auto routing = RoutingView::parse(header);
      claim(routing.has_value());
      return claim_written(RoutingHeader{.next_header = header.next_header(),
                                         .type = routing->type(),
                                         .segments_left = routing->segments_left(),
                                         .data = routing->data()},
                           octets);
    }
    case Protocol::ah: {
      if (octets.size() < 12 || octets.size() % 8 != 0) return;
      auto plain = Octets{octets.begin(), octets.end()};
      plain[2] = plain[3] = 0;  // reserved
      return claim_written(
          AuthenticationHeader{.next_header = header.next_header(),
                               .security_parameters = load<std::uint32_t>(octets, 4),
                               .sequence = load<std::uint32_t>(octets, 8),
                               .check_value = octets.subspan(12)},
          plain);
    }
    default:
      claim(is_extension_header(header.type()));
  }
}

void look_at_chain(const Ipv6View& ip) {
  const auto tolerant = ExtensionChain::parse_quoted(ip);
  const auto strict = ExtensionChain::parse(ip);
  if (!tolerant) {
    claim_honest(tolerant.error(), ip.octets().size());
    return claim(!strict);
  }
  auto expected = ip.next_header();
  std::size_t count = 0;
  Octets together;
  for (const auto header : *tolerant) {
    claim(header.type() == expected);
    expected = header.next_header();
    look_at_header(header);
    together.insert(together.end(), header.octets().begin(), header.octets().end());
    claim(++count <= ExtensionChain::max_headers);
  }
  claim(tolerant->protocol() == expected);
  claim(equal(together, tolerant->octets()) && tolerant->empty() == together.empty());
  claim(same(tolerant->payload(), ip.payload().subspan(together.size())));
  claim(tolerant->complete() != (is_extension_header(expected) && !tolerant->later_fragment()));
  if (!strict) return claim_honest(strict.error(), ip.octets().size());
  claim(strict->complete() && same(strict->payload(), tolerant->payload()));
  claim(strict->protocol() == tolerant->protocol());
}

void cut_and_join(const Ipv6View& ip, Mtu mtu) {
  constexpr std::uint32_t identification = 0x1234'5678;
  const auto fragments = Ipv6Fragments::of(ip.octets(), mtu, identification);
  if (!fragments) return;
  Octets joined;
  for (std::size_t i = 0; i < fragments->count(); ++i) {
    const auto size = fragments->size(i);
    claim(size <= mtu.value());
    const auto octets = emitted(size, [&](MutableBytes room) { fragments->emit(i, room); });
    if (fragments->count() == 1) return claim(equal(octets, ip.octets()));
    const auto piece = Ipv6View::parse(Bytes{octets});
    claim(piece && piece->octets().size() == size && piece->hop_limit() == ip.hop_limit());
    const auto chain = ExtensionChain::parse_quoted(*piece);
    claim(chain && chain->fragment());
    claim(chain->fragment()->identification() == identification);
    claim(chain->fragment()->more() == (i + 1 < fragments->count()));
    // The fragment header is the last that is repeated; what lies behind it is the piece.
    std::size_t at = Ipv6View::size;
    for (const auto header : *chain) {
      at += header.octets().size();
      if (header.type() == Protocol::ipv6_fragment) break;
    }
    claim(chain->fragment()->offset() == joined.size());
    if (i == 0) joined.clear();
    joined.insert(joined.end(), octets.begin() + static_cast<std::ptrdiff_t>(at), octets.end());
  }
  claim(joined.size() <= ip.payload().size());
  claim(equal(joined, ip.payload().last(joined.size())));
}

void look(Bytes input) {
  Choices choices{input};
  const Mtu mtu{choices.number<std::uint16_t>()};
  const auto packet = choices.rest();
  const auto quoted = Ipv6View::parse_quoted(packet);
  const auto whole = Ipv6View::parse(packet);
  if (!quoted) {
    claim_honest(quoted.error(), packet.size());
    return claim(!whole && whole.error() == quoted.error());
  }
  claim_within(quoted->octets(), packet);
  claim(quoted->traffic_class().value() == (packet[0] % 16 * 16 + packet[1] / 16));
  claim(quoted->flow_label().value() == load<std::uint32_t>(packet, 0) % (1U << 20));
  claim(quoted->next_header() == Protocol{packet[6]} && quoted->hop_limit().value() == packet[7]);
  claim(equal(quoted->source().octets(), packet.subspan(8, 16)));
  claim(equal(quoted->destination().octets(), packet.subspan(24, 16)));
  look_at_chain(*quoted);
  claim(whole.has_value() != quoted->truncated());
  if (!whole) return claim_honest(whole.error(), packet.size());

  const Ipv6Header header{.traffic_class = whole->traffic_class(),
                          .flow_label = whole->flow_label(),
                          .next_header = whole->next_header(),
                          .hop_limit = whole->hop_limit(),
                          .source = whole->source(),
                          .destination = whole->destination()};
  const auto emit = [&](MutableBytes room) { header.emit(room, whole->payload().size()); };
  claim(equal(emitted(header.size(), emit), whole->header()));
  cut_and_join(*whole, mtu);
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
