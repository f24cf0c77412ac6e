"""Retention by age: old entries leave the log in small pieces, so that no acknowledgement waits for them.

Of sealed history whole files go, each with the youngest of its rows: a day is kept until its last sample is too old.
Groups of tags have files of their own and go, or stay, at an age of their own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from twin.core.event import PLANT_LOADED
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST
from twin.store.files import unlist
from twin.store.log import SqliteLog

PIECE = 100
"""Rows deleted in one transaction: 1.7 ms, where 4,000 at once hold the lock for up to half a second."""
_ENTRIES = (
    "DELETE FROM entry WHERE recorded IN (SELECT recorded FROM entry WHERE tmax < max(:rest, :batches) "  # noqa: S608
    "AND tmax < CASE kind WHEN '' THEN :batches ELSE :rest END AND recorded <= :taken "
    "AND recorded < (SELECT max(recorded) FROM entry) "
    f"AND recorded IS NOT (SELECT max(recorded) FROM entry WHERE kind != '' AND kind = '{PLANT_LOADED}') "
    "LIMIT :piece)"
)
"""The newest entry stays: the next `recorded` is counted from it, whatever the clock says. So does the plant that runs,
however long it has: all that reads the folder by itself asks for it.
"""
_RECORDS = "DELETE FROM record WHERE id IN (SELECT id FROM record WHERE end < :rest LIMIT :piece)"
_CORRECTIONS = (
    "DELETE FROM correction WHERE number IN (SELECT number FROM correction WHERE end < :rest "
    "AND number < (SELECT max(number) FROM correction) LIMIT :piece)"
)
"""The newest stays: the next number is counted from it."""
_LATER = (
    "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE "
    "SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What lies before an instant (ns) is forgotten. rest: all that is in no group. groups: samples of their tags.

    taken: entries recorded later stay whatever their age: an outlet still has to send them.
    """

    rest: int = FAR_PAST
    groups: Mapping[str, int] = field(default_factory=dict[str, int])
    taken: int = FAR_FUTURE

    def of(self, group: str) -> int:
        """The instant before which samples of a group are forgotten; of a group that is no more as all others."""
        return self.groups.get(group, self.rest)


def forget_before(log: SqliteLog, limits: Limits, on_step: Callable[[str], None] = lambda _step: None) -> int:
    """Delete entries whose every row is too old, and the results of that time. Returns how many entries.

    Blocks until done; run it beside the event loop. The time from which the log is complete is kept in `meta`. The
    sealer unlinks the files. on_step: told the name of each step that has just been done, for tests that kill it there.
    """
    forgotten: list[int] = []
    since = log.last
    log.submit(lambda connection: forgotten.append(_mark(connection, limits, since))).result()
    on_step("marked")
    # A batch may hold rows of any group: it stays in the log, from which it is sealed, as long as the longest of them.
    batches = min((limits.rest, *limits.groups.values()))
    given = {"rest": limits.rest, "batches": batches, "taken": limits.taken, "piece": PIECE}
    _in_pieces(log, _RECORDS, given)
    _in_pieces(log, _CORRECTIONS, given)
    on_step("records forgotten")
    entries = _in_pieces(log, _ENTRIES, given)
    on_step("entries forgotten")
    return forgotten[-1] + entries


def _mark(connection: sqlite3.Connection, limits: Limits, since: int) -> int:
    """Forget snapshots and files; how many sealed entries that were."""
    if limits.rest > FAR_PAST:
        connection.execute(_LATER, ("kept_from", str(limits.rest)))
        connection.execute("DELETE FROM late WHERE time < ?", (limits.rest,))
        connection.execute("DELETE FROM snapshot WHERE frontier < ?", (limits.rest,))
    files = connection.execute("SELECT path, entries, grp, tmax FROM file WHERE rmax <= ?", (limits.taken,)).fetchall()
    old = [(path, entries, group) for path, entries, group, tmax in files if tmax < limits.of(group)]
    unlist(connection, [path for path, _, _ in old], since)
    forgotten = min((limits.rest, *limits.groups.values()))
    gone = "(day + 1) * ? <= ? AND day NOT IN (SELECT day FROM file)"  # else what stays would be thinned once more
    connection.execute(f"DELETE FROM thinned WHERE {gone}", (DAY, forgotten))  # noqa: S608
    whole_from = max((limits.of(group) for _, _, group in old), default=FAR_PAST)
    if whole_from > limits.rest:
        connection.execute(_LATER, ("whole_from", str(whole_from)))
    return sum(entries for _, entries, _ in old)


def _in_pieces(log: SqliteLog, statement: str, given: Mapping[str, int]) -> int:
    """Run a deletion until it finds less than a piece; how many rows it deleted."""
    total = 0
    while True:
        gone: list[int] = []
        log.submit(lambda c, found=gone: found.append(c.execute(statement, given).rowcount)).result()
        total += gone[-1]
        if gone[-1] < PIECE:
            return total
