"""Python's ssl over an ordinary blocking socket, as most programs use it."""

import os
import socket
import ssl

import secho


def connect(server, version, server_name="localhost"):
    settings = secho.context(secho.pki() / "ca.pem", version)
    return settings.wrap_socket(socket.create_connection(("127.0.0.1", server.port), 30), server_hostname=server_name)


def echo(tls, data):
    """Piece by piece: an SSLSocket is not for two threads at once."""
    back = bytearray()
    for start in range(0, len(data), 50000):
        tls.sendall(data[start : start + 50000])
        while len(back) < min(start + 50000, len(data)):
            part = tls.recv(65536)
            if not part:
                return bytes(back)
            back += part
    return bytes(back)


class Python(secho.TestCase):
    def test_bytes_come_back_with_each_version_and_each_certificate(self):
        for version in ("1.2", "1.3"):
            for name in ("server", "server-rsa", "server-ed25519"):
                with self.subTest(version=version, certificate=name), secho.Server(secho.tls(name)) as server:
                    with connect(server, version, "some.secho.test") as tls:
                        data = os.urandom(1 << 20)
                        self.assertEqual(echo(tls, data), data)
                        plain = tls.unwrap()  # waits for the server's close_notify
                        self.assertEqual(plain.recv(1), b"")
                        plain.close()
                    event = server.wait_for_log("closed", end="ok")
                    self.assertEqual((event["in"], event["version"]), (str(1 << 20), f"TLSv{version}"))

    def test_each_bad_certificate_is_refused_and_told(self):
        for name in ("expired", "not-yet-valid", "wrong-name", "wrong-usage", "self-signed", "no-intermediate"):
            with self.subTest(name), secho.Server(secho.tls(f"bad/{name}")) as server:
                with self.assertRaises(ssl.SSLCertVerificationError):
                    connect(server, "1.3")
                event = server.wait_for_log("closed")
                self.assertEqual(event["end"], "peer_rejected_certificate", event.raw)


if __name__ == "__main__":
    secho.main()
