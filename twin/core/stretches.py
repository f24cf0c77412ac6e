"""Long reads of some tags: stretch after stretch, so that memory stays flat, and the rows next to an instant."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from twin.core.history import TagReads
from twin.core.instant import DAY, HOUR, SECOND
from twin.core.rows import Rows, Samples, in_order, join

ENOUGH = 500_000
"""Rows of one stretch, about: 20 MB."""
REACH = 7 * DAY
"""How far the first look for a neighbour goes; then three times as far, and so on."""


def stretches(
    reads: TagReads, tags: NDArray[np.int32], start: int, end: int, known: int, most: int | None = None
) -> Iterator[Rows]:
    """All rows of [start, end) in order, a stretch of at most `most` rows (ENOUGH) at a time; empty ones are left out.

    A stretch is never shorter than a second, however many rows that has.
    """
    most = ENOUGH if most is None else most
    at, length = start, HOUR
    while at < end:
        until = min(at + length, end)
        found = reads.read_tags(tags, at, until, known, most).samples
        if len(found) > most and until - at > SECOND:
            length = max((until - at) // 4, SECOND)
            continue
        if len(found) > most:
            found = reads.read_tags(tags, at, until, known).samples
        if len(found):
            yield in_order(found)
        at = until
        length *= 4 if not len(found) else 2 if len(found) < most // 4 else 1


def held(reads: TagReads, tags: NDArray[np.int32], time: int, known: int, least: int = 0) -> Samples:
    """Of each tag the newest row with least <= time of it < time; what was said long ago is found in a few reads."""
    found: list[Samples] = []
    left, at, reach = np.unique(tags), time, REACH
    while len(left) and at > least:
        below = max(at - reach, least)
        found.append(reads.before(left, at, known, below))
        left = np.setdiff1d(left, found[-1].tag)
        at, reach = below, 3 * reach
    return join(found)


def following(reads: TagReads, tags: NDArray[np.int32], time: int, known: int, most: int) -> Samples:
    """Of each tag the oldest row with time <= time of it < most."""
    found: list[Samples] = []
    left, at, reach = np.unique(tags), time, REACH
    while len(left) and at < most:
        above = min(at + reach, most)
        found.append(reads.after(left, at, known, above))
        left = np.setdiff1d(left, found[-1].tag)
        at, reach = above, 3 * reach
    return join(found)
