"""Each state of a connection has a deadline, and the end says which one it was.

A machine may stand still for seconds, also in the middle of a test. So a deadline that must not pass
too early is SPACIOUS, or longer; one that only has to pass at last may be short.
"""

import contextlib
import os
import signal
import ssl
import threading

import processes
import secho
from secho import Server, Tcp, Tls, client_hello

VERSIONS = ("1.2", "1.3")
SPACIOUS = "5s"  # far longer than what a test does meanwhile, pauses of the machine included
SPACIOUS_SECONDS = 5


def hear_nothing(peer, seconds):
    """Waits, and nothing must come."""
    peer.sock.settimeout(seconds)
    try:
        wire = peer.pull()
    except TimeoutError:
        return
    finally:
        peer.sock.settimeout(secho.PATIENCE)
    raise AssertionError(f"{wire!r} came ({peer.ended})")


class Handshake(secho.TestCase):
    def test_a_handshake_that_does_not_begin_is_given_up(self):
        with Server(timeouts={"handshake": "200ms"}) as server, Tcp(server.port) as peer:
            peer.receive_to_end()
            server.wait_for_log(None, end="handshake_timeout")

    def test_a_handshake_that_stops_half_way_is_given_up(self):
        with Server(timeouts={"handshake": SPACIOUS}) as server:
            peers = {}
            for first in (client_hello()[:50], client_hello()):
                peers[len(first)] = Tcp(server.port)
                peers[len(first)].push(first)
            for length, peer in peers.items():
                with self.subTest(length), peer:
                    peer.receive_to_end()
                    self.assertEqual(peer.ended, "fin")
                    peer.close()
                    server.closed(peer, end="handshake_timeout")

    def test_a_byte_now_and_then_does_not_move_the_deadline(self):
        hello = client_hello()
        sent = 0
        with Server(timeouts={"handshake": "500ms", "goodbye": "1s"}) as server, Tcp(server.port) as peer:
            peer.sock.settimeout(0.05)
            for byte in hello:  # at 20 bytes a second this would take many times the deadline
                try:
                    peer.push(bytes([byte]))
                    sent += 1
                    if not peer.sock.recv(100):
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
            server.closed(peer, end="handshake_timeout")
        self.assertLess(sent, len(hello), "it waited for all of them")

    def test_a_handshake_in_time_is_not_given_up_later(self):
        with Server(timeouts={"handshake": "4s", "idle": "5s"}) as server, Tls(server.port) as peer:
            self.assertEqual(peer.receive_to_end(), b"")  # until the idle deadline, long after
            peer.close()
            server.closed(peer, end="idle_timeout")


class Idle(secho.TestCase):
    def test_an_idle_peer_is_told_goodbye(self):
        with Server(secho.tls(), secho.tcp(name="plain"), timeouts={"idle": SPACIOUS}) as server:
            peers = {version: Tls(server.port, settings=secho.context(version=version)) for version in VERSIONS}
            peers["plain"] = Tcp(server.port_of("plain"))
            for name, peer in peers.items():
                with self.subTest(name):
                    self.assertEqual(peer.echo(b"x"), b"x")
            for name, peer in peers.items():
                with self.subTest(name), peer:
                    self.assertEqual(peer.receive_to_end(), b"")
                    self.assertEqual(peer.ended, "fin" if name == "plain" else "close_notify")
                    peer.goodbye()
                    peer.close()
                    server.closed(peer, end="idle_timeout")

    def test_a_peer_that_speaks_is_not_idle(self):
        """It speaks for longer than the deadline, in pauses that are a tenth of it."""
        with Server(timeouts={"idle": SPACIOUS}) as server, Tls(server.port) as peer:
            self.assertEqual(peer.echo(b"tickets have come"), b"tickets have come")
            for turn in range(12):
                hear_nothing(peer, SPACIOUS_SECONDS / 10)
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
                    hear_nothing(one, 0.5)
                self.assertEqual(peer.echo(b"still here"), b"still here")


