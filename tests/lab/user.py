#!/usr/bin/python3
"""Labs of an ordinary user: no root, no sudo, and the tools that want capabilities work all the same."""

import os
import re
import subprocess
import time

from lab import Case, NOBODY, Terminal, contents, main, path, until

# CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_NET_RAW.
NETWORK = 1 << 10 | 1 << 12 | 1 << 13

# Each error of the menu to both versions' twins; what fping must not find alive.
NAMES_V4 = ["net-unreachable", "host-unreachable", "proto-unreachable", "port-unreachable",
            "source-route-failed", "net-unknown", "host-unknown", "source-host-isolated",
            "net-prohibited", "host-prohibited", "net-unreachable-tos", "host-unreachable-tos",
            "admin-prohibited", "precedence-violation", "precedence-cutoff", "ttl-exceeded",
            "reassembly-timeout", "parameter-problem", "missing-option", "bad-length"]
NAMES_V6 = ["no-route", "admin-prohibited", "beyond-scope", "address-unreachable",
            "port-unreachable", "policy-fail", "reject-route", "source-route-error",
            "headers-too-long", "hop-limit-exceeded", "reassembly-timeout", "parameter-problem",
            "unknown-next-header", "unknown-option", "incomplete-header-chain", "sr-upper-layer",
            "experimental-100", "reserved-127"]

RAW = ("import socket\n"
       "for family, kind, protocol in ((socket.AF_INET, socket.SOCK_RAW, 1),\n"
       "    (socket.AF_INET6, socket.SOCK_RAW, 58), (socket.AF_PACKET, socket.SOCK_RAW, 0)):\n"
       "  try:\n"
       "    socket.socket(family, kind, protocol); print('raw')\n"
       "  except PermissionError:\n"
       "    print('refused')\n")

BIND = ("import socket\n"
        "s = socket.create_server(('', 80)); c = socket.create_connection(('127.0.0.1', 80))\n"
        "print('bound', s.accept()[0].getsockname()[1])\n")


def remove_if_empty(folder):
    try:
        os.rmdir(folder)
    except OSError:
        pass


class User(Case):
    uid = NOBODY

    def status_of(self, outcome):
        """The capabilities in a /proc/self/status."""
        return {key: int(value, 16) for key, value in re.findall(r"Cap(\w+):\s*([0-9a-f]+)", outcome.out)}


