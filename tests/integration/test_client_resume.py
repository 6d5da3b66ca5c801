"""secho-client resume: which server honours whose sessions?"""

import json
import os
import pathlib
import tempfile

import secho
import strange
from secho import client


def ask(*words, options=()):
    """secho-client resume --json; the finished process, with .told and .table[(made at, offered at)] beside it."""
    done = client("resume", "--json", "--ca", secho.pki() / "ca.pem", *options, *words)
    done.told = json.loads(done.stdout) if done.stdout else {}
    done.table = {(cell["made_at"], cell["offered_at"]): cell["how"] for cell in done.told.get("offers", [])}
    return done


def at(port):
    return f"localhost:{port}"


class Case(secho.TestCase):
    def keys(self, *lines):
        """A file of ticket keys."""
        folder = tempfile.TemporaryDirectory(prefix="secho-tickets-")
        self.addCleanup(folder.cleanup)
        file = pathlib.Path(folder.name) / "tickets.keys"
        file.touch(0o600)
        file.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
        return secho.tls(tls={"tickets": {"count": 1, "keys": str(file)}})

    def assert_told(self, done, status, code, *sentences):
        self.assertEqual((done.returncode, done.told["exit"], done.told["code"]), (status, status, code), done.stderr)
        self.assertEqual(done.told["ok"], status == 0)
        for sentence in sentences:
            self.assertIn(sentence, " / ".join(done.told["summary"]))


OLD, NEW = (os.urandom(32).hex() for _ in range(2))


class Resume(Case):
    def test_servers_with_the_same_keys_honour_each_other(self):
        with secho.Server(self.keys(OLD)) as one, secho.Server(self.keys(OLD)) as other:
            for version in ("1.2", "1.3"):
                with self.subTest(version):
                    done = ask(at(one.port), at(other.port), options=["--tls", version])
                    self.assert_told(done, 0, "ok", "every session is honoured by every server")
                    self.assertEqual(set(done.table.values()), {"resumed"})
                    self.assertEqual(len(done.table), 4)

    def test_servers_with_keys_of_their_own_honour_only_their_own(self):
        with secho.Server() as one, secho.Server() as other:
            done = ask(at(one.port), at(other.port))
        a, b = at(one.port), at(other.port)
        self.assert_told(done, 1, "not_resumed", f"{a} and {b} do not honour each other's sessions")
        self.assertEqual(done.table, {(a, a): "resumed", (a, b): "full", (b, a): "full", (b, b): "resumed"})

    def test_a_key_that_only_one_of_them_has_is_seen_by_its_direction(self):
        with secho.Server(self.keys(OLD)) as one, secho.Server(self.keys(NEW, OLD)) as other:
            done = ask(at(one.port), at(other.port))
        a, b = at(one.port), at(other.port)
        self.assert_told(done, 1, "not_resumed", f"sessions of {a} are honoured by {b} but not the other way round")
        self.assertEqual((done.table[a, b], done.table[b, a]), ("resumed", "full"))

    def test_one_server_as_host_and_port(self):
        with secho.Server() as server:
            done = ask("localhost", server.port)
        self.assert_told(done, 0, "ok", "the server honours its own sessions")

    def test_an_ipv6_address_stands_in_brackets(self):
        with secho.Server({**secho.tls(), "address": "::1"}) as server:
            done = ask(f"[::1]:{server.port}", options=["--server-name", "localhost"])
        self.assert_told(done, 0, "ok")
        self.assertEqual(set(done.table), {(f"[::1]:{server.port}",) * 2})

    def test_a_server_without_tickets_is_told_from_one_that_refuses(self):
        context = strange.context()
        context.num_tickets = 0
        with strange.Server(strange.tls(strange.echo(), settings=context)) as one, \
                strange.Server(strange.tls(strange.echo())) as other:
            done = ask(at(one.port), at(other.port), options=["--tls", "1.3"])
        self.assert_told(done, 1, "not_resumed", f"{at(one.port)} gives no sessions",
                         f"{at(other.port)} does not honour its own sessions")

    def test_a_server_that_is_not_there_has_its_code_and_the_others_their_answer(self):
        with secho.Server() as server:
            done = ask(at(server.port), "localhost:1")
            self.assert_told(done, 69, "refused", "with localhost:1 there was no connection: refused")
            self.assertEqual(done.table[at(server.port), at(server.port)], "resumed")
            self.assertEqual(done.table[at(server.port), "localhost:1"], "failed")

    def test_tickets_of_openssl_itself_are_honoured_at_home(self):
        with strange.Server(strange.tls(strange.echo(), settings=strange.context())) as server:
            self.assert_told(ask(at(server.port)), 0, "ok")

    def test_the_table_is_for_people(self):
        with secho.Server() as one, secho.Server() as other:
            words = [at(one.port), at(other.port)]
            done = client("resume", "--ca", secho.pki() / "ca.pem", *words)
        lines = done.stdout.decode().splitlines()
        self.assertEqual(done.returncode, 1)
        self.assertEqual(lines[1].split(), words)
        self.assertEqual(lines[2].split(), [words[0], "resumed", "full"])
        self.assertEqual(lines[3].split(), [words[1], "full", "resumed"])

    def test_what_cannot_be_is_refused_in_words(self):
        for words, says in (
            (["resume"], "1 to 16"),
            (["resume", "localhost"], "no HOST:PORT"),
            (["resume", "localhost:0"], "1..65535"),
            (["resume", "::1:8443"], "brackets"),
            (["resume", "[::1:8443"], "no HOST:PORT"),
            (["resume", ":8443"], "HOST must"),
            (["resume", *["localhost:1"] * 17], "1 to 16"),
        ):
            with self.subTest(words):
                done = client(*words)
                self.assertEqual(done.returncode, 64, done.stderr)
                self.assertIn(says, done.stderr.decode())


if __name__ == "__main__":
    secho.main()
