// Files that are wrong in one thing each, and the complaint about it. A line ends with "|".
#pragma once
#include <array>
#include <string_view>

namespace sonda::lab {

struct WrongFile {
  std::string_view text;
  std::string_view complaint;  // behind "FILE:"
};

// clang-format off
inline constexpr auto wrong_files = std::to_array<WrongFile>({
    {R"(pth = "client - r1")",
     R"(1:1: found key 'pth', accepted: title, path, menu, link, router, host or )"
     R"(event; do you mean path?)"},
    {R"(path = "client")",
     R"(1:8: found 'client', accepted: machines as in "client - r1 - web")"},
    {R"(path = "client - ")",
     R"(1:8: found nothing, accepted: a name of lower-case letters, digits, '_' and )"
     R"('.' that begins with a letter)"},
    {R"(path = "client - R1")",
     R"(1:8: found 'R1', accepted: a name of lower-case letters, digits, '_' and '.' )"
     R"(that begins with a letter)"},
    {R"(path = "client - my router")",
     R"(1:8: found 'my router', accepted: a name of lower-case letters, digits, '_' )"
     R"(and '.' that begins with a letter)"},
    {R"(path = "client - r1 - r1")",
     R"(1:8: found 'r1' beside itself, accepted: another machine)"},
    {R"(path = 3)",
     R"(1:8: found 3, accepted: text between quotation marks)"},
    {R"(path = {a = 1})",
     R"(1:8: found a table, accepted: text between quotation marks)"},
    {R"(path = ["client - r1", 4])",
     R"(1:24: found 4, accepted: text between quotation marks)"},
    {R"(menu = "yes")",
     R"(1:8: found 'yes', accepted: true or false)"},
    {R"(title = 3)",
     R"(1:9: found 3, accepted: text between quotation marks)"},
    {R"(nonsense)",
     R"(1:9: not TOML: Error while parsing key-value pair: encountered end-of-file)"},
    {R"(path = "client - r1"|path = "again - r2")",
     R"(2:8: not TOML: Error while parsing key-value pair: cannot redefine existing )"
     R"(string 'path')"},
    {R"(path = "client - r1|)",
     R"(1:20: not TOML: Error while parsing string: unescaped control characters other )"
     R"(than TAB (U+0009) are explicitly prohibited)"},
    {R"(when = 2024-01-01)",
     R"(1:8: found a date or a time, accepted: text, numbers, true, false)"},
    {R"(path = "client - r1"|link.delya = "2ms")",
     R"(2:6: found key 'delya', accepted: delay, jitter, loss, duplication, )"
     R"(reordering, held_back, corruption, rate, queue, mtu or down; do you mean delay?)"},
    {R"(path = "client - r1"|link.delay = "2 parsecs")",
     R"(2:14: found '2 parsecs', accepted: a duration as in 5ms, 1.5s or 200us, at )"
     R"(most a day)"},
    {R"(path = "client - r1"|link.delay = 2)",
     R"(2:14: found '2', accepted: a duration as in 5ms, 1.5s or 200us, at most a day)"},
    {R"(path = "client - r1"|link.loss = "101%")",
     R"(2:13: found '101%', accepted: a share as in 1%, 0.05% or 0.25, from 0 to 100% )"
     R"((that is 1))"},
    {R"(path = "client - r1"|link.loss = 1.5)",
     R"(2:13: found '1.5', accepted: a share as in 1%, 0.05% or 0.25, from 0 to 100% )"
     R"((that is 1))"},
    {R"(path = "client - r1"|link.rate = "fast")",
     R"(2:13: found 'fast', accepted: a rate as in 10Mbit, 64kbit or 1Gbit, or 0 for )"
     R"(no limit)"},
    {R"(path = "client - r1"|link.mtu = 20)",
     R"(2:12: found '20', accepted: a whole number from 68 to 65535)"},
    {R"(path = "client - r1"|link.down = "no")",
     R"(2:13: found 'no', accepted: true or false)"},
    {R"(path = "client - r1"|link."r1 ~ r2".delay = "2ms")",
     R"(2:6: found key 'r1 ~ r2', accepted: delay, jitter, loss, duplication, )"
     R"(reordering, held_back, corruption, rate, queue, mtu or down)"},
    {R"(path = "client - r1"|link."r1 - r1".delay = "2ms")",
     R"(2:6: found 'r1 - r1', accepted: two machines as in "r1 - r2" or, for one )"
     R"(direction, "r1 > r2")"},
    {R"(path = "client - r1"|link."client - r1".addresses = ["10.0.0.1"])",
     R"(2:33: found '10.0.0.1', accepted: an address with its prefix's length as in )"
     R"(10.0.1.1/24)"},
    {R"(path = "client - r1"|link."client - r1".addresses = ["10.0.0.1/24"])",
     R"(2:32: found 1 addresses, accepted: one for each end, or two for each)"},
    {R"(path = "client - r1"|link."client - r1".addresses = ["10.0.0.1/24", )"
     R"("10.0.1.1/24"])",
     R"(2:48: found '10.0.1.1', accepted: an address in 10.0.0.0/24, as the other end )"
     R"(has)"},
    {R"(path = "client - r1"|[[link]]|between = "client r1")",
     R"(3:11: found 'client r1', accepted: two machines as in "r1 - r2" or, for one )"
     R"(direction, "r1 > r2")"},
    {R"(path = "client - r1 - r2"|[router.r3])",
     R"(2:9: found 'r3', to which no link leads, accepted: a machine that a path or a )"
     R"(link names)"},
    {R"(path = "client - r1 - r2"|[router.R1])",
     R"(2:9: found 'R1', accepted: a name of lower-case letters, digits, '_' and '.' )"
     R"(that begins with a letter)"},
    {R"(path = "client - r1 - r2"|[router.r1]|silnt = true)",
     R"(3:1: found key 'silnt', accepted: addresses, rules, routes, silent, )"
     R"(icmp_limit, error_delay, patience, quote, quoted_as_sent, answers_from, )"
     R"(broken_checksum, mpls, tells_interface, counts_hops, tells_mtu, balance, nat, )"
     R"(outside or rewrite; do you mean silent?)"},
    {R"(path = "client - r1 - r2"|[router.r1]|silent = 1)",
     R"(3:10: found '1', accepted: true or false)"},
    {R"(path = "client - r1 - r2"|[router.r1]|icmp_limit = "lots")",
     R"(3:14: found 'lots', accepted: none, linux, or a number of errors a second as )"
     R"(in 10/s)"},
    {R"(path = "client - r1 - r2"|[router.r1]|icmp_limit = {per_second = 0})",
     R"(3:28: found '0', accepted: a number from 0.001 to 1000000)"},
    {R"(path = "client - r1 - r2"|[router.r1]|quote = 8)",
     R"(3:9: found '8', accepted: a whole number from 28 to 65535)"},
    {R"(path = "client - r1 - r2"|[router.r1]|mpls = [1048576])",
     R"(3:9: found '1048576', accepted: a whole number from 0 to 1048575)"},
    {R"(path = "client - r1 - r2"|[router.r1]|balance = "flows")",
     R"(3:11: found 'flows', accepted: flow, packet, destination or none; do you mean )"
     R"(flow?)"},
    {R"(path = "client - r1 - r2"|[router.r1]|nat = "203.0.113.300")",
     R"(3:7: found '203.0.113.300', accepted: an address as in 203.0.113.9 or )"
     R"(2001:db8::9, of one machine)"},
    {R"(path = "client - r1 - r2"|[router.r1]|nat = {outside = "r2"})",
     R"(3:7: found no address, accepted: nat = {address = "203.0.113.1"})"},
    {R"(path = "client - r1 - r2"|[router.r1]|nat = "203.0.113.1"|outside = "r3")",
     R"(4:11: found 'r3', accepted: a neighbour of r1, that is client or r2; do you )"
     R"(mean r2?)"},
    {R"(path = "client - r1 - r2"|[router.r1]|outside = "r2")",
     R"(3:1: found outside without nat, accepted: both)"},
    {R"(path = "client - r1 - r2"|[router.r1]|rewrite = {dscp = 64})",
     R"(3:19: found '64', accepted: a whole number from 0 to 63)"},
    {R"(path = "client - r1 - r2"|[router.r1]|rewrite = 4)",
     R"(3:11: found '4', accepted: a table as in rewrite = {dscp = 0})"},
    {R"(path = "client - r1 - r2"|[router.r1]|rules = "drp tcp")",
     R"(3:9: found 'drp', accepted: drop, answer, reset, pass, hold or redirect; do )"
     R"(you mean drop?)"},
    {R"(path = "client - r1 - r2"|[router.r1]|rules = ["answer 3/13 tcp port 443", )"
     R"("answer 77/3"])",
     R"(3:38: found '77/3', accepted: TYPE/CODE of an ICMP error, as in 3/13)"},
    {R"(path = "client - r1 - r2"|[router.r1]|rules = ["answer admin-prohibitd"])",
     R"(3:10: found 'admin-prohibitd', accepted: an ICMP error by type and code or by )"
     R"(name, as in 3/13 or admin-prohibited; do you mean admin-prohibited?)"},
    {R"(path = "client - r1 - r2"|[router.r1]|rules = ["drop to wbe"])",
     R"(3:10: found 'wbe', accepted: the name of a machine)"},
    {R"(path = "client - r1 - r2"|[router.r1]|rules = ["drop icmp port 3"])",
     R"(3:10: found a port or data of ICMP, accepted: those of tcp and udp)"},
    {R"(path = "client - r1 - r2"|[router.r1]|routes = ["203.0.113.0/24 over r2"])",
     R"(3:11: found '203.0.113.0/24 over r2', accepted: a route as in "203.0.113.0/24 )"
     R"(via r3" or "198.18.0.0/15 prohibit" (or unreachable, blackhole, missing))"},
    {R"(path = "client - r1 - r2"|[router.r1]|routes = ["203.0.113.0/24 via r3"])",
     R"(3:11: found 'r3', accepted: a neighbour of r1, that is client or r2; do you )"
     R"(mean r2?)"},
    {R"(path = "client - r1 - r2"|[router.r1]|routes = ["203.0.113.0/24 prohibt"])",
     R"(3:11: found '203.0.113.0/24 prohibt', accepted: a route as in "203.0.113.0/24 )"
     R"(via r3" or "198.18.0.0/15 prohibit" (or unreachable, blackhole, missing); do )"
     R"(you mean prohibit?)"},
    {R"(path = "client - r1 - r2"|[router.r1]|addresses = ["10.0.1.1"])",
     R"(3:14: found '10.0.1.1' of r1, which it has as well, accepted: each address once)"},
    {R"(path = "client - r1 - web"|[host.web]|address = "192.0.2.1")",
     R"(3:11: found '192.0.2.1' of web, which r1 has as well, accepted: each address )"
     R"(once)"},
    {R"(path = "client - r1 - web"|[host.web]|address = "224.0.0.1")",
     R"(3:11: found '224.0.0.1', accepted: an address as in 203.0.113.9 or )"
     R"(2001:db8::9, of one machine)"},
    {R"(path = "client - r1 - web"|[host.web]|tcp.80 = "opn")",
     R"(3:10: found 'opn', accepted: closed, filtered, open, echo, tarpit or syn-ack; )"
     R"(do you mean open?)"},
    {R"(path = "client - r1 - web"|[host.web]|tcp.80000 = "open")",
     R"(3:5: found '80000', accepted: a port from 0 to 65535, or default)"},
    {R"(path = "client - r1 - web"|[host.web]|tcp = "open")",
     R"(3:7: found 'open', accepted: a table as in tcp.80 = "closed")"},
    {R"(path = "client - r1 - web"|[host.web]|udp.53 = {from = 54})",
     R"(3:10: found neither is nor answer, accepted: one of them, as in {answer = )"
     R"("pong"} or {is = "echo"})"},
    {R"(path = "client - r1 - web"|[host.web]|udp.53 = {answer = "hex:0"})",
     R"(3:20: found 'hex:0', accepted: text, or hex: and hexadecimal digits in pairs )"
     R"(as in hex:0d0a)"},
    {R"(path = "client - r1 - web"|[host.web]|answers = "3/13 tcp")",
     R"(3:11: found '3/13 tcp', accepted: an ICMP error as in 3/10 or host-prohibited)"},
    {R"(path = "client - r1 - web"|[host.web]|ttl = 0)",
     R"(3:7: found '0', accepted: a whole number from 1 to 255)"},
    {R"(path = "client - r1 - web"|[host.web]|kernel = true|tcp.80 = "open")",
     R"(4:1: found 'tcp' of a kernel host, accepted: address; its own network stack )"
     R"(does the rest)"},
    {R"(path = "client - r1 - web"|[host.web]|[router.web])",
     R"(3:9: found 'web' as a router and as a host, accepted: one of them)"},
    {R"(path = "client - r1"|[router.client])",
     R"(1:1: found 'client' as a router, accepted: a host, the one in which programs )"
     R"(run (or another host with kernel = true))"},
    {R"(path = "client - r1"|[[event]]|do = "r1 drop")",
     R"(2:1: found an event without a time, accepted: at = "3s" or after = "tcp syn to )"
     R"(web")"},
    {R"(path = "client - r1"|[[event]]|at = "3s")",
     R"(2:1: found an event that does nothing, accepted: do = "r1 drop tcp")"},
    {R"(path = "client - r1"|[[event]]|at = "3s"|after = "tcp"|do = "r1 drop")",
     R"(4:1: found at and after, accepted: one of them)"},
    {R"(path = "client - r1"|[[event]]|at = "3s"|count = 2|do = "r1 drop")",
     R"(4:1: found count or delay beside at, accepted: both only with after)"},
    {R"(path = "client - r1"|[[event]]|at = "3s"|do = "r9 drop")",
     R"(4:6: found 'r9', accepted: the name of a machine; do you mean r1?)"},
    {R"(path = "client - r1"|[[event]]|at = "3s"|do = "client silent on")",
     R"(4:6: found a change of client, accepted: one of routers and simulated hosts, )"
     R"(not of a kernel host)"},
    {R"(path = "client - r1"|[[event]]|at = "3s"|do = "r1-client delay")",
     R"(4:6: found nothing, accepted: a duration as in 5ms, 1.5s or 200us, at most a )"
     R"(day)"},
    {R"(path = "client - r1 - r2"|[[event]]|at = "3s"|do = "r2-client down")",
     R"(4:6: found 'r2-client', accepted: a link of this network)"},
    {R"(path = "client - r1"|[[event]]|after = "tcp syn to web"|do = "r1 drop")",
     R"(3:9: found 'web', accepted: the name of a machine)"},
    {R"(path = "client - r1"|[[event]]|at = "3s"|do = "r1 tcp 80 open")",
     R"(4:6: found a service of r1, accepted: services of hosts, not of routers)"},
    {R"(path = "client - web"|menu = true|host.web.ttl = 3)",
     R"(2:1: found menu = true, but no router beside the client, accepted: a path as )"
     R"(in "client - r1")"},
    {R"(path = "client - menu"|menu = true)",
     R"(2:1: found a machine called 'menu' beside the menu, accepted: a name that is not on it)"},
    {R"(path = "client - my-router - web")",
     R"(1:8: found 'my-router', accepted: a name of lower-case letters, digits, '_' )"
     R"(and '.' that begins with a letter)"},
    {R"(title = "two\nlines")",
     R"(1:9: found 'two\x0alines', accepted: one line of at most 200 octets)"},
    {R"(path = "client - r1 - web"|[host.web]|address = ["203.0.113.9", "fe80::1%eth0"])",
     R"(3:27: found 'fe80::1%eth0', accepted: an address as in 203.0.113.9 or )"
     R"(2001:db8::9, of one machine)"},
    {R"(path = "client - r1 - web"|[host.web]|wrong_octet = -1)",
     R"(3:15: found '-1', accepted: a whole number from 0 to 65535)"},
    {R"(path = "client - r1 - r2"|[router.r1]|icmp_limit = {per_seconds = 3})",
     R"(3:15: found key 'per_seconds', accepted: per_second or burst; do you mean )"
     R"(per_second?)"},
    {R"(path = "client - r1 - r2"|[router.r1]|nat = {adress = "203.0.113.1"})",
     R"(3:8: found key 'adress', accepted: address or outside; do you mean address?)"},
    {R"(path = "client - r1 - web"|[host.web]|tcp.80 = {baner = "hi"})",
     R"(3:11: found key 'baner', accepted: is, banner, closes or delay; do you mean )"
     R"(banner?)"},
    {R"(path = "client - r1"|[[event]]|at = "3s"|do = ["r1 silent maybe"])",
     R"(4:7: found 'maybe', accepted: on or off)"},
    {R"(path = "client - r1"|[[event]]|at = "3s"|do = ["r1 release now"])",
     R"(4:7: found 'now', accepted: nothing behind 'r1 release ')"},
    {R"(path = "client - r1"|[[event]]|at = "3s"|do = ["r1-client dely 3ms"])",
     R"(4:7: found 'dely', accepted: delay, jitter, loss, duplication, reordering, )"
     R"(held_back, corruption, rate, queue, mtu, down or up; do you mean delay?)"},
    {R"(path = "client - r1"|[[event]]|at = "3s"|do = ["r1"])",
     R"(4:7: found nothing, accepted: drop, answer, reset, pass, hold, redirect, )"
     R"(release, clear, silent, limit, tcp or udp)"},
    {R"(path = "client - r1"|[[event]]|at = "3s"|when = "later"|do = "r1 drop")",
     R"(4:1: found key 'when', accepted: at, after, count, delay or do)"},
    {R"(path = "client - r1"|[router]|r1 = 3)",
     R"(3:6: found '3', accepted: a table as in [router.r1])"},
    {R"(path = "client - r1"|router = 3)",
     R"(2:10: found '3', accepted: a table as in [router.NAME])"},
    {R"(path = "client - r1"|event = 3)",
     R"(2:9: found '3', accepted: a table as in [[event]])"},
    {R"(path = "client - r1"|link = 3)",
     R"(2:8: found '3', accepted: a table as in link.delay = "2ms")"},
    {R"(path = "client - r1"|[router.r1]|rules = ["answer 3/13 as 2001:db8::7 ipv4"])",
     R"(3:10: found an address of the other version, accepted: one of the packet's)"},
    {R"(path = "client - r1"|[router.r1]|rules = ["drop tcp udp"])",
     R"(3:10: found a second protocol, accepted: one)"},
    {R"(path = "client - r1"|[router.r1]|rules = ["answer 1/9 ipv4"])",
     R"(3:10: found '1/9', accepted: TYPE/CODE of an ICMP error of IPv4, as in 3/13)"},
    {R"(path = "client - r1"|a.b.c = {d = [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]})",
     R"(2:29: not TOML: Error while parsing value: exceeded maximum nested value depth )"
     R"(of 16 (TOML_MAX_NESTED_VALUES))"},
});
// clang-format on

}  // namespace sonda::lab
