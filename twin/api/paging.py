"""Pages of long answers whose rows are ordered by asset, then start."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from twin.api.problem import unprocessable
from twin.runtime.intervals import Interval
from twin.runtime.stops import Stop

Row = TypeVar("Row", Interval, Stop)


def page(rows: Iterable[Row], cursor: str, limit: int) -> tuple[list[Row], str | None]:
    """The rows behind a cursor ('' for all), at most `limit`, and the cursor of the next page. Raises a problem."""
    after = _place(cursor) if cursor else None
    rest = [one for one in rows if after is None or (one.asset, one.start) > after]
    shown = rest[:limit]
    return shown, f"{shown[-1].asset}@{shown[-1].start}" if len(rest) > limit else None


def _place(cursor: str) -> tuple[str, int]:
    asset, _, start = cursor.rpartition("@")
    if not (start.isdecimal() and len(start) < 20):
        raise unprocessable(f"cursor {cursor!r} is none of ours; take it from the answer before")
    return asset, int(start)
