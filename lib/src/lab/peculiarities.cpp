// What is special of each machine, in words.
#include <algorithm>
#include <iterator>
#include <type_traits>

#include <fmt/format.h>

#include <sonda/lab/drawing.hpp>

namespace sonda::inline v0::lab {
namespace {

std::string limit_text(const sim::IcmpLimit& limit) {
  if (const auto* bucket = std::get_if<sim::IcmpBucket>(&limit))
    return fmt::format("sends at most {} ICMP errors a second", bucket->per_second);
  return std::holds_alternative<sim::NoIcmpLimit>(limit)
             ? "sends as many ICMP errors as there is reason for"
             : "";
}

std::string rewriting_text(const sim::Rewriting& rewriting) {
  std::string text;
  const auto say = [&text](std::string words) {
    text += (text.empty() ? "" : ", ") + std::move(words);
  };
  if (rewriting.ttl) say(fmt::format("sets the TTL to {}", rewriting.ttl->value()));
  if (rewriting.dscp) say(fmt::format("sets the DSCP to {}", *rewriting.dscp));
  if (rewriting.bleach_ecn) say("clears ECN");
  if (rewriting.most_mss) say(fmt::format("lowers the MSS to {}", *rewriting.most_mss));
  if (rewriting.clear_dont_fragment) say("clears DF");
  return text;
}

std::string route_text(const NamedRoute& route) {
  const auto to = to_text(route.to);
  switch (route.kind) {
    case sim::RouteKind::via:
      return fmt::format("route: {} via {}", to.view(), route.via);
    case sim::RouteKind::unreachable:
      return fmt::format("route: {} unreachable", to.view());
    case sim::RouteKind::prohibit:
      return fmt::format("route: {} prohibit", to.view());
    case sim::RouteKind::blackhole:
      return fmt::format("route: {} blackhole", to.view());
    case sim::RouteKind::missing:
      return fmt::format("route: {} missing", to.view());
  }
  return {};
}

// "tcp 80 open, 443 filtered".
template <typename Service>
std::string services_text(std::string_view protocol, const std::map<Port, Service>& ports,
                          const Service& other) {
  std::string text;
  for (const auto& [port, service] : ports) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", port.value(), name(service.kind));
    if constexpr (std::is_same_v<Service, sim::TcpService>) {
      if (!service.banner.empty()) text += " with a banner";
      if (service.closes) text += " and closes";
    }
    if (service.delay > Duration::zero()) text += " after " + duration_text(service.delay);
  }
  if (other.kind != Service{}.kind)
    text += fmt::format("{} {}", text.empty() ? "all ports" : ", all others", name(other.kind));
  return text.empty() ? text : fmt::format("{} {}", protocol, text);
}

class Words {
 public:
  void say(bool really, std::string words) {
    if (really && !words.empty()) words_.push_back(std::move(words));
  }
  [[nodiscard]] std::vector<std::string> take() { return std::move(words_); }

 private:
  std::vector<std::string> words_;
};

}  // namespace

std::vector<std::string> peculiarities(const RouterNode& router) {
  const auto& plan = router.plan;
  Words out;
  out.say(plan.silent, "forwards, but sends no ICMP errors");
  out.say(true, limit_text(plan.limit));
  out.say(plan.error_delay > Duration::zero(),
          "tells of errors after " + duration_text(plan.error_delay));
  out.say(plan.neighbor_patience != sim::RouterPlan{}.neighbor_patience,
          "gives an absent neighbour up after " + duration_text(plan.neighbor_patience));
  if (plan.quoted)
    out.say(true, *plan.quoted >= 65'535
                      ? std::string{"quotes the whole packet"}
                      : fmt::format("quotes {} octets of a packet", *plan.quoted));
  out.say(plan.quoted_as_sent, "quotes the TTL as it came");
  if (plan.answers_from)
    out.say(true, fmt::format("sends errors from {}", to_text(*plan.answers_from).view()));
  out.say(plan.broken_checksum, "its ICMP errors have a wrong checksum");
  std::string labels;
  for (const auto& label : plan.labels)
    labels += fmt::format("{}{}", labels.empty() ? "" : ", ", label.label);
  out.say(!labels.empty(), "tells the MPLS labels " + labels);
  out.say(plan.tells_interface, "tells by which interface a packet came in");
  out.say(!plan.counts_hops, "does not count hops down: no traceroute sees it");
  out.say(!plan.tells_mtu, "says nothing of packets that are too big: an MTU black hole");
  out.say(plan.balancing == sim::Balancing::per_flow, "balances equally short ways per flow");
  out.say(plan.balancing == sim::Balancing::per_packet, "balances equally short ways per packet");
  out.say(plan.balancing == sim::Balancing::per_destination,
          "balances equally short ways per destination");
  if (const auto& nat = router.nat)
    out.say(true, fmt::format("NAT: what leaves {}comes from {}",
                              nat->outside.empty() ? "" : "to " + nat->outside + ' ',
                              to_text(nat->address).view()));
  out.say(plan.rewriting.any(), rewriting_text(plan.rewriting));
  for (const auto& route : router.routes) out.say(true, route_text(route));
  for (const auto& rule : router.rules) out.say(true, "rule: " + to_text(rule));
  return out.take();
}

std::vector<std::string> peculiarities(const HostNode& host) {
  const auto& plan = host.plan;
  const auto& manner = plan.manner;
  Words out;
  out.say(host.kernel, "a real network stack: programs run here");
  out.say(manner.answering == sim::Answering::silence, "answers nothing");
  out.say(manner.answering == sim::Answering::error,
          fmt::format("answers everything with {}/{}", manner.error.type, manner.error.code));
  out.say(true, services_text("tcp", plan.services.tcp, plan.services.other_tcp));
  out.say(true, services_text("udp", plan.services.udp, plan.services.other_udp));
  out.say(!plan.answers_echo, "answers no echo");
  out.say(!plan.answers_timestamps, "answers no timestamp");
  out.say(plan.answers_extended_echo, "answers extended echoes");
  out.say(plan.ttl != sim::HostPlan{}.ttl, fmt::format("sends with TTL {}", plan.ttl.value()));
  out.say(!host.kernel, limit_text(plan.limit));
  if (manner.from) out.say(true, fmt::format("answers from {}", to_text(*manner.from).view()));
  out.say(manner.delay > Duration::zero(), "answers after " + duration_text(manner.delay));
  out.say(manner.copies > 1,
          fmt::format("answers {} times{}", manner.copies,
                      manner.between_copies > Duration::zero()
                          ? ", " + duration_text(manner.between_copies) + " apart"
                          : std::string{}));
  out.say(manner.broken_checksum, "its ICMP messages have a wrong checksum");
  if (manner.wrong_octet)
    out.say(true, fmt::format("octet {} of echo data comes back wrong", *manner.wrong_octet));
  out.say(manner.cut > 0, fmt::format("{} octets of echo data stay away", manner.cut));
  return out.take();
}

std::string event_text(const Event& event) {
  std::string text;
  if (event.at) text = "at " + duration_text(*event.at);
  if (event.after) {
    const auto which = to_text(*event.after);
    text = event.delay > Duration::zero() ? duration_text(event.delay) + " after " : "after ";
    if (event.count > 1) text += fmt::format("{} packets ", event.count);
    text += which.empty() ? "any packet" : which;
  }
  text += ": ";
  for (std::size_t i = 0; i < event.sentences.size(); ++i)
    text += (i == 0 ? "" : "; ") + to_text(event.sentences[i]);
  return text;
}

}  // namespace sonda::inline v0::lab
