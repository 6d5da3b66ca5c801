"""Workers and leaders that the system refuses: a start ends, a reload fails, and whoever serves goes on."""

import contextlib
import os
import resource
import unittest
from signal import SIGKILL, SIGTERM

import processes
import secho
from administer import Administered
from hanging import loading, starting
from secho import tls

THREADS = 16  # an event loop in each takes descriptors: a worker needs more of them than its leader
# Without a sandbox the leader stays root, who has no limit: then it is the worker's first thread.
NO_PROCESS = "(worker 0|the leader) cannot be started: (starting a thread: )?Resource temporarily unavailable"
WORKERS = {"workers": {"processes": 1, "threads": THREADS}}


def descriptors(pid, limit):
    """What the process, and whoever it bears, may open at most; only root could take that back."""
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, limit))


@contextlib.contextmanager
def crowded():
    """A server that may reload, but has no descriptors for workers with one more listener."""
    with Administered(tls(), **WORKERS) as server:
        (worker,) = server.workers()
        descriptors(server.pid, processes.descriptors(worker) + THREADS // 2)
        yield server


class Reload(secho.TestCase):
    @unittest.skipUnless(os.geteuid() == 0, "only root sees how many descriptors a worker has")
    def test_one_whose_workers_cannot_be_born_fails_and_nobody_notices(self):
        with crowded() as server, secho.Tls(server.port) as peer:
            port, few = server.port, server.config
            more = {**few, "listeners": [tls(port=port), tls(name="late")]}
            server.write(more)
            reply = server.post("/reload")
            self.assertEqual(reply.status, 500, reply.text)
            failed = server.wait_for_log("reload_failed")
            self.assertEqual(failed["status"], "71")
            self.assertEqual(server.get("/readyz").status, 200)
            for _ in range(2 * THREADS):  # all queues, most likely
                self.assert_echoes(port)
            self.assertIn("worker 0 cannot be started: no event loop", reply.text)
            self.assertNotIn("late", reply.text, "that is what would have changed")
            self.assertEqual(peer.echo(b"still here"), b"still here")
            server.write(few)
            self.assertEqual(server.post("/reload").status, 200)
            for _ in range(2 * THREADS):
                self.assert_echoes(port)

    @unittest.skipUnless(os.geteuid() == 0, "only for another user than root there is a limit of processes")
    def test_one_that_has_room_for_no_process_fails_and_the_next_one_works(self):
        config = secho.configuration(tls(), admin={"port": 0})
        with Administered(config=config, tolerate=("LeakSanitizer", "HINT: ")) as server:  # that one needs a process, too
            before = resource.prlimit(server.pid, resource.RLIMIT_NPROC)
            resource.prlimit(server.pid, resource.RLIMIT_NPROC, (1, before[1]))
            reply = server.post("/reload")
            self.assertEqual(reply.status, 500, reply.text)
            self.assertRegex(reply.text, NO_PROCESS)
            self.assert_echoes(server.port)
            resource.prlimit(server.pid, resource.RLIMIT_NPROC, before)
            self.assertEqual(server.post("/reload").status, 200)
            self.assert_echoes(server.port)

    def test_one_whose_leader_is_killed_says_by_what(self):
        with Administered(tls()) as server:
            with loading(server) as (leader, reply):
                processes.kill(leader, SIGKILL)
            self.assertEqual(reply().status, 500)
            self.assertIn("the new leader was killed by SIGKILL", reply().text)
            self.assert_echoes(server.port)


class Stop(secho.TestCase):
    def test_a_leader_that_hangs_while_it_loads_does_not_hold_it_up(self):
        with Administered(tls()) as server, secho.Tls(server.port) as peer:
            self.assertEqual(peer.echo(b"before"), b"before")
            with loading(server) as (_, reply):
                server.signal(SIGTERM)
                self.assertEqual(peer.receive_to_end(), b"")
                self.assertEqual(peer.ended, "close_notify")
                peer.close()
                self.assertEqual(server.wait(), 0)
            self.assertEqual(reply().status, 503)
            self.assertIn("the server drains", reply().text)

    def test_nor_does_the_first_one(self):
        with starting() as server:
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 0)


class Start(secho.TestCase):
    def test_too_few_descriptors_end_it_with_71_and_say_so(self):
        for limit in (6, 8, 10, 12, 14):
            with self.subTest(descriptors=limit):
                done = secho.run_server(config=secho.configuration(), preexec_fn=lambda: descriptors(0, limit))  # noqa: B023
                self.assertEqual(done.returncode, 71, done.stderr)
                self.assertIn("Too many open files", done.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "only for another user than root there is a limit of processes")
    def test_too_few_processes_end_it_with_71_and_say_so(self):
        one = (1, 1)
        done = secho.run_server(
            config=secho.configuration(), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NPROC, one)
        )
        self.assertEqual(done.returncode, 71, done.stderr)
        self.assertRegex(done.stderr, NO_PROCESS)


if __name__ == "__main__":
    secho.main()
