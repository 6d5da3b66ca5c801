"""secho-client path: what of TLS gets through, what does not, and whose doing it is."""

import concurrent.futures
import re
import socket
import ssl
import subprocess
import threading

import forwarder
import secho
import strange
from paths import ALL_GROUPS, CA, PATIENT, ROWS, SEGMENT, path, results, table
from terminal import Terminal


class Server(secho.TestCase):
    """Nothing in between: all works, or the server says so itself."""

    def test_everything_works_with_a_server_of_ours(self):
        with secho.Server() as server:
            code, found, tries = path(server.port)
        self.assertEqual((code, found["ok"], found["code"], found["exit"], found["echo"]), (0, True, "ok", 0, True))
        self.assertEqual(list(tries), ROWS)
        self.assertEqual(results(tries), ["works"] * 6 + ["not_tried"])
        self.assertIn("--idle", tries["long_idle"]["words"])

    def test_each_hello_is_what_its_name_says(self):
        with secho.Server() as server:
            seen = []
            with strange.Server(forwarder.between(server.port, hello=lambda hello: seen.append(hello))) as way:
                code, _, tries = path(way.port)
        self.assertEqual(code, 0)
        small, large, split, _, old, nameless = seen[:3] + seen[-3:]
        self.assertLess(small.size, 600)
        self.assertGreater(large.size, SEGMENT)
        self.assertEqual([small.segments, split.segments, old.segments, nameless.segments], [1, 2, 1, 1])
        self.assertEqual([one.offers_tls13 for one in (small, large, old, nameless)], [True, True, False, True])
        self.assertEqual([one.has_name for one in (small, large, split, old, nameless)], [True] * 4 + [False])
        self.assertEqual([tries[name]["hello_bytes"] for name in ("small_hello", "large_hello")], [small.size, large.size])

    def test_a_retry_cannot_be_provoked_where_the_server_has_every_group(self):
        with secho.Server(secho.tls(tls={"groups": ALL_GROUPS})) as server:
            code, _, tries = path(server.port)
        self.assertEqual((code, tries["hello_retry"]["result"]), (0, "not_provokable"))
        self.assertIn("X448, P-521, ffdhe2048", tries["hello_retry"]["words"])

    def test_a_retry_that_was_provoked_tells_the_groups(self):
        with secho.Server(secho.tls(tls={"groups": "X448:P-256"})) as server:
            _, _, tries = path(server.port)
        self.assertEqual(tries["hello_retry"]["words"], "it did not take P-521 and asked for P-256")

    def test_a_version_that_the_server_does_not_speak_is_its_own_decision(self):
        with secho.Server(secho.tls(tls={"min_version": "1.3"})) as server:
            code, found, tries = path(server.port)
        self.assertEqual((code, found["ok"]), (0, True))
        self.assertEqual((tries["tls12"]["result"], tries["tls12"]["code"]), ("server_decides", "no_common_version"))
        self.assertNotIn("culprit", tries["tls12"])

    def test_tls_12_knows_no_retry(self):
        with secho.Server(secho.tls(tls={"max_version": "1.2"})) as server:
            code, _, tries = path(server.port)
        self.assertEqual((code, tries["hello_retry"]["result"], tries["tls12"]["result"]), (0, "not_provokable", "works"))

    def test_a_server_that_wants_a_name_decides_so_itself(self):
        def refuse_nobody(_stream, name, _settings):
            return None if name else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

        settings = strange.context()
        settings.sni_callback = refuse_nobody
        with strange.Server(strange.tls(strange.echo(), settings)) as server:
            code, _, tries = path(server.port)
        self.assertEqual((code, tries["no_server_name"]["code"]), (0, "unknown_name"))
        self.assertEqual(tries["no_server_name"]["result"], "server_decides")

    def test_a_server_that_shows_another_certificate_without_a_name_decides_so_itself(self):
        settings, named = strange.context("bad/wrong-name"), strange.context()

        def choose(stream, name, _settings):
            stream.context = named if name else settings

        settings.sni_callback = choose
        with strange.Server(strange.tls(strange.echo(), settings)) as server:
            code, _, tries = path(server.port)
        self.assertEqual((code, tries["no_server_name"]["code"]), (0, "server_certificate_wrong_name"))
        self.assertEqual(tries["no_server_name"]["result"], "server_decides")

    def test_an_address_has_no_name_to_leave_out(self):
        with secho.Server() as server:
            code, _, tries = path(server.port, host="127.0.0.1")
            self.assertEqual((code, tries["no_server_name"]["result"]), (0, "not_tried"))
            code, _, tries = path(server.port, "--server-name", "localhost", host="127.0.0.1")
            self.assertEqual((code, tries["no_server_name"]["result"]), (0, "works"))

    def test_one_version_is_kept_to(self):
        with secho.Server() as server:
            _, _, tries = path(server.port, "--tls", "1.3")
            self.assertEqual((tries["tls12"]["result"], tries["hello_retry"]["result"]), ("not_tried", "works"))
            _, _, tries = path(server.port, "--tls", "1.2")
            self.assertEqual((tries["tls12"]["result"], tries["hello_retry"]["result"]), ("works", "not_provokable"))

    def test_a_server_that_does_not_echo_is_judged_by_its_handshakes(self):
        openssl = secho.needs("openssl", "openssl")
        words = ["s_server", "-accept", "127.0.0.1:0", "-www", "-cert", secho.pki() / "server.pem", "-cert_chain",
                 secho.pki() / "server.pem", "-key", secho.pki() / "server.key"]
        with subprocess.Popen([openssl, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as other:
            try:
                line = next(line for line in other.stdout if line.startswith(b"ACCEPT"))
                code, found, tries = path(int(line.rsplit(b":", 1)[1]), *PATIENT, "--idle", "1s")
            finally:
                other.terminate()
        self.assertEqual((code, found["echo"]), (0, False))
        self.assertEqual([one for one in results(tries) if one in ("fails", "server_decides")], [])
        self.assertEqual((tries["no_server_name"]["result"], tries["long_idle"]["result"]), ("works", "not_tried"))

    def test_a_server_that_speaks_first_is_judged_by_its_handshakes(self):
        def greet(stream):
            stream.sendall(b"220 mail.test ESMTP\r\n")
            while stream.recv(65536):
                stream.sendall(b"500 what?\r\n")
            strange.goodbye(stream)

        with strange.Server(strange.tls(greet)) as server:
            code, found, tries = path(server.port, "--idle", "1s")
            status, out, _ = table(server.port)
        self.assertEqual((code, found["echo"], found["code"]), (0, False, "ok"), found)
        self.assertEqual([tries[name]["result"] for name in ROWS if name != "hello_retry"], ["works"] * 5 + ["not_tried"])
        self.assertEqual(status, 0)
        self.assertIn("The server does not echo: the handshakes alone were looked at.", out)

    def test_an_echo_that_is_damaged_or_cut_off_is_one_all_the_same(self):
        def resets(stream):
            stream.recv(65536)
            strange.set_to_reset(stream)

        cases = {
            "echo_wrong": (strange.echo(lambda data: data[:-1] + bytes([data[-1] ^ 1])), 65),
            "echo_long": (strange.echo(lambda data: data + b"x"), 65),
            "truncated": (lambda stream: stream.recv(65536) and stream.shutdown(socket.SHUT_WR), 65),
            "reset": (resets, 65),
        }
        for wanted, (behave, status) in cases.items():
            with self.subTest(wanted), strange.Server(strange.tls(behave)) as server:
                code, found, tries = path(server.port)
                self.assertEqual((code, found["code"], found["stage"]), (status, wanted, "echo"), found)
                self.assertEqual(list(tries), ROWS[:1])
                self.assertNotIn("culprit", tries["small_hello"])

    def test_an_orderly_end_in_place_of_an_echo_is_none(self):
        def leave(stream):
            stream.recv(65536)
            strange.goodbye(stream)

        with strange.Server(strange.tls(leave)) as server:
            code, found, _ = path(server.port)
        self.assertEqual((code, found["echo"]), (0, False), found)

    def test_a_limit_of_connections_in_a_second_is_no_middlebox(self):
        with secho.Server(limits={"handshakes_per_second_per_address": 2}) as server:
            code, _, tries = path(server.port, "--idle", "1s")
        self.assertEqual((code, results(tries)), (0, ["works"] * 7), tries)

    def test_nor_is_it_where_the_server_takes_most_groups(self):
        groups = "X25519:X448:P-521:ffdhe2048:P-256"
        with secho.Server(secho.tls(tls={"groups": groups}), limits={"handshakes_per_second_per_address": 2}) as server:
            code, _, tries = path(server.port)
        self.assertEqual((code, tries["hello_retry"]["result"]), (0, "works"), tries)
        self.assertRegex(tries["hello_retry"]["words"], "it did not take ffdhe4096 and asked for ")

    def test_what_fails_once_only_works_at_the_second_attempt(self):
        def first_large(_hello):
            count.append(1)
            return len(count) == 2

        count = []
        with secho.Server() as server, strange.Server(forwarder.between(server.port, hello=first_large)) as way:
            code, _, tries = path(way.port)
        self.assertEqual((code, tries["large_hello"]["result"]), (0, "works"))
        self.assertIn("at the second attempt", tries["large_hello"]["words"])

    def test_a_first_connection_that_is_reset_once_does_not_mean_that_tls_13_is_broken(self):
        count = []
        with secho.Server() as server:
            with strange.Server(forwarder.between(server.port, hello=lambda _: count.append(1) or len(count) == 1)) as way:
                code, _, tries = path(way.port)
        self.assertEqual((code, results(tries)), (0, ["works"] * 6 + ["not_tried"]), tries)
        self.assertRegex(tries["small_hello"]["words"], r"^TLSv1\.3 .*, at the second attempt$")

    def test_when_even_the_small_hello_fails_it_is_explained_as_usual(self):
        cases = {"refused": (None, 69), "server_certificate_expired": ("bad/expired", 77)}
        for code, (certificate, status) in cases.items():
            behaviour = strange.tls(strange.echo(), certificate=certificate or "server")
            with self.subTest(code), strange.Server(behaviour) as server, secho.closed_port() as closed:
                port = server.port if certificate else closed
                exit_status, found, tries = path(port)
                self.assertEqual((exit_status, found["code"], found["exit"]), (status, code, status))
                self.assertEqual((list(tries), found["ok"]), (ROWS[:1], False))
                self.assertIn(found["advice"], table(port)[2])


# What a box breaks: the row that tells it, and when it does.
BOXES = {
    "large_hello": {"hello": lambda hello: hello.size > SEGMENT},
    "split_hello": {"hello": lambda hello: hello.segments > 1},
    "hello_retry": {"answer": forwarder.is_retry},
    "tls12": {"hello": lambda hello: not hello.offers_tls13},
    "no_server_name": {"hello": lambda hello: not hello.has_name},
}
CODES = {forwarder.reset: "reset", forwarder.close: "closed_in_handshake", forwarder.swallow: "handshake_timeout"}


class Between(secho.TestCase):
    """A box in between that misbehaves in one way: its row tells, the others work."""

    def check(self, server, row, how):
        """One row and one way to break it."""
        with strange.Server(forwarder.between(server.port, how=how, **BOXES[row])) as way:
            code, found, tries = path(way.port, *PATIENT)
        self.assertEqual((code, found["ok"], found["code"]), (1, False, CODES[how]), found)
        self.assertEqual(results(tries), ["fails" if name == row else "works" for name in ROWS[:-1]] + ["not_tried"])
        self.assertEqual((tries[row]["code"], tries[row]["stage"]), (CODES[how], "handshake"))
        self.assertRegex(tries[row]["culprit"], "^an? .*(load balancer|firewall|proxy)")
        return tries[row]

    def check_all(self, how):
        """Each row in that way: what became of them. At the same time, as each waits."""
        with secho.Server() as server, concurrent.futures.ThreadPoolExecutor() as pool:
            running = {row: pool.submit(self.check, server, row, how) for row in BOXES}
            for row, one in running.items():
                with self.subTest(row):
                    yield one.result()

    def test_what_is_reset_is_told_in_its_row(self):
        self.assertEqual(len(list(self.check_all(forwarder.reset))), len(BOXES))

    def test_what_is_closed_is_told_in_its_row(self):
        self.assertEqual(len(list(self.check_all(forwarder.close))), len(BOXES))

    def test_what_is_swallowed_is_told_in_its_row_with_the_time_that_it_was_waited_for(self):
        for row in self.check_all(forwarder.swallow):
            self.assertIn("within 6s", row["why"])

    def test_two_boxes_are_told_apart(self):
        both = {"hello": lambda hello: hello.segments > 1 or not hello.has_name}
        with secho.Server() as server, strange.Server(forwarder.between(server.port, **both)) as way:
            code, _, tries = path(way.port)
        self.assertEqual(code, 1)
        self.assertEqual(results(tries), ["works", "works", "fails", "works", "works", "fails", "not_tried"])

    def test_who_lets_no_tls_13_through_is_told_and_the_rest_is_tried_with_tls_12(self):
        with secho.Server() as server:
            box = forwarder.between(server.port, hello=lambda hello: hello.offers_tls13)
            with strange.Server(box) as way:
                code, found, tries = path(way.port)
        self.assertEqual((code, found["code"]), (1, "reset"))
        self.assertEqual(results(tries), ["fails", "works", "works", "not_provokable", "works", "works", "not_tried"])
        self.assertIn("TLS 1.3", tries["small_hello"]["culprit"])

    def test_who_lets_nothing_through_is_explained_as_usual(self):
        with secho.Server() as server:
            with strange.Server(forwarder.between(server.port, hello=lambda _: True)) as way:
                code, found, tries = path(way.port)
        self.assertEqual((code, found["code"], list(tries)), (69, "reset", ["small_hello", "tls12"]))

    def test_a_server_that_goes_away_meanwhile_is_no_middlebox(self):
        count = []
        with secho.Server() as server:
            box = forwarder.between(server.port, hello=lambda _: count.append(1) or len(count) > 2)
            with strange.Server(box) as way:
                code, found, tries = path(way.port)
                count.clear()
                self.assertIn("reset the connection", table(way.port)[2])
        self.assertEqual((code, found["code"], found["stage"]), (69, "reset", "handshake"))
        self.assertEqual(list(tries), ["small_hello", "large_hello", "split_hello"])

    def test_what_is_changed_in_the_echo_is_told(self):
        def damage_large(stream):
            count.append(1)
            return strange.echo(lambda data: data[:-1] + bytes([data[-1] ^ 1]) if len(count) == 2 else data)(stream)

        count = []
        with strange.Server(strange.tls(damage_large)) as server:
            code, _, tries = path(server.port)
        self.assertEqual((code, tries["large_hello"]["result"], tries["large_hello"]["code"]), (1, "fails", "echo_wrong"))
        self.assertNotIn("culprit", tries["large_hello"])


class Looks(secho.TestCase):
    def test_people_get_a_table_and_what_it_means(self):
        with secho.Server() as server:
            code, out, err = table(server.port)
            self.assertEqual((code, err), (0, ""))
            self.assertNotIn("\033", out)
            self.assertRegex(out, r"(?m)^PATH localhost port \d+: each stage of a try waits 10 s at most$")
            self.assertRegex(out, r"(?m)^small hello +works +TLSv1\.3 ")
            self.assertRegex(out, r"(?m)^split hello +works +3 bytes, then the other \d+$")
            self.assertEqual(out.splitlines()[-1], "Nothing on the way breaks what was tried.")
            with strange.Server(forwarder.between(server.port, **BOXES["split_hello"])) as way:
                code, out, err = table(way.port)
        self.assertEqual((code, err), (1, ""))
        self.assertRegex(out, r"(?m)^split hello +fails +reset after [\d.]+ .?s, 3 bytes, then the other \d+$")
        self.assertRegex(out, r"(?m)^split hello \(reset\): localhost .*: the server, or something on the way, reset")
        self.assertIn("  So does a load balancer or firewall that reads the server name (SNI)", out)
        self.assertIn("Something on the way breaks TLS, or the server does", out.splitlines()[-1])

    def test_quiet_leaves_the_exit_code(self):
        with secho.Server() as server:
            self.assertEqual(table(server.port, "-q"), (0, "", ""))
            with strange.Server(forwarder.between(server.port, **BOXES["split_hello"])) as way:
                self.assertEqual(table(way.port, "-q"), (1, "", ""))

    def test_each_row_appears_when_its_try_is_done(self):
        with secho.Server() as server:
            words = [secho.program("secho-client"), *CA, "--idle", "1h", "path", "localhost", str(server.port)]
            with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as running:
                guard = threading.Timer(secho.PATIENCE, running.kill)
                guard.start()
                rows = [running.stdout.readline().split("  ")[0] for _ in range(7)]
                running.terminate()
                guard.cancel()
        self.assertEqual(rows[1:], ["small hello", "large hello", "split hello", "HelloRetryRequest", "TLS 1.2 only", "no server name"])

    def test_a_terminal_gets_colours_unless_it_does_not_want_them(self):
        words = (secho.program("secho-client"), *CA, "path", "localhost")
        with secho.Server(secho.tls(tls={"min_version": "1.3"})) as server:
            for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
                with self.subTest(env), Terminal(*words, str(server.port), env={"NO_COLOR": "", **env}) as person:
                    self.assertEqual(person.wait(), 0)
                    self.assertEqual("\033[32mworks" in person.screen, coloured)
                    self.assertEqual("\033[33mserver decides" in person.screen, coloured)
                    plain = re.sub(r"\033\[[\d;]*m", "", person.screen)
                    self.assertRegex(plain, r"(?m)^TLS 1\.2 only +server decides +no_common_version after ")

    def test_idle_is_for_path_and_has_a_least_value(self):
        for words, said in ((["--idle", "1s", "check"], b"--idle is for path"), (["--idle", "10ms", "path"], b"--idle must be")):
            done = secho.client(*words, "localhost", 1)
            self.assertEqual(done.returncode, 64)
            self.assertIn(said, done.stderr)


if __name__ == "__main__":
    secho.main()
