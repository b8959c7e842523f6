// What an ICMP error carries behind its quotation: RFC 4884's extension structure and its objects.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <ranges>
#include <string_view>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/wire/checksum.hpp>

namespace sonda::inline v0 {

// IANA's "ICMP Extension Object Classes"; 247 to 255 are for private use, any octet is a value.
enum class ExtensionClass : std::uint8_t {
  mpls_label_stack = 1,          // RFC 4950
  interface_information = 2,     // RFC 5837
  interface_identification = 3,  // RFC 8335
  extended_information = 4       // RFC 8883
};

[[nodiscard]] constexpr std::string_view name(ExtensionClass number) noexcept {
  switch (number) {
    case ExtensionClass::mpls_label_stack:
      return "MPLS label stack";
    case ExtensionClass::interface_information:
      return "interface information";
    case ExtensionClass::interface_identification:
      return "interface identification";
    case ExtensionClass::extended_information:
      return "extended information";
  }
  return {};
}

// One object; of an unknown class it is still its octets. It must not outlive them.
class ExtensionObject {
 public:
  static constexpr std::size_t header_size = 4;

  // Precondition: `octets` are one whole object, its header included.
  constexpr explicit ExtensionObject(Bytes octets) noexcept : octets_{octets} {}

  [[nodiscard]] constexpr ExtensionClass class_number() const noexcept {
    return ExtensionClass{octets_[2]};
  }
  [[nodiscard]] constexpr std::uint8_t c_type() const noexcept { return octets_[3]; }
  [[nodiscard]] constexpr Bytes payload() const noexcept { return octets_.subspan(header_size); }
  [[nodiscard]] constexpr Bytes octets() const noexcept { return octets_; }

 private:
  Bytes octets_;
};

struct IcmpErrorBody;

// RFC 4884 sections 7 and 8: the structure's header, then objects up to the end of the message
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |Version|      (Reserved)       |           Checksum            |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |             Length            |   Class-Num   |   C-Type      |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |                   // (Object payload) //                      |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
class IcmpExtensions {
 public:
  static constexpr std::size_t header_size = 4;
  static constexpr std::uint8_t version = 2;
  // The least a quotation is padded to when a structure follows, and where routers older than the
  // RFC put the structure without saying so (sections 3 and 5).
  static constexpr std::size_t assumed_offset = 128;

  // Errors: too_short, bad_version, bad_checksum. A checksum of zero was not sent (section 7).
  [[nodiscard]] static constexpr Parsed<IcmpExtensions> parse(Bytes structure) noexcept {
    const auto fail = [&structure](Fault fault, std::size_t needed) {
      return parse_fault(Layer::icmp_extension, fault, needed, structure.size());
    };
    if (structure.size() < header_size) return fail(Fault::too_short, header_size);
    if (structure[0] >> 4 != version) return fail(Fault::bad_version, version);
    const IcmpExtensions extensions{structure};
    if (extensions.has_checksum() && Checksum{}.add(structure).finish() != 0)
      return fail(Fault::bad_checksum, 0);
    return extensions;
  }
  template <typename Temporary>
    requires(!std::ranges::borrowed_range<Temporary>)
  static void parse(Temporary&&) = delete;

  // Divides `body`, an ICMP error without its first eight octets, into quotation and structure.
  // `length` is the message's length field in octets; 0: it has none, or it says nothing.
  [[nodiscard]] static constexpr IcmpErrorBody find(Bytes body, std::size_t length) noexcept;

  [[nodiscard]] constexpr std::uint16_t checksum() const noexcept {
    return load<std::uint16_t>(octets_, 2);
  }
  [[nodiscard]] constexpr bool has_checksum() const noexcept { return checksum() != 0; }
  [[nodiscard]] constexpr Bytes octets() const noexcept { return octets_; }

  // The objects in their order. An object whose length lies ends the walk; see malformed().
  class Iterator {
   public:
    using value_type = ExtensionObject;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::forward_iterator_tag;

    constexpr Iterator() = default;
    constexpr explicit Iterator(Bytes rest) noexcept : rest_{rest} {}
    [[nodiscard]] constexpr ExtensionObject operator*() const noexcept {
      return ExtensionObject{rest_.first(object_size())};
    }
    constexpr Iterator& operator++() noexcept {
      rest_ = rest_.subspan(object_size());
      return *this;
    }
    constexpr Iterator operator++(int) noexcept {
      const auto before = *this;
      ++*this;
      return before;
    }
    // 0 where no further object can be read.
    [[nodiscard]] constexpr std::size_t object_size() const noexcept {
      if (rest_.size() < ExtensionObject::header_size) return 0;
      const std::size_t size = load<std::uint16_t>(rest_, 0);
      return size < ExtensionObject::header_size || size > rest_.size() ? 0 : size;
    }
    [[nodiscard]] constexpr std::size_t left() const noexcept { return rest_.size(); }
    friend constexpr bool operator==(const Iterator& a, const Iterator& b) noexcept {
      return a.left() == b.left();
    }
    friend constexpr bool operator==(const Iterator& it, std::default_sentinel_t) noexcept {
      return it.object_size() == 0;
    }

