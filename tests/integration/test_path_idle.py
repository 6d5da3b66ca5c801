"""secho-client path --idle: silence, what forgets a connection in it, and readers who leave meanwhile."""

import concurrent.futures
import json
import os
import subprocess
import threading

import forwarder
import secho
import strange
from paths import CA, PATIENT, ROWS, path, results


class Silence(secho.TestCase):
    """--idle: 1 s of silence, then twice as long each time."""

    def idle(self, port, longest):
        """The exit status and the last row."""
        code, _, tries = path(port, *PATIENT, "--idle", longest)
        self.assertEqual(results(tries)[:-1], ["works"] * 6)
        return code, tries["long_idle"]

    def test_a_connection_that_nobody_forgets_survives(self):
        with secho.Server() as server, strange.Server(forwarder.between(server.port, silence=60)) as way:
            code, row = self.idle(way.port, "3s")
        self.assertEqual((code, row["result"], row["survived_ms"]), (0, "works", 3000))
        self.assertNotIn("ended_ms", row)

    def test_who_forgets_silent_connections_is_found(self):
        cases = {forwarder.swallow: "idle_timeout", forwarder.reset: "reset", forwarder.close: "truncated"}

        def check(port, how, expected):
            with strange.Server(forwarder.between(port, silence=3, how=how)) as way:
                code, row = self.idle(way.port, "16s")
            self.assertEqual((code, row["result"], row["code"]), (1, "fails", expected), row)
            self.assertGreater(row["ended_ms"], row["survived_ms"])
            self.assertIn("NAT", row["culprit"])

        with secho.Server() as server, concurrent.futures.ThreadPoolExecutor() as pool:  # each waits
            running = {expected: pool.submit(check, server.port, how, expected) for how, expected in cases.items()}
            for expected, one in running.items():
                with self.subTest(expected):
                    one.result()

    def test_a_server_that_ends_silent_connections_in_order_decides_so_itself(self):
        with secho.Server(timeouts={"idle": "6s"}) as server:  # none of 1, 2, 4, 8 s
            done = secho.client(*CA, *PATIENT, "--json", "--idle", "1h", "path", "localhost", server.port)
        row = json.loads(done.stdout)["tries"][-1]
        self.assertEqual((done.returncode, row["result"], row["code"]), (0, "server_decides", "closed_early"))

    def test_a_goodbye_that_crosses_our_bytes_is_a_decision_of_the_server(self):
        def once(stream):
            """Echoes what comes before the silence, and says goodbye to what comes behind it."""
            stream.sendall(stream.recv(65536))
            if stream.recv(65536):
                strange.goodbye(stream)

        with strange.Server(strange.tls(once)) as server:
            code, _, tries = path(server.port, *PATIENT, "--idle", "1s")
        row = tries["long_idle"]
        self.assertEqual((code, row["result"], row["code"], row["ended_ms"]), (0, "server_decides", "echo_short", 1000))
        self.assertNotIn("culprit", row)
        self.assertIn("ended after 1s", row["words"])

    def test_a_box_that_lets_nobody_begin_is_no_box_that_forgets(self):
        def seventh(_hello):
            count.append(1)
            return 7 <= len(count) <= 8

        count = []
        with secho.Server() as server, strange.Server(forwarder.between(server.port, hello=seventh)) as way:
            code, row = self.idle(way.port, "1s")
        self.assertEqual((code, row["result"], row["code"], row["survived_ms"]), (1, "fails", "reset", 0))
        self.assertNotIn("culprit", row)


class Readers(secho.TestCase):
    def assert_ends(self, running):
        """Long before the hour is over, and with no success."""
        try:
            self.assertNotEqual(running.wait(secho.PATIENCE), 0)
        finally:
            running.kill()

    def test_it_ends_when_nobody_reads_it(self):
        read, write = os.pipe()
        os.close(read)
        with secho.Server() as server:
            words = [secho.program("secho-client"), *CA, "--idle", "1h", "path", "localhost", str(server.port)]
            with subprocess.Popen(words, stdout=write, stderr=subprocess.DEVNULL) as running:
                os.close(write)
                self.assert_ends(running)

    def test_it_ends_when_its_reader_leaves_in_the_silence(self):
        with secho.Server() as server:
            words = [secho.program("secho-client"), *CA, "--idle", "1h", "path", "localhost", str(server.port)]
            with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
                guard = threading.Timer(secho.PATIENCE, running.kill)
                guard.start()
                rows = [running.stdout.readline() for _ in ["PATH", *ROWS[:-1]]]  # behind them comes the silence
                guard.cancel()
                running.stdout.close()
                self.assert_ends(running)
        self.assertTrue(rows[-1].startswith(b"no server name"), rows)


if __name__ == "__main__":
    secho.main()
