"""The same promises with everybody's TLS: tests/interop/README.md is the table of who does what."""

import os
import pathlib
import subprocess
import tempfile
import threading
import unittest

import interop
import secho

VERSIONS = ("1.2", "1.3")
DATA = bytes(range(256)) + os.urandom(100_000)  # more than one record, and every byte
LINES = b"".join(b"%05d %s\n" % (number, b"x" * (number % 60)) for number in range(3000))


# --- the servers: one process with a listener for each version, each chain, each policy --------------


def issue(folder, name, subject, *options):
    """A certificate with a new key; FOLDER/NAME.pem and .key."""
    done = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "30", "-subj",
         f"/CN={subject}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem", *options],
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)


def make_plain_chain(folder):
    """A CA without name constraints, which some cannot read, a server and a client."""
    issue(folder, "ca", "plain CA", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    signer = ["-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-addext", "basicConstraints=critical,CA:FALSE"]
    issue(folder, "server", "plain server", *signer, "-addext", "subjectAltName=DNS:localhost", "-addext",
          "extendedKeyUsage=serverAuth")
    issue(folder, "client", "client.secho.test", *signer, "-addext", "extendedKeyUsage=clientAuth")


def listener(version, chain, mode):
    folder = CHAINS[chain]
    policy = {"mode": mode, "ca": str(folder / "clients.pem")} if mode != "none" else {"mode": mode}
    files = {"chain": str(folder / "server.pem"), "key": str(folder / "server.key")}
    return {"name": f"{version}-{chain}-{mode}", "address": "::", "port": 0, "transport": "tls",
            "tls": {"certificates": [files], "min_version": version, "max_version": version, "client_auth": policy}}


def setUpModule():
    global CHAINS, SERVER  # pylint: disable=global-statement
    temporary = tempfile.TemporaryDirectory(prefix="secho-interop-")
    unittest.addModuleCleanup(temporary.cleanup)
    CHAINS = {name: pathlib.Path(temporary.name) / name for name in ("usual", "plain")}
    for folder in CHAINS.values():
        folder.mkdir()
    make_plain_chain(CHAINS["plain"])
    for path in secho.pki().glob("*.*"):
        (CHAINS["usual"] / path.name).symlink_to(path)
    for folder in CHAINS.values():  # some send their own certificate only: the intermediate has to be known
        both = [folder / "ca.pem", folder / "intermediate.pem"]
        (folder / "clients.pem").write_text("".join(path.read_text() for path in both if path.exists()))
    server = secho.Server(*(listener(version, chain, mode) for version in VERSIONS for chain in CHAINS
                            for mode in ("none", "require")))
    SERVER = unittest.enterModuleContext(server)


# --- one run of a peer ------------------------------------------------------------------------------


class Run:
    """A peer with `data` at its input: what came out, its exit code, its words, and the log's last line."""

    def __init__(self, peer, version, mode="echo", chain="usual", policy="none", data=DATA, **call):
        self.peer, self.mode, self.data = peer, mode, data
        mark = SERVER.mark()
        with tempfile.TemporaryDirectory(prefix="secho-peer-") as folder:
            made = interop.Call(SERVER.port_of(f"{version}-{chain}-{policy}"), mode=mode, folder=pathlib.Path(folder), **call)
            self._process = subprocess.Popen(list(map(str, peer.command(made))), stdin=subprocess.PIPE,
                                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            watchdog = threading.Timer(secho.PATIENCE, self._process.kill)
            watchdog.start()
            self._talk()
            watchdog.cancel()
        connections = 2 if mode == "twice" else 1
        self.events = [SERVER.wait_for_log("closed", since=mark, count=number + 1) for number in range(connections)]
        self.event = self.events[-1]

    def _talk(self):
        words = []
        listening = threading.Thread(target=lambda: words.append(self._process.stderr.read()))
        writing = threading.Thread(target=self._write)
        listening.start()
        writing.start()
        self.back = self._read()
        writing.join()
        if self.peer.leaves == "killed" and self.back.endswith(self.data):
            self._process.terminate()
        self._end_input()
        self.back += self._process.stdout.read()
        self.code = self._process.wait()
        listening.join()
        self.words = words[0].decode(errors="replace")
        self._process.stdout.close()
        self._process.stderr.close()

    def _write(self):
        try:
            self._process.stdin.write(self.data)
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has left
        if self.mode == "half" or self.peer.leaves == "at once" or self.peer.head:
            self._end_input()

    def _end_input(self):
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass

    def _read(self):
        """As much as went in, or to the end."""
        back = self._process.stdout.read(len(self.data))
        while self.peer.head and back and not back.endswith(self.data):
            more = self._process.stdout.read1(65536)
            if not more:
                break
            back += more
        return back

    def __str__(self):
        return f"exit {self.code}: {self.words}\n{self.event.raw}"


class Peers(secho.TestCase):
    """Each test is made once for each peer that is there: see at the end of the file."""

    def run_peer(self, peer, version, trusts=None, name="localhost", pair=None, **more):
        chain = "usual" if peer.can(peer.constraints) else "plain"
        folder, trusted = CHAINS[chain], CHAINS[trusts or chain]
        shown = (folder / f"{pair}.pem", folder / f"{pair}.key") if pair else None
        return Run(peer, version, chain=chain, data=DATA if peer.binary else LINES, name=name, ca=trusted / "ca.pem",
                   pair=shown, **more)

    def versions(self, peer):
        return VERSIONS if peer.can(peer.tls13) else VERSIONS[:1]

    def assert_echoed(self, run, version, goodbye):
        back = run.back[-len(run.data):] if run.peer.head else run.back
        self.assertTrue(back == run.data, f"{len(run.back)} of {len(run.data)} bytes, or others, came back; {run}")
        self.assertEqual(run.event["version"], f"TLSv{version}", run)
        self.assertEqual(run.event["in"], run.event["out"], run)
        self.assertIn(run.event["end"], goodbye, run)
        if run.peer.leaves != "killed":
            self.assertEqual(run.code, 0, run)

    def assert_rejects(self, run, how):
        self.assertEqual(run.back, b"", run)
        self.assertNotEqual(run.code, 0, run)
        if isinstance(how, str):
            self.assertEqual(run.event["end"], "peer_rejected_certificate", run)
            self.assertIn(f"alert {how}:", run.event["why"])
        else:
            self.assertIn(run.event["end"], how, run)
            late = "certificate without saying so" if run.event["end"] == "closed_in_handshake" else "it sent nothing after"
            self.assertIn(late, run.event["why"])

    def check_is_there(self, peer):
        if not peer.needs():
            words = f"{peer.name} is not there ({peer.package}); scripts/test --all installs it"
            (self.fail if interop.ALL else self.skipTest)(words)
        self.assertGreater(interop.version_of(peer), (0,))

    def check_gets_its_bytes_back(self, peer):
        for version in self.versions(peer):
            with self.subTest(version):
                run = self.run_peer(peer, version)
                self.assert_echoed(run, version, peer.goodbye)
                self.assertNotIn("it sent nothing", run.event["why"])

    def check_may_end_its_direction_first(self, peer):
        for version in self.versions(peer):
            with self.subTest(version):
                self.assert_echoed(self.run_peer(peer, version, mode="half"), version, ("ok",))

    def check_resumes(self, peer):
        for version in self.versions(peer):
            with self.subTest(version):
                run = self.run_peer(peer, version, mode="twice")
                self.assert_echoed(run, version, ("ok",))
                self.assertEqual([event["resumed"] for event in run.events], ["no", "yes"])

    def check_refuses_a_ca_it_does_not_know(self, peer):
        other = "plain" if peer.can(peer.constraints) else "usual"
        for version in self.versions(peer):
            with self.subTest(version):
                self.assert_rejects(self.run_peer(peer, version, trusts=other), peer.unknown_ca)

    def check_refuses_another_name(self, peer):
        for version in self.versions(peer):
            with self.subTest(version):
                self.assert_rejects(self.run_peer(peer, version, name="wrong.test"), peer.wrong_name)

    def check_refuses_our_usual_chain(self, peer):
        run = Run(peer, "1.2", name="localhost", ca=CHAINS["usual"] / "ca.pem")
        self.assertEqual(run.back, b"", run)
        self.assertIn(run.event["end"], ("peer_rejected_certificate", *interop.LATE), run)

    def check_is_told_that_there_is_no_common_version(self, peer):
        run = self.run_peer(peer, "1.3")
        self.assertEqual(run.back, b"", run)
        self.assertEqual(run.event["end"], "no_common_version", run)

    def check_comes_in_with_a_certificate(self, peer):
        for version in self.versions(peer):
            with self.subTest(version):
                run = self.run_peer(peer, version, policy="require", pair="client")
                self.assert_echoed(run, version, peer.goodbye)
                self.assertIn("CN=client.secho.test", run.event["client"])

    def check_stays_out_without_a_certificate(self, peer):
        for version in self.versions(peer):
            with self.subTest(version):
                run = self.run_peer(peer, version, policy="require")
                self.assertEqual(run.back, b"", run)
                self.assertEqual(run.event["end"], "client_certificate_missing", run)

    def test_x25519mlkem768_is_agreed_on_with_those_that_have_it(self):
        if "X25519MLKEM768: yes" not in secho.run_server("-V").stdout:
            self.skipTest("the OpenSSL of the server has no X25519MLKEM768")
        for peer in interop.PEERS:
            if peer.needs() and peer.can(peer.tls13):
                with self.subTest(peer.name):
                    group = self.run_peer(peer, "1.3").event["group"]
                    (self.assertEqual if peer.can(peer.mlkem) else self.assertNotEqual)(group, "X25519MLKEM768")


class Table(secho.TestCase):
    def test_the_page_for_people_says_the_same(self):
        self.assertEqual(interop.page(), interop.README.read_text(encoding="utf-8"), "python3 tests/support/interop.py writes it")


ONLY_FOR = {
    "check_may_end_its_direction_first": lambda peer: peer.half_close,
    "check_resumes": lambda peer: peer.resumes,
    "check_refuses_our_usual_chain": lambda peer: not peer.can(peer.constraints),
    "check_is_told_that_there_is_no_common_version": lambda peer: not peer.can(peer.tls13),
}


def make_tests():
    for peer in interop.PEERS:
        for name in [name for name in vars(Peers) if name.startswith("check_")]:
            if name == "check_is_there" or (peer.needs() and ONLY_FOR.get(name, lambda _: True)(peer)):
                check = getattr(Peers, name)
                setattr(Peers, f"test_{peer.name}_{name.removeprefix('check_')}", lambda self, c=check, p=peer: c(self, p))


make_tests()

if __name__ == "__main__":
    secho.main()
