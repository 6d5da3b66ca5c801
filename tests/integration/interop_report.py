"""A report in TLS 1.2 without extended master secret (RFC 7627): nobody claims a proof, and both ends say why.

Without it a session can be made to have the secrets of another one, so equal exporters would prove nothing.
GnuTLS leaves it out by priority, and OpenSSL by its configuration file: that of either end is enough.
"""

import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile

import secho
from foreign import Foreign

GNUTLS = secho.needs("gnutls-cli", "gnutls-bin")
WITHOUT = "%NO_SESSION_HASH"
MISSING = "TLS 1.2 without extended master secret"
ASK, TELL = b"secho-report/1\r\n", b"secho-answer/1\r\n"

CONFIGURATION = """openssl_conf = init
[init]
ssl_conf = modules
[modules]
system_default = all
[all]
Options = {}
"""


def setUpModule():
    global FOLDER  # pylint: disable=global-statement
    folder = tempfile.TemporaryDirectory(prefix="secho-report-")
    secho.unittest.addModuleCleanup(folder.cleanup)
    FOLDER = pathlib.Path(folder.name)


def openssl_with(options):
    """The environment of a program whose OpenSSL has these options (SSL_CONF_cmd(3))."""
    file = FOLDER / f"{options}.cnf"
    file.write_text(CONFIGURATION.format(options), encoding="ascii")
    return {"OPENSSL_CONF": str(file)}


def report(port, *options, env=None):
    """Our client; .told is the object of --json."""
    done = secho.client("--ca", secho.pki() / "ca.pem", "--json", *options, "report", "localhost", port,
                        env={**os.environ, **(env or {})})
    done.told = json.loads(done.stdout)
    return done


def gnutls_asks(port, priority):
    """What gnutls-cli, which speaks the protocol by hand, is told."""
    question = ASK + 31 * b"x" + b"\n"  # it sends whole lines
    process = subprocess.Popen(
        [GNUTLS, "--logfile", FOLDER / "gnutls.log", "--x509cafile", secho.pki() / "ca.pem", "--priority", priority,
         "--alpn", "secho-report/1", "--port", str(port), "localhost"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(question)
    process.stdin.flush()
    answer = process.stdout.read()  # it ends when the server has ended the connection
    words = process.communicate()[1]
    assert answer.startswith(TELL), (answer, words)
    (length,) = struct.unpack("!I", answer[16:20])
    return json.loads(answer[20 : 20 + length])["tls"]


class NoProof(secho.TestCase):
    def assert_none(self, tls):
        self.assertEqual((tls["version"], tls["extended_master_secret"]), ("TLSv1.2", False))
        self.assertEqual((tls["exporter_sha256"], tls["exporter_missing"]), ("", MISSING))

    def assert_one(self, tls):
        self.assertTrue(tls["extended_master_secret"])
        self.assertRegex(tls["exporter_sha256"], "^[0-9a-f]{64}$")
        self.assertEqual(tls["exporter_missing"], "")

    def test_the_server_gives_gnutls_no_exporter_and_says_why(self):
        with secho.Server(secho.tls(address="::")) as server:
            self.assert_none(gnutls_asks(server.port, f"NORMAL:-VERS-ALL:+VERS-TLS1.2:{WITHOUT}"))
            self.assert_one(gnutls_asks(server.port, "NORMAL:-VERS-ALL:+VERS-TLS1.2"))
            self.assert_one(gnutls_asks(server.port, f"NORMAL:-VERS-ALL:+VERS-TLS1.3:{WITHOUT}"))

    def test_the_client_has_none_with_gnutls_and_says_why(self):
        serve = shutil.which("gnutls-serv")
        files = ("--x509certfile", secho.pki() / "server.pem", "--x509keyfile", secho.pki() / "server.key")
        for priority, check in ((f"NORMAL:{WITHOUT}", self.assert_none), ("NORMAL", self.assert_one)):
            with self.subTest(priority), Foreign(serve, "--echo", "--port", "0", "--alpn", "secho-report/1", "--priority",
                                                 priority, *files) as server:
                # It agrees to the protocol and echoes up to the first NUL: the verdict depends on our nonce.
                done = report(server.port, "--tls", "1.2")
                check(done.told["here"]["tls"])
                self.assertNotIn(done.told["verdict"], ("end_to_end", "unknown"))

    def test_between_our_two_ends_nothing_is_claimed(self):
        without = openssl_with("-ExtendedMasterSecret")
        for what, client, server in (("client", without, None), ("server", None, without), ("both", without, without)):
            with self.subTest(what), secho.Server(env=server) as serving:
                done = report(serving.port, "--tls", "1.2", env=client)
                self.assertEqual((done.returncode, done.told["verdict"]), (76, "unknown"), done)
                self.assertIn(MISSING, done.told["why"])
                self.assertEqual(done.told["notes"], [])
                for end in ("here", "there"):
                    self.assert_none(done.told[end]["tls"])

    def test_in_words(self):
        with secho.Server(env=openssl_with("-ExtendedMasterSecret")) as server:
            done = secho.client("--ca", secho.pki() / "ca.pem", "--tls", "1.2", "report", "localhost", server.port)
        self.assertEqual((done.returncode, done.stderr), (76, b""))
        row = re.search(r"^exporter \(SHA-256\) .*$", done.stdout.decode(), re.MULTILINE)
        self.assertEqual(row[0].count(f"none: {MISSING}"), 2, done.stdout)
        self.assertIn(b"It cannot be told whether this is one TLS session", done.stdout)

    def test_with_it_or_with_tls_1_3_it_is_proven(self):
        with_it, without = openssl_with("ExtendedMasterSecret"), openssl_with("-ExtendedMasterSecret")
        for version, env in (("1.2", with_it), ("1.3", without)):
            with self.subTest(version), secho.Server(env=env) as server:
                done = report(server.port, "--tls", version, env=env)
                self.assertEqual((done.returncode, done.told["verdict"]), (0, "end_to_end"), done)
                for end in ("here", "there"):
                    self.assert_one(done.told[end]["tls"])


if __name__ == "__main__":
    secho.main()
