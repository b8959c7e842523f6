#!/usr/bin/python3
"""sonda-tcp as people and programs meet it: text, JSON, CSV, XML, expectations, journals, signals."""

import csv
import io
import json
import os
import re
import resource
import signal
import socket
import subprocess
import tempfile
import time
import xml.dom.minidom

import jsonschema

import tool
from tool import Case, end, path, run, start

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/schema/tcp.json")

# nmap's flags that sonda-tcp does not have, each with a word of its answer.
FOREIGN = {
    "-Pn": "never pings", "-sS": "--syn", "-sT": "connect()", "-sU": "no UDP ports yet", "-sV": "--banner",
    "-A": "--banner", "-O": "systems", "-T4": "--rate", "-oN": "stdout", "-oG": "--csv", "-oA": "-oX",
    "-PS": "sonda ping", "-sn": "sonda ping", "-iR": "random", "-D": "decoys", "-f": "hide",
    "-R": "reverse", "-d": "--verbose", "-r": "permutation", "--min-rate": "--rate",
    "--max-retries": "--retries", "--reason": "cause", "--script": "--banner",
    "--excludefile": "--exclude-file",
}
WRONG_VALUES = [
    (["-p", "70000"], "no port from 0 to 65535"), (["-p", "htpt"], "do you mean http?"),
    (["-p", "U:53"], "no UDP ports yet"), (["-p", "9-5"], "backwards"), (["-p", ""], "an empty port"),
    (["--close", "bye"], "half-open, rst, fin"), (["-w", "1"], "1.02 s at least"),
    (["--shard", "3/2"], "no shard"), (["--rate", "0"], "SYNs a second"),
    (["--retries", "16"], "from 0 to 15"), (["--retries", "0"], "--syn can do with one"), (["--top-ports", "0"], "--top-ports"),
    (["--seed", "1"], "--reproducible"), (["-p", "1", "-F"], "exclude one another"),
    (["--syn", "--banner"], "leave out --syn"), (["--expect", "rejected by x"], "is no address"),
    (["--exclude", "10.0.0.0/33"], "is no prefix"), (["--resume", "-"], "a journal is a file"),
    (["--log", "/tmp/x", "--csv", "/tmp/x"], "one file cannot be both"),
]


class Listener:
    """Listens on a port of its own; says something to whoever connects, if it is told what."""

    def __init__(self, address="127.0.0.1", says=None):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.bind((address, 0))
        self.socket.listen(100)
        self.port = self.socket.getsockname()[1]
        self.child = 0
        if says is not None:
            self.child = os.fork()
            if self.child == 0:
                while True:
                    connection, _ = self.socket.accept()
                    try:
                        connection.sendall(says)
                        connection.close()
                    except OSError:
                        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child:
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
        self.socket.close()


class Scans(Case):
    @classmethod
    def setUpClass(cls):
        with open(SCHEMA, encoding="utf-8") as file:
            cls.schema = jsonschema.Draft202012Validator(json.load(file))

    def assert_valid(self, text):
        events = [json.loads(line) for line in text.splitlines()]
        for event in events:
            self.schema.validate(event)
        return events

    def ports_of(self, text):
        return {event["port"]: event for event in self.assert_valid(text)
                if event["event"] == "port" and not event["control"]}


class Words(Scans):
    def test_help_is_narrow_and_names_what_people_know(self):
        text = run("sonda-tcp", "--help").out
        self.assert_narrow(text)
        self.assertIn("EXIT STATUS", text)
        for flag in ["-p", "-F", "-iL", "-oX", "-4", "-6", "-e", "-S", "-g", "-w", "-n", "--top-ports",
                     "--open", "--exclude", "--syn", "--banner", "--resume", "--expect", "--shard"]:
            self.assertIn(flag, text)

    def test_answers_nmaps_flags_by_name(self):
        for flag, word in FOREIGN.items():
            with self.subTest(flag=flag):
                outcome = run("sonda-tcp", flag, "127.0.0.1")
                self.assert_refused(outcome)
                self.assertIn(word, outcome.err)

    def test_says_of_each_wrong_value_what_is_accepted(self):
        for words, wanted in WRONG_VALUES:
            with self.subTest(words=words):
                outcome = run("sonda-tcp", *words, "127.0.0.1")
                self.assert_refused(outcome)
                self.assertIn(wanted, outcome.err)


