"""The command line of secho-server: what is asked, what is answered, with which exit code."""

import json
import os
import pathlib
import re
import tempfile

import secho
from secho import configuration, run_server

OK, USAGE, SYSTEM, CONFIG = 0, 64, 71, 78


class Options(secho.TestCase):
    def test_help_goes_to_stdout(self):
        for word in ("-h", "--help"):
            done = run_server(word)
            self.assertEqual((done.returncode, done.stderr), (OK, ""))
        for option in ("-c", "-t", "-T", "-V", "-h"):
            self.assertIn(option, done.stdout)

    def test_the_version_names_openssl_and_what_is_built_in(self):
        self.assertEqual(run_server("--version").stdout, run_server("-V").stdout)
        done = run_server("-V")
        self.assertEqual((done.returncode, done.stderr), (OK, ""))
        self.assertRegex(done.stdout, r"^secho(-server)? \d+\.\d+\.\d+")
        self.assertRegex(done.stdout, r"OpenSSL 3\.\d+\.\d+")

    def test_wrong_usage_is_64_with_one_line_that_helps(self):
        good = ["-c", "secho.json"]
        for words in ([], ["-x"], ["--no-such-option"], ["-c"], ["-c", ""], [*good, *good], [*good, "surplus"], ["-t"], ["-T"]):
            with self.subTest(words):
                done = run_server(*words)
                self.assertEqual(done.returncode, USAGE, done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertIn("-h", done.stderr)

    def test_a_missing_file_is_78_and_named(self):
        for option in ((), ("-t",), ("-T",)):
            with self.subTest(option):
                done = run_server(*option, "-c", "/nowhere/secho.json")
                self.assertEqual(done.returncode, CONFIG)
                self.assertIn("/nowhere/secho.json", done.stderr)
                self.assertIn("No such file", done.stderr)

    def test_a_folder_is_no_configuration(self):
        done = run_server("-t", "-c", "/")
        self.assertEqual(done.returncode, CONFIG)


class Check(secho.TestCase):
    def test_a_good_configuration_is_0(self):
        done = run_server("-t", config=configuration(secho.tls(), secho.tcp(name="plain")))
        self.assertEqual((done.returncode, done.stderr), (OK, ""))

    def test_the_unknown_name_of_a_list_is_told(self):
        for key, known in (("groups", "X25519"), ("signature_algorithms", "ecdsa_secp256r1_sha256")):
            with self.subTest(key):
                listener = secho.tls()
                listener["tls"][key] = f"{known}:nonsense:{known}"
                done = run_server("-t", config=configuration(listener))
                self.assertEqual(done.returncode, CONFIG)
                self.assertRegex(done.stderr, rf'/listeners/0/tls/{key}: OpenSSL 3.* does not know "nonsense"\n')

    def test_all_problems_are_listed_with_place_pointer_and_advice(self):
        text = """{
  "log": { "level": "loud" },
  "timeouts": { "idel": "5m", "write": "soon" },
  "limits": { "connections": -1 },
  "listeners": [
    { "name": "main", "port": 70000, "transport": "tcp" }
  ]
}
"""
        done = run_server("-t", config=text)
        self.assertEqual(done.returncode, CONFIG)
        for place, pointer, word in (
            ("2:21", "/log/level", "loud"),
            ("3:17", "/timeouts/idel", "idle"),
            ("3:40", "/timeouts/write", "soon"),
            ("4:30", "/limits/connections", "-1"),
            ("6:31", "/listeners/0/port", "must be 0..65535, is 70000"),
        ):
            with self.subTest(pointer):
                line = next((line for line in done.stderr.splitlines() if f" {pointer}: " in line), "")
                self.assertRegex(line, rf"secho\.json:{place}: {re.escape(pointer)}: ", done.stderr)
                self.assertIn(word, line)

    def test_certificates_and_keys_are_loaded(self):
        folder = secho.pki()
        (secho.BUILD / "empty.pem").write_text("")
        for name, chain, key, word in (
            ("missing chain", "/nowhere/x.pem", folder / "server.key", "/nowhere/x.pem"),
            ("missing key", folder / "server.pem", "/nowhere/x.key", "/nowhere/x.key"),
            ("not matching", folder / "bad/mismatched.pem", folder / "bad/mismatched.key", "match"),
            ("no certificate in it", folder / "server.key", folder / "server.key", "server.key"),
            ("no key in it", folder / "server.pem", folder / "ca.pem", "ca.pem"),
            ("empty", secho.BUILD / "empty.pem", folder / "server.key", "empty.pem"),
        ):
            with self.subTest(name):
                listener = secho.tls()
                listener["tls"]["certificates"] = [{"chain": str(chain), "key": str(key)}]
                done = run_server("-t", config=configuration(listener))
                self.assertEqual(done.returncode, CONFIG, done.stderr)
                self.assertIn(word, done.stderr)

    def test_an_encrypted_key_is_refused_with_advice(self):
        encrypted = secho.BUILD / "encrypted.key"
        made = secho.subprocess.run(
            ["openssl", "pkey", "-in", secho.pki() / "server.key", "-aes128", "-passout", "pass:secret", "-out", encrypted],
            check=False,
        )
        self.assertEqual(made.returncode, 0)
        listener = secho.tls()
        listener["tls"]["certificates"][0]["key"] = str(encrypted)
        done = run_server("-t", config=configuration(listener))
        self.assertEqual(done.returncode, CONFIG)
        self.assertIn("encrypted", done.stderr)
        self.assertIn("openssl", done.stderr)

    def test_problems_of_certificates_of_all_listeners_are_listed_together(self):
        listeners = [secho.tls(name="one"), secho.tls(name="two")]
        for number, listener in enumerate(listeners):
            listener["tls"]["certificates"][0]["chain"] = f"/nowhere/{number}.pem"
        done = run_server("-t", config=configuration(*listeners))
        self.assertEqual(done.returncode, CONFIG)
        for number in (0, 1):
            self.assertIn(f"/nowhere/{number}.pem", done.stderr)
            self.assertRegex(done.stderr, rf"(?m)secho\.json:\d+:\d+: /listeners/{number}/tls/certificates/0/chain: ")

    def test_a_certificate_of_another_time_is_warned_of_and_not_refused(self):
        cases = {"bad/expired": r"expired on \d{4}-", "bad/not-yet-valid": r"is not valid before \d{4}-"}
        for certificate, words in cases.items():
            with self.subTest(certificate):
                done = run_server("-t", config=configuration(secho.tls(), secho.tls(certificate, name="two")))
                self.assertEqual(done.returncode, OK)
                self.assertIn("in order", done.stdout)
                place = r"\A\S*secho\.json:\d+:\d+: /listeners/1/tls/certificates/0/chain: warning: "
                self.assertRegex(done.stderr, place + rf"[^\n]*{certificate}\.pem: certificate 1 [^\n]*{words}[^\n]*; .*\n\Z")

    def test_an_issuer_of_another_time_is_warned_of_too(self):
        with tempfile.TemporaryDirectory() as folder:
            chain = pathlib.Path(folder) / "chain.pem"
            chain.write_text((secho.pki() / "server.pem").read_text() + (secho.pki() / "bad/expired.pem").read_text())
            number = chain.read_text().index((secho.pki() / "bad/expired.pem").read_text())
            which = chain.read_text()[:number].count("BEGIN CERTIFICATE") + 1
            listener = secho.tls()
            listener["tls"]["certificates"][0]["chain"] = str(chain)
            done = run_server("-t", config=configuration(listener))
        self.assertEqual(done.returncode, OK)
        self.assertIn(f"chain.pem: certificate {which} in this file expired on", done.stderr)

    def test_certificates_of_today_get_no_warning(self):
        done = run_server("-t", config=configuration(secho.tls(), secho.tcp(name="two")))
        self.assertEqual((done.returncode, done.stderr), (OK, ""))

    def test_a_mistake_elsewhere_hides_no_problem_of_files(self):
        bad = {"port": 0, "tls": {"ciphers": "NOPE", "certificates": [{"chain": "/nope.pem", "key": "/nope.key"}]}}
        done = run_server("-t", config={"foo": 1, "listeners": [bad], "user": "nobody-of-that-name"})
        self.assertEqual((done.returncode, done.stdout), (CONFIG, ""))
        pointers = [line.split(": ")[1] for line in done.stderr.splitlines()]
        tls = "/listeners/0/tls"
        self.assertEqual(
            sorted(pointers),
            ["/foo", f"{tls}/certificates/0/chain", f"{tls}/certificates/0/key", f"{tls}/ciphers", "/user"],
        )
        for line in done.stderr.splitlines():
            self.assertRegex(line, r"secho\.json:\d+:\d+: /")

    def test_a_faulty_listener_hides_no_problem_of_a_sound_one_and_has_no_more(self):
        faulty = {"port": 0, "address": "here", "tls": {"min_version": "1.3", "max_version": "1.2", "certificates": []}}
        sound = {"port": 0, "tls": {"certificates": [{"chain": "/nope.pem", "key": "/nope.key"}]}}
        done = run_server("-t", config=configuration(faulty, "nothing", sound))
        self.assertEqual((done.returncode, done.stdout), (CONFIG, ""))
        pointers = [line.split(": ")[1] for line in done.stderr.splitlines()]
        self.assertEqual(
            pointers,
            [
                "/listeners/0/address",
                "/listeners/0/tls/min_version",
                "/listeners/0/tls/certificates",
                "/listeners/1",
                "/listeners/2/tls/certificates/0/chain",
                "/listeners/2/tls/certificates/0/key",
            ],
        )

    def test_without_any_listener_there_is_no_problem_besides(self):
        done = run_server("-t", config={"listeners": {}, "workers": {"processes": 64, "threads": 64}})
        self.assertEqual(done.returncode, CONFIG)
        self.assertEqual([line.split(": ")[1] for line in done.stderr.splitlines()], ["/listeners", "/workers"])

    def test_the_place_of_a_file_that_cannot_be_used_is_named(self):
        text = """{
  "listeners": [
    { "port": 0, "tls": { "certificates": [
        { "chain": "/nowhere/x.pem",
          "key": "/nowhere/x.key" } ] } }
  ]
}
"""
        done = run_server("-t", config=text)
        self.assertEqual(done.returncode, CONFIG)
        self.assertRegex(done.stderr, r"secho\.json:4:20: /listeners/0/tls/certificates/0/chain: /nowhere/x\.pem: ")
        self.assertRegex(done.stderr, r"secho\.json:5:18: /listeners/0/tls/certificates/0/key: /nowhere/x\.key: ")

    def test_a_chain_that_is_damaged_behind_its_first_certificate_is_refused(self):
        whole = (secho.pki() / "server.pem").read_text()
        second = whole.index("-----BEGIN", 10)
        damaged = secho.BUILD / "damaged.pem"
        damaged.write_text(whole[: second + 200] + "\n-----END CERTIFICATE-----\n")
        listener = secho.tls()
        listener["tls"]["certificates"][0]["chain"] = str(damaged)
        done = run_server("-t", config=configuration(listener))
        self.assertEqual(done.returncode, CONFIG, done.stdout)
        self.assertIn("certificate 2 in this file is damaged", done.stderr)

    def test_a_pipe_as_key_is_refused_and_not_waited_for(self):
        pipe = secho.BUILD / "pipe.key"
        pipe.unlink(missing_ok=True)
        os.mkfifo(pipe)
        listener = secho.tls()
        listener["tls"]["certificates"][0]["key"] = str(pipe)
        done = run_server("-t", config=configuration(listener))
        self.assertEqual(done.returncode, CONFIG)
        self.assertIn("is a pipe", done.stderr)

    def test_settings_that_let_no_client_in_are_refused(self):
        listener = secho.tls()
        listener["tls"] |= {"max_version": "1.2", "ciphers": "ECDHE-RSA-AES128-GCM-SHA256"}  # the key is ECDSA
        done = run_server("-t", config=configuration(listener))
        self.assertEqual(done.returncode, CONFIG, done.stdout)
        self.assertRegex(done.stderr, r"/listeners/0/tls: no client could ever connect: .*no shared cipher")

    def test_what_this_version_does_not_do_is_refused_and_not_ignored(self):
        for change in (
            {"transport": "dtls"},
            {"transport": "udp"},
            {"mtu": 1400},
        ):
            with self.subTest(change):
                listener = {**secho.tls(), **{key: value for key, value in change.items() if key != "tls"}}
                listener["tls"].update(change.get("tls", {}))
                if listener["transport"] == "udp":
                    del listener["tls"]
                done = run_server("-t", config=configuration(listener))
                self.assertEqual(done.returncode, CONFIG, done.stderr)
                self.assertIn("not in this version", done.stderr)

    def test_relative_paths_are_relative_to_the_file(self):
        folder = secho.BUILD / "relative"
        folder.mkdir(exist_ok=True)
        listener = secho.tls()
        listener["tls"]["certificates"] = [{"chain": "../pki/server.pem", "key": "../pki/server.key"}]
        file = folder / "secho.json"
        file.write_text(json.dumps(configuration(listener)))
        for where in ("/", folder):
            with self.subTest(where):
                done = run_server("-t", "-c", file, cwd=where)
                self.assertEqual(done.returncode, OK, done.stderr)


class Effective(secho.TestCase):
    def test_defaults_are_filled_in(self):
        minimal = {"listeners": [{"port": 0, "transport": "tcp"}]}
        done = run_server("-T", config=minimal)
        self.assertEqual((done.returncode, done.stderr), (OK, ""))
        whole = json.loads(done.stdout)
        self.assertEqual(whole["timeouts"]["idle"], "5m")
        self.assertEqual(whole["limits"]["connections"], 10000)
        self.assertEqual(whole["listeners"][0]["address"], "::")
        self.assertIn(whole["workers"]["processes"], ("auto", len(os.sched_getaffinity(0))))
        self.assertEqual(whole["workers"]["threads"], 1)
        self.assertNotIn("admin", whole)

    def test_the_default_lists_are_printed(self):
        done = run_server("-T", config=configuration())
        self.assertEqual(done.returncode, OK, done.stderr)
        settings = json.loads(done.stdout)["listeners"][0]["tls"]
        for key in ("ciphers", "ciphersuites", "groups", "signature_algorithms"):
            self.assertTrue(settings[key], key)

    def test_no_secret_is_printed(self):
        done = run_server("-T", config=configuration())
        self.assertNotIn("PRIVATE", done.stdout)

    def test_what_it_prints_is_a_configuration_that_prints_the_same(self):
        first = run_server("-T", config=configuration(secho.tls(), secho.tcp(name="plain")))
        second = run_server("-T", config=first.stdout)
        self.assertEqual(second.returncode, OK, second.stderr)
        self.assertEqual(second.stdout, first.stdout)

    def test_a_bad_configuration_prints_no_json(self):
        done = run_server("-T", config='{"listeners": [{"port": -1}]}')
        self.assertEqual(done.returncode, CONFIG)
        self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    secho.main()
