"""secho-client: sessions, kept in files and resumed."""

import json
import os
import pathlib
import socket
import ssl
import stat
import subprocess
import tempfile

import secho
import strange
from secho import client

OPENSSL = secho.needs("openssl", "openssl")
VERSIONS = ("1.2", "1.3")


def ca():
    """The file of our root certificate."""
    return secho.pki() / "ca.pem"


def check(port, *options, host="localhost", trust=True, **more):
    """secho-client check --json; the finished process, with .told (the object) beside it."""
    trusted = ["--ca", ca()] if trust else []
    done = client("check", "--json", *trusted, *options, host, port, **more)
    done.told = json.loads(done.stdout) if done.stdout else {}
    return done


class Case(secho.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="secho-session-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.folder / "session.pem"

    def make(self, port, *options, **more):
        """A session of this server in self.file."""
        done = check(port, "--sess-out", self.file, *options, **more)
        self.assertEqual(done.returncode, 0, done.stderr)

    def assert_resumed(self, port, *options, **more):
        done = check(port, "--sess-in", self.file, *options, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(b"--sess-in", done.stderr)
        self.assertIs(done.told["tls"]["resumed"], True)

    def assert_full(self, port, *options, says=(), **more):
        """The session is not used, words say why, and the bytes come back all the same."""
        done = check(port, "--sess-in", self.file, *options, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIs(done.told["tls"]["resumed"], False)
        for word in says:
            self.assertIn(word, done.stderr.decode())


# --- files ------------------------------------------------------------------------------------------


class Files(Case):
    def test_a_session_is_kept_and_resumed(self):
        with secho.Server() as server:
            for version in VERSIONS:
                with self.subTest(version):
                    self.make(server.port, "--tls", version)
                    self.assert_resumed(server.port, "--tls", version)

    def test_what_is_resumed_gives_a_session_again(self):
        with secho.Server() as server:
            for version in VERSIONS:
                with self.subTest(version):
                    self.make(server.port, "--tls", version)
                    for _ in range(3):
                        self.assert_resumed(server.port, "--tls", version, "--sess-out", self.file)

    def test_the_file_is_for_its_owner_only(self):
        self.file.write_text("an old one", encoding="utf-8")
        self.file.chmod(0o644)
        with secho.Server() as server:
            self.make(server.port)
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
        self.assertTrue(self.file.read_text(encoding="ascii").startswith("-----BEGIN SSL SESSION PARAMETERS-----"))
        self.assertEqual(os.listdir(self.folder), ["session.pem"], "nothing else is left")

    def test_a_filter_keeps_and_resumes_a_session_too(self):
        with secho.Server() as server:
            for option, how in (("--sess-out", "new"), ("--sess-in", "resumed")):
                done = client("-v", "--ca", ca(), option, self.file, "localhost", server.port, input=b"hello")
                self.assertEqual((done.returncode, done.stdout), (0, b"hello"), done.stderr)
                self.assertIn(f"{how} session", done.stderr.decode())

    def test_a_server_without_tickets_gives_none_and_the_old_file_stays(self):
        self.file.write_text("an old one", encoding="utf-8")
        with strange.Server(no_tickets()) as server:
            done = check(server.port, "--tls", "1.3", "--sess-out", self.file)
        self.assertEqual((done.returncode, done.told["code"]), (1, "no_session"))
        self.assertIn("gave no session", done.stderr.decode())
        self.assertEqual(self.file.read_text(encoding="utf-8"), "an old one")

    def test_what_cannot_be_read_is_told_before_anybody_is_asked(self):
        nobody = 1
        junk = self.folder / "junk"
        junk.write_text("-----BEGIN CERTIFICATE-----\n", encoding="utf-8")
        for path, word in ((self.folder / "none", "No such file"), (junk, "no TLS session"), (self.folder, "a folder")):
            with self.subTest(path):
                done = client("check", "--sess-in", path, "localhost", nobody)
                self.assertEqual(done.returncode, 66)
                self.assertIn("--sess-in: ", done.stderr.decode())
                self.assertIn(word, done.stderr.decode())

    def test_what_cannot_be_written_is_told_before_anybody_is_asked(self):
        for path, word in ((self.folder / "no" / "file", "No such file"), (self.folder, "no regular file")):
            with self.subTest(path):
                done = client("check", "--sess-out", path, "localhost", 1)
                self.assertEqual(done.returncode, 71)
                self.assertIn("--sess-out: ", done.stderr.decode())
                self.assertIn(word, done.stderr.decode())


def no_tickets():
    """A TLS echo that gives no session (of TLS 1.3: a ticket is the only way)."""
    context = strange.context()
    context.num_tickets = 0
    return strange.tls(strange.echo(), settings=context)


# --- is it still good? ------------------------------------------------------------------------------


class Verified(Case):
    """A resumed connection shows no certificate: what the session says of it counts only after a check."""

    def test_a_session_made_without_a_check_is_not_believed(self):
        with secho.Server() as server:
            for version in VERSIONS:
                with self.subTest(version):
                    self.make(server.port, "--tls", version, "--insecure", trust=False)
                    done = check(server.port, "--tls", version, "--sess-in", self.file, trust=False)
                    self.assertEqual(done.returncode, 77, "resumed, nobody would have seen who it is")
                    self.assert_resumed(server.port, "--tls", version, "--insecure", trust=False)

    def test_a_session_made_without_a_check_counts_when_the_check_is_passed_now(self):
        with secho.Server() as server:
            self.make(server.port, "--insecure", trust=False)
            self.assert_resumed(server.port)

    def test_a_session_of_another_name_is_not_believed(self):
        with secho.Server() as server:
            for version in VERSIONS:
                with self.subTest(version):
                    self.make(server.port, "--tls", version)
                    done = check(server.port, "--tls", version, "--sess-in", self.file, "--server-name", "other.test")
                    self.assertEqual(done.returncode, 77)
                    self.assertEqual(done.told["code"], "server_certificate_wrong_name")

    def test_a_session_with_an_expired_certificate_is_not_believed(self):
        with secho.Server(secho.tls("bad/expired")) as server:
            self.make(server.port, "--insecure")
            done = check(server.port, "--sess-in", self.file)
            self.assertEqual(done.returncode, 77)
            self.assertEqual(done.told["code"], "server_certificate_expired")

    def test_a_session_of_a_ca_that_is_not_trusted_is_not_believed(self):
        with secho.Server() as server:
            self.make(server.port)
            done = check(server.port, "--sess-in", self.file, trust=False)
            self.assertEqual(done.returncode, 77)

    def test_a_session_of_another_version_is_not_offered(self):
        with secho.Server() as server:
            self.make(server.port, "--tls", "1.2")
            self.assert_full(server.port, "--tls", "1.3", says=["was not offered", "another version"])

    def test_where_another_version_is_agreed_on_that_is_told(self):
        with secho.Server() as server:
            self.make(server.port, "--tls", "1.2")
            self.assert_full(server.port, says=["session is of TLSv1.2", "connection of TLSv1.3"])

    def test_a_session_that_has_expired_is_not_offered(self):
        with secho.Server() as server:
            self.make(server.port)
            self.age()
            self.assert_full(server.port, says=["was not offered", "it has expired at 20"])

    def age(self):
        """Makes the session in self.file ten years older: its time is the INTEGER behind [1]."""
        text = self.file.read_text(encoding="ascii")
        begin, end = "-----BEGIN SSL SESSION PARAMETERS-----\n", "-----END SSL SESSION PARAMETERS-----\n"
        body = text[text.index(begin) + len(begin) : text.index(end)]
        der = bytearray(ssl.PEM_cert_to_DER_cert(f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n"))
        at = der.index(b"\xa1\x06\x02\x04") + 4
        then = int.from_bytes(der[at : at + 4], "big") - 10 * 365 * 86400
        der[at : at + 4] = then.to_bytes(4, "big")
        pem = ssl.DER_cert_to_PEM_cert(bytes(der)).replace("CERTIFICATE", "SSL SESSION PARAMETERS")
        self.file.write_text(pem + text[text.index(end) + len(end) :], encoding="ascii")

    def test_another_server_does_not_take_it_and_that_is_told(self):
        with secho.Server() as one, secho.Server() as other:
            self.make(one.port)
            self.assert_full(other.port, says=["did not take the session"])


# --- openssl s_client -------------------------------------------------------------------------------


class SClient(Case):
    def s_client(self, port, *options):
        """Runs it for one line; everything it said."""
        done = subprocess.run(
            [OPENSSL, "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-CAfile", ca(), *options],
            input=b"hello\nQ\n", capture_output=True, timeout=secho.PATIENCE, check=False,
        )
        return done.stdout.decode("utf-8", "replace")

    def test_it_resumes_our_sessions(self):
        with secho.Server() as server:
            for version, option in (("1.2", "-tls1_2"), ("1.3", "-tls1_3")):
                with self.subTest(version):
                    self.make(server.port, "--tls", version)
                    self.assertIn("Reused, TLSv" + version, self.s_client(server.port, option, "-sess_in", self.file))

    def test_we_resume_its_sessions_with_the_chain_behind_them(self):
        intermediate = (secho.pki() / "intermediate.pem").read_text(encoding="ascii")
        with secho.Server() as server:
            for version, option in (("1.2", "-tls1_2"), ("1.3", "-tls1_3")):
                with self.subTest(version):
                    self.keep(server.port, option)
                    self.assert_full(server.port, "--tls", version, says=["was not offered", "local issuer"])
                    with self.file.open("a", encoding="ascii") as file:
                        file.write(intermediate)
                    self.assert_resumed(server.port, "--tls", version)

    def keep(self, port, option):
        """s_client -sess_out writes the ticket of TLS 1.3 when it comes: it must live as long."""
        process = subprocess.Popen(
            [OPENSSL, "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-CAfile", ca(), "-quiet",
             "-no_ign_eof", option, "-sess_out", self.file],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )
        with process:
            process.stdin.write(b"hello\n")
            process.stdin.flush()
            self.assertEqual(process.stdout.readline(), b"hello\n")


# --- check --resume N -------------------------------------------------------------------------------


class Again(Case):
    def test_each_connection_says_whether_it_resumed(self):
        with secho.Server() as server:
            for version in VERSIONS:
                with self.subTest(version):
                    done = client("check", "--ca", ca(), "--tls", version, "--resume", "3", "localhost", server.port)
                    self.assertEqual((done.returncode, done.stderr), (0, b""))
                    lines = done.stdout.decode().splitlines()
                    self.assertEqual(len(lines), 5)
                    self.assertTrue(lines[0].startswith("ok: "))
                    for i in (1, 2, 3):
                        self.assertRegex(lines[i], rf"\Aconnection {i + 1}: resumed \(tls [\d.]+ ms\)\Z")
                    self.assertEqual(lines[4], "resumed 3 of 3")

    def test_the_server_sees_the_same(self):
        with secho.Server() as server:
            self.assertEqual(check(server.port, "--resume", "2").returncode, 0)
            server.wait_for_log("closed", count=3)
            self.assertEqual(sorted(e["resumed"] for e in server.find_log("closed")), ["no", "yes", "yes"])

    def test_json_tells_of_each(self):
        with secho.Server() as server:
            told = check(server.port, "--resume", "2").told
        self.assertEqual((told["ok"], told["exit"]), (True, 0))
        self.assertEqual((told["resume"]["asked"], told["resume"]["resumed"]), (2, 2))
        self.assertEqual([one["how"] for one in told["resume"]["connections"]], ["resumed", "resumed"])

    def test_not_to_resume_is_a_failure_of_its_own(self):
        with strange.Server(no_tickets()) as server:
            done = check(server.port, "--resume", "2", "--tls", "1.3")
        self.assertEqual((done.returncode, done.told["exit"], done.told["code"]), (1, 1, "not_resumed"))
        self.assertEqual([one["how"] for one in done.told["resume"]["connections"]], ["no_session", "no_session"])
        self.assertIn("resumed 0 of 2", done.stderr.decode())

    def test_a_server_that_takes_no_session_back_is_found(self):
        with strange.Server(strange.tls(strange.echo())) as server:  # a new context for each connection
            done = check(server.port, "--resume", "1")
        self.assertEqual((done.returncode, done.told["code"]), (1, "not_resumed"))
        self.assertEqual(done.told["resume"]["connections"][0]["how"], "refused")

    def test_a_connection_that_fails_has_its_own_code_and_its_number(self):
        with strange.Server(once(strange.tls(strange.echo()))) as server:
            done = check(server.port, "--resume", "3")
        self.assertNotIn(done.returncode, (0, 1))
        self.assertIn("connection 2: ", done.stderr.decode())
        self.assertEqual(len(done.told["resume"]["connections"]), 1)

    def test_without_resume_there_is_no_member_for_it(self):
        with secho.Server() as server:
            self.assertNotIn("resume", check(server.port).told)

    def test_the_newest_session_is_kept(self):
        with secho.Server() as server:
            self.make(server.port, "--resume", "2")
            self.assert_resumed(server.port)

    def test_it_is_for_check_and_has_a_range(self):
        for words in (["--resume", "1", "h", "1"], ["check", "--resume", "0", "h", "1"], ["check", "--resume", "1001", "h", "1"]):
            done = client(*words)
            self.assertEqual(done.returncode, 64, words)
            self.assertIn("--resume", done.stderr.decode())


def once(behaviour):
    """Behaves for the first connection only; the others are closed."""
    done = []

    def behave(sock):
        if done:
            sock.shutdown(socket.SHUT_RDWR)
            return None
        done.append(True)
        return behaviour(sock)

    return behave


if __name__ == "__main__":
    secho.main()
