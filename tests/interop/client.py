"""Python's ssl as a client: PORT NAME CA CERT KEY MODE (tests/interop/README.md)."""

import socket
import ssl
import sys

port, name, ca, cert, key, mode = sys.argv[1:]


def settings():
    made = ssl.create_default_context(cafile=ca)
    if cert != "-":
        made.load_cert_chain(cert, key)
    return made


def connect(made, session=None):
    return made.wrap_socket(socket.create_connection(("127.0.0.1", int(port))), server_hostname=name, session=session)


def echo(stream, data):
    stream.sendall(data)
    back = bytearray()
    while len(back) < len(data):
        part = stream.recv(65536)
        if not part:
            raise EOFError(f"{len(back)} of {len(data)} bytes came back")
        back += part
    return back


def main():
    made, session = settings(), None
    if mode == "twice":
        stream = connect(made)
        echo(stream, b"first")
        session = stream.session
        stream.unwrap()
    stream = connect(made, session)
    while data := sys.stdin.buffer.read1(16000):
        sys.stdout.buffer.write(echo(stream, data))
        sys.stdout.buffer.flush()
    stream.unwrap()  # says goodbye and waits for the other one's


try:
    main()
except (OSError, EOFError) as problem:
    sys.exit(f"{type(problem).__name__}: {problem}")
