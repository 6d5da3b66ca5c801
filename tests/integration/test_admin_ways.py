"""The ways to the admin listener: a Unix socket, a token, other addresses, and secho-server --reload."""

import base64
import os
import pathlib
import socket
import stat
import subprocess
import tempfile
from signal import SIGKILL

import processes
import secho
from administer import TOKEN, Administered, AtPath, exchange
from secho import PATIENCE, eventually, run_server, tls


def tell_to_reload(file):
    """secho-server --reload -c FILE."""
    return subprocess.run(
        [secho.program("secho-server"), "--reload", "-c", file], capture_output=True, text=True, timeout=2 * PATIENCE, check=False
    )


class WithFiles(secho.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="secho-admin-")
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        self.folder = pathlib.Path(folder.name)

    def token_file(self, text=TOKEN + "\n", mode=0o600):
        file = self.folder / "token"
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)
        return str(file)

    @property
    def path(self):
        return str(self.folder / "admin.sock")


class UnixSocket(WithFiles):
    def ask(self, path, target="/healthz"):
        connection = AtPath(path)
        try:
            return exchange(connection, "GET", target)
        finally:
            connection.close()

    def test_it_is_for_its_user_only_and_gone_at_the_end(self):
        with Administered(admin={"socket": self.path}) as server:
            self.assertEqual(server.wait_for_log("admin")["socket"], self.path)
            self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)
            self.assertEqual(self.ask(self.path).text, "ok\n")
            self.assertEqual(server.stop(), 0)
            self.assertFalse(os.path.exists(self.path))

    def test_it_stays_over_a_reload_and_moves_with_one(self):
        with Administered(admin={"socket": self.path}) as server:
            before = os.stat(self.path).st_ino
            server.reload()
            self.assertEqual(os.stat(self.path).st_ino, before)
            self.assertEqual(self.ask(self.path).status, 200)
            other = self.path + "2"
            server.changed(admin={"socket": other})
            server.reload()
            self.assertEqual(self.ask(other).status, 200)
            self.assertFalse(os.path.exists(self.path))

    def test_what_an_earlier_process_left_is_replaced(self):
        left = socket.socket(socket.AF_UNIX)
        left.bind(self.path)
        left.close()
        with Administered(admin={"socket": self.path}) as server:
            self.assertEqual(self.ask(self.path).status, 200)
            for pid in server.all_processes():
                processes.kill(pid, SIGKILL)
            server.wait()
        self.assertTrue(os.path.exists(self.path))
        with Administered(admin={"socket": self.path}):
            self.assertEqual(self.ask(self.path).status, 200)

    def test_one_at_which_somebody_answers_is_refused_and_left_alone(self):
        with Administered(admin={"socket": self.path}):
            second = run_server(config=secho.configuration(admin={"socket": self.path}))
            self.assertEqual(second.returncode, 71)
            self.assertIn("another program listens there", second.stderr)
            self.assertEqual(self.ask(self.path).status, 200)

    def test_a_file_at_its_place_is_left_alone(self):
        pathlib.Path(self.path).write_text("mine", encoding="utf-8")
        for args in (["-t"], []):
            refused = run_server(*args, config=secho.configuration(admin={"socket": self.path}))
            self.assertEqual(refused.returncode, 78)
            self.assertRegex(refused.stderr, r"secho\.json:\d+:\d+: /admin/socket: .* is no socket; name another path")
        self.assertEqual(pathlib.Path(self.path).read_text(encoding="utf-8"), "mine")

    def test_a_reload_that_fails_leaves_no_socket(self):
        with Administered(admin={"socket": self.path}) as server:
            other = self.path + "2"
            taken = socket.create_server(("127.0.0.1", 0))
            self.addCleanup(taken.close)
            bad = tls(name="other")
            bad["port"] = taken.getsockname()[1]
            server.changed(admin={"socket": other}, listeners=[*server.config["listeners"], bad])
            server.reload(event="reload_failed")
            self.assertFalse(os.path.exists(other))
            self.assertEqual(self.ask(self.path).status, 200)

    def test_one_whose_folder_is_missing_is_told_before_anything_starts(self):
        file = self.folder / "file"
        file.write_text("no folder", encoding="utf-8")
        wrong = (("nothing/admin.sock", "No such file or directory; make it"), ("file/admin.sock", "is no folder; name another"))
        for path, words in wrong:
            for args in (["-t"], []):
                refused = run_server(*args, config=secho.configuration(admin={"socket": str(self.folder / path)}))
                self.assertEqual(refused.returncode, 78, refused.stderr)
                self.assertRegex(refused.stderr, r"secho\.json:\d+:\d+: /admin/socket: ")
                self.assertIn(words, refused.stderr)
        self.assertEqual(run_server("-t", config=secho.configuration(admin={"socket": self.path})).returncode, 0)


