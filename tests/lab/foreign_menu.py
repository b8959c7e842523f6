#!/usr/bin/python3
"""The system's own ping, traceroute and nmap at the error menu: each error is the one in its
address, and what the tools make of it is what they make of it everywhere."""

import re

import foreign_tools
from foreign_tools import Case, Visit, hops
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
        # Another destination each: what one tool learns of a path silences the other.
        commands["big trace 4"] = "traceroute -n -q 1 -f 3 -m 3 -F 10.3.4.8 1400"
        commands["big trace 6"] = "traceroute -n -q 1 -f 3 -m 3 -F fd00::2:0:8 1400"
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
                    self.assertRegex(
                        rest, r"\A\d+\.\d+ ms" + re.escape(" " + mark if mark else "") + r"\Z")

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
            silent, silent_udp = "filtered no-response", "open|filtered no-response"
            for manner, expected in {
                    3: ("closed conn-refused", "closed reset", silent_udp),
                    4: (silent, silent, silent_udp),
                    5: ("open syn-ack", "open syn-ack", "open udp-response")}.items():
                port = address(version, error, manner), 80
                with self.subTest(port=port):
                    self.assertEqual((connect[port], syn[port], datagram[port]), expected)
            target = address(version, (3, 3) if version == 4 else (1, 4), 10), 80
            self.assertEqual(datagram[target], "closed port-unreach")

    def test_has_an_mtu_that_large_packets_are_told(self):
        self.assertIn("From 198.51.100.1 icmp_seq=1 Frag needed and DF set (mtu = 1280)\n",
                      self.said("big 4").out)
        self.assertIn("message too long, mtu=1280", self.said("big 4").err)
        self.assertIn("From 2001:db8:1::1 icmp_seq=1 Packet too big: mtu=1280\n",
                      self.said("big 6").out)
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
        visit = Visit(None, {"4": "ping -n -c 1 -W 1 10.3.13.7",
                             "6": "ping -n -c 1 -W 1 fd00::1:1:7",
                             "s": "ping -n -c 1 -W 1 10.3.13.1"})
        self.assertEqual(visit.run.returncode, 0, visit.run)
        for name in "46":
            self.assertNotIn("From", visit.said[name].out)
        self.assertIn("Packet filtered", visit.said["s"].out)
        self.assertEqual(len(visit.faults), 4, visit.faults)  # each on two links


if __name__ == "__main__":
    foreign_tools.main("foreign_menu")
