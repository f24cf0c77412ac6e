"""The stores under contract: each takes entries at chosen `recorded`, and reads them back through the ports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.core.batch import Batch
from twin.core.event import Event
from twin.core.history import TagReads
from twin.core.instant import FAR_FUTURE
from twin.core.tags import Tag
from twin.store.log import SqliteLog
from twin.store.memory import MemoryHistory, MemoryResults
from twin.store.merge import merge_past_days
from twin.store.reader import LogReader
from twin.store.results import SqliteResults
from twin.store.seal import Bounds, Sealer
from twin.testing.reads import Lack, OpenReads
from twin.testing.sample_lists import READ_TAGS
from twin.testing.stores import STORE_TAGS, STORE_UNITS, StoreUnderTest

CODES = [(0, "code")]

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
        yield _sealed(*parts)


@contextmanager
def merged(folder: Path) -> Iterator[StoreUnderTest]:
    with _opened(folder) as parts:
        yield _merged(*parts)


@contextmanager
def _opened(
    folder: Path, tags: Sequence[Tag] = tuple(map(Tag, STORE_TAGS))
) -> Iterator[tuple[SqliteLog, SetClock, LogReader, SqliteResults]]:
    clock = SetClock()
    log, reader = SqliteLog(folder, clock), LogReader(folder)
    for tag in tags:
        log.tags.id_of(tag.name, tag.type)
    try:
        yield log, clock, reader, SqliteResults(reader, STORE_UNITS, CODES, log)
    finally:
        reader.close()
        log.close()


@dataclass
class Reads:
    """A store as check_reads sees it: it has everything."""

    store: StoreUnderTest
    lacks: frozenset[Lack] = frozenset()

    @property
    def reads(self) -> TagReads:
        return self.store.history  # pyright: ignore[reportReturnType] - each of ours has both ports

    def put(self, recorded: int, item: Batch) -> None:
        self.store.put(recorded, item)


def reads_of(make: Callable[..., StoreUnderTest]) -> OpenReads:
    """A door for check_reads: make is given the log, its clock, reader and results."""

    @contextmanager
    def opened(folder: Path) -> Iterator[Reads]:
        with _opened(folder, READ_TAGS) as parts:
            yield Reads(make(*parts))

    return opened


def _sealed(*parts: Any) -> Sealed:
    return Sealed(*parts, Sealer(parts[0], parts[2], AT_ONCE))


def _merged(*parts: Any) -> Merged:
    return Merged(*parts, Sealer(parts[0], parts[2], AT_ONCE))


READS = {
    "memory": reads_of(lambda *_: InMemory(MemoryHistory(), MemoryResults())),
    "sqlite": reads_of(InSqlite),
    "sealed": reads_of(_sealed),
    "merged": reads_of(_merged),
}
STORES = {"memory": memory, "sqlite": sqlite, "sealed": sealed, "merged": merged}
