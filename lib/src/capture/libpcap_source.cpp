// Which kind of capture a file is, and its blocks, whichever it is.
#include <algorithm>
#include <utility>
#include <variant>

#include <sonda/capture/capture_file.hpp>
#include <sonda/capture/capture_source.hpp>

#include "input_file.hpp"
#include "libpcap_file.hpp"
#include "pcapng_format.hpp"

namespace sonda::inline v0::capture {
namespace {

std::int64_t unit_ns(std::uint8_t resolution) noexcept {
  const unsigned power = resolution & 0x7fU;
  std::int64_t ns = 1'000'000'000;
  if ((resolution & 0x80) != 0) return std::max<std::int64_t>(power < 63 ? ns >> power : 0, 1);
  for (unsigned i = 0; i < std::min(power, 9U); ++i) ns /= 10;
  return ns;
}

std::expected<std::variant<CaptureFile, PcapFile>, Failure> opened(InputFile input) {
  const auto front = input.hold(4);
  if (!front) return std::unexpected{front.error()};
  const auto held = input.held();
  const auto refused = [&input](const char* why) {
    return std::unexpected{Failure{"read", 0, input.name() + ": " + why}};
  };
  if (held.empty()) return refused("the file is empty");
  const auto kind = kind_of(held);
  if (kind == FileKind::pcap) {
    auto pcap = PcapFile::open(std::move(input), *pcap_resolution(held));
    if (!pcap) return std::unexpected{pcap.error()};
    return std::move(*pcap);
  }
  if (kind == FileKind::pcapng) return CaptureFile{std::move(input)};
  if (held.size() > 1 && held[0] == 0x1f && held[1] == 0x8b)
    return refused("the file is compressed; gunzip makes it one that can be read");
  return refused("this is neither a pcapng nor a pcap file");
}

}  // namespace

FileKind kind_of(Bytes front) noexcept {
  if (pcap_resolution(front)) return FileKind::pcap;
  if (front.size() >= 4 && load<std::uint32_t>(front, 0) == block_type::section)
    return FileKind::pcapng;
  return FileKind::neither;
}

struct CaptureSource::State {
  std::variant<CaptureFile, PcapFile> file;
  std::uint64_t frames = 0;
};

CaptureSource::CaptureSource(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
CaptureSource::CaptureSource(CaptureSource&&) noexcept = default;
CaptureSource& CaptureSource::operator=(CaptureSource&&) noexcept = default;
CaptureSource::~CaptureSource() = default;

std::expected<CaptureSource, Failure> CaptureSource::open(const std::string& path) {
  auto input = InputFile::open(path);
  if (!input) return std::unexpected{input.error()};
  auto file = opened(std::move(*input));
  if (!file) return std::unexpected{file.error()};
  return CaptureSource{std::make_unique<State>(std::move(*file))};
}

std::expected<std::optional<Block>, Failure> CaptureSource::next() {
  auto block = std::visit([](auto& file) { return file.next(); }, state_->file);
  if (block && *block) {
    const auto& content = (*block)->content;
    const auto* const other = std::get_if<OtherBlock>(&content);
    if (std::holds_alternative<Frame>(content) || (other != nullptr && is_numbered(other->type)))
      ++state_->frames;
  }
  return block;
}

bool CaptureSource::ended_inside_block() const noexcept {
  if (const auto* const pcap = std::get_if<PcapFile>(&state_->file))
    return pcap->ended_inside_frame();
  const auto& fault = std::get<CaptureFile>(state_->file).fault();
  return fault && fault->problem == PcapngProblem::cut_short;
}

const std::vector<KnownInterface>& CaptureSource::interfaces() const noexcept {
  if (const auto* const pcap = std::get_if<PcapFile>(&state_->file)) return pcap->interfaces();
  return std::get<CaptureFile>(state_->file).interfaces();
}

std::int64_t CaptureSource::resolution_ns(InterfaceId interface) const noexcept {
  const auto& known = interfaces();
  return interface.value() < known.size() ? unit_ns(known[interface.value()].resolution) : 0;
}

std::uint64_t CaptureSource::frame_number() const noexcept { return state_->frames; }

}  // namespace sonda::inline v0::capture
