"""The test certificates: what scripts/pki makes is what certs/README.md promises."""

import atexit
import concurrent.futures
import functools
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import unittest

import pqc
import secho

SCRIPT = secho.ROOT / "scripts" / "pki"
SERVERS = ("server", "server-rsa", "server-ed25519")
CLIENTS = ("client", "client-revoked")
BAD = ("expired", "not-yet-valid", "wrong-name", "wrong-usage", "self-signed", "no-intermediate", "revoked", "mismatched")
PAIRS = ("root", "intermediate", *SERVERS, *CLIENTS, *(f"bad/{name}" for name in BAD))
FILES = {f"{name}.{kind}" for name in PAIRS for kind in ("pem", "key")} | {"ca.pem", "crl.pem", "bad/revoked.ocsp"}


def run(*args, **more):
    return subprocess.run([str(arg) for arg in args], capture_output=True, text=True, check=False, **more)


def pki(folder, *args, **more):
    return run(SCRIPT, "--out", folder, *args, **more)


def openssl(*args, **more):
    done = run("openssl", *args, **more)
    if done.returncode != 0:
        raise AssertionError(f"openssl {args}: {done.stderr}")
    return done.stdout


def verify(folder, name, *options, untrusted="own"):
    """What openssl says of a chain: "OK", or the words of its first complaint."""
    chain = [] if untrusted is None else ["-untrusted", folder / (f"{name}.pem" if untrusted == "own" else untrusted)]
    done = run("openssl", "verify", "-no-CApath", "-no-CAstore", "-CAfile", folder / "ca.pem", *chain, *options,
               folder / f"{name}.pem")
    if done.returncode == 0:
        return "OK"
    complaint = re.search(r"error \d+ at \d+ depth lookup: (.*)", done.stderr)
    return complaint[1] if complaint else done.stderr


def text_of(file):
    return openssl("x509", "-in", file, "-noout", "-text")


def extension(text, name):
    """The words of an extension, "critical" in front when it is, or None."""
    match = re.search(rf"X509v3 {name}:( critical)? *\n((?: {{16,}}.*\n)+)", text)
    if match is None:
        return None
    words = " ".join(line.strip() for line in match[2].splitlines())
    return f"critical {words}" if match[1] else words


