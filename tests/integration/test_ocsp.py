"""OCSP stapling: a response from a file goes to the clients that ask for it, while it is true."""

import json
import pathlib
import shutil
import subprocess
import tempfile

import issue
import secho

OPENSSL = secho.needs("openssl", "openssl")
GNUTLS = shutil.which("gnutls-cli")
VERSIONS = ("-tls1_2", "-tls1_3")


def setUpModule():
    global FOLDER, GOOD, RSA  # pylint: disable=global-statement
    folder = tempfile.TemporaryDirectory(prefix="secho-ocsp-")
    secho.unittest.addModuleCleanup(folder.cleanup)
    FOLDER = pathlib.Path(folder.name)
    GOOD = issue.response(FOLDER, "good", secho.pki() / "server.pem")
    RSA = issue.response(FOLDER, "rsa", secho.pki() / "server-rsa.pem")


def pair(name="server", **more):
    return {"chain": str(secho.pki() / f"{name}.pem"), "key": str(secho.pki() / f"{name}.key"), **more}


def listener(*pairs, **more):
    return secho.tls(tls={"certificates": list(pairs)}, **more)


def openssl(port, *options):
    done = subprocess.run(
        [OPENSSL, "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-status", *options],
        input=b"", capture_output=True, timeout=secho.PATIENCE, check=False)
    return done.stdout


def check(port, *options):
    """What our client says of it as JSON."""
    done = secho.client("--ca", secho.pki() / "ca.pem", "--json", *options, "check", "localhost", port)
    return json.loads(done.stdout)


