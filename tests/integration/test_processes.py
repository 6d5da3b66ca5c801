"""Processes and threads: who starts, who dies, who is told, and that nothing is left behind."""

import contextlib
import datetime
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

import processes
import secho
from secho import Server, Tcp, Tls

LAYOUTS = ((1, 1), (2, 1), (1, 2), (2, 2))


def layout(count, threads):
    return {"workers": {"processes": count, "threads": threads}}


def survives(peer, data=b"still here"):
    """Does an open connection still echo?"""
    try:
        return peer.echo(data) == data
    except OSError:
        return False


class Layouts(secho.TestCase):
    def test_every_layout_serves_many_connections_at_once(self):
        for count, threads in LAYOUTS:
            with self.subTest(processes=count, threads=threads), Server(**layout(count, threads)) as server:
                self.assertEqual(len(server.workers()), count)
                peers = [Tls(server.port) for _ in range(40)]
                for number, peer in enumerate(peers):
                    peer.send(b"%04d" % number)
                for number, peer in enumerate(peers):
                    self.assertEqual(peer.receive(4), b"%04d" % number)
                    peer.goodbye()
                    self.assertEqual(peer.receive_to_end(), b"")
                    peer.close()

    def test_auto_is_one_worker_for_each_cpu(self):
        with Server(workers={"processes": "auto", "threads": 1}) as server:
            self.assertEqual(len(server.workers()), len(os.sched_getaffinity(0)))

    def test_each_worker_gets_its_share(self):
        with Server(**layout(2, 1)) as server:
            peers = [Tls(server.port) for _ in range(40)]
            load = [processes.descriptors(pid) for pid in server.workers()]
            for peer in peers:
                peer.goodbye()
                peer.close()
            server.wait_for_log("closed", count=40)
            idle = [processes.descriptors(pid) for pid in server.workers()]
            self.assertTrue(all(a > b for a, b in zip(load, idle)), f"{load} loaded, {idle} idle")


class DeathOfAWorker(secho.TestCase):
    def test_the_log_names_the_signal(self):
        for number in (signal.SIGKILL, signal.SIGABRT):
            with self.subTest(number.name), Server() as server:
                victim = server.workers()[0]
                processes.kill(victim, number)
                event = server.wait_for_log("worker_exit")
                self.assertIn(number.name, event.raw)
                self.assertIn(str(victim), event.raw)
                self.assert_echoes(server.port)

    def test_connections_of_other_workers_are_unharmed(self):
        for threads in (1, 2):
            with self.subTest(threads=threads), Server(**layout(2, threads)) as server:
                peers = [Tls(server.port) for _ in range(40)]
                for peer in peers:
                    self.assertEqual(peer.echo(b"before"), b"before")
                processes.kill(server.workers()[0])
                server.wait_for_log("worker_exit")
                alive = [peer for peer in peers if survives(peer)]
                self.assertGreater(len(alive), 0, "everybody was cut off")
                self.assertLess(len(alive), 40, "nobody was on the worker that died")
                for peer in alive:
                    peer.goodbye()
                    self.assertEqual(peer.receive_to_end(), b"")
                    self.assertEqual(peer.ended, "close_notify")
                for peer in peers:
                    peer.close()

    def test_fresh_connections_are_served_without_a_gap(self):
        for count in (1, 2):
            with self.subTest(processes=count), Server(**layout(count, 1)) as server:
                port = server.port
                processes.kill(server.workers()[0])
                for _ in range(20):  # some of them land in the queue of the worker that is gone
                    self.assert_echoes(port)

    def test_it_is_replaced(self):
        with Server(**layout(2, 1)) as server:
            before = server.workers()
            started = len(server.find_log("worker_start"))
            processes.kill(before[0])
            server.wait_for_log("worker_start", count=started + 1)
            self.assertTrue(secho.eventually(lambda: len(server.workers()) == 2))
            self.assertNotEqual(server.workers(), before)
            self.assertIn(before[1], server.workers())

    def test_one_that_dies_again_and_again_is_replaced_ever_more_slowly(self):
        with Server() as server:
            pauses = []
            for death in range(5):
                self.assertTrue(secho.eventually(server.workers))
                mark = server.mark()
                processes.kill(server.workers()[0])
                gone = server.wait_for_log("worker_exit", since=mark)
                back = server.wait_for_log("worker_start", since=mark)
                pauses.append(seconds_between(gone, back))
            for pause, least in zip(pauses, (0, 0.1, 0.2, 0.4, 0.8)):
                self.assertGreaterEqual(pause, least, pauses)
            self.assert_echoes(server.port)


