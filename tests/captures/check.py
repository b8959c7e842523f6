#!/usr/bin/python3
"""Holds each run in captures/ against the capture beside it, by tshark and by the octets themselves."""
import hashlib
import json
import pathlib
import subprocess
import sys


def frames(capture):
    """Octets from the IP header on, and the fields tshark reads, of every frame."""
    fields = ["frame.time_epoch", "ip.src", "icmp.type", "icmp.code", "icmp.seq", "ip.ttl", "icmp.checksum.status"]
    command = ["tshark", "-n", "-r", capture, "-T", "fields", "-E", "separator=|", "-E", "occurrence=f"]
    for field in fields:
        command += ["-e", field]
    rows = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    raw = pathlib.Path(capture).read_bytes()
    at, out = 24, []
    for row in rows:
        size = int.from_bytes(raw[at + 8 : at + 12], "little")
        out.append(dict(zip(fields, row.split("|"))) | {"octets": raw[at + 16 + 14 : at + 16 + size]})
        at += 16 + size
    return out


def check(folder):
    (capture,) = folder.glob("*.pcap")
    left = {index: frame for index, frame in enumerate(frames(str(capture)), 1)}

    def take(what, wanted):
        found = [index for index, frame in left.items() if wanted(frame)]
        assert len(found) == 1, f"{folder.name}: {what} stands in frames {found}"
        return left.pop(found[0])

    for run in sorted(folder.glob("*.jsonl")):
        for event in map(json.loads, run.read_text().splitlines()):
            what = f"{run.name}, {event['event']} {event.get('seq')}"
            moment = event["time"].split(".")[-1].rstrip("Z")
            if event["event"] == "sent":
                take(what, lambda f: hashlib.sha256(f["octets"]).hexdigest() == event["octets_sha256"])
            elif event["event"] in ("reply", "icmp_error"):
                frame = take(what, lambda f: f["frame.time_epoch"].split(".")[-1] == moment)
                icmp = event.get("icmp", {"type": 0, "code": 0})
                told = (event["from"], icmp["type"], icmp["code"])
                assert told == (frame["ip.src"], int(frame["icmp.type"]), int(frame["icmp.code"])), what
                assert frame["icmp.checksum.status"] == "1", what
                if event["event"] == "reply":
                    assert (event["seq"], event["ttl"]) == (int(frame["icmp.seq"]), int(frame["ip.ttl"])), what
    assert not left, f"{folder.name}: nobody claims frames {sorted(left)}"


folders = [folder for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()) if list(folder.glob("*.jsonl"))]
assert folders, "no captures"
for folder in folders:
    check(folder)
    print(f"{folder.name}: holds")
