"""An outlet of one's own: appends every sample to a CSV file, durably, and once.

tests/unit/testing/test_check_outlet.py shows that it keeps the contract of outlets, and what is said of one that does
not.
"""

from __future__ import annotations

import asyncio
import csv
import io
import math
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

from twin import Misconfigured, Refusal, TagTable, Unreachable
from twin.core.history import Slice
from twin.core.plugin import OutletPlugin, OutletSpec

HEAD = "recorded,tag,time,value,status,text\r\n"
"""No value: an empty cell. A text stands behind a `=`, so that an empty one is not none."""
Row = tuple[int, int, int, float, int, str | None]
"""recorded, tag, time, value, status, text."""
Key = tuple[int, str, int]
"""recorded, name of the tag, time."""


class CsvOutlet:
    """One file. What stands in it tells what is not to be written again."""

    def __init__(self, name: str, path: Path, tags: TagTable) -> None:
        self.name = name
        self._path = path
        self._tags = tags

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[CsvSender]:
        """Find the place in the file; leaving waits for what is being written."""
        if self._path.suffix != ".csv":
            raise Misconfigured(f"outlet {self.name}: {self._path} does not end in .csv; change `path`")
        sender = CsvSender(self.name, self._path, self._tags)
        try:
            await sender.find_place()
            yield sender
        finally:
            await sender.settle()


class CsvSender:
    """The file while it is open."""

    def __init__(self, name: str, path: Path, tags: TagTable) -> None:
        self._name = name
        self._path = path
        self._tags = tags
        self._last = 0
        """`recorded` of the newest entry in the file."""
        self._work: asyncio.Future[None] | None = None

    async def send(self, piece: Slice) -> Sequence[Refusal]:
        """Write what is not there yet; a row that a line cannot hold is refused."""
        s = piece.samples
        texts = [None] * len(s) if s.text is None else s.text.tolist()
        columns = (s.recorded, s.tag, s.time, s.value, s.status)
        fits = [text is None or ("\n" not in text and "\r" not in text) for text in texts]
        rows = list(zip(*[column.tolist() for column in columns], texts, strict=True))
        fresh = await asyncio.to_thread(self._not_there, [row for row, fit in zip(rows, fits, strict=True) if fit])
        if fresh:
            lines = [_line(recorded, self._tags[tag].name, *rest) for recorded, tag, *rest in fresh]
            await self._whole(lambda: self._append("".join(lines)))
            self._last = max(fresh[-1][0], self._last)
        cause = "a line break within a text; this file has a line for each row"
        return [Refusal(*row[:3], cause) for row, fit in zip(rows, fits, strict=True) if not fit]

    def _not_there(self, rows: list[Row]) -> list[Row]:
        """All but those that were written before a crash. One that was refused then comes again out of its turn."""
        known = self._keys() if rows and rows[0][0] <= self._last else set[Key]()
        return [row for row in rows if (row[0], self._tags[row[1]].name, row[2]) not in known]

    def _keys(self) -> set[Key]:
        """Of all rows in the file. It is read again for what comes again, which is seldom."""
        try:
            with self._path.open(newline="", encoding="utf-8") as file:
                return {(int(row[0]), row[1], int(row[2])) for row in islice(csv.reader(file), 1, None)}
        except OSError as error:
            raise Unreachable(f"outlet {self._name}: {self._path}: {error.strerror}") from error

    async def settle(self) -> None:
        """Nothing is being written any more."""
        if self._work is not None:
            await asyncio.wait([self._work])

    async def find_place(self) -> None:
        """Cut off a line that a crash left torn, and learn where the file stands."""
        await self._whole(self._find_place)

    async def _whole(self, work: Callable[[], None]) -> None:
        """Cancelled or not, what is being written is written whole; `settle` waits for it."""
        self._work = asyncio.ensure_future(asyncio.to_thread(work))
        await asyncio.shield(self._work)

    def _find_place(self) -> None:
        try:
            with self._path.open("a+b") as file:
                file.seek(0)
                whole = file.read()
                end = whole.rfind(b"\n") + 1
                file.truncate(end)
                if end == 0:
                    file.write(HEAD.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise Unreachable(f"outlet {self._name}: {self._path}: {error.strerror}") from error
        stamps = [int(line.partition(b",")[0]) for line in whole[:end].split(b"\r\n")[1:-1]]
        if stamps:
            self._last = max(stamps)

    def _append(self, text: str) -> None:
        try:
            with self._path.open("r+b") as file:
                file.seek(0, os.SEEK_END)
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise Unreachable(f"outlet {self._name}: {self._path}: {error.strerror}") from error


def _line(recorded: int, tag: str, time: int, value: float, status: int, text: str | None) -> str:
    number, told = "" if math.isnan(value) else repr(value), "" if text is None else f"={text}"
    line = io.StringIO()
    csv.writer(line).writerow([recorded, tag, time, number, status, told])
    return line.getvalue()


def _build(spec: OutletSpec, tags: TagTable) -> CsvOutlet:
    return CsvOutlet(spec.id, Path(spec.url.removeprefix("file:")), tags)


PLUGIN = OutletPlugin(protocol="csv", schemes=("file", ""), keys=(), build=_build)
"""What the entry point `linetwin.outlets` of its package names: `outlets: {copy: {csv: "out.csv"}}`."""
