// Sentences, from values to text; and the words they share with topology files.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <sonda/lab/sentence.hpp>

#include "wording.hpp"

namespace sonda::inline v0::lab {
namespace {

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

constexpr std::array udp_kinds{std::pair{std::string_view{"closed"}, sim::UdpKind::closed},
                               std::pair{std::string_view{"silent"}, sim::UdpKind::silent},
                               std::pair{std::string_view{"echo"}, sim::UdpKind::echo}};
constexpr std::array tcp_kinds{std::pair{std::string_view{"closed"}, sim::TcpKind::closed},
                               std::pair{std::string_view{"filtered"}, sim::TcpKind::filtered},
                               std::pair{std::string_view{"open"}, sim::TcpKind::open},
                               std::pair{std::string_view{"echo"}, sim::TcpKind::echo},
                               std::pair{std::string_view{"tarpit"}, sim::TcpKind::tarpit},
                               std::pair{std::string_view{"syn-ack"}, sim::TcpKind::syn_ack}};

template <typename Kind, std::size_t n>
Read<Kind> read_kind(const std::array<std::pair<std::string_view, Kind>, n>& kinds,
                     std::string_view text) {
  std::vector<std::string> names;
  for (const auto& [name, kind] : kinds) {
    if (name == text) return kind;
    names.emplace_back(name);
  }
  return std::unexpected{instead_of(text, names)};
}

template <typename Kind, std::size_t n>
std::string_view kind_name(const std::array<std::pair<std::string_view, Kind>, n>& kinds,
                           Kind kind) {
  const auto found = std::ranges::find(kinds, kind, [](const auto& pair) { return pair.second; });
  return found == kinds.end() ? std::string_view{"answer"} : found->first;
}

std::string ruling_text(const Ruling& ruling) {
  return std::visit(Overloaded{[](const SayPass&) { return std::string{"pass"}; },
                               [](const SayDrop&) { return std::string{"drop"}; },
                               [](const SayReset&) { return std::string{"reset"}; },
                               [](const SayAnswer& say) {
                                 auto text = fmt::format("answer {}/{}", say.type, say.code);
                                 if (say.from)
                                   text += fmt::format(" as {}", to_text(*say.from).view());
                                 if (say.after > Duration::zero())
                                   text += " after " + duration_text(say.after);
                                 if (say.mtu) text += fmt::format(" mtu {}", *say.mtu);
                                 return text;
                               },
                               [](const SayHold& say) {
                                 return say.most ? "hold for " + duration_text(*say.most)
                                                 : std::string{"hold"};
                               },
                               [](const SayRedirect& say) {
                                 return fmt::format("redirect {}", to_text(say.gateway).view());
                               }},
                    ruling);
}

}  // namespace

std::string to_text(const Rule& rule) {
  auto text = ruling_text(rule.ruling);
  if (const auto which = to_text(rule.which); !which.empty()) text += ' ' + which;
  return text;
}

std::string to_text(const Sentence& sentence) {
  const auto& machine = sentence.machine;
  return std::visit(
      Overloaded{
          [&](const Rule& rule) { return machine + ' ' + to_text(rule); },
          [&](const Release&) { return machine + " release"; },
          [&](const Clear&) { return machine + " clear"; },
          [&](const SetSilent& set) { return machine + " silent " + (set.on ? "on" : "off"); },
          [&](const SetLimit& set) { return machine + " limit " + icmp_limit_text(set.limit); },
          [&](const SetUdp& set) {
            return fmt::format("{} udp {} {}", machine, set.port.value(), name(set.kind));
          },
          [&](const SetTcp& set) {
            return fmt::format("{} tcp {} {}", machine, set.port.value(), name(set.kind));
          },
          [&](const SetLink& set) {
            return fmt::format("{}{}{} {}", machine, set.both_ways ? '-' : '>', set.towards,
                               to_text(set.change));
          }},
      sentence.verb);
}

Read<sim::IcmpLimit> read_icmp_limit(std::string_view text) {
  if (text == "none") return sim::NoIcmpLimit{};
  if (text == "linux") return sim::LinuxIcmpLimit{};
  if (text.ends_with("/s")) {
    const auto number = text.substr(0, text.size() - 2);
    double rate = 0;
    const auto* const end = number.data() + number.size();
    const auto [stop, error] = std::from_chars(number.data(), end, rate, std::chars_format::fixed);
    if (error == std::errc{} && stop == end && rate >= 0.001 && rate <= 1e6)
      return sim::IcmpBucket{.per_second = rate, .burst = std::max(1.0, std::floor(rate))};
  }
  return std::unexpected{
      instead_of(text, "none, linux, or a number of errors a second as in 10/s") +
      meant(text, {"none", "linux"})};
}

std::string icmp_limit_text(const sim::IcmpLimit& limit) {
  return std::visit(Overloaded{[](const sim::NoIcmpLimit&) { return std::string{"none"}; },
                               [](const sim::LinuxIcmpLimit&) { return std::string{"linux"}; },
                               [](const sim::IcmpBucket& bucket) {
                                 return fmt::format("{}/s", bucket.per_second);
                               }},
                    limit);
}

Read<sim::UdpKind> read_udp_kind(std::string_view text) { return read_kind(udp_kinds, text); }
Read<sim::TcpKind> read_tcp_kind(std::string_view text) { return read_kind(tcp_kinds, text); }
std::string_view name(sim::UdpKind kind) { return kind_name(udp_kinds, kind); }
std::string_view name(sim::TcpKind kind) { return kind_name(tcp_kinds, kind); }

}  // namespace sonda::inline v0::lab