class Text(Scans):
    def test_tells_each_port_with_its_cause(self):
        with Listener() as web:
            outcome = run("sonda-tcp", "-p", f"1,{web.port}", "127.0.0.1")
            self.assertEqual(outcome.status, 0, outcome)
            self.assert_narrow(outcome.out)
            self.assertRegex(outcome.out, r"(?m)^1/tcp +closed +ECONNREFUSED +RST +\d\.\d{3} ms$")
            self.assertRegex(outcome.out, rf"(?m)^{web.port}/tcp +open +- +SYN-ACK +\d\.\d{{3}} ms$")
            self.assertRegex(outcome.out, r"\n\n1 open, 1 closed; \d\.\d\d s\n\Z")
            self.assertEqual(outcome.err, "")

    def test_says_no_where_nothing_is_open(self):
        outcome = run("sonda-tcp", "-p", "1-20", "127.0.0.1")
        self.assertEqual(outcome.status, 1, outcome)
        self.assertIn("20 closed ports (RST) not shown", outcome.out)
        self.assertEqual(run("sonda-tcp", "-p", "1-20", "--all", "127.0.0.1").out.count("/tcp"), 20)

    def test_works_on_both_versions_in_one_run(self):
        with Listener() as four, Listener("::1") as six:
            outcome = run("sonda-tcp", f"127.0.0.1:{four.port}", f"[::1]:{six.port}")
            self.assertEqual(outcome.out.count(" open "), 2 + outcome.out.count("2 open "), outcome)
            self.assertIn("2 hosts: 2 open; ", outcome.out)

    def test_waits_for_silence_and_names_the_systems_own_errno(self):
        outcome = run("sonda-tcp", "-p", "80", "-w", "1.1", "10.99.0.2")
        self.assertEqual(outcome.status, 1)
        self.assertRegex(outcome.out, r"80/tcp +filtered +ETIMEDOUT +silence: SYN at 0, 1\.0 s +1\.1\d\d s")

    def test_says_what_this_machine_refused(self):
        events = self.ports_of(run("sonda-tcp", "--json", "-p", "80", "10.98.0.1").out)
        self.assertEqual(events[80]["state"], "unknown")
        self.assertEqual(events[80]["cause"]["kind"], "system")
        self.assertEqual(events[80]["errno"], "EACCES")

    def test_shows_banners_and_makes_them_harmless(self):
        with Listener(says=b"220 \x1b[2Jhello\r\n") as rude:
            outcome = run("sonda-tcp", "--banner=1", "-p", str(rude.port), "127.0.0.1")
            self.assertIn("220 \\x1b[2Jhello\n", outcome.out)
            self.assertNotIn("\x1b", outcome.out)
            port = self.ports_of(
                run("sonda-tcp", "--json", "--banner=1", "-p", str(rude.port), "127.0.0.1").out)
            self.assertEqual(port[rude.port]["banner"], "220 \\x1b[2Jhello\\x0d\\x0a")

    def test_leaves_nothing_in_an_accept_queue(self):
        with Listener() as web:
            for _ in range(20):
                run("sonda-tcp", "-p", str(web.port), "127.0.0.1")
            web.socket.setblocking(False)
            with self.assertRaises(BlockingIOError):
                web.socket.accept()

    def test_is_colored_only_when_asked(self):
        self.assertNotIn("\x1b", run("sonda-tcp", "-p", "1", "127.0.0.1").out)
        self.assertIn("\x1b[31mclosed", run("sonda-tcp", "-p", "1", "--color", "always", "127.0.0.1").out)

    def test_prints_a_line_for_each_open_port_of_a_sweep(self):
        with Listener() as web:
            outcome = run("sonda-tcp", "-p", str(web.port), "127.0.0.0/23")
            self.assertIn("512 hosts", outcome.out)
            self.assertEqual(len(re.findall(r"(?m)^127\.0\.0\.1 +\d+/tcp +open", outcome.out)), 1)
            self.assertIn("1 open, 511", outcome.out)


