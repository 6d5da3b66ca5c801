"""The page of secho-bench in a real browser: it is drawn, all of it, in light and in dark."""

import collections
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

import secho

BROWSER = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
WIDTH, HEIGHT = 1200, 2200


def unfilter(kind, line, above, step):
    """One line of a PNG as it was: https://www.w3.org/TR/png/#9Filters"""
    for i, value in enumerate(line):
        left = line[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        if kind == 1:
            value += left
        elif kind == 2:
            value += above[i]
        elif kind == 3:
            value += (left + above[i]) // 2
        elif kind == 4:
            guess = left + above[i] - corner
            value += min((left, above[i], corner), key=lambda near: abs(guess - near))
        line[i] = value & 255
    return line


class Picture:
    """A PNG file with 8 bits for each colour, RGB or RGBA."""

    def __init__(self, path):
        data, at, packed = pathlib.Path(path).read_bytes(), 8, b""
        while at < len(data):
            size, kind = struct.unpack_from(">I4s", data, at)
            body = data[at + 8 : at + 8 + size]
            at += 12 + size
            if kind == b"IHDR":
                self.width, self.height, depth, colour = struct.unpack_from(">IIBB", body)
                assert depth == 8 and colour in (2, 6), (depth, colour)
                self.step = 3 if colour == 2 else 4
            elif kind == b"IDAT":
                packed += body
        self._read(zlib.decompress(packed))

    def _read(self, raw):
        length = self.width * self.step
        above, self.lines = bytearray(length), []
        for start in range(0, len(raw), length + 1):
            above = unfilter(raw[start], bytearray(raw[start + 1 : start + 1 + length]), above, self.step)
            self.lines.append(above)

    def colours(self, left=0, top=0, right=None, bottom=None):
        """How often each colour comes in a part, every third pixel of every third line."""
        seen = collections.Counter()
        for line in self.lines[top : bottom or self.height : 3]:
            for x in range(left, right or self.width, 3):
                seen[bytes(line[x * self.step : x * self.step + 3])] += 1
        return seen


class PageInBrowser(secho.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="secho-test-")
        cls.page = os.path.join(cls.folder, "run.html")
        ca = str(secho.pki() / "ca.pem")
        with secho.Server() as server:
            subprocess.run(
                [secho.program("secho-bench"), "--ca", ca, "-d", "1s", "--warmup", "0s", "-q", "--pid", str(server.pid),
                 "--html", cls.page, "echo", "localhost", str(server.port)], check=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def picture(self, *options):
        path = os.path.join(self.folder, "page.png")
        with tempfile.TemporaryDirectory() as profile:
            done = subprocess.run(
                [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--force-device-scale-factor=1",
                 f"--user-data-dir={profile}", f"--screenshot={path}", f"--window-size={WIDTH},{HEIGHT}", *options,
                 f"file://{self.page}"],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        return Picture(path)

    def assert_drawn(self, picture, paper, line):
        """Cards above, plots below: each with colours of its own, none empty."""
        self.assertEqual((picture.width, picture.height), (WIDTH, HEIGHT))
        whole = picture.colours()
        self.assertEqual(whole.most_common(1)[0][0], paper, "the colour of most of it")
        self.assertGreater(len(whole), 50)
        for name, part in {
            "percentiles": (60, 480, 1140, 880),
            "histogram": (60, 900, 590, 1260),
            "over time": (610, 900, 1140, 1260),
            "slowest": (60, 1280, 1140, 1560),
        }.items():
            seen = picture.colours(*part)
            self.assertGreater(len(seen), 8, name)
            self.assertGreater(seen[line], 20, f"{name}: nothing is drawn in its colour")

    def test_a_light_page_is_drawn(self):
        self.assert_drawn(self.picture(), paper=bytes.fromhex("ffffff"), line=bytes.fromhex("2364d2"))

    def test_a_dark_page_is_drawn(self):
        dark = self.picture("--blink-settings=preferredColorScheme=0")
        self.assert_drawn(dark, paper=bytes.fromhex("171e28"), line=bytes.fromhex("6ea8ff"))

    def test_the_page_asks_for_nothing_from_elsewhere(self):
        text = pathlib.Path(self.page).read_text(encoding="utf-8")
        for word in ["http:", "https:", "<script", "<link", "<img", "url("]:
            self.assertNotIn(word, text)


if __name__ == "__main__":
    if BROWSER is None:
        print("skipped: no Chromium is installed (package chromium)")
        sys.exit(secho.EXIT_SKIPPED)
    secho.main()
