// The open TCP ports of a simulated host, segment by segment (RFC 9293 section 3.10).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/host.hpp>

#include "tcp_client.hpp"

namespace sonda::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct TcpServerOf : testing::TestWithParam<Ends> {
  void serve(TcpService service) {
    host = Host{{.addresses = {GetParam().to}, .services = {.other_tcp = std::move(service)}}};
  }
  // What the host answers to one segment.
  std::vector<Heard> say(const Said& said, Port from = Port{40'000}) {
    out.sent.clear();
    out.at = now;
    host.on_packet({now, Side{2}, segment(GetParam(), said, from)}, out);
    return heard();
  }
  std::vector<Heard> heard() {
    std::vector<Heard> all;
    for (const auto& sent : out.sent) {
      EXPECT_EQ(sent.side, Side{2});
      const auto one = Heard::read(sent.octets);
      EXPECT_TRUE(one) << "the checksum is right";
      if (one) all.push_back(*one);
    }
    return all;
  }
  // The server's first sequence number, once the handshake is over.
  std::uint32_t connect(std::uint32_t first = 1'000) {
    const auto answer = say({.flags = syn, .sequence = first});
    EXPECT_THAT(answer, SizeIs(1));
    server = answer.at(0).sequence;
    client = first + 1;
    say({.flags = ack, .sequence = client, .acknowledgement = server + 1});
    return server;
  }
  // Calls the host at every time it has asked for, up to `end`; when it said something then.
  std::vector<Duration> let_pass(Duration length) {
    const auto begin = now, end = now + length;
    std::vector<Duration> said;
    while (const auto due = host.tcp().next_due()) {
      if (*due > end) break;
      now = *due;
      out.sent.clear();
      host.on_time(now, out);
      for (const auto& one : heard()) said.push_back(now - begin), last = one;
    }
    now = end;
    return said;
  }
  [[nodiscard]] bool is_v4() const { return GetParam().to.is_v4(); }

  RecordingOutbox out{};
  Host host{{}};
  Instant now{100s};
  std::uint32_t server = 0, client = 0;
  Heard last{};
};
INSTANTIATE_TEST_SUITE_P(Versions, TcpServerOf, testing::Values(v4, v6),
                         [](const auto& run) { return run.param.to.is_v4() ? "v4" : "v6"; });

TEST_P(TcpServerOf, a_syn_is_answered_with_the_mss_and_no_other_option) {
  serve({.kind = TcpKind::open});
  const auto answer = say({.flags = syn,
                           .sequence = 0xffff'ffffU,
                           .options = TcpOptions{}.mss(1'000).sack_permitted().window_scale(7)});
  ASSERT_THAT(answer, SizeIs(1));
  EXPECT_EQ(answer[0].flags, syn | ack);
  EXPECT_EQ(answer[0].acknowledgement, 0U) << "one more than the SYN's, modulo 2^32";
  EXPECT_EQ(answer[0].mss, is_v4() ? 1'460 : 1'440);
  EXPECT_EQ(answer[0].options, 4U);
  EXPECT_EQ(answer[0].from, Port{80});
  EXPECT_THAT(say({.flags = ack, .sequence = 0, .acknowledgement = answer[0].sequence + 1}),
              IsEmpty());
  EXPECT_EQ(host.tcp().size(), 1U);
}

TEST_P(TcpServerOf, a_syn_that_comes_again_gets_the_same_answer) {
  serve({.kind = TcpKind::open});
  const auto first = say({.flags = syn, .sequence = 5});
  const auto second = say({.flags = syn, .sequence = 5});
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_EQ(second[0].flags, syn | ack);
  EXPECT_EQ(second[0].sequence, first.at(0).sequence);
  EXPECT_EQ(second[0].mss, first.at(0).mss);
}

TEST_P(TcpServerOf, a_handshake_that_is_not_finished_is_repeated_five_times_and_forgotten) {
  serve({.kind = TcpKind::open});
  say({.flags = syn});
  EXPECT_THAT(let_pass(10min), ElementsAre(1s, 3s, 7s, 15s, 31s));
  EXPECT_THAT(out.wakes, ElementsAre(1s, 2s, 4s, 8s, 16s, 32s)) << "it asks to be called for each";
  EXPECT_EQ(last.flags, syn | ack);
  EXPECT_EQ(host.tcp().size(), 0U);
}

TEST_P(TcpServerOf, a_slow_server_answers_late_and_once) {
  serve({.kind = TcpKind::open, .delay = 3s});
  say({.flags = syn, .sequence = 5});
  EXPECT_EQ(out.sent.at(0).wait, 3s);
  now += 1s;
  EXPECT_THAT(say({.flags = syn, .sequence = 5}), IsEmpty());
  now += 2s;
  EXPECT_THAT(say({.flags = syn, .sequence = 5}), SizeIs(1));
}

TEST_P(TcpServerOf, the_banner_follows_the_handshake_and_comes_again_until_it_is_acknowledged) {
  serve({.kind = TcpKind::open, .banner = {'h', 'i'}});
  say({.flags = syn, .sequence = 7});
  const auto first = heard().at(0).sequence;
  const auto banner = say({.flags = ack, .sequence = 8, .acknowledgement = first + 1});
  ASSERT_THAT(banner, SizeIs(1));
  EXPECT_THAT(banner[0].data, ElementsAre('h', 'i'));
  EXPECT_EQ(banner[0].flags, ack | psh);
  EXPECT_THAT(let_pass(8s), ElementsAre(1s, 3s, 7s));
  EXPECT_THAT(last.data, ElementsAre('h', 'i'));
  EXPECT_THAT(say({.flags = ack, .sequence = 8, .acknowledgement = first + 3}), IsEmpty());
  EXPECT_THAT(let_pass(1h), IsEmpty());
  EXPECT_EQ(host.tcp().size(), 1U) << "it stays open until the client goes";
}

TEST_P(TcpServerOf, three_acks_that_say_the_same_bring_what_was_lost_at_once) {
  serve({.kind = TcpKind::open, .banner = Octets(5'000, 'x')});
  connect();
  const Said same{.flags = ack, .sequence = client, .acknowledgement = server + 1};
  EXPECT_THAT(say(same), IsEmpty());
  EXPECT_THAT(say(same), IsEmpty());
  const auto again = say(same);
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].sequence, server + 1);
}

TEST_P(TcpServerOf, data_is_acknowledged_and_what_comes_twice_or_too_early_is_not_taken) {
  serve({.kind = TcpKind::open});
  connect();
  const auto send = [&](std::uint32_t at, Octets data) {
    const auto answer = say({.flags = ack | psh,
                             .sequence = client + at,
                             .acknowledgement = server + 1,
                             .data = std::move(data)});
    EXPECT_THAT(answer, SizeIs(1));
    return answer.at(0).acknowledgement - client;
  };
  EXPECT_EQ(send(0, {1, 2, 3}), 3U);
  EXPECT_EQ(send(0, {1, 2, 3}), 3U);
  EXPECT_EQ(send(5, {6, 7}), 3U);
  EXPECT_EQ(send(1, {2, 3, 4, 5}), 5U) << "only what is new";
}

TEST_P(TcpServerOf, an_echo_sends_back_what_came) {
  serve({.kind = TcpKind::echo});
  connect();
  const auto answer = say(
      {.flags = ack | psh, .sequence = client, .acknowledgement = server + 1, .data = {1, 2, 3}});
  ASSERT_THAT(answer, SizeIs(1));
  EXPECT_THAT(answer[0].data, ElementsAre(1, 2, 3));
  EXPECT_EQ(answer[0].acknowledgement, client + 3);
}

TEST_P(TcpServerOf, a_fin_is_answered_with_a_fin_and_a_lost_one_comes_again) {
  serve({.kind = TcpKind::open});
  connect();
  const Said goodbye{.flags = fin | ack, .sequence = client, .acknowledgement = server + 1};
  const auto answer = say(goodbye);
  ASSERT_THAT(answer, SizeIs(1));
  EXPECT_EQ(answer[0].flags, fin | ack);
  EXPECT_EQ(answer[0].acknowledgement, client + 1);
  EXPECT_THAT(let_pass(2s), ElementsAre(1s));
  EXPECT_EQ(last.flags, fin | ack);
  const auto again = say(goodbye);
  ASSERT_THAT(again, SizeIs(1)) << "its acknowledgement was lost";
  EXPECT_EQ(again[0].flags, ack);
  EXPECT_THAT(say({.flags = ack, .sequence = client + 1, .acknowledgement = server + 2}),
              IsEmpty());
  EXPECT_EQ(host.tcp().size(), 0U);
}

TEST_P(TcpServerOf, a_server_that_closes_waits_a_minute_for_late_segments) {
  serve({.kind = TcpKind::open, .banner = {'x'}, .closes = true});
  say({.flags = syn, .sequence = 0});
  server = heard().at(0).sequence;
  const auto said = say({.flags = ack, .sequence = 1, .acknowledgement = server + 1});
  ASSERT_THAT(said, SizeIs(2));
  EXPECT_THAT(said[0].data, ElementsAre('x'));
  EXPECT_EQ(said[1].flags, fin | ack);
  EXPECT_THAT(say({.flags = ack, .sequence = 1, .acknowledgement = server + 3}), IsEmpty());
  const Said goodbye{.flags = fin | ack, .sequence = 1, .acknowledgement = server + 3};
  EXPECT_THAT(say(goodbye), SizeIs(1));
  now += 30s;
  EXPECT_THAT(say(goodbye), SizeIs(1)) << "the last acknowledgement was lost";
  EXPECT_THAT(let_pass(59s), IsEmpty());
  EXPECT_EQ(host.tcp().size(), 1U);
  EXPECT_THAT(say({.flags = syn, .sequence = 0}), SizeIs(1)) << "an old SYN changes nothing";
  EXPECT_EQ(heard().at(0).flags, ack);
  EXPECT_EQ(say({.flags = syn, .sequence = 70'000}).at(0).flags, syn | ack)
      << "a new one begins anew";
  EXPECT_EQ(host.tcp().size(), 1U);
}

TEST_P(TcpServerOf, a_reset_ends_it_and_one_from_elsewhere_in_the_window_is_challenged) {
  serve({.kind = TcpKind::open});
  connect();
  const auto challenge = say({.flags = rst, .sequence = client + 9});
  ASSERT_THAT(challenge, SizeIs(1)) << "RFC 5961 section 3.2";
  EXPECT_EQ(challenge[0].flags, ack);
  EXPECT_THAT(say({.flags = rst, .sequence = client - 9}), IsEmpty());
  EXPECT_EQ(host.tcp().size(), 1U);
  EXPECT_THAT(say({.flags = rst, .sequence = client}), IsEmpty());
  EXPECT_EQ(host.tcp().size(), 0U);
  EXPECT_EQ(out.wakes.size(), 1U);
}

TEST_P(TcpServerOf, an_ack_of_nothing_is_reset) {
  serve({.kind = TcpKind::open});
  const auto stray = say({.flags = ack, .sequence = 1, .acknowledgement = 77});
  ASSERT_THAT(stray, SizeIs(1));
  EXPECT_EQ(stray[0].flags, rst);
  EXPECT_EQ(stray[0].sequence, 77U);
  say({.flags = syn, .sequence = 1});
  const auto wrong = say({.flags = ack, .sequence = 2, .acknowledgement = 78});
  ASSERT_THAT(wrong, SizeIs(1));
  EXPECT_EQ(wrong[0].flags, rst);
  EXPECT_EQ(wrong[0].sequence, 78U);
  EXPECT_EQ(host.tcp().size(), 1U);
}

TEST_P(TcpServerOf, what_an_open_port_never_answers) {
  serve({.kind = TcpKind::open});
  for (const auto flags : {rst, fin, TcpFlags{}, fin | psh, syn | fin})
    EXPECT_THAT(say({.flags = flags}), IsEmpty());
  EXPECT_THAT(host.tcp().size(), 0U);
}

TEST_P(TcpServerOf, a_filtered_port_is_silent_and_a_closed_one_resets) {
  serve({.kind = TcpKind::filtered});
  EXPECT_THAT(say({.flags = syn}), IsEmpty());
  EXPECT_THAT(out.deeds, ElementsAre(Deed::ignored));
  serve({.kind = TcpKind::closed});
  EXPECT_EQ(say({.flags = syn}).at(0).flags, rst | ack);
}

TEST_P(TcpServerOf, a_port_that_only_looks_open_answers_each_syn_and_nothing_else) {
  serve({.kind = TcpKind::syn_ack});
  const auto first = say({.flags = syn, .sequence = 9});
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first[0].flags, syn | ack);
  EXPECT_EQ(first[0].acknowledgement, 10U);
  EXPECT_EQ(say({.flags = syn, .sequence = 9}).at(0).sequence, first[0].sequence);
  EXPECT_NE(say({.flags = syn, .sequence = 9}, Port{40'001}).at(0).sequence, first[0].sequence);
  EXPECT_THAT(say({.flags = ack, .sequence = 10, .acknowledgement = first[0].sequence + 1}),
              IsEmpty());
  EXPECT_THAT(say({.flags = fin | ack, .sequence = 10, .acknowledgement = 5}), IsEmpty());
  EXPECT_EQ(host.tcp().size(), 0U);
  EXPECT_THAT(out.wakes, IsEmpty());
}

TEST_P(TcpServerOf, a_tarpit_acknowledges_every_question_and_opens_nothing) {
  serve({.kind = TcpKind::tarpit, .banner = {'x'}, .closes = true});
  EXPECT_EQ(say({.flags = syn, .sequence = 0}).at(0).window, 0U);
  server = heard().at(0).sequence;
  EXPECT_THAT(say({.flags = ack, .sequence = 1, .acknowledgement = server + 1}), IsEmpty());
  for (const auto& probe :
       {Said{.flags = ack, .sequence = 0, .acknowledgement = server + 1},
        Said{.flags = ack, .sequence = 1, .acknowledgement = server + 1, .data = {1}},
        Said{.flags = fin | ack, .sequence = 1, .acknowledgement = server + 1}}) {
    const auto answer = say(probe);
    ASSERT_THAT(answer, SizeIs(1));
    EXPECT_EQ(answer[0].flags, ack);
    EXPECT_EQ(answer[0].window, 0U);
    EXPECT_EQ(answer[0].acknowledgement, 1U);
  }
  EXPECT_THAT(let_pass(90min), IsEmpty());
  EXPECT_EQ(host.tcp().size(), 1U);
}

TEST_P(TcpServerOf, no_more_connections_are_kept_than_it_says_and_the_oldest_goes) {
  serve({.kind = TcpKind::open});
  for (unsigned i = 0; i <= TcpServer::most_connections; ++i) say({.flags = syn}, Port{1'000 + i});
  EXPECT_EQ(host.tcp().size(), TcpServer::most_connections);
  EXPECT_EQ(say({.flags = ack, .sequence = 1, .acknowledgement = 5}, Port{1'000}).at(0).flags, rst)
      << "nobody knows the first one any more";
  EXPECT_THAT(out.wakes, SizeIs(1)) << "one call is under way, however many wait";
}

TEST_P(TcpServerOf, who_says_nothing_for_hours_is_forgotten) {
  serve({.kind = TcpKind::open});
  connect();
  now += TcpServer::patience + 1s;
  EXPECT_EQ(say({.flags = ack, .sequence = client, .acknowledgement = server + 1}).at(0).flags,
            rst);
  EXPECT_EQ(host.tcp().size(), 0U);
}

TEST_P(TcpServerOf, the_manner_makes_it_late_double_and_from_afar) {
  host = Host{{.addresses = {GetParam().to},
               .manner = {.delay = 7ms, .copies = 2, .between_copies = 1ms, .ttl = Ttl{9}},
               .services = {.other_tcp = {.kind = TcpKind::open}}}};
  const auto answer = say({.flags = syn});
  ASSERT_THAT(answer, SizeIs(2));
  EXPECT_EQ(out.sent[0].wait, 7ms);
  EXPECT_EQ(out.sent[1].wait, 8ms);
  EXPECT_EQ(answer[0].ttl, Ttl{9});
}

// A connection by itself, whose sequence numbers are about to begin anew at both ends.
struct TcpConnectionAtTheWrap : testing::Test {
  static constexpr std::uint32_t ours = 0xffff'fffeU, theirs = 0xffff'fffdU;
  std::vector<TcpSegment> say(Said said) {
    said.sequence += theirs;
    said.acknowledgement += ours;
    const auto packet = segment(v4, said);
    const auto view = TcpView::parse(Bytes{packet}.subspan(20));
    if (!connection) {
      connection.emplace(plan, *view, Instant{});
      return {connection->syn_ack()};
    }
    return connection->on_segment(*view, Instant{});
  }
  void connect() {
    say({.flags = syn});
    last = say({.flags = ack, .sequence = 1, .acknowledgement = 1, .window = window});
  }

  TcpConnection::Plan plan{.first_sequence = ours,
                           .mss = 1'000,
                           .peer_mss = 1'000,
                           .banner = std::make_shared<const Octets>(Octets(3'000, 'x'))};
  std::optional<TcpConnection> connection{};
  std::vector<TcpSegment> last{};
  std::uint16_t window = 0xffff;
};

TEST_F(TcpConnectionAtTheWrap, nothing_is_lost_or_taken_for_old) {
  connect();
  ASSERT_THAT(last, SizeIs(3));
  EXPECT_EQ(last[1].sequence, 999U);
  const auto more = say({.flags = ack, .sequence = 1, .acknowledgement = 1'001, .window = 0});
  EXPECT_THAT(more, IsEmpty());
  const auto data =
      say({.flags = ack | psh, .sequence = 1, .acknowledgement = 3'001, .data = {1, 2, 3}});
  ASSERT_THAT(data, SizeIs(1));
  EXPECT_EQ(data[0].acknowledgement, 1U) << "three octets behind 0xfffffffe";
  EXPECT_EQ(connection->due(), std::nullopt) << "all is acknowledged";
  const auto end = say({.flags = fin | ack, .sequence = 4, .acknowledgement = 3'001});
  ASSERT_THAT(end, SizeIs(1));
  EXPECT_EQ(end[0].flags, fin | ack);
}

TEST_F(TcpConnectionAtTheWrap, an_old_window_does_not_replace_a_new_one) {
  window = 1'000;
  connect();
  ASSERT_THAT(last, SizeIs(1));
  say({.flags = ack | psh,
       .sequence = 1,
       .acknowledgement = 1,
       .data = {1, 2, 3},
       .window = 1'000});
  EXPECT_THAT(say({.flags = ack, .sequence = 4, .acknowledgement = 1, .window = 3'000}), SizeIs(2));
  EXPECT_THAT(say({.flags = ack, .sequence = 4, .acknowledgement = 1'001, .window = 3'000}),
              IsEmpty());
}

TEST_F(TcpConnectionAtTheWrap, a_window_that_opens_gets_what_it_was_asked_with_again) {
  window = 0;
  connect();
  EXPECT_THAT(last, IsEmpty());
  const auto question = connection->on_time(Instant{1s});
  ASSERT_THAT(question, SizeIs(1));
  EXPECT_EQ(question[0].data.size(), 1U);
  EXPECT_THAT(say({.flags = ack, .sequence = 1, .acknowledgement = 1, .window = 0}), IsEmpty());
  const auto open = say({.flags = ack, .sequence = 1, .acknowledgement = 1});
  ASSERT_THAT(open, SizeIs(3));
  EXPECT_EQ(open[0].sequence, ours + 1);
  EXPECT_EQ(open[0].data.size(), 1'000U);
}

TEST_F(TcpConnectionAtTheWrap, an_mtu_that_leaves_no_room_is_believed_once) {
  connect();
  const auto again = connection->on_smaller_mss(3, Instant{});
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].data.size(), 48U);
  EXPECT_THAT(connection->on_smaller_mss(3, Instant{}), IsEmpty());
}

// Whatever comes, in whatever order: nothing is answered twice over, and the table stays bounded.
TEST_P(TcpServerOf, garbage_with_right_checksums_does_no_harm) {
  Random random{5};
  for (const auto kind : {TcpKind::open, TcpKind::echo, TcpKind::tarpit, TcpKind::syn_ack}) {
    serve({.kind = kind, .banner = Octets(3'000, 'x'), .closes = random.chance(0.5)});
    for (int i = 0; i < 3'000; ++i) {
      if (random.chance(0.1)) connect(static_cast<std::uint32_t>(random.next()));
      const auto near = [&](std::uint32_t base) {
        return base + static_cast<std::uint32_t>(random.below(5'000)) - 2'500;
      };
      const auto answers = say({.flags = TcpFlags{static_cast<std::uint8_t>(random.next())},
                                .sequence = near(client),
                                .acknowledgement = near(server),
                                .data = Octets(random.below(1'000)),
                                .window = static_cast<std::uint16_t>(random.next())});
      EXPECT_LE(answers.size(), TcpConnection::most_under_way + 2);
      let_pass(random.up_to(3s));
    }
    EXPECT_LE(host.tcp().size(), 1U);
  }
}

}  // namespace
}  // namespace sonda::sim
