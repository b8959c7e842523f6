#!/usr/bin/python3
"""What --capture does to the round-trip times it records: alone, with it, and beside tcpdump.

capture_cost.py [--echoes N] [--rounds N] SONDA_PING      as root: it makes two network namespaces
"""

import argparse
import json
import os
import subprocess
import tempfile
import time

CLIENT, SERVER = (f"sonda-{os.getpid()}-{end}" for end in ("c", "s"))


def sh(line):
    subprocess.run(line, shell=True, check=True)


def measure(ping, echoes, *options):
    lines = subprocess.run(
        ["ip", "netns", "exec", CLIENT, ping, "--json", "-c", str(echoes), "-i", "0.002", *options,
         "10.0.0.2"], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    replies = [event for event in map(json.loads, lines) if event["event"] == "reply"]
    return [(reply["rtt_ms"] * 1e3, reply["rtt_error_ms"] * 1e3) for reply in replies]


def beside_tcpdump(ping, echoes, file):
    tcpdump = subprocess.Popen(
        ["ip", "netns", "exec", CLIENT, "tcpdump", "-i", "s", "-w", file, "-U", "-Z", "root",
         "--immediate-mode", "icmp"], stderr=subprocess.DEVNULL)
    time.sleep(1)
    try:
        return measure(ping, echoes)
    finally:
        tcpdump.terminate()
        tcpdump.wait()


def at(samples, share):
    return sorted(samples)[int(len(samples) * share)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--echoes", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("ping")
    asked = parser.parse_args()
    ping = os.path.abspath(asked.ping)
    try:
        for name in (CLIENT, SERVER):
            sh(f"ip netns add {name}")
        sh(f"ip -n {CLIENT} link add s type veth peer name c netns {SERVER}")
        for name, end, address in ((CLIENT, "s", "10.0.0.1/24"), (SERVER, "c", "10.0.0.2/24")):
            sh(f"ip -n {name} address add {address} dev {end} && ip -n {name} link set {end} up")
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "run")
            kinds = {
                "alone": lambda: measure(ping, asked.echoes),
                "--capture": lambda: measure(ping, asked.echoes, "--capture", file + ".pcapng"),
                "tcpdump": lambda: beside_tcpdump(ping, asked.echoes, file + ".pcap"),
            }
            samples = {kind: [] for kind in kinds}
            for _ in range(asked.rounds):
                for kind, run in kinds.items():
                    samples[kind] += run()
        for kind, pairs in samples.items():
            rtts, errors = zip(*pairs)
            print(f"{kind:10} {len(pairs)} echoes: RTT {at(rtts, .5):.2f} us at the median, "
                  f"{at(rtts, .99):.2f} at p99; half bracket {at(errors, .5):.2f}, "
                  f"{at(errors, .99):.2f}")
    finally:
        for name in (CLIENT, SERVER):
            subprocess.run(["ip", "netns", "delete", name], check=False)


if __name__ == "__main__":
    main()
