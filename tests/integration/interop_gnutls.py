"""gnutls-cli: another TLS, which verifies the chain and its name constraints on its own."""

import subprocess
import threading

import secho

GNUTLS = secho.needs("gnutls-cli", "gnutls-bin")
VERSIONS = {"1.2": "NORMAL:-VERS-ALL:+VERS-TLS1.2", "1.3": "NORMAL:-VERS-ALL:+VERS-TLS1.3"}


def gnutls(port, *options):
    return subprocess.Popen(
        [GNUTLS, "--x509cafile", secho.pki() / "ca.pem", "--logfile", "/dev/null", "--port", str(port), *options, "localhost"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )


class GnuTls(secho.TestCase):
    def test_lines_come_back_with_each_version_and_each_certificate(self):
        # gnutls-cli reads lines: text, but as long as one likes.
        data = b"".join(b"%05d %s\n" % (number, b"x" * (number % 60)) for number in range(3000))
        for version, priority in VERSIONS.items():
            for name in ("server", "server-rsa", "server-ed25519"):
                with self.subTest(version=version, certificate=name), secho.Server(secho.tls(name, address="::")) as server:
                    process = gnutls(server.port, "--priority", priority)
                    writer = threading.Thread(target=lambda p=process: (p.stdin.write(data), p.stdin.flush()))
                    writer.start()
                    back = process.stdout.read(len(data))
                    writer.join()
                    process.communicate()  # the end of input: it says goodbye
                    self.assertEqual(back, data)
                    self.assertEqual(process.returncode, 0)
                    event = server.wait_for_log("closed", end="ok")
                    self.assertEqual((event["in"], event["version"]), (str(len(data)), f"TLSv{version}"))

    def test_a_bad_certificate_is_refused_and_told(self):
        for name in ("expired", "wrong-name", "self-signed", "no-intermediate"):
            with self.subTest(name), secho.Server(secho.tls(f"bad/{name}", address="::")) as server:
                process = gnutls(server.port)
                process.communicate()
                self.assertNotEqual(process.returncode, 0)
                server.wait_for_log("closed", end=lambda end: end != "ok")


if __name__ == "__main__":
    secho.main()
