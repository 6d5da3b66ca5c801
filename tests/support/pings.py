"""Servers and runs for the tests of secho-client ping."""

import subprocess

import secho
import strange

SIZE = 64


def ping(port, *options, host="localhost", **more):
    """Runs ping to its end."""
    return secho.client("--ca", secho.pki() / "ca.pem", "ping", *options, host, port, **more)


def start_ping(port, *options):
    """A ping that runs until it is stopped."""
    words = [secho.program("secho-client"), "--ca", secho.pki() / "ca.pem", "ping", *options, "localhost", port]
    return subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def messages(stream):
    """The messages that arrive, one by one."""
    held = b""
    while data := stream.recv(65536):
        held += data
        while len(held) >= SIZE:
            yield held[:SIZE]
            held = held[SIZE:]


def echo_but(misbehave):
    """An echo whose answer to message `number` (from 1) is what `misbehave` makes of it: a list of pieces."""

    def behave(stream):
        for number, message in enumerate(messages(stream), 1):
            for piece in misbehave(number, message):
                stream.sendall(piece)
        strange.goodbye(stream)

    return strange.Server(strange.tls(behave))


def flipped(message, at):
    """One bit of one byte is another one."""
    return message[:at] + bytes([message[at] ^ 1]) + message[at + 1 :]


def swap_third_and_fourth():
    """Holds the third message back until the fourth has gone."""
    held = []

    def misbehave(number, message):
        if number == 3:
            held.append(message)
            return []
        return [message, *held] if number == 4 else [message]

    return misbehave
