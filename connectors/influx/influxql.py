r"""What is asked of a server: the part of InfluxQL that 1.x, 2.x and 3 have alike (pure).

Names and texts are never part of a statement as they are: `string` and `name` quote them.
"""

from __future__ import annotations

from collections.abc import Sequence

from connectors.influx.point import NUMBER, QUALITY, TAG, TEXT, tag_value
from twin.core.instant import FAR_FUTURE, FAR_PAST

NUMBERS = (NUMBER, QUALITY)
EVERYTHING = (NUMBER, TEXT, QUALITY)


def string(text: str) -> str:
    r"""A text as a literal.

    >>> string("it's")
    "'it\\'s'"
    """
    return "'" + _escaped(text).replace("'", "\\'") + "'"


def name(text: str) -> str:
    """The name of a measurement, field or tag key."""
    return '"' + _escaped(text).replace('"', '\\"') + '"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def rows(measurement: str, tag: str, start: int, end: int, fields: Sequence[str], most: int | None = None) -> str:
    """Fields of the points of one tag with start <= time < end, by time. most: so many at most."""
    limit = "" if most is None else f" LIMIT {most}"
    return f"{_select(measurement, fields)} WHERE {_is(tag)}{_within(start, end)}{limit}"


def next_to(measurement: str, tags: Sequence[str], start: int, end: int, newest: bool) -> str:
    """All fields of the newest or the oldest point of each tag in [start, end), a series each."""
    among = " OR ".join(map(_is, tags))
    last = f" GROUP BY {name(TAG)}{' ORDER BY time DESC' if newest else ''} LIMIT 1"
    return f"{_select(measurement, EVERYTHING)} WHERE ({among}){_within(start, end)}{last}"


def _select(measurement: str, fields: Sequence[str]) -> str:
    return f"SELECT {', '.join(map(name, fields))} FROM {name(measurement)}"  # noqa: S608 - quoted


def _is(tag: str) -> str:
    return f"{name(TAG)} = {string(tag_value(tag))}"


def _within(start: int, end: int) -> str:
    """Conditions on time, none where the bound is far away."""
    least = "" if start <= FAR_PAST else f" AND time >= {start}"
    return least if end >= FAR_FUTURE else f"{least} AND time < {end}"
