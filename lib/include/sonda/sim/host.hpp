// A simulated host: it answers as Linux does, unless its manner is another.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sonda/core/export.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/alarm.hpp>
#include <sonda/sim/host_services.hpp>
#include <sonda/sim/icmp_budget.hpp>
#include <sonda/sim/icmp_error.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/node.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/sim/random.hpp>
#include <sonda/sim/reassembly.hpp>
#include <sonda/sim/tcp_server.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::sim {

enum class Answering : std::uint8_t {
  as_linux,  // echo reply, timestamp reply, port or protocol unreachable
  silence,
  error  // the manner's ICMP error, whatever came
};

// How a host treats one packet. The fields go together in any combination. What belongs to a TCP
// connection comes from the host itself, as often and as late as the manner says.
struct Manner {
  Answering answering = Answering::as_linux;
  Duration delay{};  // before the first answer
  unsigned copies = 1;
  Duration between_copies{};
  std::optional<Address> from{};  // who answers; nothing: the address that was asked
  // The answer comes from the client's own address, as a system tells its programs that a
  // neighbour does not answer.
  bool from_client = false;
  std::optional<Ttl> ttl{};      // nothing: the host's own
  bool broken_checksum = false;  // of the ICMP message

  // Of echo replies only, with a right checksum:
  std::optional<std::size_t> wrong_octet{};  // this octet of the data comes back inverted
  std::size_t cut = 0;                       // so many octets of the data stay away

  ErrorMessage error{};  // with Answering::error; its TTL is the manner's
};

// The manner for the n-th packet that asked something of the host, counted from 0.
using Schedule = std::function<Manner(std::uint64_t number, Random& random)>;

// `special` for one packet, `otherwise` for all others.
[[nodiscard]] SONDA_EXPORT Schedule only(std::uint64_t number, Manner special,
                                         Manner otherwise = {});
// One manner after the other, and from the beginning again. Precondition: there is one.
[[nodiscard]] SONDA_EXPORT Schedule in_turn(std::vector<Manner> manners);

// An interface that an extended echo request may ask about (RFC 8335).
struct ProbedInterface {
  std::string name{};
  InterfaceIndex index{};
  std::vector<Address> addresses{};
  bool active = true;
};

struct HostPlan {
  std::vector<Address> addresses{};
  Manner manner{};
  Schedule schedule{};  // comes before `manner`
  Services services{};
  bool answers_echo = true;
  bool answers_timestamps = true;
  bool answers_extended_echo = false;  // Linux: icmp_echo_enable_probe is off
  std::vector<ProbedInterface> interfaces{};
  Ttl ttl{64};  // of what it sends, where the manner says no other
  IcmpLimit limit = NoIcmpLimit{};
  Duration reassembly_patience = Reassembly::patience;
};

class SONDA_EXPORT Host final : public Node {
 public:
  explicit Host(HostPlan plan)
      : plan_{std::move(plan)}, reassembly_{plan_.reassembly_patience}, budget_{plan_.limit} {}

  [[nodiscard]] const HostPlan& plan() const { return plan_; }
  void set_manner(Manner manner) { plan_.manner = std::move(manner), plan_.schedule = nullptr; }
  // Connections that are open stay so.
  void set_services(Services services) { plan_.services = std::move(services); }
  void set_limit(const IcmpLimit& limit) { plan_.limit = limit, budget_ = IcmpBudget{limit}; }
  // How many packets have asked something of it.
  [[nodiscard]] std::uint64_t asked() const { return asked_; }

  [[nodiscard]] bool owns(const Address& address) const override;
  void on_packet(const Arrival& arrival, Outbox& out) override;
  void on_time(Instant now, Outbox& out) override;

  // A packet that is this host's, whether it owns the address or not.
  void take(const Arrival& arrival, Outbox& out);
  // Its TCP ports, as far as they are open.
  [[nodiscard]] const TcpServer& tcp() const { return tcp_; }

 private:
  // A packet that is whole, and by which way its answer leaves.
  struct Asked {
    const IpPacket& packet;
    Side side{};
    Instant now{};
  };

  [[nodiscard]] Manner next_manner(Random& random);
  void receive(const IpPacket& piece, const Arrival& arrival, Outbox& out);
  void answer(const Asked& asked, Outbox& out);
  void hear(const Asked& asked, Outbox& out);
  void answer_in_manner(const Asked& asked, const Manner& manner, Outbox& out);
  void answer_udp(const Asked& asked, const Manner& manner, Outbox& out);
  void answer_tcp(const Asked& asked, const Manner& manner, Outbox& out);
  void refuse(const Asked& asked, ErrorMessage error, const Manner& manner, Outbox& out);
  void send(const Asked& asked, const Octets& answer, const Manner& manner, Outbox& out);
  void set_alarm(Instant now, Outbox& out);

  HostPlan plan_;
  Reassembly reassembly_;
  IcmpBudget budget_;
  TcpServer tcp_;
  Alarm alarm_;
  std::uint64_t asked_ = 0;
};

}  // namespace sonda::inline v0::sim
