"""Batch: samples as columns, from the wire to the screen. One Python object per message, never per value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type_of = {"tag": np.int32, "time": np.int64, "value": np.float64, "status": np.uint32}
"""The numeric columns of a batch and their types (design: central types)."""

FROM_HISTORY = ":history"
"""Behind the connection in the `source` of a batch that its source's own history gave after a gap."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What one source delivered together: columns of equal length, at least one row.

    tag: int32, index into the TagTable. time: int64, ns since 1970 UTC, by the connection's time rule.
    value: float64, the wire's number, NaN where there is none. status: uint32, OPC UA StatusCode
    (OPC 10000-4, 7.39), kept whole. text: what float64 cannot hold, exactly, or None when no row has any.
    """

    source: str
    tag: NDArray[np.int32]
    time: NDArray[np.int64]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]
    text: NDArray[np.object_] | None = None

    def __post_init__(self) -> None:
        """Refuse columns of unequal length or another type: a batch that exists is right."""
        rows = len(self.tag)
        if rows == 0:
            raise ValueError(f"batch of {self.source!r} has no rows")
        for name, dtype in type_of.items():
            column = getattr(self, name)
            if column.dtype != dtype or column.shape != (rows,):
                raise ValueError(f"batch of {self.source!r}: column {name} is {column.dtype}{column.shape}")
        if self.text is not None and self.text.shape != (rows,):
            raise ValueError(f"batch of {self.source!r}: column text is {self.text.shape}, not ({rows},)")

    def __len__(self) -> int:
        return len(self.tag)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Batch:
        """The rows that an index, a mask or a slice picks, in that order."""
        text = None if self.text is None else self.text[rows]
        return Batch(self.source, self.tag[rows], self.time[rows], self.value[rows], self.status[rows], text)

    def in_time_order(self) -> Batch:
        """The rows by time; rows of one instant by tag, repeats of one key in the order they came."""
        return self.take(np.lexsort((self.tag, self.time)))

    def equals(self, other: Batch) -> bool:
        """Whether every column is equal to the byte (NaN equals NaN)."""
        return (
            self.source == other.source
            and self.tag.tobytes() == other.tag.tobytes()
            and self.time.tobytes() == other.time.tobytes()
            and self.value.tobytes() == other.value.tobytes()
            and self.status.tobytes() == other.status.tobytes()
            and texts(self) == texts(other)
        )


def batch(
    source: str,
    tag: Sequence[int] | NDArray[np.generic],
    time: Sequence[int] | NDArray[np.generic],
    value: Sequence[float] | NDArray[np.generic],
    status: Sequence[int] | NDArray[np.generic] | int = 0,
    text: Sequence[str | None] | None = None,
) -> Batch:
    """A batch from anything array-like; one status may stand for all rows, NaN is made canonical."""
    tags = np.asarray(tag, dtype=np.int32)
    statuses = np.asarray(status, dtype=np.uint32)
    if statuses.ndim == 0:
        statuses = np.full(len(tags), statuses, dtype=np.uint32)
    values = canonical(np.array(value, dtype=np.float64))
    return Batch(source, tags, np.asarray(time, dtype=np.int64), values, statuses, text_column(text))


def text_column(text: Sequence[str | None] | None) -> NDArray[np.object_] | None:
    """An object column of str or None; None when no row holds text."""
    if text is None or all(t is None for t in text):
        return None
    column = np.empty(len(text), dtype=object)
    column[:] = text
    return column


def canonical(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same numbers with one NaN: many bytes mean NaN, and state is compared by bytes (folds.md 3)."""
    missing = np.isnan(value)
    if missing.any():
        value = value.copy() if not value.flags.writeable else value
        value[missing] = np.nan
    return value


def texts(one: Batch) -> list[str | None]:
    """The text column as a list, None for every row when there is no column."""
    return [None] * len(one) if one.text is None else one.text.tolist()


def concatenate(batches: Sequence[Batch]) -> Batch:
    """One batch with the rows of all, in order; they come from one source."""
    if len(batches) == 1:
        return batches[0]
    text = None
    if any(b.text is not None for b in batches):
        text = np.concatenate([np.full(len(b), None, dtype=object) if b.text is None else b.text for b in batches])
    return Batch(
        batches[0].source,
        np.concatenate([b.tag for b in batches]),
        np.concatenate([b.time for b in batches]),
        np.concatenate([b.value for b in batches]),
        np.concatenate([b.status for b in batches]),
        text,
    )
