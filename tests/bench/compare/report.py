"""Everything that a comparison has found out; to JSON and back, so that it can be shown again later."""

import dataclasses
import json

from . import figures, goals, metrics
from .rounds import Samples


@dataclasses.dataclass
class Report:
    date: str
    command: str
    machine: dict  # facts, machine.facts()
    scale: dict  # rounds, seconds of a window
    versions: dict  # peer: what it says of itself
    missing: dict  # peer: why it could not be had
    samples: Samples

    def metric_names(self):
        return [metric.name for metric in metrics.TABLE + metrics.GROWTH
                if metric.name in self.samples.values or metric.name in self.samples.failures]

    def ratio(self, metric, peer):
        """How many times secho's cost, or None."""
        return figures.ratio(self.samples.of(metric, peer), self.samples.of(metric, "secho"))

    def verdicts(self):
        return goals.judge_all(self.samples, self.metric_names())


def to_json(report):
    whole = {key: getattr(report, key) for key in ("date", "command", "machine", "scale", "versions", "missing")}
    whole["metrics"] = {name: _metric(report, name) for name in report.metric_names()}
    whole["goals"] = [_verdict(verdict) for verdict in report.verdicts()]
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _metric(report, name):
    metric = metrics.named(name)
    peers = {}
    for peer, values in report.samples.values.get(name, {}).items():
        peers[peer] = {"values": values, "median": figures.median(values), "over_secho": _spread(report.ratio(name, peer))}
    return {"title": metric.title, "unit": metric.unit.words, "shown_times": metric.unit.scale,
            "peers": peers, "failures": report.samples.failures.get(name, {})}


def _spread(spread):
    return None if spread is None else {key: round(value, 4) for key, value in dataclasses.asdict(spread).items()}


def _verdict(verdict):
    return {"metric": verdict.goal.metric, "goal": verdict.goal.words, "limit": verdict.goal.limit,
            "measured": _spread(verdict.measured), "against": verdict.hardest, "reached": verdict.is_reached,
            "without": list(verdict.left_out)}


def from_json(text):
    whole = json.loads(text)
    samples = Samples()
    for name, metric in whole.pop("metrics").items():
        samples.values[name] = {peer: found["values"] for peer, found in metric["peers"].items()}
        samples.failures[name] = metric["failures"]
    del whole["goals"]
    return Report(samples=samples, **whole)
