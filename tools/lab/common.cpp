// Options and files that several subcommands take.
#include "lab/common.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <unistd.h>

#include <fmt/format.h>

#include <sonda/core/version.hpp>
#include <sonda/net/ownership.hpp>
#include <sonda/net/random.hpp>
#include <sonda/net/replaced_file.hpp>
#include <sonda/record/printable.hpp>

#include "common/print.hpp"

namespace sonda::tools::lab {

Words part(int argc, char** argv) {
  Words words;
  for (int i = 0; i < argc; ++i) {
    if (words.parted)
      words.command.emplace_back(argv[i]);
    else if (std::strcmp(argv[i], "--") == 0)
      words.parted = true;
    else
      words.options.push_back(argv[i]);
  }
  return words;
}

std::optional<std::string> about_missing_dashes(const Words& words) {
  const auto asks = [](const std::string_view word) {
    return word == "--help" || word == "-h" || word == "--version" || word == "-V";
  };
  if (words.parted || std::ranges::any_of(words.options, asks)) return std::nullopt;
  return "no '--' in front of the program; as in: ";
}

std::expected<Topology, std::string> topology_of(const std::string& file) {
  if (file.empty()) return sonda::lab::menu_topology();
  std::ifstream in{file, std::ios::binary};
  if (!in) return std::unexpected{record::printable(Failure{"read", errno, file}.message())};
  std::string text(sonda::lab::most_text + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return std::unexpected{record::printable(Failure{"read", errno, file}.message())};
  text.resize(static_cast<std::size_t>(in.gcount()));
  auto topology = sonda::lab::read_topology(text, file);
  if (!topology) return std::unexpected{record::printable(to_text(topology.error()))};
  return std::move(*topology);
}

std::expected<capture::PcapngWriter, Failure> open_capture(const std::string& path,
                                                           const Topology& topology) {
  const capture::Section section{
      .comments = {topology.title}, .os = "Linux", .application = "sonda-lab " + version_text()};
  if (path == "-") {
    const int copy = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) return std::unexpected{Failure{"write to", errno, "standard output"}};
    return capture::PcapngWriter::adopt(copy, "standard output", section);
  }
  const net::AsSudoCaller caller;
  return capture::PcapngWriter::create(path, section);
}

namespace {

// As it is, but that names of hosts come from the files and the name server of the lab alone.
std::string name_services() {
  std::ifstream file{"/etc/nsswitch.conf"};
  std::string text;
  for (std::string line; std::getline(file, line);)
    if (!line.starts_with("hosts:")) text += line + '\n';
  return text + "hosts: files dns\n";
}

}  // namespace

std::expected<void, Failure> replace_names(const sonda::lab::Simulation& simulation) {
  const std::array<std::pair<const char*, std::string>, 3> files{
      {{"/etc/hosts", simulation.hosts_file()},
       {"/etc/resolv.conf", simulation.resolv_conf()},
       {"/etc/nsswitch.conf", name_services()}}};
  for (const auto& [path, text] : files) {
    const auto replaced = net::replace_file(path, text);
    if (!replaced && replaced.error().error_code != ENOENT)
      return std::unexpected{replaced.error()};
  }
  return {};
}

net::ChildPlan program(std::vector<std::string> command, const std::string& lab,
                       const ProgramOptions& options) {
  net::ChildPlan plan{.command = std::move(command),
                      .environment = {"SONDA_LAB=" + lab},
                      .capabilities = options.no_caps ? net::ChildCapabilities::none
                                                      : net::ChildCapabilities::network,
                      .own_view = true};
  if (!options.no_caps) plan.environment.emplace_back("NMAP_PRIVILEGED=1");
  if (!options.root) plan.become = net::sudo_caller();
  return plan;
}

// A user namespace knows one group, so a range of all of them would be refused there.
std::string ping_groups() {
  constexpr std::uint64_t last_allowed = 2'147'483'647;
  std::ifstream map{"/proc/self/gid_map"};
  std::uint64_t first = last_allowed, last = 0, inside = 0, outside = 0, count = 0;
  while (map >> inside >> outside >> count) {
    first = std::min(first, inside);
    last = std::max(last, std::min(inside + count - 1, last_allowed));
  }
  return first <= last ? fmt::format("{} {}", first, last) : std::string{};
}

std::string about_start(const Failure& failure, bool no_caps) {
  const bool forbidden = no_caps && failure.error_code == EPERM;
  return record::printable(failure.message()) +
         (forbidden ? "; its file has capabilities, which --no-caps does not allow" : "");
}

std::uint64_t random_seed() { return net::random_key().low; }

int fail(std::string_view tool, std::string_view sentence, int status) {
  complain(tool, sentence);
  return status;
}

}  // namespace sonda::tools::lab
