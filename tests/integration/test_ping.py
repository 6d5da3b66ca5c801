"""secho-client ping: times, and echoes that are wrong, missing, late or out of order told apart."""

import json
import signal
import subprocess

import secho
import strange
from terminal import Terminal

SIZE = 64


def ping(port, *options, host="localhost", **more):
    """Runs ping to its end."""
    return secho.client("--ca", secho.pki() / "ca.pem", "ping", *options, host, port, **more)


def start_ping(port, *options):
    """A ping that runs until it is stopped."""
    words = [secho.program("secho-client"), "--ca", secho.pki() / "ca.pem", "ping", *options, "localhost", port]
    return subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def messages(stream):
    """The messages that arrive, one by one."""
    held = b""
    while data := stream.recv(65536):
        held += data
        while len(held) >= SIZE:
            yield held[:SIZE]
            held = held[SIZE:]


def echo_but(misbehave):
    """An echo whose answer to message `number` (from 1) is what `misbehave` makes of it: a list of pieces."""

    def behave(stream):
        for number, message in enumerate(messages(stream), 1):
            for piece in misbehave(number, message):
                stream.sendall(piece)
        strange.goodbye(stream)

    return strange.Server(strange.tls(behave))


def flipped(message, at):
    """One bit of one byte is another one."""
    return message[:at] + bytes([message[at] ^ 1]) + message[at + 1 :]


def swap_third_and_fourth():
    """Holds the third message back until the fourth has gone."""
    held = []

    def misbehave(number, message):
        if number == 3:
            held.append(message)
            return []
        return [message, *held] if number == 4 else [message]

    return misbehave


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
            done = ping(server.port, "-f", "-w", "0.3", "-q")
            self.assertEqual(done.returncode, 0, done)
            few = ping(server.port, "--json", "-q", "-w", "300ms", "-c", 9, "-i", "1h")
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


class Reconnect(secho.TestCase):
    def test_each_message_has_a_connection_of_its_own_and_its_stages(self):
        with secho.Server() as server:
            done = ping(server.port, "--json", "--reconnect", "-c", 3, "-i", "10ms")
            server.wait_for_log("closed", count=3, end="ok")
        *echoes, summary = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(sorted(echo["seq"] for echo in echoes), [1, 2, 3])
        for echo in echoes:
            stages = echo["times_ms"]
            self.assertEqual(set(stages), {"dns", "tcp", "tls", "first_echo", "echo"})
            self.assertAlmostEqual(echo["time_ms"], sum(stages.values()) - stages["echo"], places=3)
        self.assertEqual({key: value["count"] for key, value in summary["times_ms"].items()},
                         dict.fromkeys(["dns", "tcp", "tls", "first_echo", "echo", "total"], 3))  # fmt: skip

    def test_lines_tell_the_stages(self):
        with echo_but(lambda _number, message: [message]) as server:
            done = ping(server.port, "--reconnect", "-c", 1)
        number = r"[0-9]+\.[0-9]{3}"
        self.assertRegex(
            done.stdout.decode().splitlines()[1],
            rf"^64 bytes from 127.0.0.1:{server.port}: seq=1 time={number} ms "
            rf"\(dns {number}, tcp {number}, tls {number}, first echo {number}, echo {number}\)$",
        )

    def test_connections_resume_when_asked_to_and_only_then(self):
        for word, resumes in [("--reconnect=resume", True), ("--reconnect=full", False)]:
            for version in ("1.2", "1.3"):
                with self.subTest(word=word, version=version), secho.Server() as server:
                    done = ping(server.port, "--json", word, "--tls", version, "-c", 4, "-i", "500ms")
                    *echoes, summary = [json.loads(line) for line in done.stdout.splitlines()]
                    resumed = {echo["seq"]: echo["resumed"] for echo in echoes}
                    self.assertEqual((resumed[1], resumed[4]), (False, resumes))
                    self.assertEqual((done.returncode, summary["resumed"]), (0, sum(resumed.values())))
                    self.assertEqual(summary["times_ms"].get("tls_resumed", {}).get("count", 0), sum(resumed.values()))

    def test_one_that_fails_is_told_and_the_next_ones_go_on(self):
        accepted = []

        def second_is_no_tls(sock):
            accepted.append(sock)
            if len(accepted) == 2:
                return strange.says(b"SSH-2.0-x\r\n")(sock)
            return strange.tls(strange.echo())(sock)

        with strange.Server(second_is_no_tls) as server:
            done = ping(server.port, "--json", "--reconnect", "-c", 3, "-i", "1s")
        *echoes, summary = [json.loads(line) for line in done.stdout.splitlines()]
        failed = [echo for echo in echoes if echo["result"] == "failed"]
        self.assertEqual((len(echoes), len(failed)), (3, 1))
        self.assertEqual((failed[0]["code"], failed[0]["exit"]), ("not_tls_ssh", 76))
        self.assertEqual((done.returncode, summary["code"]), (76, "not_tls_ssh"))
        self.assertEqual((summary["sent"], summary["received"], summary["failed"]), (3, 2, 1))

    def test_wrong_bytes_are_65(self):
        with echo_but(lambda number, message: [flipped(message, 40)] if number == 2 else [message]) as server:
            done = ping(server.port, "--json", "--reconnect", "-c", 1)
        echo, summary = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual((echo["result"], echo["code"], done.returncode), ("wrong", "echo_wrong", 65))
        self.assertEqual(summary["wrong"], 1)

    def test_connections_that_hang_shift_nothing_and_stop_at_ctrl_c_and_deadline(self):
        """Four begin although the first one never gets an answer."""
        with strange.Server(strange.silent) as server:
            words = ["--json", "--reconnect", "-i", "50ms", "--timeout", "0s"]
            done = ping(server.port, *words, "-w", "4s")
            (summary,) = [json.loads(line) for line in done.stdout.splitlines() if b"summary" in line]
            self.assertEqual((done.returncode, summary["received"]), (75, 0))
            self.assertGreater(summary["sent"], 3)
            with start_ping(server.port, "--reconnect", "--timeout", "0s") as running:
                self.assertIn("PING", running.stdout.readline())
                running.send_signal(signal.SIGINT)
                running.communicate(timeout=secho.PATIENCE)
            self.assertEqual(running.returncode, 75)


