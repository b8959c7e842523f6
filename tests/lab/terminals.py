#!/usr/bin/python3
"""Three terminals, as in a lecture: a server left, a client right, a capture in the third."""

import subprocess

from lab import Case, main, path, quoted, until

TOPOLOGY = '''title = "A server, a client, and what is between them"
path = "client - r1 - r2 - server"
link.delay = "1ms"
[host.client]
kernel = true
[host.server]
kernel = true
'''

SERVER = "while :; do echo the answer | nc -N -l -p 80; done"


class Terminals(Case):
    def setUp(self):
        super().setUp()
        self.tmux = ["tmux", "-f", "/dev/null", "-S", self.file("tmux")]
        self.addCleanup(subprocess.run, [*self.tmux, "kill-server"], capture_output=True, check=False)

    def call(self, *words):
        done = subprocess.run([*self.tmux, *words], capture_output=True, timeout=30, check=False,
                              env=self.environment({"TERM": "xterm", "SHELL": "/bin/sh", "PS1": "$ "}))
        self.assertEqual(done.returncode, 0, done)
        return done.stdout.decode()

    def type(self, terminal, text):
        self.call("send-keys", "-t", f"lab:0.{terminal}", "-l", text)
        self.call("send-keys", "-t", f"lab:0.{terminal}", "Enter")

    def press(self, terminal, key):
        self.call("send-keys", "-t", f"lab:0.{terminal}", key)

    def shown(self, terminal):
        return self.call("capture-pane", "-p", "-J", "-S", "-", "-t", f"lab:0.{terminal}")

    def wait_for(self, terminal, wanted, count=1, seconds=15):
        self.assertTrue(until(lambda: self.shown(terminal).count(wanted) >= count, seconds),
                        f"{wanted!r} was not shown {count} times, but:\n{self.shown(terminal)}")

    def test_see_one_network(self):
        topology = self.file("net.toml", TOPOLOGY)
        self.call("new-session", "-d", "-s", "lab", "-x", "180", "-y", "60", "/bin/sh")
        for _ in range(2):
            self.call("split-window", "-t", "lab:0", "/bin/sh")
            self.call("select-layout", "-t", "lab:0", "even-vertical")
        left, right, third = 0, 1, 2
        lab = quoted(path("sonda-lab"))

        self.type(left, f"{lab} start lecture {topology}")
        self.wait_for(left, "sonda lab stop lecture")
        self.type(left, f"{lab} shell lecture@server")
        self.wait_for(left, "$ ", 2)
        self.type(left, SERVER)
        self.type(third, f"{lab} exec lecture@server -- tcpdump -l -n -i eth0 --immediate-mode tcp")
        self.wait_for(third, "listening on eth0")
        spaces = self.spaces_of_running()

        self.type(right, f"{lab} exec lecture -- nc -N -w 3 server 80 </dev/null; echo status $?")
        self.wait_for(right, "status 0")
        self.assertIn("\nthe answer\n", self.shown(right))
        self.wait_for(third, "Flags [S.]")
        self.assertIn("192.0.2.2.", self.shown(third))
        self.assertNotIn("incorrect", self.shown(third))

        self.type(right, f"{lab} set lecture r2 drop tcp; echo said $?")
        self.wait_for(right, "said 0")
        self.type(right, f"{lab} exec lecture -- nc -N -w 1 server 80 </dev/null; echo status $?")
        self.wait_for(right, "status 1")
        self.type(right, f"{lab} set lecture r2 clear; {lab} exec lecture -- nc -N -w 3 server 80 </dev/null")
        self.wait_for(right, "\nthe answer\n", 2)

        self.press(third, "C-c")
        self.wait_for(third, "packets captured")
        self.type(right, f"{lab} stop lecture; echo stopped $?")
        self.wait_for(right, "stopped 0")
        self.type(left, "echo 'still' here")  # the shell in the lab is gone, the one around it is not
        self.wait_for(left, "still here")
        self.call("kill-server")
        self.assert_nothing_left(spaces)


if __name__ == "__main__":
    main("terminals")
