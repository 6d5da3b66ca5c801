"""secho-client: what it proves, how it fails, what it says. Against real and strange servers."""

import fcntl
import json
import os
import pathlib
import re
import select
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import termios
import threading

import secho
import strange
from secho import client


def ca():
    """The file of our root certificate."""
    return secho.pki() / "ca.pem"


def waiting_bytes(pipe):
    """How many bytes wait in this pipe: FIONREAD."""
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0\0\0\0"))[0]


def check(port, *options, host="localhost", trust=True, **more):
    """secho-client check --json; the finished process, with .told (the object) beside it."""
    trusted = ["--ca", ca()] if trust else []
    done = client("check", "--json", *trusted, *options, host, port, **more)
    done.told = json.loads(done.stdout) if done.stdout else {}
    return done


class Case(secho.TestCase):
    """Against a strange server."""

    def assert_fails(self, done, status, code, *words):
        """The exit status, the code, and words on standard error; nothing else on standard output."""
        errors = done.stderr.decode()
        self.assertEqual(done.returncode, status, errors)
        if hasattr(done, "told"):
            self.assertEqual(done.told.get("code"), code, errors)
            self.assertEqual(done.told["exit"], status)
            self.assertFalse(done.told["ok"])
            self.assertIn(done.told["why"], errors)
        for word in words:
            self.assertIn(word, errors)
        self.assertNotIn("routines", errors, "OpenSSL's jargon is for -v")
        self.assertLessEqual(len(errors.splitlines()), 2, errors)

    def assert_check_fails(self, behaviour, status, code, *words, options=(), **more):
        with strange.Server(behaviour) as server:
            done = check(server.port, *options, **more)
        self.assert_fails(done, status, code, *words)
        return done


# --- check ------------------------------------------------------------------------------------------


class Check(Case):
    def test_one_line_tells_what_was_proven(self):
        with strange.Server(strange.tls(strange.echo())) as server:
            done = client("check", "--ca", ca(), "127.0.0.1", server.port)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(
            done.stdout.decode(),
            rf"\Aok: 127\.0\.0\.1:{server.port} echoed 32 bytes over TLSv1\.3 TLS_\w+ \S+ in [\d.]+ ms "
            r"\(dns [\d.]+, tcp [\d.]+, tls [\d.]+, echo [\d.]+\)\n\Z",
        )
        self.assertEqual(done.stderr, b"")

    def test_json_has_the_same_as_an_object(self):
        with strange.Server(strange.tls(strange.echo())) as server:
            told = check(server.port).told
        self.assertEqual((told["ok"], told["code"], told["exit"]), (True, "ok", 0))
        self.assertEqual((told["host"], told["port"]), ("localhost", server.port))
        self.assertEqual(told["tls"]["version"], "TLSv1.3")
        self.assertTrue(told["tls"]["verified"])
        self.assertEqual(set(told["times_ms"]), {"dns", "tcp", "tls", "echo", "total"})

    def test_quiet_says_nothing_and_the_status_tells(self):
        with strange.Server(strange.tls(strange.echo())) as server:
            done = client("check", "-q", "--ca", ca(), "localhost", server.port)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))

    def test_verbose_tells_every_stage_on_stderr(self):
        with strange.Server(strange.tls(strange.echo())) as server:
            done = client("check", "-v", "--ca", ca(), "localhost", server.port)
        for word in [b"TCP:", b"TLS:", b"certificate 0: CN=server", b"days left", b"close_notify both ways"]:
            self.assertIn(word, done.stderr)
        self.assertEqual(done.stdout.count(b"\n"), 1)

    def test_two_checks_send_different_bytes(self):
        sent = []

        def remember(data):
            sent.append(data)
            return data

        with strange.Server(strange.tls(strange.echo(remember))) as server:
            check(server.port), check(server.port)
        self.assertEqual([len(data) for data in sent], [32, 32])
        self.assertNotEqual(*sent)

    def test_a_server_that_says_no_goodbye_is_proven_all_the_same(self):
        with strange.Server(strange.tls(strange.cut)) as server:
            self.assertEqual(check(server.port).returncode, 0)

    def test_our_own_server_is_content_with_us(self):
        with secho.Server() as server:
            self.assertEqual(check(server.port).returncode, 0)
            self.assertEqual(server.wait_for_log("closed")["end"], "ok")

    def test_versions_suites_groups_and_alpn_can_be_chosen(self):
        cases = [
            (["--tls", "1.2"], "version", "TLSv1.2"),
            (["--tls", "1.2", "--ciphers", "ECDHE-ECDSA-AES256-GCM-SHA384"], "suite", "ECDHE-ECDSA-AES256-GCM-SHA384"),
            (["--ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"], "suite", "TLS_CHACHA20_POLY1305_SHA256"),
            (["--groups", "P-384"], "group", "P-384"),
            (["--alpn", "nothing,echo"], "alpn", "echo"),
        ]
        with strange.Server(strange.tls(strange.echo(), alpn=["echo"])) as server:
            for options, name, value in cases:
                with self.subTest(options):
                    self.assertEqual(check(server.port, *options).told["tls"][name], value)

    def test_ipv6_addresses_may_stand_in_brackets(self):
        try:
            server = strange.Server(strange.tls(strange.echo()), host="::1")
        except OSError:
            self.skipTest("this machine has no IPv6")
        with server:
            for host in ["::1", "[::1]"]:
                done = check(server.port, host=host)
                self.assertEqual(done.told["address"], f"[::1]:{server.port}", done.stderr)