class Run(User):
    def test_the_machine_lets_us_try(self):
        done = subprocess.run(self.lab_words("--version"), capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, "an ordinary user must be able to read the programs")

    def test_who_one_is_stays(self):
        outcome = self.in_lab("sh", "-c", "id -u; id -g; echo $HOME; cat /proc/self/?id_map")
        words = outcome.out.split()
        self.assertEqual(words[:3], [str(NOBODY), str(NOBODY), "/tmp"], outcome)
        self.assertEqual(words[3:], [str(NOBODY), str(NOBODY), "1"] * 2)
        outcome = self.in_lab("sh", "-c", "echo text > mine", cwd=self.folder)
        self.assertEqual(os.stat(self.file("mine")).st_uid, NOBODY)

    def test_root_is_root_only_inside(self):
        outcome = self.in_lab("sh", "-c",
                              "id -u; id -g; cat /proc/self/uid_map; cat /etc/shadow; echo > made",
                              options=["--root"], cwd=self.folder)
        self.assertEqual(outcome.out.split(), ["0", "0", "0", str(NOBODY), "1"], outcome)
        self.assertIn("Permission denied", outcome.err)
        self.assertEqual(os.stat(self.file("made")).st_uid, NOBODY)

    def test_a_lab_in_a_lab_is_one_more(self):
        for outer, user in (((), NOBODY), (("--root",), 0), (("--no-caps",), NOBODY)):
            with self.subTest(outer=outer):
                outcome = self.in_lab(path("sonda-lab"), "run", "--", "sh", "-c",
                                      "id -u; ping -c1 host-unreachable", options=outer)
                self.assertEqual(outcome.out.split("\n")[0], str(user), outcome)
                if outer != ("--no-caps",):  # the file's capabilities are gone for good
                    self.assertIn("Destination Host Unreachable", outcome.out)

    def test_capabilities_are_those_of_the_network_and_no_others(self):
        outcome = self.in_lab("cat", "/proc/self/status")
        capabilities = self.status_of(outcome)
        for kind in ("Prm", "Eff", "Inh", "Amb"):
            self.assertEqual(capabilities[kind], NETWORK, kind)
        self.assertIn("NoNewPrivs:\t0", outcome.out)

    def test_outside_they_are_worth_nothing(self):
        process = self.start_lab("run", "--", "sh", "-c", "echo ready; exec sleep 100")
        process.stdout.readline()
        self.assertNotEqual(os.readlink(f"/proc/{process.pid}/ns/user"), os.readlink("/proc/self/ns/user"))
        for command in ("mount -t tmpfs tmpfs /mnt", "hostname other", "unshare -n true",
                        "chown 0 .", "nsenter --net=/proc/self/ns/net true", "chroot / true"):
            outcome = self.in_lab("sh", "-c", command, cwd=self.folder)
            self.assertNotEqual(outcome.status, 0, (command, outcome))

    def test_every_error_of_the_menu_comes(self):
        names = [(name, "-4") for name in NAMES_V4] + [(name, "-6") for name in NAMES_V6]
        script = "for word in \"$@\"; do ping ${word#* } -c1 -W1 ${word% *} & done; wait"
        outcome = self.in_lab("sh", "-c", script, "sh", *[f"{name} {flag}" for name, flag in names])
        for name, _ in names:
            self.assertIn(f"PING {name}", outcome.out)
        self.assertEqual(outcome.out.count("100% packet loss"), len(names), outcome)
        # Newer errors than this ping knows have no words, but a line all the same; the system keeps
        # IPv4's "reassembly time exceeded" from everybody.
        self.assertGreaterEqual(outcome.out.count("+1 errors"), len(names) - 1, outcome)
        for words in ("Destination Net Unreachable", "Packet filtered", "Precedence Cutoff",
                      "Parameter problem: pointer = 20", "Time to live exceeded", "No route",
                      "Administratively prohibited", "Address unreachable", "Time exceeded: Hop limit"):
            self.assertIn(words, outcome.out)

    def test_fping_finds_alive_what_works_and_nothing_else(self):
        outcome = self.in_lab("fping", "-r0", *NAMES_V4, "10.0.0.5")
        self.assertEqual(re.findall(r"(?m)^(\S+) is alive", outcome.out), ["10.0.0.5"], outcome)
        self.assertEqual(len(re.findall("is unreachable", outcome.out)), len(NAMES_V4))
        outcome = self.in_lab("fping", "-6", "-r0", *NAMES_V6, "fd00::0:0:5")
        self.assertEqual(re.findall(r"(?m)^(\S+) is alive", outcome.out), ["fd00::0:0:5"], outcome)

    def test_tools_that_want_capabilities_have_them(self):
        outcome = self.in_lab("python3", "-c", RAW + BIND)
        self.assertEqual(outcome.out.split("\n")[:4], ["raw"] * 3 + ["bound 80"], outcome)
        outcome = self.in_lab("nmap", "-sS", "-n", "-p", "80", "10.0.0.5", "10.3.13.3", "10.3.13.1")
        self.assertRegex(outcome.out, r"for 10\.0\.0\.5\n[^N]*80/tcp open")
        self.assertIn("3 IP addresses", outcome.out)
        outcome = self.in_lab("traceroute", "-I", "-n", "-w1", "10.3.13.1")
        self.assertRegex(outcome.out, r"198\.51\.100\.1 .*!X")
        outcome = self.in_lab(path("sonda-ping"), "-c2", "-i0.05", "admin-prohibited")
        self.assertEqual(outcome.status, 1, outcome)

    def test_without_capabilities_one_sees_what_everybody_sees(self):
        outcome = self.in_lab("python3", "-c", RAW, options=["--no-caps"])
        self.assertEqual(outcome.out.split(), ["refused"] * 3, outcome)
        outcome = self.in_lab("cat", "/proc/self/status", options=["--no-caps"])
        self.assertEqual({key: value for key, value in self.status_of(outcome).items() if key != "Bnd"},
                         {"Inh": 0, "Prm": 0, "Eff": 0, "Amb": 0})
        self.assertIn("NoNewPrivs:\t0", outcome.out)
        for target in ("10.0.0.5", "fd00::0:0:5"):
            outcome = self.in_lab(path("sonda-ping"), "--unprivileged", "-c2", "-i0.05", target,
                                  options=["--no-caps"])
            self.assertEqual(outcome.status, 0, outcome)
            self.assertIn("2 packets transmitted, 2 received", outcome.out)
        outcome = self.in_lab(path("sonda-ping"), "--unprivileged", "-c1", "admin-prohibited",
                              options=["--no-caps"])
        self.assertEqual(outcome.status, 1, outcome)

    def test_nothing_is_left_when_it_is_killed(self):
        process = self.start_lab("run", "--", "sh", "-c", "setsid sleep 1000 & echo ready; sleep 1000")
        process.stdout.readline()
        spaces = self.spaces_of_running()
        process.kill()
        process.wait()
        self.assert_nothing_left(spaces)

    def test_a_capture_is_the_users(self):
        file = self.file("all.pcapng")
        self.in_lab("ping", "-c1", "admin-prohibited", options=["--capture", file])
        self.assertEqual(os.stat(file).st_uid, NOBODY)
        self.assertGreater(os.path.getsize(file), 0)

    def test_where_the_machine_allows_no_namespaces_it_says_which_switch_does(self):
        # Root of a user namespace of its own forbids more of them below it; nobody else notices.
        script = ("echo 0 > /proc/sys/user/max_user_namespaces; "
                  'exec setpriv --inh-caps=-all --bounding-set=-all "$@"')
        done = subprocess.run(self.words("unshare", "--user", "--map-root-user", "sh", "-c", script, "sh",
                                         path("sonda-lab"), "run", "--", "true"),
                              capture_output=True, env=self.environment(), timeout=60, check=False)
        self.assertEqual(done.returncode, 125, done)
        self.assertRegex(done.stderr, rb"\Asonda-lab run: [^\n]*max_user_namespaces[^\n]*\n\Z")


