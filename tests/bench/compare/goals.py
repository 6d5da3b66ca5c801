"""The goals, and whether they are reached: figures of secho over figures of others, from the same rounds."""

import dataclasses

from . import figures
from .peers import OPENSSL, PEERS

OTHERS = tuple(peer.name for peer in PEERS if peer.name not in ("secho", "floor"))
ON_OPENSSL = tuple(peer.name for peer in PEERS if peer.tls == OPENSSL and peer.name != "secho")


@dataclasses.dataclass(frozen=True)
class Goal:
    """secho's `metric` is at most `limit` times each one of `over`, a tuple of (peer, metric) to be summed."""

    metric: str
    words: str
    limit: float
    over: tuple = ()
    who: str = "secho"


@dataclasses.dataclass(frozen=True)
class Verdict:
    goal: Goal
    measured: figures.Spread | None  # against the hardest of `over`; None: it could not be measured
    hardest: str
    left_out: tuple  # peers without a figure

    @property
    def is_reached(self):
        return self.measured is not None and self.measured.median <= self.goal.limit

    @property
    def miss_percent(self):
        return (self.measured.median / self.goal.limit - 1) * 100


def than(metric, *peers):
    return tuple(((peer, metric),) for peer in peers)


def cheaper_than_all(metric, times, peers, words):
    return Goal(metric, words, 1 / times, than(metric, *peers))


def _goals():
    openssl = "1.2 times cheaper than every peer on OpenSSL"
    for metric, floor, peer, words in (("echo64x1", 1.2, "rustls", "tokio-rustls"),
                                       ("echo64x100", 1.55, "go", "Go"), ("echo64x1000", 1.55, "go", "Go")):
        yield Goal(metric, f"at most {floor} of the plain floor", floor, than(metric, "floor"))
        yield Goal(metric, f"no dearer than {words}", 1.0, than(metric, peer))
        yield cheaper_than_all(metric, 1.2, ON_OPENSSL, openssl)
    for metric, floor in (("stream1", 1.65), ("stream16", 1.8)):
        yield Goal(metric, f"at most {floor} of the plain floor", floor, than(metric, "floor"))
        yield cheaper_than_all(metric, 1.25, OTHERS, "1.25 times cheaper than the best peer")
    yield Goal("full", "at most 1.15 of OpenSSL in memory + a plain accept", 1.15, ((("memory", "full"), ("floor", "full")),))
    yield cheaper_than_all("full", 1.0, [peer for peer in OTHERS if peer != "rustls"], "cheaper than every peer but tokio-rustls")
    yield Goal("resumed", "no dearer than Go", 1.0, than("resumed", "go"))
    yield Goal("resumed", "at most 0.8 of our own full handshake", 0.8, than("full", "secho"))
    yield Goal("resumed12", "at most 1.2 of tokio-rustls", 1.2, than("resumed12", "rustls"))
    yield Goal("idle", "at most 14.0 kB", 14000)
    yield Goal("connections/5000", "a message at 5,000 connections: at most 1.3 of 100", 1.3, than("connections/100", "secho"))
    yield Goal("workers/echo", "an echo with two workers: at most 1.15 of one", 1.15,
               than("workers/echo", "secho-1-worker"), "secho-2-workers")
    yield Goal("workers/full", "a handshake with two workers: at most 1.15 of one", 1.15,
               than("workers/full", "secho-1-worker"), "secho-2-workers")


GOALS = tuple(_goals())


def judge(goal, samples):
    """The verdict over one goal."""
    ours = samples.of(goal.metric, goal.who)
    if not goal.over:
        return Verdict(goal, figures.spread(ours), "", ())
    found, left_out = {}, []
    for parts in goal.over:
        name = " + ".join(peer for peer, _ in parts)
        ratio = figures.ratio(ours, figures.sums(*(samples.of(metric, peer) for peer, metric in parts)))
        if ratio is None:
            left_out.append(name)
        else:
            found[name] = ratio
    hardest = max(found, key=lambda name: found[name].median, default="")
    return Verdict(goal, found.get(hardest), hardest, tuple(left_out))


def judge_all(samples, metric_names):
    return [judge(goal, samples) for goal in GOALS if goal.metric in metric_names]
