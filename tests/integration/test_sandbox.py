"""The sandbox of each real process, as /proc shows it; what the server says of it; that it serves in there.

unit/test_sandbox.c tries from inside what must not work; here is the server as users run it, by root and
by somebody else. Builds with sanitizers have no sandbox: their -V says so.
"""

import os
import pathlib
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import unittest
from signal import SIGHUP

import processes
import secho
from administer import Administered
from secho import Server, Tls, run_server

ORDINARY = 4321  # the number of a user that need not exist
NEEDS = {0x1, 0x2, 0x5, 0x6, 0x7, 0x8, 0xA}  # DAC_OVERRIDE, DAC_READ_SEARCH, KILL, SETGID, SETUID, SETPCAP, BIND
SUPERVISOR_KEEPS = sum(1 << number for number in NEEDS)
ADMIN = {"admin": {"port": 0}} if "libmicrohttpd" in run_server("-V").stdout else {}


def version():
    return run_server("-V").stdout


def has_sandbox():
    return "\nsandbox: yes" in version()


def has_filter():
    return "\nsandbox: yes, with Landlock and libseccomp" in version()


def is_root():
    return os.geteuid() == 0


def kinds(server):
    """The processes of a server by what they are."""
    found = {}
    for pid in server.all_processes():
        name = pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip()
        found.setdefault("supervisor" if pid == server.pid else name.removeprefix("secho-"), []).append(pid)
    return found


@unittest.skipUnless(has_sandbox(), "this build has no sandbox: it has sanitizers, or counts lines")
class EachProcess(secho.TestCase):
    def check(self, pid, kind, user):
        rights = processes.rights(pid)
        root = is_root() and user is not ORDINARY
        keeps = 0 if kind != "supervisor" else SUPERVISOR_KEEPS if root else 1 << 2 if user is ORDINARY else 0
        with self.subTest(kind):
            self.assertEqual(rights["capabilities"], keeps)
            if root:
                self.assertEqual(rights["bounding"], keeps)
            self.assertEqual(rights["dumpable"], False)
            self.assertEqual(rights["core"], ("0", "0"))
            if kind != "supervisor":
                self.assertEqual(processes.user(pid), (user,) * 4)
                self.assertEqual(processes.groups(pid), ())
                self.assertEqual(rights["no_new_privileges"], 1)
            if is_root():  # nobody else may look
                nowhere = kind in ("worker", "admin")
                standard = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in range(3)}
                self.assertEqual(standard == self.standard, not nowhere, standard)
                self.assertEqual(len(standard) == 1, nowhere, standard)
            filtered = 2 if kind in ("worker", "admin") and has_filter() else 0
            self.assertEqual(set(rights["filters"]), {filtered})

    def check_all(self, server, user):
        found = kinds(server)
        self.standard = {os.readlink(f"/proc/{server.pid}/fd/{fd}") for fd in range(3)} if is_root() else set()
        self.assertEqual(set(found), {"supervisor", "leader", "worker"} | ({"admin"} if "admin" in server.config else set()))
        for kind, pids in found.items():
            for pid in pids:
                self.check(pid, kind, user)
        for pid in found["worker"]:
            self.assertEqual(len(processes.rights(pid)["filters"]), 3)  # its two threads, and the one that listens

    def test_has_nothing_that_it_does_not_need(self):
        user = pwd.getpwnam("nobody").pw_uid if is_root() else os.geteuid()
        kind = Administered if ADMIN else Server
        with kind(workers={"processes": 2, "threads": 2}) as server:
            if ADMIN:  # it comes a moment later than the others, and answers when it has given up what it gives up
                self.assertEqual(server.get("/healthz").status, 200)
            self.check_all(server, user)
            self.assert_echoes(server.port)

    def test_has_nothing_more_when_somebody_else_than_root_starts_it(self):
        if not is_root():
            self.skipTest("only root can become somebody else; the test before was about this user")
        with OrdinaryServer(workers={"processes": 1, "threads": 2}) as server:
            self.check_all(server, ORDINARY)
            self.assert_echoes(server.port)

    def test_one_that_comes_later_has_nothing_more(self):
        user = pwd.getpwnam("nobody").pw_uid if is_root() else os.geteuid()
        with Server(workers={"processes": 1, "threads": 2}) as server:
            processes.kill(server.workers()[0])
            server.wait_for_log("worker_start", count=2)
            self.assert_echoes(server.port)
            self.check_all(server, user)
            server.signal(SIGHUP)
            server.wait_for_log("reload")
            server.wait_for_log("worker_exit", why="drained")
            server.wait_until_gone(pid for pid in server.leaders()[:-1])
            self.assert_echoes(server.port)
            self.check_all(server, user)


