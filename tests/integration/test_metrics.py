"""What /metrics counts: exact, over every death and reload, and readable by Prometheus."""

import re
import shutil
import socket
import subprocess
import threading
from signal import SIGKILL

import peers
import processes
import secho
from administer import Administered
from reloads import Load
from secho import PATIENCE, Tls, eventually, tcp, tls

SAMPLE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")
MAY_FALL = re.compile(r"secho_(\w+_open|ready|draining|workers|generations|config_\w+|certificate_\w+|connections_limit)")
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def samples(text):
    """{(name, labels): value}; fails when a sample is there twice."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels, value = SAMPLE.fullmatch(line).groups()
            assert (name, labels) not in found, line
            found[name, labels or ""] = float(value)
    return found


def metrics(server):
    return samples(server.get("/metrics").text)


def of(found, name, labels='listener="main"'):
    return found.get((f"secho_{name}", labels), 0)


class Text(secho.TestCase):
    def test_prometheus_reads_it(self):
        if shutil.which("promtool") is None:
            self.skipTest("promtool (Debian: prometheus) is not installed")
        with Administered(tls(), tcp(name="plain")) as server:
            self.assert_echoes(server.port)
            reply = server.get("/metrics")
            self.assertEqual(reply.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
            done = subprocess.run(["promtool", "check", "metrics"], input=reply.body, capture_output=True, check=False, timeout=PATIENCE)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""))

    def test_who_asks_for_openmetrics_gets_it(self):
        with Administered() as server:
            reply = server.get("/metrics", Accept=OPENMETRICS)
            self.assertTrue(reply.headers["Content-Type"].startswith("application/openmetrics-text"))
            self.assertTrue(reply.text.endswith("\n# EOF\n"))

    def test_the_man_page_names_them_all(self):
        man = (secho.ROOT / "src" / "man" / "secho-server.8").read_text(encoding="utf-8")
        told = set(re.findall(r"(?m)^\.It Sy (secho_\w+)", man))
        with Administered() as server:
            there = set(re.findall(r"(?m)^# TYPE (\w+)", server.get("/metrics").text))
        self.assertEqual(told, there)


class Counts(secho.TestCase):
    def test_it_counts_what_happened_at_each_listener(self):
        with Administered(tls(), tcp(name="plain")) as server:
            self.assert_echoes(server.port, b"x" * 100)
            with Tls(server.port, settings=peers.context(version="1.2")) as peer:
                peer.echo(b"y" * 10)
                during = metrics(server)
                peer.goodbye()
            self.assertEqual(of(during, "connections_open"), 1)
            self.assertEqual(of(during, "handshakes_total", 'listener="main",version="TLSv1.2",resumed="no"'), 1)
            with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as sock:
                sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
            server.wait_for_log("closed", end="not_tls_http")
            self.assertTrue(eventually(lambda: of(metrics(server), "connections_open") == 0))
            after = metrics(server)
            self.assertEqual(of(after, "connections_total"), 3)
            self.assertEqual(of(after, "echo_bytes_total"), 110)
            self.assertEqual(of(after, "received_bytes_total"), 110)
            self.assertEqual(of(after, "handshake_failures_total", 'listener="main",reason="not_tls_http"'), 1)
            self.assertEqual(of(after, "ends_total", 'listener="main",reason="ok"'), 2)
            self.assertEqual(of(after, "handshake_duration_seconds_count"), 2)
            self.assertEqual(of(after, "connections_total", 'listener="plain"'), 0)

    def test_a_listener_that_comes_back_goes_on_counting(self):
        before = secho.configuration(tls(), tcp(name="plain"), admin={"port": 0})
        with Administered(config=before) as server:
            self.assert_echoes(server.port)
            server.reload({**before, "listeners": before["listeners"][1:]})
            self.assertEqual(of(metrics(server), "connections_total"), 1)
            server.reload(before)
            self.assert_echoes(int(server.find_log("ready", listener="main")[-1]["port"]))
            self.assertTrue(eventually(lambda: of(metrics(server), "connections_total") == 2))

    def test_nothing_goes_back_and_nothing_is_missing_when_workers_die_and_configurations_change(self):
        with Administered(workers={"processes": 2}) as server:
            load, last, over = [Load(server.port) for _ in range(2)], {}, threading.Event()

            def watch():
                while not over.is_set():
                    now = metrics(server)
                    for key, value in last.items():
                        if not MAY_FALL.fullmatch(key[0]) and now.get(key, 0) < value:
                            back.append((key, value, now.get(key, 0)))
                    last.update(now)

            back = []
            watcher = threading.Thread(target=watch)
            for thread in [watcher, *load]:
                thread.start()
            for number in range(4):
                mark, echoes = server.mark(), load[0].echoes
                self.assertTrue(eventually(lambda echoes=echoes: load[0].echoes > echoes + 10))
                before = server.leaders()
                processes.kill(server.workers()[0], SIGKILL)
                server.wait_for_log("worker_exit", since=mark, signal="SIGKILL")
                server.wait_for_log("worker_start", since=mark)
                if number % 2 == 1:
                    server.reload()
                    server.wait_until_gone(before)  # nobody replaces a worker that ends
            for one in load:
                one.over.set()
                one.join()
            over.set()
            watcher.join()
            self.assertEqual(back, [])
            self.assertTrue(eventually(lambda: of(metrics(server), "connections_open") == 0))
            found = metrics(server)
            opened, lost = of(found, "connections_total"), of(found, "connections_lost_total")
            ended = sum(value for (name, _), value in found.items() if name == "secho_ends_total")
            self.assertEqual(opened, ended + lost)
            self.assertGreaterEqual(of(found, "echo_bytes_total"), 400 * sum(one.echoes - one.problems.count("wrong bytes") for one in load))
            self.assertEqual(lost, sum(int(exit["lost"]) for exit in server.find_log("worker_exit")))
            self.assertEqual(found["secho_worker_restarts_total", ""], 4)
            self.assertEqual(found["secho_reloads_total", 'result="ok"'], 2)


if __name__ == "__main__":
    secho.main()
