// Frames as they cross an interface, from libpcap.
#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include <pcap/pcap.h>

#include <sonda/capture/live_capture.hpp>

#include "libpcap_link_type.hpp"

namespace sonda::inline v0::capture {
namespace {

constexpr std::int64_t second = 1'000'000'000;
// libpcap's ring is up to two octets a frame smaller than the snaplen it was asked for.
constexpr std::uint32_t spare = 16;
constexpr int most_at_once = 65'536;  // frames of one interface, so that a flood ends a take

struct Close {
  void operator()(pcap_t* handle) const noexcept { pcap_close(handle); }
};
using Handle = std::unique_ptr<pcap_t, Close>;
using Done = std::expected<void, Failure>;

// "capture on eth0: " and what libpcap says.
Failure sentence(const std::string& interface, const char* text) {
  return {"capture", 0, "on " + interface + ": " + text};
}

// The errno that a status of libpcap stands for; 0: only its sentence tells.
int errno_of(int status) {
  switch (status) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return EPERM;
    case PCAP_ERROR_NO_SUCH_DEVICE:
      return ENODEV;
    case PCAP_ERROR_IFACE_NOT_UP:
      return ENETDOWN;
    default:
      return 0;
  }
}

Failure refused(pcap_t* handle, int status, const std::string& interface) {
  if (const auto error = errno_of(status); error != 0) return {"capture", error, "on " + interface};
  const std::string said = pcap_geterr(handle);
  return sentence(interface, said.empty() ? pcap_statustostr(status) : said.c_str());
}

constexpr int in_an_int(std::size_t value) {
  return static_cast<int>(std::min<std::size_t>(value, std::numeric_limits<int>::max()));
}

std::uint32_t snaplen_of(const LiveOptions& options) {
  return options.snaplen == 0 ? default_snaplen : options.snaplen;
}

std::expected<Handle, Failure> activated(const std::string& name, const LiveOptions& options) {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  Handle handle{pcap_create(name.c_str(), error.data())};
  if (!handle) return std::unexpected{sentence(name, error.data())};
  pcap_set_snaplen(handle.get(), in_an_int(std::size_t{snaplen_of(options)} + spare));
  pcap_set_promisc(handle.get(), 0);
  pcap_set_immediate_mode(handle.get(), 1);
  pcap_set_buffer_size(handle.get(), in_an_int(options.buffer));
  // Refused where the system has microseconds only; what it has is asked of the handle later.
  pcap_set_tstamp_precision(handle.get(), PCAP_TSTAMP_PRECISION_NANO);
  if (const auto status = pcap_activate(handle.get()); status < 0)
    return std::unexpected{refused(handle.get(), status, name)};
  if (pcap_setnonblock(handle.get(), 1, error.data()) != 0)
    return std::unexpected{sentence(name, error.data())};
  return handle;
}

Done attach(pcap_t* handle, const std::string& name, const std::string& filter) {
  const auto failure = [&] {
    return std::unexpected{Failure{
        "capture", 0, "on " + name + ", filter \"" + filter + "\": " + pcap_geterr(handle)}};
  };
  bpf_program program{};
  if (pcap_compile(handle, &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
    return failure();
  const auto status = pcap_setfilter(handle, &program);
  pcap_freecode(&program);
  if (status != 0) return failure();
  return {};
}

void ignore(u_char*, const pcap_pkthdr*, const u_char*) {}

struct Appending {
  std::vector<LiveFrame>& frames;
  std::size_t interface;
  std::int64_t unit;  // ns of the header's fraction of a second
  std::uint32_t snaplen;
};

void append(u_char* user, const pcap_pkthdr* header, const u_char* octets) {
  const auto& to = *static_cast<Appending*>(static_cast<void*>(user));
  to.frames.push_back({.interface = to.interface,
                       .unix_ns = header->ts.tv_sec * second + header->ts.tv_usec * to.unit,
                       .original_length = header->len,
                       .octets = Octets(octets, octets + std::min(header->caplen, to.snaplen))});
}

// A counter of 32 bits that has come round is one of 64.
class Counter {
 public:
  void begin_at(std::uint32_t value) { last_ = value; }
  std::uint64_t at(std::uint32_t value) {
    total_ += value - std::exchange(last_, value);
    return total_;
  }

 private:
  std::uint32_t last_ = 0;
  std::uint64_t total_ = 0;
};

struct Tap {
  std::string name;
  Handle handle;
  std::uint32_t snaplen;
  std::int64_t unit = 1;
  Counter received{}, dropped{};

  [[nodiscard]] static std::expected<Tap, Failure> open(const std::string& name,
                                                        const LiveOptions& options) {
    auto handle = activated(name, options);
    if (!handle) return std::unexpected{handle.error()};
    if (auto done = attach(handle->get(), name, options.filter); !done)
      return std::unexpected{done.error()};
    // What came before there was a filter. libpcap judges most of that itself, but not a frame that
    // was just on its way into the ring.
    pcap_dispatch(handle->get(), most_at_once, ignore, nullptr);
    Tap tap{.name = name, .handle = std::move(*handle), .snaplen = snaplen_of(options)};
    const bool ns = pcap_get_tstamp_precision(tap.handle.get()) == PCAP_TSTAMP_PRECISION_NANO;
    tap.unit = ns ? 1 : 1000;
    if (pcap_stat now{}; pcap_stats(tap.handle.get(), &now) == 0) {
      tap.received.begin_at(now.ps_recv);
      tap.dropped.begin_at(now.ps_drop);
    }
    return tap;
  }

  [[nodiscard]] Done take(std::vector<LiveFrame>& frames, std::size_t number) {
    Appending to{frames, number, unit, snaplen};
    const auto status = pcap_dispatch(handle.get(), most_at_once, append,
                                      static_cast<u_char*>(static_cast<void*>(&to)));
    if (status < 0) return std::unexpected{refused(handle.get(), status, name)};
    return {};
  }
};

}  // namespace

struct LiveCapture::State {
  std::vector<Tap> taps{};
  std::vector<Interface> interfaces{};
  std::vector<int> descriptors{};
};

LiveCapture::LiveCapture(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
LiveCapture::LiveCapture(LiveCapture&&) noexcept = default;
LiveCapture& LiveCapture::operator=(LiveCapture&&) noexcept = default;
LiveCapture::~LiveCapture() = default;

std::expected<LiveCapture, Failure> LiveCapture::open(const LiveOptions& options) {
  auto state = std::make_unique<State>();
  for (const auto& name : options.interfaces) {
    auto tap = Tap::open(name, options);
    if (!tap) return std::unexpected{tap.error()};
    auto* const handle = tap->handle.get();
    state->interfaces.push_back({.link_type = link_type_of(pcap_datalink(handle)),
                                 .snaplen = snaplen_of(options),
                                 .name = name,
                                 .filter = options.filter});
    state->descriptors.push_back(pcap_get_selectable_fd(handle));
    state->taps.push_back(std::move(*tap));
  }
  return LiveCapture{std::move(state)};
}

const std::vector<Interface>& LiveCapture::interfaces() const noexcept {
  return state_->interfaces;
}

std::span<const int> LiveCapture::descriptors() const noexcept { return state_->descriptors; }

std::expected<void, Failure> LiveCapture::take(std::vector<LiveFrame>& frames) {
  const auto before = static_cast<std::ptrdiff_t>(frames.size());
  Done done{};
  for (std::size_t i = 0; i < state_->taps.size(); ++i)
    if (auto taken = state_->taps[i].take(frames, i); !taken && done) done = std::move(taken);
  std::stable_sort(frames.begin() + before, frames.end(),
                   [](const LiveFrame& a, const LiveFrame& b) { return a.unix_ns < b.unix_ns; });
  return done;
}

LiveCounts LiveCapture::counts(std::size_t interface) const {
  auto& tap = state_->taps[interface];
  pcap_stat now{};
  if (pcap_stats(tap.handle.get(), &now) != 0) return {};
  return {.received = tap.received.at(now.ps_recv), .dropped = tap.dropped.at(now.ps_drop)};
}

}  // namespace sonda::inline v0::capture
