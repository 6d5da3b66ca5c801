"""Why did it end: deadlines and limits, of the server and of the client."""

import contextlib
import functools
import threading

import explanations
import isolated
import proxyheader
import secho
import strange
from explanations import Row, Seen, both, client_does, end_of, logs, run_client, run_talk, server_is, tells
from keyupdate import KeyUpdater
from secho import Tcp

SHORT = "300ms"  # of a deadline that only has to pass
SPACIOUS = "5s"  # of one that must not pass before its time, also on a machine that stands still for a moment
PATIENT = "4s"  # the same for a client
HELLO = secho.client_hello()


@functools.cache
def half_way():
    """Three clients that send so much and then nothing more, all at once: {where it stops: Seen}."""
    listeners = secho.tls(), secho.tls(name="proxied", proxy_protocol=True)
    with secho.Server(*listeners, timeouts={"handshake": SPACIOUS}) as server, contextlib.ExitStack() as peers:
        stops = {"hello": (server.port, HELLO[:50]), "answer": (server.port, HELLO),
                 "header": (server.port_of("proxied"), proxyheader.v2()[:20])}  # fmt: skip
        seen = {}
        for where, (port, first) in stops.items():
            seen[where] = peers.enter_context(Tcp(port))
            seen[where].push(first)
        for peer in seen.values():
            peer.receive_to_end()
            peer.close()  # or the server would wait for that
        return {where: Seen(server.closed(peer)) for where, peer in seen.items()}


def waits(peer):
    """A client that sends nothing."""
    peer.receive_to_end()


def hears_nothing(peer):
    """Shakes hands, and waits."""
    peer.receive_to_end()
    peer.goodbye()


def not_read():
    """talk in a pipe to a server that shakes hands and reads no more."""
    over = threading.Event()
    with strange.Server(strange.tls(lambda stream: over.wait(secho.PATIENCE))) as server:
        try:
            return Seen(told=run_talk(server.port, "--timeout", PATIENT, input=bytes(64 << 20)))
        finally:
            over.set()


def talk_to(behaviour, data):
    """talk in a pipe with this input."""

    def how():
        with strange.Server(strange.tls(behaviour)) as server:
            return Seen(told=run_talk(server.port, "--timeout", PATIENT, input=data))

    return how


def does_not_read(peer):
    """Sends until the server ends it: its echo stays where it is."""
    with contextlib.suppress(OSError):
        while True:
            peer.send(b"x" * 65536)


def floods(peer):
    peer.echo(b"hello")
    peer.push_quietly(peer.updates(20000))
    peer.receive_to_end()


def idle_ping():
    """A ping of ours with pauses that are longer than the server waits."""
    with secho.Server(timeouts={"idle": SPACIOUS}) as server:
        told = run_client(server.port, "-i", "5m", mode="ping")
        return Seen(end_of(server), told)


def one_too_many(limit):
    """A check of ours while the only place is taken."""

    def how():
        with secho.Server(limits={limit: 1}) as server, secho.Tls(server.port) as first:
            first.echo(b"here")
            told = run_client(server.port)
            return Seen(server.wait_for_log("refused"), told)

    return how


def too_fast(limit):
    """A check of ours behind a crowd; a machine that stood still has let it in, so it may take more than one."""

    def how():
        with secho.Server(limits={limit: 1}) as server:
            for _ in range(100):
                crowd = [Tcp(server.port) for _ in range(10)]
                told = run_client(server.port)
                for peer in crowd:
                    peer.close()
                if not told["ok"]:
                    break
            return Seen(server.wait_for_log("refused"), told)

    return how


def old_ping():
    """A ping of ours with a pause that is longer than a connection may last."""
    with secho.Server(timeouts={"age": SPACIOUS}) as server:
        told = run_client(server.port, "-i", "5m", mode="ping")
        return Seen(end_of(server), told)


def place_is_needed():
    """Somebody says nothing while a check of ours wants to shake hands, and only one may at a time."""
    with secho.Server(limits={"handshakes_in_flight": 1}, timeouts={"handshake": "20s"}) as server, Tcp(server.port) as silent:
        told = run_client(server.port)
        return Seen(server.closed(silent), told)


class Narrow(secho.Tls):
    """With a small window: what it does not read stays with the server."""

    def __init__(self, port):
        super().__init__(port, receive_buffer=16384)


