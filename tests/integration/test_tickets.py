"""Sessions that are resumed: with which keys, by whom, for how long, and when they are not."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import issue
import secho
from visits import VERSIONS, TestCase, Visit


def setUpModule():
    global FOLDER  # pylint: disable=global-statement
    folder = tempfile.TemporaryDirectory(prefix="secho-tickets-")
    secho.unittest.addModuleCleanup(folder.cleanup)
    FOLDER = pathlib.Path(folder.name)


def key_file(*keys, name="tickets.keys", mode=0o600):
    """A file with these keys, by a digit each: "a" is aaaa..."""
    path = FOLDER / name
    path.write_text("# keys of a test\n\n" + "".join(64 * key + "\n" for key in keys), encoding="ascii")
    path.chmod(mode)
    return str(path)


def listener(keys="", count=1, **more):
    tls = {"tickets": {"count": count, "keys": str(keys)}, **more.pop("tls", {})}
    return secho.tls(tls=tls, **more)


class Again:
    """The same with Python's TLS. In TLS 1.2 s_client does not keep a ticket that came with a resumed session."""

    def __init__(self, version):
        self.settings, self.session = secho.context(version=version), None

    def visit(self, port):
        """Comes once more. Was the session resumed?"""
        with secho.Tls(port, settings=self.settings, session=self.session) as peer:
            assert peer.echo(b"one line") == b"one line"
            self.session = peer.tls.session
            peer.goodbye()
            peer.receive_to_end()
            return peer.tls.session_reused


class AnyWorker(TestCase):
    def test_any_worker_resumes_what_another_began(self):
        for keys in ("", key_file("a")):
            for version in VERSIONS:
                with self.subTest(keys=keys, version=version), \
                        secho.Server(listener(keys), workers={"processes": 2, "threads": 2}) as server:
                    self.visit(server, version, False, name=f"any{bool(keys)}")
                    for _ in range(12):
                        self.visit(server, version, True, name=f"any{bool(keys)}")

    def test_a_worker_that_replaces_a_dead_one_does_too(self):
        with secho.Server(workers={"processes": 1, "threads": 1}) as server:
            self.visit(server, "-tls1_3", False)
            mark = server.mark()
            os.kill(server.workers()[0], 9)
            server.wait_for_log("worker_start", since=mark)
            self.visit(server, "-tls1_3", True)

    def test_a_leader_that_replaces_a_dead_one_does_too(self):
        with secho.Server(workers={"processes": 1, "threads": 1}) as server:
            self.visit(server, "-tls1_3", False)
            mark = server.mark()
            os.kill(server.leaders()[0], 9)
            server.wait_for_log("serving", since=mark)
            self.visit(server, "-tls1_3", True)


class Restart(TestCase):
    def test_with_the_same_key_file_sessions_go_on(self):
        for version in VERSIONS:
            with self.subTest(version):
                for resumed in (False, True):
                    with secho.Server(listener(key_file("a"))) as server:
                        self.visit(server, version, resumed)

    def test_without_a_file_they_end(self):
        for version in VERSIONS:
            with self.subTest(version):
                for _ in range(2):
                    with secho.Server(listener()) as server:
                        self.visit(server, version, False)

    def test_two_servers_that_share_a_file_share_sessions(self):
        with secho.Server(listener(key_file("a"))) as one, secho.Server(listener(key_file("a"))) as other:
            for version in VERSIONS:
                with self.subTest(version):
                    self.visit(one, version, False)
                    self.visit(other, version, True)
                    self.visit(one, version, True)


class Rotation(TestCase):
    def test_a_key_that_is_second_opens_tickets_and_makes_none(self):
        for version in ("1.2", "1.3"):
            with self.subTest(version):
                client = Again(version)
                for keys, resumed in (("a", False), ("ba", True), ("b", True), ("b", True), ("c", False)):
                    with secho.Server(listener(key_file(*keys))) as server:
                        self.assertEqual(client.visit(server.port), resumed, keys)

    def test_the_new_ticket_is_under_the_new_key(self):
        for version in VERSIONS:
            with self.subTest(version):
                names = []
                for keys, resumed in (("a", False), ("ba", True)):
                    with secho.Server(listener(key_file(*keys))) as server:
                        names += self.visit(server, version, resumed).key_names[-1:]
                self.assertEqual(len(set(names)), 2, names)

    def test_a_key_that_is_gone_opens_nothing(self):
        for version in VERSIONS:
            with self.subTest(version):
                with secho.Server(listener(key_file("a"))) as server:
                    self.visit(server, version, False)
                with secho.Server(listener(key_file("b"))) as server:
                    self.visit(server, version, False)
                    self.visit(server, version, True)

    def test_a_key_that_is_not_used_yet_opens_what_others_make_with_it(self):
        # The first step of a rotation on several machines: all know the new key before one uses it.
        with secho.Server(listener(key_file("b", "a", name="ahead.keys"))) as ahead, \
                secho.Server(listener(key_file("a", "b", name="behind.keys"))) as behind:
            for version in VERSIONS:
                with self.subTest(version):
                    self.visit(ahead, version, False)
                    self.visit(behind, version, True)


