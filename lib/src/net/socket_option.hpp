// Setting many socket options, with one question at the end: did all of them take?
#pragma once
#include <cerrno>
#include <expected>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <type_traits>
#include <utility>

#include <sonda/core/failure.hpp>

namespace sonda::inline v0::net {

class OptionSetter {
 public:
  explicit OptionSetter(int socket) noexcept : socket_{socket} {}

  // `purpose` is a verb, as Failure::operation is: "learn the hop limit of packets".
  template <typename T>
  void operator()(int level, int option, const T& value, const char* purpose) {
    if (failure_ || set(level, option, value)) return;
    failure_ = Failure{purpose, errno, ""};
  }
  // What an older system may lack, and what it may grant in part.
  template <typename T>
  void if_possible(int level, int option, const T& value) {
    static_cast<void>(set(level, option, value));
  }
  [[nodiscard]] std::expected<void, Failure> result() const {
    if (failure_) return std::unexpected{*failure_};
    return {};
  }

 private:
  template <typename T>
  [[nodiscard]] bool set(int level, int option, const T& value) const {
    if constexpr (std::is_integral_v<T>) {
      const int number = static_cast<int>(value);
      return ::setsockopt(socket_, level, option, &number, sizeof number) == 0;
    } else {
      return ::setsockopt(socket_, level, option, &value, sizeof value) == 0;
    }
  }

  int socket_;
  std::optional<Failure> failure_{};
};

}  // namespace sonda::inline v0::net
