"""The example program that embeds libsecho, built like everything else here: with sanitizers, too."""

import subprocess

import secho


class Embed(secho.TestCase):
    def run_example(self, chain, key="server.key"):
        pki = secho.pki()
        words = [secho.BUILD / "tests" / "embed", pki / chain, pki / key, pki / "ca.pem"]
        return subprocess.run(words, capture_output=True, text=True, timeout=secho.PATIENCE, check=False)

    def test_a_program_hears_its_echo_and_the_events_of_the_server(self):
        done = self.run_example("server.pem")
        self.assertEqual(done.stdout, "an echo from inside of this program\n", done.stderr)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r'(?m)^closed .*end="ok"')

    def test_a_key_that_does_not_match_is_told_and_not_served(self):
        done = self.run_example("server.pem", "client.key")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("does not belong", done.stderr)


if __name__ == "__main__":
    secho.main()
