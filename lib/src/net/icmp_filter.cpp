// The filter programs, put together from named steps.
#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <sys/socket.h>

#include <sonda/net/icmp_filter.hpp>
#include <sonda/wire/icmpv4_type.hpp>
#include <sonda/wire/icmpv6_type.hpp>
#include <sonda/wire/protocol.hpp>

namespace sonda::inline v0::net {
namespace {

constexpr std::uint32_t whole_packet = 0xffff'ffff;

// BPF jumps forward only, over at most 255 steps. Jumps to a label are written down and filled in
// when the label is placed.
class Assembler {
 public:
  struct Label {
    std::vector<std::size_t> jumps_if_true, jumps_if_false;
  };

  void step(int code, std::uint32_t value) {
    program_.push_back({static_cast<std::uint16_t>(code), 0, 0, value});
  }
  void load8(std::uint32_t at) { step(BPF_LD | BPF_B | BPF_IND, at); }
  void load16(std::uint32_t at) { step(BPF_LD | BPF_H | BPF_IND, at); }
  void set_base(std::uint32_t at) { step(BPF_LDX | BPF_W | BPF_IMM, at); }
  // The accumulator counts the 32-bit words of an IPv4 header that begins at `at`: the base moves
  // to the octet behind it.
  void move_base_behind_ipv4(std::uint32_t at) {
    load8(at);
    step(BPF_ALU | BPF_AND | BPF_K, 0x0f);
    step(BPF_ALU | BPF_LSH | BPF_K, 2);
    step(BPF_ALU | BPF_ADD | BPF_X, 0);
    step(BPF_ALU | BPF_ADD | BPF_K, at);
    step(BPF_MISC | BPF_TAX, 0);
  }

  void if_equal(std::uint32_t value, Label& then) { jump(BPF_JEQ, value, &then, nullptr); }
  void unless_equal(std::uint32_t value, Label& then) { jump(BPF_JEQ, value, nullptr, &then); }
  void if_any_bit(std::uint32_t bits, Label& then) { jump(BPF_JSET, bits, &then, nullptr); }
  void go(Label& to) { jump(BPF_JEQ, 0, &to, &to); }

  void place(const Label& label) {
    const auto distance = [this](std::size_t from) {
      return static_cast<std::uint8_t>(program_.size() - from - 1);
    };
    for (const auto from : label.jumps_if_true) program_[from].jt = distance(from);
    for (const auto from : label.jumps_if_false) program_[from].jf = distance(from);
  }
  void finish(std::uint32_t octets) { step(BPF_RET | BPF_K, octets); }

  [[nodiscard]] BpfProgram take() { return std::move(program_); }

 private:
  void jump(int test, std::uint32_t value, Label* if_true, Label* if_false) {
    if (if_true != nullptr) if_true->jumps_if_true.push_back(program_.size());
    if (if_false != nullptr) if_false->jumps_if_false.push_back(program_.size());
    step(BPF_JMP | BPF_K | test, value);
  }

