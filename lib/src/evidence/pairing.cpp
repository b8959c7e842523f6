// Which frame shows which event: by what both call it, and by the nearest time.
#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include <sonda/evidence/pairing.hpp>

namespace sonda::inline v0::evidence {

struct Pairing::Told {
  Instant made{};
  std::uint64_t entry = 0;
  std::int64_t unix_ns = 0;
  Mention mention{};
  bool found = false;
  std::weak_ptr<Packet> packet{};  // which holds this
  std::shared_ptr<Group> group{};
};

// Frames that an event shows beside the one that it is about.
struct Pairing::Group {
  Instant touched{};
  std::vector<std::uint64_t> numbers{};        // of those that were written
  std::size_t to_come = 0;                     // seen and not written
  std::vector<std::weak_ptr<Told>> waiting{};  // until they are
};

// A packet as the capture saw it: one frame, or the frames of its pieces.
struct Pairing::Packet {
  Instant seen{};
  std::string key{};
  std::string datagram{};                // of pieces
  std::vector<std::int64_t> times{};     // of its frames
  std::vector<std::uint64_t> numbers{};  // of those that were written
  std::set<std::size_t> offsets{};
  std::size_t covered = 0;
  std::optional<std::size_t> total{};
  bool nobodys = false;  // its first piece is not of this run
  std::shared_ptr<Told> told{};
  // Doubled pieces, as long as they are no second packet: what they are pieces of once more.
  std::shared_ptr<Packet> once_more{};
  std::size_t to_come = 0;               // doubled pieces of this packet that are not written
  std::vector<std::uint64_t> doubled{};  // and those that are

