"""The schema and the man pages say what the tables of keys and of codes say."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import secho

TREE = pathlib.Path(__file__).resolve().parents[2]
BUILD = os.environ["SECHO_BUILD"]


def check(tree):
    return subprocess.run([sys.executable, tree / "scripts" / "generate", "--check", BUILD],
                          capture_output=True, text=True, check=False)


class Generated(secho.TestCase):
    def test_the_committed_files_are_what_the_table_gives(self):
        done = check(TREE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_stale_file_is_found_and_the_command_named(self):
        keys, codes = "src/config/keys.h", "src/diagnosis/codes.h"
        files = {"config/secho.schema.json": (keys, "10000"), "src/man/secho.json.5": (keys, "10000"),
                 "src/man/secho-explain.7": (codes, "no_common_suite")}
        for name, (table, word) in files.items():
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                tree = pathlib.Path(folder)
                for wanted in ("scripts/generate", *files):
                    (tree / wanted).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(TREE / wanted, tree / wanted)
                text = (tree / name).read_text(encoding="utf-8")
                (tree / name).write_text(text.replace(word, "stale"), encoding="utf-8")
                done = check(tree)
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"{name}: is not what {table} gives; run scripts/generate", done.stdout)


if __name__ == "__main__":
    secho.main()
