"""The JSON Schema accepts the examples and refuses what secho-server refuses (needs python3-jsonschema)."""

import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import secho

try:
    import jsonschema
except ImportError:
    print("skipped: no jsonschema here (Debian: python3-jsonschema)")
    sys.exit(77)

CONFIG = pathlib.Path(__file__).resolve().parents[2] / "config"
SCHEMA = json.loads((CONFIG / "secho.schema.json").read_text(encoding="utf-8"))
# Debian 12 has jsonschema 4.10, which knows the draft.
SERVER = pathlib.Path(os.environ["SECHO_BUILD"]) / "secho-server"
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
GOOD = json.loads((CONFIG / "full.json").read_text(encoding="utf-8"))
PAIR = {"chain": "a", "key": "b"}

# A path of keys to change in full.json, and what to put there.
BROKEN = [
    (["listeners", 0, "port"], 70000),
    (["listeners", 0, "port"], "8443"),
    (["listeners", 0, "port"], 1.5),
    (["listeners", 0, "prot"], 1),
    (["listeners", 0, "name"], "a b"),
    (["listeners", 0, "address"], "localhost"),
    (["listeners", 0, "transport"], "tsl"),
    (["listeners", 0, "transport"], "dtls"),
    (["listeners", 0, "transport"], "tcp"),
    (["listeners", 0, "tls"], {}),
    (["listeners", 0, "tls"], None),
    (["listeners", 0, "tls", "certificates"], []),
    (["listeners", 0, "tls", "certificates"], [{"chain": "a"}]),
    (["listeners", 0, "tls", "certificates"], [{"chain": "", "key": "b"}]),
    (["listeners", 0, "tls", "min_version"], "1.1"),
    (["listeners", 0, "tls", "alpn"], "h2"),
    (["listeners", 0, "tls", "early_data"], "1 KiB"),
    (["listeners", 0, "tls", "client_auth"], {"mode": "demand"}),
    (["listeners", 1, "tls"], {"certificates": [PAIR]}),
    (["listeners"], []),
    (["workers", "processes"], "many"),
    (["workers", "processes"], 0),
    (["workers", "threads"], 65),
    (["timeouts", "idle"], 10),
    (["timeouts", "idle"], "10"),
    (["timeouts", "idle"], "-1s"),
    (["timeouts", "idle"], "1.5s"),
    (["timeouts", "goodbye"], "0s"),
    (["timeouts", "age"], "1 h"),
    (["log", "level"], "loud"),
    (["admin", "port"], 70000),
    (["admin", "expose"], "yes"),
    (["$schema"], 1),
    (["limit"], {}),
]


def changed(path, value):
    config = copy.deepcopy(GOOD)
    inner = config
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return config


class Schema(secho.TestCase):
    def test_it_is_a_schema(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_it_accepts_every_example(self):
        examples = [path for path in CONFIG.glob("*.json") if not path.name.endswith(".schema.json")]
        self.assertGreaterEqual(len(examples), 3)
        for path in examples:
            with self.subTest(path.name):
                VALIDATOR.validate(json.loads(path.read_text(encoding="utf-8")))

    def check_both(self, path, value, good):
        """The schema and the server say the same about full.json with one value changed."""
        config = changed(path, value)
        with self.subTest(path=path, value=value), tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "secho.json"
            file.write_text(json.dumps(config), encoding="utf-8")
            done = subprocess.run([SERVER, "-T", "-c", file], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0 if good else 78, done.stderr)
            self.assertEqual(VALIDATOR.is_valid(config), good)

    def test_both_accept_what_is_right(self):
        for path, value in ((["timeouts", "age"], "0s"), (["timeouts", "age"], "1h"), (["watch"], False), (["peers"], []), (["admin"], {}),
                            (["listeners", 0, "tls", "client_auth"], {"mode": "none"}),
                            (["listeners", 0, "address"], "fe80::1%eth0"),
                            (["listeners", 0, "address"], "::ffff:192.0.2.1"),
                            (["workers", "processes"], 4)):
            self.check_both(path, value, good=True)

    def test_both_refuse_what_is_wrong(self):
        for path, value in BROKEN:
            self.check_both(path, value, good=False)


if __name__ == "__main__":
    secho.main()
