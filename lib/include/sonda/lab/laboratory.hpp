// A lab for real programs: the simulated network in real time, real systems in namespaces, and the
// cables between them.
#pragma once
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sonda/capture/pcapng_writer.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/core/time.hpp>
#include <sonda/lab/live_network.hpp>
#include <sonda/lab/network_capture.hpp>
#include <sonda/lab/observer_group.hpp>
#include <sonda/lab/sentence.hpp>
#include <sonda/lab/simulation.hpp>
#include <sonda/lab/topology.hpp>
#include <sonda/net/clock.hpp>
#include <sonda/net/namespace.hpp>

namespace sonda::inline v0::lab {

struct LaboratoryPlan {
  Topology topology{};
  std::uint64_t seed = 0;
  std::optional<capture::PcapngWriter> capture{};  // empty yet
  std::string ping_groups{};  // net.ipv4.ping_group_range of its hosts; empty: the system's
};

// For a program in namespaces of its own (net::enter_own_namespaces): the network namespace it is
// in becomes the simulator's, which has no addresses. The network's time begins at 0 when the lab
// stands.
class Laboratory {
 public:
  [[nodiscard]] static std::expected<std::unique_ptr<Laboratory>, Failure> open(
      LaboratoryPlan plan);
  Laboratory(const Laboratory&) = delete;
  Laboratory& operator=(const Laboratory&) = delete;
  ~Laboratory();

  [[nodiscard]] const Simulation& simulation() const { return simulation_; }
  // Null for a name that is no kernel host's.
  [[nodiscard]] const net::Namespace* network_of(std::string_view host) const;
  [[nodiscard]] std::vector<std::string> kernel_hosts() const;

  [[nodiscard]] std::vector<int> descriptors() const { return live_.descriptors(); }
  // On the machine's clock, as `now` is everywhere here.
  [[nodiscard]] std::optional<Instant> next_wakeup() const;
  void step(Instant now);

  [[nodiscard]] Read<void> apply(Instant now, const Sentence& sentence);
  // Sees everything from now on, in the network's own time.
  void watch(sim::Observer& observer) { observers_.add(observer); }
  void unwatch(sim::Observer& observer) { observers_.remove(observer); }

  [[nodiscard]] Duration age(Instant now) const { return now - begin_; }
  [[nodiscard]] std::uint64_t hops() { return simulation_.network().hops(); }
  // Whether packets are on their way in the network.
  [[nodiscard]] bool under_way() { return simulation_.network().under_way() != 0; }
  [[nodiscard]] std::uint64_t drops() const { return live_.drops(); }
  // From all kernel hosts.
  [[nodiscard]] std::uint64_t frames_in() const { return live_.frames_in(); }

  // Why the capture has ended before its time.
  [[nodiscard]] std::optional<Failure> capture_failure() const {
    return capture_ ? capture_->failure() : std::nullopt;
  }
  // Ends the capture. Its first failure, if there was one.
  [[nodiscard]] std::expected<void, Failure> close();

 private:
  struct Room {  // where a kernel host lives
    std::string name{};
    net::Namespace network;
  };
  Laboratory(Simulation simulation, std::vector<Room> rooms, std::vector<Plug> plugs,
             std::shared_ptr<net::WallClock> wall_clock);
  [[nodiscard]] static std::expected<Room, Failure> furnish(
      const KernelHost& host, const std::string& ping_groups,
      const std::shared_ptr<net::WallClock>& wall_clock, Simulation& simulation,
      std::vector<Plug>& plugs);
  [[nodiscard]] std::expected<void, Failure> record(capture::PcapngWriter writer);
  [[nodiscard]] Instant network_time(Instant now) const { return Instant{now - begin_}; }

  Simulation simulation_;
  std::vector<Room> rooms_;
  ObserverGroup observers_;
  std::unique_ptr<NetworkCapture> capture_;
  LiveNetwork live_;
  std::shared_ptr<net::WallClock> wall_clock_;  // of the ports and the capture
  Instant begin_;
  Instant settle_at_{};  // when the capture's file is next brought up to date
};

}  // namespace sonda::inline v0::lab
