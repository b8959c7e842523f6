// The events of RFC 9293 section 3.10, for a connection that was opened passively.
#include <algorithm>
#include <utility>

#include <sonda/sim/tcp_connection.hpp>

namespace sonda::inline v0::sim {
namespace {

constexpr std::size_t least_mss = 48;                // Linux: tcp_min_snd_mss
constexpr unsigned same_acks_that_tell_of_loss = 3;  // RFC 5681 section 3.2

// RFC 9293 section 3.4: whichever way round is shorter.
bool before(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) < 0; }
bool in_window(std::uint32_t sequence, std::uint32_t from, std::uint32_t size) {
  return sequence - from < size;
}

std::uint32_t number(std::size_t size) { return static_cast<std::uint32_t>(size); }

std::uint32_t segment_length(const TcpView& segment) {
  return number(segment.payload().size()) + (segment.flags().has(TcpFlags::syn) ? 1U : 0U) +
         (segment.flags().has(TcpFlags::fin) ? 1U : 0U);
}

}  // namespace

// ----------------------------------------------------------------------------------------- stream

Octets TcpStream::part(std::size_t from, std::size_t count) const {
  Octets part;
  part.reserve(count);
  const auto of_banner = from < banner_left() ? std::min(count, banner_left() - from) : 0;
  if (of_banner != 0) {
    const auto octets = Bytes{*banner_}.subspan(at_ + from, of_banner);
    part.insert(part.end(), octets.begin(), octets.end());
  }
  if (of_banner == count) return part;
  const auto octets = Bytes{echoed_}.subspan(from + of_banner - banner_left(), count - of_banner);
  part.insert(part.end(), octets.begin(), octets.end());
  return part;
}

void TcpStream::drop(std::size_t count) {
  const auto of_banner = std::min(count, banner_left());
  at_ += of_banner;
  echoed_.erase(echoed_.begin(), echoed_.begin() + static_cast<std::ptrdiff_t>(count - of_banner));
}

// ------------------------------------------------------------------------------------- connection

TcpConnection::TcpConnection(const Plan& plan, const TcpView& syn, Instant now)
    : plan_{plan},
      stream_{plan.banner},
      mss_{std::max(least_mss,
                    std::size_t{std::min(plan.mss, syn.options().mss().value_or(plan.peer_mss))})},
      receive_next_{syn.sequence().value() + 1},
      unacknowledged_{plan.first_sequence},
      send_next_{plan.first_sequence + 1},
      highest_{plan.first_sequence + 1},
      peer_window_{syn.window()},
      window_sequence_{syn.sequence().value()},
      window_acknowledgement_{plan.first_sequence},
      answers_at_{now + plan.delay},
      due_{answers_at_ + first_timeout} {
  told_window_ = own_window();
}

std::uint16_t TcpConnection::own_window() const {
  if (plan_.tarpit) return 0;
  if (!plan_.echoes) return window;
  return static_cast<std::uint16_t>(echo_room - std::min<std::size_t>(echo_room, stream_.echoed()));
}

TcpSegment TcpConnection::syn_ack() const {
  return {.sequence = plan_.first_sequence,
          .acknowledgement = receive_next_,
          .flags = TcpFlags::syn | TcpFlags::ack,
          .window = own_window(),
          .mss = plan_.mss};
}

TcpSegment TcpConnection::make(std::uint32_t sequence, TcpFlags flags, Octets data) {
  told_window_ = own_window();
  return {.sequence = sequence,
          .acknowledgement = receive_next_,
          .flags = flags | TcpFlags::ack,
          .window = told_window_,
          .data = std::move(data)};
}

// RFC 9293 section 3.4, the table of four cases.
bool TcpConnection::acceptable(const TcpView& segment) const {
  const auto first = segment.sequence().value();
  const auto length = segment_length(segment);
  const auto room = own_window();
  if (room == 0) return length == 0 && first == receive_next_;
  return in_window(first, receive_next_, room) ||
         (length != 0 && in_window(first + length - 1, receive_next_, room));
}

bool TcpConnection::may_be_replaced_by(const TcpView& syn) const {
  return state_ == State::time_wait && before(receive_next_, syn.sequence().value());
}

bool TcpConnection::takes_data() const {
  return state_ == State::established || state_ == State::fin_wait_1 || state_ == State::fin_wait_2;
}

