"""secho-client talk on a terminal: prompt, editing, history, and the terminal given back."""

import os
import signal

import secho
import strange
from terminal import Terminal

PROMPT = "secho> "


class Talk(secho.TestCase):
    def talk(self, port, *options):
        """A person who talks to this port."""
        return Terminal(secho.program("secho-client"), "--ca", secho.pki() / "ca.pem", *options, "localhost", port)

    def echo(self):
        """A server that echoes."""
        return strange.Server(strange.tls(strange.echo()))

    def test_a_line_comes_back_above_a_new_prompt(self):
        with self.echo() as server, self.talk(server.port) as person:
            person.wait_for(PROMPT)
            person.type("hello\r")
            person.wait_for("hello\r\n")
            person.wait_for("hello\r\n")
            person.wait_for(PROMPT)
            person.type("q\r")
            self.assertEqual(person.wait(), 0)

    def test_q_alone_quits_and_is_not_sent(self):
        sent = []
        remember = strange.echo(lambda data: sent.append(data) or data)
        with strange.Server(strange.tls(remember)) as server, self.talk(server.port) as person:
            person.wait_for(PROMPT)
            person.type("quit\r")
            person.wait_for("quit\r\n")
            person.wait_for("quit\r\n")
            person.type("q\r")
            self.assertEqual(person.wait(), 0)
            self.assertTrue(person.is_as_before())
        self.assertEqual(b"".join(sent), b"quit\n")

    def test_ctrl_d_ends_our_direction_and_the_rest_still_comes(self):
        def answer_at_the_end(stream):
            data = b"".join(iter(lambda: stream.recv(65536), b""))
            stream.sendall(data)
            strange.goodbye(stream)

        with strange.Server(strange.tls(answer_at_the_end)) as server, self.talk(server.port) as person:
            person.wait_for(PROMPT)
            person.type("late\r")
            person.wait_for("late\r\n")
            person.wait_for(PROMPT)  # before it the terminal is in another mode, which eats Ctrl-D
            person.type("\x04")
            person.wait_for("late\r\n")
            self.assertEqual(person.wait(), 0)
            self.assertTrue(person.is_as_before())

    def test_the_echo_does_not_destroy_the_line_being_typed(self):
        def speak_later(stream):
            stream.recv(65536)
            stream.sendall(b"news\n")
            strange.until_the_client_leaves(stream)

        with strange.Server(strange.tls(speak_later)) as server, self.talk(server.port) as person:
            if self.line_editing(person):
                person.wait_for(PROMPT)
                person.type("x\rhalf a li")
                person.wait_for("news\r\n")
                person.wait_for(PROMPT + "half a li")

    def line_editing(self, _person):
        """Is it built in?"""
        if "line editing: none" in secho.client("-V").stdout.decode():
            self.skipTest("built without line editing")
        return True

    def test_arrow_up_brings_the_last_line_again(self):
        with self.echo() as server, self.talk(server.port) as person:
            self.line_editing(person)
            person.wait_for(PROMPT)
            for word in ["first", "second"]:
                person.type(word + "\r")
                person.wait_for(word + "\r\n")
                person.wait_for(word + "\r\n" + PROMPT)
            person.type("\x1b[A\x1b[A")
            person.wait_for("first")
            person.type("\r")
            person.wait_for("first\r\n" + PROMPT)

    def test_umlauts_can_be_typed_and_deleted(self):
        with self.echo() as server, self.talk(server.port) as person:
            self.line_editing(person)
            person.wait_for(PROMPT)
            person.type("gr\u00fcn\u00e4\x7f\r")
            person.wait_for("\r\x1b[Jgr\u00fcn\r\n")

    def test_a_signal_gives_the_terminal_back(self):
        for number in [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT]:
            with self.subTest(number.name), self.echo() as server, self.talk(server.port) as person:
                person.wait_for(PROMPT)
                person.type("half")
                person.wait_for("half")
                os.kill(person.pid, number)
                self.assertEqual(person.wait(), -number)
                self.assertTrue(person.is_as_before())

    def test_a_failure_gives_the_terminal_back(self):
        with strange.Server(strange.tls(strange.cut)) as server, self.talk(server.port) as person:
            person.wait_for(PROMPT)
            person.type("x\r")
            self.assertEqual(person.wait(), 65)
            self.assertIn("close_notify", person.screen)
            self.assertTrue(person.is_as_before())

    def test_a_server_cannot_command_the_terminal(self):
        evil = strange.echo(lambda data: b"\x1b]0;owned\x07\x9b2J\n")
        with strange.Server(strange.tls(evil)) as server, self.talk(server.port) as person:
            person.wait_for(PROMPT)
            person.type("0123456789123\r")
            person.wait_for("?]0;owned??2J")

    def test_a_server_that_ends_in_order_ends_the_conversation(self):
        def once(stream):
            stream.sendall(stream.recv(65536))
            strange.goodbye(stream)

        with strange.Server(strange.tls(once)) as server, self.talk(server.port) as person:
            person.wait_for(PROMPT)
            person.type("bye\r")
            self.assertEqual(person.wait(), 0)
            self.assertIn("the server ended the conversation", person.screen)
            self.assertTrue(person.is_as_before())


if __name__ == "__main__":
    secho.main()
