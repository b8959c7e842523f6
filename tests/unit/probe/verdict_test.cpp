// The verdict, held against every row of both catalogues and against what Linux does without ICMP.
#include <array>
#include <cerrno>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/probe/verdict.hpp>
#include <sonda/wire/icmp_catalogue.hpp>

namespace sonda {
namespace {

struct Places {
  Address source, router, target;
};
const Places v4{Ipv4Address{192, 0, 2, 2}, Ipv4Address{192, 0, 2, 1},
                Ipv4Address{198, 51, 100, 10}};
const Places v6{*Address::parse("2001:db8::2"), *Address::parse("2001:db8::1"),
                *Address::parse("2001:db8:1::10")};

const Places& places(IpVersion version) { return version == IpVersion::v4 ? v4 : v6; }
VerdictContext context(const Places& in) { return {.target = in.target, .source = in.source}; }

QueuedError queued(const IcmpCause& row, const Address& from) {
  return {.origin = ErrorOrigin::icmp,
          .error_code = row.recverr_errno,
          .icmp_type = row.type,
          .icmp_code = row.code,
          .offender = from,
          .info = 1'234};
}

template <typename Do>
void for_every_row(Do&& act) {
  for (const auto version : {IpVersion::v4, IpVersion::v6})
    for (const auto& row : icmp_catalogue(version)) {
      SCOPED_TRACE(row.name);
      act(row, places(version));
    }
}

std::array<std::uint8_t, 8> message(std::uint8_t type, std::uint8_t code, std::uint32_t field = 0) {
  std::array<std::uint8_t, 8> out{type, code};
  store(MutableBytes{out}, 4, field);
  return out;
}

// A failed connect() with the entry that Linux queues for it.
TEST(VerdictOfConnect, names_state_errno_message_and_router_of_every_row) {
  for_every_row([](const IcmpCause& row, const Places& in) {
    const auto error = queued(row, in.router);
    const auto verdict = verdict_of(
        SocketReport{.error_code = row.connect_errno, .queue = {&error, 1}}, context(in));
    if (row.connect_errno == 0 && !row.state) {
      EXPECT_FALSE(verdict);
      return;
    }
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->state, row.state);
    EXPECT_EQ(verdict->error_code, row.connect_errno);
    EXPECT_EQ(verdict->cause.kind, CauseKind::icmp);
    EXPECT_EQ(verdict->cause.from, in.router);
    EXPECT_FALSE(verdict->cause.from_target);
    ASSERT_TRUE(verdict->cause.icmp);
    EXPECT_EQ(verdict->cause.icmp->version, row.version == IpVersion::v4 ? 4 : 6);
    EXPECT_EQ(verdict->cause.icmp->type, row.type);
    EXPECT_EQ(verdict->cause.icmp->code, row.code);
    EXPECT_EQ(verdict->cause.icmp->name, row.name);
    EXPECT_EQ(verdict->cause.icmp->mtu.has_value(), row.field == IcmpField::mtu);
    EXPECT_EQ(verdict->cause.icmp->pointer.has_value(), row.field == IcmpField::pointer);
    EXPECT_FALSE(verdict->cause.deadline);
  });
}

// The ICMP error that arrives while connect() holds the socket: no call has failed yet.
TEST(VerdictOfConnect, takes_a_queued_error_of_a_socket_that_goes_on) {
  for_every_row([](const IcmpCause& row, const Places& in) {
    const auto error = queued(row, in.router);
    const auto verdict =
        verdict_of(SocketReport{.tcp_state = 2, .queue = {&error, 1}}, context(in));
    ASSERT_EQ(verdict.has_value(), row.state.has_value());
    if (!verdict) return;
    EXPECT_EQ(verdict->state, row.state);
    EXPECT_EQ(verdict->error_code, row.recverr_errno);
  });
}

TEST(VerdictOfConnect, never_calls_a_port_closed_for_an_icmp_error) {
  for_every_row([](const IcmpCause& row, const Places& in) {
    const auto error = queued(row, in.target);
    const auto verdict = verdict_of(
        SocketReport{.error_code = row.connect_errno, .queue = {&error, 1}}, context(in));
    if (!verdict) return;
    EXPECT_NE(verdict->state, PortState::closed);
    EXPECT_TRUE(verdict->cause.from_target);
  });
}

TEST(VerdictOfConnect,
     calls_what_our_own_address_reports_ours_and_silence_of_a_neighbor_what_it_is) {
  for_every_row([](const IcmpCause& row, const Places& in) {
    const auto error = queued(row, in.source);
    const auto verdict = verdict_of(
        SocketReport{.error_code = row.connect_errno, .queue = {&error, 1}}, context(in));
    if (!verdict) return;
    const bool host =
        row.name == (row.version == IpVersion::v4 ? "host-unreachable" : "address-unreachable");
    EXPECT_EQ(verdict->cause.kind, host ? CauseKind::neighbor : CauseKind::system);
    EXPECT_EQ(verdict->state, host ? PortState::unreachable : PortState::unknown);
    EXPECT_EQ(verdict->cause.failure.has_value(), !host);
    EXPECT_EQ(verdict->error_code, row.connect_errno);
  });
}

TEST(VerdictOfConnect, knows_a_target_with_our_own_address_as_the_target) {
  const auto error = queued(*find_icmp(IpVersion::v4, 3, 3), v4.source);
  const auto verdict = verdict_of(SocketReport{.error_code = ECONNREFUSED, .queue = {&error, 1}},
                                  {.target = v4.source, .source = v4.source});
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->cause.kind, CauseKind::icmp);
  EXPECT_EQ(verdict->state, PortState::rejected);
}

TEST(VerdictOfConnect, knows_a_link_local_sender_with_or_without_its_zone) {
  const auto target = *Address::parse("fe80::1%eth0");
  const auto error = queued(*find_icmp(IpVersion::v6, 1, 1), *Address::parse("fe80::1"));
  const auto verdict =
      verdict_of(SocketReport{.error_code = EACCES, .queue = {&error, 1}}, {.target = target});
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(verdict->cause.from_target);
}

struct BareCase {
  int error_code = 0;
  PortState state{};
  CauseKind kind{};
};
class WithoutIcmp : public testing::TestWithParam<BareCase> {};
TEST_P(WithoutIcmp, follows_the_errno) {
  for (const auto* in : {&v4, &v6}) {
    const auto verdict =
        verdict_of(SocketReport{.error_code = GetParam().error_code}, context(*in));
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->state, GetParam().state);
    EXPECT_EQ(verdict->cause.kind, GetParam().kind);
    EXPECT_EQ(verdict->error_code, GetParam().error_code);
    EXPECT_FALSE(verdict->cause.icmp);
    const bool system = GetParam().kind == CauseKind::system;
    EXPECT_EQ(verdict->cause.failure.has_value(), system);
    const bool silent = GetParam().kind == CauseKind::silence;
    EXPECT_EQ(verdict->cause.deadline, silent ? std::optional{Whose::system} : std::nullopt);
    EXPECT_EQ(verdict->cause.from_target, !system && !silent);
  }
}
INSTANTIATE_TEST_SUITE_P(
    VerdictOfConnect, WithoutIcmp,
    testing::Values(BareCase{ECONNREFUSED, PortState::closed, CauseKind::rst},
                    BareCase{ECONNRESET, PortState::open, CauseKind::answer},
                    BareCase{EPIPE, PortState::open, CauseKind::answer},
                    BareCase{ETIMEDOUT, PortState::filtered, CauseKind::silence},
                    BareCase{EHOSTUNREACH, PortState::unknown, CauseKind::system},
                    BareCase{ENETUNREACH, PortState::unknown, CauseKind::system},
                    BareCase{EACCES, PortState::unknown, CauseKind::system},
                    BareCase{EPERM, PortState::unknown, CauseKind::system},
                    BareCase{EADDRNOTAVAIL, PortState::unknown, CauseKind::system},
                    BareCase{ENOBUFS, PortState::unknown, CauseKind::system},
                    BareCase{EINVAL, PortState::unknown, CauseKind::system},
                    BareCase{EPROTO, PortState::unknown, CauseKind::system}));

