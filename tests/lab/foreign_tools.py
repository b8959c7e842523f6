"""Other people's programs run in labs, many at the same time; tshark judges every frame."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
from multiprocessing.pool import ThreadPool

SLACK = float(os.environ.get("SONDA_SLACK", "1"))
SONDA = "sonda"
SITUATIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../captures")


def main(title):
    """Runs the tests of the calling script against the programs in the folder it was given."""
    global SONDA
    if len(sys.argv) < 2:
        sys.exit(f"{title}: {sys.argv[0]} FOLDER-OF-THE-PROGRAMS [TEST...]")
    SONDA = os.path.join(os.path.abspath(sys.argv[1]), "sonda")
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    os.environ["LC_ALL"] = "C.UTF-8"
    unittest.main(module="__main__", argv=[sys.argv[0]] + sys.argv[2:], verbosity=2)


def situation(name):
    return os.path.join(SITUATIONS, name, "topology.toml")


class Said:
    """What a program said."""

    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err

    def __repr__(self):
        return f"status {self.status}\nstdout: {self.out}\nstderr: {self.err}"


class Visit:
    """One lab in which commands ran, what they said, and the capture of all of it.

    `commands` are lines for sh by name; all of them run at the same time."""

    def __init__(self, topology, commands, options=()):
        self.folder = tempfile.mkdtemp(prefix="sonda-foreign-")
        self.capture = os.path.join(self.folder, "all.pcapng")
        if topology is not None and "\n" in topology:
            with open(os.path.join(self.folder, "topology.toml"), "w", encoding="utf-8") as file:
                file.write(topology)
            topology = file.name
        script = os.path.join(self.folder, "script")
        with open(script, "w", encoding="utf-8") as file:
            file.write(f"cd {self.folder}\n")
            for name, line in commands.items():
                file.write(f"({{ {line}\n}} >{name}.out 2>{name}.err </dev/null; "
                           f"echo $? >{name}.status) &\n")
            file.write("wait\n")
        words = [SONDA, "lab", "run", "--capture", self.capture, *options]
        words += [] if topology is None else [topology]
        self.run = subprocess.run(words + ["--", "sh", script], capture_output=True, text=True,
                                  timeout=120 * SLACK, check=False)
        self.said = {name: Said(int(self.read(name + ".status") or -1), self.read(name + ".out"),
                                self.read(name + ".err")) for name in commands}
        self.seen, self.faults = judgement(self.capture)

    def __del__(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def read(self, name):
        try:
            with open(os.path.join(self.folder, name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def nmap(self, name):
        """Of each port that nmap's -oX - names: (address, port) → 'state reason'."""
        ports = {}
        for host in xml.etree.ElementTree.fromstring(self.said[name].out).iter("host"):
            address = host.find("address").get("addr")
            for port in host.iter("port"):
                state = port.find("state")
                ports[address, int(port.get("portid"))] = (
                    f"{state.get('state')} {state.get('reason')}")
        return ports

    def frames(self, wanted, *fields, occurrence="f"):
        return frames(self.capture, wanted, *fields, occurrence=occurrence)


def frames(capture, wanted, *fields, occurrence="f"):
    """The fields of every frame that fits the display filter `wanted`."""
    words = ["tshark", "-n", "-r", capture, "-Y", wanted, "-T", "fields", "-E",
             f"occurrence={occurrence}"]
    for protocol in ("ip", "tcp", "udp"):
        words += ["-o", f"{protocol}.check_checksum:TRUE"]
    for field in fields:
        words += ["-e", field]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120 * SLACK, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return [line.split("\t") for line in done.stdout.splitlines()]


def judgement(capture):
    """How many frames there are, and those in which tshark finds something wrong: malformed
    packets, checksums (of what is quoted as well), errors of its experts."""
    error = "8388608"
    checksums = [f"{p}.checksum.status" for p in ("ip", "tcp", "udp", "icmp", "icmpv6")]
    rows = frames(capture, "frame", "frame.number", "frame.interface_name", "_ws.col.Info",
                  "_ws.malformed", "_ws.expert.severity", *checksums, occurrence="a")
    return len(rows), [row for row in rows if row[3] or error in row[4].split(",") or
                       any("0" in status.split(",") for status in row[5:])]


def round_trips(text):
    """The milliseconds of every line of ping, traceroute or tracepath that has some."""
    return [float(time) for time in re.findall(r"(\d+\.\d+) ?ms", text)]


def hops(text):
    """Of traceroute's lines the number, who answered, and the rest."""
    return [(int(number), who, rest.strip())
            for number, who, rest in re.findall(r"(?m)^ *(\d+)  (\S+)(.*)$", text)]


def apart(topology, commands, options=()):
    """A Visit for each of the commands, all at the same time, each in a lab of its own."""
    with ThreadPool(len(commands)) as pool:
        visits = pool.map(lambda name: Visit(topology, {name: commands[name]}, options), commands)
    return dict(zip(commands, visits))


class Case(unittest.TestCase):
    maxDiff = None

    def assert_flawless(self, visit):
        self.assertEqual(visit.run.returncode, 0, visit.run)
        self.assertEqual(visit.run.stderr, "")
        self.assertEqual(visit.faults, [])
        self.assertGreater(visit.seen, 0)
