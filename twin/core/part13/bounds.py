"""Bounding values: what the tag is taken to be at an instant, from the rows on both sides (3.1.7 to 3.1.9)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.part13.ground import Ground
from twin.core.part13.quality import Quality
from twin.core.part13.runs import Runs


@dataclass(frozen=True, eq=False)
class Bounds:
    """One by instant. row: the row that stands there itself, else -1. after: whether a row follows or stands there.

    value: NaN where the quality is Bad.
    """

    value: NDArray[np.float64]
    quality: NDArray[np.uint8]
    row: NDArray[np.intp]
    after: NDArray[np.bool_]


def simple(ground: Ground, at: NDArray[np.int64], approached: bool = False) -> Bounds:
    """From the nearest rows, even if they are Bad. approached: what the value is just before the instant.

    Beyond the last row the value is held; how good it is there: within `until` a stepped one stays what it is.
    """
    after = np.searchsorted(ground.time, at)
    before, next_ = _within(ground, after - 1), _within(ground, after)
    has_after = after < len(ground.time)
    raw = has_after & (ground.time[next_] == at) & (not approached)
    quality, there = ground.quality[before], ground.quality[next_]
    value = ground.value[before]
    if ground.config.stepped:
        doubtful = ~has_after & (at > ground.until)
    else:
        line = has_after & (there != Quality.BAD)
        value = np.where(line, _line(ground.time, ground.value, before, next_, at), value)
        doubtful = ~has_after | (there != Quality.GOOD)
    quality = np.where(doubtful & (quality == Quality.GOOD), Quality.UNCERTAIN, quality)
    quality = np.where(raw, there, np.where(after == 0, Quality.BAD, quality)).astype(np.uint8)
    value = np.where(raw, ground.value[next_], value)
    value = np.where(quality == Quality.BAD, np.nan, value)
    return Bounds(value, quality, np.where(raw, after, -1), has_after)


def interpolated(ground: Ground, at: NDArray[np.int64], stepped: bool) -> Bounds:
    """From the nearest rows that are not Bad, however far. Uncertain where Bad ones are skipped or it is beyond."""
    usable = ground.usable
    if not len(usable.row):
        none = np.full(len(at), np.nan)
        return Bounds(none, np.full(len(at), Quality.BAD, np.uint8), np.full(len(at), -1), np.zeros(len(at), np.bool_))
    after = np.searchsorted(usable.time, at)
    last = len(usable.time) - 1
    before, next_, has_after = np.clip(after - 1, 0, last), np.clip(after, 0, last), after <= last
    raw = has_after & (usable.time[next_] == at)
    quality, there = ground.quality[usable.row[before]], ground.quality[usable.row[next_]]
    if stepped:
        value = usable.value[before]
        skipped = np.searchsorted(ground.time, at) - 1 > usable.row[before]
        doubtful = skipped | (~has_after & (at > ground.until))
    else:
        beyond = _beyond(usable, at) if ground.config.sloped_extrapolation else usable.value[before]
        value = np.where(has_after, _line(usable.time, usable.value, before, next_, at), beyond)
        skipped = usable.row[next_] - usable.row[before] > 1
        doubtful = ~has_after | skipped | (there != Quality.GOOD)
    quality = np.where(doubtful, Quality.UNCERTAIN, quality)
    quality = np.where(raw, there, np.where(after == 0, Quality.BAD, quality)).astype(np.uint8)
    value = np.where(raw, usable.value[next_], np.where(quality == Quality.BAD, np.nan, value))
    return Bounds(value, quality, np.where(raw, usable.row[next_], -1), has_after)


def _within(ground: Ground, row: NDArray[np.intp]) -> NDArray[np.intp]:
    return np.clip(row, 0, len(ground.time) - 1)


def _line(
    time: NDArray[np.int64],
    value: NDArray[np.float64],
    before: NDArray[np.intp],
    after: NDArray[np.intp],
    at: NDArray[np.int64],
) -> NDArray[np.float64]:
    """The value at an instant on the line through two rows; of one and the same row its value."""
    run = time[after] - time[before]
    with np.errstate(invalid="ignore", over="ignore"):
        rise = value[after] - value[before]
        share = (at - time[before]) / np.where(run == 0, 1, run)
        return np.where(run == 0, value[before], value[before] + rise * share)


def _beyond(usable: Runs, at: NDArray[np.int64]) -> NDArray[np.float64]:
    """The value at instants on the line through the last two rows."""
    last = np.full(len(at), len(usable.time) - 1)
    return _line(usable.time, usable.value, np.maximum(last - 1, 0), last, at)
