"""Reload (SIGHUP): all or nothing, and nobody who is connected or about to be notices."""

import json
import pathlib
import re
import socket
from signal import SIGHUP, SIGKILL, SIGTERM

import processes
import secho
from reloads import Changing, Load, certificate
from secho import PATIENCE, Server, Tls, tcp, tls
from sockdiag import backlogs


def with_idle(text, *listeners):
    return secho.configuration(*listeners, timeouts={"idle": text})


class Reload(secho.TestCase):
    def test_a_new_generation_serves_and_the_old_one_goes(self):
        with Changing() as server:
            old = server.leaders()[0]
            port = server.port
            done = server.reload()
            self.assertEqual(done["generation"], "2")
            server.wait_until_retired(old)
            self.assertEqual(len(server.leaders()), 1)
            self.assertEqual([event["port"] for event in server.find_log("ready")], [str(port)] * 2)
            self.assert_echoes(port)

    def test_what_changed_is_told_key_by_key(self):
        with Changing(config=with_idle("5m", tls())) as server:
            changed = with_idle("7m", tls(tls={"alpn": ["echo"]}))
            server.reload(changed)
            told = {event["key"]: (event["from"], event["to"]) for event in server.find_log("changed")}
            self.assertEqual(told, {"/timeouts/idle": ('"5m"', '"7m"'), "/listeners/0/tls/alpn": ("[]", '["echo"]')})

    def test_nothing_changed_is_a_reload_all_the_same(self):
        with Changing() as server:
            server.reload()
            self.assertEqual(server.find_log("changed"), [])

    def test_a_connection_stays_with_its_generation(self):
        with Changing() as server, Tls(server.port) as peer:
            old = server.leaders()[0]
            self.assertEqual(peer.echo(b"before"), b"before")
            server.reload()
            self.assertEqual(peer.echo(b"after"), b"after")
            self.assertIn(old, server.leaders())
            peer.goodbye()
            self.assertEqual(peer.receive_to_end(), b"")
            peer.close()
            server.wait_until_retired(old)

    def test_the_patience_with_old_connections_ends(self):
        config = secho.configuration(tls(), timeouts={"reload_drain": "1s", "drain": "2s"})
        with Changing(config=config) as server, Tls(server.port) as peer:
            old = server.leaders()[0]
            self.assertEqual(peer.echo(b"before"), b"before")
            server.reload()
            self.assertEqual(peer.receive_to_end(), b"")
            self.assertEqual(peer.ended, "close_notify")
            peer.close()
            self.assertEqual(server.closed(peer)["end"], "drain")
            server.wait_until_retired(old)
            self.assert_echoes(server.port)

    def test_new_certificates_are_served(self):
        with Changing(tls("server")) as server:
            before = certificate(server.port)
            server.reload(secho.configuration(tls("server-rsa")))
            self.assertNotEqual(certificate(server.port), before)

    def test_the_level_of_the_log_changes(self):
        with Changing() as server:
            server.reload(secho.configuration(tls(), log={"level": "debug"}))
            mark = server.mark()
            with secho.Tcp(server.port):
                pass
            server.wait_for_log("closed", since=mark, end="health_check")
            self.assertEqual(server.find_log("log_level")[0]["to"], "debug")

    def test_the_level_of_a_new_configuration_holds_for_connections_of_the_old_one(self):
        with Changing() as server:
            with secho.Tcp(server.port):
                self.assert_echoes(server.port)  # so the one before it has been accepted
                server.reload(secho.configuration(tls(), log={"level": "error"}), event="log_level")
                server.reload(secho.configuration(tls(), log={"level": "debug"}))
                mark = server.mark()
            server.wait_for_log("closed", since=mark, end="health_check")
            self.assertEqual([event["to"] for event in server.find_log("log_level")], ["error", "debug"])