class Token(WithFiles):
    def test_all_but_health_checks_must_show_it(self):
        with Administered(admin={"token": self.token_file()}) as server:
            for path in ("/", "/status", "/nothing"):
                refused = server.get(path)
                self.assertEqual(refused.status, 401, path)
                self.assertIn("Bearer", refused.headers.get_all("WWW-Authenticate")[0])
                self.assertIn("Basic", refused.headers.get_all("WWW-Authenticate")[1])
            self.assertEqual(server.post("/reload").status, 401)
            self.assertEqual(server.get("/healthz").status, 200)
            self.assertTrue(eventually(lambda: server.get("/readyz").status == 200))

    def test_it_is_shown_as_bearer_or_as_password(self):
        def basic(password):
            return "Basic " + base64.b64encode(f"me:{password}".encode()).decode()

        with Administered(admin={"token": self.token_file()}) as server:
            for right in (f"Bearer {TOKEN}", f"bearer   {TOKEN}", basic(TOKEN)):
                self.assertEqual(server.get("/status", Authorization=right).status, 200, right)
                self.assertEqual(server.get("/status", Authorization=right, Host="secho.example").status, 200, right)
            for wrong in ("", TOKEN, "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer " + "x" * 2000, basic("x"),
                          basic(""), "Basic", "Basic !!!!", "Basic " + "A" * 4000, f"Digest {TOKEN}"):
                self.assertEqual(server.get("/status", Authorization=wrong).status, 401, wrong[:40])
            self.assertEqual([line for line in server.lines if TOKEN in line], [])

    def test_a_page_of_another_site_may_not_use_the_password_that_a_browser_keeps(self):
        with Administered(admin={"token": self.token_file()}) as server:
            refused = server.post("/reload", Authorization=f"Bearer {TOKEN}", Origin="https://evil.example")
            self.assertEqual(refused.status, 403)

    def test_why_a_reload_failed_is_for_those_who_have_it(self):
        with Administered(admin={"token": self.token_file()}) as server:
            server.changed(timeouts={"idle": "soon"})
            server.reload(event="reload_failed")
            self.assertEqual(server.get("/readyz").text, "ready\n")
            self.assertIn("/timeouts/idle", server.get("/readyz", Authorization=f"Bearer {TOKEN}").text)

    def test_a_new_one_counts_after_a_reload(self):
        with Administered(admin={"token": self.token_file()}) as server:
            admin = server.admin()
            self.token_file("another-token-that-is-long\n")
            self.assertEqual(server.get("/status", Authorization=f"Bearer {TOKEN}").status, 200)
            server.reload()
            self.assertTrue(eventually(lambda: server.get("/status", Authorization=f"Bearer {TOKEN}").status == 401))
            self.assertEqual(server.get("/status", Authorization="Bearer another-token-that-is-long").status, 200)
            self.assertEqual(server.admin(), admin)

    def test_a_bad_file_is_refused_with_advice(self):
        for text, mode, words in (
            ("short\n", 0o600, "must have 16 to 1024 characters"),
            ("", 0o600, "must have 16 to 1024 characters"),
            ("x" * 1025, 0o600, "must have 16 to 1024 characters"),
            ("with a space in it\n", 0o600, "no header can carry"),
            (TOKEN, 0o604, "others can read or write it (mode 0604); run: chmod 600"),
            (TOKEN, 0o620, "others can read or write it"),
        ):
            config = secho.configuration(admin={"port": 0, "token": self.token_file(text, mode)})
            refused = run_server("-t", config=config)
            self.assertEqual(refused.returncode, 78, words)
            self.assertIn("/admin/token: ", refused.stderr)
            self.assertIn(words, refused.stderr)
            self.assertNotIn(TOKEN, refused.stderr)
        missing = run_server("-t", config=secho.configuration(admin={"token": str(self.folder / "nothing")}))
        self.assertEqual(missing.returncode, 78)
        self.assertIn("cannot be read", missing.stderr)

    def test_others_may_reach_it_with_expose_and_token(self):
        admin = {"address": "0.0.0.0", "expose": True, "token": self.token_file()}
        with Administered(admin=admin) as server:
            self.assertEqual(server.get("/status").status, 401)
            self.assertEqual(server.get("/status", Authorization=f"Bearer {TOKEN}", Host="here").status, 200)


    def test_a_port_that_this_server_has_itself_needs_a_restart(self):
        with Administered() as server:
            admin, main = server.admin_port, server.port
            everywhere = {"address": "0.0.0.0", "expose": True, "token": self.token_file()}
            ways = (
                ({"listeners": [tls(port=admin)]}, "/listeners/0/port", admin),
                ({"listeners": [tls(name="moved")], "admin": {"port": main}}, "/admin/port", main),
                ({"admin": {**everywhere, "port": admin}}, "/admin/port", admin),
            )
            for changes, pointer, port in ways:
                server.changed(**{"admin": {"port": 0, "address": "127.0.0.2"}, **changes})
                refused = server.post("/reload")
                self.assertEqual(refused.status, 422, refused.text)
                self.assertIn(f" {pointer}: ", refused.text)
                self.assertIn(f"while this server itself listens at 127.0.0.1:{port},", refused.text)
            server.changed(admin={"port": admin})
            self.assertEqual(server.post("/reload").status, 200)


