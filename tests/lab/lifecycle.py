#!/usr/bin/python3
"""`sonda lab run` from its begin to its end: statuses, streams, signals, captures, and nothing left."""

import os
import signal
import subprocess
import time

from lab import (Case, NOBODY, Terminal, contents, holders, interfaces, main, mounts, path,
                 processes, quoted, ticks, tshark, until)

# Counts what it is sent, and goes on.
COUNTER = ("import signal, sys, time\n"
           "def count(number, frame): print('caught', number, flush=True)\n"
           "for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):\n"
           "  signal.signal(n, count)\n"
           "print('ready', flush=True)\n"
           "for line in sys.stdin:\n"
           "  print('read', line.strip(), flush=True)\n"
           "sys.exit(5)\n")


class Statuses(Case):
    def test_are_the_programs(self):
        for status in (0, 7, 125, 255):
            self.assertEqual(self.in_lab("sh", "-c", f"exit {status}").status, status)

    def test_of_programs_that_cannot_be_run_are_those_of_env(self):
        self.assert_refused(self.in_lab("no-such-program"), 127)
        self.assert_refused(self.in_lab("/no/such/program"), 127)
        self.assert_refused(self.in_lab(self.file("text", "words")), 126)
        self.assert_refused(self.in_lab("/"), 126)

    def test_of_a_program_that_a_signal_ends_are_that_signal(self):
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGSEGV):
            outcome = self.in_lab("sh", "-c", f"kill -{int(number)} $$")
            self.assertEqual(outcome.status, -number, outcome)
            self.assertEqual(outcome.err, "")

    def test_of_wrong_words_are_two_and_nothing_runs(self):
        for words in [["run"], ["run", "--"], ["run", "ls"], ["run", "--no-such", "--", "ls"],
                      ["run", "--capture"], ["run", "--seed", "x", "--", "ls"],
                      ["run", "--root", "--no-caps", "--", "ls"],
                      ["run", "--host", "web", "--", "ls"], ["run", "/no/such.toml", "--", "ls"],
                      ["run", self.file("wrong.toml", "path = 3\n"), "--", "ls"],
                      ["run", self.file("empty.toml", ""), "more.toml", "--", "ls"],
                      ["rnu", "--", "ls"]]:
            with self.subTest(words=words):
                self.assert_refused(self.run_lab(*words))
        self.assertIn("do you mean run?", self.run_lab("rnu").err)
        self.assertIn(":1:", self.run_lab("run", self.file("wrong.toml", "path = 3\n"), "--", "ls").err)

    def test_of_a_lab_that_fails_is_125(self):
        self.assert_refused(self.in_lab("true", options=["--capture", "/no/such/folder/file"]), 125)
        self.assert_refused(self.in_lab("true", options=["--capture", "/dev/full"]), 125)


class Streams(Case):
    EVERYTHING = bytes(range(256)) * 4096

    def test_pass_every_octet(self):
        outcome = self.in_lab("cat", stdin=self.EVERYTHING)
        self.assertEqual(outcome.octets, self.EVERYTHING)
        outcome = self.in_lab("sh", "-c", "cat >&2", stdin=self.EVERYTHING)
        self.assertEqual(outcome.out, "")
        self.assertEqual(outcome.err, self.EVERYTHING.decode(errors="replace"))

    def test_that_are_closed_stay_so(self):
        words = quoted(*self.lab_words("run", "--", "sh", "-c", "readlink /proc/self/fd/0 >&2; exit 3"))
        for closed in ("<&-", ">&-", "<&- >&-"):
            with self.subTest(closed=closed):
                done = subprocess.run(["sh", "-c", f"{words} {closed}"], capture_output=True,
                                      env=self.environment(), timeout=60, check=False)
                self.assertEqual(done.returncode, 3, done)
        self.assertEqual(self.in_lab("sh", "-c", "exit 3", stdout=subprocess.DEVNULL).status, 3)

    def test_end_with_the_program_though_the_reader_is_gone(self):
        done = subprocess.run(["sh", "-c", quoted(*self.lab_words("run", "--", "yes")) + " | head -n1"],
                              capture_output=True, env=self.environment(), timeout=60, check=False)
        self.assertEqual((done.stdout, done.stderr), (b"y\n", b""))

    def test_no_descriptor_of_the_lab_is_the_programs(self):
        outcome = self.in_lab("sh", "-c", "ls /proc/self/fd | wc -l")
        self.assertEqual(outcome.out, "4\n", "0, 1, 2, and the folder that ls reads")


