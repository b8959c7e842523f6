// UDP and TCP packets for tests, and errors about them.
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

#include <sonda/sim/icmp_error.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/wire/tcp.hpp>
#include <sonda/wire/udp.hpp>

#include "recording_outbox.hpp"

namespace sonda::sim {

struct Ports {
  std::uint16_t from = 40'000;
  std::uint16_t to = 53;
};

inline Octets data_of(std::size_t size) {
  Octets data(size);
  for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::uint8_t>(3 * i + 1);
  return data;
}

inline Octets udp_packet(const Ends& ends, const Ports& ports = {}, std::size_t data_size = 16,
                         ChecksumField checksum = {}, bool dont_fragment = true) {
  const Envelope envelope{.from = ends.from,
                          .to = ends.to,
                          .protocol = Protocol::udp,
                          .identification = 7,
                          .dont_fragment = dont_fragment};
  auto packet = envelope.packet(UdpHeader::size() + data_size);
  const auto segment = MutableBytes{packet}.subspan(envelope.size());
  std::ranges::copy(data_of(data_size), segment.begin() + UdpHeader::size());
  UdpHeader{
      .source_port = Port{ports.from}, .destination_port = Port{ports.to}, .checksum = checksum}
      .emit(segment, ends.from, ends.to);
  return packet;
}

// `options` are written as they are; their size is a multiple of four.
inline Octets tcp_packet(const Ends& ends, const Ports& ports = {}, TcpFlags flags = TcpFlags::syn,
                         std::size_t data_size = 0, const Octets& options = {}) {
  const Envelope envelope{
      .from = ends.from, .to = ends.to, .protocol = Protocol::tcp, .dont_fragment = true};
  auto packet = envelope.packet(TcpView::min_size + options.size() + data_size);
  const auto segment = MutableBytes{packet}.subspan(envelope.size());
  const auto data = data_of(data_size);
  std::ranges::copy(data, segment.end() - static_cast<std::ptrdiff_t>(data_size));
  TcpHeader{.source_port = Port{ports.from}, .destination_port = Port{ports.to}, .flags = flags}
      .emit(segment, ends.from, ends.to);
  segment[12] = static_cast<std::uint8_t>((TcpView::min_size + options.size()) / 4 << 4);
  std::ranges::copy(options, segment.begin() + TcpView::min_size);
  store<std::uint16_t>(segment, 16, 0);
  const auto sum = Checksum{}
                       .add_pseudo_header(ends.from, ends.to, Protocol::tcp, segment.size())
                       .add(segment)
                       .finish();
  store(segment, 16, sum);
  return packet;
}

// As if by another router: about `packet`, from `from`.
inline Octets error_about(const Octets& packet, const Address& from, ErrorMessage message) {
  Random random{9};
  return icmp_error(message, from, packet, random);
}
inline ErrorMessage unreachable(const Ends& ends) {
  return ends.to.is_v4() ? ErrorMessage{.type = 3, .code = 3} : ErrorMessage{.type = 1, .code = 4};
}

inline Ends swapped(const Ends& ends) { return {ends.to, ends.from}; }
inline std::string version_name(const testing::TestParamInfo<Ends>& run) {
  return run.param.to.is_v4() ? "v4" : "v6";
}

}  // namespace sonda::sim
