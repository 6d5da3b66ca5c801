"""The admin listener of a server, asked over real HTTP."""

import functools
import http.client
import json
import pathlib
import socket
import unittest

import secho
from reloads import Changing
from secho import PATIENCE

TOKEN = "correct-horse-battery-staple"


@functools.cache
def need_admin():
    """Skips the test where the server was built without libmicrohttpd."""
    told = secho.run_server("-V").stdout
    if "admin listener: no" in told:
        raise unittest.SkipTest("this secho-server was built without libmicrohttpd")


class Reply:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


class AtPath(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(str(self.path))


def exchange(connection, method, path, body=None, headers=None):
    """One request and its reply on a connection that stays open."""
    connection.request(method, path, body, headers or {})
    return Reply(connection.getresponse())


class Administered(Changing):
    """A server with an admin listener on any free port, and ways to ask it."""

    def __init__(self, *listeners, admin=None, **settings):
        if "config" not in settings:
            settings = {"config": secho.configuration(*listeners, admin={"port": 0, **(admin or {})}, **settings)}
        super().__init__(**settings)

    def start(self, wait=True):
        """Its socket is there before "serving" is told, its process a moment later."""
        need_admin()
        super().start(wait)
        if wait and not secho.eventually(self.admin):
            raise AssertionError("no admin process")
        return self

    @property
    def admin_port(self):
        return int(self.find_log("admin")[-1]["port"])

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=PATIENCE)

    def ask(self, method, path, body=None, **headers):
        """A reply on a connection of its own; header names have "_" for "-"."""
        connection = self.connection()
        try:
            return exchange(connection, method, path, body, {key.replace("_", "-"): value for key, value in headers.items()})
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self.ask("POST", path, body, **headers)

    def changed(self, **changes):
        """Writes the configuration anew, with these keys of the root changed."""
        self.write({**self.config, **changes})

    @property
    def file(self):
        return str(pathlib.Path(self._folder) / "secho.json")
