// Whose echo is it: a keyed tag in the data, and what else of a probe follows from the key.
#pragma once
#include <array>
#include <cstdint>

#include <sonda/core/bytes.hpp>
#include <sonda/core/siphash.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0 {

// Everything that tells our echo from another's is a function of the run's key and the probe's
// number, so nothing about a probe is ever read back from the network.
class EchoIdentity {
 public:
  static constexpr std::size_t tag_size = 8;
  using Tag = std::array<std::uint8_t, tag_size>;

  constexpr EchoIdentity(SipKey key, const Address& target) noexcept
      : key_{key}, target_{target.without_zone()} {}

  // The first octets of the data. One who sees none of our probes guesses it once in 2^64 times.
  [[nodiscard]] constexpr Tag tag(ProbeId probe) const noexcept {
    Tag out{};
    store(out, 0, keyed(Purpose::tag, probe));
    return out;
  }
  // RFC 6864 section 4.1; never 0, which Linux would replace.
  [[nodiscard]] constexpr std::uint16_t identification(ProbeId probe) const noexcept {
    return static_cast<std::uint16_t>(keyed(Purpose::identification, probe) % 65'535 + 1);
  }
  [[nodiscard]] constexpr Identifier identifier() const noexcept {
    return Identifier{static_cast<std::uint16_t>(keyed(Purpose::identifier, ProbeId{}))};
  }
  // RFC 6437: one label for the whole run, so that the flow keeps to one path.
  [[nodiscard]] constexpr FlowLabel flow_label() const noexcept {
    return FlowLabel{static_cast<std::uint32_t>(keyed(Purpose::flow_label, ProbeId{}) & 0xf'ffff)};
  }

 private:
  enum class Purpose : std::uint8_t { tag = 1, identification, identifier, flow_label };

  [[nodiscard]] constexpr std::uint64_t keyed(Purpose purpose, ProbeId probe) const noexcept {
    std::array<std::uint8_t, 25> message{};
    message[0] = static_cast<std::uint8_t>(purpose);
    store(message, 1, probe.value());
    const auto octets = target_.octets();
    for (std::size_t i = 0; i < octets.size(); ++i) message[9 + i] = octets[i];
    return siphash(key_, message);
  }

  SipKey key_;
  Address target_;
};

}  // namespace sonda::inline v0
