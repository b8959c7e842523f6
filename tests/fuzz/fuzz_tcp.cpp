// TCP: both doors, every option read and written again, the segment summed again.
#include <sonda/wire/tcp.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

void look_at_option(TcpOption option, Bytes options) {
  claim_within(option.octets(), options);
  claim_within(option.data(), option.octets());
  TcpOptions built;
  if (const auto mss = option.mss()) built.mss(*mss);
  if (const auto shift = option.window_scale()) built.window_scale(*shift);
  if (const auto stamps = option.timestamps()) built.timestamps(*stamps);
  std::array<SackBlock, 32> blocks{};
  const auto count = option.sack_blocks();
  claim(count <= blocks.size());
  for (std::size_t i = 0; i < count; ++i) blocks[i] = option.sack_block(i);
  if (count != 0 && count <= 4) built.sack(std::span{blocks}.first(count));
  if (!built.octets().empty()) claim(equal(built.octets(), option.octets()));
}

// The options of the walk, put together again.
TcpOptions look_at_options(TcpOptionsView options) {
  TcpOptions built;
  Octets together;
  for (const auto option : options) {
    look_at_option(option, options.octets());
    together.insert(together.end(), option.octets().begin(), option.octets().end());
    if (option.kind() == TcpOptionKind::no_operation)
      built.no_operation();
    else
      built.add(option.kind(), option.data());
    const auto first = options.first(option.kind());
    claim(first && first->kind() == option.kind());
  }
  claim(equal(together, options.octets().first(together.size())));
  const auto rest = options.octets().subspan(together.size());
  claim(options.malformed() == (!rest.empty() && rest[0] != 0));
  claim(built.overflowed() == (together.size() > TcpOptions::max_size));
  if (!built.overflowed()) claim(equal(built.octets(), together));
  return built;
}

void write_again(const TcpView& tcp, const TcpOptions& options, const Address& from,
                 const Address& to) {
  TcpHeader header{.source_port = tcp.source_port(),
                   .destination_port = tcp.destination_port(),
                   .sequence = tcp.sequence(),
                   .acknowledgement = tcp.acknowledgement(),
                   .reserved = tcp.reserved(),
                   .flags = tcp.flags(),
                   .window = tcp.window(),
                   .urgent_pointer = tcp.urgent_pointer(),
                   .options = options,
                   .checksum = ChecksumField{tcp.checksum()}};
  // Padding that is not zero, and more of it than needed, is not ours to write.
  const auto padding = tcp.options().octets().subspan(options.octets().size());
  if (header.size() != tcp.header_size() ||
      !std::ranges::all_of(padding, [](std::uint8_t octet) { return octet == 0; }))
    return;
  const auto emit = [&](MutableBytes room) {
    std::ranges::copy(tcp.payload(), room.subspan(header.size()).begin());
    header.emit(room, from, to);
  };
  claim(equal(emitted(tcp.octets().size(), emit), tcp.octets()));
  header.checksum = ChecksumField::computed();
  const auto summed = emitted(tcp.octets().size(), emit);
  const auto again = TcpView::parse(Bytes{summed});
  claim(again && again->checksum_ok(from, to));
  claim(tcp.checksum_ok(from, to) == same_sum(tcp.checksum(), again->checksum()));
}

void look(Bytes input) {
  Choices choices{input};
  const bool v4 = choices.flag();
  const auto segment = choices.rest();
  (void)look_at_options(TcpOptionsView{segment});
  const auto quoted = TcpView::parse_quoted(segment);
  const auto whole = TcpView::parse(segment);
  if (!quoted) {
    claim_honest(quoted.error(), segment.size());
    return claim(!whole);
  }
  claim(same(quoted->octets(), segment));
  claim(quoted->header_size() == std::size_t{segment[12]} / 16 * 4);
  claim(quoted->sequence().value() == load<std::uint32_t>(segment, 4));
  claim(quoted->flags().octet() == segment[13]);
  claim_within(quoted->payload(), segment);
  const auto options = look_at_options(quoted->options());
  claim(whole.has_value() != quoted->truncated());
  if (!whole) return claim_honest(whole.error(), segment.size());
  if (v4)
    write_again(*whole, options, Ipv4Address{192, 0, 2, 1}, Ipv4Address{198, 51, 100, 7});
  else
    write_again(*whole, options, Ipv6Address{{0x20, 1, 0xd, 0xb8, 1}}, Ipv6Address{{0xfe, 0x80}});
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
