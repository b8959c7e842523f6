// The Internet checksum: the fast sum against a slow one, pieces of any length, updates, fillings.
#include <sonda/wire/checksum.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

// As RFC 1071 section 4.1 adds: every word, then the carries, one by one.
std::uint16_t slow_checksum(Bytes octets) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    sum += i % 2 == 0 ? std::uint32_t{octets[i]} << 8 : octets[i];
    while (sum >> 16 != 0) sum = (sum & 0xffff) + 1;
  }
  return static_cast<std::uint16_t>(~sum);
}

void look(Bytes input) {
  Choices choices{input};
  const auto cut = choices.number<std::uint16_t>(), second_cut = choices.number<std::uint16_t>();
  const auto wanted = choices.number<std::uint16_t>();
  const auto octets = choices.rest();
  const auto right = slow_checksum(octets);
  claim(Checksum{}.add(octets).finish() == right);
  claim(detail::sum_words(octets) == detail::sum_pairwise(octets));

  const auto a = cut % (octets.size() + 1);
  const auto b = a + second_cut % (octets.size() - a + 1);
  const auto in_pieces =
      Checksum{}.add(octets.first(a)).add(octets.subspan(a, b - a)).add(octets.subspan(b));
  claim(in_pieces.finish() == right);
  claim(in_pieces.finish_udp() == (right == 0 ? 0xffff : right));

  // Two octets behind everything, wherever they fall.
  auto filled = Octets{octets.begin(), octets.end()};
  const auto filling = Checksum::payload_for(in_pieces, wanted);
  filled.insert(filled.end(), filling.begin(), filling.end());
  claim(same_sum(slow_checksum(filled), wanted));

  if (octets.size() < 4) return;
  auto changed = Octets{octets.begin(), octets.end()};
  const auto at = a % (octets.size() / 2) * 2;
  if (at + 2 > octets.size()) return;
  const auto before = load<std::uint16_t>(octets, at);
  store(changed, at, wanted);
  claim(same_sum(Checksum::update(right, before, wanted), slow_checksum(changed)));
  if (at + 4 > octets.size()) return;
  const auto words = std::uint32_t{wanted} << 16 | second_cut;
  store(changed, at, words);
  claim(same_sum(Checksum::update(right, load<std::uint32_t>(octets, at), words),
                 slow_checksum(changed)));
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
