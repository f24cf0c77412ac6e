"""Which hours of a read come from rollups, and the rows of all others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from twin.core.rollup import STEPS, Rollups, joined
from twin.core.rows import Samples, join
from twin.core.window import run_starts
from twin.store.files import File
from twin.store.sealed import Chosen, Files

Fit = Callable[[Rollups], NDArray[np.bool_]]
"""Of rollups by (tag, hour) those that serve the one who reads."""

MOST_PATTERNS = 4
"""So many sets of hours are read each for its tags; of more the union is read at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Rolled:
    """Rollups by (tag, hour), and the rows that are in none of them, in any order."""

    rollups: Rollups
    samples: Samples


def rolled(files: Files, listed: Sequence[File], chosen: Chosen, in_log: Samples, fit: Fit) -> Rolled:
    """in_log: the rows of the tags beside the files. Raises Corrupt, Vanished."""
    assert chosen.tags is not None  # noqa: S101 - of all tags nobody asks
    have = [file for file in listed if file.rollup and file.rmax <= chosen.known]
    others = [file for file in listed if file not in have]
    found = joined(files.rollups(have, chosen.tags))
    inside = (found.rollups["last"] >= chosen.start) & (found.rollups["first"] < chosen.end)
    rollups = _those(found.rollups, inside)
    serves = found.whole[inside] & ~_between(rollups, others, in_log) & fit(rollups)
    rows = [
        files.samples(others, chosen),
        in_log,
        _rows(files, have, chosen, _those(rollups, ~serves)),
    ]
    return Rolled(_those(rollups, serves), join(rows))


def _those(rollups: Rollups, mask: NDArray[np.bool_]) -> Rollups:
    """Those that a mask picks; the same object for all of them, so that nothing is copied."""
    return rollups if mask.all() else np.take(rollups, np.flatnonzero(mask))


def _between(rollups: Rollups, others: Sequence[File], in_log: Samples) -> NDArray[np.bool_]:
    """Where rows of others may lie between the first and the last row of a rollup."""
    first, last = rollups["first"], rollups["last"]
    found = np.zeros(len(rollups), np.bool_)
    for file in others:
        found |= (first <= file.tmax) & (last >= file.tmin)
    if not len(in_log) or not len(rollups):
        return found
    order = np.lexsort((in_log.time, in_log.tag))
    tag, time = in_log.tag[order], in_log.time[order]
    starts = run_starts(tag)
    for start, end in pairwise([*starts.tolist(), len(tag)]):
        lo, hi = np.searchsorted(rollups["tag"], [tag[start], tag[start] + 1])
        times = time[start:end]
        found[lo:hi] |= np.searchsorted(times, first[lo:hi]) < np.searchsorted(times, last[lo:hi], side="right")
    return found


def _rows(files: Files, have: Sequence[File], chosen: Chosen, left: Rollups) -> Samples:
    """The rows of these hours."""
    parts: list[Samples] = []
    for tags, hours in _patterns(left):
        cuts = np.flatnonzero(np.diff(hours) > STEPS) + 1
        for run in np.split(hours, cuts):
            start, end = max(int(run[0]), chosen.start), min(int(run[-1]) + STEPS, chosen.end)
            mine = [file for file in have if file.tmin < end and file.tmax >= start]
            parts.append(files.samples(mine, replace(chosen, start=start, end=end, tags=tags)))
    found = join(parts)
    keys, wanted = found.time // STEPS, left["hour"] // STEPS
    least = int(min(keys.min(), wanted.min())) if len(found) else 0
    return found.take(np.isin(_key(found.tag, keys - least), _key(left["tag"], wanted - least)))


def _key(tag: NDArray[np.int32], hour: NDArray[np.int64]) -> NDArray[np.int64]:
    return (tag.astype(np.int64) << 32) + hour


def _patterns(left: Rollups) -> list[tuple[NDArray[np.int32], NDArray[np.int64]]]:
    """(tags, hours) that hold all that is left, and not much more."""
    by_hours: dict[bytes, list[int]] = {}
    starts = run_starts(left["tag"])
    for start, end in pairwise([*starts.tolist(), len(left)]):
        hours = np.ascontiguousarray(left["hour"][start:end])
        by_hours.setdefault(hours.tobytes(), []).append(int(left["tag"][start]))
    if len(by_hours) > MOST_PATTERNS:
        return [(np.unique(left["tag"]), np.unique(left["hour"]))]
    return [(np.array(tags, np.int32), np.frombuffer(hours, np.int64)) for hours, tags in by_hours.items()]
