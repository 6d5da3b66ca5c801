"""The status page and its history as they are served; slow_status_page.py looks at it in a browser."""

import base64
import hashlib
import re

import secho
from administer import Administered
from secho import Tls, eventually


def part(page, tag):
    """What stands in the only element of this kind."""
    (found,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
    return found


def hash_of(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


class Page(secho.TestCase):
    def test_it_is_one_file_whose_policy_allows_its_own_style_and_script_only(self):
        with Administered() as server:
            reply = server.get("/")
            self.assertEqual((reply.status, reply.headers["Content-Type"]), (200, "text/html; charset=utf-8"))
            policy = dict(rule.strip().split(" ", 1) for rule in reply.headers["Content-Security-Policy"].split(";"))
            self.assertEqual(
                policy,
                {
                    "default-src": "'none'",
                    "script-src": hash_of(part(reply.text, "script")),
                    "style-src": hash_of(part(reply.text, "style")),
                    "connect-src": "'self'",
                    "img-src": "data:",
                    "base-uri": "'none'",
                    "form-action": "'none'",
                    "frame-ancestors": "'none'",
                    "require-trusted-types-for": "'script'",
                },
            )
            self.assertTrue(reply.text.endswith("</html>\n"))

    def test_it_names_no_other_place_and_makes_no_markup_of_texts(self):
        with Administered() as server:
            text = server.get("/").text.replace("http://www.w3.org/2000/svg", "")  # a name, not an address
            forbidden = ["http:", "https:", "<img", "<iframe", "url(", "@import", "innerHTML", "document.write", "eval("]
            self.assertEqual([word for word in forbidden if word in text], [])
            self.assertEqual(re.findall(r"\son\w+\s*=\s*[\"']|\sstyle\s*=\s*[\"']", text), [])

    def test_all_that_it_links_to_is_there(self):
        with Administered() as server:
            links = re.findall(r'<a href="([^"]+)"', server.get("/").text)
            self.assertGreater(len(links), 3)
            self.assertTrue(eventually(lambda: server.get("/readyz").status == 200))
            self.assertEqual([link for link in links if server.get(f"/{link}").status != 200], [])

    def test_its_head_comes_without_its_body(self):
        with Administered() as server:
            head = server.ask("HEAD", "/")
            self.assertEqual((head.status, head.body), (200, b""))
            self.assertEqual(int(head.headers["Content-Length"]), len(server.get("/").body))


class History(secho.TestCase):
    def test_it_comes_in_samples_and_who_has_some_gets_the_newer_ones(self):
        with Administered() as server:
            first = server.get("/history").json
            self.assertEqual((first["interval_ms"], first["samples_max"]), (5000, 180))
            self.assertEqual(sum(first["connections"]), 0)
            with Tls(server.port) as peer:
                self.assertEqual(peer.echo(b"x" * 1000), b"x" * 1000)
                peer.goodbye()
            self.assertTrue(eventually(lambda: sum(server.get("/history").json["bytes"]) == 1000))
            told = server.get("/history").json
            self.assertEqual((sum(told["connections"]), sum(told["handshakes"])), (1, 1))
            self.assertEqual([us is not None for us in told["handshake_median_us"]], [n > 0 for n in told["handshakes"]])
            self.assertEqual({len(value) for value in told.values() if isinstance(value, list)}, {len(told["at_ms"])})
            self.assertTrue(all(took >= 5000 for took in told["took_ms"]))
            last = told["at_ms"][-1]
            newer = server.get(f"/history?since={last}").json
            self.assertTrue(all(at > last for at in newer["at_ms"]), newer)
            self.assertEqual(server.get("/history?since=0").json["at_ms"][0], told["at_ms"][0])

    def test_a_since_that_is_no_moment_is_refused(self):
        with Administered() as server:
            for odd in ("", "x", "-1", "1e3", "%00"):
                refused = server.get(f"/history?since={odd}")
                self.assertEqual((refused.status, "milliseconds" in refused.text), (400, True), odd)
            self.assertEqual(server.get("/history?since=99999999999999999999999").json["at_ms"], [])


if __name__ == "__main__":
    secho.main()
