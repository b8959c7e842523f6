// What a rule in words is to a simulated router.
#include <array>
#include <optional>

#include <sonda/lab/simulation.hpp>
#include <sonda/wire/icmp_catalogue.hpp>

namespace sonda::inline v0::lab {
namespace {

constexpr std::uint32_t usual_mtu = 1'280;  // RFC 8200 5: every link carries that

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

// The error for packets of this version.
std::optional<sim::ErrorMessage> error_for(const SayAnswer& say, IpVersion version) {
  auto type = say.type;
  auto code = say.code;
  if (say.version != version) {
    const auto* row = find_icmp(say.version, type, code);
    const auto* twin = row ? twin_of(*row) : nullptr;
    if (!twin) return std::nullopt;
    type = twin->type, code = twin->code;
  }
  const auto* row = find_icmp(version, type, code);
  const bool tells_mtu = row && row->field == IcmpField::mtu;
  return sim::ErrorMessage{
      .type = type, .code = code, .value = say.mtu.value_or(tells_mtu ? usual_mtu : 0)};
}

// `match` for packets of one version; nothing where it never fits those.
std::optional<sim::Match> of_version(sim::Match match, IpVersion version) {
  if (match.version && *match.version != version) return std::nullopt;
  for (const auto& prefix : {match.from, match.to})
    if (prefix && prefix->first().is_v4() != (version == IpVersion::v4)) return std::nullopt;
  match.version = version;
  return match;
}

}  // namespace

std::vector<sim::RouterRule> router_rules(const Rule& rule, const AddressesOf& addresses_of) {
  std::vector<sim::RouterRule> all;
  for (const auto& match : matches(rule.which, addresses_of)) {
    const auto simply = [&](sim::RuleAction action) { all.push_back({match, std::move(action)}); };
    std::visit(
        Overloaded{[&](const SayPass&) { simply(sim::Pass{}); },
                   [&](const SayDrop&) { simply(sim::Drop{}); },
                   [&](const SayReset&) { simply(sim::Reset{}); },
                   [&](const SayHold& say) { simply(sim::Hold{say.most}); },
                   [&](const SayRedirect& say) {
                     const auto version = say.gateway.is_v4() ? IpVersion::v4 : IpVersion::v6;
                     if (const auto one = of_version(match, version))
                       all.push_back({*one, sim::Redirect{say.gateway}});
                   },
                   [&](const SayAnswer& say) {
                     for (const auto version : {IpVersion::v4, IpVersion::v6}) {
                       const auto one = of_version(match, version);
                       const auto error = error_for(say, version);
                       if (!one || !error) continue;
                       const bool same =
                           say.from && say.from->is_v4() == (version == IpVersion::v4);
                       all.push_back({*one, sim::Answer{.error = *error,
                                                        .from = same ? say.from : std::nullopt,
                                                        .delay = say.after}});
                     }
                   }},
        rule.ruling);
  }
  return all;
}

}  // namespace sonda::inline v0::lab
