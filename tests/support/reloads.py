"""A server whose configuration changes while it serves, and peers who are not to notice."""

import json
import pathlib
import threading
from signal import SIGHUP

from secho import Server, Tls


def certificate(port):
    """What the server shows: DER."""
    with Tls(port) as peer:
        return peer.tls.getpeercert(True)


class Changing(Server):
    """A server whose configuration file the test writes anew."""

    def write(self, config):
        text = config if isinstance(config, str) else json.dumps(config, indent=2)
        file = pathlib.Path(self._folder) / "secho.json"
        fresh = file.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(file)

    def reload(self, config=None, event="reload"):
        """Asks for it, and waits for the answer."""
        mark = self.mark()
        if config is not None:
            self.write(config)
        self.signal(SIGHUP)
        return self.wait_for_log(event, since=mark)

    def wait_until_retired(self, leader):
        self.wait_until_gone([leader])


class Load(threading.Thread):
    """Connects, echoes, says goodbye, again and again, until it is told to stop."""

    def __init__(self, port):
        super().__init__()
        self.port, self.echoes, self.problems, self.over = port, 0, [], threading.Event()

    def connect(self):
        return Tls(self.port)

    def talk(self, peer):
        if peer.echo(b"load" * 100) != b"load" * 100:
            self.problems.append("wrong bytes")
        self.echoes += 1
        peer.goodbye()
        if peer.receive_to_end() != b"" or peer.ended != "close_notify":
            self.problems.append(f"ended by {peer.ended}")

    def run(self):
        while not self.over.is_set():
            try:
                with self.connect() as peer:
                    self.talk(peer)
            except (OSError, EOFError) as problem:
                self.problems.append(repr(problem))


class Returning(Load):
    """The same with the session of the time before; `full` counts those who had to shake hands in full."""

    def __init__(self, port, settings):
        super().__init__(port)
        self.settings, self.session, self.full = settings, None, 0

    def connect(self):
        return Tls(self.port, settings=self.settings, session=self.session)

    def talk(self, peer):
        super().talk(peer)
        self.full += not peer.tls.session_reused
        self.session = peer.tls.session


class Staying(Load):
    """Stays for as long as the server lets it, echoing all the time; then comes again."""

    def talk(self, peer):
        while not self.over.is_set():
            if not self.echo(peer):
                return

    def echo(self, peer):
        """False when the server has ended the connection in order; what was under way is its choice."""
        try:
            peer.send(b"stay" * 100)
        except OSError:
            pass  # what it said before that tells
        back = peer.receive(400)
        if back not in (b"stay" * 100, b"") or (not back and peer.ended != "close_notify"):
            self.problems.append(f"{len(back)} bytes, ended by {peer.ended}")
        self.echoes += bool(back)
        return back != b""
