"""Socket activation (sd_listen_fds(3)): systemd listens, we accept. A test plays the manager's part."""

import contextlib
import json
import pathlib
import signal
import socket

import processes
import secho
from manager import activate, listen
from secho import Server, Tcp, Tls


def port_of(sock):
    return sock.getsockname()[1]


class Served(secho.TestCase):
    def test_a_socket_with_the_name_of_a_listener_is_its_own_and_every_worker_accepts_there(self):
        with listen() as first, listen() as second:
            listeners = secho.tls(), secho.tcp(name="plain")
            workers = {"processes": 2, "threads": 2}
            with Server(*listeners, workers=workers, **activate(plain=second, main=first)) as server:
                self.assertEqual(server.port_of("main"), port_of(first))
                self.assertEqual(server.port_of("plain"), port_of(second))
                self.assertEqual(server.find_log("socket_differs"), [])
                with Tcp(port_of(second)) as peer:
                    self.assertEqual(peer.echo(b"plain"), b"plain")
                for victim in server.workers():  # each of them alone
                    processes.kill(victim, signal.SIGSTOP)
                    self.assertTrue(secho.eventually(lambda: processes.is_stopped(victim)))
                    for _ in range(5):
                        self.assert_echoes(port_of(first))
                    processes.kill(victim, signal.SIGCONT)

    def test_one_with_another_name_belongs_to_the_listener_with_its_address_and_port(self):
        for host, there in (("127.0.0.1", "127.0.0.1"), ("::", "::1")):
            with self.subTest(host), listen(host) as sock:
                listeners = secho.tls(name="free"), secho.tls(address=host, port=port_of(sock))
                with Server(*listeners, **activate(sock)) as server:
                    self.assert_echoes(port_of(sock), host=there)
                    self.assertNotEqual(server.port_of("free"), port_of(sock))  # that one has bound its own
                    self.assert_echoes(server.port_of("free"))

    def test_where_the_name_fits_and_the_address_does_not_the_log_says_so(self):
        with listen() as sock, Server(secho.tls(address="127.0.0.2", port=1), **activate(main=sock)) as server:
            self.assert_echoes(port_of(sock))
            told = server.wait_for_log("socket_differs", listener="main")
            self.assertEqual((told["configured"], told["passed"]), ("127.0.0.2:1", f"127.0.0.1:{port_of(sock)}"))

    def test_what_is_meant_for_another_process_is_left_alone(self):
        with listen() as sock, Server(**activate(main=sock, env={"LISTEN_PID": "1"})) as server:
            self.assertNotEqual(server.port, port_of(sock))
            self.assert_echoes(server.port)

    def test_children_do_not_find_it_in_their_environment(self):
        with listen() as sock, Server(**activate(main=sock)) as server:
            for pid in server.leaders() + server.workers():
                self.assertFalse([name for name in processes.environment(pid) if name.startswith("LISTEN_")])


class Restart(secho.TestCase):
    def test_who_connects_while_nobody_is_there_is_served_by_the_next(self):
        with listen() as sock, contextlib.ExitStack() as waiting:
            with Server(workers={"processes": 2, "threads": 1}, **activate(main=sock)) as server, Tls(port_of(sock)) as peer:
                self.assertEqual(peer.echo(b"before"), b"before")
                server.signal(signal.SIGTERM)
                self.assertEqual(peer.receive_to_end(), b"")
                self.assertEqual(peer.ended, "close_notify")
                peer.close()
                self.assertEqual(server.wait(), 0)
            peers = [waiting.enter_context(Tcp(port_of(sock))) for _ in range(20)]
            for peer in peers:
                peer.send(secho.client_hello())
            with Server(workers={"processes": 2, "threads": 1}, **activate(main=sock)):
                for peer in peers:
                    self.assertEqual(peer.receive(1), b"\x16")  # a record of a handshake: ServerHello
                    peer.close()

    def test_who_waits_when_the_server_is_told_to_end_waits_for_the_next(self):
        with listen() as sock, contextlib.ExitStack() as waiting:
            with Server(**activate(main=sock)) as server:
                (worker,) = server.workers()
                processes.kill(worker, signal.SIGSTOP)
                self.assertTrue(secho.eventually(lambda: processes.is_stopped(worker)))
                peer = waiting.enter_context(Tcp(port_of(sock)))
                peer.send(secho.client_hello())
                server.signal(signal.SIGTERM)
                server.wait_for_log("drain")
                processes.kill(worker)
                self.assertEqual(server.wait(), 0)
            with Server(**activate(main=sock)):
                self.assertEqual(peer.receive(1), b"\x16")
                peer.close()

    def test_a_server_that_has_bound_its_own_socket_refuses(self):
        with Server() as server:
            port = server.port
            self.assertEqual(server.stop(), 0)
            with self.assertRaises(ConnectionRefusedError):
                Tcp(port)

    def test_a_second_signal_and_a_killed_supervisor_leave_the_socket_as_it_was(self):
        with listen() as sock:
            for number in (signal.SIGKILL, signal.SIGINT):
                with Server(**activate(main=sock)) as server:
                    family = server.all_processes()
                    server.signal(number)
                    server.signal(number)
                    server.wait()
                    server.wait_until_gone(family)
                Tcp(port_of(sock)).close()


