"""What integration tests need: certificates, a running server, a client, and a plain summary.

    import secho

    class Echo(secho.TestCase):
        def test_a_byte_comes_back(self):
            with secho.Server() as server, secho.Tls(server.port) as peer:
                self.assertEqual(peer.echo(b"x"), b"x")

    if __name__ == "__main__":
        secho.main()

SECHO_BUILD names the folder with the programs (ctest sets it). Nothing here sleeps: every wait is for
an event, with a deadline that only a broken server reaches.
"""

import functools
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from signal import SIG_DFL, SIGHUP, SIGINT, SIGQUIT, SIGTERM, default_int_handler
from signal import signal as on_signal

import logline
import processes
from peers import PATIENCE, Tcp, Tls, client_hello, closed_port, context  # noqa: F401 (tests take them from here)

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SECHO_BUILD", ROOT / "build" / "debug")).resolve()
EXIT_SKIPPED = 77


def program(name):
    """The path of one of our programs."""
    return str(BUILD / name)


@functools.cache
def pki():
    """The folder with the test certificates: made once in each build folder, scripts/pki locks it."""
    folder = BUILD / "pki"
    made = subprocess.run([ROOT / "scripts" / "pki", "--out", folder], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise RuntimeError(f"scripts/pki: exit {made.returncode}\n{made.stderr}")
    return folder


def is_sanitized():
    """Was the server built with a sanitizer? Then figures about memory mean nothing."""
    return _word_in_server(b"__asan_init") or _word_in_server(b"__tsan_init")


@functools.cache
def _word_in_server(word):
    return word in pathlib.Path(program("secho-server")).read_bytes()


# --- configurations ---------------------------------------------------------------------------------


def tls(certificate="server", **changes):
    """A TLS listener on any free port of 127.0.0.1. `tls={...}` adds to its TLS settings."""
    settings = {"certificates": [{"chain": str(pki() / f"{certificate}.pem"), "key": str(pki() / f"{certificate}.key")}]}
    settings.update(changes.pop("tls", {}))
    return {"name": "main", "address": "127.0.0.1", "port": 0, "transport": "tls", "tls": settings, **changes}


def tcp(**changes):
    """A listener without TLS."""
    return {"name": "main", "address": "127.0.0.1", "port": 0, "transport": "tcp", **changes}


def configuration(*listeners, **settings):
    """A whole configuration: small, quick to stop, and a log that programs read."""
    whole = {
        "workers": {"processes": 1, "threads": 1},
        "log": {"level": "info", "format": "json"},
        "timeouts": {"goodbye": "10s", "drain": "30s"},  # longer than a machine stands still
        "listeners": list(listeners) or [tls()],
    }
    for key, value in settings.items():
        if isinstance(value, dict):
            whole[key] = {**whole.get(key, {}), **value}
        else:
            whole[key] = value
    return whole


# --- the server -------------------------------------------------------------------------------------


class Server:
    """A secho-server of the test's own.

    Give it listeners (tls(), tcp()) and settings by their names in secho.json, or `config` with the text
    or the object of a whole configuration. As a context manager it is up inside the block. At the end of
    the block it must stop with exit 0 and a clean log, unless the test has stopped it itself; after a
    failure the configuration and every log line are printed.
    """

    def __init__(self, *listeners, config=None, args=(), prefix=(), env=None, tolerate=(), descriptors=(), **settings):
        self.config = config if config is not None else configuration(*listeners, **settings)
        self.passed = descriptors  # stay open in it, under the same numbers
        self.args, self.prefix, self.env, self.tolerate = args, prefix, env, tolerate
        self.events, self.lines, self.strange = [], [], []
        self.code = None
        self._changed = threading.Condition()
        self._log_ended = False
        self._seen = {}  # pid: start time, of every process that belongs to this server
        self._process = self._folder = None

    # --- start and stop ---

    def start(self, wait=True):
        """Runs it; with `wait` until it serves. Raises with the log when it does not."""
        processes.adopt_orphans()
        self._folder = tempfile.mkdtemp(prefix="secho-test-")
        file = os.path.join(self._folder, "secho.json")
        text = self.config if isinstance(self.config, str) else json.dumps(self.config, indent=2)
        pathlib.Path(file).write_text(text, encoding="utf-8")
        self._process = subprocess.Popen(
            [*self.prefix, program("secho-server"), "-c", file, *self.args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, **(self.env or {})},
            pass_fds=self.passed,
        )
        self.pid = self._process.pid
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        if wait:
            self.wait_for_log("serving")
            self.all_processes()
        return self

    def _read_log(self):
        for line in self._process.stderr:
            raw = line.decode("utf-8", "surrogateescape").rstrip("\n")
            event = logline.parse(raw)
            with self._changed:
                self.lines.append(raw)
                if event is not None:
                    self.events.append(event)
                else:
                    self.strange.append(raw)
                self._changed.notify_all()
        with self._changed:
            self._log_ended = True
            self._changed.notify_all()

    def signal(self, number):
        """Sends a signal to the supervisor."""
        self.all_processes()
        self._process.send_signal(number)

    def wait(self, patience=PATIENCE):
        """Waits until it has ended by itself; the exit code."""
        self.code = self._process.wait(patience)
        self._reader.join(patience)
        return self.code

    def stop(self, number=SIGTERM):
        """Asks it to stop; the exit code."""
        if self.code is None:
            self.signal(number)
            self.wait()
        return self.code

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise

    def __exit__(self, kind, error, _trace):
        stopped_by_test = self.code is not None
        try:
            if kind is None:
                self.stop()
                self._complain(stopped_by_test)
        except BaseException as problem:
            error = problem
            raise
        finally:
            self._clean_up()
            if error is not None and not isinstance(error, unittest.SkipTest):
                self.show()

    def _complain(self, stopped_by_test):
        if not stopped_by_test and self.code != 0:
            raise AssertionError(f"the server stopped with exit {self.code}")
        strange = [line for line in self.strange if not any(word in line for word in self.tolerate)]
        if strange:
            raise AssertionError("lines on stderr that are no log:\n  " + "\n  ".join(strange[:60]))

    def _clean_up(self):
        if self._process is not None:
            for pid in self.all_processes():
                processes.kill(pid)
            self._process.kill()
            self._process.wait()
            for pid in self._seen:
                processes.reap(pid)
            self._reader.join(PATIENCE)
            self._process.stderr.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def show(self):
        """Prints what a person needs to understand a failure."""
        text = self.config if isinstance(self.config, str) else json.dumps(self.config)
        print(f"--- configuration\n{text}\n--- log (exit code {self.code})", file=sys.stderr)
        print("\n".join(self.lines) or "(empty)", file=sys.stderr)
        print("---", file=sys.stderr, flush=True)

    # --- the log ---

    def mark(self):
        """A place in the log: wait_for_log(since=mark) looks at later events only."""
        with self._changed:
            return len(self.events)

    def find_log(self, name=None, since=0, **wanted):
        """The events so far that match."""
        with self._changed:
            return [event for event in self.events[since:] if event.matches(name, wanted)]

    def wait_for_log(self, name=None, since=0, count=1, timeout=PATIENCE, **wanted):
        """The `count`-th event that matches; values may be callables. Raises when it does not come in time."""
        found = []

        def enough():
            found[:] = [event for event in self.events[since:] if event.matches(name, wanted)]
            return len(found) >= count or self._log_ended

        with self._changed:
            self._changed.wait_for(enough, timeout)
        if len(found) < count:
            why = "the server has ended" if self._log_ended else f"not within {timeout} s"
            raise AssertionError(f"log: {len(found)} of {count} {name} {wanted}: {why}")
        return found[count - 1]

    def closed(self, peer, **wanted):
        """Waits for the `closed` line of this peer, by its address where it knows it: two families have the same ports."""
        address = getattr(peer, "address", None)
        return self.wait_for_log("closed", peer=address or (lambda text: text.endswith(f":{peer.port}")), **wanted)

    # --- the ports ---

    @property
    def port(self):
        """The port of the first listener."""
        return int(self.wait_for_log("ready")["port"])

    def port_of(self, listener):
        """The port of the listener with this name."""
        return int(self.wait_for_log("ready", listener=listener)["port"])

    # --- the processes ---

    def leaders(self):
        """The pids of the generation leaders."""
        return [pid for pid in processes.children(self.pid) if processes.name(pid) != "secho-admin"]

    def admin(self):
        """The pid of the admin process, or None."""
        return next((pid for pid in processes.children(self.pid) if processes.name(pid) == "secho-admin"), None)

    def workers(self):
        """The pids of the workers, oldest first."""
        return [worker for leader in self.leaders() for worker in processes.children(leader)]

    def all_processes(self):
        """Every living process that belongs to this server, also those that have lost their parent."""
        for root in {self.pid, *self._living()}:
            for pid in [root, *processes.descendants(root)]:
                if pid == self.pid or pid not in self._seen:
                    self._seen[pid] = processes.start_time(pid)
        return self._living()

    def _living(self):
        """Those seen before that live: who has ended has no children."""
        return [
            pid for pid, start in self._seen.items() if processes.is_alive(pid) and processes.start_time(pid) == start
        ]

    def wait_until_gone(self, pids, timeout=PATIENCE):
        """Waits until none of these processes lives (pidfd_open(2) tells; no polling)."""
        deadline = time.monotonic() + timeout
        for pid in pids:
            try:
                descriptor = os.pidfd_open(pid)
            except ProcessLookupError:
                continue
            try:
                left = max(0.0, deadline - time.monotonic())
                if not select.select([descriptor], [], [], left)[0]:
                    raise AssertionError(f"process {pid} is still there after {timeout} s")
            finally:
                os.close(descriptor)

    def memory(self):
        """PSS of all its processes together, in bytes."""
        return sum(processes.proportional_memory(pid) for pid in self.all_processes())

    def own_memory(self):
        """Heap and stacks of all its processes, in bytes. PSS grows when the tests beside this one end."""
        return sum(processes.own_memory(pid) for pid in self.all_processes())

    def descriptors(self):
        """The open descriptors of all its processes together."""
        return sum(processes.descriptors(pid) for pid in self.all_processes())


def run_server(*args, config=None, **more):
    """Runs secho-server to its end, with `config` (text or object) as -c when given."""
    with tempfile.TemporaryDirectory(prefix="secho-test-") as folder:
        if config is not None:
            file = os.path.join(folder, "secho.json")
            text = config if isinstance(config, str) else json.dumps(config, indent=2)
            pathlib.Path(file).write_text(text, encoding="utf-8")
            args = [*args, "-c", file]
        return subprocess.run(
            [program("secho-server"), *map(str, args)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            **more,
        )


def client(*args, input=b"", timeout=PATIENCE, **more):  # noqa: A002 (named as in subprocess.run)
    """Runs secho-client to its end; stdout and stderr are bytes."""
    return subprocess.run(
        [program("secho-client"), *map(str, args)], input=input, capture_output=True, timeout=timeout, check=False, **more
    )


# --- waiting ----------------------------------------------------------------------------------------


def eventually(probe, timeout=PATIENCE):
    """Asks until the answer is true, for facts that nobody announces (/proc). Returns the answer."""
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while True:
        answer = probe()
        if answer or time.monotonic() > deadline:
            return answer
        pause.wait(0.02)


def settle(server):
    """Lets a server forget what is over: every other connection ends, and freed memory goes back.

    Servers give freed memory back when many connections have closed, so many well-behaved ones are made.
    """
    for _ in range(300):
        with Tls(server.port) as peer:
            peer.goodbye()
            peer.receive_to_end()
    counts = []

    def stands_still():
        counts.append(server.descriptors())
        return len(counts) > 20 and len(set(counts[-20:])) == 1 and counts[-1] == min(counts)

    eventually(stands_still, timeout=10)


# --- the runner -------------------------------------------------------------------------------------


class TestCase(unittest.TestCase):
    """With helpers that many tests share."""

    longMessage = True
    maxDiff = 2000

    def assert_echoes(self, port, data=b"still here", **more):
        """A fresh connection gets its bytes back."""
        with Tls(port, **more) as peer:
            self.assertEqual(peer.echo(data), data)
            peer.goodbye()
            self.assertEqual(peer.receive_to_end(), b"")
            self.assertEqual(peer.ended, "close_notify")


def sentence(test):
    """test_a_byte_comes_back -> a byte comes back."""
    name = test.id().rpartition(".")[2]
    return name.removeprefix("test_").replace("_", " ")


class _Result(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.passed = 0

    def startTest(self, test):
        super().startTest(test)
        self._started = time.monotonic()

    def _say(self, word, test, words=""):
        spent = time.monotonic() - getattr(self, "_started", time.monotonic())
        print(f"{word:7} {sentence(test)} ({spent:.1f} s)", flush=True)
        if words:
            print("        " + words.rstrip().replace("\n", "\n        "), flush=True)

    def addSuccess(self, test):
        self.passed += 1
        self._say("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._say("FAILED", test, self._exc_info_to_string(err, test))

    def addError(self, test, err):
        super().addError(test, err)
        self._say("FAILED", test, self._exc_info_to_string(err, test))

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            words = f"{subtest._subDescription()}\n{self._exc_info_to_string(err, test)}"
            self._say("FAILED", test, words)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._say("skipped", test, reason)


def main():
    """Runs the tests of the calling file; those whose name contains a word of the command line, if any."""
    for number in (SIGINT, SIGQUIT):  # the background job of a shell ignores them, and so would its children
        on_signal(number, default_int_handler)
    on_signal(SIGHUP, SIG_DFL)  # nohup ignores it
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{word}*" for word in sys.argv[1:]] or None
    result = _Result()
    loader.loadTestsFromModule(sys.modules["__main__"]).run(result)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.passed} passed, {failed} failed, {len(result.skipped)} skipped")
    if failed:
        sys.exit(1)
    sys.exit(EXIT_SKIPPED if result.passed == 0 else 0)


def needs(peer, package):
    """Ends a file of tests with 77 and a line that says what is missing; a failure for scripts/test --all."""
    path = shutil.which(peer) or shutil.which(peer, path="/usr/sbin:/usr/local/sbin")  # daemons live there
    if path is None:
        wanted = os.environ.get("SECHO_ALL_PEERS") == "1"
        print(f"{'FAILED' if wanted else 'skipped'}: {peer} is not installed (package {package})")
        sys.exit(1 if wanted else EXIT_SKIPPED)
    return path
