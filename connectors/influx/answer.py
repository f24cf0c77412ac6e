"""What a server answers to a query, as columns (pure): the documents of /query with `chunked`, one a line.

JSON and not CSV: in CSV 1.x hides an error behind an empty answer, and nothing tells a text without letters from none.
Points of numbers alone are read without a Python object for each value (json.loads: 2.4 times as long).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from connectors.influx.influxql import EVERYTHING, NUMBERS
from connectors.influx.point import TAG
from twin.core.errors import Undecodable

_BEGIN, _END, _BETWEEN = b'"values":[[', b"]]", b"],["
_NUMBERS = np.dtype([("time", np.int64), ("number", np.float64), ("quality", np.int64)])
_HEAD = ["time", *NUMBERS]


class Failed(Exception):
    """The server says in its answer why there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Points of one series. tag: as the server holds its name, empty when the query does not group by it.

    number: NaN where the point has none. quality: field `q`, 0 where somebody else wrote the point without it. text:
    None where no texts were asked for.
    """

    tag: str
    time: NDArray[np.int64]
    number: NDArray[np.float64]
    quality: NDArray[np.int64]
    text: NDArray[np.object_] | None = None


def points(document: bytes) -> list[Points]:
    """The points of one document. Raises Failed with the server's words; Undecodable for what is no answer."""
    begin = document.find(_BEGIN) + len(_BEGIN)
    end = document.find(_END, begin)
    if begin >= len(_BEGIN) and end >= 0 and document.find(_BEGIN, end) < 0:
        series = _series(document[: begin - 1] + document[end + 1 :])
        if len(series) == 1 and series[0].get("columns") == _HEAD:
            return [_numbers(document[begin:end])]
    return [_everything(one) for one in _series(document)]


def _series(document: bytes) -> list[dict[str, Any]]:
    try:
        answer = json.loads(document, parse_int=_number)
    except (ValueError, RecursionError) as error:
        raise Undecodable("no JSON", str(error)) from None
    try:
        results = answer.get("results") or []
        for failure in (one.get("error") for one in (answer, *results)):
            if failure:
                raise Failed(str(failure))
        return [{**series} for result in results for series in result.get("series") or ()]
    except (AttributeError, TypeError):
        raise Undecodable("no answer to a query", document[:80].decode("utf-8", "replace")) from None


def _number(digits: str) -> float:
    """A whole number; the sign of a zero is kept."""
    return -0.0 if digits == "-0" else int(digits)


def _numbers(rows: bytes) -> Points:
    try:
        lines = rows.replace(b"null", b"nan").split(_BETWEEN)
        if rows.count(b",") + 1 != len(_HEAD) * len(lines):
            raise ValueError("not three numbers a point")
        found = np.loadtxt(lines, _NUMBERS, delimiter=",", comments=None, ndmin=1)  # pyright: ignore[reportCallIssue, reportArgumentType]
    except ValueError:  # such as a point without `q`
        return _everything({"columns": _HEAD, "values": _values(rows)})
    return Points("", found["time"], found["number"], found["quality"])


def _values(rows: bytes) -> Any:
    try:
        return json.loads(b"[[%s]]" % rows, parse_int=_number)
    except (ValueError, RecursionError) as error:
        raise Undecodable("no JSON", str(error)) from None


def _everything(series: dict[str, Any]) -> Points:
    columns, values, tags = series.get("columns"), series.get("values", []), series.get("tags") or {}
    if columns not in (_HEAD, ["time", *EVERYTHING]):
        raise Undecodable("columns that were not asked for", str(columns))
    try:
        by_column: Sequence[Sequence[Any]] = list(zip(*values, strict=True)) or [()] * len(columns)
        if len(by_column) != len(columns):
            raise ValueError(f"{len(by_column)} of {len(columns)} columns")
        text = None
        if len(columns) > len(_HEAD):
            text = np.empty(len(values), object)
            text[:] = by_column[2]
        return Points(
            str(tags.get(TAG, "")),
            np.array(by_column[0], np.int64),
            np.array([math.nan if one is None else one for one in by_column[1]], np.float64),
            np.array([one or 0 for one in by_column[-1]], np.int64),
            text,
        )
    except (AttributeError, TypeError, ValueError, OverflowError) as error:
        raise Undecodable("a point of another kind", str(error)) from None
