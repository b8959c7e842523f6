// All ports of one address by a session of the library: what a tool costs without its printing.
//
//   tcp-scan ADDRESS [--syn] [--workers N] [--parallel N]
//
// Prints seconds, open, closed, and other ports.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <sonda/net/connect_link.hpp>
#include <sonda/run/scan_session.hpp>

int main(int count, char** arguments) {
  using namespace sonda;
  const auto address = count > 1 ? Address::parse(arguments[1]) : Address::parse("");
  if (!address) return 2;
  TcpPlan plan;
  ScanOptions options;
  for (int i = 2; i < count; ++i) {
    const std::string_view word = arguments[i];
    if (word == "--syn") plan.method = TcpMethod::syn;
    if (word == "--workers")
      options.workers = static_cast<std::uint32_t>(std::atoi(arguments[++i]));
    if (word == "--parallel") plan.parallel = static_cast<std::uint32_t>(std::atoi(arguments[++i]));
  }
  TargetSet targets;
  if (!targets.add(*address)) return 2;
  std::vector<Port> ports;
  for (int port = 1; port < 65'536; ++port) ports.emplace_back(port);
  auto space = std::make_shared<ScanSpace>();
  if (!space->add(targets, ports)) return 2;
  plan.space = space;
  net::ConnectLink::raise_descriptor_limit(plan.parallel);

  unsigned open = 0, closed = 0, other = 0;
  options.on_event = [&](const Occurrence& one) {
    if (const auto* port = std::get_if<PortResult>(&one.event.what);
        port != nullptr && !port->control)
      ++(port->state == PortState::open ? open : port->state == PortState::closed ? closed : other);
  };
  const auto began = std::chrono::steady_clock::now();
  auto session = tcp(std::move(plan), std::move(options));
  if (!session) {
    std::fprintf(stderr, "%s\n", session.error().message().c_str());
    return 4;
  }
  session->run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("%.6f %u %u %u\n", took.count(), open, closed, other);
}
