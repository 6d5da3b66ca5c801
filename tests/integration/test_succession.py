"""Who follows a leader that died: what becomes of the reload that was under way, of those who ask, of a stop."""

import contextlib
import pathlib
import shutil
import socket
import tempfile
import threading
from signal import SIGCONT, SIGHUP, SIGKILL, SIGTERM

import processes
import secho
from administer import Administered
from halts import halted
from hanging import loading
from secho import eventually, pki, tls

IDLE = {"goodbye": "10s", "drain": "30s", "idle": "7m"}


def serving(server):
    """The numbers of the generations that the supervisor knows to serve."""
    return [one["number"] for one in server.get("/status").json["generations"] if one["state"] == "serves"]


def metric(server, name):
    (line,) = [line for line in server.get("/metrics").text.splitlines() if line.startswith(f"{name} ")]
    return int(line.split()[-1])


def reloads(server):
    """How many went well, and how many failed: by the figures, and by the log."""
    counted = [metric(server, f'secho_reloads_total{{result="{result}"}}') for result in ("ok", "failed")]
    return counted, [len(server.find_log(event)) for event in ("reload", "reload_failed")]


@contextlib.contextmanager
def asking(server):
    """A POST /reload that may take its time; what it gives waits for the reply."""
    replies = []
    thread = threading.Thread(target=lambda: replies.append(server.post("/reload")))
    thread.start()
    yield lambda: thread.join() or replies[0]
    thread.join()


@contextlib.contextmanager
def leader_lost_in_a_reload(server, ask):
    """Generation 2 serves and dies; generation 1 has not left yet, and does so at the end of the block."""
    old = server.leaders()[0]
    server.changed(timeouts=IDLE)
    with halted(old):
        ask()
        if not eventually(lambda: serving(server) == [2]):
            raise AssertionError("generation 2 does not serve")
        (new,) = [leader for leader in server.leaders() if leader != old]
        processes.kill(new, SIGKILL)
        server.wait_for_log("leader_exit")
        yield


class Reloads(secho.TestCase):
    def assert_reloads(self, server, ok, failed):
        """So many are counted, and so many are in the log."""
        wanted = [ok, failed], [ok, failed]
        eventually(lambda: reloads(server) == wanted)
        self.assertEqual(reloads(server), wanted)


class LeaderLostInAReload(Reloads):
    def assert_told_once(self, server):
        self.assertEqual(server.wait_for_log("reload")["generation"], "3")
        self.assertTrue(eventually(lambda: serving(server) == [3]))
        self.assertEqual(server.get("/readyz").text, "ready\n")
        told = server.get("/status").json["last_reload"]
        self.assertEqual((told["ok"], told["generation"]), (True, 3))
        self.assert_reloads(server, 1, 0)

    def test_who_asked_is_answered_when_the_old_one_leaves_before_another_serves(self):
        with Administered() as server, contextlib.ExitStack() as stack:
            reply = []
            with leader_lost_in_a_reload(server, lambda: reply.append(stack.enter_context(asking(server)))):
                pass
            self.assertEqual(reply[0]().status, 200)
            self.assertIn("generation 3 serves", reply[0]().text)
            self.assert_told_once(server)
            self.assertEqual(server.post("/reload").status, 200)  # and the next one is one of its own
            self.assert_reloads(server, 2, 0)

    def test_who_asked_is_answered_when_the_old_one_leaves_later(self):
        with Administered() as server, contextlib.ExitStack() as stack:
            reply = []
            with leader_lost_in_a_reload(server, lambda: reply.append(stack.enter_context(asking(server)))):
                self.assertTrue(eventually(lambda: serving(server) == [3]))
                self.assert_reloads(server, 0, 0)  # some still get the old configuration
            self.assertEqual(reply[0]().status, 200)
            self.assert_told_once(server)

    def test_a_signal_is_answered_in_the_log(self):
        with Administered() as server:
            with leader_lost_in_a_reload(server, lambda: server.signal(SIGHUP)):
                pass
            self.assert_told_once(server)

    def test_who_asked_is_answered_when_the_server_is_stopped_before_anybody_serves_again(self):
        config = secho.configuration(tls(), admin={"port": 0}, timeouts=IDLE)
        with Administered(config=config) as server, contextlib.ExitStack() as stack:
            reply = []
            with leader_lost_in_a_reload(server, lambda: reply.append(stack.enter_context(asking(server)))):
                server.signal(SIGTERM)
            reply[0]()  # whatever was faster, it is one answer
            self.assertEqual(server.wait(), 0)
            self.assertEqual(len(server.find_log(event=lambda name: name in ("reload", "reload_failed"))), 1)


