"""A report in place of the echo, for who asks for it by ALPN: who gets it, what it says, how it ends."""

import json
import os
import ssl
import struct
import subprocess

import proxyheader
import secho
from peers import context
from terminal import Terminal

ALPN = "secho-report/1"
ASK, TELL = b"secho-report/1\r\n", b"secho-answer/1\r\n"
QUESTION = ASK + bytes(range(32))
CLIENT = (secho.pki() / "client.pem", secho.pki() / "client.key")


def offer(*names, **more):
    """A client that offers these protocols."""
    return context(alpn=names or (ALPN,), **more)


def split(answer):
    """The JSON of a whole answer."""
    assert answer.startswith(TELL), answer[:60]
    (length,) = struct.unpack("!I", answer[16:20])
    assert length == len(answer) - 20, (length, len(answer))
    return json.loads(answer[20:])


def report(port, *options, host="localhost", **more):
    """Runs our client; what it says and the object of --json."""
    done = secho.client("--ca", secho.pki() / "ca.pem", "--json", *options, "report", host, port, **more)
    return done, json.loads(done.stdout)


class Agreement(secho.TestCase):
    """ALPN: who gets a report, and who an echo."""

    def chosen(self, server, *names, version=None):
        with secho.Tls(server.port, settings=offer(*names, version=version)) as peer:
            return peer.tls.selected_alpn_protocol()

    def test_who_offers_it_gets_it_whatever_else_is_offered(self):
        for alpn in ([], ["h2"]):
            with secho.Server(secho.tls(tls={"alpn": alpn})) as server:
                for version in ("1.2", "1.3"):
                    for names in ((ALPN,), ("h2", ALPN), (ALPN, "h2"), ("x", ALPN)):
                        with self.subTest(alpn=alpn, version=version, names=names):
                            self.assertEqual(self.chosen(server, *names, version=version), ALPN)

    def test_who_does_not_offer_it_has_the_listeners_own_rules(self):
        near = ("secho-report/", "secho-report/2", "Secho-report/1", "secho-report/11")
        with secho.Server(secho.tls()) as server:
            self.assertIsNone(self.chosen(server, "h2", *near))
        with secho.Server(secho.tls(tls={"alpn": ["h2"]})) as server:
            self.assertEqual(self.chosen(server, "h3", *near, "h2"), "h2")
            with self.assertRaises(ssl.SSLError):
                secho.Tls(server.port, settings=offer(*near))

    def test_switched_off_there_is_none(self):
        with secho.Server(secho.tls(report=False)) as server:
            self.assertIsNone(self.chosen(server, ALPN))
            with secho.Tls(server.port, settings=offer()) as peer:
                self.assertEqual(peer.echo(QUESTION), QUESTION)
        with secho.Server(secho.tls(report=False, tls={"alpn": ["h2"]})) as server:
            self.assertEqual(self.chosen(server, ALPN, "h2"), "h2")
            with self.assertRaises(ssl.SSLError):
                secho.Tls(server.port, settings=offer())

    def test_the_echo_never_changes(self):
        with secho.Server() as server:
            for names in ((), ("h2",)):
                with self.subTest(names), secho.Tls(server.port, settings=context(alpn=names)) as peer:
                    self.assertEqual(peer.echo(QUESTION), QUESTION)


