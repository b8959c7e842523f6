// Giving up privilege. For programs only: the library never changes capabilities by itself.
//
// The order (each step needs what the next one gives up): become_sudo_caller, keep_only_net_raw,
// then command line and output files, then sockets with RaisedNetRaw around each, then drop_all.
// Call them while the program has one thread: capabilities belong to threads.
#pragma once
#include <expected>

#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>

namespace sonda::inline v0::net {

// Whether CAP_NET_RAW is permitted; not whether the system then lets us open a raw socket.
[[nodiscard]] SONDA_EXPORT bool may_open_raw();

// Started by root through sudo: become the user who called it, groups included, so that files we
// make are theirs. Keeps what capabilities are permitted; none is effective afterwards. Does
// nothing where we are not root or sudo did not start us.
[[nodiscard]] SONDA_EXPORT std::expected<void, Failure> become_sudo_caller();

// CAP_NET_RAW stays permitted if it was, and nothing is effective or inheritable.
[[nodiscard]] SONDA_EXPORT std::expected<void, Failure> keep_only_net_raw();

// CAP_NET_RAW is effective while this lives; afterwards as it was before.
class SONDA_EXPORT RaisedNetRaw {
 public:
  // Error: EPERM where it is not permitted.
  [[nodiscard]] static std::expected<RaisedNetRaw, Failure> raise();
  RaisedNetRaw(RaisedNetRaw&& other) noexcept;
  RaisedNetRaw& operator=(RaisedNetRaw&&) = delete;
  ~RaisedNetRaw();

 private:
  explicit RaisedNetRaw(bool lower) noexcept : lower_{lower} {}
  bool lower_;
};

// No capability is left, and this program cannot have one again.
[[nodiscard]] SONDA_EXPORT std::expected<void, Failure> drop_all();

}  // namespace sonda::inline v0::net
