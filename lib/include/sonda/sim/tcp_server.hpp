// The open TCP ports of a simulated machine: whoever knocks, and the connections there are.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include <sonda/core/export.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/host_services.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/node.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/sim/tcp_connection.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/tcp.hpp>

namespace sonda::inline v0::sim {

// Serves every address it is handed segments for.
class SONDA_EXPORT TcpServer {
 public:
  static constexpr std::size_t most_connections = 4'096;  // more, and the oldest is forgotten
  // Without a word from the peer; as long as Linux waits before it asks (tcp_keepalive_time).
  static constexpr Duration patience = std::chrono::hours{2};

  struct Way {
    Side side{};  // by which answers leave
    Ttl ttl{64};
  };

  // A segment, its checksum right, to a port that is neither closed nor filtered.
  void on_segment(const IpPacket& packet, const TcpService& service, const Way& way, Instant now,
                  Outbox& out);
  // An ICMP error says that the segment it quotes was too large (RFC 1191, RFC 8201).
  void on_path_mtu(const IpPacket& error, Instant now, Outbox& out);
  void on_time(Instant now, Outbox& out);
  [[nodiscard]] std::optional<Instant> next_due() const;

  // Whether the segment belongs to a connection whose handshake is over.
  [[nodiscard]] bool is_established(const IpPacket& packet) const;
  [[nodiscard]] std::size_t size() const { return table_.size(); }

 private:
  using Key = std::tuple<Address, Port, Address, Port>;  // the peer, then ours
  struct Entry {
    TcpConnection connection;
    Way way{};
    Instant heard{};
    std::optional<Instant> due{};  // as it stands in timers_
    std::uint64_t number = 0;
  };
  using Table = std::map<Key, Entry>;

  [[nodiscard]] static Key key_of(const IpPacket& packet, const TcpView& segment);
  // A port where no connection is, as an open one answers (RFC 9293 section 3.10.7.2).
  void listen(const IpPacket& packet, const TcpView& segment, const TcpService& service,
              const Way& way, Instant now, Outbox& out);
  void answer_statelessly(const Key& key, const TcpView& syn, const TcpService& service,
                          const Way& way, Outbox& out);
  [[nodiscard]] std::shared_ptr<const Octets> banner_of(Port port, const TcpService& service);
  void settle(Table::iterator entry);
  void forget(Table::iterator entry);
  void make_room(Instant now);

  Table table_;
  std::set<std::pair<Instant, Key>> timers_;
  std::map<std::uint64_t, Key> by_age_;  // by number, counted up
  std::map<Port, std::shared_ptr<const Octets>> banners_;
  std::uint64_t next_number_ = 0;
  std::optional<std::uint64_t> secret_{};  // of the sequence numbers that nobody remembers
};

}  // namespace sonda::inline v0::sim
