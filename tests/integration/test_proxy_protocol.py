"""The PROXY protocol: who is behind the load balancer, and nobody without a header."""

import json
import os
import random
import signal
import ssl
import tempfile

import proxyheader
import secho
from halts import halted
from secho import Server, Tcp, Tls, client_hello

HEADERS = {"version 1": proxyheader.v1(), "version 2": proxyheader.v2()}
PEER = "192.0.2.7:50512"
V6 = ("2001:db8::7", "2001:db8::1")
PEER_V6 = "[2001:db8::7]:50512"


def listening(**changes):
    """A TLS listener that expects a header."""
    return secho.tls(proxy_protocol=True, **changes)


def plain(**changes):
    """A plain one."""
    return secho.tcp(proxy_protocol=True, **changes)


class Proxied(Tls):
    """A TLS client behind a proxy: the header goes first, alone or in one segment with the hello."""

    def __init__(self, port, header, together=False, segment=None, **more):
        super().__init__(port, segment=0, **more)
        if together:
            self.cork()
        self.push(header, segment)
        if together:
            self.begin()
            self.uncork()
        self.handshake()

    def begin(self):
        """Puts our hello behind what is held back."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            self.flush()


class Case(secho.TestCase):
    def assert_echoes_behind(self, port, header, **more):
        with Proxied(port, header, **more) as peer:
            data = os.urandom(3000)
            self.assertEqual(peer.echo(data), data)
            peer.goodbye()
            self.assertEqual(peer.receive_to_end(), b"")
            self.assertEqual(peer.ended, "close_notify")
            return f"127.0.0.1:{peer.port}"

    def assert_refused(self, server, sent, end, *words, **more):
        """What is sent gets no answer but FIN, and the log says why."""
        mark = server.mark()
        with Tcp(server.port, **more) as peer:
            peer.push_quietly(sent)
            self.assertEqual(peer.receive_to_end(), b"")
            self.assertEqual(peer.ended, "fin")
        event = server.wait_for_log("closed", since=mark, end=end)
        for word in words:
            self.assertIn(word, event["why"], event.raw)
        return event


class Behind(Case):
    def test_the_peer_in_the_log_is_the_client_and_via_the_proxy(self):
        with Server(listening()) as server:
            for name, header in HEADERS.items():
                for together in (False, True):
                    with self.subTest(name, together=together):
                        mark = server.mark()
                        via = self.assert_echoes_behind(server.port, header, together=together)
                        event = server.wait_for_log("closed", since=mark, end="ok")
                        self.assertEqual((event["peer"], event["via"]), (PEER, via))
                        self.assertEqual((event["in"], event["sni"]), ("3000", "localhost"))

    def test_a_header_may_come_byte_by_byte(self):
        with Server(listening()) as server:
            for name, header in HEADERS.items():
                with self.subTest(name):
                    self.assert_echoes_behind(server.port, header, segment=1)
                    server.wait_for_log("closed", end="ok", peer=PEER)

    def test_a_header_may_be_cut_anywhere_also_with_the_hello_behind_it(self):
        hello = client_hello()
        with Server(listening()) as server:
            for name, header in HEADERS.items():
                for cut in range(1, len(header)):
                    with self.subTest(name, cut=cut), Tcp(server.port) as peer:
                        peer.push(header[:cut])
                        peer.push(header[cut:] + hello)
                        self.assertEqual(peer.receive(1), b"\x16")  # the server's hello

    def test_a_header_of_4096_bytes_in_pieces_is_read(self):
        filled = proxyheader.v2(tlvs=proxyheader.tlv(proxyheader.NOOP, bytes(4096 - 16 - 12 - 3)))
        self.assertEqual(len(filled), 4096)
        with Server(listening()) as server:
            self.assert_echoes_behind(server.port, filled, segment=1000)
            self.assert_echoes_behind(server.port, filled, together=True)
            server.wait_for_log("closed", end="ok", peer=PEER, count=2)

    def test_ipv6_is_told_as_well(self):
        with Server(listening(address="::1")) as server:
            for header in (proxyheader.v1(*V6), proxyheader.v2(*V6)):
                mark = server.mark()
                self.assert_echoes_behind(server.port, header, host="::1")
                event = server.wait_for_log("closed", since=mark, end="ok", peer=PEER_V6)
                self.assertTrue(event["via"].startswith("[::1]:"), event.raw)

    def test_a_listener_without_tls_expects_it_too(self):
        with Server(plain()) as server:
            for name, header in HEADERS.items():
                with self.subTest(name), Tcp(server.port) as peer:
                    mark = server.mark()
                    peer.push(header + b"hello")
                    self.assertEqual(peer.receive(5), b"hello")
                    self.assertEqual(peer.echo(header), header)  # only the first one is one
                    peer.fin()
                    self.assertEqual(peer.receive_to_end(), b"")
                    event = server.wait_for_log("closed", since=mark, end="ok", peer=PEER)
                    self.assertEqual(event["in"], str(5 + len(header)))

    def test_other_listeners_are_as_before(self):
        with Server(listening(), secho.tls(name="open")) as server:
            self.assert_echoes(server.port_of("open"))
            self.assertNotIn("via", server.wait_for_log("closed", listener="open"))
            with Tcp(server.port_of("open")) as peer:
                peer.push(proxyheader.v1() + client_hello())
                peer.receive_to_end()
            server.closed(peer, end="proxy_header_unexpected")


class Entries(Case):
    def test_a_right_checksum_is_taken_and_a_wrong_one_is_not(self):
        header = proxyheader.v2(checksum=True)
        with Server(listening()) as server:
            self.assert_echoes_behind(server.port, header)
            self.assert_refused(server, header[:-1] + b"!" + client_hello(), "proxy_header_invalid", "CRC32C")
            spoiled = header.replace(b"\xc0\0\2\7", b"\xc0\0\2\6")
            self.assert_refused(server, spoiled + client_hello(), "proxy_header_invalid", "CRC32C")

    def test_name_and_unique_id_stand_in_the_log_and_forge_nothing(self):
        tlvs = proxyheader.tlv(proxyheader.AUTHORITY, b"host.example\nclosed end=ok") + proxyheader.tlv(
            proxyheader.UNIQUE_ID, b'7F" peer="x\x1b[2J\xff'
        )
        for style, newline in (("text", "\\n"), ("json", "\\u000a")):
            with self.subTest(style), Server(listening(), log={"format": style}) as server:
                self.assert_echoes_behind(server.port, proxyheader.v2(tlvs=tlvs))
                event = server.wait_for_log("closed", end="ok", peer=PEER)
                self.assertIn("host.example" + newline, event.raw)
                self.assertNotIn("\x1b", event.raw)
                self.assertTrue(event["unique_id"].startswith('7F" peer="x'), event.raw)
                self.assertEqual(len(server.find_log("closed")), 1)

    def test_unknown_entries_are_passed_over(self):
        tlvs = b"".join(proxyheader.tlv(kind, os.urandom(kind)) for kind in range(0x40, 0x60))
        with Server(listening()) as server:
            self.assert_echoes_behind(server.port, proxyheader.v2(tlvs=tlvs))


class Unknown(Case):
    def test_without_a_tcp_address_the_peer_is_the_proxy(self):
        headers = {
            "UNKNOWN": b"PROXY UNKNOWN\r\n",
            "UNKNOWN with words": b"PROXY UNKNOWN 192.0.2.1 whatever\r\n",
            "LOCAL": proxyheader.v2_raw(proxyheader.LOCAL, proxyheader.UNSPEC),
            "LOCAL with an address": proxyheader.v2(command=proxyheader.LOCAL),
            "UNSPEC": proxyheader.v2_raw(proxyheader.PROXY, proxyheader.UNSPEC),
            "UNIX": proxyheader.v2_raw(proxyheader.PROXY, proxyheader.UNIX, bytes(216)),
            "UDP": proxyheader.v2_raw(proxyheader.PROXY, proxyheader.UDP4, bytes(12)),
        }
        with Server(listening()) as server:
            for name, header in headers.items():
                with self.subTest(name):
                    mark = server.mark()
                    own = self.assert_echoes_behind(server.port, header)
                    event = server.wait_for_log("closed", since=mark, end="ok")
                    self.assertEqual(event["peer"], own)
                    self.assertNotIn("via", event)

    def test_who_leaves_behind_a_header_without_a_byte_is_a_health_check(self):
        checks = {**HEADERS, "LOCAL": proxyheader.v2_raw(0, 0), "UNKNOWN": b"PROXY UNKNOWN\r\n", "nothing": b""}
        for listener in (listening(), plain()):
            with Server(listener, log={"level": "debug"}) as server:
                for name, header in checks.items():
                    for leave in (Tcp.fin, Tcp.reset):
                        with self.subTest(name, transport=listener["transport"], how=leave.__name__):
                            mark = server.mark()
                            peer = Tcp(server.port)
                            peer.push(header)
                            leave(peer)
                            event = server.wait_for_log("closed", since=mark)
                            self.assertEqual((event["end"], event["level"]), ("health_check", "debug"), event.raw)
                            peer.close()


class Missing(Case):
    def test_without_a_header_nobody_comes_in_and_the_log_says_what_came(self):
        sent = {
            "a TLS hello": client_hello(),
            "plain HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            "an SSH banner": b"SSH-2.0-OpenSSH_9.2\r\n",
            "a plain SMTP line": b"EHLO example.test\r\n",
            "something else": b"\0\1\2\3",
            "something similar": b"proxy tcp4 192.0.2.1 192.0.2.2 1 2\r\n",
        }
        for listener in (listening(), plain()):
            with Server(listener) as server:
                for what, first in sent.items():
                    with self.subTest(what, transport=listener["transport"]):
                        event = self.assert_refused(
                            server, first, "proxy_header_missing", what, "no PROXY header",
                            "send-proxy-v2", "/listeners/0/proxy_protocol to false",
                        )
                        self.assertNotIn("via", event)

    def test_secho_client_learns_that_the_server_has_closed(self):
        with Server(listening()) as server:
            done = secho.client("check", "--ca", secho.pki() / "ca.pem", "localhost", server.port, "-4")
            self.assertIn(done.returncode, (69, 76), done.stderr)
            server.wait_for_log("closed", end="proxy_header_missing")


class Invalid(Case):
    def test_what_breaks_the_rules_is_refused_in_words(self):
        long_line = b"PROXY TCP4 192.0.2.1 198.51.100.1 " + b"0" * 80
        cases = {
            "ports": b"PROXY TCP4 192.0.2.1 198.51.100.1 1 65536\r\n",
            "addresses": b"PROXY TCP4 ::1 ::1 1 2\r\n",
            "TCP4, TCP6 or UNKNOWN": b"PROXY TCP5 192.0.2.1 198.51.100.1 1 2\r\n",
            "CRLF": b"PROXY TCP4 192.0.2.1 198.51.100.1 1 2\n",
            "107 bytes": long_line,
            "version": proxyheader.v2_raw(1, proxyheader.TCP4, bytes(12), version=3),
            "command": proxyheader.v2_raw(2, proxyheader.TCP4, bytes(12)),
            "family": proxyheader.v2_raw(1, 0x44, bytes(12)),
            "too short": proxyheader.v2_raw(1, proxyheader.TCP6, bytes(12)),
            "4096 bytes": proxyheader.v2(tlvs=proxyheader.tlv(proxyheader.NOOP, bytes(4096 - 16 - 12 - 2))),
            "TLV": proxyheader.v2(tlvs=b"\x04\x00\x05abcd"),
            "SSL": proxyheader.v2(tlvs=proxyheader.tlv(proxyheader.SSL, b"\1\0\0\0\0\x21\0\7short")),
        }
        with Server(listening()) as server:
            for words, header in cases.items():
                with self.subTest(words):
                    self.assert_refused(
                        server, header + client_hello(), "proxy_header_invalid", "is not valid: ", words,
                        "/listeners/0/proxy_protocol_from",
                    )
            self.assert_echoes_behind(server.port, proxyheader.v2())

    def test_a_header_that_ends_in_the_middle_is_told(self):
        with Server(listening()) as server:
            for name, header in HEADERS.items():
                for cut in (1, 5, len(header) - 1):
                    with self.subTest(name, cut=cut), Tcp(server.port) as peer:
                        mark = server.mark()
                        peer.push(header[:cut])
                        peer.fin()
                        self.assertEqual(peer.receive_to_end(), b"")
                        event = server.wait_for_log("closed", since=mark, end="proxy_header_invalid")
                        self.assertIn("ends before it is whole", event["why"])

    def test_a_reset_in_the_middle_is_told(self):
        with Server(listening()) as server:
            peer = Tcp(server.port)
            peer.push(proxyheader.v2()[:20])
            peer.reset()
            self.assertIn("in the PROXY header", server.wait_for_log("closed", end="reset")["why"])

    def test_a_slow_header_meets_the_deadline_of_the_handshake(self):
        with Server(listening(), timeouts={"handshake": "300ms"}) as server:
            for sent, words in ((b"", "sent nothing"), (b"PROXY TCP4 ", "did not finish the PROXY header"),
                                (proxyheader.v1(), "sent nothing"),
                                (proxyheader.v1() + client_hello()[:9], "did not finish the handshake")):
                with self.subTest(sent):
                    mark = server.mark()
                    with halted(server.workers()[0]):  # or its deadline might pass before they are there
                        peer = Tcp(server.port)
                        peer.push(sent)
                    with peer:
                        peer.receive_to_end()
                    self.assertIn(words, server.wait_for_log("closed", since=mark, end="handshake_timeout")["why"])

    def test_a_header_that_comes_slowly_does_not_get_more_time(self):
        with Server(listening(), timeouts={"handshake": "500ms"}) as server:
            with Tcp(server.port, patience=0.05) as peer:
                for byte in b"PROXY UNKNOWN " + b"x" * 90:
                    peer.push_quietly(bytes([byte]))
                    try:
                        if not peer.pull():
                            break
                    except TimeoutError:
                        pass
                self.assertIsNotNone(peer.ended)
            server.closed(peer, end="handshake_timeout")


class From(Case):
    def test_an_address_that_is_not_listed_may_not_send_one(self):
        with Server(listening(proxy_protocol_from=["10.0.0.0/8", "fd00::/8"])) as server:
            for name, header in HEADERS.items():
                with self.subTest(name):
                    event = self.assert_refused(
                        server, header + client_hello(), "proxy_header_invalid", "an address that may not send one",
                        "/listeners/0/proxy_protocol_from",
                    )
                    self.assertTrue(event["peer"].startswith("127.0.0.1:"), event.raw)  # nobody believes it
            self.assert_refused(server, b"P", "proxy_header_invalid", "may not send one")
            self.assert_refused(server, client_hello(), "proxy_header_missing")

    def test_addresses_and_prefixes_that_are_listed_may(self):
        for senders in (["127.0.0.1"], ["10.0.0.0/8", "127.0.0.0/8"], ["::ffff:127.0.0.0/104"], ["::/0"], []):
            with self.subTest(senders), Server(listening(proxy_protocol_from=senders)) as server:
                self.assert_echoes_behind(server.port, proxyheader.v2())

    def test_an_ipv4_proxy_of_an_ipv6_listener_counts_as_ipv4(self):
        for senders, works in ((["127.0.0.1"], True), (["10.0.0.0/8"], False)):
            with self.subTest(senders), Server(listening(address="::", proxy_protocol_from=senders)) as server:
                if works:
                    self.assert_echoes_behind(server.port, proxyheader.v1())
                else:
                    self.assert_refused(server, proxyheader.v1(), "proxy_header_invalid")

    def test_what_is_no_prefix_is_refused_at_the_start(self):
        done = secho.run_server("-t", config=secho.configuration(listening(proxy_protocol_from=["::1", "10.1.0.0/8"])))
        self.assertEqual(done.returncode, 78)
        self.assertRegex(done.stderr, r"secho\.json:\d+:\d+: /listeners/0/proxy_protocol_from/1: must have no bits")


class Client(Case):
    def check(self, server, *options, host="127.0.0.1"):
        done = secho.client("check", "--ca", secho.pki() / "ca.pem", *options, host, server.port)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr.decode()

    def test_it_sends_its_own_addresses_with_check(self):
        for version in ("v1", "v2"):
            for host in ("127.0.0.1", "::1"):
                with self.subTest(version, host=host), Server(listening(address=host)) as server:
                    told = self.check(server, "--proxy-protocol", version, "-v", host=host)
                    self.assertIn(f"PROXY protocol: version {version[1]}, from ", told)
                    event = server.wait_for_log("closed", end="ok")
                    self.assertEqual(event["peer"], event["via"])  # it is behind no proxy but itself

    def test_it_sends_them_with_talk(self):
        with Server(listening()) as server:
            done = secho.client("--ca", secho.pki() / "ca.pem", "--proxy-protocol", "v2", "127.0.0.1", server.port, input=b"echo")
            self.assertEqual((done.returncode, done.stdout), (0, b"echo"), done.stderr)
            server.wait_for_log("closed", end="ok", via=lambda text: text)

    def test_the_file_has_the_key(self):
        with Server(listening()) as server, tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "client.json")
            for value, code in (("v1", 0), ("v3", 78)):
                with self.subTest(value):
                    with open(file, "w", encoding="utf-8") as out:
                        json.dump({"proxy-protocol": value}, out)
                    done = secho.client("check", "--config", file, "--ca", secho.pki() / "ca.pem", "127.0.0.1", server.port)
                    self.assertEqual(done.returncode, code, done.stderr)
            server.wait_for_log("closed", end="ok")

    def test_a_server_that_expects_none_says_so_in_its_log(self):
        with Server() as server:
            done = secho.client("check", "--insecure", "--proxy-protocol", "v1", "127.0.0.1", server.port)
            self.assertEqual(done.returncode, 76, done.stderr)
            server.wait_for_log("closed", end="proxy_header_unexpected")


class Many(Case):
    def test_idle_connections_behind_a_proxy_are_drained(self):
        with Server(listening(), workers={"processes": 2, "threads": 2}) as server:
            idle = [Tcp(server.port) for _ in range(8)]
            for number, peer in enumerate(idle):
                peer.push(proxyheader.v1()[: 10 * (number % 2)] if number % 4 < 2 else proxyheader.v1())
            for peer in (talking := [Proxied(server.port, proxyheader.v2()) for _ in range(8)]):
                self.assertEqual(peer.echo(b"x"), b"x")
            for peer in idle[1::4]:  # half a header would have its whole handshake time
                peer.fin()
                peer.receive_to_end()
            server.signal(signal.SIGTERM)
            for peer in talking:
                self.assertEqual(peer.receive_to_end(), b"")
                self.assertEqual(peer.ended, "close_notify")
            for peer in idle + talking:
                peer.close()
            self.assertEqual(server.wait(), 0)
            self.assertEqual(server.wait_for_log("stopped")["cut"], "0")

    def test_random_bytes_behind_the_signature_harm_nobody(self):
        dice = random.Random(2006)
        with Server(listening(), timeouts={"handshake": "1s"}) as server:
            for _ in range(200):
                payload = dice.randbytes(dice.randrange(300))
                header = proxyheader.v2_raw(dice.randrange(3), dice.choice((0, 0x11, 0x21, 0x31)), payload)
                with Tcp(server.port) as peer:
                    peer.push_quietly(header[: dice.randrange(1, len(header) + 1)])
                    try:
                        peer.fin()
                    except OSError:
                        pass
                    peer.receive_to_end()
            self.assert_echoes_behind(server.port, proxyheader.v2())


if __name__ == "__main__":
    secho.main()
