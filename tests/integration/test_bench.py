"""secho-bench as a program: what it measures, how it fails, what it says. No assertion about a time."""

import html.parser
import json
import os
import pathlib
import signal
import subprocess
import tempfile

import moments
import secho
import strange
from secho import closed_port
from terminal import Terminal

PROGRAM = secho.program("secho-bench")
MOMENT = ["-d", "200ms", "--warmup", "0s"]

KEYS = {
    "": "secho_bench ok code exit mode loop interrupted target settings tls machine measured_s messages bytes "
    "messages_per_s bytes_per_s handshakes handshakes_per_s connections unanswered latency_us stages_us timeline",
    "target": "host port address transport",
    "settings": "connections threads duration_s warmup_s ramp_s size depth rate resume echo",
    "tls": "version suite group verified",
    "machine": "cpu cpus kernel openssl congestion_control time",
    "handshakes": "full resumed failed",
    "connections": "opened failed ends",
    "latency_us": "count min mean p50 p90 p99 p99_9 p99_99 max histogram",
    "stages_us": "tcp tls first_echo",
}


def ca():
    """The file of our root certificate."""
    return str(secho.pki() / "ca.pem")


def bench(*words, timeout=secho.PATIENCE, enough=lambda _done: True, **more):
    """Runs secho-bench to its end; a moment that nothing came back in, or not enough, is tried again, longer."""

    def run(duration):
        line = [duration if word == MOMENT[1] else str(word) for word in words]
        return subprocess.run([PROGRAM, *line], capture_output=True, text=True, timeout=timeout, check=False, **more)

    return moments.run_until_heard(run, enough)


def measure(port, *words, mode="echo", trust=True, host="localhost", enough=lambda _told: True, **more):
    """A moment of one mode with --json; the finished process, with .told beside it. `enough` judges what is told."""
    trusted = ["--ca", ca()] if trust else []

    def is_enough(done):
        done.told = json.loads(done.stdout) if done.stdout else {}
        return done.returncode != 0 or enough(done.told)

    done = bench(*MOMENT, *trusted, "--json", *words, mode, host, port, enough=is_enough, **more)
    done.told = json.loads(done.stdout) if done.stdout else {}
    return done


def on_terminal(*words, moments_of=moments.MOMENTS, env=None):
    """The same of a person at a terminal: a finished process, whose stdout is all that has appeared."""

    def run(duration):
        with Terminal(PROGRAM, "--ca", ca(), "-d", duration, "--warmup", "0s", *map(str, words), env=env) as terminal:
            code = terminal.wait()
            return subprocess.CompletedProcess(words, code, terminal.screen, "")

    return moments.run_until_heard(run, moments=moments_of)


