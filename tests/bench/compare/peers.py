"""Who takes part: one row for each server, with how it is built and how it is started.

A start function gets a Place (its folder, ports and certificates) and gives the commands to run, what
they need started first. `tls` says whose TLS it is; the goals speak of "every peer on OpenSSL".
"""

import dataclasses
import pathlib
import sys
from collections.abc import Callable

from . import build, settings
from .build import SOURCES, Missing, tool

OPENSSL, OWN, NONE = "OpenSSL", "its own", "none"
LUA_SIZES = (64, 1024, 16384)
NGINX_STREAM = (pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so"),
                pathlib.Path("/usr/lib64/nginx/modules/ngx_stream_module.so"))


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    label: str
    tls: str
    start: Callable
    build: Callable = lambda folder: None
    version: tuple = ()
    is_proxy: bool = False  # TLS ends here, the echo is the plain floor's behind it
    sizes: tuple = ()  # the only sizes of messages that it can echo; empty: any
    connections_max: int = settings.CONNECTIONS_MAX
    groups: str = ""  # what the client must offer when this peer has no X25519


@dataclasses.dataclass
class Place:
    """Where a server lives. `ports`: [0] is its own; [1:] are for what stands behind it or beside."""

    folder: pathlib.Path
    ports: list
    certificates: pathlib.Path
    program: pathlib.Path | None  # what its build gave
    floor: pathlib.Path | None  # the plain echo, for proxies
    secho: pathlib.Path  # the folder with secho's programs

    @property
    def port(self):
        return self.ports[0]

    @property
    def chain(self):
        return self.certificates / "server.pem"

    @property
    def key(self):
        return self.certificates / "server.key"

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return path

    def pem(self):
        """Certificate chain and key in one file, as HAProxy and hitch want them."""
        return self.file("server-and-key.pem", self.chain.read_text("utf-8") + self.key.read_text("utf-8"))

    def plain(self):
        """The command of the plain echo behind a proxy, and its port."""
        if self.floor is None:
            raise Missing("its plain echo, floor.c, does not build")
        return [self.floor, self.ports[1]], self.ports[1]


def start_secho(workers=1):
    def start(place):
        file = place.file("secho.json", settings.secho(place.port, place.chain, place.key, workers))
        return [[place.secho / "secho-server", "-c", file]]

    return start


def start_floor(workers=1):
    return lambda place: [[place.program, place.port, workers]]


def start_own(place):
    """One of tests/bench/peers/: PORT CERTIFICATE KEY."""
    return [[place.program, place.port, place.chain, place.key]]


def start_node(place):
    return [[tool("node", "nodejs"), f"--openssl-config={place.folder / 'openssl.cnf'}", SOURCES / "peers/node.js",
             place.port, place.chain, place.key]]


def start_asyncio(place):
    ours = pathlib.Path("/usr/bin/python3")  # Debian's is built for speed; others may not be
    return [[ours if ours.exists() else sys.executable, SOURCES / "peers/asyncio_echo.py",
             place.port, place.chain, place.key]]


def start_haproxy_lua(place):
    ports = dict(zip(LUA_SIZES, place.ports))
    file = place.file("haproxy.cfg", settings.haproxy_lua(ports, SOURCES / "peers/haproxy_echo.lua", place.pem()))
    return [[tool("haproxy", "haproxy"), "-db", "-f", file]]


def start_haproxy(place):
    plain, port = place.plain()
    file = place.file("haproxy.cfg", settings.haproxy_before(place.port, port, place.pem()))
    return [plain, [tool("haproxy", "haproxy"), "-db", "-f", file]]


def start_nginx(place):
    plain, port = place.plain()
    module = next((path for path in NGINX_STREAM if path.exists()), None)
    file = place.file("nginx.conf", settings.nginx(place.port, port, place.chain, place.key, module))
    return [plain, [tool("nginx", "nginx, libnginx-mod-stream"), "-p", place.folder, "-e", "stderr", "-c", file]]


def start_hitch(place):
    plain, port = place.plain()
    file = place.file("hitch.conf", settings.hitch(place.port, port, place.pem()))
    return [plain, [tool("hitch", "hitch"), f"--config={file}", "--user=nobody"]]


def start_stunnel(place):
    plain, port = place.plain()
    file = place.file("stunnel.conf", settings.stunnel(place.port, port, place.chain, place.key))
    return [plain, [tool("stunnel", "stunnel4"), file]]


def start_socat(place):
    listen = (f"OPENSSL-LISTEN:{place.port},bind=127.0.0.1,fork,reuseaddr,backlog=4096,nodelay,verify=0,"
              f"cert={place.chain},key={place.key}")
    return [[tool("socat", "socat"), listen, "PIPE"]]


FLOOR = build.c_program("peers/floor.c")

PEERS = (
    Peer("secho", "secho", OPENSSL, start_secho()),
    Peer("floor", "plain epoll, no TLS", NONE, start_floor(), FLOOR),
    Peer("rustls", "tokio-rustls", OWN, start_own, build.rustls, ("dpkg-query", "-W", "librust-tokio-rustls-dev", "librust-rustls-dev")),
    Peer("go", "Go crypto/tls", OWN, start_own, build.golang, ("go", "version")),
    Peer("asio", "Boost.Asio", OPENSSL, start_own, build.asio, ("dpkg-query", "-W", "libboost-dev")),
    Peer("libevent", "libevent", OPENSSL, start_own,
         build.c_program("peers/libevent.c", "-levent", "-levent_openssl", "-lssl", "-lcrypto"),
         ("pkg-config", "--modversion", "libevent")),
    Peer("node", "Node.js", OPENSSL, start_node, version=("node", "--version")),
    Peer("asyncio", "Python asyncio", OPENSSL, start_asyncio, version=("/usr/bin/python3", "--version")),
    Peer("haproxy-lua", "HAProxy + Lua", OPENSSL, start_haproxy_lua, version=("haproxy", "-v"), sizes=LUA_SIZES),
    Peer("haproxy", "HAProxy → plain", OPENSSL, start_haproxy, version=("haproxy", "-v"), is_proxy=True),
    Peer("nginx", "nginx → plain", OPENSSL, start_nginx, version=("nginx", "-v"), is_proxy=True),
    Peer("hitch", "hitch → plain", OPENSSL, start_hitch, version=("hitch", "--version"), is_proxy=True),
    Peer("stunnel", "stunnel → plain", OPENSSL, start_stunnel, version=("stunnel", "-version"), is_proxy=True),
    Peer("socat", "socat fork", OPENSSL, start_socat, version=("socat", "-V"), connections_max=200,
         groups="P-256"),
)

# For the growth of secho only: on all CPUs that a server may have, with one and with two workers.
WORKERS = (
    Peer("secho-1-worker", "secho, 1 worker", OPENSSL, start_secho(1)),
    Peer("secho-2-workers", "secho, 2 workers", OPENSSL, start_secho(2)),
)


def named(name):
    return next(peer for peer in PEERS if peer.name == name)
