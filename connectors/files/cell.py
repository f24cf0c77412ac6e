"""Cells: what a column of text holds, numbers or text, and its cells as the columns of a batch."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EXACT = 1 << 53
"""Integers beyond this lose digits in float64; they keep them in the text column."""
MOSTLY = 0.95
"""A column is numbers when so many of its cells are; the rest are strays, each named with its line."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d+)?")
_INTEGER = re.compile(r"[+-]?\d+")
_VOID = frozenset({"", "nan", "null", "none", "n/a", "na", "#n/a"})


@dataclass(slots=True)
class Tally:
    """What the cells of one column looked like so far."""

    held: int = 0
    words: int = 0
    plain: int = 0
    comma: int = 0

    def add(self, cells: Sequence[str]) -> None:
        """Count more cells."""
        if _plain(cells) is not None:
            self.held += len(cells)
            self.words += len(cells)
            self.plain += len(cells)
            self.comma += 0 if any("." in cell for cell in cells) else len(cells)
            return
        stripped = [cell.strip() for cell in cells]
        held = [cell for cell in stripped if cell.lower() not in _VOID]
        self.held += len(held)
        self.words += sum(cell != "" for cell in stripped)
        self.plain += sum(_NUMBER.fullmatch(cell) is not None for cell in held)
        self.comma += sum(_COMMA.fullmatch(cell) is not None for cell in held)

    def style(self, comma_allowed: bool) -> Style | None:
        """How to read the column; None when no cell holds anything."""
        if self.words == 0:
            return None
        comma = comma_allowed and self.comma > self.plain
        numbers = self.comma if comma else self.plain
        if self.held == 0 or numbers < MOSTLY * self.held:
            return Style(number=False)
        return Style(number=True, comma=comma)


@dataclass(frozen=True, slots=True)
class Style:
    """number: a number tag, else a text tag. comma: decimals stand after a comma."""

    number: bool
    comma: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """Cells as columns. held: which rows are samples. strays: rows that a number column cannot read."""

    value: NDArray[np.float64]
    text: dict[int, str]
    held: NDArray[np.bool_]
    strays: list[int]


def read(cells: Sequence[str], style: Style) -> Read:
    """The cells of one column. An empty cell is no sample; an integer past 2**53 keeps its digits as text."""
    if not style.number:
        held = np.array([cell != "" for cell in cells], dtype=np.bool_)
        return Read(np.full(len(cells), np.nan), {row: cell for row, cell in enumerate(cells) if cell}, held, [])
    points = [cell.replace(",", ".") for cell in cells] if style.comma else cells
    plain = _plain(points)
    if plain is None:
        found = _one_by_one(points, cells, style)
    else:
        found = Read(plain, {}, np.ones(len(cells), dtype=np.bool_), [])
    large = np.flatnonzero(np.abs(found.value) >= EXACT).tolist()
    found.text.update((row, digits) for row in large if (digits := exact_digits(points[row])) is not None)
    return found


def exact_digits(cell: str) -> str | None:
    """The digits of an integer past 2**53, else None."""
    digits = cell.strip().removeprefix("+")
    return digits if _INTEGER.fullmatch(digits) and abs(int(digits)) > EXACT else None


def _one_by_one(points: Sequence[str], cells: Sequence[str], style: Style) -> Read:
    pattern = _COMMA if style.comma else _NUMBER
    value = np.full(len(cells), np.nan)
    strays: list[int] = []
    for row, cell in enumerate(cells):
        bare = cell.strip()
        if bare.lower() in _VOID:
            continue
        number = float(points[row]) if pattern.fullmatch(bare) and bare.isascii() else math.inf
        if math.isfinite(number):
            value[row] = number
        else:
            strays.append(row)
    return Read(value, {}, ~np.isnan(value), strays)


def _plain(cells: Sequence[str]) -> NDArray[np.float64] | None:
    """The numbers when all cells are plain finite ones: one pass of float() instead of one match each."""
    try:
        numbers = np.array(list(map(float, cells)))
    except ValueError:
        return None
    joined = "".join(cells)
    return numbers if joined.isascii() and "_" not in joined and bool(np.isfinite(numbers).all()) else None
