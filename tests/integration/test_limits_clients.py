"""Limits of single clients, of handshakes, of what a connection may carry and how long it may last."""

import contextlib
import itertools
import json
import signal
import ssl
import subprocess

import moments
import processes
import proxyheader
import secho
from secho import Server, Tcp, Tls

TWO = {"processes": 2, "threads": 1}
ENDLESS = {"handshake": "10m", "idle": "10m"}  # it is a limit that ends them, no deadline


def is_refused(*words, **named):
    """Whether a connection was closed before its handshake was over."""
    try:
        with Tls(*words, **named) as peer:
            return peer.echo(b"x") != b"x"
    except (EOFError, ssl.SSLError, ConnectionResetError, BrokenPipeError):
        return True


def come_until_refused(server, end):
    """Connections in a crowd: each counts when it is accepted. Until the log tells that one was refused."""
    crowd = []
    for _ in range(1000):
        crowd.append(Tcp(server.port))
        if server.find_log("refused", end=end):
            break
    else:
        server.wait_for_log("refused", end=end)
    for peer in crowd:
        peer.close()


class OfAnAddress(secho.TestCase):
    def test_one_more_of_the_same_address_is_refused_and_others_are_not(self):
        with Server(limits={"connections_per_address": 3}, workers=TWO) as server:
            peers = [Tls(server.port) for _ in range(3)]
            with Tcp(server.port) as late:
                self.assertEqual(late.receive_to_end(), b"")
                refused = server.wait_for_log("refused", end="address_limit")
            self.assertEqual(refused["peer"], f"127.0.0.1:{late.port}")
            self.assertIn("this address has 3 open already", refused["why"])
            self.assertIn("/limits/connections_per_address", refused["why"])
            others = [Tls(server.port, source="127.0.0.2") for _ in range(3)]
            self.assertTrue(is_refused(server.port, source="127.0.0.2"))
            for peer in [*peers, *others]:
                self.assertEqual(peer.echo(b"unharmed"), b"unharmed")
                peer.close()

    def test_who_has_left_makes_room(self):
        with Server(limits={"connections_per_address": 2}, workers=TWO) as server:
            for _ in range(5):
                peers = [Tls(server.port) for _ in range(2)]
                self.assertTrue(is_refused(server.port))
                for peer in peers:
                    peer.goodbye()
                    peer.receive_to_end()
                    peer.close()
                    server.closed(peer)
            self.assert_echoes(server.port)

    def test_connections_of_a_worker_that_died_do_not_count(self):
        with Server(limits={"connections_per_address": 2}) as server:
            peers = [Tls(server.port) for _ in range(2)]
            processes.kill(server.workers()[0])
            server.wait_for_log("worker_exit")
            self.assert_echoes(server.port)
            self.assert_echoes(server.port)
            for peer in peers:
                peer.close()

    def test_those_of_an_older_configuration_count(self):
        with Server(limits={"connections_per_address": 2}) as server:
            peers = [Tls(server.port) for _ in range(2)]
            server.signal(signal.SIGHUP)
            server.wait_for_log("reload")
            self.assertTrue(is_refused(server.port))
            for peer in peers:
                self.assertEqual(peer.echo(b"unharmed"), b"unharmed")
                peer.close()

    def test_behind_a_proxy_the_client_counts_and_not_the_proxy(self):
        with Server(secho.tls(proxy_protocol=True), limits={"connections_per_address": 2}) as server:
            peers = []
            for source in ["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2", "2001:db8::1", "2001:db8::2"]:
                peers.append(self.behind(server, source))
            for source in ["192.0.2.1", "2001:db8::3"]:
                with self.subTest(source):
                    with self.assertRaises(EOFError):
                        self.behind(server, source)
            closed = server.wait_for_log("closed", end="address_limit", count=2)
            self.assertIn("192.0.2.1", closed["peer"] + server.find_log("closed")[0]["peer"])
            for peer in peers:
                self.assertEqual(peer.echo(b"unharmed"), b"unharmed")
                peer.close()

    def behind(self, server, source):
        """A client that a proxy brings."""
        peer = Tls(server.port, segment=0)
        peer.push(proxyheader.v2(source, "2001:db8::ff" if ":" in source else "198.51.100.1"))
        try:
            peer.handshake()
        except BaseException:
            peer.close()
            raise
        return peer