class Listeners(secho.TestCase):
    def test_one_is_added_and_one_removed_without_a_restart(self):
        with Changing(tls(), tcp(name="plain")) as server:
            main, plain = server.port, server.port_of("plain")
            done = server.reload(secho.configuration(tls(), tcp(name="other")))
            other = [event for event in server.find_log("ready") if event["listener"] == "other"][-1]["port"]
            other = int(other)
            with secho.Tcp(other) as peer:
                self.assertEqual(peer.echo(b"new"), b"new")
            self.assert_echoes(main)
            self.assertTrue(secho.eventually(lambda: refuses(plain)), done)

    def test_a_connection_of_a_removed_listener_goes_on(self):
        with Changing(tls(), tcp(name="plain")) as server, secho.Tcp(server.port_of("plain")) as peer:
            self.assertEqual(peer.echo(b"before"), b"before")
            server.reload(secho.configuration(tls()))
            self.assertEqual(peer.echo(b"after"), b"after")

    def test_a_listener_keeps_its_socket_under_another_name(self):
        with Changing(tcp(name="plain")) as server:
            port = server.port
            server.reload(secho.configuration(tcp(name="renamed", port=port)))
            with secho.Tcp(port) as peer:
                self.assertEqual(peer.echo(b"x"), b"x")

    def test_the_queues_of_sockets_that_stay_are_as_long_as_the_new_configuration_wants(self):
        listeners = [tls(), tcp(name="plain")]
        with socket.create_server(("127.0.0.1", 0)) as other, Changing(*listeners, limits={"backlog": 100}) as server:
            taken = tcp(name="taken", port=other.getsockname()[1])
            ports = [server.port, server.port_of("plain")]
            self.assertEqual([backlogs(port) for port in ports], [[100], [100]])
            server.reload(secho.configuration(*listeners, taken, limits={"backlog": 50}), "reload_failed")
            self.assertEqual([backlogs(port) for port in ports], [[100], [100]])
            server.reload(secho.configuration(*listeners, limits={"backlog": 50}))
            self.assertEqual([backlogs(port) for port in ports], [[50], [50]])

    def test_a_listener_moves_to_another_port(self):
        with Changing(tcp()) as server, secho.Tcp(server.port) as peer:
            old = server.port
            self.assertEqual(peer.echo(b"x"), b"x")
            server.reload(secho.configuration(tcp(name="moved")))
            new = server.port_of("moved")
            self.assertNotEqual(new, old)
            with secho.Tcp(new) as fresh:
                self.assertEqual(fresh.echo(b"y"), b"y")
            self.assertTrue(secho.eventually(lambda: refuses(old)))


def refuses(port):
    try:
        with secho.Tcp(port):
            return False
    except ConnectionRefusedError:
        return True


