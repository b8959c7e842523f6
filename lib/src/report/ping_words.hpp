// The small words of ping's lines and of its summary. Private to the report.
#pragma once
#include <string>
#include <string_view>

#include <sonda/event/event.hpp>

namespace sonda::inline v0::report {

[[nodiscard]] std::string address_text(const Address& address);
// Milliseconds with a dot in every locale: "10.214".
[[nodiscard]] std::string ms_text(Duration value, int decimals = 3);
[[nodiscard]] std::string_view clock_word(StampClock clock);
[[nodiscard]] std::string_view foreign_words(ForeignReason reason);
// "reply ttl 62 -> 61: the way back has become one hop longer"
[[nodiscard]] std::string reply_ttl_words(const Change& change);

}  // namespace sonda::inline v0::report
