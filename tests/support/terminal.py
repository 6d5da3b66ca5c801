"""A person at a terminal: types, looks, waits for what appears. No sleeping."""

import os
import pty
import select
import termios
import time

import secho


class Terminal:
    """Runs a program on a pseudo terminal. `screen` is all that has appeared, as text."""

    def __init__(self, *args, env=None):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.screen, self.code = "", None
        self._looked_at = 0
        settings = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", **(env or {})}
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.master)
            self._login()
            os.execve(args[0], [str(word) for word in args], settings)

    def _login(self):
        os.setsid()
        name = os.ttyname(self.slave)
        for number in range(3):
            os.dup2(self.slave, number)
        os.close(self.slave)
        os.close(os.open(name, os.O_RDWR))  # becomes the controlling terminal

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.code is None:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        if kind is not None:
            print(f"--- screen\n{self.screen!r}\n---", flush=True)
        os.close(self.master)
        os.close(self.slave)

    def type(self, text):
        """Presses these keys."""
        os.write(self.master, text.encode())

    def look(self, wait=0.0):
        """Takes in what has appeared; False when nothing came."""
        if not select.select([self.master], [], [], wait)[0]:
            return False
        self.screen += os.read(self.master, 65536).decode("utf-8", "replace")
        return True

    def wait_for(self, text):
        """Waits until this appears behind what was waited for before."""
        deadline = time.monotonic() + secho.PATIENCE
        while text not in self.screen[self._looked_at :]:
            if time.monotonic() > deadline:
                raise AssertionError(f"{text!r} did not appear behind {self.screen[self._looked_at :]!r}")
            self.look(0.1)
        self._looked_at = self.screen.index(text, self._looked_at) + len(text)

    def wait(self):
        """Waits for the end of the program; its exit status (negative: the signal)."""
        end = os.pidfd_open(self.pid)
        while not select.select([end, self.master], [], [])[0].count(end):
            self.look()
        os.close(end)
        while self.look():
            pass
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.code

    def is_as_before(self):
        """Are all settings of the terminal those of the start?"""
        return termios.tcgetattr(self.slave) == self.before
