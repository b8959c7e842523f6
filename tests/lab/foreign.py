#!/usr/bin/python3
"""The system's own ping, traceroute, tracepath, mtr, nmap, fping and nc in labs: each sees the network
that was written down, and tshark finds nothing wrong in any frame."""

import json
import re
from multiprocessing.pool import ThreadPool

import foreign_tools
from foreign_tools import Case, SLACK, Visit, hops, round_trips, situation
from foreign_words import FALSE_OPEN, V4, V6, of_datagram, of_syn

ROUTER = {4: "198.51.100.1", 6: "2001:db8:1::1"}  # of the error menu
ROWS = {4: V4, 6: V6}


def address(version, error, manner=1):
    kind, code = error
    return f"10.{kind}.{code}.{manner}" if version == 4 else f"fd00::{kind}:{code}:{manner}"


def every_error():
    return [(version, error) for version, rows in ROWS.items() for error in rows]


class ErrorMenu(Case):
    """Every error of the menu, met by an echo, by a traceroute, and by nmap's three scans."""

    @classmethod
    def setUpClass(cls):
        commands = {}
        for version, error in every_error():
            target = address(version, error)
            commands["ping " + target] = f"ping -n -c 1 -W 2 {target}"
            commands["trace " + target] = f"traceroute -n -q 1 -f 3 -m 3 -w 2 {target}"
        for version in ROWS:
            targets = [address(version, error) for error in ROWS[version]]
            targets += [address(version, (3, 13) if version == 4 else (1, 1), m) for m in (3, 4, 5)]
            targets += [address(version, (3, 3) if version == 4 else (1, 4), 10)]
            for scan in "TSU":
                commands[f"nmap -s{scan} {version}"] = (
                    f"nmap {'-6' if version == 6 else ''} -n -Pn -s{scan} -p 80 --reason "
                    f"--max-retries 1 -oX - {' '.join(targets)}")
        commands["big 4"] = "ping -n -c 2 -i 0.2 -M do -s 1400 10.3.4.1"
        commands["big 6"] = "ping -n -c 2 -i 0.2 -M do -s 1400 fd00::2:0:1"
        commands["big trace 4"] = "traceroute -n -q 1 -f 3 -m 3 -F 10.3.4.1 1400"
        commands["big trace 6"] = "traceroute -n -q 1 -f 3 -m 3 -F fd00::2:0:1 1400"
        commands = {re.sub("[ :]", "_", name): line for name, line in commands.items()}
        cls.visit = Visit(None, commands)

    def said(self, name):
        return self.visit.said[re.sub("[ :]", "_", name)]

    def test_is_flawless_to_tshark(self):
        self.assert_flawless(self.visit)

    def test_makes_ping_say_its_words(self):
        for version, error in every_error():
            with self.subTest(version=version, error=error):
                said = self.said("ping " + address(version, error))
                words = ROWS[version][error][0]
                line = said.out.splitlines()[1]
                if words is None:
                    self.assertEqual(line, "")
                else:
                    self.assertRegex(line, rf"\AFrom {ROUTER[version]}:? icmp_seq=1 "
                                     + re.escape(words) + r"\Z")
                self.assertIn("1 packets transmitted, 0 received", said.out)
                self.assertEqual(said.status, 1)

    def test_makes_traceroute_show_its_marks(self):
        for version, error in every_error():
            with self.subTest(version=version, error=error):
                mark = ROWS[version][error][1]
                got = hops(self.said("trace " + address(version, error)).out)
                self.assertEqual(len(got), 1, got)
                number, who, rest = got[0]
                self.assertEqual(number, 3)
                if mark is None:
                    self.assertEqual(who, "*")
                else:
                    self.assertEqual(who, ROUTER[version])
                    self.assertRegex(rest, r"\A\d+\.\d+ ms" + (" " + re.escape(mark) if mark else "")
                                     + r"\Z")

    def assert_scan(self, scan, expected):
        for version in ROWS:
            ports = self.visit.nmap(f"nmap_-s{scan}_{version}")
            for error, row in ROWS[version].items():
                with self.subTest(scan=scan, version=version, error=error):
                    self.assertEqual(ports[address(version, error), 80], expected(row))

    def test_makes_nmap_give_its_reasons(self):
        self.assert_scan("T", lambda row: row[2])
        self.assert_scan("S", lambda row: of_syn(row[3]))
        self.assert_scan("U", lambda row: of_datagram(row[3]))

    def test_proves_that_the_open_ports_of_nmap_are_not(self):
        fields = [source or source6 for source, source6 in self.visit.frames(
            "tcp.flags.syn == 1 && tcp.flags.ack == 1 && !icmp && !icmpv6", "ip.src", "ipv6.src")]
        false = {address(version, error) for version, error in every_error()
                 if ROWS[version][error][2] == FALSE_OPEN}
        self.assertGreaterEqual(len(false), 17)
        self.assertEqual(set(fields) & false, set())
        self.assertEqual(set(fields), {"10.3.13.5", "fd00::1:1:5"})

    def test_has_manners_that_nmap_knows(self):
        for version, error in ((4, (3, 13)), (6, (1, 1))):
            connect, syn, datagram = (self.visit.nmap(f"nmap_-s{s}_{version}") for s in "TSU")
            for manner, expected in {
                    3: ("closed conn-refused", "closed reset", "open|filtered no-response"),
                    4: ("filtered no-response", "filtered no-response", "open|filtered no-response"),
                    5: ("open syn-ack", "open syn-ack", "open udp-response")}.items():
                port = address(version, error, manner), 80
                with self.subTest(port=port):
                    self.assertEqual((connect[port], syn[port], datagram[port]), expected)
            target = address(version, (3, 3) if version == 4 else (1, 4), 10), 80
            self.assertEqual(datagram[target], "closed port-unreach")

    def test_has_an_mtu_that_large_packets_are_told(self):
        self.assertRegex(self.said("big 4").out, r"From 198\.51\.100\.1 icmp_seq=1 Frag needed and DF "
                         r"set \(mtu = 1280\)\n")
        self.assertIn("message too long, mtu=1280", self.said("big 4").err)
        self.assertRegex(self.said("big 6").out, r"From 2001:db8:1::1 icmp_seq=1 Packet too big: "
                         r"mtu=1280\n")
        self.assertIn("message too long, mtu: 1280", self.said("big 6").err)
        for version in ROWS:
            (number, who, rest), = hops(self.said(f"big trace {version}").out)
            self.assertEqual((number, who), (3, ROUTER[version]))
            self.assertTrue(rest.endswith("!F-1280"), rest)

    def test_tells_each_packet_the_error_in_its_address(self):
        for router, kind, code, target in self.visit.frames(
                "icmp.type < 40 && ip.src == 198.51.100.1 && frame.interface_id == 0", "ip.src",
                "icmp.type", "icmp.code", "ip.dst", occurrence="a"):
            source, quoted_source = router.split(",")
            self.assertEqual((source, quoted_source), (ROUTER[4], "192.0.2.2"))
            self.assertTrue(target.split(",")[1].startswith(
                f"10.{kind.split(',')[0]}.{code.split(',')[0]}."), (kind, code, target))


