"""The promise of the echo: every byte that a peer sends comes back, once, in order, unchanged."""

import os
import threading
import unittest

import secho
from keyupdate import NOT_REQUESTED, REQUESTED, KeyUpdater
from secho import Server, Tcp, Tls

MiB = 1 << 20
VERSIONS = ("1.2", "1.3")


def connect(server, version, **more):
    """A peer that speaks this version; None is no TLS at all."""
    if version is None:
        more.pop("segment", None)
        return Tcp(server.port, **more)
    return Tls(server.port, settings=secho.context(secho.pki() / "ca.pem", version), **more)


def server_for(version, **settings):
    return Server(secho.tcp() if version is None else secho.tls(), **settings)


class Bytes(secho.TestCase):
    def test_every_value_of_a_byte_comes_back(self):
        data = bytes(range(256)) * 3 + b"\r\n\0\x04\x03q\nquit\n.\r\n\xff\xfe"
        for version in (*VERSIONS, None):
            with self.subTest(version), server_for(version) as server, connect(server, version) as peer:
                self.assertEqual(peer.echo(data), data)

    def test_any_length_comes_back_and_nothing_follows(self):
        for version in (*VERSIONS, None):
            with server_for(version) as server:
                for size in (0, 1, 16383, 16384, 16385, MiB):
                    with self.subTest(version=version, size=size), connect(server, version) as peer:
                        data = os.urandom(size)
                        self.assertEqual(peer.echo(data), data)
                        peer.goodbye()
                        self.assertEqual(peer.receive_to_end(), b"")
                        self.assertEqual(peer.ended, "fin" if version is None else "close_notify")

    def test_nothing_is_said_before_the_peer_speaks(self):
        for version in (*VERSIONS, None):
            with self.subTest(version), server_for(version) as server, connect(server, version) as peer:
                peer.goodbye()
                self.assertEqual(peer.receive_to_end(), b"")

    def test_segments_of_one_byte_are_enough(self):
        for version in VERSIONS:
            with self.subTest(version), server_for(version) as server, connect(server, version, segment=1) as peer:
                data = os.urandom(700)
                self.assertEqual(peer.echo(data, segment=1), data)

    def test_many_records_in_one_segment_all_come_back(self):
        for version in VERSIONS:
            with self.subTest(version), server_for(version) as server, connect(server, version) as peer:
                data = os.urandom(400)
                peer.push(b"".join(peer.encode(data[i : i + 1]) for i in range(len(data))))
                self.assertEqual(peer.receive(len(data)), data)

    def test_one_record_over_many_segments_comes_back(self):
        for version in VERSIONS:
            with self.subTest(version), server_for(version) as server, connect(server, version) as peer:
                data = os.urandom(16384)
                self.assertEqual(peer.echo(data, segment=997), data)

    def test_data_that_travels_with_the_last_flight_of_the_handshake_is_not_lost(self):
        with Server() as server, connect(server, "1.3", segment=0) as peer:
            peer.handshake(cork_last=True)
            peer.send(b"at once")
            peer.uncork()
            self.assertEqual(peer.receive(7), b"at once")

    def test_turns_of_many_sizes_come_back_in_order(self):
        with Server() as server, Tls(server.port) as peer:
            for size in (1, 3, 100, 5000, 16384, 70000, 2):
                data = os.urandom(size)
                self.assertEqual(peer.echo(data), data)


class Addresses(secho.TestCase):
    def test_a_listener_on_all_addresses_serves_ipv4_and_ipv6(self):
        with Server(secho.tls(address="::")) as server:
            for host in ("127.0.0.1", "::1"):
                with self.subTest(host):
                    self.assert_echoes(server.port, host=host)

    def test_a_listener_on_one_address_serves_that_one_only(self):
        for address, other in (("127.0.0.1", "::1"), ("::1", "127.0.0.1")):
            with self.subTest(address), Server(secho.tls(address=address)) as server:
                self.assert_echoes(server.port, host=address)
                with self.assertRaises(ConnectionRefusedError):
                    Tcp(server.port, host=other)

    def test_several_listeners_serve_side_by_side(self):
        with Server(secho.tls(name="one"), secho.tcp(name="two"), secho.tls("server-rsa", name="three")) as server:
            self.assert_echoes(server.port_of("one"))
            self.assert_echoes(server.port_of("three"))
            with Tcp(server.port_of("two")) as peer:
                self.assertEqual(peer.echo(b"plain"), b"plain")


