"""Certificates by name: which one a client gets for the server name (SNI) that it asks for."""

import re
import shutil
import subprocess
import tempfile

import issue
import secho

OPENSSL = secho.needs("openssl", "openssl")
UNRECOGNIZED_NAME = b"alert number 112"
GNUTLS = shutil.which("gnutls-cli")


def setUpModule():
    global ALPHA, ALPHA_ED, BETA  # pylint: disable=global-statement
    folder = tempfile.TemporaryDirectory(prefix="secho-names-")
    secho.unittest.addModuleCleanup(folder.cleanup)
    ALPHA = issue.certificate(folder.name, "alpha", "DNS:alpha.secho.test")
    ALPHA_ED = issue.certificate(folder.name, "alpha-ed", "DNS:alpha.secho.test", kind="ed25519")
    BETA = issue.certificate(folder.name, "beta", "DNS:beta.localhost,DNS:*.wild.localhost", kind="rsa")


def pair(files, **more):
    return {"chain": files[0], "key": files[1], **more}


def standard():
    return pair((str(secho.pki() / "server.pem"), str(secho.pki() / "server.key")))


def serve(*certificates, **tls):
    return secho.Server(secho.tls(tls={"certificates": [standard(), *certificates], **tls}))


def openssl(port, *options):
    return subprocess.run(
        [OPENSSL, "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", secho.pki() / "ca.pem", *options],
        input=b"", capture_output=True, timeout=secho.PATIENCE, check=False,
    )


def subject(said):
    """The common name of the certificate that came."""
    found = re.search(rb"^subject=.*CN ?= ?(\S+)", said.stdout, re.M)
    return found[1].decode() if found else None


