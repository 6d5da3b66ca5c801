"""A real Chromium without a screen, driven over its DevTools protocol.

The protocol goes over two pipes (--remote-debugging-pipe): descriptor 3 takes commands, 4 gives answers
and events, each a JSON object that ends with a NUL. https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome")
PROGRAM = next(filter(None, map(shutil.which, NAMES)), None)
PATIENCE = 60


class Gone(Exception):
    """The browser said no, or nothing at all."""


class Browser:
    """One page in one browser; everything that it logs and asks for is kept."""

    def __init__(self, width=1280, height=900):
        self.events, self._number, self._rest = [], 0, b""
        self._profile = tempfile.mkdtemp(prefix="secho-test-browser-")
        self._start()
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            self.call(f"{domain}.enable")
        self.resize(width, height)

    def _start(self):
        self._session = None
        from_us, self._to = os.pipe()
        self._from, to_us = os.pipe()

        def places():
            # The two may lie on each other's place: first out of the way, then to 3 and 4.
            high = os.dup(from_us), os.dup(to_us)
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self._process = subprocess.Popen(
            [PROGRAM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--force-device-scale-factor=1",
             "--disable-dev-shm-usage", "--remote-debugging-pipe", f"--user-data-dir={self._profile}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=places, close_fds=False)
        os.close(from_us)
        os.close(to_us)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        os.close(self._to)
        os.close(self._from)
        shutil.rmtree(self._profile, ignore_errors=True)

    # ---- the protocol ----

    def _messages(self, timeout):
        """What has come, after waiting for at most so long."""
        if select.select([self._from], [], [], timeout)[0]:
            data = os.read(self._from, 1 << 20)
            if not data:
                raise Gone("the browser has ended")
            *whole, self._rest = (self._rest + data).split(b"\0")
            return [json.loads(message) for message in whole]
        return []

    def call(self, method, **params):
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        until, answer = time.monotonic() + PATIENCE, None
        while answer is None:
            if time.monotonic() > until:
                raise Gone(f"no answer to {method}")
            for one in self._messages(1):
                if one.get("id") == self._number:
                    answer = one
                elif "method" in one:
                    self.events.append(one)
        if "error" in answer:
            raise Gone(f"{method}: {answer['error']}")
        return answer["result"]

    # ---- the page ----

    def resize(self, width, height, phone=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def prefer(self, scheme):
        """light or dark"""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, url, **headers):
        if headers:
            self.call("Network.setExtraHTTPHeaders", headers=headers)
        self.call("Page.navigate", url=url)

    def run(self, script):
        """The value of an expression, as JSON can carry it."""
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise Gone(f"{script}: {done['exceptionDetails']}")
        return done["result"].get("value")

    def text(self, selector):
        """All that a reader sees of an element; "" when there is none."""
        return self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def wait_for(self, script, timeout=PATIENCE):
        """Until an expression is true; what it was at last."""
        until, value = time.monotonic() + timeout, None
        while not value and time.monotonic() < until:
            value = self.run(script)
            self._keep(0.1)
        return value

    def _keep(self, seconds):
        self.events += [one for one in self._messages(seconds) if "method" in one]

    def press(self, key, times=1):
        for _ in range(times):
            for kind in ("keyDown", "keyUp"):
                text = {" ": " ", "Enter": "\r"}.get(key, "")
                self.call("Input.dispatchKeyEvent", type=kind, key=key, code="Space" if key == " " else key,
                          windowsVirtualKeyCode={"Tab": 9, "ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35, " ": 32,
                                                 "Escape": 27}.get(key, 0), **({"text": text} if text else {}))

    def picture(self, path):
        """The whole page as a PNG file."""
        done = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        with open(path, "wb") as out:
            out.write(base64.b64decode(done["data"]))

    # ---- what it said ----

    def complaints(self):
        """Lines of its console and its log: errors, refusals, violations of the policy."""
        found = []
        for event in self.events:
            params = event["params"]
            if event["method"] == "Log.entryAdded":
                found.append(params["entry"]["text"] + " " + params["entry"].get("url", ""))
            elif event["method"] == "Runtime.consoleAPICalled":
                found.append(" ".join(str(arg.get("value", arg.get("description"))) for arg in params["args"]))
            elif event["method"] == "Runtime.exceptionThrown":
                found.append(params["exceptionDetails"].get("exception", {}).get("description", str(params)))
        return found

    def asked_for(self):
        """Every address that the page asked for."""
        return [event["params"]["request"]["url"] for event in self.events if event["method"] == "Network.requestWillBeSent"]
