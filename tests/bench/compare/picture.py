"""The picture of a comparison: a panel with bars for each metric, then the curves of growth.

A bar says how many times secho's cost a server has; secho is 1. Bars that would be longer than the panel
are cut and say so by their number.
"""

import dataclasses

from . import curves, figures, metrics, svg, tables
from .peers import PEERS

WIDTH, MARGIN, COLUMNS, GAP = 960, 24, 3, 26
PANEL = (WIDTH - 2 * MARGIN - (COLUMNS - 1) * GAP) / COLUMNS
LABEL, VALUE = 108, 40  # room for the words left and right of the bars
BAR, STEP, HEAD = 11, 16, 42
LONGEST = 4.0  # times secho's cost
PROXIES = {peer.name for peer in PEERS if peer.is_proxy}
YARDSTICKS = {"floor", "memory"}
SHORT = {**tables.LABELS, "floor": "plain, no TLS", "memory": "OpenSSL alone"}


@dataclasses.dataclass(frozen=True)
class Bar:
    name: str
    ratio: figures.Spread


def bars(report, metric):
    """Cheapest first."""
    found = [Bar(name, report.ratio(metric.name, name)) for name in tables.LABELS]
    return sorted((bar for bar in found if bar.ratio is not None), key=lambda bar: bar.ratio.median)


def draw(report):
    """The whole picture as SVG text."""
    shapes, y = header(report)
    panels = [metric for metric in metrics.TABLE if bars(report, metric)] + curves.groups(report)
    for start in range(0, len(panels), COLUMNS):
        row = panels[start:start + COLUMNS]
        for column, what in enumerate(row):
            shapes += panel(report, what, MARGIN + column * (PANEL + GAP), y)
        y += HEAD + 24 + max(height(report, what) for what in row)
    for line in curves.workers(report):
        shapes.append(svg.text(MARGIN, y + 2, line, "soft"))
        y += 16
    return svg.whole(WIDTH, y + MARGIN, "What TLS echo servers cost, compared with secho", shapes)


def height(report, what):
    """Of a panel below its head: `what` is a metric, or the name of a curve."""
    return curves.HEIGHT + 20 if isinstance(what, str) else STEP * len(bars(report, what))


def panel(report, what, x, y):
    return curves.panel(report, what, x, y, PANEL) if isinstance(what, str) else bar_panel(report, what, x, y)


def header(report):
    facts = report.machine
    shapes = [
        svg.text(MARGIN, 36, "What an echo over TLS costs the server", "title"),
        svg.text(MARGIN, 55, "CPU time of each server (memory where it says so), as a multiple of secho's. Shorter is better; "
                 "median of the rounds, whiskers: quartiles.", "soft"),
        svg.text(MARGIN, 71, f"{report.date} · {facts['cpu']} · {facts['kernel']} · {facts['openssl']} · {facts['congestion']}", "soft"),
    ]
    x = MARGIN
    for style, words in (("bar-ours", "secho"), ("bar-peer", "TLS in the server"), ("bar-proxy", "TLS proxy before a plain echo"),
                         ("bar-limit", "yardstick: no TLS, or OpenSSL with no network")):
        shapes += [svg.box(x, 83, 14, BAR, style, 2), svg.text(x + 20, 92.5, words, "soft")]
        x += 44 + 6.2 * len(words)
    return shapes, 116


def bar_panel(report, metric, x, y):
    room = PANEL - LABEL - VALUE
    ours = figures.median(report.samples.of(metric.name, "secho"))
    found = bars(report, metric)
    scale = room / min(LONGEST, max(bar.ratio.high for bar in found))
    shapes = [svg.text(x, y + 12, metric.title, "head"),
              svg.text(x, y + 27, f"secho: {metric.unit.show(ours)} {metric.unit.words}", "soft")]
    for place, bar in enumerate(found):
        shapes += one_bar(bar, x, y + HEAD + place * STEP, room, scale)
    shapes.append(svg.line(x + LABEL + scale, y + HEAD - 5, x + LABEL + scale, y + HEAD + len(found) * STEP, "one"))
    return shapes


def one_bar(bar, x, y, room, scale):
    left, ours = x + LABEL, "ours" if bar.name == "secho" else ""
    length = min(room, bar.ratio.median * scale)
    shapes = [svg.text(left - 6, y + 9.5, SHORT[bar.name], ours, "end"),
              svg.box(left, y, max(1, length), BAR, style(bar.name), 2),
              svg.text(x + PANEL, y + 9.5, times(bar.ratio.median), ours, "end")]
    if bar.ratio.median * scale > room:
        shapes.append(cut(left + room - 12, y))
    elif bar.ratio.high > bar.ratio.low:
        middle = y + BAR / 2
        shapes.append(svg.line(left + bar.ratio.low * scale, middle, left + min(room, bar.ratio.high * scale), middle, "whisker"))
    return shapes


def cut(x, y):
    """A gap with slanted edges: this bar is longer than its panel."""
    return f'<path d="M{svg.number(x)} {svg.number(y + BAR)}l4 -{BAR}h4l-4 {BAR}z" class="back"/>'


def style(name):
    if name == "secho":
        return "bar-ours"
    return "bar-limit" if name in YARDSTICKS else "bar-proxy" if name in PROXIES else "bar-peer"


def times(ratio):
    return f"{ratio:.0f}×" if ratio >= 10 else f"{ratio:.2f}×" if ratio < 3 else f"{ratio:.1f}×"