def seconds_between(earlier, later):
    def at(event):
        return datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00"))

    return (at(later) - at(earlier)).total_seconds()


class DeathOfTheOthers(secho.TestCase):
    def test_nothing_is_orphaned_when_the_supervisor_is_killed(self):
        for number in (signal.SIGKILL, signal.SIGABRT):
            with self.subTest(number.name), Server(**layout(2, 1), timeouts={"goodbye": "1s"}) as server:
                with Tls(server.port) as peer:
                    self.assertEqual(peer.echo(b"before"), b"before")
                    family = server.all_processes()
                    self.assertGreaterEqual(len(family), 4)
                    os.kill(server.pid, number)
                    self.assertEqual(server.wait(), -number)
                    # Drained, not cut: the peer is told.
                    self.assertEqual(peer.receive_to_end(), b"")
                    self.assertEqual(peer.ended, "close_notify")
                server.wait_until_gone(family)

    def test_the_server_serves_on_after_the_leader_was_killed(self):
        with Server(**layout(2, 1)) as server:
            port = server.port
            leader = server.leaders()[0]
            family = server.all_processes()
            processes.kill(leader)
            server.wait_until_gone([leader])
            self.assertTrue(secho.eventually(lambda: len(server.leaders()) == 1 and len(server.workers()) == 2))
            self.assert_echoes(port)
            server.stop()
            server.wait_until_gone(family)
            self.assertEqual(server.code, 0)


