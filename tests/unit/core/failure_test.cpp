// What the operating system refused, as a sentence; errno names both ways.
#include <cerrno>
#include <set>

#include <gtest/gtest.h>

#include <sonda/core/errno_name.hpp>
#include <sonda/core/failure.hpp>

namespace sonda {
namespace {

static_assert(errno_name(ECONNREFUSED) == "ECONNREFUSED");
static_assert(errno_number("EHOSTUNREACH") == EHOSTUNREACH);

TEST(Failure, says_what_was_tried_on_what_and_why_it_failed) {
  const Failure failure{"send", EPERM, "to 192.0.2.1"};
  EXPECT_EQ(failure.message(), "send to 192.0.2.1: Operation not permitted (EPERM)");
}

TEST(Failure, leaves_out_what_it_does_not_know) {
  EXPECT_EQ((Failure{"open a raw socket", EACCES, {}}).message(),
            "open a raw socket: Permission denied (EACCES)");
  EXPECT_EQ((Failure{"find a route", 0, "to 192.0.2.1"}).message(), "find a route to 192.0.2.1");
  EXPECT_EQ((Failure{"wait", 4096, {}}).message(), "wait: Unknown error 4096");
}

TEST(ErrnoName, knows_what_sockets_return_when_icmp_speaks) {
  for (const auto* text :
       {"ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENOPROTOOPT", "EMSGSIZE",
        "EOPNOTSUPP", "ENONET", "EPROTO", "EACCES", "ETIMEDOUT"})
    EXPECT_TRUE(errno_number(text).has_value()) << text;
}

TEST(ErrnoName, is_the_inverse_of_errno_number_and_names_nothing_twice) {
  std::set<std::string_view> names;
  std::set<int> numbers;
  for (const auto& [number, text] : detail::errno_names) {
    EXPECT_EQ(errno_name(number), text);
    EXPECT_EQ(errno_number(text), number);
    names.insert(text);
    numbers.insert(number);
  }
  EXPECT_EQ(names.size(), detail::errno_names.size());
  EXPECT_EQ(numbers.size(), detail::errno_names.size());
}

TEST(ErrnoName, has_no_name_for_success_or_for_strangers) {
  EXPECT_EQ(errno_name(0), "");
  EXPECT_EQ(errno_name(-1), "");
  EXPECT_EQ(errno_name(4096), "");
  EXPECT_FALSE(errno_number("ENOSUCHTHING"));
  EXPECT_FALSE(errno_number(""));
  EXPECT_FALSE(errno_number("econnrefused"));
}

}  // namespace
}  // namespace sonda
