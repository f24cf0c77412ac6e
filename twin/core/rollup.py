"""Rollups: what aggregates need of the rows of a tag and an hour, so that long ranges need not read the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.aggregate import Gaps, Pieces
from twin.core.instant import HOUR, SECOND
from twin.core.rows import Samples
from twin.core.status import is_bad, is_good
from twin.core.window import run_starts, window_sum

ROLLUP = np.dtype(
    [
        ("tag", "<i4"),
        ("hour", "<i8"),
        ("good", "<u4"),
        ("uncertain", "<u4"),
        ("bad", "<u4"),
        ("odd", "<u4"),
        ("first", "<i8"),
        ("last", "<i8"),
        ("first_used", "<i8"),
        ("last_used", "<i8"),
        ("first_status", "<u4"),
        ("last_status", "<u4"),
        ("first_value", "<f8"),
        ("last_value", "<f8"),
        ("least", "<f8"),
        ("least_at", "<i8"),
        ("greatest", "<f8"),
        ("greatest_at", "<i8"),
        ("total", "<f8"),
        ("m2", "<f8"),
        ("area", "<f8"),
        ("sloped", "<f8"),
        ("held", "<i8"),
    ]
)
"""Of the rows of one tag in one hour of UTC, and of them alone: what lies between an edge of the hour and its first or
last row is not in it, so that the rollups of parts join to that of all.

