"""Thinning past days: of tags for which the plant file says so, rows that others tell within a stated error go.

As merging does it: write beside, sync, rename, one transaction; whatever step a kill falls on, a day counts as it was
or as it is thinned. What was done is kept by tag and day: how many rows went, and how far from the truth a line between
the others can be. Superseded rows of these tags go too: of days that are thinned, `known_at` knows the last word only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.core.errors import Corrupt
from twin.core.instant import DAY, FAR_FUTURE
from twin.core.routing import HORIZON
from twin.core.rows import Samples
from twin.core.thinning import Thinning, kept
from twin.core.window import run_starts
from twin.store.files import COLUMNS, File
from twin.store.merge import groups
from twin.store.reader import LogReader
from twin.store.seal import Sealer, Written, in_place_of
from twin.store.sealed import Chosen

SPARE = DAY
"""Beyond the horizon: a heal begins at a snapshot before the late row, so folds may read a little older rows."""


@dataclass(frozen=True, slots=True)
class Rule:
    """after: age from which on the rows of a tag are thinned, ns. how: in the wire numbers of the log.

    error: what is stated, in the unit of the tag. special: wire numbers that mean something else (no value).
    """

    after: int
    how: Thinning
    error: float
    special: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Thinned:
    """Of one tag and day. dropped: rows that are gone, of it superseded ones: a later one of the same time stands."""

    tag: int
    day: int
    rows: int
    dropped: int
    superseded: int
    error: float


def thin_past_days(sealer: Sealer, now: int, rules: Mapping[int, Rule], taken: int = FAR_FUTURE) -> int:
    """Thin what has come of age, a tag's day once; how many rows went. rules: by tag id.

    taken: days with rows that were recorded later wait, for an outlet still has to send them. A day with a damaged file
    stays as it is and is told once the others are done: raises Corrupt.
    """
    if not rules:
        return 0
    present = max(now, sealer.log.last)
    least = min(rule.after for rule in rules.values())
    days = sealer.reader.rows(
        "SELECT day FROM file WHERE day < ? GROUP BY day HAVING max(rmax) <= ? ORDER BY day",
        ((present - max(least, HORIZON) - SPARE) // DAY, min(present - sealer.bounds.settle, taken)),
    )
    done = {(tag, day) for tag, day in sealer.reader.rows("SELECT tag, day FROM thinned")}
    gone = 0
    damaged: Corrupt | None = None
    for (day,) in days:
        age = present - (day + 1) * DAY - SPARE
        due = {t: one for t, one in rules.items() if max(one.after, HORIZON) <= age and (t, day) not in done}
        try:
            gone += thin_day(sealer, day, due) if due else 0
        except Corrupt as error:
            damaged = damaged or error
    if damaged is not None:
        raise damaged
    return gone


def thin_day(sealer: Sealer, day: int, due: Mapping[int, Rule]) -> int:
    """Thin these tags of one day; how many rows went. Raises StoreFailed or Corrupt, then nothing has changed."""
    found = sealer.reader.rows(f"SELECT {COLUMNS} FROM file WHERE day = ? ORDER BY tmin, tmax, path", (day,))  # noqa: S608
    files = [File(*row) for row in found]
    sealer.reader.files.check(sealer.reader, files)  # all of it first: nothing is begun that cannot be finished
    written: list[Written] = []
    away: list[str] = []
    told: dict[int, Thinned] = {tag: Thinned(tag, day, 0, 0, 0, rule.error) for tag, rule in due.items()}
    for group in (one for mine in _of_the_same_tags(files) for one in groups(mine, 0)):
        rows = _rows(sealer, day, group)
        stay, told = _stay(rows, due, told)
        if not stay.all():
            written += _rewritten(sealer, rows.take(stay), group)
            away += [file.path for file in group]

    def note(connection: sqlite3.Connection) -> None:
        connection.executemany(
            "INSERT INTO thinned VALUES (?, ?, ?, ?, ?, ?)",
            [(one.tag, one.day, one.rows, one.dropped, one.superseded, one.error) for one in told.values()],
        )

    if not sealer.commit(written, "thinned", gone=away, also=note):
        sealer.put_away()
        return 0
    return sum(one.dropped for one in told.values())


def thinned(reader: LogReader, start: int, end: int, tags: Sequence[int] | None = None) -> list[Thinned]:
    """What was thinned of the days that lie in [start, end), or partly so."""
    found = reader.rows(
        "SELECT tag, day, rows, dropped, superseded, error FROM thinned WHERE day >= ? AND day < ? AND dropped > 0 "
        "ORDER BY tag, day",
        (start // DAY, -(-end // DAY)),
    )
    wanted = None if tags is None else set(tags)
    return [Thinned(*row) for row in found if wanted is None or row[0] in wanted]


def _of_the_same_tags(files: Sequence[File]) -> list[list[File]]:
    """Files of a day that may share tags, together: those of a group, all where several sets of groups wrote them."""
    if len({file.grouping for file in files}) > 1:
        return [list(files)]
    return [[file for file in files if file.group == name] for name in sorted({file.group for file in files})]


def _rows(sealer: Sealer, day: int, group: Sequence[File]) -> Samples:
    """All rows of some files: rows of one `recorded` in the order of their batch."""
    chosen = Chosen(day * DAY, (day + 1) * DAY, 0, FAR_FUTURE)
    return sealer.reader.files.listed_samples(sealer.reader, group, chosen)


def _stay(
    rows: Samples, due: Mapping[int, Rule], told: Mapping[int, Thinned]
) -> tuple[NDArray[np.bool_], dict[int, Thinned]]:
    """Which rows stay, and what is to be told with these added."""
    stay = np.ones(len(rows), np.bool_)
    found = dict(told)
    mine = np.flatnonzero(np.isin(rows.tag, np.array(list(due), np.int32)))
    if not len(mine):  # files of other tags
        return stay, found
    order = mine[np.lexsort((rows.recorded[mine], rows.time[mine], rows.tag[mine]))]  # stable: of a batch the later one
    tag, time = rows.tag[order], rows.time[order]
    beaten = np.zeros(len(order), np.bool_)
    beaten[:-1] = (tag[1:] == tag[:-1]) & (time[1:] == time[:-1])
    stay[order[beaten]] = False
    last = order[~beaten]
    starts = run_starts(rows.tag[last])
    superseded = np.bincount(tag[beaten], minlength=1) if beaten.any() else np.zeros(1, np.intp)
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(last)], strict=True):
        one = last[start:end]
        number = int(rows.tag[one[0]])
        special = np.isin(rows.value[one], due[number].special)
        if rows.text is not None:
            special |= np.not_equal(rows.text[one], None).astype(np.bool_)
        left = kept(rows.time[one], rows.value[one], rows.status[one], special, due[number].how)
        stay[one] = left
        old = int(superseded[number]) if number < len(superseded) else 0
        before = found[number]
        found[number] = replace(
            before,
            rows=before.rows + int(left.sum()),
            dropped=before.dropped + int((~left).sum()) + old,
            superseded=before.superseded + old,
        )
    return stay, found


def _rewritten(sealer: Sealer, rows: Samples, group: Sequence[File]) -> list[Written]:
    """The rows of a group as a file that has its number of entries and its first time."""
    sources = sealer.reader.files.parquet.sources([sealer.log.folder / file.path for file in group])
    return in_place_of(sealer.write_days(rows, sources), group)