class BrokenChecksums(Case):
    """Manner 7 shows that the judge has eyes."""

    def test_are_seen_by_tshark_and_by_no_ping(self):
        visit = Visit(None, {"4": "ping -n -c 1 -W 1 10.3.13.7", "6": "ping -n -c 1 -W 1 fd00::1:1:7",
                             "s": "ping -n -c 1 -W 1 10.3.13.1"})
        self.assertEqual(visit.run.returncode, 0, visit.run)
        for name in "46":
            self.assertNotIn("From", visit.said[name].out)
        self.assertIn("Packet filtered", visit.said["s"].out)
        self.assertEqual(len(visit.faults), 4, visit.faults)  # each on two links


EIGHT = """title = "Eight routers in a row"
path  = "client - r1 - r2 - r3 - r4 - r5 - r6 - r7 - r8 - web"
link.delay = "2ms"
[host.web]
address = ["203.0.113.9", "2001:db8:9::9"]
icmp_limit = "none"
tcp.80 = "open"
""" + "".join(f'[router.r{number}]\nicmp_limit = "none"\n' for number in range(1, 9))
NAMES = [f"r{number}" for number in range(1, 9)] + ["web"]
WAY = {4: ["192.0.2.1"] + [f"10.0.{k}.2" for k in range(1, 8)] + ["203.0.113.9"],
       6: ["2001:db8::1"] + [f"fd00:0:0:{k}::2" for k in range(1, 8)] + ["2001:db8:9::9"]}


