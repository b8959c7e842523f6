// Frames and mentions put together: by key, by time, in order, and not for ever.
#include <gtest/gtest.h>

#include <sonda/evidence/pairing.hpp>

namespace sonda::evidence {
namespace {

using capture::Direction;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Numbers = std::vector<std::uint64_t>;

constexpr Instant at(int ms) { return Instant{milliseconds{ms}}; }
constexpr std::int64_t ns(int ms) { return std::int64_t{ms} * 1'000'000; }

class Pairings : public ::testing::Test {
 protected:
  void see(int ms, const std::optional<std::string>& key, std::optional<Piece> piece = {}) {
    pairing_.see(at(ms), {.unix_ns = ns(ms), .octets = {1}},
                 {.key = key, .piece = std::move(piece), .direction = Direction::in});
  }
  void hear(int ms, std::uint64_t entry, const std::string& key, int stamp, bool stamped = true) {
    pairing_.hear(at(ms), entry, ns(stamp),
                  {.key = key, .comment = "c" + std::to_string(entry), .stamped = stamped});
  }
  void depart(int ms, std::uint64_t entry, const std::string& key) {
    pairing_.hear(at(ms), entry, ns(ms), {.key = key, .comment = "sent", .departure = true});
  }
  // Writes what can be written at `ms`: the comments, "-" where there is none.
  std::string write(int ms, bool at_once = false) {
    std::string out;
    while (const auto ready = pairing_.next(at(ms), at_once)) {
      out += (ready->comment.empty() ? "-" : ready->comment) + ' ';
      pairing_.written(++number_);
    }
    return out;
  }

