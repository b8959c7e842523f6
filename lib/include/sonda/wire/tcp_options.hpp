// The options of a TCP header, read one by one and written in order.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <ranges>
#include <span>

#include <sonda/core/bytes.hpp>

namespace sonda::inline v0 {

// IANA's "TCP Option Kind Numbers"; any octet is a value.
enum class TcpOptionKind : std::uint8_t {
  end_of_list = 0,      // RFC 9293 section 3.2
  no_operation = 1,     // RFC 9293 section 3.2
  mss = 2,              // RFC 9293 section 3.2
  window_scale = 3,     // RFC 7323 section 2.2
  sack_permitted = 4,   // RFC 2018 section 2
  sack = 5,             // RFC 2018 section 3
  timestamps = 8,       // RFC 7323 section 3.2
  md5_signature = 19,   // RFC 2385
  user_timeout = 28,    // RFC 5482
  authentication = 29,  // RFC 5925
  multipath = 30,       // RFC 8684
  fast_open = 34        // RFC 7413
};

struct TcpTimestamps {
  std::uint32_t value = 0;
  std::uint32_t echo_reply = 0;
  friend constexpr bool operator==(const TcpTimestamps&, const TcpTimestamps&) = default;
};

struct SackBlock {
  std::uint32_t left = 0;   // first sequence number of the block
  std::uint32_t right = 0;  // the one behind its last
  friend constexpr bool operator==(const SackBlock&, const SackBlock&) = default;
};

// One option; of an unknown kind it is still its octets. The typed readers give nothing for another
// kind and for a length that the kind does not have.
class TcpOption {
 public:
  // Precondition: `octets` are one whole option, its kind included.
  constexpr explicit TcpOption(Bytes octets) noexcept : octets_{octets} {}

  [[nodiscard]] constexpr TcpOptionKind kind() const noexcept { return TcpOptionKind{octets_[0]}; }
  [[nodiscard]] constexpr Bytes octets() const noexcept { return octets_; }
  // What follows kind and length.
  [[nodiscard]] constexpr Bytes data() const noexcept {
    return octets_.subspan(std::min<std::size_t>(2, octets_.size()));
  }

  // Octets of data in the largest segment the sender takes.
  [[nodiscard]] constexpr std::optional<std::uint16_t> mss() const noexcept {
    if (!is(TcpOptionKind::mss, 4)) return std::nullopt;
    return load<std::uint16_t>(octets_, 2);
  }
  // The shift count; RFC 7323 treats more than 14 as 14.
  [[nodiscard]] constexpr std::optional<std::uint8_t> window_scale() const noexcept {
    if (!is(TcpOptionKind::window_scale, 3)) return std::nullopt;
    return octets_[2];
  }
  [[nodiscard]] constexpr std::optional<TcpTimestamps> timestamps() const noexcept {
    if (!is(TcpOptionKind::timestamps, 10)) return std::nullopt;
    return TcpTimestamps{load<std::uint32_t>(octets_, 2), load<std::uint32_t>(octets_, 6)};
  }
  // 0 for an option that is no SACK.
  [[nodiscard]] constexpr std::size_t sack_blocks() const noexcept {
    return kind() == TcpOptionKind::sack && data().size() % 8 == 0 ? data().size() / 8 : 0;
  }
  // Precondition: i < sack_blocks().
  [[nodiscard]] constexpr SackBlock sack_block(std::size_t i) const noexcept {
    return {load<std::uint32_t>(data(), 8 * i), load<std::uint32_t>(data(), 8 * i + 4)};
  }

 private:
  [[nodiscard]] constexpr bool is(TcpOptionKind kind, std::size_t size) const noexcept {
    return this->kind() == kind && octets_.size() == size;
  }

  Bytes octets_;
};

// The options of a header in their order, up to the end-of-list octet; what lies behind it is
// padding. An option whose length lies ends the walk; see malformed(). Must not outlive its octets.
class TcpOptionsView {
 public:
  constexpr explicit TcpOptionsView(Bytes octets) noexcept : octets_{octets} {}

  class Iterator {
   public:
    using value_type = TcpOption;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::forward_iterator_tag;

