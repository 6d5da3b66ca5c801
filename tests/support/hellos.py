"""ClientHellos made by hand: what no TLS library would send.

    peer.push(hellos.hello(suites=[0xC02F], alpn=[b"h2"]))
"""

import os
import struct

# RFC 8446 4.2: numbers of extensions.
SERVER_NAME, GROUPS, SIGNATURES, ALPN, VERSIONS, KEY_SHARE = 0, 10, 13, 16, 43, 51
X25519 = 0x001D
RECORD_MOST = 16384


def long(data):
    """Two bytes of length before it."""
    return struct.pack(">H", len(data)) + data


def short(data):
    """One byte of length before it."""
    return bytes([len(data)]) + data


def numbers(values):
    return b"".join(struct.pack(">H", value) for value in values)


def extension(number, body):
    return struct.pack(">H", number) + long(body)


def hello(versions=(0x0304,), suites=(0x1301,), groups=(X25519,), signatures=(0x0403,), alpn=(), name=None,
          legacy=0x0303, more=b""):
    """The records of a hello. An empty list is left out with its extension; `name` is bytes, `more` extensions as they are.

    Where X25519 is among the groups a key of it is there too, so that the handshake goes as far as it can.
    """
    extensions = more
    if name is not None:
        extensions += extension(SERVER_NAME, long(b"\0" + long(name)))
    if versions:
        extensions += extension(VERSIONS, short(numbers(versions)))
    if groups:
        extensions += extension(GROUPS, long(numbers(groups)))
        shares = numbers([X25519]) + long(os.urandom(32)) if X25519 in groups else b""
        extensions += extension(KEY_SHARE, long(shares))
    if signatures:
        extensions += extension(SIGNATURES, long(numbers(signatures)))
    if alpn:
        extensions += extension(ALPN, long(b"".join(map(short, alpn))))
    body = struct.pack(">H", legacy) + os.urandom(32) + short(b"") + long(numbers(suites)) + short(b"\0") + long(extensions)
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    return records(message)


def records(message):
    """A handshake message in as few records as it takes."""
    pieces = [message[at : at + RECORD_MOST] for at in range(0, len(message), RECORD_MOST)]
    return b"".join(b"\x16\x03\x01" + long(piece) for piece in pieces)