class OrdinaryServer(Server):
    """Started as systemd does it for an ordinary user: with a capability, to read files that are not his."""

    def __init__(self, **settings):
        become = ("setpriv", f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups")
        keep = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
        super().__init__(prefix=(*become, *keep), **settings)


class WhatIsSaid(secho.TestCase):
    def test_the_log_tells_once_what_is_in_force(self):
        with Server() as server:
            (event,) = server.find_log("sandbox")
            self.assertEqual(event["filter"], "yes" if has_filter() else "no")
            self.assertEqual(int(event["landlock"]) > 0, has_sandbox() and "no Landlock" not in event.get("why", ""))
            server.signal(SIGHUP)
            server.wait_for_log("reload")
            self.assertEqual(len(server.find_log("sandbox")), 1)

    def test_the_report_tries_it(self):
        report = run_server("--sandbox-report", config=secho.configuration(**ADMIN))
        rows = [re.split(r"  +", line.strip()) for line in report.stdout.splitlines()[3:] if "  " in line]
        self.assertEqual({row[0] for row in rows}, {"supervisor", "leader", "worker", *ADMIN})
        refused = {(kind, what) for kind, what, in_force, *_ in rows if in_force != "yes"}
        everything = "\nall of it is in force\n" in report.stdout
        self.assertEqual((everything, refused == set()), (report.returncode == 0,) * 2, report.stdout)
        tried = {(kind, what): how for kind, what, _, how in rows}
        if has_filter():
            self.assertEqual(tried["worker", "cannot execute a program"], "tried: it died by SIGSYS")
            self.assertEqual(tried["worker", "cannot make an unknown call"], "tried: Operation not permitted, and counted")
        if not has_sandbox():
            self.assertIn(("worker", "cannot execute a program"), refused)
            self.assertEqual(tried["worker", "cannot execute a program"], "tried: it worked")

    def test_the_report_says_what_is_not_in_force(self):
        if not is_root() or not has_sandbox():
            self.skipTest("only root can give a process what it cannot give away; and the build must have a sandbox")
        groups = subprocess.run(
            ["setpriv", f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--groups", "4322",
             secho.program("secho-server"), "--sandbox-report", "-c", self.readable_configuration()],
            capture_output=True, text=True, timeout=secho.PATIENCE, check=False,
        )  # fmt: skip
        self.assertEqual(groups.returncode, 1, groups.stderr)
        self.assertRegex(groups.stdout, r"\nworker +has no other group +NO +/proc: Groups; only root can")
        self.assertIn("\nnot all of it is in force\n", groups.stdout)

    def readable_configuration(self):
        folder = tempfile.mkdtemp(prefix="secho-ordinary-")
        self.addCleanup(shutil.rmtree, folder)
        os.chmod(folder, 0o755)
        file = pathlib.Path(folder, "secho.json")
        file.write_text('{"listeners": [{"name": "main", "port": 0, "transport": "tcp"}]}', encoding="ascii")
        file.chmod(0o644)
        return file

    def test_the_report_needs_a_configuration_that_is_one(self):
        self.assertEqual(run_server("--sandbox-report").returncode, 64)
        report = run_server("--sandbox-report", config='{"listeners": 1}')
        self.assertEqual((report.returncode, report.stdout), (78, ""))


def link_local():
    """An address such as fe80::1%eth0 of this machine; None: it has none. The file is in proc(5)."""
    for line in pathlib.Path("/proc/net/if_inet6").read_text(encoding="ascii").splitlines():
        address, _, _, scope, _, name = line.split()
        if scope == "20":
            return ":".join(address[i : i + 4] for i in range(0, 32, 4)) + "%" + name
    return None


class WhatStillWorks(secho.TestCase):
    def test_a_client_with_a_zone_in_its_address(self):
        """Its name is known from before: asking for it would take a socket, and end the worker."""
        with Server(secho.tcp(address="::")) as server:
            address = link_local()
            if address is None:
                self.skipTest("no interface here has a link-local IPv6 address")
            with socket.create_connection((address, server.port), timeout=secho.PATIENCE) as peer:
                peer.sendall(b"x")
                self.assertEqual(peer.recv(1), b"x")
            closed = server.wait_for_log("closed")
            self.assertIn("%", closed["peer"])
            self.assertEqual(server.find_log("worker_exit"), [])

    def test_nothing_is_denied_in_a_life_with_everything(self):
        with tempfile.TemporaryDirectory(prefix="secho-keys-") as folder:
            listener = secho.tls(tls={"key_log": os.path.join(folder, "keys"), "early_data": "16KiB"})
            with Server(listener, workers={"processes": 1, "threads": 2}, timeouts={"drain": "1s"}) as server:
                peers = [Tls(server.port) for _ in range(50)]
                for peer in peers:
                    self.assertEqual(peer.echo(b"x" * 100_000), b"x" * 100_000)
                for peer in peers[:40]:
                    peer.goodbye()
                    peer.close()
                self.assertEqual(peers[45].echo(b"y"), b"y")
                server.signal(SIGHUP)
                server.wait_for_log("reload")
                self.assertEqual(peers[46].echo(b"y"), b"y")
                server.stop()
                self.assertNotIn("denied", server.wait_for_log("stopped"))
                for event in ("call_denied", "call_forbidden"):
                    self.assertEqual(server.find_log(event), [])
            self.assertIn("CLIENT_TRAFFIC_SECRET_0", pathlib.Path(folder, "keys").read_text(encoding="ascii"))


if __name__ == "__main__":
    secho.main()
