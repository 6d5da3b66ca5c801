"""A leader that lives and does nothing: the supervisor waits for longer than for a worker."""

import signal

import processes
import secho
from secho import Server


class StuckLeader(secho.TestCase):
    def test_it_is_killed_and_replaced_and_a_reload_works_again(self):
        with Server() as server:
            (leader,) = server.leaders()
            processes.kill(leader, signal.SIGSTOP)
            stuck = server.wait_for_log("leader_stuck", timeout=120)
            self.assertEqual(stuck["pid"], str(leader))
            server.wait_for_log("leader_exit", signal="SIGKILL")
            server.wait_for_log("serving", count=2)
            self.assert_echoes(server.port)
            server.signal(signal.SIGHUP)
            server.wait_for_log("reload")
            self.assert_echoes(server.port)


if __name__ == "__main__":
    secho.main()
