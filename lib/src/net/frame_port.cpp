// AF_PACKET, SOCK_RAW.
#include <array>
#include <cerrno>
#include <cstring>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <utility>

#include <sonda/net/descriptor.hpp>
#include <sonda/net/frame_port.hpp>

#include "control.hpp"
#include "receive_ring.hpp"
#include "received_packet.hpp"
#include "socket_option.hpp"
#include "stamp_clock.hpp"
#include "transmit_stamps.hpp"
#include "whole_frame.hpp"

namespace sonda::inline v0::net {
namespace {

constexpr std::size_t largest_frame = 65'600;  // an MTU of 65,535 with header and tag
constexpr std::size_t batch_size = 64;
static_assert(FramePort::most_at_once == ReceiveRing::slots);

// Everything that arrives on the interface.
SocketAddress all_frames_of(unsigned interface) {
  sockaddr_ll ll{};
  ll.sll_family = AF_PACKET;
  const be16 every_protocol = ETH_P_ALL;
  std::memcpy(&ll.sll_protocol, &every_protocol, sizeof every_protocol);
  ll.sll_ifindex = static_cast<int>(interface);
  SocketAddress name;
  std::memcpy(&name.storage, &ll, sizeof ll);
  name.size = sizeof ll;
  return name;
}

void prepare(int socket, const FramePortOptions& options, unsigned interface) {
  OptionSetter set{socket};
  // The first takes where everybody may; the second beyond that, where we are privileged.
  set.if_possible(SOL_SOCKET, SO_RCVBUF, options.receive_buffer);
  set.if_possible(SOL_SOCKET, SO_RCVBUFFORCE, options.receive_buffer);
  set.if_possible(SOL_SOCKET, SO_SNDBUF, options.send_buffer);
  set.if_possible(SOL_SOCKET, SO_SNDBUFFORCE, options.send_buffer);
  set.if_possible(SOL_SOCKET, SO_TIMESTAMPING, TransmitStamps::reporting_flags());
  set.if_possible(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
  set.if_possible(SOL_PACKET, PACKET_AUXDATA, 1);
  // The interface's queue swallows everything while the system works off the news of its carrier.
  set.if_possible(SOL_PACKET, PACKET_QDISC_BYPASS, 1);
  packet_mreq promiscuous{};
  promiscuous.mr_ifindex = static_cast<int>(interface);
  promiscuous.mr_type = PACKET_MR_PROMISC;
  set.if_possible(SOL_PACKET, PACKET_ADD_MEMBERSHIP, promiscuous);
}

}  // namespace

struct FramePort::State {
  State(Descriptor socket_, std::shared_ptr<WallClock> wall_clock)
      : socket{std::move(socket_)}, clock{std::move(wall_clock)} {}

  [[nodiscard]] MutableBytes whole(std::size_t i);
  [[nodiscard]] bool ours(std::size_t i) const;

  Descriptor socket;
  StampConverter clock;
  ReceiveRing ring{largest_frame};
  std::array<ReceivedFrame, ReceiveRing::slots> frames{};
  std::array<mmsghdr, batch_size> messages{};
  std::array<iovec, batch_size> parts{};
};

bool ignore_outgoing(int packet_socket) noexcept {
  const int yes = 1;
  return ::setsockopt(packet_socket, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes) == 0;
}

// Kernels before 4.20 know no PACKET_IGNORE_OUTGOING.
bool FramePort::State::ours(std::size_t i) const {
  sockaddr_ll from{};
  std::memcpy(&from, &ring.name(i), sizeof from);
  return from.sll_pkttype == PACKET_OUTGOING;
}

MutableBytes FramePort::State::whole(std::size_t i) {
  auto frame = ring.room(i).first(ring.octets(i).size());
  tpacket_auxdata facts{};
  for_each_control(ring.header(i), [&facts](int level, int type, Bytes data) {
    if (level == SOL_PACKET && type == PACKET_AUXDATA) facts = value_in<tpacket_auxdata>(data);
  });
  if ((facts.tp_status & TP_STATUS_CSUMNOTREADY) != 0) complete_checksum(frame);
  if ((facts.tp_status & TP_STATUS_VLAN_VALID) == 0 ||
      frame.size() + vlan_tag_size > ring.room(i).size() || frame.size() < 12)
    return frame;
  VlanTag tag{.value = facts.tp_vlan_tci};
  if ((facts.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0) tag.type = facts.tp_vlan_tpid;
  return insert_vlan_tag(ring.room(i), frame.size(), tag);
}

std::expected<FramePort, Failure> FramePort::open(const std::string& interface,
                                                  const FramePortOptions& options) {
  const auto index = ::if_nametoindex(interface.c_str());
  if (index == 0) return std::unexpected{Failure{"use interface", ENODEV, interface}};
  // Protocol 0: nothing of other interfaces is heard before the socket is bound to this one.
  Descriptor socket{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket) return std::unexpected{Failure{"open a packet socket", errno, "on " + interface}};
  prepare(socket.get(), options, index);
  const auto name = all_frames_of(index);
  if (::bind(socket.get(), name.get(), name.size) != 0)
    return std::unexpected{Failure{"listen", errno, "on " + interface}};
  return FramePort{std::make_unique<State>(std::move(socket), options.wall_clock)};
}

FramePort::FramePort(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
FramePort::FramePort(FramePort&&) noexcept = default;
FramePort& FramePort::operator=(FramePort&&) noexcept = default;
FramePort::~FramePort() = default;

int FramePort::fd() const noexcept { return state_->socket.get(); }

std::span<const ReceivedFrame> FramePort::receive(Instant now) {
  auto& state = *state_;
  for (;;) {
    const auto count = state.ring.receive(state.socket.get(), 0);
    if (count == 0) {
      state.clock.queues_are_empty();
      return {};
    }
    state.clock.check();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (state.ours(i)) continue;
      const auto stamp = read_packet_info(state.ring.header(i)).stamp;
      state.frames[kept++] = {state.whole(i), state.clock.received(stamp, now)};
    }
    if (kept != 0) return std::span{state.frames}.first(kept);
  }
}

FramesSent FramePort::send(std::span<const Bytes> frames) {
  auto& state = *state_;
  FramesSent result;
  while (!frames.empty()) {
    const auto batch = frames.first(std::min(frames.size(), batch_size));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      // The system does not write to it; its structure just has no const.
      state.parts[i] = {const_cast<std::uint8_t*>(batch[i].data()), batch[i].size()};
      state.messages[i].msg_hdr = {};
      state.messages[i].msg_hdr.msg_iov = &state.parts[i];
      state.messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int sent = ::sendmmsg(state.socket.get(), state.messages.data(),
                                static_cast<unsigned>(batch.size()), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      result.sent += static_cast<std::size_t>(sent);
      frames = frames.subspan(static_cast<std::size_t>(sent));
      continue;
    }
    // Only the first of a batch is reported: that one is given up, and so every round ends one.
    const bool no_room = errno == EAGAIN || errno == ENOBUFS || errno == EINTR;
    if (!no_room && result.error == 0) result.error = errno;
    ++result.dropped;
    frames = frames.subspan(1);
  }
  return result;
}

std::uint64_t FramePort::take_drops() {
  // Asking for the count sets it to 0: no difference to keep.
  tpacket_stats drops{};
  socklen_t size = sizeof drops;
  const int asked =
      ::getsockopt(state_->socket.get(), SOL_PACKET, PACKET_STATISTICS, &drops, &size);
  return asked == 0 ? drops.tp_drops : 0;
}

}  // namespace sonda::inline v0::net
