"""nginx in front: its module stream sends version 1 of the PROXY protocol."""

import pathlib
import subprocess
import sys

import balancer
import secho
from secho import Server, Tcp, Tls

NGINX = secho.needs("nginx", "nginx")
MODULES = [str(path) for path in pathlib.Path("/usr/lib").glob("**/nginx/modules/ngx_stream_module.so")]
BUILT_WITH = subprocess.run([NGINX, "-V"], capture_output=True, text=True, check=False).stderr.split()
if not MODULES and "--with-stream" not in BUILT_WITH:
    print("skipped: nginx has no module stream (package libnginx-mod-stream)")
    sys.exit(secho.EXIT_SKIPPED)

TOP = """
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr notice;
events { worker_connections 64; }
"""


class Nginx(balancer.Balancer):
    """Passes TLS on unopened; the door "proxied" says for whom, the door "plain" does not."""

    def __init__(self, port):
        super().__init__(["proxied", "plain"])
        self.port = port

    def configuration(self):
        load = "".join(f"load_module {path};\n" for path in MODULES[:1])
        doors = "".join(
            f"server {{ listen 127.0.0.1:{port}; proxy_pass 127.0.0.1:{self.port}; "
            f"proxy_protocol {'on' if door == 'proxied' else 'off'}; }}\n"
            for door, port in self.ports.items()
        )
        return f"{load}{TOP}stream {{\n{doors}}}\n"

    def command(self, file):
        return [NGINX, "-e", "stderr", "-p", str(self.folder), "-c", str(file)]

    def environment(self):  # how it hands its own sockets down when it is upgraded
        return {"NGINX": "".join(f"{made.fileno()};" for made in self.sockets.values())}


class Headers(secho.TestCase):
    def test_it_tells_who_is_behind_it(self):
        with Server(secho.tls(proxy_protocol=True)) as server, Nginx(server.port) as proxy:
            for version in ("1.2", "1.3"):
                with self.subTest(version):
                    mark = server.mark()
                    with Tls(proxy.ports["proxied"], settings=secho.context(secho.pki() / "ca.pem", version)) as peer:
                        data = bytes(range(256)) * 300
                        self.assertEqual(peer.echo(data), data)
                        peer.goodbye()
                        self.assertEqual(peer.receive_to_end(), b"")
                    event = server.wait_for_log("closed", since=mark, end="ok", peer=f"127.0.0.1:{peer.port}")
                    self.assertTrue(event["via"].startswith("127.0.0.1:"), event.raw)
                    self.assertNotEqual(event["via"], event["peer"])

    def test_without_a_header_it_is_refused(self):
        with Server(secho.tls(proxy_protocol=True)) as server, Nginx(server.port) as proxy:
            with self.assertRaises(EOFError):
                Tls(proxy.ports["plain"])
            self.assertIn("proxy_protocol on", server.wait_for_log("closed", end="proxy_header_missing")["why"])

    def test_a_header_that_nobody_expects_is_told(self):
        with Server() as server, Nginx(server.port) as proxy:
            with Tcp(proxy.ports["proxied"]) as peer:
                peer.push(secho.client_hello())
                peer.receive_to_end()
            server.wait_for_log("closed", end="proxy_header_unexpected")


if __name__ == "__main__":
    secho.main()
