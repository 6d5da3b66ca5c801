"""The other end of a connection, under full control: every TCP segment, every record, every ending.

Tcp is a plain connection; Tls puts the standard library's TLS over memory buffers on top of it, so
that the test decides what goes on the wire and when.
"""

import contextlib
import socket
import ssl
import struct
import threading

PATIENCE = 60.0  # seconds until a wait gives up; far more than anything should take
CHUNK = 65536


def context(ca=None, version=None, certificate=None, alpn=()):
    """Settings of a client. Without `ca` nothing is verified."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca is None:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    else:
        made.load_verify_locations(ca)
    if version is not None:
        made.minimum_version = made.maximum_version = {
            "1.2": ssl.TLSVersion.TLSv1_2,
            "1.3": ssl.TLSVersion.TLSv1_3,
        }[version]
    if certificate is not None:
        made.load_cert_chain(*certificate)
    if alpn:
        made.set_alpn_protocols(list(alpn))
    return made


def client_hello(server_name="localhost", version=None):
    """The bytes of a complete first flight."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context(version=version).wrap_bio(incoming, outgoing, server_hostname=server_name)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


@contextlib.contextmanager
def closed_port(host="127.0.0.1"):
    """A port that nobody listens on: it is bound, so nobody else gets it meanwhile either."""
    with socket.socket() as held:
        held.bind((host, 0))
        yield held.getsockname()[1]


class Tcp:
    """A plain connection. `ended` says how the other end closed: None, "fin" or "reset"."""

    def __init__(self, port, host="127.0.0.1", receive_buffer=None, patience=PATIENCE, source=None):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer is not None:  # before connect, or the window is already announced
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source is not None:
            self.sock.bind((source, 0))
        self.sock.settimeout(patience)
        self.sock.connect((host, port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        own, self.port = self.sock.getsockname()[:2]
        self.address = f"[{own}]:{self.port}" if family == socket.AF_INET6 else f"{own}:{self.port}"  # as the log has it
        self.received = bytearray()  # came, not yet taken
        self.ended = None
        self._cork = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    # --- bytes on the wire ---

    def push(self, wire, segment=None):
        """Puts these bytes on the wire; `segment` bytes in each TCP segment."""
        if self._cork is not None:
            self._cork += wire
            return
        for start in range(0, len(wire), segment or max(1, len(wire))):
            self.sock.sendall(wire[start : start + segment] if segment else wire)

    def push_quietly(self, wire, segment=None):
        """As push(); when the other end has gone meanwhile, receiving tells."""
        try:
            self.push(wire, segment)
        except OSError:
            pass

    def cork(self):
        """Holds back what is pushed from now on."""
        self._cork = bytearray()

    def uncork(self):
        """Sends all that was held back at once."""
        wire, self._cork = self._cork, None
        self.push(wire)

    def pull(self):
        """What came next on the wire; b"" at its end."""
        try:
            wire = self.sock.recv(CHUNK)
        except ConnectionResetError:
            self.ended = "reset"
            return b""
        if not wire:
            self.ended = "fin"
        return wire

    def fin(self):
        """Ends our direction of TCP, without a word of TLS."""
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        """Ends the connection with an RST (SO_LINGER with no time, tcp(7))."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self):
        """Closes the descriptor."""
        self.sock.close()

    # --- what a layer on top changes ---

    def encode(self, data):
        """The bytes on the wire that carry `data`."""
        return data

    def goodbye(self):
        """Ends our direction in an orderly way and goes on receiving."""
        self.fin()

    def take_in(self):
        """Receives once; False when there is nothing more to come."""
        wire = self.pull()
        self.received += wire
        return bool(wire)

    # --- data ---

    def send(self, data, segment=None):
        """Sends all of `data`."""
        self.push(self.encode(data), segment)

    def receive(self, count):
        """Exactly `count` bytes; fewer only when the other end closed before."""
        while len(self.received) < count and self.take_in():
            pass
        data = bytes(self.received[:count])
        del self.received[:count]
        return data

    def receive_to_end(self):
        """Everything until the other end closes its direction; `ended` says how."""
        while self.take_in():
            pass
        data = bytes(self.received)
        self.received.clear()
        return data

    def echo(self, data, segment=None):
        """Sends and receives at the same time, as nobody can hold all of a long echo."""
        wire = self.encode(data)
        if len(wire) <= 4096:
            self.push(wire, segment)
            return self.receive(len(data))
        sender = threading.Thread(target=self.push_quietly, args=(wire, segment), daemon=True)
        sender.start()
        back = self.receive(len(data))
        sender.join(PATIENCE)
        return back


class Tls(Tcp):
    """A TLS client. `ended` may also be "close_notify"; `alert` holds what OpenSSL said of a failure."""

    def __init__(self, port, host="127.0.0.1", server_name="localhost", settings=None, segment=None, session=None, **more):
        super().__init__(port, host, **more)
        self.alert = None
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = (settings or context()).wrap_bio(self._in, self._out, server_hostname=server_name, session=session)
        if segment != 0:  # 0: the test shakes hands itself
            self.handshake(segment)

    def flush(self, segment=None):
        """Sends what TLS wants to say."""
        wire = self._out.read()
        if wire:
            self.push(wire, segment)

    def handshake(self, segment=None, cork_last=False):
        """Until our side is done; with `cork_last` our last flight is held back.

        Raises ssl.SSLError when TLS fails, EOFError when the other end closes.
        """
        while True:
            try:
                self.tls.do_handshake()
                if cork_last:
                    self.cork()
                self.flush(segment)
                self._decrypt()  # tickets that came with the last flight
                return
            except ssl.SSLWantReadError:
                self.flush(segment)
                wire = self.pull()
                if not wire:
                    raise EOFError(f"the other end closed in the handshake: {self.ended}") from None
                self._in.write(wire)
            except ssl.SSLError as error:
                self.alert = str(error)
                self.flush(segment)
                raise

    def encode(self, data):
        for start in range(0, len(data), 16384):
            self.tls.write(data[start : start + 16384])
        return self._out.read()

    def take_in(self):
        if self.ended == "close_notify":  # it may have come behind the last data
            return False
        wire = self.pull()
        self._in.write(wire)
        return self._decrypt() and bool(wire)

    def _decrypt(self):
        """Takes every record out of the memory buffer; False after close_notify or a failure."""
        while True:
            try:
                data = self.tls.read(CHUNK)
            except ssl.SSLWantReadError:
                self.flush()  # the answer to a KeyUpdate
                return True
            except ssl.SSLZeroReturnError:
                data = b""
            except ssl.SSLError as error:
                self.alert = str(error)
                self.ended = "alert"
                return False
            if not data:
                self.ended = "close_notify"
                return False
            self.received += data

    def goodbye(self):
        """Sends close_notify, and nothing else: no FIN, and the other direction stays open."""
        try:
            self.tls.unwrap()
        except (ssl.SSLWantReadError, ssl.SSLError):
            pass  # the other end's close_notify is read later
        self.flush()

    def wait_for_fin(self):
        """After close_notify: nothing but the end of TCP may come."""
        rest = bytearray()
        while True:
            wire = self.pull()
            if not wire:
                return bytes(rest)
            rest += wire