class Deadlines(explanations.Table):
    ROWS = [
        Row("a client that sends nothing", client_does(waits, kind=Tcp, timeouts={"handshake": SHORT}),
            logs("handshake_timeout", "accepted", f"the server gave up: the client sent nothing within {SHORT}",
                 "/timeouts/handshake")),
        Row("a client that stops in the hello", lambda: half_way()["hello"],
            logs("handshake_timeout", "client_hello", "the server gave up: the client did not finish the handshake")),
        Row("a client that stops behind the hello", lambda: half_way()["answer"],
            logs("handshake_timeout", "handshake", "the server gave up: the client did not finish the handshake")),
        Row("a client that stops in the PROXY header", lambda: half_way()["header"],
            logs("handshake_timeout", "proxy", "the server gave up: the client did not finish the PROXY header")),
        Row("a server that says nothing", server_is(strange.silent, "--timeout", PATIENT),
            client=tells(75, "handshake_timeout", "handshake", "the client gave up: the server sent nothing within 4s",
                         "--timeout")),
        Row("a client of ours that waits too long", idle_ping,
            logs("idle_timeout", "echo", f"the server ended the connection in order: the client sent nothing for {SPACIOUS}",
                 "/timeouts/idle"),
            tells(65, "closed_early", "echo", "everything had come back, and then the server ended the connection")),
        Row("a server that does not echo", server_is(strange.tls(strange.mute), "--timeout", PATIENT),
            client=tells(75, "idle_timeout", "echo", "the client gave up: the server sent nothing for 4s")),
        Row("a client that does not read", client_does(does_not_read, kind=Narrow, timeouts={"write": SHORT, "goodbye": "1s"}),
            logs("write_timeout", "echo", f"the server gave up: the client did not read its echo for {SHORT}")),
        Row("a server that does not read", not_read,
            client=tells(75, "write_timeout", "echo", "the client gave up: the server did not read for 4s")),
        Row("a client that says goodbye and does not read its echo", lambda: isolated.run("unread_goodbye"),
            logs("goodbye_timeout", "goodbye", "the server gave up: 300ms after the goodbye the client had not read the rest")),
        Row("a server that does not answer a goodbye", talk_to(strange.mute, b"hello"),
            client=tells(75, "goodbye_timeout", "goodbye", "the client gave up: the server did not say goodbye within 4s")),
    ]  # fmt: skip


def turned_away(name, how, code, begins, setting):
    """Refused before anything was read: the client finds the door closed, by FIN or, when its hello came later, by RST."""
    return Row(
        name, how, logs(code, "accepted", f"the server refused the connection: {begins}", setting),
        tells(76, "closed_in_handshake", "handshake", "the server closed the connection before the first byte", "full"),
        or_else=tells(69, "reset", "handshake", "the server, or something on the way, reset the connection", "full"))  # fmt: skip


class Limits(explanations.Table):
    ROWS = [
        turned_away("one connection too many", one_too_many("connections"), "connection_limit",
                    "its limit of 1 open connections", "/limits/connections"),
        turned_away("one connection of an address too many", one_too_many("connections_per_address"), "address_limit",
                    "this address has 1 open already", "/limits/connections_per_address"),
        turned_away("too many handshakes in a second", too_fast("handshakes_per_second"), "rate_limit",
                    "more than 1 handshakes came in a second", "/limits/handshakes_per_second"),
        turned_away("too many handshakes of an address in a second", too_fast("handshakes_per_second_per_address"),
                    "address_rate_limit", "more than 1 handshakes came from this address",
                    "/limits/handshakes_per_second_per_address"),
        Row("a handshake that does not go on while others wait", place_is_needed,
            logs("handshake_limit", "accepted", "the server gave up: the client had not ended its handshake",
                 "/limits/handshakes_in_flight"), tells(0, "ok", "", "")),
        Row("too many bytes", both(limits={"bytes_per_connection": "16B"}),
            logs("byte_limit", "echo", "the server ended the connection in order: it carried its 16 bytes",
                 "/limits/bytes_per_connection"),
            tells(65, "echo_short", "echo", "the server ended the connection in order before everything was back: 16 bytes")),
        Row("a connection of ours that gets too old", old_ping,
            logs("age_limit", "echo", "the server ended the connection in order: it was open for 5s", "/timeouts/age"),
            tells(65, "closed_early", "echo", "everything had come back, and then the server ended the connection")),
        Row("a flood of key updates", client_does(floods, kind=KeyUpdater, timeouts={"goodbye": "1s"}),
            logs("too_many_control_messages", "echo", "the server ended the connection: the client sent one TLS message")),
    ]  # fmt: skip


if __name__ == "__main__":
    secho.main()
