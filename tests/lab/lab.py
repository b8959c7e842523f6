"""What the scripts of this folder share: labs, programs in them, and what must not be left of them."""

import fcntl
import json
import os
import pty
import select
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

SLACK = float(os.environ.get("SONDA_SLACK", "1"))
TOOLS = ""
NOBODY = 65534
# By this variable the processes of one test are told from all others of the machine.
MARK = "SONDA_LAB_TEST"


def main(title):
    """Runs the tests of the calling script against the programs in the folder it was given."""
    global TOOLS
    if len(sys.argv) < 2:
        sys.exit(f"{title}: {sys.argv[0]} FOLDER-OF-THE-PROGRAMS [TEST...]")
    if os.geteuid() != 0:
        sys.exit(f"{title}: needs root, to look at other people's processes and to become nobody")
    TOOLS = os.path.abspath(sys.argv[1])
    unittest.main(module="__main__", argv=[sys.argv[0]] + sys.argv[2:])


def path(program):
    return os.path.join(TOOLS, program)


def until(condition, seconds=5.0):
    """Whether the condition came true in time."""
    end = time.monotonic() + seconds * SLACK
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


class Outcome:
    def __init__(self, status, out, err):
        self.status = status
        self.octets = out
        self.out = out.decode(errors="replace")
        self.err = err.decode(errors="replace")

    def __repr__(self):
        return f"status {self.status}\nstdout: {self.out}\nstderr: {self.err}"


# ------------------------------------------------------------------------------------- what remains


def contents(file):
    """Of a file of /proc, which may be gone by now."""
    try:
        with open(file, "rb") as stream:
            return stream.read()
    except OSError:
        return b""


def target(link):
    try:
        return os.readlink(link)
    except OSError:
        return ""


def lives(number):
    """Whether it is more than an entry that its parent has not looked at yet."""
    stat = contents(f"/proc/{number}/stat").rpartition(b")")[2]
    return stat != b"" and not stat.startswith(b" Z")


def processes(mark):
    """The numbers of all living processes that carry the mark."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and wanted in contents(f"/proc/{name}/environ").split(b"\0"):
            if lives(name):
                found.append(int(name))
    return found


def namespaces(numbers):
    """In which of network, mount and pid namespaces these processes are and we are not."""
    kinds = ("net", "mnt", "pid", "user")
    own = {target(f"/proc/self/ns/{kind}") for kind in kinds}
    return {target(f"/proc/{n}/ns/{kind}") for n in numbers for kind in kinds} - own - {""}


def ticks():
    """The clock in which /proc tells when a process began."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK")


def began(number):
    fields = contents(f"/proc/{number}/stat").rpartition(b")")[2].split()
    return int(fields[19]) if len(fields) > 19 else 0


