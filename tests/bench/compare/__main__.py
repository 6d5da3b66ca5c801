"""The whole run: build the peers, start everybody, measure in turn, say what came out."""

import contextlib
import datetime
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile

from . import build, machine, metrics, options, picture, publish, report, rounds, tables
from .peers import FLOOR, PEERS, WORKERS, Place
from .servers import Server

EXIT_SYSTEM = 71


def tell(words):
    print(words, flush=True)


def certificates(folder):
    """The test certificates, made once."""
    made = subprocess.run([options.ROOT / "scripts/pki", "--out", folder], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise SystemExit(f"scripts/pki: {made.stderr.strip()}")
    return folder


def wanted_peers(wanted, chosen):
    """Who takes part: secho always, its workers only for their growth."""
    peers = [peer for peer in PEERS if peer.name == "secho" or wanted.only is None or peer.name in wanted.only]
    return peers + [peer for peer in WORKERS if any(peer.name in metric.only for metric in chosen)]


class Stage:
    """The servers, while they are up. `missing` has who could not be had, and why."""

    def __init__(self, wanted, folder):
        self.wanted, self.folder = wanted, folder
        self.bin = wanted.out / "bin"
        self.bin.mkdir(parents=True, exist_ok=True)
        self.certificates = certificates(wanted.out / "pki")
        self.servers, self.missing = [], {}
        self.floor = self._built("floor", FLOOR)

    def _built(self, name, how):
        try:
            return how(self.bin)
        except build.Missing as why:
            self.missing[name] = str(why)
            return None

    def start(self, peer):
        folder = self.folder / peer.name
        folder.mkdir()
        program = self.floor if peer.build is FLOOR else self._built(peer.name, peer.build)
        if peer.name in self.missing:
            return
        place = Place(folder, machine.free_ports(4), self.certificates, program, self.floor, self.wanted.programs)
        cpus = machine.cpus_for_two()[0] if peer in WORKERS else {machine.cpus()[0]}
        try:
            self.servers.append(Server(peer, place, cpus).start())
        except build.Missing as why:
            self.missing[peer.name] = str(why)

    def participants(self, chosen):
        bench = self.wanted.programs / "secho-bench"
        _, client = machine.cpus()
        _, client_of_two = machine.cpus_for_two()
        all_of_them = [rounds.OverNetwork(server, bench, client_of_two if server.peer in WORKERS else {client})
                       for server in self.servers]
        if any(metric.memory for metric in chosen):
            program = self._built("memory", build.c_program("memory_handshake.c", "-lssl", "-lcrypto"))
            if program is not None:
                all_of_them.append(rounds.InMemory(program, self.certificates, {machine.cpus()[0]}))
        return all_of_them

    def stop(self):
        for server in self.servers:
            server.stop()


def measure(wanted):
    scale = options.scale(wanted)
    chosen = [metrics.smaller(metric, scale.connections_max) for metric in metrics.chosen(wanted.metrics)]
    machine.allow_many_descriptors()
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="secho-compare-")))
        folder.chmod(0o711)  # servers that drop root look for their files
        stage = Stage(wanted, folder)
        stack.callback(stage.stop)
        for peer in wanted_peers(wanted, chosen):
            tell(f"starting {peer.label}")
            stage.start(peer)
        if "secho" in stage.missing:
            raise SystemExit(f"secho does not run: {stage.missing['secho']}")
        participants = stage.participants(chosen)
        for name, why in stage.missing.items():
            tell(f"NOT compared: {name}: {why}")
        samples = rounds.run(chosen, participants, scale, tell)
        versions = {server.peer.name: machine.version(*server.peer.version)
                    for server in stage.servers if server.peer.version}
    return report.Report(
        datetime.date.today().isoformat(), command(wanted), machine.facts(),
        {"rounds": scale.rounds, "window_s": scale.window_s}, versions, stage.missing, samples)


def command(wanted):
    """What somebody else types to measure the same."""
    words = ["scripts/compare", *wanted.metrics]
    if wanted.only is not None:
        words += ["--only", ",".join(wanted.only)]
    return shlex.join(words + (["--quick"] if wanted.quick else ["--rounds", str(wanted.rounds), "--window", f"{wanted.window:g}"]))


def write(found, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("compare.json", report.to_json(found)), ("compare.md", tables.whole(found)),
                       ("compare.svg", picture.draw(found))):
        (folder / name).write_text(text, encoding="utf-8")
        tell(f"written: {folder / name}")


def main(arguments):
    wanted = options.parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are ended
    if wanted.show:
        found = report.from_json(wanted.show.read_text(encoding="utf-8"))
    elif not shutil.which(str(wanted.programs / "secho-bench")):
        raise SystemExit(f"there is no {wanted.programs / 'secho-bench'}: build secho first (scripts/compare does, without --programs)")
    else:
        found = measure(wanted)
    tell("\n" + tables.whole(found))
    write(found, wanted.out)
    if wanted.publish:
        publish.publish(found, picture.draw(found))
        tell(f"published: README.md, {publish.PICTURE}, {publish.DOCUMENT}")
    return 0 if all(found.samples.of(name, "secho") or metrics.named(name).group == "workers"
                    for name in found.metric_names()) else EXIT_SYSTEM


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
