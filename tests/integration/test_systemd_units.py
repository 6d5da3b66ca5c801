"""The units of config/systemd: systemd's own checks of them, and the life that they give to a service."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

import processes
import secho
from manager import Manager, activate, listen
from secho import Server

UNITS = secho.ROOT / "config" / "systemd"
EXPOSURE_MAX = 1.5
NOBODY = 65534
FROM_FILES = "/etc/secho/", "/run/credentials/secho-server.service/"


def settings(unit):
    """[(key, value), ...] of a unit's file."""
    return re.findall(r"^([A-Za-z]+)=(.*)$", (UNITS / unit).read_text(), re.M)


@unittest.skipUnless(shutil.which("systemd-analyze"), "needs systemd-analyze (Debian: systemd)")
class Analyzed(secho.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="secho-units-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for unit in UNITS.glob("secho-server.*"):
            text = unit.read_text().replace("/usr/sbin/secho-server", secho.program("secho-server"))
            (self.folder / unit.name).write_text(text)
            (self.folder / unit.name).chmod(0o644)  # systemd looks at it; whose umask this is, who knows

    def analyze(self, *args):
        command = ["systemd-analyze", "--no-pager", *args]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=60, check=False)

    def verify(self):
        """What systemd has to say about our units."""
        done = self.analyze("verify", "--man=no", "./secho-server.service", "./secho-server.socket")
        return "\n".join(line for line in done.stderr.splitlines() if "secho" in line)

    def test_systemd_finds_nothing_wrong_with_them(self):
        self.assertEqual(self.verify(), "")

    def test_it_would_find_what_is_wrong(self):
        with open(self.folder / "secho-server.service", "a", encoding="utf-8") as file:
            file.write("\n[Service]\nNoSuchKey=1\n")
        self.assertIn("NoSuchKey", self.verify())

    def exposure(self, unit):
        shown = self.analyze("security", "--offline=true", f"./{unit}").stdout
        return float(re.search(r"Overall exposure level for \S+: ([\d.]+)", shown)[1])

    def test_the_service_is_hardly_exposed(self):
        self.assertLessEqual(self.exposure("secho-server.service"), EXPOSURE_MAX)

    def test_one_without_these_settings_would_be(self):
        file = self.folder / "secho-server.service"
        file.write_text(re.sub(r"^(Protect|Private|Restrict|SystemCall|Capability).*\n", "", file.read_text(), flags=re.M))
        self.assertGreater(self.exposure("secho-server.service"), EXPOSURE_MAX)


class Consistent(secho.TestCase):
    def test_the_socket_is_that_of_the_listener_in_the_example(self):
        (listener,) = json.loads((UNITS / "secho.json").read_text())["listeners"]
        unit = dict(settings("secho-server.socket"))
        self.assertEqual((unit["FileDescriptorName"], unit["ListenStream"]), (listener["name"], str(listener["port"])))

    def test_each_file_of_the_example_is_where_the_service_can_read_it(self):
        credentials = [value.partition(":")[0] for key, value in settings("secho-server.service") if key == "LoadCredential"]
        (pair,) = json.loads((UNITS / "secho.json").read_text())["listeners"][0]["tls"]["certificates"]
        self.assertEqual(pair["key"], FROM_FILES[1] + credentials[0])
        self.assertTrue(pair["chain"].startswith(FROM_FILES[0]))

    def test_systemd_waits_for_longer_than_a_drain(self):
        effective = json.loads(secho.run_server("-T", config=secho.configuration(timeouts={})).stdout)
        del effective["timeouts"]["goodbye"]
        drain_s = int(effective["timeouts"]["drain"].removesuffix("s"))
        unit = dict(settings("secho-server.service"))
        self.assertGreater(int(unit["TimeoutStopSec"].removesuffix("s")), drain_s)


class Alive(secho.TestCase):
    """The example as systemd would start it: another user, a low port that it could not bind, a copy of the key."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="secho-credentials-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.user = NOBODY if os.geteuid() == 0 else 0
        for name in ("server.pem", "server.key"):
            shutil.copy(secho.pki() / name, self.folder / name)
            (self.folder / name).chmod(0o400)
            if self.user:
                os.chown(self.folder / name, self.user, self.user)
        if self.user:
            os.chown(self.folder, self.user, self.user)

    def configuration(self, port):
        text = (UNITS / "secho.json").read_text().replace("8443", str(port))
        for place in FROM_FILES:
            text = text.replace(place, f"{self.folder}/")
        return {**json.loads(text), "log": {"format": "json"}, "workers": {"processes": 2}}

    def listen_low(self):
        """A port that an ordinary user may not bind, where we may."""
        for port in range(1023, 599, -1) if self.user else ():
            try:
                return listen("::", port)
            except OSError:
                continue
        return listen("::")

    def test_it_serves_reloads_and_stops_as_an_ordinary_user(self):
        with Manager(env={"WATCHDOG_USEC": "30000000"}) as boss, self.listen_low() as sock:
            port = sock.getsockname()[1]
            arguments = activate(env=boss.env, user=self.user, main=sock)
            with Server(config=self.configuration(port), **arguments) as server:
                boss.wait_for("READY", "^1$")
                self.assert_echoes(port, host="::1")
                if self.user:
                    self.assertEqual(
                        {(processes.user(pid), processes.groups(pid)) for pid in server.all_processes()},
                        {(4 * (self.user,), ())},
                    )
                since, before = len(boss.hear_all()), server.leaders()
                server.signal(signal.SIGHUP)
                boss.wait_for("READY", "^1$", since)
                self.assert_echoes(port, host="::1")
                server.wait_until_gone(before)  # one that ends looks for leaks: killed then, it complains
                processes.kill(server.workers()[0])
                server.wait_for_log("worker_exit", signal="SIGKILL")
                for _ in range(5):
                    self.assert_echoes(port, host="::1")
                self.assertEqual(server.stop(), 0)
            self.assertEqual(boss.said("STOPPING"), [("STOPPING", "1")])
            boss.wait_for("WATCHDOG", "^1$")


if __name__ == "__main__":
    secho.main()
