#!/usr/bin/python3
"""Help, versions, and the one line that answers each wrong command line."""

import json
import os
import re

import jsonschema

import tool
from tool import Case, run

PROGRAMS = ["sonda", "sonda-ping", "sonda-tcp", "sonda-doctor", "sonda-verify"]

# iputils' flags that sonda-ping does not have, each with a word of its answer.
FOREIGN = {
    "-f": "-i 0", "-A": "-i 0", "-l": "preload", "-a": "noise", "-b": "broadcast", "-B": "source",
    "-C": "connect", "-d": "SO_DEBUG", "-e": "tag", "-F": "flow label", "-j": "--json", "-L": "multicast", "-m": "mark", "-N": "4620", "-r": "-I", "-R": "record route",
    "-T": "timestamp", "-U": "clock",
}

# What is wrong, as typed, and what the answer must contain.
WRONG_VALUES = [
    (["-c", "0"], "--count: '0'"), (["-c", "x"], "--count: 'x'"), (["-c", "-1"], "--count"),
    (["-c", "1.5"], "'1.5'"), (["-i", "-1"], "--interval"), (["-i", "0,2"], "'0,2'"),
    (["-i", "1s"], "'1s'"), (["-w", "0"], "above 0"), (["-W", "0"], "--timeout"),
    (["-s", "-1"], "--size"), (["-s", "65528"], "--size"), (["-s", "65508"], "65507"),
    (["-t", "0"], "--ttl: '0' is not a number from 1 to 255"), (["-t", "256"], "'256'"),
    (["-Q", "256"], "--tos"), (["-Q", "af99"], "'af99'"), (["-p", "f"], "--pattern"),
    (["-p", "xy"], "'xy'"), (["-p", "0" * 34], "--pattern"), (["-M", "maybe"], "do, want, dont, probe"),
    (["--source", "localhost"], "--source"), (["--source", "::1"], "version"),
    (["-S", "0"], "--sndbuf"), (["--color", "red"], "auto, always, never"),
    (["--seed", "-1"], "--seed"), (["--seed", "1"], "--reproducible"), (["-4", "-6"], "exclude"),
    (["-q", "-v"], "exclude"), (["--json=3"], "--json: takes no value"),
    (["-c"], "--count"), (["--frames"], "need --capture FILE"),
]


class Help(Case):
    def test_of_every_program_is_narrow_and_documents_the_statuses(self):
        for program in PROGRAMS:
            for flag in ["--help", "-h"]:
                with self.subTest(program=program, flag=flag):
                    outcome = run(program, flag)
                    self.assertEqual(outcome.status, 0, outcome)
                    self.assertEqual(outcome.err, "")
                    self.assert_narrow(outcome.out)
                    self.assertIn("sonda", outcome.out)
        for program in ["sonda-ping", "sonda-tcp", "sonda-doctor", "sonda-verify"]:
            text = run(program, "--help").out
            self.assertIn("EXIT STATUS", text)
            for status in "012":
                self.assertRegex(text, rf"(?m)(^|\s){status} \w")

    def test_names_every_option_that_people_know(self):
        text = run("sonda-ping", "--help").out
        for flag in ["-c", "-i", "-w", "-W", "-s", "-t", "-q", "-v", "-n", "-D", "-O", "-4", "-6",
                     "-I", "-S", "-M", "-Q", "-p", "--json", "--log",
                     "--capture", "--frames"]:
            self.assertRegex(text, rf"(?m)^\s*({flag},|.*{flag}\b)", flag)

    def test_version_is_one_line(self):
        for program in PROGRAMS:
            for flag in ["--version", "-V"]:
                outcome = run(program, flag)
                self.assertEqual(outcome.status, 0, outcome)
                self.assertRegex(outcome.out, rf"\A{program} \d+\.\d+\.\d+\n\Z")
                self.assertEqual(outcome.err, "")


class Sonda(Case):
    def test_alone_shows_each_tool_with_an_example(self):
        outcome = run("sonda")
        self.assertEqual(outcome.status, 0)
        self.assert_narrow(outcome.out)
        for word in ["ping", "doctor", "$ sonda ping", "$ sonda doctor", "$ sonda verify"]:
            self.assertIn(word, outcome.out)

    def test_runs_the_tool_and_passes_its_status_on(self):
        outcome = run("sonda", "ping", "-c", "1", "127.0.0.1")
        self.assertEqual(outcome.status, 0, outcome)
        self.assertIn("1 received", outcome.out)
        self.assert_refused(run("sonda", "ping", "-c", "0", "127.0.0.1"))

    def test_offers_the_nearest_of_a_misspelt_tool(self):
        for wrong in ["pnig", "pin", "Ping", "pingg"]:
            outcome = run("sonda", wrong)
            self.assert_refused(outcome)
            self.assertIn("do you mean ping?", outcome.err)
        outcome = run("sonda", "docotr")
        self.assertIn("do you mean doctor?", outcome.err)

    def test_lists_the_tools_where_nothing_is_near(self):
        outcome = run("sonda", "frobnicate")
        self.assert_refused(outcome)
        self.assertIn("there are ping, tcp, lab, verify, doctor", outcome.err)

    def test_refuses_an_option_it_does_not_have(self):
        self.assert_refused(run("sonda", "--nothing"))


