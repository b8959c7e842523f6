// One thread of a scan: an engine, a link and a loop, and what it hands over to the caller's
// thread.
#pragma once
#include <atomic>
#include <cstddef>
#include <exception>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <sonda/core/failure.hpp>
#include <sonda/event/contract.hpp>
#include <sonda/event/event.hpp>
#include <sonda/net/bell.hpp>
#include <sonda/net/clock.hpp>
#include <sonda/run/clock.hpp>
#include <sonda/run/loop.hpp>

namespace sonda::inline v0::run {

// What a worker is made of; its clock's wall clock is the link's.
struct WorkerParts {
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Link> link;
  std::function<std::vector<Notice>()> take_notices;  // of the link
  std::shared_ptr<net::WallClock> wall_clock;
};

class ScanWorker {
 public:
  // `outbox` rings when there is something to take; it outlives the worker.
  ScanWorker(WorkerParts parts, net::Bell wake, const net::Bell& outbox);
  ScanWorker(const ScanWorker&) = delete;
  ScanWorker& operator=(const ScanWorker&) = delete;
  // Ends the thread wherever it is.
  ~ScanWorker();

  // The thread, which has what privilege the caller has now, and waits until it is let go.
  [[nodiscard]] std::expected<void, Failure> start();

  // From the caller's thread.
  void let_go();
  void query();
  void stop();
  struct Delivery {
    bool ended = false;          // nothing comes any more
    std::exception_ptr error{};  // what ended it
  };
  // Swaps what has come about into `occurrences`, which is empty.
  [[nodiscard]] Delivery take(std::vector<Occurrence>& occurrences);

 private:
  // Few enough wake-ups of the other thread to cost nothing, often enough for a person.
  static constexpr Duration hand_over_every = std::chrono::milliseconds{5};
  static constexpr std::size_t hand_over_at = 1024;
  // A caller who writes into a pipe that nobody reads holds up the scan, instead of filling memory.
  static constexpr std::size_t most_waiting = 65'536;

  void work() noexcept;
  void work_until_ended();
  void obey();
  void hand_over();
  [[nodiscard]] bool crowded();
  void wait(std::optional<Instant> until, bool for_caller_only);

  WorkerParts parts_;
  SystemClock clock_;
  Loop loop_;
  net::Bell wake_;
  const net::Bell& outbox_;
  std::vector<Occurrence> pending_;  // the thread's own
  Instant handed_over_{};
  std::vector<int> watched_;

  std::atomic<bool> going_ = false;
  std::atomic<bool> quit_ = false, stop_ = false, query_ = false;
  std::mutex mutex_;
  std::vector<Occurrence> out_;
  Delivery state_;
  std::thread thread_;
};

}  // namespace sonda::inline v0::run
