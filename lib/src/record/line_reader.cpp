// The scanner of the canonical layout. It knows no white space, no escapes, no other order.
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstring>
#include <limits>

#include <sonda/record/line_reader.hpp>

#include "json_words.hpp"

namespace sonda::inline v0::record {

// Every function returns false where the line is not as expected; then from_json() has to read it.
class LineReader::Scanner {
 public:
  Scanner(LineReader& reader, std::string_view line) : reader_{reader}, rest_{line} {}

  [[nodiscard]] RecordedEvent* read() {
    if (skip(R"({"event":"sent",)"))
      return context(reader_.sent_) && sent(std::get<Sent>(reader_.sent_.occurrence.event.what)) &&
                     end(reader_.sent_)
                 ? &reader_.sent_
                 : nullptr;
    if (skip(R"({"event":"reply",)"))
      return context(reader_.reply_) &&
                     reply(std::get<Reply>(reader_.reply_.occurrence.event.what)) &&
                     end(reader_.reply_)
                 ? &reader_.reply_
                 : nullptr;
    return nullptr;
  }

 private:
  bool skip(std::string_view literal) {
    if (!rest_.starts_with(literal)) return false;
    rest_.remove_prefix(literal.size());
    return true;
  }

  // What stands in quotation marks: printable ASCII without any escape.
  bool quoted(std::string_view& out) {
    if (!skip("\"")) return false;
    std::size_t size = 0;
    while (size < rest_.size() && rest_[size] >= ' ' && rest_[size] <= '~' && rest_[size] != '"' &&
           rest_[size] != '\\')
      ++size;
    if (size == rest_.size() || rest_[size] != '"') return false;
    out = rest_.substr(0, size);
    rest_.remove_prefix(size + 1);
    return true;
  }
  bool text(std::string& out) {
    std::string_view found;
    if (!quoted(found)) return false;
    out = found;
    return true;
  }

  bool address(KnownAddress& known, Address& out) {
    std::string_view found;
    if (!quoted(found)) return false;
    if (found != known.text) {
      const auto parsed = Address::parse(found);
      if (!parsed) return false;
      known.text = found;
      known.address = *parsed;
    }
    out = known.address;
    return true;
  }

  bool time(std::int64_t& out) {
    constexpr std::size_t to_minute = 16;  // "2026-03-01T12:00"
    std::string_view found;
    if (!quoted(found) || found.size() != 30) return false;
    if (found.substr(0, to_minute) != reader_.minute_) {
      const auto begin = from_rfc3339(std::string{found.substr(0, to_minute)} + ":00.000000000Z");
      if (!begin || std::abs(*begin) > std::numeric_limits<std::int64_t>::max() / 2) return false;
      reader_.minute_ = found.substr(0, to_minute);
      reader_.minute_ns_ = *begin;
    }
    const auto digits = [&found](std::size_t at, std::size_t size, std::int64_t& value) {
      value = 0;
      for (std::size_t i = at; i < at + size; ++i) {
        if (found[i] < '0' || found[i] > '9') return false;
        value = value * 10 + (found[i] - '0');
      }
      return true;
    };
    std::int64_t second = 0, ns = 0;
    if (found[16] != ':' || found[19] != '.' || found[29] != 'Z' || !digits(17, 2, second) ||
        !digits(20, 9, ns) || second > 59)
      return false;
    out = reader_.minute_ns_ + second * 1'000'000'000 + ns;
    return true;
  }

  // As JSON has it: no sign, no leading zero.
  template <std::unsigned_integral T>
  bool number(T& out) {
    const auto [end, fault] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out);
    const auto size = static_cast<std::size_t>(end - rest_.data());
    if (fault != std::errc{} || (size > 1 && rest_[0] == '0')) return false;
    rest_.remove_prefix(size);
    return rest_.starts_with(',') || rest_.starts_with('}') || rest_.starts_with(']');
  }
  template <typename Tag, typename T>
  bool number(Strong<Tag, T>& out) {
    T value{};
    if (!number(value)) return false;
    out = Strong<Tag, T>{value};
    return true;
  }