class Failure(secho.TestCase):
    def assert_unharmed(self, server, peer):
        self.assertEqual(peer.echo(b"still here"), b"still here")
        self.assert_echoes(server.port)
        self.assertEqual(len(server.leaders()), 1)

    def test_every_problem_is_told_and_the_old_generation_stays(self):
        with Changing() as server, Tls(server.port) as peer:
            failed = server.reload(secho.configuration(tls(), timeouts={"idle": "5 minutes", "writ": "1s"}), "reload_failed")
            self.assertIn("everything stays", failed["why"])
            problems = [event["why"] for event in server.find_log("reload_problem")]
            self.assertEqual(len(problems), 2, problems)
            for line in problems:
                self.assertRegex(line, r"secho\.json:\d+:\d+: /timeouts/")
            self.assert_unharmed(server, peer)

    def test_a_file_half_written_is_refused(self):
        with Changing() as server, Tls(server.port) as peer:
            whole = json.dumps(secho.configuration(tls()))
            server.reload(whole[: len(whole) // 2], "reload_failed")
            self.assert_unharmed(server, peer)
            server.reload(whole)
            self.assert_echoes(server.port)

    def test_a_key_of_another_certificate_is_refused(self):
        with Changing() as server, Tls(server.port) as peer:
            listener = tls()
            listener["tls"]["certificates"][0]["key"] = str(secho.pki() / "server-rsa.key")
            server.reload(secho.configuration(listener), "reload_failed")
            self.assertIn("does not belong", server.find_log("reload_problem")[0]["why"])
            self.assert_unharmed(server, peer)

    def test_a_port_in_use_is_refused_and_nothing_of_it_stays(self):
        with Changing() as server, socket.create_server(("127.0.0.1", 0)) as other, Tls(server.port) as peer:
            before = server.descriptors()
            server.reload(secho.configuration(tls(), tcp(name="late"), tcp(name="taken", port=other.getsockname()[1])), "reload_failed")
            self.assertIn("in use", server.find_log("reload_problem")[0]["why"])
            self.assert_unharmed(server, peer)
            self.assertTrue(secho.eventually(lambda: server.descriptors() <= before))

    def test_what_needs_a_restart_is_refused_with_a_sentence(self):
        with Changing() as server, Tls(server.port) as peer:
            server.reload(secho.configuration(tls(), workers={"processes": 2}), "reload_failed")
            problem = server.find_log("reload_problem")[0]["why"]
            self.assertRegex(problem, r"/workers/processes: .*restart")
            self.assert_unharmed(server, peer)

    def test_an_address_that_includes_one_that_is_served_at_the_same_port_needs_a_restart(self):
        with Changing() as server, Tls(server.port) as peer:
            for address in ("0.0.0.0", "::"):
                mark = server.mark()
                failed = server.reload(secho.configuration(tls(address=address, port=server.port)), "reload_failed")
                self.assertEqual(failed["status"], "78")
                words = server.find_log("reload_problem", since=mark)[0]["why"]
                self.assertRegex(words, r"secho\.json:\d+:\d+: /listeners/0/port: ")
                self.assertIn(f"cannot be had while this server itself listens at 127.0.0.1:{server.port}", words)
                self.assertIn("restart", words)
            self.assert_unharmed(server, peer)
            server.reload(secho.configuration(tls(port=server.port)))
            self.assert_echoes(server.port)

    def test_a_configuration_that_is_gone_is_refused(self):
        with Changing() as server, Tls(server.port) as peer:
            (pathlib.Path(server._folder) / "secho.json").unlink()
            server.reload(None, "reload_failed")
            self.assert_unharmed(server, peer)

    def test_a_new_leader_that_is_killed_harms_nobody(self):
        with Changing() as server, Tls(server.port) as peer:
            old = server.leaders()
            mark = server.mark()
            server.signal(SIGHUP)
            fresh = secho.eventually(lambda: [pid for pid in server.leaders() if pid not in old])
            processes.kill(fresh[0], SIGKILL)
            server.wait_for_log(since=mark, event=lambda name: name in ("reload", "reload_failed", "leader_exit"))
            self.assertEqual(peer.echo(b"still here"), b"still here")
            self.assert_echoes(server.port)


class Crowds(secho.TestCase):
    def test_two_reloads_in_a_row_are_both_obeyed(self):
        with Changing() as server:
            server.reload()
            server.signal(SIGHUP)
            server.signal(SIGHUP)
            self.assert_echoes(server.port)
            server.wait_for_log("reload", count=2)

    def test_a_reload_during_a_drain_is_refused(self):
        with Changing(config=secho.configuration(tls(), timeouts={"drain": "30s"})) as server:
            with Tls(server.port) as peer:
                peer.send(b"x" * 100000)  # not read: the drain waits for it
                server.signal(SIGTERM)
                server.wait_for_log("drain")
                server.reload(None, "reload_failed")
                peer.receive_to_end()
                peer.close()
            self.assertEqual(server.wait(), 0)

    def test_drain_delay_goes_on_accepting_for_a_while(self):
        with Changing(config=secho.configuration(tls(), timeouts={"drain_delay": "6s"})) as server:
            server.signal(SIGTERM)
            server.wait_for_log("drain")
            self.assert_echoes(server.port)
            self.assertEqual(server.wait(), 0)
            self.assertTrue(refuses(server.port))

    def test_a_stop_while_generations_retire_ends_them_all(self):
        with Changing() as server:
            peers = []
            for _ in range(3):
                peer = Tls(server.port)
                self.assertEqual(peer.echo(b"x"), b"x")
                peers.append(peer)
                server.reload()
            everybody = server.all_processes()
            server.signal(SIGTERM)
            for peer in peers:
                self.assertEqual(peer.receive_to_end(), b"")
                self.assertEqual(peer.ended, "close_notify")
                peer.close()
            self.assertEqual(server.wait(), 0)
            server.wait_until_gone(everybody)

    def test_more_reloads_than_generations_drain_the_oldest(self):
        with Changing() as server:
            peers = []
            for _ in range(5):
                peer = Tls(server.port)
                self.assertEqual(peer.echo(b"x"), b"x")
                peers.append(peer)
                server.reload() if len(peers) < 5 else server.signal(SIGHUP)
            oldest = peers.pop(0)
            self.assertEqual(oldest.receive_to_end(), b"")
            self.assertEqual(oldest.ended, "close_notify")
            oldest.close()
            server.wait_for_log("reload", count=5)
            for peer in peers:
                self.assertEqual(peer.echo(b"young"), b"young")
                peer.close()

    def test_a_worker_killed_after_its_leader_leaves_no_open_connection_behind(self):
        with Changing() as server, Tls(server.port) as peer:
            self.assertEqual(peer.echo(b"x"), b"x")
            leader, worker = server.leaders()[0], server.workers()[0]
            server.reload()
            processes.kill(worker, SIGKILL)
            processes.kill(leader, SIGKILL)
            server.wait_until_gone([worker, leader])
            server.signal(SIGTERM)
            self.assertEqual(server.wait_for_log("drain")["open"], "0")
            server.wait()

    def test_connections_have_numbers_of_their_own_in_all_generations(self):
        with Changing() as server:
            for _ in range(3):
                self.assert_echoes(server.port)
                server.reload()
            server.wait_for_log("closed", count=3)
            numbers = [event["conn"] for event in server.find_log("closed")]
            self.assertEqual(len(set(numbers)), 3, numbers)


class UnderLoad(secho.TestCase):
    def test_nobody_notices_reloads(self):
        with Changing(workers={"processes": 2, "threads": 1}) as server:
            config = secho.configuration(tls(port=server.port), workers={"processes": 2, "threads": 1})
            loads = [Load(server.port) for _ in range(3)]
            for load in loads:
                load.start()
            with Tls(server.port) as faithful:
                for _ in range(10):
                    server.reload(config)
                    self.assertEqual(faithful.echo(b"faithful"), b"faithful") if faithful.ended is None else None
            for load in loads:
                load.over.set()
            for load in loads:
                load.join(PATIENCE)
            self.assertEqual([load.problems for load in loads], [[], [], []])
            self.assertTrue(all(load.echoes > 0 for load in loads))
            self.assertFalse(re.search("worker_exit.*killed", "\n".join(server.lines)))


if __name__ == "__main__":
    secho.main()
