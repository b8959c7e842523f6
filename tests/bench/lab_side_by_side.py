#!/usr/bin/python3
"""How fast a lab is, how exact its delays are, and how soon it is there.

  tests/bench/lab_side_by_side.py [--seconds 2] [--rounds 5] [--echoes 1000] TOOLS ECHO_WINDOW

TOOLS is the folder of the built programs, ECHO_WINDOW the program of that name. Labs with and
without --capture answer echo-window's and ping -f's echoes; sonda-ping measures a link of 5 ms;
true is run again and again. Prints Markdown tables. Exit status 1 if a goal of docs/benchmarks.md
is missed, 2 for a wrong command line, 4 if a program or the system fails.
"""
import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

WEB = "203.0.113.9"
AT_ONCE = f"""path = "client - r1 - web"
[host.web]
address = "{WEB}"
"""
LINK_MS = 5
LATER = AT_ONCE + f"""[link."r1 - web"]
delay = "{LINK_MS}ms"
"""
WINDOWS = (1, 64, 512)


class Trouble(Exception):
    """The measurement could not be made."""


def cpu_seconds():
    """Of all programs that have run so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Run:
    """How many echoes were answered in how many seconds, and how many were lost."""

    def __init__(self, answered, lost, seconds, cpu):
        self.rate, self.lost, self.cpu_us = answered / seconds, lost, cpu / answered * 1e6


class Labs:
    """Labs in which one program runs, with or without a capture."""

    def __init__(self, tools, folder):
        self.program = os.path.join(tools, "sonda-lab")
        self.folder = folder
        self.files = {}

    def run(self, topology, command, capture=False):
        """What the command said on standard output."""
        if topology not in self.files:
            self.files[topology] = os.path.join(self.folder, f"{len(self.files)}.toml")
            with open(self.files[topology], "w", encoding="utf-8") as file:
                file.write(topology)
        recording = ["--capture", os.path.join(self.folder, "all.pcapng")] if capture else []
        words = [self.program, "run", *recording, self.files[topology], "--", *command]
        done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            raise Trouble(f"{' '.join(words)}: status {done.returncode}: {done.stderr.strip()}")
        return done.stdout


def window_rate(labs, arguments, window, capture):
    begin = cpu_seconds()
    said = json.loads(labs.run(AT_ONCE, [arguments.echo_window, WEB, str(window),
                                         str(arguments.seconds)], capture))
    return Run(said["answered"], said["lost"], said["seconds"], cpu_seconds() - begin)


def ping_rate(labs, window, capture):
    count = 30_000
    begin = cpu_seconds()
    said = labs.run(AT_ONCE, ["ping", "-q", "-f", "-n", "-l", str(window), "-c", str(count), WEB],
                    capture)
    received, ms = map(int, re.search(r"(\d+) received.* time (\d+)ms", said).groups())
    return Run(received, count - received, ms / 1000, cpu_seconds() - begin)


def rates(labs, arguments):
    """{(program, window, capture): [Run, …]}; the rounds of all are interleaved, so that all have
    the same weather."""
    measured = {}
    for _ in range(arguments.rounds):
        for capture in (False, True):
            for window in WINDOWS:
                measured.setdefault(("echo-window", window, capture), []).append(
                    window_rate(labs, arguments, window, capture))
            for window in WINDOWS[:2]:
                measured.setdefault(("ping -f", window, capture), []).append(
                    ping_rate(labs, window, capture))
    return measured


def delays(labs, arguments, capture):
    """By how many milliseconds each round trip exceeds what the links say, as the kernel's own
    stamps have it."""
    said = labs.run(LATER, [os.path.join(arguments.tools, "sonda-ping"), "-n", "--json", "-c",
                            str(arguments.echoes), "-i", "0.005", WEB], capture)
    events = [json.loads(line) for line in said.splitlines()]
    over = sorted(event["rtt_ms"] - 2 * LINK_MS for event in events
                  if event["event"] == "reply" and event["rtt_ms"] is not None)
    if len(over) < arguments.echoes:
        raise Trouble(f"{len(over)} of {arguments.echoes} echoes answered")
    return over


def starts(labs, arguments, capture):
    """Milliseconds from begin to end of a lab in which nothing happens."""
    took = []
    for _ in range(arguments.starts):
        begin = time.monotonic()
        labs.run(AT_ONCE, ["true"], capture)
        took.append((time.monotonic() - begin) * 1000)
    return sorted(took)


def percentile(ordered, share):
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tools", help="the folder of the programs, as built")
    parser.add_argument("echo_window", help="the program of that name, as built")
    parser.add_argument("--seconds", type=float, default=2, help="of one run of echo-window")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--echoes", type=int, default=1000)
    parser.add_argument("--starts", type=int, default=20)
    arguments = parser.parse_args()
    arguments.tools = os.path.abspath(arguments.tools)
    arguments.echo_window = os.path.abspath(arguments.echo_window)

    with tempfile.TemporaryDirectory() as folder:
        labs = Labs(arguments.tools, folder)
        measured = rates(labs, arguments)
        over = {capture: delays(labs, arguments, capture) for capture in (False, True)}
        took = {capture: starts(labs, arguments, capture) for capture in (False, True)}

    print("| program | in flight | capture | echoes answered per second, median | least … most "
          "| CPU time per echo, median | lost |\n|---|---:|---|---:|---:|---:|---:|")
    for (program, window, capture), runs in sorted(measured.items()):
        rates_of = [run.rate for run in runs]
        print(f"| {program} | {window} | {'yes' if capture else 'no'} "
              f"| {statistics.median(rates_of):,.0f} | {min(rates_of):,.0f} … {max(rates_of):,.0f} "
              f"| {statistics.median(run.cpu_us for run in runs):.1f} µs "
              f"| {sum(run.lost for run in runs)} |")
    print("\n| | capture | median | p99 | most |\n|---|---|---:|---:|---:|")
    for capture, name in ((False, "no"), (True, "yes")):
        print(f"| RTT over a link of {LINK_MS} ms, less {2 * LINK_MS} ms | {name} "
              f"| {statistics.median(over[capture]):.3f} ms "
              f"| {percentile(over[capture], 0.99):.3f} ms | {over[capture][-1]:.3f} ms |")
    for capture, name in ((False, "no"), (True, "yes")):
        print(f"| `sonda lab run -- true` | {name} | {statistics.median(took[capture]):.0f} ms "
              f"| {percentile(took[capture], 0.99):.0f} ms | {took[capture][-1]:.0f} ms |")
    print(f"\nleast exceeded by {over[False][0]:.3f} ms; load average {os.getloadavg()[0]:.1f}, "
          f"{os.cpu_count()} CPUs")

    with_64 = statistics.median(run.rate for run in measured["echo-window", 64, False])
    goals = {"60,000 echoes per second with 64 in flight": with_64 >= 60_000,
             "0.2 ms at the median for each crossing": statistics.median(over[False]) <= 0.4,
             "no echo earlier than the links allow": over[False][0] >= -0.001}
    missed = [goal for goal, held in goals.items() if not held]
    for goal in missed:
        print(f"missed: {goal}")
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Trouble as trouble:
        print(f"lab_side_by_side.py: {trouble}", file=sys.stderr)
        sys.exit(4)
