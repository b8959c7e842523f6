#!/usr/bin/python3
"""nmap, nc, ping, tracepath and fping in labs: ports and links are what the file says."""

import re
from multiprocessing.pool import ThreadPool

import foreign_tools
from foreign_tools import Case, Visit, apart, situation

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
        commands = {"trace4": "traceroute -4 --mtu -n -q 1 web",
                    "large4": "traceroute -4 -F -n -N 1 -q 1 web 1400"}
        for version in (4, 6):
            commands[f"path{version}"] = f"tracepath -{version} -n web"
            commands[f"ping{version}"] = f"ping -{version} -n -c 2 -i 0.2 -M do -s 1400 web"
            commands[f"fits{version}"] = (f"ping -{version} -n -c 1 -M do "
                                          f"-s {1252 if version == 4 else 1232} web")
        # The kernel remembers what one of them was told, and so the others would not ask.
        visits = apart(situation("fragmentation-needed"), commands)
        for visit in visits.values():
            self.assert_flawless(visit)
        said = {name: visit.said[name].out for name, visit in visits.items()}
        for version in (4, 6):
            self.assertIn("Resume: pmtu 1280 hops 3 back 3", said[f"path{version}"])
            self.assertIn(" 0% packet loss", said[f"fits{version}"])
        self.assertIn("icmp_seq=1 Frag needed and DF set (mtu = 1280)\n", said["ping4"])
        self.assertIn("icmp_seq=1 Packet too big: mtu=1280\n", said["ping6"])
        self.assertRegex(said["trace4"], r"(?m)^ 2  10\.0\.1\.2  .* F=1280$")
        self.assertRegex(said["large4"], r"(?m)^ 2  192\.0\.2\.1  .* !F-1280$")

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
    """One tenth lost, up to 4 ms of jitter, a twentieth twice; with a seed the same again."""

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


if __name__ == "__main__":
    foreign_tools.main("foreign_hosts")
