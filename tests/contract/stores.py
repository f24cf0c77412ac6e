"""The stores under contract: each takes entries at chosen `recorded`, and reads them back through the ports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from twin.core.batch import Batch
from twin.core.event import Event
from twin.core.instant import FAR_FUTURE
from twin.store.log import SqliteLog
from twin.store.memory import MemoryHistory, MemoryResults
from twin.store.merge import merge_past_days
from twin.store.reader import LogReader
from twin.store.results import SqliteResults
from twin.store.seal import Bounds, Sealer
from twin.testing.stores import STORE_TAGS, STORE_UNITS, StoreUnderTest

UNITS, NAMES = STORE_UNITS, STORE_TAGS


@dataclass
class SetClock:
    """A clock that shows what it was set to."""

    instant: int = 0

    def now(self) -> int:
        return self.instant


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


@dataclass
class Sealed(InSqlite):
    """Every batch is sealed at once."""

    sealer: Sealer

    def put(self, recorded: int, item: Batch | Event) -> None:
        super().put(recorded, item)
        self.sealer.seal(FAR_FUTURE)


@dataclass
class Merged(Sealed):
    """And every file merged with all others of its day."""

    def put(self, recorded: int, item: Batch | Event) -> None:
        super().put(recorded, item)
        merge_past_days(self.sealer, FAR_FUTURE)
        self.sealer.sweep(FAR_FUTURE)


AT_ONCE = Bounds(age=0, leave=0, grace=0, settle=0)


@contextmanager
def memory(_folder: Path) -> Iterator[StoreUnderTest]:
    yield InMemory(MemoryHistory(), MemoryResults())


@contextmanager
def sqlite(folder: Path) -> Iterator[StoreUnderTest]:
    with _opened(folder) as parts:
        yield InSqlite(*parts)


@contextmanager
def sealed(folder: Path) -> Iterator[StoreUnderTest]:
    with _opened(folder) as parts:
        yield Sealed(*parts, Sealer(parts[0], parts[2], AT_ONCE))


@contextmanager
def merged(folder: Path) -> Iterator[StoreUnderTest]:
    with _opened(folder) as parts:
        yield Merged(*parts, Sealer(parts[0], parts[2], AT_ONCE))


@contextmanager
def _opened(folder: Path) -> Iterator[tuple[SqliteLog, SetClock, LogReader, SqliteResults]]:
    clock = SetClock()
    log, reader = SqliteLog(folder, clock), LogReader(folder)
    log.tags.ids_of(STORE_TAGS)
    try:
        yield log, clock, reader, SqliteResults(reader, STORE_UNITS, "code", log)
    finally:
        reader.close()
        log.close()


STORES = {"memory": memory, "sqlite": sqlite, "sealed": sealed, "merged": merged}