class OfHandshakes(secho.TestCase):
    def refused_and_admitted(self, server, end):
        """Too many are refused, and after a while one is let in."""
        come_until_refused(server, end)
        self.assertTrue(secho.eventually(lambda: not is_refused(server.port)))

    def test_more_than_so_many_in_a_second_are_refused(self):
        with Server(limits={"handshakes_per_second": 3}, workers=TWO) as server:
            self.refused_and_admitted(server, "rate_limit")

    def test_more_than_so_many_of_one_address_are_refused(self):
        with Server(limits={"handshakes_per_second_per_address": 3}, workers=TWO) as server:
            self.refused_and_admitted(server, "address_rate_limit")

    def test_the_rate_of_one_address_is_not_that_of_another(self):
        with Server(limits={"handshakes_per_second_per_address": 2}) as server:
            come_until_refused(server, "address_rate_limit")
            self.assertFalse(is_refused(server.port, source="127.0.0.2"))

    def test_without_tls_there_is_no_rate_of_handshakes(self):
        with Server(secho.tcp(), limits={"handshakes_per_second": 1, "handshakes_per_second_per_address": 1}) as server:
            for _ in range(50):
                with Tcp(server.port) as peer:
                    self.assertEqual(peer.echo(b"x"), b"x")

    def test_those_who_never_go_on_make_room_for_newcomers(self):
        for workers in ({"processes": 1, "threads": 1}, TWO):
            with self.subTest(workers), Server(
                    limits={"handshakes_in_flight": 4}, timeouts={"handshake": "30s"}, workers=workers) as server:
                silent = [Tcp(server.port) for _ in range(4)]
                for _ in range(6):
                    self.assert_echoes(server.port)
                ended = server.wait_for_log("closed", end="handshake_limit")
                self.assertIn("waited for its place", ended["why"])
                for peer in silent:
                    peer.close()

    def test_handshakes_that_failed_are_over_though_their_clients_stay(self):
        patient = {"handshake": "10m", "goodbye": "10m"}
        with Server(limits={"handshakes_in_flight": 4}, timeouts=patient) as server:
            lost = [Tcp(server.port) for _ in range(4)]
            for peer in lost:
                peer.push(b"GET / HTTP/1.1\r\n\r\n")
            for _ in range(5):
                self.assert_echoes(server.port)
            self.assertEqual(server.find_log("closed", end="handshake_limit"), [])
            for peer in lost:
                peer.close()

    def test_without_a_deadline_those_who_never_go_on_make_room_too(self):
        with Server(limits={"handshakes_in_flight": 2}, timeouts={"handshake": "0s"}) as server:
            silent = [Tcp(server.port) for _ in range(2)]
            self.assert_echoes(server.port)
            server.wait_for_log("closed", end="handshake_limit")
            for peer in silent:
                peer.close()

    def test_many_at_once_wait_and_nobody_is_refused(self):
        with Server(limits={"handshakes_in_flight": 2}, timeouts=ENDLESS, workers=TWO) as server:
            done = moments.run_until_heard(lambda duration: subprocess.run(
                [secho.program("secho-bench"), "--ca", str(secho.pki() / "ca.pem"), "--json", "-d", duration,
                 "--warmup", "0s", "-n", "50", "handshake", "localhost", str(server.port)],
                capture_output=True, text=True, timeout=secho.PATIENCE, check=False),
                lambda done: done.returncode != 0 or json.loads(done.stdout)["handshakes"]["full"] > 2,
                moments=moments.MOMENTS[1:])
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertGreater(json.loads(done.stdout)["handshakes"]["full"], 2)
            self.assertEqual(server.find_log("refused"), [])


