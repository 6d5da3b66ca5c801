"""All servers are up; one short window after the other, in turn, for several rounds.

A ratio is taken within one round, so whatever slows the machine down for a while slows both sides of it.
"""

import dataclasses
import json
import subprocess

from . import load, machine
from .build import Missing


LONGER_WINDOWS = 4  # each four times as long as the one before


@dataclasses.dataclass
class Samples:
    """values[metric][peer]: one value for each round, None where there was none; failures: why."""

    values: dict = dataclasses.field(default_factory=dict)
    failures: dict = dataclasses.field(default_factory=dict)

    def add(self, metric, peer, round_number, value):
        column = self.values.setdefault(metric, {}).setdefault(peer, [])
        column.extend([None] * (round_number - len(column)))
        column.append(value)

    def fail(self, metric, peer, why):
        self.failures.setdefault(metric, {})[peer] = why

    def has_failed(self, metric, peer):
        return peer in self.failures.get(metric, {})

    def of(self, metric, peer):
        return self.values.get(metric, {}).get(peer, [])


class OverNetwork:
    """A server, measured from outside by secho-bench."""

    def __init__(self, server, bench, client_cpus):
        self.server, self.bench, self.client_cpus = server, bench, client_cpus
        self.name = server.peer.name

    def takes_part_in(self, metric):
        return metric.is_for(self.server.peer)

    def measure(self, metric, scale):
        self._prepare(metric)
        words = load.command(self.bench, metric, self.server, scale.window_s, scale.warmup_s)
        return metric.value(load.run(words, self.client_cpus))

    def _prepare(self, metric):
        if metric.fresh or not self.server.is_alive():
            self.server.restart()
        if metric.fresh:  # what the first connections cost, all later ones share
            warm = dataclasses.replace(metric, mode="handshake", connections=8)
            load.run(load.command(self.bench, warm, self.server, 0.2, 0), self.client_cpus)


class InMemory:
    """OpenSSL alone: the yardstick for handshakes."""

    name = "memory"

    def __init__(self, program, certificates, cpus):
        self.program, self.certificates, self.cpus = program, certificates, cpus

    def takes_part_in(self, metric):
        return metric.memory != "" and not metric.only

    def measure(self, metric, scale):
        words = [self.program, metric.memory, scale.window_s, self.certificates / "server.pem", self.certificates / "server.key"]
        with machine.pinned(self.cpus):
            said = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
        if said.returncode != 0:
            raise load.Failed(said.stderr.strip())
        return json.loads(said.stdout)["us"]


def run(metrics, participants, scale, tell):
    """The samples of all rounds; Ctrl-C leaves those that there are. `tell(words)` hears how it goes."""
    samples = Samples()
    try:
        _all_rounds(samples, metrics, participants, scale, tell)
    except KeyboardInterrupt:
        tell("stopped: this is what was measured so far")
    return samples


def _all_rounds(samples, metrics, participants, scale, tell):
    for number in range(scale.rounds):
        for metric in metrics:
            turn = [one for one in participants if one.takes_part_in(metric)]
            start = number % max(1, len(turn))  # nobody is always the first
            shown = [_window(samples, metric, one, number, scale) for one in turn[start:] + turn[:start]]
            tell(f"round {number + 1} of {scale.rounds}, {metric.name}: {'  '.join(sorted(filter(None, shown)))}")


def _measured(one, metric, scale):
    """A window that was too short is taken again, longer: a busy machine, or a slow server."""
    for _ in range(LONGER_WINDOWS):
        try:
            return one.measure(metric, scale)
        except load.TooShort:
            scale = dataclasses.replace(scale, window_s=scale.window_s * 4)
    return one.measure(metric, scale)


def _window(samples, metric, one, number, scale):
    if samples.has_failed(metric.name, one.name):
        return None
    try:
        value = _measured(one, metric, scale)
    except (load.Failed, Missing) as failure:
        samples.fail(metric.name, one.name, str(failure))
        return f"{one.name}: {failure}"
    samples.add(metric.name, one.name, number, value)
    return f"{one.name} {metric.unit.show(value)}"
