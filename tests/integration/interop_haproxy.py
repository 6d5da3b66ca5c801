"""HAProxy in front: the PROXY headers that it really sends."""

import balancer
import secho
from secho import Server, Tcp, Tls

HAPROXY = secho.needs("haproxy", "haproxy")

# Doors, and what the line "server" has besides the address. TLS goes through unopened, except at "opened".
PASSED = {
    "v1": "send-proxy",
    "v2": "send-proxy-v2",
    "v2-options": "send-proxy-v2 proxy-v2-options crc32c,unique-id",
    "v2-ssl": "send-proxy-v2-ssl",
    "none": "",
}
OPENED = "send-proxy-v2-ssl-cn proxy-v2-options crc32c,authority,unique-id ssl verify none"

TOP = """
global
    stats timeout 10s
defaults
    mode tcp
    timeout connect 10s
    timeout client 20s
    timeout server 20s
    timeout check 5s
    retries 0
    unique-id-format secho-%cp
"""


class HaProxy(balancer.Balancer):
    """One frontend and one backend for each door; `options` are those of its server."""

    def __init__(self, port, options, opened=(), address="127.0.0.1"):
        super().__init__([*options, *opened])
        self.port, self.options, self.opened, self.address = port, options, opened, address

    def certificate(self):
        """Chain and key in one file, as it wants them."""
        file = self.folder / "server.pem"
        file.write_bytes((secho.pki() / "server.pem").read_bytes() + (secho.pki() / "server.key").read_bytes())
        return f"ssl crt {file} ca-file {secho.pki() / 'ca.pem'} verify optional"

    def listen(self, door, bind, server):
        return (
            f"listen {door}\n    bind fd@{self.descriptor(door)} {bind}\n"
            f"    server echo {self.address}:{self.port} {server}\n"
        )

    def configuration(self):
        text = TOP
        for door, options in self.options.items():
            text += self.listen(door, "", options)
        for door in self.opened:
            text += self.listen(door, self.certificate(), OPENED)
        return text

    def command(self, file):
        return [HAPROXY, "-q", "-db", "-f", file]


class Headers(secho.TestCase):
    def assert_behind(self, server, peer, since):
        event = server.wait_for_log("closed", since=since, end="ok")
        self.assertEqual(event["peer"], f"127.0.0.1:{peer.port}", event.raw)
        self.assertTrue(event["via"].startswith("127.0.0.1:"), event.raw)
        self.assertNotEqual(event["via"], event["peer"])
        return event

    def exchange(self, peer):
        data = bytes(range(256)) * 300
        self.assertEqual(peer.echo(data), data)
        peer.goodbye()
        self.assertEqual(peer.receive_to_end(), b"")

    def test_each_version_tells_who_is_behind_it(self):
        with Server(secho.tls(proxy_protocol=True)) as server, HaProxy(server.port, PASSED) as proxy:
            for door, options in PASSED.items():
                if "proxy" not in options:
                    continue
                for version in ("1.2", "1.3"):
                    with self.subTest(door, version=version):
                        mark = server.mark()
                        with Tls(proxy.ports[door], settings=secho.context(secho.pki() / "ca.pem", version)) as peer:
                            self.exchange(peer)
                        event = self.assert_behind(server, peer, mark)
                        self.assertEqual((event["version"], event["sni"]), (f"TLSv{version}", "localhost"))
                        if door == "v2-options":
                            self.assertEqual(event["unique_id"], f"secho-{peer.port}")

    def test_without_a_header_it_is_refused(self):
        with Server(secho.tls(proxy_protocol=True)) as server, HaProxy(server.port, PASSED) as proxy:
            with self.assertRaises(EOFError):
                Tls(proxy.ports["none"])
            self.assertIn("a TLS hello", server.wait_for_log("closed", end="proxy_header_missing")["why"])

    def test_a_header_that_nobody_expects_is_told(self):
        with Server() as server, HaProxy(server.port, PASSED) as proxy:
            for door in ("v1", "v2"):
                with self.subTest(door):
                    mark = server.mark()
                    with Tcp(proxy.ports[door]) as peer:
                        peer.push(secho.client_hello())
                        peer.receive_to_end()
                    server.wait_for_log("closed", since=mark, end="proxy_header_unexpected")

    def test_a_plain_listener_takes_it_as_well(self):
        with Server(secho.tcp(proxy_protocol=True)) as server, HaProxy(server.port, PASSED) as proxy:
            for door in ("v1", "v2", "v2-options", "v2-ssl"):
                with self.subTest(door):
                    mark = server.mark()
                    with Tcp(proxy.ports[door]) as peer:
                        self.exchange(peer)
                    self.assert_behind(server, peer, mark)

    def test_tls_that_it_opens_is_told_with_name_and_certificate(self):
        mine = (secho.pki() / "client.pem", secho.pki() / "client.key")
        with Server(secho.tls(proxy_protocol=True)) as server, HaProxy(server.port, {}, ["opened"]) as proxy:
            for certificate in (None, mine):
                with self.subTest(certificate):
                    mark = server.mark()
                    settings = secho.context(secho.pki() / "ca.pem", certificate=certificate)
                    with Tls(proxy.ports["opened"], settings=settings) as peer:
                        self.exchange(peer)
                    event = self.assert_behind(server, peer, mark)
                    self.assertEqual((event["authority"], event["unique_id"]), ("localhost", f"secho-{peer.port}"))

    def test_a_sender_that_is_not_listed_is_refused(self):
        listener = secho.tls(proxy_protocol=True, proxy_protocol_from=["10.0.0.0/8"])
        with Server(listener) as server, HaProxy(server.port, PASSED) as proxy:
            with self.assertRaises(EOFError):
                Tls(proxy.ports["v2"])
            self.assertIn("may not send one", server.wait_for_log("closed", end="proxy_header_invalid")["why"])


class HealthChecks(secho.TestCase):
    def test_its_checks_are_health_checks(self):
        checks = {"v1": "send-proxy", "v2": "send-proxy-v2"}
        for transport in (secho.tls, secho.tcp):
            with Server(transport(proxy_protocol=True), log={"level": "debug"}) as server:
                for door, options in checks.items():
                    checked = {door: f"{options} check check-send-proxy inter 100ms"}
                    with self.subTest(door, transport=transport.__name__), HaProxy(server.port, checked):
                        mark = server.mark()
                        event = server.wait_for_log("closed", since=mark, count=3)
                        self.assertEqual((event["end"], event["level"]), ("health_check", "debug"))
                        # Version 2 says LOCAL; version 1 has no word for it, and tells its own address.
                        self.assertEqual(event.get("via"), event["peer"] if door == "v1" else None)
                self.assertEqual({event["end"] for event in server.find_log("closed")}, {"health_check"})

    def test_a_check_with_tls_is_an_orderly_connection(self):
        options = {"v2": "send-proxy-v2 check check-send-proxy check-ssl verify none inter 100ms"}
        with Server(secho.tls(proxy_protocol=True)) as server, HaProxy(server.port, options):
            event = server.wait_for_log("closed", count=2)
            self.assertNotIn("proxy", event["end"])
            self.assertNotIn("via", event)


if __name__ == "__main__":
    secho.main()