class Stapled(secho.TestCase):
    def test_who_asks_gets_it_and_who_does_not_ask_does_not(self):
        with secho.Server(listener(pair(ocsp=str(GOOD)))) as server:
            for version in VERSIONS:
                with self.subTest(version):
                    said = openssl(server.port, version)
                    self.assertIn(b"OCSP Response Status: successful", said)
                    self.assertIn(b"Cert Status: good", said)
            self.assert_echoes(server.port)

    def test_each_certificate_has_its_own(self):
        cases = (("ECDSA+SHA256", b"OCSP Response Status: successful"),
                 ("rsa_pss_rsae_sha256:ECDSA+SHA256", b"OCSP response: no response sent"))
        with secho.Server(listener(pair(ocsp=str(GOOD)), pair("server-ed25519"))) as server:
            self.assertIn(cases[0][1], openssl(server.port, "-sigalgs", cases[0][0], "-tls1_3"))
            self.assertIn(cases[1][1], openssl(server.port, "-sigalgs", "ed25519", "-tls1_3"))

    def test_it_is_chosen_with_the_certificate(self):
        serials = [issue.openssl("x509", "-in", secho.pki() / f"{name}.pem", "-noout", "-serial").strip()[7:]
                   for name in ("server", "server-rsa")]
        with secho.Server(listener(pair(ocsp=str(GOOD)), pair("server-rsa", ocsp=str(RSA)))) as server:
            for cipher, serial in zip(("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"), serials):
                with self.subTest(cipher):
                    said = openssl(server.port, "-tls1_2", "-cipher", cipher)
                    self.assertIn(f"Serial Number: {serial}".encode(), said)

    def test_a_responder_that_the_ca_has_named_may_sign(self):
        signer = issue.certificate(FOLDER, "responder", "DNS:responder.secho.test", usage="OCSPSigning")
        file = issue.response(FOLDER, "delegated", secho.pki() / "server.pem", signer=signer)
        with secho.Server(listener(pair(ocsp=str(file)))) as server:
            self.assertIn(b"Cert Status: good", openssl(server.port))

    def test_it_is_read_at_the_start_and_not_again(self):
        file = FOLDER / "moved.der"
        shutil.copy(GOOD, file)
        with secho.Server(listener(pair(ocsp=str(file)))) as server:
            file.unlink()
            self.assertIn(b"Cert Status: good", openssl(server.port))

    def test_gnutls_believes_it(self):
        if GNUTLS is None:
            self.skipTest("gnutls-cli is not installed (package gnutls-bin)")
        with secho.Server(listener(pair(ocsp=str(GOOD)), address="::")) as server:
            done = subprocess.run(
                [GNUTLS, "--x509cafile", secho.pki() / "ca.pem", "--port", str(server.port), "localhost"],
                input=b"", capture_output=True, timeout=secho.PATIENCE, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertRegex(done.stdout.decode(), r"Options:.*OCSP status request")

    def test_our_client_reports_it(self):
        with secho.Server(listener(pair(ocsp=str(GOOD)))) as server:
            said = check(server.port)
            self.assertTrue(said["ok"], said)
            self.assertRegex(said["tls"]["stapled"], r"^good until 20")
        with secho.Server() as server:
            self.assertEqual(check(server.port)["tls"]["stapled"], "none")

    def test_one_that_says_revoked_is_sent_and_warned_about(self):
        file = issue.response(FOLDER, "revoked", secho.pki() / "server.pem", revoked=True)
        with secho.Server(listener(pair(ocsp=str(file)))) as server:
            self.assertIn("is revoked", server.wait_for_log(level="warn").raw)
            self.assertIn(b"Cert Status: revoked", openssl(server.port))
            told = check(server.port)
            self.assertEqual((told["exit"], told["code"]), (77, "server_certificate_revoked"))
            self.assertRegex(told["tls"]["stapled"], r"^revoked until 20")
            self.assertFalse(told["tls"]["verified"])
            end = server.wait_for_log("closed", end="peer_rejected_certificate")
            self.assertIn("bad_certificate_status_response", end["why"])

    def test_a_certificate_that_demands_one_is_refused_without(self):  # RFC 7633
        chain, key = issue.certificate(FOLDER, "demands", "DNS:localhost", more="tlsfeature=status_request\n")
        file = issue.response(FOLDER, "demanded", chain)
        with secho.Server(listener({"chain": chain, "key": key})) as server:
            for version in ("1.2", "1.3"):
                told = check(server.port, "--tls", version)
                self.assertEqual((told["exit"], told["stage"]), (77, "handshake"), told)
                self.assertIn("OCSP", told["why"])
        with secho.Server(listener({"chain": chain, "key": key, "ocsp": str(file)})) as server:
            self.assertEqual(check(server.port)["exit"], 0)
            self.assertEqual(check(server.port, "--resume", "2")["exit"], 0, "it had come with what is resumed")

    def test_a_session_from_a_file_does_not_stand_for_one_that_is_demanded(self):
        chain, key = issue.certificate(FOLDER, "demands", "DNS:localhost", more="tlsfeature=status_request\n")
        session = FOLDER / "session.pem"
        with secho.Server(listener({"chain": chain, "key": key})) as server:  # and none is stapled
            for version in ("1.2", "1.3"):
                self.assertEqual(check(server.port, "--tls", version, "--insecure", "--sess-out", session)["exit"], 0)
                told = check(server.port, "--tls", version, "--sess-in", session)
                self.assertEqual((told["exit"], told["stage"]), (77, "handshake"), told)


class NotStapled(secho.TestCase):
    def test_an_outdated_one_is_not_sent_and_warned_about(self):
        file = FOLDER / "outdated.der"
        issue.outdate(GOOD, file)
        with secho.Server(listener(pair(ocsp=str(file)))) as server:
            warning = server.wait_for_log("certificate_warning", listener="main")["why"]
            self.assertIn("is outdated since 20", warning)
            self.assertIn(b"OCSP response: no response sent", openssl(server.port))

    def assert_refused(self, file, words):
        done = secho.run_server("-t", config=secho.configuration(listener(pair(ocsp=str(file)))))
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertRegex(done.stderr, r"secho\.json:\d+:\d+: /listeners/0/tls/certificates/0/ocsp: .*" + words)

    def test_one_for_another_certificate_is_refused(self):
        self.assert_refused(RSA, "is about another certificate")

    def test_one_that_somebody_else_has_signed_is_refused(self):
        stranger = issue.certificate(FOLDER, "stranger", "DNS:stranger.secho.test")  # of the CA, and no responder
        file = issue.response(FOLDER, "forged", secho.pki() / "server.pem", signer=stranger)
        self.assert_refused(file, "is not signed by the issuer")

    def test_one_that_was_changed_is_refused(self):
        file = FOLDER / "changed.der"
        issue.damage(GOOD, file)
        self.assert_refused(file, "is not signed by the issuer")

    def test_something_else_is_refused(self):
        self.assert_refused(secho.pki() / "server.pem", "no OCSP response in DER form")
        self.assert_refused(FOLDER / "none.der", "none.der: cannot be read")

    def test_a_refusal_of_the_responder_is_none(self):
        file = FOLDER / "refusal.der"
        file.write_bytes(b"\x30\x03\x0a\x01\x06")  # RFC 6960 4.2.1: unauthorized
        self.assert_refused(file, "gave no answer but")


class Agreed(secho.TestCase):
    """What our client tells of a handshake."""

    def test_verbose_says_all_that_was_agreed(self):
        with secho.Server(listener(pair(ocsp=str(GOOD)))) as server:
            done = secho.client("--ca", secho.pki() / "ca.pem", "-v", "check", "localhost", server.port)
            for words in (b"TLS: TLSv1.3, TLS_", b"group ", b"ALPN none", b"signature ecdsa_secp256r1_sha256",
                          b"server name (SNI) localhost", b"new session", b"days left",
                          b"stapled OCSP response: good until 20"):
                self.assertIn(words, done.stderr)

    def test_signatures_have_the_names_of_the_rfc(self):
        cases = (("server", "1.2", "ecdsa_secp256r1_sha256"), ("server-rsa", "1.3", "rsa_pss_rsae_sha256"),
                 ("server-ed25519", "1.3", "ed25519"))
        for name, version, signature in cases:
            with self.subTest(name), secho.Server(listener(pair(name))) as server:
                tls = check(server.port, "--tls", version)["tls"]
                self.assertEqual((tls["signature"], tls["sni"], tls["resumed"]), (signature, "localhost", False))


if __name__ == "__main__":
    secho.main()
