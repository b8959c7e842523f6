#!/usr/bin/python3
"""Labs that stay: started, entered, changed, watched, stopped; and every wrong word answered."""

import os
import shutil
import signal
import stat
import subprocess
import time

from lab import (Case, NOBODY, SLACK, Terminal, contents, json, main, processes, quoted, tshark,
                 until)

TWO_HOSTS = '''title = "Two real machines"
path = "client - r1 - r2 - server"
link.delay = "1ms"
[host.client]
kernel = true
[host.server]
kernel = true
'''
# A file's own address, which is not of the prefix of its link.
FAR_ADDRESS = TWO_HOSTS + 'address = ["203.0.113.9", "2001:db8:9::9"]\n'

# Sends a datagram each 5 ms and says at which time what came back first.
PINGER = '''import json, select, socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("10.0.0.5", 7))
end = time.monotonic() + 20
seen = set()
while time.monotonic() < end and "error" not in seen:
  try:
    s.send(b"x")
    what = "answer" if select.select([s], [], [], 0.005)[0] and s.recv(9) else ""
  except OSError as e:
    what = "error"
  if what and what not in seen:
    seen.add(what)
    print(json.dumps([what, time.monotonic()]), flush=True)
  time.sleep(0.005)
'''


class Started(Case):
    def start(self, name, *words, **more):
        outcome = self.run_lab("start", name, *words, **more)
        self.assertEqual(outcome.status, 0, outcome)
        self.addCleanup(self.run_lab, "stop", name, **more)
        return outcome

    def start_two_hosts(self, text=TWO_HOSTS):
        return self.start("two", self.file("two.toml", text))

    def exec(self, where, *command, options=(), **more):
        return self.run_lab("exec", *options, where, "--", *command, **more)

    def sockets(self):
        return sorted(os.listdir(os.path.join(self.runtime, "sonda")))


