"""Client certificates: who comes in, who does not, what the peer hears of it, and what the log says."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
from signal import SIGHUP

import issue
import secho

OPENSSL = secho.needs("openssl", "openssl")
GNUTLS = shutil.which("gnutls-cli")
VERSIONS = ("-tls1_2", "-tls1_3")
SPIFFE = "spiffe://secho.test/client"
# RFC 8446 6: what a peer hears.
BAD_CERTIFICATE, REVOKED, EXPIRED, UNKNOWN, UNKNOWN_CA, ACCESS_DENIED = 42, 44, 45, 46, 48, 49
UNSUPPORTED, HANDSHAKE_FAILURE, REQUIRED = 43, 40, 116


def setUpModule():
    global FOLDER  # pylint: disable=global-statement
    folder = tempfile.TemporaryDirectory(prefix="secho-client-auth-")
    secho.unittest.addModuleCleanup(folder.cleanup)
    FOLDER = pathlib.Path(folder.name)
    issue.certificate(FOLDER, "expired", "DNS:expired.secho.test", usage="clientAuth", days=-1)
    issue.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-subj",
                  "/CN=stranger", "-addext", "extendedKeyUsage=clientAuth", "-keyout", FOLDER / "stranger.key", "-out",
                  FOLDER / "stranger.pem")


def ours(name):
    """The --cert and --key of a certificate of the test PKI, or of this file."""
    stem = FOLDER / name if (FOLDER / f"{name}.pem").exists() else secho.pki() / name
    return f"{stem}.pem", f"{stem}.key"


def digest(name):
    key = subprocess.run([OPENSSL, "x509", "-in", ours(name)[0], "-noout", "-pubkey"], capture_output=True, check=True)
    der = subprocess.run([OPENSSL, "pkey", "-pubin", "-outform", "DER"], input=key.stdout, capture_output=True, check=True)
    return hashlib.sha256(der.stdout).hexdigest()


def listener(mode="require", allow=None, crl=True, ca=None, **more):
    settings = {"mode": mode, "ca": str(ca or secho.pki() / "ca.pem"), "allow": allow or {}}
    if crl:
        settings["crl"] = str(secho.pki() / "crl.pem") if crl is True else str(crl)
    return secho.tls(tls={"client_auth": settings}, **more)


def read_until(process, line):
    said = bytearray()
    while not said.endswith(line):
        more = process.stdout.readline()
        if not more:
            break
        said += more
    return bytes(said)


def openssl(port, name, *options):
    """What s_client says when it shows this certificate, or none. One line goes in; it waits for the end."""
    shown = [] if name is None else ["-cert", ours(name)[0], "-cert_chain", ours(name)[0], "-key", ours(name)[1]]
    process = subprocess.Popen(
        [OPENSSL, "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-ign_eof", *shown, *options],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        process.stdin.write(b"one line\n")
        process.stdin.flush()
    except BrokenPipeError:
        pass
    said = read_until(process, b"one line\n")
    process.terminate()
    rest = process.communicate()
    return said + rest[0], rest[1]


class Admitted(secho.TestCase):
    def test_a_certificate_of_the_ca_comes_in_and_the_log_says_whose(self):
        for version in VERSIONS:
            for mode in ("request", "require"):
                with self.subTest(version=version, mode=mode), secho.Server(listener(mode)) as server:
                    said, words = openssl(server.port, "client", version)
                    self.assertTrue(said.endswith(b"one line\n"), words)
                    event = server.wait_for_log("closed")
                    self.assertEqual(event["client"], "CN=client.secho.test,O=secho test")

    def test_who_has_none_comes_in_where_it_is_only_requested(self):
        with secho.Server(listener("request")) as server:
            said, words = openssl(server.port, None)
            self.assertTrue(said.endswith(b"one line\n"), words)
            self.assertNotIn("client", server.wait_for_log("closed"))

    def test_nobody_is_asked_without_client_auth(self):
        with secho.Server() as server:
            said, _ = openssl(server.port, "client")
            self.assertIn(b"No client certificate CA names sent", said)

    def test_any_entry_of_any_list_admits(self):
        lists = ({"dns": ["other.test", "client.secho.test"]}, {"uri": [SPIFFE]}, {"cn": ["client.secho.test"]},
                 {"spki_sha256": [digest("client").upper()]}, {"dns": ["other.test"], "cn": ["client.secho.test"]},
                 {"dns": ["*.secho.test"]})
        for allow in lists:
            with self.subTest(allow), secho.Server(listener(allow=allow)) as server:
                said, words = openssl(server.port, "client")
                self.assertTrue(said.endswith(b"one line\n"), words)

    def test_the_cas_of_a_folder_count(self):
        folder = FOLDER / "cas"
        folder.mkdir(exist_ok=True)
        shutil.copy(secho.pki() / "ca.pem", folder / "a.crt")
        shutil.copy(FOLDER / "stranger.pem", folder / "b.pem")
        (folder / "notes.txt").write_text("not a certificate")
        with secho.Server(listener(ca=folder, crl=False)) as server:
            for name in ("client", "stranger"):
                with self.subTest(name):
                    self.assertTrue(openssl(server.port, name)[0].endswith(b"one line\n"))

    def test_files_are_read_at_the_start_and_not_again(self):
        folder = FOLDER / "gone"
        folder.mkdir(exist_ok=True)
        for name in ("ca.pem", "crl.pem"):
            shutil.copy(secho.pki() / name, folder / name)
        with secho.Server(listener(ca=folder / "ca.pem", crl=folder / "crl.pem")) as server:
            shutil.rmtree(folder)
            self.assertTrue(openssl(server.port, "client")[0].endswith(b"one line\n"))

    def test_a_revocation_list_may_be_der(self):
        both = (secho.pki() / "crl.pem").read_text().split("-----END X509 CRL-----\n")
        pem, der = FOLDER / "one.pem", FOLDER / "one.der"
        pem.write_text(both[0] + "-----END X509 CRL-----\n")
        issue.openssl("crl", "-in", pem, "-outform", "DER", "-out", der)
        with secho.Server(listener(ca=secho.pki() / "intermediate.pem", crl=der)) as server:
            _, words = openssl(server.port, "client-revoked")
            self.assertIn(b"alert number %d" % REVOKED, words)

    def test_our_client_comes_in(self):
        cert, key = ours("client")
        with secho.Server(listener()) as server:
            done = secho.client("--ca", secho.pki() / "ca.pem", "--cert", cert, "--key", key, "check", "localhost", server.port)
            self.assertEqual(done.returncode, 0, done.stderr)


class Refused(secho.TestCase):
    def assert_refused(self, name, alert, words, end="client_certificate_rejected", versions=VERSIONS, **settings):
        for version in versions:
            with self.subTest(name=name, version=version), secho.Server(listener(**settings)) as server:
                number = alert[version] if isinstance(alert, dict) else alert
                said, heard = openssl(server.port, name, version)
                self.assertFalse(said.endswith(b"one line\n"))
                self.assertIn(b"alert number %d" % number, heard)
                event = server.wait_for_log("closed", end=end)
                for word in words:
                    self.assertIn(word, event["why"])
                self.assertEqual(event["out"], "0")

    def test_who_has_none(self):
        self.assert_refused(None, {"-tls1_2": HANDSHAKE_FAILURE, "-tls1_3": REQUIRED}, ["it sent none"],
                            end="client_certificate_missing")

    def test_who_was_revoked(self):
        self.assert_refused("client-revoked", REVOKED, ["CN=client-revoked.secho.test", "has revoked it",
                                                        "secho test intermediate CA", "client_auth/crl"])

    def test_who_was_revoked_where_a_certificate_is_only_requested(self):
        self.assert_refused("client-revoked", REVOKED, ["has revoked it"], mode="request")

    def test_who_has_expired(self):
        self.assert_refused("expired", EXPIRED, ["CN=expired", "it expired on 20"])

    def test_who_is_a_server(self):
        self.assert_refused("server", UNSUPPORTED, ["not made for clients"])

    def test_whose_ca_is_unknown(self):
        self.assert_refused("stranger", UNKNOWN_CA, ["CN=stranger", "not known (client_auth/ca)"])

    def test_who_is_on_no_list_hears_access_denied(self):
        # OpenSSL can say it in TLS 1.3 only.
        self.assert_refused(
            "client", {"-tls1_2": UNKNOWN, "-tls1_3": ACCESS_DENIED},
            ["CN=client.secho.test", "on no list", 'dns "client.secho.test"', f'uri "{SPIFFE}"', 'cn "client.secho.test"',
             f'spki_sha256 "{digest("client")}"', "/listeners/0/tls/client_auth/allow"],
            allow={"dns": ["other.secho.test"], "uri": [SPIFFE + "/2"], "cn": ["Client.secho.test"]})

    def test_a_wildcard_is_for_one_label(self):
        self.assert_refused("client", ACCESS_DENIED, ["on no list"], versions=("-tls1_3",), allow={"dns": ["*.test"]})

    def test_where_a_ca_of_the_chain_has_no_revocation_list(self):
        both = (secho.pki() / "crl.pem").read_text().split("-----END X509 CRL-----\n")
        pem = FOLDER / "intermediate-only.pem"
        pem.write_text(both[0] + "-----END X509 CRL-----\n")
        self.assert_refused("client", UNKNOWN, ["no revocation list of its issuer", "secho test root CA"], crl=pem)

    def test_our_client_explains_it(self):
        cases = (([], b"client_certificate_missing"), (ours("client-revoked"), b"certificate_revoked"),
                 (ours("stranger"), b"unknown_ca"))
        with secho.Server(listener()) as server:
            for files, word in cases:
                with self.subTest(word):
                    options = ["--cert", files[0], "--key", files[1]] if files else []
                    done = secho.client("--ca", secho.pki() / "ca.pem", "--json", *options, "check", "localhost", server.port)
                    self.assertEqual(done.returncode, 77, done.stderr)
                    self.assertIn(word, done.stdout)

    def test_gnutls_hears_the_same(self):
        if GNUTLS is None:
            self.skipTest("gnutls-cli is not installed (package gnutls-bin)")
        cases = (("client", {"dns": ["client.secho.test"]}, None), ("client", {"dns": ["other.test"]}, ACCESS_DENIED),
                 ("client-revoked", {}, REVOKED))
        for name, allow, alert in cases:
            with self.subTest(name=name, allow=allow), secho.Server(listener(allow=allow, address="::")) as server:
                process = subprocess.Popen(
                    [GNUTLS, "--x509cafile", secho.pki() / "ca.pem", "--x509certfile", ours(name)[0], "--x509keyfile",
                     ours(name)[1], "--port", str(server.port), "localhost"],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                try:
                    process.stdin.write(b"one line\n")
                    process.stdin.flush()
                except BrokenPipeError:
                    pass
                said = read_until(process, b"one line\n")
                rest = process.communicate()
                if alert is None:
                    self.assertTrue(said.endswith(b"one line\n"), rest)
                else:
                    self.assertIn(b"[%d]" % alert, said + rest[0] + rest[1])


class Outdated(secho.TestCase):
    """A revocation list that is good when the server starts, and outdated a little later."""

    def serve_past(self, name, after):
        folder = FOLDER / name
        folder.mkdir()
        issue.serve_past_a_list(lambda file: secho.Server(listener(crl=file)), folder, self.comes_in,
                                lambda server, since, came_in: (self.assertTrue(came_in), after(server, since, folder)))

    def comes_in(self, server, *options):
        return openssl(server.port, "client", *options)[0].endswith(b"one line\n")

    def test_everybody_is_refused_from_then_on_and_the_log_says_which_list_and_since_when(self):
        def after(server, since, _folder):
            for version in VERSIONS:
                mark = server.mark()
                said, heard = openssl(server.port, "client", version)
                self.assertFalse(said.endswith(b"one line\n"))
                self.assertIn(b"alert number %d" % UNKNOWN, heard)  # not that its certificate has expired
                event = server.wait_for_log("closed", since=mark, end="client_certificate_rejected")
                self.assertEqual((event["cause"], event["out"]), ("client_certificate_crl_outdated", "0"))
                for words in ("the revocation list of its issuer 'CN=secho test intermediate CA",
                              f"is outdated since {since}; get a new one for client_auth/crl"):
                    self.assertIn(words, event["why"])

        self.serve_past("outdated", after)

    def test_a_new_list_and_a_reload_let_them_in_again(self):
        def after(server, since, folder):
            mark = server.mark()
            server.signal(SIGHUP)
            problem = server.wait_for_log("reload_problem", since=mark)  # and the server goes on
            self.assertIn(f"is outdated since {since}", problem["why"])
            server.wait_for_log("reload_failed", since=mark)
            self.assertFalse(self.comes_in(server))
            issue.revocation_lists(folder, "short", days=7)
            server.signal(SIGHUP)
            server.wait_for_log("reload", since=mark)
            self.assertTrue(self.comes_in(server))

        self.serve_past("renewed", after)


class Resumption(secho.TestCase):
    def test_a_ticket_from_before_does_not_bring_in_who_has_no_certificate(self):
        for version in VERSIONS:
            with self.subTest(version):
                ticket = FOLDER / f"before{version}"
                with secho.Server(secho.tls()) as server:
                    openssl(server.port, None, version, "-sess_out", ticket)
                with secho.Server(listener()) as server:
                    said, _ = openssl(server.port, None, version, "-sess_in", ticket)
                    self.assertFalse(said.endswith(b"one line\n"))
                    server.wait_for_log("closed", end="client_certificate_missing")


class WrongConfiguration(secho.TestCase):
    def assert_told(self, pattern, **settings):
        done = secho.run_server("-t", config=secho.configuration(listener(**settings)))
        self.assertEqual(done.returncode, 78)
        self.assertRegex(done.stderr, r"secho\.json:\d+:\d+: /listeners/0/tls/client_auth/" + pattern)

    def test_files_that_are_not_there(self):
        self.assert_told(r"ca: .*none\.pem: cannot be read", ca=FOLDER / "none.pem")
        self.assert_told(r"crl: .*none\.pem: cannot be read", crl=FOLDER / "none.pem")

    def test_files_with_something_else(self):
        self.assert_told(r"ca: .*no certificate in PEM form", ca=secho.pki() / "crl.pem")
        self.assert_told(r"crl: .*revocation list 1 in this file is missing or damaged", crl=secho.pki() / "ca.pem")

    def test_an_empty_folder(self):
        (FOLDER / "empty").mkdir(exist_ok=True)
        self.assert_told(r"ca: .*no file in this folder ends in", ca=FOLDER / "empty")

    def test_an_outdated_revocation_list(self):
        self.assert_told(r"crl: .*revocation list 1 in this file, of 'CN=secho test intermediate CA.*', is outdated since 20",
                         crl=issue.revocation_list(FOLDER, "outdated", days=-1))


if __name__ == "__main__":
    secho.main()
