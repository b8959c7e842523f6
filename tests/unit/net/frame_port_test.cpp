// The simulator's plug, opposite a real kernel.
#include <array>
#include <functional>
#include <sys/socket.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/net/clock.hpp>
#include <sonda/net/frame_port.hpp>
#include <sonda/net/wait.hpp>
#include <sonda/wire/ethernet.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/udp.hpp>

#include "../../../lib/src/net/socket_address.hpp"
#include "../../../lib/src/net/whole_frame.hpp"
#include "in_a_child.hpp"
#include "joined_networks.hpp"
#include "recording_inbox.hpp"

namespace sonda::net::testing {
namespace {

using Frame = std::vector<std::uint8_t>;

// A kernel host with an address on "near", and a port on "far" in the network beside it.
struct Cable {
  Namespace simulator;
  FramePort port;
};
std::expected<Cable, Failure> plug_in(bool offloads = false) {
  auto simulator = joined_networks();
  if (!simulator) return std::unexpected{simulator.error()};
  if (!offloads)
    if (const auto off = switch_off_offloads("near"); !off) return std::unexpected{off.error()};
  for (const char* version : {"ipv4", "ipv6"})  // only what the test says is on the cable
    static_cast<void>(write_sysctl(std::string{"net/"} + version + "/conf/near/" +
                                       (version[3] == '6' ? "disable_ipv6" : "arp_notify"),
                                   version[3] == '6' ? "1" : "0"));
  auto port = [&]() -> std::expected<FramePort, Failure> {
    const auto inside = InsideNamespace::enter(*simulator);
    if (!inside) return std::unexpected{inside.error()};
    static_cast<void>(write_sysctl("net/ipv6/conf/far/disable_ipv6", "1"));
    if (const auto up = set_up("far"); !up) return std::unexpected{up.error()};
    return FramePort::open("far");
  }();
  if (!port) return std::unexpected{port.error()};
  for (const auto& step :
       {set_up("near"), add_address("near", near_v4, 24), add_neighbor("near", far_v4, far_mac)})
    if (!step) return std::unexpected{step.error()};
  return Cable{std::move(*simulator), std::move(*port)};
}

// The next `count` frames that arrive within a second.
std::vector<Frame> take(FramePort& port, std::size_t count) {
  std::vector<Frame> frames;
  const auto end = now() + std::chrono::seconds{1};
  while (frames.size() < count && now() < end) {
    static_cast<void>(wait_readable(std::array{port.fd()}, end));
    for (const auto& frame : port.receive(now()))
      frames.emplace_back(frame.octets.begin(), frame.octets.end());
  }
  return frames;
}

// From the kernel on `near`.
void send_datagram(const std::string& text, Port port = Port{9}) {
  const Descriptor socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  const auto to = socket_address(far_v4, port);
  static_cast<void>(!::sendto(socket.get(), text.data(), text.size(), 0, to.get(), to.size));
}

bool checksum_is_true(const Frame& frame) {
  const auto ethernet = EthernetView::parse(frame);
  if (!ethernet) return false;
  const auto ip = Ipv4View::parse(ethernet->payload());
  if (!ip) return false;
  const auto udp = UdpView::parse(ip->payload());
  return udp && udp->has_checksum() && udp->checksum_ok(ip->source(), ip->destination());
}

Frame broadcast_frame(std::uint8_t number, std::size_t size = 60) {
  Frame frame(size, number);
  EthernetHeader{MacAddress::broadcast(), far_mac, EtherType{0x88b5}}.emit(frame);
  return frame;
}

TEST(FramePort, hears_a_whole_frame_with_its_true_checksum_and_the_kernels_stamp) {
  have_the_kernel_stamp_packets();
  const auto said = in_a_child(nobody, []() -> std::string {
    auto cable = plug_in();
    SONDA_DEMAND(cable);
    const auto before = now().time_since_epoch().count();
    send_datagram("to the far end");
    static_cast<void>(wait_readable(std::array{cable->port.fd()}, now() + std::chrono::seconds{1}));
    const auto frames = cable->port.receive(now());
    SONDA_HOLDS(frames.size() == 1);
    const auto& stamp = frames[0].stamp;
    SONDA_HOLDS(stamp.clock == StampClock::kernel);
    SONDA_HOLDS(stamp.ns >= before - 1'000'000);
    SONDA_HOLDS(stamp.ns <= now().time_since_epoch().count());
    const Frame frame{frames[0].octets.begin(), frames[0].octets.end()};
    SONDA_HOLDS(EthernetView::parse(frame)->destination() == far_mac);
    SONDA_HOLDS(EthernetView::parse(frame)->source() == near_mac);
    SONDA_HOLDS(checksum_is_true(frame));
    SONDA_HOLDS(cable->port.receive(now()).empty());
    return {};
  });
  EXPECT_EQ(said, "");
}

TEST(FramePort, completes_a_checksum_that_was_left_to_hardware) {
  const auto said = in_a_child(nobody, []() -> std::string {
    auto cable = plug_in(true);
    SONDA_DEMAND(cable);
    for (const auto* text : {"even", "odd"}) {
      send_datagram(text);
      const auto frames = take(cable->port, 1);
      SONDA_HOLDS(frames.size() == 1);
      SONDA_HOLDS(checksum_is_true(frames[0]));
    }
    return {};
  });
  EXPECT_EQ(said, "");
}

TEST(FramePort, sends_frames_in_order_and_never_hears_its_own) {
  const auto said = in_a_child(nobody, []() -> std::string {
    auto cable = plug_in();
    SONDA_DEMAND(cable);
    auto near = FramePort::open("near");
    SONDA_DEMAND(near);
    std::vector<Frame> frames;
    for (std::uint8_t i = 0; i < 150; ++i) frames.push_back(broadcast_frame(i));
    const std::vector<Bytes> views{frames.begin(), frames.end()};
    const auto sent = cable->port.send(views);
    SONDA_HOLDS(sent.sent == 150 && sent.dropped == 0 && sent.error == 0);
    SONDA_HOLDS(take(*near, 150) == frames);
    SONDA_HOLDS(cable->port.receive(now()).empty());
    return {};
  });
  EXPECT_EQ(said, "");
}

TEST(FramePort, gives_up_only_the_frame_that_is_too_long) {
  const auto said = in_a_child(nobody, []() -> std::string {
    auto cable = plug_in();
    SONDA_DEMAND(cable);
    auto near = FramePort::open("near");
    SONDA_DEMAND(near);
    const std::array frames{broadcast_frame(1), broadcast_frame(2, far_mtu.value() + 15 + 4),
                            broadcast_frame(3)};
    const std::vector<Bytes> views{frames.begin(), frames.end()};
    const auto sent = cable->port.send(views);
    SONDA_HOLDS(sent.sent == 2 && sent.dropped == 1);
    SONDA_HOLDS(sent.error == EMSGSIZE);
    SONDA_HOLDS((take(*near, 2) == std::vector{frames[0], frames[2]}));
    return {};
  });
  EXPECT_EQ(said, "");
}

TEST(FramePort, counts_what_it_had_no_room_for_once) {
  const auto said = in_a_child(nobody, []() -> std::string {
    auto cable = plug_in();
    SONDA_DEMAND(cable);
    auto small = FramePort::open("near", {.receive_buffer = 4096});
    SONDA_DEMAND(small);
    const auto frame = broadcast_frame(1);
    const std::vector<Bytes> views(200, frame);
    cable->port.send(views);
    std::size_t heard = 0;
    for (std::size_t got = 1; got != 0; heard += got) got = small->receive(now()).size();
    const auto drops = small->take_drops();
    SONDA_HOLDS(drops > 0);
    SONDA_HOLDS(heard + drops == 200);
    SONDA_HOLDS(small->take_drops() == 0);
    return {};
  });
  EXPECT_EQ(said, "");
}

TEST(FramePort, survives_its_interface_going_away) {
  const auto said = in_a_child(nobody, []() -> std::string {
    auto cable = plug_in();
    SONDA_DEMAND(cable);
    auto gone = FramePort::open("near");
    SONDA_DEMAND(gone);
    {
      // A network's end is the end of what lies in it.
      SONDA_DEMAND(new_network()->enter());
      const auto last = std::move(cable->simulator);
      const auto port = std::move(cable->port);
    }
    const auto frame = broadcast_frame(1);
    const std::array<Bytes, 1> views{frame};
    FramesSent sent;
    const auto end = now() + std::chrono::seconds{5};
    while (sent.error == 0 && now() < end) sent = gone->send(views);
    SONDA_HOLDS(sent.dropped == 1);
    SONDA_HOLDS(sent.error == ENXIO || sent.error == ENETDOWN);
    SONDA_HOLDS(gone->receive(now()).empty());
    return {};
  });
  EXPECT_EQ(said, "");
}

TEST(FramePort, says_on_which_interface_it_could_not_be_opened) {
  EXPECT_EQ(complaint(FramePort::open("absent")), "use interface absent: No such device (ENODEV)");
  EXPECT_EQ(in_a_child(nobody, [] { return complaint(FramePort::open("lo")); }),
            "open a packet socket on lo: Operation not permitted (EPERM)");
}

TEST(WholeFrame, gets_the_tag_back_that_the_kernel_took_off) {
  auto room = broadcast_frame(7, 64);
  const auto frame = insert_vlan_tag(room, 60, {.value = 0x2005});
  const auto view = EthernetView::parse(Bytes{frame});
  ASSERT_TRUE(view);
  EXPECT_EQ(frame.size(), 64U);
  EXPECT_EQ(view->vlan_tags(), 1U);
  EXPECT_EQ(view->vlan(0), 5);
  EXPECT_EQ(view->type(), EtherType{0x88b5});
  EXPECT_EQ(view->source(), far_mac);
  EXPECT_THAT(view->payload(), ::testing::Each(7));
}

TEST(WholeFrame, leaves_alone_what_is_no_whole_segment) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{13}, std::size_t{14}, std::size_t{40}}) {
    Frame frame(size, 0x45);
    if (size >= 14) EthernetHeader{near_mac, far_mac, EtherType::ipv4}.emit(frame);
    const auto before = frame;
    complete_checksum(frame);
    EXPECT_EQ(frame, before);
  }
}

}  // namespace
}  // namespace sonda::net::testing
