#!/usr/bin/python3
"""Runs every command of the ```console blocks in captures/*/README.md and compares what it prints.

  situations.py BIN_DIR CAPTURES [NAME…]           compares
  situations.py --write BIN_DIR CAPTURES [NAME…]   puts today's output into the READMEs

Commands run in the directory above CAPTURES, by the shell, with BIN_DIR first in PATH. What varies from run to run is
masked in both texts before they are compared: see VARIES. A line `…` in a README stands for any number of lines."""
import difflib
import os
import pathlib
import re
import subprocess
import sys
import time

VARIES = [
    # times: "1.234 ms", "0.060ms", "time=2.03 ms", "rtt min/avg/max/mdev = 1/2/3/4 ms"; of curl in milliseconds
    (r"[\d.]+(/[\d.]+)*(?= ?(ms|milliseconds)\b)", "#"),
    # fping: "(4.15 avg, 0% loss)", "min/avg/max = 4.1/4.2/4.3"
    (r"[\d.]+(?= avg\b)", "#"),
    (r"(min/avg/max = )[\d./]+$", r"\1#"),
    # sonda ping: "median 4.1, p95 4.2, p99 4.2"
    (r"\b(median|p95|p99) [\d.]+", r"\1 #"),
    # mtr: the date, the machine's name, and behind the number of packets five columns of milliseconds
    (r"^(Start: |HOST: )\S+", r"\1#"),
    (r"(\d%\s+\d+)(\s+[\d.]+){5}$", r"\1 #"),
    # nmap: its version, the date, latencies, how long it took
    (r"^Starting Nmap .*", "Starting Nmap #"),
    (r"\([\d.]+s latency\)", "(#)"),
    (r"(scanned in )[\d.]+( seconds)", r"\1#\2"),
    # sonda tcp: "2.526 s" at the end of a line
    (r"\b[\d.]+ s$", "# s"),
    # tables that grow with their numbers
    (r"[ \t]+", " "),
]


def masked(text):
    # Where sonda breaks a line depends on how long its numbers are.
    lines = [line.rstrip() for line in re.sub(r"\n {5}(?=\S)", " ", text).splitlines()]
    for pattern, instead in VARIES:
        lines = [re.sub(pattern, instead, line) for line in lines]
    return lines


def fits(expected, printed):
    """Whether the lines are the same, `…` being any."""
    if "…" not in expected:
        return expected == printed
    at = expected.index("…")
    rest = expected[at + 1 :]
    return expected[:at] == printed[:at] and any(fits(rest, printed[i:]) for i in range(at, len(printed) + 1))


def sections(readme):
    """The README as (is_console, text) in order."""
    parts = re.split(r"(?m)^(```console\n.*?^```\n)", readme, flags=re.S)
    return [(part.startswith("```console\n"), part) for part in parts]


def commands(block):
    """[(command, expected output)] of a block."""
    body = block[len("```console\n") : -len("```\n")]
    found = []
    for line in body.splitlines():
        if line.startswith("$ "):
            found.append([line[2:], []])
        elif found and line.startswith("> "):
            found[-1][0] += "\n" + line[2:]
        else:
            assert found, f"output without a command: {line}"
            found[-1][1].append(line)
    return [(command, "\n".join(lines).rstrip("\n")) for command, lines in found]


def run(command, top, environment):
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=top, env=environment, timeout=60, stdin=subprocess.DEVNULL, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.stdout.rstrip("\n")


def main(words):
    write = words[0] == "--write"
    bin_dir, captures, *names = words[1:] if write else words
    captures = pathlib.Path(captures).resolve()
    environment = os.environ | {
        "PATH": f"{pathlib.Path(bin_dir).resolve()}:{os.environ['PATH']}:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1", "TERM": "dumb"}
    folders = [folder for folder in sorted(captures.iterdir()) if (folder / "topology.toml").exists()]
    wrong, ran = 0, 0
    for folder in folders:
        if names and folder.name not in names:
            continue
        readme = folder / "README.md"
        out, here = "", 0
        for is_console, text in sections(readme.read_text()):
            if not is_console:
                out += text
                continue
            out += "```console\n"
            for command, expected in commands(text):
                begin = time.monotonic()
                printed = run(command, captures.parent, environment)
                here, ran = here + 1, ran + 1
                took = time.monotonic() - begin
                if took > 5:
                    print(f"{folder.name}: {took:.1f} s for $ {command}")
                if not write and not fits(masked(expected), masked(printed)):
                    wrong += 1
                    print(f"{folder.name}: $ {command}")
                    print("\n".join(difflib.unified_diff(masked(expected), masked(printed), "README", "today", lineterm="")))
                out += "$ " + command.replace("\n", "\n> ") + "\n" + (printed + "\n" if printed else "")
            out += "```\n"
        assert here or write, f"{readme} shows no commands"
        print(f"{folder.name}: {here} commands", flush=True)
        if write:
            readme.write_text(out)
    assert ran, "nothing was run"
    return 1 if wrong else 0


sys.exit(main(sys.argv[1:]))
