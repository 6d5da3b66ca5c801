"""The comparison: its arithmetic, its goals, its tables and its picture, with figures made up here."""

import contextlib
import io
import math
import pathlib
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

import secho
from compare import figures, goals, load, metrics, options, peers, picture, publish, report, rounds, settings, tables
from compare.build import Missing

SVG = "{http://www.w3.org/2000/svg}"


def samples(**values):
    """samples(echo64x1={"secho": [..], "go": [..]}): a value for each round."""
    return rounds.Samples(values={name.replace("__", "/"): found for name, found in values.items()})


def made_up(**values):
    facts = {"cpu": "a <fast> CPU", "cpus": 2, "kernel": "Linux 6", "openssl": "OpenSSL 3", "congestion": "cubic"}
    return report.Report("2026-11-22", "scripts/compare", facts, {"rounds": 3, "window_s": 1.0}, {"go": "go 1.19"},
                         {"hitch": "hitch is not installed"}, samples(**values))


def everything():
    """Each peer in each metric, each a bit dearer than the one before."""
    values = {}
    for metric in metrics.TABLE:
        names = ["secho", *(peer.name for peer in peers.PEERS if metric.is_for(peer)), *(["memory"] if metric.memory else [])]
        values[metric.name] = {name: [10.0 + place, 11.0 + place, 12.0 + place] for place, name in enumerate(names)}
    for metric in metrics.GROWTH:
        values[metric.name] = {name: [5.0, 6.0, 7.0] for name in metric.only}
    return made_up(**values)


class Figures(unittest.TestCase):
    def test_the_median_and_quartiles_of_five_values(self):
        self.assertEqual(figures.spread([5, 1, 3, 2, 4]), figures.Spread(2, 3, 4, 5))

    def test_one_value_is_its_own_spread(self):
        self.assertEqual(figures.spread([7]), figures.Spread(7, 7, 7, 1))

    def test_no_value_has_no_spread(self):
        self.assertIsNone(figures.spread([None, None]))
        self.assertIsNone(figures.spread([]))

    def test_a_window_without_a_value_is_left_out(self):
        self.assertEqual(figures.spread([None, 3, None]), figures.Spread(3, 3, 3, 1))

    def test_ratios_are_taken_within_a_round(self):
        # Round two was twice as slow for both: the ratio does not see it, a ratio of medians would.
        self.assertEqual(figures.ratios([2, 4, 2], [1, 2, 4]), [2, 2, 0.5])
        self.assertEqual(figures.ratio([2, 4, 2], [1, 2, 4]).median, 2)

    def test_a_round_with_one_side_only_gives_no_ratio(self):
        self.assertEqual(figures.ratios([2, None, 2, 2], [1, 1, None, 0]), [2, None, None, None])

    def test_a_sum_needs_all_of_its_parts(self):
        self.assertEqual(figures.sums([1, 2], [10, None]), [11, None])


class Goals(unittest.TestCase):
    def judged(self, goal, **values):
        return goals.judge(goal, samples(**values))

    def test_a_goal_is_held_against_the_hardest_peer(self):
        goal = goals.cheaper_than_all("full", 1.25, ["go", "node"], "cheaper")
        verdict = self.judged(goal, full={"secho": [10, 10], "go": [12, 12], "node": [30, 30]})
        self.assertEqual(verdict.hardest, "go")
        self.assertFalse(verdict.is_reached)
        self.assertAlmostEqual(verdict.miss_percent, (10 / 12 / 0.8 - 1) * 100)

    def test_a_goal_that_is_just_met_is_reached(self):
        goal = goals.Goal("full", "no dearer", 1.0, goals.than("full", "go"))
        self.assertTrue(self.judged(goal, full={"secho": [10], "go": [10]}).is_reached)
        self.assertFalse(self.judged(goal, full={"secho": [10.1], "go": [10]}).is_reached)

    def test_memory_and_the_plain_accept_are_added(self):
        goal = next(goal for goal in goals.GOALS if "memory" in goal.words)
        verdict = self.judged(goal, full={"secho": [110], "memory": [80], "floor": [20]})
        self.assertAlmostEqual(verdict.measured.median, 1.1)
        self.assertTrue(verdict.is_reached)

    def test_a_peer_without_a_figure_is_named(self):
        goal = goals.cheaper_than_all("full", 1.0, ["go", "node"], "cheaper")
        verdict = self.judged(goal, full={"secho": [10], "go": [12]})
        self.assertEqual(verdict.left_out, ("node",))

    def test_what_was_not_measured_is_not_reached(self):
        goal = goals.Goal("full", "no dearer", 1.0, goals.than("full", "go"))
        self.assertFalse(self.judged(goal, full={"secho": [10]}).is_reached)

    def test_an_absolute_goal_needs_nobody_else(self):
        goal = next(goal for goal in goals.GOALS if goal.metric == "idle")
        self.assertTrue(self.judged(goal, idle={"secho": [13900, 14000, 14100]}).is_reached)
        self.assertFalse(self.judged(goal, idle={"secho": [14001]}).is_reached)

    def test_every_goal_speaks_of_metrics_and_peers_that_exist(self):
        known = {peer.name for peer in peers.PEERS + peers.WORKERS} | {"memory"}
        for goal in goals.GOALS:
            for peer, metric in [(goal.who, goal.metric), *(part for parts in goal.over for part in parts)]:
                self.assertIn(peer, known)
                self.assertEqual(metrics.named(metric).name, metric)