def state(folder):
    """Every file with its bytes and the time it was written."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def names_in(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {".pki.sums"}


@functools.cache
def fresh():
    """A complete set, made once for all tests of this file."""
    top = pathlib.Path(tempfile.mkdtemp(prefix="secho-pki-"))
    atexit.register(shutil.rmtree, top)
    return top / "certs", pki(top / "certs")


class Folder(secho.TestCase):
    """Each test has a copy of a fresh set."""

    def setUp(self):
        origin, made = fresh()
        self.assertEqual((made.returncode, made.stderr), (0, ""))
        top = pathlib.Path(tempfile.mkdtemp(prefix="secho-pki-"))
        self.addCleanup(shutil.rmtree, top)
        self.folder = top / "certs"
        shutil.copytree(origin, self.folder)

    def assert_works(self, done):
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "")
        return done.stdout


class EachCertificate(Folder):
    def test_the_set_is_complete_and_nothing_else_is_left_behind(self):
        self.assertEqual(names_in(self.folder), FILES)

    def test_servers_are_good_for_all_their_names(self):
        for name in SERVERS:
            for check in ("localhost", "secho.test", "anything.secho.test"):
                with self.subTest(name=name, host=check):
                    self.assertEqual(verify(self.folder, name, "-purpose", "sslserver", "-verify_hostname", check), "OK")
            for check in ("127.0.0.1", "::1"):
                with self.subTest(name=name, address=check):
                    self.assertEqual(verify(self.folder, name, "-purpose", "sslserver", "-verify_ip", check), "OK")

    def test_servers_are_not_good_for_other_names(self):
        for option, value, words in (
            ("-verify_hostname", "example.com", "hostname mismatch"),
            ("-verify_hostname", "a.b.secho.test", "hostname mismatch"),
            ("-verify_ip", "127.0.0.2", "IP address mismatch"),
        ):
            with self.subTest(value):
                self.assertEqual(verify(self.folder, "server", option, value).lower(), words.lower())

    def test_each_server_is_no_client_and_each_client_no_server(self):
        self.assertIn("purpose", verify(self.folder, "server", "-purpose", "sslclient"))
        self.assertIn("purpose", verify(self.folder, "client", "-purpose", "sslserver"))

    def test_clients_are_good_until_the_revocation_list_is_asked(self):
        crl = ("-crl_check_all", "-CRLfile", self.folder / "crl.pem")
        self.assertEqual(verify(self.folder, "client", "-purpose", "sslclient", *crl), "OK")
        self.assertEqual(verify(self.folder, "client-revoked", "-purpose", "sslclient"), "OK")
        self.assertEqual(verify(self.folder, "client-revoked", *crl), "certificate revoked")

    def test_the_revoked_server_is_good_until_the_list_or_the_response_is_asked(self):
        crl = ("-crl_check_all", "-CRLfile", self.folder / "crl.pem")
        server = ("-purpose", "sslserver", "-verify_hostname", "localhost")
        self.assertEqual(verify(self.folder, "bad/revoked", *server), "OK")
        self.assertEqual(verify(self.folder, "bad/revoked", *server, *crl), "certificate revoked")
        said = run("openssl", "ocsp", "-respin", self.folder / "bad/revoked.ocsp", "-no_nonce", "-issuer",
                   self.folder / "intermediate.pem", "-cert", self.folder / "bad/revoked.pem", "-CAfile",
                   self.folder / "ca.pem", "-verify_other", self.folder / "intermediate.pem")
        self.assertIn("Response verify OK", said.stderr)
        self.assertIn("bad/revoked.pem: revoked", said.stdout)

    def test_strict_checks_find_nothing(self):
        for name in (*SERVERS, *CLIENTS):
            with self.subTest(name):
                self.assertEqual(verify(self.folder, name, "-x509_strict", "-check_ss_sig"), "OK")

    def test_each_bad_one_is_refused_for_its_own_reason(self):
        server = ("-purpose", "sslserver", "-verify_hostname", "localhost")
        for name, words in (
            ("expired", "certificate has expired"),
            ("not-yet-valid", "certificate is not yet valid"),
            ("wrong-name", "hostname mismatch"),
            ("wrong-usage", "unsuitable certificate purpose|unsupported certificate purpose"),
            ("self-signed", "self[- ]signed certificate"),
            ("no-intermediate", "unable to get local issuer certificate"),
        ):
            with self.subTest(name):
                self.assertRegex(verify(self.folder, f"bad/{name}", *server).lower(), words)

    def test_each_bad_one_is_right_in_everything_else(self):
        server = ("-purpose", "sslserver", "-verify_hostname", "localhost")
        for name in ("expired", "not-yet-valid"):
            with self.subTest(name):
                self.assertEqual(verify(self.folder, f"bad/{name}", "-no_check_time", *server), "OK")
        right = (
            ("wrong-name", ("-purpose", "sslserver", "-verify_hostname", "elsewhere.secho.test"), "own"),
            ("wrong-usage", ("-purpose", "sslclient", "-verify_hostname", "localhost"), "own"),
            ("no-intermediate", server, "intermediate.pem"),
            ("mismatched", server, "own"),
        )
        for name, options, untrusted in right:
            with self.subTest(name):
                self.assertEqual(verify(self.folder, f"bad/{name}", *options, untrusted=untrusted), "OK")
        alone = self.folder / "bad/self-signed.pem"
        done = run("openssl", "verify", "-CAfile", alone, *server, alone)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_each_key_belongs_to_its_certificate_but_for_the_mismatched_pair(self):
        for name in PAIRS:
            with self.subTest(name):
                certificate = openssl("x509", "-in", self.folder / f"{name}.pem", "-noout", "-pubkey")
                key = openssl("pkey", "-in", self.folder / f"{name}.key", "-pubout")
                self.assertEqual(certificate == key, name != "bad/mismatched")

    def test_the_mismatched_key_is_that_of_another_certificate(self):
        other = openssl("x509", "-in", self.folder / "server.pem", "-noout", "-pubkey")
        self.assertEqual(openssl("pkey", "-in", self.folder / "bad/mismatched.key", "-pubout"), other)

    def test_keys_have_the_promised_kinds(self):
        for name, words in (("server", "NIST CURVE: P-256"), ("server-rsa", "(3072 bit)"), ("server-ed25519", "ED25519")):
            with self.subTest(name):
                self.assertIn(words, text_of(self.folder / f"{name}.pem"))

    def test_a_chain_is_the_leaf_and_then_the_intermediate(self):
        intermediate = (self.folder / "intermediate.pem").read_text()
        for name in (*SERVERS, *CLIENTS):
            with self.subTest(name):
                chain = (self.folder / f"{name}.pem").read_text()
                self.assertTrue(chain.endswith(intermediate))
                self.assertEqual(chain.count("BEGIN CERTIFICATE"), 2)
        self.assertEqual((self.folder / "bad/no-intermediate.pem").read_text().count("BEGIN CERTIFICATE"), 1)

    def test_the_file_for_clients_is_the_root(self):
        self.assertEqual((self.folder / "ca.pem").read_bytes(), (self.folder / "root.pem").read_bytes())


class Rfc5280(Folder):
    """RFC 5280, section by section."""

    def test_serial_numbers_are_positive_random_and_at_most_20_octets(self):  # 4.1.2.2
        serials = set()
        for name in PAIRS:
            digits = openssl("x509", "-in", self.folder / f"{name}.pem", "-noout", "-serial").strip().removeprefix("serial=")
            self.assertRegex(digits, "^[0-9A-F]+$")  # openssl shows a negative one with a minus
            self.assertLessEqual((int(digits, 16).bit_length() + 8) // 8, 20)  # a sign bit in front
            self.assertGreater(int(digits, 16), 1 << 96)
            serials.add(digits)
        self.assertEqual(len(serials), len(PAIRS))

    def test_authorities_say_so_and_leaves_say_not(self):  # 4.2.1.9, 4.2.1.3
        for name, constraint, usage in (
            ("root", "critical CA:TRUE", "critical Certificate Sign, CRL Sign"),
            ("intermediate", "critical CA:TRUE, pathlen:0", "critical Certificate Sign, CRL Sign"),
            ("server", "critical CA:FALSE", "critical Digital Signature"),
            ("server-ed25519", "critical CA:FALSE", "critical Digital Signature"),
            ("server-rsa", "critical CA:FALSE", "critical Digital Signature, Key Encipherment"),
            ("client", "critical CA:FALSE", "critical Digital Signature"),
        ):
            with self.subTest(name):
                text = text_of(self.folder / f"{name}.pem")
                self.assertEqual(extension(text, "Basic Constraints"), constraint)
                self.assertEqual(extension(text, "Key Usage"), usage)

    def test_leaves_say_what_they_are_for(self):  # 4.2.1.12
        for names, purpose in ((SERVERS, "TLS Web Server Authentication"), (CLIENTS, "TLS Web Client Authentication")):
            for name in names:
                with self.subTest(name):
                    self.assertEqual(extension(text_of(self.folder / f"{name}.pem"), "Extended Key Usage"), purpose)

    def test_key_identifiers_chain_up(self):  # 4.2.1.1, 4.2.1.2
        own = {name: extension(text_of(self.folder / f"{name}.pem"), "Subject Key Identifier") for name in PAIRS}
        self.assertEqual(len(set(own.values())), len(PAIRS))
        for name in PAIRS:
            if name in ("root", "bad/self-signed"):
                continue
            with self.subTest(name):
                issuer = extension(text_of(self.folder / f"{name}.pem"), "Authority Key Identifier").removeprefix("keyid:")
                self.assertEqual(issuer, own["root" if name == "intermediate" else "intermediate"])

    def test_nobody_outlives_the_issuer(self):
        for name, days in (("intermediate", 3650), ("server", 1825), ("client", 1825)):
            issuer = "root" if name == "intermediate" else "intermediate"
            ends = [openssl("x509", "-in", self.folder / f"{n}.pem", "-noout", "-enddate", "-dateopt", "iso_8601") for n in (name, issuer)]
            self.assertLess(ends[0].removeprefix("notAfter="), ends[1].removeprefix("notAfter="), (name, days))

    def test_the_intermediate_may_sign_only_names_that_are_nobodys(self):  # 4.2.1.10
        words = extension(text_of(self.folder / "intermediate.pem"), "Name Constraints")
        self.assertTrue(words.startswith("critical Permitted:"))
        for allowed in ("DNS:localhost", "DNS:secho.test", "IP:127.0.0.0/255.0.0.0", "URI:secho.test"):
            self.assertIn(allowed, words)
        for names, refused in (
            ("DNS:example.com", True),
            ("DNS:secho.test.example.com", True),
            ("IP:192.0.2.1", True),
            ("IP:2001:db8::1", True),
            ("URI:spiffe://example.com/client", True),
            ("DNS:a.secho.test,IP:127.1.2.3,IP:::1", False),
        ):
            with self.subTest(names):
                said = self.sign_with_the_intermediate(f"subjectAltName={names}")
                self.assertEqual(said, "permitted subtree violation" if refused else "OK")

    def test_the_intermediate_may_sign_no_further_authority(self):
        said = self.sign_with_the_intermediate("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign", below=True)
        self.assertEqual(said, "path length constraint exceeded")

    def sign_with_the_intermediate(self, extensions, below=False):
        """What openssl verify says of a certificate that the intermediate signs with these extensions."""
        key, request, made = (self.folder / name for name in ("x.key", "x.csr", "x.pem"))
        lines = self.folder / "x.ext"
        lines.write_text(extensions + "\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n")
        self.signed("intermediate", key, request, made, lines)
        if below:
            leaf = (self.folder / "y.key", self.folder / "y.csr", self.folder / "y.pem")
            lines.write_text("authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n")
            self.signed("x", *leaf, lines)
            made.write_text(made.read_text() + (self.folder / "intermediate.pem").read_text())
            return verify(self.folder, "y", untrusted="x.pem")
        return verify(self.folder, "x", untrusted="intermediate.pem")

    def signed(self, issuer, key, request, made, lines):
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                "-out", request, "-subj", f"/CN={made.stem}")
        openssl("x509", "-req", "-in", request, "-CA", self.folder / f"{issuer}.pem", "-CAkey", self.folder / f"{issuer}.key",
                "-extfile", lines, "-days", "1", "-out", made)

    def test_the_revocation_lists_are_numbered_and_name_who_is_revoked(self):  # 5.2.3
        serials = {openssl("x509", "-in", self.folder / f"{name}.pem", "-noout", "-serial").strip().partition("=")[2]
                   for name in ("client-revoked", "bad/revoked")}
        lists = re.findall("-----BEGIN X509 CRL-----.*?-----END X509 CRL-----\n", (self.folder / "crl.pem").read_text(), re.S)
        texts = [openssl("crl", "-noout", "-text", input=one) for one in lists]
        self.assertEqual(["intermediate" in text for text in texts], [True, False])
        self.assertEqual(set(re.findall("Serial Number: ([0-9A-F]+)", texts[0])), serials)
        self.assertIn("No Revoked Certificates", texts[1])
        for text in texts:
            self.assertIn("Version 2", text)
            self.assertRegex(text, r"X509v3 CRL Number: *\n +(0x)?[0-9A-F]+")
            self.assertIn("Authority Key Identifier", text)


class TheFiles(Folder):
    def test_keys_are_for_their_owner_only_and_certificates_for_everybody(self):
        for name in FILES:
            mode = stat.S_IMODE((self.folder / name).stat().st_mode)
            with self.subTest(name):
                self.assertEqual(mode, 0o600 if name.endswith(".key") else 0o644)

    def test_a_wide_umask_does_not_open_the_keys(self):
        self.assert_works(run("sh", "-c", 'umask 000; exec "$0" --force --out "$1"', SCRIPT, self.folder))
        modes = {stat.S_IMODE(path.stat().st_mode) for path in self.folder.rglob("*.key")}
        self.assertEqual(modes, {0o600})

    def test_a_second_run_changes_nothing_and_says_so(self):
        before = state(self.folder)
        self.assertIn("nothing to do", self.assert_works(pki(self.folder)))
        self.assertEqual(state(self.folder), before)

    def test_force_makes_everything_anew(self):
        before = state(self.folder)
        self.assert_works(pki(self.folder, "--force"))
        after = state(self.folder)
        self.assertEqual(after.keys(), before.keys())
        self.assertEqual([name for name in after if after[name][0] == before[name][0]], [])

    def test_what_expires_within_a_week_is_renewed(self):
        other = self.folder.parent / "other"
        self.assert_works(pki(other, "--days", "3"))
        before = state(other)
        self.assert_works(pki(other))
        after = state(other)
        kept = {name for name in FILES if after[name][0] == before[name][0]}
        dated = {f"bad/{name}.{kind}" for name in ("expired", "not-yet-valid") for kind in ("pem", "key")}
        self.assertEqual(kept, {"root.pem", "root.key", "ca.pem", "intermediate.pem", "intermediate.key"} | dated)
        self.assertIn("nothing to do", self.assert_works(pki(other)))

    def test_what_lives_longer_than_a_week_is_kept(self):
        self.assert_works(pki(self.folder, "--force", "--days", "8"))
        self.assertIn("nothing to do", self.assert_works(pki(self.folder)))

    def test_a_lost_or_spoiled_file_is_made_anew_with_what_depends_on_it(self):
        leaves = {f"{name}.{kind}" for name in PAIRS if name not in ("root", "intermediate") for kind in ("pem", "key")}
        below_root = leaves | {"intermediate.pem", "intermediate.key", "crl.pem", "bad/revoked.ocsp"}
        lose, spoil = pathlib.Path.unlink, lambda path: path.write_text("spoiled\n")
        for hurt, name, wanted in (
            (lose, "server.key", {"server.pem", "server.key"}),
            (spoil, "client-revoked.pem", {"client-revoked.pem", "client-revoked.key", "crl.pem"}),
            (lose, "crl.pem", {"crl.pem"}),
            (spoil, "bad/revoked.ocsp", {"bad/revoked.ocsp"}),
            (lose, "bad/revoked.key", {"bad/revoked.pem", "bad/revoked.key", "bad/revoked.ocsp", "crl.pem"}),
            (spoil, "bad/expired.pem", {"bad/expired.pem", "bad/expired.key"}),
            (spoil, "intermediate.key", below_root),
            (lose, "root.key", FILES),
        ):
            with self.subTest(name):
                before = state(self.folder)
                hurt(self.folder / name)
                self.assert_works(pki(self.folder))
                after = state(self.folder)
                self.assertEqual({file for file in FILES if after[file][0] != before[file][0]}, wanted)
                self.assertIn("nothing to do", self.assert_works(pki(self.folder)))

    def test_a_lost_copy_of_the_root_comes_back(self):
        (self.folder / "ca.pem").unlink()
        self.assert_works(pki(self.folder))
        self.assertEqual((self.folder / "ca.pem").read_bytes(), (self.folder / "root.pem").read_bytes())

    def test_a_key_of_another_certificate_is_noticed(self):
        shutil.copy(self.folder / "client.key", self.folder / "server.key")
        self.assertIn("made server\n", self.assert_works(pki(self.folder)))

    def test_a_file_of_somebody_else_stays(self):
        (self.folder / "README.md").write_text("mine\n")
        (self.folder / "mine.pem").write_text("mine\n")
        self.assert_works(pki(self.folder, "--force"))
        self.assertEqual((self.folder / "README.md").read_text(), "mine\n")
        self.assertEqual((self.folder / "mine.pem").read_text(), "mine\n")


class Interrupted(Folder):
    def assert_complete_after_the_next_run(self):
        self.assertIn("nothing to do", self.assert_works(pki(self.folder)))
        self.assertEqual(names_in(self.folder), FILES)

    def at_the_openssl_call(self, number, action):
        """A folder for PATH with an openssl that does `action` (shell) at the call with this number."""
        tools = self.folder.parent / "tools"
        tools.mkdir(exist_ok=True)
        (tools / "count").write_text("0")
        (tools / "openssl").write_text(
            f'#!/bin/sh\nn=$(($(cat "{tools}/count") + 1)); echo $n >"{tools}/count"\n'
            f'if [ $n -eq {number} ]; then {action}; fi\nexec {shutil.which("openssl")} "$@"\n'
        )
        (tools / "openssl").chmod(0o755)
        return {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}

    def test_a_signal_leaves_the_old_set_as_it_was(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            with self.subTest(number.name):
                before = state(self.folder)
                # A new session, and the signal for all of its group: what Ctrl-C does.
                env = self.at_the_openssl_call(12, f"kill -{number.value} 0")
                done = pki(self.folder, "--force", env=env, start_new_session=True)
                self.assertNotEqual(done.returncode, 0)
                after = state(self.folder)
                self.assertEqual({name: after[name] for name in before}, before)
                if number != signal.SIGKILL:
                    self.assertEqual(after, before)
                self.assert_complete_after_the_next_run()

    def test_a_set_that_was_ready_is_moved_in_by_the_next_run(self):
        other = self.folder.parent / "other"
        self.assert_works(pki(other))
        wanted = {name: (other / name).read_bytes() for name in FILES}
        # As if a run had been killed half way through its moves.
        ready = self.folder / ".pki.ready"
        (ready / "bad").mkdir(parents=True)
        for name in [*FILES, ".pki.sums"]:
            moved = name in ("server.pem", "root.key")
            shutil.copy(other / name, self.folder / name if moved else ready / name)
        self.assert_complete_after_the_next_run()
        self.assertEqual({name: (self.folder / name).read_bytes() for name in FILES}, wanted)

    def test_a_failing_openssl_leaves_the_old_set_as_it_was_and_is_told(self):
        before = state(self.folder)
        done = pki(self.folder, "--force", env=self.at_the_openssl_call(12, "echo no space >&2; exit 1"))
        self.assertEqual(done.returncode, 71)
        self.assertIn("no space", done.stderr)
        self.assertEqual(state(self.folder), before)

    def test_a_full_disk_leaves_the_old_set_as_it_was(self):
        before = state(self.folder)
        # A file may hold one block of 512 bytes: the chains of two certificates do not fit.
        done = run("bash", "-c", 'ulimit -f 1; trap "" XFSZ; exec "$0" --force --out "$1"', SCRIPT, self.folder)
        self.assertEqual(done.returncode, 71, done.stderr)
        self.assertEqual(state(self.folder), before)

    def test_two_runs_at_once_do_no_harm(self):
        other = self.folder.parent / "other"
        with concurrent.futures.ThreadPoolExecutor() as pool:
            runs = list(pool.map(pki, [other] * 3))
        for done in runs:
            self.assert_works(done)
        self.assertEqual(sum("nothing to do" in done.stdout for done in runs), 2)
        self.assertEqual(names_in(other), FILES)


@pqc.needed
class MlDsa(Folder):
    NAMES = ("root-mldsa65", "server-mldsa65", "client-mldsa65")

    def setUp(self):
        super().setUp()
        self.assertIn(f"made {' '.join(self.NAMES)}\n", self.assert_works(pki(self.folder, "--pqc")))

    def verify(self, name, *options, ca="root-mldsa65"):
        done = run("openssl", "verify", "-no-CApath", "-no-CAstore", "-x509_strict", "-CAfile", self.folder / f"{ca}.pem", *options,
                   self.folder / f"{name}.pem")
        return "OK" if done.returncode == 0 else done.stderr

    def test_openssl_verifies_them_for_what_they_are(self):
        for host in ("localhost", "secho.test", "anything.secho.test"):
            self.assertEqual(self.verify("server-mldsa65", "-purpose", "sslserver", "-verify_hostname", host), "OK")
        for address in ("127.0.0.1", "::1"):
            self.assertEqual(self.verify("server-mldsa65", "-purpose", "sslserver", "-verify_ip", address), "OK")
        self.assertEqual(self.verify("client-mldsa65", "-purpose", "sslclient"), "OK")

    def test_openssl_refuses_them_for_anything_else(self):
        self.assertIn("hostname mismatch", self.verify("server-mldsa65", "-verify_hostname", "example.com"))
        self.assertIn("purpose", self.verify("server-mldsa65", "-purpose", "sslclient"))
        self.assertIn("purpose", self.verify("client-mldsa65", "-purpose", "sslserver"))
        self.assertIn("unable to get local issuer", self.verify("server-mldsa65", ca="ca"))

    def test_each_has_a_key_of_ml_dsa_65_that_only_its_owner_can_read(self):
        for name in self.NAMES:
            with self.subTest(name):
                text = text_of(self.folder / f"{name}.pem")
                self.assertIn("Public Key Algorithm: ML-DSA-65", text)
                self.assertIn("Signature Algorithm: ML-DSA-65", text)
                key = self.folder / f"{name}.key"
                self.assertEqual(stat.S_IMODE(key.stat().st_mode), 0o600)
                self.assertEqual(openssl("pkey", "-in", key, "-pubout"), openssl("x509", "-in", self.folder / f"{name}.pem", "-noout", "-pubkey"))

    def test_another_run_keeps_them_with_and_without_the_option(self):
        before = state(self.folder)
        for options in ((), ("--pqc",)):
            self.assertIn("nothing to do", self.assert_works(pki(self.folder, *options)))
        self.assertEqual(state(self.folder), before)

    def test_what_is_spoiled_is_made_anew_all_three_together(self):
        (self.folder / "client-mldsa65.key").write_text("spoiled\n")
        before = state(self.folder)
        self.assert_works(pki(self.folder, "--pqc"))
        after = state(self.folder)
        changed = {name for name in before if before[name][0] != after[name][0]} - {".pki.sums"}
        self.assertEqual(changed, {f"{name}.{kind}" for name in self.NAMES for kind in ("pem", "key")})


class TheCommandLine(secho.TestCase):
    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="secho-pki-"))
        self.addCleanup(shutil.rmtree, self.top)

    def test_help_is_given(self):
        done = run(SCRIPT, "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for word in ("--out", "--force", "--days", "--pqc", "OpenSSL 3.5"):
            self.assertIn(word, done.stdout)

    def test_days_have_bounds(self):
        for days in ("0", "826", "-1", "1e3", "007", "", "nine"):
            with self.subTest(days):
                done = pki(self.top / "x", "--days", days)
                self.assertEqual(done.returncode, 64)
                self.assertIn("--days", done.stderr)
                self.assertFalse((self.top / "x").exists())

    def test_an_unknown_word_is_refused(self):
        for words in (["--dyas", "9"], ["certs"], ["--out"]):
            with self.subTest(words):
                done = run(SCRIPT, *words)
                self.assertEqual(done.returncode, 64)
                self.assertIn(words[0], done.stderr)

    def test_it_runs_from_any_folder_and_takes_odd_names(self):
        name = "a folder, with $igns & \"quotes\""
        done = run(SCRIPT, f"--out={name}/below", "--days=9", cwd=self.top)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(names_in(self.top / name / "below"), FILES)

    def test_an_openssl_without_ml_dsa_is_refused_with_its_version(self):
        tools = self.top / "tools"
        tools.mkdir()
        for version in ("3.0.19 27 Jan 2026", "3.4.9 1 Jan 2026"):
            with self.subTest(version):
                (tools / "openssl").write_text(f'#!/bin/sh\n[ "$1" = version ] && echo "OpenSSL {version}"\n')
                (tools / "openssl").chmod(0o755)
                done = pki(self.top / "x", "--pqc", env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"})
                self.assertEqual(done.returncode, 71)
                self.assertIn("--pqc needs OpenSSL 3.5 or later", done.stderr)
                self.assertIn(f"found OpenSSL {version}", done.stderr)
                self.assertFalse((self.top / "x").exists())

    @pqc.older
    def test_the_openssl_of_this_machine_is_refused_too(self):
        done = pki(self.top / "x", "--pqc")
        self.assertEqual(done.returncode, 71)
        self.assertIn("--pqc needs OpenSSL 3.5 or later", done.stderr)

    def test_a_missing_openssl_is_named(self):
        tools = self.top / "tools"
        tools.mkdir()
        for tool in ("bash", "env", "dirname", "readlink", "mkdir", "cat"):
            (tools / tool).symlink_to(shutil.which(tool))
        done = pki(self.top / "x", env={"PATH": str(tools)})
        self.assertEqual(done.returncode, 71)
        self.assertIn("openssl is not installed", done.stderr)

    def test_a_folder_that_cannot_be_made_is_named(self):
        (self.top / "file").write_text("")
        done = pki(self.top / "file" / "x")
        self.assertEqual(done.returncode, 71)
        self.assertIn(str(self.top / "file" / "x"), done.stderr)

    @unittest.skipIf(os.geteuid() == 0 and not shutil.which("setpriv"), "root may write anywhere")
    def test_a_folder_that_is_not_ours_is_named(self):
        (self.top / "x").mkdir(mode=0o555)
        self.top.chmod(0o755)
        drop = ["setpriv", "--reuid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        done = run(*drop, SCRIPT, "--out", self.top / "x")
        self.assertEqual(done.returncode, 71)
        self.assertIn("cannot write there", done.stderr)


class TheServer(Folder):
    def test_the_pair_that_does_not_match_is_refused(self):
        listener = secho.tls()
        pair = self.folder / "bad" / "mismatched"
        listener["tls"]["certificates"] = [{"chain": f"{pair}.pem", "key": f"{pair}.key"}]
        done = secho.run_server("-t", config=secho.configuration(listener))
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn("mismatched.key", done.stderr)

    def test_each_good_pair_is_accepted(self):
        for name in SERVERS:
            with self.subTest(name):
                listener = secho.tls()
                listener["tls"]["certificates"] = [{"chain": f"{self.folder}/{name}.pem", "key": f"{self.folder}/{name}.key"}]
                done = secho.run_server("-t", config=secho.configuration(listener))
                self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    secho.main()
