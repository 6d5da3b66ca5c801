"""config/monitoring: rules that fire when they should, and names that the server really has."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import urllib.request

import secho

FOLDER = secho.ROOT / "config" / "monitoring"
RULES = FOLDER / "secho_alerts.yml"
DASHBOARD = FOLDER / "secho_dashboard.json"
NAME = re.compile(r"\bsecho_[a-z_]+")


def promtool(*args):
    """Runs it; what it said when it was not content."""
    done = subprocess.run(["promtool", *map(str, args)], capture_output=True, text=True, timeout=secho.PATIENCE, check=False, cwd=FOLDER)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def dashboard():
    return json.loads(DASHBOARD.read_text(encoding="utf-8"))


def expressions():
    """What the dashboard asks Prometheus for."""
    return [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]


class Rules(secho.TestCase):
    def setUp(self):
        if shutil.which("promtool") is None:
            self.skipTest("promtool (Debian: prometheus) is not installed")

    def test_prometheus_reads_the_example_and_the_rules(self):
        self.assertEqual(promtool("check", "config", "prometheus.yml"), "")
        self.assertEqual(promtool("check", "rules", RULES.name), "")

    def test_each_alert_fires_when_it_should_and_only_then(self):
        self.assertEqual(promtool("test", "rules", "secho_alerts_test.yml"), "")

    def test_a_rule_that_does_not_fire_is_found(self):
        """The test of the rules can fail."""
        with tempfile.TemporaryDirectory() as folder:
            for file in (RULES.name, "secho_alerts_test.yml"):
                text = (FOLDER / file).read_text(encoding="utf-8").replace("14 * 86400", "13 * 86400")
                (pathlib.Path(folder) / file).write_text(text, encoding="utf-8")
            self.assertIn("SechoCertificateEndsSoon", promtool("test", "rules", pathlib.Path(folder) / "secho_alerts_test.yml"))

    def test_prometheus_understands_what_the_dashboard_asks(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:  # JSON is YAML
            rules = [
                {"record": f"panel:{number}", "expr": expr.replace("$__rate_interval", "5m").replace("$instance", ".*")}
                for number, expr in enumerate(expressions())
            ]
            json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
            file.flush()
            self.assertEqual(promtool("check", "rules", file.name), "")

    def test_each_alert_is_tested_and_documented(self):
        alerts = re.findall(r"- alert: (\w+)", RULES.read_text(encoding="utf-8"))
        self.assertGreaterEqual(len(alerts), 10)
        tests = (FOLDER / "secho_alerts_test.yml").read_text(encoding="utf-8")
        readme = (FOLDER / "README.md").read_text(encoding="utf-8")
        for alert in alerts:
            self.assertRegex(tests, rf"(?m)^ +alertname: {alert}$")  # with what it says
            self.assertIn(f"eval_time: 60m, alertname: {alert} ", tests)  # and that it is silent
            self.assertIn(f"| {alert} |", readme)


class Dashboard(secho.TestCase):
    def test_it_has_what_grafana_wants(self):
        board = dashboard()
        for key in ("title", "uid", "schemaVersion", "panels", "templating", "time"):
            self.assertIn(key, board)
        self.assertNotIn("id", board)  # Grafana gives it one
        numbers = [panel["id"] for panel in board["panels"]]
        self.assertEqual(len(set(numbers)), len(numbers))
        variables = {f"${{{one['name']}}}" for one in board["templating"]["list"]}
        for panel in board["panels"]:
            with self.subTest(panel["title"]):
                self.assertIn(panel["datasource"]["uid"], variables)
                self.assertTrue(panel["targets"])
                refs = [target["refId"] for target in panel["targets"]]
                self.assertEqual(len(set(refs)), len(refs))

    def test_no_panel_lies_upon_another_one(self):
        taken = {}
        for panel in dashboard()["panels"]:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24)
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    self.assertNotIn((x, y), taken, panel["title"])
                    taken[x, y] = panel["title"]


class Names(secho.TestCase):
    def metrics(self):
        """The names at /metrics of a server with a listener and a certificate."""
        with secho.Server(secho.tls(), admin={"port": 0}) as server:
            self.assert_echoes(server.port)
            port = server.wait_for_log("admin")["port"]
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=secho.PATIENCE) as answer:
                text = answer.read().decode()
        return set(re.findall(r"(?m)^# TYPE (secho_\w+)", text)) | set(re.findall(r"(?m)^(secho_\w+)[{ ]", text))

    def test_rules_and_dashboard_use_only_metrics_that_exist(self):
        there = self.metrics()
        asked = set(NAME.findall(RULES.read_text(encoding="utf-8"))) - {"secho_alerts_test"}
        for expr in expressions():
            asked |= set(NAME.findall(expr))
        self.assertEqual(sorted(asked - there - {f"{name}_total" for name in there}), [])


if __name__ == "__main__":
    secho.main()
