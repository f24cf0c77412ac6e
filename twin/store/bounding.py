"""The rows next to an instant: what held then, and what came after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import DAY, HOUR, MINUTE
from twin.core.rows import Samples, in_order, join, no_samples
from twin.core.window import run_starts

REACHES = (MINUTE, HOUR, DAY, 7 * DAY)
"""How far is looked at first: most tags have a row near by. Then all the way."""

Read = Callable[[NDArray[np.int32], int, int], Samples]
"""Rows of tags in [start, end)."""


def newest_before(read: Read, tags: NDArray[np.int32], time: int, least: int) -> Samples:
    """Of each tag the newest row with least <= time of it < time."""

    def spans() -> Iterator[tuple[int, int]]:
        at = time
        for start in (*(time - reach for reach in REACHES), least):
            if max(start, least) < at:
                yield max(start, least), at
                at = max(start, least)

    return _looked_for(read, tags, spans(), last=True)


def oldest_after(read: Read, tags: NDArray[np.int32], time: int, most: int) -> Samples:
    """Of each tag the oldest row with time <= time of it < most."""

    def spans() -> Iterator[tuple[int, int]]:
        at = time
        for end in (*(time + reach for reach in REACHES), most):
            if at < min(end, most):
                yield at, min(end, most)
                at = min(end, most)

    return _looked_for(read, tags, spans(), last=False)


def _looked_for(read: Read, tags: NDArray[np.int32], spans: Iterator[tuple[int, int]], last: bool) -> Samples:
    """Span after span until each tag has a row; the last or first of its rows there."""
    left = np.unique(tags)
    found: list[Samples] = []
    for start, end in spans:
        if not len(left):
            break
        rows = in_order(read(left, start, end))
        rows = rows.take(np.argsort(rows.tag, kind="stable"))
        if not len(rows):
            continue
        starts = run_starts(rows.tag)
        found.append(rows.take(np.append(starts[1:], len(rows)) - 1 if last else starts))
        left = np.setdiff1d(left, found[-1].tag)
    return join(found) if found else no_samples()
