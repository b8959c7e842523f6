// Events from JSON.
#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include <sonda/core/errno_name.hpp>
#include <sonda/record/json_lines.hpp>
#include <sonda/record/printable.hpp>
#include <sonda/wire/address_text.hpp>

#include "event_fields.hpp"
#include "json_words.hpp"

namespace sonda::inline v0::record {
namespace {

using Json = nlohmann::ordered_json;  // a plan keeps its order

// Thrown and caught in this file: nlohmann's own accessors throw too, and one handler names both.
struct WrongField : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// nlohmann's sentences begin with "[json.exception.type_error.302] ".
std::string without_prefix(std::string_view sentence) {
  const auto end = sentence.starts_with("[json") ? sentence.find("] ") : std::string_view::npos;
  return std::string{sentence.substr(end == std::string_view::npos ? 0 : end + 2)};
}

// What stands there instead, in a few words; arrays may be too deep to be written out.
std::string shown(const Json& in) {
  constexpr std::size_t most = 60;
  if (in.is_structured()) return in.type_name();
  auto text = in.dump(-1, ' ', true);
  if (text.size() > most) text.replace(most, std::string::npos, "...");
  return text;
}

std::int64_t from_ms(const Json& value) {
  const auto ns = value.get<double>() * 1e6;
  if (!(std::abs(ns) < 9e18)) throw WrongField{"not a duration: " + shown(value)};
  return std::llround(ns);
}

void read(const Json& in, std::string& out) { out = in.get<std::string>(); }
void read(const Json& in, bool& out) { out = in.get<bool>(); }
void read(const Json& in, Duration& out) { out = Duration{from_ms(in)}; }
void read(const Json& in, Address& out) {
  const auto parsed = Address::parse(in.get<std::string>());
  if (!parsed) throw WrongField{"not an address: " + shown(in)};
  out = *parsed;
}
template <typename T, std::size_t n>
void read_word(const Json& in, const Words<T, n>& words, T& out) {
  const auto value = value_of(words, in.get<std::string>());
  if (!value) throw WrongField{"not a word of the schema: " + shown(in)};
  out = *value;
}
void read(const Json& in, StampClock& out) { read_word(in, clock_words, out); }
void read(const Json& in, DropPlace& out) { read_word(in, place_words, out); }
void read(const Json& in, ForeignReason& out) { read_word(in, reason_words, out); }
void read(const Json& in, CauseKind& out) { read_word(in, cause_words, out); }
void read(const Json& in, Whose& out) { read_word(in, whose_words, out); }
void read(const Json& in, NoticeKind& out) { read_word(in, notice_words, out); }
void read(const Json& in, Protocol& out) { read_word(in, protocol_words, out); }
void read(const Json& in, PortState& out) {
  const auto text = in.get<std::string>();
  for (std::size_t i = 0; i < ScanSummary::states; ++i) {
    out = static_cast<PortState>(i);
    if (name(out) == text) return;
  }
  throw WrongField{"not a state of a port: " + shown(in)};
}
void read(const Json& in, double& out) { out = in.get<double>(); }
void read(const Json& in, QuotedField& out) {
  const auto text = in.get<std::string>();
  for (std::size_t i = 0; i < quoted_field_count; ++i) {
    out = static_cast<QuotedField>(i);
    if (name(out) == text) return;
  }
  throw WrongField{"not a field of a header: " + shown(in)};
}
template <std::unsigned_integral T>
void read(const Json& in, T& out) {
  if (!in.is_number_unsigned() || in.get<std::uint64_t>() > std::numeric_limits<T>::max())
    throw WrongField{"not a number in range: " + shown(in)};
  out = in.get<T>();
}
template <typename Tag, typename T>
void read(const Json& in, Strong<Tag, T>& out) {
  T value{};
  read(in, value);
  out = Strong<Tag, T>{value};
}
void read(const Json& in, QuotedValue& out) {
  if (in.is_string())
    read(in, out.emplace<Address>());
  else
    read(in, out.emplace<std::uint64_t>());
}
void read(const Json& in, std::vector<std::pair<std::string, PlanValue>>& out) {
  for (const auto& [name, value] : in.items()) {
    if (value.is_boolean())
      out.emplace_back(name, value.get<bool>());
    else if (value.is_number_integer())
      out.emplace_back(name, value.get<std::int64_t>());
    else if (value.is_number())
      out.emplace_back(name, value.get<double>());
    else
      out.emplace_back(name, value.get<std::string>());
  }
}
template <typename T>
void read(const Json& in, std::optional<T>& out);
template <typename T>
void read(const Json& in, std::vector<T>& out);
template <typename T, std::size_t n>
void read(const Json& in, std::array<T, n>& out);
class Reader;
template <typename Part>
concept HasFields = requires(Reader& reader, Part& part) { fields(reader, part); };
template <HasFields Part>
void read(const Json& in, Part& part);

class Reader {
 public:
  explicit Reader(const Json& in) : in_{in} {}

