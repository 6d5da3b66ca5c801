"""Limits: what is too much is refused, told, and forgotten as soon as there is room again."""

import shutil
import signal
import unittest

import processes
import secho
from secho import Server, Tcp, Tls


class Connections(secho.TestCase):
    def test_the_one_too_many_is_closed_at_once_and_told(self):
        for count, threads in ((1, 1), (2, 2)):
            with self.subTest(processes=count, threads=threads):
                self.one_too_many(count, threads)

    def one_too_many(self, count, threads):
        workers = {"processes": count, "threads": threads}
        with Server(limits={"connections": 5}, workers=workers) as server:
            peers = [Tls(server.port) for _ in range(5)]
            for _ in range(3):
                with Tcp(server.port) as late:
                    self.assertEqual(late.receive_to_end(), b"")
                    server.wait_for_log(
                        "refused", end="connection_limit", peer=lambda text, port=late.port: text.endswith(f":{port}")
                    )
            for peer in peers:
                self.assertEqual(peer.echo(b"unharmed"), b"unharmed")
            peers[0].goodbye()
            peers[0].receive_to_end()
            peers[0].close()
            server.closed(peers[0])
            self.assert_echoes(server.port)
            for peer in peers:
                peer.close()

    def test_refusing_is_not_a_loop(self):
        with Server(secho.tls(), secho.tcp(name="quiet"), limits={"connections": 3}) as server:
            peers = [Tls(server.port) for _ in range(2)]
            clock = Tcp(server.port_of("quiet"), patience=0.5)
            for _ in range(50):
                with Tcp(server.port) as late:
                    late.receive_to_end()
            before = sum(processes.cpu_seconds(pid) for pid in server.all_processes())
            with self.assertRaises(TimeoutError):
                clock.pull()
            spent = sum(processes.cpu_seconds(pid) for pid in server.all_processes()) - before
            self.assertLess(spent, 0.25)
            for peer in [clock, *peers]:
                peer.close()

    def test_connections_of_a_worker_that_died_do_not_count(self):
        with Server(limits={"connections": 4}) as server:
            peers = [Tls(server.port) for _ in range(4)]
            processes.kill(server.workers()[0], signal.SIGKILL)
            server.wait_for_log("worker_exit")
            self.assert_echoes(server.port)
            for peer in peers:
                peer.close()


@unittest.skipUnless(shutil.which("prlimit"), "prlimit is not installed (package util-linux)")
class Descriptors(secho.TestCase):
    def test_when_they_run_out_accepting_pauses_and_recovers(self):
        listeners = (secho.tls(), secho.tcp(name="quiet"))
        patient = {"handshake": "1m"}  # nobody is given up meanwhile
        with Server(*listeners, prefix=("prlimit", "--nofile=64:64"), timeouts=patient) as server:
            port = server.port
            self.assert_echoes(port)
            with Tcp(server.port_of("quiet")) as quiet:
                self.assertEqual(quiet.echo(b"open"), b"open")
                worker = server.workers()[0]
                peers = [Tcp(port) for _ in range(100)]
                event = server.wait_for_log("accept_paused")
                self.assertIn("descriptor", event.raw)
                self.assertEqual(len(server.find_log("few_descriptors")), 1)  # it was told at the start, too
                self.assertEqual(quiet.echo(b"others go on"), b"others go on")
                before = processes.cpu_seconds(worker)
                quiet.sock.settimeout(1.0)
                with self.assertRaises(TimeoutError):
                    quiet.pull()
                self.assertLess(processes.cpu_seconds(worker) - before, 0.5, "it spins")
                self.assertLess(len(server.find_log(level="warn")) + len(server.find_log(level="error")), 20)
                for peer in peers:
                    peer.close()
                self.assert_echoes(port)
                quiet.sock.settimeout(secho.PATIENCE)
                self.assertEqual(quiet.echo(b"after"), b"after")


if __name__ == "__main__":
    secho.main()
