#!/usr/bin/python3
"""More than a thousand wrong command lines from a seed: each gets one line, its status, no crash."""

import random
import statistics
import string

import tool
from tool import SLACK, Case, run

SEED = 20_260_301
HOW_MANY = 1_200

FLAGS = ["-4", "-n", "-q", "-D", "-O", "--json", "--ipv4", "--numeric", "--quiet", "--timestamps"]
RIGHT = {  # options with values, and values that are right
    "-c": ["1", "7"], "--count": ["3"], "-i": ["0.2", "1"], "--interval": ["3"], "-w": ["9"],
    "--deadline": ["0.5"], "-W": ["2"], "--timeout": ["3"], "-s": ["56", "0"], "--size": ["9"],
    "-t": ["64"], "--ttl": ["1"], "-Q": ["ef", "0x10"], "--tos": ["8"], "-p": ["ff"],
    "--pattern": ["0a0b"], "-M": ["do"], "--pmtudisc": ["want"], "-S": ["9000"],
    "--sndbuf": ["100000"], "--color": ["never"], "-I": ["lo"], "--interface": ["lo"],
    "--source": ["127.0.0.1"],
}
# Values that no option but those for files and interfaces takes.
NONSENSE = ["", "x", "-", "--", "0x", "1e9", "nan", "inf", "-1", "+1", "1,5", "1 ", " 1", "1;2",
            "99999999999999999999999", "0.0000000000001", "١", "½", "\t", "\n", "a\nb", "\x1b[31m",
            "\u202egpj", "%s%n", "$(id)", "'", '"', "\\", "x" * 5_000, b"\xff\xfe", b"\xc3(", "..",
            "1.2.3.4.5", ":::", "ff0", "0xzz", "-c", "--count"]
FREE = {"-I", "--interface", "--log", "--capture"}
FOREIGN = list("fAlabBCdeFHjLmNrRTU")
BAD_TARGETS = ["nosuch.invalid", "a..b", "256.256.256.256", "1.2.3", "1.2.3.4.5", "::g", ":", "::1::",
               "fe80::1%nosuch0", "-.invalid", "x" * 300, "\x1b[31m", "a\nb", b"\xff\xfe\xfd", " ",
               "127.0.0.1 ", "127.0.0.1/8", "[::1]", "http://127.0.0.1/", "0x7f.1", "127.1",
               "\u202eabc", "%s%n", "10.98.0.1", "10.97.0.1", "255.255.255.255"]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def right_words(self):
        """Some options that are right, so that what is wrong does not stand alone."""
        words = []
        for _ in range(self.random.randrange(4)):
            if self.random.random() < 0.5:
                words.append([self.random.choice(FLAGS)])
            else:
                option = self.random.choice(sorted(RIGHT))
                words.append([option, self.random.choice(RIGHT[option])])
        return words

    def misspelt(self, word):
        at = self.random.randrange(2, len(word))
        letter = self.random.choice(string.ascii_lowercase)
        return self.random.choice([
            word[:at] + letter + word[at:], word[:at] + letter + word[at + 1:],
            word[:at] + word[at + 1:], word + "-" + letter])

    def defect(self):
        """Words that are wrong wherever they stand, and the statuses they may end with."""
        kind = self.random.randrange(10)
        valued = sorted(set(RIGHT) - FREE)
        if kind <= 3:
            return [self.random.choice(valued), self.random.choice(NONSENSE)], (2,)
        if kind == 4:
            option = self.random.choice([o for o in valued if o.startswith("--")])
            value = self.random.choice([n for n in NONSENSE if isinstance(n, str) and n != ""])
            return [f"{option}={value}"], (2,)
        if kind == 5:
            known = [w for w in [*RIGHT, *FLAGS] if w.startswith("--") and len(w) > 5]
            return [self.misspelt(self.random.choice(known))], None
        if kind == 6:
            return ["-" + self.random.choice(FOREIGN)], (2,)
        if kind == 7:
            return ["-" + self.random.choice("EGJKPXYZguxz0123589")], (2,)
        if kind == 8:
            flag = self.random.choice([f for f in FLAGS if f.startswith("--")])
            return [f"{flag}={self.random.choice(['0', 'no', '3', 'x', '-1'])}"], (2,)
        return self.random.choice([
            (["-6", "-4"], (2,)), (["-q", "-v"], (2,)), (["--seed", "3"], (2,)),
            (["-s", "65508"], (2,)), (["--source", "::1"], (2,)), (["-I", "nosuch0"], (4,)),
            (["-I", "x" * 400], (4,)), (["-I", "\x1b]0;x\x07"], (4,)), (["--log", "/"], (4,)),
            (["--log", "/nonexistent/\n/x"], (4,)), (["--source", "10.97.0.1"], (4,))])

    def line(self):
        words = self.right_words()
        target = [["127.0.0.1"]]
        form = self.random.randrange(12)
        if form == 0:  # no target; nothing else need be wrong
            lines, statuses = words, (2,)
        elif form == 1:  # two targets
            lines, statuses = words + target + [["127.0.0.2"]], (2,)
        elif form == 2:  # a target that is none
            words = [w for w in words if w[0] not in ("-I", "--interface", "--source")]
            return [w for part in words for w in part] + ["-c", "1", self.random.choice(BAD_TARGETS)], (2, 4)
        elif form == 3:  # a value is missing at the end
            lines, statuses = words + target, (2,)
            self.random.shuffle(lines)
            return [w for part in lines for w in part] + [self.random.choice(sorted(RIGHT))], (2,)
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
                outcome = run("sonda-ping", *words, timeout=5 + SLACK)
                self.assertIn(outcome.status, statuses, outcome)
                self.assert_refused(outcome, outcome.status)
                self.assertLess(outcome.cpu_ms, 50 * SLACK, outcome)
                times.append(outcome.cpu_ms)
        print(f"{HOW_MANY} wrong lines, each refused; CPU time: "
              f"median {statistics.median(times):.1f} ms, longest {max(times):.1f} ms")


if __name__ == "__main__":
    tool.main("wrong_lines")
