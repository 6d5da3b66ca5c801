"""Each state of a connection has a deadline, and the end says which one it was."""

import os
import ssl
import threading

import secho
from secho import Server, Tcp, Tls, client_hello

VERSIONS = ("1.2", "1.3")


class Handshake(secho.TestCase):
    def test_a_handshake_that_does_not_begin_is_given_up(self):
        with Server(timeouts={"handshake": "200ms"}) as server, Tcp(server.port) as peer:
            peer.receive_to_end()
            server.wait_for_log(None, end="handshake_timeout")

    def test_a_handshake_that_stops_half_way_is_given_up(self):
        with Server(timeouts={"handshake": "300ms"}) as server:
            for first in (client_hello()[:50], client_hello()):
                with self.subTest(len(first)), Tcp(server.port) as peer:
                    peer.push(first)
                    peer.receive_to_end()
                    self.assertEqual(peer.ended, "fin")
                    peer.close()
                    server.closed(peer, end="handshake_timeout")

    def test_a_byte_now_and_then_does_not_move_the_deadline(self):
        hello = client_hello()
        with Server(timeouts={"handshake": "500ms"}) as server, Tcp(server.port, patience=0.05) as peer:
            for byte in hello:  # at 20 bytes a second this would take many times the deadline
                try:
                    peer.push(bytes([byte]))
                    if not peer.sock.recv(100):
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
            server.closed(peer, end="handshake_timeout")

    def test_a_handshake_in_time_is_not_given_up_later(self):
        with Server(timeouts={"handshake": "2s", "idle": "3s"}) as server, Tls(server.port) as peer:
            self.assertEqual(peer.receive_to_end(), b"")  # until the idle deadline, long after
            peer.close()
            server.closed(peer, end="idle_timeout")


class Idle(secho.TestCase):
    def test_an_idle_peer_is_told_goodbye(self):
        for version in VERSIONS:
            with self.subTest(version), Server(timeouts={"idle": "300ms"}) as server:
                with Tls(server.port, settings=secho.context(version=version)) as peer:
                    self.assertEqual(peer.echo(b"x"), b"x")
                    self.assertEqual(peer.receive_to_end(), b"")
                    self.assertEqual(peer.ended, "close_notify")
                    peer.goodbye()
                    peer.close()
                    server.closed(peer, end="idle_timeout")

    def test_without_tls_an_idle_peer_is_told_with_a_fin(self):
        with Server(secho.tcp(), timeouts={"idle": "300ms"}) as server, Tcp(server.port) as peer:
            self.assertEqual(peer.echo(b"x"), b"x")
            self.assertEqual(peer.receive_to_end(), b"")
            self.assertEqual(peer.ended, "fin")
            peer.close()
            server.closed(peer, end="idle_timeout")

    def test_a_peer_that_speaks_is_not_idle(self):
        """It speaks for three times the deadline, in pauses that are a sixth of it."""
        with Server(timeouts={"idle": "1200ms"}) as server, Tls(server.port) as peer:
            self.assertEqual(peer.echo(b"tickets have come"), b"tickets have come")
            for turn in range(18):
                peer.sock.settimeout(0.2)
                with self.assertRaises(TimeoutError):
                    peer.pull()
                peer.sock.settimeout(secho.PATIENCE)
                self.assertEqual(peer.echo(b"%03d" % turn), b"%03d" % turn)
            peer.goodbye()
            peer.receive_to_end()
            peer.close()
            server.closed(peer, end="ok")

    def test_never_means_never(self):
        with Server(timeouts={"idle": "0s", "handshake": "0s"}) as server:
            with Tls(server.port) as peer, Tcp(server.port) as silent:
                self.assertEqual(peer.echo(b"tickets have come"), b"tickets have come")
                for one in (peer, silent):
                    one.sock.settimeout(0.5)
                    with self.assertRaises(TimeoutError):
                        one.pull()
                peer.sock.settimeout(secho.PATIENCE)
                self.assertEqual(peer.echo(b"still here"), b"still here")


class Write(secho.TestCase):
    def test_a_peer_that_does_not_read_is_given_up(self):
        for listener in (secho.tls(), secho.tcp()):
            with self.subTest(listener["transport"]), Server(listener, timeouts={"write": "500ms"}) as server:
                kind = Tls if listener["transport"] == "tls" else Tcp
                with kind(server.port, receive_buffer=16384) as peer:
                    done = threading.Event()
                    sender = threading.Thread(target=self.send_until, args=(peer, done))
                    sender.start()
                    try:
                        server.closed(peer, end="write_timeout")
                    finally:
                        done.set()
                        sender.join()

    def send_until(self, peer, done):
        while not done.is_set():
            try:
                peer.send(b"x" * 65536)
            except OSError:
                return

    def test_a_slow_reader_is_not_given_up_while_it_reads(self):
        with Server(timeouts={"write": "1s"}) as server, Tls(server.port, receive_buffer=16384) as peer:
            data = os.urandom(3 << 20)
            wire = peer.encode(data)
            sender = threading.Thread(target=peer.push_quietly, args=(wire,))
            sender.start()
            pace = threading.Event()
            for _ in range(20):  # twice the deadline in all, in pauses of a tenth of it
                self.assertTrue(peer.take_in())
                pace.wait(0.1)
            self.assertEqual(peer.receive(len(data)), data)
            sender.join()


class Goodbye(secho.TestCase):
    def test_a_peer_that_keeps_the_connection_open_after_the_goodbye_is_cut(self):
        for version in VERSIONS:
            with self.subTest(version), Server(timeouts={"idle": "200ms", "goodbye": "300ms"}) as server:
                with Tls(server.port, settings=secho.context(version=version)) as peer:
                    self.assertEqual(peer.receive_to_end(), b"")
                    self.assertEqual(peer.ended, "close_notify")
                    event = server.closed(peer)  # although we have not closed
                    self.assertIn(event["end"], ("idle_timeout", "goodbye_timeout"))

    def test_a_peer_that_half_closed_and_does_not_close_is_cut_too(self):
        with Server(timeouts={"goodbye": "300ms"}) as server, Tls(server.port) as peer:
            peer.send(b"x")
            peer.goodbye()
            self.assertEqual(peer.receive_to_end(), b"x")
            server.closed(peer)  # although our side of TCP is still open

    def test_a_failed_handshake_lingers_so_that_its_alert_arrives(self):
        """Bytes that nobody read would turn the close into an RST, which destroys the alert."""
        listener = secho.tls(tls={"min_version": "1.3"})
        with Server(listener) as server:
            for _ in range(20):
                with Tls(server.port, settings=secho.context(version="1.2"), segment=0) as peer:
                    peer.push(client_hello(version="1.2") + os.urandom(20000))
                    peer.tls = None
                    wire = b""
                    while chunk := peer.pull():
                        wire += chunk
                    self.assertEqual(wire[:1], b"\x15", "an alert comes first")
                    self.assertEqual(peer.ended, "fin")

    def test_a_client_of_an_old_version_is_told_why(self):
        with Server(secho.tls(tls={"min_version": "1.3"})) as server:
            with self.assertRaises(ssl.SSLError) as caught:
                Tls(server.port, settings=secho.context(version="1.2"))
            self.assertIn("alert protocol version", str(caught.exception).lower().replace("_", " "))
            server.wait_for_log("closed", end="no_common_version")


if __name__ == "__main__":
    secho.main()