class Page(html.parser.HTMLParser):
    """Reads a page: every element must be closed, in order."""

    EMPTY = {"meta", "br", "line", "rect", "circle", "polygon", "polyline"}

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.words, self.strange = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        if tag not in self.EMPTY or (tag == "rect"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.strange.append(tag)

    def handle_data(self, data):
        self.words.append(data)


# --- what it measures -------------------------------------------------------------------------------


class Modes(secho.TestCase):
    def assert_proven(self, done):
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "")
        told = done.told
        self.assertEqual((told["secho_bench"], told["ok"], told["code"], told["exit"]), (1, True, "ok", 0))
        self.assertEqual(told["connections"]["failed"], 0)
        self.assertEqual(set(told["connections"]["ends"]), {"ok"})
        self.assertEqual(told["unanswered"], 0)
        self.assertGreater(told["measured_s"], 0)
        return told

    def test_the_object_has_the_keys_that_are_promised_and_no_others(self):
        with secho.Server() as server:
            told = self.assert_proven(measure(server.port))
        for name, keys in KEYS.items():
            self.assertEqual(set(told[name] if name else told), set(keys.split()), name)
        for stage in told["stages_us"].values():
            self.assertEqual(set(stage), set("count mean p50 p90 p99 max".split()))
        for point in told["timeline"]:
            self.assertEqual(set(point) | {"latency_max_us"}, set("t messages bytes handshakes latency_max_us".split()))
        self.assertEqual(told["tls"]["version"], "TLSv1.3")
        self.assertTrue(told["tls"]["verified"])

    def test_echo_counts_whole_messages(self):
        with secho.Server() as server:
            told = self.assert_proven(measure(server.port, "-n", 4, "-t", 2, "-s", "1000", "--depth", 3))
        self.assertGreater(told["messages"], 0)
        self.assertGreaterEqual(told["bytes"], 1000)
        self.assertEqual(told["connections"]["opened"], 4)
        self.assertEqual(sum(count for _, count in told["latency_us"]["histogram"]), told["latency_us"]["count"])
        times = told["latency_us"]
        self.assertLessEqual(times["min"], times["p50"])
        self.assertLessEqual(times["p50"], times["p99"])
        self.assertLessEqual(times["p99"], times["p99_99"])

    def test_stream_moves_bytes_in_both_directions(self):
        with secho.Server() as server:
            told = self.assert_proven(measure(server.port, "-n", 2, mode="stream"))
        self.assertGreater(told["bytes_per_s"], 0)
        self.assertEqual(told["settings"]["size"], 16384)

    def test_handshakes_are_full_unless_a_share_resumes(self):
        with secho.Server() as server:
            full = self.assert_proven(
                measure(server.port, "-n", 2, mode="handshake", enough=lambda told: told["handshakes"]["full"] > 0))
            resumed = self.assert_proven(
                measure(server.port, "-n", 2, "--resume", "100%", mode="handshake",
                        enough=lambda told: told["handshakes"]["resumed"] > 0))
        self.assertGreater(full["handshakes"]["full"], 0)
        self.assertEqual(full["handshakes"]["resumed"], 0)
        self.assertGreater(resumed["handshakes"]["resumed"], 0)
        self.assertGreater(full["handshakes_per_s"], 0)

    def test_a_handshake_may_go_without_its_echo(self):
        with secho.Server() as server:
            told = self.assert_proven(
                measure(server.port, "-n", 2, "--no-echo", mode="handshake",
                        enough=lambda told: told["handshakes"]["full"] > 0))
        self.assertEqual((told["messages"], told["settings"]["echo"]), (0, False))
        self.assertGreater(told["handshakes"]["full"], 0)

    def test_idle_connections_are_opened_and_held(self):
        with secho.Server() as server:
            told = self.assert_proven(measure(server.port, "-n", 7, mode="idle"))
        self.assertEqual(told["connections"]["opened"], 7)
        self.assertEqual(told["stages_us"]["first_echo"]["count"], 7)

    def test_an_open_loop_says_so_and_keeps_its_rate(self):
        with secho.Server() as server:
            told = self.assert_proven(
                measure(server.port, "-n", 2, "--rate", 100, enough=lambda told: told["messages"] > 0))
        self.assertEqual(told["loop"], "open")
        self.assertLessEqual(told["messages"], 2 * 100 * told["measured_s"] + 2)
        self.assertGreater(told["messages"], 0)

    def test_plain_tcp_is_measured_too(self):
        with secho.Server(secho.tcp()) as server:
            told = self.assert_proven(measure(server.port, "--plain", trust=False))
        self.assertNotIn("tls", told)
        self.assertEqual(told["target"]["transport"], "tcp")
        self.assertGreater(told["messages"], 0)

    def test_any_echo_server_will_do(self):
        with strange.Server(strange.tls(strange.echo())) as server:
            told = self.assert_proven(measure(server.port, "-n", 2))
        self.assertGreater(told["messages"], 0)

    def test_the_cost_of_a_server_is_told(self):
        with secho.Server() as server:
            told = self.assert_proven(
                measure(server.port, "-n", 20, "--pid", server.pid, enough=lambda told: told["server"]["cpu_s"] > 0))["server"]
            idle = self.assert_proven(measure(server.port, "-n", 20, "--pid", server.pid, mode="idle"))["server"]
        self.assertEqual(told["pids"], [server.pid])
        self.assertEqual(told["processes"], 3, "the supervisor, the leader, a worker")
        self.assertGreater(told["cpu_s"], 0)
        self.assertGreater(told["cpu_us_per_message"], 0)
        self.assertGreater(told["cpu_s_per_gb"], 0)
        self.assertNotIn("cpu_us_per_handshake", told)
        self.assertGreater(told["pss_bytes"], 100000)
        self.assertNotIn("cpu_us_per_message", idle)