class EightRouters(Case):
    """Everybody who traces finds the eight in their order."""

    @classmethod
    def setUpClass(cls):
        commands = {"names": "traceroute -N 1 -q 1 web", "names6": "traceroute -6 -N 1 -q 1 web",
                    "pathnames": "tracepath -4 web"}
        mtr = {"names": "-4 web"}
        for version in (4, 6):
            for kind, option in {"udp": "", "icmp": "-I", "tcp": "-T -p 80"}.items():
                commands[f"{kind}{version}"] = f"traceroute -{version} -n -N 1 -q 2 {option} web"
            for kind, option in {"icmp": "", "udp": "-u", "tcp": "-T -P 80"}.items():
                mtr[f"{kind}{version}"] = f"-{version} -n {option} web"
            commands[f"path{version}"] = f"tracepath -{version} -n web"
            commands[f"ping{version}"] = f"ping -{version} -n -c 5 -i 0.2 web"
            commands[f"nmap{version}"] = (f"nmap {'-6' if version == 6 else ''} -n -Pn -sS -p 80 "
                                          "--traceroute -oX - web")
        commands["fping"] = "fping -c 5 -p 100 -t 1000 -q 203.0.113.9 2001:db8:9::9"
        # Two of mtr take each other's answers for theirs: each has a lab of its own.
        with ThreadPool(len(mtr)) as pool:
            visits = {name: pool.apply_async(
                Visit, (EIGHT, {"mtr": f"mtr --json -c 2 -i 0.3 -G 2 {options}"}))
                      for name, options in mtr.items()}
            cls.visit = Visit(EIGHT, commands)
            cls.mtr = {name: visit.get() for name, visit in visits.items()}
        cls.said = cls.visit.said

    def test_are_flawless_to_tshark(self):
        for visit in [self.visit, *self.mtr.values()]:
            self.assert_flawless(visit)

    def test_have_their_names(self):
        for name in ("names", "names6"):
            self.assertEqual([who for _, who, _ in hops(self.said[name].out)], NAMES)
        self.assertEqual([who for who, _ in self.path("pathnames")], NAMES)
        self.assertEqual([who for who, _ in self.hubs("names")], NAMES)

    @classmethod
    def hubs(cls, name):
        hubs = json.loads(cls.mtr[name].said["mtr"].out)["report"]["hubs"]
        return [(hub["host"], hub["Best"]) for hub in hubs]

    def path(self, name):
        """Of tracepath's lines, in which the same hop may stand twice, the first of each hop."""
        found = re.findall(r"(?m)^ *\d+: +([0-9a-z.:]+) +(\d+\.\d+)ms", self.said[name].out)
        return list({who: (who, float(time)) for who, time in reversed(found)}.values())[::-1]

    def steps(self, version):
        """Of each tool the hops: (address, milliseconds)."""
        found = {}
        for kind in ("udp", "icmp", "tcp"):
            found[kind] = [(who, min(round_trips(rest))) for _, who, rest in
                           hops(self.said[f"{kind}{version}"].out)]
            found["mtr " + kind] = self.hubs(f"{kind}{version}")
        found["tracepath"] = self.path(f"path{version}")
        found["nmap"] = [(who, float(time)) for who, time in re.findall(
            r'<hop ttl="\d+" ipaddr="(\S+)" rtt="(\d+\.\d+)"', self.said[f"nmap{version}"].out)]
        return found

    def test_are_listed_in_order_by_every_tool(self):
        for version in (4, 6):
            for tool, steps in self.steps(version).items():
                with self.subTest(tool=tool, version=version):
                    self.assertEqual([who for who, _ in steps], WAY[version])

    def test_are_four_milliseconds_apart(self):
        for version in (4, 6):
            best = [1e9] * 9
            for tool, steps in self.steps(version).items():
                for hop, (_, time) in enumerate(steps):
                    with self.subTest(tool=tool, version=version, hop=hop + 1):
                        self.assertGreaterEqual(time, 4 * (hop + 1) - 0.5)  # mtr's clock
                    best[hop] = min(best[hop], time)
            for hop, time in enumerate(best):
                with self.subTest(version=version, hop=hop + 1):
                    self.assertLess(time, 4 * (hop + 1) + 2 * SLACK)

    def test_are_counted_by_those_who_only_ping(self):
        for version in (4, 6):
            said = self.said[f"ping{version}"]
            self.assertEqual(len(re.findall("ttl=56 time=", said.out)), 5, said)
            self.assertGreaterEqual(min(map(float, re.findall(r"time=(\S+) ms", said.out))), 36)
            self.assertIn(f"hops 9 back 9", self.said[f"path{version}"].out)
        self.assertEqual(len(re.findall(r"= 5/5/0%", self.said["fping"].err)), 2, self.said["fping"])