class Choice(secho.TestCase):
    def test_exact_names_then_wildcards_then_the_first(self):
        cases = (
            ("localhost", "server.secho.test"), ("alpha.secho.test", "alpha"), ("ALPHA.secho.test", "alpha"),
            ("other.secho.test", "server.secho.test"), ("beta.localhost", "beta"), ("x.wild.localhost", "beta"),
            ("x.y.wild.localhost", "server.secho.test"), ("wild.localhost", "server.secho.test"),
            ("unknown.example", "server.secho.test"),
        )
        with serve(pair(ALPHA), pair(BETA)) as server:
            for version in ("-tls1_2", "-tls1_3"):
                for name, wanted in cases:
                    with self.subTest(version=version, name=name):
                        said = openssl(server.port, version, "-servername", name)
                        self.assertEqual(subject(said), wanted, said.stderr)

    def test_a_client_without_a_name_gets_the_first(self):
        for unknown_name in ("default", "refuse"):
            with self.subTest(unknown_name), serve(pair(ALPHA), unknown_name=unknown_name) as server:
                self.assertEqual(subject(openssl(server.port, "-noservername")), "server.secho.test")

    def test_of_one_name_a_client_gets_the_kind_of_key_that_it_can_verify(self):
        cases = (("ECDSA+SHA256", "alpha"), ("ed25519", "alpha-ed"), ("ed25519:ECDSA+SHA256", "alpha"))
        with serve(pair(ALPHA), pair(ALPHA_ED)) as server:
            for algorithms, wanted in cases:
                with self.subTest(algorithms):
                    # The intermediate is signed with ECDSA, which the second half of the list is for.
                    said = openssl(server.port, "-servername", "alpha.secho.test", "-sigalgs", algorithms, "-tls1_3")
                    self.assertEqual(subject(said), wanted, said.stderr)

    def test_names_of_the_configuration_come_before_those_of_the_certificate(self):
        with serve(pair(ALPHA, names=["given.example", "*.given.example"])) as server:
            for name, wanted in (("given.example", "alpha"), ("x.given.example", "alpha"),
                                 ("alpha.secho.test", "server.secho.test")):
                with self.subTest(name):
                    self.assertEqual(subject(openssl(server.port, "-servername", name)), wanted)

    def test_each_of_them_echoes_and_the_log_has_the_name(self):
        with serve(pair(ALPHA), pair(BETA)) as server:
            for name in ("alpha.secho.test", "beta.localhost"):
                with self.subTest(name), secho.Tls(server.port, server_name=name,
                                                   settings=secho.context(ca=secho.pki() / "ca.pem")) as peer:
                    self.assertEqual(peer.echo(b"hello"), b"hello")
                    peer.goodbye()
                server.wait_for_log("closed", end="ok", sni=name)

    def test_a_session_of_one_name_is_resumed(self):
        with serve(pair(ALPHA)) as server, tempfile.NamedTemporaryFile() as ticket:
            for version in ("-tls1_2", "-tls1_3"):
                for option, word in (("-sess_out", b"New, "), ("-sess_in", b"Reused, ")):
                    with self.subTest(version=version, option=option):
                        process = subprocess.Popen(
                            [OPENSSL, "s_client", "-connect", f"127.0.0.1:{server.port}", "-servername",
                             "alpha.secho.test", "-ign_eof", version, option, ticket.name],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                        process.stdin.write(b"a line\n")
                        process.stdin.flush()
                        said = b"".join(iter(process.stdout.readline, b"a line\n"))
                        process.terminate()
                        process.communicate()
                        self.assertIn(word, said)


class UnknownNames(secho.TestCase):
    def test_refused_with_their_alert_where_that_is_wanted(self):
        for version in ("-tls1_2", "-tls1_3"):
            with self.subTest(version), serve(pair(ALPHA), unknown_name="refuse") as server:
                said = openssl(server.port, version, "-servername", "unknown.example")
                self.assertIn(UNRECOGNIZED_NAME, said.stderr)
                event = server.wait_for_log("closed", end="unknown_name")
                self.assertEqual(event["sni"], "unknown.example")
                self.assertEqual(subject(openssl(server.port, version, "-servername", "localhost")), "server.secho.test")

    def test_refused_where_there_is_one_certificate_too(self):
        with serve(unknown_name="refuse") as server:
            self.assertIn(UNRECOGNIZED_NAME, openssl(server.port, "-servername", "unknown.example").stderr)

    def test_our_client_explains_the_alert(self):
        with serve(unknown_name="refuse") as server:
            done = secho.client("--ca", secho.pki() / "ca.pem", "--server-name", "unknown.example", "check", "127.0.0.1",
                                server.port)
            self.assertEqual(done.returncode, 76, done.stderr)
            self.assertIn(b"unrecognized_name", done.stderr)

    def test_gnutls_gets_its_name_and_its_alert(self):
        if GNUTLS is None:
            self.skipTest("gnutls-cli is not installed (package gnutls-bin)")
        with secho.Server(secho.tls(address="::", tls={"certificates": [standard(), pair(ALPHA)],
                                                       "unknown_name": "refuse"})) as server:
            for name, code in (("alpha.secho.test", 0), ("unknown.example", 1)):
                with self.subTest(name):
                    said = subprocess.run(
                        [GNUTLS, "--x509cafile", secho.pki() / "ca.pem", "--port", str(server.port),
                         "--sni-hostname", name, "--verify-hostname", name, "localhost"],
                        input=b"", capture_output=True, timeout=secho.PATIENCE, check=False)
                    self.assertEqual(said.returncode, code, said.stdout + said.stderr)
                    if code:
                        self.assertIn(b"[112]", said.stdout + said.stderr)


class Refused(secho.TestCase):
    def test_a_certificate_that_nobody_could_get(self):
        config = secho.configuration(secho.tls(tls={"certificates": [standard(), standard()]}))
        done = secho.run_server("-t", config=config)
        self.assertEqual(done.returncode, 78)
        self.assertRegex(done.stderr, r"secho\.json:\d+:\d+: /listeners/0/tls/certificates/1/chain: .*"
                                      r"no client would ever get this certificate")


if __name__ == "__main__":
    secho.main()
