"""What secho-bench says about odd words, terminals and files. No assertion about a time."""

import json
import os
import pathlib
import socket
import subprocess
import tempfile

import moments
import secho
from terminal import Terminal

PROGRAM = secho.program("secho-bench")
MOMENT = ["-d", "200ms", "--warmup", "0s"]
ESC, WRONG = b"\033[2Jx", b"a\xffb.invalid"


def ca():
    """The file of our root certificate."""
    return str(secho.pki() / "ca.pem")


def bench(*words, **more):
    """Runs secho-bench to its end; what it says stays bytes."""
    words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return subprocess.run(
        [PROGRAM.encode() if isinstance(PROGRAM, str) else PROGRAM, *words],
        capture_output=True,
        timeout=secho.PATIENCE,
        check=False,
        **more,
    )


class OddWords(secho.TestCase):
    def test_a_host_that_is_no_text_leaves_the_object_valid(self):
        for host in [ESC, WRONG]:
            with self.subTest(host):
                done = bench(*MOMENT, "--json", "echo", host, 1)
                told = json.loads(done.stdout.decode("utf-8"))
                self.assertFalse(told["ok"])
                self.assertIn(told["target"]["host"], ["\\u001b[2Jx", "a\\xffb.invalid"])

    def test_no_control_character_reaches_the_terminal(self):
        for words in [["echo", ESC, 1], ["echo", "x", ESC], [ESC, "x", 1], ["--explain", ESC], ["--compare", ESC, ESC]]:
            with self.subTest(words):
                done = bench(*words)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(b"\\u001b[2J", done.stderr)
                self.assertNotIn(b"\033", done.stderr + done.stdout)


class BeforeTheRun(secho.TestCase):
    def assert_gives_up(self, status, code, words, *options):
        """With --json there is an object, whatever is wrong."""
        done = bench("--json", *options, "echo", "nonexistent.invalid", 1)
        self.assertEqual(done.returncode, status, done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual((told["ok"], told["exit"], told["code"]), (False, status, code))
        self.assertIn(words, told["why"])
        self.assertIn(words, done.stderr.decode())
        self.assertNotIn("secho-client", told["advice"] + done.stderr.decode())
        self.assertEqual(bench(*options, "echo", "nonexistent.invalid", 1).stdout, b"")

    def test_a_page_that_cannot_be_is_named_as_it_was_typed(self):
        self.assert_gives_up(71, "system", "--html /nonexistent/run.html: No such", "--html", "/nonexistent/run.html")

    def test_a_process_that_is_not_there_is_no_missing_file(self):
        self.assert_gives_up(64, "usage", "there is no process 999999999", "--pid", 999999999)

    def test_a_process_of_another_user_is_a_matter_of_permission(self):
        nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        try:
            done = bench("--pid", 1, "echo", "nonexistent.invalid", 1, **nobody)
        except PermissionError:
            self.skipTest("nobody may not run what was built here")
        self.assertEqual(done.returncode, 71, done.stderr)
        self.assertIn(b"no permission to look at this process", done.stderr)

    def test_a_quiet_comparison_only_checks_its_files(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(bench("--json", "--pid", 999999999, "echo", "nonexistent.invalid", 1).stdout)
            file.flush()
            done = bench("-q", "--compare", file.name, file.name)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))
            file.write(b"x")
            file.flush()
            self.assertEqual(bench("-q", "--compare", file.name, file.name).returncode, 78)

    def test_protocols_that_are_none_name_our_own_help(self):
        done = bench("--alpn", ",", "echo", "127.0.0.1", 1)
        self.assertEqual(done.returncode, 64, done.stderr)
        self.assertIn(b"secho-bench -h", done.stderr)
        self.assertNotIn(b"secho-client", done.stderr)


class Terminals(secho.TestCase):
    def test_a_dumb_terminal_gets_no_escape_sequence(self):
        with secho.Server() as server:

            def run(duration):
                words = [PROGRAM, "--ca", ca(), "-d", duration, "--warmup", "0s", "echo", "localhost", str(server.port)]
                with Terminal(*words, env={"TERM": "dumb"}) as terminal:
                    return subprocess.CompletedProcess(words, terminal.wait(), terminal.screen, "")

            done = moments.run_until_heard(run, moments=moments.MOMENTS[1:])  # what others see live comes after a second
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("throughput", done.stdout)
        self.assertNotIn("\033", done.stdout)
        self.assertNotIn("measuring", done.stdout)


class Pages(secho.TestCase):
    def test_a_run_without_a_figure_leaves_the_page_of_an_earlier_one(self):
        with tempfile.TemporaryDirectory() as folder, secho.closed_port() as port:
            page = pathlib.Path(folder, "run.html")
            page.write_text("earlier", encoding="ascii")
            done = bench(*MOMENT, "--html", page, "echo", "127.0.0.1", port)
            self.assertEqual(done.returncode, 69, done.stderr)
            self.assertIn(b"nothing was measured, so no page is written", done.stderr)
            self.assertEqual((page.read_text(encoding="ascii"), os.listdir(folder)), ("earlier", ["run.html"]))


if __name__ == "__main__":
    secho.main()
