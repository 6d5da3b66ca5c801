"""OpenSSL 3.5: X25519MLKEM768 and ML-DSA-65 with real peers; and what an older OpenSSL says of them."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import threading

import pqc
import secho
import strange

HYBRID, CLASSIC = "X25519MLKEM768", "X25519"
SHARES = {0x11EC: HYBRID, 0x001D: CLASSIC, 0x0017: "P-256"}  # RFC 8446 4.2.7, and IANA's list
SEGMENT = 1400  # what fits into one TCP segment of an ordinary network, about


def pair(name):
    return {"chain": str(pqc.pki() / f"{name}.pem"), "key": str(pqc.pki() / f"{name}.key")}


def serve(*certificates, **tls):
    """A server with these certificates of the PKI, all for the same names."""
    return secho.Server(secho.tls(tls={"certificates": [pair(name) for name in certificates], **tls}))


def authority(name):
    """The CA that a certificate of the PKI comes from."""
    return secho.pki() / ("root-mldsa65.pem" if "mldsa" in name else "ca.pem")


def client(port, *options, ca="server", **more):
    return secho.client("-v", "--ca", authority(ca), *options, "localhost", port, **more)


def check(port, *options, **more):
    return client(port, "check", *options, **more)


def s_client(port, data, *options, ca="server"):
    """(what came back, what it said) of openssl s_client that gives these bytes."""
    process = subprocess.Popen(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-CAfile", authority(ca),
         "-verify_return_error", "-verify_hostname", "localhost", "-quiet", *options],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def write():
        try:
            process.stdin.write(data)
            process.stdin.flush()
        except BrokenPipeError:
            pass

    writer = threading.Thread(target=write)
    writer.start()
    back = process.stdout.read(len(data))
    writer.join()
    process.terminate()
    return back, process.communicate()[1].decode()


def common_name(said):
    """Of the server certificate: the last that s_client's -verify callback names is the leaf."""
    return re.findall(r"^depth=0 .*CN ?= ?(\S+)$", said, re.M)[-1]


def key_shares(hello):
    """The groups for which a ClientHello (RFC 8446 4.1.2) brings a key."""
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at : at + 2], "big")
    at += 1 + hello[at] + 2
    while at < len(hello):
        kind, size = (int.from_bytes(hello[at + i : at + i + 2], "big") for i in (0, 2))
        at += 4
        if kind == 51:
            found, end = [], at + size
            at += 2
            while at < end:
                found.append(SHARES[int.from_bytes(hello[at : at + 2], "big")])
                at += 4 + int.from_bytes(hello[at + 2 : at + 4], "big")
            return found
        at += size
    return []


def whole_record(sock):
    """One TLS record, then the end."""
    data = b""
    while len(data) < 5 or len(data) < 5 + int.from_bytes(data[3:5], "big"):
        data += sock.recv(65536)
    return data


