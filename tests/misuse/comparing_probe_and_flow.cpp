// A probe's number and a flow's cannot be compared.
// refused: no match for|invalid operands
#include <sonda/core/strong.hpp>

using namespace sonda;

constexpr bool same(ProbeId probe, ProbeId other, FlowId flow) {
#ifdef MISUSE
  return probe == flow || probe == other;
#else
  return probe == other || flow == FlowId{};
#endif
}
static_assert(same(ProbeId{1}, ProbeId{1}, FlowId{2}));
