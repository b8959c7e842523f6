#!/usr/bin/python3
"""sonda-verify as people and programs meet it: verdicts, statuses, copies with comments, and one line for what is wrong."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import jsonschema

import tool
from tool import Case, run

TOP = pathlib.Path(__file__).resolve().parents[2]
CAPTURES = TOP / "captures"
NAT = str(CAPTURES / "nat" / "ping.pcapng")
LAB = str(CAPTURES / "nat" / "nat.pcapng")
KERNELS = CAPTURES / "ping-reply-and-refusal"
TCPDUMP = str(KERNELS / "ping-reply-and-refusal.pcap")
REPLY = str(KERNELS / "reply.jsonl")


def verify(*words, **more):
    return run("sonda-verify", *words, **more)


def piped(capture, *words):
    """With the capture on standard input, through a real pipe."""
    done = subprocess.run(["sh", "-c", 'cat "$1" | { shift; "$@"; }', "sh", capture, tool.path("sonda-verify"), *words],
                          capture_output=True, text=True, timeout=60, env=tool.environment(), check=False)
    return tool.Outcome(done.returncode, done.stdout, done.stderr, 0)


def tshark(capture, *words):
    return subprocess.run(["tshark", "-n", "-r", capture, *words], capture_output=True, text=True, timeout=60,
                          check=True).stdout


class Folder(Case):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def file(self, name, content=b""):
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def lie(self):
        """A run in which one reply comes from somebody else."""
        lines = pathlib.Path(REPLY).read_text(encoding="utf-8").splitlines()
        at = next(i for i, line in enumerate(lines) if '"event":"reply"' in line)
        lines[at] = lines[at].replace('"from":"10.0.2.1"', '"from":"10.0.2.9"')
        return self.file("lie.jsonl", ("\n".join(lines) + "\n").encode())


class Verdicts(Folder):
    def test_a_run_that_rides_along_holds(self):
        outcome = verify(NAT)
        self.assertEqual(outcome.status, 0, outcome)
        self.assert_narrow(outcome.out.split("\n", 1)[1])
        self.assertRegex(outcome.out, r"\nholds: \d+ claims of 3 probes, 6 frames\n\Z")
        self.assertEqual(outcome.err, "")

    def test_a_run_beside_the_capture_of_another_program_holds(self):
        outcome = verify(REPLY, TCPDUMP)
        self.assertEqual(outcome.status, 0, outcome)
        self.assertIn("reply.jsonl held against", outcome.out.replace("\n    ", " "))

    def test_a_lab_is_judged_by_its_comments(self):
        outcome = verify(LAB)
        self.assertEqual(outcome.status, 0, outcome)
        self.assertRegex(outcome.out, r"\nholds: \d+ claims of 48 frames\n\Z")

    def test_a_file_with_a_run_and_with_a_labs_comments_is_judged_by_both(self):
        both = str(self.folder / "both.pcapng")
        subprocess.run(["mergecap", "-a", "-w", both, LAB, NAT], check=True, timeout=60, capture_output=True)
        events = re.findall(rb'sonda-event: (\{.*?\})\x00*(?=[\x00-\x1f])', pathlib.Path(NAT).read_bytes(), re.S)
        self.assertEqual(len(events), 8)
        events = [re.sub(rb',"frames":\[[^]]*\]', b"", event) for event in events]  # their numbers are the other file's
        outcome = verify(self.file("run.jsonl", b"\n".join(events) + b"\n"), both)
        self.assertIn("each probe left, octet for octet, once         3      -", outcome.out)
        self.assertIn("what a machine is said to say, it says         2      -", outcome.out)
        self.assertEqual(outcome.status, 0, outcome)
        # And a lie of either kind is found.
        octets = pathlib.Path(both).read_bytes()
        for old, new, fault in [(b"says=11/0;", b"says=11/1;", "wrong_message"), (b"reply; ttl=61;", b"reply; ttl=60;", "wrong_comment")]:
            self.assertIn(old, octets)
            outcome = verify(str(self.folder / "run.jsonl"), self.file("lie.pcapng", octets.replace(old, new, 1)))
            self.assertEqual(outcome.status, 1, outcome)
            self.assertIn(fault, outcome.out)

    def test_a_lie_is_told_with_its_fault_and_its_frame(self):
        outcome = verify(self.lie(), TCPDUMP)
        self.assertEqual(outcome.status, 1, outcome)
        self.assertRegex(outcome.out, r"\[wrong_from: frame")
        self.assertRegex(outcome.out, r"\ncontradicted: \d+ of \d+ claims")

    def test_a_capture_without_a_run_is_inconclusive(self):
        outcome = verify(TCPDUMP)
        self.assertEqual(outcome.status, 5, outcome)
        self.assertRegex(outcome.out, r"\ninconclusive: no claims")

    def test_a_capture_of_something_else_does_not_bear_the_run_out(self):
        outcome = verify(REPLY, LAB)
        self.assertIn(outcome.status, (1, 5), outcome)

    def test_a_capture_that_ends_inside_a_block_is_judged_up_to_there(self):
        whole = pathlib.Path(LAB).read_bytes()
        outcome = verify(self.file("cut.pcapng", whole[:len(whole) // 2]))
        self.assertEqual(outcome.status, 5, outcome)
        self.assertRegex(outcome.out, r"\ninconclusive: [^\n]*(\n {4}[^\n]*)*\n\Z")

    def test_standard_input_is_a_capture_like_any_other(self):
        self.assertEqual(piped(NAT, "-").status, 0)
        outcome = piped(TCPDUMP, REPLY, "-")
        self.assertEqual(outcome.status, 0, outcome)
        self.assertIn("held against standard input", re.sub(r"\s+", " ", outcome.out))

    def test_standard_input_is_a_run_like_any_other(self):
        outcome = piped(REPLY, "-", TCPDUMP)
        self.assertEqual(outcome.status, 0, outcome)
        self.assertTrue(outcome.out.startswith("standard input held against"), outcome)
        self.assertEqual(piped(self.lie(), "-", TCPDUMP).status, 1)
        self.assertEqual(piped(REPLY, "--tshark", TCPDUMP, "-").status, 0)

    def test_a_collection_of_packets_is_called_so(self):
        outcome = verify(str(CAPTURES / "peers" / "peers.pcapng"))
        self.assertEqual(outcome.status, 5, outcome)
        self.assertTrue(outcome.out.endswith("\ninconclusive: no claims: a collection of packets, with notes about them\n"), outcome)

    def test_privilege_is_given_up_before_a_file_is_opened(self):
        fifo = str(self.folder / "fifo")
        os.mkfifo(fifo)
        with subprocess.Popen([tool.path("sonda-verify"), fifo], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as waiting:
            try:
                status = pathlib.Path(f"/proc/{waiting.pid}/status")
                for _ in range(100):
                    held = re.search(r"^CapPrm:\s+(\w+)", status.read_text(encoding="utf-8"), re.M)[1]
                    if int(held, 16) == 0:
                        break
                    time.sleep(0.05)
                self.assertEqual(int(held, 16), 0)
            finally:
                waiting.kill()

    def test_files_in_the_wrong_order_are_told_apart(self):
        outcome = verify(TCPDUMP, REPLY)
        self.assertEqual(outcome.status, 0, outcome)
        self.assertRegex(outcome.err, r"\Asonda-verify: .*refusal.pcap is the capture, .*reply.jsonl the run.*\n\Z")

    def test_quiet_is_one_line_and_verbose_is_more(self):
        quiet = verify("-q", self.lie(), TCPDUMP)
        self.assertEqual((quiet.status, quiet.out.count("\n")), (1, 1), quiet)
        self.assertGreater(len(verify("-v", self.lie(), TCPDUMP).out), len(quiet.out))

    def test_colour_is_for_verdicts_and_only_where_it_is_wanted(self):
        self.assertNotIn("\x1b", verify(NAT).out)
        outcome = verify("--color", "always", NAT)
        self.assertIn("\x1b[32mholds\x1b[0m: ", outcome.out)
        self.assertNotIn("\x1b", verify("--color", "never", NAT).out)

    def test_the_place_of_a_capture_can_be_said(self):
        outcome = verify("--near-end", REPLY, TCPDUMP)
        self.assertEqual(outcome.status, 0, outcome)
        self.assertIn("near end", outcome.out)
        self.assertIn("far end", verify("--far-end", REPLY, TCPDUMP).out)

    def test_a_full_disk_and_a_closed_output_are_a_status(self):
        with open("/dev/full", "wb") as full:
            outcome = verify(NAT, stdout=full)
        self.assertEqual((outcome.status, outcome.err), (4, "sonda-verify: write to stdout: No space left on device (ENOSPC)\n"))


class Json(Folder):
    def test_is_one_object_that_the_schema_knows(self):
        schema = json.loads((TOP / "docs/schema/verify.json").read_text(encoding="utf-8"))
        validator = jsonschema.Draft202012Validator(schema)
        for words in [[NAT], [LAB], [REPLY, TCPDUMP], [self.lie(), TCPDUMP], [TCPDUMP], ["--tshark", NAT]]:
            with self.subTest(words=words):
                outcome = verify("--json", *words)
                self.assertEqual(outcome.out.count("\n"), 1)
                verdict = json.loads(outcome.out)
                self.assertEqual([error.message for error in validator.iter_errors(verdict)], [])
                statuses = {"holds": 0, "contradicted": 1, "inconclusive": 5}
                self.assertEqual(outcome.status, statuses[verdict["verdict"]])

    def test_names_the_lie(self):
        verdict = json.loads(verify("--json", self.lie(), TCPDUMP).out)
        self.assertIn("wrong_from", [finding["fault"] for finding in verdict["findings"]])
        self.assertEqual(verdict["capture"], TCPDUMP)


class Annotated(Folder):
    FIELDS = ["-T", "fields", "-e", "frame.number", "-e", "frame.time_epoch", "-e", "frame.interface_name", "-e", "frame.comment"]

    def test_a_copy_has_all_that_the_capture_had_and_the_verdicts(self):
        for capture in [NAT, LAB]:
            with self.subTest(capture=capture):
                copy = str(self.folder / "copy.pcapng")
                outcome = verify("--annotate", copy, capture)
                self.assertEqual(outcome.status, 0, outcome)
                before = tshark(capture, *self.FIELDS).splitlines()
                after = tshark(copy, *self.FIELDS).splitlines()
                self.assertEqual(len(before), len(after))
                for old, new in zip(before, after):
                    self.assertTrue(new.startswith(old), (old, new))
                    self.assertIn("sonda-verify: ", new)
                self.assertEqual(tshark(capture, "-x"), tshark(copy, "-x"))
                # It is evidence as good as the first one.
                again = verify(copy)
                self.assertEqual(again.status, 0, again)
                self.assertEqual(again.out.splitlines()[-1], verify(capture).out.splitlines()[-1])

    def test_a_copy_of_a_copy_has_each_verdict_once(self):
        once, twice = str(self.folder / "once.pcapng"), str(self.folder / "twice.pcapng")
        self.assertEqual(verify(self.lie(), TCPDUMP, "--annotate", once).status, 1)
        self.assertEqual(verify(REPLY, once, "--annotate", twice).status, 0)
        comments = [line.split("\t")[-1] for line in tshark(twice, *self.FIELDS).splitlines()]
        self.assertEqual([comment.count("sonda-verify: ") for comment in comments], [1] * 6 + [0] * 4)
        self.assertNotIn("contradicted", "".join(comments))

    def test_the_documented_filter_finds_the_frames_of_lies(self):
        wanted = 'frame.comment contains "sonda-verify: contradicted"'
        self.assertIn(wanted, (TOP / "docs/verify.md").read_text(encoding="utf-8"))
        octets = pathlib.Path(LAB).read_bytes()
        lab = self.file("lab.pcapng", octets.replace(b"says=11/0;", b"says=11/1;", 1))
        for words in [[self.lie(), TCPDUMP], [lab]]:
            copy = str(self.folder / "copy.pcapng")
            self.assertEqual(verify(*words, "--annotate", copy).status, 1)
            self.assertEqual(len(tshark(copy, "-Y", wanted).splitlines()), 1)

    def test_blocks_that_nobody_knows_are_copied_and_counted(self):
        """A custom block and a journal's entry between the frames; tshark numbers them."""
        octets = pathlib.Path(NAT).read_bytes()
        at, blocks = 0, []
        while at < len(octets):
            size = int.from_bytes(octets[at + 4:at + 8], "little")
            blocks.append(octets[at:at + size])
            at += size
        first = next(i for i, block in enumerate(blocks) if block[:4] == b"\x06\0\0\0")
        custom = b"\xad\x0b\0\0\x14\0\0\0\x39\x7d\0\0data\x14\0\0\0"
        entry = b"__REALTIME_TIMESTAMP=1700000000000000\nMESSAGE=hi\n".ljust(52, b"\0")
        journal = b"\x09\0\0\0\x40\0\0\0" + entry + b"\x40\0\0\0"
        blocks[first:first] = [custom, journal]
        mixed, copy = self.file("mixed.pcapng", b"".join(blocks)), str(self.folder / "copy.pcapng")
        before = verify("--tshark", mixed, "--annotate", copy)
        self.assertRegex(before.out, r"tshark reads the frames as we do +6 +- +-")
        numbers = ["-T", "fields", "-e", "frame.number"]
        self.assertEqual(len(tshark(mixed, *numbers).splitlines()), 8)
        self.assertEqual(len(tshark(copy, *numbers).splitlines()), 8)
        self.assertIn(custom, pathlib.Path(copy).read_bytes())
        self.assertIn(journal, pathlib.Path(copy).read_bytes())

    def test_a_copy_of_a_pcap_file_is_pcapng(self):
        copy = str(self.folder / "copy.pcapng")
        self.assertEqual(verify(REPLY, TCPDUMP, "--annotate", copy).status, 0)
        self.assertEqual(pathlib.Path(copy).read_bytes()[:4], b"\x0a\x0d\x0d\x0a")
        told = [line.split("\t")[-1] for line in tshark(copy, *self.FIELDS).splitlines()]
        self.assertEqual([bool(comment) for comment in told], [True] * 6 + [False] * 4)

    def test_a_contradiction_stands_beside_its_frame(self):
        copy = str(self.folder / "copy.pcapng")
        self.assertEqual(verify(self.lie(), TCPDUMP, "--annotate", copy).status, 1)
        self.assertIn("contradicted", tshark(copy, *self.FIELDS))

    def test_standard_input_is_copied_too(self):
        copy = str(self.folder / "copy.pcapng")
        self.assertEqual(piped(NAT, "-", "--annotate", copy).status, 0)
        self.assertEqual(len(tshark(copy).splitlines()), 6)

    def test_the_evidence_is_never_overwritten(self):
        mine = self.file("mine.pcapng", pathlib.Path(NAT).read_bytes())
        link = str(self.folder / "link.pcapng")
        os.symlink(mine, link)
        run_file = self.file("mine.jsonl", pathlib.Path(REPLY).read_bytes())
        for words in [[mine, "--annotate", mine], [mine, "--annotate", link], [run_file, TCPDUMP, "--annotate", run_file]]:
            with self.subTest(words=words):
                self.assert_refused(verify(*words))
        self.assertEqual(pathlib.Path(mine).read_bytes(), pathlib.Path(NAT).read_bytes())
        self.assertEqual(pathlib.Path(run_file).read_bytes(), pathlib.Path(REPLY).read_bytes())

    def test_a_copy_that_cannot_be_written_is_a_failure(self):
        outcome = verify("-q", NAT, "--annotate", str(self.folder / "none" / "copy.pcapng"))
        self.assertEqual(outcome.status, 4, outcome)
        self.assertRegex(outcome.err, r"\Asonda-verify: [^\n]+\n\Z")
        self.assertEqual(verify("-q", NAT, "--annotate", "/dev/full").status, 4)


