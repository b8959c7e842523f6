#!/usr/bin/python3
"""traceroute, tracepath, mtr, nmap, fping and ping in labs: they see the routers that were written
down, in their order, and what is between them."""

import json
import re

import foreign_tools
from foreign_tools import Case, SLACK, Visit, apart, hops, round_trips, situation

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
        cls.mtr = apart(EIGHT, {name: f"mtr --json -c 2 -i 0.3 -G 2 {options}"
                                for name, options in mtr.items()})
        cls.visit = Visit(EIGHT, commands)
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
        hubs = json.loads(cls.mtr[name].said[name].out)["report"]["hubs"]
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
        self.assertEqual(self.said["fping"].err.count("= 5/5/0%"), 2, self.said["fping"])


class IcmpLimit(Case):
    """A router as Linux has it: six errors at once, then one a second."""

    def test_is_seen_by_ping(self):
        visit = Visit('path = "client - r1 - r2 - web"\n[host.web]\n',
                      {"many": "ping -4 -n -t 1 -c 12 -i 0.01 -W 0.2 web"})
        self.assert_flawless(visit)
        lost = re.findall(r"From 192\.0\.2\.1 icmp_seq=(\d+) Time to live", visit.said["many"].out)
        self.assertEqual(lost, ["1", "2", "3", "4", "5", "6"])


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
            labels = [re.search(r"<MPLS:([^;>]*)", rest)
                      for _, _, rest in hops(visit.said[name].out)]
            self.assertEqual([found and found[1] for found in labels], [
                None, "L=24015,E=0,S=1,T=1", "L=24021,E=0,S=0,T=1/L=16,E=0,S=1,T=1", None, None])
        self.assertEqual([who for _, who, _ in hops(visit.said["hidden"].out)],
                         ["192.0.2.1", "10.0.7.2", "203.0.113.80"])
        self.assertRegex(visit.said["mtr"].out,
                         r"1 ttl-expired ip-4 10\.0\.1\.2 \S+ \d+ mpls 24015,0,1,1\n")
        self.assertRegex(visit.said["mtr"].out, r"2 ttl-expired ip-6 fd00:0:0:2::2 \S+ \d+ mpls "
                         r"24021,0,0,1,16,0,1,1\n")


class EqualWays(Case):
    """Balancing by flow: ports decide."""

    def test_are_both_seen_by_many_flows_and_one_by_one(self):
        limits = "".join(f'[router.{name}]\nicmp_limit = "none"\n'
                         for name in ("a1", "b1", "a2", "b2"))
        with open(situation("load-balanced-diamond"), encoding="utf-8") as file:
            topology = file.read().rstrip() + '\nicmp_limit = "none"\n' + limits
        visit = Visit(topology, {
            "many": "traceroute -4 -n -N 1 -q 10 -f 2 -m 2 web",
            "one": "traceroute -4 -n -N 1 -q 10 -f 2 -m 2 -U --sport=40000 -p 9999 web",
            "other": "traceroute -4 -n -N 1 -q 10 -f 3 -m 3 -U --sport=40001 -p 9999 web"})
        self.assert_flawless(visit)
        seen = {name: set(re.findall(r"10\.0\.\d+\.2", said.out))
                for name, said in visit.said.items()}
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
    foreign_tools.main("foreign_ways")