class Write(secho.TestCase):
    def test_a_peer_that_does_not_read_is_given_up(self):
        for listener in (secho.tls(), secho.tcp()):
            with self.subTest(listener["transport"]), Server(listener, timeouts={"write": "500ms", "goodbye": "1s"}) as server:
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
        with Server(timeouts={"write": SPACIOUS}) as server, Tls(server.port, receive_buffer=16384) as peer:
            data = os.urandom(3 << 20)
            wire = peer.encode(data)
            sender = threading.Thread(target=peer.push_quietly, args=(wire,))
            sender.start()
            pace = threading.Event()
            for _ in range(60):  # longer than the deadline in all, in pauses of a fiftieth of it
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


@contextlib.contextmanager
def stopped(worker, seconds):
    """Inside, this process stands still: so long that a deadline which is SPACIOUS passes."""
    processes.kill(worker, signal.SIGSTOP)
    try:
        if not secho.eventually(lambda: processes.is_stopped(worker)):
            raise AssertionError(f"process {worker} does not stop")
        yield
        threading.Event().wait(seconds)
    finally:
        processes.kill(worker, signal.SIGCONT)


class Pause(secho.TestCase):
    """The server's process stands still for longer than the deadlines. What came meanwhile came in time."""

    def test_who_spoke_in_the_pause_is_served_and_who_did_not_is_given_up(self):
        with Server(timeouts={"idle": SPACIOUS}) as server, Tls(server.port) as busy, Tls(server.port) as idle:
            for peer in (busy, idle):
                self.assertEqual(peer.echo(b"before"), b"before")
            with stopped(server.workers()[0], SPACIOUS_SECONDS + 1):
                busy.send(b"meanwhile")
            self.assertEqual(busy.receive(9), b"meanwhile")
            self.assertEqual(busy.echo(b"after"), b"after")
            self.assertEqual(idle.receive_to_end(), b"")
            idle.close()
            server.closed(idle, end="idle_timeout")

    def test_a_handshake_that_was_finished_in_the_pause_is_finished(self):
        with Server(timeouts={"handshake": SPACIOUS}) as server, Tls(server.port, segment=0) as peer:
            with Tcp(server.port) as slow:
                slow.push(client_hello()[:-2])
                peer.handshake(cork_last=True)  # it has answered: it is at work on both
                with stopped(server.workers()[0], SPACIOUS_SECONDS + 1):
                    peer.uncork()
                    slow.push(client_hello()[-2:-1])  # a byte in time is no handshake in time
                self.assertEqual(peer.echo(b"after"), b"after")
                slow.receive_to_end()
                slow.close()
                server.closed(slow, end="handshake_timeout")

    def test_who_read_in_the_pause_is_not_given_up(self):
        with Server(timeouts={"write": SPACIOUS}) as server, Tls(server.port, receive_buffer=16384) as peer:
            data = os.urandom(24 << 20)
            rest = self.send_until_it_takes_no_more(peer, memoryview(peer.encode(data)))
            with stopped(server.workers()[0], SPACIOUS_SECONDS + 1):
                self.read_what_is_there(peer)
            sender = threading.Thread(target=peer.push_quietly, args=(rest,))
            sender.start()
            self.assertEqual(peer.receive(len(data)), data)
            sender.join()

    def send_until_it_takes_no_more(self, peer, wire):
        """What is left of it."""
        peer.sock.settimeout(1.0)
        try:
            while wire:
                wire = wire[peer.sock.send(wire[: 1 << 20]) :]
        except TimeoutError:
            return wire
        raise AssertionError("all of it went into the buffers of the kernel: this proves nothing")

    def read_what_is_there(self, peer):
        peer.sock.settimeout(0.5)
        with contextlib.suppress(TimeoutError):
            while peer.take_in():
                pass
        peer.sock.settimeout(secho.PATIENCE)


if __name__ == "__main__":
    secho.main()