  void operator()(const char* name, auto& value) {
    at(name, [&](const Json& field) { read(field, value); });
  }
  void if_there(const char* name, auto& value) {
    if (in_.contains(name)) (*this)(name, value.emplace());
  }
  void unless_empty(const char* name, std::string& value) {
    if (in_.contains(name)) (*this)(name, value);
  }
  void unless_none(const char* name, auto& values) {
    if (in_.contains(name)) (*this)(name, values);
  }
  void error_name(const char* name, int& number) {
    at(name, [&](const Json& field) {
      if (field.is_null()) return;
      const auto text = field.get<std::string>();
      if (const auto known = errno_number(text)) {
        number = *known;
        return;
      }
      const auto* const end = text.data() + text.size();
      if (!text.starts_with('E') || std::from_chars(text.data() + 1, end, number).ptr != end ||
          number <= 0)
        throw WrongField{"not an errno: " + shown(field)};
    });
  }
  void sample(std::optional<RttSample>& sample) {
    if (in_.contains("rtt_ms") && in_.at("rtt_ms").is_null()) return;
    sample.emplace();
    (*this)("rtt_ms", sample->rtt);
    (*this)("rtt_error_ms", sample->error);
    (*this)("clock", sample->clock);
  }
  void milliseconds(const char* name, std::int64_t& ns) {
    at(name, [&](const Json& field) { ns = from_ms(field); });
  }
  void octets(const char* name, std::vector<std::uint8_t>& octets) {
    at(name, [&](const Json& field) {
      const auto text = field.get<std::string>();
      for (std::size_t i = 0; i < text.size(); i += 2) {
        std::uint8_t octet = 0;
        const auto* const end = text.data() + i + 2;
        if (i + 2 > text.size() || std::from_chars(text.data() + i, end, octet, 16).ptr != end)
          throw WrongField{"not hexadecimal: " + text};
        octets.push_back(octet);
      }
    });
  }
  void nested(const char* name, auto body) {
    at(name, [&](const Json& field) {
      Reader inner{field};
      body(inner);
    });
  }
  void escaped(const char* name, std::optional<std::string>& octets) {
    at(name, [&](const Json& field) {
      if (field.is_null()) return;
      octets = octets_of(field.get<std::string>());
      if (!octets) throw WrongField{"not as printable() writes: " + shown(field)};
    });
  }
  void derived(const char*, auto) {}

 private:
  // Names the field in whatever `body` throws.
  void at(const char* name, auto body) {
    if (!in_.contains(name)) throw WrongField{std::string{name} + ": missing"};
    try {
      body(in_.at(name));
    } catch (const std::exception& error) {
      throw WrongField{std::string{name} + ": " + without_prefix(error.what())};
    }
  }

  const Json& in_;
};

template <HasFields Part>
void read(const Json& in, Part& part) {
  if (!in.is_object()) throw WrongField{"not an object: " + shown(in)};
  Reader reader{in};
  fields(reader, part);
}
template <typename T>
void read(const Json& in, std::optional<T>& out) {
  if (in.is_null())
    out.reset();
  else
    read(in, out.emplace());
}
template <typename T>
void read(const Json& in, std::vector<T>& out) {
  if (!in.is_array()) throw WrongField{"not an array: " + shown(in)};
  for (const auto& element : in) read(element, out.emplace_back());
}

template <typename T, std::size_t n>
void read(const Json& in, std::array<T, n>& out) {
  if (!in.is_array() || in.size() > n) throw WrongField{"not such an array: " + shown(in)};
  for (std::size_t i = 0; i < in.size(); ++i) read(in[i], out[i]);
}

// Tries each kind of happening in turn until the word fits.
template <std::size_t i = 0>
Happening read_happening(std::string_view word, std::string_view tool, const Json& in) {
  if constexpr (i == std::variant_size_v<Happening>) {
    throw WrongField{"event: not a word of the schema: " + std::string{word.substr(0, 60)}};
  } else {
    using Kind = std::variant_alternative_t<i, Happening>;
    if (word != event_word_of<Kind> || !belongs_to<Kind>(tool))
      return read_happening<i + 1>(word, tool, in);
    Kind event;
    read(in, event);
    return event;
  }
}

}  // namespace

std::expected<RecordedEvent, std::string> from_json(std::string_view line) {
  try {
    const auto in = Json::parse(line);
    if (!in.is_object()) throw WrongField{"not an object"};
    RecordedEvent out;
    Reader reader{in};
    std::string event;
    std::string time;
    reader("event", event);
    reader("tool", out.context.tool);
    reader("target", out.context.target);
    reader("address", out.context.address);
    reader("time", time);
    const auto moment = from_rfc3339(time);
    if (!moment) throw WrongField{moment.error()};
    out.occurrence.unix_ns = *moment;
    reader.unless_empty("name", out.occurrence.name);
    if (in.contains("frames")) reader("frames", out.occurrence.frames);
    out.occurrence.event.what = read_happening(event, out.context.tool, in);
    if (auto* const port = std::get_if<PortResult>(&out.occurrence.event.what)) {
      port->address = out.context.address;
      if (out.context.target != to_text(port->address).view()) port->target = out.context.target;
    }
    return out;
  } catch (const std::exception& error) {
    return std::unexpected{printable(without_prefix(error.what()))};
  }
}

}  // namespace sonda::inline v0::record
