#!/usr/bin/python3
"""More than a thousand wrong command lines for sonda-tcp from a seed: one line each, its status."""

import random
import statistics

import tool
from tool import SLACK, Case, run
from wrong_lines import NONSENSE

SEED = 20_261_125
HOW_MANY = 1_100

FLAGS = ["-F", "--open", "-4", "-n", "-q", "--json", "--numeric", "--quiet", "--ipv4",
         "--resolve-all"]
# Options with values, and values that are right.
RIGHT = {
    "-p": ["22", "-", "http*", "T:80", "1-9"], "--ports": ["22,80"], "-w": ["1.5", "3"],
    "--deadline": ["2"], "--retries": ["1", "4"], "--rate": ["10", "0.5"], "--parallel": ["1", "99"],
    "--workers": ["1"], "--shard": ["1/1", "2/2"], "--exclude": ["10.0.0.1"], "--close": ["rst", "fin"],
    "--exclude-ports": ["99"], "--color": ["never"],
    "-g": ["40000"], "--source-port": ["40001"],
}
# What NONSENSE has for most is right for these.
PORTS = {"-", "-1", "1,5"}
TAKES = {"-p": PORTS, "--ports": PORTS, "--exclude-ports": PORTS}
# Options whose words are files, states or hosts: a name may be one, and the system says so.
ASKS_THE_SYSTEM = {"--exclude", "--expect", "-e"}
FOREIGN = ["-Pn", "-sS", "-sT", "-sU", "-sV", "-sC", "-sn", "-T4", "-T", "-A", "-O", "-oN", "-oG",
           "-oA", "-PS22", "-PE", "-iR", "-D", "-f", "-r", "-R", "-d", "--min-rate", "--max-retries",
           "--reason", "--script", "--traceroute", "--excludefile", "--host-timeout", "--iflist"]
BAD_TARGETS = ["nosuch.invalid", "a..b", "256.256.256.256", "1.2.3", "1.2.3.4.5", "::g", ":", "::1::",
               "fe80::1%nosuch0", "x" * 300, "\x1b[31m", "a\nb", b"\xff\xfe\xfd", " ", "127.0.0.1/33",
               "[::1", "[::1]22", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:99999", ":22", "::/0",
               "127.0.0.9-3", "10.0.0.1,", "10.0..1", "*.*.*.1", "http://127.0.0.1/",
               "127.1", "\u202eabc", "%s%n", "127.0.0.1:U:53"]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def right_words(self):
        words = []
        for _ in range(self.random.randrange(3)):
            if self.random.random() < 0.5:
                words.append([self.random.choice(FLAGS)])
            else:
                option = self.random.choice(sorted(RIGHT))
                words.append([option, self.random.choice(RIGHT[option])])
        return words

    def defect(self):
        """Words that are wrong wherever they stand, and the statuses they may end with."""
        kind = self.random.randrange(8)
        option = self.random.choice([*sorted(RIGHT), "--expect"])
        nonsense = [n for n in NONSENSE if n not in TAKES.get(option, ())]
        statuses = (2, 4) if option in ASKS_THE_SYSTEM else (2,)
        if kind <= 2:
            return [option, self.random.choice(nonsense)], statuses
        if kind == 3 and option.startswith("--"):
            value = self.random.choice([n for n in nonsense if isinstance(n, str) and n != ""])
            return [f"{option}={value}"], statuses
        if kind == 4:
            return [self.random.choice(FOREIGN)], (2,)
        if kind == 5:
            return ["-" + self.random.choice("EGJKMXYZuyz0123578")], (2,)
        if kind == 6:
            flag = self.random.choice([f for f in FLAGS if f.startswith("--")])
            return [f"{flag}={self.random.choice(['0', 'no', '3', 'x', '-1'])}"], (2,)
        return self.random.choice([
            (["-6", "-4"], (2,)), (["-q", "-v"], (2,)), (["--seed", "3"], (2,)),
            (["--open", "--all"], (2,)), (["-F", "--top-ports", "9"], (2,)),
            (["--syn", "--banner"], (2,)), (["--syn", "--close", "rst"], (2,)),
            (["--banner=0"], (2,)), (["--banner=x"], (2,)), (["--source", "::1"], (2,)),
            (["-w", "1"], (2,)), (["--shard", "0/2"], (2,)), (["--shard", "3/2"], (2,)),
            (["-g", "9", "--workers", "2"], (2,)), (["--csv", "-", "--json"], (2,)),
            (["--log", "/"], (4,)), (["--csv", "/"], (4,)), (["--resume", "/"], (4,)),
            (["--resume", "/dev/null"], (2,)), (["--resume", "-"], (2,)), (["--frames"], (2,)),
            (["-iL", "/nonexistent/x"], (4,)), (["-iL", "/dev/null", "--expect", "/nonexistent"], (4,)),
            (["--exclude", "127.0.0.0/8"], (2,)), (["--exclude-ports", "0-"], (2,)),
            (["--exclude-file", "/"], (4,)), (["-e", "nosuch0"], (4,)), (["-S", "10.97.0.1"], (4,))])

    def line(self):
        words, target = self.right_words(), [["127.0.0.1"]]
        form = self.random.randrange(10)
        if form == 0:  # no target; nothing else need be wrong
            lines, statuses = words, (2,)
        elif form == 1:  # a target that is none
            return [w for part in words for w in part] + [self.random.choice(BAD_TARGETS)], (2, 4)
        elif form == 2:  # a value is missing at the end
            self.random.shuffle(words)
            return [w for part in target + words for w in part] + [self.random.choice(sorted(RIGHT))], (2,)
        else:
            defects = [self.defect() for _ in range(self.random.choice([1, 1, 1, 2, 3]))]
            lines = words + target + [d[0] for d in defects]
            statuses = (2, 4) if any(d[1] != (2,) for d in defects) else (2,)
        self.random.shuffle(lines)
        return [w for part in lines for w in part], statuses


class WrongLines(Case):
    def test_each_get_one_line_and_their_status_in_no_time(self):
        generator = Generator(SEED)
        times = []
        for number in range(HOW_MANY):
            words, statuses = generator.line()
            with self.subTest(number=number, words=words):
                outcome = run("sonda-tcp", *words, timeout=5 + SLACK)
                self.assertIn(outcome.status, statuses, outcome)
                self.assert_refused(outcome, outcome.status)
                self.assertLess(outcome.cpu_ms, 50 * SLACK, outcome)
                times.append(outcome.cpu_ms)
        print(f"{HOW_MANY} wrong lines, each refused; CPU time: "
              f"median {statistics.median(times):.1f} ms, longest {max(times):.1f} ms")


if __name__ == "__main__":
    tool.main("tcp_wrong_lines")
