// Events to JSON.
#include <nlohmann/json.hpp>

#include <sonda/core/errno_name.hpp>
#include <sonda/core/version.hpp>
#include <sonda/record/json_lines.hpp>
#include <sonda/record/printable.hpp>
#include <sonda/wire/address_text.hpp>

#include "event_fields.hpp"
#include "json_words.hpp"

namespace sonda::inline v0::record {
namespace {

using Json = nlohmann::ordered_json;

double to_ms(std::int64_t ns) { return static_cast<double>(ns) / 1e6; }

Json json(const std::string& text) { return printable(text); }
Json json(bool value) { return value; }
Json json(double value) { return value; }
Json json(Duration value) { return to_ms(value.count()); }
Json json(const Address& value) { return std::string{to_text(value).view()}; }
Json json(QuotedField value) { return std::string{name(value)}; }
Json json(const QuotedValue& value) {
  if (const auto* address = std::get_if<Address>(&value)) return json(*address);
  return std::get<std::uint64_t>(value);
}
Json json(StampClock value) { return std::string{word(clock_words, value)}; }
Json json(DropPlace value) { return std::string{word(place_words, value)}; }
Json json(ForeignReason value) { return std::string{word(reason_words, value)}; }
Json json(CauseKind value) { return std::string{word(cause_words, value)}; }
Json json(Whose value) { return std::string{word(whose_words, value)}; }
Json json(NoticeKind value) { return std::string{word(notice_words, value)}; }
Json json(Protocol value) { return std::string{word(protocol_words, value)}; }
Json json(PortState value) { return std::string{name(value)}; }
template <std::integral T>
Json json(T value) {
  return value;
}
template <typename Tag, typename T>
Json json(const Strong<Tag, T>& value) {
  return value.value();
}
template <typename T>
Json json(const std::optional<T>& value);
template <typename T>
Json json(const std::vector<T>& values);
template <typename T, std::size_t n>
Json json(const std::array<T, n>& values);
Json json(const std::vector<std::pair<std::string, PlanValue>>& plan);
class Writer;
template <typename Part>
concept HasFields = requires(Writer& writer, const Part& part) { fields(writer, part); };
template <HasFields Part>
Json json(const Part& part);

class Writer {
 public:
  explicit Writer(Json& out) : out_{out} {}

  void operator()(const char* name, const auto& value) { out_[name] = json(value); }
  void if_there(const char* name, const auto& value) {
    if (value) out_[name] = json(*value);
  }
  void unless_empty(const char* name, const std::string& value) {
    if (!value.empty()) out_[name] = json(value);
  }
  void unless_none(const char* name, const auto& values) {
    if (!values.empty()) out_[name] = json(values);
  }
  void error_name(const char* name, int number) {
    if (number == 0) {
      out_[name] = nullptr;
    } else {
      const auto known = errno_name(number);
      out_[name] = known.empty() ? "E" + std::to_string(number) : std::string{known};
    }
  }
  void sample(const std::optional<RttSample>& sample) {
    out_["rtt_ms"] = sample ? json(sample->rtt) : Json{};
    out_["rtt_error_ms"] = sample ? json(sample->error) : Json{};
    out_["clock"] = sample ? json(sample->clock) : Json{};
  }
  void milliseconds(const char* name, std::int64_t ns) { out_[name] = to_ms(ns); }
  void octets(const char* name, const std::vector<std::uint8_t>& octets) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const auto octet : octets) text += {digits[octet >> 4], digits[octet & 15]};
    out_[name] = std::move(text);
  }
  void nested(const char* name, auto body) {
    Writer inner{out_[name] = Json::object()};
    body(inner);
  }
  void escaped(const char* name, const std::optional<std::string>& text) {
    out_[name] = json(text);  // printable() can be undone
  }
  void derived(const char* name, auto compute) { out_[name] = json(compute()); }

 private:
  Json& out_;
};

template <HasFields Part>
Json json(const Part& part) {
  Json out = Json::object();
  Writer writer{out};
  fields(writer, part);
  return out;
}
template <typename T>
Json json(const std::optional<T>& value) {
  return value ? json(*value) : Json{};
}
template <typename T>
Json json(const std::vector<T>& values) {
  Json out = Json::array();
  for (const auto& value : values) out.push_back(json(value));
  return out;
}
// Without the zeros at its end.
template <typename T, std::size_t n>
Json json(const std::array<T, n>& values) {
  auto size = n;
  while (size > 0 && values[size - 1] == 0) --size;
  Json out = Json::array();
  for (std::size_t i = 0; i < size; ++i) out.push_back(values[i]);
  return out;
}
Json json(const std::vector<std::pair<std::string, PlanValue>>& plan) {
  Json out = Json::object();
  for (const auto& [name, value] : plan)
    out[printable(name)] = std::visit([](const auto& v) { return json(v); }, value);
  return out;
}

}  // namespace

std::string to_json(const Occurrence& occurrence, const RunContext& context) {
  Json out;
  std::visit(
      [&out]<typename Event>(const Event&) { out["event"] = std::string{event_word_of<Event>}; },
      occurrence.event.what);
  out["tool"] = context.tool;
  const auto* const port = std::get_if<PortResult>(&occurrence.event.what);
  const auto& address = port != nullptr ? port->address : context.address;
  out["target"] = port == nullptr        ? json(context.target)
                  : port->target.empty() ? json(address)
                                         : json(port->target);
  out["address"] = json(address);
  out["time"] = to_rfc3339(occurrence.unix_ns);
  if (std::holds_alternative<Start>(occurrence.event.what)) {
    out["schema"] = schema_of(context.tool);
    out["version"] = version_text();
  }
  Writer writer{out};
  std::visit([&](const auto& event) { fields(writer, event); }, occurrence.event.what);
  if (!occurrence.name.empty()) out["name"] = printable(occurrence.name);
  if (!occurrence.frames.empty()) out["frames"] = json(occurrence.frames);
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sonda::inline v0::record