   private:
    Bytes rest_;
  };
  [[nodiscard]] constexpr Iterator begin() const noexcept {
    return Iterator{octets_.subspan(header_size)};
  }
  [[nodiscard]] static constexpr std::default_sentinel_t end() noexcept { return {}; }

  // Whether octets remain that are no object.
  [[nodiscard]] constexpr bool malformed() const noexcept {
    auto at = begin();
    while (at != end()) ++at;
    return at.left() != 0;
  }
  // The first object of that class.
  [[nodiscard]] constexpr std::optional<ExtensionObject> first(
      ExtensionClass number) const noexcept {
    for (const auto object : *this)
      if (object.class_number() == number) return object;
    return std::nullopt;
  }

 private:
  constexpr explicit IcmpExtensions(Bytes octets) noexcept : octets_{octets} {}

  Bytes octets_;
};

// An ICMP error behind its first eight octets.
struct IcmpErrorBody {
  enum class Boundary : std::uint8_t {
    none,    // all of it is quotation
    stated,  // the length field says where the structure begins
    assumed  // it says nothing or nonsense, and a structure with a right checksum is at octet 128
  };
  Bytes quoted{};  // padding included
  std::optional<IcmpExtensions> extensions{};
  Boundary boundary = Boundary::none;
  // Why there are no extensions although the length field promises them.
  std::optional<ParseError> fault{};
};

constexpr IcmpErrorBody IcmpExtensions::find(Bytes body, std::size_t length) noexcept {
  using Boundary = IcmpErrorBody::Boundary;
  std::optional<ParseError> fault;
  if (length > body.size()) {
    fault = parse_fault(Layer::icmp_extension, Fault::bad_length, length, body.size()).error();
  } else if (length != 0) {
    const auto extensions = parse(body.subspan(length));
    if (extensions) return {body.first(length), *extensions, Boundary::stated, std::nullopt};
    fault = extensions.error();
  }
  if (body.size() >= assumed_offset + header_size) {
    const auto extensions = parse(body.subspan(assumed_offset));
    if (extensions && extensions->has_checksum())
      return {body.first(assumed_offset), *extensions, Boundary::assumed, std::nullopt};
  }
  // A length field that ends with the message promises nothing.
  if (length == body.size()) fault.reset();
  return {length != 0 && length < body.size() ? body.first(length) : body, std::nullopt,
          Boundary::none, fault};
}

// Writes a structure into the caller's buffer, object by object.
class ExtensionsWriter {
 public:
  // Precondition: `room` has at least the four octets of the structure's header.
  constexpr explicit ExtensionsWriter(MutableBytes room) noexcept : room_{room} {}

  // Adds an object; one that does not fit is left out, and overflowed() says so.
  constexpr ExtensionsWriter& add(ExtensionClass number, std::uint8_t c_type,
                                  Bytes payload) noexcept {
    if (const auto out = begin_object(number, c_type, payload.size()))
      std::ranges::copy(payload, out->begin());
    return *this;
  }
  // The same for a value that knows its class: MplsStack, InterfaceInfo, InterfaceIdentification.
  template <typename Object>
    requires requires(const Object& o, MutableBytes out) {
      o.emit(out);
      o.c_type();
    }
  constexpr ExtensionsWriter& add(const Object& object) noexcept {
    if (const auto out = begin_object(Object::class_number, object.c_type(), object.size()))
      object.emit(*out);
    return *this;
  }
  // Writes the structure's header and gives the whole structure. A sum of zero is sent as ffff, for
  // zero would mean that there is none.
  constexpr Bytes finish(ChecksumField checksum = {}) noexcept {
    room_[0] = IcmpExtensions::version << 4;
    room_[1] = 0;
    store<std::uint16_t>(room_, 2, 0);
    const auto structure = room_.first(size_);
    store(room_, 2, checksum.value_or(Checksum{}.add(structure).finish_udp()));
    return structure;
  }
  [[nodiscard]] constexpr bool overflowed() const noexcept { return overflowed_; }

 private:
  constexpr std::optional<MutableBytes> begin_object(ExtensionClass number, std::uint8_t c_type,
                                                     std::size_t payload_size) noexcept {
    const auto size = ExtensionObject::header_size + payload_size;
    if (size > room_.size() - size_ || size > 0xffff) {
      overflowed_ = true;
      return std::nullopt;
    }
    const auto object = room_.subspan(size_, size);
    store(object, 0, static_cast<std::uint16_t>(size));
    object[2] = static_cast<std::uint8_t>(number);
    object[3] = c_type;
    size_ += size;
    return object.subspan(ExtensionObject::header_size);
  }

  MutableBytes room_;
  std::size_t size_ = IcmpExtensions::header_size;
  bool overflowed_ = false;
};

}  // namespace sonda::inline v0
