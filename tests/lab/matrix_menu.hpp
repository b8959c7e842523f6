// The entries of the error menu, and a list of what does not do as the catalogue says.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/core/errno_name.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/icmp_catalogue.hpp>

#include "matrix_socket.hpp"

namespace sonda::testing {

struct Entry {
  const IcmpCause* row = nullptr;
  std::uint8_t code = 0;

  [[nodiscard]] bool v4() const { return row->version == IpVersion::v4; }
  [[nodiscard]] Address target(int manner = 1) const {
    const std::string dot = v4() ? "." : ":";
    return *Address::parse((v4() ? "10." : "fd00::") + std::to_string(row->type) + dot +
                           std::to_string(code) + dot + std::to_string(manner));
  }
  [[nodiscard]] std::string text() const {
    return std::string{v4() ? "ICMPv4 " : "ICMPv6 "} + std::to_string(row->type) + '/' +
           std::to_string(code) + ' ' + std::string{row->name};
  }
  [[nodiscard]] Address router() const {
    return *Address::parse(v4() ? "198.51.100.1" : "2001:db8:1::1");
  }
  // What is small enough passes "packet too big": only larger packets are told.
  [[nodiscard]] bool only_for_large() const {
    return row->field == IcmpField::mtu && code == row->code;
  }
  // ICMPv6's redirect and the answers of RFC 8335 are no errors: the menu just works there.
  [[nodiscard]] bool is_told() const {
    return v4() ? is_error(IcmpType{row->type}) : is_error(Icmpv6Type{row->type});
  }
};

inline std::vector<Entry> menu() {
  std::vector<Entry> out;
  for (const auto version : {IpVersion::v4, IpVersion::v6})
    for (const auto& row : icmp_catalogue(version))
      for (unsigned code = row.code; code <= row.last_code && code <= row.code + 2U; ++code)
        out.push_back({&row, static_cast<std::uint8_t>(code)});
  return out;
}

inline std::string errno_text(int number) {
  return number == 0 ? "nothing" : std::string{errno_name(number)};
}

// Where this kernel does not do what the catalogue says, in one line a row.
class Differences {
 public:
  void expect(const Entry& entry, const std::string& call, const std::string& found,
              const std::string& expected) {
    ++asked_;
    if (found != expected)
      lines_ +=
          entry.text() + ": " + call + " gets " + found + ", the catalogue says " + expected + '\n';
  }
  void expect_errno(const Entry& entry, const std::string& call, int found, int expected) {
    expect(entry, call, errno_text(found), errno_text(expected));
  }
  void expect_queued(const Entry& entry, const std::string& call,
                     const std::optional<Socket::Queued>& found, bool expected) {
    // What the message carries, where a call must know it.
    const auto carried = [&entry](std::uint32_t info) {
      return entry.row->field == IcmpField::mtu ? " mtu " + std::to_string(info) : std::string{};
    };
    constexpr std::uint32_t mtu = 1'280;
    const auto text = [&carried](int error, int type, int code, const Address& from,
                                 std::uint32_t info) {
      return errno_text(error) + ' ' + std::to_string(type) + '/' + std::to_string(code) +
             " from " + std::string{to_text(from).view()} + carried(info);
    };
    const auto wanted =
        expected ? text(entry.row->recverr_errno, entry.row->type, entry.code, entry.router(), mtu)
                 : "nothing";
    const auto got =
        found ? text(found->error, found->type, found->code, found->offender, found->info)
              : "nothing";
    expect(entry, call + ", its error queue", got, wanted);
  }
  Differences() = default;
  Differences(const Differences&) = delete;
  Differences& operator=(const Differences&) = delete;
  ~Differences() {
    EXPECT_GT(asked_, 0);
    if (!lines_.empty()) ADD_FAILURE() << "this kernel differs from the catalogue:\n" << lines_;
  }

 private:
  int asked_ = 0;
  std::string lines_;
};

}  // namespace sonda::testing