class Number(TestCase):
    def test_none_where_none_is_wanted(self):
        for version in VERSIONS:
            with self.subTest(version), secho.Server(listener(count=0)) as server:
                for _ in range(2):
                    self.assertEqual(self.visit(server, version, False).key_names, [])

    def test_as_many_as_are_wanted(self):
        for count in (1, 3, 16):
            with self.subTest(count), secho.Server(listener(count=count)) as server:
                self.assertEqual(len(self.visit(server, "-tls1_3", False, name=f"x{count}").key_names), count)
                self.assertEqual(len(self.visit(server, "-tls1_3", True, name=f"x{count}").key_names), 1)

    def test_one_in_tls_1_2(self):
        with secho.Server(listener(count=3)) as server:
            self.assertEqual(len(self.visit(server, "-tls1_2", False).key_names), 1)


class Epochs(TestCase):
    """Without a file: keys that change by themselves, by a clock that the test moves."""

    EPOCH = 12 * 3600

    def setUp(self):
        super().setUp()
        if secho.is_sanitized():
            self.skipTest("a sanitizer does not let anything be preloaded")
        compiler = shutil.which("cc")
        if compiler is None:
            self.skipTest("no C compiler (cc) for tests/preload/shift_clock.c")
        library, self.clock = self.folder / "shift_clock.so", self.folder / "clock"
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, secho.ROOT / "tests/preload/shift_clock.c"], check=True)
        self.clock.write_bytes(bytes(8))
        self.env = {"LD_PRELOAD": str(library), "SHIFT_CLOCK": str(self.clock)}

    def pass_epochs(self, count):
        """So many of them are over since the start."""
        with open(self.clock, "r+b") as file:
            file.write((count * self.EPOCH).to_bytes(8, "little"))

    def serve(self, **workers):
        return secho.Server(listener(), env=self.env, workers={"processes": 2, "threads": 2, **workers})

    def again(self, server, version, resumed):
        """Comes once more with the ticket of the first visit."""
        shutil.copy(self.folder / f"session{version}", self.folder / f"copy{version}")
        return self.visit(server, version, resumed, name="copy")

    def test_a_ticket_is_taken_in_the_next_epoch_by_all_and_later_by_nobody(self):
        for version in VERSIONS:
            with self.subTest(version):
                self.pass_epochs(0)
                with self.serve() as server:
                    old = self.visit(server, version, False).key_names[-1]
                    self.assertEqual(self.again(server, version, True).key_names[-1], old)
                    self.pass_epochs(1)
                    for _ in range(4):
                        self.assertNotEqual(self.again(server, version, True).key_names[-1], old)
                    self.pass_epochs(2)
                    for _ in range(4):
                        self.again(server, version, False)

    def test_who_is_born_later_has_the_same_keys(self):
        with self.serve(processes=1, threads=1) as server:
            for epoch, kill, event in ((3, server.workers, "worker_start"), (5, server.leaders, "serving")):
                with self.subTest(event):
                    self.pass_epochs(epoch)
                    (self.folder / "session-tls1_3").unlink(missing_ok=True)
                    self.visit(server, "-tls1_3", False)
                    self.pass_epochs(epoch + 1)
                    mark = server.mark()
                    os.kill(kill()[0], 9)
                    server.wait_for_log(event, since=mark)
                    self.again(server, "-tls1_3", True)


