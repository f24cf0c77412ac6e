"""The kinds of stops of a machine: how long it runs until one, how long one lasts. Changeovers stand apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import MINUTE, SECOND
from twin.forecast.history import Curve, Times
from twin.forecast.lifetime import fit_lifetime, two_sample_distance
from twin.forecast.model import StopMode
from twin.forecast.spells import STARVED, STOPPED, UNKNOWN, Spells
from twin.mes.calendar import Interval, common, length

CHANGEOVER = "changeover"
NEAR = 5 * MINUTE
"""A machine that shows no changeovers does them in its longest stop so near to a change of the product."""
MOSTLY = 0.5
"""A stop of which more than this lies in a break is the break's."""


def changeovers(found: Spells, changes: Times, is_beside: bool) -> NDArray[np.intp]:
    """Rows of the stops that were changeovers. is_beside: it stands where the product's tag is."""
    rows = found.of(STOPPED)
    if CHANGEOVER in found.names:
        return rows[found.cause[rows] == found.names.index(CHANGEOVER)]
    if not is_beside:
        return rows[:0]
    chosen: set[int] = set()
    for instant in changes.tolist():
        near = rows[(found.start[rows] < instant + NEAR) & (found.end[rows] > instant - NEAR)]
        if len(near):
            chosen.add(int(near[(found.end[near] - found.start[near]).argmax()]))
    return np.array(sorted(chosen), np.intp)


def waits_for_material(found: Spells, changed: NDArray[np.intp]) -> bool:
    """Whether most changeovers began after a wait for pieces: then the first of the next product let them begin."""
    before = changed[changed > 0] - 1
    return bool(len(before)) and float(np.mean(found.kind[before] == STARVED)) > MOSTLY


def planned(found: Spells, breaks: Sequence[Interval]) -> NDArray[np.intp]:
    """Rows of the stops that were breaks or the end of a shift."""
    return np.array(
        [
            row
            for row in found.of(STOPPED).tolist()
            if length(common([(int(found.start[row]), int(found.end[row]))], breaks))
            > MOSTLY * (found.end[row] - found.start[row])
        ],
        np.intp,
    )


def stop_modes(found: Spells, curve: Curve, apart: NDArray[np.intp], begins: int, until: int) -> list[StopMode]:
    """One of each cause that was seen. apart: rows that are no stops of the machine's own."""
    rows = np.setdiff1d(found.of(STOPPED), apart)
    gaps = found.of(UNKNOWN)
    gaps = gaps[found.end[gaps] - found.start[gaps] > MINUTE]
    modes: list[StopMode] = []
    for cause in np.unique(found.cause[rows]).tolist():
        mine = rows[found.cause[rows] == cause]
        modes.append(_mode(found, curve, mine, gaps, found.names[cause], begins, until))
    return modes


def _mode(
    found: Spells, curve: Curve, mine: NDArray[np.intp], gaps: NDArray[np.intp], cause: str, begins: int, until: int
) -> StopMode:
    starts = found.start[mine]
    edges = np.concatenate([[begins], starts, [until]])
    ran = np.diff(curve.running(edges)) / SECOND
    gap_in = np.diff(np.searchsorted(found.start[gaps], edges)) > 0
    lives, open_life = ran[:-1], float(ran[-1])
    known = ~gap_in[:-1]
    law = fit_lifetime(lives[1:][known[1:]], open_life)
    if law.shape == 1.0:  # by chance: what was left of the first life is as good as a whole one
        law = fit_lifetime(lives[known], open_life)
    ended = mine[found.end[mine] < until]
    lengths = (found.end[ended] - found.start[ended]) / SECOND
    half = len(lengths) // 2
    return StopMode(cause, law, lengths, open_life, two_sample_distance(lengths[:half], lengths[half:]))
