"""One window: secho-bench against one server, and what it says."""

import json
import subprocess

from . import machine

SILENT = "not one byte came back in the window"  # what secho-bench says of a window that was too short
PATIENCE_SECONDS = 120  # to open and to close the connections of a slow server
TLS13 = ("--tls", "1.3", "--ciphersuites", "TLS_AES_128_GCM_SHA256")
TLS12 = ("--tls", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256")
TLS13_GROUPS = "X25519"
TLS12_GROUPS = "X25519:P-256"  # in TLS 1.2 that of the certificate must be offered as well (RFC 8422, 5.1)


class Failed(Exception):
    """The window gave no figure; the words say why."""


class TooShort(Failed):
    """Nothing came back in the window, or the server did nothing: a longer one may give a figure."""


def transport(metric, server):
    """The options that say how to speak to this server."""
    if server.peer.tls == "none":
        return ("--plain",)
    suite, groups = (TLS12, TLS12_GROUPS) if metric.tls12 else (TLS13, TLS13_GROUPS)
    return (*suite, "--groups", server.peer.groups or groups, "--ca", server.place.certificates / "ca.pem")


def command(bench, metric, server, seconds, warmup_seconds):
    words = [bench, "--json", *transport(metric, server), "-t", 1, "-s", f"{metric.size}B", "-n", metric.connections_for(server.peer),
             "-d", f"{seconds * 1000:.0f}ms", "--warmup", f"{warmup_seconds * 1000:.0f}ms",
             "--pid", ",".join(map(str, server.pids)), *metric.options,
             metric.mode, "127.0.0.1", server.port_for(metric.size)]
    return [str(word) for word in words]


def run(words, cpus):
    """The object that secho-bench prints."""
    with machine.pinned(cpus):
        try:
            said = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise Failed(f"no end after {PATIENCE_SECONDS} s") from None
    try:
        result = json.loads(said.stdout)
    except ValueError:
        result = {}
    if said.returncode != 0 or not result.get("ok"):
        why = _why(result, said)
        raise (TooShort if SILENT in why else Failed)(why)
    return result


def _why(result, said):
    for key in ("why", "failure", "error"):
        if result.get(key):
            words = result[key]
            return words.get("why", str(words)) if isinstance(words, dict) else str(words)
    lines = said.stderr.strip().splitlines()
    return f"exit {said.returncode}: {lines[-1] if lines else 'no words'}"


# --- what a figure is -------------------------------------------------------------------------------


def _per(count, cpu_seconds, factor):
    if not count or not cpu_seconds:
        raise TooShort("nothing came back in the window")
    return cpu_seconds * factor / count


def cpu_us_per_message(result):
    return _per(result["messages"], result["server"]["cpu_s"], 1e6)


def cpu_s_per_gb(result):
    return _per(result["bytes"], result["server"]["cpu_s"], 1e9)


def cpu_us_per_handshake(result):
    """Without TLS a connection is told by its one message."""
    shakes = result["handshakes"]
    return _per(shakes["full"] + shakes["resumed"] or result["messages"], result["server"]["cpu_s"], 1e6)


def cpu_us_per_resumption(result):
    """Nothing, when the server did not resume: that would be the cost of something else.

    The first of each connection is full, because there is nothing to resume yet.
    """
    shakes = result["handshakes"]
    if shakes["full"] > result["settings"]["connections"]:
        raise Failed(f"it resumes no session: {shakes['resumed']} resumed, {shakes['full']} full")
    if shakes["resumed"] == 0:
        raise TooShort("no session was resumed in the window")
    return cpu_us_per_handshake(result)


def bytes_per_connection(result):
    return result["server"]["bytes_per_connection"]