class IcmpLimit(Case):
    """A router as Linux has it: six errors at once, then one a second."""

    def test_is_seen_by_ping(self):
        visit = Visit('path = "client - r1 - r2 - web"\n[host.web]\n',
                      {"many": "ping -4 -n -t 1 -c 12 -i 0.01 -W 0.2 web"})
        self.assert_flawless(visit)
        lost = re.findall(r"From 192\.0\.2\.1 icmp_seq=(\d+) Time to live", visit.said["many"].out)
        self.assertEqual(lost, ["1", "2", "3", "4", "5", "6"])


SERVICES = """title = "Hosts and their services"
path  = ["client - r1 - r2 - web", "r2 - wall", "r2 - everything"]
link.delay = "1ms"
[host.web]
address = ["203.0.113.9", "2001:db8:9::9"]
icmp_limit = "none"
tcp.7 = "echo"
tcp.22 = "tarpit"
tcp.23 = "filtered"
tcp.25 = { banner = "220 web ready\\r\\n", closes = true }
tcp.80 = "open"
tcp.81 = "syn-ack"
udp.7 = "echo"
udp.9 = "silent"
udp.9001 = { answer = "pong" }
udp.9002 = { answer = "from elsewhere", from = 9003 }
[host.wall]
address = ["203.0.113.10", "2001:db8:9::10"]
tcp.default = "filtered"
udp.default = "silent"
tcp.443 = "open"
[host.everything]
address = ["203.0.113.11", "2001:db8:9::11"]
tcp.default = "open"
udp.default = "echo"
"""
TCP_PORTS = (7, 22, 23, 25, 80, 81, 82, 443)
UDP_PORTS = (7, 9, 9001, 9002, 9004)


