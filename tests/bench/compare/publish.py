"""Puts a report where readers of the repository find it: README.md and tests/bench/."""

import re

from . import tables
from .options import ROOT

BEGIN, END = "<!-- comparison: scripts/compare --publish writes this -->", "<!-- comparison: end -->"
PICTURE, DOCUMENT = "tests/bench/compare.svg", "tests/bench/compare.md"


def section(report):
    """What README.md says between the two marks."""
    facts = report.machine
    return "\n".join([
        BEGIN, "",
        f"![CPU time of secho and of other TLS echo servers, side by side]({PICTURE})", "",
        f"Measured on {report.date} with `{report.command}` on {facts['cpu']}, {facts['kernel']},",
        f"{facts['openssl']}, congestion control {facts['congestion']}; each server on one CPU, the load on another.",
        f"All figures, the quartiles and the goals: [{DOCUMENT}]({DOCUMENT}).", "",
        END,
    ])


def replaced(text, report):
    """README.md with a new section; ValueError when the marks are not there."""
    pattern = re.escape(BEGIN) + r".*?" + re.escape(END)
    if len(re.findall(pattern, text, re.S)) != 1:
        raise ValueError(f"README.md has no place for it: {BEGIN} ... {END}")
    return re.sub(pattern, lambda _: section(report), text, flags=re.S)


def publish(report, picture, root=ROOT):
    readme = root / "README.md"
    text = replaced(readme.read_text(encoding="utf-8"), report)
    (root / PICTURE).write_text(picture, encoding="utf-8")
    (root / DOCUMENT).write_text(tables.whole(report), encoding="utf-8")
    readme.write_text(text, encoding="utf-8")
