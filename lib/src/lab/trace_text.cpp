// What goes on in a lab, one line each.
#include <fmt/format.h>

#include <sonda/lab/trace_text.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/wire/describe.hpp>

namespace sonda::inline v0::lab {
namespace {

std::string since(Instant start, Instant at) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(at - start).count();
  return fmt::format("{:>5}.{:03} ms", us / 1'000, us % 1'000);
}

}  // namespace

std::string trace_line(const sim::Crossing& crossing, const Simulation& simulation, Instant start) {
  const auto [from, to] = simulation.ends(crossing.link, crossing.back);
  auto line = fmt::format("{}  {} > {}  {}", since(start, crossing.at), from, to,
                          describe(crossing.octets).view());
  if (crossing.fate != sim::Fate::carried) line += fmt::format("  [{}]", name(crossing.fate));
  return line;
}

std::string trace_line(const sim::Note& note, const Simulation& simulation, Instant start) {
  auto line = fmt::format("{}  {}: {}", since(start, note.at),
                          note.node ? simulation.name_of(*note.node) : std::string_view{"somebody"},
                          words(note.deed));
  const auto packet = sim::IpPacket::read(note.packet);
  if (note.error && packet)
    line += fmt::format("; tells {} {} {}/{}", to_text(packet->source).view(),
                        packet->version == IpVersion::v4 ? "ICMP" : "ICMPv6", note.error->type,
                        note.error->code);
  return line;
}

}  // namespace sonda::inline v0::lab