class Answer(secho.TestCase):
    """The protocol of the server."""

    def ask(self, server, settings=None, question=QUESTION, **more):
        with secho.Tls(server.port, settings=settings or offer(), **more) as peer:
            peer.send(question)
            answer = peer.receive_to_end()
            self.assertEqual(peer.ended, "close_notify")
            peer.goodbye()
        return split(answer), peer

    def test_it_tells_the_session(self):
        with secho.Server(secho.tls(tls={"groups": "P-256"})) as server:
            view, peer = self.ask(server, offer("x", ALPN, version="1.3"))
            self.assertEqual(view["peer"], f"127.0.0.1:{peer.port}")
            self.assertEqual(view["local"], f"127.0.0.1:{server.port}")
            self.assertEqual(view["listener"], "main")
            self.assertTrue(view["software"].startswith("secho-server "))
            self.assertEqual(view["host"], os.uname().nodename)
            tls = view["tls"]
            self.assertEqual((tls["version"], tls["sni"], tls["alpn"]), ("TLSv1.3", "localhost", ALPN))
            self.assertEqual((tls["alpn_offered"], tls["group"]), (["x", ALPN], "P-256"))
            self.assertTrue(tls["hello_retry_request"])  # Python's first guess is X25519
            self.assertFalse(tls["resumed"])
            self.assertEqual(tls["client_certificates"], [])
            self.assertEqual(tls["verdict"], "not asked for")
            self.assertRegex(tls["exporter_sha256"], "^[0-9a-f]{64}$")
            self.assertNotIn("proxy", view)
            event = server.closed(peer, end="ok")
            self.assertEqual((event["alpn"], event["in"]), (ALPN, "48"))

    def test_without_a_retry_none_is_told(self):
        with secho.Server() as server:
            for version in ("1.2", "1.3"):
                view, _ = self.ask(server, offer(version=version))
                self.assertFalse(view["tls"]["hello_retry_request"], version)

    def test_other_nonces_have_other_exporters(self):
        with secho.Server() as server, secho.Tls(server.port, settings=offer()) as peer:
            peer.send(QUESTION)
            first = split(peer.receive_to_end())
            second, _ = self.ask(server)
            self.assertNotEqual(first["tls"]["exporter_sha256"], second["tls"]["exporter_sha256"])

    def test_a_client_certificate_is_told_with_its_chain(self):
        asking = {"client_auth": {"mode": "request", "ca": str(secho.pki() / "ca.pem")}}
        with secho.Server(secho.tls(tls=asking)) as server:
            view, _ = self.ask(server, offer(certificate=CLIENT))
            chain = view["tls"]["client_certificates"]
            self.assertGreaterEqual(len(chain), 2)
            self.assertIn("client", chain[0]["subject"])
            self.assertEqual(chain[0]["issuer"], chain[1]["subject"])
            self.assertRegex(chain[0]["not_after"], "^20..-..-..T")
            self.assertRegex(chain[0]["spki_sha256"], "^[0-9a-f]{64}$")
            self.assertEqual(view["tls"]["verdict"], "verified")
            view, _ = self.ask(server)
            self.assertEqual(view["tls"]["verdict"], "asked for, none was shown")

    def test_what_a_proxy_header_says_is_told(self):
        ssl_entry = struct.pack("!BI", 1 | 2, 0) + proxyheader.tlv(0x21, b"TLSv1.3") + proxyheader.tlv(0x22, b"a\x1bb")
        entries = (proxyheader.tlv(proxyheader.ALPN, b"h2") + proxyheader.tlv(proxyheader.AUTHORITY, b"front.test")
                   + proxyheader.tlv(proxyheader.UNIQUE_ID, b"id-7") + proxyheader.tlv(proxyheader.SSL, ssl_entry))
        with secho.Server(secho.tls(proxy_protocol=True)) as server:
            for segment in (None, 7):
                with self.subTest(segment=segment), secho.Tls(server.port, settings=offer(), segment=0) as peer:
                    peer.push(proxyheader.v2(tlvs=entries), segment)
                    peer.handshake()
                    peer.send(QUESTION)
                    view = split(peer.receive_to_end())
                    self.assertEqual((view["peer"], view["via"]), ("192.0.2.7:50512", f"127.0.0.1:{peer.port}"))
                    self.assertEqual(view["proxy"], {
                        "version": 2, "source": "192.0.2.7:50512", "destination": "198.51.100.1:443",
                        "authority": "front.test", "unique_id": "id-7", "alpn": "h2", "tls": True, "certificate": True,
                        "verified": True, "tls_version": "TLSv1.3", "tls_suite": "", "tls_client": "a\\u001bb",
                    })

    def test_a_question_in_pieces_is_one(self):
        with secho.Server() as server, secho.Tls(server.port, settings=offer()) as peer:
            for at in range(len(QUESTION)):
                peer.send(QUESTION[at : at + 1], segment=5)
            self.assertEqual(split(peer.receive_to_end())["tls"]["alpn"], ALPN)

    def test_what_is_no_question_is_refused_in_order(self):
        wrong = {"another line": b"hello\r\n", "too long": QUESTION + b"x", "a lot": b"secho-report/1\r\n" + bytes(40000)}
        with secho.Server() as server:
            for name, data in wrong.items():
                with self.subTest(name), secho.Tls(server.port, settings=offer()) as peer:
                    peer.send(data)
                    self.assertEqual(peer.receive_to_end(), b"")
                    self.assertEqual(peer.ended, "close_notify")
                    peer.goodbye()
                    peer.fin()
                    server.closed(peer, end="report_invalid")

    def test_who_leaves_before_the_question_is_let_go(self):
        with secho.Server() as server:
            with secho.Tls(server.port, settings=offer()) as peer:
                peer.send(QUESTION[:20])
                peer.goodbye()
                self.assertEqual(peer.receive_to_end(), b"")
                self.assertEqual(peer.ended, "close_notify")
            server.closed(peer, end="ok")
            with secho.Tls(server.port, settings=offer()) as peer:
                peer.send(QUESTION[:20])
                peer.fin()
                self.assertEqual(peer.receive_to_end(), b"")
                self.assertEqual(peer.ended, "close_notify")
            server.closed(peer, end="truncated")

    def test_who_asks_nothing_is_idle(self):
        with secho.Server(timeouts={"idle": "200ms"}) as server, secho.Tls(server.port, settings=offer()) as peer:
            self.assertEqual(peer.receive_to_end(), b"")
            self.assertEqual(peer.ended, "close_notify")
            peer.fin()
            server.closed(peer, end="idle_timeout")

    def test_a_drain_sends_home_who_asks_nothing(self):
        with secho.Server() as server, secho.Tls(server.port, settings=offer()) as peer:
            server.signal(secho.SIGTERM)
            self.assertEqual(peer.receive_to_end(), b"")
            self.assertEqual(peer.ended, "close_notify")
            peer.fin()
            self.assertEqual(server.wait(), 0)
            server.closed(peer, end="drain")


