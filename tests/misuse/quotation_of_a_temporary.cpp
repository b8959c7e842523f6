// A quotation read from a message that is gone when the line ends.
// refused: deleted
#include <array>
#include <cstdint>

#include <sonda/wire/quotation.hpp>

using namespace sonda;

std::array<std::uint8_t, 1500> message();

bool is_ours() {
#ifdef MISUSE
  const auto quotation = Quotation::parse(message(), IpVersion::v4);
#else
  const auto octets = message();
  const auto quotation = Quotation::parse(octets, IpVersion::v4);
#endif
  return quotation.has_value();
}
