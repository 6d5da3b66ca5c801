"""secho-client ping: times, and echoes that are wrong, missing, late or out of order told apart."""

import json

import secho
import strange
from pings import SIZE, echo_but, flipped, messages, ping, swap_third_and_fourth

# What the server does with the third message of five, and what ping must say of it.
RIGHT = {"sent": 5, "received": 5, "lost": 0, "missing": 0, "late": 0, "wrong": 0, "reordered": 0,
         "duplicates": 0, "foreign": 0, "on_the_way": 0}  # fmt: skip
MISBEHAVIOURS = {
    "nothing wrong": (lambda n, m: [m], 0, "ok", {}),
    "a byte of the pattern altered": (lambda n, m: [flipped(m, 40)] if n == 3 else [m], 65, "echo_wrong",
                                      {"received": 4, "wrong": 1}),
    "the last byte altered": (lambda n, m: [flipped(m, SIZE - 1)] if n == 3 else [m], 65, "echo_wrong",
                              {"received": 4, "wrong": 1}),
    "the marker altered": (lambda n, m: [flipped(m, 0)] if n == 3 else [m], 65, "echo_wrong",
                           {"received": 4, "wrong": 1}),
    "the number altered": (lambda n, m: [flipped(m, 11)] if n == 3 else [m], 65, "echo_wrong",
                           {"received": 4, "wrong": 1}),
    "a byte left out": (lambda n, m: [m[:30] + m[31:]] if n == 3 else [m], 65, "echo_wrong",
                        {"received": 4, "wrong": 1}),
    "a byte too many": (lambda n, m: [m[:30] + b"x" + m[30:]] if n == 3 else [m], 65, "echo_wrong",
                        {"received": 4, "wrong": 1}),
    "words in between": (lambda n, m: [m, b"hello\n"] if n == 3 else [m], 65, "echo_long", {"foreign": 1}),
    "words at the end": (lambda n, m: [m, b"hello\n"] if n == 5 else [m], 65, "echo_long", {"foreign": 1}),
    "dropped": (lambda n, m: [] if n == 3 else [m], 65, "echo_wrong", {"received": 4, "lost": 1, "missing": 1}),
    "sent twice": (lambda n, m: [m, m] if n == 3 else [m], 65, "echo_long", {"duplicates": 1}),
    "the last one twice": (lambda n, m: [m, m] if n == 5 else [m], 65, "echo_long", {"duplicates": 1}),
    "cut into bytes": (lambda n, m: [bytes([byte]) for byte in m] if n == 3 else [m], 0, "ok", {}),
}  # fmt: skip