    constexpr Iterator() = default;
    constexpr explicit Iterator(Bytes rest) noexcept : rest_{rest} {}
    [[nodiscard]] constexpr TcpOption operator*() const noexcept {
      return TcpOption{rest_.first(option_size())};
    }
    constexpr Iterator& operator++() noexcept {
      rest_ = rest_.subspan(option_size());
      return *this;
    }
    constexpr Iterator operator++(int) noexcept {
      const auto before = *this;
      ++*this;
      return before;
    }
    // 0 where no further option can be read.
    [[nodiscard]] constexpr std::size_t option_size() const noexcept {
      if (at_end_of_list()) return 0;
      if (TcpOptionKind{rest_[0]} == TcpOptionKind::no_operation) return 1;
      if (rest_.size() < 2 || rest_[1] < 2 || rest_[1] > rest_.size()) return 0;
      return rest_[1];
    }
    [[nodiscard]] constexpr bool at_end_of_list() const noexcept {
      return rest_.empty() || TcpOptionKind{rest_[0]} == TcpOptionKind::end_of_list;
    }
    friend constexpr bool operator==(const Iterator& a, const Iterator& b) noexcept {
      return a.rest_.size() == b.rest_.size();
    }
    friend constexpr bool operator==(const Iterator& it, std::default_sentinel_t) noexcept {
      return it.option_size() == 0;
    }

   private:
    Bytes rest_;
  };
  [[nodiscard]] constexpr Iterator begin() const noexcept { return Iterator{octets_}; }
  [[nodiscard]] static constexpr std::default_sentinel_t end() noexcept { return {}; }

  // Whether the walk ends at an option that cannot be one.
  [[nodiscard]] constexpr bool malformed() const noexcept {
    auto at = begin();
    while (at != end()) ++at;
    return !at.at_end_of_list();
  }
  // The first option of that kind.
  [[nodiscard]] constexpr std::optional<TcpOption> first(TcpOptionKind kind) const noexcept {
    for (const auto option : *this)
      if (option.kind() == kind) return option;
    return std::nullopt;
  }
  [[nodiscard]] constexpr std::optional<std::uint16_t> mss() const noexcept {
    const auto option = first(TcpOptionKind::mss);
    return option ? option->mss() : std::nullopt;
  }
  [[nodiscard]] constexpr Bytes octets() const noexcept { return octets_; }

 private:
  Bytes octets_;
};

// Options to send, as a value: TcpOptions{}.mss(1460).sack_permitted().window_scale(7).
// One that has no room in the 40 octets of a header is left out, and overflowed() says so.
class TcpOptions {
 public:
  static constexpr std::size_t max_size = 40;

  constexpr TcpOptions() = default;

  constexpr TcpOptions& no_operation() noexcept {
    constexpr std::array<std::uint8_t, 1> octet{1};
    return add_octets(octet);
  }
  constexpr TcpOptions& mss(std::uint16_t octets) noexcept {
    std::array<std::uint8_t, 2> data{};
    store(data, 0, octets);
    return add(TcpOptionKind::mss, data);
  }
  constexpr TcpOptions& window_scale(std::uint8_t shift) noexcept {
    const std::array data{shift};
    return add(TcpOptionKind::window_scale, data);
  }
  constexpr TcpOptions& sack_permitted() noexcept { return add(TcpOptionKind::sack_permitted, {}); }
  constexpr TcpOptions& timestamps(TcpTimestamps stamps) noexcept {
    std::array<std::uint8_t, 8> data{};
    store(data, 0, stamps.value);
    store(data, 4, stamps.echo_reply);
    return add(TcpOptionKind::timestamps, data);
  }
  constexpr TcpOptions& sack(std::span<const SackBlock> blocks) noexcept {
    std::array<std::uint8_t, 32> data{};
    if (blocks.size() > data.size() / 8) {
      overflowed_ = true;
      return *this;
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      store(data, 8 * i, blocks[i].left);
      store(data, 8 * i + 4, blocks[i].right);
    }
    return add(TcpOptionKind::sack, Bytes{data}.first(8 * blocks.size()));
  }
  // Any kind with a length octet.
  constexpr TcpOptions& add(TcpOptionKind kind, Bytes data) noexcept {
    std::array<std::uint8_t, max_size> option{};
    if (data.size() + 2 > max_size) {
      overflowed_ = true;
      return *this;
    }
    option[0] = static_cast<std::uint8_t>(kind);
    option[1] = static_cast<std::uint8_t>(data.size() + 2);
    std::ranges::copy(data, option.begin() + 2);
    return add_octets(Bytes{option}.first(data.size() + 2));
  }

  // As they were added, without padding; they live as long as the value does.
  [[nodiscard]] constexpr Bytes octets() const& noexcept { return Bytes{octets_}.first(size_); }
  constexpr Bytes octets() const&& = delete;
  [[nodiscard]] constexpr bool overflowed() const noexcept { return overflowed_; }

 private:
  constexpr TcpOptions& add_octets(Bytes octets) noexcept {
    if (octets.size() > max_size - size_) {
      overflowed_ = true;
      return *this;
    }
    std::ranges::copy(octets, octets_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += octets.size();
    return *this;
  }

  std::array<std::uint8_t, max_size> octets_{};
  std::size_t size_ = 0;
  bool overflowed_ = false;
};

}  // namespace sonda::inline v0
