"""Leaders that hang while they load: they are stopped before they have a worker, which is a race with them."""

import contextlib
import threading
import time
from signal import SIGCONT, SIGSTOP

import processes
import secho
from secho import tls

TRIES = 20
MANY = [tls(name=f"another-{i}") for i in range(50)]  # they take a while to load


def _halt_new_leader(supervisor, others):
    """The pid of the next one, stopped as soon as it is there."""
    deadline = time.monotonic() + secho.PATIENCE
    while time.monotonic() < deadline:  # without a pause
        with open(f"/proc/{supervisor}/task/{supervisor}/children", encoding="ascii") as file:
            fresh = [int(pid) for pid in file.read().split() if int(pid) not in others]
        if fresh:
            processes.kill(fresh[0], SIGSTOP)
            secho.eventually(lambda: processes.is_stopped(fresh[0]))
            return fresh[0]
    raise AssertionError("no new leader")


def _has_no_worker(leader):
    return processes.children(leader) == []


@contextlib.contextmanager
def loading(server):
    """(pid, reply) while the reload of an Administered hangs; reply() is what was said to who asked for it."""
    replies = []

    def ask():
        with contextlib.suppress(TimeoutError):
            replies.append(server.post("/reload"))

    server.changed(listeners=[tls(port=server.port), *MANY])
    for _ in range(TRIES):
        others = processes.children(server.pid)
        asking = threading.Thread(target=ask)
        asking.start()
        leader = _halt_new_leader(server.pid, others)
        if _has_no_worker(leader):
            break
        processes.kill(leader, SIGCONT)
        asking.join()
    else:
        raise AssertionError("they were faster than this test, all of them")
    yield leader, lambda: asking.join() or replies[-1]


@contextlib.contextmanager
def starting():
    """A server whose first leader hangs."""
    for _ in range(TRIES):
        server = secho.Server(tls(), *MANY)
        with contextlib.ExitStack() as stack:
            stack.push(server.__exit__)
            server.start(wait=False)
            leader = _halt_new_leader(server.pid, [])
            if _has_no_worker(leader):
                yield server
                return
            processes.kill(leader, SIGCONT)
    raise AssertionError("they were faster than this test, all of them")
