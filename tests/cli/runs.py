#!/usr/bin/python3
"""Runs on loopback as people and programs start them: text, JSON, signals, streams that fail."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import jsonschema

import tool
from tool import Case, end, environment, path, read_until, run, start

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, "../../docs/schema/ping.json"), encoding="utf-8") as file:
    SCHEMA = jsonschema.Draft202012Validator(json.load(file))

NUMBER = r"\d+\.\d{3}"


def total(target, sent, received, loss="0"):
    """A pattern for the last lines of a run in which everything was answered."""
    return (rf"\n--- {re.escape(target)} ping statistics ---\n"
            rf"{sent} packets transmitted, {received} received, {loss}% packet loss, time \d+ms\n"
            rf"rtt min/avg/max/mdev = {NUMBER}/{NUMBER}/{NUMBER}/{NUMBER} ms\n"
            rf"median {NUMBER}, p95 {NUMBER}, p99 {NUMBER}, jitter {NUMBER} ms\n"
            rf"stamps: [a-z', ]+\n"
            rf"of {sent}: {received} answered, 0 silent\n")


class Runs(Case):
    def assert_valid(self, text):
        """Every line is an event of the schema; the events."""
        self.assertTrue(text.endswith("\n"), text[-200:])
        if shutil.which("jq"):
            read = subprocess.run(["jq", "-c", "."], input=text.encode(), capture_output=True,
                                  check=False)
            self.assertEqual(read.returncode, 0, read.stderr)
            self.assertEqual(read.stdout.count(b"\n"), text.count("\n"))
        events = [json.loads(line) for line in text.splitlines()]
        for event in events:
            errors = [f"{e.json_path}: {e.message}" for e in SCHEMA.iter_errors(event)]
            self.assertEqual(errors, [], event)
        self.assertEqual(events[0]["event"], "start")
        self.assertEqual(events[-1]["event"], "summary")
        self.assertTrue(events[-1]["final"])
        last = events[-1]
        self.assertEqual(last["sent"],
                         last["received"] + last["errors"] + last["lost"] + last["waiting"])
        return events


class Text(Runs):
    def test_on_ipv4_is_what_everybody_knows(self):
        outcome = run("sonda-ping", "-c", "3", "-i", "0.02", "127.0.0.1")
        self.assertEqual(outcome.status, 0, outcome)
        self.assertEqual(outcome.err, "")
        replies = "".join(rf"64 bytes from 127\.0\.0\.1: icmp_seq={n} ttl=64 time={NUMBER} ms\n"
                          for n in (1, 2, 3))
        self.assertRegex(outcome.out,
                         r"\APING 127\.0\.0\.1 \(127\.0\.0\.1\) 56\(84\) bytes of data\.\n" + replies
                         + total("127.0.0.1", 3, 3) + r"\Z")
        self.assert_narrow(outcome.out)

    def test_on_ipv6_is_what_everybody_knows(self):
        outcome = run("sonda-ping", "-c", "2", "-i", "0.02", "::1")
        self.assertEqual(outcome.status, 0, outcome)
        replies = "".join(rf"64 bytes from ::1: icmp_seq={n} ttl=64 time={NUMBER} ms\n"
                          for n in (1, 2))
        self.assertRegex(outcome.out, r"\APING ::1\(::1\) 56 data bytes\n" + replies
                         + total("::1", 2, 2) + r"\Z")

    def test_has_decimal_dots_in_every_locale(self):
        outcome = run("sonda-ping", "-c", "1", "127.0.0.1",
                      env={"LC_ALL": "de_DE.UTF-8", "LC_NUMERIC": "pl_PL.UTF-8"})
        self.assertRegex(outcome.out, rf"time={NUMBER} ms")

    def test_is_short_when_quiet(self):
        outcome = run("sonda-ping", "-q", "-c", "3", "-i", "0.02", "127.0.0.1")
        self.assertRegex(outcome.out, r"\APING [^\n]*\n" + total("127.0.0.1", 3, 3) + r"\Z")

    def test_has_the_time_before_each_line_when_asked(self):
        before = time.time()
        outcome = run("sonda-ping", "-D", "-c", "2", "-i", "0.02", "127.0.0.1")
        stamps = re.findall(r"(?m)^\[(\d+\.\d{6})\] 64 bytes", outcome.out)
        self.assertEqual(len(stamps), 2, outcome)
        for stamp in stamps:
            self.assertAlmostEqual(float(stamp), before, delta=30)

    def test_says_what_is_outstanding_when_asked(self):
        outcome = run("sonda-ping", "-O", "-c", "3", "-i", "0.05", "-W", "0.2", "10.99.0.2")
        self.assertEqual(outcome.status, 1, outcome)
        for sequence in (1, 2):
            self.assertIn(f"no answer yet for icmp_seq={sequence}\n", outcome.out)
        self.assertIn("3 packets transmitted, 0 received, 100% packet loss", outcome.out)
        self.assertIn("of 3: 0 answered, 3 silent\n", outcome.out)

    def test_is_colored_only_when_asked(self):
        for words, colored in [([], False), (["--color", "always"], True)]:
            outcome = run("sonda-ping", "-v", "-c", "1", "-W", "0.1", *words, "10.99.0.2")
            self.assertEqual("\x1b[" in outcome.out, colored, outcome)

    def test_measures_in_its_own_sizes(self):
        for size in ("0", "1", "7", "8", "1472", "65507"):
            outcome = run("sonda-ping", "-c", "1", "-s", size, "127.0.0.1")
            self.assertEqual(outcome.status, 0, outcome)
            self.assertIn(f"{int(size) + 8} bytes from", outcome.out)

    def test_repeats_the_pattern_it_was_given(self):
        outcome = run("sonda-ping", "-c", "1", "-p", "ff00", "127.0.0.1")
        self.assertTrue(outcome.out.startswith("PATTERN: 0xff00\n"), outcome)

    def test_as_fast_as_it_is_answered_loses_nothing(self):
        outcome = run("sonda-ping", "-q", "-i", "0", "-c", "500", "127.0.0.1")
        self.assertEqual(outcome.status, 0, outcome)
        self.assertIn("500 packets transmitted, 500 received, 0% packet loss", outcome.out)

    def test_ends_at_the_deadline(self):
        began = time.monotonic()
        outcome = run("sonda-ping", "-w", "0.5", "-i", "0.1", "127.0.0.1")
        self.assertEqual(outcome.status, 0, outcome)
        self.assertGreaterEqual(time.monotonic() - began, 0.5)
        outcome = run("sonda-ping", "-w", "0.4", "-c", "50", "-i", "0.1", "127.0.0.1")
        self.assertEqual(outcome.status, 1, "fewer answers than were asked for")


class Json(Runs):
    def test_is_valid_for_both_versions(self):
        for target in ("127.0.0.1", "::1"):
            outcome = run("sonda-ping", "--json", "-c", "3", "-i", "0.02", target)
            self.assertEqual(outcome.status, 0, outcome)
            self.assertEqual(outcome.err, "")
            events = self.assert_valid(outcome.out)
            kinds = [event["event"] for event in events]
            self.assertEqual(kinds.count("sent"), 3)
            self.assertEqual(kinds.count("reply"), 3)
            self.assertEqual(events[0]["argv"][1:], ["--json", "-c", "3", "-i", "0.02", target])
            self.assertEqual(events[0]["address"], target)
            self.assertEqual(events[0]["interface"], "lo")
            self.assertEqual(events[0]["plan"]["interval_ms"], 20)
            for event in events:
                if event["event"] == "reply":
                    self.assertGreater(event["rtt_ms"], 0)
                    self.assertGreaterEqual(event["rtt_error_ms"], 0)

    def test_comes_line_by_line(self):
        process = start("sonda-ping", "--json", "-i", "0.05", "127.0.0.1")
        self.assertIn('"event":"start"', read_until(process, '"reply"'))
        self.assertIsNone(process.poll())
        end(process)

    def test_is_valid_when_nobody_answers(self):
        outcome = run("sonda-ping", "--json", "-O", "-c", "2", "-i", "0.05", "-W", "0.1", "10.99.0.2")
        self.assertEqual(outcome.status, 1, outcome)
        events = self.assert_valid(outcome.out)
        self.assertEqual([e["seq"] for e in events if e["event"] == "lost"], [1, 2])
        self.assertIn("outstanding", [e["event"] for e in events])
        self.assertIsNone(events[-1]["rtt_ms"])

    def test_is_valid_when_the_neighbour_is_absent(self):
        outcome = run("sonda-ping", "--json", "-c", "1", "10.99.0.77")
        self.assertEqual(outcome.status, 1, outcome)
        error = next(e for e in self.assert_valid(outcome.out) if e["event"] == "icmp_error")
        self.assertTrue(error["neighbor"])
        self.assertEqual(error["errno"], "EHOSTUNREACH")
        self.assertEqual(error["icmp"]["name"], "host-unreachable")

    def test_is_valid_when_the_packet_is_too_large(self):
        outcome = run("sonda-ping", "--json", "-c", "1", "-M", "do", "-s", "3000", "10.99.0.2")
        self.assertIn(outcome.status, (1, 4), outcome)
        refused = next(e for e in self.assert_valid(outcome.out) if e["event"] == "refused")
        self.assertEqual(refused["errno"], "EMSGSIZE")

    def test_repeats_the_seed_and_the_same_packets(self):
        def hashes():
            outcome = run("sonda-ping", "--json", "--seed", "7", "--reproducible", "-c", "2", "-i",
                          "0.02", "127.0.0.1")
            events = self.assert_valid(outcome.out)
            self.assertEqual(events[0]["seed"], 7)
            return [e["octets_sha256"] for e in events if e["event"] == "sent"]
        self.assertEqual(hashes(), hashes())

    def test_has_no_control_characters_whatever_was_typed(self):
        outcome = run("sonda-ping", "--json", "-c", "1", "-p", "ff", "--", "127.0.0.1")
        for character in outcome.out.replace("\n", ""):
            self.assertGreaterEqual(character, " ")


class Signals(Runs):
    def test_interrupted_it_sums_up_and_says_what_is_known(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = start("sonda-ping", "-i", "0.05", "127.0.0.1")
            said = read_until(process, "icmp_seq=3")
            rest = end(process, number)
            self.assertEqual(rest.status, 0, rest)
            self.assertEqual(rest.err, "")
            self.assertRegex(said + rest.out, r"\n--- 127\.0\.0\.1 ping statistics ---\n\d+ packets")
        process = start("sonda-ping", "-i", "0.05", "10.99.0.2")
        read_until(process, "PING")
        self.assertEqual(end(process).status, 1)

    def test_interrupted_its_json_is_whole(self):
        process = start("sonda-ping", "--json", "-i", "0.01", "127.0.0.1")
        said = read_until(process, '"seq":5')
        rest = end(process)
        self.assertEqual(rest.status, 0, rest)
        self.assert_valid(said + rest.out)

    def test_asked_it_sums_up_and_goes_on(self):
        process = start("sonda-ping", "--json", "-i", "0.05", "127.0.0.1")
        said = read_until(process, '"seq":2')
        process.send_signal(signal.SIGQUIT)
        said += read_until(process, '"summary"')
        said += read_until(process, '"reply"')
        rest = end(process)
        events = self.assert_valid(said + rest.out)
        finals = [e["final"] for e in events if e["event"] == "summary"]
        self.assertEqual(finals, [False, True])

    def test_asked_it_says_that_the_sum_is_not_the_last(self):
        process = start("sonda-ping", "-i", "0.05", "127.0.0.1")
        said = read_until(process, "icmp_seq=2")
        process.send_signal(signal.SIGQUIT)
        said += read_until(process, "of ")
        self.assertIn("--- 127.0.0.1 ping statistics so far ---\n", said)
        self.assertIn("icmp_seq=", read_until(process, "icmp_seq="))
        end(process)


class Streams(Runs):
    def test_whose_reader_went_away_end_it_silently(self):
        process = start("sonda-ping", "-i", "0.02", "127.0.0.1")
        self.assertTrue(process.stdout.readline().startswith(b"PING"))
        process.stdout.close()
        self.assertEqual(process.wait(timeout=60), -signal.SIGPIPE)
        self.assertEqual(process.stderr.read(), b"")
        process.stderr.close()

    def test_that_are_full_get_one_line(self):
        for words in (["-c", "3"], ["--json", "-c", "3"], ["-q", "-c", "3"]):
            with open("/dev/full", "wb") as full:
                outcome = run("sonda-ping", *words, "-i", "0.02", "127.0.0.1", stdout=full)
            self.assert_refused(outcome, status=4)
            self.assertIn("ENOSPC", outcome.err)

    def test_that_are_closed_are_no_place_for_a_socket(self):
        done = subprocess.run(["sh", "-c", f'"{path("sonda-ping")}" -c 1 127.0.0.1 >&-'],
                              stderr=subprocess.PIPE, timeout=60, env=environment(), check=False)
        self.assertEqual(done.returncode, 4)
        self.assertEqual(done.stderr,
                         b"sonda-ping: write to stdout: Bad file descriptor (EBADF)\n")
        done = subprocess.run(["sh", "-c", f'"{path("sonda-ping")}" -c 1 127.0.0.1 <&- 2>&-'],
                              stdout=subprocess.PIPE, timeout=60, env=environment(), check=False)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"1 received", done.stdout)

    def test_a_log_has_the_events_while_the_text_goes_on(self):
        with tempfile.TemporaryDirectory() as folder:
            log = os.path.join(folder, "run.jsonl")
            outcome = run("sonda-ping", "--log", log, "-c", "2", "-i", "0.02", "127.0.0.1")
            self.assertEqual(outcome.status, 0, outcome)
            self.assertTrue(outcome.out.startswith("PING "))
            with open(log, encoding="utf-8") as file:
                events = self.assert_valid(file.read())
            self.assertEqual(sum(e["event"] == "reply" for e in events), 2)
            outcome = run("sonda-ping", "--log", log, "--json", "-c", "1", "127.0.0.1")
            with open(log, encoding="utf-8") as file:
                self.assertEqual(file.read(), outcome.out)

    def test_a_log_that_fills_up_ends_the_run(self):
        outcome = run("sonda-ping", "--log", "/dev/full", "-i", "0.02", "-c", "3", "127.0.0.1")
        self.assertEqual(outcome.status, 4, outcome)
        self.assertEqual(outcome.err.count("\n"), 1, outcome)
        self.assertIn("/dev/full", outcome.err)


class Neighbours(Runs):
    def test_that_ping_the_same_host_never_take_each_others_replies(self):
        for target in ("127.0.0.1", "::1"):
            processes = [start("sonda-ping", "--json", "-c", "100", "-i", "0.01", target)
                         for _ in range(4)]
            seen = set()
            for process in processes:
                out, err = process.communicate(timeout=120)
                self.assertEqual((process.returncode, err), (0, b""))
                events = self.assert_valid(out.decode())
                last = events[-1]
                self.assertEqual(last["received"], 100)
                for count in ("foreign", "duplicates", "corrupt", "lost", "errors"):
                    self.assertEqual(last[count], 0, count)
                hashes = {e["octets_sha256"] for e in events if e["event"] == "sent"}
                self.assertEqual(len(hashes), 100)
                self.assertFalse(seen & hashes, "two runs sent the same packet")
                seen |= hashes

    def test_of_which_one_floods_do_not_harm_the_other(self):
        flood = start("sonda-ping", "-q", "-i", "0", "127.0.0.1")
        try:
            outcome = run("sonda-ping", "--json", "-c", "50", "-i", "0.01", "127.0.0.1")
        finally:
            end(flood)
        self.assertEqual(self.assert_valid(outcome.out)[-1]["received"], 50)


class Unprivileged(Runs):
    """In a network of its own nobody may open datagram ICMP sockets until somebody allows it."""

    def run_words(self, *words, allowed):
        setting = "ip link set lo up;"
        if allowed:
            setting += "echo 0 0 > /proc/sys/net/ipv4/ping_group_range;"
        done = subprocess.run(["unshare", "--net", "sh", "-ec", setting + 'exec "$@"', "sh", *words],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                              env=environment(), check=False)
        return tool.Outcome(done.returncode, done.stdout.decode(), done.stderr.decode(), 0)

    def test_works_where_the_system_allows_it_and_says_what_cannot_be_known(self):
        words = [path("sonda-ping"), "--unprivileged", "-c", "2", "-i", "0.02"]
        for target in ("127.0.0.1", "::1"):
            outcome = self.run_words(*words, target, allowed=True)
            self.assertEqual(outcome.status, 0, outcome)
            self.assertIn("without CAP_NET_RAW", outcome.out)
            self.assertIn("2 packets transmitted, 2 received", outcome.out)
            self.assert_narrow(outcome.out)
            events = self.assert_valid(self.run_words(*words, "--json", target, allowed=True).out)
            self.assertEqual(events[0]["mode"], "datagram")
            self.assertTrue(events[0]["unknowable"])
            self.assertEqual(events[-1]["received"], 2)

    def test_says_what_would_allow_it_where_it_is_not(self):
        outcome = self.run_words(path("sonda-ping"), "--unprivileged", "-c", "1", "127.0.0.1",
                                 allowed=False)
        self.assert_refused(outcome, status=3)
        self.assertIn("ping_group_range", outcome.err)

    def test_is_what_remains_without_the_capability(self):
        without = ["capsh", "--drop=cap_net_raw", "--", "-c",
                   f'exec "{path("sonda-ping")}" --json -c 1 127.0.0.1']
        outcome = self.run_words(*without, allowed=True)
        self.assertEqual(outcome.status, 0, outcome)
        self.assertEqual(self.assert_valid(outcome.out)[0]["mode"], "datagram")
        outcome = self.run_words(*without, allowed=False)
        self.assert_refused(outcome, status=3)
        self.assertIn("setcap", outcome.err)


if __name__ == "__main__":
    tool.main("runs")
