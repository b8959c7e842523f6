// Random links, errors and manners of hosts: what properties are tried on.
#pragma once
#include <chrono>

#include <sonda/sim/icmp_error.hpp>
#include <sonda/sim/link_model.hpp>
#include <sonda/sim/node.hpp>
#include <sonda/sim/random.hpp>
#include <sonda/wire/icmp_catalogue.hpp>

namespace sonda::test {

using namespace std::chrono_literals;

inline sim::LinkModel random_link(sim::Random& random) {
  const auto often = [&random](double most) {
    return random.chance(0.5) ? 0.0 : most * static_cast<double>(random.below(1'000)) / 1'000;
  };
  return {.delay = random.up_to(40ms),
          .jitter = random.chance(0.5) ? random.up_to(30ms) : 0ms,
          .loss = often(0.5),
          .duplication = often(0.3),
          .reordering = often(0.3),
          .corruption = often(0.2),
          .held_back = random.up_to(100ms),
          .rate = random.chance(0.2) ? 1'000'000U : 0U};
}

inline sim::ErrorMessage random_error(bool is_v4, sim::Random& random) {
  const auto rows = icmp_catalogue(is_v4 ? IpVersion::v4 : IpVersion::v6);
  const auto& row = rows[random.below(rows.size())];
  const bool is_an_error = is_v4 ? is_error(IcmpType{row.type}) && row.type != 40 : row.type < 128;
  sim::ErrorMessage error{.type = is_an_error ? row.type : std::uint8_t(is_v4 ? 3 : 1),
                          .code = is_an_error ? row.code : std::uint8_t{0},
                          .value = random.chance(0.5) ? 1'400U : 0xc0000201U};
  switch (random.below(4)) {
    case 0:
      error.quoted = (is_v4 ? 20 : 40) + random.below(24);
      break;
    case 1:
      if (is_v4 ? may_be_extended(IcmpType{error.type}) : may_be_extended(Icmpv6Type{error.type}))
        error.extensions = sim::example_extensions();
      break;
    default:
      break;
  }
  error.broken_checksum = random.chance(0.1);
  return error;
}

// `addresses` names a target, its router and a stranger.
template <typename Addresses>
sim::Manner random_manner(const Addresses& addresses, sim::Random& random) {
  sim::Manner manner;
  switch (random.below(10)) {
    case 0:
      manner.answering = sim::Answering::silence;
      break;
    case 1:
      manner.delay = random.up_to(2s);
      break;
    case 2:
      manner.copies = 1 + static_cast<unsigned>(random.below(4));
      manner.between_copies = random.up_to(300ms);
      break;
    case 3:
      manner.from = addresses.stranger;
      break;
    case 4:
      manner.wrong_octet = random.below(80);
      break;
    case 5:
      manner.cut = random.below(80);
      break;
    case 6:
      manner.broken_checksum = true;
      break;
    case 7:
    case 8:
      manner.answering = sim::Answering::error;
      manner.error = random_error(addresses.target.is_v4(), random);
      manner.from_client = random.chance(0.2);
      if (random.chance(0.5)) manner.from = addresses.router;
      break;
    default:
      manner.ttl = Ttl{30 + random.below(30)};
      break;
  }
  return manner;
}

}  // namespace sonda::test
