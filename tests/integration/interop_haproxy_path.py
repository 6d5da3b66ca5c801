"""HAProxy between secho-client path and secho-server: is what it really does told as it is?"""

import json

import balancer
import secho
from secho import Server

HAPROXY = secho.needs("haproxy", "haproxy")

BY_NAME = """
    tcp-request inspect-delay 20s
    tcp-request content accept if { req_ssl_sni -m found }
    tcp-request content reject"""
FORGETS = """
    timeout client 4s
    timeout server 4s"""

# Door: lines of its own, and what its line "bind" has when it takes TLS off.
DOORS = {
    "passes": ("", None),
    "by-name": (BY_NAME, None),
    "forgets": (FORGETS, None),
    "opens": ("", ""),
    "opens-by-name": ("", "strict-sni"),
    "opens-1.3": ("", "ssl-min-ver TLSv1.3"),
    "opens-1.2": ("", "ssl-max-ver TLSv1.2"),
}
TOP = """
global
    stats timeout 10s
defaults
    mode tcp
    timeout connect 10s
    timeout client 60s
    timeout server 60s
    retries 0
"""


class HaProxy(balancer.Balancer):
    """In front of a listener with TLS and one without."""

    def __init__(self, server, *doors):
        super().__init__(doors)
        self.server = server

    def configuration(self):
        file = self.folder / "certificate.pem"
        file.write_bytes(b"".join((secho.pki() / f"server.{kind}").read_bytes() for kind in ("pem", "key")))
        text = TOP
        for door in self.sockets:
            lines, bind = DOORS[door]
            opens = "" if bind is None else f"ssl crt {file} {bind}"
            port = self.server.port_of("main" if bind is None else "plain")
            text += f"listen {door}\n    bind fd@{self.descriptor(door)} {opens}{lines}\n    server far 127.0.0.1:{port}\n"
        return text

    def command(self, file):
        return [HAPROXY, "-q", "-db", "-f", file]


class Path(secho.TestCase):
    def finds(self, door, *options):
        """The exit status, and what became of each try."""
        with Server(secho.tls(), secho.tcp(name="plain")) as server, HaProxy(server, door) as proxy:
            port = proxy.ports[door]
            done = secho.client("--ca", secho.pki() / "ca.pem", "--json", *options, "path", "localhost", port)
        tries = {one["try"]: one for one in json.loads(done.stdout)["tries"]}
        return done.returncode, tries, [name for name, one in tries.items() if one["result"] == "works"]

    def test_who_only_passes_bytes_on_breaks_nothing(self):
        for door in ("passes", "opens"):
            with self.subTest(door):
                code, _, works = self.finds(door, "--idle", "1s")
                self.assertEqual(code, 0)
                self.assertEqual(set(works) | {"hello_retry"}, {"small_hello", "large_hello", "split_hello", "hello_retry",
                                                                "tls12", "no_server_name", "long_idle"})

    def test_who_goes_by_the_name_drops_whoever_has_none(self):
        code, tries, works = self.finds("by-name")
        self.assertEqual((code, works), (1, ["small_hello", "large_hello", "split_hello", "hello_retry", "tls12"]))
        self.assertEqual(tries["no_server_name"]["result"], "fails")
        self.assertIn("server name (SNI)", tries["no_server_name"]["culprit"])

    def test_who_forgets_silent_connections_is_found(self):
        code, tries, works = self.finds("forgets", "--idle", "16s")
        self.assertEqual((code, len(works)), (1, 6), tries)
        self.assertEqual((tries["long_idle"]["result"], tries["long_idle"]["stage"]), ("fails", "echo"))
        self.assertLess(tries["long_idle"]["survived_ms"], 8000)

    def test_what_it_decides_in_words_of_tls_is_not_broken(self):
        for door, name, code in (("opens-by-name", "no_server_name", None), ("opens-1.3", "tls12", "no_common_version")):
            with self.subTest(door):
                status, tries, _ = self.finds(door)
                self.assertEqual((status, tries[name]["result"]), (0, "server_decides"), tries[name])
                self.assertIn(code, (None, tries[name]["code"]))

    def test_tls_12_has_no_retry(self):
        code, tries, works = self.finds("opens-1.2")
        self.assertEqual((code, tries["hello_retry"]["result"], len(works)), (0, "not_provokable", 5))


if __name__ == "__main__":
    secho.main()