TEST(VerdictOfConnect, is_open_only_where_the_connection_stands) {
  const auto open = verdict_of(SocketReport{.tcp_state = 1}, context(v4));
  ASSERT_TRUE(open);
  EXPECT_EQ(open->state, PortState::open);
  EXPECT_EQ(open->cause.kind, CauseKind::answer);
  EXPECT_EQ(open->cause.from, v4.target);
  for (const auto state : {std::uint8_t{0}, std::uint8_t{2}, std::uint8_t{7}})
    EXPECT_FALSE(verdict_of(SocketReport{.tcp_state = state}, context(v4)))
        << "no errno and no connection is no verdict";
}

// A RST after an ICMP error that was only soft: the errno tells which of the two ended the call.
TEST(VerdictOfConnect, believes_the_errno_when_the_queue_tells_of_something_else) {
  const auto soft = queued(*find_icmp(IpVersion::v4, 11, 0), v4.router);
  const auto refused =
      verdict_of(SocketReport{.error_code = ECONNREFUSED, .queue = {&soft, 1}}, context(v4));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->state, PortState::closed);
  EXPECT_EQ(refused->cause.kind, CauseKind::rst);
  const auto open = verdict_of(SocketReport{.tcp_state = 1, .queue = {&soft, 1}}, context(v4));
  ASSERT_TRUE(open);
  EXPECT_EQ(open->state, PortState::open);
}

