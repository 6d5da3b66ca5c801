"""What is measured: one row for each metric.

Growth is a group of metrics like the others, for secho with the floor beside it.
"""

import dataclasses
from collections.abc import Callable

from . import load

GROWTH_CONNECTIONS = (1, 10, 100, 1000, 5000)
GROWTH_SIZES = (64, 256, 1024, 4096, 16384, 65536)
IN_GROWTH = ("secho", "floor")
WORKERS = ("secho-1-worker", "secho-2-workers")


@dataclasses.dataclass(frozen=True)
class Unit:
    words: str
    digits: int = 1
    scale: float = 1.0  # a value is shown multiplied by this

    def show(self, value):
        value *= self.scale
        return f"{value:,.0f}" if value >= 1000 else f"{value:.{0 if value >= 200 else self.digits}f}"


MESSAGE = Unit("µs per message")
GIGABYTE = Unit("s per GB", digits=2)
HANDSHAKE = Unit("µs per connection")
IDLE = Unit("kB per connection", scale=1e-3)


@dataclasses.dataclass(frozen=True)
class Metric:
    name: str
    title: str
    unit: Unit
    mode: str  # of secho-bench
    value: Callable  # from its result to the figure
    connections: int = 1
    size: int = 64  # bytes of a message
    options: tuple = ()
    tls12: bool = False
    memory: str = ""  # the mode of memory_handshake that belongs to it
    plain: bool = True  # does it say something without TLS?
    fresh: bool = False  # on a server that was just started, so that no memory is used again
    only: tuple = ()  # these peers; empty: all of the comparison
    group: str = ""  # of growth

    def connections_for(self, peer):
        return min(self.connections, peer.connections_max)

    def is_for(self, peer):
        if self.only:
            return peer.name in self.only
        return peer.name not in WORKERS and (self.plain or peer.tls != "none")


def echo(name, title, connections, size=64, **more):
    return Metric(name, title, MESSAGE, "echo", load.cpu_us_per_message, connections, size, **more)


def stream(name, title, connections):
    return Metric(name, title, GIGABYTE, "stream", load.cpu_s_per_gb, connections, 16384)


def handshake(name, title, value, **more):
    return Metric(name, title, HANDSHAKE, "handshake", value, 16, **more)


def resumption(name, title, **more):
    return handshake(name, title, load.cpu_us_per_resumption, options=("--resume", "1"), memory=name, plain=False, **more)


TABLE = (
    echo("echo64x1", "64 B, 1 connection", 1),
    echo("echo64x100", "64 B, 100 connections", 100),
    echo("echo64x1000", "64 B, 1,000 connections", 1000),
    echo("echo1kx100", "1 KiB, 100 connections", 100, 1024),
    stream("stream1", "stream, 1 connection", 1),
    stream("stream16", "stream, 16 connections", 16),
    handshake("full", "full handshake, TLS 1.3", load.cpu_us_per_handshake, memory="full"),
    resumption("resumed", "resumed handshake, TLS 1.3"),
    resumption("resumed12", "resumed handshake, TLS 1.2", tls12=True),
    Metric("idle", "memory of an idle connection", IDLE, "idle", load.bytes_per_connection, 5000, fresh=True),
)


def size_words(size):
    return f"{size} B" if size < 1024 else f"{size // 1024} KiB"


def _growth():
    yield from (echo(f"connections/{count}", f"64 B, {count:,} connection{'s' * (count > 1)}", count, only=IN_GROWTH, group="connections")
                for count in GROWTH_CONNECTIONS)
    yield from (echo(f"size/{size}", f"{size_words(size)}, 100 connections", 100, size, only=IN_GROWTH, group="size")
                for size in GROWTH_SIZES)
    yield echo("workers/echo", "64 B, 100 connections", 100, only=WORKERS, group="workers")
    yield handshake("workers/full", "full handshake, TLS 1.3", load.cpu_us_per_handshake, only=WORKERS, group="workers")


GROWTH = tuple(_growth())
NAMES = (*(metric.name for metric in TABLE), "growth")


def chosen(names):
    """The metrics of these names, in the order of the table; no names: all."""
    wanted = names or NAMES
    return tuple(metric for metric in TABLE if metric.name in wanted) + (GROWTH if "growth" in wanted else ())


def named(name):
    return next(metric for metric in TABLE + GROWTH if metric.name == name)


def smaller(metric, connections_max):
    """The same one with fewer connections, for a run of a moment."""
    return dataclasses.replace(metric, connections=min(metric.connections, connections_max))
