// ICMPv6: any message looked at, echoes and errors written again under their pseudo header.
#include <sonda/wire/icmp_catalogue.hpp>
#include <sonda/wire/icmpv6.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

constexpr Ipv6Address from{{0x20, 1, 0xd, 0xb8, 0, 1}}, to{{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0xff}};

template <typename Message>
Octets written(const Message& message) {
  return emitted(message.size(), [&](MutableBytes room) { message.emit(room, from, to); });
}

void write_echo_again(const Icmpv6View& view) {
  const auto echo = view.echo();
  if (!echo) return claim_honest(echo.error(), view.octets().size());
  claim(equal(written(*echo), view.octets()));
  auto summed = *echo;
  summed.checksum = ChecksumField::computed();
  const auto octets = written(summed);
  const auto again = Icmpv6View::parse(Bytes{octets});
  claim(again && again->checksum_ok(from, to));
  claim(view.checksum_ok(from, to) == same_sum(view.checksum(), again->checksum()));
}

void write_error_again(const Icmpv6View& view) {
  const auto error = Icmpv6Error::parse(view.octets());
  claim(error.has_value() == view.is_error());
  if (!error) return;
  claim_within(error->quoted, view.body());
  claim_within(error->extensions, view.body());
  auto summed = *error;
  summed.checksum = ChecksumField::computed();
  const auto octets = written(summed);
  const auto again = Icmpv6View::parse(Bytes{octets});
  claim(again && again->checksum_ok(from, to) && again->type() == view.type());
  claim(again->code() == view.code() && again->mtu() == view.mtu());
  claim(again->pointer() == view.pointer() && again->quoted_length() == view.quoted_length());
  // Extensions at a place where RFC 4884 allows none are written where it does.
  const bool regular =
      error->quoted.size() % 8 == 0 &&
      (error->extensions.empty() ? error->quoted.size() < 132 : error->quoted.size() >= 128);
  if (!regular) return;
  const auto body = again->error_body();
  claim(equal(body.quoted, error->quoted));
  claim(body.extensions.has_value() == !error->extensions.empty());
  if (body.extensions) claim(equal(body.extensions->octets(), error->extensions));
}

void look(Bytes octets) {
  const auto view = Icmpv6View::parse(octets);
  if (!view) return claim_honest(view.error(), octets.size());
  claim(view->type() == Icmpv6Type{octets[0]} && view->code() == octets[1]);
  claim(view->is_error() == (octets[0] < 128));
  claim(same(view->octets(), octets) && same(view->body(), octets.subspan(8)));
  claim(same(view->rest_of_header(), octets.subspan(4, 4)));
  const auto* cause = find_icmp(view->type(), view->code());
  if (cause != nullptr) claim(cause->type == octets[0] && !cause->name.empty());
  if (cause != nullptr) claim(find_icmp(IpVersion::v6, cause->name) == cause);
  write_echo_again(*view);
  write_error_again(*view);
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
