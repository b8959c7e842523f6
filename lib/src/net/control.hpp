// Control messages (cmsg) of sendmsg and recvmsg, without the macros' casts.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <linux/errqueue.h>
#include <optional>
#include <span>
#include <sys/socket.h>
#include <time.h>
#include <type_traits>

#include <sonda/core/bytes.hpp>

namespace sonda::inline v0::net {

inline constexpr std::size_t control_header_size = CMSG_LEN(0);

// Builds what goes into msg_control.
template <std::size_t Capacity>
class ControlWriter {
 public:
  // What does not fit is a mistake of the caller's that no input can bring about.
  template <typename T>
    requires std::is_trivially_copyable_v<T>
  void add(int level, int type, const T& value) noexcept {
    cmsghdr header{};
    header.cmsg_len = control_header_size + sizeof value;
    header.cmsg_level = level;
    header.cmsg_type = type;
    std::memcpy(octets_.data() + size_, &header, sizeof header);
    std::memcpy(octets_.data() + size_ + control_header_size, &value, sizeof value);
    size_ += CMSG_SPACE(sizeof value);
  }
  void attach_to(msghdr& message) noexcept {
    message.msg_control = size_ == 0 ? nullptr : octets_.data();
    message.msg_controllen = size_;
  }

 private:
  alignas(cmsghdr) std::array<std::uint8_t, Capacity> octets_{};
  std::size_t size_ = 0;
};

// Calls `visit(level, type, octets)` for each control message that was received whole.
template <typename Visit>
void for_each_control(const msghdr& message, Visit&& visit) {
  Bytes rest{static_cast<const std::uint8_t*>(message.msg_control), message.msg_controllen};
  while (rest.size() >= control_header_size) {
    cmsghdr header{};
    std::memcpy(&header, rest.data(), sizeof header);
    if (header.cmsg_len < control_header_size || header.cmsg_len > rest.size()) return;
    visit(header.cmsg_level, header.cmsg_type,
          rest.subspan(control_header_size, header.cmsg_len - control_header_size));
    const auto space = CMSG_SPACE(header.cmsg_len - control_header_size);
    if (space >= rest.size()) return;
    rest = rest.subspan(space);
  }
}

// A value as the kernel laid it into the octets; zeros where they end early.
template <typename T>
  requires std::is_trivially_copyable_v<T>
[[nodiscard]] T value_in(Bytes octets) noexcept {
  T value{};
  std::memcpy(&value, octets.data(), std::min(sizeof value, octets.size()));
  return value;
}

[[nodiscard]] inline std::int64_t nanoseconds(const timespec& time) noexcept {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// The software stamp of SCM_TIMESTAMPING on the line of CLOCK_REALTIME; nothing where it is 0.
[[nodiscard]] inline std::optional<std::int64_t> software_stamp(Bytes octets) noexcept {
  const auto stamps = value_in<scm_timestamping>(octets);
  const auto ns = nanoseconds(stamps.ts[0]);
  return ns == 0 ? std::nullopt : std::optional{ns};
}

}  // namespace sonda::inline v0::net
