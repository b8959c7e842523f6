// A tiny TCP client for tests of the simulated server: what it says, and a whole one that
// transfers.
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <sonda/sim/ip_packet.hpp>
#include <sonda/wire/tcp.hpp>

#include "recording_outbox.hpp"

namespace sonda::sim {

inline const TcpFlags syn = TcpFlags::syn, ack = TcpFlags::ack, fin = TcpFlags::fin,
                      rst = TcpFlags::rst, psh = TcpFlags::psh;

struct Said {
  TcpFlags flags{};
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  Octets data{};
  std::uint16_t window = 0xffff;
  TcpOptions options{};
};

inline Octets segment(const Ends& ends, const Said& said, Port from = Port{40'000},
                      Port to = Port{80}) {
  const TcpHeader tcp{.source_port = from,
                      .destination_port = to,
                      .sequence = TcpSequence{said.sequence},
                      .acknowledgement = TcpSequence{said.acknowledgement},
                      .flags = said.flags,
                      .window = said.window,
                      .options = said.options};
  const Envelope envelope{.from = ends.from, .to = ends.to, .protocol = Protocol::tcp};
  auto packet = envelope.packet(tcp.size() + said.data.size());
  const auto room = MutableBytes{packet}.subspan(envelope.size());
  std::ranges::copy(said.data, room.subspan(tcp.size()).begin());
  tcp.emit(room, ends.from, ends.to);
  return packet;
}

// A segment as it came. Its checksum is right, or it is nothing.
struct Heard {
  TcpFlags flags{};
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint16_t window = 0;
  std::optional<std::uint16_t> mss{};
  std::size_t options = 0;
  Octets data{};
  Port from{};
  Ttl ttl{};

  [[nodiscard]] static std::optional<Heard> read(Bytes packet) {
    const auto ip = IpPacket::read(packet);
    if (!ip || ip->protocol != Protocol::tcp) return std::nullopt;
    const auto tcp = TcpView::parse(ip->payload());
    if (!tcp || !tcp->checksum_ok(ip->source, ip->destination)) return std::nullopt;
    return Heard{.flags = tcp->flags(),
                 .sequence = tcp->sequence().value(),
                 .acknowledgement = tcp->acknowledgement().value(),
                 .window = tcp->window(),
                 .mss = tcp->options().mss(),
                 .options = tcp->options().octets().size(),
                 .data = Octets(tcp->payload().begin(), tcp->payload().end()),
                 .from = tcp->source_port(),
                 .ttl = ip->ttl};
  }
};

// Connects, sends what it has, takes what comes in order, and closes when both are done.
class TcpClient {
 public:
  struct Plan {
    Octets sends{};
    std::size_t wants = 0;  // closes when so many octets have come, and its own are acknowledged
    std::uint16_t mss = 1'460;
    std::uint16_t window = 0xffff;
    std::uint32_t first_sequence = 0xffff'fff0U;  // wraps around soon
  };

  TcpClient(const Ends& ends, Plan plan) : ends_{ends}, plan_{std::move(plan)} {}

  // What it says when a packet comes, and when a second has passed without progress.
  std::vector<Octets> hear(Bytes packet) {
    const auto heard = Heard::read(packet);
    if (!heard || reset) return {};
    if (heard->flags.has(rst)) {
      reset = true;
      return {};
    }
    if (heard->flags.has(syn)) {
      next_ = heard->sequence + 1;
      connected = true;
      largest_window = heard->window;
      return talk();
    }
    if (!connected) return {};
    largest = std::max(largest, heard->data.size());
    peer_window_ = heard->window;
    const auto new_octets = heard->acknowledgement - plan_.first_sequence - 1;
    const auto most = plan_.sends.size() + (closing_ ? 1 : 0);
    if (new_octets <= most) acknowledged_ = std::max<std::size_t>(acknowledged_, new_octets);
    if (heard->sequence == next_) {
      const auto taken = std::min<std::size_t>(heard->data.size(), window);
      received.insert(received.end(), heard->data.begin(),
                      heard->data.begin() + static_cast<std::ptrdiff_t>(taken));
      next_ += static_cast<std::uint32_t>(taken);
      if (heard->flags.has(fin) && taken == heard->data.size()) ++next_, peer_closed = true;
    }
    if (received.size() >= plan_.wants && acknowledged_ >= plan_.sends.size()) closing_ = true;
    const bool nothing_new = heard->data.empty() && !heard->flags.has(fin) && all_sent();
    if (nothing_new && (!closing_ || own_fin_acknowledged())) return {};
    return talk();
  }
  std::vector<Octets> again() {
    if (done()) return {};
    if (!connected)
      return {say({.flags = syn,
                   .sequence = plan_.first_sequence,
                   .options = TcpOptions{}.mss(plan_.mss)})};
    sent_ = acknowledged_;
    return talk();
  }
  [[nodiscard]] bool done() const { return reset || (peer_closed && own_fin_acknowledged()); }
  [[nodiscard]] bool own_fin_acknowledged() const {
    return closing_ && acknowledged_ == plan_.sends.size() + 1;
  }

  bool connected = false, reset = false, peer_closed = false;
  Octets received{};
  std::size_t largest = 0;
  std::uint16_t largest_window = 0;
  std::uint16_t window = 0xffff;

 private:
  [[nodiscard]] bool all_sent() const { return sent_ >= plan_.sends.size(); }
  Octets say(Said said) {
    said.window = window;
    said.acknowledgement = said.flags.has(syn) ? 0 : next_;
    return segment(ends_, said);
  }
  std::vector<Octets> talk() {
    std::vector<Octets> all;
    const auto at = [this](std::size_t n) {
      return plan_.first_sequence + 1 + static_cast<std::uint32_t>(n);
    };
    sent_ = std::max(sent_, acknowledged_);
    while (!all_sent() && sent_ - acknowledged_ < peer_window_) {
      const auto count = std::min(
          {plan_.sends.size() - sent_, std::size_t{1'000}, peer_window_ - (sent_ - acknowledged_)});
      const auto data = Bytes{plan_.sends}.subspan(sent_, count);
      all.push_back(say(
          {.flags = ack | psh, .sequence = at(sent_), .data = Octets(data.begin(), data.end())}));
      sent_ += count;
    }
    if (closing_ && !own_fin_acknowledged())
      all.push_back(say({.flags = ack | fin, .sequence = at(plan_.sends.size())}));
    if (all.empty())
      all.push_back(say({.flags = ack, .sequence = at(std::max(sent_, acknowledged_))}));
    return all;
  }

  Ends ends_;
  Plan plan_;
  std::uint32_t next_ = 0;
  std::size_t sent_ = 0, acknowledged_ = 0;
  std::size_t peer_window_ = 0xffff;
  bool closing_ = false;
};

}  // namespace sonda::sim
