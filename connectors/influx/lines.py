"""Rows as line protocol (pure): columns in, bytes out.

A usual row (a number, no text, a name of usual length) is made of columns side by side, thousands at a time; the others
are written one by one. The beginning of a tag's lines is escaped once and kept.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from connectors.influx import digits
from connectors.influx.point import NUMBER, QUALITY, TEXT, prefix, quality, string, usual
from twin.core.rows import Samples
from twin.core.tags import TagTable

LONG = 256
"""Bytes of a line's beginning from which on it is no column: all rows would be as wide."""
AT_ONCE = 2000
"""Rows side by side: what they take stays in the cache and in memory that the process has already."""


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What is kept of each tag, by id. begin: of its lines, empty where it is long. usual: see `point.usual`."""

    begin: NDArray[np.bytes_]
    is_long: NDArray[np.bool_]
    usual: NDArray[np.int64]


class Lines:
    """Rows of the tags of one table, for one measurement."""

    def __init__(self, measurement: str, tags: TagTable) -> None:
        self._measurement = measurement
        self._tags = tags
        self._begin: list[bytes] = []
        self._known = _known([], [])

    def arranged(self, rows: Samples) -> tuple[Samples, int]:
        """The rows in the order in which `of` writes them; how many of them are usual, which come first."""
        plain = self._plain(rows)
        if plain.all():
            return rows, len(rows)
        return rows.take(np.argsort(~plain, kind="stable")), int(plain.sum())

    def of(self, rows: Samples) -> bytes:
        """One line for each row, usual rows first. No row twice: two rows of one tag and time would be one point."""
        rows, many = self.arranged(rows)
        known = self._known
        has_text = np.zeros(len(rows), np.bool_) if rows.text is None else rows.text != np.array(None)
        q = quality(rows.value, has_text, rows.status, known.usual[rows.tag])
        parts = [slice(begin, min(begin + AT_ONCE, many)) for begin in range(0, many, AT_ONCE)]
        blocks = [self._block(rows.take(part), q[part]) for part in parts]
        return b"".join([*blocks, *self._one_by_one(rows.take(slice(many, len(rows))), q[many:])])

    def _plain(self, rows: Samples) -> NDArray[np.bool_]:
        if len(rows) and int(rows.tag.max()) >= len(self._begin):
            self._learn()
        plain = np.isfinite(rows.value) & ~self._known.is_long[rows.tag]
        if rows.text is not None:
            plain &= rows.text == np.array(None)
        return plain

    def _learn(self) -> None:
        self._begin += [prefix(self._measurement, tag.name) for _, tag in self._tags.since(len(self._begin))]
        self._known = _known(self._begin, [usual(self._tags[id].type) for id in range(len(self._begin))])

    def _block(self, rows: Samples, q: NDArray[np.int64]) -> bytes:
        columns: list[digits.Column | bytes] = [self._known.begin[rows.tag], f"{NUMBER}=".encode()]
        columns += digits.decimal(rows.value)
        columns += [_quality_column(q)]
        if (rows.time < 0).any():
            columns.append((rows.time < 0).astype(np.uint8) * np.uint8(ord("-")))
        columns += digits.whole(np.abs(rows.time).view(np.uint64))
        return _side_by_side(len(rows), [*columns, b"\n"])

    def _one_by_one(self, rows: Samples, q: NDArray[np.int64]) -> list[bytes]:
        texts = [None] * len(rows) if rows.text is None else rows.text.tolist()
        columns = (rows.tag.tolist(), rows.value.tolist(), texts, q.tolist(), rows.time.tolist())
        return [
            self._begin[tag] + _fields(value, text, code) + b" %d\n" % time
            for tag, value, text, code, time in zip(*columns, strict=True)
        ]


def _known(begin: Sequence[bytes], usual: Sequence[int]) -> _Known:
    is_long = np.array([len(one) > LONG for one in begin], dtype=np.bool_)
    short = [b"" if long else one for one, long in zip(begin, is_long.tolist(), strict=True)]
    return _Known(np.array(short, dtype=np.bytes_), is_long, np.array(usual, dtype=np.int64))


def _fields(value: float, text: str | None, q: int) -> bytes:
    fields: list[bytes] = []
    if math.isfinite(value):
        fields.append(f"{NUMBER}={value!r}".encode())
    fields.append(f"{QUALITY}={q}i".encode())
    if text is None and math.isinf(value):
        text = str(value)
    if text is not None:
        fields.append(f"{TEXT}=".encode() + string(text))
    return b",".join(fields)


def _quality_column(q: NDArray[np.int64]) -> digits.Column:
    """Nearly all are 0."""
    column = np.full(len(q), f",{QUALITY}=0i ".encode(), dtype=f"S{len(QUALITY) + 24}" if q.any() else None)
    others = np.flatnonzero(q)
    if len(others):
        column[others] = [f",{QUALITY}={code}i ".encode() for code in q[others].tolist()]
    return column


def _side_by_side(rows: int, columns: Sequence[digits.Column | bytes]) -> bytes:
    """Bytes of each row, column after column, NUL left out; a constant stands in every row."""
    types = [np.dtype(f"S{len(one)}") if isinstance(one, bytes) else one.dtype for one in columns]
    table = np.empty(rows, dtype=np.dtype([(str(n), type) for n, type in enumerate(types)]))
    for n, column in enumerate(columns):
        table[str(n)] = column
    letters = table.view(np.uint8)
    return letters[letters != 0].tobytes()
