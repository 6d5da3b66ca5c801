"""The application protocol (ALPN): which one is chosen, and what happens when there is none in common."""

import subprocess

import secho
from peers import context

OPENSSL = secho.needs("openssl", "openssl")
OURS = ["echo", "h2", "http/1.1"]
NO_APPLICATION_PROTOCOL = b"alert number 120"


def openssl(port, *options):
    """What s_client says; its input is empty."""
    return subprocess.run(
        [OPENSSL, "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", *options],
        input=b"", capture_output=True, timeout=secho.PATIENCE, check=False,
    )


class Alpn(secho.TestCase):
    def serve(self, alpn=OURS):
        return secho.Server(secho.tls(tls={"alpn": list(alpn)}))

    def test_the_servers_order_decides(self):
        cases = [(["echo"], "echo"), (["http/1.1", "h2"], "h2"), (["h3", "http/1.1"], "http/1.1")]
        with self.serve() as server:
            for version in ("1.2", "1.3"):
                for offered, chosen in cases:
                    with self.subTest(version=version, offered=offered):
                        settings = context(version=version, alpn=offered)
                        with secho.Tls(server.port, settings=settings) as peer:
                            self.assertEqual(peer.tls.selected_alpn_protocol(), chosen)
                            self.assertEqual(peer.echo(b"x"), b"x")
                            peer.goodbye()
                        self.assertEqual(server.closed(peer, end="ok")["alpn"], chosen)

    def test_a_client_without_alpn_is_fine(self):
        with self.serve() as server, secho.Tls(server.port) as peer:
            self.assertIsNone(peer.tls.selected_alpn_protocol())
            self.assertEqual(peer.echo(b"x"), b"x")

    def test_no_overlap_is_refused_with_its_alert(self):
        for version in ("-tls1_2", "-tls1_3"):
            with self.subTest(version), self.serve() as server:
                said = openssl(server.port, version, "-alpn", "h3,spdy/1")
                self.assertNotEqual(said.returncode, 0)
                self.assertIn(NO_APPLICATION_PROTOCOL, said.stderr)
                event = server.wait_for_log("closed", end="no_common_alpn")
                self.assertIn("/listeners/0/tls/alpn", event["why"])

    def test_without_a_list_any_protocol_is_fine_and_none_is_chosen(self):
        with self.serve([]) as server:
            said = openssl(server.port, "-alpn", "h3,spdy/1")
            self.assertIn(b"No ALPN negotiated", said.stdout)
            self.assertEqual(server.wait_for_log("closed", end="ok").get("alpn"), None)


class Ends(secho.TestCase):
    """Both of our own ends tell it."""

    def test_our_client_says_what_was_chosen(self):
        with secho.Server(secho.tls(tls={"alpn": OURS})) as server:
            done = secho.client("--ca", secho.pki() / "ca.pem", "--alpn", "h3,h2", "-v", "check", "localhost", server.port)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"ALPN h2", done.stderr)

    def test_our_client_explains_the_alert(self):
        with secho.Server(secho.tls(tls={"alpn": OURS})) as server:
            done = secho.client("--ca", secho.pki() / "ca.pem", "--alpn", "h3", "check", "localhost", server.port)
            self.assertEqual(done.returncode, 76, done.stderr)
            self.assertIn(b"no_application_protocol", done.stderr)


if __name__ == "__main__":
    secho.main()