# --- how it fails -----------------------------------------------------------------------------------


def wrong_byte(data):
    """The last byte is another one."""
    return data[:-1] + bytes([data[-1] ^ 1])


def takes_one_then(end):
    """Echoes once, then does `end`."""

    def behave(stream):
        stream.sendall(stream.recv(65536))
        stream.recv(65536)
        return end(stream)

    return behave


class Failures(secho.TestCase):
    def assert_fails(self, done, status, *codes):
        self.assertEqual(done.returncode, status, done.stderr or done.stdout)
        self.assertIn(done.told["code"], codes, done.stderr)
        self.assertFalse(done.told["ok"])
        self.assertEqual(done.told["exit"], status)
        self.assertIn(done.told["why"], done.stderr)
        self.assertNotIn("routines", done.stderr, "OpenSSL's jargon")

    def test_nobody_listens(self):
        with closed_port() as port:
            self.assert_fails(measure(port), 69, "refused")

    def test_a_name_that_is_not_there(self):
        self.assert_fails(measure(1, host="nonexistent.invalid"), 68, "name_unknown")

    def test_a_certificate_that_nobody_signed(self):
        with secho.Server(tolerate=["alert"]) as server:
            done = measure(server.port, trust=False)
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertTrue(done.told["code"].startswith("server_certificate"), done.told["code"])

    def test_insecure_goes_on_and_says_so(self):
        with secho.Server() as server:
            done = measure(server.port, "--insecure", trust=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("nothing is verified", done.stderr)
        self.assertFalse(done.told["tls"]["verified"])

    def test_another_byte_came_back(self):
        for mode in ["echo", "stream", "handshake", "idle"]:
            with self.subTest(mode), strange.Server(strange.tls(strange.echo(wrong_byte))) as server:
                self.assert_fails(measure(server.port, "-n", 1, mode=mode), 65, "echo_wrong")

    def test_more_came_back(self):
        with strange.Server(strange.tls(strange.echo(lambda data: data + b"x"))) as server:
            self.assert_fails(measure(server.port, "-n", 1), 65, "echo_long", "echo_wrong")

    def test_the_server_turns_every_line_around(self):
        with strange.Server(strange.tls(strange.echo(lambda data: data[::-1]))) as server:
            self.assert_fails(measure(server.port, "-n", 1), 65, "echo_wrong")

    def test_the_server_never_answers(self):
        with strange.Server(strange.tls(strange.mute)) as server:
            self.assertEqual(measure(server.port, "-n", 1, "--timeout", "300ms").returncode, 75)

    def test_the_server_stops_answering(self):
        def run(timeout):
            with strange.Server(strange.tls(takes_one_then(strange.mute))) as server:
                return measure(server.port, "-n", 1, "--timeout", timeout)

        done = moments.run_until(moments.TIMEOUTS, run, lambda done: done.told["connections"]["opened"] > 0)
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertGreater(done.told["connections"]["opened"], 0)

    def test_the_server_does_not_speak_tls(self):
        with strange.Server(strange.says(b"220 mail ready\r\n")) as server:
            self.assert_fails(measure(server.port), 76, "not_tls_smtp", "not_tls")

    def test_the_server_closes_in_the_handshake(self):
        with strange.Server(strange.closes) as server:
            self.assertIn(measure(server.port).returncode, (69, 76))

    def test_the_server_cuts_without_a_goodbye(self):
        with strange.Server(strange.tls(strange.cut)) as server:
            self.assert_fails(measure(server.port, "-n", 1), 65, "truncated", "echo_short")

    def test_the_server_resets(self):
        with strange.Server(strange.resets) as server:
            self.assertIn(measure(server.port).returncode, (69, 76))

    def test_failures_have_no_figures_but_a_reason(self):
        with closed_port() as port:
            done = bench(*MOMENT, "echo", "127.0.0.1", port)
        self.assertEqual((done.returncode, done.stdout), (69, ""))
        self.assertEqual(len(done.stderr.splitlines()), 2, done.stderr)

    def test_a_process_that_is_not_there(self):
        with secho.Server() as server:
            done = measure(server.port, "--pid", 999999999)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("999999999", done.stderr)


# --- Ctrl-C -----------------------------------------------------------------------------------------


class Signals(secho.TestCase):
    def start(self, port, *words):
        """A run that would take an hour."""
        return subprocess.Popen(
            [PROGRAM, "--ca", ca(), "-d", "1h", "--warmup", "0s", *words, "echo", "localhost", str(port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def interrupt(self, server, number, *words):
        """Ends it when its connections are up and have echoed."""
        process = self.start(server.port, *words)
        with process:
            before = self.work_of(server)
            secho.eventually(lambda: self.work_of(server) > before + 20)
            process.send_signal(number)
            out, err = process.communicate(timeout=secho.PATIENCE)
        return process.returncode, out, err

    @staticmethod
    def work_of(server):
        """CPU ticks of its workers: they grow while it echoes."""
        total = 0
        for pid in server.workers():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total

    def test_what_was_measured_so_far_is_told(self):
        for number in [signal.SIGINT, signal.SIGTERM]:
            with self.subTest(number), secho.Server() as server:
                status, out, err = self.interrupt(server, number, "--json")
                self.assertEqual((status, err), (0, ""))
                told = json.loads(out)
                self.assertTrue(told["interrupted"] and told["ok"])
                self.assertGreater(told["messages"], 0)
                self.assertLess(told["measured_s"], 3600)

    def test_the_table_says_that_it_was_interrupted(self):
        with secho.Server() as server:
            status, out, _ = self.interrupt(server, signal.SIGINT)
        self.assertEqual(status, 0)
        self.assertIn("interrupted, 1h were asked for", out)

    def test_who_asks_twice_does_not_wait(self):
        with strange.Server(strange.tls(takes_one_then(strange.mute))) as server:
            process = self.start(server.port, "-n", "1", "--timeout", "1h")
            with process:
                secho.eventually(lambda: len(server.seen) + len(os.listdir(f"/proc/{process.pid}/task")) > 1)
                process.send_signal(signal.SIGINT)
                while process.poll() is None:
                    process.send_signal(signal.SIGINT)
                self.assertEqual(process.returncode, -signal.SIGINT)
                process.communicate()


# --- what it says -----------------------------------------------------------------------------------


class Output(secho.TestCase):
    def test_a_table_goes_to_a_pipe_without_colours(self):
        with secho.Server() as server:
            done = bench(*MOMENT, "--ca", ca(), "echo", "localhost", server.port)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for words in ["closed loop", "throughput", "p99.99", "first echo", "ended with ok", "this machine"]:
            self.assertIn(words, done.stdout)
        self.assertNotIn("\033", done.stdout)

    def test_a_terminal_sees_it_live_and_then_the_table(self):
        with secho.Server() as server:
            done = on_terminal("echo", "localhost", server.port, moments_of=moments.MOMENTS[1:])
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"(?s)messages/s.*\r\033\[K.*\033\[1mthroughput.*█")

    def test_no_colour_is_respected(self):
        with secho.Server() as server:
            quiet = on_terminal("-q", "echo", "localhost", server.port)
            self.assertEqual((quiet.returncode, quiet.stdout), (0, ""))
            plain = on_terminal("echo", "localhost", server.port, env={"NO_COLOR": "1"})
            self.assertEqual(plain.returncode, 0, plain.stdout)
            self.assertIn("throughput", plain.stdout)
            self.assertNotIn("\033[1m", plain.stdout)

    def test_quiet_says_nothing_and_json_is_told_all_the_same(self):
        with secho.Server() as server:
            done = bench(*MOMENT, "--ca", ca(), "-q", "echo", "localhost", server.port)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
            self.assertTrue(measure(server.port, "-q").told["ok"])

    def test_a_full_disk_is_no_success(self):
        with secho.Server() as server, open("/dev/full", "w", encoding="ascii") as full:
            for more in [[], ["--json"]]:
                words = ["--warmup", "0s", *more, "--ca", ca(), "echo", "localhost", str(server.port)]
                done = moments.run_until_heard(lambda duration, words=words: subprocess.run(
                    [PROGRAM, "-d", duration, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False))
                self.assertEqual(done.returncode, 71)
                self.assertIn("writing the output", done.stderr)

    def test_a_page_is_well_formed_and_has_all_plots(self):
        with tempfile.TemporaryDirectory() as folder, secho.Server() as server:
            path = os.path.join(folder, "run.html")
            done = measure(server.port, "--html", path)
            self.assertEqual(done.returncode, 0, done.stderr)
            page = Page(pathlib.Path(path).read_text(encoding="utf-8"))
            self.assertEqual(os.listdir(folder), ["run.html"])
        self.assertEqual((page.open, page.strange), ([], []))
        self.assertEqual(page.seen.count("svg"), 4)
        self.assertIn("Every byte that was sent came back unchanged.", page.words)

    def test_a_page_that_cannot_be_written_is_told_before_the_run(self):
        done = bench("--html", "/nonexistent/run.html", "echo", "nonexistent.invalid", 1)
        self.assertEqual(done.returncode, 71, done.stderr)
        self.assertIn("/nonexistent/run.html", done.stderr)

    def test_two_runs_stand_side_by_side(self):
        with tempfile.TemporaryDirectory() as folder, secho.Server() as server:
            paths = []
            for words in [["-s", "64"], ["-s", "64"], ["-s", "1KiB"]]:
                paths.append(os.path.join(folder, f"{len(paths)}.json"))
                pathlib.Path(paths[-1]).write_text(measure(server.port, *words).stdout, encoding="utf-8")
            same, other = bench("--compare", *paths[:2]), bench("--compare", paths[0], paths[2])
            told = json.loads(bench("--json", "--compare", *paths[:2]).stdout)
        self.assertEqual((same.returncode, same.stderr), (0, ""))
        self.assertIn("B/A", same.stdout)
        self.assertNotIn("not comparable", same.stdout)
        self.assertIn("not comparable", other.stdout)
        self.assertTrue(told["comparable"])
        self.assertGreater(told["figures"]["messages_per_s"]["ratio"], 0)

    def test_a_file_that_is_no_result_has_an_exit_status(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write('{"secho_bench": 1,\n "mode": 5}')
            file.flush()
            done = bench("--compare", file.name, file.name)
        self.assertEqual(done.returncode, 78)
        self.assertIn(f"{file.name}:2:10: /mode: must be a string", done.stderr)
        self.assertEqual(bench("--compare", "/nonexistent.json", file.name).returncode, 66)

    def test_usage_is_told_in_a_sentence(self):
        done = bench("--resume", "1", "stream", "localhost", 8443)
        self.assertEqual(done.returncode, 64)
        self.assertIn("--resume is not for stream", done.stderr)
        self.assertIn("try secho-bench -h", done.stderr)

    def test_help_version_and_codes(self):
        self.assertIn("usage: secho-bench", bench("-h").stdout)
        self.assertRegex(bench("-V").stdout, r"\Asecho-bench \d+\.\d+\.\d+\nOpenSSL ")
        self.assertIn("nobody listens", bench("--explain", "refused").stdout)
        self.assertEqual(bench("--explain", "nonsense").returncode, 64)


if __name__ == "__main__":
    secho.main()
