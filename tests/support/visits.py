"""Visits of openssl s_client that keep their session, and whether it was resumed the next time."""

import pathlib
import re
import subprocess
import tempfile

import secho

OPENSSL = secho.needs("openssl", "openssl")
VERSIONS = ("-tls1_2", "-tls1_3")


class Visit:
    """One connection of s_client: a line goes there and back. Offers the session of `file`, keeps a new one there."""

    def __init__(self, port, version, file, *options):
        offers = ["-sess_in", file] if file.exists() else []
        process = subprocess.Popen(
            [OPENSSL, "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", version, *offers,
             "-sess_out", file, *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            process.stdin.write(b"one line\n")
            process.stdin.flush()
        except BrokenPipeError:
            pass
        said = b""
        while not said.endswith(b"one line\n"):
            more = process.stdout.readline()
            if not more:
                break
            said += more
        rest = process.communicate()  # the end of stdin: it says goodbye, and all that it had to say
        self.said, self.words = said + rest[0], rest[1]
        self.echoed = said.endswith(b"one line\n")
        self.resumed = b"Reused, TLSv" in said
        # What the key of each ticket is called: its first 16 bytes.
        found = re.findall(rb"TLS session ticket:\s+0000 - ((?:[0-9a-f]{2}[ -]){16})", self.said)
        self.key_names = [re.sub(rb"[ -]", b"", name).decode() for name in found]


class TestCase(secho.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="secho-tickets-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def visit(self, server, version, resumed, *options, name="session", port=None):
        """Comes with the session of this name, which must be resumed or not, and is echoed. The log says the same."""
        mark = server.mark()
        visit = Visit(port or server.port, version, self.folder / f"{name}{version}", *options)
        self.assertTrue(visit.echoed, visit.words)
        self.assertEqual(visit.resumed, resumed, visit.said)
        event = server.wait_for_log("closed", since=mark)
        self.assertEqual((event["resumed"], event["end"]), ("yes" if resumed else "no", "ok"))
        visit.event = event
        return visit
