// What of a capture a ping's events speak of: echoes by identifier and sequence number.
#include <algorithm>
#include <ranges>
#include <variant>

#include <fmt/format.h>

#include <sonda/core/errno_name.hpp>
#include <sonda/event/words.hpp>
#include <sonda/evidence/ping_evidence.hpp>
#include <sonda/wire/arp.hpp>
#include <sonda/wire/icmp_echo.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/ipv6_extensions.hpp>
#include <sonda/wire/neighbor_discovery.hpp>
#include <sonda/wire/quotation.hpp>

#include "planned.hpp"

namespace sonda::inline v0::evidence {
namespace {

using capture::Direction;
using capture::NetworkProtocol;

constexpr const char* asks_a_neighbor = "sonda: neighbor;";

// Of what a key is: the probe, an answer to it, an error about it.
enum class Role : char { probe = 's', reply = 'r', error = 'e' };

std::string key_of(Role role, std::uint64_t sequence) {
  return fmt::format("{}{}", static_cast<char>(role), sequence & 0xffff);
}

std::string rtt_words(const std::optional<RttSample>& sample) {
  if (!sample) return {};
  const auto ns = sample->rtt.count();
  const auto size = ns < 0 ? -ns : ns;
  return fmt::format(" rtt_ms={}{}.{:06};", ns < 0 ? "-" : "", size / 1'000'000, size % 1'000'000);
}

std::string_view word(ForeignReason reason) {
  const auto* const found = std::ranges::find(reason_words, reason, &decltype(reason_words)::value_type::first);
  return found != reason_words.end() ? found->second : std::string_view{};
}

bool is_echo_reply(std::uint8_t type) {
  return type == static_cast<std::uint8_t>(IcmpType::echo_reply) ||
         type == static_cast<std::uint8_t>(Icmpv6Type::echo_reply);
}

// ------------------------------------------------------------------------------------ comments

class CommentOf {
 public:
  explicit CommentOf(std::optional<Ttl> ttl) : ttl_{ttl} {}

  std::string operator()(const Sent& sent) const {
    auto out = about(sent.probe, sent.sequence, "sent");
    if (ttl_) out += fmt::format(" ttl={};", ttl_->value());
    return out;
  }
  std::string operator()(const Reply& reply) const {
    auto out = about(reply.probe, reply.sequence, "reply");
    if (reply.ttl) out += fmt::format(" ttl={};", reply.ttl->value());
    out += rtt_words(reply.rtt);
    if (reply.duplicate) out += " duplicate;";
    if (reply.late) out += " late;";
    if (reply.reordered) out += " reordered;";
    if (reply.truncated) out += " truncated;";
    if (reply.corrupt_octet) out += " corrupt;";
    return out;
  }
  std::string operator()(const IcmpError& error) const {
    auto out = about(error.probe, error.sequence, "icmp_error");
    out += fmt::format(" icmp={}/{};", error.icmp.type, error.icmp.code);
    if (error.error_code != 0) {
      const auto known = errno_name(error.error_code);
      out += known.empty() ? fmt::format(" errno=E{};", error.error_code)
                           : fmt::format(" errno={};", known);
    }
    out += rtt_words(error.rtt);
    if (error.neighbor) out += " neighbor;";
    return out;
  }
  std::string operator()(const Foreign& foreign) const {
    return fmt::format("sonda: foreign; reason={};", word(foreign.reason));
  }
  std::string operator()(const Corrupt&) const { return "sonda: corrupt;"; }
  std::string operator()(const auto&) const { return {}; }

 private:
  static std::string about(ProbeId probe, std::uint64_t sequence, const char* what) {
    return fmt::format("sonda: probe={}; seq={}; {};", probe.value(), sequence, what);
  }

  std::optional<Ttl> ttl_;
};

// ---------------------------------------------------------------------------------- recognizing

class PingRecognizer final : public Recognizer {
 public:
  PingRecognizer(const Start& start, const Address& next_hop)
      : target_{start.address.without_zone()},
        next_hop_{next_hop.without_zone()},
        identifier_{start.identifiers.empty() ? 0U : start.identifiers.front()},
        raw_{start.mode == "raw"} {
    if (const auto ttl = planned_number(start, "ttl")) ttl_ = Ttl{*ttl};
  }

  [[nodiscard]] Sight see(const capture::NetworkLayer& layer) const override {
    if (layer.protocol == NetworkProtocol::ipv4) return see_ipv4(layer.octets);
    if (layer.protocol == NetworkProtocol::ipv6) return see_ipv6(layer.octets);
    if (layer.protocol == NetworkProtocol::arp) return see_arp(layer.octets);
    return {};
  }

