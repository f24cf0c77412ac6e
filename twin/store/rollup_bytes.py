"""Rollups as bytes: columns of integers that are small where the rows are of the usual kind, byte by byte, deflated.

Times are offsets in the unit that fits all. Values with few decimals are whole numbers of their last decimal, and so
are then their sums, exactly. Of other values the bits are kept, and sums to 40 bits beside what counts, ends and
times lead to expect. Each record is packed in the first form that gives it back: times, counts and values exactly,
sums to 1e-12 of the greatest value.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.errors import Corrupt
from twin.core.instant import SECOND
from twin.core.rollup import ROLLUP, STEPS, Rollups, counted, no_rollups

Columns = NDArray[np.int64]
"""By column, then record."""

_UNITS = (1_000_000, 1000, 1)
_DECIMALS = 5
"""Forms 0 to 4 are so many decimals; after them comes that of other numbers, and last that of all bits."""
_OTHER, _BITS = _DECIMALS, _DECIMALS + 1
_PLAIN = ("good", "uncertain", "bad", "odd", "first_status", "last_status")
_VALUES = ("first_value", "last_value", "least", "greatest")
_SUMS = ("total", "m2", "area", "sloped")
_PACKED = len(_VALUES) + len(_SUMS)
_EXACT = len(_PLAIN) + 10
_LARGE = 2.0**62
_QUANTUM = 2.0**-41
_NEAR = 2.0**-41
"""How near the greatest value a sum must come back, by sample or second."""


def to_blocks(rollups: Rollups, cuts: Sequence[int]) -> list[bytes]:
    """Records by (tag, hour), those between two cuts as a block; the first cut is 0, the last their number."""
    with np.errstate(all="ignore"):  # what does not fit into one form is packed in the next
        one, times = _times(rollups)
        unit = np.full(len(rollups), one)
        form, sums = np.full(len(rollups), _BITS), _bits(rollups)
        for number in (_OTHER, *reversed(range(_DECIMALS))):
            found = _pack(number, rollups, unit)
            fits = _is_same(rollups, _unpack(number, found, rollups, unit))
            form[fits] = number
            sums[:, fits] = found[:, fits]
    plain = np.stack([rollups[name].astype(np.int64) for name in _PLAIN])
    keys = np.stack([rollups["tag"].astype(np.int64), rollups["hour"] // STEPS, form])
    matrix = np.concatenate([keys, plain, times, sums])
    return [_deflated(matrix[:, start:end].copy(), one) for start, end in pairwise(cuts)]


def _deflated(matrix: Columns, unit: int) -> bytes:
    matrix[:2, 1:] = np.diff(matrix[:2], axis=1)
    by_byte = matrix.astype("<i8").view(np.uint8).reshape(*matrix.shape, 8).transpose(0, 2, 1)
    head = np.array([matrix.shape[1], unit], "<i8").tobytes()
    return zlib.compress(head + by_byte.tobytes(), 6)


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """Records that are not spelled out yet, so that those of many blocks are in one go. unit: of each, ns."""

    tag: NDArray[np.int32]
    matrix: Columns
    unit: NDArray[np.int64]

    def of(self, tags: NDArray[np.int32]) -> Packed:
        """Those of some tags (sorted)."""
        at = np.searchsorted(tags, self.tag)
        mine = np.flatnonzero(tags[np.minimum(at, len(tags) - 1)] == self.tag)
        return Packed(self.tag[mine], self.matrix[:, mine], self.unit[mine])


def packed(body: bytes) -> Packed:
    """The records of one block. Raises Corrupt."""
    try:
        raw = zlib.decompress(body)
        length, unit = np.frombuffer(raw, "<i8", 2).tolist()
        by_byte = np.frombuffer(raw, np.uint8, offset=16).reshape(_EXACT + _PACKED, 8, length)
    except (zlib.error, ValueError) as error:
        raise Corrupt(f"a block of rollups: {error}") from error
    matrix = by_byte.transpose(0, 2, 1).copy().view("<i8")[:, :, 0]
    np.cumsum(matrix[:2], axis=1, out=matrix[:2])
    return Packed(matrix[0].astype(np.int32), matrix, np.full(length, unit))


def unpacked(parts: Sequence[Packed]) -> Rollups:
    """The records of some blocks, one after the other."""
    if not parts:
        return no_rollups()
    matrix, unit = np.concatenate([part.matrix for part in parts], axis=1), np.concatenate([p.unit for p in parts])
    found = np.zeros(matrix.shape[1], ROLLUP)
    found["tag"], found["hour"] = matrix[0], matrix[1] * STEPS
    for name, column in zip(_PLAIN, matrix[3 : 3 + len(_PLAIN)], strict=True):
        found[name] = column
    _put_times(found, matrix[3 + len(_PLAIN) : _EXACT], unit)
    form, columns = matrix[2], matrix[_EXACT:]
    with np.errstate(all="ignore"):
        for number in np.unique(form).tolist():
            mine = np.flatnonzero(form == number)
            given = _unpack(number, columns[:, mine], found[mine], unit[mine])
            for name, column in zip((*_VALUES, *_SUMS), given, strict=True):
                found[name][mine] = column
    return found


def _times(r: Rollups) -> tuple[int, Columns]:
    """(unit in ns, offsets in it)."""
    used = counted(r) > 0
    first, last = r["first"], r["last"]
    offsets = np.stack(
        [
            first - r["hour"],
            last - first,
            np.where(used, r["first_used"] - first, 0),
            np.where(used, last - r["last_used"], 0),
            np.where(used, r["least_at"] - first, 0),
            np.where(used, r["greatest_at"] - first, 0),
            last - first - r["held"],
        ]
    )
    unit = next(unit for unit in _UNITS if not (offsets % unit).any())
    return unit, offsets // unit


def _put_times(found: Rollups, offsets: Columns, unit: NDArray[np.int64]) -> None:
    used = counted(found) > 0
    into, length, head, tail, least, greatest, empty = offsets * unit
    first = found["hour"] + into
    last = first + length
    found["first"], found["last"], found["held"] = first, last, length - empty
    for name, at in (
        ("first_used", first + head),
        ("last_used", last - tail),
        ("least_at", first + least),
        ("greatest_at", first + greatest),
    ):
        found[name] = np.where(used, at, 0)


def _bits(r: Rollups) -> Columns:
    return np.stack([_as_bits(r[name]) for name in (*_VALUES, *_SUMS)])


def _as_bits(column: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.ascontiguousarray(column).view(np.int64)


def _as_value(column: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.ascontiguousarray(column).view(np.float64)


def _pack(form: int, r: Rollups, unit: NDArray[np.int64]) -> Columns:
    if form == _OTHER:
        return _pack_other(r)
    scale = 10.0**form
    n, held = counted(r), r["held"] // unit
    first, last, least, greatest = (_whole(r[name] * scale) for name in _VALUES)
    total = _whole(r["total"] * scale)
    area, line = _expected(n, held, total, first, last)
    per = scale * (SECOND / unit)
    return np.stack(
        [
            first,
            _zigzag(last - first),
            np.minimum(first, last) - least,
            greatest - np.maximum(first, last),
            total - n * least,
            _whole(r["m2"] * n * (scale * scale)),
            _zigzag(_whole(r["area"] * per) - area),
            _zigzag(_whole(r["sloped"] * (2 * per)) - line),
        ]
    )


def _unpack(form: int, c: Columns, r: Rollups, unit: NDArray[np.int64]) -> list[NDArray[np.float64]]:
    """The values and the sums; r: the records, of which all else is there."""
    if form == _BITS:
        return [_as_value(column) for column in c]
    if form == _OTHER:
        return _unpack_other(c, r)
    scale = 10.0**form
    n, held = counted(r), r["held"] // unit
    first = c[0]
    last = first + _unzigzag(c[1])
    least, greatest = np.minimum(first, last) - c[2], np.maximum(first, last) + c[3]
    total = c[4] + n * least
    area, line = _expected(n, held, total, first, last)
    per = scale * (SECOND / unit)
    none = np.where(n > 0, 0.0, np.nan)
    return [
        *(whole / scale + none for whole in (first, last, least, greatest)),
        total / scale,
        c[5] / np.maximum(n, 1) / (scale * scale),
        (_unzigzag(c[6]) + area) / per,
        (_unzigzag(c[7]) + line) / (2 * per),
    ]


def _expected(
    n: NDArray[np.int64],
    held: NDArray[np.int64],
    total: NDArray[np.int64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The area of rows that come evenly, and twice that under their lines."""
    parts = np.maximum(n - 1, 1)
    return _whole((total - last) / parts * held), _whole((2 * total - first - last) / parts * held)