class Client(secho.TestCase):
    """secho-client report, with nothing in between."""

    def test_it_is_one_session_end_to_end(self):
        with secho.Server() as server:
            for version in ("1.2", "1.3"):
                with self.subTest(version):
                    done, said = report(server.port, "--tls", version)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertEqual((said["ok"], said["verdict"], said["exit"]), (True, "end_to_end", 0))
                    self.assertEqual(said["here"]["tls"]["exporter_sha256"], said["there"]["tls"]["exporter_sha256"])
                    self.assertEqual(said["here"]["local"], said["there"]["peer"])
                    self.assertEqual(said["here"]["tls"]["verdict"], "verified")
                    self.assertEqual(said["here"]["tls"]["alpn_offered"], said["there"]["tls"]["alpn_offered"])

    def test_people_see_both_views_side_by_side(self):
        with secho.Server() as server:
            done = secho.client("--ca", secho.pki() / "ca.pem", "report", "localhost", server.port)
        text = done.stdout.decode()
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertRegex(text, r"(?m)^version +TLSv1\.3 +TLSv1\.3$")
        self.assertRegex(text, r"(?m)^ALPN offered +secho-report/1 +secho-report/1$")
        self.assertRegex(text, r"(?m)^ {5}\d+ days left, until 20")
        self.assertIn("One TLS session end to end: ", text.splitlines()[-1])
        columns = {line.index("127.0.0.1") for line in text.splitlines() if "address" in line}
        self.assertEqual(len(columns), 1)
        self.assertNotIn("\033", text)

    def test_one_session_is_green_on_a_terminal_and_nothing_is_marked(self):
        words = (secho.program("secho-client"), "--ca", secho.pki() / "ca.pem", "report", "localhost")
        with secho.Server() as server:
            for env, green in (({}, 1), ({"NO_COLOR": "1"}, 0), ({"TERM": "dumb"}, 0)):
                with self.subTest(env), Terminal(*words, str(server.port), env={"NO_COLOR": "", **env}) as person:
                    self.assertEqual(person.wait(), 0)
                    self.assertEqual(person.screen.count("\033[1;32mOne TLS session"), green)
                    self.assertNotIn("\033[33m", person.screen)

    def test_quiet_leaves_the_exit_code(self):
        with secho.Server() as server:
            done = secho.client("--ca", secho.pki() / "ca.pem", "-q", "report", "localhost", server.port)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))

    def test_a_retry_is_seen_by_both(self):
        with secho.Server(secho.tls(tls={"groups": "P-256"})) as server:
            _, said = report(server.port, "--groups", "X25519:P-256")
            self.assertTrue(said["here"]["tls"]["hello_retry_request"])
            self.assertTrue(said["there"]["tls"]["hello_retry_request"])

    def test_our_certificate_is_told_by_both_when_it_is_asked_for(self):
        asking = {"client_auth": {"mode": "request", "ca": str(secho.pki() / "ca.pem")}}
        for tls, count in ((asking, 1), ({}, 0)):
            with self.subTest(count), secho.Server(secho.tls(tls=tls)) as server:
                _, said = report(server.port, "--cert", CLIENT[0], "--key", CLIENT[1])
                for side in ("here", "there"):
                    self.assertEqual(len(said[side]["tls"]["client_certificates"][:1]), count, side)

    def test_no_report_is_said_politely(self):
        refusing = secho.tls(report=False, tls={"alpn": ["h2"]})
        for listener in (secho.tls(report=False), refusing):
            with secho.Server(listener) as server:
                done, said = report(server.port)
                self.assertEqual((done.returncode, said["verdict"], done.stderr), (76, "no_report", b""))
                self.assertIn("not secho, its report is switched off", said["why"])
        self.assertIn("no_application_protocol", said["notes"][0])

    def test_other_protocols_can_be_offered_too(self):
        with secho.Server(secho.tls(report=False, tls={"alpn": ["h2"]})) as server:
            done, said = report(server.port, "--alpn", "h3,h2")
            self.assertEqual((done.returncode, said["here"]["tls"]["alpn"]), (76, "h2"))

    def test_a_certificate_that_is_not_good_is_explained(self):
        with secho.Server() as server:
            done = secho.client("report", "localhost", server.port, env={**os.environ, "SSL_CERT_FILE": "", "SSL_CERT_DIR": "/"})
            self.assertEqual(done.returncode, 77, done.stderr)
            self.assertIn(b"issuer", done.stderr)
            done, said = report(server.port, "--insecure", "--server-name", "wrong.test")
            self.assertEqual((done.returncode, said["verdict"]), (0, "end_to_end"))
            self.assertIn("not verified: hostname mismatch", said["here"]["tls"]["verdict"].lower())
            self.assertIn("--insecure", said["notes"][0])

    def test_what_is_no_answer_is_a_failure(self):
        cases = {
            "another line": b"HTTP/1.1 400 Bad Request\r\n\r\n", "no JSON": TELL + struct.pack("!I", 2) + b"{]",
            "too much": TELL + struct.pack("!I", 1 << 20) + b"x" * 100, "cut": TELL + struct.pack("!I", 100) + b"{",
            "nothing": b"", "an echo and more": None,
        }
        for name, answer in cases.items():
            with self.subTest(name), Pretender(answer) as port:
                done, said = report(port)
                self.assertEqual((done.returncode, said["code"]), (76, "report_invalid"), said)


