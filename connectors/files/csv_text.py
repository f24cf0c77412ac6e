"""CSV as text: encoding, delimiter, header and rows, with the line each row began on."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from twin.core.errors import Misconfigured

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_LINES = 50
_MEGABYTE = 1 << 20

Refuse = Callable[[str, int, str], None]
"""Told of a row that is left out: cause, line, the row's text."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the bytes of a file become rows. skip: lines before the header (`sep=;`)."""

    encoding: str
    delimiter: str
    skip: int


class Row(NamedTuple):
    """One row, as many cells as the header has. line: where it ends, counted from 1."""

    line: int
    cells: list[str]


def dialect_of(path: Path) -> Dialect:
    """Encoding and delimiter. Raises Misconfigured when the file cannot be read or has one column only."""
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as text:
        lines = [line for _, line in zip(range(_SAMPLE_LINES), text, strict=False)]
    if lines and lines[0].lower().startswith("sep=") and len(lines[0].strip()) == 5:
        return Dialect(encoding, lines[0].strip()[4], 1)
    return Dialect(encoding, _delimiter(path, lines), 0)


def header_of(path: Path, dialect: Dialect) -> list[str]:
    """The first row, as it is."""
    with path.open(encoding=dialect.encoding, newline="") as text:
        for _ in range(dialect.skip):
            next(text)
        return next(csv.reader(text, delimiter=dialect.delimiter), [])


def rows(path: Path, dialect: Dialect, columns: int, refuse: Refuse) -> Iterator[Row]:
    """The rows below the header. Short ones are filled with empty cells, blank ones skipped, long ones refused."""
    with path.open(encoding=dialect.encoding, newline="") as text:
        for _ in range(dialect.skip):
            next(text)
        reader = csv.reader(text, delimiter=dialect.delimiter)
        next(reader, None)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                refuse(f"not CSV: {error}", reader.line_num + dialect.skip, "")
                continue
            line = reader.line_num + dialect.skip
            if len(cells) == columns:
                yield Row(line, cells)
            elif len(cells) > columns and any(cells[columns:]):
                refuse("more cells than columns", line, dialect.delimiter.join(cells))
            elif any(cells):
                yield Row(line, (cells + [""] * columns)[:columns])


def _encoding(path: Path) -> str:
    try:
        with path.open("rb") as file:
            start = file.read(2)
        if start in {b"\xff\xfe", b"\xfe\xff"}:
            return "utf-16"
        with path.open(encoding="utf-8-sig") as text:
            while text.read(_MEGABYTE):
                pass
    except UnicodeDecodeError:
        return "latin-1"
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror or error}") from None
    return "utf-8-sig"


def _delimiter(path: Path, lines: list[str]) -> str:
    """The one that gives every line the same number of cells, and the most of them."""
    if not any(line.strip() for line in lines):
        raise Misconfigured(f"{path}: the file is empty")
    scored = [(_score(lines, delimiter), delimiter) for delimiter in DELIMITERS]
    (_, most), best = max(scored, key=lambda one: one[0])
    if most < 2:
        raise Misconfigured(f"{path}: only one column; separate time and values by , or ; or tab or |")
    return best


def _score(lines: list[str], delimiter: str) -> tuple[bool, int]:
    try:
        counts = [len(cells) for cells in csv.reader(lines, delimiter=delimiter) if cells]
    except csv.Error:
        return False, 0
    return len(set(counts)) == 1 and counts[0] > 1, min(counts)
