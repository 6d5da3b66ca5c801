"""What the clients had and what the server counted is the same, whoever is killed: leaders, too."""

import re
import threading

import processes
import secho
from administer import Administered
from reloads import Load
from secho import Tcp, Tls, eventually, tcp, tls

GROWS = re.compile(r"_(total|bucket|count|sum)$")
KILLS = 4


def read(server, accept="text/plain"):
    """{(name, labels): value} of one answer of /metrics."""
    samples = {}
    for line in server.get("/metrics", Accept=accept).text.splitlines():
        if not line.startswith("#"):
            series, _, value = line.rpartition(" ")
            name, _, labels = series.partition("{")
            samples[name, labels.rstrip("}")] = float(value)
    return samples


def of(samples, name, listener):
    """The sum over all series of a listener."""
    wanted = f'listener="{listener}"'
    return sum(value for (other, labels), value in samples.items() if other == name and wanted in labels)


class Counted(Load):
    """Load that knows how many connections it had, whatever became of them."""

    def __init__(self, port, kind):
        super().__init__(port)
        self.kind, self.connected = kind, 0

    def connect(self):
        self.connected += 1  # also when its worker is killed while hands are shaken
        return self.kind(self.port)

    def talk(self, peer):
        peer.echo(b"load")
        self.echoes += 1


class Reader(threading.Thread):
    """Reads all the time, and notes what went back."""

    def __init__(self, server):
        super().__init__()
        self.server, self.over, self.answers, self.problems = server, threading.Event(), 0, []

    def compare(self, before, now):
        for series, value in before.items():
            if GROWS.search(series[0]) and now.get(series, -1) < value:
                self.problems.append(f"{series}: {now.get(series)} after {value}")

    def run(self):
        before = {}
        while not self.over.is_set():
            now = read(self.server)
            self.compare(before, now)
            before = now
            self.answers += 1


def serving_leader(server):
    """The newest one: workers of those that retire are not replaced."""
    return max(server.leaders(), key=lambda pid: processes.start_time(pid) or 0)  # one may just have ended


def kill_worker(server):
    mark = server.mark()
    processes.kill(processes.children(serving_leader(server))[0])
    server.wait_for_log("worker_exit", since=mark, signal="SIGKILL")
    server.wait_for_log("worker_start", since=mark)


def kill_leader(server):
    mark = server.mark()
    processes.kill(serving_leader(server))
    server.wait_for_log("serving", since=mark)


def disturb(server):
    for _ in range(KILLS):
        kill_worker(server)
        server.reload()
    kill_leader(server)


class Exact(secho.TestCase):
    def assert_settles(self, server, listener, connected, most_unseen):
        """All have ended: each that was accepted has an end, or went with its worker."""
        self.assertTrue(eventually(lambda: of(read(server), "secho_connections_open", listener) == 0))
        samples = read(server)
        opened = of(samples, "secho_connections_total", listener)
        ends = of(samples, "secho_ends_total", listener)
        self.assertEqual(opened, ends + of(samples, "secho_connections_lost_total", listener))
        self.assertLessEqual(opened, connected)
        # A worker that is killed may just have accepted one, and not counted it yet.
        self.assertGreaterEqual(opened, connected - most_unseen)
        return samples

    def test_no_counter_goes_back_while_workers_are_killed_and_the_server_reloads(self):
        settings = {"workers": {"processes": 2}, "timeouts": {"drain": "2s"}}
        with Administered(tls(), tcp(name="plain"), **settings) as server:
            ports = {"main": server.port, "plain": server.port_of("plain")}
            held = [Tcp(ports["plain"]) for _ in range(20)]  # some of them go with their workers
            for peer in held:
                self.assertEqual(peer.echo(b"here"), b"here")
            load = {"main": Counted(ports["main"], Tls), "plain": Counted(ports["plain"], Tcp)}
            reader = Reader(server)
            for thread in (*load.values(), reader):
                thread.start()
            try:
                disturb(server)
            finally:
                for thread in (*load.values(), reader):
                    thread.over.set()
                for thread in (*load.values(), reader):
                    thread.join()
                for peer in held:
                    peer.sock.close()
            self.assertEqual(reader.problems, [])
            self.assertGreater(reader.answers, 5)
            self.assert_settles(server, "main", load["main"].connected, 2 * KILLS)
            samples = self.assert_settles(server, "plain", load["plain"].connected + len(held), 2 * KILLS)
            self.assertGreater(of(samples, "secho_connections_lost_total", "plain"), 0)
            self.assertGreaterEqual(samples["secho_worker_restarts_total", ""], KILLS)


if __name__ == "__main__":
    secho.main()
