"""Why did it end: connections that are cut, and those that never come about."""

import contextlib
import json
import resource
import socket
from signal import SIGKILL

import explanations
import isolated
import pings
import processes
import secho
import strange
from explanations import Row, Seen, client_does, end_of, logs, run_client, server_is, tells
from secho import Tcp

HELLO = secho.client_hello()


def leaves_in_the_hello(peer):
    peer.push(HELLO[:100])
    peer.fin()
    peer.receive_to_end()


def resets_in_the_handshake(peer):
    """When the server has answered the hello."""
    peer.push(HELLO)
    peer.pull()
    peer.reset()


def resets_after_an_echo(peer):
    peer.echo(b"hello")
    peer.reset()


def leaves_without_goodbye(peer):
    peer.echo(b"hello")
    peer.fin()
    peer.receive_to_end()


def leaves_silently(peer):
    peer.fin()
    peer.receive_to_end()


def half_a_header(peer):
    peer.push(b"PROXY TCP4 ")
    peer.fin()
    peer.receive_to_end()


def killed_client():
    """A ping of ours is killed in its pause."""
    with secho.Server() as server, pings.start_ping(server.port, "--json", "-i", "5m") as ping:
        json.loads(ping.stdout.readline())
        ping.kill()
        return Seen(end_of(server))


def killed_worker():
    """The worker is killed while a ping of ours waits for the moment of the next one."""
    with secho.Server() as server, pings.start_ping(server.port, "--json", "-i", "5m") as ping:
        json.loads(ping.stdout.readline())
        processes.kill(server.workers()[0], SIGKILL)
        told = json.loads(ping.communicate(timeout=secho.PATIENCE)[0].splitlines()[-1])
        server.wait_for_log("worker_exit", lost="1")
        return Seen(told=told)


def resets_after_the_first(sock):
    """Sends the first bytes of an answer and resets."""
    sock.recv(65536)
    sock.sendall(b"\x16\x03\x03")
    strange.set_to_reset(sock)


def leaves_in_the_answer(sock):
    sock.recv(65536)
    sock.sendall(b"\x16\x03\x03")


def resets_in_place_of_the_echo(stream):
    stream.recv(65536)
    strange.set_to_reset(stream)


def cut_in_place_of_the_echo(stream):
    stream.recv(65536)
    stream.shutdown(socket.SHUT_WR)


class ByTheNetwork(explanations.Table):
    ROWS = [
        Row("a cable that is pulled, for the server", lambda: isolated.run("lost_server"),
            logs("connection_lost", "echo", "the network lost the client during the echo: ")),
        Row("a cable that is pulled, for the client", lambda: isolated.run("lost_client"),
            client=tells(65, "connection_lost", "echo", "the network lost the server during the echo: ")),
    ]  # fmt: skip


class ByTheClient(explanations.Table):
    ROWS = [
        Row("a client that closes in its hello", client_does(leaves_in_the_hello, kind=Tcp),
            logs("closed_in_handshake", "client_hello", "the client closed the connection in the handshake")),
        Row("a client that resets in the handshake", client_does(resets_in_the_handshake, kind=Tcp),
            logs("reset", "handshake", "the client, or something on the way, reset the connection (RST) in the handshake")),
        Row("a client that resets after an echo", client_does(resets_after_an_echo),
            logs("reset", "echo", "the client, or something on the way, reset the connection (RST) during the echo")),
        Row("a client that closes without close_notify", client_does(leaves_without_goodbye),
            logs("truncated", "echo", "the client closed the connection without close_notify")),
        Row("a client that closes in place of the first byte", client_does(leaves_silently),
            logs("truncated", "echo", "the client closed the connection without close_notify", "it sent nothing")),
        Row("a client that closes in its PROXY header", client_does(
            half_a_header, kind=Tcp, listener=secho.tls(proxy_protocol=True)),
            logs("proxy_header_invalid", "proxy", "the PROXY header of the client is not valid: it ends before")),
        Row("a client of ours that is killed", killed_client,
            logs("truncated", "echo", "the client closed the connection without close_notify")),
    ]  # fmt: skip


