"""A long CSV: time, tag, value and maybe status and text, as `twin export` writes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from connectors.files.cell import Style, read
from connectors.files.csv_text import Dialect, Row, rows
from connectors.files.layout import status_of
from connectors.files.task import CHUNK, Task
from connectors.files.time_column import TimeColumn, epoch_of
from twin.core.batch import Batch, batch
from twin.core.status import BAD
from twin.core.tags import TagType


class LongCsv:
    """Read twice: once to learn which tags are text, once for the samples."""

    def __init__(self, task: Task, dialect: Dialect, header: Sequence[str]) -> None:
        self._task = task
        self._dialect = dialect
        self._header = list(header)
        first = [row.cells[self._header.index("time")] for row in islice(self._rows(quiet=True), 1000)]
        self._time = TimeColumn(task.zone, epoch_of(first))
        self._codes: dict[str, int | None] = {}
        self._tags = self._learn()

    def batches(self) -> Iterator[Batch]:
        """All samples, chunk by chunk."""
        reading = self._rows(quiet=False)
        while chunk := list(islice(reading, CHUNK)):
            found = self._task.finished(self._batch(chunk), len(chunk))
            if found is not None:
                yield found
        self._task.closing_notices(self._time.naive)

    def _rows(self, quiet: bool) -> Iterator[Row]:
        refuse = (lambda _cause, _line, _row: None) if quiet else self._task.refuse
        return rows(self._task.path, self._dialect, len(self._header), refuse)

    def _learn(self) -> dict[str, int]:
        """Tag -> id. A tag with a number in any row is a number tag, one with text only a text tag."""
        seen: dict[str, TagType | None] = {}
        tag, value, text = self._place("tag"), self._place("value"), self._place("text")
        for row in self._rows(quiet=True):
            self._task.rows += 1
            name = row.cells[tag]
            if row.cells[value]:
                seen[name] = TagType.NUMBER
            elif text is not None and row.cells[text] and seen.get(name) is None:
                seen[name] = TagType.TEXT
            else:
                seen.setdefault(name, None)
        seen.pop("", None)
        return {
            name: self._task.tags.id_of(name, self._task.type_of(name, type or TagType.NUMBER))
            for name, type in seen.items()
        }

    def _place(self, column: str) -> Any:
        return self._header.index(column) if column in self._header else None

    def _batch(self, chunk: Sequence[Row]) -> Batch | None:
        cells = dict(zip(self._header, zip(*(row.cells for row in chunk), strict=True), strict=True))
        empty = ("",) * len(chunk)
        time, right = self._time.read(cells["time"])
        value = read(cells["value"], Style(number=True))
        status = [self._status(cell) for cell in cells.get("status", empty)]
        tag = np.array([self._tags.get(name, -1) for name in cells["tag"]], dtype=np.int32)
        text = self._texts(tag, cells.get("text", empty), value.text, status)
        strange = dict.fromkeys(np.flatnonzero(value.held & self._is_text(tag)).tolist(), "number in a text tag")
        strange |= dict.fromkeys(np.flatnonzero(tag < 0).tolist(), "no tag")
        strange |= {row: "not a status" for row, code in enumerate(status) if code is None}
        strange |= dict.fromkeys(value.strays, "not a number in 'value'")
        strange |= dict.fromkeys(np.flatnonzero(~right).tolist(), "no time")
        for row, cause in sorted(strange.items()):
            self._task.refuse(cause, chunk[row].line, self._dialect.delimiter.join(chunk[row].cells))
        if len(strange) == len(chunk):
            return None
        codes = [code or 0 for code in status]
        whole = batch(self._task.source, tag, time, value.value, codes, text)
        kept = np.ones(len(chunk), dtype=np.bool_)
        kept[list(strange)] = False
        return whole.take(kept) if strange else whole

    def _status(self, cell: str) -> int | None:
        if cell not in self._codes:
            self._codes[cell] = status_of(cell)
        return self._codes[cell]

    def _is_text(self, tag: NDArray[np.int32]) -> NDArray[np.bool_]:
        text = [id for id in self._tags.values() if self._task.tags[id].type is not TagType.NUMBER]
        return np.isin(tag, text)

    def _texts(
        self, tag: NDArray[np.int32], cells: Sequence[str], digits: Mapping[int, str], status: Sequence[int | None]
    ) -> list[str | None]:
        """Text of a text tag, empty text too unless its status is Bad; digits of a number tag where there are any."""
        is_text = self._is_text(tag).tolist()
        empty = [None if (code or 0) & BAD else "" for code in status]
        return [cell or (empty[row] if is_text[row] else digits.get(row)) for row, cell in enumerate(cells)]
