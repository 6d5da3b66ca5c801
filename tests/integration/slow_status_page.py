"""The status page in a real browser, while a real server works, fails, drains, falls silent and comes back."""

import json
import re
import socket
import subprocess
import sys
import tempfile
from signal import SIGCONT, SIGSTOP, SIGTERM

import browser
import chains
import processes
import secho
from administer import Administered
from browser import Browser
from secho import PATIENCE, Tls, eventually, tcp, tls

MARKUP = "<img src=x onerror=document.title='taken'>"
NOT_TLS = (b"GET / HTTP/1.1\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"EHLO mail.example\r\n")

# For each element with text of its own: its contrast with what is behind it (WCAG 2.2, 1.4.3), when that is too low.
FAINT = """[...document.querySelectorAll("main *")].filter(e => e.checkVisibility() && !e.closest("svg") &&
    [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())).map(e => {
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  const light = text => numbers(text).slice(0, 3).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
      .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  let behind = e;
  while (behind.parentElement && numbers(getComputedStyle(behind).backgroundColor)[3] === 0) { behind = behind.parentElement; }
  const [a, b] = [light(getComputedStyle(e).color), light(getComputedStyle(behind).backgroundColor)].sort((x, y) => y - x);
  return [(a + .05) / (b + .05), e.tagName, e.textContent.slice(0, 40)];
}).filter(([ratio]) => ratio < 4.5)"""

# What sticks out of its frame.
OUTSIDE = """[...document.querySelectorAll(".card *, figure *, .verdict *")].filter(e => e.checkVisibility() && !e.closest("thead") &&
    e.getBoundingClientRect().right > e.closest(".card, figure, .verdict").getBoundingClientRect().right).map(e => e.outerHTML.slice(0, 60))"""

FOCUS = """(e => e.id || e.getAttribute("aria-label") || e.textContent)(document.activeElement)"""


def fail(port, data):
    """One connection that is no TLS, to its end."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as peer:
        peer.sendall(data)
        while peer.recv(4096):
            pass


def show(page, server):
    """Opens the page, and waits until it has shown something."""
    page.open(f"http://127.0.0.1:{server.admin_port}/")
    page.wait_for("document.querySelector('#listeners h3') !== null")


class Watched:
    """A server and a page that shows it."""

    def __init__(self, *listeners, width=1280, **settings):
        self.server = Administered(*listeners, **settings)
        self.width = width

    def __enter__(self):
        self.server.__enter__()
        try:
            self.page = Browser(self.width)
            show(self.page, self.server)
        except BaseException:
            self.server.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, *why):
        self.page.__exit__(*why)
        return self.server.__exit__(*why)


class PageTest(secho.TestCase):
    def assert_headline(self, page, pattern):
        shown = page.wait_for(f"/{pattern}/.test(document.querySelector('#headline').textContent)")
        self.assertTrue(shown, page.text("#verdict"))
        self.assertRegex(page.run("document.title"), pattern)

    def assert_clean(self, watched):
        """Nothing to complain of, and nobody else was asked for anything."""
        self.assertEqual(watched.page.complaints(), [])
        own = f"http://127.0.0.1:{watched.server.admin_port}/"
        asked = {address.partition("?")[0] for address in watched.page.asked_for() if not address.startswith("data:")}
        self.assertEqual(asked, {own, own + "status", own + "history"})


class Figures(PageTest):
    def test_the_figures_are_those_of_the_server(self):
        ca = str(secho.pki() / "ca.pem")
        with Watched(tls(), tcp(name="plain"), workers={"processes": 2}) as watched:
            server, page = watched.server, watched.page
            port = server.port_of("main")
            subprocess.run([secho.program("secho-bench"), "--ca", ca, "-d", "6s", "--warmup", "0s", "-q", "-n", "5", "--rate", "100",
                            "echo", "localhost", str(port)], check=True, stdout=subprocess.DEVNULL)  # fmt: skip
            subprocess.run([secho.program("secho-bench"), "--ca", ca, "-d", "3s", "--warmup", "0s", "-q", "-n", "3", "--resume", "0.5",
                            "handshake", "localhost", str(port)], check=True, stdout=subprocess.DEVNULL)  # fmt: skip
            for data in NOT_TLS + NOT_TLS[:1] * 3:
                fail(port, data)
            peers = [Tls(port) for _ in range(7)]
            for peer in peers:
                self.assertEqual(peer.echo(b"x"), b"x")
            self.assertTrue(page.wait_for("document.querySelector('#now-open').textContent === '7'"), page.text("#plots"))
            self.assert_failures(server, page)
            self.assert_samples(server, page)
            self.assert_status(server, page)
            self.assert_headline(page, "^.{0,2}Ready, and all is well")
            self.assertIn("6 connections failed: 4 not_tls_http, 1 not_tls_ssh, 1 not_tls_smtp", page.text("#summary"))
            self.assert_clean(watched)
            for peer in peers:
                peer.goodbye()

    def assert_failures(self, server, page):
        """Each reason, how often it came, and what to do about it."""
        rows = page.run("[...document.querySelectorAll('#failures tbody tr')].map(r => [...r.cells].map(c => c.innerText.trim()))")
        ends = server.get("/history").json["ends"]
        self.assertEqual({row[0]: int(row[1]) for row in rows},
                         {code: sum(end["counts"]) for code, end in ends.items() if end["failure"]})  # fmt: skip
        self.assertEqual(rows[0][:2], ["not_tls_http", "4"])
        self.assertEqual(rows[0][3], f"{ends['not_tls_http']['meaning']}\n{ends['not_tls_http']['advice']}")

    def assert_samples(self, server, page):
        """What the arrow keys read is what the history has."""
        told = server.get("/history").json
        page.run("document.querySelector('#plot-echo .plot').focus()")
        page.press("Home")
        shown = [page.run("document.querySelector('#plot-echo .plot').getAttribute('aria-valuetext')")]
        for _ in told["at_ms"][1:]:
            page.press("ArrowRight")
            shown.append(page.run("document.querySelector('#plot-echo .plot').getAttribute('aria-valuetext')"))
        units = {"B/s": 1, "kB/s": 1e3, "MB/s": 1e6, "GB/s": 1e9}
        for text, count, took in zip(shown, told["bytes"], told["took_ms"], strict=True):
            value, unit = re.fullmatch(r"\d\d:\d\d:\d\d: ([\d.]+) (\S+)", text).groups()
            self.assertAlmostEqual(float(value) * units[unit], count * 1000 / took, delta=0.006 * count * 1000 / took, msg=text)
        self.assertGreater(max(told["bytes"]), 0)
        self.assertTrue(page.run("document.querySelector('#plot-time').checkVisibility()"))
        self.assertTrue(all(0 < median <= p99 for median, p99 in zip(told["handshake_median_us"], told["handshake_p99_us"], strict=True)
                            if median is not None))  # fmt: skip
        page.press("Escape")

    def assert_status(self, server, page):
        status = server.get("/status").json
        (generation,) = status["generations"]
        shown = page.text("#workers")
        for worker in generation["workers"]:
            self.assertIn(str(worker["pid"]), shown)
        listeners = page.text("#listeners")
        for one in status["listeners"]:
            self.assertIn(f"{one['name']} {one['transport']} on {one['address']}:{one['port']}", listeners)
            for certificate in one["certificates"]:
                self.assertIn(certificate["subject"], listeners)
                self.assertIn(certificate["not_after"][:10], listeners)
                self.assertIn(f"{certificate['days_left']} days left", listeners)

    def test_a_page_that_is_opened_later_shows_what_was_before(self):
        with Administered(tls()) as server:
            fail(server.port, NOT_TLS[0])
            self.assertTrue(eventually(lambda: "not_tls_http" in server.get("/history").json["ends"]))
            with Browser() as page:
                show(page, server)
                self.assertTrue(page.wait_for("document.querySelector('#failures tbody th')?.textContent === 'not_tls_http'"))
                self.assertTrue(page.run("document.querySelector('#plot-failures path.line') !== null"))


class Texts(PageTest):
    def test_names_in_certificates_stay_texts_and_few_days_are_a_warning(self):
        with tempfile.TemporaryDirectory() as folder:
            chains.leaf(folder, "soon", subject=MARKUP, valid=(-1, 9.5))
            chains.leaf(folder, "over", subject="gone & <b>forgotten", valid=(-9, -1.5))
            names = [{"chain": f"{folder}/{name}.pem", "key": f"{folder}/{name}.key"} for name in ("soon", "over")]
            listeners = [tls(name=f"number-{i}", tls={"certificates": [one]}) for i, one in enumerate(names)]
            with Watched(*listeners) as watched:
                page = watched.page
                self.assert_headline(page, "A certificate has expired")
                self.assertIn("A certificate expires in 9 days", page.text("#problems"))
                shown = page.text("#listeners")
                self.assertIn(f"CN={MARKUP}", shown.replace("\\", ""))  # RFC 4514 escapes some of it
                self.assertIn("! 9 days left", shown)
                self.assertIn("expired 2 days ago", shown)
                self.assertEqual(page.run("document.images.length + document.querySelectorAll('main b').length"), 0)
                self.assertNotEqual(page.run("document.title"), "taken")
                self.assert_clean(watched)

    def test_the_browser_lets_no_other_script_or_style_in(self):
        with Watched() as watched:
            page = watched.page
            page.run("window.broken = []; document.addEventListener('securitypolicyviolation', e => broken.push(e.effectiveDirective)); 0")
            page.run("const s = document.createElement('script'); s.append('window.taken = 1'); document.body.append(s); 0")
            page.run("const t = document.createElement('style'); t.append('h1 { color: red }'); document.body.append(t); 0")
            page.run("fetch('http://127.0.0.2:9/').catch(() => 0)")
            page.run("try { document.body.innerHTML = '<b>x</b>' } catch (error) { window.refused = error.name } 0")
            self.assertIsNone(page.run("window.taken"))
            self.assertEqual(page.run("window.refused"), "TypeError")
            broken = set(page.run("window.broken"))
            self.assertTrue(broken >= {"style-src-elem", "connect-src", "require-trusted-types-for"}, broken)


class Looks(PageTest):
    def test_nothing_scrolls_sideways_and_all_can_be_read_in_light_and_dark(self):
        with tempfile.TemporaryDirectory() as folder:
            chains.leaf(folder, "long", subject="a-name-without-any-break-" + "x" * 39, valid=(-1, 9.5))
            listener = tls(tls={"certificates": [{"chain": f"{folder}/long.pem", "key": f"{folder}/long.key"}]})
            with Watched(listener, tcp(name="plain-" + "n" * 40)) as watched:
                page, seen = watched.page, set()
                for data in NOT_TLS:
                    fail(watched.server.port_of("main"), data)
                self.assertTrue(page.wait_for("document.querySelectorAll('#failures tbody tr').length === 3"))
                for scheme in ("light", "dark"):
                    page.prefer(scheme)
                    seen.add(page.run("getComputedStyle(document.body).backgroundColor"))
                    for width in (320, 390, 768, 1280, 2560):
                        page.resize(width, 800, phone=width < 500)
                        self.assertLessEqual(page.run("document.documentElement.scrollWidth"), width, f"{scheme} {width}")
                        self.assertEqual(page.run(OUTSIDE), [], f"{scheme} {width}")
                        self.assertEqual(page.run(FAINT), [], f"{scheme} {width}")
                self.assertEqual(len(seen), 2, seen)


class Keyboard(PageTest):
    def test_everything_is_reached_by_the_keyboard_in_the_order_of_reading_and_has_a_name(self):
        with Watched() as watched:
            page, order = watched.page, []
            page.wait_for("document.querySelector('#now-open').textContent !== ''")
            wanted = page.run("""[...document.querySelectorAll('[tabindex="0"], input, a')].filter(e => e.checkVisibility()).map(e =>
                e.id || e.getAttribute("aria-label") || e.textContent)""")
            for _ in wanted:
                page.press("Tab")
                order.append(page.run(FOCUS))
            self.assertEqual(order, wanted)
            self.assertGreater(len(wanted), 8)
            nodes = page.call("Accessibility.getFullAXTree")["nodes"]
            named = [node for node in nodes if any(p["name"] == "focusable" and p["value"]["value"] for p in node.get("properties", []))]
            nameless = [node["role"]["value"] for node in named if not node.get("name", {}).get("value")]
            self.assertEqual(nameless, [])
            roles = {node["role"]["value"] for node in nodes}
            self.assertTrue(roles >= {"slider", "status", "table", "heading", "link", "region"}, roles)


class Unwell(PageTest):
    def test_a_reload_that_failed_is_told_with_its_reasons_until_one_succeeds(self):
        with Watched() as watched:
            server, page = watched.server, watched.page
            self.assert_headline(page, "all is well")
            server.changed(timeouts={"idle": "<i>soon</i>"})
            self.assertEqual(server.post("/reload").status, 422)
            self.assert_headline(page, "Serving, but the last reload failed")
            self.assertIn("/timeouts/idle: must be", page.text("#problems"))
            self.assertEqual(page.run("document.querySelector('#verdict').className"), "verdict warn")
            server.write(server.config)
            self.assertEqual(server.post("/reload").status, 200)
            self.assert_headline(page, "all is well")
            self.assertIn("generation 3", page.text("#summary"))  # 2 was refused
            self.assertTrue(page.wait_for("document.querySelector('#plot-open .note')?.textContent === 'generation 3'"))
            self.assert_clean(watched)

    def test_a_drain_is_told(self):
        with Watched(timeouts={"drain_delay": "24h"}) as watched:
            watched.server.signal(SIGTERM)
            self.assert_headline(watched.page, "The server drains")
            self.assertEqual(watched.page.run("document.querySelector('#verdict').className"), "verdict warn")
            watched.server.signal(SIGTERM)  # nobody waits for a day
            self.assertEqual(watched.server.wait(), 1)

    def test_a_server_that_says_nothing_is_told_and_the_page_recovers(self):
        with Watched() as watched:
            page, admin = watched.page, watched.server.admin()
            processes.kill(admin, SIGSTOP)
            try:
                self.assert_headline(page, r"No answer since \d+ s")
                self.assertTrue(page.run("document.body.classList.contains('old')"))
            finally:
                processes.kill(admin, SIGCONT)
            self.assert_headline(page, "all is well")
            self.assertFalse(page.run("document.body.classList.contains('old')"))

    def test_a_server_that_is_gone_is_told(self):
        with Watched() as watched:
            watched.server.stop()
            self.assert_headline(watched.page, "No answer since")
            self.assertIn("goes on asking", watched.page.text("#summary"))

    def test_without_a_server_that_serves_nobody_is_told_that_all_is_well(self):
        with Administered() as server, Browser() as page:
            show(page, server)
            page.run(f"""status = {json.dumps({**server.get("/status").json, "ready": False, "listeners": [], "generations": []})}; judge()""")
            self.assertEqual(page.text("#headline"), "Nobody serves")


if __name__ == "__main__":
    if browser.PROGRAM is None:
        print("skipped: no Chromium is installed (package chromium)")
        sys.exit(secho.EXIT_SKIPPED)
    secho.main()
