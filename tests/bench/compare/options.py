"""The command line of scripts/compare."""

import argparse
import dataclasses
import pathlib

from .metrics import NAMES
from .peers import PEERS

ROOT = pathlib.Path(__file__).resolve().parents[3]
PEER_NAMES = [peer.name for peer in PEERS if peer.name != "secho"]

DESCRIPTION = """\
Measures secho beside other TLS echo servers: server CPU for each message, GB and handshake, memory of an
idle connection, and how the cost grows. All servers are up; short windows in turn, several rounds.
Installs what is missing of the peers (Debian packages, as root), builds them, and writes compare.md,
compare.json and compare.svg."""


@dataclasses.dataclass(frozen=True)
class Scale:
    """How long and how large."""

    rounds: int
    window_s: float
    warmup_s: float
    connections_max: int


QUICK = Scale(rounds=1, window_s=0.2, warmup_s=0.05, connections_max=8)


def peer_names(text):
    names = text.split(",")
    for name in names:
        if name not in PEER_NAMES:
            raise argparse.ArgumentTypeError(f"no peer {name!r}; there are {', '.join(PEER_NAMES)}")
    return names


def path(text):
    """Whole, because servers run in folders of their own."""
    return pathlib.Path(text).resolve()


def metric_name(text):
    if text not in NAMES:
        raise argparse.ArgumentTypeError(f"no metric {text!r}; there are {', '.join(NAMES)}")
    return text


def parse(arguments):
    parser = argparse.ArgumentParser(prog="scripts/compare", description=DESCRIPTION, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("metrics", metavar="METRIC", nargs="*", type=metric_name,
                        help=f"what to measure: {', '.join(NAMES)} (default: all)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="default: 5")
    parser.add_argument("--window", type=float, default=1.0, metavar="SECONDS", help="length of each measurement, default: 1")
    parser.add_argument("--only", type=peer_names, metavar="PEER,PEER", help=f"only these: {', '.join(PEER_NAMES)}")
    parser.add_argument("--quick", action="store_true", help="a moment of everything: to see that it works, not to know")
    parser.add_argument("--no-install", action="store_true", help="compare with what is there already")
    parser.add_argument("--out", type=path, default=ROOT / "build/compare", metavar="FOLDER", help="default: build/compare")
    parser.add_argument("--programs", type=path, default=ROOT / "build/release", metavar="FOLDER",
                        help="where secho's programs are; given: they are not built (default: build/release)")
    parser.add_argument("--show", type=path, metavar="JSON", help="measure nothing, show this earlier result again")
    parser.add_argument("--publish", action="store_true",
                        help="put picture, tables and date into the repository: README.md, tests/bench/compare.{svg,md}")
    options = parser.parse_args(arguments)
    if options.rounds < 1 or options.window <= 0:
        parser.error("--rounds and --window must be above 0")
    return options


def scale(options):
    if options.quick:
        return QUICK
    return Scale(options.rounds, options.window, min(0.2, options.window), 1_000_000)