class Bytes(Case):
    def test_another_byte_is_told_with_its_place(self):
        wrong = strange.echo(lambda data: data[:7] + bytes([data[7] ^ 1]) + data[8:])
        self.assert_check_fails(strange.tls(wrong), 65, "echo_wrong", "byte 7 of 32")

    def test_missing_bytes_are_told(self):
        def short(stream):
            stream.sendall(stream.recv(65536)[:30])
            strange.goodbye(stream)

        self.assert_check_fails(strange.tls(short), 65, "echo_short", "30 bytes of 32")

    def test_more_bytes_are_told(self):
        self.assert_check_fails(strange.tls(strange.echo(lambda data: data + b"x")), 65, "echo_long")

    def test_a_late_extra_byte_is_told(self):
        def late(stream):
            stream.sendall(stream.recv(65536))
            stream.recv(1)  # the goodbye
            stream.sendall(b"x")

        self.assert_check_fails(strange.tls(late), 65, "echo_long")

    def test_a_cut_before_the_echo_is_a_truncation(self):
        def cut_early(stream):
            stream.recv(65536)
            stream.shutdown(socket.SHUT_WR)

        self.assert_check_fails(strange.tls(cut_early), 65, "truncated", "without close_notify")

    def test_an_echo_that_does_not_come_times_out(self):
        silent = strange.tls(strange.mute)
        self.assert_check_fails(silent, 75, "idle_timeout", "4s", options=["--timeout", "4s"])


# --- who is at the other end ------------------------------------------------------------------------


