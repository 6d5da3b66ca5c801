"""POST /reload: its outcome, its crowds; and what is told when a reload, or a leader, failed."""

import os
import select
import socket
import tempfile
from signal import SIGCONT, SIGKILL, SIGSTOP

import processes
import secho
from administer import Administered, Reply, exchange
from secho import PATIENCE, eventually, tls


def has_answer(connection):
    return bool(select.select([connection.sock], [], [], 0)[0])


class Reload(secho.TestCase):
    def test_a_reload_waits_for_its_outcome_and_tells_what_changed(self):
        with Administered() as server:
            server.changed(timeouts={**server.config["timeouts"], "idle": "7m"})
            done = server.post("/reload")
            self.assertEqual(done.status, 200)
            self.assertRegex(done.text, r"^reloaded: generation 2 serves, after \d+ ms\n")
            self.assertIn('/timeouts/idle: "5m" -> "7m"\n', done.text)
            self.assertEqual(server.wait_for_log("reload")["generation"], "2")
            status = server.get("/status").json
            self.assertTrue(status["last_reload"]["ok"])
            self.assertEqual(status["reloads_ok"], 1)
            self.assertEqual(status["last_reload"]["lines"], ['/timeouts/idle: "5m" -> "7m"'])

    def test_all_problems_are_in_the_reply_and_the_old_generation_serves_on(self):
        with Administered() as server:
            server.changed(timeouts={"idle": "soon"}, limits={"backlog": 0})
            refused = server.post("/reload")
            self.assertEqual(refused.status, 422)
            self.assertIn("/timeouts/idle: must be", refused.text)
            self.assertIn("/limits/backlog: must be", refused.text)
            ready = server.get("/readyz")
            self.assertEqual(ready.status, 200)
            self.assertIn("/limits/backlog: must be", ready.text)
            self.assert_echoes(server.port)
            status = server.get("/status").json
            self.assertFalse(status["last_reload"]["ok"])
            self.assertEqual((status["reloads_ok"], status["reloads_failed"]), (0, 1))
            server.write(server.config)
            self.assertEqual(server.post("/reload").status, 200)
            self.assertEqual(server.get("/readyz").text, "ready\n")

    def test_two_who_ask_at_the_same_time_are_both_answered(self):
        with Administered() as server:
            connections = [server.connection() for _ in range(3)]
            for connection in connections:
                connection.request("POST", "/reload")
            for connection in connections:
                response = connection.getresponse()
                self.assertEqual(response.status, 200)
                response.read()
                connection.close()

    def test_of_those_who_wait_the_seventeenth_is_told_to_come_again(self):
        with Administered() as server:
            connections = [server.connection() for _ in range(40)]
            processes.kill(server.pid, SIGSTOP)  # a reload that takes its time
            try:
                for connection in connections:
                    connection.request("POST", "/reload")
                self.assertTrue(eventually(lambda: sum(map(has_answer, connections)) == 24))
                told = [connection for connection in connections if has_answer(connection)]
                refused = [Reply(connection.getresponse()) for connection in told]
            finally:
                processes.kill(server.pid, SIGCONT)
            self.assertEqual([reply.status for reply in refused], 24 * [503])
            self.assertIn("16 others wait for a reload already", refused[0].text)
            waited = [Reply(connection.getresponse()) for connection in connections if connection not in told]
            self.assertEqual([reply.status for reply in waited], 16 * [200])
            for connection in connections:
                connection.close()

    def test_nobody_in_a_crowd_is_left_without_an_answer(self):
        with Administered() as server:
            connections = [server.connection() for _ in range(120)]
            for connection in connections:
                connection.request("POST", "/reload")
            statuses = [Reply(connection.getresponse()).status for connection in connections]
            for connection in connections:
                connection.close()
            self.assertLessEqual(set(statuses), {200, 503})
            self.assertIn(200, statuses)

    def test_the_admin_listener_moves_goes_and_comes_with_a_reload(self):
        with Administered() as server:
            old_port, old_admin = server.admin_port, server.admin()
            kept = server.connection()
            self.assertEqual(exchange(kept, "GET", "/healthz").status, 200)
            server.changed(admin={"port": 0, "address": "127.0.0.2"})
            self.assertEqual(exchange(kept, "POST", "/reload").status, 200)  # told by the one that goes
            kept.close()
            server.wait_until_gone([old_admin])
            server.wait_for_log("admin", address="127.0.0.2")
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", old_port), PATIENCE)
            config = {key: value for key, value in server.config.items() if key != "admin"}
            server.reload(config)
            self.assertTrue(eventually(lambda: server.admin() is None))
            server.reload(server.config)
            self.assertEqual(server.get("/healthz").status, 200)
            self.assertEqual(server.find_log("admin_exit"), [])

    def test_a_port_that_is_taken_is_a_reload_that_failed(self):
        with Administered() as server, socket.create_server(("127.0.0.1", 0)) as taken:
            server.changed(admin={"port": taken.getsockname()[1]})
            refused = server.post("/reload")
            self.assertEqual(refused.status, 500)
            self.assertIn("Address already in use", refused.text)
            self.assertEqual(server.get("/healthz").status, 200)

    def test_what_served_serves_again_when_the_leader_dies_and_the_file_cannot_be_used(self):
        from_above = ("sh", "-c", 'own=$(dirname "$2"); cd "$own/.." && exec "$0" -c "$(basename "$own")/secho.json"')
        from_there = os.path.relpath(secho.pki(), os.path.join(tempfile.gettempdir(), "its folder"))
        pair = {"chain": f"{from_there}/server.pem", "key": f"{from_there}/server.key"}
        config = secho.configuration(tls(tls={"certificates": [pair]}), admin={"port": 0})
        with Administered(config=config, prefix=from_above) as server:
            def successful():
                return "secho_config_last_reload_successful 1\n" in server.get("/metrics").text

            server.reload()
            for broken in ({**server.config, "workers": {"processes": 1, "threads": 7}}, "{ half"):
                self.assertTrue(successful())
                mark = server.mark()
                server.write(broken)
                processes.kill(server.leaders()[-1], SIGKILL)
                self.assertIn("mend it", server.wait_for_log("fell_back", since=mark)["why"])
                self.assert_echoes(server.port)
                self.assertTrue(eventually(lambda: server.get("/readyz").status == 200))
                self.assertIn("secho.json:", server.get("/readyz").text)
                self.assertFalse(successful())
                server.reload(event="reload_failed")
                server.reload(server.config)
                self.assert_echoes(server.port)
                self.assertEqual(server.get("/readyz").text, "ready\n")
            self.assertEqual(len(server.find_log("fell_back")), 2)


if __name__ == "__main__":
    secho.main()