class Surroundings(Case):
    def test_arguments_arrive_as_they_were_given(self):
        arguments = ["", "two words", "'", '"', "$HOME", "\\", "a\nb", "*", "--help", "--", "-c", "ü"]
        outcome = self.in_lab("printf", "%s\\0", *arguments)
        self.assertEqual(outcome.out.split("\0")[:-1], arguments)

    def test_the_folder_stays_and_its_files_are_the_callers(self):
        self.file("here", "text")
        outcome = self.in_lab("sh", "-c", "pwd; cat here; echo new > made", cwd=self.folder)
        self.assertEqual(outcome.out, self.folder + "\ntext")
        self.assertEqual(contents(self.file("made")), b"new\n")

    def test_the_environment_stays_and_says_where_one_is(self):
        outcome = self.in_lab("env", "-0", env={"A_WORD": "x=y z", "EMPTY": ""})
        found = dict(entry.split("=", 1) for entry in outcome.out.split("\0")[:-1])
        self.assertEqual(found["A_WORD"], "x=y z")
        self.assertEqual(found["EMPTY"], "")
        self.assertEqual(found["SONDA_LAB"], "client")
        self.assertEqual(found["NMAP_PRIVILEGED"], "1")
        self.assertNotIn("NMAP_PRIVILEGED", self.in_lab("env", options=["--no-caps"]).out)

    def test_no_network_but_the_labs(self):
        outcome = self.in_lab("ls", "/sys/class/net")
        self.assertEqual(outcome.out.split(), ["eth0", "lo"])

    def test_names_are_known_and_the_machines_own_files_stay_as_they_were(self):
        before = (contents("/etc/hosts"), contents("/etc/resolv.conf"))
        outcome = self.in_lab("getent", "ahostsv4", "admin-prohibited")
        self.assertIn("10.3.13.1", outcome.out)
        self.assertEqual((contents("/etc/hosts"), contents("/etc/resolv.conf")), before)

    def test_sudo_programs_are_run_as_the_caller(self):
        who = {"SUDO_UID": str(NOBODY), "SUDO_GID": str(NOBODY)}
        os.chmod(self.folder, 0o777)
        outcome = self.in_lab("sh", "-c", "id -u; id -g; ping -c1 net-unreachable", env=who,
                              options=["--capture", self.file("owned.pcapng")])
        self.assertEqual(outcome.out.split("\n")[:2], [str(NOBODY)] * 2, outcome)
        self.assertIn("Destination Net Unreachable", outcome.out)
        self.assertEqual(os.stat(self.file("owned.pcapng")).st_uid, NOBODY)
        outcome = self.in_lab("id", "-u", env=who, options=["--root"])
        self.assertEqual(outcome.out, "0\n")

    def test_two_labs_at_once_know_nothing_of_each_other(self):
        labs = [self.start_lab("run", "--", "ping", "-c", "20", "-i", "0.02", "-q", address)
                for address in ("10.0.0.5", "10.0.0.5", "2001:db8::1")]
        for process in labs:
            out, _ = process.communicate(timeout=60)
            self.assertIn(b"20 packets transmitted, 20 received", out)

    def test_a_lab_in_a_lab_is_one_more(self):
        outcome = self.in_lab(path("sonda-lab"), "run", "--", "ping", "-c", "1", "host-unreachable")
        self.assertEqual(outcome.status, 1, outcome)
        self.assertIn("Destination Host Unreachable", outcome.out)