  [[nodiscard]] std::optional<Mention> mention(const Occurrence& occurrence) const override {
    const auto& what = occurrence.event.what;
    Mention mention{.comment = ping_comment(what, ttl_)};
    if (mention.comment.empty()) return std::nullopt;
    const auto by_kernel = [](const std::optional<RttSample>& sample) {
      return sample && sample->clock == StampClock::kernel;
    };
    if (const auto* sent = std::get_if<Sent>(&what)) {
      mention.key = key_of(Role::probe, sent->sequence);
      mention.departure = true;
    } else if (const auto* reply = std::get_if<Reply>(&what)) {
      mention.key = key_of(Role::reply, reply->sequence);
      mention.stamped = by_kernel(reply->rtt);
    } else if (const auto* error = std::get_if<IcmpError>(&what)) {
      mention.key = key_of(Role::error, error->sequence);
      mention.stamped = raw_ && by_kernel(error->rtt);  // an error queue keeps no stamp of a packet
    } else if (const auto* foreign = std::get_if<Foreign>(&what)) {
      if (foreign->wire_sequence)
        mention.key = key_of(is_echo_reply(foreign->type) ? Role::reply : Role::error,
                           *foreign->wire_sequence);
    } else if (const auto* corrupt = std::get_if<Corrupt>(&what)) {
      if (corrupt->sequence) mention.key = key_of(Role::reply, *corrupt->sequence);
    }
    if (mention.key.empty()) mention.stamped = true;  // there is nothing else to go by
    return mention;
  }

 private:
  [[nodiscard]] Sight see_arp(Bytes octets) const {
    const auto arp = ArpView::parse(octets);
    if (!arp || arp->message().operation != ArpOperation::request ||
        next_hop_ != Address{arp->message().target})
      return {};
    return {.comment = asks_a_neighbor};
  }

  [[nodiscard]] Sight see_ipv4(Bytes octets) const {
    const auto ip = Ipv4View::parse_quoted(octets);
    if (!ip || ip->protocol() != Protocol::icmp) return {};
    Sight sight;
    if (ip->fragment_offset() == 0)
      sight = see_message(ip->payload(), IpVersion::v4, Address{ip->destination()});
    if (ip->is_fragment())
      sight.piece = Piece{.datagram = name_of(Address{ip->source()}, Address{ip->destination()},
                                              ip->identification()),
                          .offset = ip->fragment_offset(),
                          .size = ip->payload().size(),
                          .last = !ip->more_fragments()};
    return sight;
  }

  [[nodiscard]] Sight see_ipv6(Bytes octets) const {
    const auto ip = Ipv6View::parse_quoted(octets);
    if (!ip) return {};
    const auto chain = ExtensionChain::parse_quoted(*ip);
    if (!chain || !chain->complete() || chain->protocol() != Protocol::icmpv6) return {};
    Sight sight;
    if (!chain->later_fragment())
      sight = see_message(chain->payload(), IpVersion::v6, Address{ip->destination()});
    if (const auto& fragment = chain->fragment(); fragment && !fragment->atomic())
      sight.piece = Piece{.datagram = name_of(Address{ip->source()}, Address{ip->destination()},
                                              fragment->identification()),
                          .offset = fragment->offset(),
                          .size = chain->payload().size(),
                          .last = !fragment->more()};
    return sight;
  }

  [[nodiscard]] Sight see_message(Bytes message, IpVersion version, const Address& to) const {
    const auto echo =
        version == IpVersion::v4 ? Echo::parse_icmpv4(message) : Echo::parse_icmpv6(message);
    if (echo) {
      const bool request = echo->kind == EchoKind::request;
      // Somebody else's request may have our identifier by chance.
      if (echo->identifier != identifier_ || (request && to != target_)) return {};
      return {.key = key_of(request ? Role::probe : Role::reply, echo->sequence.value()),
              .direction = request ? Direction::out : Direction::in};
    }
    if (version == IpVersion::v6)
      if (const auto asked = NeighborSolicitation::parse(message);
          asked && Address{asked->target} == next_hop_)
        return {.comment = asks_a_neighbor};
    const auto quotation = Quotation::parse(message, version);
    if (!quotation) return {};
    if (quotation->echo_kind() != EchoKind::request || quotation->identifier() != identifier_ ||
        !quotation->sequence())
      return {.direction = Direction::in};
    return {.key = key_of(Role::error, quotation->sequence()->value()), .direction = Direction::in};
  }

  static std::string name_of(const Address& source, const Address& destination,
                             std::uint32_t identification) {
    return fmt::format("{} {} {}", to_text(source).view(), to_text(destination).view(),
                       identification);
  }

  Address target_, next_hop_;
  Identifier identifier_;
  bool raw_;
  std::optional<Ttl> ttl_;
};

}  // namespace

std::string ping_comment(const Happening& what, std::optional<Ttl> ttl) {
  return std::visit(CommentOf{ttl}, what);
}

std::unique_ptr<Recognizer> ping_recognizer(const Start& start, const Address& next_hop) {
  return std::make_unique<PingRecognizer>(start, next_hop);
}

}  // namespace sonda::inline v0::evidence
