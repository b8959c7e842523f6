// Which TCP ports one finds open most often: our own ranking, made by hand from what such services
// are for. It is no measurement, and not nmap's list. docs/scan.md says what it is good for.
#include <array>
#include <bitset>
#include <cstdint>

#include <sonda/wire/service.hpp>

#include "scan/ports.hpp"

namespace sonda::tools {
namespace {

struct Ports {
  std::uint16_t first = 0;
  std::uint16_t last = first;
};

// The commonest first; a range stands for its ports in their order. What is there already does not
// count again.
constexpr auto ranking = std::to_array<Ports>({
    // clang-format off
    // The first hundred: -F.
    {443}, {80}, {22}, {25}, {53}, {21}, {8080}, {3389}, {445}, {8443},
    {143}, {110}, {993}, {995}, {587}, {465}, {139}, {135}, {23}, {3306},
    {111}, {5432}, {8000}, {1723}, {5900}, {6379}, {8888}, {9100}, {631}, {515},
    {2049}, {389}, {636}, {88}, {5060}, {5061}, {1433}, {1521}, {27017}, {9200},
    {5985}, {5986}, {8081}, {8008}, {8009}, {9090}, {3000}, {5000}, {10000}, {2222},
    {179}, {113}, {81}, {8082}, {4443}, {7547}, {554}, {8883}, {1883}, {5222},
    {5269}, {2082}, {2083}, {2086}, {2087}, {2095}, {2096}, {873}, {3128}, {1080},
    {6443}, {2375}, {2376}, {2379}, {10250}, {5672}, {15672}, {11211}, {9092}, {2181},
    {8500}, {8089}, {9000}, {5601}, {548}, {5357}, {49152}, {49153}, {49154}, {49155},
    {3268}, {3269}, {464}, {593}, {9389}, {902}, {1025}, {8001}, {8090}, {5001},
    // What else has servers of its own.
    {20}, {49}, {79}, {119}, {427}, {444}, {512, 514}, {543, 544}, {646}, {749}, {853}, {989, 990},
    {992}, {1194}, {1720}, {1755}, {1935}, {2121}, {2525}, {2601, 2605}, {3260}, {3478}, {3690},
    {4369}, {4444}, {4899}, {5190}, {5280}, {5353}, {5555}, {5631}, {5666}, {5671}, {5800}, {5901},
    {5902}, {6000, 6001}, {6667}, {6881}, {7000, 7001}, {7070}, {7443}, {7777}, {8002}, {8006},
    {8083, 8088}, {8123}, {8140}, {8181}, {8200}, {8291}, {8333}, {8444}, {8554}, {8728}, {8834},
    {9001, 9003}, {9042}, {9050}, {9091}, {9093}, {9300}, {9418}, {9443}, {9999}, {10001}, {10050},
    {10051}, {11371}, {16992}, {16993}, {20000}, {25565}, {27018}, {28017}, {32400}, {33060}, {44818},
    {50000}, {50070}, {51413}, {61616}, {62078},
    // clang-format on
});

// Behind all ports that have a name: where servers stand that had to move, and where systems put
// those that do not care.
constexpr auto alternates = std::to_array<Ports>({
    {49152, 49175},  // the first of the dynamic ports (RFC 6335 6): Windows' RPC, and others'
    {8000, 8100},    // the web, moved
    {1024, 1060},    // the first that need no privilege
    {9000, 9020},   {3000, 3010},   {5900, 5910},    // displays
    {6000, 6010},   {7000, 7010},   {32768, 32790},  // Linux's dynamic ports
    {2000, 2010},   {4000, 4010},   {5000, 5010},   {10000, 10010}, {8440, 8450},   {81, 100},
    {8880, 8890},   {49664, 49675}, {1, 80},        {30000, 30010},  // Kubernetes' node ports
    {11110, 11115}, {22220, 22225}, {40000, 40010}, {50000, 50010}, {60000, 60010},
});

constexpr std::size_t every_port = 65'536;

std::array<Port, every_port> make_ranking() {
  std::array<Port, every_port> out{};
  std::bitset<every_port> there;
  std::size_t size = 0;
  const auto add = [&](std::size_t port) {
    if (there[port]) return;
    there.set(port);
    out[size++] = Port{port};
  };
  for (const auto& ports : ranking)
    for (std::size_t port = ports.first; port <= ports.last; ++port) add(port);
  for (const auto& service : services())
    if (service.tcp) add(service.port.value());
  for (const auto& ports : alternates)
    for (std::size_t port = ports.first; port <= ports.last; ++port) add(port);
  for (std::size_t port = 1; port < every_port; ++port) add(port);
  add(0);
  return out;
}

}  // namespace

std::span<const Port> ranked_ports() {
  static const auto ranked = make_ranking();
  return ranked;
}

}  // namespace sonda::tools