class Lives(Started):
    def test_from_its_start_to_its_stop(self):
        outcome = self.start("net1")
        self.assertIn("net1 runs", outcome.out)
        self.assertIn("sonda lab stop net1", outcome.out)
        self.assertEqual(outcome.err, "")
        self.assertRegex(self.run_lab("list").out, r"(?m)^net1 .*client")
        outcome = self.exec("net1", "ping", "-c1", "admin-prohibited")
        self.assertEqual(outcome.status, 1, outcome)
        self.assertIn("Packet filtered", outcome.out)
        spaces = self.spaces_of_running()
        outcome = self.run_lab("stop", "net1")
        self.assertEqual((outcome.status, outcome.out, outcome.err), (0, "", ""))
        self.assertEqual(self.sockets(), [])
        self.assert_nothing_left(spaces)
        self.assert_refused(self.run_lab("list"), 1)
        self.assert_refused(self.run_lab("stop", "net1"), 1)

    def test_does_not_hold_the_streams_of_who_started_it(self):
        began = time.monotonic()
        done = subprocess.run(["sh", "-c", '"$@" | cat', "sh", *self.lab_words("start", "net1")],
                              capture_output=True, env=self.environment(), timeout=30, check=False)
        self.assertIn(b"net1 runs", done.stdout)
        self.assertLess(time.monotonic() - began, 5 * SLACK)
        self.run_lab("stop", "net1")

    def test_outlives_the_terminal_where_it_was_started(self):
        terminal = Terminal(self, self.lab_words("start", "net1"))
        terminal.wait_for("net1 runs")
        terminal.rest()
        self.assertEqual(terminal.status(), 0)
        time.sleep(0.2)
        self.assertEqual(self.exec("net1", "true").status, 0)
        self.run_lab("stop", "net1")

    def test_two_at_once_are_two_networks(self):
        self.start("net1")
        self.start("net2")
        self.assertRegex(self.run_lab("list").out, r"(?m)\Anet1  since .*\n    The error menu.*\nnet2  since .*\n    The error menu.*\n\Z")
        networks = {self.exec(name, "readlink", "/proc/self/ns/net").out for name in ("net1", "net2")}
        self.assertEqual(len(networks), 2)
        self.run_lab("set", "net1", "r1", "drop")
        for name, answered in (("net1", 1), ("net2", 0)):
            outcome = self.exec(name, "ping", "-c1", "-W1", "10.0.0.5")
            self.assertEqual(outcome.status, answered, outcome)

    def test_twice_under_one_name_is_refused(self):
        self.start("net1")
        outcome = self.run_lab("start", "net1")
        self.assert_refused(outcome, 1)
        self.assertIn("runs already", outcome.err)
        self.assertEqual(self.exec("net1", "true").status, 0)

    def test_ten_starts_at_once_are_one_lab(self):
        racers = [self.start_lab("start", "net1") for _ in range(10)]
        statuses = sorted(racer.wait(60) for racer in racers)
        self.assertEqual(statuses.count(0), 1, statuses)
        self.assertEqual(self.exec("net1", "true").status, 0)
        self.run_lab("stop", "net1")
        self.assertTrue(until(lambda: not processes(self.mark), 2))

    def test_captures_all_the_while(self):
        self.start("net1", "--capture", self.file("all.pcapng"))
        self.exec("net1", "ping", "-c2", "-i0.05", "-q", "net-unreachable")
        self.run_lab("stop", "net1")
        self.assertGreaterEqual(len(tshark(self.file("all.pcapng"), "-Y", "icmp.type==3")), 4)

    def test_stop_ends_every_program_in_it(self):
        self.start("net1")
        stubborn = self.start_lab("exec", "net1", "--", "sh", "-c",
                                  "trap '' TERM INT HUP; setsid sleep 1000 & echo ready; "
                                  "while :; do sleep 1000; done")
        stubborn.stdout.readline()
        spaces = self.spaces_of_running()
        self.assertEqual(self.run_lab("stop", "net1").status, 0)
        self.assertEqual(stubborn.wait(10), -signal.SIGKILL)
        self.assert_nothing_left(spaces)

    def test_killed_its_socket_is_cleaned_away(self):
        self.start("net1")
        spaces = self.spaces_of_running()
        self.kill_all()
        self.assert_nothing_left(spaces)
        self.assertEqual(self.sockets(), ["net1.lab"])
        self.assert_refused(self.run_lab("exec", "net1", "--", "true"), 125)
        self.assert_refused(self.run_lab("list"), 1)
        self.assertEqual(self.sockets(), [])

    def test_killed_its_name_is_free_again(self):
        self.start("net1")
        self.kill_all()
        self.start("net1")
        self.assertEqual(self.exec("net1", "true").status, 0)


