// Frames wait for what becomes of them, then go into the file with it.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <sonda/lab/network_capture.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/wire/checksum.hpp>

namespace sonda::inline v0::lab {
namespace {

constexpr std::size_t overhead = 300;  // octets that a waiting frame takes besides its own

// Of the ICMP message, segment or datagram; wrong ones come from programs that want to see what
// becomes of them.
bool segment_checksum_wrong(Bytes octets) {
  const auto packet = sim::IpPacket::read(octets);
  if (!packet || packet->is_fragment) return false;
  const bool v4 = packet->version == IpVersion::v4;
  const auto segment = packet->payload();
  const bool icmp = packet->protocol == (v4 ? Protocol::icmp : Protocol::icmpv6);
  const bool udp = packet->protocol == Protocol::udp;
  const std::size_t least = icmp ? 4 : udp ? 8 : 20;
  if (!icmp && !udp && packet->protocol != Protocol::tcp) return false;
  if (segment.size() < least || (udp && v4 && load<std::uint16_t>(segment, 6) == 0)) return false;
  Checksum sum;
  if (!icmp || !v4)
    sum.add_pseudo_header(packet->source, packet->destination, packet->protocol, segment.size());
  return sum.add(segment).finish() != 0;
}

std::string where_it_is(const sim::Crossing& crossing, const LinkNames& link, std::uint64_t after) {
  const auto& [from, to] =
      crossing.back ? std::tie(link.upper, link.lower) : std::tie(link.lower, link.upper);
  auto text = fmt::format("sonda: from={}; to={};", from, to);
  if (after != 0)
    text += fmt::format(" after={};", after);
  else if (segment_checksum_wrong(crossing.octets))
    text += " checksum=wrong;";
  if (crossing.fate != sim::Fate::carried) text += fmt::format(" {};", name(crossing.fate));
  return text;
}

std::string what_was_done(const sim::Note& note, const std::string& machine) {
  auto text = fmt::format("sonda: at={}; {};", machine, words(note.deed));
  if (note.error != nullptr) {
    text += fmt::format(" says={}/{};", note.error->type, note.error->code);
    if (note.error->broken_checksum) text += " checksum=wrong;";
  }
  return text;
}

sim::Octets in_a_frame(const sim::Crossing& crossing) {
  const bool v6 = !crossing.octets.empty() && crossing.octets[0] >> 4 == 6;
  const EthernetHeader header{.destination = link_address(crossing.link, !crossing.back),
                              .source = link_address(crossing.link, crossing.back),
                              .type = v6 ? EtherType::ipv6 : EtherType::ipv4};
  sim::Octets frame(EthernetHeader::size());
  header.emit(frame);
  frame.insert(frame.end(), crossing.octets.begin(), crossing.octets.end());
  return frame;
}

}  // namespace

MacAddress link_address(sim::LinkIndex link, bool upper) {
  const auto number = static_cast<std::uint32_t>(link);
  return MacAddress{{0x02, 0x50, static_cast<std::uint8_t>(number >> 16),
                     static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number),
                     upper ? std::uint8_t{2} : std::uint8_t{1}}};
}

std::expected<NetworkCapture, Failure> NetworkCapture::begin(capture::PcapngWriter writer,
                                                             CaptureNames names, ToUnix to_unix) {
  NetworkCapture out{std::move(writer), std::move(names), std::move(to_unix)};
  for (const auto& link : out.names_.links) {
    const auto interface = out.writer_.add_interface(
        {.link_type = capture::LinkType::ethernet,
         .name = link.lower + '-' + link.upper,
         .description = fmt::format("out: {0} to {1}, in: {1} to {0}", link.lower, link.upper)});
    if (!interface) return std::unexpected{interface.error()};
    out.interfaces_.push_back(*interface);
  }
  if (const auto named = out.writer_.add_names(out.names_.addresses); !named)
    return std::unexpected{named.error()};
  if (const auto there = out.writer_.flush(); !there) return std::unexpected{there.error()};
  return out;
}

void NetworkCapture::on_crossing(const sim::Crossing& crossing) {
  write_known(crossing.at);
  const auto link = static_cast<std::size_t>(crossing.link);
  if (link >= interfaces_.size()) return;
  if (!std::exchange(begun_, true)) before_first_ = crossing.number - 1;
  const auto after = crossing.after > before_first_ ? crossing.after - before_first_ : 0;
  auto frame = in_a_frame(crossing);
  octets_ += frame.size() + overhead;
  waiting_.push_back({.number = crossing.number,
                      .at = crossing.at,
                      .known = std::max(crossing.at, crossing.arrives),
                      .interface = interfaces_[link],
                      .direction = crossing.back ? capture::Direction::in : capture::Direction::out,
                      .octets = std::move(frame),
                      .comments = {where_it_is(crossing, names_.links[link], after)}});
  while (octets_ > most_octets) write_first();
}

void NetworkCapture::on_note(const sim::Note& note) {
  const auto frame = std::ranges::lower_bound(waiting_, note.crossing, {}, &Waiting::number);
  if (frame == waiting_.end() || frame->number != note.crossing || note.node == nullptr) return;
  frame->comments.push_back(what_was_done(note, names_.machine(*note.node)));
}

void NetworkCapture::settle(Instant now) {
  write_known(now);
  if (failure_) return;
  if (std::exchange(unflushed_, false))
    if (const auto written = writer_.flush(); !written) failure_ = written.error();
}

std::expected<void, Failure> NetworkCapture::close() {
  while (!waiting_.empty()) write_first();
  const auto closed = writer_.close();
  if (failure_) return std::unexpected{*failure_};
  return closed;
}

void NetworkCapture::write_known(Instant before) {
  while (!waiting_.empty() && waiting_.front().known < before) write_first();
}

void NetworkCapture::write_first() {
  auto frame = std::move(waiting_.front());
  waiting_.pop_front();
  octets_ -= frame.octets.size() + overhead;
  if (failure_) return;
  const auto written = writer_.write({.interface = frame.interface,
                                      .unix_ns = to_unix_(frame.at),
                                      .octets = frame.octets,
                                      .direction = frame.direction,
                                      .comments = std::move(frame.comments)});
  if (!written) failure_ = written.error();
  unflushed_ = true;
}

}  // namespace sonda::inline v0::lab