class Targets(Scans):
    def hosts(self, *words, stdin=None):
        done = subprocess.run([path("sonda-tcp"), "--json", *words], input=stdin, timeout=60,
                              capture_output=True, env=tool.environment(), check=False)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        events = [json.loads(line) for line in done.stdout.decode().splitlines()]
        return sorted((e["address"], e["port"]) for e in events if e["event"] == "port"
                      and not e["control"])

    def test_come_as_words_files_and_standard_input(self):
        self.assertEqual(self.hosts("-p", "1", "127.0.0.1-3", "--exclude", "127.0.0.2"),
                         [("127.0.0.1", 1), ("127.0.0.3", 1)])
        self.assertEqual(self.hosts("-p", "1", "127.0.0,1.1,9"),
                         [("127.0.0.1", 1), ("127.0.0.9", 1), ("127.0.1.1", 1), ("127.0.1.9", 1)])
        self.assertEqual(self.hosts("-p", "1", "-iL", "-", stdin=b"127.0.0.1 # one\n127.0.0.2:7,9\n"),
                         [("127.0.0.1", 1), ("127.0.0.2", 7), ("127.0.0.2", 9)])
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("127.0.0.2\n")
            file.flush()
            self.assertEqual(self.hosts("-p", "1-3", "127.0.0.1-2", "--exclude-file", file.name,
                                        "--exclude-ports", "2"), [("127.0.0.1", 1), ("127.0.0.1", 3)])

    def test_have_the_thousand_commonest_ports_where_none_are_named(self):
        self.assertEqual(len(self.hosts("127.0.0.1")), 1_000)
        self.assertEqual(len(self.hosts("-F", "127.0.0.1")), 100)
        self.assertEqual(len(self.hosts("--top-ports", "7", "127.0.0.1")), 7)

    def test_are_shared_out_by_shards_that_add_up(self):
        whole = self.hosts("-p", "1-500", "127.0.0.1-2")
        parts = [self.hosts("-p", "1-500", "127.0.0.1-2", "--shard", f"{i}/3") for i in (1, 2, 3)]
        self.assertEqual(sorted(sum(parts, [])), whole)
        self.assertEqual(len(whole), 1_000)