class Signals(secho.TestCase):
    def test_stop_tells_idle_peers_goodbye_and_exits_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            for count, threads in LAYOUTS:
                with self.subTest(number.name, processes=count, threads=threads):
                    self.stop_with_idle_peers(number, count, threads)

    def stop_with_idle_peers(self, number, count, threads):
        with Server(**layout(count, threads)) as server:
            peers = [Tls(server.port) for _ in range(10)]
            for peer in peers:
                self.assertEqual(peer.echo(b"x"), b"x")
            server.signal(number)
            for peer in peers:
                self.assertEqual(peer.receive_to_end(), b"")
                self.assertEqual(peer.ended, "close_notify")
                peer.goodbye()
                self.assertEqual(peer.wait_for_fin(), b"")
                peer.close()
            self.assertEqual(server.wait(), 0)
            self.assertEqual(len(server.find_log("closed", end="drain")), 10)
            self.assertTrue(server.find_log("drain"))

    def test_stop_echoes_everything_that_was_received(self):
        with Server(timeouts={"write": "20s", "drain": "20s"}) as server:
            with Tls(server.port, receive_buffer=8192) as peer:
                data = os.urandom(300000)
                peer.send(data)  # more than fits into the way back: the server holds the rest
                server.signal(signal.SIGTERM)
                server.wait_for_log("drain")
                back = peer.receive_to_end()
                self.assertEqual(peer.ended, "close_notify")
                self.assertEqual(back, data[: len(back)])
                peer.goodbye()
                peer.close()
                event = server.closed(peer, end="drain")
                self.assertEqual(event["in"], event["out"])
                self.assertEqual(len(back), int(event["out"]))
            self.assertEqual(server.wait(), 0)

    def test_stop_does_not_wait_for_a_peer_longer_than_the_drain_time(self):
        with Server(timeouts={"drain": "500ms", "write": "0s", "goodbye": "30s"}) as server:
            with Tls(server.port, receive_buffer=8192) as stuck, Tls(server.port) as rude:
                self.assertEqual(rude.echo(b"x"), b"x")
                stuck.sock.settimeout(1.0)
                with self.assertRaises(TimeoutError):
                    while True:
                        stuck.send(b"x" * 65536)
                server.signal(signal.SIGTERM)
                self.assertEqual(server.wait(), 0)
                # The rude one has heard all there was to hear: it is waited for, but not cut.
                self.assertLessEqual(int(server.wait_for_log("stopped")["cut"]), 1)

    def test_new_connections_are_refused_while_draining(self):
        with Server(timeouts={"drain": "20s", "goodbye": "20s"}) as server:
            port = server.port
            with Tls(port) as peer:
                self.assertEqual(peer.echo(b"x"), b"x")
                server.signal(signal.SIGTERM)
                self.assertEqual(peer.receive_to_end(), b"")  # the drain has begun, and waits for us

                def nobody_accepts():
                    try:
                        with Tcp(port, patience=1.0) as late:
                            return late.pull() == b""
                    except TimeoutError:
                        return False  # it was let in, and waits
                    except OSError:
                        return True

                self.assertTrue(secho.eventually(nobody_accepts))
                peer.goodbye()
            self.assertEqual(server.wait(), 0)

    def test_a_second_stop_ends_it_at_once_with_1(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name), Server(timeouts={"drain": "10m", "goodbye": "10m"}) as server:
                with Tls(server.port) as peer:
                    self.assertEqual(peer.echo(b"x"), b"x")
                    family = server.all_processes()
                    server.signal(number)
                    server.wait_for_log("drain")
                    self.assertEqual(peer.receive_to_end(), b"")
                    server.signal(number)
                    self.assertEqual(server.wait(), 1)
                    self.assertEqual(server.wait_for_log("stopped")["cut"], "1")
                    server.wait_until_gone(family)

    def test_peers_that_never_sent_a_byte_do_not_hold_up_a_stop(self):
        with Server(secho.tls(), secho.tcp(name="plain"), timeouts={"drain": "10m", "goodbye": "10m"}) as server:
            silent = [Tcp(server.port_of(name)) for name in ("main", "plain") for _ in range(20)]
            self.assert_echoes(server.port)  # behind them in the queue: they are accepted
            self.assertEqual(server.stop(), 0)
            self.assertEqual(server.wait_for_log("stopped")["cut"], "0")
            for peer in silent:
                self.assertEqual(peer.receive_to_end(), b"")
                self.assertEqual(peer.ended, "fin")
                peer.close()

    def test_a_second_stop_ends_workers_of_a_dead_leader_too(self):
        with Server(timeouts={"drain": "10m", "goodbye": "10m"}) as server, Tls(server.port) as peer:
            self.assertEqual(peer.echo(b"x"), b"x")
            family = server.all_processes()
            processes.kill(server.leaders()[0])
            self.assertEqual(peer.receive_to_end(), b"")  # its worker drains, and waits for us
            server.wait_for_log("serving", count=2)
            server.signal(signal.SIGTERM)
            server.wait_for_log("drain")
            server.signal(signal.SIGTERM)
            self.assertEqual(server.wait(), 1)
            server.wait_until_gone(family)

    def test_signals_that_mean_nothing_do_nothing(self):
        with Server() as server, Tls(server.port) as peer:
            server.signal(signal.SIGPIPE)
            self.assertEqual(peer.echo(b"after"), b"after")