class Signals(secho.TestCase):
    def test_ctrl_c_gives_the_summary_and_the_exit_code_of_the_echoes(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name), echo_but(lambda _n, message: [message]) as server:
                with start_ping(server.port, "-i", "50ms") as running:
                    while "seq=3" not in running.stdout.readline():
                        pass
                    running.send_signal(number)
                    rest = running.stdout.read()
                self.assertEqual(running.returncode, 0, rest)
                self.assertIn("0 % loss", rest)

    def test_ctrl_c_after_a_wrong_echo_is_65(self):
        with echo_but(lambda n, m: [flipped(m, 40)] if n == 2 else [m]) as server:
            with start_ping(server.port, "-i", "50ms") as running:
                while "seq=3" not in running.stdout.readline():
                    pass
                running.send_signal(signal.SIGINT)
                running.communicate(timeout=secho.PATIENCE)
            self.assertEqual(running.returncode, 65)

    def test_ctrl_c_without_any_echo_is_75(self):
        with strange.Server(strange.tls(strange.mute)) as server:
            with start_ping(server.port) as running:
                self.assertIn("PING", running.stdout.readline())
                running.send_signal(signal.SIGINT)
                running.communicate(timeout=secho.PATIENCE)
            self.assertEqual(running.returncode, 75)

    def test_ctrl_c_while_the_connection_is_being_opened_is_75(self):
        with strange.Server(strange.silent) as server:
            with start_ping(server.port, "-v", "--timeout", "0s") as running:
                while "TCP:" not in running.stderr.readline():
                    pass
                running.send_signal(signal.SIGINT)
                running.communicate(timeout=secho.PATIENCE)
            self.assertEqual(running.returncode, 75)

    def test_sigquit_tells_how_it_goes_and_goes_on(self):
        with echo_but(lambda _n, message: [message]) as server:
            with start_ping(server.port, "-i", "50ms") as running:
                while "seq=2" not in running.stdout.readline():
                    pass
                running.send_signal(signal.SIGQUIT)
                self.assertRegex(running.stderr.readline(), r"^[0-9]+/[0-9]+ echoes, min/avg/max = ")
                running.send_signal(signal.SIGINT)
                running.communicate(timeout=secho.PATIENCE)
            self.assertEqual(running.returncode, 0)

    def test_it_ends_when_nobody_reads_it_any_more(self):
        with echo_but(lambda _n, message: [message]) as server:
            with start_ping(server.port, "-i", "10ms") as running:
                running.stdout.readline()
                running.stdout.close()
                self.assertNotEqual(running.wait(secho.PATIENCE), 0)


class OnATerminal(secho.TestCase):
    def person(self, port, *options, env=None):
        """Somebody who pings this port."""
        return Terminal(
            secho.program("secho-client"), "--ca", secho.pki() / "ca.pem", "ping", *options, "localhost", port, env=env
        )

    def test_ctrl_c_at_the_keyboard_shows_summary_and_histogram(self):
        with echo_but(lambda _n, message: [message]) as server, self.person(server.port, "-i", "20ms") as person:
            person.wait_for("seq=5")
            person.type("\x03")
            person.wait_for("0 % loss")
            person.wait_for("first echo")
            person.wait_for("\u2588")
            self.assertEqual(person.wait(), 0)

    def test_colours_are_for_terminals_and_not_with_no_color(self):
        for env, coloured in [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]:
            with self.subTest(env), echo_but(lambda n, m: [flipped(m, 40)] if n == 2 else [m]) as server:
                with self.person(server.port, "-c", "3", "-i", "20ms", env=env) as person:
                    person.wait_for("wrong bytes from")
                    self.assertEqual(person.wait(), 65)
                    self.assertEqual("\x1b[31m" in person.screen, coloured)


if __name__ == "__main__":
    secho.main()
