#!/usr/bin/python3
"""Lets sonda-verify judge every capture in captures/, with tshark as its second judge.

  verified.py SONDA-VERIFY CAPTURES

Each capture with claims in it holds, as do the runs beside one; what claims nothing is called inconclusive."""
import pathlib
import subprocess
import sys

HOLDS, INCONCLUSIVE = 0, 5
CLAIM_NOTHING = {"peers"}  # packets that broke other programs, and no run


def verify(program, *words):
    done = subprocess.run([program, "--tshark", *map(str, words)], capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stdout + done.stderr


def main(program, captures):
    captures = pathlib.Path(captures)
    wrong = judged = 0

    def expect(wanted, *words):
        nonlocal wrong, judged
        status, text = verify(program, *words)
        judged += 1
        lines = text.strip().splitlines()
        print(" ".join(word.name for word in words), lines[-1] if lines else "", sep=": ")
        if status != wanted:
            wrong += 1
            print(f"status {status} instead of {wanted}:\n{text}")

    for capture in sorted(captures.glob("*/*.pcap*")):
        runs = sorted(capture.parent.glob("*.jsonl"))
        for run in runs:
            expect(HOLDS, run, capture)
        if not runs:
            expect(INCONCLUSIVE if capture.parent.name in CLAIM_NOTHING else HOLDS, capture)
    # A folder whose README shows a run has its capture, and the other way round.
    for readme in sorted(captures.glob("*/README.md")):
        text = readme.read_text()
        for kind in ("ping", "tcp"):
            there = (readme.parent / f"{kind}.pcapng").exists()
            shown = f"sonda verify captures/{readme.parent.name}/{kind}.pcapng" in text
            if there != (f"```{kind}\n" in text) or there != shown:
                wrong += 1
                print(f"{readme}: its {kind} and {kind}.pcapng do not go together")
    assert judged > 20, f"only {judged} captures"
    return 1 if wrong else 0


sys.exit(main(*sys.argv[1:]))