class OfALine(secho.TestCase):
    def test_a_crowd_that_is_refused_does_not_fill_the_log(self):
        with Server(limits={"connections": 1}) as server:
            with Tls(server.port):
                came = 0
                while came < 200 or not server.find_log("refused_more"):  # however slowly they come here
                    came += self.come(server, 20)
                told = 0
                for number in itertools.count(1):
                    told = len(server.find_log("refused")) + sum(int(e["count"]) for e in server.find_log("refused_more"))
                    if told >= came:
                        break
                    server.wait_for_log("refused_more", count=number)
            self.assertEqual(told, came)
            self.assertLess(len(server.find_log("refused")), came)

    def come(self, server, count):
        """So many at once, who are all refused."""
        peers = [Tcp(server.port) for _ in range(count)]
        for peer in peers:
            peer.receive_to_end()
            peer.close()
        return count


class OfAConnection(secho.TestCase):
    def carries(self, listener, peer_class, limit, end):
        with Server(listener, limits={"bytes_per_connection": f"{limit}B"}) as server:
            with peer_class(server.port) as peer:
                data = bytes(range(256)) * (limit // 128 + 1)  # more than twice as much
                back = bytearray(peer.echo(data[:limit // 2]))
                peer.push_quietly(peer.encode(data[limit // 2:]))
                back += peer.receive_to_end()
                self.assertEqual(bytes(back), data[:limit])
                self.assertEqual(peer.ended, end)
            closed = server.closed(peer)
            self.assertEqual((closed["end"], closed["in"], closed["out"]), ("byte_limit", str(limit), str(limit)))
            self.assertIn(f"its {limit} bytes", closed["why"])

    def test_it_carries_exactly_so_many_bytes(self):
        for limit in (10, 1000, 100000, 1000000):
            for listener, peer_class, end in (
                    (secho.tls(), Tls, "close_notify"), (secho.tls(tls={"max_version": "1.2"}), Tls, "close_notify"),
                    (secho.tcp(), Tcp, "fin")):
                with self.subTest(limit=limit, transport=listener["transport"]):
                    self.carries(listener, peer_class, limit, end)

    def test_one_byte_less_is_no_end(self):
        with Server(limits={"bytes_per_connection": "1000B"}) as server:
            with Tls(server.port) as peer:
                self.assertEqual(peer.echo(b"x" * 999), b"x" * 999)
                peer.goodbye()
                self.assertEqual(peer.receive_to_end(), b"")
            self.assertEqual(server.closed(peer)["end"], "ok")

    def test_it_lasts_for_so_long_whatever_it_does(self):
        moments.run_until((2, 10, 50), self.grow_old, bool)  # longer, where hands were not shaken in that time

    def grow_old(self, seconds):
        """False: this machine stood still for all of it."""
        with Server(timeouts={"age": f"{seconds}s", **ENDLESS}, workers=TWO) as server:
            try:
                busy, quiet, silent = peers = Tls(server.port), Tls(server.port), Tcp(server.port)
            except (EOFError, ConnectionError, ssl.SSLError):
                self.assertLess(seconds, 50)
                return False
            echoed, rest = self.echo_until_the_end(busy), quiet.receive_to_end()
            if "fin" in (busy.ended, quiet.ended) and seconds < 50:
                return False  # the last flight of its handshake came too late
            self.assertEqual((busy.ended, quiet.ended, rest), ("close_notify", "close_notify", b""))
            self.assertEqual(silent.receive_to_end(), b"")
            for peer in peers:
                peer.close()
                closed = server.closed(peer)
                self.assertEqual(closed["end"], "age_limit")
                self.assertIn(f"open for {seconds}s", closed["why"])
                self.assertGreaterEqual(int(closed["duration_ms"]), seconds * 1000 - 10)  # clocks of ms
            if seconds == 50:
                self.assertGreater(echoed, 0)
            return echoed > 0

    def echo_until_the_end(self, peer):
        """How often it echoed."""
        echoed = 0
        with contextlib.suppress(ConnectionError):
            while peer.echo(b"still here") == b"still here":
                echoed += 1
        return echoed

    def test_who_leaves_before_is_not_touched_by_it(self):
        with Server(timeouts={"age": "10m"}) as server:
            self.assert_echoes(server.port)
            self.assertEqual(server.wait_for_log("closed")["end"], "ok")


if __name__ == "__main__":
    secho.main()
