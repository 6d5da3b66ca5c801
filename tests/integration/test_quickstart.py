"""scripts/quickstart: from nothing to an echo; and it takes its server with it, however it ends."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import threading

import processes
import secho

QUICKSTART = secho.ROOT / "scripts" / "quickstart"
PATIENCE = 4 * secho.PATIENCE  # it may have to build


def own_configuration(folder, port):
    """config/quickstart.json with another port: two users of one machine must not meet."""
    path = secho.ROOT / "config" / "quickstart.json"
    settings = json.loads(path.read_text())
    settings.pop("$schema", None)
    for listener in settings["listeners"]:
        listener["port"] = port
        for pair in listener["tls"]["certificates"]:
            pair.update({name: str((path.parent / file).resolve()) for name, file in pair.items()})
    mine = pathlib.Path(folder, "quickstart.json")
    mine.write_text(json.dumps(settings))
    return mine


def packages(script):
    """Runs bash with scripts/lib/packages.sh."""
    words = f"source {secho.ROOT}/scripts/lib/packages.sh\n{script}"
    return subprocess.run(["bash", "-euc", words], capture_output=True, text=True, check=False)


class Quickstart(secho.TestCase):
    def setUp(self):
        processes.adopt_orphans()
        folder = tempfile.TemporaryDirectory(prefix="secho-quickstart-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def start(self, *args, port=0):
        """Starts it in a process group of its own, as a terminal does, in another folder than its own."""
        words = [QUICKSTART, "--config", own_configuration(self.folder, port), *args]
        started = subprocess.Popen(
            words,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        watch = threading.Timer(PATIENCE, os.killpg, (started.pid, signal.SIGKILL))
        watch.start()
        self.addCleanup(watch.cancel)
        return started

    def start_and_wait(self):
        """Until it serves; the process, the pid of its server, and what it has printed."""
        started = self.start()
        printed = ""
        for line in started.stdout:
            printed += line
            if "until Ctrl-C" in line:
                return started, int(re.search(r"process (\d+)", printed).group(1)), printed
        raise AssertionError(f"it ended: {printed}{started.communicate()[1]}")

    def test_once_proves_an_echo_and_ends(self):
        out, err = (started := self.start("--once")).communicate()
        self.assertEqual(started.returncode, 0, out + err)
        self.assertRegex(out, r"(?m)^ok: ")
        self.assertRegex(out, r"(?m)^Hello, secho!$")
        server = int(re.search(r"process (\d+)", out).group(1))
        self.assertFalse(processes.is_alive(server))

    def test_it_names_three_commands_to_try(self):
        started, _, printed = self.start_and_wait()
        os.killpg(started.pid, signal.SIGINT)
        started.communicate()
        for command in ("secho-client --ca ", "openssl s_client -connect localhost:", "tail -f "):
            self.assertIn(command, printed)

    def test_each_way_out_takes_the_server_along(self):
        for number, expected in ((signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            with self.subTest(signal=number):
                started, server, printed = self.start_and_wait()
                self.assertTrue(processes.is_alive(server))
                os.killpg(started.pid, number)
                out, err = started.communicate()
                self.assertEqual(started.returncode, expected, printed + out + err)
                self.assertFalse(processes.is_alive(server))

    def test_a_port_that_is_taken_gives_the_servers_own_words(self):
        with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as taken:
            out, err = (started := self.start("--once", port=taken.getsockname()[1])).communicate()
        self.assertEqual(started.returncode, 71, out + err)
        self.assertIn("Address already in use", err)

    def test_a_server_that_dies_is_told(self):
        started, server, _ = self.start_and_wait()
        os.kill(server, signal.SIGKILL)
        _, err = started.communicate()
        self.assertEqual(started.returncode, 137, err)
        self.assertIn("ended by itself", err)

    def test_wrong_usage_is_told(self):
        done = subprocess.run([QUICKSTART, "--twice"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 64)
        self.assertIn("usage:", done.stderr)


class Packages(secho.TestCase):
    def test_without_root_it_says_which_command_to_run(self):
        done = packages("id() { echo 1000; }\nwant first false\nwant second true\nwant third false\ninstall_missing /dev/null")
        self.assertEqual(done.returncode, 1)
        self.assertIn("sudo apt-get install -y --no-install-recommends first third\n", done.stderr)

    def test_root_installs_only_what_is_missing(self):
        done = packages(
            "id() { echo 0; }\napt_get() { echo \"apt_get $*\" >&3; }\nexec 3>&1\n"
            "want first false\nwant second true\ninstall_missing /dev/null"
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, "installing first\napt_get update\napt_get install first\n")

    def test_with_nothing_missing_nothing_happens(self):
        done = packages("apt_get() { echo called >&2; }\nwant first true\ninstall_missing /dev/null")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_one_package_that_is_not_to_be_had_does_not_keep_the_others_away(self):
        done = packages(
            "id() { echo 0; }\nexec 3>&1\n"
            "apt_get() { echo \"$*\" >&3; [[ $* != *bad* ]]; }\n"
            "want bad false\nwant good false\ninstall_missing /dev/null"
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn("install good\n", done.stdout)
        self.assertIn("cannot install bad", done.stderr)

    def test_without_apt_get_it_names_the_packages(self):
        done = packages("command() { [ \"$2\" != apt-get ]; }\nwant first false\ninstall_missing /dev/null")
        self.assertEqual(done.returncode, 1)
        self.assertIn("first", done.stderr)


if __name__ == "__main__":
    secho.main()
