// Each trial makes the very system call that a measurement would depend on.
#include <array>
#include <cerrno>
#include <filesystem>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <optional>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <sonda/net/clock.hpp>
#include <sonda/net/datagram_link.hpp>
#include <sonda/net/icmp_filter.hpp>
#include <sonda/net/privilege.hpp>
#include <sonda/net/raw_link.hpp>
#include <sonda/net/trials.hpp>
#include <sonda/net/wait.hpp>

#include "error_queue.hpp"
#include "send_queue.hpp"
#include "small_file.hpp"

namespace sonda::inline v0::net {
namespace {

Trial works(std::string name, std::string finding) {
  return {std::move(name), Outcome::works, std::move(finding), {}};
}
Trial fails(std::string name, const Failure& failure, std::string mend) {
  return {std::move(name), Outcome::fails, failure.message(), std::move(mend)};
}

// Where the version itself is missing no privilege helps.
std::string or_switch_on(int error, std::string otherwise) {
  return error == EAFNOSUPPORT ? "boot without ipv6.disable=1" : std::move(otherwise);
}

Trial try_raw(IpVersion version, const std::string& program) {
  std::string name = version == IpVersion::v4 ? "raw ICMP, IPv4" : "raw ICMP, IPv6";
  const auto raised = RaisedNetRaw::raise();
  const auto socket = RawIcmpSocket::open(version);
  if (socket) return works(std::move(name), "a raw socket was opened");
  return fails(std::move(name), socket.error(),
               or_switch_on(socket.error().error_code, "sudo setcap cap_net_raw+p " + program));
}

Trial try_datagram(IpVersion version) {
  std::string name = version == IpVersion::v4 ? "datagram ICMP, IPv4" : "datagram ICMP, IPv6";
  const auto link = DatagramLink::open(version);
  if (link) return works(std::move(name), "a datagram socket was opened, without privilege");
  return fails(std::move(name), link.error(),
               or_switch_on(link.error().error_code,
                            "sudo sysctl -w net.ipv4.ping_group_range='0 2147483647'"));
}

Trial try_packet(const std::string& program) {
  const auto raised = RaisedNetRaw::raise();
  const Descriptor socket{::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (socket) return works("packet sockets", "a packet socket was opened");
  return fails("packet sockets", {"open a packet socket", errno, ""},
               "sudo setcap cap_net_raw+p " + program);
}

Trial try_filter() {
  const Descriptor socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  const auto attached = attach_filter(socket.get(), refuse_all_filter());
  if (attached) return works("packet filters", "a classic BPF program was attached");
  return fails("packet filters", attached.error(), "use a kernel built with CONFIG_BPF");
}

class StampWitness final : public Inbox {
 public:
  void on_sent(Instant, ProbeId, Stamp stamp) override { best = stamp; }
  void on_refused(Instant, ProbeId, const Failure&) override {}
  void on_packet(Instant, const Received&) override {}
  void on_socket(Instant, const SocketReport&) override {}
  void on_drops(Instant, DropPlace, std::uint64_t) override {}
  Stamp best{};
};

// A datagram that goes from a socket to itself over loopback: was it stamped when received, when
// sent?
std::expected<std::pair<bool, bool>, Failure> stamps_of_a_datagram() {
  const Descriptor socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  auto name = socket_address(Ipv4Address{127, 0, 0, 1}, Port{});
  if (::bind(socket.get(), name.get(), name.size) != 0 ||
      ::getsockname(socket.get(), name.get(), &name.size) != 0)
    return std::unexpected{Failure{"bind", errno, "to loopback"}};
  SendQueue queue{socket.get(), true, [](const Outgoing& packet) {
                    return std::unexpected{send_failure(packet.to, EMSGSIZE)};
                  }};
  StampConverter clock{nullptr};
  StampWitness witness;
  ReceiveRing ring{64};
  ErrorQueue errors{64};
  bool in = false;
  // The kernel begins to stamp a moment after it was first asked to.
  for (int attempt = 0; attempt < 20 && !(in && witness.best.clock == StampClock::kernel);
       ++attempt) {
    const std::array<std::uint8_t, 4> octets{'s', 'o', 'n', 'd'};
    Outgoing packet;
    packet.octets = octets;
    packet.name = name;
    queue.send(now(), std::span{&packet, 1}, witness);
    static_cast<void>(
        wait_readable(std::array{socket.get()}, now() + std::chrono::milliseconds{5}));
    errors.drain(socket.get(), clock, queue.stamps(), [](const QueuedIcmpError&) {});
    queue.stamps().report(now(), witness);
    const auto count = ring.receive(socket.get(), 0);
    for (std::size_t i = 0; i < count; ++i)
      for_each_control(ring.header(i), [&in](int level, int type, Bytes data) {
        if (level == SOL_SOCKET && type == SCM_TIMESTAMPING) in = in || software_stamp(data);
      });
  }
  return std::pair{in, witness.best.clock == StampClock::kernel};
}

Trial try_stamps() {
  std::string name = "kernel stamps";
  const auto stamps = stamps_of_a_datagram();
  if (!stamps) return fails(std::move(name), stamps.error(), "sudo ip link set lo up");
  const auto [in, out] = *stamps;
  if (in && out)
    return works(std::move(name), "receive, TX_SCHED and TX_SOFTWARE stamps came, on loopback");
  return {std::move(name), Outcome::limited,
          in    ? "only received packets are stamped: sent ones get the program's clock"
          : out ? "only sent packets are stamped: received ones get the program's clock"
                : "no packet is stamped: times are the program's own",
          "use a kernel built with CONFIG_NETWORK_PHY_TIMESTAMPING, Linux 4.13 or later"};
}

Trial try_name_service() {
  constexpr std::string_view keyword = "nameserver", blanks = " \t";
  const auto text = contents_of("/etc/resolv.conf");
  std::string servers;
  for (std::string_view rest = text; !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (!line.starts_with(keyword)) continue;
    auto server = line.substr(keyword.size());
    server.remove_prefix(std::min(server.find_first_not_of(blanks), server.size()));
    servers.append(servers.empty() ? "" : ", ")
        .append(server.substr(0, server.find_first_of(blanks)));
  }
  if (!servers.empty()) return works("reverse names", "name servers: " + servers);
  return {"reverse names", Outcome::limited,
          "no name server in /etc/resolv.conf: addresses stay numbers",
          "echo 'nameserver ADDRESS' | sudo tee -a /etc/resolv.conf"};
}

}  // namespace

std::vector<Trial> try_all(const std::string& program, const std::optional<Trial>& namespaces) {
  std::error_code error;
  const auto own =
      program.empty() ? std::filesystem::read_symlink("/proc/self/exe", error).string() : program;
  return {try_raw(IpVersion::v4, own),
          try_raw(IpVersion::v6, own),
          try_datagram(IpVersion::v4),
          try_datagram(IpVersion::v6),
          try_packet(own),
          try_filter(),
          try_stamps(),
          try_name_service(),
          namespaces ? *namespaces : try_namespaces()};
}

}  // namespace sonda::inline v0::net
