"""A process that stands still for as long as the test wants: what comes meanwhile is there as a whole when it goes on."""

import contextlib
from signal import SIGCONT, SIGSTOP

import processes
import secho


@contextlib.contextmanager
def halted(pid):
    """Inside, none of its threads turns."""
    processes.kill(pid, SIGSTOP)
    try:
        if not secho.eventually(lambda: processes.is_stopped(pid)):
            raise AssertionError(f"process {pid} does not stop")
        yield
    finally:
        processes.kill(pid, SIGCONT)
