// The TCP header: a view of somebody else's, a value for ours.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ranges>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/checksum.hpp>
#include <sonda/wire/protocol.hpp>
#include <sonda/wire/tcp_options.hpp>

namespace sonda::inline v0 {

using TcpSequence = Strong<struct TcpSequenceTag, std::uint32_t>;

// The control bits of a segment: TcpFlags::syn | TcpFlags::ack.
class TcpFlags {
 public:
  static const TcpFlags fin, syn, rst, psh, ack, urg;
  static const TcpFlags ece, cwr;  // RFC 3168

  constexpr TcpFlags() = default;
  constexpr explicit TcpFlags(std::uint8_t octet) noexcept : octet_{octet} {}

  [[nodiscard]] constexpr std::uint8_t octet() const noexcept { return octet_; }
  [[nodiscard]] constexpr bool has(TcpFlags all_of) const noexcept {
    return (octet_ & all_of.octet_) == all_of.octet_;
  }
  friend constexpr TcpFlags operator|(TcpFlags a, TcpFlags b) noexcept {
    return TcpFlags{static_cast<std::uint8_t>(a.octet_ | b.octet_)};
  }
  friend constexpr bool operator==(const TcpFlags&, const TcpFlags&) = default;

 private:
  std::uint8_t octet_ = 0;
};
inline constexpr TcpFlags TcpFlags::fin{0x01}, TcpFlags::syn{0x02}, TcpFlags::rst{0x04},
    TcpFlags::psh{0x08}, TcpFlags::ack{0x10}, TcpFlags::urg{0x20}, TcpFlags::ece{0x40},
    TcpFlags::cwr{0x80};

// RFC 9293 section 3.1
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |          Source Port          |       Destination Port        |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |                        Sequence Number                        |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |                    Acknowledgment Number                      |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |  Data |       |C|E|U|A|P|R|S|F|                               |
//    | Offset| Rsrvd |W|C|R|C|S|S|Y|I|            Window             |
//    |       |       |R|E|G|K|H|T|N|N|                               |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |           Checksum            |         Urgent Pointer        |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |                           [Options]                           |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

// A segment whose header has been checked. It must not outlive its octets.
class TcpView {
 public:
  static constexpr std::size_t min_size = 20;
  static constexpr std::size_t max_header_size = 60;

  // A whole segment: the payload of an IP packet. Errors: too_short, bad_length.
  [[nodiscard]] static constexpr Parsed<TcpView> parse(Bytes segment) noexcept {
    return check(segment, false);
  }
  // The segment inside an ICMP error: its options may be cut. Eight octets are all that is certain
  // there; Quotation reads the ports and the sequence number out of those.
  // Errors: too_short, bad_length.
  [[nodiscard]] static constexpr Parsed<TcpView> parse_quoted(Bytes segment) noexcept {
    return check(segment, true);
  }
  template <typename Temporary>
    requires(!std::ranges::borrowed_range<Temporary>)
  static void parse(Temporary&&) = delete;
  template <typename Temporary>
    requires(!std::ranges::borrowed_range<Temporary>)
  static void parse_quoted(Temporary&&) = delete;

