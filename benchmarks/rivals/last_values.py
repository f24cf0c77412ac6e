"""The least that a program without columns does: a loop over rows that keeps the last value of each tag in a dict."""

from __future__ import annotations

from collections.abc import Iterable

Sample = tuple[int, int, float, int]
"""tag, time, value, status."""


def last_values(rows: Iterable[Sample]) -> dict[int, tuple[int, float, int]]:
    """Time, value and status of the newest sample of each tag."""
    last: dict[int, tuple[int, float, int]] = {}
    for tag, time, value, status in rows:
        held = last.get(tag)
        if held is None or held[0] <= time:
            last[tag] = (time, value, status)
    return last