class Trust(Case):
    def test_each_bad_certificate_is_refused_for_its_reason(self):
        cases = [
            ("expired", "expired", "expired on 20"),
            ("not-yet-valid", "not_yet_valid", "not valid before 20"),
            ("wrong-name", "wrong_name", "elsewhere.secho.test"),
            ("wrong-usage", "wrong_usage", "not made for servers"),
            ("self-signed", "self_signed", "signed by itself"),
            ("no-intermediate", "chain_incomplete", "intermediate"),
        ]
        for name, code, words in cases:
            with self.subTest(name):
                behaviour = strange.tls(strange.echo(), certificate=f"bad/{name}")
                self.assert_check_fails(behaviour, 77, f"server_certificate_{code}", words)

    def test_the_store_of_the_system_does_not_know_our_ca(self):
        code = "server_certificate_unknown_issuer"
        self.assert_check_fails(strange.tls(strange.echo()), 77, code, "--ca FILE", trust=False)

    def test_insecure_takes_anybody_and_says_so(self):
        with strange.Server(strange.tls(strange.echo(), certificate="bad/self-signed")) as server:
            done = check(server.port, "--insecure", trust=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"anybody may have answered", done.stderr)
        self.assertFalse(done.told["tls"]["verified"])

    def test_the_variable_names_the_trusted_file(self):
        with strange.Server(strange.tls(strange.echo())) as server:
            done = check(server.port, trust=False, env={**os.environ, "SSL_CERT_FILE": str(ca())})
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_named_certificate_is_trusted_even_if_it_is_the_servers_own(self):
        with strange.Server(strange.tls(strange.echo(), certificate="bad/self-signed")) as server:
            done = check(server.port, "--ca", secho.pki() / "bad" / "self-signed.pem", trust=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_wrong_name_is_told_with_the_names_that_are_right(self):
        behaviour = strange.tls(strange.echo())
        options = ["--server-name", "other.test"]
        words = ["not for other.test but for", "localhost"]
        self.assert_check_fails(behaviour, 77, "server_certificate_wrong_name", *words, options=options)

    def test_a_name_or_address_of_the_certificate_can_be_demanded(self):
        with strange.Server(strange.tls(strange.echo())) as server:
            for name in ["deep.secho.test", "secho.test.", "127.0.0.1", "::1"]:
                with self.subTest(name):
                    self.assertEqual(check(server.port, "--server-name", name).returncode, 0)
            self.assertEqual(check(server.port, "--server-name", "127.0.0.2").returncode, 77)
            self.assertEqual(check(server.port, "--server-name", "a.b.secho.test").returncode, 77)

    def test_names_are_sent_as_sni_and_addresses_are_not(self):
        asked, settings = [], strange.context()
        settings.sni_callback = lambda _stream, name, _context: asked.append(name)
        with strange.Server(strange.tls(strange.echo(), settings)) as server:
            check(server.port)
            check(server.port, host="127.0.0.1")
            check(server.port, "--server-name", "a.secho.test.")
        self.assertEqual(asked, ["localhost", None, "a.secho.test"])


class OurCertificate(Case):
    ours = property(lambda self: ["--cert", secho.pki() / "client.pem", "--key", secho.pki() / "client.key"])

    def test_a_server_that_wants_it_gets_it(self):
        for version in ["1.2", "1.3"]:
            with strange.Server(strange.tls(strange.echo(), clients=ca())) as server:
                done = check(server.port, "--tls", version, *self.ours)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_server_that_misses_it_is_understood_in_both_versions(self):
        for version in ["1.2", "1.3"]:  # in 1.3 the handshake is over before we hear of it
            with self.subTest(version):
                behaviour = strange.tls(strange.echo(), clients=ca())
                options = ["--tls", version]
                self.assert_check_fails(behaviour, 77, "client_certificate_missing", "--cert", options=options)

    def test_a_server_that_does_not_trust_it_is_understood_in_both_versions(self):
        other = secho.pki() / "bad" / "self-signed.pem"
        for version in ["1.2", "1.3"]:
            with self.subTest(version):
                behaviour = strange.tls(strange.echo(), clients=other)
                options = ["--tls", version, *self.ours]
                self.assert_check_fails(behaviour, 77, "client_certificate_rejected", "unknown_ca", options=options)

    def test_talk_hears_the_late_refusal_too(self):
        with strange.Server(strange.tls(strange.echo(), clients=ca())) as server:
            done = client("--ca", ca(), "localhost", server.port, input=b"x" * 1000000)
        self.assert_fails(done, 77, "client_certificate_missing", "--cert")


# --- no TLS, no server ------------------------------------------------------------------------------


class NotTls(Case):
    def test_what_speaks_plain_text_is_named_and_quoted(self):
        cases = [
            (strange.answers(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "not_tls_http", '"HTTP/1.1 400 Bad Request"'),
            (strange.says(b"SSH-2.0-OpenSSH_9.2\r\n"), "not_tls_ssh", '"SSH-2.0-OpenSSH_9.2"'),
            (strange.says(b"220 mail.test ESMTP\r\n"), "not_tls_smtp", '"220 mail.test ESMTP"'),
            (strange.says(b"\x1b]0;hello\x07 there\n"), "not_tls", '".]0;hello. there"'),
            (strange.answers(b"no\n"), "not_tls", '"no"'),
        ]
        for behaviour, code, words in cases:
            with self.subTest(code):
                self.assert_check_fails(behaviour, 76, code, "does not speak TLS", words)

    def test_one_that_closes_is_told(self):
        self.assert_check_fails(strange.closes, 76, "closed_in_handshake", "closed the connection")

    def test_one_that_resets_is_unreachable(self):
        self.assert_check_fails(strange.resets, 69, "reset", "reset")

    def test_one_that_says_nothing_times_out(self):
        options = ["--timeout", "4s"]
        self.assert_check_fails(strange.silent, 75, "handshake_timeout", "sent nothing within 4s", options=options)

    def test_nothing_in_common_is_told(self):
        only = ssl.TLSVersion.TLSv1_2
        behaviour = strange.tls(strange.echo(), version=only)
        self.assert_check_fails(behaviour, 76, "no_common_version", "TLS version", options=["--tls", "1.3"])

    def test_a_strange_group_is_a_plain_refusal(self):
        settings = strange.context()
        settings.set_ecdh_curve("prime256v1")
        done = self.assert_check_fails(
            strange.tls(strange.echo(), settings), 76, "peer_alert", "handshake_failure", options=["--groups", "X448"]
        )
        self.assertEqual(done.told["stage"], "handshake")


class Unreachable(Case):
    def test_a_closed_port_is_told_with_the_address(self):
        with secho.closed_port() as port:
            done = check(port, host="127.0.0.1")
        self.assert_fails(done, 69, "refused", f"127.0.0.1:{port} Connection refused", "nobody listens")

    def test_an_unknown_name_is_told(self):
        self.assert_fails(check(1, host="nobody.invalid"), 68, "name_unknown", "nobody.invalid")

    def test_a_family_without_an_address_is_told(self):
        done = check(1, "-6", host="127.0.0.1")
        self.assertEqual(done.returncode, 64)
        self.assertIn(b"not an IPv6 address", done.stderr)


# --- what cannot be asked for -----------------------------------------------------------------------


class Usage(secho.TestCase):
    def test_what_cannot_be_is_refused_in_one_clear_line(self):
        cases = [
            ([], "HOST and PORT are missing"),
            (["localhost"], "PORT is missing"),
            (["check", "localhost"], "PORT is missing"),
            (["localhost", "0"], "1..65535"),
            (["localhost", "65536"], "1..65535"),
            (["localhost", "https"], '"https"'),
            (["localhost", "8443", "more"], "more"),
            (["chek", "localhost", "8443"], '"chek" is no mode'),
            (["check", "talk", "localhost", "8443"], "two modes: check and talk"),
            (["--idle", "5m", "check", "localhost", "8443"], "--idle is for path"),
            (["--nope", "localhost", "8443"], "unknown option --nope"),
            (["-x", "localhost", "8443"], "unknown option -x"),
            (["localhost", "8443", "--ca"], "--ca needs a value"),
            (["--json=yes", "check", "localhost", "8443"], "--json takes no value"),
            (["--timeout", "10", "localhost", "8443"], "a duration with its unit"),
            (["--tls", "1.1", "localhost", "8443"], "1.2 or 1.3"),
            (["-4", "-6", "localhost", "8443"], "-4 and -6"),
            (["-v", "-q", "localhost", "8443"], "-v and -q"),
            (["--json", "localhost", "8443"], "--json is for check"),
            (["--key", "x", "localhost", "8443"], "--key needs --cert"),
            (["--groups", "X25518", "localhost", "8443"], "X25518"),
            (["--ciphers", "nope", "localhost", "8443"], "nope"),
            (["--ciphersuites", "TLS_AES_128_GCM_SHA256:TLS_NOPE", "localhost", "8443"], "TLS_NOPE"),
            (["--alpn", "a,,b", "localhost", "8443"], "--alpn"),
            (["--alpn", "", "localhost", "8443"], "--alpn must not be empty"),
            (["--groups", "X25519:X25518:X448", "localhost", "8443"], 'does not know "X25518"'),
        ]
        for args, words in cases:
            with self.subTest(args):
                done = client(*args)
                self.assertEqual(done.returncode, 64, done.stderr)
                self.assertIn(words, done.stderr.decode())
                self.assertIn(b"-h", done.stderr)
                self.assertEqual(done.stdout, b"")

    def test_the_help_fits_a_terminal(self):
        done = client("-h")
        lines = done.stdout.decode().splitlines()
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertLess(len(lines), 24)
        self.assertLess(max(map(len, lines)), 80)

    def test_the_version_tells_what_is_built_in(self):
        text = client("-V").stdout.decode()
        for word in ["secho-client 0.", "OpenSSL 3", "line editing: "]:
            self.assertIn(word, text)

    def test_a_code_is_explained(self):
        done = client("--explain", "server_certificate_expired")
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"has expired", done.stdout)

    def test_an_unknown_code_is_told_with_the_nearest_one(self):
        done = client("--explain", "server_certificate_expird")
        self.assertEqual((done.returncode, done.stdout), (64, b""))
        self.assertIn(b'did you mean "server_certificate_expired"?', done.stderr)

    def test_without_a_code_all_are_listed(self):
        for args in (["--explain"], ["--explain", "list"]):
            done = client(*args)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertRegex(done.stdout, rb"(?m)^server_certificate_expired +A certificate of the server has expired\.$")
            self.assertRegex(done.stdout, rb"(?m)^unknown_ca +TLS alert 48: ")


class Files(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="secho-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, text):
        """A file of this test."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def run_with(self, *options):
        return check(1, *options, host="127.0.0.1", trust=False)

    def test_a_file_that_is_not_there_is_66_with_its_path(self):
        pem = secho.pki() / "client.pem"
        for options in [["--ca", "/nonexistent/ca"], ["--cert", "/nonexistent/c"], ["--cert", pem, "--key", "/nonexistent/k"]]:
            with self.subTest(options):
                self.assert_fails(self.run_with(*options), 66, "file", options[-1], "No such file")

    def test_the_advice_is_given_once(self):
        lines = self.run_with("--ca", "/nonexistent/ca").stderr.decode().splitlines()
        self.assertTrue(lines[0].endswith("/nonexistent/ca: cannot be read: No such file or directory"), lines)
        self.assertIn("path", lines[1])

    def test_a_folder_is_no_file(self):
        self.assert_fails(self.run_with("--ca", self.folder), 66, "file", "folder")

    def test_a_missing_trust_file_of_the_environment_is_not_ignored(self):
        done = check(1, host="127.0.0.1", trust=False, env={**os.environ, "SSL_CERT_FILE": "/nonexistent/ca"})
        self.assert_fails(done, 66, "file", "SSL_CERT_FILE", "/nonexistent/ca")

    def test_what_is_of_no_use_in_a_file_is_78(self):
        pki, empty = secho.pki(), self.write("empty", "")
        encrypted = self.folder / "encrypted.key"
        subprocess.run(
            ["openssl", "pkey", "-in", pki / "client.key", "-aes256", "-passout", "pass:x", "-out", encrypted], check=True
        )
        cases = [
            (["--ca", empty], "no certificate"),
            (["--cert", empty], "no certificate"),
            (["--cert", pki / "client.pem"], "no private key"),
            (["--cert", pki / "client.pem", "--key", pki / "server.key"], "does not belong"),
            (["--cert", pki / "client.pem", "--key", encrypted], "openssl pkey"),
        ]
        for options, words in cases:
            with self.subTest(words):
                self.assert_fails(self.run_with(*options), 78, "config", words)

    def test_the_key_may_stand_behind_the_certificate(self):
        both = self.write("both.pem", "".join((secho.pki() / f"client.{e}").read_text() for e in ["pem", "key"]))
        with strange.Server(strange.tls(strange.echo(), clients=ca())) as server:
            self.assertEqual(check(server.port, "--cert", both).returncode, 0)

    def test_options_come_from_the_users_file(self):
        self.write("secho/client.json", json.dumps({"ca": os.path.relpath(ca(), self.folder / "secho"), "tls": "1.2"}))
        env = {**os.environ, "XDG_CONFIG_HOME": str(self.folder)}
        with strange.Server(strange.tls(strange.echo())) as server:
            told = check(server.port, trust=False, env=env).told
            self.assertEqual(told["tls"]["version"], "TLSv1.2")
            told = check(server.port, "--tls", "1.3", trust=False, env=env).told
            self.assertEqual(told["tls"]["version"], "TLSv1.3", "the command line wins")

    def test_each_problem_of_the_file_is_told_with_its_place(self):
        path = self.write("c.json", '{\n  "tsl": "1.2",\n  "timeout": 10,\n  "insecure": "no",\n  "tls": "1.1"\n}\n')
        done = client("--config", path, "localhost", 1)
        text = done.stderr.decode()
        self.assertEqual(done.returncode, 78, text)
        self.assertIn(f'{path}:2:3: /tsl: unknown key; did you mean "tls"?', text)
        self.assertIn(f"{path}:3:14: /timeout: must be a string", text)
        self.assertIn(f"{path}:4:15: /insecure: must be true or false", text)
        self.assertIn(f"{path}:5:10: /tls: must be 1.2 or 1.3", text)

    def test_a_config_that_is_not_there_is_66(self):
        done = client("--config", "/nonexistent/c.json", "localhost", 1)
        self.assertEqual(done.returncode, 66, done.stderr)


# --- talk in a pipe ---------------------------------------------------------------------------------


class Pipe(Case):
    @classmethod
    def setUpClass(cls):
        cls.server = secho.Server()
        cls.server.start()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)

    def command(self, *options):
        return [secho.program("secho-client"), "--ca", str(ca()), *options, "localhost", str(self.server.port)]

    def test_every_length_comes_back_unchanged(self):
        for size in [0, 1, 16383, 16384, 16385, 65536, 65537, 3000001]:
            data = os.urandom(size)
            with self.subTest(size):
                done = subprocess.run(self.command(), input=data, capture_output=True, check=False)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.assertEqual(done.stdout, data)

    def test_nothing_in_the_data_is_a_command(self):
        data = b"q\nQ\nR\n\x04\x03\r\n" + bytes(range(256))
        self.assertEqual(subprocess.run(self.command(), input=data, capture_output=True, check=True).stdout, data)

    def test_bytes_come_back_before_the_input_ends(self):
        with subprocess.Popen(self.command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as talk:
            for word in [b"one\n", b"two\n"]:
                talk.stdin.write(word)
                talk.stdin.flush()
                self.assertEqual(talk.stdout.readline(), word)
            talk.stdin.close()
            self.assertEqual(talk.stdout.read(), b"")
            self.assertEqual(talk.wait(), 0)

    def test_a_reader_that_starts_late_gets_everything(self):
        data = os.urandom(20000000)
        with subprocess.Popen(self.command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as talk:
            writer = threading.Thread(target=lambda: (talk.stdin.write(data), talk.stdin.close()))
            writer.start()  # fills everything on the way and stops; only then does anybody read
            self.assertTrue(secho.eventually(lambda: waiting_bytes(talk.stdout) > 32000))
            self.assertEqual(talk.stdout.read(), data)
            writer.join()
            self.assertEqual(talk.wait(), 0)

    def test_memory_does_not_grow_with_the_data(self):
        if secho.is_sanitized():
            self.skipTest("a sanitizer has memory of its own")
        data = os.urandom(1 << 20)
        with subprocess.Popen(self.command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as talk:
            writer = threading.Thread(target=lambda: [talk.stdin.write(data) for _ in range(64)])
            writer.start()
            for _ in range(64):
                self.assertEqual(talk.stdout.read(len(data)), data)
            writer.join()
            status = pathlib.Path(f"/proc/{talk.pid}/status").read_text(encoding="ascii")
            talk.stdin.close()
            self.assertEqual(talk.wait(), 0)
        peak_kib = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
        self.assertLess(peak_kib, 32 << 10)

    def test_when_nobody_reads_any_more_it_ends_like_cat(self):
        reading, writing = os.pipe()
        with subprocess.Popen(
            self.command(), stdin=subprocess.PIPE, stdout=writing, stderr=subprocess.PIPE, restore_signals=True
        ) as talk:
            os.close(writing)
            os.close(reading)
            talk.stdin.write(b"x\n")
            talk.stdin.flush()
            self.assertEqual(talk.wait(secho.PATIENCE), -signal.SIGPIPE)
            self.assertEqual(talk.stderr.read(), b"")

    def test_a_full_disk_is_told(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(self.command(), input=b"x", stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 71)
        self.assertIn(b"No space left", done.stderr)
        self.assertIn(b"has room", done.stderr)
        self.assertNotIn(b"ulimit", done.stderr)

    def test_an_output_that_cannot_be_written_is_told(self):
        with open(os.devnull, "rb") as readable:
            done = subprocess.run(self.command(), input=b"x", stdout=readable, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 71)
        self.assertIn(b"Bad file descriptor", done.stderr)
        self.assertIn(b"open for writing", done.stderr)
        self.assertNotIn(b"ulimit", done.stderr)

    def test_shared_descriptors_stay_blocking(self):
        reading, writing = os.pipe()
        before = fcntl.fcntl(writing, fcntl.F_GETFL)
        with open(reading, "rb") as back, open(writing, "wb") as out:
            talk = subprocess.Popen(self.command(), stdin=subprocess.PIPE, stdout=out)
            talk.stdin.write(b"x")
            talk.stdin.flush()
            self.assertEqual(back.read(1), b"x")
            self.assertEqual(fcntl.fcntl(writing, fcntl.F_GETFL), before)
            talk.stdin.close()
            self.assertEqual(talk.wait(), 0)

    def test_closed_descriptors_are_not_mistaken_for_the_connection(self):
        line = "exec " + " ".join(self.command()) + " <&- >&-"
        done = subprocess.run(["sh", "-c", line], stderr=subprocess.PIPE, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_a_socket_can_be_both_ends(self):
        ours, theirs = socket.socketpair()
        with ours, subprocess.Popen(self.command(), stdin=theirs, stdout=theirs) as talk:
            theirs.close()
            ours.sendall(b"hello")
            ours.shutdown(socket.SHUT_WR)
            self.assertEqual(ours.recv(100), b"hello")
            self.assertEqual(talk.wait(), 0)


class PipeFails(Case):
    def talk(self, behaviour, data=b"0123456789" * 1000, *options):
        with strange.Server(strange.tls(behaviour)) as server:
            return client("--ca", ca(), *options, "localhost", server.port, input=data)

    def test_a_short_echo_is_65(self):
        def short(stream):
            got = b"".join(iter(lambda: stream.recv(65536), b""))
            stream.sendall(got[:-1])
            strange.goodbye(stream)

        done = self.talk(short)
        self.assert_fails(done, 65, "echo_short", "10000 bytes were sent, 9999 came back")
        self.assertEqual(len(done.stdout), 9999)

    def test_a_long_echo_is_65(self):
        self.assert_fails(self.talk(strange.echo(lambda data: data + b"!")), 65, "echo_long")

    def test_other_bytes_of_the_same_length_are_65(self):
        done = self.talk(strange.echo(lambda data: bytes(reversed(data))))
        self.assert_fails(done, 65, "echo_wrong", "10000 bytes were sent, 10000 came back")

    def test_a_cut_is_65_and_what_came_is_delivered(self):
        done = self.talk(strange.cut, b"hello")
        self.assert_fails(done, 65, "truncated", "without close_notify")
        self.assertEqual(done.stdout, b"hello")

    def test_a_server_that_ends_before_the_input_does_is_65(self):
        def one_line(stream):
            stream.sendall(stream.recv(65536))
            strange.goodbye(stream)

        with strange.Server(strange.tls(one_line)) as server:
            command = [secho.program("secho-client"), "--ca", str(ca()), "localhost", str(server.port)]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as talk:
                talk.stdin.write(b"hello\n")
                talk.stdin.flush()
                self.assertEqual(talk.wait(secho.PATIENCE), 65)
                self.assertEqual(talk.stdout.read(), b"hello\n")
                self.assertIn(b"the input had not ended. 6 bytes were sent, 6 came back", talk.stderr.read())

    def test_what_came_before_a_reset_is_delivered(self):
        def reset_after_the_echo(stream):
            stream.sendall(stream.recv(65536))
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        done = self.talk(reset_after_the_echo, b"hello")
        self.assert_fails(done, 65, "reset", "reset the connection (RST)")
        self.assertEqual(done.stdout, b"hello")

    def test_a_close_with_our_goodbye_unread_is_a_reset(self):
        def close_unread(stream):
            stream.sendall(stream.recv(65536))
            select.select([stream], [], [])  # our close_notify is there, and stays there: Linux sends RST

        done = self.talk(close_unread, b"hello")
        self.assert_fails(done, 65, "reset", "reset the connection (RST)", "5 bytes were sent, 5 came back")
        self.assertEqual(done.stdout, b"hello")

    def test_a_server_that_sends_for_ever_is_65_at_once(self):
        def flood(stream):
            data = stream.recv(65536)
            while True:
                stream.sendall(data * 1000)

        with strange.Server(strange.tls(flood)) as server:
            command = [secho.program("secho-client"), "--ca", str(ca()), "localhost", str(server.port)]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as talk:
                talk.stdin.write(b"hello\n")
                talk.stdin.flush()  # and the input stays open
                out = talk.stdout.read(1 << 20)  # not for ever, if it goes on
                self.assertEqual(talk.wait(secho.PATIENCE), 65)
                self.assertIn(b"more came back than was sent. 6 bytes were sent,", talk.stderr.read())
        self.assertTrue(out.startswith(b"hello\n"))
        self.assertLessEqual(len(out), 65536)

    def test_an_echo_that_stops_coming_is_75(self):
        done = self.talk(strange.mute, b"hello", "--timeout", "4s")
        self.assert_fails(done, 75, "goodbye_timeout", "5 bytes were sent, 0 came back")


if __name__ == "__main__":
    secho.main()
