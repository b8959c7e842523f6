// Files that are made under sudo are made by whoever called it.
#pragma once
#include <cstdint>
#include <optional>

#include <sonda/core/export.hpp>

namespace sonda::inline v0::net {

// While this lives the program opens and makes files as the sudo caller would: with his rights, and
// as his. Does nothing where sudo did not start us as root. For programs with one thread.
class SONDA_EXPORT AsSudoCaller {
 public:
  AsSudoCaller();
  AsSudoCaller(const AsSudoCaller&) = delete;
  AsSudoCaller& operator=(const AsSudoCaller&) = delete;
  ~AsSudoCaller();

 private:
  struct Numbers {
    std::uint32_t user = 0;
    std::uint32_t group = 0;
  };
  std::optional<Numbers> before_;
};

}  // namespace sonda::inline v0::net
