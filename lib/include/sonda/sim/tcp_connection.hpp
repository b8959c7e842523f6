// One connection of a simulated TCP server, from the SYN it answers to the end (RFC 9293).
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <sonda/core/bytes.hpp>
#include <sonda/core/export.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/wire/tcp.hpp>

namespace sonda::inline v0::sim {

// A segment to send, without its ports.
struct TcpSegment {
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  TcpFlags flags{};
  std::uint16_t window = 0;
  std::optional<std::uint16_t> mss{};  // the option
  Octets data{};
};

// Octets that are not acknowledged yet: a banner, which all connections to a port share, and what
// is sent back behind it.
class SONDA_EXPORT TcpStream {
 public:
  explicit TcpStream(std::shared_ptr<const Octets> banner = {}) : banner_{std::move(banner)} {}

  [[nodiscard]] std::size_t size() const { return banner_left() + echoed_.size(); }
  [[nodiscard]] std::size_t echoed() const { return echoed_.size(); }
  // Precondition: from + count <= size().
  [[nodiscard]] Octets part(std::size_t from, std::size_t count) const;
  void append(Bytes octets) { echoed_.insert(echoed_.end(), octets.begin(), octets.end()); }
  // Precondition: count <= size().
  void drop(std::size_t count);

 private:
  [[nodiscard]] std::size_t banner_left() const { return banner_ ? banner_->size() - at_ : 0; }

  std::shared_ptr<const Octets> banner_;
  std::size_t at_ = 0;  // of the banner
  Octets echoed_;
};

// It answers, and never begins; it takes no options but the MSS, and what comes out of order has to
// come again. Sequence numbers are compared modulo 2^32 (RFC 9293 section 3.4).
class SONDA_EXPORT TcpConnection {
 public:
  static constexpr Duration first_timeout = std::chrono::seconds{1};  // RFC 6298 section 2
  static constexpr Duration longest_timeout = std::chrono::seconds{60};
  static constexpr unsigned most_syn_acks_again = 5;  // Linux: tcp_synack_retries
  static constexpr unsigned most_tries = 15;          // Linux: tcp_retries2
  // How long it waits for the peer's FIN (Linux: tcp_fin_timeout), and in TIME-WAIT.
  static constexpr Duration linger = std::chrono::seconds{60};
  static constexpr std::size_t most_under_way = 10;  // segments: RFC 6928's first window, not grown
  static constexpr std::uint16_t window = 0xffff;
  static constexpr std::uint16_t echo_room = 16'384;  // octets that wait to be sent back

  // RFC 9293 section 3.3.2. CLOSE-WAIT is left at once for LAST-ACK: whoever serves has nothing
  // more to say once the peer is done.
  enum class State : std::uint8_t {
    syn_received,
    established,
    fin_wait_1,
    fin_wait_2,
    closing,
    last_ack,
    time_wait,
    closed
  };
  struct Plan {
    std::uint32_t first_sequence = 0;
    std::uint16_t mss = 1'460;     // what it takes, and the most it sends
    std::uint16_t peer_mss = 536;  // of a peer that does not say (RFC 9293 section 3.7.1)
    std::shared_ptr<const Octets> banner{};
    bool echoes = false;
    bool closes = false;  // after the banner
    bool tarpit = false;  // opens no window and never ends
    Duration delay{};     // before the SYN-ACK
  };

  // Precondition: `syn` has SYN, and neither ACK nor RST.
  TcpConnection(const Plan& plan, const TcpView& syn, Instant now);

  using Segments = std::vector<TcpSegment>;
  // What the SYN is answered with, Plan::delay after it came.
  [[nodiscard]] TcpSegment syn_ack() const;
  // What a segment, its checksum right, is answered with.
  [[nodiscard]] Segments on_segment(const TcpView& segment, Instant now);
  // What has to be said now although nobody has come.
  [[nodiscard]] Segments on_time(Instant now);
  [[nodiscard]] std::optional<Instant> due() const { return due_; }
  // A router on the way takes no more than `mss` octets of data (RFC 1191, RFC 8201).
  [[nodiscard]] Segments on_smaller_mss(std::size_t mss, Instant now);

  [[nodiscard]] State state() const { return state_; }
  // A SYN that may begin a new connection though this one is in TIME-WAIT (RFC 9293 section 3.6.1).
  [[nodiscard]] bool may_be_replaced_by(const TcpView& syn) const;

 private:
  [[nodiscard]] std::uint16_t own_window() const;
  [[nodiscard]] bool acceptable(const TcpView& segment) const;
  [[nodiscard]] bool takes_data() const;
  [[nodiscard]] bool under_way() const { return highest_ != unacknowledged_; }
  [[nodiscard]] bool fin_acknowledged() const { return fin_at_ && unacknowledged_ == *fin_at_ + 1; }
  [[nodiscard]] bool has_unsent() const;

  void establish(const TcpView& segment);
  void acknowledge(const TcpView& segment, Instant now, Segments& out);
  void take_text(const TcpView& segment, Instant now);
  void take_fin(Instant now);
  void close_own_side();
  void linger_in(State state, Instant now);
  void arm(Instant now);

  [[nodiscard]] TcpSegment make(std::uint32_t sequence, TcpFlags flags, Octets data = {});
  [[nodiscard]] TcpSegment ack() { return make(send_next_, TcpFlags::ack); }
  void send_what_fits(Segments& out);
  void send_first_again(Segments& out);

  Plan plan_;
  State state_ = State::syn_received;
  TcpStream stream_;                       // begins at unacknowledged_
  std::size_t mss_;                        // of what is sent
  std::uint32_t receive_next_;             // RCV.NXT
  std::uint32_t unacknowledged_;           // SND.UNA
  std::uint32_t send_next_;                // SND.NXT
  std::uint32_t highest_;                  // the most SND.NXT has been
  std::optional<std::uint32_t> fin_at_{};  // where the own FIN stands, once it is wanted
  std::uint32_t peer_window_;              // SND.WND, and the segment that told it:
  std::uint32_t window_sequence_;          // SND.WL1
  std::uint32_t window_acknowledgement_;   // SND.WL2
  std::uint16_t told_window_ = 0;          // what the peer was told last

  Instant answers_at_;
  std::optional<Instant> due_{};
  Duration timeout_ = first_timeout;
  unsigned tries_ = 0;
  unsigned same_acks_ = 0;
  std::optional<std::uint32_t> recovers_until_{};  // RFC 6582: what was lost before it comes again
};

}  // namespace sonda::inline v0::sim
