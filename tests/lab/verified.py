#!/usr/bin/python3
"""Labs in which many programs run, captured by the lab, by sonda-ping and by tcpdump at once: sonda-verify accuses none.

  verified.py FOLDER-OF-THE-PROGRAMS CAPTURES [--all]

Without --all each kind of lab and of run once, in less than half a minute."""
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
HOLDS, CONTRADICTED, INCONCLUSIVE = 0, 1, 5

FOREIGN = """
for host in HOSTS; do
  ping -c 10 -i 0.02 -W 1 -Q 0x28 $host; ping -c 3 -i 0.02 -W 1 -s 2000 $host
  ping -6 -c 3 -i 0.02 -W 1 $host; ping -6 -c 3 -i 0.02 -W 1 -s 2500 $host
  traceroute -n -q 1 -N 4 -m 6 -w 0.5 $host; traceroute -n -T -q 1 -N 4 -m 6 -w 0.5 $host
  nmap -n -Pn -sT --max-retries 0 -p 79-81 $host; nmap -n -Pn -sS --badsum --max-retries 0 -p 80 $host
  nmap -n -Pn -sU --max-retries 0 -p 53,7000,7100,99 $host; curl -m 1 -sS http://$host/
done
"""
OURS = """
tcpdump -i eth0 -U -w witness.pcap --time-stamp-precision=nano 2>tcpdump.txt & witness=$!
while ! grep -q listening tcpdump.txt; do sleep 0.05; done; sleep 0.5
sonda-ping -q -c 200 -i 0.005 --log run.jsonl --capture run.pcapng TARGET
sonda-ping -q -c 5 -i 0.05 -W 1 -s 3000 --log large.jsonl --capture large.pcapng TARGET
sonda-ping -q -c 20 -i 0.05 -W 1 -t 2 --log hops.jsonl --capture hops.pcapng TARGET
sleep 0.3; kill -INT $witness; wait $witness
"""


# Which hosts the programs of others speak to: few, and each kind of answer.
MENU = {True: "10.3.13.1 10.3.13.5 10.3.3.7 10.11.0.8 10.3.1.9 10.3.0.6", False: "10.3.3.7 10.3.1.9"}
ODD = {True: "web odd liar other slow", False: "odd liar"}
# Where ours run: behind a NAT, which rewrites, and behind routers that say that the TTL has run out.
NETWORKS = {True: ["nat", "time-exceeded", "mpls-tunnel", "rate-limited-routers"], False: ["nat", "mpls-tunnel"]}


def main(programs, captures, *words):
    programs, captures = pathlib.Path(programs).resolve(), pathlib.Path(captures).resolve()
    everything = list(words) == ["--all"]
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}:/usr/sbin:/sbin"}
    judged, wrong = [], []

    def lab(folder, topology, script):
        command = ["sonda-lab", "run", "--seed", "1", "--capture", "lab.pcapng", *([str(topology)] if topology else []), "--", "sh", "-c", script]
        subprocess.run(command, env=environment, cwd=folder, timeout=200, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)

    def expect(folder, *files, statuses=(HOLDS,)):
        done = subprocess.run(["sonda-verify", "--tshark", *files], env=environment, cwd=folder, capture_output=True, text=True,
                              timeout=200, check=False)
        judged.append(done.returncode)
        print(f"{folder.name}, {' '.join(files)}: {(done.stdout.strip().splitlines() or [done.stderr])[-1]}", flush=True)
        if done.returncode not in statuses:
            wrong.append(folder.name)
            print(done.stdout + done.stderr)

    # What many programs do to a network, by the comments of its capture. A packet may be under way at the end.
    def theirs(folder, topology, hosts):
        lab(folder, topology, FOREIGN.replace("HOSTS", hosts))
        expect(folder, "lab.pcapng", statuses=(HOLDS, INCONCLUSIVE))

    # Our own, against the lab, itself and tcpdump.
    def ours(folder, topology):
        lab(folder, topology, OURS.replace("TARGET", "web"))
        for run in ["run", "large", "hops"]:
            expect(folder, f"{run}.pcapng")
            expect(folder, f"{run}.jsonl", "witness.pcap")
        expect(folder, "lab.pcapng", statuses=(HOLDS, INCONCLUSIVE))

    works = [(theirs, "menu", None, MENU[everything]), (theirs, "odd", HERE / "odd.toml", ODD[everything]),
             (theirs, "nat-theirs", captures / "nat" / "topology.toml", "web")]
    works += [(ours, name, captures / name / "topology.toml") for name in NETWORKS[everything]]
    with tempfile.TemporaryDirectory() as top, concurrent.futures.ThreadPoolExecutor(3) as labs:  # they wait most of the time
        os.chmod(top, 0o755)
        futures = []
        for work, name, *rest in works:
            folder = pathlib.Path(top, name)
            folder.mkdir()
            folder.chmod(0o777)  # tcpdump writes as its own user
            futures.append(labs.submit(work, folder, *rest))
        for future in futures:
            future.result()
    assert len(judged) == 3 + 7 * len(NETWORKS[everything]), f"{len(judged)} judged"
    assert judged.count(HOLDS) >= len(judged) - 5, f"{judged.count(HOLDS)} of {len(judged)} hold"
    return 1 if wrong else 0


sys.exit(main(*sys.argv[1:]))