class Reload(secho.TestCase):
    def rewrite(self, server, *listeners):
        pathlib.Path(server._folder, "secho.json").write_text(json.dumps(secho.configuration(*listeners)))
        mark = server.mark()
        server.signal(signal.SIGHUP)
        return mark

    def test_it_keeps_them_under_whatever_name_and_refuses_to_do_without(self):
        with listen() as sock, Server(**activate(main=sock)) as server, Tls(port_of(sock)) as peer:
            self.assertEqual(peer.echo(b"before"), b"before")
            for name in ("main", "other", "third"):
                mark = self.rewrite(server, secho.tls(name=name, port=port_of(sock)), secho.tcp(name="beside"))
                server.wait_for_log("reload", since=mark)
                self.assertEqual(int(server.wait_for_log("ready", since=mark, listener=name)["port"]), port_of(sock))
                self.assert_echoes(port_of(sock))
            mark = self.rewrite(server, secho.tls(name="elsewhere"))
            server.wait_for_log("reload_failed", since=mark)
            problem = server.wait_for_log("reload_problem", since=mark)
            self.assertIn('has passed the socket "third" at 127.0.0.1:', problem["why"])
            self.assert_echoes(port_of(sock))
            self.assertEqual(peer.echo(b"after"), b"after")


class Refused(secho.TestCase):
    def assert_refused(self, wanted, arguments, *listeners):
        server = Server(*(listeners or [secho.tls()]), **arguments)
        try:
            server.start(wait=False)
            self.assertEqual(server.wait(), 78)
            self.assertIn(wanted, "\n".join(server.lines))
        finally:
            server._clean_up()

    def test_what_no_listener_wants_is_told_with_its_name_and_place(self):
        with listen() as sock:
            wanted = f'has passed the socket "secho-server.socket" at 127.0.0.1:{port_of(sock)}, and no listener wants it'
            self.assert_refused(wanted, activate(sock))
            self.assert_refused(wanted, activate(sock), secho.tls(address="127.0.0.2", port=port_of(sock)))

    def test_a_listener_has_one_socket(self):
        with listen() as first, listen() as second:
            arguments = activate(first, main=second)
            listener = secho.tls(port=port_of(first))
            self.assert_refused("more than one socket for listener main", arguments, listener)

    def test_what_is_no_listening_tcp_socket_is_told(self):
        kinds = (socket.AF_INET, socket.SOCK_DGRAM), (socket.AF_INET, socket.SOCK_STREAM), (socket.AF_UNIX, socket.SOCK_STREAM)
        for family, kind in kinds:
            with self.subTest(family=family, kind=kind), socket.socket(family, kind) as sock:
                if family == socket.AF_UNIX:
                    sock.bind("")  # any abstract name
                    sock.listen()
                self.assert_refused('descriptor 3 ("main") is no TCP socket that listens', activate(main=sock))

    def test_numbers_and_names_that_do_not_fit_are_told(self):
        cases = (
            ({"LISTEN_FDS": "2", "LISTEN_FDNAMES": "main:more"}, 'descriptor 4 ("more") is not open'),
            ({"LISTEN_FDS": "x"}, "LISTEN_FDS is no number"),
            ({"LISTEN_FDS": "-1"}, "LISTEN_FDS is no number"),
            ({"LISTEN_FDS": "1", "LISTEN_FDNAMES": "main:more"}, "LISTEN_FDNAMES has more names"),
            ({"LISTEN_FDS": "2", "LISTEN_FDNAMES": "main"}, "LISTEN_FDNAMES has fewer names"),
        )
        for env, wanted in cases:
            with self.subTest(env), listen() as sock:
                self.assert_refused(wanted, activate(main=sock, env=env))


if __name__ == "__main__":
    secho.main()
