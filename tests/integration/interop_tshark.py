"""tshark reads what was said from a capture, with the key log of either end."""

import os
import pathlib
import subprocess
import tempfile
from signal import SIGINT

import secho
from secho import client

TSHARK = secho.needs("tshark", "tshark")
TCPDUMP = secho.needs("tcpdump", "tcpdump")


class Capture:
    """Everything on a port of the loopback, into a file."""

    def __init__(self, port, file):
        self.port, self.file = port, file

    def __enter__(self):
        self._process = subprocess.Popen(
            [TCPDUMP, "-i", "lo", "-U", "--immediate-mode", "-Z", "root", "-s", "0", "-w", self.file, "tcp", "port",
             str(self.port)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
        said = [self._process.stderr.readline()]
        while said[-1] and b"listening on" not in said[-1]:
            said.append(self._process.stderr.readline())
        if not said[-1]:
            self.__exit__()
            raise AssertionError(f"tcpdump: {b''.join(said).decode()}")
        return self

    def __exit__(self, *_):
        self._process.send_signal(SIGINT)
        self._process.communicate(timeout=secho.PATIENCE)

    def decrypted(self, keys=None):
        """What both sides have said in the first connection, as tshark makes it out."""
        options = [] if keys is None else ["-o", f"tls.keylog_file:{keys}"]
        done = subprocess.run(
            [TSHARK, "-r", self.file, *options, "-q", "-z", "follow,tls,raw,0"],
            capture_output=True, text=True, timeout=secho.PATIENCE, check=False,
        )
        words = (line.strip() for line in done.stdout.splitlines())
        return b"".join(bytes.fromhex(word) for word in words if word and set(word) <= set("0123456789abcdef"))


class Tshark(secho.TestCase):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("only root can capture what is on the loopback")
        folder = tempfile.TemporaryDirectory(prefix="secho-tshark-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.theirs, self.ours = self.folder / "server.keys", self.folder / "client.keys"

    def say(self, port, nonce, version):
        done = client(
            "--ca", secho.pki() / "ca.pem", "--tls", version, "localhost", port, input=nonce,
            env={**os.environ, "SSLKEYLOGFILE": str(self.ours)},
        )
        self.assertEqual((done.returncode, done.stdout), (0, nonce), done.stderr)

    def test_it_reads_the_echo_with_the_keys_of_either_end_and_not_without(self):
        for version in ("1.2", "1.3"):
            with self.subTest(version), secho.Server(secho.tls(tls={"key_log": str(self.theirs)})) as server:
                nonce = os.urandom(64)
                with Capture(server.port, self.folder / f"{version}.pcap") as capture:
                    self.say(server.port, nonce, version)
                    server.wait_for_log("closed")
                    for keys in (self.theirs, self.ours):
                        found = secho.eventually(lambda file=keys: capture.decrypted(file).count(nonce) == 2)
                        self.assertTrue(found, f"there and back, with {keys.name}: {capture.decrypted(keys)[:200]}")
                    self.assertNotIn(nonce, capture.decrypted())
                    self.assertNotIn(nonce, pathlib.Path(capture.file).read_bytes())


if __name__ == "__main__":
    secho.main()
