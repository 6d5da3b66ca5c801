"""secho-server -t and -T: what they say, where, and with which exit status."""

import json
import os
import pathlib
import re
import subprocess
import tempfile

import secho

TREE = pathlib.Path(__file__).resolve().parents[2]
SERVER = pathlib.Path(os.environ["SECHO_BUILD"]) / "secho-server"
LINE = re.compile(r"^[^:]+:[1-9][0-9]*:[1-9][0-9]*: /[^ ]*: .+$")
TCP = {"listeners": [{"port": 0, "transport": "tcp"}]}


# Root may read every file, unless it may not become more than it is (capabilities(7)).
AS_ANYBODY = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


def server(*options, cwd=None, prefix=()):
    return subprocess.run([*prefix, SERVER, *map(str, options)], capture_output=True, text=True, check=False, timeout=60,
                          cwd=cwd)


class Check(secho.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.folder / "secho.json"

    def write(self, config):
        self.file.write_text(config if isinstance(config, str) else json.dumps(config), encoding="utf-8")

    def assert_refused(self, done):
        self.assertEqual(done.returncode, 78, done)
        self.assertEqual(done.stdout, "")

    def test_a_right_configuration_passes(self):
        self.write(TCP)
        self.assertEqual(server("-t", "-c", self.file).returncode, 0)

    def test_the_effective_configuration_is_json_with_defaults(self):
        self.write(TCP)
        done = server("-T", "-c", self.file)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(done.stdout.endswith("}\n"))
        printed = json.loads(done.stdout)
        self.assertEqual(printed["timeouts"]["idle"], "5m")
        self.assertEqual(printed["listeners"][0]["name"], "listener-0")
        self.assertIsInstance(printed["workers"]["processes"], int)

    def test_the_effective_configuration_can_be_served(self):
        self.write(TCP)
        first = server("-T", "-c", self.file).stdout
        self.write(first)
        self.assertEqual(server("-T", "-c", self.file).stdout, first)

    def test_paths_are_resolved_from_the_folder_of_the_file(self):
        done = server("-T", "-c", TREE / "config" / "quickstart.json", cwd=self.folder)
        chain = json.loads(done.stdout)["listeners"][0]["tls"]["certificates"][0]["chain"]
        self.assertEqual(os.path.realpath(chain), os.path.realpath(TREE / "certs" / "server.pem"))

    def test_all_problems_are_told_at_once_on_stderr(self):
        self.write({"workers": {"threads": 0}, "listners": [], "listeners": [{"port": 70000, "transport": "tcp"}]})
        for option in ("-t", "-T"):
            done = server(option, "-c", "secho.json", cwd=self.folder)
            self.assert_refused(done)
            lines = done.stderr.splitlines()
            self.assertEqual(len(lines), 3, done.stderr)
            for line in lines:
                self.assertRegex(line, LINE)
            self.assertEqual(lines[0], "secho.json:1:25: /workers/threads: must be 1..64, is 0")

    def test_what_cannot_be_read_is_refused_at_once(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        for path, why in ((pipe, "is a pipe"), (self.folder, "is a folder"), ("/dev/null", "is a device"),
                          (self.folder / "none", "No such file or directory")):
            with self.subTest(path):
                done = server("-t", "-c", path)
                self.assert_refused(done)
                self.assertTrue(done.stderr.startswith(f"{path}: "), done.stderr)
                self.assertIn(why, done.stderr)

    def test_a_file_without_permission_is_refused(self):
        self.write(TCP)
        self.file.chmod(0)
        done = server("-t", "-c", self.file, prefix=AS_ANYBODY)
        self.assert_refused(done)
        self.assertIn("Permission denied", done.stderr)

    def test_a_large_file_full_of_mistakes_is_refused_in_time(self):
        wrong = json.dumps({"proxy_protocol_from": [1] * 1000, "port": 0, "transport": "tcp"}, separators=(",", ":"))
        self.write('{"listeners":[' + ",".join([wrong] * 250) + "]}")
        done = server("-t", "-c", self.file)
        self.assert_refused(done)
        self.assertEqual(len(done.stderr.splitlines()), 51)
        self.assertIn("and 249950 more", done.stderr)

    def test_a_file_that_is_too_large_is_refused(self):
        self.write(" " * (1 << 20) + json.dumps(TCP))
        done = server("-t", "-c", self.file)
        self.assert_refused(done)
        self.assertIn("larger than 1 MiB", done.stderr)


if __name__ == "__main__":
    secho.main()