class Signals(Case):
    def counting(self):
        process = self.start_lab("run", "--", "python3", "-c", COUNTER, stdin=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        return process

    def test_are_passed_on_once(self):
        process = self.counting()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            process.send_signal(number)
            self.assertEqual(process.stdout.readline(), b"caught %d\n" % number)
        process.stdin.write(b"and\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), b"read and\n")
        process.stdin.close()
        self.assertEqual(process.wait(30), 5)

    def test_end_the_lab_as_they_end_the_program(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            process = self.start_lab("run", "--", "sh", "-c", "echo ready; exec sleep 100")
            process.stdout.readline()
            spaces = self.spaces_of_running()
            process.send_signal(number)
            self.assertEqual(process.wait(30), -number)
            self.assert_nothing_left(spaces)

    def test_that_are_ignored_where_one_hangs_up_stay_so(self):
        process = self.start_lab("run", "--", "sh", "-c", "kill -HUP $$; echo lives",
                                 preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.assertEqual(process.stdout.read(), b"lives\n")

    def test_typed_at_a_terminal_reach_the_program_once_and_the_lab_survives(self):
        terminal = Terminal(self, self.lab_words("run", "--", "python3", "-c", COUNTER))
        terminal.wait_for("ready\n")
        for key, number in (("\x03", signal.SIGINT), ("\x1c", signal.SIGQUIT), ("\x03", signal.SIGINT)):
            terminal.type(key)
            terminal.wait_for(f"caught {int(number)}\n")
            time.sleep(0.3)  # a second one would come now
            terminal.type("on\n")
            self.assertNotIn("caught", terminal.wait_for("read on\n"))
        terminal.type("\x04")
        terminal.rest()
        self.assertEqual(terminal.status(), 5)

    def test_typed_at_a_terminal_end_what_does_not_mind_them(self):
        terminal = Terminal(self, self.lab_words("run", "--", "ping", "10.0.0.5"))
        terminal.wait_for("icmp_seq=1")
        spaces = self.spaces_of_running()
        terminal.type("\x03")
        self.assertIn("ping statistics", terminal.rest())
        self.assertEqual(terminal.status(), 0)
        self.assert_nothing_left(spaces)

    def test_a_program_is_stopped_and_goes_on(self):
        terminal = Terminal(self, ["bash", "--norc", "--noediting", "-i"])
        terminal.wait_for("$ ")
        program = self.file("counter.py", COUNTER)
        terminal.type(quoted(*self.lab_words("run", "--", "python3", program)) + "\n")
        terminal.wait_for("\nready\n")
        terminal.type("\x1a")
        terminal.wait_for("Stopped")
        terminal.wait_for("$ ")
        terminal.type("fg\n")
        terminal.type("on\n")
        terminal.wait_for("read on\n")
        terminal.type("\x04")
        terminal.wait_for("$ ")
        terminal.type("echo status $?\n")
        terminal.wait_for("status 5\n")

    def test_nothing_is_left_in_the_background_of_a_shell(self):
        terminal = Terminal(self, ["bash", "--norc", "--noediting", "-i"])
        terminal.wait_for("$ ")
        words = quoted(*self.lab_words("run", "--", "sh", "-c", "sleep 0.3; exit 9"))
        terminal.type(words + " &\nwait $!; echo ended $?\n")
        terminal.wait_for("ended 9\n", 20)


class Remains(Case):
    """After whatever end: no process, no namespace, no mount, no interface, no file."""

    # Children in sessions of their own that mind no signal.
    STUBBORN = ("trap '' TERM INT HUP; setsid sh -c \"trap '' TERM INT HUP; sleep 1000\" & "
                "sleep 1000 & echo ready; wait; wait; sleep 1000")

    def setUp(self):
        super().setUp()
        self.before = (mounts(), interfaces(), sorted(os.listdir("/run")))

    def assert_as_before(self, spaces):
        self.assert_nothing_left(spaces)
        self.assertEqual((mounts(), interfaces(), sorted(os.listdir("/run"))), self.before)
        self.assertEqual(os.listdir(self.runtime), [])

    def stubborn(self, *options):
        process = self.start_lab("run", *options, "--", "sh", "-c", self.STUBBORN)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        until(lambda: len(processes(self.mark)) >= 5)
        spaces = self.spaces_of_running()
        self.assertGreaterEqual(len([space for space in spaces if space.startswith("net")]), 2)
        self.assertTrue(holders(spaces, ticks()))
        return process, spaces

    def keeper_of(self, process):
        children = contents(f"/proc/{process.pid}/task/{process.pid}/children").split()
        self.assertEqual(len(children), 1)
        return int(children[0])

    def test_of_a_program_that_ends_and_leaves_others(self):
        process = self.start_lab("run", "--", "sh", "-c", "setsid sleep 1000 & echo ready; read x; exit 4",
                                 stdin=subprocess.PIPE)
        process.stdout.readline()
        spaces = self.spaces_of_running()
        process.stdin.close()
        self.assertEqual(process.wait(30), 4)
        self.assert_as_before(spaces)

    def test_of_a_lab_that_is_killed(self):
        process, spaces = self.stubborn()
        process.kill()
        process.wait()
        self.assert_as_before(spaces)

    def test_of_a_lab_whose_first_process_is_killed(self):
        process, spaces = self.stubborn()
        os.kill(self.keeper_of(process), signal.SIGKILL)
        self.assertEqual(process.wait(30), -signal.SIGKILL)
        self.assert_as_before(spaces)

    def test_of_a_lab_whose_first_process_is_killed_while_it_is_stopped(self):
        process, spaces = self.stubborn()
        keeper = self.keeper_of(process)
        os.kill(keeper, signal.SIGSTOP)
        process.kill()
        process.wait()
        self.assert_as_before(spaces)

    def test_of_a_lab_that_cannot_run_its_program(self):
        outcome = self.in_lab("no-such-program")
        self.assertEqual(outcome.status, 127)
        self.assertEqual(processes(self.mark), [])
        self.assertEqual((mounts(), interfaces(), sorted(os.listdir("/run"))), self.before)

    def test_of_a_lab_that_is_killed_while_it_begins(self):
        for delay in (0.0, 0.005, 0.01, 0.02, 0.04):
            process = self.start_lab("run", "--", "sleep", "1000")
            time.sleep(delay)
            process.kill()
            process.wait()
            self.assertTrue(until(lambda: not processes(self.mark), 1), delay)
        self.assertEqual((mounts(), interfaces(), sorted(os.listdir("/run"))), self.before)


class Captures(Case):
    PING = ("ping", "-c", "3", "-i", "0.05", "-q", "admin-prohibited")

    def links_of(self, capture):
        return {line for line in tshark(capture, "-T", "fields", "-e", "frame.interface_name")}

    def test_have_an_interface_for_each_link_and_all_packets(self):
        file = self.file("all.pcapng")
        outcome = self.in_lab(*self.PING, options=["--capture", file])
        self.assertEqual(outcome.status, 1, outcome)
        self.assertGreaterEqual(len(self.links_of(file)), 2)
        errors = tshark(file, "-Y", "icmp.type==3 and icmp.code==13")
        self.assertEqual(len(errors), 3 * len(self.links_of(file)))

    def test_are_whole_after_everything_was_killed(self):
        file = self.file("killed.pcapng")
        process = self.start_lab("run", "--capture", file, "--", "sh", "-c",
                                 "ping -c 20 -i 0.02 -q 10.0.0.5; echo ready; sleep 1000")
        while process.stdout.readline() not in (b"ready\n", b""):
            pass
        time.sleep(0.3)  # what was seen is in the file soon
        self.kill_all()
        self.assertEqual(len(self.links_of(file)), 2)
        self.assertGreaterEqual(len(tshark(file, "-Y", "icmp.type==0")), 20)

    def test_on_standard_output_have_it_to_themselves(self):
        outcome = self.in_lab(*self.PING, options=["--capture", "-"])
        self.assertEqual(outcome.status, 1, outcome)
        self.assertTrue(outcome.octets.startswith(b"\x0a\x0d\x0d\x0a"))
        self.assertIn("3 packets transmitted", outcome.err)
        with open(self.file("out.pcapng"), "wb") as stream:
            stream.write(outcome.octets)
        self.assertGreaterEqual(len(tshark(self.file("out.pcapng"), "-Y", "icmp.type==3")), 3)

    def test_on_a_full_disk_are_told_of_and_the_program_runs_on(self):
        small = self.file("small")
        os.mkdir(small)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", small], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", small], check=False)
        outcome = self.in_lab("ping", "-c", "100", "-i", "0.01", "-q", "-s", "1400", "10.0.0.5",
                              options=["--capture", os.path.join(small, "file")])
        self.assertIn("100 received", outcome.out)
        self.assertIn("No space left on device", outcome.err)
        self.assertEqual(outcome.status, 0, outcome)

    def test_are_traced_in_plain_words_on_standard_error(self):
        outcome = self.in_lab(*self.PING, options=["--trace"])
        self.assertIn("3 packets transmitted", outcome.out)
        self.assertNotIn("ICMP echo request", outcome.out)
        self.assertIn("client > r1  IP 192.0.2.2 > 10.3.13.1: ICMP echo request", outcome.err)
        self.assertIn("admin prohibited", outcome.err)


if __name__ == "__main__":
    main("lifecycle")
