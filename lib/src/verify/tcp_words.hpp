// Words and small questions that the judges of a port share. Private to the layer.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include <sonda/core/errno_name.hpp>
#include <sonda/event/words.hpp>
#include <sonda/wire/icmp_catalogue.hpp>

#include "tcp_port.hpp"

namespace sonda::inline v0::verify {

[[nodiscard]] inline std::string_view word_of(CauseKind kind) {
  for (const auto& [value, word] : cause_words)
    if (value == kind) return word;
  return {};
}
[[nodiscard]] inline std::string errno_text(int number) {
  return number == 0 ? std::string{"none"} : std::string{errno_name(number)};
}
[[nodiscard]] inline const IcmpCause* row_of(const IcmpReport& icmp) {
  return find_icmp(icmp.version == 4 ? IpVersion::v4 : IpVersion::v6, icmp.type, icmp.code);
}
[[nodiscard]] inline bool is_answer(CauseKind kind) {
  return kind == CauseKind::answer || kind == CauseKind::rst || kind == CauseKind::icmp;
}
[[nodiscard]] inline CauseKind kind_of(AnswerKind kind) {
  return kind == AnswerKind::syn_ack ? CauseKind::answer
         : kind == AnswerKind::rst   ? CauseKind::rst
                                     : CauseKind::icmp;
}

// When the verdict was reached, by the frames' clock. Precondition: a SYN was seen.
[[nodiscard]] inline std::int64_t moment_of(const TcpPort& port) {
  return port.syns.front().at.unix_ns + port.told->result.took.count();
}

}  // namespace sonda::inline v0::verify
