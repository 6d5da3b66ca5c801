"""What secho-client --json prints is what config/secho-client.schema.json says (needs python3-jsonschema)."""

import copy
import json
import sys

import secho
import strange

try:
    import jsonschema
except ImportError:
    print("skipped: no jsonschema here (Debian: python3-jsonschema)")
    sys.exit(77)

SCHEMA = json.loads((secho.ROOT / "config" / "secho-client.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def names_of(definition):
    """The names that a definition knows."""
    return set(SCHEMA["$defs"][definition]["properties"])


def definition_of(found):
    """Which definition an object claims to be."""
    by_name = {"offers": "resume_table", "verdict": "report", "tries": "path"}
    for name, definition in by_name.items():
        if name in found:
            return definition
    return {"echo": "ping_echo", "summary": "ping_summary"}.get(found.get("type"), "check")


def parts_of(found):
    """(definition, object) of what an object contains."""
    yield from (("path_try", one) for one in found.get("tries", []))
    for view in (found[side] for side in ("here", "there") if side in found):
        yield "view", view
        for chain in ("server_certificates", "client_certificates"):
            yield from (("certificate", one) for one in view["tls"].get(chain, []))


def third_altered(stream):
    """An echo that changes a byte of the third piece it gets."""
    pieces = []

    def change(data):
        pieces.append(data)
        return data[:40] + bytes([data[40] ^ 1]) + data[41:] if len(pieces) == 3 else data

    return strange.echo(change)(stream)


# A server, and what secho-client is asked to do there.
GOOD = strange.tls(strange.echo())
RUNS = [
    (GOOD, ["check"]),
    (GOOD, ["check", "--resume", "2"]),
    (GOOD, ["ping", "-c", "3", "-i", "10ms", "--warn", "1h"]),
    (GOOD, ["ping", "-q", "-c", "1"]),
    (GOOD, ["ping", "--reconnect=resume", "-c", "2", "-i", "300ms"]),
    (GOOD, ["ping", "--resume", "2", "-i", "10ms"]),
    (strange.tls(third_altered), ["ping", "-c", "4", "-i", "10ms"]),
    (strange.tls(strange.echo(lambda data: data + b"x")), ["ping", "-c", "2", "-i", "10ms"]),
    (strange.tls(strange.echo(lambda data: data + data)), ["ping", "-c", "2", "-i", "10ms"]),
    (strange.tls(strange.mute), ["ping", "-c", "2", "-w", "300ms"]),
    (strange.tls(strange.cut), ["ping"]),
    (strange.says(b"SSH-2.0-x\r\n"), ["check"]),
    (strange.says(b"SSH-2.0-x\r\n"), ["ping"]),
    (strange.says(b"SSH-2.0-x\r\n"), ["ping", "--reconnect", "-c", "1"]),
    (GOOD, ["report"]),
    (strange.says(b"SSH-2.0-x\r\n"), ["report"]),
    (GOOD, ["path", "--idle", "1s"]),
    (strange.resets, ["path"]),
    (strange.says(b"SSH-2.0-x\r\n"), ["path"]),
    (GOOD, ["resume"]),
    (strange.says(b"SSH-2.0-x\r\n"), ["resume"]),
]

# What secho-server is asked, whose answers have more in them.
CERTIFICATE = ["--cert", str(secho.pki() / "client.pem"), "--key", str(secho.pki() / "client.key")]
OURS = [
    (secho.tls(), ["report"]),
    (secho.tls(tls={"client_auth": {"mode": "request", "ca": str(secho.pki() / "ca.pem")}}), [*CERTIFICATE, "report"]),
    (secho.tls(proxy_protocol=True), ["--proxy-protocol", "v2", "report"]),
    (secho.tls(report=False, tls={"alpn": ["h2"]}), ["report"]),
    (secho.tls(tls={"min_version": "1.3"}), ["path"]),
    (secho.tls(tls={"max_version": "1.2"}), ["path"]),
    (secho.tls(), ["resume"]),
]

# What is no output of ours: a definition, a name, and what stands there.
BROKEN = [
    ("check", "ok", "yes"),
    ("check", "exit", -1),
    ("check", "times_ms", {}),
    ("ping_echo", "type", "eco"),
    ("ping_echo", "result", "fine"),
    ("ping_echo", "time_ms", "1 ms"),
    ("ping_summary", "sent", -1),
    ("ping_summary", "loss", 2),
    ("ping_summary", "times_ms", {"echo": {"count": 0}}),
    ("report", "verdict", "fine"),
    ("report", "why", 1),
    ("path", "ok", 1),
    ("path", "tries", []),
    ("path", "tries", [{"try": "large_hello", "result": "fails", "words": ""}]),
    ("path", "timeout_ms", 0),
    ("resume_table", "offers", [{"made_at": "a", "offered_at": "a", "how": "failed"}]),
    ("resume_table", "summary", "fine"),
]


class Schema(secho.TestCase):
    def outputs(self, server, words):
        """Every object that a run prints."""
        with server:
            done = secho.client("--ca", secho.pki() / "ca.pem", "--json", *words, "localhost", server.port)
        objects = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertNotEqual(objects, [], done)
        return objects

    def test_it_is_a_schema(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_real_outputs_fit_and_have_no_name_that_it_does_not_know(self):
        runs = [(strange.Server(behave), words) for behave, words in RUNS]
        for server, words in runs + [(secho.Server(listener), words) for listener, words in OURS]:
            for found in self.outputs(server, words):
                with self.subTest(words=words, found=found):
                    VALIDATOR.validate(found)
                    for definition, part in ((definition_of(found), found), *parts_of(found)):
                        self.assertLessEqual(set(part), names_of(definition))

    def test_what_we_do_not_print_does_not_fit(self):
        kinds = (["check"], ["ping", "-c", "1"], ["report"], ["path"], ["resume"])
        good = {definition_of(found): found for words in kinds for found in self.outputs(strange.Server(GOOD), words)}
        for definition, name, value in BROKEN:
            with self.subTest(definition, name=name, value=value):
                self.assertTrue(VALIDATOR.is_valid(good[definition]))
                broken = copy.deepcopy(good[definition])
                broken[name] = value
                self.assertFalse(VALIDATOR.is_valid(broken))
                del broken[name]
                self.assertFalse(VALIDATOR.is_valid(broken))


if __name__ == "__main__":
    secho.main()
