"""A wide CSV: one column holds the time, every other column is a tag."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from connectors.files.cell import Read, Style, Tally, read
from connectors.files.csv_text import Dialect, Row, rows
from connectors.files.layout import tag_names
from connectors.files.task import CHUNK, Task
from connectors.files.time_column import TimeColumn, epoch_of, is_date, is_time, is_time_of_day
from twin.core.batch import Batch, batch
from twin.core.errors import Misconfigured
from twin.core.tags import TagType

_LOOKED_AT = 1000
"""Rows that decide which column holds the time."""


class WideCsv:
    """Read twice: once to learn what each column holds, once for the samples."""

    def __init__(self, task: Task, dialect: Dialect, header: Sequence[str]) -> None:
        self._task = task
        self._dialect = dialect
        self._header = header
        first = [row.cells for row in islice(self._rows(quiet=True), _LOOKED_AT)]
        if not first:
            raise Misconfigured(f"{task.path}: a header and no rows")
        columns = list(zip(*first, strict=True))
        self._at, self._beside, factor = _time_column(task, header, columns)
        self._time = TimeColumn(task.zone, factor)
        self._tags = self._learn()

    def batches(self) -> Iterator[Batch]:
        """All samples, chunk by chunk."""
        for chunk in _chunks(self._rows(quiet=False), self._at):
            found = self._task.finished(self._batch(chunk), len(chunk))
            if found is not None:
                yield found
        self._task.closing_notices(self._time.naive)

    def _rows(self, quiet: bool) -> Iterator[Row]:
        refuse = _ignored if quiet else self._task.refuse
        return rows(self._task.path, self._dialect, len(self._header), refuse)

    def _learn(self) -> dict[int, tuple[int, Style]]:
        """Column -> (tag, how to read it), for every column but the time that holds anything."""
        names, notices = tag_names(self._header, self._task.prefix)
        times = {self._at} if self._beside is None else {self._at, self._beside}
        tallies = {at: Tally() for at in range(len(self._header)) if at not in times}
        reading = self._rows(quiet=True)
        while chunk := list(islice(reading, CHUNK)):
            self._task.rows += len(chunk)
            columns = list(zip(*(row.cells for row in chunk), strict=True))
            for at, tally in tallies.items():
                tally.add(columns[at])
        for at in sorted(tallies.keys() & notices.keys()):
            self._task.notice(notices[at])
        comma = self._dialect.delimiter != ","
        styles = {at: style for at, one in tallies.items() if (style := one.style(comma))}
        return {at: (self._tag(names[at], style), style) for at, style in styles.items()}

    def _tag(self, name: str, style: Style) -> int:
        return self._task.tags.id_of(name, TagType.NUMBER if style.number else TagType.TEXT)

    def _batch(self, chunk: Sequence[Row]) -> Batch | None:
        columns = list(zip(*(row.cells for row in chunk), strict=True))
        stamps = columns[self._at]
        if self._beside is not None:
            stamps = [f"{day} {clock}" for day, clock in zip(stamps, columns[self._beside], strict=True)]
        time, right = self._time.read(stamps)
        for row in np.flatnonzero(~right).tolist():
            self._task.refuse("no time", chunk[row].line, self._dialect.delimiter.join(chunk[row].cells))
        parts: list[tuple[int, Read]] = []
        for at, (tag, style) in self._tags.items():
            found = read(columns[at], style)
            for row in found.strays:
                self._task.refuse(f"not a number in {self._header[at]!r}", chunk[row].line, columns[at][row])
            parts.append((tag, found))
        return _joined(self._task.source, time, right, parts)


def _joined(source: str, time: np.ndarray, right: np.ndarray, parts: Sequence[tuple[int, Read]]) -> Batch | None:
    """The columns under each other, without rows that hold nothing."""
    picked = [(tag, found, np.flatnonzero(found.held & right)) for tag, found in parts]
    picked = [one for one in picked if len(one[2])]
    if not picked:
        return None
    text = None
    if any(found.text for _, found, _ in picked):
        text = [found.text.get(row) for _, found, held in picked for row in held.tolist()]
    return batch(
        source,
        np.concatenate([np.full(len(held), tag, dtype=np.int32) for tag, _, held in picked]),
        np.concatenate([time[held] for _, _, held in picked]),
        np.concatenate([found.value[held] for _, found, held in picked]),
        text=text,
    )


def _time_column(
    task: Task, header: Sequence[str], columns: Sequence[Sequence[str]]
) -> tuple[int, int | None, int | None]:
    """(column, column with the time of day, ns per unit of an epoch number). Raises Misconfigured without a time."""
    for at, cells in enumerate(columns):
        if is_time(cells):
            beside = at + 1 if is_date(cells) and at + 1 < len(columns) and is_time_of_day(columns[at + 1]) else None
            return at, beside, None
        if (factor := epoch_of(cells)) is not None:
            return at, None, factor
    shown = ", ".join(repr(column) for column in header[:6])
    raise Misconfigured(
        f"{task.path}: no column holds times (columns: {shown}); write times like 2020-03-09 10:14:33 or ms since 1970"
    )


def _chunks(reading: Iterator[Row], at: int) -> Iterator[list[Row]]:
    """Rows in portions; rows of one instant stay together, so that they can be told apart."""
    chunk = list(islice(reading, CHUNK))
    while chunk:
        begun: list[Row] = []
        for row in islice(reading, CHUNK):
            if row.cells[at] != chunk[-1].cells[at]:
                begun = [row]
                break
            chunk.append(row)
        yield chunk
        chunk = begun + list(islice(reading, CHUNK - 1))


def _ignored(_cause: str, _line: int, _row: str) -> None:
    return
