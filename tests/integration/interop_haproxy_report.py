"""HAProxy between secho-client report and secho-server: does the report find out what it does to TLS?"""

import json

import balancer
import secho
from secho import Server
from terminal import Terminal

HAPROXY = secho.needs("haproxy", "haproxy")

REPORT = "alpn secho-report/1"
FAR = "ssl verify none sni str(localhost)"  # TLS of its own towards the server
# Door: whether it takes TLS off, and the ends of its lines "bind" and "server".
DOORS = {
    "passes": (False, "", ""),
    "passes with a header": (False, "", "send-proxy-v2"),
    "plain": (True, "", ""),
    "plain, agrees": (True, REPORT, ""),
    "tls": (True, "", FAR),
    "tls, agrees": (True, REPORT, FAR),
    "tls, agrees and asks for it": (True, REPORT, f"{FAR} {REPORT}"),
    "tls 1.2 behind": (True, REPORT, f"{FAR} {REPORT} force-tlsv12"),
    "tls with a header": (True, REPORT, f"{FAR} {REPORT} send-proxy-v2-ssl-cn proxy-v2-options authority,unique-id"),
}

TOP = """
global
    stats timeout 10s
defaults
    mode tcp
    timeout connect 10s
    timeout client 20s
    timeout server 20s
    retries 0
    unique-id-format secho-%cp
"""


class HaProxy(balancer.Balancer):
    """In front of one listener: as the doors say."""

    def __init__(self, server, *doors, certificate="server-rsa"):
        super().__init__(doors)
        self.server, self.certificate = server, certificate

    def bind(self, opened):
        if not opened:
            return ""
        file = self.folder / "certificate.pem"
        file.write_bytes(b"".join((secho.pki() / f"{self.certificate}.{kind}").read_bytes() for kind in ("pem", "key")))
        return f"ssl crt {file}"

    def configuration(self):
        text = TOP
        for door in self.sockets:
            opened, bind, server = DOORS[door]
            text += (f"listen {door.replace(' ', '-').replace(',', '')}\n    bind fd@{self.descriptor(door)} {self.bind(opened)} {bind}\n"
                     f"    server far 127.0.0.1:{self.server.port} {server}\n")
        return text

    def command(self, file):
        return [HAPROXY, "-q", "-db", "-f", file]


def report(port, *options):
    """What our client finds: its exit status and the object of --json."""
    done = secho.client("--ca", secho.pki() / "ca.pem", "--json", *options, "report", "localhost", port)
    return done.returncode, json.loads(done.stdout)


