"""A real Prometheus scrapes a server in both formats, and knows what the server knows."""

import json
import shutil
import socket
import subprocess
import tempfile
import urllib.parse
import urllib.request

import secho
from administer import Administered
from secho import PATIENCE, eventually, tls

CONFIG = """
global: {{ scrape_interval: 1s, scrape_timeout: 1s }}
scrape_configs:
  - job_name: openmetrics
    static_configs: [{{ targets: ["127.0.0.1:{port}"] }}]
  - job_name: wrong_path
    metrics_path: /status
    static_configs: [{{ targets: ["127.0.0.1:{port}"] }}]
"""


class Prometheus:
    """One of the test's own: it listens on the loopback, and keeps what it knows in a folder that goes away."""

    def __init__(self, target):
        self._folder = tempfile.TemporaryDirectory(prefix="secho-prometheus-")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        config = f"{self._folder.name}/prometheus.yml"
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(port=target))
        self._log = open(f"{self._folder.name}/log", "w+b")  # noqa: SIM115 (closed in __exit__)
        self._process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={self._folder.name}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"], stdout=self._log, stderr=subprocess.STDOUT)  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(PATIENCE)
        self._log.close()
        self._folder.cleanup()

    def ask(self, path, **query):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}?{urllib.parse.urlencode(query)}", timeout=PATIENCE) as answer:
                return json.load(answer)["data"]
        except (OSError, ValueError):
            return None  # not there yet

    def value(self, query):
        data = self.ask("/api/v1/query", query=query)
        return float(data["result"][0]["value"][1]) if data and data["result"] else None


class Scraped(secho.TestCase):
    def setUp(self):
        if shutil.which("prometheus") is None:
            self.skipTest("prometheus is not installed")

    def test_it_knows_what_the_server_counts(self):
        with Administered(tls()) as server, Prometheus(server.admin_port) as prometheus:
            for _ in range(5):
                self.assert_echoes(server.port, b"x" * 100)
            self.assertTrue(eventually(lambda: prometheus.value('secho_connections_total{listener="main"}') == 5))
            self.assertEqual(prometheus.value('up{job="openmetrics"}'), 1)
            self.assertTrue(eventually(lambda: prometheus.value('secho_echo_bytes_total{listener="main"}') == 500))
            self.assertEqual(prometheus.value('sum(secho_handshakes_total{version="TLSv1.3"})'), 5)
            self.assertEqual(prometheus.value("secho_handshake_duration_seconds_count"), 5)
            self.assertGreater(prometheus.value("histogram_quantile(0.99, secho_handshake_duration_seconds_bucket)"), 0)
            self.assertGreater(prometheus.value("secho_certificate_not_after_timestamp_seconds - time()"), 86400)
            kinds = prometheus.ask("/api/v1/metadata")
            self.assertEqual(kinds["secho_build"][0]["type"], "info")  # it asked for OpenMetrics, and got it
            self.assertEqual(kinds["secho_echo_bytes"][0]["unit"], "bytes")

    def test_it_says_so_when_what_it_gets_is_none_of_its_formats(self):
        """The test can fail."""
        with Administered(tls()) as server, Prometheus(server.admin_port) as prometheus:
            self.assertTrue(eventually(lambda: prometheus.value('up{job="wrong_path"}') == 0))


if __name__ == "__main__":
    secho.main()
