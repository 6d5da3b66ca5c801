"""The secrets of sessions in a file: tls.key_log of the server, SSLKEYLOGFILE of the clients."""

import os
import pathlib
import re
import stat
import subprocess
import tempfile

import moments
import secho
from secho import client, run_server

LINE = re.compile(
    r"(CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}"
    r"|(CLIENT_HANDSHAKE_TRAFFIC_SECRET|SERVER_HANDSHAKE_TRAFFIC_SECRET|CLIENT_TRAFFIC_SECRET_0|SERVER_TRAFFIC_SECRET_0"
    r"|EXPORTER_SECRET|EARLY_EXPORTER_SECRET|CLIENT_EARLY_TRAFFIC_SECRET) [0-9a-f]{64} ([0-9a-f]{64}|[0-9a-f]{96}))"
)
CONFIG = 78


def ca():
    """The file of our root certificate."""
    return secho.pki() / "ca.pem"


def lines(file):
    """All lines; each must be whole."""
    text = file.read_text(encoding="ascii")
    if text and not text.endswith("\n"):
        raise AssertionError(f"the last line has no end: {text[-100:]!r}")
    return text.splitlines()


class Case(secho.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="secho-keys-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file, self.ours = self.folder / "server.keys", self.folder / "client.keys"

    def listener(self, name="main", **more):
        return secho.tls(name=name, tls={"key_log": str(self.file), **more})

    def check(self, port, *options, **variables):
        """secho-client check with SSLKEYLOGFILE."""
        variables = {"SSLKEYLOGFILE": str(self.ours), **variables}
        done = client("check", "--ca", ca(), *options, "localhost", port, env={**os.environ, **variables})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done


# --- what is in it ----------------------------------------------------------------------------------


class Lines(Case):
    def test_both_ends_log_the_same_secrets(self):
        for version, count in (("1.2", 1), ("1.3", 5)):
            with self.subTest(version), secho.Server(self.listener()) as server:
                self.file.write_bytes(b""), self.ours.unlink(missing_ok=True)
                self.check(server.port, "--tls", version)
                server.wait_for_log("closed")
                ours, theirs = lines(self.ours), lines(self.file)
                for line in ours + theirs:
                    self.assertRegex(line, rf"\A{LINE.pattern}\Z")
                self.assertEqual(sorted(ours), sorted(theirs))
                self.assertEqual(len(ours), count)
                self.assertEqual(len({line.split()[1] for line in ours}), 1, "one connection, one random")

    def test_resumed_sessions_are_there_too(self):
        with secho.Server(self.listener()) as server:
            self.check(server.port, "--resume", "2")
            server.wait_for_log("closed", count=3)
        self.assertEqual(sorted(lines(self.ours)), sorted(lines(self.file)))
        self.assertEqual(len({line.split()[1] for line in lines(self.file)}), 3)

    def test_every_name_of_a_listener_and_every_listener_are_in_one_file(self):
        pairs = [{"chain": str(secho.pki() / f"{name}.pem"), "key": str(secho.pki() / f"{name}.key"), "names": [host]}
                 for name, host in (("server", "one.test"), ("server-rsa", "two.test"))]
        with secho.Server(self.listener(certificates=pairs), self.listener("other")) as server:
            for port, name in ((server.port, "one.test"), (server.port, "two.test"), (server.port_of("other"), "x.test")):
                self.check(port, "--insecure", "--server-name", name)
            server.wait_for_log("closed", count=3)
        self.assertEqual(sorted(lines(self.ours)), sorted(lines(self.file)))
        self.assertEqual(len(lines(self.file)), 15)

    def test_no_line_is_torn_though_many_write(self):
        environment = {**os.environ, "SSLKEYLOGFILE": str(self.ours)}
        with secho.Server(self.listener(), workers={"processes": 3, "threads": 2}) as server:
            done = moments.run_until_heard(
                lambda duration: subprocess.run(
                    [secho.program("secho-bench"), "-q", "--ca", ca(), "-n", "12", "-t", "2", "-d", duration, "--warmup", "100ms",
                     "handshake", "localhost", str(server.port)],
                    env=environment, capture_output=True, timeout=secho.PATIENCE, check=False),
                lambda done: done.returncode != 0 or len(lines(self.ours)) > 50)
            self.assertEqual(done.returncode, 0, done.stderr)
        ours, theirs = lines(self.ours), lines(self.file)
        for line in ours + theirs:
            self.assertRegex(line, rf"\A{LINE.pattern}\Z")
        self.assertGreater(len(ours), 50)
        self.assertTrue(set(ours) <= set(theirs), "the server has those of the last connections, too")


# --- the server's file ------------------------------------------------------------------------------


class ServersFile(Case):
    def test_it_is_made_for_its_owner_only_and_goes_on_growing(self):
        for sessions in (1, 2):
            with secho.Server(self.listener()) as server:
                self.check(server.port)
                server.wait_for_log("closed")
            self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
            self.assertEqual(len(lines(self.file)), 5 * sessions)

    def test_a_relative_path_is_relative_to_the_configuration(self):
        listener = secho.tls(tls={"key_log": "sub/x.keys"})
        done = run_server("-t", config=secho.configuration(listener))
        self.assertEqual(done.returncode, CONFIG)
        self.assertRegex(done.stderr, r"/listeners/0/tls/key_log: /\S+/secho-test-\S+/sub/x\.keys: cannot be made: No such file")

    def test_a_check_makes_no_file(self):
        done = run_server("-t", config=secho.configuration(self.listener()))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse(self.file.exists())
        self.assertIn("warning: every session of listener main can be decrypted with ", done.stderr)

    def test_a_start_warns_once_for_each_listener(self):
        with secho.Server(self.listener(), self.listener("other"), secho.tls(name="third")) as server:
            warnings = server.find_log("key_log")
        self.assertEqual([event["listener"] for event in warnings], ["main", "other"])
        for event in warnings:
            self.assertEqual(event["level"], "warn")
            self.assertIn(str(self.file), event["why"])

    def assert_refused(self, *words):
        for args in (["-t"], []):
            done = run_server(*args, config=secho.configuration(self.listener()))
            self.assertEqual(done.returncode, CONFIG, done.stderr)
            for word in ("/listeners/0/tls/key_log: ", *words):
                self.assertIn(word, done.stderr)

    def test_a_file_that_others_can_read_or_write_is_refused(self):
        self.file.write_bytes(b"")
        for mode in (0o644, 0o640, 0o620, 0o602, 0o601):
            with self.subTest(oct(mode)):
                self.file.chmod(mode)
                self.assert_refused("others can read or write it", f"mode {mode:04o}", f"chmod 600 {self.file}")
        self.file.chmod(0o600)
        with secho.Server(self.listener()):
            pass

    def test_what_is_no_file_is_refused(self):
        target = self.folder / "target"
        target.touch(0o600)
        makers = [lambda: self.file.symlink_to(target), self.file.mkdir, lambda: os.mkfifo(self.file, 0o600)]
        for maker in makers:
            maker()
            self.assert_refused("is no regular file")
            self.file.rmdir() if self.file.is_dir() else self.file.unlink()

    def test_a_file_of_somebody_else_is_refused(self):
        if os.geteuid() != 0:
            self.skipTest("only root can give a file to somebody else")
        self.file.touch(0o600)
        os.chown(self.file, 65534, 65534)
        self.assert_refused("belongs to another user", "chown 0 ")

    def test_a_file_that_may_not_grow_harms_no_echo(self):
        limit = 1 << 30  # more than the server's own shared memory; the file is one hole
        self.file.touch(0o600)
        os.truncate(self.file, limit)
        prefix = ("prlimit", f"--fsize={limit}:{limit}")
        with secho.Server(self.listener(), prefix=prefix) as server:
            self.check(server.port, "--resume", "3")
            server.wait_for_log("closed", count=4)
            told = server.wait_for_log("key_log_failed", listener="main")
            self.assertEqual(told["file"], str(self.file))
            self.assertIn("File too large", told["why"])
            self.assertEqual(len(server.find_log("key_log_failed")), 1, "once for each process")


# --- the clients' file ------------------------------------------------------------------------------


class ClientsFile(Case):
    def test_it_is_made_for_its_owner_only_and_goes_on_growing(self):
        with secho.Server() as server:
            for sessions in (1, 2):
                self.check(server.port)
                self.assertEqual(stat.S_IMODE(self.ours.stat().st_mode), 0o600)
                self.assertEqual(len(lines(self.ours)), 5 * sessions)

    def test_verbose_says_that_it_is_in_force(self):
        with secho.Server() as server:
            self.assertIn(f"the secrets of this session go to {self.ours}", self.check(server.port, "-v").stderr.decode())
            self.assertEqual(self.check(server.port).stderr, b"")
            self.assertNotIn("SSLKEYLOGFILE", self.check(server.port, "-v", SSLKEYLOGFILE="").stderr.decode())

    def test_one_that_cannot_be_opened_is_a_warning_only(self):
        with secho.Server() as server:
            done = self.check(server.port, SSLKEYLOGFILE=str(self.folder / "no" / "file"))
            self.assertRegex(done.stderr.decode(), r"\Asecho-client: warning: SSLKEYLOGFILE: \S+/no/file: cannot be opened: No such")

    def test_the_server_ignores_the_variable(self):
        with secho.Server(env={"SSLKEYLOGFILE": str(self.ours)}) as server:
            self.assert_echoes(server.port)
        self.assertFalse(self.ours.exists())


if __name__ == "__main__":
    secho.main()
