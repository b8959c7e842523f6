// A scan on this machine's sockets: one worker a core, their events as one run's.
#pragma once
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sonda/core/export.hpp>
#include <sonda/event/event.hpp>
#include <sonda/net/raw_tcp_link.hpp>
#include <sonda/probe/tcp_plan.hpp>
#include <sonda/run/session.hpp>

namespace sonda::inline v0 {

struct ScanOptions {
  std::function<void(const Occurrence&)> on_event{};  // on the caller's thread, as with ping
  std::string interface{};
  std::optional<Address> source{};
  std::optional<Port> source_port{};  // with one worker only
  std::uint32_t workers = 0;          // 0: one a core
  // TcpMethod::syn: one for each worker, opened while there was the privilege for it; missing ones are
  // opened here.
  std::vector<net::RawTcpSockets> sockets{};
  std::vector<int> also_watch{};
  Start start{};  // the caller's part of the first event
};

// The scan that `plan` says; what the plan leaves open is filled in: key, source ports, sources. All
// workers' results come as one stream, and one summary at the end.
[[nodiscard]] SONDA_EXPORT std::expected<Session, Failure> tcp(TcpPlan plan, ScanOptions options);

}  // namespace sonda::inline v0