class LastReload(Reloads):
    def test_one_that_loads_when_the_leader_dies_is_told(self):
        with Administered() as server:
            (old,) = server.leaders()
            with loading(server) as (new, reply):
                processes.kill(old, SIGKILL)
                server.wait_for_log("leader_exit")
                ready = server.get("/readyz")
                self.assertEqual((ready.status, ready.text), (503, "not ready: nobody serves; the log says why\n"))
                processes.kill(new, SIGCONT)
                self.assertEqual(reply().status, 200)
            self.assert_echoes(server.port)
            self.assert_reloads(server, metric(server, 'secho_reloads_total{result="ok"}'), 0)

    def test_one_that_failed_is_forgotten_when_a_leader_that_follows_serves_the_mended_file(self):
        with Administered() as server:
            good = server.config
            server.reload("{ half", event="reload_failed")
            self.assertEqual(metric(server, "secho_config_last_reload_successful"), 0)
            server.write({**good, "timeouts": IDLE})
            processes.kill(server.leaders()[0], SIGKILL)
            self.assertEqual(server.wait_for_log("reload")["generation"], "3")
            self.assertTrue(eventually(lambda: server.get("/readyz").text == "ready\n"))
            self.assertEqual(metric(server, "secho_config_last_reload_successful"), 1)
            told = server.get("/status").json["last_reload"]
            self.assertTrue(told["ok"])
            self.assertIn('/timeouts/idle: "5m" -> "7m"', told["lines"])
            self.assert_reloads(server, 1, 1)

    def test_one_that_failed_for_the_system_is_not_blamed_on_the_configuration(self):
        with Administered() as server, socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            server.changed(listeners=[tls(port=server.port), tls(name="more", port=port)])
            processes.kill(server.leaders()[0], SIGKILL)
            why = server.wait_for_log("fell_back")["why"]
            self.assertIn("ended with status 71", why)
            self.assertNotIn("cannot be used", why)
            self.assert_echoes(server.port)
            ready = server.get("/readyz")
            self.assertEqual(ready.status, 200)
            self.assertIn("Address already in use", ready.text)
            self.assert_reloads(server, 0, 1)


@contextlib.contextmanager
def not_serving(**settings):
    """(server, mend): its leader has died, and the file of its certificate cannot be read any more."""
    with tempfile.TemporaryDirectory(prefix="secho-test-") as folder:
        chain = pathlib.Path(folder) / "server.pem"

        def mend():
            shutil.copy(pki() / "server.pem", chain)

        mend()
        listener = tls()
        listener["tls"]["certificates"][0]["chain"] = str(chain)
        with Administered(listener, **settings) as server:
            chain.write_text("no certificate", encoding="ascii")
            processes.kill(server.leaders()[0], SIGKILL)
            server.wait_for_log("leader_exit", why=lambda why: why.endswith("another one will try"))
            yield server, mend


class NobodyServes(secho.TestCase):
    def test_readyz_says_why(self):
        with not_serving() as (server, _):
            ready = server.get("/readyz")
            self.assertEqual(ready.status, 503, ready.text)
            self.assertRegex(ready.text, r"^not ready: nobody serves\nthe reload at \S+ failed:\n")
            self.assertIn("server.pem", ready.text)
            self.assertEqual(server.find_log("fell_back"), [])

    def test_a_reload_is_answered_by_its_own_outcome(self):
        with not_serving() as (server, mend):
            refused = server.post("/reload")
            self.assertEqual(refused.status, 422, refused.text)
            self.assertTrue(refused.text.startswith("not reloaded, and nobody serves:\n"), refused.text)
            self.assertIn("server.pem", refused.text)
            mend()
            self.assertEqual(server.post("/reload").status, 200)
            self.assertEqual(server.get("/readyz").text, "ready\n")
            self.assert_echoes(server.port)
            self.assertTrue(eventually(lambda: len({str(told) for told in reloads(server)}) == 1), reloads(server))

    def test_a_signal_is_answered_in_the_log(self):
        with not_serving() as (server, mend):
            mend()
            server.reload()
            self.assert_echoes(server.port)

    def test_both_reasons_are_told_where_what_served_before_has_another_one(self):
        with not_serving() as (server, _):
            mark = server.mark()
            server.write("{ half")
            self.assertEqual(server.post("/reload").status, 422)
            server.wait_for_log("leader_exit", since=mark, why=lambda why: why.endswith("another one will try"))

            def told():
                text = server.get("/readyz").text
                return "secho.json:1:" in text and "server.pem" in text

            self.assertTrue(eventually(told), server.get("/readyz").text)


class Delay(secho.TestCase):
    """timeouts.drain_delay: who comes after the signal is served as before it."""

    def delayed(self, delay):
        return Administered(tls(), timeouts={"drain_delay": delay, "drain": "10m"})

    def test_a_leader_that_dies_in_it_is_replaced(self):
        with self.delayed("10m") as server:
            server.signal(SIGTERM)
            server.wait_for_log("drain")
            admin, mark = server.admin(), server.mark()
            processes.kill(server.leaders()[0], SIGKILL)
            server.wait_for_log("leader_exit", since=mark)
            server.wait_for_log("serving", since=mark)
            self.assert_echoes(server.port)
            ready = server.get("/readyz")
            self.assertEqual((ready.status, ready.text), (503, "not ready: the server drains, it is about to end\n"))
            self.assertEqual(server.admin(), admin)
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 1)
            self.assertEqual(len(server.find_log("leader_exit")), 1)

    def test_it_lasts_although_nobody_serves(self):
        with not_serving(timeouts={"drain_delay": "1s"}) as (server, _):
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 0)
            self.assertGreaterEqual(int(server.wait_for_log("stopped")["duration_ms"]), 1000)

    def test_who_mends_what_is_wrong_is_served_in_it(self):
        with not_serving(timeouts={"drain_delay": "10m"}) as (server, mend):
            mark = server.mark()
            mend()
            server.signal(SIGTERM)
            server.wait_for_log("drain")
            server.wait_for_log("serving", since=mark)
            self.assert_echoes(server.port)
            self.assertEqual(server.get("/readyz").status, 503)
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 1)

    def test_a_reload_is_refused_in_it_and_the_leader_stays(self):
        with self.delayed("10m") as server:
            leaders = server.leaders()
            server.signal(SIGTERM)
            server.wait_for_log("drain")
            self.assertEqual(server.post("/reload").status, 503)
            self.assertEqual(server.leaders(), leaders)
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 1)


if __name__ == "__main__":
    secho.main()
