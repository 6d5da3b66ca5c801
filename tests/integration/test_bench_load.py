"""The load of secho-bench where it is hard: small pieces, overload, signals. No assertion about a time."""

import json
import os
import signal
import socket
import subprocess
import threading

import moments
import secho
import strange
from terminal import Terminal

PROGRAM = secho.program("secho-bench")


def words_of(port, *words, mode="echo"):
    """A command line with trust."""
    return [PROGRAM, "--ca", str(secho.pki() / "ca.pem"), *map(str, words), mode, "localhost", str(port)]


def measure(port, *words, mode="echo", **more):
    """A run with --json; the finished process, with .told beside it."""
    done = subprocess.run(
        words_of(port, "--json", *words, mode=mode),
        capture_output=True, text=True, timeout=secho.PATIENCE, check=False, **more)
    done.told = json.loads(done.stdout) if done.stdout else {}
    return done


def overloaded(timeout, port, *words, **more):
    """One that is not answered, with a timeout that the first check must keep, where the machine stands still as well."""
    return moments.run_until(
        (timeout, "30s"), lambda timeout: measure(port, "--timeout", timeout, *words, **more),
        lambda done: done.told["connections"]["opened"] > 0)


class Stream(secho.TestCase):
    def test_small_pieces_on_many_connections_come_back_within_the_window(self):
        with secho.Server() as server:
            for words in [["-s", 1, "-n", 10], ["-s", 1, "-n", 40, "-t", 2], ["-s", 16, "-n", 10]]:
                with self.subTest(words):
                    done = moments.run_until_heard(
                        lambda duration: measure(
                            server.port, "-d", duration, "--warmup", "100ms", "--timeout", "50s", *words, mode="stream"))
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertGreater(done.told["bytes"], 0)

    def test_a_window_without_a_byte_is_no_success(self):
        def late(stream):
            """Echoes what the first check and the opening send, then holds everything back."""
            stream.sendall(stream.recv(65536))
            while True:
                if not stream.recv(65536):
                    return

        with strange.Server(strange.tls(late)) as server:
            done = measure(server.port, "-d", "200ms", "--warmup", "0s", "--timeout", "1s", "-n", 1, mode="stream")
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertFalse(done.told["ok"])


class Overload(secho.TestCase):
    def assert_told(self, done):
        """What was missing is told, and is in the percentiles."""
        self.assertEqual(done.returncode, 75, done.stderr)
        told = done.told
        self.assertFalse(told["ok"])
        self.assertGreater(told["unanswered"], 0)
        self.assertEqual(sum(count for _, count in told["latency_us"]["histogram"]), told["latency_us"]["count"])
        self.assertGreater(told["latency_us"]["p99"], 0)
        return told

    def test_a_rate_that_nobody_can_take_is_no_success(self):
        with secho.Server() as server:
            for rate in [10000000, 100000000]:
                with self.subTest(rate):
                    done = overloaded("3s", server.port, "-d", "200ms", "--warmup", "100ms", "-s", "16KiB", "--rate", rate)
                    told = self.assert_told(done)
                    self.assertIn("never came back", done.stderr)
                    self.assertIn("--rate", told["advice"])
                    self.assertAlmostEqual(told["latency_us"]["count"], rate / 5, delta=rate / 20)
                    self.assertGreater(told["latency_us"]["p50"], 100000, "half of them were never sent")

    def test_connections_that_were_due_and_never_begun_count_too(self):
        with secho.Server() as server:
            done = overloaded("2s", server.port, "-d", "200ms", "--warmup", "0s", "--rate", 1000000, mode="handshake")
        self.assert_told(done)

    def test_a_server_that_stands_still_is_in_the_percentiles(self):
        def stalls(stream):
            """Echoes a hundred messages of a connection, and no more."""
            left = 100 * 64
            while data := stream.recv(left):
                stream.sendall(data)
                left -= len(data)
                if left == 0:
                    break
            while stream.recv(65536):
                pass

        with strange.Server(strange.tls(stalls)) as server:
            done = overloaded("3s", server.port, "-d", "2s", "--warmup", "0s", "-n", 1, "--rate", 200)
        self.assertEqual(done.returncode, 75)
        self.assertGreater(done.told["unanswered"], 0)
        self.assertGreater(done.told["latency_us"]["p99"], 100000, "those that are missing waited longest")


