// A ping for people, line by line.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include <sonda/core/errno_name.hpp>
#include <sonda/record/printable.hpp>
#include <sonda/report/layout.hpp>
#include <sonda/report/ping_text.hpp>
#include <sonda/wire/address_text.hpp>
#include <sonda/wire/icmp_catalogue.hpp>
#include <sonda/wire/icmp_interface.hpp>

#include "ping_words.hpp"

namespace sonda::inline v0::report {
namespace {

using record::printable;

// Where our own facts stand, below the line they belong to.
constexpr std::size_t indent = 5;

constexpr std::string_view red = "31";
constexpr std::string_view yellow = "33";

std::string fact(std::string_view sentence) { return wrapped(sentence, indent); }

const IcmpCause* cause_of(const IcmpReport& icmp) {
  return find_icmp(icmp.version == 4 ? IpVersion::v4 : IpVersion::v6, icmp.type, icmp.code);
}

// iputils' words for the message, with its number in place of the braces.
std::string ping_words(const IcmpReport& icmp) {
  const auto* cause = cause_of(icmp);
  if (cause == nullptr || cause->ping.empty())
    return fmt::format("ICMP type {}, code {}", icmp.type, icmp.code);
  std::string number;
  switch (cause->field) {
    case IcmpField::mtu:
      number = std::to_string(icmp.mtu.value_or(0));
      break;
    case IcmpField::pointer:
      number = std::to_string(icmp.pointer.value_or(0));
      break;
    case IcmpField::gateway:
      number = icmp.gateway ? address_text(*icmp.gateway) : "?";
      break;
    case IcmpField::code:
      number = std::to_string(icmp.code);
      break;
    case IcmpField::none:
      break;
  }
  std::string words{cause->ping};
  if (const auto at = words.find("{}"); at != std::string::npos) words.replace(at, 2, number);
  return words;
}

// Whom our system tells of it by that errno. A ping socket asks for every error; few programs do.
std::string_view who_gets(const IcmpError& error) {
  const auto* cause = cause_of(error.icmp);
  if (cause == nullptr || cause->connect_errno == error.error_code) return "a program";
  if (cause->udp_errno == error.error_code) return "a program with UDP";
  return error.icmp.version == 4 ? "a program with IP_RECVERR" : "a program with IPV6_RECVERR";
}

std::string describe(const MplsReport& mpls) {
  return fmt::format("MPLS label {}, TC {}, {}TTL {}", mpls.label, mpls.traffic_class,
                     mpls.bottom_of_stack ? "bottom of stack, " : "", mpls.ttl.value());
}

std::string describe(const InterfaceReport& interface) {
  constexpr std::array<std::string_view, 4> roles{"came in by", "came in by part", "would leave by",
                                                  "next hop is"};
  std::string out = fmt::format("{} interface", roles[interface.role & 3]);
  if (!interface.name.empty()) out += ' ' + printable(interface.name);
  if (interface.index) out += fmt::format(", index {}", *interface.index);
  if (interface.address) out += ", " + address_text(*interface.address);
  if (interface.mtu) out += fmt::format(", MTU {}", *interface.mtu);
  return out;
}

std::string value_text(const QuotedValue& value) {
  if (const auto* address = std::get_if<Address>(&value)) return address_text(*address);
  return std::to_string(std::get<std::uint64_t>(value));
}

// " 3 4", " 3-8 11": three and more in a row in short.
std::string numbers(const std::vector<std::uint64_t>& all) {
  std::string out;
  for (std::size_t i = 0; i < all.size();) {
    auto end = i + 1;
    while (end < all.size() && all[end] == all[end - 1] + 1) ++end;
    if (end - i > 2) {
      out += fmt::format(" {}-{}", all[i], all[end - 1]);
      i = end;
    } else {
      out += fmt::format(" {}", all[i++]);
    }
  }
  return out;
}

std::size_t width_without_color(std::string_view text) {
  std::string plain;
  for (bool escaped = false; const char octet : text) {
    if (octet == '\x1b') escaped = true;
    if (!escaped) plain += octet;
    if (octet == 'm') escaped = false;
  }
  return display_width(plain);
}

// As iputils says it.
std::string wrong_byte(std::size_t at, std::uint8_t was, std::uint8_t is) {
  return fmt::format("wrong data byte #{} should be 0x{:x} but was 0x{:x}\n", at, was, is);
}

}  // namespace

std::string address_text(const Address& address) { return std::string{to_text(address).view()}; }

PingText::PingText(PingTextOptions options)
    : options_{std::move(options)}, label_{printable(options_.target)} {
  names_[options_.address] = label_;
}

std::string PingText::operator()(const Occurrence& occurrence) {
  now_ = &occurrence;
  return std::visit(
      [this](const auto& event) {
        if constexpr (requires { text(event); }) return text(event);
        return std::string{};  // of another tool
      },
      occurrence.event.what);
}

std::string PingText::stamp() const {
  if (!options_.timestamps) return {};
  const auto us = now_->unix_ns / 1'000;
  return fmt::format("[{}.{:06}] ", us / 1'000'000, us % 1'000'000);
}

std::string PingText::colored(const char* code, const std::string& word) const {
  return options_.color ? fmt::format("\x1b[{}m{}\x1b[0m", code, word) : word;
}

// "web (10.0.2.2)" where a name is known or was typed, else the number alone.
std::string PingText::who(const Address& from, bool always_number) {
  const auto number = address_text(from);
  if (!now_->name.empty() && from != options_.address) names_[from] = printable(now_->name);
  const auto known = names_.find(from);
  if (known == names_.end() || known->second == number) return number;
  return always_number ? fmt::format("{} ({})", known->second, number) : known->second;
}

std::string PingText::text(const Sent& sent) {
  // Answers that come after so many other probes do without the frames of theirs.
  constexpr std::size_t most_remembered = 65'536;
  if (!options_.frames || now_->frames.empty()) return {};
  sent_in_[sent.probe] = now_->frames;
  if (sent_in_.size() > most_remembered) sent_in_.erase(sent_in_.begin());
  return {};
}

// "[frames 3 4]": what shows the probe, and what shows the event.
std::string PingText::frames(std::optional<ProbeId> probe) const {
  if (!options_.frames) return {};
  std::vector<std::uint64_t> all;
  if (probe)
    if (const auto sent = sent_in_.find(*probe); sent != sent_in_.end()) all = sent->second;
  all.insert(all.end(), now_->frames.begin(), now_->frames.end());
  if (all.empty()) return "[no frames]";
  return fmt::format("[frame{}{}]", all.size() == 1 ? "" : "s", numbers(all));
}

// Behind the line where they fit, else below it.
std::string PingText::with_frames(std::string line, std::optional<ProbeId> probe) const {
  const auto shown = frames(probe);
  if (shown.empty()) return line + '\n';
  if (width_without_color(line) + 1 + display_width(shown) <= page_width)
    return line + ' ' + shown + '\n';
  return line + '\n' + fact(shown);
}

std::string PingText::text(const Start& start) {
  const auto number = address_text(options_.address);
  datagram_ = start.mode == "datagram";
  std::string out;
  if (!options_.pattern.empty()) {
    out += "PATTERN: 0x";
    for (const auto octet : options_.pattern) out += fmt::format("{:02x}", octet);
    out += '\n';
  }
  if (options_.address.is_v4())
    out += fmt::format("PING {} ({}){} {}({}) bytes of data.\n", label_, number, options_.from,
                       options_.data_size, options_.data_size + 28);
  else
    out += fmt::format("PING {}({}){} {} data bytes\n", label_, number, options_.from,
                       options_.data_size);
  for (const auto& sentence : start.unknowable) out += fact(sentence);
  return out;
}

std::string PingText::text(const Reply& reply) {
  if (options_.quiet) return {};
  std::string out = stamp() + fmt::format("{} bytes from {}: icmp_seq={}", reply.bytes,
                                          who(reply.from), reply.sequence);
  if (reply.ttl) out += fmt::format(" ttl={}", reply.ttl->value());
  if (reply.rtt) out += fmt::format(" time={} ms", ms_text(reply.rtt->rtt));
  const auto mark = [&](bool holds, const char* word) {
    if (holds) out += ' ' + colored(yellow.data(), word);
  };
  mark(reply.duplicate, "(DUP!)");
  mark(reply.other_address, "(DIFFERENT ADDRESS!)");
  mark(reply.truncated, "(truncated)");
  mark(reply.late, "(late)");
  mark(reply.reordered, "(out of order)");
  out = with_frames(std::move(out), reply.probe);
  if (reply.corrupt_octet)
    out += wrong_byte(*reply.corrupt_octet, reply.corrupt_was, reply.corrupt_is);
  if (options_.verbose && reply.rtt)
    out += fact(fmt::format("measured by the {} clock, {} ms at most off",
                            clock_word(reply.rtt->clock), ms_text(reply.rtt->error, 6)));
  return out;
}

std::string PingText::text(const IcmpError& error) {
  if (options_.quiet) return {};
  std::string out = stamp() + fmt::format("From {} icmp_seq={} {}", who(error.from), error.sequence,
                                          colored(red.data(), ping_words(error.icmp)));
  if (error.duplicate) out += ' ' + colored(yellow.data(), "(DUP!)");
  if (error.late) out += ' ' + colored(yellow.data(), "(late)");
  out = with_frames(std::move(out), error.probe);
  const ErrorKey key{error.from, error.icmp.type, error.icmp.code};
  if (options_.verbose || explained_.insert(key).second) out += details(error);
  return out;
}

// In full, once for each sender and message.
std::string PingText::details(const IcmpError& error) const {
  const auto* cause = cause_of(error.icmp);
  std::string sentence = fmt::format("ICMP {}/{}, {}", error.icmp.type, error.icmp.code,
                                     cause != nullptr ? cause->title : "which no RFC defines");
  if (error.rtt) sentence += fmt::format(", after {} ms", ms_text(error.rtt->rtt));
  const auto name = errno_name(error.error_code);
  sentence += name.empty() ? "; a program would be told nothing"
                           : fmt::format("; {} would get {}", who_gets(error), name);
  std::string out = fact(sentence);
  // Without an IP header of its own a datagram socket cannot say how much it was.
  const auto whole = options_.data_size + (error.from.is_v4() ? 28 : 48);
  if (!datagram_ && error.quoted_octets > 0 && (options_.verbose || error.quoted_octets < whole))
    out += fact(fmt::format("it quotes {} octets of our {}", error.quoted_octets, whole));
  if (error.neighbor)
    out +=
        fact(fmt::format("our own system says so: the next hop does not answer {}, and no "
                         "ICMP was on the wire but our own on lo",
                         error.from.is_v4() ? "ARP" : "neighbour solicitation"));
  if (error.icmp.extensions) {
    for (const auto& label : error.icmp.extensions->mpls) out += fact(describe(label));
    for (const auto& interface : error.icmp.extensions->interfaces)
      out += fact("the packet " + describe(interface));
    for (const auto& object : error.icmp.extensions->unknown)
      out += fact(fmt::format("extension object of class {}, type {}, {} octets",
                              object.class_number, object.class_type, object.octets.size()));
  }
  if (!error.icmp.extension_fault.empty())
    out += fact("it promises extensions that cannot be read: " + error.icmp.extension_fault);
  for (const auto& change : error.quoted_changes)
    out += fact(fmt::format("the path changed our packet: {} {} -> {}", sonda::name(change.field),
                            value_text(change.was), value_text(change.is)));
  return out;
}

std::string PingText::text(const Lost& lost) {
  if (!options_.verbose || options_.quiet) return {};
  return stamp() + fmt::format("icmp_seq={} {}\n", lost.sequence,
                               colored(red.data(), "given up: no answer in time"));
}

std::string PingText::text(const Outstanding& outstanding) {
  if (options_.quiet) return {};
  return stamp() + fmt::format("no answer yet for icmp_seq={}\n", outstanding.sequence);
}

std::string PingText::text(const Foreign& foreign) {
  if (!options_.verbose || options_.quiet) return {};
  return with_frames(
      stamp() + fmt::format("From {} icmp_seq={} {}: {}", who(foreign.from),
                            foreign.wire_sequence.value_or(0), colored(yellow.data(), "not ours"),
                            foreign_words(foreign.reason)),
      std::nullopt);
}

std::string PingText::text(const Corrupt& corrupt) {
  if (options_.quiet) return {};
  std::string out = with_frames(
      stamp() + fmt::format("From {} icmp_seq={} {}", who(corrupt.from),
                            corrupt.sequence ? std::to_string(*corrupt.sequence) : std::string{"?"},
                            colored(red.data(), "(BAD CHECKSUM!)")),
      std::nullopt);
  if (corrupt.octet) out += wrong_byte(*corrupt.octet, corrupt.was, corrupt.is);
  return out;
}

std::string PingText::text(const Refused& refused) {
  if (options_.quiet) return {};
  return wrapped(
      stamp() + fmt::format("icmp_seq={} {}: {}", refused.sequence, colored(red.data(), "not sent"),
                            printable(refused.failure.message())),
      0);
}

std::string PingText::text(const Change& change) {
  if (options_.quiet) return {};
  if (change.what == "reply_ttl") return fact(reply_ttl_words(change));
  if (change.what == "path_mtu")
    return fact(fmt::format("path MTU {}{}: what is larger leaves in fragments from now on",
                            change.was.empty() ? "" : change.was + " -> ", change.is));
  return fact(fmt::format("{} {} -> {}", change.what, change.was, change.is));
}

std::string PingText::text(const ClockStep& step) {
  if (options_.quiet) return {};
  const auto seconds = static_cast<double>(step.step_ns) / 1e9;
  return fact(
      fmt::format("the system's clock jumped {:.3f} s {} (set, or the machine slept); round-trip "
                  "times do not suffer from it",
                  std::abs(seconds), seconds < 0 ? "back" : "forward"));
}

std::string PingText::text(const Drops& drops) {
  if (drops.place == DropPlace::capture) lost_frames_ += drops.count;
  if (summed_up_ && drops.place == DropPlace::capture) return about_lost_frames();
  if (options_.quiet) return {};
  if (drops.place == DropPlace::capture)
    return fact(fmt::format("the capture lacks {} packet{}: no room, or another interface",
                            drops.count, drops.count == 1 ? "" : "s"));
  return fact(fmt::format("our own system dropped {} received packet{} before we could read {}",
                          drops.count, drops.count == 1 ? "" : "s",
                          drops.count == 1 ? "it" : "them"));
}

}  // namespace sonda::inline v0::report