@pqc.needed
class Group(secho.TestCase):
    def test_the_default_list_has_it_first(self):
        done = secho.run_server("-T", config=secho.configuration())
        self.assertEqual(json.loads(done.stdout)["listeners"][0]["tls"]["groups"].split(":")[:2], [HYBRID, CLASSIC])

    def test_our_client_and_our_server_agree_on_it_and_echo(self):
        data = os.urandom(1 << 20)
        for name in ("server", "server-rsa", "server-ed25519", "server-mldsa65"):
            with self.subTest(name), serve(name) as server:
                done = check(server.port, ca=name)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(f"group {HYBRID},".encode(), done.stderr)
                done = client(server.port, ca=name, input=data)
                self.assertEqual((done.returncode, done.stdout == data), (0, True), done.stderr)
                server.wait_for_log("closed", count=2, end="ok", group=HYBRID)

    def test_openssls_client_agrees_on_it_and_gets_its_bytes_back(self):
        data = os.urandom(300000)
        with secho.Server() as server:
            back, said = s_client(server.port, data, "-groups", HYBRID)
            self.assertEqual(back, data, said)
            server.wait_for_log("closed", group=HYBRID, in_=len(data))

    def test_our_client_agrees_on_it_with_another_echo(self):
        with strange.Server(strange.tls(strange.echo())) as server:
            done = check(server.port)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"group {HYBRID},".encode(), done.stderr)

    def test_who_has_it_not_gets_x25519(self):
        with secho.Server() as server:
            back, said = s_client(server.port, b"to and fro", "-groups", CLASSIC)
            self.assertEqual(back, b"to and fro", said)
            server.wait_for_log("closed", group=CLASSIC, in_=len(b"to and fro"))
            for options in (("--groups", CLASSIC), ("--tls", "1.2")):
                with self.subTest(options):
                    done = check(server.port, *options)
                    self.assertIn(b"group X25519,", done.stderr)
        with serve("server", groups=CLASSIC) as server:
            self.assertIn(b"group X25519,", check(server.port).stderr)

    def test_our_client_sends_a_key_of_x25519_too_so_that_nobody_has_to_ask_for_it(self):
        with strange.Server(whole_record) as server:
            check(server.port)
        self.assertEqual(key_shares(server.seen[0]), [HYBRID, CLASSIC])

    def test_who_has_nothing_else_is_refused_in_both_directions(self):
        with serve("server", groups=HYBRID) as server:
            done = check(server.port, "--groups", CLASSIC)
            self.assertEqual(done.returncode, 76, done.stderr)
            server.wait_for_log("closed", end="no_common_group")
            self.assertEqual(check(server.port).returncode, 0)

    def test_a_hello_that_comes_in_two_segments_is_one_hello(self):
        hello = secho.client_hello()
        self.assertGreater(len(hello), SEGMENT)
        with secho.Server() as server, secho.Tcp(server.port) as peer:
            peer.push(hello[:SEGMENT])
            self.assert_echoes(server.port)  # the worker has had a turn with the first part
            peer.push(hello[SEGMENT:])
            answer = peer.receive(6)
            self.assertEqual((answer[0], answer[5]), (22, 2))  # handshake, ServerHello


@pqc.needed
class Certificate(secho.TestCase):
    def test_our_client_verifies_it_and_names_the_signature(self):
        with serve("server-mldsa65") as server:
            done = check(server.port, ca="server-mldsa65")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"signature mldsa65,", done.stderr)
            self.assertIn(b"CN=server-mldsa65.secho.test", done.stderr)

    def test_our_client_refuses_it_when_it_knows_another_ca(self):
        with serve("server-mldsa65") as server:
            done = check(server.port)
            self.assertEqual(done.returncode, 77, done.stderr)
            server.wait_for_log("closed", end="peer_rejected_certificate")

    def test_openssls_client_verifies_it_or_does_not_know_its_ca(self):
        with serve("server-mldsa65") as server:
            back, said = s_client(server.port, b"to and fro", "-sigalgs", "mldsa65", ca="server-mldsa65")
            self.assertEqual(back, b"to and fro", said)
            back, said = s_client(server.port, b"to and fro", "-sigalgs", "mldsa65")
            self.assertEqual(back, b"", said)

    def test_beside_ecdsa_each_client_gets_what_it_can_verify(self):
        cases = (("mldsa65", "server-mldsa65"), ("mldsa65:ECDSA+SHA256", "server-mldsa65"), ("ECDSA+SHA256", "server"))
        for order in (("server", "server-mldsa65"), ("server-mldsa65", "server")):
            with serve(*order) as server:
                for algorithms, wanted in cases:
                    with self.subTest(order=order, algorithms=algorithms):
                        back, said = s_client(server.port, b"to and fro", "-sigalgs", algorithms, ca=wanted)
                        self.assertEqual(back, b"to and fro", said)
                        self.assertEqual(common_name(said), f"{wanted}.secho.test")
                for options, wanted in (((), "server-mldsa65"), (("--tls", "1.2"), "server")):
                    with self.subTest(order=order, options=options):
                        done = check(server.port, *options, ca=wanted)
                        self.assertEqual(done.returncode, 0, done.stderr)

    def test_alone_it_serves_nobody_who_cannot_verify_it(self):
        with serve("server-mldsa65") as server:
            for options in (("-sigalgs", "ECDSA+SHA256"), ("-tls1_2",)):
                with self.subTest(options):
                    back, said = s_client(server.port, b"to and fro", *options)
                    self.assertEqual(back, b"", said)
            ends = {server.wait_for_log("closed", count=n)["end"] for n in (1, 2)}
            self.assertLessEqual(ends, {"no_common_signature", "no_common_suite"})

    def test_tls_1_2_has_no_place_for_it_and_the_check_says_so(self):
        config = secho.configuration(secho.tls(tls={"certificates": [pair("server-mldsa65")], "max_version": "1.2"}))
        done = secho.run_server("-t", config=config)
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn("no client could ever connect", done.stderr)


