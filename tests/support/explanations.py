"""Every code of secho-explain(7): who provokes it, and what each end must say of it.

A file of tests has a table; each row becomes a test, and what it asserts is counted:

    class Cut(explanations.Table):
        ROWS = [
            Row("a client that leaves without close_notify", client_does(lambda peer: peer.fin()),
                server=logs("truncated", "echo", "the client closed the connection without close_notify")),
        ]

`how` of a row provokes it over a real socket and returns Seen(event, told): the line of the server's log and the
object that secho-client --json has printed, None for an end that is not ours. test_explanations.py fails when a
code of the catalogue is asserted by no row at an end that can come to it.
"""

import atexit
import functools
import json
import re
import shutil
import ssl
import subprocess
import tempfile
from typing import Callable, NamedTuple

import chains
import secho
import strange


class Seen(NamedTuple):
    """What the two ends said: an event of the log, the JSON of the client; None for one that is not ours."""

    event: dict = None
    told: dict = None


class Words(NamedTuple):
    """What one end must say. `begins`: how its sentence begins, which tells who ended the connection."""

    code: str
    stage: str
    begins: str
    also: tuple = ()
    cause: str = ""
    exit: int = None


def logs(code, stage, begins, *also, cause=""):
    """The line of a server: end=, stage=, the beginning of why=, more words in it; cause=."""
    return Words(code, stage, begins, also, cause)


def tells(status, code, stage, begins, *also, cause=""):
    """The client: its exit status, code, stage, the beginning of the sentence, more words in it or its advice."""
    return Words(code, stage, begins, also, cause, status)


class Row(NamedTuple):
    """A way in which a connection ends. `or_else`: the client may see it otherwise, as packets may cross."""

    name: str  # as in: it happens with ...
    how: Callable[[], Seen]
    server: Words = None
    client: Words = None
    or_else: Words = None

    def asserts(self):
        """(end, code) of all that it proves."""
        for end, words in (("server", self.server), ("client", self.client if self.or_else is None else None)):
            if words is not None:
                yield end, words.code
                if words.cause:
                    yield end, words.cause


class Table(secho.TestCase):
    """A test for each row of ROWS."""

    ROWS = ()

    def __init_subclass__(cls, **more):
        super().__init_subclass__(**more)
        for row in cls.ROWS:
            name = "test_" + re.sub(r"\W+", "_", row.name).strip("_")
            if hasattr(cls, name):
                raise ValueError(f"two rows are called {row.name!r}")
            setattr(cls, name, functools.partialmethod(cls.check_row, row))

    def check_row(self, row):
        """Provokes it and compares what both ends say."""
        seen = row.how()
        self.assertEqual((seen.event is None, seen.told is None), (row.server is None, row.client is None))
        if row.server is not None:
            self.check_event(seen.event, row.server)
        if row.client is not None:
            expected = [words for words in (row.client, row.or_else) if words is not None]
            seen_there = [words for words in expected if (words.code, words.stage) == (seen.told["code"], seen.told.get("stage"))]
            self.check_told(seen.told, [*seen_there, row.client][0])

    def check_event(self, event, words):
        """The log of the server."""
        have = event["end"], event.get("stage", ""), event.get("cause", "")
        self.assertEqual(have, (words.code, words.stage, words.cause), event["why"])
        self.assertTrue(event["why"].startswith(words.begins), event["why"])
        for word in words.also:
            self.assertIn(word, event["why"])

    def check_told(self, told, words):
        """The JSON of the client: the sentence stands behind the place."""
        have = told["exit"], told["code"], told.get("stage", ""), told.get("cause", "")
        self.assertEqual(have, (words.exit, words.code, words.stage, words.cause), told.get("why"))
        if words.begins:
            self.assertIn(f": {words.begins}", told["why"])
            self.assertTrue(told["advice"])
        for word in words.also:
            self.assertIn(word, f"{told['why']} {told['advice']}")


# --- who provokes it --------------------------------------------------------------------------------


def run_client(port, *words, mode="check", trust=True, host="localhost", **more):
    """What secho-client --json has printed last; it is also its exit status."""
    trusted = ["--ca", secho.pki() / "ca.pem"] if trust else []
    done = secho.client(mode, "--json", *trusted, *words, host, port, **more)
    if not done.stdout:
        raise AssertionError(f"exit {done.returncode} without JSON: {done.stderr.decode()}")
    told = json.loads(done.stdout.decode().splitlines()[-1])
    if told["exit"] != done.returncode:
        raise AssertionError(f"exit {done.returncode}, and JSON says {told['exit']}")
    return told