  BpfProgram program_;
};

template <typename Type>
constexpr std::uint32_t number(Type type) noexcept {
  return static_cast<std::uint32_t>(type);
}

BpfProgram finished(Assembler& a, Assembler::Label& accept, Assembler::Label& refuse) {
  a.place(accept);
  a.finish(whole_packet);
  a.place(refuse);
  a.finish(0);
  return a.take();
}

// Base at the IPv4 header: on to the ICMP header, and to `error` if it is the message of one.
void find_error_v4(Assembler& a, Assembler::Label& error) {
  a.set_base(0);
  a.move_base_behind_ipv4(0);
  a.load8(0);
  for (const auto type : {IcmpType::destination_unreachable, IcmpType::source_quench,
                          IcmpType::redirect, IcmpType::time_exceeded, IcmpType::parameter_problem})
    a.if_equal(number(type), error);
}

// Base at the ICMP header: on to the header of `protocol` in the datagram that it quotes.
void find_quoted_v4(Assembler& a, Protocol protocol, Assembler::Label& refuse) {
  a.load8(8 + 9);
  a.unless_equal(number(protocol), refuse);
  a.load16(8 + 6);
  a.if_any_bit(0x1fff, refuse);
  a.move_base_behind_ipv4(8);
}

BpfProgram echo_filter_v4(Identifier identifier) {
  Assembler a;
  Assembler::Label error, accept, refuse;

  find_error_v4(a, error);
  a.unless_equal(number(IcmpType::echo_reply), refuse);
  a.load16(4);
  a.if_equal(identifier.value(), accept);
  a.go(refuse);

  a.place(error);
  find_quoted_v4(a, Protocol::icmp, refuse);
  a.load8(0);
  a.unless_equal(number(IcmpType::echo_request), refuse);
  a.load16(4);
  a.unless_equal(identifier.value(), refuse);

  return finished(a, accept, refuse);
}

// Base at the IPv6 header that a message quotes: on to the header of `protocol` behind it, over at
// most three extension headers.
void find_quoted_v6(Assembler& a, Protocol protocol, Assembler::Label& found,
                    Assembler::Label& refuse) {
  a.load8(6);
  // The scratch word 0 keeps the number of the next header, the base its first octet less 40.
  for (int depth = 0; depth < 3; ++depth) {
    Assembler::Label fragment, options, next;
    a.if_equal(number(protocol), found);
    a.if_equal(number(Protocol::ipv6_fragment), fragment);
    for (const auto header :
         {Protocol::hop_by_hop, Protocol::destination_options, Protocol::ipv6_routing})
      a.if_equal(number(header), options);
    a.go(refuse);

    a.place(fragment);
    a.load16(40 + 2);
    a.if_any_bit(0xfff8, refuse);
    a.load8(40);
    a.step(BPF_ST, 0);
    a.step(BPF_LD | BPF_W | BPF_IMM, 8);
    a.go(next);

    a.place(options);
    a.load8(40);
    a.step(BPF_ST, 0);
    a.load8(40 + 1);
    a.step(BPF_ALU | BPF_ADD | BPF_K, 1);
    a.step(BPF_ALU | BPF_LSH | BPF_K, 3);

    a.place(next);
    a.step(BPF_ALU | BPF_ADD | BPF_X, 0);
    a.step(BPF_MISC | BPF_TAX, 0);
    a.step(BPF_LD | BPF_MEM, 0);
  }
  a.unless_equal(number(protocol), refuse);
}

// RFC 4861 4.5 and 4.6: what a redirect quotes lies in its option 4, perhaps behind an option 2.
void find_redirected_header(Assembler& a, Assembler::Label& quoting, Assembler::Label& refuse) {
  Assembler::Label found;
  a.set_base(0);
  a.load8(40);
  a.if_equal(4, found);
  a.unless_equal(2, refuse);
  a.load8(41);
  a.step(BPF_ALU | BPF_LSH | BPF_K, 3);
  a.step(BPF_MISC | BPF_TAX, 0);
  a.load8(40);
  a.unless_equal(4, refuse);
  a.place(found);
  a.step(BPF_MISC | BPF_TXA, 0);
  a.step(BPF_ALU | BPF_ADD | BPF_K, 48);
  a.step(BPF_MISC | BPF_TAX, 0);
  a.go(quoting);
}

BpfProgram echo_filter_v6(Identifier identifier) {
  Assembler a;
  Assembler::Label error, redirect, quoting, found, accept, refuse;

  a.set_base(0);
  a.load8(0);
  for (const auto type :
       {Icmpv6Type::destination_unreachable, Icmpv6Type::packet_too_big, Icmpv6Type::time_exceeded,
        Icmpv6Type::parameter_problem, Icmpv6Type{100}, Icmpv6Type{101}, Icmpv6Type{127}})
    a.if_equal(number(type), error);
  a.if_equal(number(Icmpv6Type::redirect), redirect);
  a.unless_equal(number(Icmpv6Type::echo_reply), refuse);
  a.load16(4);
  a.if_equal(identifier.value(), accept);
  a.go(refuse);

  a.place(redirect);
  find_redirected_header(a, quoting, refuse);
  a.place(error);
  a.set_base(8);
  a.place(quoting);
  find_quoted_v6(a, Protocol::icmpv6, found, refuse);
  a.place(found);
  a.load8(40);
  a.unless_equal(number(Icmpv6Type::echo_request), refuse);
  a.load16(40 + 4);
  a.unless_equal(identifier.value(), refuse);

  return finished(a, accept, refuse);
}

}  // namespace

BpfProgram segment_filter(IpVersion version, Port to) {
  Assembler a;
  Assembler::Label accept, refuse;
  a.set_base(0);
  if (version == IpVersion::v4) {
    a.load16(6);
    a.if_any_bit(0x1fff, refuse);  // a later fragment
    a.move_base_behind_ipv4(0);
  }
  a.load16(2);
  a.unless_equal(to.value(), refuse);
  return finished(a, accept, refuse);
}

BpfProgram segment_error_filter(IpVersion version, Port from) {
  Assembler a;
  Assembler::Label error, found, accept, refuse;
  if (version == IpVersion::v4) {
    find_error_v4(a, error);
    a.go(refuse);
    a.place(error);
    find_quoted_v4(a, Protocol::tcp, refuse);
    a.load16(0);
  } else {
    a.set_base(8);
    find_quoted_v6(a, Protocol::tcp, found, refuse);
    a.place(found);
    a.load16(40);
  }
  a.unless_equal(from.value(), refuse);
  return finished(a, accept, refuse);
}

BpfProgram echo_filter(IpVersion version, Identifier identifier) {
  return version == IpVersion::v4 ? echo_filter_v4(identifier) : echo_filter_v6(identifier);
}

BpfProgram refuse_all_filter() {
  Assembler a;
  a.finish(0);
  return a.take();
}

std::expected<void, Failure> attach_filter(int socket, std::span<const sock_filter> program) {
  BpfProgram copy{program.begin(), program.end()};
  const sock_fprog wanted{static_cast<unsigned short>(copy.size()), copy.data()};
  if (::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &wanted, sizeof wanted) == 0) return {};
  return std::unexpected{Failure{"attach a packet filter", errno, ""}};
}

}  // namespace sonda::inline v0::net
