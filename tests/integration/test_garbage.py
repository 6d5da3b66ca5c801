"""What is not TLS, and what is only half of it: told, survived, and paid back to the last descriptor."""

import os
import random
import socket

import secho
from secho import Server, Tcp, Tls, client_hello

HTTP = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
SSH = b"SSH-2.0-OpenSSH_9.2\r\n"
SMTP = b"EHLO mail.example\r\n"


class NotTls(secho.TestCase):
    def assert_told(self, server, first, end):
        with Tcp(server.port) as peer:
            peer.push_quietly(first)
            peer.receive_to_end()
            peer.close()
            event = server.closed(peer)
            self.assertEqual(event["end"], end, event.raw)
            self.assertTrue(event["why"])

    def test_the_end_tells_what_it_was(self):
        with Server() as server:
            for name, first, end in (
                ("HTTP", HTTP, "not_tls_http"),
                ("HTTP with a body", b"POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "not_tls_http"),
                ("HTTP/2 without TLS", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "not_tls_http"),
                ("SSH", SSH, "not_tls_ssh"),
                ("SMTP", SMTP, "not_tls_smtp"),
                ("zeros", bytes(100), "not_tls"),
                ("words", b"hello?\r\n", "not_tls"),
            ):
                with self.subTest(name):
                    self.assert_told(server, first, end)
                    self.assert_echoes(server.port)

    def test_one_byte_at_a_time_is_told_just_as_well(self):
        with Server() as server:
            for first, end in ((HTTP, "not_tls_http"), (SSH, "not_tls_ssh"), (SMTP, "not_tls_smtp")):
                with self.subTest(end), Tcp(server.port) as peer:
                    try:
                        peer.push(first, 1)
                    except OSError:
                        pass  # it may have heard enough
                    peer.receive_to_end()
                    peer.close()
                    event = server.closed(peer)
                    self.assertEqual(event["end"], end, event.raw)

    def test_random_bytes_harm_nobody(self):
        dice = random.Random(5246)
        with Server() as server:
            for _ in range(200):
                with Tcp(server.port) as peer:
                    peer.push_quietly(dice.randbytes(dice.randrange(1, 3000)))
                    peer.push_quietly(b"")
                    try:
                        peer.fin()
                    except OSError:
                        pass
                    peer.receive_to_end()
            self.assert_echoes(server.port)

    def test_random_bytes_behind_a_record_header_harm_nobody(self):
        dice = random.Random(8446)
        with Server() as server:
            for _ in range(200):
                body = dice.randbytes(dice.randrange(1, 600))
                first = bytes([dice.choice((20, 21, 22, 23, 24)), 3, dice.randrange(5)]) + len(body).to_bytes(2, "big") + body
                with Tcp(server.port) as peer:
                    peer.push_quietly(first)
                    try:
                        peer.fin()
                    except OSError:
                        pass
                    peer.receive_to_end()
            self.assert_echoes(server.port)

    def test_a_spoiled_hello_harms_nobody(self):
        dice = random.Random(5280)
        hello = client_hello()
        with Server() as server:
            for _ in range(200):
                spoiled = bytearray(hello)
                for _ in range(dice.randrange(1, 4)):
                    spoiled[dice.randrange(len(spoiled))] = dice.randrange(256)
                with Tcp(server.port) as peer:
                    peer.push_quietly(bytes(spoiled))
                    try:
                        peer.fin()
                    except OSError:
                        pass
                    peer.receive_to_end()
            self.assert_echoes(server.port)

    def test_garbage_inside_a_session_ends_it_with_an_alert(self):
        for version in ("1.2", "1.3"):
            with self.subTest(version), Server() as server:
                with Tls(server.port, settings=secho.context(version=version)) as peer:
                    self.assertEqual(peer.echo(b"fine"), b"fine")
                    peer.push(b"\x17\x03\x03\x00\x30" + os.urandom(48))
                    self.assertEqual(peer.receive_to_end(), b"")
                    self.assertEqual(peer.ended, "alert")
                    peer.close()
                    server.closed(peer)


class Half(secho.TestCase):
    def test_a_hello_that_is_cut_at_any_byte_harms_nobody(self):
        hello = client_hello()
        with Server() as server:
            for cut in range(1, len(hello)):
                with Tcp(server.port) as peer:
                    peer.push(hello[:cut])
                    peer.fin()
                    peer.receive_to_end()
                    self.assertEqual(peer.ended, "fin", f"cut at byte {cut}")
                if cut % 50 == 0:
                    self.assert_echoes(server.port)
            self.assert_echoes(server.port)
            server.wait_for_log("closed", count=len(hello) - 1, end=lambda end: end != "ok")

    def test_a_hello_that_is_reset_at_any_byte_harms_nobody(self):
        hello = client_hello()
        with Server() as server:
            for cut in range(1, len(hello)):
                peer = Tcp(server.port)
                peer.push(hello[:cut])
                peer.reset()
            self.assert_echoes(server.port)

    def test_a_hello_in_segments_of_one_byte_is_answered(self):
        with Server() as server:
            for version in ("1.2", "1.3"):
                with self.subTest(version):
                    self.assert_echoes(server.port, settings=secho.context(version=version), segment=1)

    def test_a_storm_of_resets_harms_nobody(self):
        with Server() as server, Tls(server.port) as witness:
            for turn in range(300):
                if turn % 3 == 0:
                    Tcp(server.port).reset()
                elif turn % 3 == 1:
                    peer = Tcp(server.port)
                    peer.push(client_hello())
                    peer.reset()
                else:
                    peer = Tls(server.port)
                    peer.send(b"x" * 1000)
                    peer.reset()
                if turn % 100 == 0:
                    self.assertEqual(witness.echo(b"still"), b"still")
            self.assertEqual(witness.echo(b"still"), b"still")
            self.assert_echoes(server.port)


class Silence(secho.TestCase):
    def test_two_hundred_that_never_speak_keep_nobody_waiting_and_leave_nothing_behind(self):
        with Server(timeouts={"handshake": "5s", "goodbye": "1s"}) as server:
            self.assert_echoes(server.port)
            server.wait_for_log("closed")
            before = server.descriptors()
            silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
            self.assert_echoes(server.port)
            server.wait_for_log(None, count=200, end="handshake_timeout")
            for one in silent:
                one.settimeout(secho.PATIENCE)
                while one.recv(4096):  # an alert may come before the FIN
                    pass
                one.close()
            self.assert_echoes(server.port)
            self.assertTrue(secho.eventually(lambda: server.descriptors() <= before), "descriptors leak")

    def test_a_health_check_is_a_line_at_debug_only(self):
        for level, seen in (("debug", True), ("info", False)):
            for leave in (Tcp.close, Tcp.reset):
                with self.subTest(level=level, how=leave.__name__), Server(log={"level": level}) as server:
                    peer = Tcp(server.port)
                    leave(peer)
                    if seen:
                        self.assertEqual(server.closed(peer, end="health_check")["level"], "debug")
                    # What comes later is logged later: then nothing more is to come of the first one.
                    with Tls(server.port) as later:
                        later.goodbye()
                        later.receive_to_end()
                        later.close()
                        server.closed(later, end="ok")
                    self.assertEqual(len(server.find_log(None, end="health_check")), 1 if seen else 0)

    def test_a_connection_with_one_byte_is_no_health_check(self):
        with Server() as server:
            with Tcp(server.port) as peer:
                peer.push(b"\x16")
                peer.fin()
                peer.receive_to_end()
            self.assertNotEqual(server.closed(peer)["end"], "health_check")


class Leaks(secho.TestCase):
    def test_a_round_of_everything_leaves_no_descriptor_and_no_memory(self):
        hello = client_hello()

        def round_of_everything(server):
            for first in (HTTP, SSH, SMTP, os.urandom(500), hello[:100], hello, b"\x16\x03\x01", b""):
                for how in (Tcp.fin, Tcp.reset):
                    with Tcp(server.port) as peer:
                        peer.push_quietly(first)
                        try:
                            how(peer)
                        except OSError:
                            pass
            for how in (Tls.goodbye, Tls.fin, Tls.reset):
                with Tls(server.port) as peer:
                    peer.send(b"x" * 5000)
                    how(peer)

        with Server() as server:
            for _ in range(3):
                round_of_everything(server)
            secho.settle(server)
            descriptors, memory = server.descriptors(), server.own_memory()
            for _ in range(30):
                round_of_everything(server)
            secho.settle(server)
            self.assertTrue(secho.eventually(lambda: server.descriptors() <= descriptors), "descriptors leak")
            if not secho.is_sanitized():
                self.assertTrue(secho.eventually(lambda: server.own_memory() - memory < 1 << 20), "memory leaks")
            self.assert_echoes(server.port)


if __name__ == "__main__":
    secho.main()
