"""Corrections in `DIR/log.db`: what late entries changed, old beside new, why, and since when that is known."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

from twin.core.fold import Record
from twin.core.history import Cause, Correction
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.store.database import Row

_PUT = "INSERT OR IGNORE INTO correction VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which corrections: of results that overlap [start, end), of these kinds ('' none: all), known in
    [known_from, known_to). below: of keys that are, or lie below, one of these paths; none: all.
    """

    start: int = FAR_PAST
    end: int = FAR_FUTURE
    known_from: int = FAR_PAST
    known_to: int = FAR_FUTURE
    kinds: Sequence[str] = ()
    below: Sequence[str] = ()

    def statement(self, limit: int, after: int | None, before: int | None) -> tuple[str, list[object]]:
        """The query and what it is given: behind a number, oldest first; else the newest, below a number, first."""
        where = ["end > ?", "start < ?", "known >= ?", "known < ?"]
        given: list[object] = [self.start, self.end, self.known_from, self.known_to]
        if self.kinds:
            where.append(f"kind IN ({','.join('?' * len(self.kinds))})")
            given += self.kinds
        if self.below:
            where.append("(" + " OR ".join("key = ? OR substr(key, 1, ?) IN (?, ?)" for _ in self.below) + ")")
            given += [part for path in self.below for part in (path, len(path) + 1, f"{path}/", f"{path}~")]
        if after is not None:
            where.append("number > ?")
            given.append(after)
        elif before is not None:
            where.append("number < ?")
            given.append(before)
        order = "number DESC" if after is None else "number"
        text = (
            f"SELECT number, known, unit, kind, key, removed, added, why FROM correction WHERE {' AND '.join(where)} "  # noqa: S608
            f"ORDER BY {order} LIMIT ?"
        )
        return text, [*given, limit]


def put_corrections(connection: sqlite3.Connection, units: Sequence[str], found: Sequence[Correction]) -> None:
    """In the log's thread, in the transaction of the records. Twice the same changes nothing."""
    connection.executemany(_PUT, [_row(units, one) for one in found])


def _row(units: Sequence[str], one: Correction) -> Row:
    sides = [record for record in (one.removed, one.added) if record is not None]
    start, end = min(record.start for record in sides), max(record.end for record in sides)
    about = one.record
    why = json.dumps([astuple(cause) for cause in one.why], separators=(",", ":"), ensure_ascii=False)
    return (
        one.number, one.known, units[about.unit], about.kind, about.key, start, end, _side(one.removed),
        _side(one.added), why,
    )  # fmt: skip


def correction_of(row: Row, numbers: Mapping[str, int]) -> Correction:
    """The correction of a row as Asked.statement selects it. numbers: unit -> number, -1 for one that is no more."""
    number, known, unit, kind, key, removed, added, why = row
    place = numbers.get(unit, -1)
    causes = [Cause(*cause) for cause in json.loads(why)]
    return Correction(number, known, _record(place, kind, key, removed), _record(place, kind, key, added), causes)


def _side(record: Record | None) -> str:
    if record is None:
        return ""
    told: list[Any] = [record.start, record.end, dict(record.data)]
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _record(unit: int, kind: str, key: str, side: str) -> Record | None:
    if not side:
        return None
    start, end, data = json.loads(side)
    return Record(unit, kind, key, start, end, tuple(sorted(data.items())))
