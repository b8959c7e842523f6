#!/usr/bin/python3
"""Holds every kind of event against docs/schema, and every way of spoiling one of them.

validate_schema.py SCHEMA LINES...            each line of each file must be valid
validate_schema.py SCHEMA --unit FILE TEST    that test of that program writes a line of each kind;
                                              all must be valid, every kind must be there, and no
                                              spoilt line may pass
"""

import copy
import json
import os
import subprocess
import sys
import tempfile

import jsonschema


def may_be_absent(path, key):
    """Whether the object at `path` is valid without its field `key`."""
    if key == "count":
        return path == ("plan",)
    if key == "name":
        return path[-1:] != ("icmp",)
    if key == "address":
        return path != ()
    if key in ("icmp", "ttl") and path == ("cause",):
        return True
    if key == "ports":
        return path == ("identity",)
    return key in {"frames", "octets_sha256", "deadline_ms", "mtu", "pointer", "gateway",
                   "extensions", "extension_fault", "index", "banner_ms", "rate", "ending",
                   "hops_nearer", "deadline", "failure"}


# Fields with a vocabulary or a form of their own: no other text may stand there.
CLOSED = {
    "event", "tool", "schema", "version", "address", "time", "source", "from", "mode", "clock",
    "octets_sha256", "errno", "reason", "place", "what", "is", "path_mtu_discovery", "field",
    "extension_fault", "gateway", "octets", "kind", "deadline", "state", "protocol", "ending",
    "fingerprint", "verdict", "claim", "fault", "vantage",
}
# Text of somebody else's: any will do.
FREE = {"target", "name", "interface", "operation", "subject", "was", "run", "capture", "sentence",
        "why_inconclusive"}


def parts(value, path=()):
    """Every object and every field in `value`, as (path, value)."""
    yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from parts(inner, path + (key,))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from parts(inner, path + (index,))


def at(value, path):
    for step in path:
        value = value[step]
    return value


def spoilt(event):
    """Pairs of (what was done, the event after it); none of these may pass."""
    for path, value in parts(event):
        where = "/".join(map(str, path)) or "line"
        if isinstance(value, dict):
            out = copy.deepcopy(event)
            at(out, path)["of_tomorrow"] = 1
            yield f"{where}: a field more", out
            for key in value:
                if may_be_absent(path, key):
                    continue
                out = copy.deepcopy(event)
                del at(out, path)[key]
                yield f"{where}: without {key}", out
        if not path:
            continue
        out = copy.deepcopy(event)
        at(out, path[:-1])[path[-1]] = {"no": "thing"}
        yield f"{where}: an object", out
        key = path[-1] if isinstance(path[-1], str) else path[-2]
        if isinstance(value, str) and key in CLOSED:
            out = copy.deepcopy(event)
            at(out, path[:-1])[path[-1]] = "no such word"
            yield f"{where}: a word of no list", out
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            out = copy.deepcopy(event)
            at(out, path[:-1])[path[-1]] = "7"
            if key not in FREE | CLOSED:
                yield f"{where}: a number as text", out
            if isinstance(value, int) and key not in ("step_ms",):
                out = copy.deepcopy(event)
                at(out, path[:-1])[path[-1]] = -1
                yield f"{where}: a number below zero", out


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    if sys.argv[2] != "--unit":
        wrong = 0
        for path in sys.argv[2:]:
            for number, event in enumerate(lines_of(path), 1):
                for error in validator.iter_errors(event):
                    print(f"{path}:{number}: {error.json_path}: {error.message}")
                    wrong += 1
        return 1 if wrong else 0

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "every_event.jsonl")
        subprocess.run(
            [sys.argv[3], f"--gtest_filter={sys.argv[4]}", "--gtest_brief=1"],
            env=dict(os.environ, SONDA_EVERY_EVENT=path), check=True, stdout=subprocess.DEVNULL)
        events = lines_of(path)

    wrong = 0
    for event in events:
        for error in validator.iter_errors(event):
            print(f"{event['event']}: {error.json_path}: {error.message}")
            wrong += 1
    missing = set(schema["properties"]["event"]["enum"]) - {event["event"] for event in events}
    if missing:
        print("no line of", ", ".join(sorted(missing)))
        wrong += 1

    tried = 0
    seen = set()
    for event in events:
        shape = (event["event"], tuple(sorted(str(path) for path, _ in parts(event))))
        if shape in seen:
            continue
        seen.add(shape)
        for what, other in spoilt(event):
            tried += 1
            if validator.is_valid(other):
                print(f"{event['event']}: passes although spoilt: {what}")
                wrong += 1
    print(f"{len(events)} lines of {len(schema['properties']['event']['enum'])} kinds valid,",
          f"{tried} spoilt ones tried, {wrong} wrong")
    return 1 if wrong or tried < 500 else 0


if __name__ == "__main__":
    sys.exit(main())
