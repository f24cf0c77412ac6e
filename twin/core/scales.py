"""Scales: from the wire's numbers, which the log keeps, to values in the tag's unit, by tag and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.status import BAD_OUT_OF_RANGE, is_bad


@dataclass(frozen=True, slots=True)
class Scale:
    """How wire numbers read from `start` (ns) on: value = wire * factor + offset; those in `bad` mean no value."""

    start: int
    factor: float = 1.0
    offset: float = 0.0
    bad: tuple[float, ...] = ()


AS_ON_THE_WIRE = Scale(FAR_PAST)


class Scales:
    """The scales of all tags over time. of_tag: tag id -> its scales by start, the first from FAR_PAST on.

    A tag without an entry reads as on the wire.
    """

    def __init__(self, of_tag: Mapping[int, Sequence[Scale]]) -> None:
        self.of_tag = {tag: tuple(scales) for tag, scales in sorted(of_tag.items()) if any(map(_says, scales))}
        flat = [scale for scales in self.of_tag.values() for scale in scales]
        many = [len(scales) for scales in self.of_tag.values()]
        self._many = np.array([*many, 1], np.intp)
        self._first = np.concatenate([[0], np.cumsum(many)]).astype(np.intp)
        self._place = np.full(max(self.of_tag, default=-1) + 2, len(many), np.intp)  # the last stands for all others
        self._place[list(self.of_tag)] = np.arange(len(many))
        rows = [*flat, AS_ON_THE_WIRE]
        self._start = np.array([scale.start for scale in rows], np.int64)
        self._factor = np.array([scale.factor for scale in rows])
        self._offset = np.array([scale.offset for scale in rows])
        self._scaled = (self._factor != 1.0) | (self._offset != 0.0)
        self._bad = _padded([scale.bad for scale in rows])
        self._most = int(self._many.max())

    def __repr__(self) -> str:
        return f"Scales({self.of_tag})"

    def meant(
        self, tag: NDArray[np.int32], time: NDArray[np.int64], value: NDArray[np.float64], status: NDArray[np.uint32]
    ) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
        """Values in the tags' units and the status with them.

        A wire number that means "no value" becomes BadOutOfRange; a Bad status has no value (NaN).
        """
        if not self.of_tag:
            return np.where(is_bad(status), np.nan, value), status
        row = self._row(tag, time)
        if self._bad:
            hit = np.zeros(len(value), np.bool_)
            for column in self._bad:
                hit |= value == column[row]
            if hit.any():
                status = np.where(hit, np.uint32(BAD_OUT_OF_RANGE), status)
        scaled = np.where(self._scaled[row], value * self._factor[row] + self._offset[row], value)
        return np.where(is_bad(status), np.nan, scaled), status

    def factors(
        self, tag: NDArray[np.int32], time: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(factor, offset) of each tag at an instant."""
        row = self._row(tag, time)
        return self._factor[row], self._offset[row]

    def is_scaled(self, tag: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Of which tags the number of the wire is not always the value."""
        scaled = [any(s.factor != 1.0 or s.offset != 0.0 for s in scales) for scales in self.of_tag.values()]
        return np.array([*scaled, False])[self._places(tag)]

    def changes(self, tag: int, start: int, end: int) -> list[int]:
        """The instants in (start, end) at which a tag's scale becomes another one."""
        return [scale.start for scale in self.of_tag.get(tag, ()) if start < scale.start < end]

    def sentinels(self, tag: int) -> tuple[float, ...]:
        """Wire numbers of a tag that mean "no value" at any time."""
        return tuple(dict.fromkeys(bad for scale in self.of_tag.get(tag, ()) for bad in scale.bad))

    def _places(self, tag: NDArray[np.int32]) -> NDArray[np.intp]:
        return self._place[np.minimum(tag, len(self._place) - 1)]

    def _row(self, tag: NDArray[np.int32], time: NDArray[np.int64]) -> NDArray[np.intp]:
        place = self._places(tag)
        first = self._first[place]
        row = first
        for further in range(1, self._most):  # few tags have more than one scale, and those have few
            later = first + np.minimum(further, self._many[place] - 1)
            row = np.where((further < self._many[place]) & (self._start[later] <= time), later, row)
        return row


def differ_from(one: Sequence[Scale], other: Sequence[Scale]) -> int:
    """The first instant at which two lists of scales of a tag read differently; FAR_FUTURE where they never do."""
    for start in sorted({scale.start for scale in (*one, *other)} | {FAR_PAST}):
        mine, theirs = scale_at(one, start), scale_at(other, start)
        if (mine.factor, mine.offset, mine.bad) != (theirs.factor, theirs.offset, theirs.bad):
            return start
    return FAR_FUTURE


def scale_at(scales: Sequence[Scale], time: int) -> Scale:
    """The scale of a tag at an instant. scales: by start."""
    found = AS_ON_THE_WIRE
    for scale in scales:
        if scale.start <= time:
            found = scale
    return found


def _says(scale: Scale) -> bool:
    return bool(scale.bad) or (scale.factor, scale.offset) != (1.0, 0.0)


def _padded(values: Sequence[Sequence[float]]) -> list[NDArray[np.float64]]:
    """Columns with the first, second, ... value of each row, NaN where it has no more: NaN equals nothing."""
    most = max((len(row) for row in values), default=0)
    return [np.array([row[i] if i < len(row) else np.nan for row in values]) for i in range(most)]


UNSCALED = Scales({})
"""Every number on the wire is the value."""