// Section 3.10.7.4, in its order.
TcpConnection::Segments TcpConnection::on_segment(const TcpView& segment, Instant now) {
  const auto flags = segment.flags();
  const auto sequence = segment.sequence().value();
  const bool first_syn = state_ == State::syn_received && flags.has(TcpFlags::syn) &&
                         !flags.has(TcpFlags::ack) && sequence + 1 == receive_next_;
  if (first_syn && !flags.has(TcpFlags::rst))  // it has come again
    return now < answers_at_ ? Segments{} : Segments{syn_ack()};

  if (!acceptable(segment)) {
    if (flags.has(TcpFlags::rst)) return {};
    if (state_ == State::time_wait) linger_in(State::time_wait, now);  // the last ACK was lost
    return {ack()};
  }
  if (flags.has(TcpFlags::rst)) {
    if (sequence != receive_next_) return {ack()};  // a challenge: RFC 5961 section 3.2
    state_ = State::closed;
    return {};
  }
  if (flags.has(TcpFlags::syn)) return {ack()};  // RFC 5961 section 4.2
  if (!flags.has(TcpFlags::ack)) return {};

  const auto acknowledgement = segment.acknowledgement().value();
  if (before(highest_, acknowledgement)) {
    if (state_ != State::syn_received) return {ack()};
    return {{.sequence = acknowledgement, .flags = TcpFlags::rst}};
  }
  if (state_ == State::syn_received) {
    if (!before(unacknowledged_, acknowledgement))
      return {{.sequence = acknowledgement, .flags = TcpFlags::rst}};
    establish(segment);
  }
  Segments out;
  acknowledge(segment, now, out);
  if (state_ == State::closed) return {};
  take_text(segment, now);
  send_what_fits(out);
  const bool opens = told_window_ < mss_ && own_window() >= mss_;
  if (out.empty() && (segment_length(segment) != 0 || opens)) out.push_back(ack());
  arm(now);
  return out;
}

void TcpConnection::establish(const TcpView& segment) {
  state_ = State::established;
  unacknowledged_ = plan_.first_sequence + 1;
  peer_window_ = segment.window();
  due_.reset();
  tries_ = 0;
  timeout_ = first_timeout;
  if (plan_.closes && !plan_.tarpit) close_own_side(), state_ = State::fin_wait_1;
}

void TcpConnection::close_own_side() { fin_at_ = unacknowledged_ + number(stream_.size()); }

void TcpConnection::linger_in(State state, Instant now) {
  state_ = state;
  due_ = now + linger;
}

// The fifth check: the ACK field.
void TcpConnection::acknowledge(const TcpView& segment, Instant now, Segments& out) {
  const auto acknowledgement = segment.acknowledgement().value();
  const auto sequence = segment.sequence().value();
  const bool is_new = before(unacknowledged_, acknowledgement);
  if (is_new) {
    const auto count = std::size_t{acknowledgement - unacknowledged_};
    stream_.drop(std::min(count, stream_.size()));
    unacknowledged_ = acknowledgement;
    if (before(send_next_, unacknowledged_)) send_next_ = unacknowledged_;
    tries_ = same_acks_ = 0;
    timeout_ = first_timeout;
    due_.reset();
    if (recovers_until_ && !before(unacknowledged_, *recovers_until_)) recovers_until_.reset();
    if (recovers_until_) send_first_again(out);
  } else if (acknowledgement == unacknowledged_ && under_way() && segment_length(segment) == 0 &&
             segment.window() == peer_window_ && peer_window_ != 0) {
    if (++same_acks_ == same_acks_that_tell_of_loss && !recovers_until_) {
      recovers_until_ = highest_;
      send_first_again(out);
    }
  }

  const bool newer =
      before(window_sequence_, sequence) ||
      (window_sequence_ == sequence && !before(acknowledgement, window_acknowledgement_));
  if (newer) {
    if (peer_window_ == 0 && segment.window() != 0) send_next_ = unacknowledged_;
    peer_window_ = segment.window();
    window_sequence_ = sequence;
    window_acknowledgement_ = acknowledgement;
    if (peer_window_ == 0) tries_ = 0;  // it is alive, and may stay closed (section 3.8.6.1)
  }

  if (!fin_acknowledged()) return;
  if (state_ == State::fin_wait_1) linger_in(State::fin_wait_2, now);
  if (state_ == State::closing) linger_in(State::time_wait, now);
  if (state_ == State::last_ack) state_ = State::closed, due_.reset();
}

