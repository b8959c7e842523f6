// Network namespaces joined by veth pairs: a network of real kernels for one test. Needs root.
#pragma once
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "process.hpp"

namespace sonda::testing {

// The calling thread is in another network namespace while this lives.
class InsideNamespace {
 public:
  explicit InsideNamespace(const std::string& path)
      : back_{::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)} {
    const int there = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const int result = ::setns(there, CLONE_NEWNET);
    const int error = errno;
    ::close(there);
    if (result != 0) throw std::system_error{error, std::generic_category(), "enter " + path};
  }
  InsideNamespace(const InsideNamespace&) = delete;
  InsideNamespace& operator=(const InsideNamespace&) = delete;
  ~InsideNamespace() {
    ::setns(back_, CLONE_NEWNET);
    ::close(back_);
  }

 private:
  int back_;
};

// Throws where something cannot be made, so that a test fails and is not passed over.
//
//   Namespaces lab;
//   lab.link("c", "10.0.0.1/24", "r", "10.0.0.2/24");   // hosts appear by being named
//   lab.link("r", "10.0.1.2/24", "s", "10.0.1.1/24");
//   lab.forward("r");
//   lab.route("c", "default via 10.0.0.2");
//   lab.route("s", "default via 10.0.1.2");
//   const auto result = lab.run("c", "ping -c 1 10.0.1.1");
//
// The interface of "c" on its link to "r" is called "r".
class Namespaces {
 public:
  Namespaces() : prefix_{"sonda-" + std::to_string(::getpid()) + "-"} { remove_what_others_left(); }
  Namespaces(const Namespaces&) = delete;
  Namespaces& operator=(const Namespaces&) = delete;
  ~Namespaces() {
    for (const auto& host : hosts_)
      static_cast<void>(testing::run({"ip", "netns", "delete", name(host)}));
  }

  void host(const std::string& host) {
    if (!hosts_.insert(host).second) return;
    demand({"ip", "netns", "add", name(host)});
    ip(host, "link set lo up");
    sysctl(host, "net.ipv6.conf.default.accept_dad", "0");
    sysctl(host, "net.ipv6.conf.all.accept_dad", "0");
  }
  // A veth pair with an address at each end, offloads off: every checksum on it is a true one.
  void link(const std::string& a, const std::string& address_a, const std::string& b,
            const std::string& address_b) {
    host(a), host(b);
    demand({"ip", "link", "add", "name", b, "netns", name(a), "type", "veth", "peer", "name", a,
            "netns", name(b)});
    set_up_end(a, b, address_a);
    set_up_end(b, a, address_b);
  }
  // One more address, usable at once (no duplicate address detection).
  void address(const std::string& host, const std::string& interface, const std::string& address) {
    const bool v6 = address.find(':') != std::string::npos;
    ip(host, "address add " + address + " dev " + interface + (v6 ? " nodad" : ""));
  }
  // "default via 10.0.0.2", "prohibit 192.0.2.0/24"; IPv6 by its colons.
  void route(const std::string& host, const std::string& route) {
    const bool v6 = route.find(':') != std::string::npos;
    ip(host, (v6 ? "-6 route add " : "route add ") + route);
  }
  void mtu(const std::string& host, const std::string& interface, int octets) {
    ip(host, "link set dev " + interface + " mtu " + std::to_string(octets));
  }
  void down(const std::string& host, const std::string& interface) {
    ip(host, "link set dev " + interface + " down");
  }
  void up(const std::string& host, const std::string& interface) {
    ip(host, "link set dev " + interface + " up");
  }
  void forward(const std::string& host) {
    sysctl(host, "net.ipv4.ip_forward", "1");
    sysctl(host, "net.ipv6.conf.all.forwarding", "1");
    no_icmp_limits(host);
  }
  // As many ICMP errors as are asked for.
  void no_icmp_limits(const std::string& host) {
    sysctl(host, "net.ipv4.icmp_ratelimit", "0");
    sysctl(host, "net.ipv6.icmp.ratelimit", "0");
  }
  void sysctl(const std::string& host, const std::string& key, const std::string& value) {
    demand(inside(host, {"sysctl", "-q", "-w", key + "=" + value}));
  }
  // A whole nft script.
  void rules(const std::string& host, const std::string& script) {
    demand(inside(host, {"nft", "-f", "-"}), script);
  }
  // Arguments of ip(8).
  void ip(const std::string& host, const std::string& arguments) {
    demand(shell("ip -n " + name(host) + " " + arguments));
  }

  [[nodiscard]] Result run(const std::string& host, const std::string& line,
                           std::chrono::milliseconds most = std::chrono::seconds{10}) const {
    return testing::run(inside(host, shell(line)), most);
  }
  [[nodiscard]] Result run(const std::string& host, const Command& command,
                           std::chrono::milliseconds most = std::chrono::seconds{10}) const {
    return testing::run(inside(host, command), most);
  }
  [[nodiscard]] Process start(const std::string& host, const Command& command) const {
    return Process{inside(host, command)};
  }
  // The program is the process that `signal` reaches: no shell stands between.
  [[nodiscard]] Command inside(const std::string& host, const Command& command) const {
    Command all{"ip", "netns", "exec", name(host)};
    all.insert(all.end(), command.begin(), command.end());
    return all;
  }
  // The test's own thread, in `host`: sockets it opens meanwhile stay there.
  [[nodiscard]] InsideNamespace enter(const std::string& host) const {
    return InsideNamespace{"/run/netns/" + name(host)};
  }
  // What ip(8) calls it.
  [[nodiscard]] std::string name(const std::string& host) const { return prefix_ + host; }

 private:
  static void demand(const Command& command, const std::string& input = {}) {
    const auto result = testing::run(command, std::chrono::seconds{10}, input);
    if (result.status == 0) return;
    std::string line;
    for (const auto& word : command) line += word + ' ';
    throw std::runtime_error{line + "failed: " + result.err + result.out};
  }
  void set_up_end(const std::string& host, const std::string& interface,
                  const std::string& own_address) {
    offloads_off(host, interface);
    address(host, interface, own_address);
    up(host, interface);
  }
  void offloads_off(const std::string& host, const std::string& interface) const {
    const auto there = enter(host);
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    for (const int command : {ETHTOOL_STXCSUM, ETHTOOL_SRXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO,
                              ETHTOOL_SGRO, ETHTOOL_SSG}) {
      ethtool_value value{.cmd = static_cast<std::uint32_t>(command), .data = 0};
      ifreq request{};
      interface.copy(request.ifr_name, IF_NAMESIZE - 1);
      request.ifr_data = static_cast<char*>(static_cast<void*>(&value));
      ::ioctl(socket, SIOCETHTOOL, &request);
    }
    ::close(socket);
  }
  // Names carry the number of the process: where that is gone, its test crashed.
  static void remove_what_others_left() {
    if (!std::filesystem::exists("/run/netns")) return;
    for (const auto& entry : std::filesystem::directory_iterator{"/run/netns"}) {
      const auto name = entry.path().filename().string();
      if (!name.starts_with("sonda-")) continue;
      const auto owner = name.substr(6, name.find('-', 6) - 6);
      if (owner.empty() || owner.find_first_not_of("0123456789") != std::string::npos) continue;
      if (!std::filesystem::exists("/proc/" + owner))
        static_cast<void>(testing::run({"ip", "netns", "delete", name}));
    }
  }

  std::string prefix_;
  std::set<std::string> hosts_;
};

}  // namespace sonda::testing
