"""TLS servers that are not ours, each on any free port of 127.0.0.1."""

import os
import pathlib
import signal
import subprocess

import secho


class Foreign:
    """A server of somebody else's, in a process group of its own, as it forks for each connection."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, process_group=0)
        self.port = None

    def listening(self):
        """The port, as the kernel says (proc(5)): ncat does not tell it."""
        links = []
        for descriptor in pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                links.append(os.readlink(descriptor))
            except FileNotFoundError:
                pass  # closed meanwhile
        for line in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and f"socket:[{words[9]}]" in links:
                return int(words[1].partition(":")[2], 16)
        return None

    def __enter__(self):
        try:
            self.port = secho.eventually(self.listening)
            assert self.port, f"{self.process.args} does not listen"
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
