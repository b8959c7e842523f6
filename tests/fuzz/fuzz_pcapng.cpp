// A pcapng file: blocks or one sentence, within the octets; a block that was read is written again.
#include <string>
#include <variant>

#include <sonda/capture/pcapng_block.hpp>
#include <sonda/capture/pcapng_reader.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

using capture::Block;
using capture::PcapngFault;
using capture::PcapngProblem;
using capture::PcapngReader;

void claim_one_sentence(const PcapngFault& fault) {
  const auto text = fault.message();
  claim(text.size() > 20 && text.size() < 200);
  claim(std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; }));
}

// `content` is the same after a way through our own octets, in a file of so many interfaces.
template <typename Content>
void claim_again(const Content& content, std::uint32_t interfaces) {
  Octets file;
  append_block(file, capture::Section{});
  for (std::uint32_t i = 0; i < interfaces; ++i) append_block(file, capture::Interface{});
  const auto before = file.size();
  append_block(file, content);
  claim(capture::whole_blocks(file) == file.size());
  claim(capture::whole_blocks(Bytes{file}.first(file.size() - 1)) == before);

  PcapngReader reader;
  Bytes rest{file};
  for (;;) {
    auto block = reader.next(rest);
    claim(block.has_value());
    rest = rest.subspan(block->size);
    if (!rest.empty()) continue;
    const auto* const value = std::get_if<Content>(&block->content);
    claim(value != nullptr && *value == content);
    return;
  }
}

// Times before 1970 are read, and not written.
bool can_be_written(std::int64_t ns) { return ns >= 0; }

// Each kind of block is the same value after a way through our own octets.
struct WrittenAgain {
  Bytes block;
  const std::vector<capture::KnownInterface>& interfaces;

  void operator()(const capture::Section& section) const { claim_again(section, 0); }
  void operator()(capture::InterfaceId id) const {
    claim(id.value() < interfaces.size());
    Octets file;
    append_block(file, capture::Section{});
    append_block(file, interfaces[id.value()].described);
    PcapngReader reader;
    const auto section = reader.next(file);
    claim(reader.next(Bytes{file}.subspan(section->size)).has_value());
    claim(reader.interfaces().at(0).described == interfaces[id.value()].described);
  }
  void operator()(const capture::NameTable& names) const {
    capture::NameTable named;
    std::ranges::copy_if(names, std::back_inserter(named),
                         [](const auto& host) { return !host.names.empty(); });
    claim_again(named, 0);
  }
  void operator()(const capture::Frame& frame) const {
    claim(frame.interface.value() < interfaces.size());
    claim_within(frame.octets, block);
    if (frame.interface.value() > 100 || !can_be_written(frame.unix_ns)) return;
    claim_again(frame, frame.interface.value() + 1);
  }
  void operator()(const capture::Statistics& statistics) const {
    claim(statistics.interface.value() < interfaces.size());
    if (statistics.interface.value() > 100 || !can_be_written(statistics.unix_ns) ||
        !can_be_written(statistics.start_ns.value_or(0)) ||
        !can_be_written(statistics.end_ns.value_or(0)))
      return;
    claim_again(statistics, statistics.interface.value() + 1);
  }
  void operator()(const capture::OtherBlock&) const {}
};

void look(Bytes input) {
  PcapngReader reader;
  for (auto rest = input; !rest.empty();) {
    const auto before = reader.interfaces().size();
    const auto block = reader.next(rest);
    claim(reader.offset() == input.size() - rest.size() + (block ? block->size : 0));
    if (!block) {
      const auto& fault = block.error();
      claim(fault.offset == reader.offset() && reader.interfaces().size() == before);
      claim_one_sentence(fault);
      if (fault.problem != PcapngProblem::cut_short) return;
      claim(fault.available == rest.size() && fault.needed > rest.size());
      // Octets that are still to come cannot change what a shorter look says.
      const auto again = reader.next(rest.first(rest.size() / 2));
      claim(!again.has_value());
      return;
    }
    claim(block->size >= 12 && block->size % 4 == 0 && block->size <= rest.size());
    std::visit(WrittenAgain{rest.first(block->size), reader.interfaces()}, block->content);
    // A block that is not all there is not read.
    const auto early = PcapngReader{reader}.next(Bytes{});
    claim(!early && early.error().problem == PcapngProblem::cut_short);
    rest = rest.subspan(block->size);
  }
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
