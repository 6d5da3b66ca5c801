"""secho-client --json with a HOST that nobody would type: it is JSON in UTF-8 all the same (RFC 8259 8.1)."""

import json
import os

import secho

# What stands on the command line, and how it is told.
HOSTS = [
    (b'a"b\\c', 'a"b\\c'),
    (b"a\x01\x1b[31m\x7f", "a\x01\x1b[31m\x7f"),
    (b"line\nfeed", "line\nfeed"),
    ("\u00fc.\U0001f600".encode(), "\u00fc.\U0001f600"),
    (b"\xff\xfe", "\\xff\\xfe"),
    (b"cut\xc3", "cut\\xc3"),
    (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),  # a surrogate
    (b"\xc0\xaf", "\\xc0\\xaf"),  # overlong
    (b"../../etc", "../../etc"),
    (b"%s%n", "%s%n"),
]


class OddHosts(secho.TestCase):
    def run_client(self, *words):
        done = secho.client("--json", "--timeout", "5s", *words)
        objects = [json.loads(line) for line in done.stdout.decode("utf-8").split("\n") if line]
        self.assertNotEqual(objects, [], done)
        return done, objects[-1]

    def test_each_mode_prints_json_with_the_name_in_it(self):
        for mode in (["check"], ["ping", "-c", "1"], ["report"], ["path"]):
            for host, told in HOSTS:
                with self.subTest(mode=mode, host=host):
                    done, found = self.run_client(*mode, os.fsdecode(host), 1)
                    self.assertNotEqual(done.returncode, 0)
                    self.assertEqual((found["ok"], found["exit"]), (False, done.returncode), done)
                    self.assertEqual(found["host"], told)

    def test_the_table_of_resume_too(self):
        for host, told in HOSTS:
            with self.subTest(host=host):
                done, found = self.run_client("resume", os.fsdecode(host) + ":1", "localhost:1")
                self.assertEqual((found["ok"], found["exit"]), (False, done.returncode), done)
                self.assertEqual(found["offers"][0]["made_at"], f"{told}:1")

    def test_what_people_read_has_no_control_in_it(self):
        for host, _told in HOSTS:
            with self.subTest(host=host):
                done = secho.client("--timeout", "5s", "check", os.fsdecode(host), 1)
                self.assertEqual(done.stdout, b"")
                self.assertEqual([byte for byte in done.stderr if byte < 32 and byte != 10 or byte == 127], [], done.stderr)
                self.assertNotIn(b"line\nfeed", done.stderr)
                done.stderr.decode("utf-8")


if __name__ == "__main__":
    secho.main()
