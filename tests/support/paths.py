"""Runs of secho-client path, for its tests."""

import json

import secho

CA = ("--ca", str(secho.pki() / "ca.pem"))
PATIENT = ("--timeout", "6s")  # where something is swallowed: longer than a machine stands still
ALL_GROUPS = "X25519:P-256:P-384:P-521:X448:ffdhe2048:ffdhe3072:ffdhe4096:ffdhe6144:ffdhe8192"
ROWS = ["small_hello", "large_hello", "split_hello", "hello_retry", "tls12", "no_server_name", "long_idle"]
SEGMENT = 1460  # bytes of data in a packet of an Ethernet


def path(port, *options, host="localhost"):
    """(exit status, object, tries by their names) of a run with --json."""
    done = secho.client(*CA, "--json", *options, "path", host, port)
    found = json.loads(done.stdout)
    return done.returncode, found, {one["try"]: one for one in found["tries"]}


def results(tries):
    """The result of each try, in order."""
    return [one["result"] for one in tries.values()]


def table(port, *options):
    """A run with words: (exit status, stdout, stderr) as texts."""
    done = secho.client(*CA, *options, "path", "localhost", port)
    return done.returncode, done.stdout.decode(), done.stderr.decode()
