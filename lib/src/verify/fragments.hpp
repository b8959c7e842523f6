// Puts fragments together, in bounded memory, and remembers which frames they were.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include <sonda/core/bytes.hpp>

namespace sonda::inline v0::verify {

class Fragments {
 public:
  struct Piece {
    Bytes packet{};
    std::uint64_t frame = 0;
    std::int64_t unix_ns = 0;
  };
  struct Whole {
    std::vector<std::uint8_t> packet{};
    std::vector<std::uint64_t> frames{};
    std::int64_t first_ns = 0, last_ns = 0;
  };

  [[nodiscard]] static bool is_fragment(Bytes packet);
  // The datagram, when its last piece is there.
  [[nodiscard]] std::optional<Whole> add(const Piece& piece);
  // A piece that came again: the last frame of the datagram that is whole already; 0: there is
  // none.
  [[nodiscard]] std::uint64_t copy_of(Bytes packet) const;
  [[nodiscard]] std::uint64_t given_up() const { return given_up_; }

 private:
  // More of either, and the oldest are given up.
  static constexpr std::size_t most_waiting = 256;
  static constexpr std::size_t most_octets = std::size_t{16} << 20;

  struct Key {
    std::array<std::uint8_t, 32> addresses{};
    std::uint32_t identification = 0;
    std::uint8_t protocol = 0;
    bool v6 = false;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Part {
    std::size_t offset = 0;
    std::vector<std::uint8_t> octets{};
  };
  struct Waiting {
    Key key{};
    std::vector<Part> parts{};
    std::vector<std::uint8_t> headers{};  // of the first piece, as those of the whole
    std::optional<std::size_t> size{};
    Whole so_far{};
  };
  struct Read;

  [[nodiscard]] static std::optional<Read> read(Bytes packet);
  [[nodiscard]] static bool complete(Waiting& waiting);
  void make_room();

  struct Done {
    Key key{};
    std::uint64_t last_frame = 0;
  };

  std::deque<Waiting> waiting_;  // oldest first
  std::deque<Done> done_;        // the last ones
  std::uint64_t given_up_ = 0;
  std::size_t octets_ = 0;
};

}  // namespace sonda::inline v0::verify
