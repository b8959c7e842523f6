// One question to the kernel by netlink, and its answers.
#pragma once
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <linux/rtnetlink.h>
#include <memory>
#include <optional>
#include <vector>

#include <libmnl/libmnl.h>

#include <sonda/core/bytes.hpp>
#include <sonda/wire/address.hpp>

#include "socket_address.hpp"

namespace sonda::inline v0::net {

// A request under construction, in a buffer of its own.
class NetlinkRequest {
 public:
  NetlinkRequest(std::uint16_t type, std::uint16_t flags)
      : header_{mnl_nlmsg_put_header(buffer_.data())} {
    header_->nlmsg_type = type;
    header_->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  }
  NetlinkRequest(const NetlinkRequest&) = delete;
  NetlinkRequest& operator=(const NetlinkRequest&) = delete;

  // The family's own header behind the common one, zeroed. Once, before any attribute.
  template <typename T>
  T& extra() {
    return *static_cast<T*>(mnl_nlmsg_put_extra_header(header_, sizeof(T)));
  }
  void put(std::uint16_t type, Bytes octets) {
    mnl_attr_put(header_, type, octets.size(), octets.data());
  }
  void put(std::uint16_t type, std::uint32_t value) { mnl_attr_put_u32(header_, type, value); }
  [[nodiscard]] nlmsghdr* header() noexcept { return header_; }

 private:
  alignas(nlmsghdr) std::array<char, 512> buffer_{};
  nlmsghdr* header_;
};

// The attributes behind a `T` in a message.
class NetlinkAttributes {
 public:
  NetlinkAttributes(const nlmsghdr* message, std::size_t extra_header) {
    mnl_attr_parse(message, static_cast<unsigned>(extra_header), remember, this);
  }
  explicit NetlinkAttributes(const nlattr* nest) { mnl_attr_parse_nested(nest, remember, this); }

  [[nodiscard]] const nlattr* find(std::uint16_t type) const noexcept {
    for (const auto* attribute : all_)
      if (mnl_attr_get_type(attribute) == type) return attribute;
    return nullptr;
  }
  [[nodiscard]] Bytes octets(std::uint16_t type) const noexcept {
    const auto* attribute = find(type);
    if (attribute == nullptr) return {};
    return {static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute)),
            mnl_attr_get_payload_len(attribute)};
  }
  [[nodiscard]] std::optional<std::uint32_t> number(std::uint16_t type) const noexcept {
    const auto data = octets(type);
    if (data.size() != sizeof(std::uint32_t)) return std::nullopt;
    std::uint32_t value = 0;
    std::memcpy(&value, data.data(), sizeof value);
    return value;
  }
  // An address of 4 or 16 octets; a link-local one gets the zone of `interface`.
  [[nodiscard]] std::optional<Address> address(std::uint16_t type,
                                               std::uint32_t interface = 0) const {
    const auto data = octets(type);
    if (data.size() == 4) return Ipv4Address::from_wire(data, 0);
    if (data.size() != 16) return std::nullopt;
    in6_addr in{};
    std::memcpy(&in, data.data(), sizeof in);
    return to_address(in, interface);
  }

 private:
  static int remember(const nlattr* attribute, void* self) {
    static_cast<NetlinkAttributes*>(self)->all_.push_back(attribute);
    return MNL_CB_OK;
  }
  std::vector<const nlattr*> all_;
};

// Sends the request and calls `visit(const nlmsghdr*)` for each answer. 0, or the errno that the
// kernel answered with.
template <typename Visit>
[[nodiscard]] int ask_kernel(NetlinkRequest& request, Visit&& visit) {
  const std::unique_ptr<mnl_socket, int (*)(mnl_socket*)> socket{
      mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC), mnl_socket_close};
  if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) return errno;
  const auto sequence = static_cast<std::uint32_t>(std::time(nullptr));
  request.header()->nlmsg_seq = sequence;
  if (mnl_socket_sendto(socket.get(), request.header(), request.header()->nlmsg_len) < 0)
    return errno;

  const auto port = mnl_socket_get_portid(socket.get());
  const auto callback = [](const nlmsghdr* message, void* data) {
    (*static_cast<std::remove_reference_t<Visit>*>(data))(message);
    return MNL_CB_OK;
  };
  const bool many = (request.header()->nlmsg_flags & (NLM_F_DUMP | NLM_F_ACK)) != 0;
  std::vector<char> buffer(32'768);
  for (;;) {
    const auto size = mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
    if (size < 0) return errno;
    const int state =
        mnl_cb_run(buffer.data(), static_cast<std::size_t>(size), sequence, port, callback, &visit);
    if (state < 0) return errno;
    if (state == MNL_CB_STOP || !many) return 0;
  }
}

}  // namespace sonda::inline v0::net
