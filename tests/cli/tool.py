"""What the scripts of this folder share: a network of one's own, and programs run in it."""

import json
import os
import resource
import signal
import subprocess
import sys
import unittest

SLACK = float(os.environ.get("SONDA_SLACK", "1"))
TOOLS = ""


def in_a_network_of_our_own():
    """Starts this script again in a network namespace that has nothing but loopback and a veth pair
    behind which nobody lives, so that no packet of a test ever leaves the machine."""
    if os.environ.get("SONDA_OWN_NETWORK") == str(os.getppid()) or "--here" in sys.argv:
        return
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    setting = ("set -e; ip link set lo up; ip link add void0 type veth peer name void1;"
               "ip addr add 10.99.0.1/24 dev void0; ip link set void0 up; ip link set void1 up;"
               "ip neigh add 10.99.0.2 lladdr 02:00:00:00:00:02 dev void0;"
               "ip route add prohibit 10.98.0.1; ip route add unreachable 10.98.0.2;"
               'export SONDA_OWN_NETWORK=$$; "$@"')
    sys.exit(subprocess.call(unshare + ["sh", "-c", setting, "sh", sys.executable] + sys.argv))


def main(title):
    """Runs the tests of the calling script against the programs in the folder it was given."""
    global TOOLS
    if len(sys.argv) < 2:
        sys.exit(f"{title}: {sys.argv[0]} FOLDER-OF-THE-PROGRAMS [TEST...]")
    in_a_network_of_our_own()
    TOOLS = os.path.abspath(sys.argv[1])
    names = [word for word in sys.argv[2:] if word != "--here"]
    unittest.main(module="__main__", argv=[sys.argv[0]] + names)


def path(program):
    return os.path.join(TOOLS, program)


class Outcome:
    def __init__(self, status, out, err, cpu_ms):
        self.status = status
        self.out = out
        self.err = err
        self.cpu_ms = cpu_ms

    def __repr__(self):
        return f"status {self.status}\nstdout: {self.out}\nstderr: {self.err}"

    def events(self):
        return [json.loads(line) for line in self.out.splitlines()]


def environment(extra=None):
    env = dict(os.environ, LC_ALL="C.UTF-8", ASAN_OPTIONS="exitcode=99")
    env.pop("NO_COLOR", None)
    env.update(extra or {})
    return env


def run(program, *words, timeout=60, env=None, stdout=subprocess.PIPE):
    """Runs a program to its end. Words may be str or bytes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([path(program), *words], stdin=subprocess.DEVNULL, stdout=stdout,
                          stderr=subprocess.PIPE, timeout=timeout, env=environment(env), check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000
    return Outcome(done.returncode, (done.stdout or b"").decode(errors="replace"),
                   done.stderr.decode(errors="replace"), cpu)


def start(program, *words, env=None):
    return subprocess.Popen([path(program), *words], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(env))


def read_until(process, wanted):
    """Reads lines of a running program until one contains `wanted`; all of them."""
    seen = []
    for line in process.stdout:
        seen.append(line.decode())
        if wanted in seen[-1]:
            break
    return "".join(seen)


def end(process, signal_number=signal.SIGINT):
    """Interrupts a running program; what it said from then on."""
    process.send_signal(signal_number)
    out, err = process.communicate(timeout=60)
    return Outcome(process.returncode, out.decode(), err.decode(), 0)


class Case(unittest.TestCase):
    maxDiff = None

    def assert_narrow(self, text, width=80):
        for line in text.splitlines():
            self.assertLessEqual(len(line), width, line)

    def assert_refused(self, outcome, status=2):
        """One line on stderr, nothing on stdout, and the status."""
        self.assertEqual(outcome.status, status, outcome)
        self.assertEqual(outcome.out, "", outcome)
        self.assertRegex(outcome.err, r"\A[^\n]+\n\Z", outcome)
        for character in outcome.err[:-1]:
            self.assertTrue(character >= " " and character != "\x7f", outcome)
