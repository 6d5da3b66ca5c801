"""secho-client with TLS echo servers that are not ours: socat and ncat in front of cat(1)."""

import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

import secho
from foreign import Foreign

SOCAT = secho.needs("socat", "socat")
NCAT = shutil.which("ncat")
CHAIN, KEY = secho.pki() / "server.pem", secho.pki() / "server.key"


def socat(program="cat"):
    """With this program behind it."""
    return Foreign(SOCAT, f"OPENSSL-LISTEN:0,bind=127.0.0.1,fork,verify=0,cert={CHAIN},key={KEY}", f"EXEC:{program}")


def ncat():
    return Foreign(NCAT, "-k", "-l", "--ssl", "--ssl-cert", CHAIN, "--ssl-key", KEY, "--exec", shutil.which("cat"), "127.0.0.1", "0")


def run(port, *words, ca="ca.pem", **more):
    """secho-client; .told is the (last) object of --json."""
    done = secho.client("--ca", secho.pki() / ca, "--json", *words, "localhost", port, **more)
    done.told = json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}
    return done


class Modes:
    """What works with any TLS echo."""

    def server(self):
        raise NotImplementedError

    def test_check(self):
        with self.server() as server:
            for version in ("1.2", "1.3"):
                with self.subTest(version):
                    done = run(server.port, "--tls", version, "check")
                    self.assertEqual((done.returncode, done.told["code"]), (0, "ok"), done)
                    self.assertEqual(done.told["tls"]["version"], f"TLSv{version}")

    def test_check_with_resumption(self):
        with self.server() as server:
            done = run(server.port, "check", "--resume", 2)
            self.assertEqual((done.returncode, done.told["resume"]["resumed"]), (0, 2), done)

    def test_ping_on_one_connection(self):
        with self.server() as server:
            done = run(server.port, "ping", "-c", 5, "-i", "10ms", "-s", 1000)
            self.assertEqual((done.returncode, done.told["received"], done.told["loss"]), (0, 5, 0), done)

    def test_ping_with_new_connections(self):
        with self.server() as server:
            for words in (["--reconnect", "-c", 3], ["--resume", 2]):
                with self.subTest(words):
                    done = run(server.port, "ping", *words, "-i", "10ms")
                    self.assertEqual((done.returncode, done.told["received"]), (0, 3), done)

    def test_a_flood(self):
        with self.server() as server:
            done = run(server.port, "ping", "-f", "-c", 2000, "-s", 64)
            self.assertEqual((done.returncode, done.told["received"]), (0, 2000), done)

    def test_there_is_no_report_and_it_is_said_politely(self):
        with self.server() as server:
            done = run(server.port, "report")
            self.assertEqual((done.returncode, done.told["verdict"]), (76, "no_report"), done)
            words = secho.client("--ca", secho.pki() / "ca.pem", "report", "localhost", server.port)
        self.assertEqual((words.returncode, words.stderr), (76, b""))
        self.assertRegex(words.stdout.decode(), r"No report: the far end is not secho, its report is switched off .*, or TLS ends "
                                                r"between us\.\n$")
        self.assertIn(b"CN=server.secho.test", words.stdout)  # who ends TLS there

    def test_a_certificate_that_is_not_trusted_is_refused(self):
        with self.server() as server:
            for mode in ("check", "ping", "report"):
                with self.subTest(mode):
                    done = run(server.port, mode, ca="bad/self-signed.pem")
                    self.assertEqual((done.returncode, done.told["exit"]), (77, 77), done)


class WithSocat(Modes, secho.TestCase):
    def server(self):
        return socat()

    def test_a_filter_with_half_close(self):
        data = os.urandom(300000)
        with socat() as server:  # cat ends at our close_notify, and all of it still comes back
            done = secho.client("--ca", secho.pki() / "ca.pem", "localhost", server.port, input=data)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertTrue(done.stdout == data)

    def test_a_program_that_changes_bytes_is_found_out(self):
        with tempfile.TemporaryDirectory(prefix="secho-socat-") as folder:
            program = pathlib.Path(folder) / "change.py"
            program.write_text("import os\nwhile data := os.read(0, 65536):\n"
                               "    os.write(1, data[:20] + bytes([data[20] ^ 1]) + data[21:])\n", encoding="ascii")
            with socat(f"{sys.executable} {program}") as server:
                for words in (["check"], ["ping", "-c", 1]):
                    with self.subTest(words):
                        done = run(server.port, *words)
                        self.assertEqual((done.returncode, done.told["code"]), (65, "echo_wrong"), done)


@unittest.skipIf(NCAT is None and os.environ.get("SECHO_ALL_PEERS") != "1", "ncat is not installed (package ncat)")
class WithNcat(Modes, secho.TestCase):
    def server(self):
        return ncat()


if __name__ == "__main__":
    secho.main()