class Signals(secho.TestCase):
    def test_the_first_check_ends_by_the_signal(self):
        with socket.create_server(("127.0.0.1", 0)) as mute:
            command = words_of(mute.getsockname()[1], "--timeout", "1h")
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
                connection, _ = mute.accept()
                with connection:
                    connection.recv(1)
                    process.send_signal(signal.SIGINT)
                    out, err = process.communicate(timeout=secho.PATIENCE)
        self.assertEqual((process.returncode, out, err), (-signal.SIGINT, "", ""))

    def test_a_signal_ends_the_finish(self):
        held = threading.Event()

        def holds(stream):
            """Echoes the opening message of a connection and the first of the window, and answers no other."""
            for _ in range(2):
                stream.sendall(stream.recv(65536))
            while stream.recv(65536):
                held.set()

        with strange.Server(strange.tls(holds)) as server:
            command = words_of(server.port, "--json", "-d", "2s", "--warmup", "0s", "-n", 1, "--timeout", "1h")
            with Terminal(*command) as person:
                self.assertTrue(held.wait(secho.PATIENCE))
                person.wait_for("finishing")  # the window is over, the message is under way for an hour
                os.kill(person.pid, signal.SIGINT)
                self.assertEqual(person.wait(), 75)
                told, _ = json.JSONDecoder().raw_decode(person.screen[person.screen.index("{") :])
        self.assertTrue(told["interrupted"])


class Descriptors(secho.TestCase):
    def test_a_connection_needs_few_open_files(self):
        with secho.Server() as server:

            def limited(files, connections):
                """A run that may have so many open files."""
                return moments.run_until_heard(lambda duration: subprocess.run(
                    ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh",
                     *words_of(server.port, "-d", duration, "--warmup", "0s", "-n", connections)],
                    capture_output=True, text=True, check=False, timeout=secho.PATIENCE))

            self.assertEqual(limited(64, 1).returncode, 0)
            self.assertEqual(limited(64, 30).returncode, 0)
            refused = limited(64, 100)
        self.assertEqual(refused.returncode, 71)
        self.assertIn("100 connections need 124 open files, and this process may have 64", refused.stderr)


class Transport(secho.TestCase):
    def test_tls_to_a_plain_echo_is_recognised(self):
        with secho.Server(secho.tcp()) as server:
            done = measure(server.port, "--timeout", "5s")
        self.assertEqual(done.returncode, 76, done.stderr)
        self.assertIn("--plain", done.told["advice"])

    def test_plain_bytes_to_a_tls_port_are_recognised(self):
        with secho.Server() as server:
            done = subprocess.run(
                [PROGRAM, "--json", "--plain", "--timeout", "5s", "echo", "localhost", str(server.port)],
                capture_output=True, text=True, check=False, timeout=secho.PATIENCE)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("leave --plain away", json.loads(done.stdout)["advice"])


class WithoutEcho(secho.TestCase):
    def test_a_server_that_does_not_echo_can_be_asked_for_handshakes(self):
        def listens(stream):
            """Sends nothing at all."""
            while stream.recv(65536):
                pass

        with strange.Server(strange.tls(listens)) as server:
            for duration in moments.MOMENTS:  # longer, where the machine stood still for all of it
                done = measure(server.port, "-d", duration, "--warmup", "0s", "-n", 1, "--no-echo", mode="handshake")
                self.assertEqual(done.returncode, 0, done.stderr)
                if done.told["handshakes"]["full"] > 0:
                    break
            self.assertGreater(done.told["handshakes"]["full"], 0)
            echoed = measure(server.port, "-d", "200ms", "--timeout", "3s", "-n", 1, mode="handshake")
            self.assertEqual(echoed.returncode, 75)


if __name__ == "__main__":
    secho.main()
