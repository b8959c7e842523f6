#!/usr/bin/python3
"""sonda-tcp many times over on loopback, in a namespace made for it: 100 scans of all ports find no
port that connects to itself, and 1,000 scans of a server that never accepts leave nothing in its queue."""

import ctypes
import json
import os
import socket
import subprocess
import sys
import unittest

TCP = ""
CLONE_NEWNET = 0x40000000


class Soak(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "unshare: needs root")
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

    def test_finds_no_port_that_connects_to_itself(self):
        for _ in range(100):
            run = subprocess.run([TCP, "--json", "-p-", "127.0.0.1"], capture_output=True, check=False)
            states = json.loads(run.stdout.splitlines()[-1])["states"]
            self.assertEqual((states["open"], states["closed"]), (0, 65535), states)

    def test_leaves_nothing_in_the_queue_of_a_server_that_never_accepts(self):
        with socket.create_server(("127.0.0.1", 0), backlog=4) as server:
            port = str(server.getsockname()[1])
            for _ in range(1000):
                run = subprocess.run([TCP, "-q", "-p", port, "127.0.0.1"], capture_output=True, check=False)
                self.assertEqual(run.returncode, 0, run)
            queue = subprocess.run(["ss", "-Hltn", f"sport = :{port}"], capture_output=True, text=True,
                                   check=True)
            self.assertEqual(queue.stdout.split()[:2], ["LISTEN", "0"])


if __name__ == "__main__":
    TCP = os.path.abspath(sys.argv.pop(1))
    unittest.main()
