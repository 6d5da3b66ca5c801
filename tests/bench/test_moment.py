"""Every benchmark runs for a moment, so that none can rot: nothing here depends on a time."""

import json
import pathlib
import subprocess
import sys
import tempfile

import secho
from compare import metrics


class Moment(secho.TestCase):
    def test_secho_is_compared_with_the_plain_floor_in_every_metric(self):
        with tempfile.TemporaryDirectory() as folder:
            said = subprocess.run(
                [sys.executable, "-m", "compare", "--quick", "--only", "floor", "--programs", secho.BUILD, "--out", folder],
                cwd=pathlib.Path(__file__).parent, capture_output=True, text=True, check=False)
            self.assertEqual(said.returncode, 0, said.stdout + said.stderr)
            found = json.loads((pathlib.Path(folder) / "compare.json").read_text(encoding="utf-8"))
            for metric in metrics.TABLE + metrics.GROWTH:
                shown = found["metrics"][metric.name]
                self.assertEqual(shown["failures"], {}, metric.name)
                for name in metric.only or ("secho",):
                    self.assertIsNotNone(shown["peers"][name]["median"], f"{metric.name}: {name}")
            self.assertEqual(found["missing"], {})
            self.assertTrue((pathlib.Path(folder) / "compare.svg").exists())


if __name__ == "__main__":
    secho.main()
