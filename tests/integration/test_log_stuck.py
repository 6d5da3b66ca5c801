"""A log that nobody takes: a pipe that is full, a terminal that is stopped, a disk without room."""

import contextlib
import fcntl
import json
import os
import pathlib
import resource
import select
import subprocess
import tempfile
import termios
import threading
from signal import SIGHUP, SIGTERM

import logline
import processes
import secho
from secho import PATIENCE, Tls

LINES_ENOUGH = 300  # `closed` lines: more than a terminal or a small pipe holds


def port_of(descriptor):
    """Reads the log up to `serving`, and not one byte more; the port."""
    port = None
    while True:
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([descriptor], [], [], PATIENCE)
            if not ready:
                raise AssertionError("the server does not serve")
            line += os.read(descriptor, 1)
        event = logline.parse(line.decode().strip())
        if event["event"] == "ready":
            port = int(event["port"])
        if event["event"] == "serving":
            return port


class Stuck(secho.TestCase):
    @contextlib.contextmanager
    def server(self, stderr, **settings):
        """A server that writes its log there; it is stopped by SIGTERM at the end, and exits with 0."""
        with tempfile.TemporaryDirectory() as folder:
            self.file = pathlib.Path(folder) / "secho.json"
            self.file.write_text(json.dumps(secho.configuration(**settings)), encoding="utf-8")
            command = [secho.program("secho-server"), "-c", self.file]
            with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=stderr) as server:
                try:
                    yield server
                    server.send_signal(SIGTERM)
                    self.assertEqual(server.wait(PATIENCE), 0)
                finally:
                    server.kill()

    def fill(self, port):
        """Makes the server write much, and gets every echo."""
        for number in range(LINES_ENOUGH):
            with Tls(port, server_name="a" * 60 + ".test") as peer:
                self.assertEqual(peer.echo(b"x"), b"x", number)

    def assert_reloads(self, server, port):
        """The supervisor hears a signal, and a new leader starts, though nobody can read of it."""
        before = processes.children(server.pid)
        server.send_signal(SIGHUP)
        self.assertTrue(secho.eventually(lambda: set(processes.children(server.pid)) - set(before)))
        self.assertTrue(secho.eventually(lambda: not set(processes.children(server.pid)) & set(before)))
        self.assert_echoes(port)

    def test_a_pipe_that_nobody_reads_stops_no_echo_no_reload_and_no_end(self):
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        with self.server(writer) as server:
            os.close(writer)
            port = port_of(reader)
            self.fill(port)
            self.assert_reloads(server, port)
        os.close(reader)

    def test_what_waited_comes_when_the_pipe_is_read_again(self):
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        with self.server(writer) as server:
            os.close(writer)
            self.fill(port_of(reader))
            log = []
            reading = threading.Thread(target=lambda: log.extend(open(reader, encoding="utf-8")))
            reading.start()
        reading.join(PATIENCE)
        names = [logline.parse(line.strip())["event"] for line in log]
        self.assertEqual(names.count("closed"), LINES_ENOUGH)
        self.assertEqual(names[-1], "stopped")
        self.assertNotIn("log_lost", names)

    def test_a_terminal_that_is_stopped_stops_nothing_else(self):
        ours, theirs = os.openpty()
        with self.server(theirs) as server:
            port = port_of(ours)
            termios.tcflow(theirs, termios.TCOOFF)  # what Ctrl-S does
            self.fill(port)
            self.assert_reloads(server, port)
        os.close(ours)
        os.close(theirs)

    def test_a_terminal_that_nobody_reads_stops_nothing_else(self):
        ours, theirs = os.openpty()
        with self.server(theirs) as server:
            port = port_of(ours)
            self.fill(port)
            self.assert_reloads(server, port)
        os.close(ours)
        os.close(theirs)

    def test_a_disk_that_was_full_has_the_lines_that_come_later_and_the_number_of_those_lost(self):
        with tempfile.NamedTemporaryFile() as file, open(file.name, "ab") as log:
            with self.server(log) as server:
                port = self.port_in(log)
                resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (20000, 20000))
                self.fill(port)
                self.assert_reloads(server, port)
                self.assertTrue(secho.eventually(lambda: os.fstat(log.fileno()).st_size == 20000))
                os.ftruncate(log.fileno(), 0)
                self.assert_echoes(port)
            events = [logline.parse(line) for line in self.text_of(log).split("\n") if line]
        self.assertNotIn(None, events)  # no line begins in the middle of another one
        names = [event["event"] for event in events]
        self.assertIn("closed", names)
        self.assertIn("stopped", names)
        lost = [event for event in events if event["event"] == "log_lost"]
        self.assertEqual(lost[0]["why"], "File too large")
        self.assertGreater(int(lost[-1]["total"]), 100)

    def text_of(self, log):
        return pathlib.Path(f"/proc/self/fd/{log.fileno()}").read_text(encoding="utf-8")

    def port_in(self, log):
        self.assertTrue(secho.eventually(lambda: '"serving"' in self.text_of(log)))
        return next(int(e["port"]) for e in map(logline.parse, self.text_of(log).split("\n")) if e["event"] == "ready")


if __name__ == "__main__":
    secho.main()
