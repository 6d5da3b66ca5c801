"""Workers and leaders that the system refuses: a start ends, a reload fails, and whoever serves goes on."""

import contextlib
import resource

import processes
import secho
from administer import Administered
from secho import tls

THREADS = 16  # an event loop in each takes descriptors: a worker needs more of them than its leader
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


if __name__ == "__main__":
    secho.main()
