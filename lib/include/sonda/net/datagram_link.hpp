// ICMP echo without privilege: the system writes the IP header and picks the identifier.
#pragma once
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/event/contract.hpp>
#include <sonda/net/clock.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/ip_version.hpp>

namespace sonda::inline v0::net {

struct DatagramLinkOptions {
  std::optional<Address> source{};                    // none: as the system chooses
  std::string interface{};                            // empty: as the routing table says
  std::size_t send_buffer = 0;                        // octets; 0: the system's default
  std::size_t receive_buffer = std::size_t{4} << 20;  // octets; the system may allow less
  bool transmit_stamps = true;              // the kernel's; of the first fragment, if it cuts
  bool broadcast = false;                   // else broadcast addresses are refused (EACCES)
  std::shared_ptr<WallClock> wall_clock{};  // shared with the loop; none: one of its own
};

// Carries out `SendOn` with an echo request (the kernel takes nothing else) and writes its own
// identifier and checksum into it. Replies begin at the ICMP header. ICMP errors come from the
// error queue, one report each: type, code and sender are known, the rest of the message and its
// IP header are not. Refuses other actions with EOPNOTSUPP.
class SONDA_EXPORT DatagramLink final : public Link {
 public:
  // Errors: EACCES where net.ipv4.ping_group_range (for both versions) leaves our groups out;
  // ENODEV for an unknown interface; EADDRNOTAVAIL for a source that is not ours.
  [[nodiscard]] static std::expected<DatagramLink, Failure> open(
      IpVersion version, const DatagramLinkOptions& options = {});
  DatagramLink(DatagramLink&&) noexcept;
  DatagramLink& operator=(DatagramLink&&) noexcept;
  ~DatagramLink() override;

  // What stands in every request of this link, whatever the engine wrote.
  [[nodiscard]] Identifier identifier() const noexcept;

  [[nodiscard]] bool writable(Instant now) const override;
  void transmit(Instant now, std::span<const Action> batch, Inbox& inbox) override;
  void readable(Instant now, Inbox& inbox) override;
  [[nodiscard]] std::span<const int> descriptors() const override;
  [[nodiscard]] std::optional<Instant> next_wakeup() const override;

 private:
  struct State;
  explicit DatagramLink(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace sonda::inline v0::net