class Services(Case):
    """Ports are what the file says, to nmap and to nc, in both versions."""

    HOSTS = {"web": ("203.0.113.9", "2001:db8:9::9"), "wall": ("203.0.113.10", "2001:db8:9::10"),
             "everything": ("203.0.113.11", "2001:db8:9::11")}
    OPEN = {"T": "open syn-ack", "S": "open syn-ack"}
    SHUT = {"T": "closed conn-refused", "S": "closed reset"}
    SILENT = {"T": "filtered no-response", "S": "filtered no-response"}

    @classmethod
    def setUpClass(cls):
        commands = {}
        for number, version in enumerate((4, 6)):
            start = f"nmap {'-6' if version == 6 else ''} -n -Pn --reason --max-retries 1 -oX -"
            targets = " ".join(addresses[number] for addresses in cls.HOSTS.values())
            for scan, ports in {"T": TCP_PORTS, "S": TCP_PORTS, "U": UDP_PORTS}.items():
                commands[f"{scan}{version}"] = (
                    f"{start} -s{scan} -p {','.join(map(str, ports))} {targets}")
            commands[f"banner{version}"] = f"nc -{version} -w 2 web 25"
            commands[f"echo{version}"] = f"(echo hello; sleep 0.5) | nc -{version} -w 1 web 7"
            commands[f"datagram{version}"] = f"echo hello | nc -{version} -u -w 1 web 7"
            commands[f"answer{version}"] = f"echo hello | nc -{version} -u -w 1 web 9001"
            commands[f"elsewhere{version}"] = f"echo hello | nc -{version} -u -w 1 web 9002"
            commands[f"refused{version}"] = f"nc -{version} -v -z -w 1 web 82"
            commands[f"filtered{version}"] = f"nc -{version} -v -z -w 1 web 23"
            commands[f"tarpit{version}"] = f"(echo hello; sleep 1) | nc -{version} -w 1 web 22"
        cls.visit = Visit(SERVICES, commands)
        cls.said = cls.visit.said

    def test_are_flawless_to_tshark(self):
        self.assert_flawless(self.visit)

    def test_of_tcp_are_what_nmap_finds(self):
        for number, version in enumerate((4, 6)):
            for scan in "TS":
                found = self.visit.nmap(f"{scan}{version}")
                web = {port: self.OPEN for port in (7, 22, 25, 80, 81)} | {
                    23: self.SILENT, 82: self.SHUT, 443: self.SHUT}
                wall = {port: self.SILENT for port in TCP_PORTS} | {443: self.OPEN}
                everything = {port: self.OPEN for port in TCP_PORTS}
                for host, ports in {"web": web, "wall": wall, "everything": everything}.items():
                    got = {port: found[self.HOSTS[host][number], port] for port in TCP_PORTS}
                    self.assertEqual(got, {port: state[scan] for port, state in ports.items()},
                                     (host, scan, version))

    def test_of_udp_are_what_nmap_finds(self):
        silent, opened = "open|filtered no-response", "open udp-response"
        expected = {"web": (opened, silent, opened, silent, "closed port-unreach"),
                    "wall": (silent,) * 5, "everything": (opened,) * 5}
        for number, version in enumerate((4, 6)):
            found = self.visit.nmap(f"U{version}")
            for host, states in expected.items():
                got = tuple(found[self.HOSTS[host][number], port] for port in UDP_PORTS)
                self.assertEqual(got, states, (host, version))

    def test_talk_to_nc(self):
        for version in (4, 6):
            self.assertEqual(self.said[f"banner{version}"].out, "220 web ready\n")
            self.assertEqual(self.said[f"echo{version}"].out, "hello\n")
            self.assertEqual(self.said[f"datagram{version}"].out, "hello\n")
            self.assertEqual(self.said[f"answer{version}"].out, "pong")
            self.assertEqual(self.said[f"elsewhere{version}"].out, "")
            self.assertIn("Connection refused", self.said[f"refused{version}"].err)
            self.assertIn("timed out", self.said[f"filtered{version}"].err)
            self.assertEqual(self.said[f"tarpit{version}"].out, "")

    def test_that_hold_on_close_the_window(self):
        windows = {int(window) for window, in self.visit.frames(
            "tcp.srcport == 22 && tcp.flags.ack == 1 && tcp.flags.syn == 0 && tcp.flags.reset == 0",
            "tcp.window_size_value")}
        self.assertEqual(windows, {0})


class NarrowLinks(Case):
    """A link of 1280 octets, one whose router says so and one whose router does not."""

    def test_are_found_by_those_who_ask(self):
        commands = {"trace4": "traceroute -4 --mtu -n -q 1 web", "before": "ping -4 -n -c 1 web",
                    "large4": "traceroute -4 -F -n -N 1 -q 1 web 1400"}
        for version in (4, 6):
            commands[f"path{version}"] = f"tracepath -{version} -n web"
            commands[f"ping{version}"] = f"ping -{version} -n -c 2 -i 0.2 -M do -s 1400 web"
            commands[f"fits{version}"] = (f"ping -{version} -n -c 1 -M do "
                                          f"-s {1252 if version == 4 else 1232} web")
        visit = Visit(situation("fragmentation-needed"), commands)
        self.assert_flawless(visit)
        for version in (4, 6):
            self.assertIn("Resume: pmtu 1280 hops 3 back 3", visit.said[f"path{version}"].out)
            self.assertIn(" 0% packet loss", visit.said[f"fits{version}"].out)
        self.assertIn("icmp_seq=1 Frag needed and DF set (mtu = 1280)\n", visit.said["ping4"].out)
        self.assertIn("icmp_seq=1 Packet too big: mtu=1280\n", visit.said["ping6"].out)
        self.assertRegex(visit.said["trace4"].out, r"(?m)^ 2  10\.0\.1\.2  .* F=1280$")
        self.assertRegex(visit.said["large4"].out, r"(?m)^ 2  192\.0\.2\.1  .* !F-1280$")

    def test_that_say_nothing_swallow_what_is_large(self):
        visit = Visit(situation("mtu-black-hole"),
                      {"large": "ping -4 -n -c 1 -W 1 -M do -s 1400 web",
                       "fits": "ping -4 -n -c 1 -M do -s 1252 web",
                       "large6": "ping -6 -n -c 1 -W 1 -s 1400 web",
                       "path": "tracepath -4 -n -m 3 web"})
        self.assert_flawless(visit)
        self.assertIn("1 received", visit.said["fits"].out)
        for name in ("large", "large6"):
            self.assertIn("1 packets transmitted, 0 received, 100%", visit.said[name].out)
            self.assertNotIn("From", visit.said[name].out)
        self.assertIn("Too many hops: pmtu 1500", visit.said["path"].out)