class Entered(Started):
    def test_statuses_streams_and_signals_are_the_programs(self):
        self.start("net1")
        for status in (0, 7, 255):
            self.assertEqual(self.exec("net1", "sh", "-c", f"exit {status}").status, status)
        self.assert_refused(self.exec("net1", "no-such-program"), 127)
        self.assert_refused(self.exec("net1", "/"), 126)
        everything = bytes(range(256)) * 1024
        self.assertEqual(self.exec("net1", "cat", stdin=everything).octets, everything)
        self.assertEqual(self.exec("net1", "sh", "-c", "kill -9 $$").status, -signal.SIGKILL)
        process = self.start_lab("exec", "net1", "--", "sh", "-c",
                                 "trap 'echo caught; exit 3' TERM; echo ready; while :; do sleep 0.05; done")
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.stdout.read(), b"caught\n")
        self.assertEqual(process.wait(10), 3)

    def test_folder_arguments_and_environment_stay(self):
        self.start("net1")
        outcome = self.exec("net1", "sh", "-c", 'pwd; printf "%s|" "$@" "$A_WORD" "$SONDA_LAB"', "sh",
                            "two words", "'", "", cwd=self.folder, env={"A_WORD": "x y"})
        self.assertEqual(outcome.out, f"{self.folder}\ntwo words|'||x y|net1|")

    def test_killed_the_program_is_gone_too(self):
        self.start("net1")
        before = set(processes(self.mark))
        process = self.start_lab("exec", "net1", "--", "sh", "-c", "echo ready; exec sleep 1000")
        process.stdout.readline()
        process.kill()
        process.wait()
        self.assertTrue(until(lambda: set(processes(self.mark)) <= before, 1),
                        [contents(f"/proc/{n}/cmdline") for n in processes(self.mark)])

    def test_a_shell_is_one_at_a_terminal(self):
        self.start("net1")
        terminal = Terminal(self, self.lab_words("shell", "net1"), env={"SHELL": "/bin/sh"})
        terminal.wait_for("$ ")
        terminal.type("echo $debian_chroot; ping -c 1 host-unreachable\n")
        terminal.wait_for("lab:net1\n")
        terminal.wait_for("Destination Host Unreachable")
        terminal.type("sleep 1000\n")
        time.sleep(0.3)
        terminal.type("\x03")
        terminal.type("echo inter''rupted\n")
        terminal.wait_for("interrupted\n")
        terminal.type("exit 6\n")
        terminal.rest()
        self.assertEqual(terminal.status(), 6)

    def test_a_shell_gives_the_terminal_back(self):
        self.start("net1")
        for shell in ("/bin/sh", "/bin/bash"):
            words = quoted(*self.lab_words("shell", "net1"))
            terminal = Terminal(self, ["sh", "-c", f"{words}; echo status $?; read x; echo got $x"],
                                env={"SHELL": shell})
            time.sleep(0.5)
            terminal.type("exit 3\n")
            terminal.wait_for("status 3\n")
            terminal.type("word\n")
            terminal.wait_for("got word\n")

    def talk(self, server, port=80):
        """A program on one machine, a program on the other, and what the second gets to hear."""
        version = "-6" if ":" in server else "-4"
        listener = self.start_lab("exec", "two@server", "--", "sh", "-c",
                                  f"echo it works here | nc {version} -N -l -p {port} >&2")
        self.assertTrue(until(lambda: str(port) in self.exec("two@server", "ss", "-ltnH").out))
        outcome = self.exec("two@client", "nc", "-N", "-w", "5", server, str(port), stdin=b"good day\n")
        self.assertEqual(listener.wait(10), 0)
        self.assertEqual(listener.stderr.read(), b"good day\n")
        return outcome.out

    def test_client_and_server_are_machines_of_their_own(self):
        outcome = self.start_two_hosts()
        self.assertIn("client, server", outcome.out)
        self.assertEqual(self.talk("server"), "it works here\n")
        for where, host in (("two", "client"), ("two@client", "client"), ("two@server", "server")):
            address = self.exec(where, "ip", "-4", "-o", "addr", "show", "eth0").out
            self.assertIn("192.0.2.2/24" if host == "client" else "10.0.2.2/24", address)

    def test_a_machine_may_have_an_address_that_is_not_of_its_link(self):
        self.start_two_hosts(FAR_ADDRESS)
        for address in ("203.0.113.9", "2001:db8:9::9"):
            self.assertEqual(self.talk(address), "it works here\n")

    def test_an_unknown_machine_is_answered_with_those_there_are(self):
        self.start_two_hosts()
        for where in ("two@serve", "two@r1"):
            outcome = self.exec(where, "true")
            self.assert_refused(outcome, 125)
            self.assertIn("server", outcome.err)


