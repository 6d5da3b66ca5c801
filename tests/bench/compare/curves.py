"""How the cost grows: curves over connections and over sizes, and two workers beside one."""

import math

from . import figures, metrics, svg

HEIGHT, LEFT, HEAD = 180, 34, 42
ROOM = math.log(1.3)  # above the highest point and below the lowest
SERVERS = (("secho", "ours"), ("floor", "floor"))
TITLES = {"connections": "growth: 64 B, by connections", "size": "growth: 100 connections, by size"}


def points(report, group, name):
    """[(connections or size, µs)]"""
    found = []
    for metric in metrics.GROWTH:
        value = figures.median(report.samples.of(metric.name, name))
        if metric.group == group and value is not None:
            found.append((int(metric.name.partition("/")[2]), value))
    return found


def groups(report):
    """The curves that there is something to draw of."""
    return [group for group in TITLES if points(report, group, "secho")]


def panel(report, group, x, y, width):
    top, left, right = y + HEAD, x + LEFT, x + width
    known = {name: points(report, group, name) for name, _ in SERVERS}
    across = Scale([place for place, _ in known["secho"]], left + 8, right - 8)
    upwards = Scale([value for found in known.values() for _, value in found], top + HEIGHT - 6, top + 10)
    shapes = [svg.text(x, y + 12, TITLES[group], "head"),
              svg.text(x, y + 27, "µs per message; dashed: no TLS; logarithmic", "soft")]
    for value in upwards.ticks():
        shapes += [svg.line(left, upwards.at(value), right, upwards.at(value), "grid"),
                   svg.text(left - 6, upwards.at(value) + 4, f"{value:g}", "soft", "end")]
    for place, _ in known["secho"]:
        shapes.append(svg.text(across.at(place), top + HEIGHT + 15, tick(group, place), "soft", "middle"))
    for name, style in SERVERS:
        shapes += one_curve([(across.at(place), upwards.at(value)) for place, value in known[name]], style)
    return shapes


def one_curve(found, style):
    return [svg.curve(found, f"curve-{style}"), *(svg.dot(*point, f"dot-{style}") for point in found)] if found else []


def tick(group, place):
    if group == "size":
        return f"{place}" if place < 1024 else f"{place // 1024}K"
    return f"{place:,}"


def workers(report):
    """Two workers beside one, a line of words for each metric."""
    lines = []
    for metric in metrics.GROWTH:
        one, two = (report.samples.of(metric.name, name) for name in metrics.WORKERS)
        ratio = figures.ratio(two, one)
        if metric.group == "workers" and ratio is not None:
            shown = [metric.unit.show(figures.median(values)) for values in (one, two)]
            lines.append(f"growth: from one worker of secho to two, {metric.title}: "
                         f"{shown[0]} → {shown[1]} {metric.unit.words} ({ratio.median:.2f}×)")
    return lines


class Scale:
    """A logarithmic axis from a little below the smallest value to a little above the largest."""

    def __init__(self, values, start, end):
        self.low, self.high = math.log(min(values)) - ROOM, math.log(max(values)) + ROOM
        self.start, self.end = start, end

    def at(self, value):
        return self.start + (math.log(value) - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self):
        """1, 2, 5, 10, ... as far as they are on the axis."""
        steps = [step * 10.0 ** power for power in range(-3, 7) for step in (1, 2, 5)]
        return [step for step in steps if self.low <= math.log(step) <= self.high]