class Loads(unittest.TestCase):
    def result(self, **changes):
        return {"messages": 1000, "bytes": 64000, "server": {"cpu_s": 0.02}, "settings": {"connections": 16},
                "handshakes": {"full": 1, "resumed": 99, "failed": 0}, **changes}

    def test_cost_is_server_cpu_for_each_unit(self):
        self.assertAlmostEqual(load.cpu_us_per_message(self.result()), 20)
        self.assertAlmostEqual(load.cpu_us_per_handshake(self.result()), 200)
        self.assertAlmostEqual(load.cpu_s_per_gb(self.result()), 312.5)

    def test_nothing_back_is_no_figure(self):
        with self.assertRaises(load.Failed):
            load.cpu_us_per_message(self.result(messages=0))

    def test_full_handshakes_do_not_pass_for_resumed_ones(self):
        self.assertAlmostEqual(load.cpu_us_per_resumption(self.result()), 200)
        with self.assertRaises(load.Failed):
            load.cpu_us_per_resumption(self.result(handshakes={"full": 17, "resumed": 983, "failed": 0}))

    def test_workers_of_secho_stay_out_of_the_comparison(self):
        for metric in metrics.TABLE:
            self.assertFalse(any(metric.is_for(peer) for peer in peers.WORKERS), metric.name)

    def test_every_metric_can_be_chosen_by_its_name(self):
        self.assertEqual([metric.name for metric in metrics.chosen(["idle", "echo64x1"])], ["echo64x1", "idle"])
        self.assertEqual(len(metrics.chosen([])), len(metrics.TABLE) + len(metrics.GROWTH))

    def test_folders_may_be_named_from_where_one_is(self):
        wanted = options.parse(["--out", "here", "--programs", "there"])
        self.assertTrue(wanted.out.is_absolute() and wanted.programs.is_absolute())

    def test_unknown_names_are_refused(self):
        for arguments in (["fast"], ["--only", "apache"], ["--rounds", "0"]):
            with self.subTest(arguments), self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()):
                options.parse(arguments)


class Stub:
    """A participant that gives these values; at None it fails, at 0 the window is too short."""

    def __init__(self, name, values):
        self.name, self.values = name, list(values)

    def takes_part_in(self, metric):
        return True

    def measure(self, metric, scale):
        value = self.values.pop(0)
        if value is None:
            raise Missing("it has gone")
        if value == "Ctrl-C":
            raise KeyboardInterrupt
        if value == 0:
            raise load.TooShort(f"nothing in {scale.window_s} s")
        return value


class Rounds(unittest.TestCase):
    def run_rounds(self, *participants, count=3):
        scale = options.Scale(count, 1.0, 0.1, 100)
        self.told = []
        return rounds.run([metrics.named("echo64x1")], participants, scale, self.told.append)

    def test_each_round_has_one_value_of_each(self):
        found = self.run_rounds(Stub("secho", [1, 2, 3]), Stub("go", [4, 5, 6]))
        self.assertEqual(found.of("echo64x1", "secho"), [1, 2, 3])
        self.assertEqual(found.of("echo64x1", "go"), [4, 5, 6])
        self.assertEqual(len(self.told), 3)

    def test_ctrl_c_keeps_what_was_measured(self):
        found = self.run_rounds(Stub("secho", [1, 2, "Ctrl-C"]))
        self.assertEqual(found.of("echo64x1", "secho"), [1, 2])
        self.assertIn("stopped", self.told[-1])

    def test_a_window_that_was_too_short_is_taken_again(self):
        found = self.run_rounds(Stub("secho", [0, 0, 3]), count=1)
        self.assertEqual(found.of("echo64x1", "secho"), [3])

    def test_not_for_ever_and_longer_each_time(self):
        found = self.run_rounds(Stub("secho", [0, 0, 0, 0, 0]), count=1)
        self.assertEqual(found.failures, {"echo64x1": {"secho": "nothing in 256.0 s"}})

    def test_who_fails_once_is_not_asked_again_and_named(self):
        found = self.run_rounds(Stub("secho", [1, 2, 3]), Stub("go", [4, None]))
        self.assertEqual(found.failures, {"echo64x1": {"go": "it has gone"}})
        self.assertEqual(figures.ratio(found.of("echo64x1", "go"), found.of("echo64x1", "secho")).count, 1)


