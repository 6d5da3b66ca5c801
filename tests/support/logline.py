"""A line of secho's log, text or JSON, as an event: a dictionary of strings."""

import json
import re

_VALUE = r'(?:"(?:[^"\\]|\\.)*"|[^\s"=\\]*)'
_TEXT = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (?P<level>error|warn|info|debug) (?P<event>[a-z_]+)"
    rf"(?P<fields>(?: [a-z_0-9]+={_VALUE})*)"
)
_FIELD = re.compile(rf" ([a-z_0-9]+)=({_VALUE})")
_ESCAPE = re.compile(rb"\\(x[0-9a-f]{2}|.)")
_PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b'"': b'"', b"\\": b"\\"}


class Event(dict):
    """The fields of one line, with `time`, `level` and `event` among them; `raw` is the line itself."""

    def __init__(self, raw, fields):
        super().__init__(fields)
        self.raw = raw

    def matches(self, name, wanted):
        """Is this the event `name` with the wanted fields? A callable judges the value itself."""
        if name is not None and self["event"] != name:
            return False
        for key, value in wanted.items():
            # `in` is a word of Python, so tests write `in_`.
            have = self.get(key.rstrip("_"))
            if have is None or not (value(have) if callable(value) else have == str(value)):
                return False
        return True


def _unescape(value):
    if not value.startswith('"'):
        return value

    def one(match):
        code = match.group(1)
        return bytes([int(code[1:], 16)]) if code[:1] == b"x" else _PLAIN[code]

    return _ESCAPE.sub(one, value[1:-1].encode()).decode("utf-8", "surrogateescape")


def _from_json(raw):
    fields = json.loads(raw)
    if not isinstance(fields, dict) or not {"time", "level", "event"} <= fields.keys():
        raise ValueError(raw)
    return Event(raw, {key: str(value) for key, value in fields.items()})


def parse(raw):
    """The event of one line (without its newline), or None: then it is no line of the log."""
    if raw.startswith("{"):
        try:
            return _from_json(raw)
        except ValueError:
            return None
    match = _TEXT.fullmatch(raw)
    if match is None:
        return None
    fields = {key: match[key] for key in ("time", "level", "event")}
    for key, value in _FIELD.findall(match["fields"]):
        if key in fields:
            return None  # a key that stands twice would let a peer override a fact
        fields[key] = _unescape(value)
    return Event(raw, fields)
