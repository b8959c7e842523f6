// What a connecting link consists of: flows, their sockets, and what the system has no room for
// yet.
#pragma once
#include <array>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <deque>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sonda/net/connect_link.hpp>

#include "connect_socket.hpp"
#include "connection_gauge.hpp"
#include "socket_address.hpp"
#include "source_port.hpp"

namespace sonda::inline v0::net {

[[nodiscard]] inline Failure connect_failure(const Address& to, Port port, int error,
                                             std::string_view why = {}) {
  std::string subject{"to "};
  subject.append(to_text(to).view()).append(" port ").append(std::to_string(port.value()));
  return {"connect", error, subject.append(why)};
}

struct ConnectLink::State {
  enum class Phase : std::uint8_t { idle, connecting, standing };
  struct Slot {
    ConnectSocket socket;
    Phase phase = Phase::idle;
    bool ended = false;  // the other side's direction
    FlowId flow{};
    ProbeId probe{};
    Port port{};
    Address to{};
    Instant began{};
  };
  // One that meets a connection which our system still remembers.
  struct Waiting {
    Connect action{};
    Instant since{}, due{};
  };
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  static constexpr Duration first_delay = std::chrono::milliseconds{1};

  State(const ConnectLinkOptions& options, Descriptor epoll_descriptor, SourcePort first,
        SourcePort second)
      : plan{options.source, options.interface, InterfaceIndex{index_of(options.interface)}},
        flows{options.flows},
        epoll{std::move(epoll_descriptor)},
        descriptors{epoll.get()},
        ports{std::move(first), std::move(second)},
        gauge{options.conntrack} {
    for (const auto& port : ports) ours.set(port.port.value());
    octets.resize(16'384);
  }

  // False: the system has no room; the caller keeps it.
  [[nodiscard]] bool start(Instant now, const Connect& action, Inbox& inbox);
  [[nodiscard]] std::expected<std::uint32_t, int> acquire(IpVersion version, Port source);
  [[nodiscard]] std::expected<std::uint32_t, int> make_slot(IpVersion version, Port source);
  void begin(Instant now, const Connect& action, std::uint32_t index, Instant before, Inbox& inbox);
  void free_slot(std::uint32_t index);
  void close_slot(std::uint32_t index);
  [[nodiscard]] Slot* slot_of(FlowId flow);

  void connect(Instant now, const Connect& action, Inbox& inbox);
  void abandon(const Abandon& action);
  void send(Instant now, const SendOn& action, Inbox& inbox);
  void hold(Instant now, const Connect& action);
  void retry(Instant now, Inbox& inbox);
  [[nodiscard]] bool table_is_full(Instant now);

  void look_at(Instant now, std::uint32_t index, std::uint32_t mask, Inbox& inbox);
  void look_at_connecting(Instant now, std::uint32_t index, std::uint32_t mask, Inbox& inbox);
  void look_at_standing(Instant now, std::uint32_t index, Inbox& inbox);
  void fail(Instant now, std::uint32_t index, SocketReport report, Inbox& inbox);
  // What the error queue says of the slot's connection; its octets live until the next call.
  [[nodiscard]] std::span<const QueuedError> drain(const Slot& slot);
  [[nodiscard]] Stamp stamp(const Slot& slot) const;

  void note(NoticeKind what, std::uint64_t count = 0, std::uint64_t of = 0);

  ConnectSocketPlan plan;
  std::uint32_t flows;
  Descriptor epoll;
  std::array<int, 1> descriptors;
  std::array<SourcePort, 2> ports;
  std::bitset<65'536> ours;  // ports that connections of this run leave from
  ConnectionGauge gauge;

  std::vector<Slot> slots;
  std::vector<std::uint32_t> slot_by_flow;
  std::array<std::vector<std::uint32_t>, 2> idle;  // by version, bound to the first port
  std::vector<std::uint32_t> closed;               // slots without a socket
  std::uint32_t open_sockets = 0;

  std::deque<Connect> held;  // until there is room
  Instant retry_at{};
  Duration delay = first_delay;
  std::vector<Waiting> waiting;
  std::vector<Notice> notices;

  std::vector<std::uint8_t> octets;
  std::vector<QueuedError> queue;
  std::array<std::array<std::uint8_t, 576>, 4> quotations{};
  Instant woken{};
};

}  // namespace sonda::inline v0::net