class ByTheServer(explanations.Table):
    ROWS = [
        Row("a server that closes at once", server_is(strange.closes),
            client=tells(76, "closed_in_handshake", "handshake", "the server closed the connection before the first byte")),
        Row("a server that closes in its answer", server_is(leaves_in_the_answer),
            client=tells(76, "closed_in_handshake", "handshake", "the server closed the connection in the handshake")),
        Row("a server that resets at once", server_is(strange.resets),
            client=tells(69, "reset", "handshake", "the server, or something on the way, reset the connection (RST) before")),
        Row("a server that resets in its answer", server_is(resets_after_the_first),
            client=tells(76, "reset", "handshake", "the server, or something on the way, reset the connection (RST) in the")),
        Row("a server that resets in place of the echo", server_is(strange.tls(resets_in_place_of_the_echo)),
            client=tells(65, "reset", "echo", "the server, or something on the way, reset the connection (RST) during")),
        Row("a server that closes without close_notify", server_is(strange.tls(cut_in_place_of_the_echo)),
            client=tells(65, "truncated", "echo", "the server closed the connection without close_notify")),
        Row("a worker of ours that is killed", killed_worker,
            client=tells(65, "truncated", "echo", "the server closed the connection without close_notify")),
    ]  # fmt: skip


# --- no connection ----------------------------------------------------------------------------------


def closed_port():
    with secho.closed_port() as port:
        return Seen(told=run_client(port, host="127.0.0.1"))


def full_queue():
    """Nobody accepts, and there is no room in the queue: Linux drops the SYN (listen(2))."""
    with socket.socket() as listener, contextlib.ExitStack() as queue:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = queue.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        return Seen(told=run_client(listener.getsockname()[1], "--timeout", "2s", host="127.0.0.1"))


def no_descriptors():
    """A ping of ours with a new connection for each is allowed no more descriptors than it has (getrlimit(2))."""
    with secho.Server() as server, pings.start_ping(server.port, "--json", "--reconnect", "-i", "1s") as ping:
        json.loads(ping.stdout.readline())
        resource.prlimit(ping.pid, resource.RLIMIT_NOFILE, (3, 3))
        for line in ping.stdout:
            told = json.loads(line)
            if told.get("result") == "failed":
                ping.terminate()
                return Seen(told=told)
    return None


def told_by(*words):
    return lambda: Seen(told=run_client(1, *explanations.options(words), host="127.0.0.1", trust=False))


class NoConnection(explanations.Table):
    ROWS = [
        Row("a port that nobody listens on", closed_port, client=tells(69, "refused", "connect", "nobody listens there")),
        Row("an address that the network does not lead to", lambda: Seen(told=run_client(1, host="224.0.0.1")),
            client=tells(69, "unreachable", "connect", "the network does not lead there")),
        Row("a server that drops what comes", full_queue,
            client=tells(75, "connect_timeout", "connect", "no address answered within 2s")),
        Row("a name that nobody has", lambda: Seen(told=run_client(1, host="nobody.invalid")),
            client=tells(68, "name_unknown", "resolve", "the name does not resolve to an address")),
        Row("a resolver that does not answer", lambda: isolated.run("silent_resolver"),
            client=tells(75, "resolve_timeout", "resolve", "the resolver did not answer within 2s")),
        Row("no descriptor for a socket", no_descriptors, client=tells(71, "system", "setup", "", "Too many open files", "ulimit -n")),
        Row("a group that OpenSSL does not know", told_by("--groups", "X25518"), client=tells(64, "usage", "setup", "")),
        Row("a file that is not there", told_by("--ca", "/nonexistent/ca.pem"),
            client=tells(66, "file", "setup", "")),
        Row("a file with something else", told_by("--ca", "@server.key"), client=tells(78, "config", "setup", "")),
    ]  # fmt: skip


if __name__ == "__main__":
    secho.main()
