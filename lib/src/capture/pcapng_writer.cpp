// Blocks into a file: gathered, handed over whole, and cut back where the system took only a part.
#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sonda/capture/pcapng_writer.hpp>

#include "output_file.hpp"
#include "pcapng_format.hpp"

namespace sonda::inline v0::capture {
namespace {

constexpr std::size_t enough = std::size_t{64} << 10;  // what a pipe takes at once

struct WrittenInterface {
  std::uint32_t snaplen = 0;
  Statistics told{};  // by the caller
  std::uint64_t frames = 0;
  std::int64_t first_ns = 0, last_ns = 0;  // of those frames

  void count(std::int64_t unix_ns) {
    first_ns = frames == 0 ? unix_ns : std::min(first_ns, unix_ns);
    last_ns = frames == 0 ? unix_ns : std::max(last_ns, unix_ns);
    ++frames;
  }
  [[nodiscard]] Statistics statistics(InterfaceId id) const {
    auto all = told;
    all.interface = id;
    if (!all.delivered) all.delivered = frames;
    if (!all.start_ns && frames > 0) all.start_ns = first_ns;
    if (!all.end_ns && frames > 0) all.end_ns = last_ns;
    if (all.unix_ns == 0) all.unix_ns = all.end_ns.value_or(0);
    return all;
  }
};

Frame cut_to(Frame frame, std::uint32_t snaplen) {
  frame.original_length = frame.length();
  frame.octets = frame.octets.first(snaplen);
  return frame;
}

using Done = std::expected<void, Failure>;

}  // namespace

struct PcapngWriter::State {
  OutputFile file;
  Octets pending{};
  std::vector<WrittenInterface> interfaces{};
  std::uint64_t frames = 0;
  std::optional<Failure> failure{};  // the first one, which is final
  bool closed = false;

  [[nodiscard]] Done done() const { return failure ? Done{std::unexpected{*failure}} : Done{}; }
  [[nodiscard]] Done usable() const {
    if (failure) return std::unexpected{*failure};
    if (closed) return std::unexpected{file.failure("write to", EBADF)};
    return {};
  }

  template <typename Content>
  [[nodiscard]] Done append(const Content& content) {
    if (const auto can = usable(); !can) return can;
    const auto before = pending.size();
    append_block(pending, content);
    if (pending.size() - before > largest_block) {
      pending.resize(before);
      return std::unexpected{file.failure("write a block of more than 16 MiB to", EMSGSIZE)};
    }
    return pending.size() < enough ? Done{} : flush();
  }

  [[nodiscard]] Done flush() {
    if (failure) return std::unexpected{*failure};
    const auto written = file.write(pending);
    if (written.error_code != 0) {
      file.take_back(written.octets - whole_blocks(Bytes{pending}.first(written.octets)));
      failure = file.failure("write to", written.error_code);
    }
    pending.clear();
    return done();
  }
};

PcapngWriter::PcapngWriter(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
PcapngWriter::PcapngWriter(PcapngWriter&&) noexcept = default;

PcapngWriter& PcapngWriter::operator=(PcapngWriter&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

PcapngWriter::~PcapngWriter() {
  if (state_ && !state_->closed) static_cast<void>(state_->flush());
}

std::expected<PcapngWriter, Failure> PcapngWriter::begin(std::unique_ptr<State> state,
                                                         const Section& section) {
  if (auto added = state->append(section); !added) return std::unexpected{added.error()};
  if (auto flushed = state->flush(); !flushed) return std::unexpected{flushed.error()};
  return PcapngWriter{std::move(state)};
}

std::expected<PcapngWriter, Failure> PcapngWriter::create(const std::string& path,
                                                          const Section& section) {
  auto file = OutputFile::create(path);
  if (!file) return std::unexpected{file.error()};
  return begin(std::make_unique<State>(std::move(*file)), section);
}

std::expected<PcapngWriter, Failure> PcapngWriter::adopt(int descriptor, std::string name,
                                                         const Section& section) {
  auto file = OutputFile::adopt(descriptor, std::move(name));
  if (!file) return std::unexpected{file.error()};
  return begin(std::make_unique<State>(std::move(*file)), section);
}

std::expected<InterfaceId, Failure> PcapngWriter::add_interface(const Interface& interface) {
  if (const auto added = state_->append(interface); !added) return std::unexpected{added.error()};
  const auto snaplen = interface.snaplen == 0 ? default_snaplen : interface.snaplen;
  state_->interfaces.push_back({.snaplen = snaplen});
  return InterfaceId{state_->interfaces.size() - 1};
}

Done PcapngWriter::add_names(const NameTable& names) { return state_->append(names); }

std::expected<FrameNumber, Failure> PcapngWriter::write(const Frame& frame) {
  auto& state = *state_;
  if (const auto can = state.usable(); !can) return std::unexpected{can.error()};
  const auto id = frame.interface.value();
  if (id >= state.interfaces.size())
    return std::unexpected{state.file.failure(
        "write a frame of the unknown interface " + std::to_string(id) + " to", EINVAL)};
  auto& interface = state.interfaces[id];
  const auto cut = frame.octets.size() > interface.snaplen;
  const auto added = cut ? state.append(cut_to(frame, interface.snaplen)) : state.append(frame);
  if (!added) return std::unexpected{added.error()};
  interface.count(frame.unix_ns);
  return FrameNumber{++state.frames};
}

Done PcapngWriter::add_statistics(const Statistics& statistics) {
  if (statistics.interface.value() >= state_->interfaces.size())
    return std::unexpected{
        state_->file.failure("write statistics of an unknown interface to", EINVAL)};
  return state_->append(statistics);
}

Done PcapngWriter::add_other(const OtherBlock& block) {
  const auto added = state_->append(block);
  if (added && is_numbered(block.type)) ++state_->frames;
  return added;
}

void PcapngWriter::set_statistics(const Statistics& statistics) {
  const auto id = statistics.interface.value();
  if (id < state_->interfaces.size()) state_->interfaces[id].told = statistics;
}

Done PcapngWriter::flush() {
  if (const auto can = state_->usable(); !can) return can;
  return state_->flush();
}

Done PcapngWriter::close() {
  auto& state = *state_;
  if (state.closed) return state.done();
  for (std::size_t i = 0; i < state.interfaces.size() && !state.failure; ++i)
    static_cast<void>(state.append(state.interfaces[i].statistics(InterfaceId{i})));
  static_cast<void>(state.flush());
  const auto closed = state.file.close();
  state.closed = true;
  if (!closed && !state.failure) state.failure = closed.error();
  return state.done();
}

}  // namespace sonda::inline v0::capture