class AskToReload(WithFiles):
    def test_what_changed_is_printed(self):
        with Administered(admin={"socket": self.path, "token": self.token_file()}) as server:
            server.changed(timeouts={**server.config["timeouts"], "idle": "7m"})
            done = tell_to_reload(server.file)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, r"^reloaded: generation 2 serves")
            self.assertIn('/timeouts/idle: "5m" -> "7m"', done.stdout)

    def test_values_that_are_too_long_to_be_shown_hide_nothing_that_follows(self):
        with Administered(admin={"socket": self.path}) as server:
            server.changed(listeners=[tls(name="one"), tls(name="two")], limits={"connections": 77})
            done = tell_to_reload(server.file)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            server.wait_for_log("reload")
            told = [line.partition(":")[0] for line in done.stdout.splitlines()[1:] if line.startswith("/")]
            self.assertEqual(told, [event["key"] for event in server.find_log("changed")])
            self.assertEqual(sorted(told), ["/limits/connections", "/listeners/0", "/listeners/0", "/listeners/1"])
            self.assertEqual(sum(line.endswith("...") for line in done.stdout.splitlines()), 2)
            self.assertNotIn("\n...\n", done.stdout)

    def test_each_problem_is_printed_and_the_status_says_so(self):
        with Administered(admin={"socket": self.path}) as server:
            server.changed(timeouts={"idle": "soon"}, limits={"backlog": 0})
            done = tell_to_reload(server.file)
            self.assertEqual((done.returncode, done.stdout), (78, ""))
            self.assertIn("/timeouts/idle: must be", done.stderr)
            self.assertIn("/limits/backlog: must be", done.stderr)
            server.write("{")
            broken = tell_to_reload(server.file)
            self.assertEqual(broken.returncode, 78)
            self.assertIn("secho.json:1:", broken.stderr)

    def test_a_port_is_a_way_too(self):
        admin = {"address": "0.0.0.0", "expose": True, "token": self.token_file()}
        with Administered(admin=admin) as server:
            server.changed(admin={**admin, "port": server.admin_port})
            self.assertEqual(tell_to_reload(server.file).returncode, 0)
            self.token_file("another-token-that-is-long\n")
            refused = tell_to_reload(server.file)
            self.assertEqual(refused.returncode, 77)
            self.assertIn("that is not the token", refused.stderr)
            self.assertIn("may still have the token from before", refused.stderr)
            self.assertIn("SIGHUP", refused.stderr)
            server.reload()  # SIGHUP
            told = tell_to_reload(server.file)
            self.assertEqual((told.returncode, told.stderr), (0, ""))

    def test_where_nobody_can_be_asked_the_way_to_change_that_is_told(self):
        for admin, words in ((None, 'no "admin" section'), ({"port": 0}, "/admin/port is 0"), ({"socket": self.path}, "Does the server run")):
            config = secho.configuration(**({"admin": admin} if admin is not None else {}))
            done = run_server("--reload", config=config)
            self.assertEqual(done.returncode, 69, words)
            self.assertIn(words, done.stderr)

    def test_what_is_no_secho_server_is_told(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            config = secho.configuration(admin={"port": other.getsockname()[1]})
            file = self.folder / "secho.json"
            file.write_text(secho.json.dumps(config), encoding="utf-8")
            asked = subprocess.Popen([secho.program("secho-server"), "--reload", "-c", file], stderr=subprocess.PIPE, text=True)
            peer, _ = other.accept()
            with peer:
                peer.sendall(b"220 smtp.example ready\r\n")
            _, words = asked.communicate(timeout=PATIENCE)
            self.assertEqual(asked.returncode, 76)
            self.assertIn("no HTTP", words)

    def test_a_certificate_that_was_renewed_is_told(self):
        with Administered(admin={"socket": self.path}) as server:
            server.changed(listeners=[tls("server-rsa")])
            done = tell_to_reload(server.file)
            self.assertEqual(done.returncode, 0)
            told = server.wait_for_log("certificate", listener="main")
            self.assertIn(f"serial {told['serial']}, until {told['not_after']}", done.stdout)
            mark = server.mark()
            self.assertEqual(tell_to_reload(server.file).returncode, 0)
            server.wait_for_log("reload", since=mark)
            self.assertEqual(server.find_log("certificate", since=mark), [])


if __name__ == "__main__":
    secho.main()
