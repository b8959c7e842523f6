// Hashes of probes, and headers restored.
#include "probe_hash.hpp"

#include <array>
#include <bit>
#include <cstring>
#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

#include <sonda/wire/checksum.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>

namespace sonda::inline v0::verify {
namespace {

void sum_header(MutableBytes packet, std::size_t header_size) {
  store<std::uint16_t>(packet, 10, 0);
  store(packet, 10, Checksum{}.add(packet.first(header_size)).finish());
}

#if defined(__x86_64__)

bool has_sha_instructions() noexcept {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  const bool sha = (b >> 29 & 1) != 0;
  return sha && __get_cpuid(1, &a, &b, &c, &d) != 0 && (c >> 19 & 1) != 0;  // and SSE4.1
}

// The last three words of `a` and the first of `b`.
__m128i joined(__m128i a, __m128i b) noexcept {
  using Words = int __attribute__((vector_size(16)));
  return std::bit_cast<__m128i>(
      __builtin_shufflevector(std::bit_cast<Words>(a), std::bit_cast<Words>(b), 1, 2, 3, 4));
}

// FIPS 180-4 6.2.2, four rounds at a time. `state` as the instructions want it: ABEF and CDGH.
__attribute__((target("sha,sse4.1"))) void compress(__m128i& abef, __m128i& cdgh,
                                                    const std::uint8_t* block) noexcept {
  const auto load_at = [](const void* at) __attribute__((target("sha,sse4.1"))) {
    return _mm_loadu_si128(static_cast<const __m128i*>(at));
  };
  const auto swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  const auto before_abef = abef, before_cdgh = cdgh;
  __m128i words[4];  // NOLINT: vectors do not go well with std::array's alignment
  for (int i = 0; i < 4; ++i) words[i] = _mm_shuffle_epi8(load_at(block + 16 * i), swap);
  for (std::size_t round = 0; round < 16; ++round) {
    auto& now = words[round % 4];
    if (round >= 4) {
      const auto a = words[(round + 1) % 4], c = words[(round + 2) % 4], d = words[(round + 3) % 4];
      now = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(now, a), joined(c, d)), d);
    }
    const auto keyed = _mm_add_epi32(now, load_at(&detail::sha256_constants[4 * round]));
    cdgh = _mm_sha256rnds2_epu32(cdgh, abef, keyed);
    abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(keyed, 0x0e));
  }
  abef = _mm_add_epi32(abef, before_abef);
  cdgh = _mm_add_epi32(cdgh, before_cdgh);
}

__attribute__((target("sha,sse4.1"))) Sha256Digest hash_by_instructions(Bytes octets) noexcept {
  // The words of the standard's initial state, by their letters.
  auto abef = _mm_set_epi32(0x6a09e667, static_cast<int>(0xbb67ae85), 0x510e527f,
                            static_cast<int>(0x9b05688c));
  auto cdgh = _mm_set_epi32(0x3c6ef372, static_cast<int>(0xa54ff53a), 0x1f83d9ab, 0x5be0cd19);
  std::size_t at = 0;
  for (; at + 64 <= octets.size(); at += 64) compress(abef, cdgh, octets.data() + at);
  std::array<std::uint8_t, 128> tail{};
  const auto rest = octets.size() - at;
  if (rest > 0) std::memcpy(tail.data(), octets.data() + at, rest);
  tail[rest] = 0x80;
  const std::size_t padded = rest < 56 ? 64 : 128;
  store(MutableBytes{tail}, padded - 8, std::uint64_t{octets.size()} * 8);
  for (std::size_t i = 0; i < padded; i += 64) compress(abef, cdgh, tail.data() + i);
  std::array<std::uint32_t, 4> first{}, second{};  // F E B A, H G D C
  std::memcpy(first.data(), &abef, sizeof abef);
  std::memcpy(second.data(), &cdgh, sizeof cdgh);
  const std::array words{first[3], first[2], second[3], second[2],
                         first[1], first[0], second[1], second[0]};
  Sha256Digest digest{};
  for (std::size_t i = 0; i < words.size(); ++i) store(MutableBytes{digest}, 4 * i, words[i]);
  return digest;
}

#endif

}  // namespace

Sha256Digest hash_of(Bytes octets) {
#if defined(__x86_64__)
  static const bool by_instructions = has_sha_instructions();
  if (by_instructions) return hash_by_instructions(octets);
#endif
  return sha256(octets);
}

std::vector<HeaderChange> RestoredHeader::apply(MutableBytes packet, std::size_t message_at) const {
  std::vector<HeaderChange> changes;
  const bool v4 = packet[0] >> 4 == 4;
  const auto change = [&](Claim claim, std::string_view fault, std::string_view what,
                          std::uint64_t was,
                          std::uint64_t is) { changes.push_back({claim, fault, what, was, is}); };
  const std::size_t ttl_at = v4 ? 8 : 7;
  if (asked.ttl && packet[ttl_at] != asked.ttl->value()) {
    change(Claim::header, "wrong_ttl", "TTL", asked.ttl->value(), packet[ttl_at]);
    packet[ttl_at] = asked.ttl->value();
  }
  const auto traffic_class =
      static_cast<std::uint8_t>(v4 ? packet[1] : load<std::uint16_t>(packet, 0) >> 4);
  if (asked.traffic_class && traffic_class != asked.traffic_class->value()) {
    const auto wanted = asked.traffic_class->value();
    change(Claim::header, "wrong_traffic_class", "traffic class", wanted, traffic_class);
    if (v4) {
      packet[1] = wanted;
    } else {
      const auto others = load<std::uint16_t>(packet, 0) & 0xf00fU;
      store(packet, 0, static_cast<std::uint16_t>(others | std::uint32_t{wanted} << 4));
    }
  }
  const auto source = told.source.without_zone();
  const std::size_t source_at = v4 ? 12 : 8;
  if (source.is_v4() == v4 &&
      !std::ranges::equal(source.octets(), packet.subspan(source_at, v4 ? 4 : 16))) {
    change(Claim::identity, "wrong_source", "source", 0, 0);
    std::ranges::copy(source.octets(), packet.begin() + static_cast<std::ptrdiff_t>(source_at));
    if (!v4) complete_sums(packet, message_at);
  }
  if (v4 && !changes.empty()) sum_header(packet, message_at);
  return changes;
}

void complete_sums(MutableBytes packet, std::size_t message_at) {
  const bool v4 = packet[0] >> 4 == 4;
  const auto message = packet.subspan(message_at);
  if (message.size() < 8) return;
  if (v4) sum_header(packet, message_at);
  store<std::uint16_t>(message, 2, 0);
  Checksum sum;
  if (!v4)
    sum.add_pseudo_header(Ipv6Address::from_wire(packet, 8), Ipv6Address::from_wire(packet, 24),
                          Protocol::icmpv6, message.size());
  store(message, 2, sum.add(message).finish());
}

}  // namespace sonda::inline v0::verify
