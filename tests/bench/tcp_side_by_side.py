#!/usr/bin/env python3
"""All TCP ports of one address over veth, by each scanner in turn: medians, ratios, false states.

Usage: tcp_side_by_side.py [--rounds N] [--nmap N] BARE_LOOP SCANNER...

A SCANNER is a command line in one word; {} stands for the address. It prints either tcp-scan's line
(seconds, open, closed, other), sonda-tcp's table or its JSON Lines. 676 of the ports listen, with a backlog of
4,000; the rest refuse. Two namespaces, made here; needs root and nmap.
"""
import argparse
import json
import os
import re
import resource
import shlex
import socket
import statistics
import subprocess
import sys
import time

LISTENERS = 676
ADDRESS = "10.77.0.2"


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Pair:
    """Two namespaces with a veth pair between them; the far one listens."""

    def __init__(self):
        self.near, self.far = (f"sonda-{os.getpid()}-{end}" for end in ("near", "far"))

    def __enter__(self):
        for name in (self.near, self.far):
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        ip("link", "add", "v0", "netns", self.near, "type", "veth", "peer", "name", "v1", "netns", self.far)
        for name, end, address in ((self.near, "v0", "10.77.0.1/24"), (self.far, "v1", ADDRESS + "/24")):
            ip("-n", name, "address", "add", address, "dev", end)
            ip("-n", name, "link", "set", end, "up")
        read, write = os.pipe()
        self.server = os.fork()
        if self.server == 0:
            serve(self.far, write)
        os.close(write)
        self.ports = sorted(json.loads(os.read(read, 65536)))
        return self

    def __exit__(self, *_):
        os.kill(self.server, 9)
        os.waitpid(self.server, 0)
        for name in (self.near, self.far):
            subprocess.run(["ip", "netns", "delete", name], check=False)

    def run(self, command):
        began = time.monotonic()
        done = subprocess.run(["ip", "netns", "exec", self.near, *command], capture_output=True, text=True,
                              check=False)
        return time.monotonic() - began, done.stdout, done.stderr


def serve(namespace, write):
    with open(f"/run/netns/{namespace}") as file:
        os.setns(file.fileno(), os.CLONE_NEWNET) if hasattr(os, "setns") else libc_setns(file.fileno())
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    with open("/proc/sys/net/core/somaxconn", "w") as file:
        file.write("4000")
    sockets = []
    for i in range(LISTENERS):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("0.0.0.0", 50 + i * 96))
        one.listen(4000)
        sockets.append(one)
    os.write(write, json.dumps([one.getsockname()[1] for one in sockets]).encode())
    while True:
        time.sleep(1000)


def libc_setns(descriptor):
    import ctypes
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def states_of_json(text):
    """Open, closed and other ports, and which are open."""
    count = {}
    open_ports = []
    for line in text.splitlines():
        event = json.loads(line)
        if event["event"] != "port" or event.get("control"):
            continue
        count[event["state"]] = count.get(event["state"], 0) + 1
        if event["state"] == "open":
            open_ports.append(event["port"])
    others = sum(n for state, n in count.items() if state not in ("open", "closed"))
    return count.get("open", 0), count.get("closed", 0), others, sorted(open_ports)


def measure(pair, command):
    """Seconds and the number of ports whose state is false; None where nobody says."""
    took, out, err = pair.run(shlex.split(command.replace("{}", ADDRESS)))
    if "nmap" in command:
        open_ports = [int(line.split("/")[0]) for line in out.splitlines() if "/tcp" in line and " open" in line]
        return took, len(set(open_ports) ^ set(pair.ports))
    if out.startswith("{"):
        found, closed, _, open_ports = states_of_json(out)
        return took, 65535 - found - closed + len(set(open_ports) ^ set(pair.ports))
    if "sonda-tcp" in command:
        open_ports = [int(port) for port in re.findall(r"(?m)^(\d+)/tcp +open ", out)]
        rest = re.search(r"(?m)^([\d,]+) closed ports \(RST\) not shown", out)
        closed = int(rest[1].replace(",", "")) if rest else 0
        return took, 65535 - len(open_ports) - closed + len(set(open_ports) ^ set(pair.ports))
    words = out.split()
    if not words:
        raise SystemExit(f"{command}: {err}")
    false = abs(int(words[1]) - LISTENERS)
    if len(words) == 4:
        false += abs(int(words[2]) - (65535 - LISTENERS)) + int(words[3])
    return took, false


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bare_loop")
    parser.add_argument("scanners", nargs="+")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--nmap", type=int, default=2, help="rounds of nmap")
    arguments = parser.parse_args()
    bare = arguments.bare_loop + " {}"
    nmap = "nmap -n -Pn -sT -T5 --min-rate 100000 -p- {}"
    commands = [bare, *arguments.scanners] + ([nmap] if arguments.nmap else [])
    took = {command: [] for command in commands}
    false = dict.fromkeys(commands, 0)
    with Pair() as pair:
        for number in range(arguments.rounds):
            for command in commands:
                if command == nmap and number >= arguments.nmap:
                    continue
                seconds, wrong = measure(pair, command)
                took[command].append(seconds)
                false[command] += wrong
    median = {command: statistics.median(times) for command, times in took.items()}
    for command in commands:
        line = f"{median[command]:8.3f} s  {median[bare] / median[command]:5.2f} of the bare loop"
        if arguments.nmap:
            line += f"  {median[nmap] / median[command]:6.2f} times nmap"
        print(f"{line}  {false[command]} false in {len(took[command])} runs  {command}")


if __name__ == "__main__":
    sys.exit(main())
