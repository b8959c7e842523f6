// The faults, and the inbox that lets them through to the engine.
#include <algorithm>
#include <string>

#include <sonda/run/fault_link.hpp>

namespace sonda::inline v0::run {
namespace {

// The octets of an action that has any.
Bytes octets_of(const Action& action) {
  if (const auto* send = std::get_if<Send>(&action)) return send->octets;
  if (const auto* send = std::get_if<SendOn>(&action)) return send->octets;
  return {};
}

bool is_send(const Action& action) {
  return std::holds_alternative<Send>(action) || std::holds_alternative<SendOn>(action);
}

Failure failure(int error_code, const Action& action) {
  const auto text = [error_code](const Address& to) {
    return Failure{"send", error_code, "to " + std::string{to_text(to).view()}};
  };
  if (const auto* send = std::get_if<Send>(&action)) return text(send->to);
  return text(std::get<SendOn>(action).to);
}

ProbeId probe_of(const Action& action) {
  if (const auto* send = std::get_if<Send>(&action)) return send->probe;
  return std::get<SendOn>(action).probe;
}

}  // namespace

class FaultLink::Filter final : public Inbox {
 public:
  Filter(FaultLink& link, Inbox& inbox) : link_{link}, inbox_{inbox} {}

  void on_sent(Instant now, ProbeId probe, Stamp stamp) override {
    const auto& plan = link_.plan_;
    if (!plan.better_stamp_after) return inbox_.on_sent(now, probe, stamp);
    auto poor = stamp;
    poor.error_ns += plan.first_stamp_error.count();
    inbox_.on_sent(now, probe, poor);
    if (!link_.random_.chance(plan.better_stamp_lost))
      link_.stamps_.push_back({now + *plan.better_stamp_after, probe, stamp});
  }
  void on_refused(Instant now, ProbeId probe, const Failure& failure) override {
    inbox_.on_refused(now, probe, failure);
  }
  void on_packet(Instant now, const Received& packet) override {
    const auto& plan = link_.plan_;
    if (link_.random_.chance(plan.drop_received)) return;
    const int copies = link_.random_.chance(plan.duplicate_received) ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
      if (!link_.random_.chance(plan.corrupt_received) || packet.octets.empty()) {
        inbox_.on_packet(now, packet);
        continue;
      }
      sim::Octets damaged(packet.octets.begin(), packet.octets.end());
      const auto bit = link_.random_.below(damaged.size() * 8);
      damaged[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      auto other = packet;
      other.octets = damaged;
      inbox_.on_packet(now, other);
    }
  }
  void on_socket(Instant now, const SocketReport& report) override {
    inbox_.on_socket(now, report);
  }
  void on_drops(Instant now, DropPlace place, std::uint64_t count) override {
    inbox_.on_drops(now, place, count);
  }

 private:
  FaultLink& link_;
  Inbox& inbox_;
};

bool FaultLink::writable(Instant now) const { return held_.empty() && inner_.writable(now); }

std::optional<int> FaultLink::refusal(std::uint64_t number) {
  if (const auto found = plan_.refuse.find(number); found != plan_.refuse.end())
    return found->second;
  if (random_.chance(plan_.refuse_share)) return plan_.refuse_error;
  return std::nullopt;
}

std::optional<Duration> FaultLink::hold_up(std::uint64_t number) {
  if (const auto found = plan_.hold.find(number); found != plan_.hold.end()) return found->second;
  if (random_.chance(plan_.hold_share)) return plan_.hold_for;
  return std::nullopt;
}

void FaultLink::transmit(Instant now, std::span<const Action> batch, Inbox& inbox) {
  Filter filter{*this, inbox};
  for (const auto& action : batch) {
    if (!is_send(action)) {
      inner_.transmit(now, {&action, 1}, filter);
      continue;
    }
    const auto number = sends_++;
    if (const auto error = refusal(number)) {
      inbox.on_refused(now, probe_of(action), failure(*error, action));
      continue;
    }
    if (held_.empty()) {
      const auto wait = hold_up(number);
      if (!wait) {
        inner_.transmit(now, {&action, 1}, filter);
        continue;
      }
      held_until_ = now + *wait;
    }
    keep(action);
  }
}

// The room that the action's octets lie in is the caller's, and he will write into it again.
void FaultLink::keep(const Action& action) {
  const auto octets = octets_of(action);
  held_.push_back({action, sim::Octets(octets.begin(), octets.end())});
}

void FaultLink::release(Instant now, Inbox& inbox) {
  Filter filter{*this, inbox};
  for (auto& held : std::exchange(held_, {})) {
    if (auto* raw = std::get_if<Send>(&held.action)) raw->octets = held.octets;
    if (auto* on = std::get_if<SendOn>(&held.action)) on->octets = held.octets;
    inner_.transmit(now, {&held.action, 1}, filter);
  }
}

void FaultLink::readable(Instant now, Inbox& inbox) {
  if (!held_.empty() && held_until_ <= now) release(now, inbox);
  for (; !stamps_.empty() && stamps_.front().due <= now; stamps_.pop_front())
    inbox.on_sent(now, stamps_.front().probe, stamps_.front().stamp);
  for (; drops_told_ < plan_.drops.size() && plan_.drops[drops_told_].at <= now; ++drops_told_)
    inbox.on_drops(now, plan_.drops[drops_told_].place, plan_.drops[drops_told_].count);
  Filter filter{*this, inbox};
  inner_.readable(now, filter);
}

std::optional<Instant> FaultLink::next_wakeup() const {
  auto earliest = inner_.next_wakeup();
  const auto consider = [&earliest](Instant at) { earliest = std::min(earliest.value_or(at), at); };
  if (!held_.empty()) consider(held_until_);
  if (!stamps_.empty()) consider(stamps_.front().due);
  if (drops_told_ < plan_.drops.size()) consider(plan_.drops[drops_told_].at);
  return earliest;
}

}  // namespace sonda::inline v0::run
