// How one thread wakes another that sleeps in wait_readable, and a thread that no signal reaches.
#pragma once
#include <expected>
#include <functional>
#include <thread>

#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/net/descriptor.hpp>

namespace sonda::inline v0::net {

// An eventfd(2). Any thread may ring and silence it.
class SONDA_EXPORT Bell {
 public:
  [[nodiscard]] static std::expected<Bell, Failure> make();

  // Has input from the first ring() on until silence().
  [[nodiscard]] int fd() const noexcept { return descriptor_.get(); }
  void ring() const noexcept;
  void silence() const noexcept;

 private:
  explicit Bell(Descriptor descriptor) noexcept : descriptor_{std::move(descriptor)} {}
  Descriptor descriptor_;
};

// Has every signal blocked: those of the program go to its other threads, and writing into a pipe
// that nobody reads is a failure (EPIPE), not the end of the program.
// Errors: EAGAIN, where the system gives no more threads.
[[nodiscard]] SONDA_EXPORT std::expected<std::thread, Failure> start_quiet_thread(
    std::function<void()> work);

}  // namespace sonda::inline v0::net
