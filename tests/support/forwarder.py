"""What stands between a client and a server and misbehaves in one way: a middlebox of the test's own.

    box = forwarder.between(server.port, hello=lambda hello: hello.segments > 1, how=forwarder.swallow)
    with strange.Server(box) as way:
        ...connect to way.port...

It reads the whole ClientHello before it decides, so that nothing depends on who is faster.
"""

import select
import socket
import struct
import time

import secho
import strange

RECORD_HEADER = 5
TLS13 = 0x0304
HANDSHAKE, APPLICATION_DATA = 22, 23  # types of records, RFC 8446 5.1
SERVER_NAME, SUPPORTED_VERSIONS = 0, 43  # extensions, RFC 8446 4.2
SERVER_HELLO = 2
RETRY_AT, RETRY_RANDOM = 11, bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
DATA_SEGMENTS_IN = 152  # tcpi_data_segs_in of struct tcp_info, linux/tcp.h


# --- ways to misbehave ------------------------------------------------------------------------------


def reset(sock):
    """Ends with an RST (SO_LINGER with no time, tcp(7))."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def close(sock):
    """Ends with a FIN."""
    sock.shutdown(socket.SHUT_WR)
    strange.until_the_client_leaves(sock)


def swallow(sock):
    """Takes everything and passes nothing on."""
    strange.until_the_client_leaves(sock)


# --- what is known of a connection ------------------------------------------------------------------


class Hello:
    """A ClientHello: its bytes on the wire, the segments that it came in, and what it offers."""

    def __init__(self, wire, segments):
        self.wire, self.size, self.segments = wire, len(wire), segments
        self.extensions = dict(_extensions(wire[RECORD_HEADER:]))

    @property
    def has_name(self):
        """Is there a server name (SNI)?"""
        return SERVER_NAME in self.extensions

    @property
    def offers_tls13(self):
        """Is TLS 1.3 among the versions?"""
        versions = self.extensions.get(SUPPORTED_VERSIONS, b"\0")[1:]
        return TLS13 in struct.unpack(f"!{len(versions) // 2}H", versions)


def _extensions(message):
    """RFC 8446 4.1.2: type, length, version, random; then lists with their lengths in front."""
    at = 4 + 2 + 32
    at += 1 + message[at]  # session id
    at += 2 + int.from_bytes(message[at : at + 2], "big")  # cipher suites
    at += 1 + message[at]  # compression methods
    at += 2
    while at < len(message):
        kind, size = struct.unpack_from("!HH", message, at)
        yield kind, message[at + 4 : at + 4 + size]
        at += 4 + size


def _receive(sock, count):
    data = b""
    while len(data) < count:
        piece = sock.recv(count - len(data))
        if not piece:
            raise ConnectionAbortedError("left in the middle")
        data += piece
    return data


def _read_hello(sock):
    header = _receive(sock, RECORD_HEADER)
    wire = header + _receive(sock, int.from_bytes(header[3:], "big"))
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return Hello(wire, struct.unpack_from("I", info, DATA_SEGMENTS_IN)[0])


def is_retry(answer):
    """Are these the first bytes of a HelloRetryRequest (RFC 8446 4.1.3)?"""
    return answer[0] == HANDSHAKE and answer[5] == SERVER_HELLO and answer[RETRY_AT:] == RETRY_RANDOM


class Records:
    """Counts the records of application data in what a client sends."""

    def __init__(self):
        self.rest, self.data = b"", 0

    def feed(self, wire):
        """The next bytes."""
        self.rest += wire
        while len(self.rest) >= RECORD_HEADER:
            size = RECORD_HEADER + int.from_bytes(self.rest[3:5], "big")
            if len(self.rest) < size:
                return
            self.data += self.rest[0] == APPLICATION_DATA
            self.rest = self.rest[size:]


# --- the box ----------------------------------------------------------------------------------------


def _pass_on(client, server, silence):
    """Until one side ends, or both are silent for too long: True then.

    The silence counts from the first echo on: the client has sent its Finished and data by then.
    """
    records, armed, heard = Records(), False, time.monotonic()
    while True:
        ready = select.select([client, server], [], [], silence if armed else secho.PATIENCE)[0]
        if armed and time.monotonic() - heard >= silence:  # also when we stood still and somebody has spoken meanwhile
            return True
        if not ready:
            return False
        heard = time.monotonic()
        for source in ready:
            data = source.recv(65536)
            if not data:
                return False
            if source is client:
                records.feed(data)
                server.sendall(data)
            else:
                client.sendall(data)
                armed = silence is not None and records.data >= 2


def between(port, hello=lambda _: False, answer=lambda _: False, silence=None, how=reset):
    """A behaviour for strange.Server: passes connections on to `port`.

    hello    says of a Hello whether to misbehave
    answer   the same of the first bytes of the server
    silence  seconds without a byte after which to misbehave
    how      reset, close or swallow
    """

    def behave(client):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        first = _read_hello(client)
        if hello(first):
            return how(client)
        with socket.create_connection(("127.0.0.1", port), secho.PATIENCE) as server:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server.sendall(first.wire)
            start = _receive(server, RETRY_AT + len(RETRY_RANDOM))
            if answer(start):
                return how(client)
            client.sendall(start)
            return how(client) if _pass_on(client, server, silence) else None

    return behave