class Files(Scans):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = lambda name: os.path.join(folder.name, name)

    def test_json_is_valid_and_has_every_port(self):
        with Listener() as web:
            outcome = run("sonda-tcp", "--json", "-p", f"1-50,{web.port}", "127.0.0.1")
            events = self.assert_valid(outcome.out)
            self.assertEqual([events[0]["event"], events[-1]["event"]], ["start", "summary"])
            self.assertEqual(len(self.ports_of(outcome.out)), 51)
            self.assertEqual(events[-1]["states"]["open"], 1)
            self.assertEqual(events[-1]["states"]["closed"], 50)
            self.assertEqual(self.ports_of(outcome.out)[22]["service"], "ssh")

    def test_csv_is_read_by_a_reader_of_csv(self):
        out = run("sonda-tcp", "--csv", "-", "-p", "1-5", "127.0.0.1").out
        rows = list(csv.DictReader(io.StringIO(out)))
        self.assertEqual(sorted(int(row["port"]) for row in rows), [1, 2, 3, 4, 5])
        self.assertEqual({row["errno"] for row in rows}, {"ECONNREFUSED"})
        run("sonda-tcp", "--csv", self.file("x.csv"), "-p", "1-5", "127.0.0.1")
        with open(self.file("x.csv"), encoding="utf-8") as file:
            self.assertEqual(len(file.readlines()), 6)

    def test_xml_is_read_by_a_reader_of_xml(self):
        run("sonda-tcp", "-oX", self.file("x.xml"), "-p", "1-5", "127.0.0.1")
        tree = xml.dom.minidom.parse(self.file("x.xml"))
        self.assertEqual(len(tree.getElementsByTagName("port")), 5)
        self.assertEqual(tree.getElementsByTagName("state")[0].getAttribute("state"), "closed")

    def test_a_journal_is_gone_on_with(self):
        journal = self.file("run.jsonl")
        first = run("sonda-tcp", "--resume", journal, "-p", "1-300", "127.0.0.1")
        with open(journal, encoding="utf-8") as file:
            lines = file.readlines()
        self.assert_valid("".join(lines))
        self.assertEqual(len(lines), 302)
        with open(journal, "w", encoding="utf-8") as file:  # as if it had been killed after 100 ports
            file.write("".join(lines[:101]) + lines[101][:40])
        second = run("sonda-tcp", "--resume", journal, "-p", "1-300", "127.0.0.1")
        self.assertIn("100 of them known from the journal", second.out)
        self.assertIn("300 closed; ", second.out)
        self.assertEqual(first.out.splitlines()[1], second.out.splitlines()[1])
        with open(journal, encoding="utf-8") as file:
            self.assertEqual(len(self.ports_of(file.read())), 300)
        outcome = run("sonda-tcp", "--resume", journal, "-p", "1-299", "127.0.0.1")
        self.assert_refused(outcome)
        self.assertIn("other hosts or ports", outcome.err)

    def test_a_journal_is_valid_whenever_the_run_is_killed(self):
        whole = None
        for after in (0.005, 0.02, 0.05, 0.1):
            journal = self.file(f"killed{after}.jsonl")
            words = ["--resume", journal, "-q", "--rate", "20000", "-p", "1-8000", "127.0.0.1"]
            process = start("sonda-tcp", *words)
            time.sleep(after + 0.02)
            process.kill()
            process.communicate()
            if os.path.exists(journal):
                with open(journal, encoding="utf-8") as file:
                    lines = file.read().split("\n")
                self.assert_valid("\n".join(lines[:-1]))
            outcome = run("sonda-tcp", *words)
            self.assertEqual(outcome.status, 1, outcome)
            with open(journal, encoding="utf-8") as file:
                result = {port: event["state"] for port, event in self.ports_of(file.read()).items()}
            self.assertEqual(len(result), 8_000)
            whole = whole or result
            self.assertEqual(result, whole)

    def test_expectations_have_a_diff_and_a_status(self):
        with Listener() as web:
            with open(self.file("net.txt"), "w", encoding="utf-8") as file:
                file.write(f"127.0.0.1 {web.port}/tcp open\n1-3 closed # and these\n")
            outcome = run("sonda-tcp", "--expect", self.file("net.txt"))
            self.assertEqual(outcome.status, 0, outcome)
            self.assertIn("as expected: 4 ports\n", outcome.out)
            with open(self.file("net.txt"), "a", encoding="utf-8") as file:
                file.write("9 rejected-by 127.0.0.1\n")
            outcome = run("sonda-tcp", "--expect", self.file("net.txt"))
            self.assertEqual(outcome.status, 1, outcome)
            self.assertIn("-127.0.0.1 9/tcp rejected by 127.0.0.1\n"
                          "+127.0.0.1 9/tcp closed, ECONNREFUSED, RST\n", outcome.out)
            # In JSON the difference is no event: it goes to stderr.
            outcome = run("sonda-tcp", "--json", "--expect", self.file("net.txt"))
            self.assert_valid(outcome.out)
            self.assertIn("+127.0.0.1 9/tcp closed", outcome.err)
            for word, status in (("open", 0), ("closed", 1)):
                outcome = run("sonda-tcp", "-p", str(web.port), "--expect", word, "127.0.0.1")
                self.assertEqual(outcome.status, status, outcome)
            with open(self.file("other.txt"), "w", encoding="utf-8") as file:
                file.write("127.0.0.1 1 closed\n")
            outcome = run("sonda-tcp", "-p", f"1,{web.port}", "--expect", self.file("other.txt"))
            self.assertEqual(outcome.status, 1, outcome)
            self.assertIn(f"-127.0.0.1 {web.port}/tcp not open\n", outcome.out)

    def test_a_capture_has_the_frames_of_each_port(self):
        with Listener() as web:
            capture = self.file("x.pcapng")
            outcome = run("sonda-tcp", "--capture", capture, "--frames", "--json", "-p",
                          f"1,{web.port}", "127.0.0.1")
            self.assertEqual(outcome.status, 0, outcome)
            for port in self.ports_of(outcome.out).values():
                self.assertGreaterEqual(len(port["frames"]), 2)
            self.assertGreater(os.path.getsize(capture), 500)