class Endings(secho.TestCase):
    def test_half_close_is_answered_after_the_last_echo(self):
        for version in (*VERSIONS, None):
            for size in (0, 1, 100000):
                with self.subTest(version=version, size=size), server_for(version) as server:
                    with connect(server, version, receive_buffer=8192) as peer:
                        data = os.urandom(size)
                        thread = threading.Thread(target=lambda: (peer.push(peer.encode(data)), peer.goodbye()))
                        thread.start()
                        thread.join()
                        self.assertEqual(peer.receive_to_end(), data)
                        self.assertEqual(peer.ended, "fin" if version is None else "close_notify")
                        if version is not None:
                            self.assertEqual(peer.wait_for_fin(), b"")
                            self.assertEqual(peer.ended, "fin")
                        peer.close()
                        if size > 0 or version is not None:  # or it would be a health check
                            event = server.closed(peer, end="ok")
                            self.assertEqual((event["in"], event["out"]), (str(size), str(size)))

    def test_data_and_goodbye_in_one_segment_are_both_honoured(self):
        for version in VERSIONS:
            with self.subTest(version), server_for(version) as server, connect(server, version) as peer:
                peer.cork()
                peer.send(b"last words")
                peer.goodbye()
                peer.uncork()
                self.assertEqual(peer.receive_to_end(), b"last words")
                self.assertEqual(peer.ended, "close_notify")

    def test_a_fin_without_close_notify_is_told_as_truncation(self):
        for version in VERSIONS:
            with self.subTest(version), server_for(version) as server, connect(server, version) as peer:
                data = os.urandom(50000)
                peer.send(data)
                peer.fin()
                self.assertEqual(peer.receive_to_end(), data)
                self.assertEqual(peer.ended, "close_notify")
                event = server.closed(peer, end="truncated")
                self.assertEqual((event["in"], event["out"]), ("50000", "50000"))

    def test_a_record_that_is_cut_by_the_fin_is_truncation_too(self):
        with Server() as server, Tls(server.port) as peer:
            whole, cut = peer.encode(b"whole"), peer.encode(b"cut")
            peer.push(whole + cut[:-1])
            peer.fin()
            self.assertEqual(peer.receive_to_end(), b"whole")
            self.assertEqual(peer.ended, "close_notify")
            server.closed(peer, end="truncated")

    def test_without_tls_a_fin_is_an_orderly_end(self):
        with Server(secho.tcp()) as server, Tcp(server.port) as peer:
            peer.send(b"bye")
            peer.fin()
            self.assertEqual(peer.receive_to_end(), b"bye")
            self.assertEqual(peer.ended, "fin")
            peer.close()
            server.closed(peer, end="ok")

    def test_a_reset_is_told_as_reset(self):
        for version in (*VERSIONS, None):
            with self.subTest(version), server_for(version) as server, connect(server, version) as peer:
                self.assertEqual(peer.echo(b"x"), b"x")
                peer.reset()
                server.closed(peer, end="reset")
                with connect(server, version) as next_one:
                    self.assertEqual(next_one.echo(b"next"), b"next")

    def test_bytes_after_the_goodbye_do_not_destroy_the_echo(self):
        """They stay unread; closing at once would send an RST and throw the echo away (RFC 1122, 4.2.2.13)."""
        for version in VERSIONS:
            with self.subTest(version), server_for(version) as server:
                with connect(server, version, receive_buffer=8192) as peer:
                    data = os.urandom(60000)
                    peer.send(data)
                    peer.goodbye()
                    peer.push(os.urandom(30000))
                    self.assertEqual(peer.receive_to_end(), data)
                    self.assertEqual(peer.ended, "close_notify")
                    self.assertEqual(peer.wait_for_fin(), b"")
                    self.assertEqual(peer.ended, "fin")


class BackPressure(secho.TestCase):
    def flood(self, peer):
        """Sends until the server takes no more for a second."""
        peer.sock.settimeout(1.0)
        try:
            for _ in range(4096):
                peer.send(b"x" * 65536)
        except TimeoutError:
            return
        self.fail("the server took 256 MiB from a peer that does not read")

    def test_a_peer_that_does_not_read_is_no_longer_read_and_others_go_on(self):
        for version in (*VERSIONS, None):
            with self.subTest(version), server_for(version, timeouts={"write": "0s"}) as server:
                with connect(server, version, receive_buffer=16384) as peer, connect(server, version) as other:
                    self.assertEqual(other.echo(b"before"), b"before")
                    self.flood(peer)
                    self.assertEqual(other.echo(b"while"), b"while")
                    with connect(server, version) as fresh:
                        self.assertEqual(fresh.echo(b"fresh"), b"fresh")

    def test_it_gets_everything_when_it_reads_again(self):
        with server_for("1.3", timeouts={"write": "0s"}) as server:
            with connect(server, "1.3", receive_buffer=16384) as peer:
                data = os.urandom(24 * MiB)
                wire = memoryview(peer.encode(data))
                peer.sock.settimeout(1.0)
                try:
                    while wire:
                        wire = wire[peer.sock.send(wire[:MiB]) :]
                    self.fail("24 MiB went into the buffers of the kernel: this proves nothing")
                except TimeoutError:
                    peer.sock.settimeout(secho.PATIENCE)
                rest = threading.Thread(target=peer.push_quietly, args=(wire,))
                rest.start()
                self.assertEqual(peer.receive(len(data)), data)
                rest.join()

    @unittest.skipIf(secho.is_sanitized(), "a sanitizer's own memory hides the figure")
    def test_it_costs_the_server_less_than_1_mib(self):
        with server_for("1.3", timeouts={"write": "0s"}) as server:
            with connect(server, "1.3") as warm_up:
                data = os.urandom(4 * MiB)
                self.assertEqual(warm_up.echo(data), data)
            before = server.own_memory()
            with connect(server, "1.3", receive_buffer=16384) as peer:
                self.flood(peer)
                self.assertLess(server.own_memory() - before, MiB)


class KeyUpdates(secho.TestCase):
    def test_they_may_stand_between_data(self):
        for kind in (NOT_REQUESTED, REQUESTED):
            with self.subTest(kind), Server() as server, KeyUpdater(server.port) as peer:
                for turn in range(20):
                    word = b"turn %d" % turn
                    peer.push(peer.updates(1, kind) + peer.encode(word))
                    self.assertEqual(peer.receive(len(word)), word)

    def test_a_flood_of_them_ends_the_connection_and_harms_nobody_else(self):
        for kind in (NOT_REQUESTED, REQUESTED):
            with self.subTest(kind), Server(timeouts={"goodbye": "1s"}) as server, Tls(server.port) as other:
                self.assertEqual(other.echo(b"before"), b"before")
                with KeyUpdater(server.port) as peer:
                    self.assertEqual(peer.echo(b"hello"), b"hello")
                    peer.push_quietly(peer.updates(20000, kind))
                    server.closed(peer, end="too_many_control_messages")
                    self.assertEqual(other.echo(b"after"), b"after")


if __name__ == "__main__":
    secho.main()
