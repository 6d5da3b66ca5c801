"""openssl s_client as it is: no option of ours, the certificate verified."""

import os
import re
import subprocess
import tempfile
import threading

import secho

OPENSSL = secho.needs("openssl", "openssl")


def s_client(port, *options):
    """Starts it against localhost; fails to connect unless the chain and the name are right."""
    return subprocess.Popen(
        [OPENSSL, "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-CAfile", secho.pki() / "ca.pem",
         "-verify_return_error", "-verify_hostname", "localhost", *options],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )


def exchange(process, data):
    """Everything in, just as much out; then the input ends."""

    def write():
        try:
            process.stdin.write(data)
            process.stdin.flush()
        except BrokenPipeError:
            pass

    writer = threading.Thread(target=write)
    writer.start()
    back = process.stdout.read(len(data))
    writer.join()
    return back


class SClient(secho.TestCase):
    def test_bytes_come_back_with_each_version_and_each_certificate(self):
        for version in ("-tls1_2", "-tls1_3"):
            for name in ("server", "server-rsa", "server-ed25519"):
                with self.subTest(version=version, certificate=name), secho.Server(secho.tls(name)) as server:
                    data = os.urandom(300000)  # -quiet looks for no commands: any byte will do
                    process = s_client(server.port, version, "-quiet")
                    try:
                        self.assertEqual(exchange(process, data), data)
                    finally:
                        process.terminate()
                        words = process.communicate()[1]
                    self.assertIn(b"verify return:1", words)

    def test_a_line_typed_comes_back_and_q_quits(self):
        with secho.Server() as server:
            process = s_client(server.port)
            lines = iter(process.stdout.readline, b"")
            code = next(line for line in lines if b"Verify return code" in line)
            self.assertIn(b": 0 (ok)", code)
            process.stdin.write(b"hello, echo\n")
            process.stdin.flush()
            self.assertIn(b"hello, echo\n", lines)
            process.stdin.write(b"Q\n")
            process.communicate()
            self.assertEqual(process.returncode, 0)
            server.wait_for_log("closed", end="ok", in_=len(b"hello, echo\n"))

    def test_key_updates_that_are_typed_change_nothing(self):
        with secho.Server() as server:
            process = s_client(server.port, "-tls1_3")
            lines = iter(process.stdout.readline, b"")
            self.assertIn(b"---\n", lines)
            for letter in (b"K\n", b"k\n"):
                process.stdin.write(letter)
                process.stdin.flush()
                self.assertIn(b"KEYUPDATE\n", iter(process.stderr.readline, b""))
                process.stdin.write(b"after " + letter)
                process.stdin.flush()
                self.assertIn(b"after " + letter, lines)
            process.stdin.close()
            process.stdout.close()
            process.stderr.close()
            process.wait(secho.PATIENCE)

    def test_a_session_is_resumed(self):
        for version in ("-tls1_2", "-tls1_3"):
            with self.subTest(version), secho.Server() as server, tempfile.TemporaryDirectory() as folder:
                ticket = os.path.join(folder, "session.pem")
                for option in ("-sess_out", "-sess_in"):
                    process = s_client(server.port, version, "-ign_eof", option, ticket)
                    said = bytearray()
                    process.stdin.write(b"one line\n")
                    process.stdin.flush()
                    for line in iter(process.stdout.readline, b"one line\n"):
                        self.assertTrue(line, bytes(said))
                        said += line
                    process.terminate()
                    process.communicate()
                    self.assertTrue(re.search(rb"^(New|Reused), TLS", said, re.M)[0].startswith(
                        b"New" if option == "-sess_out" else b"Reused"), bytes(said))
                resumed = [event["resumed"] for event in (server.wait_for_log("closed", count=n) for n in (1, 2))]
                self.assertEqual(resumed, ["no", "yes"])

    def test_a_certificate_for_another_name_is_refused_and_told(self):
        with secho.Server(secho.tls("bad/wrong-name")) as server:
            process = s_client(server.port)
            process.communicate()
            self.assertNotEqual(process.returncode, 0)
            server.wait_for_log("closed", end="peer_rejected_certificate")


if __name__ == "__main__":
    secho.main()
