"""Every mode of secho-bench runs for a moment against our server: nothing here depends on a time."""

import json
import subprocess

import moments
import secho

MODES = {
    "echo": [["-n", "4"], ["-n", "4", "-t", "2", "--depth", "8"], ["-n", "2", "-s", "64KiB"], ["--rate", "500"]],
    "stream": [["-n", "1"], ["-n", "4", "-t", "2", "-s", "1KiB"], ["-n", "2", "-s", "1MiB"]],
    "handshake": [["-n", "2"], ["-n", "2", "--resume", "0.5"], ["--no-echo"], ["--rate", "50"], ["--tls", "1.2"]],
    "idle": [["-n", "50"], ["-n", "20", "--ramp", "100ms"]],
}


class Modes(secho.TestCase):
    def run_mode(self, server, mode, words, port, trust=True):
        trust = ["--ca", str(secho.pki() / "ca.pem")] if trust else ["--plain"]

        def run(duration):
            return subprocess.run(
                [secho.program("secho-bench"), "-d", duration, "--warmup", "100ms", "--json", *trust, *words,
                 "--pid", str(server.pid), mode, "localhost", str(port)],
                capture_output=True, text=True, check=False, timeout=secho.PATIENCE)

        done = moments.run_until_heard(run)
        self.assertEqual(done.returncode, 0, f"{mode} {words}: {done.stderr}")
        told = json.loads(done.stdout)
        self.assertEqual(set(told["connections"]["ends"]), {"ok"}, f"{mode} {words}")
        return told

    def test_every_mode_runs_for_a_moment_over_tls(self):
        with secho.Server() as server:
            for mode, variants in MODES.items():
                for words in variants:
                    with self.subTest(f"{mode} {words}"):
                        told = self.run_mode(server, mode, words, server.port)
                        self.assertEqual(told["tls"]["version"], "TLSv1.2" if "1.2" in words else "TLSv1.3")

    def test_every_mode_runs_for_a_moment_over_plain_tcp(self):
        with secho.Server(secho.tcp()) as server:
            for mode in MODES:
                with self.subTest(mode):
                    told = self.run_mode(server, mode, ["-n", "2"], server.port, trust=False)
                    self.assertEqual(told["target"]["transport"], "tcp")


if __name__ == "__main__":
    secho.main()