LOSSY = """path = "client - r1 - web"
[host.web]
address = ["203.0.113.9", "2001:db8:9::9"]
[link."r1 - web"]
delay = "5ms"
[link."r1 > web"]
loss = "10%"
jitter = "4ms"
[link."web > r1"]
duplication = "5%"
"""


class LossyLinks(Case):
    """One tenth lost, up to 4 ms of jitter, a twentieth twice; the same again with the same seed."""

    @classmethod
    def setUpClass(cls):
        ping = "ping -n -c 200 -i 0.01 203.0.113.9"
        fping = "fping -q -c 200 -p 10 -t 500 2001:db8:9::9"
        wanted = [("7", ping), ("7", ping), ("8", ping), ("7", fping)]
        with ThreadPool(len(wanted)) as pool:
            *cls.visits, cls.fping = pool.map(
                lambda lab: Visit(LOSSY, {"ping": lab[1]}, ("--seed", lab[0])), wanted)

    @staticmethod
    def answered(visit):
        return re.findall(r"icmp_seq=(\d+)", visit.said["ping"].out)

    def test_are_flawless_to_tshark(self):
        for visit in self.visits + [self.fping]:
            self.assert_flawless(visit)

    def test_lose_and_double_as_many_as_written(self):
        for visit in self.visits:
            out = visit.said["ping"].out
            sent, received, twice = map(int, re.search(
                r"(\d+) packets transmitted, (\d+) received, \+(\d+) duplicates", out).groups())
            self.assertEqual(sent, 200)
            self.assertTrue(7 <= sent - received <= 36, out)  # 20 and four standard deviations
            self.assertTrue(1 <= twice <= 21, out)
            self.assertEqual(len(set(self.answered(visit))), received)
        received = int(re.search(r"= 200/(\d+)/", self.fping.said["ping"].err)[1])
        self.assertTrue(164 <= received <= 193, self.fping.said["ping"])

    def test_are_the_same_again_with_the_same_seed(self):
        first, second, other = (self.answered(visit) for visit in self.visits)
        self.assertEqual(sorted(first), sorted(second))
        self.assertNotEqual(sorted(first), sorted(other))

    def test_delay_within_their_bounds(self):
        visit = self.visits[0]
        asked, delays = {}, []
        for kind, sequence, time in visit.frames('frame.interface_id == 1 && icmp', "icmp.type",
                                                 "icmp.seq", "frame.time_relative"):
            if kind == "8":
                asked[sequence] = float(time)
            elif sequence in asked:
                delays.append((float(time) - asked.pop(sequence)) * 1000)
        self.assertGreater(len(delays), 150)
        self.assertGreaterEqual(min(delays), 4.999)
        self.assertLessEqual(max(delays), 9.001 + 0.5)  # 0.5: jitter keeps packets in order
        self.assertTrue(6.4 < sum(delays) / len(delays) < 7.9, sum(delays) / len(delays))
        times = [float(time) for time in re.findall(r"time=(\S+) ms", visit.said["ping"].out)]
        self.assertGreaterEqual(min(times), 10)


