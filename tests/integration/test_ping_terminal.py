"""secho-client ping and the person in front of it: Ctrl-C, Ctrl-\\, colours, a histogram."""

import signal

import secho
import strange
from pings import echo_but, flipped, start_ping
from terminal import Terminal


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
