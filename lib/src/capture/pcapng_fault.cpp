// What is wrong with a pcapng file, in one sentence.
#include <string>

#include <sonda/capture/pcapng_reader.hpp>

namespace sonda::inline v0::capture {
namespace {

// "is only 4 octets long"
std::string what_is_wrong(const PcapngFault& fault) {
  const auto needed = std::to_string(fault.needed);
  const auto available = std::to_string(fault.available);
  switch (fault.problem) {
    case PcapngProblem::cut_short:
      return "needs " + needed + " octets, of which " + available + " are there";
    case PcapngProblem::not_pcapng:
      return "is no section: this is no pcapng file";
    case PcapngProblem::bad_byte_order:
      return "is a section of no byte order";
    case PcapngProblem::bad_version:
      return "is a section of pcapng version " + available + "; known is " + needed;
    case PcapngProblem::bad_length:
      return "has " + available + " octets where it needs " + needed;
    case PcapngProblem::unaligned_length:
      return "has " + available + " octets, which is no multiple of four";
    case PcapngProblem::too_large:
      return "claims " + available + " octets; " + needed + " are the most";
    case PcapngProblem::lengths_differ:
      return "has " + needed + " octets in front and " + available + " at its end";
    case PcapngProblem::bad_option:
      return "has an option of a wrong length";
    case PcapngProblem::bad_resolution:
      return "is an interface whose unit of time (if_tsresol " + available + ") cannot be counted";
    case PcapngProblem::bad_address:
      return "has an address of " + available + " octets instead of " + needed;
    case PcapngProblem::unknown_interface:
      return "is of interface " + available + ", but only " + needed + " are known";
    case PcapngProblem::too_many_interfaces:
      return "is one interface more than " + needed;
    case PcapngProblem::obsolete_block:
      return "is an obsolete Packet Block; editcap turns it into one that can be read";
  }
  return "is wrong";
}

}  // namespace

std::string PcapngFault::message() const {
  return "the block at octet " + std::to_string(offset) + ' ' + what_is_wrong(*this);
}

}  // namespace sonda::inline v0::capture
