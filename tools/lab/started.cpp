// A folder of sockets, one for each lab that runs.
#include "lab/started.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

#include <fmt/format.h>

#include <sonda/core/nearest.hpp>
#include <sonda/net/private_directory.hpp>
#include <sonda/record/printable.hpp>

namespace sonda::tools::lab {
namespace {

constexpr std::string_view ending = ".lab";

std::string line_of(const Failure& failure) { return record::printable(failure.message()); }

}  // namespace

std::expected<std::string, std::string> lab_name(std::string_view text) {
  constexpr std::size_t longest = 32;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  if (text.empty() || text.size() > longest || !std::ranges::all_of(text, fits))
    return std::unexpected{
        fmt::format("'{}' is no name for a lab: up to 32 letters, digits, '-' and '_'",
                    record::printable(text))};
  return std::string{text};
}

std::expected<std::string, std::string> socket_of(const std::string& name) {
  const auto folder = net::private_directory("sonda");
  if (!folder) return std::unexpected{line_of(folder.error())};
  return *folder + '/' + name + std::string{ending};
}

std::vector<std::string> lab_names() {
  std::vector<std::string> names;
  const auto folder = net::private_directory("sonda");
  if (!folder) return names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{*folder, error})
    if (entry.path().extension() == ending) names.push_back(entry.path().stem().string());
  std::ranges::sort(names);
  return names;
}

std::expected<StartedLab, std::string> StartedLab::find(const std::string& name) {
  const auto path = socket_of(name);
  if (!path) return std::unexpected{path.error()};
  auto connection = net::LocalConnection::connect(*path);
  if (connection) return StartedLab{std::move(*connection)};
  const int error = connection.error().error_code;
  if (error != ENOENT && error != ECONNREFUSED) return std::unexpected{line_of(connection.error())};
  const auto names = lab_names();
  const auto meant = nearest(name, names);
  return std::unexpected{
      meant && *meant != name
          ? fmt::format("no lab '{}' runs; do you mean {}?", record::printable(name), *meant)
          : fmt::format("no lab '{}' runs; sonda lab list shows those that do",
                        record::printable(name))};
}

bool StartedLab::is_left_over(const std::string& name) {
  const auto path = socket_of(name);
  const auto refused = [&path] {
    const auto connection = net::LocalConnection::connect(*path);
    return !connection && connection.error().error_code == ECONNREFUSED;
  };
  if (!path || !refused()) return false;
  // A lab that is being started may have its socket, but not listen yet.
  std::this_thread::sleep_for(std::chrono::milliseconds{50});
  return refused();
}

void StartedLab::wait_for_end() {
  constexpr int most = 1'000;
  const auto peer = connection_.peer();
  while (next()) {
  }
  if (!peer || peer->process <= 0) return;
  const auto process = "/proc/" + std::to_string(peer->process);
  for (int i = 0; i < most && std::filesystem::exists(process); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
}

std::expected<net::LocalMessage, std::string> StartedLab::ask(const std::string& request) {
  if (const auto sent = connection_.send(request); !sent)
    return std::unexpected{line_of(sent.error())};
  auto answer = connection_.receive();
  if (!answer) return std::unexpected{line_of(answer.error())};
  if (!*answer) return std::unexpected{"the lab has ended"};
  if ((*answer)->text.starts_with("no "))
    return std::unexpected{record::printable((*answer)->text.substr(3))};
  return std::move(**answer);
}

std::optional<std::string> StartedLab::next() {
  auto message = connection_.receive();
  if (!message || !*message) return std::nullopt;
  return std::move((*message)->text);
}

}  // namespace sonda::tools::lab
