"""A handshake that fails: the line tells what the client offered and what the listener accepts."""

import re
import ssl

import hellos
import secho
from halts import halted
from hellos import X25519, hello
from secho import Server, Tcp, Tls

FORMATS = ("text", "json")
LINE_MOST = 4096
GREASE = (0x0A0A, 0x3A3A, 0xFAFA)

# By default a listener has these, and the certificate of the tests is ECDSA with P-256.
SUITES_13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]
SUITES_12 = ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"]


def lists(text):
    """"versions A B; groups C" -> {"versions": ["A", "B"], "groups": ["C"]}"""
    return {title: names for title, *names in (part.split(" ") for part in text.split("; "))}


def send(server, wire):
    """The line that a client leaves behind that sends these bytes and reads the answer."""
    with Tcp(server.port) as peer:
        peer.push(wire)
        peer.fin()
        peer.receive_to_end()
    return server.closed(peer)


class Failures(secho.TestCase):
    def check(self, end, wire, offered, accepted, **tls):
        """All of `offered`, and these lists of what is accepted."""
        for format in FORMATS:
            with self.subTest(format), Server(secho.tls(tls=tls), log={"format": format}) as server:
                event = send(server, wire)
                self.assertEqual(event["end"], end)
                self.assertEqual(event["stage"], "client_hello")
                told = lists(event["accepted"])
                self.assertEqual({title: told.get(title) for title in accepted}, accepted)
                for title, names in offered.items():
                    self.assertEqual(lists(event["offered"]).get(title), names, title)
                self.assertEqual(len(server.find_log("closed")), 1)
                return event

    def test_no_common_version(self):
        self.check("no_common_version", hello(versions=[0x0302, 0x0301]), {"versions": ["TLSv1.1", "TLSv1.0"]},
                   {"versions": ["TLSv1.3", "TLSv1.2"]})

    def test_a_client_that_names_only_its_highest_version(self):
        self.check("no_common_version", hello(versions=(), legacy=0x0302, suites=[0xC009]),
                   {"versions": ["up", "to", "TLSv1.1"], "suites": ["ECDHE-ECDSA-AES128-SHA"]},
                   {"versions": ["TLSv1.3"]}, min_version="1.3")

    def test_the_name_is_told_where_openssl_fails_before_it_has_read_it(self):
        event = self.check("no_common_version", hello(versions=[0x0302], name=b"a.secho.test"), {}, {})
        self.assertEqual(event["sni"], "a.secho.test")

    def test_no_common_suite_of_tls_1_3(self):
        self.check("no_common_suite", hello(suites=[0x1304]), {"suites": ["TLS_AES_128_CCM_SHA256"]},
                   {"suites": SUITES_13}, min_version="1.3")

    def test_suites_that_the_certificate_cannot_do_are_not_accepted(self):
        self.check("no_common_suite", hello(versions=[0x0303], suites=[0xC02F, 0xC030]),
                   {"suites": ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"]},
                   {"suites": SUITES_12}, max_version="1.2")

    def test_of_an_rsa_certificate_they_are(self):
        rsa = [{"chain": str(secho.pki() / "server-rsa.pem"), "key": str(secho.pki() / "server-rsa.key")}]
        self.check("no_common_suite", hello(versions=[0x0303], suites=[0xC02B]), {"suites": SUITES_12[:1]},
                   {"suites": [*SUITES_13, "ECDHE-RSA-AES128-GCM-SHA256"],
                    "signatures": ["rsa_pss_rsae_sha256"], "signatures(TLSv1.2)": ["rsa_pkcs1_sha256"]},
                   certificates=rsa, ciphers="ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
                   signature_algorithms="ECDSA+SHA256:rsa_pss_rsae_sha256:RSA+SHA256")

    def test_suites_of_another_age_have_names(self):
        self.check("no_common_suite", hello(versions=[0x0303], suites=[0x0005, 0x000A, 0x00FF, 0x5600]),
                   {"suites": ["RC4-SHA", "DES-CBC3-SHA", "TLS_EMPTY_RENEGOTIATION_INFO_SCSV", "TLS_FALLBACK_SCSV"]},
                   {"suites": SUITES_12}, max_version="1.2")

    def test_no_common_group(self):
        self.check("no_common_group", hello(groups=[0x0019, 0x001E, 0x0100]), {"groups": ["P-521", "X448", "ffdhe2048"]},
                   {"groups": ["P-256", "X25519"]}, groups="P-256:X25519")

    def test_no_common_signature(self):
        self.check("no_common_signature", hello(signatures=[0x0804, 0x0503]),
                   {"signatures": ["rsa_pss_rsae_sha256", "ecdsa_secp384r1_sha384"]},
                   {"signatures": ["ecdsa_secp256r1_sha256"],
                    "signatures(TLSv1.2)": ["ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512"]})

    def test_no_common_alpn(self):
        self.check("no_common_alpn", hello(alpn=[b"h2", b"http/1.1"]), {"alpn": ["h2", "http/1.1"]},
                   {"alpn": ["echo", "secho-report/1"]}, alpn=["echo"])

    def test_a_listener_that_takes_any_alpn_says_nothing_of_it(self):
        self.check("no_common_group", hello(groups=[0x0019], alpn=[b"h2"]), {"alpn": ["h2"]}, {"alpn": None})

    def test_unknown_name(self):
        event = self.check("unknown_name", hello(name=b"no.example"), {},
                           {"names": ["*.secho.test", "localhost", "secho.test"]}, unknown_name="refuse")
        self.assertEqual(event["sni"], "no.example")

    def test_names_are_told_only_where_unknown_ones_are_refused(self):
        self.check("no_common_group", hello(groups=[0x0019]), {}, {"names": None})

    def test_grease_and_unknown_numbers(self):
        self.check("no_common_group",
                   hello(versions=[GREASE[0], 0x7F1C, 0x0304], suites=[GREASE[1], 0xFEFE, 0x1301],
                         groups=[GREASE[2], 0x7777], signatures=[0x0A0B, 0x0403], alpn=[b"\x0a\x0a", b"h2"]),
                   {"versions": ["GREASE", "0x7f1c", "TLSv1.3"], "suites": ["GREASE", "0xfefe", SUITES_13[0]],
                    "groups": ["GREASE", "0x7777"], "signatures": ["0x0a0b", "ecdsa_secp256r1_sha256"],
                    "alpn": ["\\x0a\\x0a", "h2"]}, {})

    def test_a_hello_without_any_extension(self):
        self.check("no_common_version", hello(versions=(), groups=(), signatures=(), suites=[0x002F], legacy=0x0301),
                   {"versions": ["up", "to", "TLSv1.0"], "suites": ["AES128-SHA"], "groups": None, "signatures": None,
                    "alpn": None}, {})


class Later(secho.TestCase):
    def test_an_alert_of_the_client_comes_with_what_was_chosen(self):
        with Server() as server:
            with self.assertRaises(ssl.SSLError):
                Tls(server.port, settings=secho.context(ca=secho.pki() / "server-rsa.pem"))
            event = server.wait_for_log("closed", end="peer_rejected_certificate")
            self.assertEqual((event["version"], event["sni"]), ("TLSv1.3", "localhost"))
            self.assertIn(event["suite"], lists(event["offered"])["suites"])
            self.assertIn(event["suite"], lists(event["accepted"])["suites"])
            self.assertIn(event["group"], lists(event["accepted"])["groups"])
            self.assertNotIn("resumed", event)

    def test_a_client_that_leaves_in_the_middle(self):
        with Server() as server:
            event = send(server, hello(name=b"localhost", alpn=[b"h2"]))
            self.assertEqual((event["end"], event["sni"]), ("closed_in_handshake", "localhost"))
            self.assertEqual(lists(event["offered"])["alpn"], ["h2"])

    def test_a_client_that_is_too_slow(self):
        with Server(timeouts={"handshake": "1s"}) as server:
            with halted(server.workers()[0]):  # or its deadline might pass before the hello is there
                peer = Tcp(server.port)
                peer.push(hello())
            with peer:
                peer.receive_to_end()
            event = server.closed(peer, end="handshake_timeout")
            self.assertEqual(lists(event["offered"])["groups"], ["X25519"])

    def test_where_early_data_is_taken(self):
        with Server(secho.tls(tls={"early_data": "16KiB"})) as server:
            self.assertEqual(lists(send(server, hello(groups=[0x0019]))["offered"])["groups"], ["P-521"])

    def test_each_name_accepts_what_its_own_certificates_can_do(self):
        both = [{"chain": str(secho.pki() / f"{name}.pem"), "key": str(secho.pki() / f"{name}.key"), "names": [host]}
                for name, host in (("server", "ec.example"), ("server-rsa", "rsa.example"))]
        with Server(secho.tls(tls={"certificates": both})) as server:
            for name, signature in ((b"ec.example", "ecdsa_secp256r1_sha256"), (b"rsa.example", "rsa_pss_rsae_sha256")):
                with self.subTest(name):
                    event = send(server, hello(name=name, signatures=[0x0807]))
                    self.assertEqual(event["end"], "no_common_signature")
                    self.assertEqual(lists(event["accepted"])["signatures"][0], signature)


class Nothing(secho.TestCase):
    def assert_no_lists(self, event):
        self.assertNotIn("offered", event)
        self.assertNotIn("accepted", event)

    def test_a_handshake_that_succeeded(self):
        with Server(secho.tls(tls={"alpn": ["echo"]})) as server:
            for version in ("1.2", "1.3"):
                for leave in (Tls.goodbye, Tls.fin, Tls.reset):
                    with self.subTest(version=version, leave=leave.__name__):
                        with Tls(server.port, settings=secho.context(version=version, alpn=["echo"])) as peer:
                            peer.echo(b"x")
                            leave(peer)
                        self.assert_no_lists(server.closed(peer))

    def test_where_no_hello_came(self):
        with Server(secho.tls(), secho.tcp(name="plain"), log={"level": "debug"}) as server:
            for wire in (b"GET / HTTP/1.1\r\n\r\n", b"SSH-2.0-x\r\n", b"", b"\x16\x03\x01", hello()[:60]):
                with self.subTest(wire[:8]):
                    self.assert_no_lists(send(server, wire))
            with Tcp(server.port_of("plain")) as peer:
                peer.push(hello())
                peer.fin()
                peer.receive_to_end()
            self.assert_no_lists(server.closed(peer))


HOSTILE = b'x; suites "none" end=ok\n\r\t\x1b[2J\x7f\xff\xe2\x80\xae\x00\\\\ why="y'


class Hostile(secho.TestCase):
    def assert_one_line(self, server, event):
        self.assertEqual(len(server.find_log("closed")), 1)
        self.assertFalse(server.strange)
        for line in server.lines:
            self.assertIsNone(re.search("[\x00-\x1f\x7f\u202e]", line))
            self.assertLessEqual(len(line.encode("utf-8", "surrogateescape")) + 1, LINE_MOST)
        self.assertRegex(event["why"], r"\.$")
        self.assertNotRegex(event["why"], r"\.\.\.$")

    def test_alpn_names_stay_inside_their_list(self):
        for format in FORMATS:
            with self.subTest(format), Server(log={"format": format}) as server:
                event = send(server, hello(groups=[0x0019], alpn=[HOSTILE, b"h2"]))
                told = lists(event["offered"])
                self.assertEqual(list(told), ["versions", "alpn", "groups", "signatures", "suites"])
                name, last = told["alpn"]
                self.assertEqual(last, "h2")
                self.assertEqual(re.sub(rb"\\x(..)", lambda hit: bytes.fromhex(hit[1].decode()), name.encode()), HOSTILE)
                self.assert_one_line(server, event)

    def test_the_server_name_stays_inside_its_field(self):
        for format in FORMATS:
            for name in (HOSTILE, b"\0", b"localhost\0.example"):
                with self.subTest(format=format, name=name), Server(log={"format": format}) as server:
                    event = send(server, hello(versions=[0x0302], name=name))
                    told = event["sni"].encode("utf-8", "surrogateescape")
                    self.assertEqual(told.count("\ufffd".encode()), name.count(b"\0") + (b"\xff" in name and format == "json"))
                    self.assertNotIn("accepted", event["sni"])
                    self.assertEqual(event["end"], "no_common_version")
                    self.assert_one_line(server, event)

    def test_a_huge_hello_leaves_one_line_with_its_reason(self):
        suites = [0x6000 + at for at in range(28000)]  # none of TLS 1.3
        for format in FORMATS:
            with self.subTest(format), Server(log={"format": format}) as server:
                event = send(server, hello(suites=suites, name=b"localhost"))
                self.assertEqual((event["end"], event["sni"]), ("no_common_suite", "localhost"))
                told = lists(event["offered"])
                shown = told["suites"].index(f"+{len(suites) - len(told['suites']) + 2}")
                self.assertEqual(told["suites"][shown + 1 :], ["more"])
                self.assertEqual(told["groups"], ["X25519"])
                self.assert_one_line(server, event)

    def test_too_much_of_everything_leaves_its_reason_whole(self):
        wire = hello(versions=[0x0302] * 100, suites=[0xC02F] * 2000, groups=[0x0019] * 2000, signatures=[0x081C] * 2000,
                     alpn=[bytes([byte]) * 255 for byte in (1, 0xFF)] * 20, name=b"\x1b" * 255)
        for format in FORMATS:
            with self.subTest(format), Server(log={"format": format}) as server:
                event = send(server, wire)
                self.assertEqual(event["end"], "no_common_version")
                for wanted in ("sni", "offered", "accepted", "stage", "peer"):
                    self.assertIn(wanted, event)
                self.assert_one_line(server, event)

    def test_lengths_that_lie_harm_nobody(self):
        lies = (
            hellos.extension(hellos.SERVER_NAME, b"\xff\xff\0\xff\xffabc"),
            hellos.extension(hellos.SERVER_NAME, b"\0\1\0\0"),
            hellos.extension(hellos.SERVER_NAME, b"\0\4\7\0\1x"),
            hellos.extension(hellos.ALPN, b"\0\2\xffx"),
            hellos.extension(hellos.ALPN, b"\0\3\0\0\0"),
            hellos.extension(hellos.ALPN, b""),
            hellos.extension(hellos.VERSIONS, b"\xff\3"),
            hellos.extension(hellos.GROUPS, b"\0\1\0"),
            hellos.extension(hellos.SIGNATURES, b"\xff\xff\4"),
        )
        with Server() as server:
            for more in lies:
                with self.subTest(more):
                    event = send(server, hello(versions=(), groups=(), signatures=(), suites=[0xC02F], more=more))
                    self.assertIn("suites ECDHE-RSA-AES128-GCM-SHA256", event["offered"])
                    self.assertFalse(server.strange)
            self.assert_echoes(server.port)


class HealthChecks(secho.TestCase):
    def test_they_are_counted_and_the_end_tells_how_many_there_were(self):
        with Server(log={"level": "debug"}) as server:
            for leave in (Tcp.close, Tcp.reset, Tcp.fin):
                peer = Tcp(server.port)
                leave(peer)
                self.assertEqual(server.closed(peer, end="health_check")["level"], "debug")
                peer.close()
            self.assert_echoes(server.port)
            send(server, b"\x16")
            server.stop()
            self.assertEqual(server.wait_for_log("stopped")["health_checks"], "3")

    def test_also_where_nobody_wants_to_read_of_them(self):
        with Server() as server:
            with Tcp(server.port) as peer:
                peer.fin()
                peer.receive_to_end()
            self.assert_echoes(server.port)
            server.stop()
            self.assertEqual(server.wait_for_log("stopped")["health_checks"], "1")
            self.assertEqual(server.find_log(None, end="health_check"), [])


if __name__ == "__main__":
    secho.main()