class SecondJudge(Folder):
    def test_tshark_reads_what_we_read(self):
        for words in [[NAT], [LAB], [REPLY, TCPDUMP]]:
            outcome = verify("--tshark", *words)
            self.assertEqual(outcome.status, 0, outcome)
            self.assertRegex(outcome.out, r"\ntshark reads the frames as we do +\d+ +- +-")

    def test_tshark_reads_standard_input_even_after_sudo(self):
        self.assertEqual(piped(NAT, "-", "--tshark").status, 0)
        os.environ.update(SUDO_UID="65534", SUDO_GID="65534", SUDO_USER="nobody")
        try:
            outcome = piped(TCPDUMP, REPLY, "-", "--tshark")
        finally:
            for name in ["SUDO_UID", "SUDO_GID", "SUDO_USER"]:
                del os.environ[name]
        self.assertEqual(outcome.status, 0, outcome)
        self.assertRegex(outcome.out, r"\ntshark reads the frames as we do +\d+ +- +-")

    def test_tshark_is_given_no_capability(self):
        folder = self.folder / "bin"
        folder.mkdir()
        fake = folder / "tshark"
        fake.write_text(f"#!/bin/sh\ngrep ^Cap /proc/self/status > {self.folder}/held\n", encoding="utf-8")
        fake.chmod(0o755)
        verify("--tshark", NAT, env={"PATH": f"{folder}:{os.environ['PATH']}"})
        held = dict(line.split() for line in (self.folder / "held").read_text(encoding="utf-8").splitlines())
        self.assertEqual([int(held[name], 16) for name in ["CapPrm:", "CapEff:", "CapAmb:"]], [0, 0, 0])

    def test_without_tshark_nothing_is_said_in_its_name(self):
        empty = self.folder / "bin"
        empty.mkdir()
        outcome = verify("--tshark", NAT, env={"PATH": str(empty)})
        self.assertEqual(outcome.status, 5, outcome)
        self.assertIn("inconclusive: tshark is not installed", outcome.out)

    def test_a_tshark_that_reads_otherwise_is_heard(self):
        """Another program by that name, which says of each frame that its sender is 1.2.3.4."""
        folder = self.folder / "bin"
        folder.mkdir()
        fake = folder / "tshark"
        fake.write_text(f"#!/bin/sh\n{shutil.which('tshark')} \"$@\" | sed 's/192\\.0\\.2\\.2/1.2.3.4/'\n", encoding="utf-8")
        fake.chmod(0o755)
        outcome = verify("--tshark", NAT, env={"PATH": f"{folder}:{os.environ['PATH']}"})
        self.assertEqual(outcome.status, 1, outcome)
        self.assertIn("tshark_disagrees", outcome.out)
        self.assertIn("tshark reads 1.2.3.4, we read 192.0.2.2", re.sub(r"\s+", " ", outcome.out))

    def test_a_tshark_that_fails_is_no_judge(self):
        folder = self.folder / "bin"
        folder.mkdir()
        fake = folder / "tshark"
        fake.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
        fake.chmod(0o755)
        outcome = verify("--tshark", NAT, env={"PATH": f"{folder}:{os.environ['PATH']}"})
        self.assertEqual(outcome.status, 5, outcome)


