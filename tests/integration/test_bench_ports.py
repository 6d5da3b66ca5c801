"""secho-bench on a machine whose client ports are used up: it says so, and what to do."""

import json
import subprocess
import sys

import moments
import secho

FEW_PORTS = secho.ROOT / "tests" / "support" / "few_ports.py"
FIRST, LAST = 40000, 40019  # the server takes one of them
# As root, or in a user namespace where nobody has to be: how to make a network of our own, and how to enter it.
WAYS = (
    (["unshare", "--net"], ["--net"]),
    (["unshare", "--user", "--map-current-user", "--keep-caps", "--net"], ["--user", "--preserve-credentials", "--net"]),
)


def way():
    """The first of them that works here, or None."""
    for make, enter in WAYS:
        try:
            command = [*make, sys.executable, FEW_PORTS, str(FIRST), str(LAST), "true"]
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                return make, enter
        except FileNotFoundError:  # no unshare(1)
            pass
    return None


class FewPorts(secho.TestCase):
    def setUp(self):
        found = way()
        if found is None:
            self.skipTest("no network namespace can be made here (unshare --net)")
        self.make, self.enter = found

    def serve(self):
        return secho.Server(prefix=[*self.make, sys.executable, str(FEW_PORTS), str(FIRST), str(LAST)])

    def measure(self, server, *words):
        return moments.run_until_heard(lambda duration: subprocess.run(
            ["nsenter", "--target", str(server.pid), *self.enter, secho.program("secho-bench"), "--ca", secho.pki() / "ca.pem",
             "-d", duration, "--warmup", "0s", *map(str, words), "echo", "localhost", str(server.port)],
            capture_output=True, text=True, timeout=secho.PATIENCE, check=False))

    def test_fewer_connections_than_ports_are_fine(self):
        with self.serve() as server:
            done = self.measure(server, "-n", 5)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_more_are_the_system_that_said_no_with_an_advice(self):
        with self.serve() as server:
            done = self.measure(server, "-n", 60)
            self.assertEqual(done.returncode, 71, done)
            for words in ("the operating system said no", "net.ipv4.ip_local_port_range", "several addresses"):
                self.assertIn(words, " ".join(done.stderr.split()))

    def test_programs_are_told_the_same(self):
        with self.serve() as server:
            done = self.measure(server, "--json", "-n", 60)
            told = json.loads(done.stdout)
            self.assertEqual((done.returncode, told["ok"], told["exit"]), (71, False, 71), done)
            self.assertIn("net.ipv4.ip_local_port_range", told["advice"])


if __name__ == "__main__":
    secho.main()