class Pretender:
    """A server that agrees to a report and answers whatever is wanted; None: the question twice."""

    def __init__(self, answer):
        self.answer = answer

    def __enter__(self):
        import socket
        import threading

        self.door = socket.create_server(("127.0.0.1", 0))
        self.settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.settings.load_cert_chain(secho.pki() / "server.pem", secho.pki() / "server.key")
        self.settings.set_alpn_protocols([ALPN])
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self.door.getsockname()[1]

    def serve(self):
        peer, _ = self.door.accept()
        peer.settimeout(secho.PATIENCE)
        try:
            with self.settings.wrap_socket(peer, server_side=True) as tls:
                question = b""
                while len(question) < len(QUESTION):
                    question += tls.recv(100)
                tls.sendall(2 * question if self.answer is None else self.answer)
                tls.unwrap()
        except OSError:
            pass  # the client left first

    def __exit__(self, *_):
        self.thread.join(secho.PATIENCE)
        self.door.close()


class Others(secho.TestCase):
    """TLS echo servers that are not secho."""

    def test_openssls_echo_has_no_report(self):
        openssl = secho.needs("openssl", "openssl")
        with subprocess.Popen(
            [openssl, "s_server", "-accept", "127.0.0.1:0", "-rev", "-cert", secho.pki() / "server.pem", "-cert_chain",
             secho.pki() / "server.pem", "-key", secho.pki() / "server.key"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        ) as other:
            try:
                line = next(line for line in other.stdout if line.startswith(b"ACCEPT"))
                done, said = report(int(line.rsplit(b":", 1)[1]))
            finally:
                other.terminate()
        self.assertEqual((done.returncode, said["verdict"], done.stderr), (76, "no_report", b""))
        self.assertEqual(said["here"]["tls"]["verdict"], "verified")


if __name__ == "__main__":
    secho.main()