// The seventh and eighth: the text and the FIN.
void TcpConnection::take_text(const TcpView& segment, Instant now) {
  if (!takes_data()) return;
  const auto skipped = receive_next_ - segment.sequence().value();
  const auto text = segment.payload();
  if (skipped > text.size()) return;  // it begins beyond what has come
  const auto fresh = text.subspan(skipped);
  const auto taken = fresh.first(std::min<std::size_t>(fresh.size(), own_window()));
  receive_next_ += number(taken.size());
  if (plan_.echoes && state_ == State::established) stream_.append(taken);
  if (segment.flags().has(TcpFlags::fin) && taken.size() == fresh.size()) take_fin(now);
}

void TcpConnection::take_fin(Instant now) {
  ++receive_next_;
  if (state_ == State::established) {
    close_own_side();
    state_ = State::last_ack;
  } else if (state_ == State::fin_wait_1) {
    state_ = State::closing;
  } else {
    linger_in(State::time_wait, now);
  }
}

bool TcpConnection::has_unsent() const {
  const auto end = unacknowledged_ + number(stream_.size());
  return before(send_next_, end) || (fin_at_ && !before(*fin_at_, send_next_));
}

// Section 3.8.6.2.1: whole segments, or all there is.
void TcpConnection::send_what_fits(Segments& out) {
  if (state_ == State::syn_received || plan_.tarpit) return;
  const auto most = std::min<std::size_t>(peer_window_, most_under_way * mss_);
  while (true) {
    const std::size_t sent = send_next_ - unacknowledged_;
    if (sent >= most || sent >= stream_.size()) break;
    const auto left = stream_.size() - sent;
    const auto count = std::min({mss_, left, most - sent});
    if (count < std::min(mss_, left) && sent != 0) break;
    out.push_back(
        make(send_next_, count == left ? TcpFlags::psh : TcpFlags{}, stream_.part(sent, count)));
    send_next_ += number(count);
  }
  const std::size_t sent = send_next_ - unacknowledged_;
  if (fin_at_ == send_next_ && sent < std::max<std::size_t>(most, 1))
    out.push_back(make(send_next_++, TcpFlags::fin));
  if (before(highest_, send_next_)) highest_ = send_next_;
}

// Precondition: something is under way, or waits for a window.
void TcpConnection::send_first_again(Segments& out) {
  const auto count = std::min({mss_, stream_.size(), std::max<std::size_t>(peer_window_, 1)});
  const auto flags = count == 0 ? TcpFlags::fin : TcpFlags{};
  out.push_back(make(unacknowledged_, flags, stream_.part(0, count)));
  const auto end = unacknowledged_ + number(std::max<std::size_t>(count, 1));
  if (before(send_next_, end)) send_next_ = end;
  if (before(highest_, send_next_)) highest_ = send_next_;
}

// RFC 6298 section 5 for what is under way, RFC 9293 section 3.8.6.1 for what waits for a window.
void TcpConnection::arm(Instant now) {
  if (state_ == State::fin_wait_2 || state_ == State::time_wait || state_ == State::closed) return;
  if (state_ == State::syn_received) return;
  if (!under_way() && !(has_unsent() && !plan_.tarpit))
    due_.reset();
  else if (!due_)
    due_ = now + timeout_;
}

TcpConnection::Segments TcpConnection::on_time(Instant now) {
  if (!due_ || now < *due_) return {};
  const auto most = state_ == State::syn_received ? most_syn_acks_again : most_tries;
  if (state_ == State::fin_wait_2 || state_ == State::time_wait || tries_ == most) {
    state_ = State::closed;
    due_.reset();
    return {};
  }
  ++tries_;
  timeout_ = std::min(timeout_ * 2, longest_timeout);
  due_ = now + timeout_;
  if (state_ == State::syn_received) return {syn_ack()};
  recovers_until_ = highest_;
  Segments out;
  send_first_again(out);
  return out;
}

TcpConnection::Segments TcpConnection::on_smaller_mss(std::size_t mss, Instant now) {
  const auto smaller = std::max(least_mss, mss);
  if (smaller >= mss_) return {};  // else whoever tells nonsense would be answered for ever
  mss_ = smaller;
  Segments out;
  if (state_ == State::syn_received || !under_way()) return out;
  recovers_until_ = highest_;
  send_first_again(out);
  due_.reset();
  arm(now);
  return out;
}

}  // namespace sonda::inline v0::sim
