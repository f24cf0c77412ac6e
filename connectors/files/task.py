"""What every reader of a file is lent, and what it gives back beside the batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from connectors.files.layout import apart
from connectors.files.zone import Zone
from twin.core.batch import Batch
from twin.core.event import IMPORT_NOTICE, Event
from twin.core.ports import Clock, Reporter
from twin.core.tags import TagTable, TagType

CHUNK = 50_000
"""Rows in memory at a time."""


@dataclass(slots=True)
class Task:
    """One import. prefix: first part of the names in a wide table. apart: samples moved by 1 ns or more.

    rows: of the whole file, 0 while it is not known.
    """

    source: str
    path: Path
    prefix: str
    zone: Zone
    tags: TagTable
    clock: Clock
    reporter: Reporter
    apart: int = 0
    rows: int = 0

    def notice(self, text: str) -> None:
        """Tell a person what was decided for them."""
        self.reporter.event(Event(self.clock.now(), IMPORT_NOTICE, self.path.name, {"notice": text}))

    def refuse(self, cause: str, line: int, row: str) -> None:
        """Report one row, or one cell, that is left out."""
        self.reporter.dead_letter(cause, f"{self.path.name}:{line}", row.encode("utf-8", "replace"))

    def finished(self, batch: Batch | None, rows: int) -> Batch | None:
        """Count a chunk and put its samples in the order of time."""
        self.reporter.count("rows", rows)
        self.reporter.count("bytes", self.path.stat().st_size * rows // max(self.rows, rows))
        if batch is None:
            return None
        self.reporter.count("values", len(batch))
        ordered, moved = apart(batch)
        self.apart += moved
        return ordered

    def type_of(self, name: str, seen: TagType) -> TagType:
        """The type a tag has in this data folder already, else the one its cells show."""
        known = self.tags.get(name)
        return seen if known is None else self.tags[known].type

    def closing_notices(self, naive: int) -> None:
        """Tell what only all rows together show. naive: times without a zone."""
        said: list[str] = []
        if naive and self.zone.name is None:
            said.append(f"{naive} times without a zone were read as UTC; --tz Europe/Prague reads them as local time")
        if self.zone.skipped:
            said.append(f"{self.zone.skipped} times fall into the hour that {self.zone.name} skips in spring")
        if self.zone.twice:
            said.append(f"{self.zone.twice} times fall into the hour that {self.zone.name} has twice in autumn")
        if self.apart:
            said.append(f"{self.apart} samples share tag and time with another value; kept 1 ns apart")
        for text in said:
            self.notice(text)


class Table(Protocol):
    """A file whose layout is known."""

    def batches(self) -> Iterator[Batch]:
        """All samples, chunk by chunk, each chunk in the order of time."""
        ...
