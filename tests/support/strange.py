"""Servers that do one thing wrong, or one thing only: what a client must recognise.

    with strange.Server(strange.says(b"SSH-2.0-x\r\n")) as server:
        ...connect to server.port...

A behaviour is a function of the accepted socket. It runs in a thread of its own for each connection.
"""

import os
import select
import socket
import ssl
import struct
import threading

import secho


class Server:
    """Listens on any free port of `host`. `seen` collects what a behaviour wants to tell the test."""

    def __init__(self, behaviour, host="127.0.0.1"):
        self.behaviour, self.seen, self.problems = behaviour, [], []
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family)
        self.port = self._listener.getsockname()[1]
        self._threads = []
        self._ends, self._end = socket.socketpair()

    def __enter__(self):
        self._start(self._accept)
        return self

    def _start(self, work, *args):
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while self._ends not in select.select([self._listener, self._ends], [], [])[0]:
            self._start(self._serve, self._listener.accept()[0])

    def _serve(self, sock):
        sock.settimeout(secho.PATIENCE)
        try:
            with sock:
                told = self.behaviour(sock)
        except OSError as problem:  # the client may leave at any time
            self.problems.append(problem)
        else:
            self.seen.append(told)

    def __exit__(self, *_):
        self._end.close()
        for thread in self._threads:
            thread.join(secho.PATIENCE)
        self._listener.close()
        self._ends.close()


# --- without TLS ------------------------------------------------------------------------------------


def until_the_client_leaves(sock):
    """Reads and forgets."""
    try:
        while sock.recv(65536):
            pass
    except ConnectionResetError:
        pass


def says(words):
    """Greets like a service that does not speak TLS."""

    def behave(sock):
        sock.sendall(words)
        until_the_client_leaves(sock)

    return behave


def answers(words):
    """Waits for the first bytes, then answers without TLS."""

    def behave(sock):
        sock.recv(65536)
        sock.sendall(words)
        sock.shutdown(socket.SHUT_WR)
        until_the_client_leaves(sock)

    return behave


silent = until_the_client_leaves


def closes(sock):
    """Reads the ClientHello and closes in order, without an answer."""
    sock.recv(65536)


def set_to_reset(sock):
    """When it is closed, it ends with an RST (SO_LINGER with no time, tcp(7))."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def resets(sock):
    """Ends with an RST in place of an answer."""
    sock.recv(65536)
    set_to_reset(sock)


# --- with TLS ---------------------------------------------------------------------------------------


def context(certificate="server", clients=None, version=None, alpn=()):
    """Settings of a server; `clients` is the file of the CA whose certificates it requires."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(secho.pki() / f"{certificate}.pem", secho.pki() / f"{certificate}.key")
    if clients is not None:
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(clients)
    if version is not None:
        made.minimum_version = made.maximum_version = version
    if alpn:
        made.set_alpn_protocols(list(alpn))
    return made


def tls(behave, settings=None, **more):
    """TLS around a behaviour."""

    def wrapped(sock):
        made = settings or context(**more)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with made.wrap_socket(sock, server_side=True) as stream:
            return behave(stream)

    return wrapped


def goodbye(stream):
    """close_notify both ways."""
    try:
        stream.unwrap()
    except (OSError, ValueError):
        pass


def echo(change=lambda data: data):
    """An echo of what `change` makes of each piece."""

    def behave(stream):
        while data := stream.recv(65536):
            stream.sendall(change(data))
        goodbye(stream)

    return behave


def cut(stream):
    """Echoes once and closes TCP without close_notify."""
    data = stream.recv(65536)
    stream.sendall(data)
    stream.shutdown(socket.SHUT_WR)  # of TCP: the ssl module says no goodbye here
    return len(data)


def mute(stream):
    """Takes everything from the wire, answers nothing, and stays until the client has left TCP."""
    with socket.socket(fileno=os.dup(stream.fileno())) as wire:
        wire.settimeout(secho.PATIENCE)
        until_the_client_leaves(wire)