class Started(User):
    def setUp(self):
        super().setUp()
        outcome = self.run_lab("start", "net1")
        self.assertEqual(outcome.status, 0, outcome)
        self.addCleanup(self.run_lab, "stop", "net1")

    def exec(self, *command, options=()):
        return self.run_lab("exec", *options, "net1", "--", *command)

    def test_programs_have_what_they_have_in_run(self):
        outcome = self.exec("sh", "-c", "id -u; cat /proc/self/status")
        self.assertEqual(outcome.out.split()[0], str(NOBODY), outcome)
        self.assertEqual(self.status_of(outcome)["Eff"], NETWORK)
        self.assertEqual(self.status_of(outcome)["Amb"], NETWORK)
        self.assertIn("NoNewPrivs:\t0", outcome.out)
        outcome = self.exec("python3", "-c", RAW + BIND)
        self.assertEqual(outcome.out.split("\n")[:4], ["raw"] * 3 + ["bound 80"], outcome)
        outcome = self.exec("python3", "-c", RAW, options=["--no-caps"])
        self.assertEqual(outcome.out.split(), ["refused"] * 3, outcome)

    def test_root_of_a_lab_that_was_started_so_is_root(self):
        self.assertEqual(self.run_lab("start", "net2", "--root").status, 0)
        self.addCleanup(self.run_lab, "stop", "net2")
        self.assertEqual(self.run_lab("exec", "net2", "--", "id", "-u").out, "0\n")

    def test_nobody_else_may_enter(self):
        folder = os.path.join(self.runtime, "sonda")
        self.assertEqual(os.stat(folder).st_uid, NOBODY)
        self.addCleanup(remove_if_empty, "/tmp/sonda-65533")
        other = ["setpriv", "--reuid", "65533", "--regid", "65533", "--clear-groups", path("sonda-lab")]
        done = subprocess.run([*other, "exec", "net1", "--", "true"], capture_output=True, timeout=60,
                              env=self.environment(), check=False)
        self.assertEqual(done.returncode, 125, done)

    def test_without_a_session_labs_lie_in_a_folder_of_the_users(self):
        self.addCleanup(remove_if_empty, f"/tmp/sonda-{NOBODY}")
        env = {"XDG_RUNTIME_DIR": ""}
        self.assertEqual(self.run_lab("start", "sondatest", env=env).status, 0)
        self.addCleanup(self.run_lab, "stop", "sondatest", env=env)
        about = os.stat(f"/tmp/sonda-{NOBODY}")
        self.assertEqual((about.st_uid, about.st_mode & 0o777), (NOBODY, 0o700))
        self.assertTrue(os.path.exists(f"/tmp/sonda-{NOBODY}/sondatest.lab"))

    def test_at_a_terminal_the_usual_tools_work(self):
        terminal = Terminal(self, self.lab_words("shell", "net1"), env={"SHELL": "/bin/sh"})
        terminal.wait_for("$ ")

        def say(command, wanted, seconds=30):
            terminal.type(command + "\n")
            return terminal.wait_for(wanted, seconds)
        say(f"tcpdump -n -i eth0 -c 2 --immediate-mode icmp > {self.file('dumped')} 2>&1 &", "$ ")
        until(lambda: b"listening on" in contents(self.file("dumped")))
        say("ping -n -c1 10.3.13.1", "Packet filtered")
        self.assertTrue(until(lambda: b"admin prohibited" in contents(self.file("dumped"))),
                        contents(self.file("dumped")))
        say(f"tshark -n -i eth0 -c 2 -f icmp > {self.file('sharked')} 2>&1 &", "$ ")
        until(lambda: b"Capturing on" in contents(self.file("sharked")), 20)
        time.sleep(1)
        say("ping -n -c1 10.3.13.1", "Packet filtered")
        self.assertTrue(until(lambda: b"Destination unreachable" in contents(self.file("sharked")), 20),
                        contents(self.file("sharked")))
        say("nmap -n -sS -p 80 10.0.0.5", "80/tcp open")
        say("traceroute -I -n -w1 10.3.13.1", "!X")
        say("nc -l -p 80 & sleep 0.3; ss -Hltn; kill $!", ":80 ")
        terminal.type("exit\n")
        terminal.rest()


if __name__ == "__main__":
    main("user")
