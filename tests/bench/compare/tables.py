"""A report as Markdown."""

from . import figures, metrics
from .peers import PEERS, WORKERS

LABELS = {**{peer.name: peer.label for peer in PEERS + WORKERS}, "memory": "OpenSSL in memory, no network"}
NOTHING = "–"


def whole(report):
    """The document beside the picture: facts, costs, ratios, goals, growth."""
    parts = [
        "# secho beside other TLS echo servers", facts(report), "## Goals", goals(report), "## Cost", costs(report),
        "## Times the cost of secho",
        "Median over the rounds of the ratio within each round, and its quartiles.", ratios(report),
        growth(report), absent(report), versions(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def facts(report):
    facts = report.machine
    return (f"{report.date}, `{report.command}`. {facts['cpu']}, {facts['cpus']} CPUs, {facts['kernel']}, {facts['openssl']}, "
            f"congestion control {facts['congestion']}. Server on one CPU, load on another; rounds: {report.scale['rounds']}, "
            f"with windows of {report.scale['window_s']:g} s in turn. TLS 1.3, TLS_AES_128_GCM_SHA256, X25519, ECDSA P-256. "
            "Figures are CPU time of all processes of the server; what stands behind a proxy counts as well.")


def row(cells):
    return "| " + " | ".join(cells) + " |"


def table(head, rows):
    return "\n".join([row(head), "|" + "---|" * len(head), *(row(cells) for cells in rows)])


def _columns(report):
    return [metric for metric in metrics.TABLE if metric.name in report.metric_names()]


def _rows(report):
    """Who has a figure, in the order of the peers; OpenSSL in memory is the last."""
    names = [name for name in LABELS if any(report.samples.of(metric.name, name) for metric in _columns(report))]
    return [(name, f"**{LABELS[name]}**" if name == "secho" else LABELS[name]) for name in names]


def costs(report):
    def cell(metric, name):
        value = figures.median(report.samples.of(metric.name, name))
        return NOTHING if value is None else metric.unit.show(value)

    head = ["server", *(f"{metric.title} ({metric.unit.words})" for metric in _columns(report))]
    return _columns(report) and table(head, ([label, *(cell(metric, name) for metric in _columns(report))]
                                             for name, label in _rows(report)))


def ratios(report):
    def cell(metric, name):
        found = report.ratio(metric.name, name)
        return NOTHING if found is None else f"{found.median:.2f} ({found.low:.2f}–{found.high:.2f})"

    head = ["server", *(metric.title for metric in _columns(report))]
    rows = [(name, label) for name, label in _rows(report) if name != "secho"]
    return rows and table(head, ([label, *(cell(metric, name) for metric in _columns(report))] for name, label in rows))


# --- goals ------------------------------------------------------------------------------------------


def goals(report):
    rows = [_goal(verdict) for verdict in report.verdicts()]
    return rows and table(["metric", "goal", "measured", "reached"], rows)


def _goal(verdict):
    goal, measured = verdict.goal, verdict.measured
    title = metrics.named(goal.metric).title
    if measured is None:
        return [title, goal.words, NOTHING, f"not measured: no figure of {', '.join(verdict.left_out) or 'secho'}"]
    if not goal.over:
        shown = [metrics.named(goal.metric).unit.show(value) for value in (measured.median, measured.low, measured.high)]
    else:
        shown = [f"{value:.2f}" for value in (measured.median, measured.low, measured.high)]
    against = f" of {LABELS.get(verdict.hardest, 'the sum')}" if len(goal.over) > 1 and verdict.hardest else ""
    reached = "yes" if verdict.is_reached else f"**no**, missed by {verdict.miss_percent:.0f} %"
    without = f" (without {', '.join(verdict.left_out)})" if verdict.left_out else ""
    limit = f"{goal.limit:.2f}" if goal.over else metrics.named(goal.metric).unit.show(goal.limit)
    return [title, f"{goal.words} (≤ {limit})", f"{shown[0]}{against} ({shown[1]}–{shown[2]})", reached + without]


# --- growth -----------------------------------------------------------------------------------------


def growth(report):
    names = {"connections": ("secho", "floor"), "size": ("secho", "floor"), "workers": metrics.WORKERS}
    rows = []
    for metric in metrics.GROWTH:
        values = [figures.median(report.samples.of(metric.name, name)) for name in names[metric.group]]
        if any(value is not None for value in values):
            shown = [NOTHING if value is None else f"{LABELS[name]}: {metric.unit.show(value)}"
                     for name, value in zip(names[metric.group], values)]
            rows.append([metric.title, metric.unit.words, *shown])
    return rows and "## Growth\n\n" + table(["what", "unit", "", ""], rows)


# --- who is not there -------------------------------------------------------------------------------


def absent(report):
    lines = [f"- {LABELS.get(name, name)}: {why}" for name, why in report.missing.items()]
    for metric, failures in report.samples.failures.items():
        lines += [f"- {LABELS.get(name, name)}, {metrics.named(metric).title}: {why}" for name, why in failures.items()]
    return lines and "## Could not be measured\n\n" + "\n".join(lines)


def versions(report):
    lines = [f"- {LABELS[name]}: {words}" for name, words in report.versions.items() if words]
    return lines and "## Versions\n\n" + "\n".join(lines)
