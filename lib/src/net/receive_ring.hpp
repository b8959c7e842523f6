// Buffers for recvmmsg(2): many packets per call, each with its control messages.
#pragma once
#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <sys/socket.h>

#include <sonda/core/bytes.hpp>

#include "socket_address.hpp"

namespace sonda::inline v0::net {

class ReceiveRing {
 public:
  static constexpr std::size_t slots = 16;

  // `slot_size` octets of each packet are kept.
  explicit ReceiveRing(std::size_t slot_size)
      : slot_size_{slot_size},
        octets_{std::make_unique_for_overwrite<std::uint8_t[]>(slots * slot_size)} {}

  // Reads what is there, at most `slots` packets; 0 when there is nothing (any more). An error
  // that waits on the socket (ENETDOWN, ENETUNREACH) is taken off it and says nothing about
  // packets: it is not the end.
  [[nodiscard]] std::size_t receive(int socket, int flags) {
    for (int attempt = 0; attempt < 8; ++attempt) {
      for (std::size_t i = 0; i < slots; ++i) {
        parts_[i] = {octets_.get() + i * slot_size_, slot_size_};
        messages_[i].msg_hdr = {.msg_name = &names_[i],
                                .msg_namelen = sizeof names_[i],
                                .msg_iov = &parts_[i],
                                .msg_iovlen = 1,
                                .msg_control = controls_[i].data(),
                                .msg_controllen = controls_[i].size(),
                                .msg_flags = 0};
      }
      const int count = ::recvmmsg(socket, messages_.data(), slots, flags | MSG_DONTWAIT, nullptr);
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno == EAGAIN || errno == EBADF) return 0;
    }
    return 0;
  }

  [[nodiscard]] Bytes octets(std::size_t i) const noexcept {
    return {octets_.get() + i * slot_size_, messages_[i].msg_len};
  }
  // All the room of a packet, which its reader may use as he likes.
  [[nodiscard]] MutableBytes room(std::size_t i) noexcept {
    return {octets_.get() + i * slot_size_, slot_size_};
  }
  [[nodiscard]] const msghdr& header(std::size_t i) const noexcept { return messages_[i].msg_hdr; }
  // The sockaddr that came with it: the sender's, or in an error queue the receiver's.
  [[nodiscard]] const sockaddr_storage& name(std::size_t i) const noexcept { return names_[i]; }

 private:
  struct alignas(cmsghdr) Control : std::array<std::uint8_t, 512> {};

  std::size_t slot_size_;
  std::unique_ptr<std::uint8_t[]> octets_;
  std::array<iovec, slots> parts_{};
  std::array<sockaddr_storage, slots> names_{};
  std::array<Control, slots> controls_{};
  std::array<mmsghdr, slots> messages_{};
};

}  // namespace sonda::inline v0::net