class Changed(Started):
    def test_a_rule_counts_within_a_tenth_of_a_second(self):
        self.start("net1")
        pinger = self.start_lab("exec", "net1", "--", "python3", "-c", PINGER)
        self.assertEqual(json.loads(pinger.stdout.readline())[0], "answer")
        began = time.monotonic()
        self.assertEqual(self.run_lab("set", "net1", "r1 answer 3/13 udp").status, 0)
        returned = time.monotonic()
        what, at = json.loads(pinger.stdout.readline())
        self.assertEqual(what, "error")
        self.assertGreater(at, began)
        self.assertLess(at - returned, 0.1 * SLACK)

    def test_what_was_said_is_taken_back(self):
        self.start("net1")

        def ping():
            return self.exec("net1", "ping", "-c1", "-W1", "10.0.0.5").status
        self.assertEqual(ping(), 0)
        self.assertEqual(self.run_lab("set", "net1", "r1", "drop", "icmp").status, 0)
        self.assertEqual(ping(), 1)
        self.assertEqual(self.run_lab("set", "net1", "r1", "clear").status, 0)
        self.assertEqual(ping(), 0)

    def test_links_can_be_changed_and_cut(self):
        self.start_two_hosts()
        self.assertEqual(self.run_lab("set", "two", "r1-r2", "delay", "60ms").status, 0)
        outcome = self.exec("two", "ping", "-c1", "-q", "server")
        self.assertGreater(float(outcome.out.rsplit("/")[-2]), 120, outcome)
        self.run_lab("set", "two", "r1-r2 down")
        self.assertEqual(self.exec("two", "ping", "-c1", "-W1", "server").status, 1)

    def test_wrong_sentences_are_answered_with_the_nearest_word(self):
        self.start("net1")
        for sentence, status, answer in (("r1 drpo tcp", 2, "do you mean drop?"), ("", 2, ""),
                                         ("r1", 2, ""), ("r9 drop", 1, "do you mean r1?"),
                                         ("r1 answer 3/999", 2, "3/999"),
                                         ("r1-menu loss 200%", 2, "200%")):
            with self.subTest(sentence=sentence):
                outcome = self.run_lab("set", "net1", *sentence.split())
                self.assert_refused(outcome, status)
                self.assertIn(answer, outcome.err)

    def test_trace_shows_each_packet_until_it_is_interrupted(self):
        self.start("net1")
        traces = [self.start_lab("trace", "net1") for _ in range(2)]
        self.assertTrue(until(lambda: self.exec("net1", "ping", "-c1", "-q", "10.3.13.1") and
                              os.read(traces[0].stdout.fileno(), 1) != b""))
        traces[0].send_signal(signal.SIGINT)
        self.assertEqual(traces[0].wait(10), -signal.SIGINT)
        self.assertEqual(self.exec("net1", "true").status, 0)
        self.run_lab("stop", "net1")  # ends the other
        self.assertEqual(traces[1].wait(10), 0)
        lines = traces[1].stdout.read().decode()
        self.assertIn("client > r1  IP 192.0.2.2 > 10.3.13.1: ICMP echo request", lines)
        self.assertIn("admin prohibited", lines)

    def test_a_reader_who_does_not_read_stops_nobody(self):
        self.start("net1")
        trace = self.start_lab("trace", "net1")
        time.sleep(0.2)
        trace.send_signal(signal.SIGSTOP)
        outcome = self.exec("net1", "ping", "-f", "-c", "3000", "-q", "10.0.0.5")
        self.assertIn(" 0% packet loss", outcome.out)
        trace.send_signal(signal.SIGCONT)
        self.run_lab("stop", "net1")


class Places(Started):
    def test_sockets_lie_where_the_session_has_its_own(self):
        self.start("net1")
        folder = os.path.join(self.runtime, "sonda")
        self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700)
        self.assertTrue(stat.S_ISSOCK(os.stat(os.path.join(folder, "net1.lab")).st_mode))

    def test_without_a_session_they_lie_in_the_system_s_place(self):
        self.start("sondatest", env={"XDG_RUNTIME_DIR": ""})
        self.assertTrue(os.path.exists("/run/sonda/sondatest.lab"))

    def test_a_place_that_somebody_else_could_write_is_not_used(self):
        os.chmod(self.runtime, 0o755)  # as a runtime folder never is
        self.start("sondatest")
        self.assertEqual(os.listdir(self.runtime), [])

    def test_a_folder_that_is_not_ones_own_is_refused(self):
        folder = os.path.join(self.runtime, "sonda")
        os.mkdir(folder, 0o700)
        os.chown(folder, NOBODY, NOBODY)
        self.assert_refused(self.run_lab("start", "net1"), 4)
        shutil.rmtree(folder)
        os.symlink(self.folder, folder)
        self.assert_refused(self.run_lab("start", "net1"), 4)
        os.unlink(folder)
        os.mkdir(folder, 0o777)
        os.chmod(folder, 0o777)
        self.assert_refused(self.run_lab("start", "net1"), 4)
        self.assertEqual(processes(self.mark), [])


