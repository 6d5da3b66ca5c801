"""Why did it end: orderly ends, the bytes, sessions, and what ends before there is a connection."""

import functools
import json
import os
import ssl
import tempfile

import explanations
import pings
import secho
import strange
from explanations import Row, Seen, both, client_does, end_of, logs, run_client, server_is, tells
from peers import context

REPORT = "secho-report/1"


def stopped_meanwhile():
    """The server is stopped while a client of ours waits for the moment of its next ping."""
    with secho.Server() as server, pings.start_ping(server.port, "--json", "-i", "5m") as ping:
        json.loads(ping.stdout.readline())  # the first echo is back
        server.stop()
        told = json.loads(ping.communicate(timeout=secho.PATIENCE)[0].splitlines()[-1])
        return Seen(end_of(server), told)


def stopped_in(first, kind=secho.Tcp, listener=None):
    """The server is stopped when a peer has sent so much and no more."""

    def how():
        with secho.Server(listener or secho.tls(), timeouts={"handshake": "0s", "drain": "1s"}) as server:
            with kind(server.port) as peer, secho.Tls(server.port) as witness:
                peer.push(first)
                witness.echo(b"what came before has been seen")
                witness.goodbye()
                witness.receive_to_end()
                witness.close()
                server.closed(witness)
                server.stop()
                return Seen(server.closed(peer))

    return how


def silent_goodbye(peer):
    """In order, and without a byte of data."""
    peer.goodbye()
    peer.receive_to_end()


def one_and_goodbye(stream):
    """Echoes once and says goodbye, although the client does not want to go yet."""
    stream.sendall(stream.recv(65536))
    strange.goodbye(stream)


def answers_short(stream):
    """Gives back less than came, in order."""
    stream.sendall(stream.recv(65536)[:-2])
    strange.goodbye(stream)


def hold_back_one():
    """Answers the first message when the second has come: at least an interval late."""
    held = []

    def misbehave(number, message):
        held.append(message)
        return [] if number == 1 else held

    return pings.echo_but(misbehave)


def slow_echo():
    with hold_back_one() as server:
        return Seen(told=run_client(server.port, "-c", "2", "-i", "3s", "--warn", "100ms", mode="ping"))


def no_tickets():
    settings = strange.context(version=ssl.TLSVersion.TLSv1_3)
    settings.num_tickets = 0
    return strange.tls(strange.echo(), settings)


def no_session():
    with tempfile.TemporaryDirectory() as folder:
        return server_is(no_tickets(), "--sess-out", os.path.join(folder, "session"))()


def agrees_and_talks(words):
    """A server that agrees to a report by ALPN and then says something else."""

    def behave(stream):
        stream.recv(65536)
        stream.sendall(words)
        strange.goodbye(stream)

    return strange.tls(behave, alpn=[REPORT])


def asks_strangely(peer):
    peer.send(b"GET / HTTP/1.1\r\n\r\n")
    peer.receive_to_end()
    peer.goodbye()


Reporter = functools.partial(secho.Tls, settings=context(alpn=[REPORT]))


class InOrder(explanations.Table):
    ROWS = [
        Row("a check of ours", both(), logs("ok", "", "the client ended the connection in order"), tells(0, "ok", "", "")),
        Row("a client that sends nothing and says goodbye", client_does(silent_goodbye),
            logs("ok", "", "the client ended the connection in order", "it sent nothing after the handshake")),
        Row("a health check", client_does(lambda peer: None, kind=secho.Tcp, log={"level": "debug"}),
            logs("health_check", "", "the client connected and left without sending a byte")),
        Row("a health check that resets", client_does(secho.Tcp.reset, kind=secho.Tcp, log={"level": "debug"}),
            logs("health_check", "", "the client connected and left without sending a byte")),
        Row("a server that is stopped meanwhile", stopped_meanwhile,
            logs("drain", "echo", "the server ended the connection during the echo, because it is being stopped"),
            tells(65, "closed_early", "echo", "everything had come back, and then the server ended the connection in order")),
        Row("a server that is stopped before the first byte", stopped_in(b""),
            logs("drain", "accepted", "the server ended the connection")),
        Row("a server that is stopped in the handshake", stopped_in(secho.client_hello()[:20]),
            logs("drain", "client_hello", "the server ended the connection")),
    ]  # fmt: skip


class Bytes(explanations.Table):
    ROWS = [
        Row("a byte that was changed", server_is(strange.tls(strange.echo(lambda data: data[:-1] + bytes([data[-1] ^ 1])))),
            client=tells(65, "echo_wrong", "echo", "what came back is not what was sent: byte 31 of 32")),
        Row("an echo that is too short", server_is(strange.tls(answers_short)),
            client=tells(65, "echo_short", "echo", "the server ended the connection in order before everything was back")),
        Row("an echo that is too long", server_is(strange.tls(strange.echo(lambda data: data + b"x"))),
            client=tells(65, "echo_long", "echo", "more came back than was sent")),
        Row("an echo that does not come", server_is(strange.tls(strange.mute), "-c", "1", "--timeout", "4s", mode="ping"),
            client=tells(75, "echo_late", "echo", "not every echo came back in time")),
        Row("an echo that is slow", slow_echo,
            client=tells(1, "echo_slow", "echo", "everything came back, but too slowly", "--warn")),
        Row("a server that leaves first", server_is(strange.tls(one_and_goodbye), "-i", "5m", mode="ping"),
            client=tells(65, "closed_early", "echo", "everything had come back, and then the server ended")),
    ]  # fmt: skip


class Sessions(explanations.Table):
    ROWS = [
        Row("a server without tickets", no_session,
            client=tells(1, "no_session", "goodbye", "the bytes came back, but the server gave no session")),
        Row("a server of ours without tickets", both("--tls", "1.3", "--resume", "1", listener=secho.tls(
            tls={"tickets": {"count": 0, "keys": ""}})), logs("ok", "", "the client ended the connection in order"),
            tells(1, "not_resumed", "goodbye", "the bytes came back, but by full handshakes")),
    ]  # fmt: skip


class Reports(explanations.Table):
    ROWS = [
        Row("a client that agrees to ask and asks something else", client_does(asks_strangely, kind=Reporter),
            logs("report_invalid", "echo", "the client agreed to ask for a report, and what it sent is no such question")),
        Row("a server that agrees to a report and sends something else",
            server_is(agrees_and_talks(b"220 mail.test ESMTP\r\n"), mode="report"),
            client=tells(76, "report_invalid", "echo", "the server agreed to a report, and what it sent is none")),
    ]  # fmt: skip


if __name__ == "__main__":
    secho.main()