class Ping(Case):
    def test_needs_one_target(self):
        for words in [[], ["-c", "3"], ["--json"], [""]]:
            outcome = run("sonda-ping", *words)
            self.assert_refused(outcome)
            self.assertIn("no target", outcome.err)
        outcome = run("sonda-ping", "127.0.0.1", "127.0.0.2")
        self.assert_refused(outcome)
        self.assertIn("'127.0.0.2' is one target too many", outcome.err)

    def test_answers_each_foreign_flag_by_name(self):
        for flag, word in FOREIGN.items():
            for words in [[flag, "127.0.0.1"], [flag + "3", "127.0.0.1"], ["127.0.0.1", flag]]:
                outcome = run("sonda-ping", *words)
                self.assert_refused(outcome)
                self.assertTrue(outcome.err.startswith(f"sonda-ping: {flag}: "), outcome)
                self.assertIn(word, outcome.err)
                self.assert_narrow(outcome.err)

    def test_says_of_each_wrong_value_what_is_accepted(self):
        for words, wanted in WRONG_VALUES:
            with self.subTest(words=words):
                # The target first, so that an option without its value stands at the end.
                outcome = run("sonda-ping", "127.0.0.1", *words)
                self.assert_refused(outcome)
                self.assertIn(wanted, outcome.err)

    def test_offers_the_nearest_of_every_misspelt_option(self):
        names = re.findall(r"--([a-z0-9]+)", run("sonda-ping", "--help").out)
        self.assertGreater(len(set(names)), 20)
        for name in sorted(set(names)):
            if len(name) < 4:
                continue
            outcome = run("sonda-ping", f"--{name[0]}{name[2]}{name[1]}{name[3:]}", "127.0.0.1")
            if name[1] == name[2]:
                continue
            self.assert_refused(outcome)
            self.assertIn("do you mean --", outcome.err)

    def test_takes_two_dashes_for_the_end_of_the_options(self):
        outcome = run("sonda-ping", "-c", "1", "--", "127.0.0.1")
        self.assertEqual(outcome.status, 0, outcome)

    def test_tells_a_name_that_is_not_found(self):
        for name in ["nosuch.invalid", "a..b", "256.1.1.1", "1.2.3", "::g", "fe80::1%nosuch0",
                     "x" * 300, "\x1b[31mred", b"\xff\xfe"]:
            with self.subTest(name=name):
                self.assert_refused(run("sonda-ping", "-c", "1", name), status=4)

    def test_wants_the_version_that_the_target_has(self):
        for words in [["-4", "::1"], ["-6", "127.0.0.1"]]:
            outcome = run("sonda-ping", *words)
            self.assert_refused(outcome)
            self.assertIn("no IPv", outcome.err)

    def test_tells_what_the_system_does_not_have(self):
        for words in [["-I", "nosuch0"], ["--source", "10.97.0.1"], ["--log", "/nonexistent/log"],
                      ["--log", "/"], ["--capture", "/nonexistent/x.pcapng"], ["--capture", "/"]]:
            self.assert_refused(run("sonda-ping", "-c", "1", *words, "127.0.0.1"), status=4)

    def test_does_not_take_a_prohibiting_route_for_a_missing_privilege(self):
        outcome = run("sonda-ping", "-c", "1", "10.98.0.1")
        self.assert_refused(outcome, status=4)
        self.assertIn("EACCES", outcome.err)
        self.assertNotIn("setcap", outcome.err)
        outcome = run("sonda-ping", "-c", "1", "10.98.0.2")
        self.assert_refused(outcome, status=4)
        self.assertIn("EHOSTUNREACH", outcome.err)


class Doctor(Case):
    def test_tries_and_says_what_it_found(self):
        outcome = run("sonda-doctor")
        self.assertIn(outcome.status, (0, 1), outcome)
        self.assertEqual(outcome.err, "")
        self.assertRegex(outcome.out, r"of \d+: \d+ work")
        for line in outcome.out.splitlines():
            if "mend it:" not in line:  # a command is never broken
                self.assert_narrow(line)

    def test_tells_a_program_too(self):
        events = run("sonda-doctor", "--json").events()
        self.assertGreater(len(events), 5)
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/schema/doctor.json")
        with open(path, encoding="utf-8") as file:
            schema = jsonschema.Draft202012Validator(json.load(file))
        for event in events:
            schema.validate(event)

    def test_refuses_what_it_does_not_know(self):
        for words in [["-x"], ["somewhere"], ["--jsno"], ["--color", "red"], ["--color"]]:
            self.assert_refused(run("sonda-doctor", *words))


if __name__ == "__main__":
    tool.main("usage")