class Shown(unittest.TestCase):
    def test_a_report_survives_json(self):
        found = everything()
        again = report.from_json(report.to_json(found))
        self.assertEqual(tables.whole(again), tables.whole(found))
        self.assertEqual(picture.draw(again), picture.draw(found))

    def test_the_picture_is_sound_xml_with_a_panel_for_each_metric(self):
        root = ElementTree.fromstring(picture.draw(everything()))
        words = [node.text for node in root.iter(SVG + "text")]
        for metric in metrics.TABLE:
            self.assertIn(metric.title, words)
        self.assertTrue(any("a <fast> CPU" in word for word in words), "escaped, and back")

    def test_no_bar_leaves_the_picture(self):
        found = made_up(echo64x1={"secho": [1.0], "go": [500.0], "node": [0.001]})
        root = ElementTree.fromstring(picture.draw(found))
        for bar in root.iter(SVG + "rect"):
            right = float(bar.get("x")) + float(bar.get("width"))
            self.assertTrue(math.isfinite(right) and right <= picture.WIDTH)
            self.assertGreater(float(bar.get("width")), 0)

    def test_a_picture_of_secho_alone_can_be_drawn(self):
        ElementTree.fromstring(picture.draw(made_up(echo64x1={"secho": [1.0]})))

    def test_who_is_missing_is_named_with_the_reason(self):
        found = everything()
        found.samples.fail("idle", "stunnel", "too many threads")
        text = tables.whole(found)
        self.assertIn("hitch is not installed", text)
        self.assertIn("too many threads", text)

    def test_the_table_has_ratios_with_quartiles(self):
        found = made_up(echo64x1={"secho": [10.0, 10.0, 10.0], "go": [10.0, 20.0, 30.0]})
        self.assertIn("| Go crypto/tls | 2.00 (1.50–2.50) |", tables.ratios(found))

    def test_a_missed_goal_says_by_how_much(self):
        found = made_up(idle={"secho": [15400.0]})
        self.assertIn("missed by 10 %", tables.goals(found))

    def test_publishing_replaces_what_stands_between_the_marks(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "tests/bench").mkdir(parents=True)
            (root / "README.md").write_text(f"before\n{publish.BEGIN}\nold\n{publish.END}\nafter\n", encoding="utf-8")
            for _ in range(2):
                publish.publish(everything(), "<svg/>", root)
            text = (root / "README.md").read_text(encoding="utf-8")
            self.assertTrue(text.startswith("before\n") and text.endswith("\nafter\n"))
            self.assertNotIn("old", text)
            self.assertEqual(text.count(publish.PICTURE), 1)
            self.assertEqual((root / publish.PICTURE).read_text(encoding="utf-8"), "<svg/>")

    def test_publishing_needs_the_marks(self):
        with self.assertRaises(ValueError):
            publish.replaced("no marks", everything())

    def test_the_readme_has_the_marks(self):
        text = (secho.ROOT / "README.md").read_text(encoding="utf-8")
        self.assertIn(publish.PICTURE, publish.replaced(text, everything()))


class Settings(unittest.TestCase):
    def test_haproxy_has_one_service_for_each_size(self):
        text = settings.haproxy_lua({64: 1001, 1024: 1002}, "echo.lua", "cert.pem")
        self.assertIn("use-service lua.echo64", text)
        self.assertIn("bind 127.0.0.1:1002", text)

    def test_sizes_that_the_metrics_use_are_those_that_lua_echoes(self):
        self.assertEqual({metric.size for metric in metrics.TABLE}, set(peers.LUA_SIZES))


if __name__ == "__main__":
    secho.main()