class Start(secho.TestCase):
    def fails(self, *listeners, prefix=(), **settings):
        """Starts a server that cannot; its exit code and its log."""
        server = Server(*listeners, prefix=prefix, **settings)
        try:
            server.start(wait=False)
            family = server.all_processes()
            server.wait()
            server.wait_until_gone(family)
            self.assertFalse(server.find_log("serving"))
            return server.code, "\n".join(server.lines)
        except BaseException:
            server.show()
            raise
        finally:
            server._clean_up()

    def test_a_port_in_use_is_71_and_named(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            code, log = self.fails(secho.tls(port=port))
            self.assertEqual(code, 71)
            self.assertIn(str(port), log)
            self.assertIn("in use", log)

    def test_two_servers_do_not_share_a_port_by_accident(self):
        """SO_REUSEPORT of the same user would let them."""
        with Server() as server:
            code, log = self.fails(secho.tls(port=server.port))
            self.assertEqual(code, 71)
            self.assertIn("in use", log)
            for _ in range(10):
                self.assert_echoes(server.port)

    def test_an_address_of_another_machine_is_71_and_named(self):
        code, log = self.fails(secho.tls(address="192.0.2.1"))
        self.assertEqual(code, 71)
        self.assertIn("192.0.2.1", log)

    @unittest.skipIf(
        os.geteuid() == 0 and not shutil.which("setpriv"), "setpriv is needed to try this without root's rights"
    )
    def test_a_port_without_permission_is_71_and_named(self):
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as file:
            if int(file.read()) == 0:
                self.skipTest("every port is allowed to everybody on this system")
        drop = ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-all"] if os.geteuid() == 0 else []
        code, log = self.fails(secho.tcp(port=1), prefix=drop)
        self.assertEqual(code, 71)
        self.assertIn("ermission", log)

    def test_a_certificate_that_cannot_be_read_is_78_and_named(self):
        listener = secho.tls()
        listener["tls"]["certificates"][0]["chain"] = "/nowhere/server.pem"
        code, log = self.fails(listener)
        self.assertEqual(code, 78)
        self.assertIn("/nowhere/server.pem", log)

    def test_one_bad_listener_stops_the_whole_start(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            code, _ = self.fails(secho.tls(name="good"), secho.tcp(name="bad", port=taken.getsockname()[1]))
            self.assertEqual(code, 71)

    def test_descriptors_of_the_caller_do_not_reach_the_workers(self):
        read, write = os.pipe()
        os.set_inheritable(write, True)
        try:
            server = Server()
            popen = subprocess.Popen
            subprocess.Popen = lambda *args, **more: popen(*args, **{**more, "pass_fds": (write,)})
            try:
                server.__enter__()
            finally:
                subprocess.Popen = popen
            os.close(write)
            pipe = os.readlink(f"/proc/self/fd/{read}")
            for worker in server.workers():
                open_here = {os.readlink(f"/proc/{worker}/fd/{fd}") for fd in os.listdir(f"/proc/{worker}/fd")}
                self.assertNotIn(pipe, open_here)
            server.__exit__(None, None, None)
        finally:
            os.close(read)


@unittest.skipUnless(os.geteuid() == 0, "only root can become somebody else")
class User(secho.TestCase):
    def assert_runs_as(self, pid, name):
        entry = pwd.getpwnam(name)
        self.assertEqual(processes.user(pid), (entry.pw_uid,) * 4)
        self.assertEqual(processes.group(pid), (entry.pw_gid,) * 4)
        self.assertLessEqual(set(processes.groups(pid)), {entry.pw_gid})
        self.assertEqual(processes.capabilities(pid), (0, 0))

    def test_workers_become_nobody(self):
        with Server() as server:
            for worker in server.workers():
                self.assert_runs_as(worker, "nobody")
            self.assert_echoes(server.port)

    def test_workers_become_the_user_of_the_configuration(self):
        with Server(user="daemon", **layout(2, 2)) as server:
            for worker in server.workers():
                self.assert_runs_as(worker, "daemon")
            self.assert_echoes(server.port)

    def test_a_worker_that_replaces_another_becomes_nobody_too(self):
        with Server() as server:
            first = server.workers()
            processes.kill(first[0])
            server.wait_for_log("worker_exit")
            self.assertTrue(secho.eventually(lambda: server.workers() not in ([], first)))
            self.assert_echoes(server.port)
            self.assert_runs_as(server.workers()[0], "nobody")

    def test_an_unknown_user_is_78_and_named(self):
        done = secho.run_server(config=secho.configuration(user="no-such-user"))
        self.assertEqual(done.returncode, 78)
        self.assertIn("no-such-user", done.stderr)


class Standard(secho.TestCase):
    def test_a_server_without_standard_descriptors_serves(self):
        """Its next descriptors would be 0, 1 and 2: the log would go into its shared memory."""
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "secho.json"
            file.write_text(json.dumps(secho.configuration(secho.tcp())), encoding="utf-8")
            command = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", secho.program("secho-server"), "-c", file]
            with subprocess.Popen(command) as server:
                try:
                    self.assertTrue(secho.eventually(lambda: any(map(answers, listening(server.pid)))))
                    for standard in (0, 1, 2):
                        self.assertEqual(os.readlink(f"/proc/{server.pid}/fd/{standard}"), "/dev/null")
                finally:
                    server.terminate()
            self.assertEqual(server.returncode, 0)


def listening(pid):
    """The ports on which a process has a socket that listens: proc(5), net/tcp, and its descriptors."""
    with contextlib.suppress(FileNotFoundError):  # one that was open a moment ago
        own = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
        rows = [line.split() for line in pathlib.Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
        return [int(row[1].partition(":")[2], 16) for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in own]
    return []


def answers(port):
    try:
        with Tcp(port) as peer:
            return peer.echo(b"x") == b"x"
    except OSError:
        return False


if __name__ == "__main__":
    secho.main()
