"""Line protocol as its specification has it, read letter by letter: shares no line with what writes it.

(The parser of PyPI, line-protocol-parser 2.0.1, reads one line at a time and refuses 5e-324.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass

INTEGER = re.compile(r"-?\d+i")
FLOAT = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
TIME = re.compile(r"-?\d+")


@dataclass(frozen=True)
class Point:
    measurement: str
    tags: dict[str, str]
    fields: dict[str, float | int | str]
    time: int

    @property
    def series(self) -> tuple[str, ...]:
        return (self.measurement, *(f"{key}={value}" for key, value in sorted(self.tags.items())))


def points(body: bytes) -> list[Point]:
    """Every point of a body. Raises ValueError that names the line."""
    found: list[Point] = []
    text, at = body.decode("utf-8"), 0
    while at < len(text):
        if text[at] == "\n":
            at += 1
            continue
        try:
            point, at = _point(text, at)
        except (ValueError, IndexError) as error:
            raise ValueError(f"line {len(found) + 1}: {error}: {text[at : at + 80]!r}") from None
        found.append(point)
    return found


def _point(text: str, at: int) -> tuple[Point, int]:
    measurement, at = _word(text, at, ", ", ", ")
    if not measurement or measurement[0] in "_#":
        raise ValueError("no measurement")
    tags: dict[str, str] = {}
    while text[at] == ",":
        key, at = _word(text, at + 1, "=, ", "=")
        value, at = _word(text, at + 1, "=, ", ", ")
        if not key or not value or key in tags:
            raise ValueError("a tag without key or value, or twice")
        tags[key] = value
    fields: dict[str, float | int | str] = {}
    begin = True
    while begin or text[at] == ",":
        begin = False
        key, at = _word(text, at + 1, "=, ", "=")
        if not key or key in fields:
            raise ValueError("a field without key, or twice")
        fields[key], at = _value(text, at + 1)
    if text[at] != " ":
        raise ValueError("no time")
    time = TIME.match(text, at + 1)
    if time is None or text[time.end()] != "\n":
        raise ValueError("no time, or more behind it")
    return Point(measurement, tags, fields, int(time[0])), time.end() + 1


def _word(text: str, at: int, escaped: str, ends: str) -> tuple[str, int]:
    """A word up to one of `ends`; a backslash before one of `escaped` takes its meaning away, any other stands."""
    letters: list[str] = []
    while text[at] not in ends:
        if text[at] == "\n":
            raise ValueError("the line ends in a name")
        if text[at] == "\\" and text[at + 1] in escaped:
            at += 1
        letters.append(text[at])
        at += 1
    return "".join(letters), at


def _value(text: str, at: int) -> tuple[float | int | str, int]:
    if text[at] == '"':
        return _string(text, at + 1)
    integer = INTEGER.match(text, at)
    if integer is not None:
        return int(integer[0][:-1]), integer.end()
    number = FLOAT.match(text, at)
    if number is None:
        raise ValueError("not a value")
    return float(number[0]), number.end()


def _string(text: str, at: int) -> tuple[str, int]:
    letters: list[str] = []
    while text[at] != '"':
        if text[at] == "\\" and text[at + 1] in '"\\':
            at += 1
        letters.append(text[at])
        at += 1
    return "".join(letters), at + 1
