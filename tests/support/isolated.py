"""What needs a network, a resolver or limits of the kernel of one's own: it happens in namespaces (unshare(1)).

    seen = isolated.run("lost_client")      in a test: (event, told) as explanations.Seen has them

As a script, inside the namespaces, it runs one of the functions below and prints what both ends said as JSON.
"""

import ctypes
import fcntl
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import unittest
from signal import SIGCONT, SIGSTOP

import explanations
import pings
import processes
import secho

INSIDE = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
# A server does not like to be root (it becomes nobody, who is not there): in one more namespace it is not.
PLAIN_USER = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
MS_BIND = 4096  # mount(2)
IFF_UP, SIOCGIFFLAGS, SIOCSIFFLAGS = 1, 0x8913, 0x8914  # netdevice(7)
CANNOT = 77


def _give_up(why):
    """Skips the test; a failure for scripts/test --all, which counts on it."""
    raise AssertionError(why) if os.environ.get("SECHO_ALL_PEERS") == "1" else unittest.SkipTest(why)


def run(name):
    """What the function with this name has seen in namespaces; gives up where there can be none."""
    if shutil.which(INSIDE[0]) is None:
        _give_up("unshare is not installed (package util-linux)")
    done = subprocess.run([*INSIDE, sys.executable, __file__, name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=secho.PATIENCE, check=False)  # fmt: skip
    if done.returncode == CANNOT or "unshare: " in done.stderr:
        _give_up(f"no namespaces of one's own here: {done.stderr.strip()}")
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return explanations.Seen(*json.loads(done.stdout))


# --- inside -----------------------------------------------------------------------------------------


def loopback(up):
    """ip link set lo up, or down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        flags = struct.unpack("16sh", fcntl.ioctl(sock, SIOCGIFFLAGS, struct.pack("16sh", b"lo", 0)))[1]
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | IFF_UP if up else flags & ~IFF_UP))


def queued(sock):
    """Bytes that the other kernel has not taken yet: SIOCOUTQ, tcp(7)."""
    return struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, b"\0\0\0\0"))[0]


def set_kernel(name, value):
    """A setting of tcp(7), for this namespace only."""
    pathlib.Path("/proc/sys/net/ipv4", name).write_text(value, encoding="ascii")


def replace(path, text):
    """Another file stands there, for this namespace only."""
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        file.write(text)
    if ctypes.CDLL(None, use_errno=True).mount(file.name.encode(), path.encode(), None, MS_BIND, None) != 0:
        raise OSError(ctypes.get_errno(), f"mounting {path}")


def lost_client():
    """The cable is pulled while a ping of ours runs."""
    set_kernel("tcp_retries2", "2")
    with secho.Server(prefix=PLAIN_USER) as server, pings.start_ping(server.port, "--json", "-i", "100ms") as ping:
        json.loads(ping.stdout.readline())  # the first echo is back
        loopback(up=False)
        told = json.loads(ping.communicate(timeout=secho.PATIENCE)[0].splitlines()[-1])
        loopback(up=True)
        return None, told


def lost_server():
    """The cable is pulled while the server waits for a client that does not read."""
    set_kernel("tcp_retries2", "2")
    with secho.Server(prefix=PLAIN_USER) as server, secho.Tls(server.port, receive_buffer=16384) as peer:
        peer.sock.settimeout(1.0)
        try:
            while True:
                peer.send(b"x" * 65536)
        except TimeoutError:
            loopback(up=False)
        event = server.closed(peer)
        loopback(up=True)
        return event, None


def unread_goodbye():
    """A client says goodbye and does not read its echo, which is more than the kernel takes."""
    set_kernel("tcp_wmem", "4096 4096 4096")
    with secho.Server(prefix=PLAIN_USER, timeouts={"goodbye": "300ms"}) as server, secho.Tls(server.port, receive_buffer=4096) as peer:
        worker = server.workers()[0]
        peer.echo(b"the tickets have come, too")
        processes.kill(worker, SIGSTOP)  # so that all of it comes in one go
        if not secho.eventually(lambda: processes.is_stopped(worker)):
            raise AssertionError("the worker does not stop")
        peer.send(b"x" * 65536)
        peer.goodbye()
        if not secho.eventually(lambda: queued(peer.sock) == 0):
            raise AssertionError("the kernel of the server does not take it")
        processes.kill(worker, SIGCONT)
        return server.closed(peer), None


def silent_resolver():
    """A name server that takes every question and gives no answer."""
    replace("/etc/nsswitch.conf", "hosts: dns\n")
    replace("/etc/resolv.conf", "nameserver 127.0.0.1\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as resolver:
        resolver.bind(("127.0.0.1", 53))
        return None, explanations.run_client(1, "--timeout", "2s", host="slow.test")


def main():
    try:
        loopback(up=True)
        seen = globals()[sys.argv[1]]()
    except PermissionError as problem:
        print(problem, file=sys.stderr)
        sys.exit(CANNOT)
    except OSError as problem:
        if "Read-only" not in str(problem):
            raise
        print(problem, file=sys.stderr)
        sys.exit(CANNOT)
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