  Pairing pairing_;
  std::uint64_t number_ = 0;
};

TEST_F(Pairings, give_an_answer_the_frame_with_its_key_and_stamp) {
  see(5, "r1"), see(6, "r1");
  hear(7, 0, "r1", 6), hear(7, 1, "r1", 5);
  EXPECT_EQ(write(7), "c1 c0 ");
  EXPECT_EQ(pairing_.take_shown(), (std::vector<Pairing::Shown>{{1, {1}}, {0, {2}}}));
  EXPECT_TRUE(pairing_.take_shown().empty());
}

TEST_F(Pairings, never_give_a_stamped_answer_somebody_elses_frame) {
  see(5, "r1");
  hear(6, 0, "r1", 4);
  EXPECT_EQ(write(6), "");
  EXPECT_EQ(pairing_.give_up(at(95)).unseen, 0U);
  EXPECT_EQ(pairing_.give_up(at(96)).unseen, 1U);
  EXPECT_EQ(pairing_.give_up(at(200)).unseen, 0U);
}

TEST_F(Pairings, prefer_an_equal_stamp_and_then_the_nearest_time) {
  see(5, "e1"), see(40, "e1"), see(60, "e1");
  hear(61, 0, "e1", 40, false);
  hear(61, 1, "e1", 55, false);
  hear(61, 2, "e1", 400, false);
  EXPECT_EQ(write(61, true), "- c0 c1 ");
}

TEST_F(Pairings, keep_the_order_and_let_a_frame_wait_for_its_mention_90_milliseconds) {
  see(0, "s1"), see(1, std::nullopt), see(2, "r1");
  hear(3, 1, "r1", 2);
  EXPECT_EQ(write(89), "");
  EXPECT_EQ(pairing_.next_due(), at(90));
  EXPECT_EQ(write(90), "- - c1 ");
  EXPECT_EQ(pairing_.next_due(), std::nullopt);
  EXPECT_EQ(pairing_.take_shown(), (std::vector<Pairing::Shown>{{1, {3}}}));
}

TEST_F(Pairings, do_not_wait_for_a_frame_that_no_mention_can_be_about) {
  see(0, std::nullopt);
  EXPECT_EQ(pairing_.next_due(), at(0));
  EXPECT_EQ(write(0), "- ");
}

TEST_F(Pairings, find_a_probe_that_leaves_seconds_after_it_was_sent) {
  depart(0, 0, "s1");
  EXPECT_EQ(pairing_.give_up(at(3'000)).unseen, 0U);
  see(3'000, "s1");
  EXPECT_EQ(write(3'000), "sent ");
  depart(4'000, 1, "s2");
  EXPECT_EQ(pairing_.give_up(at(14'001)).unseen, 0U);
  see(14'001, "s2");
  EXPECT_EQ(write(14'001), "");
}

TEST_F(Pairings, know_the_frame_of_a_mention_that_came_too_late_for_its_comment) {
  see(0, "r1");
  EXPECT_EQ(write(90), "- ");
  hear(500, 0, "r1", 0);
  EXPECT_EQ(pairing_.take_shown(), (std::vector<Pairing::Shown>{{0, {1}}}));
}

TEST_F(Pairings, go_by_the_stamp_alone_where_there_is_no_key) {
  see(5, "r9"), see(6, "r10"), see(7, std::nullopt);
  hear(8, 0, "", 6);
  hear(8, 1, "", 7);
  EXPECT_EQ(write(8, true), "- c0 - ");
}

TEST_F(Pairings, name_what_nobody_needs_to_remember_any_more) {
  see(1, "r1");
  hear(2, 0, "r1", 1), hear(2, 1, "r2", 1), depart(3, 2, "s1");
  EXPECT_EQ(write(3), "c0 ");
  EXPECT_EQ(pairing_.take_shown().size(), 1U);
  EXPECT_EQ(pairing_.give_up(at(91)).entries, Numbers{});
  EXPECT_EQ(pairing_.give_up(at(92)).entries, Numbers{1});
  EXPECT_EQ(pairing_.give_up(at(10'003)).entries, Numbers{2});
}

TEST_F(Pairings, give_every_piece_the_comment_and_wait_for_all_of_them) {
  const auto piece = [](std::size_t offset, bool last = false) {
    return Piece{.datagram = "d", .offset = offset, .size = 8, .last = last};
  };
  depart(0, 0, "s1");
  see(1, "s1", piece(0)), see(1, std::nullopt, piece(8));
  EXPECT_EQ(write(2), "sent sent ");
  EXPECT_TRUE(pairing_.take_shown().empty());
  EXPECT_EQ(pairing_.so_far(0), (Numbers{1, 2}));
  see(3, std::nullopt, piece(16, true));
  EXPECT_EQ(write(3), "sent ");
  EXPECT_EQ(pairing_.take_shown(), (std::vector<Pairing::Shown>{{0, {1, 2, 3}}}));
}

TEST_F(Pairings, know_pieces_that_come_in_any_order_and_an_answer_by_its_last) {
  const auto piece = [](std::size_t offset, bool last = false) {
    return Piece{.datagram = "d", .offset = offset, .size = 8, .last = last};
  };
  see(1, std::nullopt, piece(8, true)), see(2, "r1", piece(0));
  EXPECT_EQ(write(2), "");
  hear(3, 0, "r1", 2);
  EXPECT_EQ(write(3), "c0 c0 ");
  EXPECT_EQ(pairing_.take_shown(), (std::vector<Pairing::Shown>{{0, {1, 2}}}));
  // The same again is another packet.
  see(5, "r1", piece(0)), see(6, std::nullopt, piece(8, true));
  hear(7, 1, "r1", 6);
  EXPECT_EQ(write(7), "c1 c1 ");
}

TEST_F(Pairings, count_doubled_pieces_among_the_packets_frames) {
  const auto piece = [](std::size_t offset, bool last = false) {
    return Piece{.datagram = "d", .offset = offset, .size = 8, .last = last};
  };
  see(1, "r1", piece(0)), see(1, "r1", piece(0));
  see(2, std::nullopt, piece(8, true)), see(2, std::nullopt, piece(8, true));
  hear(3, 0, "r1", 2);
  EXPECT_EQ(write(3), "c0 c0 c0 ");
  EXPECT_TRUE(pairing_.take_shown().empty());  // the fourth may be the first of a second packet
  EXPECT_EQ(pairing_.next_due(), at(12));
  EXPECT_EQ(write(12), "c0 ");
  EXPECT_EQ(pairing_.take_shown(), (std::vector<Pairing::Shown>{{0, {1, 2, 3, 4}}}));
  // Later ones are no frames of an event that has gone.
  see(20, std::nullopt, piece(8, true));
  EXPECT_EQ(write(30), "c0 ");
  EXPECT_TRUE(pairing_.take_shown().empty());
}

TEST_F(Pairings, tell_a_packet_that_came_twice_from_one_whose_pieces_did) {
  const auto piece = [](std::size_t offset, bool last = false) {
    return Piece{.datagram = "d", .offset = offset, .size = 8, .last = last};
  };
  see(1, "r1", piece(0)), see(2, std::nullopt, piece(8, true)), see(3, "r1", piece(0));
  hear(4, 0, "r1", 2);
  see(5, std::nullopt, piece(8, true));
  hear(6, 1, "r1", 5);
  EXPECT_EQ(write(6), "c0 c0 c1 c1 ");
  EXPECT_EQ(pairing_.take_shown(), (std::vector<Pairing::Shown>{{0, {1, 2}}, {1, {3, 4}}}));
}

TEST_F(Pairings, leave_pieces_of_somebody_elses_datagram_alone) {
  see(1, std::nullopt, Piece{.datagram = "x", .offset = 0, .size = 8, .last = false});
  see(2, std::nullopt, Piece{.datagram = "x", .offset = 8, .size = 8, .last = true});
  EXPECT_EQ(write(2), "- - ");
}

}  // namespace
}  // namespace sonda::evidence
