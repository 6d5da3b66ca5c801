"""A server of the comparison while it runs: its processes, its ports, its log."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time

from . import machine, settings
from .build import Missing

START_SECONDS = 20
_PR_SET_PDEATHSIG = 1  # prctl(2)


def _die_with_us():
    """Nothing that we start may outlive us."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Server:
    """One peer, started on `cpus`. stop() ends all of its processes."""

    def __init__(self, peer, place, cpus):
        self.peer, self.place, self.cpus = peer, place, cpus
        self._processes = []
        self._log = place.folder / "log"

    @property
    def pids(self):
        return [process.pid for process in self._processes]

    def port_for(self, size):
        """Most echo messages of any size at one port."""
        if not self.peer.sizes:
            return self.place.port
        if size not in self.peer.sizes:
            raise Missing(f"its script echoes messages of fixed sizes only, {size} bytes is none of them")
        return self.place.ports[self.peer.sizes.index(size)]

    def start(self):
        config = self.place.file("openssl.cnf", settings.OPENSSL)
        changed = {"OPENSSL_CONF": str(config), "GOMAXPROCS": str(len(self.cpus)),
                   "SECHO_SIZES": ",".join(map(str, self.peer.sizes))}
        commands = [[str(word) for word in command] for command in self.peer.start(self.place)]
        with machine.pinned(self.cpus), open(self._log, "ab") as log:
            for command in commands:
                self._processes.append(subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.place.folder,
                    env={**os.environ, **changed}, start_new_session=True, preexec_fn=_die_with_us))
        self._wait_until_it_serves()
        return self

    def _wait_until_it_serves(self):
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            ended = [process.args[0] for process in self._processes if process.poll() is not None]
            if ended or time.monotonic() > deadline:
                why = f"it ended at once: {self._last_words()}" if ended else f"it did not listen in {START_SECONDS} s"
                self.stop()
                raise Missing(why)
            time.sleep(0.02)

    def _answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.place.port), timeout=1).close()
        except OSError:
            return False
        return True

    def _last_words(self):
        lines = self._log.read_text("utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def is_alive(self):
        return bool(self._processes) and all(process.poll() is None for process in self._processes)

    def restart(self):
        self.stop()
        self.start()

    def stop(self):
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._processes = []
