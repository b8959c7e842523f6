// What is to be different on a link.
#include <fmt/format.h>

#include <sonda/lab/link_change.hpp>

namespace sonda::inline v0::lab {
namespace {

template <typename T>
Read<LinkChange> set(LinkChange change, std::optional<T> LinkChange::* field, const auto& read) {
  if (!read) return std::unexpected{read.error()};
  change.*field = T{*read};
  return change;
}

}  // namespace

const std::vector<std::string>& link_keys() {
  static const std::vector<std::string> keys{"delay",      "jitter",    "loss",       "duplication",
                                             "reordering", "held_back", "corruption", "rate",
                                             "queue",      "mtu"};
  return keys;
}

Read<LinkChange> with(const LinkChange& change, std::string_view key, std::string_view value) {
  using C = LinkChange;
  if (key == "delay") return set(change, &C::delay, read_duration(value));
  if (key == "jitter") return set(change, &C::jitter, read_duration(value));
  if (key == "loss") return set(change, &C::loss, read_share(value));
  if (key == "duplication") return set(change, &C::duplication, read_share(value));
  if (key == "reordering") return set(change, &C::reordering, read_share(value));
  if (key == "held_back") return set(change, &C::held_back, read_duration(value));
  if (key == "corruption") return set(change, &C::corruption, read_share(value));
  if (key == "rate") return set(change, &C::rate, read_rate(value));
  if (key == "queue") return set(change, &C::queue, read_whole(value, 0, 1'000'000));
  return set(change, &C::mtu, read_whole(value, 68, 65'535));  // RFC 791: 68 is the least
}

sim::LinkModel changed(const sim::LinkModel& model, const LinkChange& change) {
  return {.delay = change.delay.value_or(model.delay),
          .jitter = change.jitter.value_or(model.jitter),
          .loss = change.loss.value_or(model.loss),
          .duplication = change.duplication.value_or(model.duplication),
          .reordering = change.reordering.value_or(model.reordering),
          .corruption = change.corruption.value_or(model.corruption),
          .held_back = change.held_back.value_or(model.held_back),
          .rate = change.rate.value_or(model.rate),
          .queue = change.queue.value_or(model.queue),
          .mtu = change.mtu.value_or(model.mtu),
          .down = change.down.value_or(model.down)};
}

std::string to_text(const LinkChange& change) {
  std::string out;
  const auto say = [&out](std::string_view key, const auto& field, const auto& text) {
    if (!field) return;
    if (!out.empty()) out += ' ';
    out.append(key).append(" ").append(text(*field));
  };
  say("delay", change.delay, duration_text);
  say("jitter", change.jitter, duration_text);
  say("loss", change.loss, share_text);
  say("duplication", change.duplication, share_text);
  say("reordering", change.reordering, share_text);
  say("held_back", change.held_back, duration_text);
  say("corruption", change.corruption, share_text);
  say("rate", change.rate, rate_text);
  say("queue", change.queue, [](std::size_t queue) { return std::to_string(queue); });
  say("mtu", change.mtu, [](Mtu mtu) { return std::to_string(mtu.value()); });
  if (change.down) out.append(out.empty() ? "" : " ").append(*change.down ? "down" : "up");
  return out;
}

std::string to_text(const sim::LinkModel& model) {
  const sim::LinkModel plain;
  LinkChange change;
  const auto compare = [](const auto& is, const auto& was, auto& field) {
    if (is != was) field = is;
  };
  compare(model.delay, plain.delay, change.delay);
  compare(model.jitter, plain.jitter, change.jitter);
  compare(model.loss, plain.loss, change.loss);
  compare(model.duplication, plain.duplication, change.duplication);
  compare(model.reordering, plain.reordering, change.reordering);
  compare(model.held_back, plain.held_back, change.held_back);
  compare(model.corruption, plain.corruption, change.corruption);
  compare(model.rate, plain.rate, change.rate);
  compare(model.queue, plain.queue, change.queue);
  compare(model.mtu, plain.mtu, change.mtu);
  compare(model.down, plain.down, change.down);
  return to_text(change);
}

}  // namespace sonda::inline v0::lab
