"""A data folder as a kill leaves it, all that is true of it, and what is served of a copy that is damaged."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Set
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.contract.stores import SetClock
from twin.core.batch import batch
from twin.core.errors import Corrupt, StoreFailed
from twin.core.event import GAP, LOG_DAMAGED, Event
from twin.core.history import Slice
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST, HOUR, SECOND, from_text
from twin.core.rows import Samples
from twin.store.damaged import put_damaged_aside
from twin.store.inspect import damage
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.seal import Bounds, Sealer

START = from_text("2026-03-02T06:00:00Z")
ROWS, COMMITS = 200, 40
TAGS = np.arange(4, dtype=np.int32)
WAL = "log.db-wal"

Row = tuple[int, str, int, float, int, object]
"""recorded, tag, time, value, status, text."""
Told = tuple[int, bytes]
"""recorded and bytes of an event."""


@dataclass(frozen=True)
class Truth:
    """Everything that was written. in_wal: of what the WAL alone holds, `recorded` and where its commit ended there."""

    rows: Set[Row]
    events: Set[Told]
    hours: Set[bytes]
    in_wal: list[tuple[int, int]]

    def sure(self, byte: int) -> int:
        """Up to which `recorded` all is whole when the WAL is damaged from this byte on."""
        return min((recorded for recorded, end in self.in_wal if end > byte), default=FAR_FUTURE) - 1

    def day(self, day: int) -> set[Row]:
        """The rows of a day."""
        return {row for row in self.rows if row[2] // DAY == day}


def written(folder: Path) -> tuple[Path, Truth]:
    """Two days in files, a third in the log, its last commits in the WAL alone; a copy of all of it, and its truth."""
    clock = SetClock(START)
    log, reader = SqliteLog(folder, clock, room=0), LogReader(folder)
    tags = [log.tags.id_of(f"line/m{number}/temp") for number in TAGS.tolist()]
    in_wal: list[tuple[int, int]] = []
    for n in range(COMMITS):
        clock.instant = START + (n * 3 // COMMITS) * DAY + (n % (COMMITS // 3)) * ROWS * SECOND
        times = np.repeat(clock.instant + np.arange(ROWS // len(tags)) * SECOND, len(tags))
        text = [f"řízek {n}"] * ROWS if n % 7 == 3 else None
        some = batch("s", np.tile(tags, ROWS // len(tags)), times, np.arange(ROWS) / 7 + n, 0, text)
        for item in (some, Event(clock.instant, "note", "line", {"number": n})):
            recorded = log.submit(item).result(10)
            in_wal.append((recorded, (folder / WAL).stat().st_size))
        if n == COMMITS * 2 // 3:
            sealer = Sealer(log, reader, Bounds(age=0, leave=0, rows=10**6))
            while sealer.seal(clock.instant + HOUR):
                pass
        if n == COMMITS * 4 // 5:
            with closing(sqlite3.connect(folder / "log.db")) as other:
                assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
            in_wal.clear()
    found = reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE)
    truth = Truth(rows(found.samples, reader), events(found), hours(reader), in_wal)
    copied = folder.with_name(f"{folder.name}-as-killed")
    shutil.copytree(folder, copied, ignore=shutil.ignore_patterns("*-shm", "writer.*"))
    reader.close()
    log.close()
    return copied, truth


def rows(s: Samples, reader: LogReader) -> set[Row]:
    """Samples as a set."""
    names = reader.tags().names()
    tags = [names[tag] if tag < len(names) else f"tag {tag}" for tag in s.tag.tolist()]
    text = [None] * len(s) if s.text is None else s.text.tolist()
    columns = s.recorded.tolist(), tags, s.time.tolist(), s.value.tolist(), s.status.tolist(), text
    return set(zip(*columns, strict=True))


def events(found: Slice) -> set[Told]:
    """Events as a set."""
    return {(recorded, event.to_bytes()) for recorded, event in found.events}


def hours(reader: LogReader) -> set[bytes]:
    """All rollups that a read of long ranges may be answered from."""
    found = reader.read_rolled(TAGS, FAR_PAST, FAR_FUTURE, FAR_FUTURE, lambda rollups: np.ones(len(rollups), np.bool_))
    return {one.tobytes() for one in found.rollups}


def judged(folder: Path, truth: Truth, sure: int = FAR_PAST) -> str:
    """unharmed, named (by the read), refused, found (by the check; the read lacked something), missing (by neither).

    Anything else must not be. sure: entries up to this `recorded` must be served unless it is named or refused.
    """
    try:
        with closing(LogReader(folder)) as reader:
            found = reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE)
            served, told = rows(found.samples, reader), events(found)
            shape = rows(reader.read_shape(TAGS, FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples, reader)
            invented = (served | shape) - truth.rows, told - truth.events, hours(reader) - truth.hours
            checked = damage(reader, lambda _share: None)
    except Corrupt:
        return "named"
    except StoreFailed:
        return "refused"
    if any(invented):
        return "found, WRONG until then" if checked else "WRONG"
    if _lacks(truth, served, told, sure):
        return "lost what lies before"
    if served == truth.rows and told == truth.events and not checked:
        return "unharmed"
    return "found" if checked else "missing"


def _lacks(truth: Truth, served: Set[Row], told: Set[Told], sure: int) -> bool:
    """Whether something that was recorded up to there is not served."""
    return any(recorded <= sure for recorded in _missing(truth, served, told))


def _missing(truth: Truth, served: Set[Row], told: Set[Told]) -> set[int]:
    return {row[0] for row in truth.rows - served} | {recorded for recorded, _ in truth.events - told}


def restarted(folder: Path, truth: Truth, sure: int) -> str:
    """What a start makes of it: refused (with a name), told (in the log, or by the check), silent, or what must not be.

    sure: as above. What is stored afterwards must be read.
    """
    clock = SetClock(START + 3 * DAY)
    try:
        with closing(SqliteLog(folder, clock)) as log, closing(LogReader(folder)) as reader:
            put_damaged_aside(log, reader, clock.now())
            new = log.submit(batch("s", [0], [clock.now()], [1.0])).result(10)
            found = reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE)
            aside = [event.body.get("recorded") for _, event in found.events if event.kind == LOG_DAMAGED]
            served = rows(found.samples, reader)
            told = {(r, e.to_bytes()) for r, e in found.events if e.kind not in {LOG_DAMAGED, GAP}}
            checked = damage(reader, lambda _share: None)
    except (Corrupt, StoreFailed):
        return "refused"
    mine = {row for row in served if row[0] == new}
    if len(mine) != 1 or served - mine - truth.rows or told - truth.events:
        return "WRONG after a start"
    if _lacks(truth, served, told, sure):
        return "lost what lies before by a start"
    if checked or None in aside:  # of the WAL: not known what was in it
        return "told"
    if aside:
        return "told" if _missing(truth, served, told) <= set(aside) else "silent about some"
    return "silent"


def beside(folder: Path, truth: Truth, day: int | None) -> bool:
    """Whether all is read but one day: the one whose file is damaged. None: of what is derived from files alone."""
    days = {row[2] // DAY for row in truth.rows} - {day}
    with closing(LogReader(folder)) as reader:
        found = [reader.read(one * DAY, (one + 1) * DAY, FAR_FUTURE).samples for one in sorted(days)]
        return all(rows(s, reader) == truth.day(one) for s, one in zip(found, sorted(days), strict=True))