  [[nodiscard]] constexpr Port source_port() const noexcept {
    return Port{load<std::uint16_t>(data_, 0)};
  }
  [[nodiscard]] constexpr Port destination_port() const noexcept {
    return Port{load<std::uint16_t>(data_, 2)};
  }
  [[nodiscard]] constexpr TcpSequence sequence() const noexcept {
    return TcpSequence{load<std::uint32_t>(data_, 4)};
  }
  [[nodiscard]] constexpr TcpSequence acknowledgement() const noexcept {
    return TcpSequence{load<std::uint32_t>(data_, 8)};
  }
  // In octets, options included.
  [[nodiscard]] constexpr std::size_t header_size() const noexcept {
    return std::size_t{data_[12]} / 16 * 4;
  }
  [[nodiscard]] constexpr std::uint8_t reserved() const noexcept { return data_[12] & 0x0f; }
  [[nodiscard]] constexpr TcpFlags flags() const noexcept { return TcpFlags{data_[13]}; }
  // As it stands, not scaled.
  [[nodiscard]] constexpr std::uint16_t window() const noexcept {
    return load<std::uint16_t>(data_, 14);
  }
  [[nodiscard]] constexpr std::uint16_t checksum() const noexcept {
    return load<std::uint16_t>(data_, 16);
  }
  // Precondition: the segment is whole, and the addresses are of one version.
  [[nodiscard]] constexpr bool checksum_ok(const Address& source,
                                           const Address& destination) const noexcept {
    return Checksum{}
               .add_pseudo_header(source, destination, Protocol::tcp, data_.size())
               .add(data_)
               .finish() == 0;
  }
  [[nodiscard]] constexpr std::uint16_t urgent_pointer() const noexcept {
    return load<std::uint16_t>(data_, 18);
  }
  // As far as they came back.
  [[nodiscard]] constexpr TcpOptionsView options() const noexcept {
    return TcpOptionsView{data_.first(present_header()).subspan(min_size)};
  }

  [[nodiscard]] constexpr Bytes octets() const noexcept { return data_; }
  [[nodiscard]] constexpr Bytes payload() const noexcept { return data_.subspan(present_header()); }
  // The header itself is cut; only a quoted one can be. How much of the payload is missing only
  // the IP header knows.
  [[nodiscard]] constexpr bool truncated() const noexcept { return data_.size() < header_size(); }

 private:
  constexpr explicit TcpView(Bytes data) noexcept : data_{data} {}

  static constexpr Parsed<TcpView> check(Bytes segment, bool quoted) noexcept {
    if (segment.size() < min_size)
      return parse_fault(Layer::tcp, Fault::too_short, min_size, segment.size());
    const TcpView view{segment};
    if (view.header_size() < min_size)
      return parse_fault(Layer::tcp, Fault::bad_length, min_size, segment.size());
    if (!quoted && view.truncated())
      return parse_fault(Layer::tcp, Fault::too_short, view.header_size(), segment.size());
    return view;
  }
  [[nodiscard]] constexpr std::size_t present_header() const noexcept {
    return std::min(header_size(), data_.size());
  }

  Bytes data_;
};

// A header to send.
struct TcpHeader {
  Port source_port{};
  Port destination_port{};
  TcpSequence sequence{};
  TcpSequence acknowledgement{};
  std::uint8_t reserved = 0;  // four bits
  TcpFlags flags{};
  std::uint16_t window = 0xffff;
  std::uint16_t urgent_pointer = 0;
  TcpOptions options{};  // padded with end-of-list to a multiple of four
  ChecksumField checksum{};

  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return TcpView::min_size + (options.octets().size() + 3) / 4 * 4;
  }

  // Writes the header's size() octets at the front of `segment`, whose other octets are the payload
  // and already in place.
  // Preconditions: `segment` has room for size(); the addresses are of one version.
  constexpr void emit(MutableBytes segment, const Address& source,
                      const Address& destination) const noexcept {
    store(segment, 0, source_port.value());
    store(segment, 2, destination_port.value());
    store(segment, 4, sequence.value());
    store(segment, 8, acknowledgement.value());
    segment[12] = static_cast<std::uint8_t>(size() / 4 << 4 | (reserved & 0x0f));
    segment[13] = flags.octet();
    store(segment, 14, window);
    store<std::uint16_t>(segment, 16, 0);
    store(segment, 18, urgent_pointer);
    const auto room = segment.subspan(TcpView::min_size, size() - TcpView::min_size);
    std::ranges::fill(room, std::uint8_t{0});
    std::ranges::copy(options.octets(), room.begin());
    const auto sum = Checksum{}
                         .add_pseudo_header(source, destination, Protocol::tcp, segment.size())
                         .add(segment)
                         .finish();
    store(segment, 16, checksum.value_or(sum));
  }
};

}  // namespace sonda::inline v0
