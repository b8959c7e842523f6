// Fragments on the heap, for simulated machines.
#include <utility>

#include <sonda/sim/pieces.hpp>
#include <sonda/wire/fragment.hpp>

namespace sonda::inline v0::sim {
namespace {

template <typename Fragments>
std::vector<Octets> emit_all(const Fragments& fragments) {
  std::vector<Octets> all;
  for (std::size_t i = 0; i < fragments.count(); ++i) {
    Octets piece(fragments.size(i));
    fragments.emit(i, piece);
    all.push_back(std::move(piece));
  }
  return all;
}

}  // namespace

std::vector<Octets> pieces(Bytes packet, Mtu mtu, std::uint32_t identification) {
  if (const auto v4 = Ipv4Fragments::of(packet, mtu)) return emit_all(*v4);
  if (const auto v6 = Ipv6Fragments::of(packet, mtu, identification)) return emit_all(*v6);
  return {};
}

void send_in_pieces(Side side, Octets packet, Duration wait, Outbox& out) {
  if (packet.size() <= out.mtu(side).value()) return out.send(side, std::move(packet), wait);
  for (auto& piece : pieces(packet, out.mtu(side), static_cast<std::uint32_t>(out.random().next())))
    out.send(side, std::move(piece), wait);
}

}  // namespace sonda::inline v0::sim
