"""Early data (0-RTT) with openssl s_client, and what somebody can do who recorded it: a real replay."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

import secho

OPENSSL = secho.needs("openssl", "openssl")
WORKERS = 4
PERIOD = 15  # seconds from the birth of a server in which nothing is taken
TRIES = 4  # until a visit is over within them
EARLY = b"sent along with the hello\n"
LAST = b"sent at last\n"  # by each visit: when it is back, so is all that was sent before
RECORD_OVERHEAD = 17  # of TLS 1.3: the type and the tag
APPLICATION_DATA, HANDSHAKE, SERVER_HELLO = 23, 22, 2


# --- openssl s_client -------------------------------------------------------------------------------


def command(port, *options):
    return [OPENSSL, "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost",
            "-CAfile", secho.pki() / "ca.pem", "-verify_return_error", *options]  # fmt: skip


def get_ticket(port, file):
    """A first visit; what the next one needs is in `file`."""
    process = subprocess.Popen(
        command(port, "-sess_out", file), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    process.stdin.write(b"hello\n")
    process.stdin.flush()
    for line in process.stdout:
        if line == b"hello\n":  # the ticket came before it
            break
    process.communicate(b"Q\n")
    assert process.returncode == 0


class Visit:
    """One more visit with this ticket and early data: what s_client says of it."""

    def __init__(self, port, ticket, early=EARLY, options=()):
        with tempfile.NamedTemporaryFile() as file:
            file.write(early)
            file.flush()
            process = subprocess.Popen(
                command(port, "-sess_in", ticket, "-early_data", file.name, *options),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(LAST)
                process.stdin.flush()
            said = b""
            while not said.endswith(LAST) and (more := process.stdout.readline()):
                said += more
        said += b"".join(process.communicate(timeout=secho.PATIENCE))
        self.output = said
        self.accepted = b"Early data was accepted" in self.output
        self.rejected = b"Early data was rejected" in self.output
        self.resumed = b"Reused, TLSv1.3" in self.output
        self.echoed = self.output.count(early)


# --- the attacker -----------------------------------------------------------------------------------


def records(data):
    """The TLS records of which `data` is the beginning: (type, content)."""
    at = 0
    while at + 5 <= len(data):
        kind, _version, length = struct.unpack_from("!BHH", data, at)
        if at + 5 + length > len(data):
            break
        yield kind, data[at + 5 : at + 5 + length]
        at += 5 + length


def early_bytes(data):
    """How many bytes of early data are in a first flight."""
    return sum(len(content) - RECORD_OVERHEAD for kind, content in records(data) if kind == APPLICATION_DATA)


class Recorder:
    """Sits between s_client and the server, and keeps the first flight: a hello and its early data.

    With `hold` the flight never reaches the server; else all goes on in both directions.
    """

    def __init__(self, server_port, early, hold):
        self._server_port, self._early, self._hold = server_port, early, hold
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.flight = b""
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        client, _ = self._listener.accept()
        with client:
            while early_bytes(self.flight) < self._early:
                self.flight += client.recv(65536)
            if not self._hold:
                with socket.create_connection(("127.0.0.1", self._server_port)) as server:
                    server.sendall(self.flight)
                    back = threading.Thread(target=self._forward, args=(server, client))
                    back.start()
                    self._forward(client, server)
                    back.join()

    @staticmethod
    def _forward(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._thread.join(secho.PATIENCE)
        self._listener.close()


class Replay:
    """Sends the recorded flight as it is, and FIN; what the server answers, and its `closed` line."""

    def __init__(self, server, flight, listener="main"):
        mark = server.mark()  # ports are used again
        with socket.create_connection(("127.0.0.1", server.port_of(listener))) as peer:
            peer.settimeout(secho.PATIENCE)
            self.port = peer.getsockname()[1]
            peer.sendall(flight)
            peer.shutdown(socket.SHUT_WR)
            answer = b""
            while data := peer.recv(65536):
                answer += data
        self.answer = list(records(answer))
        self.closed = server.closed(self, since=mark, listener=listener)
        self.worker = (int(self.closed["conn"]) - 1) % WORKERS
        self.early = int(self.closed.get("early", 0))

    def has_echo(self, length):
        return any(kind == APPLICATION_DATA and len(content) == length + RECORD_OVERHEAD for kind, content in self.answer)


# --- one server for all of it: its window is closed for the first seconds -----------------------------


def listeners(keys):
    def listener(name, early_data, **changes):
        return {**secho.tls(tls={"early_data": early_data, **changes}), "name": name}

    keys.write_text(os.urandom(32).hex(), encoding="ascii")
    keys.chmod(0o600)
    return [
        listener("main", "16KiB"),
        listener("second", "16KiB"),
        listener("large", "1MiB"),
        listener("small", "64B"),
        listener("off", "0B"),
        listener("protocols", "16KiB", alpn=["a", "b"]),
        listener("shared", "16KiB", tickets={"keys": str(keys)}),
    ]


class EarlyData(secho.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.listeners = listeners(pathlib.Path(cls.folder, "keys"))
        for _ in range(TRIES):
            born = time.monotonic()
            cls.server = cls.enterClassContext(secho.Server(*cls.listeners, workers={"processes": WORKERS, "threads": 1}))
            cls.first = cls.visit("main")
            if time.monotonic() < born + PERIOD:
                break
            os.unlink(cls.ticket("main"))  # this machine is slow today
        cls.wait_until_open()

    @classmethod
    def ticket(cls, listener):
        """The ticket of a visit that was made once: tickets may be used again."""
        file = os.path.join(cls.folder, listener)
        if not os.path.exists(file):
            get_ticket(cls.server.port_of(listener), file)
        return file

    @classmethod
    def visit(cls, listener, early=EARLY, ticket_of=None):
        return Visit(cls.server.port_of(listener), cls.ticket(ticket_of or listener), early)

    @classmethod
    def wait_until_open(cls):
        """The window opens by itself; until then it is a visit like any other."""
        deadline = time.monotonic() + secho.PATIENCE
        while not cls.visit("main").accepted:
            assert time.monotonic() < deadline, "early data is never accepted"

    def record(self, hold, listener="main"):
        """A flight of a client that has a ticket, and what became of that client."""
        with Recorder(self.server.port_of(listener), len(EARLY), hold) as recorder:
            visit = Visit(recorder.port, self.ticket(listener))
        return recorder.flight, visit

    # --- taken, or not ---

    def test_nothing_is_taken_in_the_first_period(self):
        self.assertTrue(self.first.rejected, self.first.output)
        self.assertTrue(self.first.resumed)
        self.assertEqual(self.first.echoed, 0)

    def test_early_data_is_accepted_and_echoed(self):
        mark = self.server.mark()
        visit = self.visit("main")
        self.assertTrue(visit.accepted, visit.output)
        self.assertTrue(visit.resumed)
        self.assertEqual(visit.echoed, 1)
        size, whole = len(EARLY), len(EARLY + LAST)
        closed = self.server.wait_for_log("closed", since=mark, early=size, in_=whole, out=whole, end="ok")
        self.assertEqual(closed["resumed"], "yes")

    def test_all_that_is_allowed_is_accepted(self):
        for listener, limit in (("small", 64), ("main", 16384), ("large", 1048576)):
            with self.subTest(listener):
                early = os.urandom(limit // 4).hex().encode()
                mark = self.server.mark()
                visit = self.visit(listener, early + early)
                self.assertTrue(visit.accepted, visit.output[-2000:])
                self.server.wait_for_log("closed", since=mark, early=limit, out=limit + len(LAST), end="ok")

    def test_a_client_sends_no_more_than_its_ticket_allows(self):
        visit = self.visit("small", b"x" * 65)
        self.assertFalse(visit.accepted, visit.output)

    def test_where_it_is_off_it_is_skipped_and_the_handshake_goes_on(self):
        for listener in ("off", "small"):
            with self.subTest(listener):  # a ticket of another listener is none of this one
                mark = self.server.mark()
                visit = self.visit(listener, ticket_of="large", early=b"y" * 100000)
                self.assertTrue(visit.rejected, visit.output)
                closed = self.server.wait_for_log("closed", since=mark, listener=listener, in_=len(LAST), end="ok")
                self.assertNotIn("early", closed)

    def test_who_sends_none_is_served_as_everywhere(self):
        for version in ("1.2", "1.3"):
            settings = secho.context(version=version)
            with self.subTest(version), secho.Tls(self.server.port, settings=settings) as peer:
                self.assertEqual(peer.echo(b"late"), b"late")

    def test_a_question_for_a_report_is_not_echoed(self):
        file = os.path.join(self.folder, "report")
        report = ("-alpn", "secho-report/1")
        asking = subprocess.Popen(
            command(self.server.port, "-sess_out", file, *report),
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        asking.stdin.write(b"no question\n")
        asking.stdin.flush()
        asking.wait(secho.PATIENCE)  # the server ends it, after the ticket
        asking.stdin.close()
        visit = Visit(self.server.port, file, options=report)
        self.assertTrue(visit.resumed, visit.output)
        self.assertTrue(visit.rejected, visit.output)
        self.assertEqual(visit.echoed, 0)

    # --- replayed ---

    def test_a_flight_that_was_delivered_is_never_taken_again(self):
        flight, visit = self.record(hold=False)
        self.assertTrue(visit.accepted, visit.output)
        self.assertEqual(visit.echoed, 1)
        workers = set()
        while len(workers) < 3:  # the kernel spreads connections: also onto the one that had it first
            replay = Replay(self.server, flight)
            self.assert_fell_back(replay)
            workers.add(replay.worker)

    def test_a_flight_that_was_delivered_is_not_taken_after_a_reload(self):
        flight, visit = self.record(hold=False)
        self.assertTrue(visit.accepted, visit.output)
        mark = self.server.mark()
        self.server.signal(signal.SIGHUP)
        self.server.wait_for_log("reload", since=mark)
        self.assert_fell_back(Replay(self.server, flight))
        self.assertTrue(self.visit("main").accepted)  # what is remembered lives on, so others are served

    def test_a_flight_that_was_delivered_is_not_taken_by_a_later_life_of_the_server(self):
        flight, visit = self.record(hold=False, listener="shared")
        self.assertTrue(visit.accepted, visit.output)
        for _ in range(TRIES):
            born = time.monotonic()
            with secho.Server(*self.listeners, workers={"processes": WORKERS, "threads": 1}) as server:
                self.assert_fell_back(Replay(server, flight, "shared"))
                visit = Visit(server.port_of("shared"), self.ticket("shared"))
                self.assertTrue(visit.resumed, visit.output)  # it has the keys
            if time.monotonic() < born + PERIOD:
                break
        self.assertTrue(visit.rejected, visit.output)

    def test_a_flight_that_was_held_back_is_taken_once(self):
        flight, _ = self.record(hold=True)
        first = Replay(self.server, flight)
        self.assertEqual(first.early, len(EARLY))
        self.assertTrue(first.has_echo(len(EARLY)))  # for the client that never saw it, encrypted for it
        self.assertEqual(first.closed["end"], "closed_in_handshake")
        workers = set()
        while len(workers) < 3:
            replay = Replay(self.server, flight)
            self.assert_fell_back(replay)
            workers.add(replay.worker)

    def test_of_many_at_once_one_is_taken(self):
        flight, _ = self.record(hold=True)
        replays = []
        threads = [
            threading.Thread(target=lambda: replays.append(Replay(self.server, flight))) for _ in range(16)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(secho.PATIENCE)
        self.assertEqual(len(replays), 16)
        self.assertEqual(sorted(replay.early for replay in replays), [0] * 15 + [len(EARLY)])

    def test_a_flight_is_of_no_use_at_another_listener(self):
        flight, _ = self.record(hold=True)
        self.assert_fell_back(Replay(self.server, flight, "second"))

    def test_a_flight_with_another_random_is_no_hello_of_that_client(self):
        flight, _ = self.record(hold=True)
        changed = bytearray(flight)
        changed[5 + 4 + 2] ^= 1  # in the random: record header, message header, version
        replay = Replay(self.server, bytes(changed))
        self.assertEqual(replay.early, 0)
        self.assertEqual(replay.closed["end"], "tls_error")
        self.assertEqual(Replay(self.server, flight).early, len(EARLY))

    def assert_fell_back(self, replay):
        """It got a handshake of its own, which it cannot finish; and no echo."""
        kind, content = replay.answer[0]
        self.assertEqual((kind, content[0]), (HANDSHAKE, SERVER_HELLO))
        self.assertEqual((replay.early, int(replay.closed["in"]), int(replay.closed["out"])), (0, 0, 0))
        self.assertFalse(replay.has_echo(len(EARLY)))
        self.assertEqual(replay.closed["end"], "closed_in_handshake")

    # --- secho-client ---

    def check(self, listener, *options, session_of=None, first=()):
        """secho-client check --early-data with a session of its own; what it tells, and its words."""
        file = os.path.join(self.folder, "session")
        common = ("check", "--json", "-v", "--ca", secho.pki() / "ca.pem")
        made = secho.client(*common, "--sess-out", file, *first, "localhost", self.server.port_of(session_of or listener))
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertNotIn("early_data", json.loads(made.stdout))
        done = secho.client(
            *common, "--sess-in", file, "--early-data", *options, "localhost", self.server.port_of(listener)
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout), done.stderr.decode()

    def test_our_client_tells_that_it_was_accepted(self):
        mark = self.server.mark()
        told, words = self.check("main")
        self.assertEqual(told["early_data"], "accepted")
        self.assertIn("32 bytes went along with the hello: accepted", words)
        self.server.wait_for_log("closed", since=mark, early=32, in_=32, out=32, end="ok")

    def test_our_client_tells_it_of_each_connection(self):
        told, _ = self.check("main", "--resume", "3")
        self.assertEqual([one["early_data"] for one in told["resume"]["connections"]], ["accepted"] * 3)
        done = secho.client("check", "--ca", secho.pki() / "ca.pem", "--early-data", "--resume", 1, "localhost", self.server.port)
        self.assertRegex(done.stdout.decode(), r"^ok: .*, no early data\nconnection 2: resumed .*, early data accepted\n")

    def test_our_client_sends_again_what_was_rejected(self):
        told, words = self.check("second", session_of="main")
        self.assertEqual((told["early_data"], told["bytes"], told["tls"]["resumed"]), ("rejected", 32, False))
        self.assertIn("rejected, they are sent again", words)

    def test_our_client_sends_none_where_the_session_does_not_allow_it(self):
        told, words = self.check("off")
        self.assertEqual(told["early_data"], "not_offered")
        self.assertIn("no early data is sent: the server that gave the session had not allowed it", words)
        self.assertTrue(told["tls"]["resumed"])

    def test_our_client_sends_none_with_another_protocol(self):
        for protocol, fate in (("a", "accepted"), ("b,a", "accepted"), ("b", "not_offered")):
            with self.subTest(protocol):
                told, _ = self.check("protocols", "--alpn", protocol, first=("--alpn", "a"))
                self.assertEqual(told["early_data"], fate)

    def test_our_client_wants_a_session_for_it(self):
        for mode, words in ((["check"], "needs a session"), (["ping", "--early-data"], "is for check")):
            done = secho.client(*mode, "--early-data", "localhost", 1)
            self.assertEqual(done.returncode, 64)
            self.assertIn(words, done.stderr.decode())


if __name__ == "__main__":
    secho.main()
