#!/usr/bin/python3
"""Lets tshark, capinfos and tcpdump judge every captures/NAME/NAME.pcapng, ping.pcapng and tcp.pcapng, and the README
beside them.

  judged.py CAPTURES [NAME…]           judges
  judged.py --write CAPTURES [NAME…]   puts the frames that filters select into the READMEs' tables

Of a folder without a topology.toml only the README and the number of frames.
A README's table of display filters has the columns `display filter` and `frames`: "1–4, 9" or "none". What stands in the
section "A ping of ours" is about ping.pcapng, in "A scan of ours" about tcp.pcapng."""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

CHECKED = [word for protocol in ("ip", "tcp", "udp") for word in ("-o", f"{protocol}.check_checksum:TRUE")]
WRONG = " or ".join(["_ws.malformed"] + [f"{protocol}.checksum.status == 0" for protocol in
                                         ("ip", "icmp", "icmpv6", "tcp", "udp", "icmp.ext")])
# lib/include/sonda/lab/network_capture.hpp: where it is, then what the machine at the other end did.
NAME = r"[a-z][a-z0-9_.]*"
CROSSING = re.compile(rf"sonda: from=({NAME}); to=({NAME});(?: after=(\d+);| checksum=wrong;)?(?: (doubled|damaged|held back|lost|too large|"
                      r"queue full|link down);)?")
DEED = re.compile(rf"sonda: at=({NAME}); [A-Za-z ]+;(?: says=(\d+)/(\d+);(?: checksum=wrong;)?)?")


def tshark(capture, display, *fields):
    command = ["tshark", "-n", *CHECKED, "-r", str(capture), "-Y", display, "-T", "fields", "-E", "separator=/t",
               "-E", "aggregator=\x1f"]
    for field in fields:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{capture.name}: {display}: {done.stderr}"
    return [row.split("\t") for row in done.stdout.splitlines()]


# Starting tshark takes longer than reading: one start for all the filters of a capture.
TAPS = """
for i, filter in ipairs({%s}) do
  local tap = Listener.new("frame", filter)
  function tap.packet(packet) print("selected " .. i .. " " .. packet.number) end
end
print("all filters are heard")
"""


