"""The load of secho-bench where it is hard: small pieces, overload, signals. No assertion about a time."""

import json
import subprocess

import secho

PROGRAM = secho.program("secho-bench")


def words_of(port, *words, mode="echo"):
    """A command line with trust."""
    return [PROGRAM, "--ca", str(secho.pki() / "ca.pem"), *map(str, words), mode, "localhost", str(port)]


def measure(port, *words, mode="echo", **more):
    """A run with --json; the finished process, with .told beside it."""
    done = subprocess.run(
        words_of(port, "--json", *words, mode=mode),
        capture_output=True, text=True, timeout=secho.PATIENCE, check=False, **more)
    done.told = json.loads(done.stdout) if done.stdout else {}
    return done


class Stream(secho.TestCase):
    def test_small_pieces_on_many_connections_come_back_within_the_window(self):
        with secho.Server() as server:
            for words in [["-s", 1, "-n", 10], ["-s", 1, "-n", 40, "-t", 2], ["-s", 16, "-n", 10]]:
                with self.subTest(words):
                    done = measure(server.port, "-d", "500ms", "--warmup", "100ms", *words, mode="stream")
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertGreater(done.told["bytes"], 0)


if __name__ == "__main__":
    secho.main()