@pqc.needed
class ClientCertificate(secho.TestCase):
    def shown(self, name):
        return "--cert", secho.pki() / f"{name}.pem", "--key", secho.pki() / f"{name}.key"

    def test_one_of_the_right_ca_comes_in(self):
        for server_name in ("server", "server-mldsa65"):
            auth = {"mode": "require", "ca": str(pqc.pki() / "root-mldsa65.pem")}
            with self.subTest(server_name), serve(server_name, client_auth=auth) as server:
                done = check(server.port, *self.shown("client-mldsa65"), ca=server_name)
                self.assertEqual(done.returncode, 0, done.stderr)
                options = [str(word).replace("--", "-") for word in self.shown("client-mldsa65")]
                back, said = s_client(server.port, b"to and fro", *options, ca=server_name)
                self.assertEqual(back, b"to and fro", said)
                for count in (1, 2):
                    event = server.wait_for_log("closed", count=count)
                    self.assertEqual(event["client"], "CN=client-mldsa65.secho.test,O=secho test")

    def test_one_of_another_ca_stays_out(self):
        pqc.pki()
        for ca, name in (("ca", "client-mldsa65"), ("root-mldsa65", "client")):
            auth = {"mode": "require", "ca": str(secho.pki() / f"{ca}.pem")}
            with self.subTest(name), serve("server", client_auth=auth) as server:
                done = check(server.port, *self.shown(name))
                self.assertEqual(done.returncode, 77, done.stderr)
                server.wait_for_log("closed", end="client_certificate_rejected")


@pqc.older
class Older(secho.TestCase):
    """What this OpenSSL does not know is refused with the release that does."""

    def refuses(self, words, **tls):
        done = secho.run_server("-t", config=secho.configuration(secho.tls(tls=tls)))
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertRegex(done.stderr, words)

    def test_the_names_of_the_group_and_of_the_signature(self):
        for key, name in (("groups", HYBRID), ("signature_algorithms", "mldsa65")):
            with self.subTest(key):
                self.refuses(rf'/listeners/0/tls/{key}: OpenSSL 3.* does not know "{name}"; OpenSSL 3\.5 has it', **{key: name})
        done = secho.client("check", "--groups", HYBRID, "localhost", "1")
        self.assertEqual(done.returncode, 64)
        self.assertIn(b"OpenSSL 3.5 has it", done.stderr)

    def test_a_private_key(self):
        with tempfile.TemporaryDirectory(prefix="secho-pqc-") as folder:
            key = pathlib.Path(folder) / "mldsa65.key"
            # RFC 9881 6: the seed alone, 00 01 02 ... 1f.
            key.write_text("-----BEGIN PRIVATE KEY-----\nMDQCAQAwCwYJYIZIAWUDBAMSBCKAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZ\n"
                           "GhscHR4f\n-----END PRIVATE KEY-----\n")
            words = r"mldsa65\.key: OpenSSL 3.* does not know keys of ML-DSA-65; OpenSSL 3\.5 does"
            chain = str(secho.pki() / "server.pem")
            self.refuses(words, certificates=[{"chain": chain, "key": str(key)}])
            done = secho.client("check", "--cert", chain, "--key", key, "localhost", "1")
            self.assertRegex(done.stderr.decode(), words)
            self.assertEqual(done.returncode, 78)


if __name__ == "__main__":
    secho.main()
