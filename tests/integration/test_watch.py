"""With "watch": true a reload follows by itself when files that the configuration names have changed."""

import pathlib
import tempfile

import secho
from reloads import Changing, certificate
from secho import tls


class Watched(secho.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.live = self.folder / "live"
        self.switch("server")
        listener = tls()
        listener["tls"]["certificates"] = [{"chain": str(self.live / "pem"), "key": str(self.live / "key")}]
        self.config = secho.configuration(listener, watch=True)

    def put(self, name, kinds=("pem", "key")):
        """Replaces the files one by one: a new file under the old name."""
        for kind in kinds:
            fresh = self.live / f"{kind}.new"
            fresh.write_bytes((secho.pki() / f"{name}.{kind}").read_bytes())
            fresh.replace(self.live / kind)

    def switch(self, name):
        """Replaces both at one moment: they are in a new folder, and the link that leads there is replaced."""
        fresh = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        for kind in ("pem", "key"):
            (fresh / kind).write_bytes((secho.pki() / f"{name}.{kind}").read_bytes())
        link = self.folder / "link"
        link.symlink_to(fresh)
        link.replace(self.live)

    def test_new_files_are_loaded_by_themselves(self):
        with Changing(config=self.config) as server:
            before = certificate(server.port)
            self.put("server-rsa")
            server.wait_for_log("reload")
            self.assertNotEqual(certificate(server.port), before)

    def test_a_pair_that_does_not_match_is_refused_until_it_does(self):
        with Changing(config=self.config) as server:
            before = certificate(server.port)
            self.put("server-rsa", ["pem"])
            server.wait_for_log("reload_failed")
            self.assertEqual(certificate(server.port), before)
            self.put("server-rsa", ["key"])
            server.wait_for_log("reload")
            self.assertNotEqual(certificate(server.port), before)
            self.assertEqual(len(server.find_log("reload_failed")), 1)

    def test_a_ca_that_changes_inside_a_folder_is_loaded_also_after_a_mistake(self):
        cas = self.folder / "cas"
        cas.mkdir()
        trusted = (secho.pki() / "ca.pem").read_bytes()
        (cas / "a.pem").write_bytes(trusted)
        self.config["listeners"][0]["tls"]["client_auth"] = {"mode": "request", "ca": str(cas)}
        with Changing(config=self.config) as server:
            with (cas / "a.pem").open("ab") as file:
                file.write(trusted)
            server.wait_for_log("reload")
            (cas / "b.pem").write_text("not a certificate")
            server.wait_for_log("reload_failed")
            (cas / "b.pem").write_bytes(trusted)
            server.wait_for_log("reload", count=2)

    def test_files_that_stay_are_left_alone(self):
        with Changing(config=self.config) as server:
            self.switch("server-rsa")
            server.wait_for_log("reload")
            self.switch("server")
            server.wait_for_log("reload", count=2)
            self.assertEqual(len(server.find_log("files_changed")), 2)


if __name__ == "__main__":
    secho.main()