class Ping(secho.TestCase):
    def objects(self, done):
        """What --json has printed."""
        return [json.loads(line) for line in done.stdout.decode().splitlines()]

    def assert_counts(self, summary, **differing):
        """The counters are those of a run without fault but for these."""
        self.assertEqual({key: summary[key] for key in RIGHT}, {**RIGHT, **differing})

    def test_each_way_to_misbehave_is_told_apart(self):
        for name, (misbehave, status, code, differing) in MISBEHAVIOURS.items():
            with self.subTest(name), echo_but(misbehave) as server:
                done = ping(server.port, "--json", "-c", 5, "-i", "10ms")
                summary = self.objects(done)[-1]
                self.assertEqual((done.returncode, summary["exit"], summary["code"]), (status, status, code), summary)
                self.assert_counts(summary, **differing)

    def test_an_echo_out_of_order_is_told_from_a_lost_one(self):
        with echo_but(swap_third_and_fourth()) as server:
            done = ping(server.port, "--json", "-c", 5, "-i", "10ms")
        objects = self.objects(done)
        self.assertEqual(done.returncode, 65)
        self.assert_counts(objects[-1], reordered=1)
        self.assertEqual([(o["seq"], o["result"]) for o in objects[:-1]],
                         [(1, "right"), (2, "right"), (4, "right"), (3, "reordered"), (5, "right")])  # fmt: skip

    def test_a_late_echo_is_told_from_a_lost_one(self):
        """The server answers the second message only when the fifth has come: two intervals later at least."""
        held = []

        def misbehave(number, message):
            if number == 2:
                held.append(message)
                return []
            return [*held, message] if number == 5 else [message]

        with echo_but(misbehave) as server:
            done = ping(server.port, "--json", "-c", 5, "-i", "2s", "--timeout", "3500ms")
        objects = self.objects(done)
        self.assertEqual([(o["seq"], o["result"]) for o in objects[:-1]],
                         [(1, "right"), (3, "right"), (4, "right"), (2, "late"), (5, "right")])  # fmt: skip
        self.assertEqual((done.returncode, objects[-1]["code"]), (75, "echo_late"))

    def test_no_answer_is_a_timeout_and_does_not_shift_the_schedule(self):
        """Open loop: the next message goes out though the last one has not come back."""
        with strange.Server(strange.tls(strange.mute)) as server:
            done = ping(server.port, "--json", "-c", 3, "-i", "10ms", "--timeout", "4s")
        objects = self.objects(done)
        self.assertEqual([(o["seq"], o["result"]) for o in objects[:-1]], [(1, "lost"), (2, "lost"), (3, "lost")])
        self.assertEqual((done.returncode, objects[-1]["code"], objects[-1]["loss"]), (75, "echo_late", 1))

    def test_a_server_that_leaves_is_told_as_such(self):
        def leave(stream):
            stream.sendall(stream.recv(65536))
            strange.goodbye(stream)

        for behave, code in [(leave, "closed_early"), (strange.cut, "truncated")]:
            with self.subTest(code), strange.Server(strange.tls(behave)) as server:
                done = ping(server.port, "--json", "-i", "60s")
                self.assertEqual((done.returncode, self.objects(done)[-1]["code"]), (65, code), done)

    def test_a_connection_that_does_not_come_about_has_the_exit_code_of_check(self):
        with strange.Server(strange.says(b"SSH-2.0-x\r\n")) as server:
            done = ping(server.port, "--json", "-c", 1)
        self.assertEqual((done.returncode, self.objects(done)[-1]["code"]), (76, "not_tls_ssh"))
        self.assertEqual(self.objects(done)[-1]["sent"], 0)

    def test_lines_and_summary_are_as_people_know_them(self):
        with echo_but(lambda _number, message: [message]) as server:
            done = ping(server.port, "-c", 3, "-i", "0.01")
            lines = done.stdout.decode().splitlines()
            place = f"127.0.0.1:{server.port}"
        self.assertEqual(done.returncode, 0, done)
        self.assertRegex(lines[0], rf"^PING localhost \({place}\): 64 bytes in TLSv1.3 ")
        self.assertRegex(lines[1], rf"^64 bytes from {place}: seq=1 time=[0-9]+\.[0-9]{{3}} ms \(first echo\)$")
        self.assertRegex(lines[3], rf"^64 bytes from {place}: seq=3 time=[0-9]+\.[0-9]{{3}} ms$")
        self.assertRegex(lines[6], r"^3 sent, 3 received, 0 % loss, ")
        self.assertEqual(lines[7].split(), ["ms", "min", "avg", "max", "stddev", "p50", "p90", "p99"])
        self.assertEqual([line.split()[0] for line in lines[8:]], ["dns", "tcp", "tls", "first", "echo"])
        self.assertNotIn("\x1b", done.stdout.decode())
        self.assertEqual(done.stderr, b"")

    def test_the_first_echo_stands_apart(self):
        with echo_but(lambda _number, message: [message]) as server:
            done = ping(server.port, "--json", "-c", 4, "-i", "10ms")
        *echoes, summary = self.objects(done)
        self.assertEqual([echo["first"] for echo in echoes], [True, False, False, False])
        self.assertEqual(summary["times_ms"]["first_echo"]["count"], 1)
        self.assertEqual(summary["times_ms"]["echo"]["count"], 3)
        self.assertEqual(summary["times_ms"]["first_echo"]["max"], echoes[0]["time_ms"])

    def test_any_echo_slower_than_warn_is_exit_1(self):
        """The server answers the second message when the third has come."""
        held = []

        def misbehave(number, message):
            held.append(message)
            return [held.pop(0) for _ in range(len(held))] if number != 2 else []

        for limit, status in [("1ms", 1), ("1h", 0)]:
            held.clear()
            with self.subTest(limit), echo_but(misbehave) as server:
                done = ping(server.port, "--json", "-c", 3, "-i", "300ms", "--warn", limit)
                *echoes, summary = self.objects(done)
                self.assertEqual((done.returncode, summary["code"]), (status, "echo_slow" if status else "ok"))
                self.assertEqual((echoes[1]["slow"], summary["slow"] > 0), (status == 1, status == 1))

    def test_a_flood_is_bounded_by_count_and_depth(self):
        most = []

        def holds_until_full(stream):
            """Answers only when 8 are there: with one less under way nothing would ever come back."""
            held = []
            for message in messages(stream):
                held.append(message)
                most.append(len(held))
                if len(held) == 8:
                    stream.sendall(b"".join(held))
                    held.clear()
            strange.goodbye(stream)

        with strange.Server(strange.tls(holds_until_full)) as server:
            done = ping(server.port, "-f", "--depth", 8, "-c", 400)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn(b"400 sent, 400 received, 0 % loss", done.stdout)
        self.assertNotIn(b"seq=", done.stdout)
        self.assertEqual(max(most), 8)

    def test_a_deadline_ends_it(self):
        with echo_but(lambda _number, message: [message]) as server:
            done = ping(server.port, "-f", "-w", "4", "-q")
            self.assertEqual(done.returncode, 0, done)
            few = ping(server.port, "--json", "-q", "-w", "4s", "-c", 9, "-i", "1h")
        (summary,) = self.objects(few)
        self.assertEqual((few.returncode, summary["code"], summary["sent"]), (75, "echo_late", 1))

    def test_sizes_come_back_over_both_versions_and_families(self):
        options = [["--tls", version, "-s", size] for version in ("1.2", "1.3") for size in ("16", "16KiB", "64KiB")]
        for words in options:
            for host in ("127.0.0.1", "::1"):
                with self.subTest(words=words, host=host), strange.Server(strange.tls(strange.echo()), host) as server:
                    done = ping(server.port, *words, "-c", 3, "-i", "10ms", host=host)
                    self.assertEqual(done.returncode, 0, done)
                    self.assertIn(b"3 received", done.stdout)

    def test_secho_server_itself_is_pinged(self):
        with secho.Server() as server:
            done = ping(server.port, "-c", 3, "-i", "10ms")
            self.assertEqual(done.returncode, 0, done)
            self.assertEqual(server.wait_for_log("closed", end="ok")["in"], "192")


if __name__ == "__main__":
    secho.main()
