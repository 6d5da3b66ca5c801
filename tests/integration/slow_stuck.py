"""Who lives and does nothing: the supervisor waits for longer than a leader for its workers."""

import signal

import processes
import secho
from administer import Administered
from hanging import loading
from secho import Server


class Stuck(secho.TestCase):
    def test_a_leader_is_killed_and_replaced_and_a_reload_works_again(self):
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

    def test_one_that_never_gets_ready_is_killed_and_a_reload_works_again(self):
        with Administered() as server:
            with loading(server) as (leader, _):
                stuck = server.wait_for_log("leader_stuck", timeout=180)
                self.assertEqual(stuck["pid"], str(leader))
            failed = server.wait_for_log("reload_failed")
            self.assertEqual(failed["status"], "71")
            told = server.get("/status").json["last_reload"]
            self.assertFalse(told["ok"])
            self.assertIn("did not get on any more", str(told["lines"]))
            self.assert_echoes(server.port)
            self.assertEqual(server.post("/reload").status, 200)

    def test_the_admin_process_is_too_and_one_that_nobody_asks_is_not(self):
        with Administered() as idle, Administered() as server:
            before, untouched = server.admin(), idle.admin()
            processes.kill(before, signal.SIGSTOP)
            stuck = server.wait_for_log("admin_stuck", timeout=120)
            self.assertEqual(stuck["pid"], str(before))
            server.wait_for_log("admin_exit", signal="SIGKILL")
            self.assertEqual(server.get("/healthz").status, 200)
            self.assertEqual(server.get("/status").json["admin_restarts"], 1)
            self.assertEqual(idle.admin(), untouched)
            self.assertEqual(idle.find_log("admin_stuck"), [])


if __name__ == "__main__":
    secho.main()
