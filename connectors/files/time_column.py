"""Time column: which column of a table holds the time, in which form, and its cells as instants."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from connectors.files.zone import Zone
from twin.core.instant import from_text

_CLOCK = r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?"
_ISO = re.compile(rf"(\d{{4}}-\d\d-\d\d)(?:[Tt ]+({_CLOCK}))?\s*([Zz]|[+-]\d\d:?\d\d)?")
_DOTTED = re.compile(rf"(\d{{1,2}})\.(\d{{1,2}})\.(\d{{4}})(?:[Tt ,]+({_CLOCK}))?")
_TIME_OF_DAY = re.compile(_CLOCK)
_EPOCH_NUMBER = re.compile(r"\d{9,19}(?:\.\d+)?")

_EPOCH_UNITS = (("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1))
_FROM, _TO = 631_152_000, 4_102_444_800
"""1990 and 2100: a number outside, in every unit, is a measurement and no time."""


def epoch_factor(number: Decimal | float) -> int | None:
    """Ns per unit of an epoch number, by its magnitude; None when it is no time between 1990 and 2100."""
    return next((factor for _, factor in _EPOCH_UNITS if _FROM * 10**9 <= int(number * factor) < _TO * 10**9), None)


class TimeColumn:
    """One column, or a date column and the time of day right of it. naive: rows so far that named no zone."""

    def __init__(self, zone: Zone, factor: int | None = None) -> None:
        self._zone = zone
        self._factor = factor
        self.naive = 0

    def read(self, cells: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Instants (ns) and which cells held one."""
        if self._factor is not None:
            return self._epochs(cells)
        quick = _naive_iso(cells)
        if quick is not None:
            self.naive += len(cells)
            return self._zone.instants(quick), np.ones(len(cells), dtype=np.bool_)
        return self._one_by_one(cells)

    def _epochs(self, cells: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        found = [_epoch(cell.strip(), self._factor or 1) for cell in cells]
        right = np.array([instant is not None for instant in found], dtype=np.bool_)
        return np.array([instant or 0 for instant in found], dtype=np.int64), right

    def _one_by_one(self, cells: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        found = [_parsed(cell) for cell in cells]
        right = np.array([one is not None for one in found], dtype=np.bool_)
        naive = np.array([one is not None and one[1] for one in found], dtype=np.bool_)
        instants = np.array([0 if one is None else one[0] for one in found], dtype=np.int64)
        instants[naive] = self._zone.instants(instants[naive])
        self.naive += int(naive.sum())
        return instants, right


def is_time(cells: Sequence[str]) -> bool:
    """Whether most cells that are not empty are dates, or dates with time; a few broken ones do not hide a column."""
    held = [cell for cell in cells if cell.strip()]
    return 2 * sum(_parsed(cell) is not None for cell in held) > len(held)


def is_date(cells: Sequence[str]) -> bool:
    """Whether the times hold no time of day."""
    return is_time(cells) and not any(":" in cell for cell in cells)


def is_time_of_day(cells: Sequence[str]) -> bool:
    """Whether every cell is a time of day like 14:03:12."""
    return all(_TIME_OF_DAY.fullmatch(cell.strip()) for cell in cells if cell.strip())


def epoch_of(cells: Sequence[str]) -> int | None:
    """Ns per unit when every cell is a number of s, ms, us or ns since 1970 (1990 to 2100), else None."""
    held = [cell.strip() for cell in cells if cell.strip()]
    if not held or not all(_EPOCH_NUMBER.fullmatch(cell) for cell in held):
        return None
    factors = {epoch_factor(Decimal(cell)) for cell in held}
    return factors.pop() if len(factors) == 1 else None


def _epoch(cell: str, factor: int) -> int | None:
    if not re.fullmatch(r"-?\d{1,19}(\.\d+)?", cell):
        return None
    instant = int(Decimal(cell) * factor)
    return instant if abs(instant) < 2**62 else None


def _parsed(cell: str) -> tuple[int, bool] | None:
    """(ns, no zone) of one cell; without a zone the ns are those of the wall clock."""
    text = _as_iso(cell.strip())
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    day, clock, zone = match.groups()
    if clock is not None and clock[1] == ":":
        clock = "0" + clock
    try:
        instant = from_text(f"{day}T{clock or '00:00'}{zone or ''}", naive_offset_s=0)
    except ValueError:
        return None
    return (instant, zone is None) if abs(instant) < 2**62 else None


def _as_iso(text: str) -> str:
    match = _DOTTED.fullmatch(text)
    if match is None:
        return text
    day, month, year, clock = match.groups()
    return f"{year}-{month:0>2}-{day:0>2}" + (f" {clock}" if clock else "")


def _naive_iso(cells: Sequence[str]) -> NDArray[np.int64] | None:
    """All cells at once when they are plain `2020-03-09 10:14:33` without a zone: twenty times as quick."""
    joined = "".join(cells)
    plain = len(cells[0]) >= len("2020-03-09 10:14") and joined.count("-") == 2 * len(cells)
    if not plain or not joined.isascii() or re.search(r"[^-0-9T:. ]", joined) or len(set(map(len, cells))) > 1:
        return None
    if not (min(cells)[:4] >= "1900" and max(cells)[:4] < "2200"):  # outside int64 ns numpy wraps in silence
        return None
    try:
        return np.array(cells, dtype="datetime64[ns]").astype(np.int64)
    except ValueError:
        return None
