"""A load balancer of the test's own: a real program, in front of a secho-server.

Its listening sockets are made here and handed down, so that no port is fixed and nobody has to wait until it
listens: who connects early waits in the queue of the kernel.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile

import secho


class Balancer:
    """Runs a program with one configuration file; `doors` names its listening sockets.

    A subclass says how in configuration(), command() and environment(). `ports` has the port of each door.
    """

    def __init__(self, doors):
        self.sockets = {door: socket.create_server(("127.0.0.1", 0)) for door in doors}
        self.ports = {door: made.getsockname()[1] for door, made in self.sockets.items()}
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="secho-balancer-"))

    def descriptor(self, door):
        """The number that the program knows the socket by."""
        return self.sockets[door].fileno()

    def configuration(self):
        """The text of its configuration file."""
        raise NotImplementedError

    def command(self, file):
        """What to run."""
        raise NotImplementedError

    def environment(self):
        """What it needs besides ours."""
        return {}

    def __enter__(self):
        file = self.folder / "configuration"
        file.write_text(self.configuration(), encoding="utf-8")
        self.log = open(self.folder / "log", "wb+")
        self.process = subprocess.Popen(
            self.command(file), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd=self.folder,
            env={**os.environ, **self.environment()}, pass_fds=[made.fileno() for made in self.sockets.values()],
        )
        return self

    def __exit__(self, kind, *_):
        self.process.terminate()
        self.process.wait(secho.PATIENCE)
        if kind is not None:
            self.log.seek(0)
            print(self.configuration(), self.log.read().decode(errors="replace"), sep="\n", file=sys.stderr)
        self.log.close()
        for made in self.sockets.values():
            made.close()
        shutil.rmtree(self.folder, ignore_errors=True)