class Usage(Started):
    NAMED = ("start", "exec", "shell", "set", "trace", "stop")

    def test_each_subcommand_has_help_that_is_narrow_and_tells_the_statuses(self):
        for words in [["--help"], ["-h"], ["help"], []] + [
                [name, "--help"] for name in (*self.NAMED, "run", "list", "menu", "show", "check")]:
            with self.subTest(words=words):
                outcome = self.run_lab(*words)
                self.assertEqual((outcome.status, outcome.err), (0, ""))
                self.assertIn("EXIT STATUS", outcome.out)
                for line in outcome.out.splitlines():
                    self.assertLessEqual(len(line), 80, line)

    def test_a_wrong_option_is_answered_by_each(self):
        for name in (*self.NAMED, "run", "list", "menu", "show", "check"):
            with self.subTest(name=name):
                rest = ["--", "true"] if name == "run" else []
                outcome = self.run_lab(name, "--no-such-option", *rest)
                self.assert_refused(outcome)
                self.assertIn("--no-such-option", outcome.err)

    def test_a_missing_name_is_answered_with_an_example(self):
        for name in self.NAMED:
            with self.subTest(name=name):
                outcome = self.run_lab(name)
                self.assert_refused(outcome)
                self.assertIn(f"as in: sonda lab {name} net1", outcome.err)
        self.assert_refused(self.run_lab("check"))
        self.assert_refused(self.run_lab("exec", "net1"))

    def test_a_name_that_is_none_is_refused(self):
        for name in ("../etc", "a b", "a/b", "", "ü", "x" * 33, "a\nb", "\x1b[31m"):
            for subcommand in self.NAMED:
                with self.subTest(name=name, subcommand=subcommand):
                    rest = ["--", "true"] if subcommand == "exec" else []
                    self.assert_refused(self.run_lab(subcommand, name, *rest))

    def test_a_lab_that_does_not_run_is_refused_with_the_nearest_that_does(self):
        self.start("network")
        for words, status in ((["exec", "netwrk", "--", "true"], 125), (["shell", "netwrk"], 125),
                              (["set", "netwrk", "r1", "drop"], 1), (["trace", "netwrk"], 1),
                              (["stop", "netwrk"], 1)):
            with self.subTest(words=words):
                outcome = self.run_lab(*words)
                self.assert_refused(outcome, status)
                self.assertIn("do you mean network?", outcome.err)

    def test_a_misspelt_subcommand_gets_the_nearest(self):
        for typed, meant in (("strat", "start"), ("exce", "exec"), ("shel", "shell"), ("sett", "set"),
                             ("lst", "list"), ("stpo", "stop"), ("trase", "trace"), ("mneu", "menu"),
                             ("chekc", "check"), ("shwo", "show"), ("rum", "run")):
            outcome = self.run_lab(typed)
            self.assert_refused(outcome)
            self.assertIn(f"do you mean {meant}?", outcome.err)
        self.assertIn("there are run, menu", self.run_lab("frobnicate").err)

    def test_a_broken_topology_is_refused_with_its_place(self):
        broken = self.file("broken.toml", 'path = "client - r1"\n[router.r1]\nsilnet = true\n')
        for words in (["start", "net1", broken], ["run", broken, "--", "true"]):
            outcome = self.run_lab(*words)
            self.assert_refused(outcome)
            self.assertIn("broken.toml:3:", outcome.err)
            self.assertIn("silent", outcome.err)
        for name in ("check", "show"):
            self.assert_refused(self.run_lab(name, broken), 1)
        self.assert_refused(self.run_lab("start", "net1", "/no/such.toml"))
        self.assert_refused(self.run_lab("start", "net1", "--capture", "-"))

    def test_a_right_topology_is_checked_and_drawn(self):
        outcome = self.run_lab("check", self.file("two.toml", TWO_HOSTS))
        self.assertEqual((outcome.status, outcome.err), (0, ""))
        self.assertIn("2 routers, 2 hosts, 3 links", outcome.out)
        outcome = self.run_lab("show", self.file("two.toml", TWO_HOSTS))
        for word in ("Two real machines", "client", "r1", "r2", "server"):
            self.assertIn(word, outcome.out)


if __name__ == "__main__":
    main("started")
