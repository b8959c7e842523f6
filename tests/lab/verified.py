#!/usr/bin/python3
"""Labs in which many programs run, captured by the lab, by sonda-ping and by tcpdump at once: sonda-verify accuses none.

  verified.py FOLDER-OF-THE-PROGRAMS CAPTURES"""
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


def main(programs, captures):
    programs, captures = pathlib.Path(programs).resolve(), pathlib.Path(captures).resolve()
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}:/usr/sbin:/sbin"}
    wrong = judged = held = 0

    def lab(topology, script, *words, seed=1):
        command = ["sonda-lab", "run", "--seed", str(seed), *words, *([str(topology)] if topology else []), "--", "sh", "-c", script]
        subprocess.run(command, env=environment, timeout=200, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)

    def expect(what, *words, statuses=(HOLDS,)):
        nonlocal wrong, judged, held
        done = subprocess.run(["sonda-verify", "--tshark", *words], env=environment, capture_output=True, text=True, timeout=200,
                              check=False)
        judged, held = judged + 1, held + (done.returncode == HOLDS)
        print(f"{what}, {' '.join(words)}: {(done.stdout.strip().splitlines() or [done.stderr])[-1]}", flush=True)
        if done.returncode not in statuses:
            wrong += 1
            print(done.stdout + done.stderr)

    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)  # tcpdump writes as its own user
        os.chdir(folder)
        # What many programs do to a network, by the comments of its capture. A packet may be under way at the end.
        for name, topology, hosts in [("menu", None, "10.3.13.1 10.3.13.5 10.3.3.7 10.11.0.8 10.3.1.9 10.3.0.6"),
                                      ("odd", HERE / "odd.toml", "web odd liar other slow"),
                                      ("nat", captures / "nat" / "topology.toml", "web")]:
            lab(topology, FOREIGN.replace("HOSTS", hosts), "--capture", "lab.pcapng")
            expect(name, "lab.pcapng", statuses=(HOLDS, INCONCLUSIVE))
        # Our own, against the lab, itself and tcpdump.
        for name in ["nat", "time-exceeded", "mpls-tunnel", "rate-limited-routers"]:
            lab(captures / name / "topology.toml", OURS.replace("TARGET", "web"), "--capture", "lab.pcapng")
            for run in ["run", "large", "hops"]:
                expect(name, f"{run}.pcapng")
                expect(name, f"{run}.jsonl", "witness.pcap")
            expect(name, "lab.pcapng", statuses=(HOLDS, INCONCLUSIVE))
    assert judged == 31 and held >= 24, f"{held} of {judged} hold"
    return 1 if wrong else 0


sys.exit(main(*sys.argv[1:]))