  // Milliseconds: digits, and behind a dot digits again.
  bool duration(Duration& out) {
    std::size_t size = 0, dots = 0;
    const bool negative = rest_.starts_with('-');
    if (negative) size = 1;
    const auto begin = size;
    for (; size < rest_.size(); ++size) {
      const char c = rest_[size];
      if (c == '.' && size > begin && ++dots == 1) continue;
      if (c < '0' || c > '9') break;
    }
    const auto found = rest_.substr(0, size);
    if (size == begin || found.back() == '.' || dots > 1 || size > 24) return false;
    if (found[begin] == '0' && size > begin + 1 && found[begin + 1] != '.') return false;
    double ms = 0;
    if (std::from_chars(found.data(), found.data() + size, ms).ptr != found.data() + size)
      return false;
    const auto ns = ms * 1e6;
    if (!(std::abs(ns) < 9e18)) return false;
    out = Duration{std::llround(ns)};
    rest_.remove_prefix(size);
    return rest_.starts_with(',');
  }

  bool yes_or_no(bool& out) {
    out = skip("true");
    return out || skip("false");
  }

  bool context(RecordedEvent& out) {
    return skip(R"("tool":)") && text(out.context.tool) && skip(R"(,"target":)") &&
           text(out.context.target) && skip(R"(,"address":)") &&
           address(reader_.target_, out.context.address) && skip(R"(,"time":)") &&
           time(out.occurrence.unix_ns);
  }

  bool sent(Sent& out) {
    if (!skip(R"(,"probe":)") || !number(out.probe) || !skip(R"(,"seq":)") || !number(out.sequence))
      return false;
    out.octets_sha256.clear();
    return !skip(R"(,"octets_sha256":)") || text(out.octets_sha256);
  }

  bool reply(Reply& out) {
    if (!skip(R"(,"probe":)") || !number(out.probe) || !skip(R"(,"seq":)") ||
        !number(out.sequence) || !skip(R"(,"from":)") || !address(reader_.from_, out.from) ||
        !skip(R"(,"bytes":)") || !number(out.bytes) || !skip(R"(,"ttl":)"))
      return false;
    out.ttl.reset();
    if (!skip("null") && !number(out.ttl.emplace())) return false;
    return sample(out.rtt) && skip(R"(,"duplicate":)") && yes_or_no(out.duplicate) &&
           skip(R"(,"late":)") && yes_or_no(out.late) && skip(R"(,"reordered":)") &&
           yes_or_no(out.reordered) && skip(R"(,"other_address":)") &&
           yes_or_no(out.other_address) && skip(R"(,"truncated":)") && yes_or_no(out.truncated) &&
           damage(out);
  }

  bool sample(std::optional<RttSample>& out) {
    if (!skip(R"(,"rtt_ms":)")) return false;
    out.reset();
    if (skip("null")) return skip(R"(,"rtt_error_ms":null,"clock":null)");
    out.emplace();
    std::string_view word;
    if (!duration(out->rtt) || !skip(R"(,"rtt_error_ms":)") || !duration(out->error) ||
        !skip(R"(,"clock":)") || !quoted(word))
      return false;
    const auto clock = value_of(clock_words, word);
    if (clock) out->clock = *clock;
    return clock.has_value();
  }

  bool damage(Reply& out) {
    if (!skip(R"(,"corrupt_octet":)")) return false;
    out.corrupt_octet.reset();
    out.corrupt_was = out.corrupt_is = 0;
    if (skip("null")) return true;
    return number(out.corrupt_octet.emplace()) && skip(R"(,"corrupt_was":)") &&
           number(out.corrupt_was) && skip(R"(,"corrupt_is":)") && number(out.corrupt_is);
  }

  bool end(RecordedEvent& out) {
    out.occurrence.name.clear();
    if (skip(R"(,"name":)") && !text(out.occurrence.name)) return false;
    out.occurrence.frames.clear();
    if (skip(R"(,"frames":[)") && !numbers(out.occurrence.frames)) return false;
    return rest_ == "}";
  }
  bool numbers(std::vector<std::uint64_t>& out) {
    if (skip("]")) return true;
    do {
      if (!number(out.emplace_back())) return false;
    } while (skip(","));
    return skip("]");
  }

  LineReader& reader_;
  std::string_view rest_;
};

const RecordedEvent* LineReader::read(std::string_view line) {
  if (const auto* known = Scanner{*this, line}.read()) {
    ++scanned_;
    return known;
  }
  auto event = from_json(line);
  if (!event) {
    error_ = std::move(event.error());
    return nullptr;
  }
  other_ = std::move(*event);
  return &other_;
}

}  // namespace sonda::inline v0::record