hour: where it begins. good, uncertain, bad: rows by the top bits of their status; odd: of good and uncertain ones those
whose value is no finite number, which stand in neither. A row is used when it is good or uncertain, so counted.
first, last: times of the first and last row, with their status. first_used, last_used: of the used ones, with their
value; 0 and NaN without one. least, greatest: of the used values, with the earliest time of each. total: their sum; m2:
the sum of squares of what parts them from their mean. area, held: of the stretches between two rows of which the first
is used value x seconds and ns; sloped: value x seconds on straight lines from a used row to the next one.
"""

Rollups = NDArray[np.void]
"""Records of ROLLUP. Pick some with np.take, which moves a record whole: an index in brackets goes column by column."""

STEPS = HOUR
"""A rollup is of so many ns."""


def no_rollups() -> Rollups:
    """No record."""
    return np.empty(0, ROLLUP)


def rolled_up(rows: Samples) -> Rollups:
    """The rollups of rows that stand by (tag, time), one per (tag, time); by (tag, hour)."""
    starts = run_starts(rows.tag, rows.time // STEPS)
    found = np.zeros(len(starts), ROLLUP)
    if not len(starts):
        return found
    ends = np.append(starts[1:], len(rows)) - 1
    run = np.repeat(np.arange(len(starts)), ends - starts + 1)
    bad = is_bad(rows.status)
    odd = ~bad & ~np.isfinite(rows.value)
    used = ~bad & ~odd
    good = used & is_good(rows.status)
    for name, mask in (("good", good), ("uncertain", used & ~good), ("bad", bad), ("odd", odd)):
        found[name] = window_sum(mask.astype(np.int64), starts)
    found["tag"], found["hour"] = rows.tag[starts], rows.time[starts] // STEPS * STEPS
    for name, at in (("first", starts), ("last", ends)):
        found[name], found[f"{name}_status"] = rows.time[at], rows.status[at]
    _put_values(found, rows, np.flatnonzero(used), run)
    _put_areas(found, rows, used, run, starts)
    return found


def _put_values(found: Rollups, rows: Samples, used: NDArray[np.intp], run: NDArray[np.intp]) -> None:
    """What the used values say, each run for itself."""
    value, own = rows.value[used], run[used]
    for name in ("first_value", "last_value", "least", "greatest"):
        found[name] = np.nan
    starts = run_starts(own)
    if not len(starts):
        return
    filled, ends = own[starts], np.append(starts[1:], len(own)) - 1
    count = ends - starts + 1
    within = np.repeat(np.arange(len(starts)), count)
    for name, at in (("first", starts), ("last", ends)):
        _put(found, filled, f"{name}_used", rows.time[used[at]])
        _put(found, filled, f"{name}_value", value[at])
    for name, reduced in (("least", np.minimum), ("greatest", np.maximum)):
        hits = np.flatnonzero(value == reduced.reduceat(value, starts)[within])
        earliest = hits[run_starts(within[hits])]
        _put(found, filled, name, value[earliest])
        _put(found, filled, f"{name}_at", rows.time[used[earliest]])
    with np.errstate(over="ignore", invalid="ignore"):
        total = window_sum(value, starts)
        off = value - (total / count)[within]
        _put(found, filled, "total", total)
        _put(found, filled, "m2", window_sum(off * off, starts))


def _put(found: Rollups, at: NDArray[np.intp], name: str, column: NDArray[np.generic]) -> None:
    found[name][at] = column


def _put_areas(
    found: Rollups, rows: Samples, used: NDArray[np.bool_], run: NDArray[np.intp], starts: NDArray[np.intp]
) -> None:
    """What lies between the rows of a run."""
    length, area, sloped = np.zeros(len(rows), np.int64), np.zeros(len(rows)), np.zeros(len(rows))
    holds = np.flatnonzero(used[:-1] & (run[1:] == run[:-1]))
    length[holds] = rows.time[holds + 1] - rows.time[holds]
    with np.errstate(over="ignore", invalid="ignore"):
        area[holds] = rows.value[holds] * (length[holds] / SECOND)
        lines = holds[used[holds + 1]]
        sloped[lines] = (rows.value[lines] / 2 + rows.value[lines + 1] / 2) * (length[lines] / SECOND)
        found["area"], found["sloped"] = window_sum(area, starts), window_sum(sloped, starts)
    found["held"] = window_sum(length, starts)


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """Rollups, one of each (tag, hour), and of each whether its parts lay apart, so that it is that of all rows."""

    rollups: Rollups
    whole: NDArray[np.bool_]


def joined(parts: Sequence[Rollups]) -> Joined:
    """Rollups of several sets of rows as if they were one. By (tag, hour)."""
    # As bytes: concatenate compares the columns of every part.
    found = parts[0] if len(parts) == 1 else np.frombuffer(b"".join([part.data for part in parts]), ROLLUP)
    tag, first = found["tag"], found["first"]
    if not ((tag[1:] > tag[:-1]) | ((tag[1:] == tag[:-1]) & (first[1:] >= first[:-1]))).all():
        found = np.take(found, np.lexsort((first, tag)))
    starts = run_starts(found["tag"], found["hour"])
    whole = np.ones(len(starts), np.bool_)
    if len(starts) == len(found):
        return Joined(found, whole)
    lengths = np.diff(np.append(starts, len(found)))
    answer = np.take(found, starts)
    for nth in range(1, int(lengths.max())):
        more = np.flatnonzero(lengths > nth)
        part, so_far = np.take(found, starts[more] + nth), np.take(answer, more)
        whole[more] &= part["first"] > so_far["last"]
        np.put(answer, more, _followed(so_far, part))
    return Joined(answer, whole)


def _followed(a: Rollups, b: Rollups) -> Rollups:
    """Rollups of rows of which those of b come after those of a."""
    found = b.copy()
    n, m = counted(a).astype(np.float64), counted(b).astype(np.float64)
    for name in ("good", "uncertain", "bad", "odd"):
        found[name] = a[name] + b[name]
    for name in ("first", "first_status"):
        found[name] = a[name]
    for name, mine in (
        ("first", n > 0),
        ("last", m == 0),
        ("least", (n > 0) & ((m == 0) | (a["least"] <= b["least"]))),
        ("greatest", (n > 0) & ((m == 0) | (a["greatest"] >= b["greatest"]))),
    ):
        value, at = (name, f"{name}_at") if name in ("least", "greatest") else (f"{name}_value", f"{name}_used")
        found[value], found[at] = np.where(mine, a[value], b[value]), np.where(mine, a[at], b[at])
    gap = np.where(holding(a), b["first"] - a["last"], 0)
    held = np.where(gap > 0, a["last_value"], 0.0)
    line = np.where((gap > 0) & (m > 0) & (b["first_used"] == b["first"]), b["first_value"], -held)
    with np.errstate(over="ignore", invalid="ignore"):
        found["total"] = a["total"] + b["total"]
        off = np.where((n > 0) & (m > 0), a["total"] / np.maximum(n, 1) - b["total"] / np.maximum(m, 1), 0.0)
        found["m2"] = a["m2"] + b["m2"] + off * off * (n * m / np.maximum(n + m, 1))
        found["area"] = a["area"] + held * (gap / SECOND) + b["area"]
        found["sloped"] = a["sloped"] + (held / 2 + line / 2) * (gap / SECOND) + b["sloped"]
    found["held"] = a["held"] + gap + b["held"]
    return found


def counted(rollups: Rollups) -> NDArray[np.int64]:
    """Used rows of each."""
    return rollups["good"].astype(np.int64) + rollups["uncertain"]


def holding(rollups: Rollups) -> NDArray[np.bool_]:
    """Where the last row is used, so that its value holds on."""
    return (counted(rollups) > 0) & (rollups["last_used"] == rollups["last"])


def uncut(
    rollups: Rollups, series: NDArray[np.intp], edges: NDArray[np.int64], gaps: Sequence[Gaps]
) -> NDArray[np.bool_]:
    """Which of them lie in one interval, with no gap of their series in their hour. Rollups by (series, hour)."""
    place = np.searchsorted(edges, rollups["first"], side="right")
    free = (place == np.searchsorted(edges, rollups["last"], side="right")) & (place > 0) & (place < len(edges))
    bounds = np.searchsorted(series, np.arange(len(gaps) + 1)).tolist()
    for number, own in enumerate(gaps):
        mine = slice(bounds[number], bounds[number + 1])
        for start, end in own:
            lo, hi = np.searchsorted(rollups["hour"][mine], [start - STEPS + 1, end])
            free[mine][lo:hi] = False
    return free


def pieces_of(
    rollups: Rollups, series: NDArray[np.intp], factor: NDArray[np.float64], offset: NDArray[np.float64]
) -> Pieces:
    """As pieces for aggregates, scaled: value x factor + offset, one of each for each rollup."""
    count = counted(rollups)
    left_out = rollups["bad"].astype(np.int64) + rollups["odd"]
    ends = rollups["least"] * factor + offset, rollups["greatest"] * factor + offset
    none = count == 0
    closing = rollups["last_value"] * factor + offset
    held = rollups["held"].astype(np.int64)
    return Pieces(
        series,
        rollups["first"],
        rollups["last"],
        count,
        left_out,
        np.where(none, np.nan, rollups["total"] * factor + offset * count),
        np.where(factor < 0, ends[1], ends[0]),
        np.where(factor < 0, ends[0], ends[1]),
        rollups["first_value"] * factor + offset,
        closing,
        rollups["area"] * factor + offset * (held / SECOND),
        held,
        np.where(holding(rollups), closing, np.nan),
    )


def is_finite(pieces: Pieces) -> NDArray[np.bool_]:
    """Where every figure is a number, if there is a value at all: sums and scaled values may be too large for one."""
    columns = (pieces.total, pieces.least, pieces.greatest, pieces.opening, pieces.closing, pieces.area)
    found = np.ones(len(pieces), np.bool_)
    for column in columns:
        found &= np.isfinite(column)
    return found | (pieces.count == 0)
