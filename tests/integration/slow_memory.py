"""What the service must show, measured: each test prints its figures and holds them against the promise.

Build release for figures that mean something: cmake --preset release. With a sanitizer the figures of
memory are printed, and not judged.
"""

import gc
import hashlib
import os
import resource
import signal
import subprocess
import threading
import time

import processes
import pqc
import secho
from secho import Server, Tcp, Tls, client_hello

KiB, MiB, GiB = 1 << 10, 1 << 20, 1 << 30
CONNECTIONS = 5000
IDLE_MOST = 15000 if pqc.OURS < pqc.SINCE else 24000  # an SSL of OpenSSL 3.5 is that much larger


def say(words):
    print(f"        {words}", flush=True)


def allow_many_descriptors():
    """As many as the system lets us have; what we start inherits it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


class Figures(secho.TestCase):
    def judge_memory(self, value, limit, words):
        if secho.is_sanitized():
            say(f"not judged: {words} (built with a sanitizer)")
        else:
            self.assertLess(value, limit, words)

    def fresh_echo_ms(self, port):
        """How long a new connection takes from TCP to its echo."""
        began = time.monotonic()
        self.assert_echoes(port)
        return (time.monotonic() - began) * 1000


class Bulk(Figures):
    def test_1_gib_goes_through_the_client_in_a_pipe(self):
        with Server() as server:
            client = subprocess.Popen(
                [secho.program("secho-client"), "--ca", secho.pki() / "ca.pem", "127.0.0.1", str(server.port)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
            sent = hashlib.sha256()

            def feed():
                for _ in range(GiB // MiB):
                    part = os.urandom(MiB)
                    sent.update(part)
                    client.stdin.write(part)
                client.stdin.flush()

            feeder = threading.Thread(target=feed, daemon=True)
            began = time.monotonic()
            feeder.start()
            back, count = hashlib.sha256(), 0
            while count < GiB:
                part = client.stdout.read1(MiB)
                self.assertTrue(part, client.stderr)
                back.update(part)
                count += len(part)
            feeder.join()
            seconds = time.monotonic() - began
            peak = processes.peak_memory(client.pid)
            peaks = [processes.peak_memory(pid) for pid in server.all_processes()]
            client.stdin.close()
            self.assertEqual(client.stdout.read(), b"")
            self.assertEqual(client.wait(), 0, client.stderr.read())
            client.stdout.close()
            client.stderr.close()
            self.assertEqual(back.hexdigest(), sent.hexdigest())
            server.wait_for_log("closed", end="ok", in_=GiB, out=GiB)
            say(f"1 GiB, same SHA-256, {GiB / MiB / seconds:.0f} MiB/s (its bytes are made and hashed on the same machine)")
            say(f"peak memory: client {peak / MiB:.1f} MiB, server {[f'{one / MiB:.1f}' for one in peaks]} MiB in its processes")
            self.judge_memory(peak, 32 * MiB, "the client's peak")
            self.judge_memory(max(peaks), 32 * MiB, "the server's peak")


class Idle(Figures):
    def test_5000_idle_connections_cost_at_most_15_kb_each_or_24_with_openssl_3_5(self):
        if allow_many_descriptors() < CONNECTIONS + 500:
            self.skipTest(f"the system allows too few descriptors for {CONNECTIONS} connections")
        settings = secho.context(secho.pki() / "ca.pem", "1.3")
        with Server(workers={"processes": "auto", "threads": 1}, timeouts={"idle": "10m"}) as server:
            port = server.port
            for _ in range(200):  # what the first ones cost, all later ones share
                self.assert_echoes(port)
            before = server.memory()
            sockets = []
            gc.disable()
            for number in range(CONNECTIONS):
                peer = Tls(port, settings=settings)
                word = b"%05d" % number
                self.assertEqual(peer.echo(word), word)
                sockets.append(peer.sock)  # the session itself would cost us more than the server
            gc.enable()
            full = server.memory()
            each = (full - before) / CONNECTIONS
            alone = [processes.proportional_memory(pid) // KiB for pid in server.all_processes()]
            say(f"{CONNECTIONS} idle TLS 1.3 connections: {each:.0f} bytes of PSS each; with all of the server {full / CONNECTIONS:.0f}")
            say(f"PSS: before {before // KiB} KiB, full {full // KiB} KiB, its processes {alone} KiB")
            for sock in sockets:
                sock.close()
            server.wait_for_log("closed", count=CONNECTIONS + 200, timeout=120)
            self.assert_echoes(port)
            grown = full - before
            secho.eventually(lambda: server.memory() - before < grown / 10, timeout=10)
            after = server.memory()
            say(f"PSS after they closed: {after // KiB} KiB, {100 * (full - after) / grown:.0f} % of the growth returned")
            self.judge_memory(each, IDLE_MOST, "PSS of an idle connection in bytes")
            self.judge_memory(after - before, grown / 10, "memory that did not return")


class NeverReads(Figures):
    def test_a_sender_that_never_reads_costs_less_than_1_mib(self):
        with Server(timeouts={"write": "10m"}) as server:
            with Tls(server.port) as warm_up:
                data = os.urandom(8 * MiB)
                self.assertEqual(warm_up.echo(data), data)
            before = server.memory()
            sent, done = [0], threading.Event()

            def flood(peer):
                while not done.is_set():
                    peer.send(b"x" * 65536)
                    sent[0] += 65536

            def quietly(peer):
                try:
                    flood(peer)
                except OSError:
                    pass

            # It gives up after 3 s without progress; the connection stays as it is.
            with Tls(server.port, receive_buffer=16384, patience=3) as peer, Tls(server.port) as other:
                sender = threading.Thread(target=quietly, args=(peer,))
                sender.start()
                slowest = 0.0
                last = -1
                while last != sent[0]:  # until it has been stopped for the time of 200 echoes
                    last = sent[0]
                    for _ in range(200):
                        began = time.monotonic()
                        self.assertEqual(other.echo(b"others go on"), b"others go on")
                        slowest = max(slowest, time.monotonic() - began)
                grown = server.memory() - before
                fresh = self.fresh_echo_ms(server.port)
                say(f"stopped after {sent[0] / MiB:.1f} MiB (most of it in the kernel); the server grew by {grown / KiB:.0f} KiB")
                say(f"meanwhile: slowest echo of another {slowest * 1000:.1f} ms, a fresh one {fresh:.1f} ms")
                self.judge_memory(grown, MiB, "growth for a peer that does not read")
                done.set()
                sender.join()
                peer.reset()


class Death(Figures):
    def test_a_worker_killed_under_load_harms_nobody_else(self):
        with Server(workers={"processes": 2, "threads": 1}) as server:
            port = server.port
            done = threading.Event()
            peers = [Tls(port, patience=20) for _ in range(40)]
            broken, echoes = [], [0] * len(peers)

            def load(number, peer):
                try:
                    while not done.is_set():
                        data = os.urandom(2000)
                        back = peer.echo(data)
                        if back != data:
                            broken.append((number, "cut" if data.startswith(back) else "WRONG"))
                            return
                        echoes[number] += 1
                except OSError:
                    broken.append((number, "cut"))

            threads = [threading.Thread(target=load, args=pair) for pair in enumerate(peers)]
            for thread in threads:
                thread.start()
            self.assertTrue(secho.eventually(lambda: min(echoes) > 5))
            victim = server.workers()[0]
            processes.kill(victim, signal.SIGKILL)
            fresh = [self.fresh_echo_ms(port) for _ in range(20)]
            event = server.wait_for_log("worker_exit")
            self.assertIn("SIGKILL", event.raw)
            at_death = list(echoes)
            unharmed = [number for number in range(len(peers)) if number not in dict(broken)]
            self.assertTrue(secho.eventually(lambda: all(echoes[n] > at_death[n] + 5 for n in unharmed if n not in dict(broken))))
            done.set()
            for thread in threads:
                thread.join()
            say(f"{len(broken)} of {len(peers)} busy connections died with their worker, the others went on")
            say(f"20 fresh echoes under load right after: slowest {max(fresh):.0f} ms; log: {event.raw}")
            self.assertNotIn("WRONG", dict(broken).values())
            self.assertGreater(len(broken), 0)
            self.assertLess(len(broken), len(peers))
            self.assertEqual(sum(number in dict(broken) for number in unharmed), 0, "harmed later")
            self.assertLess(max(fresh), 1000)


class Stop(Figures):
    def test_a_stop_with_idle_and_busy_connections_loses_nothing(self):
        with Server(workers={"processes": 2, "threads": 2}, timeouts={"drain": "30s"}) as server:
            idle = [Tls(server.port) for _ in range(30)]
            for peer in idle:
                self.assertEqual(peer.echo(b"x"), b"x")
            busy = [Tls(server.port) for _ in range(20)]
            ends = [None] * len(busy)
            turns = [0] * len(busy)

            def talk(number, peer):
                """Sends and receives until it is told goodbye; what came back must be what was sent first."""
                sent, back = bytearray(), bytearray()
                while peer.ended is None:
                    data = os.urandom(3000)
                    sent += data
                    peer.push_quietly(peer.encode(data))
                    while len(back) < len(sent) and peer.take_in():
                        back += peer.received
                        peer.received.clear()
                    back += peer.received
                    peer.received.clear()
                    turns[number] += 1
                ends[number] = (peer.ended, sent.startswith(back), len(back))
                peer.goodbye()
                peer.fin()
                peer.wait_for_fin()

            threads = [threading.Thread(target=talk, args=pair) for pair in enumerate(busy)]
            for thread in threads:
                thread.start()
            self.assertTrue(secho.eventually(lambda: min(turns) > 5))
            began = time.monotonic()
            server.signal(signal.SIGTERM)
            for peer in idle:
                self.assertEqual(peer.receive_to_end(), b"")
                self.assertEqual(peer.ended, "close_notify")
                peer.goodbye()
                peer.close()
            for thread in threads:
                thread.join()
            code = server.wait()
            seconds = time.monotonic() - began
            self.assertEqual([end[:2] for end in ends], [("close_notify", True)] * len(busy))
            for number, peer in enumerate(busy):
                event = server.closed(peer)
                self.assertEqual((event["in"], event["out"], event["end"]), (str(ends[number][2]),) * 2 + ("drain",))
            self.assertEqual(code, 0)
            say(f"30 idle and 20 busy connections: everything received was echoed, all got close_notify, exit 0 after {seconds:.1f} s")


class Garbage(Figures):
    def test_garbage_of_all_kinds_leaves_nothing_behind(self):
        hello = client_hello()

        def one_of_each(port):
            for first in (b"GET / HTTP/1.1\r\n\r\n", b"SSH-2.0-x\r\n", b"EHLO x\r\n", os.urandom(800)):
                with Tcp(port) as peer:
                    peer.push_quietly(first)
                    peer.receive(1)

        def cut_at_each_byte(port):
            for cut in range(1, len(hello)):
                with Tcp(port) as peer:
                    peer.push_quietly(hello[:cut])

        def one_byte_at_a_time(port):
            with Tls(port, segment=1) as peer:
                self.assertEqual(peer.echo(b"slowly", segment=1), b"slowly")

        def storm_of_resets(port):
            for turn in range(500):
                peer = Tcp(port)
                peer.push_quietly(hello[: turn % len(hello)])
                peer.reset()

        def silence(port):
            silent.extend(Tcp(port) for _ in range(200))

        silent = []
        kinds = (one_of_each, cut_at_each_byte, one_byte_at_a_time, storm_of_resets, silence)
        with Server(workers={"processes": 2, "threads": 1}, timeouts={"handshake": "2s", "goodbye": "1s"}) as server:
            port = server.port
            workers = server.workers()
            slowest, descriptors, memory = 0.0, 0, 0
            for turn in range(6):
                for kind in kinds:
                    storm = threading.Thread(target=kind, args=(port,))
                    storm.start()
                    while storm.is_alive():
                        slowest = max(slowest, self.fresh_echo_ms(port))
                    storm.join()
                    slowest = max(slowest, self.fresh_echo_ms(port))
                for peer in silent:
                    peer.receive_to_end()
                    peer.close()
                silent.clear()
                if turn < 3:  # what the first half costs at most, the second may not exceed
                    for _ in range(16):  # full turns: both workers have touched all of their shared buffers
                        self.assert_echoes(port, bytes(MiB))
                    secho.settle(server)
                    descriptors, memory = max(descriptors, server.descriptors()), max(memory, server.memory())
            secho.settle(server)
            say(f"6 rounds: slowest fresh echo {slowest:.0f} ms")
            say(f"descriptors: {descriptors} in the first half, {server.descriptors()} at the end")
            say(f"PSS: {memory // KiB} KiB in the first half, {server.memory() // KiB} KiB at the end")
            self.assertLessEqual(server.descriptors(), descriptors)
            secho.eventually(lambda: server.memory() - memory < MiB)  # a second after the last has left
            self.judge_memory(server.memory() - memory, MiB, "memory that did not return")
            self.assertLess(slowest, 1000)
            self.assertEqual(server.workers(), workers, "a worker died")


if __name__ == "__main__":
    secho.main()
