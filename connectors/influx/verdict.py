"""What an answer to a write means (pure): settled, wrong setting, try again, or some rows are not taken.

1.x: 400 with `partial write: ... dropped=3` or `unable to parse '...'`, in `{"error": ...}`. 2.x: 422 and 400 with the
same words, in `{"code": ..., "message": ...}`. 3: 400 with `{"error": ..., "data": [{"line_number": 2, "original_line":
..., "error_message": ...}]}`, up to 100 lines. Older clusters: 201 when some rows were not taken.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from connectors.influx.settings import Destination
from twin.core.errors import LinetwinError, Misconfigured, Unreachable

LONGEST = 300
"""Letters of an answer that are kept."""
LONGEST_WAIT_S = 3600.0
SETTLED = HTTPStatus.NO_CONTENT
TOO_LARGE = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
SOME_ROWS = (HTTPStatus.CREATED, HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)
"""Some rows, or all, are not taken."""
AGAIN = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)
WRONG_CALLER = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)

_ABOUT_ROWS = re.compile(
    r"partial write|pars(e|ing) |field type|invalid column type|retention|line protocol|max.*(series|tag)",
    re.IGNORECASE,
)
_DROPPED = re.compile(r"dropped=(\d+)")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said, not trusted. body: as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """A header's value, empty where it has none."""
        return next((value for key, value in self.headers.items() if key.lower() == name), "")


@dataclass(frozen=True, slots=True)
class NamedLine:
    """A line that the server named as not taken. number: from 1. begin: of the line, as it saw it."""

    number: int
    begin: str
    words: str


def words(answer: Answer) -> str:
    """The server's own words, in one line."""
    told: Any = _json(answer)
    text = next((told[key] for key in ("message", "error") if isinstance(told.get(key), str)), "")
    if not text:
        text = answer.header("x-influxdb-error") or ("" if told else answer.body.decode("utf-8", "replace"))
    line = " ".join(text[: 4 * LONGEST].split())[:LONGEST]
    return line or f"status {answer.status} without words"


def named_lines(answer: Answer) -> list[NamedLine]:
    """The lines that a server of version 3 names."""
    told = _json(answer).get("data")
    found: list[NamedLine] = []
    for one in told if isinstance(told, list) else []:
        if isinstance(one, dict) and isinstance(one.get("line_number"), int):
            said = " ".join(str(one.get("error_message", "")).split())[:LONGEST]
            found.append(NamedLine(one["line_number"], str(one.get("original_line", "")), said or words(answer)))
    return found


def dropped(answer: Answer) -> int:
    """How many rows a server of version 1 or 2 says it left out; 0 where it does not say."""
    found = _DROPPED.search(words(answer))
    return int(found[1]) if found else 0


def is_about_rows(answer: Answer) -> bool:
    """Whether its words are known to be about rows, not about how we asked."""
    return _ABOUT_ROWS.search(words(answer)) is not None


def retry_after(answer: Answer) -> float:
    """How long (s) it asks to be left alone, 0 where it does not say. A date is read against the answer's own."""
    said = answer.header("retry-after").strip()
    try:
        wait_s = float(said)
    except ValueError:
        try:
            until, now = (parsedate_to_datetime(text) for text in (said, answer.header("date")))
            wait_s = (until - now).total_seconds()
        except (ValueError, TypeError):
            return 0.0
    return min(max(wait_s, 0.0), LONGEST_WAIT_S) if math.isfinite(wait_s) else 0.0


def failure(answer: Answer, to: Destination) -> LinetwinError:
    """What an answer means that is neither settled nor about rows."""
    said = f"{to.where}: {answer.status}: {words(answer)}"
    status = answer.status
    if status in WRONG_CALLER:
        return Misconfigured(f"{said}; check {'user and password' if to.user else 'token'}: may it write there?")
    if status == HTTPStatus.NOT_FOUND or (status >= 500 and "retention policy not found" in words(answer)):
        return Misconfigured(f"{said}; check {_missing(words(answer), to)}")
    if status in AGAIN or status >= 500:
        return Unreachable(said, retry_after(answer))
    if status < 300:
        return Misconfigured(f"{said}; it did not confirm with 204: is this an InfluxDB?")
    if status < 400:
        return Misconfigured(f"{said}; it sends elsewhere ({answer.header('location')[:200]}): use that address")
    return Misconfigured(f"{said}; check address, bucket and version")


def version_of(answer: Answer) -> str:
    """`1`, `2` or `3` from an answer to /ping, empty where it does not say."""
    told = answer.header("x-influxdb-version") or str(_json(answer).get("version", ""))
    digit = told.strip().removeprefix("v")[:1]
    return digit if digit in {"1", "2", "3"} else ""


def _missing(said: str, to: Destination) -> str:
    if re.search(r"\borg", said):
        return f"org ({to.org})"
    if re.search(r"bucket|database|retention", said):
        return f"bucket ({to.bucket})"
    return f"version ({to.version}) and address"


def _json(answer: Answer) -> Mapping[str, Any]:
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
