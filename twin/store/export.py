"""Tables as files: samples in long form, one row per (tag, time), or what was made of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import IO, TextIO

import numpy as np

from twin.core.errors import Misconfigured, StoreFailed
from twin.core.instant import FAR_FUTURE
from twin.core.rows import Samples, no_samples
from twin.core.stretches import stretches
from twin.model.globs import takes
from twin.model.plant import Plant
from twin.store.reader import LogReader
from twin.store.table import Table, arrow_stream, csv_head, csv_text, json_lines, length, parquet_file

COLUMNS = ("time", "tag", "value", "status", "text")


def chosen(reader: LogReader, match: str, plant: Plant | None = None) -> dict[str, int]:
    """The tags that a glob matches, with their ids. plant: its own path before theirs may be left out.

    Raises Misconfigured where there are none.
    """
    matches = takes((match,), "" if plant is None else plant.path)
    found = {name: number for number, name in enumerate(reader.tags().names()) if matches(name)}
    if not found:
        raise Misconfigured(f"--tag {match}: no tag of this data folder matches; twin export --tag '*' takes all")
    return found


def write(head: Table, tables: Iterable[Table], form: str, output: Path | None, safe: bool = False) -> int:
    """Write tables of the same columns; returns how many rows. head: a table of them. output None: standard output.

    safe: of CSV, nothing in it is a formula. What fails leaves no file. Raises Misconfigured for a place that is none.
    """
    counted = _Counted(tables)
    if output is None:
        _write(head, counted, form, sys.stdout, sys.stdout.buffer, safe)
        return counted.rows
    try:
        output.open("ab").close()
    except OSError as error:
        raise Misconfigured(f"-o {output}: {error.strerror or error}; choose another place") from error
    try:
        if form == "parquet":
            _write_parquet(head, counted, output)
        else:
            with output.open("wb") as binary:
                _write(head, counted, form, None, binary, safe)
    except BaseException as error:
        if output.is_file():  # half a file is no file; /dev/null stays
            output.unlink()
        if isinstance(error, OSError):
            raise StoreFailed(f"-o {output}: {error.strerror or error}; is there room on the disk?") from error
        raise
    return counted.rows


def _write(head: Table, tables: Iterable[Table], form: str, text: TextIO | None, binary: IO[bytes], safe: bool) -> None:
    if form == "arrow":
        for piece in arrow_stream(head, tables):
            binary.write(piece)
        return

    def put(some: str) -> None:
        if text is None:
            binary.write(some.encode())
        else:
            text.write(some)

    if form == "csv":
        put(csv_head(head))
    for table in tables:
        put(csv_text(table, safe) if form == "csv" else json_lines(table))


def _write_parquet(head: Table, tables: Iterable[Table], output: Path) -> None:
    with parquet_file(output) as made:
        for table in tables:
            made.add(table)
        made.finish(head)


class _Counted:
    """Tables, and how many rows went by."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self._tables = tables
        self.rows = 0

    def __iter__(self) -> Iterator[Table]:
        for table in self._tables:
            self.rows += length(table)
            yield table


# --- samples as the wire gave them ------------------------------------------------------------------------------


def sample_table(rows: Samples, names: np.ndarray) -> Table:
    """Rows as a table. names: of the tags, by id."""
    return {
        "time": rows.time.view("datetime64[ns]"),
        "tag": names[rows.tag],
        "value": rows.value,
        "status": rows.status,
        "text": np.full(len(rows), None, dtype=object) if rows.text is None else rows.text,
    }


def write_csv(reader: LogReader, file: TextIO, start: int, end: int, match: str) -> int:
    """Write rows by time, then tag, with the wire's numbers; returns how many."""
    counted = _Counted(_stretches(reader, start, end, match))
    _write(sample_table(no_samples(), np.empty(0, object)), counted, "csv", file, nullcontext(), False)  # pyright: ignore[reportArgumentType]
    return counted.rows


def write_parquet(reader: LogReader, path: Path, start: int, end: int, match: str) -> int:
    """The same rows as Parquet: tag as text, time as TIMESTAMP in ns, value NULL where there is none."""
    head = sample_table(no_samples(), np.empty(0, object))
    return write(head, _stretches(reader, start, end, match), "parquet", path)


def _stretches(reader: LogReader, start: int, end: int, match: str) -> Iterator[Table]:
    tags = np.array(list(chosen(reader, match).values()), dtype=np.int32)
    names = np.array(reader.tags().names(), dtype=object)
    ends = reader.ends()
    if ends is None:
        return
    for rows in stretches(reader, tags, max(start, ends[0]), min(end, ends[1] + 1), FAR_FUTURE):
        yield sample_table(rows, names)