def holders(spaces, at):
    """Who holds one of these namespaces: as a process in it, by a descriptor, or by a mount. What
    began after `at` is not asked: its namespace has the number of one that is gone."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        if began(name) > at or int(name) == os.getpid():
            continue
        try:
            links = [f"/proc/{name}/ns/{kind}" for kind in os.listdir(f"/proc/{name}/ns")]
            links += [f"/proc/{name}/fd/{number}" for number in os.listdir(f"/proc/{name}/fd")]
        except OSError:
            continue
        if lives(name):
            found += [link for link in links if target(link) in spaces]
    mounts = contents("/proc/self/mountinfo").decode(errors="replace")
    return found + [space for space in spaces if space in mounts]


def mounts():
    return sorted(line.split()[4] for line in contents("/proc/self/mountinfo").decode().splitlines())


def interfaces():
    return sorted(os.listdir("/sys/class/net"))


# ----------------------------------------------------------------------------------------- the tests


class Case(unittest.TestCase):
    """Each test has a folder of its own, in which its labs put their sockets, and a mark."""

    maxDiff = None
    uid = None  # as whom programs run; None: as root

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sonda-lab-test-")
        self.mark = os.path.basename(self.folder)
        self.looked = 0.0
        self.runtime = os.path.join(self.folder, "run")
        os.mkdir(self.runtime, 0o700)
        if self.uid is not None:
            os.chown(self.folder, self.uid, self.uid)
            os.chown(self.runtime, self.uid, self.uid)
        self.addCleanup(self.clean_up)

    def kill_all(self):
        """Ends every process of this test's; when it returns they are gone with all they held."""
        numbers = processes(self.mark)
        for number in numbers:
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.assertTrue(until(lambda: not any(lives(number) for number in numbers)), numbers)

    def clean_up(self):
        self.kill_all()
        shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self, extra=None):
        env = dict(os.environ, LC_ALL="C.UTF-8", ASAN_OPTIONS="exitcode=99",
                   XDG_RUNTIME_DIR=self.runtime)
        for name in ("NO_COLOR", "SUDO_UID", "SUDO_GID", "SONDA_LAB"):
            env.pop(name, None)
        env[MARK] = self.mark
        if self.uid is not None:
            env["HOME"] = "/tmp"
        env.update(extra or {})
        return env

    def words(self, *words):
        """As this case's user."""
        if self.uid is None:
            return list(words)
        return ["setpriv", "--reuid", str(self.uid), "--regid", str(self.uid), "--clear-groups",
                *words]

    def lab_words(self, *words):
        return self.words(path("sonda-lab"), *words)

    def run_lab(self, *words, stdin=b"", env=None, timeout=60, cwd=None, stdout=subprocess.PIPE):
        """sonda-lab with these words, to its end."""
        done = subprocess.run(self.lab_words(*words), input=stdin, stdout=stdout,
                              stderr=subprocess.PIPE, timeout=timeout * max(1, SLACK / 4), cwd=cwd,
                              env=self.environment(env), check=False)
        return Outcome(done.returncode, done.stdout or b"", done.stderr)

    def in_lab(self, *command, options=(), **more):
        """A program in a lab of the error menu."""
        return self.run_lab("run", *options, "--", *command, **more)

    def start_lab(self, *words, env=None, **more):
        """sonda-lab with these words, in the background."""
        process = subprocess.Popen(self.lab_words(*words), env=self.environment(env),
                                   **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                                      "stderr": subprocess.PIPE, **more})
        self.addCleanup(self.forget, process)
        return process

    @staticmethod
    def forget(process):
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()

    def file(self, name, text=None):
        """A path in the test's folder; with a text the file is written."""
        place = os.path.join(self.folder, name)
        if text is not None:
            with open(place, "w", encoding="utf-8") as stream:
                stream.write(text)
            os.chmod(place, 0o644)
        return place

    def assert_refused(self, outcome, status=2):
        """One line on stderr, nothing on stdout, and the status."""
        self.assertEqual(outcome.status, status, outcome)
        self.assertEqual(outcome.out, "", outcome)
        self.assertRegex(outcome.err, r"\Asonda-lab[^\n]+\n\Z", outcome)

    def assert_nothing_left(self, spaces, within=1.0):
        """No process of this test's, and nobody who holds one of its namespaces."""
        self.assertTrue(spaces, "there were namespaces")
        until(lambda: not processes(self.mark) and not holders(spaces, self.looked), within)
        self.assertEqual([(n, contents(f"/proc/{n}/cmdline")) for n in processes(self.mark)], [])
        self.assertEqual(holders(spaces, self.looked), [])

    def spaces_of_running(self):
        self.looked = ticks()
        numbers = processes(self.mark)
        self.hold(numbers)
        return namespaces(numbers)

    def hold(self, numbers):
        """As long as we hold them, nobody else's namespaces get their numbers."""
        for number in numbers:
            for kind in ("net", "mnt", "pid", "user"):
                try:
                    held = os.open(f"/proc/{number}/ns/{kind}", os.O_RDONLY)
                except OSError:
                    continue
                self.addCleanup(os.close, held)


def tshark(capture, *words):
    """What tshark says of a capture file; its lines."""
    done = subprocess.run(["tshark", "-r", capture, *words], capture_output=True, timeout=60,
                          check=False)
    if done.returncode != 0:
        raise AssertionError(f"tshark: {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode().splitlines()


class Terminal:
    """A program at a terminal of its own, on which we type."""

    def __init__(self, case, words, env=None):
        self.shown = ""
        environment = case.environment(dict({"TERM": "dumb", "PS1": "$ "}, **(env or {})))
        self.pid, self.end = pty.fork()
        if self.pid == 0:
            try:
                os.execvpe(words[0], words, environment)
            finally:
                os._exit(127)
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))
        case.addCleanup(self.close)

    def type(self, text):
        os.write(self.end, text.encode())

    def read_on(self, seconds):
        if select.select([self.end], [], [], seconds)[0]:
            try:
                part = os.read(self.end, 65536).decode(errors="replace")
            except OSError:  # nobody is at the other end any more
                return False
            self.shown += part.replace("\r\n", "\n")
            return part != ""
        return True

    def wait_for(self, wanted, seconds=10):
        """Until `wanted` has been shown; all from the last call on up to its end."""
        end = time.monotonic() + seconds * SLACK
        while wanted not in self.shown:
            if time.monotonic() > end or not self.read_on(0.05):
                raise AssertionError(f"{wanted!r} was not shown, but: {self.shown!r}")
        before, found, self.shown = self.shown.partition(wanted)
        return before + found

    def rest(self, seconds=10):
        """All until the program's end."""
        end = time.monotonic() + seconds * SLACK
        while self.read_on(0.05):
            if time.monotonic() > end:
                raise AssertionError(f"it did not end: {self.shown!r}")
        return self.shown

    def status(self):
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        return os.waitstatus_to_exitcode(status)

    def close(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.end)


def quoted(*words):
    return shlex.join(words)


def menu_names(version):
    """The names of the errors that can be had, as `sonda lab menu` shows them."""
    done = subprocess.run([path("sonda-lab"), "menu", "--all", f"-{version}"], capture_output=True,
                          check=True, timeout=30)
    return done.stdout.decode()


__all__ = ["Case", "MARK", "NOBODY", "Outcome", "SLACK", "Terminal", "contents", "holders",
           "interfaces", "json", "main", "menu_names", "mounts", "namespaces", "path", "processes",
           "quoted", "ticks", "tshark", "until"]
