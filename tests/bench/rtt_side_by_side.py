#!/usr/bin/python3
"""How far each tool's round-trip times are from the wire's: sonda-ping, ping and fping, side by side.

  sudo tests/bench/rtt_side_by_side.py [--echoes 1000] [--interval-ms 10] [--immediate] SONDA_PING

Makes two network namespaces joined by a veth pair, records what crosses the client's end with
tcpdump (nanosecond stamps), lets the three tools send their echoes at the same time, and compares
each reported time with the distance of request and reply in the capture. Prints a Markdown table.
Exit status 1 if a goal of docs/benchmarks.md is missed, 2 for a wrong command line, 4 if a tool or
the system fails.
"""
import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

CLIENT, SERVER = "10.99.0.1", "10.99.0.2"


class Trouble(Exception):
    """The measurement could not be made."""


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Trouble(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


@contextlib.contextmanager
def two_namespaces():
    """A client and a server joined by veth; removed whatever happens."""
    names = [f"sonda-rtt-{os.getpid()}-{end}" for end in ("client", "server")]
    try:
        for name in names:
            run("ip", "netns", "add", name)
        run("ip", "-n", names[0], "link", "add", "veth0", "type", "veth", "peer", "name", "veth0",
            "netns", names[1])
        for name, address in zip(names, (CLIENT, SERVER)):
            run("ip", "-n", name, "address", "add", f"{address}/24", "dev", "veth0")
            run("ip", "-n", name, "link", "set", "veth0", "up")
            run("ip", "-n", name, "link", "set", "lo", "up")
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


@contextlib.contextmanager
def capture(namespace, file, immediate):
    """tcpdump on the client's interface; the file is whole when this is left."""
    mode = ["--immediate-mode"] if immediate else []
    dump = subprocess.Popen(
        ["ip", "netns", "exec", namespace, "tcpdump", "-i", "veth0", "-w", file, "-n", "-s", "96",
         "-B", "16384", "--time-stamp-precision=nano", *mode, "icmp"],
        stderr=subprocess.PIPE, text=True)
    try:
        line = dump.stderr.readline()
        while line and "listening on" not in line:
            line = dump.stderr.readline()
        if not line:
            raise Trouble("tcpdump did not start")
        time.sleep(0.3)
        yield
        time.sleep(1.5)
    finally:
        dump.send_signal(signal.SIGINT)
        said = dump.communicate(timeout=10)[1]
    if "\n0 packets dropped by kernel" not in "\n" + said:
        raise Trouble("tcpdump lost packets: " + said.strip())


def packets(file):
    """(nanoseconds, octets from the IP header on) of a pcap file of Ethernet frames."""
    with open(file, "rb") as opened:
        octets = opened.read()
    order = {b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\x3c\x4d": ">"}.get(octets[:4])
    if order is None or struct.unpack_from(order + "I", octets, 20)[0] != 1:
        raise Trouble(f"{file} is no pcap file of Ethernet frames with nanoseconds")
    at = 24
    while at + 16 <= len(octets):
        seconds, nanoseconds, kept, _ = struct.unpack_from(order + "4I", octets, at)
        frame = octets[at + 16:at + 16 + kept]
        at += 16 + kept
        if frame[12:14] == b"\x08\x00":
            yield seconds * 10**9 + nanoseconds, frame[14:]


def wire_times(file):
    """{identifier: {sequence: round trip on the wire in ns}}."""
    sent, trips = {}, {}
    for when, ip in packets(file):
        icmp = ip[(ip[0] & 15) * 4:]
        key = struct.unpack_from("!HH", icmp, 4)
        if icmp[0] == 8:
            sent[key] = when
        elif icmp[0] == 0 and key in sent:
            identifier, sequence = key
            trips.setdefault(identifier, {}).setdefault(sequence, when - sent[key])
    return trips


# ------------------------------------------------------------- what each tool says: {sequence: …}

class Sample:
    def __init__(self, rtt_ns, error_ns=0.0):
        self.rtt, self.error = rtt_ns, error_ns


def sonda_samples(output):
    samples, identifier, clocks = {}, None, set()
    for line in output.splitlines():
        event = json.loads(line)
        if event["event"] == "start":
            identifier = event["identity"]["ids"][0]
        if event["event"] == "reply" and not event["duplicate"] and event["rtt_ms"] is not None:
            clocks.add(event["clock"])
            samples[event["seq"]] = Sample(event["rtt_ms"] * 1e6, event["rtt_error_ms"] * 1e6)
    return samples, identifier, clocks


def ping_samples(output):
    found = re.findall(r"icmp_seq=(\d+) ttl=\d+ time=([\d.]+) ms", output)
    return {int(sequence): Sample(float(rtt) * 1e6) for sequence, rtt in found}


def fping_samples(output):
    found = re.findall(r"\[(\d+)\], \d+ bytes, ([\d.]+) ms", output)
    return {int(sequence): Sample(float(rtt) * 1e6) for sequence, rtt in found}


def measure(arguments, client, folder):
    """Runs the three tools at once; gives the pcap file and each one's output."""
    count, pace = str(arguments.echoes), arguments.interval_ms
    commands = {
        "sonda-ping": [arguments.sonda_ping, "-n", "-c", count, "-i", str(pace / 1000), "--json",
                       SERVER],
        "iputils ping": ["ping", "-n", "-c", count, "-i", str(pace / 1000), SERVER],
        "fping": ["fping", "-c", count, "-p", str(pace), SERVER],
    }
    file = os.path.join(folder, "wire.pcap")
    outputs = {}
    with capture(client, file, arguments.immediate):
        running = {}
        for name, command in commands.items():
            log = open(os.path.join(folder, name.replace(" ", "_")), "w+")
            running[name] = (log, subprocess.Popen(
                ["ip", "netns", "exec", client, "env", "LC_ALL=C", *command], stdout=log,
                stderr=subprocess.STDOUT if name == "fping" else subprocess.PIPE, text=True))
            time.sleep(pace / 1000 / 3)  # out of step with one another
        for name, (log, process) in running.items():
            process.wait(timeout=60 + arguments.echoes * pace / 1000 * 3)
            log.seek(0)
            outputs[name] = log.read()
            log.close()
            if process.returncode != 0:
                said = process.stderr.read() if process.stderr else outputs[name][-500:]
                raise Trouble(f"{name}: status {process.returncode}: {said}")
    return file, outputs


def identifier_of(samples, trips, taken):
    """The identifier whose times on the wire lie nearest to a tool's own."""
    def distance(identifier):
        both = [(samples[s].rtt, trip) for s, trip in trips[identifier].items() if s in samples]
        if len(both) < len(samples) * 0.9:
            return float("inf")
        return statistics.median(abs(ours - wire) for ours, wire in both)
    return min((i for i in trips if i not in taken), key=distance, default=None)


def row_of(name, samples, trips):
    pairs = [(samples[s], trips[s]) for s in samples if s in trips]
    if not pairs:
        raise Trouble(f"{name}: none of its echoes is in the capture")
    off = sorted(abs(sample.rtt - wire) / 1000 for sample, wire in pairs)
    inside = sum(abs(sample.rtt - wire) <= sample.error + 0.5 for sample, wire in pairs)
    return {
        "tool": name, "echoes": len(pairs), "median": statistics.median(off),
        "p99": off[min(len(off) - 1, int(len(off) * 0.99))], "max": off[-1],
        "inside": 100 * inside / len(pairs),
        "bracket": statistics.median(sample.error for sample, _ in pairs) / 1000,
        "wire": statistics.median(wire for _, wire in pairs) / 1000,
        "bias": statistics.median((sample.rtt - wire) / 1000 for sample, wire in pairs),
    }


def table(rows):
    head = ("| tool | echoes | wire RTT, median | off by, median | p99 | max | bias, median "
            "| inside its own bracket | half bracket, median |")
    lines = [head, "|---|---:|---:|---:|---:|---:|---:|---:|---:|"]
    for row in rows:
        bracket = "—" if row["bracket"] == 0 else f"{row['bracket']:.2f} µs"
        inside = "—" if row["bracket"] == 0 else f"{row['inside']:.2f} %"
        lines.append(f"| {row['tool']} | {row['echoes']} | {row['wire']:.1f} µs "
                     f"| {row['median']:.2f} µs | {row['p99']:.2f} µs | {row['max']:.1f} µs "
                     f"| {row['bias']:+.2f} µs | {inside} | {bracket} |")
    return "\n".join(lines)


def goals(rows, echoes):
    ours, iputils = rows[0], rows[1]
    yield f"at least {echoes} echoes compared", ours["echoes"] >= echoes * 0.999
    yield "the wire's RTT inside the bracket in 99.9 %", ours["inside"] >= 99.9
    yield "off by 2.5 µs at the median or less", ours["median"] <= 2.5
    yield "p99 at most a fifth of iputils'", ours["p99"] <= iputils["p99"] / 5


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sonda_ping", help="the program, as built")
    parser.add_argument("--echoes", type=int, default=1000)
    parser.add_argument("--interval-ms", type=int, default=10)
    parser.add_argument("--immediate", action="store_true",
                        help="wake tcpdump for every packet, between our two stamps of it")
    parser.add_argument("--keep", metavar="FOLDER", help="leave capture and outputs there")
    arguments = parser.parse_args()
    arguments.sonda_ping = os.path.abspath(arguments.sonda_ping)

    with tempfile.TemporaryDirectory() as folder, two_namespaces() as (client, _):
        file, outputs = measure(arguments, client, folder)
        trips = wire_times(file)
        if arguments.keep:
            shutil.copytree(folder, arguments.keep, dirs_exist_ok=True)
    ours, identifier, clocks = sonda_samples(outputs["sonda-ping"])
    wrapped = {s & 0xffff: sample for s, sample in ours.items()}
    rows, taken = [row_of("sonda-ping", wrapped, trips.get(identifier, {}))], {identifier}
    for name, read in (("iputils ping", ping_samples), ("fping", fping_samples)):
        samples = read(outputs[name])
        found = identifier_of(samples, trips, taken)
        taken.add(found)
        rows.append(row_of(name, samples, trips.get(found, {})))

    print(table(rows))
    print(f"\nsonda-ping's clock: {', '.join(sorted(clocks))}; command: tests/bench/"
          f"rtt_side_by_side.py --echoes {arguments.echoes} --interval-ms {arguments.interval_ms} "
          f"{'--immediate ' if arguments.immediate else ''}…/sonda-ping; load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} CPUs")
    missed = [goal for goal, held in goals(rows, arguments.echoes) if not held]
    for goal in missed:
        print(f"missed: {goal}")
    return 1 if missed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except Trouble as trouble:
        print(f"rtt_side_by_side.py: {trouble}", file=sys.stderr)
        sys.exit(4)
