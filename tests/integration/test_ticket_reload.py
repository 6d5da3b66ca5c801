"""Tickets and reloads (SIGHUP): who comes back after one is resumed, unless he would not be welcome any more."""

import pathlib
import shutil
from signal import SIGHUP

import issue
import secho
from visits import VERSIONS, TestCase, Visit

TWO = {"processes": 2, "threads": 2}


class Reloading(TestCase):
    def reload(self, server):
        """Returns when the new generation serves, and the old one, which would resume by itself, has gone."""
        mark, old = server.mark(), server.leaders()
        server.signal(SIGHUP)
        server.wait_for_log("reload", since=mark)
        server.wait_until_gone(old)

    def key_file(self, *keys):
        path = self.folder / "tickets.keys"
        path.write_text("".join(64 * key + "\n" for key in keys), encoding="ascii")
        path.chmod(0o600)
        return str(path)


class Resumed(Reloading):
    def test_a_session_outlives_reloads_without_a_key_file_and_with_one(self):
        for keys in ("", self.key_file("a")):
            for version in VERSIONS:
                tls = {"tickets": {"keys": keys}}
                with self.subTest(keys=keys, version=version), secho.Server(secho.tls(tls=tls), workers=TWO) as server:
                    self.visit(server, version, False, name=f"s{bool(keys)}")
                    for _ in range(2):
                        self.reload(server)
                        for _ in range(4):
                            self.visit(server, version, True, name=f"s{bool(keys)}")

    def test_keys_are_changed_by_reloads_and_no_session_is_lost(self):
        # The three steps of secho.json(5), TICKETS; a key that is gone opens nothing.
        for version in VERSIONS:
            tls = {"tickets": {"keys": self.key_file("a")}}
            with self.subTest(version), secho.Server(secho.tls(tls=tls), workers=TWO) as server:
                self.visit(server, version, False)
                old = self.folder / f"old{version}"
                shutil.copy(self.folder / f"session{version}", old)
                for keys in ("ab", "ba"):
                    self.key_file(*keys)
                    self.reload(server)
                    self.visit(server, version, True)
                self.visit(server, version, False, name="new")  # sealed with b: the last step spares it
                self.key_file("b")
                self.reload(server)
                self.visit(server, version, True, name="new")
                self.visit(server, version, False, name="old")


class Refused(Reloading):
    """Client certificates: a ticket of before the reload does not bring in whom the new files keep out."""

    def serve(self, crl, ca=None):
        auth = {"mode": "require", "ca": str(ca or secho.pki() / "ca.pem"), "crl": str(crl)}
        tls = {"tickets": {"keys": self.key_file("a")}, "client_auth": auth}
        return secho.Server(secho.tls(tls=tls), workers=TWO)

    def certificate(self):
        pem, key = issue.certificate(self.folder, "client", "DNS:client.secho.test", usage="clientAuth")
        return ["-cert", pem, "-cert_chain", pem, "-key", key]

    def assert_refused(self, server, version, cause, *shown):
        mark = server.mark()
        self.assertFalse(Visit(server.port, version, self.folder / f"session{version}", *shown).echoed)
        event = server.wait_for_log("closed", since=mark)
        self.assertEqual((event.get("resumed", "no"), event["out"]), ("no", "0"))
        self.assertIn(cause, (event["end"], event.get("cause")))

    def test_who_was_revoked_meanwhile_does_not_come_back_by_any_worker(self):
        shown = self.certificate()
        for version in VERSIONS:
            crl = issue.revocation_lists(self.folder, "crl", days=7)
            with self.subTest(version), self.serve(crl) as server:
                self.visit(server, version, False, *shown)
                self.reload(server)  # the same list: nothing has changed for him
                self.visit(server, version, True, *shown)
                issue.revocation_lists(self.folder, "crl", days=7, revoked=[self.folder / "client.pem"])
                self.visit(server, version, True, *shown)  # not before the reload: files are read there only
                self.reload(server)
                for _ in range(6):
                    self.assert_refused(server, version, "client_certificate_revoked", *shown)
                    self.assert_refused(server, version, "client_certificate_missing")  # with the ticket alone

    def test_whose_ca_is_not_trusted_any_more_does_not_come_back(self):
        shown, ca = self.certificate(), self.folder / "ca.pem"
        for version in VERSIONS:
            shutil.copy(secho.pki() / "ca.pem", ca)
            with self.subTest(version), self.serve(issue.revocation_lists(self.folder, "crl", days=7), ca) as server:
                self.visit(server, version, False, *shown)
                ca.write_text(pathlib.Path(secho.pki() / "bad" / "self-signed.pem").read_text(encoding="ascii"), encoding="ascii")
                self.reload(server)
                for _ in range(4):
                    self.assert_refused(server, version, "client_certificate_unknown_issuer", *shown)


if __name__ == "__main__":
    secho.main()