TEST(VerdictOfConnect, passes_over_entries_that_are_no_verdict) {
  const std::array queue{queued(*find_icmp(IpVersion::v4, 3, 4), v4.router),
                         QueuedError{.origin = ErrorOrigin::local, .error_code = EMSGSIZE},
                         queued(*find_icmp(IpVersion::v4, 3, 13), v4.router)};
  const auto verdict = verdict_of(SocketReport{.tcp_state = 2, .queue = queue}, context(v4));
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->cause.icmp->code, 13);
}

TEST(VerdictOfRefusal, keeps_the_failure_and_says_nothing_of_the_target) {
  const Failure failure{"connect", EPERM, "to 198.51.100.10"};
  const auto verdict = verdict_of(failure);
  EXPECT_EQ(verdict.state, PortState::unknown);
  EXPECT_EQ(verdict.error_code, EPERM);
  EXPECT_EQ(verdict.cause.kind, CauseKind::system);
  EXPECT_EQ(verdict.cause.failure, failure);
}

// ----------------------------------------------------------------------------- raw sockets

TEST(VerdictOfIcmp, says_what_connect_would_have_got_of_every_row) {
  for_every_row([](const IcmpCause& row, const Places& in) {
    const auto octets = message(row.type, row.last_code);
    const auto verdict = verdict_of_icmp(octets, in.router, context(in), Protocol::tcp);
    ASSERT_EQ(verdict.has_value(), row.state.has_value());
    if (!verdict) return;
    EXPECT_EQ(verdict->state, row.state);
    EXPECT_EQ(verdict->error_code, row.connect_errno);
    EXPECT_EQ(verdict->cause.kind, CauseKind::icmp);
    EXPECT_EQ(verdict->cause.from, in.router);
    EXPECT_EQ(verdict->cause.icmp->name, row.name);
  });
}

TEST(VerdictOfIcmp, calls_a_udp_port_closed_when_the_target_itself_says_so) {
  for (const auto* in : {&v4, &v6}) {
    const auto octets = in->target.is_v4() ? message(3, 3) : message(1, 4);
    const auto of = [&](const Address& from, Protocol protocol) {
      return verdict_of_icmp(octets, from, context(*in), protocol)->state;
    };
    EXPECT_EQ(of(in->target, Protocol::udp), PortState::closed);
    EXPECT_EQ(of(in->router, Protocol::udp), PortState::rejected);
    EXPECT_EQ(of(in->target, Protocol::tcp), PortState::rejected);
  }
}

TEST(VerdictOfIcmp, tells_a_connected_udp_socket_s_errno) {
  for_every_row([](const IcmpCause& row, const Places& in) {
    const auto octets = message(row.type, row.code);
    const auto verdict = verdict_of_icmp(octets, in.router, context(in), Protocol::udp);
    if (verdict) {
      EXPECT_EQ(verdict->error_code, row.recverr_errno);
    }
  });
}

TEST(VerdictOfIcmp, takes_an_unlisted_error_of_icmpv6_for_one_as_linux_does) {
  const auto verdict = verdict_of_icmp(message(99, 7), v6.router, context(v6), Protocol::tcp);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->state, PortState::unreachable);
  EXPECT_EQ(verdict->error_code, EPROTO);
  EXPECT_FALSE(verdict_of_icmp(message(200, 0), v6.router, context(v6), Protocol::tcp));
  EXPECT_FALSE(verdict_of_icmp(message(99, 7), v4.router, context(v4), Protocol::tcp));
}

TEST(VerdictOfIcmp, says_nothing_of_a_message_that_is_cut) {
  const auto octets = message(3, 13);
  EXPECT_FALSE(verdict_of_icmp(Bytes{octets}.first(7), v4.router, context(v4), Protocol::tcp));
}

TEST(Verdict, calls_a_neighbour_silent_even_if_the_deadline_was_earlier_than_the_system) {
  const VerdictContext context{.target = *Address::parse("192.0.2.9"),
                               .source = Address::parse("192.0.2.1").value()};
  SocketReport report{.error_code = ETIMEDOUT};
  EXPECT_EQ(verdict_of(report, context)->state, PortState::filtered);
  report.neighbor_silent = true;
  const auto verdict = verdict_of(report, context);
  EXPECT_EQ(verdict->state, PortState::unreachable);
  EXPECT_EQ(verdict->error_code, ETIMEDOUT);
  EXPECT_EQ(verdict->cause.kind, CauseKind::neighbor);
  EXPECT_EQ(verdict->cause.from, context.source);
}

}  // namespace
}  // namespace sonda