class Report(secho.TestCase):
    def test_what_differs_is_marked_on_a_terminal_and_the_verdict_is_red(self):
        words = (secho.program("secho-client"), "--ca", secho.pki() / "ca.pem", "report", "localhost")
        with Server(secho.tls()) as server, HaProxy(server, "tls, agrees and asks for it") as proxy:
            with Terminal(*words, str(proxy.ports["tls, agrees and asks for it"]), env={"NO_COLOR": ""}) as person:
                self.assertEqual(person.wait(), 1)
                self.assertIn("\033[33mexporter (SHA-256)", person.screen)
                self.assertIn("\033[33mserver certificate", person.screen)
                self.assertNotIn("\033[33mversion", person.screen)
                self.assertIn("\033[1;31mSomething between us terminates TLS", person.screen)

    def finds(self, listener, door, *options, certificate="server-rsa"):
        with Server(listener) as server, HaProxy(server, door, certificate=certificate) as proxy:
            code, said = report(proxy.ports[door], *options)
            if said["verdict"] != "no_report":  # else nothing may have been said: a health check, not in the log
                self.closed = server.wait_for_log("closed")
        return code, said

    def assert_terminated(self, code, said):
        self.assertEqual((code, said["ok"], said["verdict"], said["exit"]), (1, False, "terminated", 1), said)
        self.assertIn("Something between us terminates TLS", said["why"])
        presented = said["here"]["tls"]["server_certificates"][0]
        self.assertIn("secho test", presented["issuer"])
        self.assertGreater(presented["days_left"], 0)
        self.assertEqual(said["here"]["tls"]["verdict"], "verified")

    def assert_no_report(self, code, said):
        self.assertEqual((code, said["verdict"]), (76, "no_report"), said)
        self.assertIn("TLS ends between us", said["why"])
        self.assertNotIn("there", said)

    def test_1_passed_through_it_is_one_session(self):
        for version in ("1.2", "1.3"):
            with self.subTest(version):
                code, said = self.finds(secho.tls(), "passes", "--tls", version)
                self.assertEqual((code, said["verdict"]), (0, "end_to_end"), said)
                self.assertIn("changes addresses", said["notes"][0])

    def test_1_passed_through_with_a_header_it_tells_who_passes(self):
        code, said = self.finds(secho.tls(proxy_protocol=True), "passes with a header")
        self.assertEqual((code, said["verdict"]), (0, "end_to_end"), said)
        there = said["there"]
        self.assertEqual(there["peer"], said["here"]["local"])
        self.assertEqual(there["proxy"]["destination"], said["here"]["peer"])
        self.assertTrue(there["via"].startswith("127.0.0.1:"))
        self.assertIn(f"a proxy at {there['via']}", said["notes"][0])
        self.assertEqual(self.closed["via"], there["via"])

    def test_2_terminated_and_plain_behind_there_is_no_report(self):
        self.assert_no_report(*self.finds(secho.tcp(), "plain"))

    def test_3_terminated_and_tls_behind_there_is_no_report(self):
        self.assert_no_report(*self.finds(secho.tls(), "tls"))

    def test_4_who_agrees_without_telling_the_far_end_gives_itself_away(self):
        for door, listener in (("plain, agrees", secho.tcp()), ("tls, agrees", secho.tls())):
            with self.subTest(door):
                code, said = self.finds(listener, door)
                self.assert_terminated(code, said)
                self.assertIn("echoed our question", said["why"])
                self.assertNotIn("there", said)
                self.assertEqual(self.closed["in"], "48")

    def test_4_who_agrees_on_both_sides_has_two_sessions(self):
        for certificate in ("server-rsa", "server"):  # another one than the server's own, and the same
            for versions in ((), ("--tls", "1.2")):
                with self.subTest(certificate, versions=versions):
                    code, said = self.finds(secho.tls(), "tls, agrees and asks for it", *versions, certificate=certificate)
                    self.assert_terminated(code, said)
                    differ = [note for note in said["notes"] if "server's certificate differs" in note]
                    self.assertEqual(len(differ), 1 if certificate == "server-rsa" else 0, said["notes"])
                    self.assertEqual(said["there"]["tls"]["alpn_offered"], ["secho-report/1"])

    def test_4_another_version_behind_is_told(self):
        code, said = self.finds(secho.tls(), "tls 1.2 behind")
        self.assert_terminated(code, said)
        self.assertIn("the version differs: TLSv1.3 here, TLSv1.2 there", said["notes"])

    def test_4_what_it_tells_of_our_tls_is_told(self):
        code, said = self.finds(secho.tls(proxy_protocol=True), "tls with a header")
        self.assert_terminated(code, said)
        proxy = said["there"]["proxy"]
        self.assertEqual((proxy["tls"], proxy["tls_version"], proxy["authority"]), (True, "TLSv1.3", "localhost"))
        self.assertTrue(proxy["unique_id"].startswith("secho-"))
        self.assertTrue([note for note in said["notes"] if "took TLS off: TLSv1.3" in note], said["notes"])

    def test_switched_off_there_is_no_report_and_the_echo_gives_it_away(self):
        self.assert_no_report(*self.finds(secho.tls(report=False), "passes"))
        self.assert_terminated(*self.finds(secho.tls(report=False), "tls, agrees and asks for it"))

    def test_people_read_who_presented_what(self):
        with Server() as server, HaProxy(server, "tls, agrees and asks for it") as proxy:
            port = proxy.ports["tls, agrees and asks for it"]
            done = secho.client("--ca", secho.pki() / "ca.pem", "report", "localhost", port)
        text = done.stdout.decode()
        self.assertEqual((done.returncode, done.stderr), (1, b""), text)
        for words in ("presented to us: verified\n", "issued by CN=secho test", "days left, until", "    for localhost, ",
                      "Something between us terminates TLS"):
            self.assertIn(words, text)

    def test_a_certificate_of_its_own_that_is_not_good_is_explained(self):
        with Server() as server, HaProxy(server, "tls, agrees", certificate="bad/self-signed") as proxy:
            port = proxy.ports["tls, agrees"]
            done = secho.client("--ca", secho.pki() / "ca.pem", "report", "localhost", port)
            self.assertEqual((done.returncode, done.stdout), (77, b""), done.stderr)
            self.assertIn(b"signed by itself", done.stderr)
            code, said = report(port, "--insecure")
            self.assertEqual((code, said["verdict"]), (1, "terminated"))
            self.assertTrue(said["here"]["tls"]["verdict"].startswith("not verified: "))


if __name__ == "__main__":
    secho.main()