class Signals(Scans):
    WORDS = ["-p", "1-200", "--rate", "50", "127.0.0.1"]

    def test_interrupted_it_tells_what_is_known_and_how_to_go_on(self):
        process = start("sonda-tcp", *self.WORDS)
        time.sleep(0.6)
        outcome = end(process)
        self.assertEqual(outcome.status, 1, outcome)
        self.assertRegex(outcome.out, r"interrupted: \d+ of 200 ports are known\n")
        self.assertIn("--resume FILE", outcome.out)

    def test_interrupted_its_json_is_whole(self):
        process = start("sonda-tcp", "--json", *self.WORDS)
        time.sleep(0.6)
        events = self.assert_valid(end(process).out)
        self.assertEqual(events[-1]["event"], "summary")
        self.assertTrue(events[-1]["final"])
        self.assertLess(events[-1]["states"]["closed"], 200)

    def test_asked_it_says_how_it_stands_and_goes_on(self):
        process = start("sonda-tcp", *self.WORDS)
        time.sleep(0.4)
        process.send_signal(signal.SIGQUIT)
        self.assertRegex(tool.read_until(process, "so far"), r"so far: \d+ closed; \d+ of 200 ports")
        end(process)


class Limits(Scans):
    def test_few_descriptors_make_it_slower_and_nothing_else(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

        done = subprocess.run([path("sonda-tcp"), "--json", "-p", "1-2000", "127.0.0.1"],
                              capture_output=True, timeout=60, env=tool.environment(), preexec_fn=few,
                              check=False)
        events = self.assert_valid(done.stdout.decode())
        self.assertEqual(events[-1]["states"]["closed"], 2_000)
        self.assertIn("descriptors", [e["what"] for e in events if e["event"] == "notice"])

    def test_a_reader_that_went_away_ends_it_silently(self):
        process = start("sonda-tcp", "--json", "-p", "-", "127.0.0.1")
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read().decode()
        self.assertEqual(process.wait(timeout=60), -signal.SIGPIPE, err)
        self.assertEqual(err, "")
        process.stderr.close()

    def test_a_full_disk_gets_one_line(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            outcome = run("sonda-tcp", "-p", "1", "127.0.0.1", stdout=full)
        self.assertEqual(outcome.status, 4)
        self.assertRegex(outcome.err, r"\Asonda-tcp: write to stdout: [^\n]+\n\Z")
        for option in ("--csv", "--log"):
            outcome = run("sonda-tcp", "-p", "1-3000", option, "/dev/full", "127.0.0.1")
            self.assertEqual(outcome.status, 4, outcome)

    def test_without_the_capability_connect_works_and_syn_says_what_is_missing(self):
        def without(*words):
            done = subprocess.run(["capsh", "--drop=cap_net_raw", "--", "-c",
                                   " ".join([path("sonda-tcp"), *words, "-p 1 127.0.0.1"])],
                                  capture_output=True, timeout=60, env=tool.environment(), check=False)
            return tool.Outcome(done.returncode, done.stdout.decode(), done.stderr.decode(), 0)

        self.assertEqual(without().status, 1)
        for words in (["--syn"], ["--capture", "/tmp/never.pcapng"]):
            outcome = without(*words)
            self.assert_refused(outcome, status=3)
            self.assertIn("setcap", outcome.err)
        self.assertFalse(os.path.exists("/tmp/never.pcapng"))

    def test_syn_and_connect_agree(self):
        with Listener() as web:
            words = ["--json", "-p", f"1-100,{web.port}", "127.0.0.1"]
            one, other = (self.ports_of(run("sonda-tcp", *more, *words).out) for more in ([], ["--syn"]))
            self.assertEqual({p: (e["state"], e["errno"]) for p, e in one.items()},
                             {p: (e["state"], e["errno"]) for p, e in other.items()})


if __name__ == "__main__":
    tool.main("tcp")
