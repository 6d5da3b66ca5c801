"""Processes that live and do nothing: found, killed, replaced, also without systemd.

It takes the server more than ten seconds to be sure, so all servers wait for that at the same time.
"""

import contextlib
import signal

import processes
import secho
from administer import Administered
from secho import Server, Tcp, Tls, tcp


def stop(pid):
    """It lives, and no loop in it turns any more."""
    processes.kill(pid, signal.SIGSTOP)
    if not secho.eventually(lambda: processes.is_stopped(pid)):
        raise AssertionError(f"process {pid} does not stop")


def layout(count, threads):
    return {"workers": {"processes": count, "threads": threads}}


def survives(peer):
    try:
        return peer.echo(b"after") == b"after"
    except OSError:
        return False


class Stuck(secho.TestCase):
    @classmethod
    def setUpClass(cls):
        with contextlib.ExitStack() as stack:
            enter = stack.enter_context
            # Idle for all the time, but for one connection of a generation that has retired: of its two threads
            # one has ended.
            cls.healthy = enter(Server(**layout(1, 2)))
            cls.patient = enter(Tls(cls.healthy.port))
            cls.patient.echo(b"before")
            cls.healthy.signal(signal.SIGHUP)
            cls.healthy.wait_for_log("reload")
            # One of two workers stands still, with some of these connections.
            cls.serving = enter(Server(**layout(2, 2)))
            cls.peers = [enter(Tls(cls.serving.port)) for _ in range(40)]
            for peer in cls.peers:
                peer.echo(b"before")
            cls.victim, cls.sibling = cls.serving.workers()
            stop(cls.victim)
            # The same, and the server is to end.
            cls.draining = enter(Server(**layout(2, 1)))
            stop(cls.draining.workers()[0])
            cls.draining.signal(signal.SIGTERM)
            # The same, and its leader is gone: nobody else looks after it.
            cls.orphaned = enter(Server(**layout(2, 1)))
            cls.orphan = cls.orphaned.workers()[0]
            stop(cls.orphan)
            processes.kill(cls.orphaned.leaders()[0], signal.SIGKILL)
            cls.orphaned.wait_for_log("serving", count=2)
            cls.orphaned.signal(signal.SIGTERM)
            # One of two stands still, and has to be told of more sockets than find room on the way to it.
            cls.many = enter(Administered(*[tcp(name=f"n{i}") for i in range(8)], **layout(2, 16)))
            stop(cls.many.workers()[0])
            cls.many.changed(listeners=cls.many.config["listeners"][:1])
            cls.many.signal(signal.SIGHUP)
            cls.addClassCleanup(stack.pop_all().close)

    def test_a_worker_is_killed_and_replaced_and_its_siblings_serve_meanwhile(self):
        stuck = self.serving.wait_for_log("worker_stuck")
        self.assertEqual(stuck["pid"], str(self.victim))
        self.assertGreaterEqual(int(stuck["since_ms"]), 10_000)
        gone = self.serving.wait_for_log("worker_exit", pid=str(self.victim))
        self.assertEqual(gone["signal"], "SIGKILL")
        for _ in range(10):  # also those that land in queues that were his
            self.assert_echoes(self.serving.port)
        alive = [peer for peer in self.peers if survives(peer)]
        self.assertEqual(int(gone["lost"]), len(self.peers) - len(alive))
        self.assertGreater(int(gone["lost"]), 0)
        self.assertTrue(secho.eventually(lambda: len(self.serving.workers()) == 2))
        self.assertIn(self.sibling, self.serving.workers())

    def test_one_that_stands_still_while_the_server_drains_does_not_hold_it_up(self):
        self.assertEqual(self.draining.wait(), 0)
        self.assertEqual(len(self.draining.find_log("worker_stuck")), 1)

    def test_one_whose_leader_is_gone_does_not_hold_it_up_either(self):
        self.assertEqual(self.orphaned.wait(), 0)
        (stuck,) = self.orphaned.find_log("worker_stuck")
        self.assertEqual(stuck["pid"], str(self.orphan))
        self.assertFalse(processes.is_alive(self.orphan))

    def test_a_second_signal_leaves_nobody_behind(self):
        with Server(**layout(2, 1)) as server:
            stop(server.workers()[0])
            stop(server.workers()[1])
            everybody = server.all_processes()
            processes.kill(server.leaders()[0], signal.SIGSTOP)
            server.signal(signal.SIGTERM)
            server.wait_for_log("drain")
            server.signal(signal.SIGTERM)
            self.assertEqual(server.wait(), 1)
            server.wait_until_gone(everybody)

    def test_nobody_waits_for_one_that_is_told_a_lot(self):
        self.many.wait_for_log("serving", count=2)
        self.assertEqual(self.many.get("/healthz").status, 200)
        self.many.wait_for_log("reload")
        self.assertEqual(len(self.many.find_log("worker_stuck")), 1)
        self.assertEqual(self.many.find_log("leader_stuck"), [])
        with Tcp(self.many.port_of("n0")) as peer:
            self.assertEqual(peer.echo(b"after"), b"after")

    def test_who_is_idle_or_has_ended_is_not_taken_for_one_that_stands_still(self):
        self.serving.wait_for_log("worker_stuck")  # so long it would have taken
        self.assertEqual(self.patient.echo(b"after"), b"after")
        self.assertEqual(self.healthy.find_log("worker_stuck"), [])


if __name__ == "__main__":
    secho.main()
