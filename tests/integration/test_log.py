"""The log: one line for each event, with the names that scripts rely on, and nobody can forge one."""

import json
import pathlib
import re
import subprocess
import tempfile

import secho
from secho import Server, Tcp, Tls, client_hello

FORMATS = ("text", "json")
HOSTILE = b'x\n2026-01-01T00:00:00.000Z info closed end=ok why="y\x1b[2J\x7f\\'


class Lines(secho.TestCase):
    def test_each_listener_is_ready_and_then_the_server_serves(self):
        listeners = (secho.tls(name="one", address="::"), secho.tcp(name="two"))
        for format in FORMATS:
            with self.subTest(format), Server(*listeners, log={"format": format}) as server:
                events = [event["event"] for event in server.find_log() if event["event"] in ("ready", "serving")]
                self.assertEqual(events, ["ready", "ready", "serving"])
                one, two = server.find_log("ready", listener="one")[0], server.find_log("ready", listener="two")[0]
                self.assertEqual((one["transport"], one["address"]), ("tls", "::"))
                self.assertEqual((two["transport"], two["address"]), ("tcp", "127.0.0.1"))
                self.assertEqual(one["level"], "info")
                self.assert_echoes(int(one["port"]))
                with Tcp(int(two["port"])) as peer:
                    self.assertEqual(peer.echo(b"x"), b"x")

    def test_an_expired_certificate_is_told_once_at_the_start_and_served(self):
        listeners = (secho.tls(name="good"), secho.tls("bad/expired", name="old"))
        with Server(*listeners, workers={"processes": 2}) as server:
            (warning,) = server.find_log("certificate_warning")
            self.assertEqual((warning["level"], warning["listener"]), ("warn", "old"))
            self.assertRegex(warning["why"], r"bad/expired\.pem: certificate 1 in this file expired on \d{4}-")
            with Tls(server.port_of("old")) as peer:
                self.assertEqual(peer.echo(b"x"), b"x")

    def test_ready_is_true_when_it_is_said(self):
        """With several workers, too: nobody is refused from the first line on."""
        for _ in range(5):
            with Server(workers={"processes": 2, "threads": 2}) as server:
                for _ in range(4):
                    self.assert_echoes(server.port)

    def test_a_text_line_has_the_documented_form(self):
        with Server(log={"format": "text"}) as server:
            for line in server.lines:
                self.assertRegex(line, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (error|warn|info|debug) [a-z_]+( |$)")
            ready = server.find_log("ready")[0].raw
            self.assertRegex(ready, r" info ready listener=main transport=tls address=127\.0\.0\.1 port=\d+$")

    def test_numbers_are_numbers_in_json(self):
        with Server() as server:
            with Tls(server.port) as peer:
                peer.echo(b"12345")
                peer.goodbye()
                peer.receive_to_end()
            fields = json.loads(server.closed(peer).raw)
            for key in ("conn", "in", "out", "duration_ms", "handshake_us"):
                self.assertIsInstance(fields[key], int, key)
            self.assertIsInstance(json.loads(server.find_log("ready")[0].raw)["port"], int)


class Closed(secho.TestCase):
    def test_the_line_has_all_facts_of_a_session(self):
        for format in FORMATS:
            for version, suite in (("1.3", "TLS_"), ("1.2", "ECDHE-")):
                with self.subTest(format=format, version=version), Server(log={"format": format}) as server:
                    settings = secho.context(version=version)
                    with Tls(server.port, settings=settings, server_name="a.secho.test") as peer:
                        self.assertEqual(peer.echo(b"12345"), b"12345")
                        peer.goodbye()
                        peer.receive_to_end()
                    event = server.closed(peer, end="ok")
                    self.assertEqual(event["listener"], "main")
                    self.assertEqual(event["peer"], f"127.0.0.1:{peer.port}")
                    self.assertEqual(event["sni"], "a.secho.test")
                    self.assertIn(version, event["version"])
                    self.assertTrue(event["suite"].startswith(suite), event["suite"])
                    self.assertTrue(event["group"])
                    self.assertIn("resumed", event)
                    self.assertEqual((event["in"], event["out"]), ("5", "5"))
                    self.assertGreater(int(event["handshake_us"]), 0)
                    self.assertGreaterEqual(int(event["duration_ms"]), 0)
                    self.assertTrue(event["why"].endswith("."))

    def test_each_connection_has_a_number_of_its_own(self):
        with Server(workers={"processes": 2, "threads": 2}) as server:
            for _ in range(20):
                self.assert_echoes(server.port)
            server.wait_for_log("closed", count=20)
            numbers = [event["conn"] for event in server.find_log("closed")]
            self.assertEqual(len(set(numbers)), 20, numbers)

    def test_an_ipv6_peer_is_in_brackets_and_an_ipv4_peer_looks_like_one(self):
        with Server(secho.tls(address="::")) as server:
            for host, shown in (("::1", "[::1]"), ("127.0.0.1", "127.0.0.1")):
                with self.subTest(host):
                    with Tls(server.port, host=host) as peer:
                        peer.goodbye()
                        peer.receive_to_end()
                    self.assertEqual(server.closed(peer)["peer"], f"{shown}:{peer.port}")

    def test_there_is_exactly_one_line_for_each_connection(self):
        with Server() as server:
            for number in range(30):
                with Tls(server.port) as peer:
                    (Tls.goodbye, Tls.fin, Tls.reset)[number % 3](peer)
            server.stop()
            self.assertEqual(server.code, 0)
            self.assertEqual(len(server.find_log("closed")), 30)


class Forgery(secho.TestCase):
    def test_a_hostile_server_name_stays_inside_its_line(self):
        harmless = "a" * (len(HOSTILE) - 5) + ".test"
        for format in FORMATS:
            with self.subTest(format), Server(log={"format": format, "level": "debug"}) as server:
                hello = client_hello(harmless)
                self.assertIn(harmless.encode(), hello)
                with Tcp(server.port) as peer:
                    peer.push(hello.replace(harmless.encode(), HOSTILE))
                    peer.fin()
                    peer.receive_to_end()
                event = server.closed(peer)
                self.assertEqual(event["sni"].encode(), HOSTILE)
                self.assertEqual(len(server.find_log("closed")), 1)
                self.assertFalse(server.strange)
                for line in server.lines:
                    self.assertIsNone(re.search("[\x00-\x1f\x7f]", line))

    def test_bytes_that_are_no_text_are_shown(self):
        for format in FORMATS:
            with self.subTest(format), Server(log={"format": format}) as server:
                hello = client_hello("aaaaaaaa.test").replace(b"aaaaaaaa.test", b"\xff\xfe\xc3\x28\xe2\x80\xae\x80.test")
                with Tcp(server.port) as peer:
                    peer.push(hello)
                    peer.fin()
                    peer.receive_to_end()
                event = server.closed(peer)
                self.assertTrue(event["sni"].endswith(".test"))
                self.assertNotIn("\u202e", event.raw)
                self.assertFalse(server.strange)


class Levels(secho.TestCase):
    def test_debug_says_more_than_info(self):
        counts = {}
        for level in ("info", "debug"):
            with Server(log={"level": level}) as server:
                with Tcp(server.port):
                    pass
                self.assert_echoes(server.port)
                server.wait_for_log("closed", end="ok")
                counts[level] = {event["level"] for event in server.find_log()}
        self.assertIn("debug", counts["debug"])
        self.assertNotIn("debug", counts["info"])

    def test_error_is_quiet_while_all_is_well(self):
        server = Server(log={"level": "error"})
        server.start(wait=False)
        try:
            self.assertTrue(secho.eventually(lambda: len(server.all_processes()) >= 3))
            self.assertEqual(server.stop(), 0)
            self.assertEqual(server.lines, [])
        finally:
            server._clean_up()


class Journal(secho.TestCase):
    def lines_of(self, stream, listener=None, code=0):
        """What a server says whose JOURNAL_STREAM is `stream`: it is stopped when it serves, and exits with `code`."""
        script = f'export JOURNAL_STREAM={stream}; exec "$@"'
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "secho.json"
            file.write_text(json.dumps(secho.configuration(listener or secho.tls(), log={"format": "text"})), encoding="utf-8")
            command = ["sh", "-c", script, "sh", secho.program("secho-server"), "-c", file]
            with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
                lines = []
                for line in server.stderr:
                    lines.append(line)
                    if "serving" in line:
                        break
                server.terminate()
                lines += server.stderr.readlines()
        self.assertEqual(server.returncode, code)
        self.assertTrue(lines)
        return lines

    def test_under_systemd_the_priority_stands_for_time_and_level(self):
        lines = self.lines_of("$(stat -Lc %d:%i /proc/self/fd/2)")
        self.assertRegex(lines[0], r"^<6>worker_start worker=0 ")
        for line in lines:
            self.assertRegex(line, r"^<[3467]>[a-z_]+ ")

    def test_why_it_cannot_start_is_an_error_in_the_journal_and_plain_elsewhere(self):
        wrong = secho.tls(tls={"certificates": [{"chain": "/nonexistent", "key": "/nonexistent"}]})
        for line in self.lines_of("$(stat -Lc %d:%i /proc/self/fd/2)", wrong, 78):
            self.assertRegex(line, r"^<3>/\S+:\d+:\d+: /listeners/0/tls/")
        for line in self.lines_of("1:2", wrong, 78):
            self.assertRegex(line, r"^/\S+:\d+:\d+: /listeners/0/tls/")

    def test_a_stderr_that_is_not_the_journal_keeps_time_and_level(self):
        for line in self.lines_of("1:2"):
            self.assertRegex(line, r"^\d{4}-\d\d-\d\dT\S+Z info ")


if __name__ == "__main__":
    secho.main()