def select(capture, displays):
    """The frames that each display filter selects."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(TAPS % ", ".join("[==[" + display + "]==]" for display in displays))
        script.flush()
        done = subprocess.run(["tshark", "-n", "-q", *CHECKED, "-X", f"lua_script:{script.name}", "-r", str(capture)],
                              capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "all filters are heard" in done.stdout, f"{capture.name}: {displays}: {done.stderr}"
    found = {display: set() for display in displays}
    for filter_, number in re.findall(r"^selected (\d+) (\d+)$", done.stdout, re.M):
        found[displays[int(filter_) - 1]].add(int(number))
    return found


def numbers(text):
    found = set()
    for part in text.replace("–", "-").split(","):
        first, _, last = part.strip().partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def text_of(frames):
    if not frames:
        return "none"
    runs = []
    for number in sorted(frames):
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    joins = ["" if first == last else ", " if last == first + 1 else "–" for first, last in runs]
    return ", ".join(f"{first}{join}{last if join else ''}" for (first, last), join in zip(runs, joins))


def judge_readme(readme, capture, write):
    """And whether what tshark finds wrong in the captures is nothing."""
    lines, wrong, filters, inside = readme.read_text().splitlines(), [], [], False
    network, ping, scan = capture, capture.with_name("ping.pcapng"), capture.with_name("tcp.pcapng")
    for at, line in enumerate(lines):
        if line.startswith("## "):
            capture = ping if line.startswith("## A ping of ours") else scan if line.startswith("## A scan of ours") else network
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells[:2] == ["display filter", "frames"]:
            inside = True
        elif inside and not cells[0].startswith("-"):
            filters.append((at, capture, cells))
    selected = {}
    for file in [network, ping, scan]:
        if file.exists():
            selected[file] = select(file, ["frame", WRONG] + [cells[0].strip("`") for _, of, cells in filters if of == file])
    for at, capture, cells in filters:
        display = cells[0].strip("`")
        if write:
            cells[1] = text_of(selected[capture][display])
            lines[at] = f"| {' | '.join(cells)} |"
        elif selected[capture][display] != (set() if cells[1] == "none" else numbers(cells[1])):
            wrong.append(f"`{display}` selects {text_of(selected[capture][display])}; the README says {cells[1]}")
    sound = (readme.parent / "topology.toml").exists()
    for file, found in selected.items():
        wrong += judge_file(file, len(found["frame"]))
        if found[WRONG] and (sound or file != network):
            wrong.append(f"{file.name}: malformed, or with a wrong checksum: frames {text_of(found[WRONG])}")
    if write:
        readme.write_text("\n".join(lines) + "\n")
    if len(filters) < 3:
        wrong.append(f"{len(filters)} display filters")
    return wrong


FIELDS = ["frame.number", "frame.interface_name", "frame.comment", "frame.protocols", "frame.packet_flags_direction",
          "frame.time_epoch", "icmp.type", "icmp.code", "icmpv6.type", "icmpv6.code"]


def judge_comments(frames):
    wrong, ends, told, says = [], {}, {}, {}
    for number, interface, comments, protocols, direction, _, *icmp in frames:
        number = int(number)
        first, *deeds = comments.split("\x1f")
        where = CROSSING.fullmatch(first)
        if not where:
            wrong.append(f"frame {number}: {first}")
            continue
        if protocols.split(":")[0] != "eth":
            wrong.append(f"frame {number}: {protocols}")
        came, to, after = where[1], where[2], int(where[3] or 0)
        # Direction 1 is in, which is towards the machine that the interface names first.
        if interface != (f"{to}-{came}" if int(direction, 0) == 1 else f"{came}-{to}"):
            wrong.append(f"frame {number}: from {came} to {to} on {interface}, direction {direction}")
        if after >= number or (after and ends[after] != came):
            wrong.append(f"frame {number} from {came} comes after {after}, which went to {ends.get(after)}")
        ends[number] = to
        outer = [field.split("\x1f")[0] for field in icmp]
        told.setdefault(after, set()).add("/".join(outer[:2] if outer[0] else outer[2:]))
        for deed in deeds:
            done = DEED.fullmatch(deed)
            if not done or done[1] != to:
                wrong.append(f"frame {number}: {deed}")
            elif done[2]:
                says[number] = f"{done[2]}/{done[3]}"
    for number, error in says.items():
        if error not in told.get(number, set()):
            wrong.append(f"frame {number} says {error}, and nothing like that comes after it")
    times = [float(frame[5]) for frame in frames]
    if times != sorted(times):
        wrong.append("frames are not in the order of their times")
    return wrong


def judge(folder, write):
    capture = folder / f"{folder.name}.pcapng"
    simulated = (folder / "topology.toml").exists()
    wrong = judge_readme(folder / "README.md", capture, write)
    if simulated:
        wrong += judge_comments(tshark(capture, "frame", *FIELDS))
    return wrong


def judge_file(capture, frames):
    wrong = []
    count = subprocess.run(["capinfos", "-Mc", capture], capture_output=True, text=True, check=True).stdout
    if int(count.split()[-1]) != frames:
        wrong.append(f"{capture.name}: capinfos counts {count.split()[-1]} frames, tshark {frames}")
    dump = subprocess.run(["tcpdump", "-nr", capture], capture_output=True, text=True, check=True).stdout
    packets = [line for line in dump.splitlines() if re.match(r"\d\d:", line)]
    if len(packets) != frames:
        wrong.append(f"{capture.name}: tcpdump reads {len(packets)} frames, tshark {frames}")
    if frames == 0:
        wrong.append(f"{capture.name}: an empty capture")
    return wrong


def main(words):
    write = words[0] == "--write"
    captures, *names = words[1:] if write else words
    folders = [folder for folder in sorted(pathlib.Path(captures).iterdir())
               if (folder / f"{folder.name}.pcapng").exists() and (not names or folder.name in names)]
    assert folders, "no situations"
    total = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as judges:  # tshark takes long to begin
        verdicts = list(judges.map(lambda folder: judge(folder, write), folders))
    for folder, wrong in zip(folders, verdicts):
        total += len(wrong)
        print(f"{folder.name}: {'holds' if not wrong else ''}", *wrong, sep="\n  " if wrong else "")
    listed = pathlib.Path(captures, "README.md").read_text()
    missing = [folder.name for folder in folders if f"]({folder.name})" not in listed]
    if missing:
        print(f"README.md lists no {', '.join(missing)}")
    return 1 if total or missing else 0


sys.exit(main(sys.argv[1:]))
