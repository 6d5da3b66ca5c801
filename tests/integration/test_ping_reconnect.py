"""secho-client ping --reconnect: a new connection for each message, full or resumed."""

import json
import signal

import moments
import secho
import strange
from pings import echo_but, flipped, ping, start_ping


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
                    # Longer, where the first was not over when the last began.
                    done = moments.run_until(
                        ("500ms", "5s", "15s"),
                        lambda pause: ping(server.port, "--json", word, "--tls", version, "-c", 4, "-i", pause),
                        lambda done: self.resumed(done).get(4) == resumes)
                    summary, resumed = json.loads(done.stdout.splitlines()[-1]), self.resumed(done)
                    self.assertEqual((resumed[1], resumed[4]), (False, resumes))
                    self.assertEqual((done.returncode, summary["resumed"]), (0, sum(resumed.values())))
                    self.assertEqual(summary["times_ms"].get("tls_resumed", {}).get("count", 0), sum(resumed.values()))

    def resumed(self, done):
        """Which of them were: by their numbers."""
        *echoes, _summary = [json.loads(line) for line in done.stdout.splitlines()]
        return {echo["seq"]: echo["resumed"] for echo in echoes}

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


if __name__ == "__main__":
    secho.main()
