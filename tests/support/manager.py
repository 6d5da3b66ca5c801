"""systemd's part, played by a test.

The socket that services report to (sd_notify(3)):

    with manager.Manager() as boss, secho.Server(env=boss.env) as server:
        boss.wait_for("READY", "1")

Sockets that it listens on for them (sd_listen_fds(3)):

    with manager.listen() as sock, secho.Server(secho.tls(), **manager.activate(main=sock)) as server:
        ...
"""

import os
import re
import secrets
import socket
import struct
import sys
import tempfile
import time

from peers import PATIENCE

_CREDENTIALS = struct.Struct("3i")  # unix(7), struct ucred


class Manager:
    """Hears what a service says. `messages` has each datagram as a dictionary, its sender as "pid"."""

    def __init__(self, abstract=False, env=None):
        self._folder = tempfile.TemporaryDirectory(prefix="secho-manager-")
        self.name = f"@secho-{secrets.token_hex(8)}" if abstract else os.path.join(self._folder.name, "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.bind(re.sub("^@", "\0", self.name))
        if not abstract:  # anybody may speak: systemd looks who it is
            os.chmod(self._folder.name, 0o755)
            os.chmod(self.name, 0o777)
        self.env = {"NOTIFY_SOCKET": self.name, **(env or {})}
        self.messages = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()
        self._folder.cleanup()

    def _hear(self, wait):
        """Takes one datagram in; None when none comes in `wait` seconds."""
        self._socket.settimeout(wait)
        try:
            data, controls, _, _ = self._socket.recvmsg(65536, socket.CMSG_SPACE(_CREDENTIALS.size))
        except (TimeoutError, BlockingIOError):
            return None
        message = dict(line.split("=", 1) for line in data.decode().splitlines())
        (message["pid"],) = [
            _CREDENTIALS.unpack(value)[0] for level, kind, value in controls if kind == socket.SCM_CREDENTIALS
        ]
        self.messages.append(message)
        return message

    def hear_all(self):
        """Everything that was said so far."""
        while self._hear(0) is not None:
            pass
        return self.messages

    def is_silent_for(self, seconds):
        """Does nobody say anything for so long?"""
        return self._hear(seconds) is None

    def wait_for(self, key, matches="", since=0, timeout=PATIENCE):
        """The first message from `since` on whose variable `key` has the pattern `matches` in it."""
        deadline = time.monotonic() + timeout
        at = since
        while True:
            for message in self.messages[at:]:
                if re.search(matches, message.get(key, "\0")) and key in message:
                    return message
            at = len(self.messages)
            left = deadline - time.monotonic()
            if left <= 0 or self._hear(left) is None:
                raise AssertionError(f"no {key}={matches} within {timeout} s: {self.messages}")

    def said(self, *keys):
        """The variables of these names, in the order in which they came: [("READY", "1"), ...]."""
        return [(key, message[key]) for message in self.hear_all() for key in message if key in keys]


# Becomes the service: its descriptors stand at 3 and above, and LISTEN_PID is its own pid.
_BECOME = """
import fcntl, os, sys
numbers = [int(word) for word in sys.argv[1].split(",") if word] + [os.open(sys.argv[3], os.O_PATH)]
*fds, program = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 100) for number in numbers]
os.closerange(3, 100)
if int(sys.argv[2]):
    os.chmod(os.path.dirname(sys.argv[-1]), 0o755)  # the folder of the configuration
    os.setgroups([])
    os.setgid(int(sys.argv[2]))
    os.setuid(int(sys.argv[2]))
for at, fd in enumerate(fds):
    os.dup2(fd, 3 + at)
os.environ.setdefault("LISTEN_PID", str(os.getpid()))
os.environ.setdefault("WATCHDOG_PID", str(os.getpid()))
os.execve(program, sys.argv[3:], os.environ)
"""


def listen(host="127.0.0.1", port=0):
    """A socket as systemd makes it: listening and blocking, and nobody accepts."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=4096)


def activate(*unnamed, env=None, user=0, **named):
    """Arguments of secho.Server: it gets these sockets, under the name of the unit or under their own.

    `user` is the id of the user that it is to be, without any group or capability (DynamicUser=).
    """
    names = ["secho-server.socket"] * len(unnamed) + list(named)
    numbers = tuple(sock.fileno() for sock in (*unnamed, *named.values()))
    return {
        "prefix": (sys.executable, "-c", _BECOME, ",".join(map(str, numbers)), str(user)),
        "descriptors": numbers,
        "env": {"LISTEN_FDS": str(len(numbers)), "LISTEN_FDNAMES": ":".join(names), **(env or {})},
    }
