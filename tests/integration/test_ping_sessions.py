"""secho-client ping: sessions that are resumed one after the other (--resume N), and kept in files."""

import json
import pathlib
import tempfile

import secho
import strange
from pings import ping

VERSIONS = ("1.2", "1.3")
FAST = ("-i", "10ms")


def told(done):
    """The objects of --json: (those of the echoes, the summary)."""
    *echoes, summary = [json.loads(line) for line in done.stdout.splitlines()]
    return echoes, summary


def no_tickets():
    """A TLS echo that gives no session (of TLS 1.3: a ticket is the only way)."""
    context = strange.context()
    context.num_tickets = 0
    return strange.tls(strange.echo(), settings=context)


class Case(secho.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="secho-ping-")
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / "session.pem"


class Again(Case):
    def test_each_connection_resumes_the_one_before_and_says_so(self):
        for version in VERSIONS:
            with self.subTest(version), secho.Server() as server:
                done = ping(server.port, "--json", "--tls", version, "--resume", 3, *FAST)
                server.wait_for_log("closed", count=1, resumed="no")
                server.wait_for_log("closed", count=3, resumed="yes")
            echoes, summary = told(done)
            self.assertEqual((done.returncode, summary["code"]), (0, "ok"), done)
            self.assertEqual([(echo["seq"], echo["resumed"], echo.get("how")) for echo in echoes],
                             [(1, False, None), *((seq, True, "resumed") for seq in (2, 3, 4))])  # fmt: skip
            self.assertEqual(summary["resume"], {"asked": 3, "resumed": 3})
            self.assertEqual(summary["times_ms"]["tls_resumed"]["count"], 3)

    def test_in_words(self):
        with secho.Server() as server:
            done = ping(server.port, "--resume", 2, *FAST)
        first, *others = done.stdout.decode().splitlines()[1:4]
        self.assertNotIn("resumed", first)
        for line in others:
            self.assertIn("tls resumed ", line)
        self.assertIn("\nresumed 2 of 2\n", done.stdout.decode())
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_each_waits_for_the_one_before_however_short_the_interval(self):
        # A millisecond is less than a connection takes: together, none would have a session yet.
        with secho.Server() as server:
            done = ping(server.port, "--json", "--resume", 20, "-i", "1ms")
        _echoes, summary = told(done)
        self.assertEqual((done.returncode, summary["resume"]), (0, {"asked": 20, "resumed": 20}))

    def test_a_server_that_gives_no_session_is_1_and_each_says_why(self):
        with strange.Server(no_tickets()) as server:
            done = ping(server.port, "--tls", "1.3", "--json", "--resume", 2, *FAST)
            words = ping(server.port, "--tls", "1.3", "--resume", 2, *FAST)
        echoes, summary = told(done)
        self.assertEqual((done.returncode, summary["code"], summary["exit"]), (1, "not_resumed", 1))
        self.assertEqual([echo.get("how") for echo in echoes], [None, "no_session", "no_session"])
        self.assertEqual(words.stdout.count(b"(not resumed: the server had given no session)"), 2)
        self.assertIn(b"resumed 0 of 2", words.stdout)
        self.assertIn(b"resumed 0 of 2", words.stderr)

    def test_a_server_that_does_not_take_its_own_sessions_is_1(self):
        made = []

        def another_server_each_time(sock):
            made.append(strange.tls(strange.echo(), settings=strange.context()))  # with ticket keys of its own
            return made[-1](sock)

        with strange.Server(another_server_each_time) as server:
            done = ping(server.port, "--json", "--resume", 2, *FAST)
        echoes, summary = told(done)
        self.assertEqual((done.returncode, summary["code"]), (1, "not_resumed"), done)
        self.assertEqual([echo.get("how") for echo in echoes], [None, "refused", "refused"])

    def test_a_failure_counts_more(self):
        with strange.Server(strange.says(b"SSH-2.0-x\r\n")) as server:
            done = ping(server.port, "--json", "--resume", 1, *FAST)
        _echoes, summary = told(done)
        self.assertEqual((done.returncode, summary["code"], summary["failed"]), (76, "not_tls_ssh", 2))


class Files(Case):
    def test_a_session_is_kept_and_resumed(self):
        for version in VERSIONS:
            for way in ([], ["--reconnect=resume"]):
                with self.subTest(version=version, way=way), secho.Server() as server:
                    kept = ping(server.port, "--tls", version, "--sess-out", self.file, "-c", 1)
                    self.assertEqual((kept.returncode, kept.stderr), (0, b""))
                    self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
                    done = ping(server.port, "--json", "--tls", version, *way, "--sess-in", self.file, "-c", 1)
                    self.assertEqual((done.returncode, done.stderr), (0, b""))
                    self.assertEqual(told(done)[1]["times_ms"]["tls_resumed"]["count"], 1)
                    server.wait_for_log("closed", resumed="yes", end="ok")

    def test_new_connections_keep_the_newest_session_too(self):
        for way in ("--reconnect", "--reconnect=resume"):
            with self.subTest(way), secho.Server() as server:
                self.assertEqual(ping(server.port, way, "--sess-out", self.file, "-c", 2, *FAST).returncode, 0)
                done = ping(server.port, "--json", "--resume", 1, "--sess-in", self.file, *FAST)
                self.assertEqual([echo["resumed"] for echo in told(done)[0]], [True, True])

    def test_a_session_that_is_of_no_use_is_told_once_and_the_bytes_come_back(self):
        with secho.Server() as one:
            self.assertEqual(ping(one.port, "--sess-out", self.file, "-c", 1).returncode, 0)
        for way in (["-c", 2, *FAST], ["--resume", 1, *FAST]):
            with self.subTest(way), secho.Server() as other:
                done = ping(other.port, *way, "--sess-in", self.file)
                self.assertEqual(done.returncode, 0, done)
                self.assertEqual(done.stderr.count(b"--sess-in: the server did not take the session"), 1, done.stderr)
                self.assertEqual(ping(other.port, "-q", *way, "--sess-in", self.file).stderr, b"")

    def test_without_a_session_the_file_stays_as_it_was_and_the_status_is_1(self):
        self.file.write_bytes(b"before")
        for way in ([], ["--reconnect"]):
            with self.subTest(way), strange.Server(no_tickets()) as server:
                done = ping(server.port, "--tls", "1.3", "--json", *way, "--sess-out", self.file, "-c", 1)
                self.assertEqual((done.returncode, told(done)[1]["code"]), (1, "no_session"))
                self.assertIn(b"nothing was written to --sess-out", done.stderr)
            self.assertEqual(self.file.read_bytes(), b"before")

    def test_what_went_wrong_before_is_not_forgotten_over_it(self):
        with strange.Server(no_tickets()) as server:
            done = ping(server.port, "--tls", "1.3", "--json", "--resume", 1, *FAST, "--sess-out", self.file)
        self.assertEqual((done.returncode, told(done)[1]["code"]), (1, "not_resumed"))
        self.assertFalse(self.file.exists())

    def test_a_file_that_cannot_be_used_is_told_before_anybody_is_asked(self):
        for option, path in (("--sess-in", self.file), ("--sess-out", self.file.parent / "none" / "x")):
            with self.subTest(option):
                done = ping(1, option, path, "-c", 1)
                self.assertIn(done.returncode, (66, 71))
                self.assertIn(f"{option}: ".encode(), done.stderr)


if __name__ == "__main__":
    secho.main()
