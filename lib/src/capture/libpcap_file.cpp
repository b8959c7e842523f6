// pcap files read by libpcap, through a stream that hands it what InputFile has.
#include "libpcap_file.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <string>
#include <utility>

#include <pcap/pcap.h>

#include "libpcap_link_type.hpp"

namespace sonda::inline v0::capture {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::size_t portion = std::size_t{64} << 10;  // handed to libpcap's stream at once
constexpr std::size_t file_header = 24;
constexpr std::size_t frame_header = 16;

// What the stream reads from.
struct Feed {
  InputFile input;
  std::optional<Failure> failure{};
  bool ended = false;
};

ssize_t feed(void* cookie, char* to, std::size_t size) {
  auto& from = *static_cast<Feed*>(cookie);
  if (from.input.held().empty()) {
    const auto more = from.input.hold(1);
    if (!more) {
      from.failure = more.error();
      errno = more.error().error_code;
      return -1;
    }
    from.ended = !*more;
  }
  const auto part = from.input.held().first(std::min(size, from.input.held().size()));
  std::copy(part.begin(), part.end(), to);
  from.input.drop(part.size());
  return static_cast<ssize_t>(part.size());
}

struct Close {
  void operator()(pcap_t* handle) const noexcept { pcap_close(handle); }
};

}  // namespace

// tcpdump.org/pcap.html, and the two of old patched programs that libpcap knows: more in front of
// each frame, the same times.
std::optional<std::uint8_t> pcap_resolution(Bytes front) noexcept {
  if (front.size() < 4) return std::nullopt;
  const auto magic = load<std::uint32_t>(front, 0);
  const auto either = [magic](std::uint32_t wanted) {
    return magic == wanted || magic == std::byteswap(wanted);
  };
  if (either(0xa1b2'c3d4) || either(0xa1b2'cd34) || either(0xa1e2'cb12)) return 6;
  if (either(0xa1b2'3c4d)) return 9;
  return std::nullopt;
}

struct PcapFile::State {
  Feed feed;
  std::unique_ptr<pcap_t, Close> handle{};  // goes first, and its stream with it
  std::vector<KnownInterface> interfaces{};
  std::uint64_t frames = 0;
  enum class Next : std::uint8_t { section, interface, frame } next = Next::section;
  std::optional<Failure> failure{};  // final

  // What is wrong, as libpcap tells it.
  [[nodiscard]] Failure wrong(const std::string& where, const char* text) const {
    if (feed.failure) return *feed.failure;
    return {"read", 0, feed.input.name() + ": " + where + text};
  }
};

PcapFile::PcapFile(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
PcapFile::PcapFile(PcapFile&&) noexcept = default;
PcapFile& PcapFile::operator=(PcapFile&&) noexcept = default;
PcapFile::~PcapFile() = default;

std::expected<PcapFile, Failure> PcapFile::open(InputFile input, std::uint8_t resolution) {
  const auto begins = input.hold(file_header);
  if (!begins) return std::unexpected{begins.error()};
  if (!*begins)
    return std::unexpected{Failure{"read", 0, input.name() + ": the file ends inside its header"}};
  auto state = std::make_unique<State>(Feed{std::move(input)});
  auto* const stream = ::fopencookie(&state->feed, "rb", {feed, nullptr, nullptr, nullptr});
  if (stream == nullptr) return std::unexpected{Failure{"read", errno, state->feed.input.name()}};
  std::setvbuf(stream, nullptr, _IOFBF, portion);
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  state->handle.reset(
      pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, error.data()));
  if (!state->handle) {
    std::fclose(stream);
    return std::unexpected{state->wrong("", error.data())};
  }
  const auto snaplen = pcap_snapshot(state->handle.get());
  state->interfaces.push_back(
      {.described = {.link_type = link_type_of(pcap_datalink(state->handle.get())),
                     .snaplen = static_cast<std::uint32_t>(std::max(snaplen, 0))},
       .resolution = resolution});
  return PcapFile{std::move(state)};
}

std::expected<std::optional<Block>, Failure> PcapFile::next() {
  auto& state = *state_;
  if (state.failure) return std::unexpected{*state.failure};
  if (state.next == State::Next::section) {
    state.next = State::Next::interface;
    return Block{.size = 0, .content = Section{}};
  }
  if (state.next == State::Next::interface) {
    state.next = State::Next::frame;
    return Block{.size = file_header, .content = InterfaceId{0}};
  }
  pcap_pkthdr* header = nullptr;
  const u_char* octets = nullptr;
  const auto status = pcap_next_ex(state.handle.get(), &header, &octets);
  if (status == PCAP_ERROR_BREAK) return std::nullopt;  // the end, says pcap_next_ex(3)
  if (status != 1) {
    const auto where = "frame " + std::to_string(state.frames + 1) + ": ";
    state.failure = state.wrong(where, pcap_geterr(state.handle.get()));
    return std::unexpected{*state.failure};
  }
  ++state.frames;
  // Unsigned in the file; libpcap says so of some files only.
  const std::int64_t seconds{static_cast<std::uint32_t>(header->ts.tv_sec)};
  return Block{.size = frame_header + header->caplen,
               .content = Frame{.unix_ns = seconds * second + header->ts.tv_usec,
                                .octets = {octets, header->caplen},
                                .original_length = header->len}};
}

bool PcapFile::ended_inside_frame() const noexcept {
  return state_->failure && !state_->feed.failure && state_->feed.ended;
}

const std::vector<KnownInterface>& PcapFile::interfaces() const noexcept {
  return state_->interfaces;
}

}  // namespace sonda::inline v0::capture
