// Reverse names, looked up behind the program's back: nobody waits for a name server.
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include <sonda/core/export.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::net {

struct ReverseNamesOptions {
  std::size_t most = 4096;  // addresses remembered; beyond that the oldest are forgotten
  std::string servers{};    // "192.0.2.53:5353,…" in place of the system's
};

// One background thread and its questions. Names are as the server sent them: escape them for a
// terminal. The destructor does not wait for answers.
class SONDA_EXPORT ReverseNames {
 public:
  explicit ReverseNames(const ReverseNamesOptions& options = {});
  ReverseNames(ReverseNames&&) noexcept;
  ReverseNames& operator=(ReverseNames&&) noexcept;
  ~ReverseNames();

  // Returns at once. Nothing: not known yet (the first call asks), or there is no name.
  [[nodiscard]] std::optional<std::string> name_of(const Address& address);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sonda::inline v0::net
