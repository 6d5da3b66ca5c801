"""What systemd hears (sd_notify(3)): a test plays the manager's part."""

import os
import pathlib
import signal
import time

import processes
import secho
from manager import Manager
from secho import Server, Tls

STATES = ("READY", "RELOADING", "STOPPING")
# WATCHDOG_PID is the service's own pid, as systemd sets it.
AS_SERVICE = ("sh", "-c", 'export WATCHDOG_PID=$$; exec "$@"', "sh")


class Start(secho.TestCase):
    def test_ready_comes_once_when_connects_work(self):
        for abstract in (False, True):
            with self.subTest(abstract=abstract), Manager(abstract) as boss:
                server = Server(secho.tls(), secho.tcp(name="plain"), env=boss.env)
                try:
                    server.start(wait=False)
                    ready = boss.wait_for("READY", "^1$")
                    self.assertIn("main on 127.0.0.1:", ready["STATUS"])
                    port = int(ready["STATUS"].partition("main on 127.0.0.1:")[2].partition(",")[0])
                    self.assert_echoes(port)
                    self.assertIn("plain on 127.0.0.1:", ready["STATUS"])
                    self.assertEqual(server.stop(), 0)
                    self.assertEqual(boss.said(*STATES), [("READY", "1"), ("STOPPING", "1")])
                finally:
                    server._clean_up()

    def test_a_start_that_fails_is_never_ready(self):
        with Manager() as boss:
            done = secho.run_server(config={"listeners": []}, env={**os.environ, **boss.env})
            self.assertEqual(done.returncode, 78)
            self.assertEqual(boss.said("READY"), [])
            self.assertIn("Not started", boss.wait_for("STOPPING")["STATUS"])

    def test_only_the_supervisor_speaks_and_its_children_could_not(self):
        names = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}
        with Manager(env={"WATCHDOG_USEC": "60000000"}) as boss:
            with Server(env=boss.env, prefix=AS_SERVICE) as server:
                self.assertLessEqual(names, processes.environment(server.pid))
                for pid in server.leaders() + server.workers():
                    self.assertEqual(processes.environment(pid) & names, set())
            self.assertEqual({message["pid"] for message in boss.hear_all()}, {server.pid})

    def test_a_manager_that_is_not_there_is_no_obstacle(self):
        with Server(env={"NOTIFY_SOCKET": "/nonexistent/notify"}) as server:
            self.assert_echoes(server.port)

    def test_a_socket_that_is_none_is_refused(self):
        for name in ("relative/notify", "@", "/" + 200 * "x"):
            with self.subTest(name):
                config = secho.configuration()
                done = secho.run_server(config=config, env={**os.environ, "NOTIFY_SOCKET": name})
                self.assertEqual(done.returncode, 71)
                self.assertIn("NOTIFY_SOCKET is", done.stderr)


class Reload(secho.TestCase):
    def reload(self, boss, server):
        """SIGHUP; what was said from then on up to the next READY."""
        boss.hear_all()
        since = len(boss.messages)
        before_us = time.monotonic_ns() // 1000
        server.signal(signal.SIGHUP)
        reloading = boss.wait_for("RELOADING", "^1$", since)
        self.assertGreaterEqual(int(reloading["MONOTONIC_USEC"]), before_us)
        self.assertLessEqual(int(reloading["MONOTONIC_USEC"]), time.monotonic_ns() // 1000)
        return boss.wait_for("READY", "^1$", boss.messages.index(reloading))

    def test_one_that_works_is_told_and_then_ready(self):
        with Manager() as boss, Server(env=boss.env) as server:
            boss.wait_for("READY")
            ready = self.reload(boss, server)
            self.assertIn("Serving main on", ready["STATUS"])
            self.assertNotIn("failed", ready["STATUS"])
            self.assertEqual(boss.said(*STATES), [("READY", "1"), ("RELOADING", "1"), ("READY", "1")])

    def test_one_that_fails_is_ready_again_too_and_says_so_until_one_works(self):
        with Manager() as boss, Server(env=boss.env) as server:
            boss.wait_for("READY")
            file = pathlib.Path(server._folder, "secho.json")
            good = file.read_text()
            file.write_text("{")
            self.assertRegex(self.reload(boss, server)["STATUS"], r"Serving main on .* the reload at \d{4}-\S+ failed")
            self.assert_echoes(server.port)
            file.write_text(good)
            self.assertNotIn("failed", self.reload(boss, server)["STATUS"])


class Stop(secho.TestCase):
    def test_a_drain_is_told_and_asks_for_the_time_that_it_takes(self):
        with Manager() as boss, Server(env=boss.env) as server, Tls(server.port) as peer:
            self.assertEqual(peer.echo(b"before"), b"before")
            boss.wait_for("READY")
            server.signal(signal.SIGTERM)
            self.assertIn("connections open", boss.wait_for("STOPPING", "^1$")["STATUS"])
            self.assertGreater(int(boss.wait_for("EXTEND_TIMEOUT_USEC")["EXTEND_TIMEOUT_USEC"]), 5_000_000)
            self.assertEqual(peer.receive_to_end(), b"")
            peer.close()
            self.assertEqual(server.wait(), 0)
            self.assertEqual(boss.said(*STATES)[-1], ("STOPPING", "1"))


class Watchdog(secho.TestCase):
    def test_it_is_petted_until_the_supervisor_stands_still(self):
        with Manager(env={"WATCHDOG_USEC": "400000"}) as boss:
            with Server(env=boss.env, prefix=AS_SERVICE) as server:
                for _ in range(3):
                    boss.wait_for("WATCHDOG", "^1$", len(boss.hear_all()))
                processes.kill(server.pid, signal.SIGSTOP)
                try:
                    self.assertTrue(secho.eventually(lambda: processes.is_stopped(server.pid)))
                    boss.hear_all()
                    self.assertTrue(boss.is_silent_for(2))
                finally:
                    processes.kill(server.pid, signal.SIGCONT)
                boss.wait_for("WATCHDOG", "^1$", len(boss.messages))

    def test_nobody_pets_where_another_process_or_nobody_is_meant(self):
        for env in ({"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}, {}):
            with self.subTest(env), Manager(env=env) as boss, Server(env=boss.env) as server:
                boss.wait_for("READY")
                self.assert_echoes(server.port)
                self.assertEqual(server.stop(), 0)
                self.assertEqual(boss.said("WATCHDOG"), [])


if __name__ == "__main__":
    secho.main()
