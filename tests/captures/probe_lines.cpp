// Probes read from lines, and the packets they are.
#include "probe_lines.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>
#include <utility>

#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/pieces.hpp>
#include <sonda/wire/icmp_echo.hpp>
#include <sonda/wire/udp.hpp>

namespace sonda::testing {
namespace {

constexpr Mtu least_mtu{1'280};  // RFC 8200 5
constexpr std::array kinds{std::pair{"ping", ProbeKind::ping}, std::pair{"udp", ProbeKind::udp},
                           std::pair{"tcp", ProbeKind::tcp}, std::pair{"talk", ProbeKind::talk},
                           std::pair{"proto", ProbeKind::proto}};

template <typename T>
bool read_number(std::string_view text, T& into) {
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), into);
  return fault == std::errc{} && end == text.data() + text.size();
}

bool read_value(Probe& probe, const std::string& word, std::string value) {
  if (word == "count") return read_number(value, probe.count);
  if (word == "sport") return read_number(value, probe.source_port);
  if (word == "size") return read_number(value, probe.size);
  if (word == "data") return read_number(value, probe.data);
  if (word == "number") return read_number(value, probe.number);
  if (word == "port") {
    probe.rising_port = value.ends_with('+');
    if (probe.rising_port) value.pop_back();
    return read_number(value, probe.port);
  }
  if (word == "every") {
    const auto every = lab::read_duration(value);
    probe.every = every.value_or(Duration{});
    return every.has_value();
  }
  const auto dots = value.find("..");
  if (dots == std::string::npos)
    return read_number(value, probe.first_ttl) && read_number(value, probe.last_ttl);
  return read_number(value.substr(0, dots), probe.first_ttl) &&
         read_number(value.substr(dots + 2), probe.last_ttl);
}

Protocol protocol_of(const Probe& probe, bool v4) {
  switch (probe.kind) {
    case ProbeKind::ping:
      return v4 ? Protocol::icmp : Protocol::icmpv6;
    case ProbeKind::udp:
      return Protocol::udp;
    case ProbeKind::tcp:
    case ProbeKind::talk:
      return Protocol::tcp;
    case ProbeKind::proto:
      break;
  }
  return Protocol{probe.number};
}

sim::Octets letters(std::size_t count) {
  sim::Octets data(count);
  for (std::size_t i = 0; i < count; ++i) data[i] = static_cast<std::uint8_t>('a' + i % 23);
  return data;
}

}  // namespace

lab::Read<std::optional<Probe>> read_probe(const std::string& line) {
  std::istringstream words{line};
  Probe probe;
  std::string kind;
  words >> kind >> probe.target;
  const auto* const found = std::ranges::find(kinds, kind, [](auto& k) { return k.first; });
  if (found == kinds.end()) return std::nullopt;
  probe.kind = found->second;
  constexpr std::array with_value{"count",  "sport", "size",  "data",
                                  "number", "port",  "every", "ttl"};
  for (std::string word, value; words >> word;) {
    if (word == "df" || word == "no-df") {
      probe.dont_fragment = word == "df";
    } else if (word == "first-fragment") {
      probe.first_fragment = true;
      probe.dont_fragment = false;
    } else if (word == "ipv6") {
      probe.ipv6 = true;
    } else if (std::ranges::find(with_value, word) == with_value.end()) {
      return std::unexpected{line + ": what is " + word + "?"};
    } else if (!(words >> value) || !read_value(probe, word, value)) {
      return std::unexpected{line + ": " + word + " needs a value"};
    }
  }
  return probe;
}

std::vector<std::string> probe_lines(const std::string& readme) {
  std::vector<std::string> lines;
  std::istringstream in{readme};
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line == "```probes") {
      inside = true;
    } else if (line == "```") {
      inside = false;
    } else if (inside && !line.empty()) {
      lines.push_back(line);
    }
  }
  return lines;
}

sim::Octets packet_of(const Probe& probe, const Shot& shot) {
  const bool v4 = shot.to.is_v4();
  const auto protocol = protocol_of(probe, v4);
  const sim::Envelope envelope{.from = shot.from,
                               .to = shot.to,
                               .protocol = protocol,
                               .ttl = Ttl{shot.ttl},
                               .identification = static_cast<std::uint16_t>(shot.number),
                               .dont_fragment = probe.dont_fragment};
  const bool tcp = protocol == Protocol::tcp;
  const std::size_t least = envelope.size() + (tcp ? 20 : 8);
  const auto data = letters(std::max(probe.size, least + (tcp ? 0U : 32U)) - least);
  auto octets = envelope.packet(least - envelope.size() + data.size());
  const auto body = MutableBytes{octets}.subspan(envelope.size());
  const Port port{probe.port + (probe.rising_port ? shot.nth : 0U)};
  switch (probe.kind) {
    case ProbeKind::ping: {
      const Echo echo{
          .identifier = Identifier{0x50da}, .sequence = Sequence{shot.number}, .data = data};
      if (v4)
        echo.emit(body);
      else
        echo.emit(body, shot.from.v6(), shot.to.v6());
      break;
    }
    case ProbeKind::udp:
      std::ranges::copy(data, body.subspan(8).begin());
      UdpHeader{.source_port = Port{probe.source_port}, .destination_port = port}.emit(
          body, shot.from, shot.to);
      break;
    case ProbeKind::tcp:
    case ProbeKind::talk:
      TcpHeader{.source_port = Port{probe.source_port + shot.nth},
                .destination_port = port,
                .sequence = TcpSequence{1'000U * shot.number},
                .flags = TcpFlags::syn,
                .window = 64'240}
          .emit(body, shot.from, shot.to);
      break;
    case ProbeKind::proto:
      std::ranges::copy(data, body.begin());
      break;
  }
  if (!probe.first_fragment) return octets;
  const auto pieces = sim::pieces(octets, least_mtu, shot.number);
  return pieces.empty() ? octets : pieces.front();
}

std::vector<sim::Octets> replies_to(Bytes packet, std::size_t data) {
  const auto ip = sim::IpPacket::read(packet);
  if (!ip || ip->protocol != Protocol::tcp) return {};
  const auto segment = TcpView::parse(ip->payload());
  if (!segment || segment->flags().has(TcpFlags::rst)) return {};
  const bool syn = segment->flags().has(TcpFlags::syn), fin = segment->flags().has(TcpFlags::fin);
  const auto came = static_cast<std::uint32_t>(segment->payload().size() + (syn || fin ? 1U : 0U));
  if (came == 0) return {};
  const sim::Envelope envelope{
      .from = ip->destination, .to = ip->source, .protocol = Protocol::tcp, .dont_fragment = true};
  const auto reply = [&](TcpFlags flags, const sim::Octets& text) {
    const TcpHeader tcp{.source_port = segment->destination_port(),
                        .destination_port = segment->source_port(),
                        .sequence = TcpSequence{segment->acknowledgement().value()},
                        .acknowledgement = TcpSequence{segment->sequence().value() + came},
                        .flags = flags,
                        .window = 64'240};
    auto octets = envelope.packet(tcp.size() + text.size());
    const auto body = MutableBytes{octets}.subspan(envelope.size());
    std::ranges::copy(text, body.subspan(tcp.size()).begin());
    tcp.emit(body, envelope.from, envelope.to);
    return octets;
  };
  std::vector<sim::Octets> all{reply(TcpFlags::ack, {})};
  if (syn && segment->window() > 0 && data > 0)
    all.push_back(reply(TcpFlags::ack | TcpFlags::psh, letters(data)));
  return all;
}

}  // namespace sonda::testing
