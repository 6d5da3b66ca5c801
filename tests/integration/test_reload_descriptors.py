"""A reload has the listening sockets of two configurations: how many descriptors it takes, and too few."""

import shutil
import unittest

import processes
import secho
from reloads import Changing
from secho import tcp

LISTENERS = 12


def limited(soft, hard):
    """A server with many listeners that may open so many descriptors, and only has one thread for all."""
    listeners = [tcp(name=f"l{number}") for number in range(LISTENERS)]
    config = secho.configuration(*listeners, workers={"processes": 1, "threads": 1})
    return Changing(config=config, prefix=("prlimit", f"--nofile={soft}:{hard}"))


@unittest.skipUnless(shutil.which("prlimit"), "prlimit is not installed (package util-linux)")
class Descriptors(secho.TestCase):
    def assert_all_echo(self, server):
        for number in range(LISTENERS):
            with self.subTest(listener=number), secho.Tcp(server.port_of(f"l{number}")) as peer:
                self.assertEqual(peer.echo(b"still here"), b"still here")

    def test_a_low_soft_limit_is_raised_and_a_reload_loses_no_listener(self):
        with limited(32, 4096) as server:
            self.assert_all_echo(server)
            server.reload()
            self.assert_all_echo(server)

    def test_a_hard_limit_without_room_for_two_is_a_reload_that_fails_and_loses_no_listener(self):
        with limited(4096, 4096) as roomy:
            enough = processes.descriptors(roomy.pid)
        # A new leader takes two descriptors, each listener one, the configuration the last.
        for what, more in (("a socket has no room", LISTENERS - 1), ("the configuration has none", LISTENERS + 2)):
            with self.subTest(what), limited(enough + more, enough + more) as server:
                for _ in range(2):  # what the first one took is given back
                    failed = server.reload(event="reload_failed")
                    self.assertEqual(failed["status"], "71")
                    self.assert_all_echo(server)
                self.assertIn("LimitNOFILE", server.find_log("reload_problem")[-1]["why"])
                self.assertEqual(server.find_log("reload"), [])


if __name__ == "__main__":
    secho.main()
