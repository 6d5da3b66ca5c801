"""config/fixtures.json, the local badssl: each listener makes secho-client say what config/README.md promises."""

import json
import re

import secho

FILE = secho.ROOT / "config" / "fixtures.json"
PAGE = secho.ROOT / "config" / "README.md"
ALICE = ("--cert", "client.pem", "--key", "client.key")  # in the folder of the test certificates
REVOKED = ("--cert", "client-revoked.pem", "--key", "client-revoked.key")


def refused(code, *words, options=()):
    """A server certificate that is not accepted, in both versions of TLS."""
    return [((*options, "--tls", version), 77, f"server_certificate_{code}", words) for version in ("1.2", "1.3")]


def agreed(version, other, **facts):
    """Only one version: fine by default, and nothing in common with the other."""
    return [((), 0, "ok", {"version": f"TLSv{version}", **facts}),
            (("--tls", other), 76, "no_common_version", ("TLS version",))]


def suite(version, other, name, another):
    """Only one suite."""
    option = "--ciphersuites" if version == "1.3" else "--ciphers"
    return [*agreed(version, other, suite=name),
            (("--tls", version, option, another), 76, "peer_alert", ("handshake_failure",))]


def group(name, another):
    """Only one key exchange group."""
    return [(("--groups", name), 0, "ok", {"group": name}),
            (("--groups", another), 76, "peer_alert", ("handshake_failure",))]


# listener: [(options, exit status, code, what is said: words of the failure, or facts of the success)]
EXPECTED = {
    "good": [((), 0, "ok", {"version": "TLSv1.3"})],
    "expired": refused("expired", "'CN=expired.secho.test", "it expired on 20"),
    "not-yet-valid": refused("not_yet_valid", "'CN=not-yet-valid.secho.test", "it is not valid before 20"),
    "wrong-name": [*refused("wrong_name", "it is not for localhost but for elsewhere.secho.test"),
                   (("--server-name", "elsewhere.secho.test"), 0, "ok", {"sni": "elsewhere.secho.test"})],
    "wrong-usage": refused("wrong_usage", "not made for servers", "serverAuth"),
    "self-signed": refused("self_signed", "signed by itself"),
    "no-intermediate": refused("chain_incomplete", "'CN=secho test intermediate CA", "was not sent"),
    "revoked": [*refused("revoked", "it was revoked; its OCSP response says: revoked until 20"),
                (("--insecure",), 0, "ok", {"verified": False})],
    "tls-1.2-only": agreed("1.2", "1.3"),
    "tls-1.3-only": agreed("1.3", "1.2"),
    "tls-1.3-aes128": suite("1.3", "1.2", "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"),
    "tls-1.3-aes256": suite("1.3", "1.2", "TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"),
    "tls-1.3-chacha20": suite("1.3", "1.2", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"),
    "tls-1.2-aes128": suite("1.2", "1.3", "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"),
    "tls-1.2-aes256": suite("1.2", "1.3", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256"),
    "tls-1.2-chacha20": suite("1.2", "1.3", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-GCM-SHA256"),
    "tls-1.2-rsa": suite("1.2", "1.3", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"),
    "group-x25519": group("X25519", "P-256"),
    "group-p256": group("P-256", "X25519"),
    "group-p384": group("P-384", "X25519"),
    "group-p521": [*group("P-521", "X25519"), ((), 76, "peer_alert", ("handshake_failure",))],
    "key-rsa": [(("--tls", "1.2"), 0, "ok", {"suite": "ECDHE-RSA-AES128-GCM-SHA256"}),
                (("--tls", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"), 76, "peer_alert", ())],
    "key-ed25519": [((), 0, "ok", {"signature": "ed25519"})],
    "alpn": [(("--alpn", "secho-fixture"), 0, "ok", {"alpn": "secho-fixture"}),
             (("--alpn", "h2,http/1.1"), 76, "no_common_alpn", ("no_application_protocol", "--alpn"))],
    "refuses-unknown-name": [((), 0, "ok", {"sni": "localhost"}),
                             (("--server-name", "nobody.test"), 76, "unknown_name", ("unrecognized_name",))],
    "client-certificate": [(ALICE, 0, "ok", {}),
                           ((), 77, "client_certificate_missing", ("--cert FILE --key FILE",)),
                           (REVOKED, 77, "client_certificate_rejected", ("certificate_revoked",))],
    "client-allow-list": [(ALICE, 77, "client_certificate_rejected", ("access_denied",))],
    "plain": [((), 76, "tls_to_plain_port", ("our own TLS hello back",))],
}


def free_ports():
    """The file as it is, but for the ports (any free one) and the folder of the certificates."""
    text = FILE.read_text(encoding="utf-8").replace("../certs", str(secho.pki()))
    whole = json.loads(text)
    for listener in whole["listeners"]:
        listener["port"] = 0
    return {**whole, "log": {"level": "info", "format": "json"}}


def listeners():
    """(name, port) of each, as in the file."""
    return [(each["name"], each["port"]) for each in json.loads(FILE.read_text(encoding="utf-8"))["listeners"]]


class TheFile(secho.TestCase):
    def test_every_listener_has_a_row_in_the_table_and_every_row_a_listener(self):
        self.assertEqual([name for name, _port in listeners()], list(EXPECTED))

    def test_the_page_has_every_listener_with_its_port(self):
        rows = re.findall(r"^\| (\d+) \| `([^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.M)
        self.assertEqual([(name, int(port)) for port, name in rows], listeners())

    def test_every_bad_certificate_has_a_listener_but_the_pair_that_no_server_loads(self):
        bad = {path.stem for path in (secho.pki() / "bad").glob("*.pem")}
        self.assertEqual(bad - {"mismatched"}, bad & set(EXPECTED))

    def test_it_is_for_this_machine_only(self):
        for listener in json.loads(FILE.read_text(encoding="utf-8"))["listeners"]:
            self.assertEqual(listener["address"], "127.0.0.1")

    def test_the_server_checks_it_and_warns_of_what_is_meant_to_be_bad(self):
        done = secho.run_server("-t", config=free_ports())
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ("bad/expired.pem: certificate 1 in this file expired", "bad/not-yet-valid.pem",
                      "bad/revoked.ocsp: this OCSP response says that the certificate is revoked"):
            self.assertIn(words, done.stderr)


class EachListener(secho.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = secho.Server(config=free_ports())
        cls.server.start()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)

    def check(self, name, options):
        options = [secho.pki() / option if re.search(r"\.(pem|key)$", option) else option for option in options]
        done = secho.client("check", "--json", "--ca", secho.pki() / "ca.pem", *options, "localhost",
                            self.server.port_of(name))
        return done, json.loads(done.stdout)

    def test_each_listener_gives_its_explanation_and_its_exit_status(self):
        for name, rows in EXPECTED.items():
            for options, status, code, said in rows:
                with self.subTest(f"{name} {' '.join(options)}"):
                    done, told = self.check(name, options)
                    self.assertEqual((done.returncode, told["exit"], told["code"]), (status, status, code), done.stderr)
                    if isinstance(said, dict):
                        self.assertEqual({key: told["tls"][key] for key in said}, said)
                    else:
                        for words in said:
                            self.assertIn(words, f"{told['why']} {told['advice']}")

    def test_a_name_that_is_not_asked_for_is_no_unknown_name(self):
        done, told = self.check("wrong-name", ("--server-name", "127.0.0.1"))
        self.assertEqual((done.returncode, told["code"]), (77, "server_certificate_wrong_name"))


if __name__ == "__main__":
    secho.main()