class Tunnels(Case):
    """MPLS: labels are told by the routers that tell them, and hidden by those that hide."""

    def test_are_read_by_traceroute_and_mtr(self):
        commands = {"hidden": "traceroute -4 -n -N 1 -q 1 shop",
                    "mtr": "(echo 1 send-probe ip-4 203.0.113.9 ttl 2; "
                           "echo 2 send-probe ip-6 2001:db8:9::9 ttl 3; sleep 0.5) | mtr-packet"}
        for version in (4, 6):
            for kind, option in {"udp": "", "icmp": "-I"}.items():
                commands[f"{kind}{version}"] = f"traceroute -{version} -n -e -N 1 -q 1 {option} web"
        visit = Visit(situation("mpls-tunnel"), commands)
        self.assert_flawless(visit)
        for name in ("udp4", "icmp4", "udp6", "icmp6"):
            labels = [re.search(r"<MPLS:([^;>]*)", rest) for _, _, rest in hops(visit.said[name].out)]
            self.assertEqual([found and found[1] for found in labels], [
                None, "L=24015,E=0,S=1,T=1", "L=24021,E=0,S=0,T=1/L=16,E=0,S=1,T=1", None, None])
        self.assertEqual([who for _, who, _ in hops(visit.said["hidden"].out)],
                         ["192.0.2.1", "10.0.7.2", "203.0.113.80"])
        self.assertRegex(visit.said["mtr"].out, r"1 ttl-expired ip-4 10\.0\.1\.2 \S+ \d+ mpls 24015,0,1,1\n")
        self.assertRegex(visit.said["mtr"].out, r"2 ttl-expired ip-6 fd00:0:0:2::2 \S+ \d+ mpls "
                         r"24021,0,0,1,16,0,1,1\n")


class EqualWays(Case):
    """Balancing by flow: ports decide."""

    def test_are_both_seen_by_many_flows_and_one_by_one(self):
        limits = "".join(f'[router.{name}]\nicmp_limit = "none"\n' for name in ("a1", "b1", "a2", "b2"))
        with open(situation("load-balanced-diamond"), encoding="utf-8") as file:
            topology = file.read().rstrip() + '\nicmp_limit = "none"\n' + limits
        visit = Visit(topology, {
            "many": "traceroute -4 -n -N 1 -q 10 -f 2 -m 2 web",
            "one": "traceroute -4 -n -N 1 -q 10 -f 2 -m 2 -U --sport=40000 -p 9999 web",
            "other": "traceroute -4 -n -N 1 -q 10 -f 3 -m 3 -U --sport=40001 -p 9999 web"})
        self.assert_flawless(visit)
        seen = {name: set(re.findall(r"10\.0\.\d+\.2", said.out)) for name, said in visit.said.items()}
        self.assertEqual(len(seen["many"]), 2, visit.said)
        self.assertEqual(len(seen["one"]), 1, visit.said)
        self.assertEqual(len(seen["other"]), 1, visit.said)
        self.assertTrue(seen["one"] < seen["many"])


class TranslatedAddresses(Case):
    """NAT: the client never sees the outer address, the world never the inner one."""

    def test_are_nobodys_business(self):
        visit = Visit(situation("nat"), {
            "udp": "traceroute -4 -n -N 1 -q 1 web", "tcp": "traceroute -4 -T -n -N 1 -q 1 web",
            "icmp": "traceroute -4 -I -n -N 1 -q 1 web", "ping": "ping -4 -n -c 2 -i 0.2 web",
            "banner": "nc -4 -w 1 web 80", "echo": "echo hello | nc -4 -u -w 1 web 7"})
        self.assert_flawless(visit)
        for name in ("udp", "tcp", "icmp"):
            self.assertEqual([who for _, who, _ in hops(visit.said[name].out)],
                             ["192.0.2.1", "10.0.1.2", "10.0.2.2", "203.0.113.9"], name)
        self.assertIn("2 received", visit.said["ping"].out)
        self.assertEqual(visit.said["banner"].out, "hello from the other side\n")
        self.assertEqual(visit.said["echo"].out, "hello\n")
        outer, inner = "198.51.100.77", "192.0.2.2"
        names = {name for name, in visit.frames("frame", "frame.interface_name")}
        self.assertEqual(len(names), 4, names)
        for number in range(4):
            everywhere = ",".join(",".join(frame) for frame in visit.frames(
                f"ip && !dns && frame.interface_id == {number}", "ip.src", "ip.dst",
                occurrence="a")).split(",")
            self.assertEqual((inner in everywhere, outer in everywhere), (number == 0, number != 0))


if __name__ == "__main__":
    foreign_tools.main("foreign")
