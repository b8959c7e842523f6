// The ports of a scan, from their first frame or event until both have had their say.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>

#include "tcp_port.hpp"

namespace sonda::inline v0::verify {

struct PortKey {
  Address address{};
  Port port{};
  friend bool operator==(const PortKey&, const PortKey&) = default;
  struct Hash {
    std::size_t operator()(const PortKey& key) const noexcept {
      return std::hash<Address>{}(key.address) * 0x9e37'79b9U + key.port.value();
    }
  };
};

// What is remembered of a port that was judged.
struct JudgedPort {
  std::uint64_t line = 0;
  ProbeId probe{};
  bool control = false;
  CauseKind kind{};
  std::uint32_t acknowledgement = 0;  // of an answer to its last SYN
};

class TcpPorts {
 public:
  // Frames of a port may come so much later than its event, by the frames' own clock.
  static constexpr std::int64_t linger_ns = 2'000'000'000;
  static constexpr std::size_t most_told = 262'144;    // of those that wait for that
  static constexpr std::size_t most_judged = 262'144;  // that are remembered
  static constexpr std::size_t most_strange = 65'536;  // that nobody asked, as far as is known

  explicit TcpPorts(std::function<void(TcpPort&)> judge) : judge_{std::move(judge)} {}

  [[nodiscard]] TcpPort* find(const PortKey& key) {
    const auto found = ports_.find(key);
    return found != ports_.end() ? &found->second : nullptr;
  }
  [[nodiscard]] const JudgedPort* judged(const PortKey& key) const {
    const auto found = judged_.find(key);
    return found != judged_.end() ? &found->second : nullptr;
  }
  [[nodiscard]] TcpPort& of(const PortKey& key) {
    const auto [at, made] = ports_.try_emplace(key);
    if (made) at->second.address = key.address, at->second.port = key.port;
    return at->second;
  }
  [[nodiscard]] std::size_t size() const { return ports_.size(); }

  // Its event has come, and a SYN was seen: what is still to come, comes soon. Those without a SYN
  // wait to the end, if there is room.
  void may_leave(const PortKey& key, std::int64_t took_ns) {
    const auto linger = linger_ns + took_ns;
    due_.push_back({key, last_frame_ns_ + linger});
    if (due_.size() > most_told) leave_first();
  }
  void told_without_frame(const PortKey& key) {
    frameless_.push_back(key);
    if (frameless_.size() <= most_told) return;
    leave(frameless_.front());
    frameless_.pop_front();
  }
  void on_time(std::int64_t frame_ns) {
    last_frame_ns_ = frame_ns;
    while (!due_.empty() && due_.front().at <= frame_ns) leave_first();
  }
  void leave_all() {
    while (!due_.empty()) leave_first();
    for (auto& [key, port] : ports_) judge_(port);
    ports_.clear();
  }

 private:
  struct Due {
    PortKey key{};
    std::int64_t at = 0;  // by the frames' clock
  };

  void leave_first() {
    const auto key = due_.front().key;
    due_.pop_front();
    leave(key);
  }
  void leave(const PortKey& key) {
    const auto found = ports_.find(key);
    if (found == ports_.end()) return;
    judge_(found->second);
    const auto& port = found->second;
    JudgedPort left{.acknowledgement = port.syns.empty() ? 0 : port.syns.back().sequence + 1};
    if (port.told) {
      left.line = port.told->line, left.probe = port.told->result.probe;
      left.control = port.told->result.control, left.kind = port.told->result.cause.kind;
    }
    judged_.insert_or_assign(key, left);
    order_.push_back(key);
    if (order_.size() > most_judged) {
      judged_.erase(order_.front());
      order_.pop_front();
    }
    ports_.erase(found);
  }

  std::function<void(TcpPort&)> judge_;
  std::unordered_map<PortKey, TcpPort, PortKey::Hash> ports_;
  std::deque<Due> due_;
  std::unordered_map<PortKey, JudgedPort, PortKey::Hash> judged_;
  std::deque<PortKey> order_;
  std::deque<PortKey> frameless_;
  std::int64_t last_frame_ns_ = 0;
};

}  // namespace sonda::inline v0::verify