class Listeners(TestCase):
    def test_a_session_of_one_listener_is_no_use_at_another(self):
        # The keys are the same; what differs is the name, which stands for all that the operator means by it.
        for keys in ("", key_file("a")):
            with secho.Server(listener(keys, name="main"), listener(keys, name="other")) as server:
                for version in VERSIONS:
                    with self.subTest(keys=keys, version=version):
                        self.visit(server, version, False, name=f"b{bool(keys)}")
                        self.visit(server, version, False, name=f"b{bool(keys)}", port=server.port_of("other"))

    def test_each_certificate_by_name_resumes_its_own(self):
        alpha = issue.certificate(FOLDER, "alpha", "DNS:alpha.secho.test")
        certificates = [{"chain": str(secho.pki() / "server.pem"), "key": str(secho.pki() / "server.key")},
                        {"chain": alpha[0], "key": alpha[1]}]
        for keys in ("", key_file("a")):
            for version in VERSIONS:
                for resumed in (False, True):
                    tls = {"certificates": certificates}
                    with self.subTest(keys=keys, version=version, resumed=resumed), \
                            secho.Server(listener(keys, tls=tls), workers={"processes": 2}) as server:
                        name = f"n{bool(keys)}"
                        # Without a file a server of its own knows nothing of the one before.
                        self.visit(server, version, resumed and bool(keys), "-servername", "alpha.secho.test", name=name)
                        self.visit(server, version, True, "-servername", "alpha.secho.test", name=name)


class Clients(TestCase):
    """Client certificates: whoever could not come in with his certificate does not come in with a ticket either."""

    def serve(self, mode="require", crl=None, allow=None, **more):
        auth = {"mode": mode, "ca": str(secho.pki() / "ca.pem"), "crl": str(crl or secho.pki() / "crl.pem"), "allow": allow or {}}
        return secho.Server(listener(key_file("a"), tls={"client_auth": auth}), **more)

    def assert_refused(self, server, version, words, *options, name="session"):
        """Comes with a ticket, which is not honoured, and with a certificate, which is not accepted."""
        mark = server.mark()
        visit = Visit(server.port, version, self.folder / f"{name}{version}", *options)
        self.assertFalse(visit.echoed)
        event = server.wait_for_log("closed", since=mark, end="client_certificate_rejected")
        self.assertEqual((event.get("resumed", "no"), event["out"]), ("no", "0"))
        self.assertIn(words, event["why"])

    def certificate(self, name, **more):
        """What s_client shows of a certificate of its own."""
        pem, key = issue.certificate(self.folder, name, f"DNS:{name}.secho.test", usage="clientAuth", **more)
        return ["-cert", pem, "-cert_chain", pem, "-key", key]

    def test_who_was_verified_resumes_on_any_worker_and_the_log_says_who_it_is(self):
        for version in VERSIONS:
            for mode in ("request", "require"):
                with self.subTest(version=version, mode=mode):
                    shown = self.certificate(f"client-{mode}")
                    for resumed in (False, True):
                        with self.serve(mode, workers={"processes": 2, "threads": 2}) as server:
                            self.visit(server, version, resumed, *shown, name=mode)
                            for _ in range(4):  # without the certificate: the ticket is enough
                                event = self.visit(server, version, True, name=mode).event
                                self.assertEqual(event["client"], f"CN=client-{mode}")

    def test_who_had_none_where_it_is_requested_resumes_without_a_name(self):
        for version in VERSIONS:
            with self.subTest(version), self.serve("request") as server:
                for resumed in (False, True, True):
                    self.assertNotIn("client", self.visit(server, version, resumed).event)

    def test_who_had_none_does_not_get_in_where_it_is_required(self):
        for version in VERSIONS:
            with self.subTest(version):
                with self.serve("request") as server:
                    self.visit(server, version, False)
                with self.serve("require") as server:
                    self.assertFalse(Visit(server.port, version, self.folder / f"session{version}").echoed)
                    server.wait_for_log("closed", end="client_certificate_missing")

    def test_who_was_revoked_is_refused(self):
        for version in VERSIONS:
            with self.subTest(version):
                shown = self.certificate("revoked")
                with self.serve(crl=issue.revocation_lists(self.folder, "before", days=7)) as server:
                    self.visit(server, version, False, *shown)
                    self.visit(server, version, True, *shown)
                after = issue.revocation_lists(self.folder, "after", days=7, revoked=[self.folder / "revoked.pem"])
                with self.serve(crl=after, workers={"processes": 2}) as server:
                    for _ in range(4):
                        self.assert_refused(server, version, "has revoked it", *shown)

    def test_who_is_on_no_list_any_more_is_refused(self):
        for version in VERSIONS:
            with self.subTest(version):
                shown = self.certificate("listed")
                with self.serve(allow={"dns": ["listed.secho.test"]}) as server:
                    self.visit(server, version, False, *shown)
                    self.visit(server, version, True, *shown)
                with self.serve(allow={"dns": ["other"]}) as server:
                    self.assert_refused(server, version, "on no list", *shown)

    def test_whose_certificate_expires_is_refused_from_then_on(self):
        for version in VERSIONS:
            with self.subTest(version), self.serve() as server:
                for seconds in (4, 12, 36):
                    (self.folder / f"session{version}").unlink(missing_ok=True)
                    shown = self.certificate("short", days=seconds / 86400)
                    end = time.time() + seconds
                    if self.resumes_until(end, server, version, *shown):
                        break
                self.assert_refused(server, version, "it expired on", *shown)

    def test_who_was_looked_up_in_a_list_that_is_outdated_now_is_refused(self):
        for version in VERSIONS:
            with self.subTest(version):
                shown, file = self.certificate("looked-up"), self.folder / f"session{version}"

                def before(server, version=version, shown=shown, file=file):
                    file.unlink(missing_ok=True)
                    return [Visit(server.port, version, file, *shown) for _ in range(3)]

                def after(server, since, visits, version=version, shown=shown):
                    self.assertEqual([visit.resumed for visit in visits], [False, True, True], visits[0].words)
                    self.assert_refused(server, version, f"is outdated since {since}", *shown)

                issue.serve_past_a_list(lambda file: self.serve(crl=file), self.folder, before, after)

    def resumes_until(self, end, server, version, *shown):
        """Resumes until there, and returns after it. False: this machine stood still meanwhile."""
        file = self.folder / f"session{version}"
        visits = [Visit(server.port, version, file, *shown) for _ in range(3)]
        if time.time() > end - 1:
            return False
        self.assertEqual([visit.resumed for visit in visits], [False, True, True], visits[0].words)
        return secho.eventually(lambda: time.time() > end + 1)