def run_talk(port, *words, input=b"hello"):  # noqa: A002 (named as in subprocess.run)
    """The same of talk in a pipe, which tells it on standard error; {} when all is well."""
    done = secho.client("-v", "--ca", secho.pki() / "ca.pem", *options(words), "localhost", port, input=input)
    errors = done.stderr.decode()
    told = re.search(r"^secho-client: (?P<why>.*)\n  (?P<advice>.*)\n\* stage (?P<stage>\w+), code (?P<code>\w+)"
                     r"(?:, cause (?P<cause>\w+))?", errors, re.M)  # fmt: skip
    if told is None:
        raise AssertionError(f"exit {done.returncode}, and no explanation: {errors}")
    return {"exit": done.returncode, **{name: words for name, words in told.groupdict().items() if words}}


def end_of(server, **wanted):
    """The event with which a connection ended."""
    return server.wait_for_log(None, **{"end": lambda end: True, **wanted})


def both(*words, listener=None, mode="check", trust=True, **settings):
    """secho-client with these words against secho-server."""

    def how():
        with secho.Server(listener() if callable(listener) else listener or secho.tls(), **settings) as server:
            told = run_client(server.port, *options(words), mode=mode, trust=trust)
            return Seen(end_of(server), told)

    return how


def server_is(behaviour, *words, mode="check", **more):
    """secho-client against a server that does one thing wrong."""

    def how():
        with strange.Server(behaviour) as server:
            return Seen(told=run_client(server.port, *options(words), mode=mode, **more))

    return how


def client_does(act, *, kind=secho.Tls, listener=None, **settings):
    """secho-server, and a client that does `act`; by default hands are shaken before."""

    def how():
        with secho.Server(listener() if callable(listener) else listener or secho.tls(), **settings) as server:
            with kind(server.port) as peer:
                act(peer)
                peer.close()
            return Seen(end_of(server))

    return how


def openssl_client(*words, listener=None):
    """secho-server, and openssl s_client."""

    def how():
        with secho.Server(listener() if callable(listener) else listener or secho.tls()) as server:
            subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-servername", "localhost",
                            *map(str, options(words))], input=b"", capture_output=True, timeout=secho.PATIENCE, check=False)
            return Seen(end_of(server))

    return how


def options(words):
    """Words of a command line; callables give theirs when the row runs, files of the test PKI by @NAME."""
    found = []
    for word in words:
        if callable(word):
            found.extend(word())
        elif isinstance(word, str) and word.startswith("@"):
            found.append(secho.pki() / word[1:])
        else:
            found.append(word)
    return found


# --- the catalogue ----------------------------------------------------------------------------------


@functools.cache
def catalogue():
    """{code: the ends that can come to it}, as secho-server --explain tells it; alerts are not among them."""
    found = {}
    for line in secho.run_server("--explain").stdout.splitlines():
        code, words = line.split(maxsplit=1)
        if not words.startswith("TLS alert "):
            text = secho.run_server("--explain", code).stdout
            ends = {"server": "\nThe server logs (", "client": "\nThe client tells ("}
            found[code] = {end for end, words in ends.items() if words in text}
    return found


# --- certificates -----------------------------------------------------------------------------------


@functools.cache
def bad_chains():
    """Certificates with one thing wrong each: chains.py."""
    folder = tempfile.mkdtemp(prefix="secho-chains-")
    atexit.register(shutil.rmtree, folder)
    return chains.Chains(folder)


def serving(name, **more):
    """A listener that serves this chain, when the row runs."""
    return lambda: secho.tls(tls={"certificates": [{"chain": bad_chains().pem(name), "key": bad_chains().key(name), **more}]})


def trusting(name="root"):
    """The options of a client that trusts this root only, when the row runs."""
    return lambda: ["--ca", bad_chains().pem(name)]


def showing(name):
    """The options of a client that shows this chain, when the row runs."""
    return lambda: ["--cert", bad_chains().pem(name), "--key", bad_chains().key(name)]


def weakly_serving(name):
    """An echo that serves a chain which secho-server would not load."""

    def behave(sock):
        settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        settings.set_ciphers("DEFAULT:@SECLEVEL=0")
        settings.load_cert_chain(bad_chains().pem(name), bad_chains().key(name))
        return strange.tls(strange.echo(), settings)(sock)

    return behave


def requiring(ca="root", crl=None, **allow):
    """A listener that requires a certificate of this CA, when the row runs."""

    def listener():
        settings = {"mode": "require", "ca": bad_chains().pem(ca), "allow": allow}
        return secho.tls(tls={"client_auth": settings if crl is None else {**settings, "crl": crl()}})

    return listener


def lists(*revoked, names=("middle", "root"), **how):
    """A file with the revocation lists of these CAs; the first has revoked these."""

    def file():
        parts = [bad_chains().revocation_list(name, revoked if name == names[0] else (), **how) for name in names]
        joined = bad_chains().folder / f"lists-{'-'.join((*names, *revoked))}.pem"
        joined.write_text("".join(parts), encoding="ascii")
        return str(joined)

    return file
