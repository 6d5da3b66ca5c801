"""A TLS 1.3 client that can ask for new keys (KeyUpdate, RFC 8446 4.6.3), which Python's ssl cannot.

It drives libssl itself over memory buffers; nothing is verified.
"""

import ctypes
import ctypes.util

from peers import Tcp

_TLS1_3 = 0x0304
_SET_MIN_VERSION, _SET_MAX_VERSION = 123, 124  # SSL_CTRL_SET_MIN_PROTO_VERSION and its twin
_SET_HOSTNAME = 55  # SSL_CTRL_SET_TLSEXT_HOSTNAME
_WANT_READ, _ZERO_RETURN = 2, 6
NOT_REQUESTED, REQUESTED = 0, 1


def _library(name):
    found = ctypes.util.find_library(name)
    if found is None:
        raise RuntimeError(f"lib{name} is missing")
    return ctypes.CDLL(found)


def _declare(library, result, *names):
    for name in names:
        getattr(library, name).restype = result


class KeyUpdater(Tcp):
    """Shakes hands at once; update() sends KeyUpdate messages, encode() encrypts data."""

    def __init__(self, port, **more):
        super().__init__(port, **more)
        self.alert = None
        self.ssl, self.crypto = _library("ssl"), _library("crypto")
        _declare(self.ssl, ctypes.c_void_p, "TLS_client_method", "SSL_CTX_new", "SSL_new")
        _declare(self.crypto, ctypes.c_void_p, "BIO_s_mem", "BIO_new")
        self.context = ctypes.c_void_p(self.ssl.SSL_CTX_new(ctypes.c_void_p(self.ssl.TLS_client_method())))
        for command in (_SET_MIN_VERSION, _SET_MAX_VERSION):
            self.ssl.SSL_CTX_ctrl(self.context, command, ctypes.c_long(_TLS1_3), None)
        self.tls = ctypes.c_void_p(self.ssl.SSL_new(self.context))
        self.incoming, self.outgoing = (
            ctypes.c_void_p(self.crypto.BIO_new(ctypes.c_void_p(self.crypto.BIO_s_mem()))) for _ in range(2)
        )
        self.ssl.SSL_set_bio(self.tls, self.incoming, self.outgoing)
        self.ssl.SSL_ctrl(self.tls, _SET_HOSTNAME, ctypes.c_long(0), b"localhost")
        self.ssl.SSL_set_connect_state(self.tls)
        while self.ssl.SSL_do_handshake(self.tls) != 1:
            self.push(self._written())
            self._feed(self.pull())
        self.push(self._written())

    def __exit__(self, *how):
        super().__exit__(*how)
        self.ssl.SSL_free(self.tls)
        self.ssl.SSL_CTX_free(self.context)

    def _written(self):
        wire, part = bytearray(), ctypes.create_string_buffer(65536)
        while (count := self.crypto.BIO_read(self.outgoing, part, len(part))) > 0:
            wire += part.raw[:count]
        return bytes(wire)

    def _feed(self, wire):
        if not wire:
            raise EOFError(f"the other end closed: {self.ended}")
        self.crypto.BIO_write(self.incoming, wire, len(wire))

    def updates(self, count, kind=REQUESTED):
        """The bytes of `count` KeyUpdate messages, each a record of its own."""
        for _ in range(count):
            if self.ssl.SSL_key_update(self.tls, kind) != 1 or self.ssl.SSL_do_handshake(self.tls) != 1:
                raise RuntimeError("libssl refuses to update its keys")
        return self._written()

    def encode(self, data):
        if data and self.ssl.SSL_write(self.tls, bytes(data), len(data)) != len(data):
            raise RuntimeError("libssl refuses to write")
        return self._written()

    def goodbye(self):
        self.ssl.SSL_shutdown(self.tls)
        self.push(self._written())

    def take_in(self):
        wire = self.pull()
        if wire:
            self.crypto.BIO_write(self.incoming, wire, len(wire))
        part = ctypes.create_string_buffer(65536)
        while (count := self.ssl.SSL_read(self.tls, part, len(part))) > 0:
            self.received += part.raw[:count]
        why = self.ssl.SSL_get_error(self.tls, count)
        if why == _WANT_READ:
            return bool(wire)
        self.ended = "close_notify" if why == _ZERO_RETURN else "alert"
        return False
