// ICMPv4: any message looked at, every message that has a value written again.
#include <sonda/wire/icmp_catalogue.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv4_query.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

// A value that keeps the code octet, or a message whose code is zero, comes out as it went in.
template <typename Message>
void write_again(const Parsed<Message>& message, Bytes octets, bool keeps_code) {
  if (!message) return claim_honest(message.error(), octets.size());
  const auto again = emitted(message->size(), [&](MutableBytes room) { message->emit(room); });
  claim(again.size() <= octets.size());
  if (keeps_code || octets[1] == 0) claim(equal(again, octets.first(again.size())));
  auto summed = *message;
  summed.checksum = ChecksumField::computed();
  const auto right = emitted(summed.size(), [&](MutableBytes room) { summed.emit(room); });
  claim(Icmpv4View::parse(Bytes{right})->checksum_ok());
}

void write_error_again(const Icmpv4View& view) {
  const auto error = Icmpv4Error::parse(view.octets());
  claim(error.has_value() == view.is_error());
  if (!error) return;
  claim_within(error->quoted, view.body());
  claim_within(error->extensions, view.body());
  auto summed = *error;
  summed.checksum = ChecksumField::computed();
  const auto octets = emitted(summed.size(), [&](MutableBytes room) { summed.emit(room); });
  const auto again = Icmpv4View::parse(Bytes{octets});
  claim(again && again->checksum_ok() && again->type() == view.type());
  claim(again->code() == view.code() && again->next_hop_mtu() == view.next_hop_mtu());
  claim(again->pointer() == view.pointer() && again->gateway() == view.gateway());
  claim(again->quoted_length() == view.quoted_length());
  // Extensions at a place where RFC 4884 allows none are written where it does.
  const bool regular =
      error->quoted.size() % 4 == 0 &&
      (error->extensions.empty() ? error->quoted.size() < 132 : error->quoted.size() >= 128);
  if (!regular) return;
  const auto body = again->error_body();
  claim(equal(body.quoted, error->quoted));
  claim(body.extensions.has_value() == !error->extensions.empty());
  if (body.extensions) claim(equal(body.extensions->octets(), error->extensions));
}

void look(Bytes octets) {
  const auto view = Icmpv4View::parse(octets);
  if (!view) return claim_honest(view.error(), octets.size());
  claim(view->type() == IcmpType{octets[0]} && view->code() == octets[1]);
  claim(same(view->octets(), octets) && same(view->body(), octets.subspan(8)));
  claim(same(view->rest_of_header(), octets.subspan(4, 4)));
  const auto* cause = find_icmp(view->type(), view->code());
  if (cause != nullptr) claim(cause->type == octets[0] && !cause->name.empty());
  if (cause != nullptr) claim(find_icmp(IpVersion::v4, cause->name) == cause);
  write_again(view->echo(), octets, true);
  write_again(Timestamp::parse(octets), octets, false);
  write_again(Information::parse(octets), octets, false);
  write_again(AddressMask::parse(octets), octets, false);
  write_error_again(*view);
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