def _pack_other(r: Rollups) -> Columns:
    first, last, least, greatest = (_as_bits(r[name]) for name in _VALUES)
    quantum, area, line = _expected_other(r)
    return np.stack(
        [
            first,
            last ^ first,
            least ^ first,
            greatest ^ first,
            _as_bits(r["total"]),
            (_as_bits(r["m2"]) + (1 << 11)) >> 12,
            _zigzag(_whole((r["area"] - area) / quantum)),
            _zigzag(_whole((r["sloped"] - line) / quantum)),
        ]
    )


def _unpack_other(c: Columns, r: Rollups) -> list[NDArray[np.float64]]:
    found = r.copy()
    for name, column in zip(_VALUES, (c[0], c[1] ^ c[0], c[2] ^ c[0], c[3] ^ c[0]), strict=True):
        found[name] = _as_value(column)
    found["total"] = _as_value(c[4])
    quantum, area, line = _expected_other(found)
    m2 = _as_value(c[5] << 12)
    sums = (found["total"], m2, _unzigzag(c[6]) * quantum + area, _unzigzag(c[7]) * quantum + line)
    return [*(found[name] for name in _VALUES), *sums]


def _expected_other(r: Rollups) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(what an area is kept to, the area of rows that come evenly, that under their lines)."""
    n, held = counted(r), r["held"] / SECOND
    first, last = np.nan_to_num(r["first_value"]), np.nan_to_num(r["last_value"])
    parts = np.maximum(n - 1, 1)
    quantum = _greatest(r) * held * _QUANTUM
    area, line = (r["total"] - last) / parts * held, (r["total"] - (first + last) / 2) / parts * held
    return np.where(quantum > 0, quantum, 1.0), area, line


def _greatest(r: Rollups) -> NDArray[np.float64]:
    return np.nan_to_num(np.maximum(np.abs(r["least"]), np.abs(r["greatest"])))


def _is_same(r: Rollups, found: list[NDArray[np.float64]]) -> NDArray[np.bool_]:
    same = np.ones(len(r), np.bool_)
    for name, column in zip(_VALUES, found, strict=False):
        same &= (_as_bits(column) == _as_bits(r[name])) | (np.isnan(column) & np.isnan(r[name]))
    n, most, held = counted(r), _greatest(r), r["held"] / SECOND
    near = (n * most, r["m2"] + n * (most * 2.0**-50) ** 2, held * most, held * most)
    for name, column, bound in zip(_SUMS, found[len(_VALUES) :], near, strict=True):
        same &= (np.abs(column - r[name]) <= bound * _NEAR) & np.isfinite(column)
    return same


def _whole(column: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """The nearest integers; 0 where there is none that fits."""
    fits = np.abs(column) < _LARGE
    return np.rint(np.where(fits, column, 0)).astype(np.int64)


_zigzag: Callable[[Columns], Columns] = lambda x: (x << 1) ^ (x >> 63)  # noqa: E731
_unzigzag: Callable[[Columns], Columns] = lambda x: ((x >> 1) & (2**63 - 1)) ^ -(x & 1)  # noqa: E731
