"""The admin listener: health, readiness, status, the level of the log, over real HTTP."""

import json
import shutil
import socket
import subprocess
from signal import SIGKILL, SIGTERM

import processes
import secho
from administer import Administered
from secho import PATIENCE, Tcp, Tls, eventually, tcp, tls

SCHEMA = json.loads((secho.ROOT / "config" / "secho-status.schema.json").read_text(encoding="utf-8"))


def is_ready(server):
    return server.get("/readyz").status == 200


class Told(secho.TestCase):
    """What there is to read."""

    def test_it_is_told_before_anybody_is_served(self):
        with Administered() as server:
            names = [event["event"] for event in server.events]
            self.assertLess(names.index("admin"), names.index("ready"))
            told = server.find_log("admin")[0]
            self.assertEqual(told["address"], "127.0.0.1")
            self.assertGreater(int(told["port"]), 0)

    def test_without_the_section_there_is_none(self):
        with secho.Server() as server:
            self.assertEqual(server.find_log("admin"), [])
            self.assertIsNone(server.admin())

    def test_a_server_that_serves_is_alive_and_ready(self):
        with Administered() as server:
            self.assertEqual(server.get("/healthz").text, "ok\n")
            self.assertTrue(eventually(lambda: is_ready(server)))
            self.assertEqual(server.get("/readyz").text, "ready\n")
            head = server.ask("HEAD", "/readyz")
            self.assertEqual((head.status, head.body), (200, b""))

    def test_the_status_tells_what_is_served_and_by_whom(self):
        with Administered(tls(), tcp(name="plain"), workers={"processes": 2}) as server:
            self.assertTrue(eventually(lambda: is_ready(server)))
            status = server.get("/status").json
            self.assertEqual(status["pid"], server.pid)
            self.assertTrue(status["ready"])
            self.assertFalse(status["draining"])
            self.assertEqual(status["log_level"], "info")
            self.assertIsNone(status["last_reload"])
            (generation,) = status["generations"]
            self.assertEqual((generation["number"], generation["state"]), (1, "serves"))
            self.assertEqual([generation["leader"]], server.leaders())
            self.assertEqual(sorted(worker["pid"] for worker in generation["workers"]), sorted(server.workers()))
            self.assertEqual({worker["state"] for worker in generation["workers"]}, {"serves"})
            main, plain = status["listeners"]
            self.assertEqual(main["port"], server.port_of("main"))
            self.assertEqual((plain["name"], plain["transport"], plain["certificates"]), ("plain", "tcp", []))
            (certificate,) = main["certificates"]
            shown = subprocess.run(
                ["openssl", "x509", "-noout", "-serial", "-in", secho.pki() / "server.pem"], capture_output=True, text=True, check=True
            )
            self.assertEqual("serial=" + certificate["serial"], shown.stdout.strip())
            self.assertIn("CN=server.secho.test", certificate["subject"])
            self.assertIn("localhost", certificate["names"])
            self.assertGreater(certificate["days_left"], 100)

    def test_the_status_fits_its_schema(self):
        try:
            import jsonschema  # noqa: PLC0415 (a skip says why)
        except ImportError:
            self.skipTest("python3-jsonschema is not installed")
        with Administered(tls(), tcp(name="plain")) as server:
            with Tcp(server.port) as stranger:
                stranger.send(b"GET / HTTP/1.1\r\n\r\n")
                stranger.receive_to_end()
            self.assertTrue(eventually(lambda: server.get("/status").json["ends"]))
            jsonschema.validate(server.get("/status").json, SCHEMA)
            server.post("/reload")
            reloaded = server.get("/status").json
            jsonschema.validate(reloaded, SCHEMA)
            with self.assertRaises(jsonschema.ValidationError):
                jsonschema.validate({**reloaded, "surprise": 1}, SCHEMA)

    def test_the_latest_ends_are_told_with_why_whatever_the_log_tells(self):
        with Administered(limits={"connections": 1}) as server:
            self.assertEqual(server.get("/status").json["ends"], [])
            with Tls(server.port) as peer:
                peer.goodbye()
            server.wait_for_log("closed", end="ok")
            self.assertEqual(server.get("/status").json["ends"], [])  # that is no news
            server.post("/log-level", "level=error")
            with Tcp(server.port) as stranger:
                stranger.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                stranger.receive_to_end()
            self.assertTrue(eventually(lambda: server.get("/status").json["ends"]))
            with Tls(server.port), Tcp(server.port) as late:
                self.assertEqual(late.receive_to_end(), b"")
                self.assertTrue(eventually(lambda: len(server.get("/status").json["ends"]) == 2))
                refused, failed = server.get("/status").json["ends"]
            self.assertEqual((failed["end"], failed["failure"], failed["listener"], failed["sni"]), ("not_tls_http", True, "main", ""))
            self.assertEqual((failed["conn"], failed["in"], failed["out"]), (2, 0, 0))
            self.assertTrue(failed["peer"].endswith(f":{stranger.port}"), failed["peer"])
            self.assertIn("HTTP", failed["why"])
            self.assertRegex(failed["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertEqual((refused["end"], refused["failure"], refused["conn"]), ("connection_limit", True, 0))
            self.assertTrue(refused["peer"].endswith(f":{late.port}"), refused["peer"])
            self.assertIn("/limits/connections", refused["why"])
            self.assertGreaterEqual(refused["time"], failed["time"])

    def test_curl_is_answered(self):
        curl = shutil.which("curl")
        if curl is None:
            self.skipTest("curl is not installed")
        with Administered() as server:
            done = subprocess.run(
                [curl, "-sS", "--fail", "-d", "level=warn", f"http://localhost:{server.admin_port}/log-level", "--ipv4"],
                capture_output=True, text=True, timeout=PATIENCE, check=True,
            )
            self.assertEqual(done.stdout, "the level of the log is warn\n")

    def test_each_reply_forbids_what_nobody_needs(self):
        with Administered() as server:
            for path in ("/", "/healthz", "/status", "/nothing"):
                headers = server.get(path).headers
                self.assertEqual(headers["Cache-Control"], "no-store", path)
                self.assertEqual(headers["X-Content-Type-Options"], "nosniff", path)
                self.assertIn("default-src 'none'", headers["Content-Security-Policy"], path)


class Refused(secho.TestCase):
    def test_what_is_not_there_or_not_for_this_is_told(self):
        with Administered() as server:
            self.assertEqual(server.get("/nothing").status, 404)
            self.assertEqual(server.get("/status/").status, 404)
            for method, path, allowed in (
                ("POST", "/status", "GET, HEAD"),
                ("DELETE", "/", "GET, HEAD"),
                ("GET", "/reload", "POST"),
                ("PUT", "/log-level", "POST"),
            ):
                reply = server.ask(method, path)
                self.assertEqual((reply.status, reply.headers["Allow"]), (405, allowed), f"{method} {path}")
            self.assertEqual(server.find_log("reload"), [])

    def test_a_body_that_is_too_long_is_not_read(self):
        with Administered() as server:
            self.assertEqual(server.post("/log-level", b"x" * 5000).status, 413)
            chunks = server.post("/log-level", iter([b"level=debug" + b" " * 5000]))
            self.assertEqual(chunks.status, 413)
            self.assertEqual(server.get("/status").json["log_level"], "info")

    def test_bytes_that_are_no_http_end_the_connection_only(self):
        with Administered() as server:
            with socket.create_connection(("127.0.0.1", server.admin_port), PATIENCE) as peer:
                peer.sendall(b"\x16\x03\x01\x02\x00 hello\r\n\r\n")
                while peer.recv(4096):
                    pass
            self.assertEqual(server.get("/healthz").status, 200)

    def test_a_host_that_is_not_this_machine_is_refused_without_a_token(self):
        with Administered() as server:
            for host in ("evil.example", "evil.example:80", "localhost.evil.example", "192.0.2.1", "[2001:db8::1]:9090", ""):
                self.assertEqual(server.get("/status", Host=host).status, 403, host)
            for host in ("localhost", "LOCALHOST:9090", "127.0.0.1", "127.1.2.3:80", "[::1]", "[::1]:9090"):
                self.assertEqual(server.get("/status", Host=host).status, 200, host)
            self.assertEqual(server.get("/healthz", Host="evil.example").status, 200)

    def test_the_host_counts_that_a_whole_url_names(self):
        with Administered() as server:
            here = f"127.0.0.1:{server.admin_port}"
            self.assertEqual(server.get(f"http://{here}/healthz").text, "ok\n")
            self.assertEqual(server.get(f"HTTP://{here}/status", Host="evil.example").status, 200)
            self.assertEqual(server.get(f"http://{here}").headers["Content-Type"], "text/html; charset=utf-8")
            for host in ("evil.example", "evil.example:80", "", "127.0.0.1" * 100):
                self.assertEqual(server.get(f"http://{host}/status").status, 403, host)
            own = server.post(f"http://{here}/log-level", "level=debug", Host="x", Origin=f"http://{here}")
            self.assertEqual(own.status, 200)

    def test_two_hosts_are_refused(self):
        with Administered() as server:
            with socket.create_connection(("127.0.0.1", server.admin_port), PATIENCE) as peer:
                peer.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nhost: evil.example\r\n\r\n")
                self.assertIn(b" 400 ", peer.recv(4096).split(b"\r\n")[0])

    def test_a_post_from_a_page_of_another_site_is_refused(self):
        with Administered() as server:
            own = f"127.0.0.1:{server.admin_port}"
            for origin in ("http://evil.example", "null", f"http://{own}.evil.example", "http://127.0.0.1:1"):
                reply = server.post("/log-level", "level=debug", Origin=origin)
                self.assertEqual(reply.status, 403, origin)
                self.assertEqual(server.post("/reload", Origin=origin).status, 403, origin)
            self.assertEqual(server.find_log("log_level") + server.find_log("reload"), [])
            self.assertEqual(server.post("/log-level", "level=debug", Origin=f"http://{own}").status, 200)


class Level(secho.TestCase):
    def test_the_level_of_the_log_changes_at_once(self):
        with Administered() as server:
            with Tls(server.port) as peer:
                peer.goodbye()
            server.wait_for_log("closed")
            self.assertEqual(server.post("/log-level", "level=debug").text, "the level of the log is debug\n")
            self.assertEqual(server.get("/status").json["log_level"], "debug")
            mark = server.mark()
            socket.create_connection(("127.0.0.1", server.port), PATIENCE).close()
            server.wait_for_log("closed", since=mark, end="health_check")  # told at debug only

    def test_it_is_taken_from_a_form_json_and_the_query(self):
        with Administered() as server:
            for path, body in (("/log-level", '{"level":"warn"}'), ("/log-level?level=error", None), ("/log-level", "level=info")):
                self.assertEqual(server.post(path, body).status, 200, body)

    def test_what_is_no_level_changes_nothing(self):
        with Administered() as server:
            for body in ("level=loud", "", "{", '{"level":1}', '{"level":"debug"', "debug", '{"level":"' + "x" * 99 + '"}'):
                self.assertEqual(server.post("/log-level", body).status, 400, body)
            self.assertEqual(server.get("/status").json["log_level"], "info")


class Ends(secho.TestCase):
    """Readiness, and what becomes of the admin process."""

    def test_a_drain_is_told_at_once_while_service_goes_on(self):
        with Administered(timeouts={"drain_delay": "24h"}) as server, Tls(server.port) as peer:
            self.assertEqual(peer.echo(b"before"), b"before")
            server.signal(SIGTERM)
            server.wait_for_log("drain")
            refused = server.get("/readyz")
            self.assertEqual(refused.status, 503)
            self.assertIn("drains", refused.text)
            self.assertEqual(server.get("/healthz").status, 200)
            self.assertTrue(server.get("/status").json["draining"])
            self.assert_echoes(server.port)
            refused = server.post("/reload")
            self.assertEqual(refused.status, 503)
            self.assertIn("the server drains", refused.text)
            server.signal(SIGTERM)  # nobody waits for a day
            self.assertEqual(server.wait(), 1)

    def test_it_ends_with_the_last_connection(self):
        with Administered() as server:
            admin = server.admin()
            with Tls(server.port) as peer:
                self.assertEqual(peer.echo(b"x"), b"x")
            self.assertEqual(server.stop(), 0)
            self.assertFalse(processes.is_alive(admin))
            self.assertEqual(server.find_log("admin_exit"), [])

    def test_one_that_is_killed_is_replaced_and_nobody_notices(self):
        with Administered() as server, Tls(server.port) as peer:
            self.assertEqual(peer.echo(b"before"), b"before")
            for count in (1, 2):
                admin = server.admin()
                processes.kill(admin)
                told = server.wait_for_log("admin_exit", count=count)
                self.assertEqual((told["pid"], told["signal"]), (str(admin), "SIGKILL"))
                self.assertEqual(server.get("/status").json["admin_restarts"], count)
            self.assertEqual(peer.echo(b"after"), b"after")
            self.assertEqual(server.find_log("worker_exit"), [])

    def test_without_a_leader_it_is_not_ready_and_then_again(self):
        with Administered() as server:
            self.assertTrue(eventually(lambda: is_ready(server)))
            processes.kill(server.leaders()[0], SIGKILL)
            server.wait_for_log("leader_exit")
            self.assertTrue(eventually(lambda: is_ready(server)))
            numbers = [g["number"] for g in server.get("/status").json["generations"] if g["state"] == "serves"]
            self.assertEqual(numbers, [2])

    def test_workers_that_died_are_counted(self):
        with Administered() as server:
            self.assertTrue(eventually(lambda: is_ready(server)))
            worker = server.workers()[0]
            processes.kill(worker, SIGKILL)
            self.assertTrue(eventually(lambda: server.get("/status").json["worker_restarts"] == 1))
            server.post("/reload")
            self.assertEqual(server.get("/status").json["worker_restarts"], 1)

    def test_those_who_say_nothing_keep_nobody_out(self):
        with Administered() as server:
            silent = [socket.create_connection(("127.0.0.1", server.admin_port), PATIENCE) for _ in range(100)]
            for peer in silent[:50]:
                peer.sendall(b"GET /healthz HTTP/1.1\r\nHost: ")
            for _ in range(20):
                self.assertEqual(server.get("/healthz").status, 200)
            for peer in silent:
                peer.close()

    def test_a_supervisor_that_stands_still_is_not_healthy(self):
        with Administered() as server:
            processes.kill(server.pid, 19)  # SIGSTOP
            try:
                refused = server.get("/healthz")
            finally:
                processes.kill(server.pid, 18)
            self.assertEqual((refused.status, refused.text), (503, "the supervisor does not answer\n"))
            self.assertEqual(server.get("/healthz").status, 200)


if __name__ == "__main__":
    secho.main()
