"""The stores under contract: each takes entries at chosen `recorded`, and reads them back through the ports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from twin.core.batch import Batch
from twin.core.event import Event
from twin.core.history import History, Results
from twin.store.log import SqliteLog
from twin.store.memory import MemoryHistory, MemoryResults
from twin.store.reader import LogReader
from twin.store.results import SqliteResults

UNITS = ("line1", "line2")


@dataclass
class SetClock:
    """A clock that shows what it was set to."""

    instant: int = 0

    def now(self) -> int:
        return self.instant


class Store(Protocol):
    """A history that can be written, and results."""

    history: History
    results: Results

    def put(self, recorded: int, item: Batch | Event) -> None: ...


@dataclass
class InMemory:
    history: MemoryHistory
    results: MemoryResults

    def put(self, recorded: int, item: Batch | Event) -> None:
        self.history.append(recorded, item)


@dataclass
class InSqlite:
    log: SqliteLog
    clock: SetClock
    history: LogReader
    results: SqliteResults

    def put(self, recorded: int, item: Batch | Event) -> None:
        self.clock.instant = recorded
        assert self.log.submit(item).result(10) == recorded


@contextmanager
def memory(_folder: Path) -> Iterator[Store]:
    yield InMemory(MemoryHistory(), MemoryResults())


@contextmanager
def sqlite(folder: Path) -> Iterator[Store]:
    clock = SetClock()
    log, reader = SqliteLog(folder, clock), LogReader(folder)
    try:
        yield InSqlite(log, clock, reader, SqliteResults(reader, UNITS, "code", log))
    finally:
        reader.close()
        log.close()