class Refused(Folder):
    def test_each_wrong_command_line_gets_one_line(self):
        text = self.file("notes.txt", b"no capture\n")
        wrong = [
            ([], "no capture"), ([NAT, LAB, TCPDUMP], "one file too many"), ([REPLY], "its capture is missing"),
            ([REPLY, REPLY], "are both runs"), ([NAT, LAB], "are both captures"), (["-", "-"], "only one"),
            ([""], "no name"), ([NAT, "--jsn"], "do you mean --json?"),
            ([NAT, "--anotate", "x"], "do you mean --annotate?"), ([NAT, "--tshrak"], "do you mean --tshark?"),
            ([NAT, "--near-end", "--far-end"], "exclude"), ([NAT, "-q", "-v"], "exclude"), ([NAT, "-q", "--json"], "exclude"),
            ([NAT, "--color", "red"], "auto, always, never"), ([NAT, "--annotate"], "--annotate"),
            ([NAT, "--annotate", "-"], "not -"), (["-r", NAT], "say the file alone"), ([NAT, "-w", "x"], "--annotate"),
            ([NAT, "--json=1"], "takes no value"),
        ]
        for words, part in wrong:
            with self.subTest(words=words):
                outcome = verify(*words)
                self.assert_refused(outcome)
                self.assertIn(part, outcome.err)
        self.assertEqual(pathlib.Path(text).read_bytes(), b"no capture\n")

    def test_each_file_that_cannot_be_read_gets_one_line(self):
        misspelt = NAT.replace("ping.pcapng", "pnig.pcapng")
        wrong = [
            ([misspelt], "do you mean " + NAT), (["/nosuch/file"], "No such file"), ([str(self.folder)], "Is a directory"),
            ([self.file("empty")], "is empty"), ([self.file("notes.txt", b"no capture\n")], "is neither a capture"),
            ([self.file("zip.pcapng", b"\x1f\x8b\x08\x00")], "is compressed"),
            ([self.file("\x1b[31m", b"red")], "\\x1b[31m"), ([REPLY, self.file("notes.txt", b"nothing\n")], "is neither"),
            ([REPLY, "/nosuch/file"], "No such file"),
        ]
        for words, part in wrong:
            with self.subTest(words=words):
                outcome = verify(*words)
                self.assert_refused(outcome, 4)
                self.assertIn(part, outcome.err)

    def test_files_that_only_begin_well_end_with_a_clear_word(self):
        head = pathlib.Path(NAT).read_bytes()
        for name, content in {"magic": head[:4], "section": head[:28], "noise": head[:60] + bytes(range(256)) * 8,
                              "pcap": b"\xd4\xc3\xb2\xa1", "json": b"{\"event\":\n", "brace": b"{"}.items():
            with self.subTest(name=name):
                path = self.file(name, content)
                outcome = verify(path) if name not in ("json", "brace") else verify(path, TCPDUMP)
                self.assertIn(outcome.status, (1, 4, 5), outcome)
                self.assertNotEqual(outcome.out + outcome.err, "")

    def test_help_says_what_the_statuses_mean(self):
        outcome = verify("--help")
        self.assertEqual(outcome.status, 0)
        self.assert_narrow(outcome.out)
        for words in ["0 every claim holds", "1 a claim is contradicted", "5 inconclusive", "--annotate", "--tshark"]:
            self.assertIn(words, outcome.out)


if __name__ == "__main__":
    for needed in ["tshark", "mergecap"]:
        if not shutil.which(needed):
            sys.exit(f"{needed} is not installed")
    tool.main("sonda-verify")