class Secrets(TestCase):
    def test_the_log_has_nothing_of_keys_and_tickets(self):
        with secho.Server(listener(key_file("c")), log={"level": "debug", "format": "json"}) as server:
            for resumed in (False, True):
                visit = self.visit(server, "-tls1_3", resumed)
            name = visit.key_names[-1]
            log = "\n".join(server.lines)
        self.assertNotIn("c" * 8, log)
        self.assertNotIn(name, log.lower())
        self.assertNotIn("tickets.keys", log)


class WrongFiles(secho.TestCase):
    def assert_told(self, pattern, path):
        done = secho.run_server("-t", config=secho.configuration(listener(path)))
        self.assertEqual(done.returncode, 78)
        self.assertRegex(done.stderr, r"secho\.json:\d+:\d+: /listeners/0/tls/tickets/keys: " + pattern)
        self.assertNotIn("deadbeef", done.stderr)

    def test_a_file_that_cannot_be_used(self):
        os.mkfifo(FOLDER / "pipe")
        cases = (("none", "cannot be read: No such file"), ("pipe", "is a pipe"), (".", "is a folder"))
        for name, words in cases:
            with self.subTest(name):
                self.assert_told(f".*{words}", FOLDER / name)

    def test_a_file_that_everybody_can_read(self):
        path = key_file("a", name="open.keys", mode=0o644)
        self.assert_told(rf".*any user of this machine can read this file.*; type: chmod o= {re.escape(path)}", path)
        done = secho.run_server("-t", config=secho.configuration(listener(key_file("a", name="open.keys", mode=0o440))))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_line_that_is_no_key(self):
        path = FOLDER / "wrong.keys"
        for text, words in (("deadbeef\n", r"wrong\.keys:1: has 8 digits"),
                            ("# x\n" + 8 * "deadbeef" + "\n\n" + 8 * "DEADBEEF", r"wrong\.keys:4: is the same key as line 2"),
                            ("deadbeefx\n", r"wrong\.keys:1: character 9 is no hexadecimal digit"),
                            ("# nothing\n", r"wrong\.keys: no key is in this file")):
            with self.subTest(words):
                path.write_text(text, encoding="ascii")
                path.chmod(0o600)
                self.assert_told(f".*{words}", path)


if __name__ == "__main__":
    secho.main()