  // Whose mention is about its frames.
  [[nodiscard]] const Packet& bearer() const { return once_more ? *once_more : *this; }
  [[nodiscard]] std::vector<std::uint64_t> frames() const {
    auto all = numbers;
    all.insert(all.end(), doubled.begin(), doubled.end());
    std::ranges::sort(all);
    return all;
  }
  [[nodiscard]] bool complete() const { return datagram.empty() || (total && covered >= *total); }
  void add(const Piece& piece) {
    if (offsets.insert(piece.offset).second) covered += piece.size;
    if (piece.last) total = piece.offset + piece.size;
  }
};

namespace {

constexpr std::int64_t near_ns = 100'000'000;

// How far the frames of a packet are from the mention; nothing where they cannot belong together.
template <typename Told>
std::optional<std::int64_t> distance(const Told& told, const std::vector<std::int64_t>& times) {
  std::optional<std::int64_t> least;
  for (const auto time : times) {
    const auto after = time - told.unix_ns;
    const auto most = told.mention.departure ? Pairing::memory.count() : near_ns;
    const auto before = told.mention.long_before ? Pairing::memory.count() : near_ns;
    const bool possible = told.mention.stamped ? after == 0 : after >= -before && after <= most;
    if (possible && (!least || std::abs(after) < *least)) least = std::abs(after);
  }
  return least;
}

template <typename Map, typename Kind>
void erase(Map& map, const std::string& key, const std::shared_ptr<Kind>& what) {
  const auto found = map.find(key);
  if (found == map.end()) return;
  std::erase(found->second, what);
  if (found->second.empty()) map.erase(found);
}

}  // namespace

std::shared_ptr<Pairing::Packet> Pairing::packet_of(Instant now, const Sight& sight,
                                                    std::int64_t unix_ns) {
  if (!sight.key && !sight.piece) return nullptr;
  std::shared_ptr<Packet> packet;
  if (sight.piece) {
    auto& known = datagrams_[sight.piece->datagram];
    if (known && !known->complete()) packet = known;
    if (!packet) {
      packet = std::make_unique<Packet>();
      packet->datagram = sight.piece->datagram;
      packet->once_more = std::exchange(known, packet);
    }
    packet->add(*sight.piece);
  } else {
    packet = std::make_unique<Packet>();  // whose memory ends with it, though it is remembered
  }
  if (packet->times.empty()) {
    packet->seen = now;
    remembered_.push_back({now, packet});
  }
  packet->times.push_back(unix_ns);
  if (packet->once_more) ++packet->once_more->to_come;
  if (sight.piece && sight.piece->offset == 0 && !sight.key) packet->nobodys = true;
  const bool was_findable = !packet->key.empty() && !packet->once_more;
  if (sight.key && packet->key.empty()) packet->key = *sight.key;
  if (packet->once_more && packet->complete()) stand_alone(*packet);
  if (!was_findable && !packet->key.empty() && !packet->once_more)
    packets_[packet->key].push_back(packet);
  return packet;
}

// As the system does it: doubled pieces are dropped, unless all are there once more.
void Pairing::stand_alone(Packet& packet) {
  const auto first = std::exchange(packet.once_more, nullptr);
  first->to_come -= packet.times.size() - packet.numbers.size();
  report_if_whole(*first);
}

void Pairing::see(Instant now, capture::LiveFrame frame, const Sight& sight) {
  const auto packet = packet_of(now, sight, frame.unix_ns);
  if (packet && !packet->told && !packet->key.empty() && !packet->once_more)
    look_for_mention(packet);
  pending_.push_back(
      {std::move(frame), sight.direction, packet, group_of(now, sight), now, sight.comment});
}

std::shared_ptr<Pairing::Group> Pairing::group_of(Instant now, const Sight& sight) {
  if (sight.group.empty()) return nullptr;
  auto& group = groups_[sight.group];
  if (!group) group = std::make_shared<Group>();
  group->touched = now;
  ++group->to_come;
  return group;
}

void Pairing::join_group(const std::shared_ptr<Told>& told) {
  const auto found = groups_.find(told->mention.group);
  if (found == groups_.end()) return;
  told->group = found->second;
  if (told->group->to_come > 0) told->group->waiting.push_back(told);
  if (told->mention.ends_group) groups_.erase(found);
}

void Pairing::written_of(Group& group, std::uint64_t number) {
  group.numbers.push_back(number);
  if (--group.to_come > 0) return;
  for (const auto& waiting : std::exchange(group.waiting, {})) {
    const auto told = waiting.lock();
    if (!told) continue;
    if (told->mention.key.empty())
      report(*told, {});
    else if (const auto packet = told->packet.lock())
      report_if_whole(*packet);
  }
}

void Pairing::hear(Instant made, std::uint64_t entry, std::int64_t unix_ns, Mention mention) {
  auto told = std::make_shared<Told>();
  told->made = made, told->entry = entry, told->unix_ns = unix_ns;
  told->mention = std::move(mention);
  unreported_[entry] = told;
  (told->mention.departure ? departures_ : answers_).push_back(told);
  if (!told->mention.group.empty()) {
    join_group(told);
    if (told->mention.key.empty()) {
      told->found = true;
      if (!told->group || told->group->to_come == 0) report(*told, {});
      return;
    }
  }
  mentions_[told->mention.key].push_back(told);
  look_for_packet(told);
}

void Pairing::look_for_mention(const std::shared_ptr<Packet>& packet) {
  std::shared_ptr<Told> nearest;
  std::optional<std::int64_t> least;
  for (const auto& key : {packet->key, std::string{}}) {
    const auto found = mentions_.find(key);
    if (found == mentions_.end()) continue;
    for (const auto& told : found->second)
      if (const auto away = distance(*told, packet->times); away && (!least || *away < *least))
        nearest = told, least = away;
  }
  if (nearest) join(packet, nearest);
}

void Pairing::look_for_packet(const std::shared_ptr<Told>& told) {
  std::shared_ptr<Packet> nearest;
  std::optional<std::int64_t> least;
  const auto consider = [&](const auto& packets) {
    // Of what may be long ago, the first decided.
    for (const auto& packet : packets)
      if (const auto away = distance(*told, packet->times);
          away &&
          (!least || (told->mention.long_before ? packet->seen < nearest->seen : *away < *least)))
        nearest = packet, least = away;
  };
  if (!told->mention.key.empty()) {
    if (const auto found = packets_.find(told->mention.key); found != packets_.end())
      consider(found->second);
  } else {
    for (const auto& [key, packets] : packets_) consider(packets);
  }
  if (nearest) join(nearest, told);
}

void Pairing::join(const std::shared_ptr<Packet>& packet, const std::shared_ptr<Told>& told) {
  erase(packets_, packet->key, packet);
  erase(mentions_, told->mention.key, told);
  packet->told = told;
  told->found = true;
  told->packet = packet;
  report_if_whole(*packet);
}

void Pairing::report_if_whole(const Packet& packet) {
  if (!packet.told || !packet.complete() || packet.to_come > 0) return;
  if (packet.numbers.size() < packet.times.size()) return;
  if (packet.told->group && packet.told->group->to_come > 0) return;
  report(*packet.told, packet.frames());
}

void Pairing::report(const Told& told, std::vector<std::uint64_t> frames) {
  const auto entry = told.entry;
  if (told.group) {
    frames.insert(frames.end(), told.group->numbers.begin(), told.group->numbers.end());
    std::ranges::sort(frames);
  }
  if (unreported_.erase(entry) > 0) shown_.push_back({entry, std::move(frames)});
}

Duration Pairing::most_wait(const Pending& pending) {
  if (!pending.packet) return Duration::zero();
  const auto& bearer = pending.packet->bearer();
  if (!bearer.told && !bearer.nobodys) return patience;
  return pending.packet->once_more && !bearer.nobodys ? doubt : Duration::zero();
}

std::optional<Pairing::Ready> Pairing::next(Instant now, bool at_once) {
  if (pending_.empty()) return std::nullopt;
  auto& front = pending_.front();
  if (!at_once && now < front.arrived + most_wait(front)) return std::nullopt;
  Ready ready{.frame = std::move(front.frame),
              .direction = front.direction,
              .comment = std::move(front.comment)};
  current_ = std::move(front.packet);
  current_group_ = std::move(front.group);
  if (current_ && current_->bearer().told) ready.comment = current_->bearer().told->mention.comment;
  pending_.pop_front();
  return ready;
}

void Pairing::written(std::uint64_t number) {
  if (const auto group = std::exchange(current_group_, nullptr)) written_of(*group, number);
  if (!current_) return;
  current_->numbers.push_back(number);
  report_if_whole(*current_);
  if (!current_->once_more) return;
  auto& first = *current_->once_more;
  first.doubled.push_back(number);
  --first.to_come;
  report_if_whole(first);
}

std::vector<Pairing::Shown> Pairing::take_shown() { return std::exchange(shown_, {}); }

std::vector<std::uint64_t> Pairing::so_far(std::uint64_t entry) const {
  const auto found = unreported_.find(entry);
  if (found == unreported_.end()) return {};
  const auto packet = found->second->packet.lock();
  auto frames = packet ? packet->frames() : std::vector<std::uint64_t>{};
  if (const auto& group = found->second->group) {
    frames.insert(frames.end(), group->numbers.begin(), group->numbers.end());
    std::ranges::sort(frames);
  }
  return frames;
}

void Pairing::forget_groups(Instant now) {
  if (!groups_forgotten_) groups_forgotten_ = now;
  if (now < *groups_forgotten_ + memory) return;
  groups_forgotten_ = now;
  std::erase_if(groups_, [now](const auto& group) {
    return group.second->touched + memory_of_groups <= now;
  });
}

Pairing::GivenUp Pairing::give_up(Instant now) {
  GivenUp out;
  const auto forget = [&](std::deque<std::shared_ptr<Told>>& queue, Duration after) {
    std::uint64_t unseen = 0;
    for (; !queue.empty() && queue.front()->made + after <= now; queue.pop_front()) {
      const auto& told = queue.front();
      if (!told->found) {
        ++unseen;
        erase(mentions_, told->mention.key, told);
      }
      if (unreported_.erase(told->entry) > 0) out.entries.push_back(told->entry);
    }
    return unseen;
  };
  out.unseen = forget(answers_, patience);
  forget(departures_, memory);
  forget_groups(now);
  for (; !remembered_.empty() && remembered_.front().seen + memory <= now;
       remembered_.pop_front()) {
    const auto packet = remembered_.front().packet.lock();
    if (!packet) continue;
    erase(packets_, packet->key, packet);
    if (const auto found = datagrams_.find(packet->datagram);
        found != datagrams_.end() && found->second == packet)
      datagrams_.erase(found);
  }
  return out;
}

std::optional<Instant> Pairing::next_due() const {
  if (pending_.empty()) return std::nullopt;
  return pending_.front().arrived + most_wait(pending_.front());
}

}  // namespace sonda::inline v0::evidence
