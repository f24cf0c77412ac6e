"""How many rows of each tag a span has, and of what kind. Rows never become Python objects.

Most stretches of time are told by one file alone, in which no (tag, time) stands twice: the query engine counts there.
Where several files or the log have a word, or rows repeat, all rows of the stretch are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from twin.core.batch import FROM_HISTORY
from twin.core.instant import FAR_FUTURE, HOUR, MINUTE, SECOND
from twin.core.rows import Samples, compared, join
from twin.core.status import SEVERITY_MASK as SEVERITY
from twin.core.status import UNCERTAIN, has_overflow, is_bad
from twin.store.entry import ROW
from twin.store.files import File, Vanished
from twin.store.reader import IN_LOG, TRIES, LogReader
from twin.store.sealed import Chosen

LATE = MINUTE
"""A row that was recorded so long after its time is late."""
AT_ONCE = 2_000_000
"""Rows that are compared at once: 70 MB."""
BEHIND = 10 * SECOND
"""A history is read a little beyond the end of a gap."""
_OVERFLOW, _BAD, _UNCERTAIN = "status & 1152 = 1152", "status >= 2147483648", "status >> 30 = 1"
_COLUMNS = (
    f"count(*), count(*) FILTER ({_OVERFLOW}), count(*) FILTER ({_BAD}), count(*) FILTER ({_UNCERTAIN}), "
    f"count(*) FILTER (recorded - epoch_ns(time) > {LATE})"
)

Column = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Rows by tag, in the order asked for.

    received: all that came. repeats: equal to one that was there. overwritten: of the same time as a later one that
    says something else. What is left counts, and of it: overflowed (the server says that it dropped older samples),
    bad, uncertain, late (recorded more than a minute after its time), filled (first came out of the source's own
    history, after the end of a gap).
    """

    received: Column
    repeats: Column
    overwritten: Column
    overflowed: Column
    bad: Column
    uncertain: Column
    late: Column
    filled: Column

    @staticmethod
    def none(tags: int) -> Counts:
        """Nothing of so many tags."""
        return Counts(*(np.zeros(tags, np.int64) for _ in fields(Counts)))

    def columns(self) -> dict[str, Column]:
        """All columns by name."""
        return {one.name: getattr(self, one.name) for one in fields(Counts)}

    def add(self, tag: NDArray[np.intp], **counted: NDArray[np.integer]) -> None:
        """Add to the places of some tags, each at most once."""
        for name, column in counted.items():
            getattr(self, name)[tag] += column


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """A gap [start, end) that the source's own history filled, and when that was told. tags: ids."""

    start: int
    end: int
    told: int
    tags: NDArray[np.int32]


def counts(
    reader: LogReader,
    tags: NDArray[np.int32],
    start: int,
    end: int,
    known: int = FAR_FUTURE,
    filled: Sequence[Filled] = (),
    progress: Callable[[float], None] = lambda _share: None,
) -> Counts:
    """Counts of some tags (ids, ascending) over [start, end), as known. progress: share done, 0 to 1."""
    known = min(known, reader.last())
    for left in range(TRIES - 1, -1, -1):
        try:
            return _counted(reader, Chosen(start, end, 0, known, tags), filled, progress)
        except Vanished:  # merged away since the list was read
            if not left:
                raise
    raise AssertionError("unreachable")


def _share(first: int, last: int, start: int, end: int) -> float:
    """How much of a range [first, last] lies in a span that it reaches into."""
    return (min(last + 1, end) - max(first, start)) / (last + 1 - first)


def _counted(reader: LogReader, chosen: Chosen, filled: Sequence[Filled], progress: Callable[[float], None]) -> Counts:
    tags = chosen.tags if chosen.tags is not None else np.empty(0, np.int32)
    found = Counts.none(len(tags))
    in_log, files = reader.files.of_one_moment(reader, chosen, lambda: _log_ranges(reader, chosen))
    alone: dict[str, tuple[File, list[tuple[int, int]]]] = {}
    many: list[tuple[int, int]] = []
    for first, last, only in _stretches(chosen, files, in_log):
        if only is None:
            many.append((first, last))
        else:
            alone.setdefault(only.path, (only, []))[1].append((first, last))
    steps = len(alone) + len(many) + len(filled)
    place = {name: n for n, name in enumerate(_names(reader, tags))}
    for done, (file, spans) in enumerate(alone.values()):
        progress(done / steps)
        rows = reader.files.grouped(file, _all_or(reader, tags), _touching(spans), chosen.known, _COLUMNS)
        known_rows = [row for row in rows if row[0] in place]
        at = np.array([place[row[0]] for row in known_rows], np.intp)
        columns = np.array([row[1:] for row in known_rows], np.int64).reshape(-1, 5).T
        names = ("received", "overflowed", "bad", "uncertain", "late")
        found.add(at, **dict(zip(names, columns, strict=True)))
    for done, (first, last) in enumerate(many, len(alone)):
        progress(done / steps)
        _compare(reader.read_tags(tags, first, last, chosen.known).samples, tags, found)
    _count_filled(reader, chosen, tags, filled, found)
    return found


# --- who has a word where -------------------------------------------------------------------------------------------


def _log_ranges(reader: LogReader, chosen: Chosen) -> list[tuple[int, int, int]]:
    """(tmin, tmax, rows) of the batches that are not sealed and reach into the span."""
    return reader.rows(
        f"SELECT tmin, tmax, length(body) / {ROW.itemsize} FROM entry "  # noqa: S608
        f"WHERE kind = '' AND tmax >= ? AND tmin < ? AND recorded <= ? AND {IN_LOG} ORDER BY tmin",
        (chosen.start, chosen.end, chosen.known),
    )


def _stretches(
    chosen: Chosen, files: Sequence[File], in_log: Sequence[tuple[int, int, int]]
) -> Iterator[tuple[int, int, File | None]]:
    """(start, end, the only file with rows there of its tags or None for several sources), in time; empty stretches are
    left out.

    Stretches of several sources hold about AT_ONCE rows at most, of all tags.
    """
    waits = _joined_ranges(in_log)
    edges = {chosen.start, chosen.end}
    for first, last in [*((f.tmin, f.tmax) for f in files), *((first, last) for first, last, _ in waits)]:
        edges |= {first, last + 1}
    inside = sorted(edge for edge in edges if chosen.start <= edge <= chosen.end)
    for first, last in pairwise(inside):
        mine = [file for file in files if file.tmin < last and file.tmax >= first]
        logged = [one for one in waits if one[0] < last and one[1] >= first]
        if mine and not logged and _are_apart(mine):
            yield from ((first, last, file) for file in mine)
        elif mine or logged:
            ranges = [*((file.tmin, file.tmax, file.rows) for file in mine), *logged]
            rows = sum(many * _share(a, b, first, last) for a, b, many in ranges)
            length = min(HOUR, max(int((last - first) * AT_ONCE / max(rows, 1)), 1))
            yield from ((at, min(at + length, last), None) for at in range(first, last, length))


def _are_apart(files: Sequence[File]) -> bool:
    """Whether no (tag, time) stands twice in these files."""
    return not any(file.repeats for file in files) and not any(a.shares_tags(b) for a, b in combinations(files, 2))


def _joined_ranges(in_log: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Ranges (by their start) that touch as one."""
    found: list[tuple[int, int, int]] = []
    for first, last, rows in in_log:
        if found and first <= found[-1][1] + MINUTE:
            found[-1] = (found[-1][0], max(found[-1][1], last), found[-1][2] + rows)
        else:
            found.append((first, last, rows))
    return found


def _touching(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that touch as one."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _names(reader: LogReader, tags: NDArray[np.int32]) -> list[str]:
    names = reader.tag_keys()
    return [names[tag] for tag in tags.tolist() if tag < len(names)]  # a new tag has no row yet


def _all_or(reader: LogReader, tags: NDArray[np.int32]) -> NDArray[np.int32] | None:
    """None where all tags are asked for: then no row is asked for its name."""
    return None if len(tags) >= len(reader.tags().names()) else tags


# --- rows that are compared -----------------------------------------------------------------------------------------


def _compare(samples: Samples, tags: NDArray[np.int32], found: Counts) -> None:
    s, beaten, differs = compared(samples)
    at = np.searchsorted(tags, s.tag)
    kept = ~beaten

    def by_tag(mask: NDArray[np.bool_]) -> Column:
        return np.bincount(at[mask], minlength=len(tags))

    found.add(
        np.arange(len(tags)),
        received=np.bincount(at, minlength=len(tags)),
        repeats=by_tag(beaten & ~differs),
        overwritten=by_tag(differs),
        overflowed=by_tag(kept & has_overflow(s.status)),
        bad=by_tag(kept & is_bad(s.status)),
        uncertain=by_tag(kept & ((s.status & np.uint32(SEVERITY)) == UNCERTAIN)),
        late=by_tag(kept & (s.recorded - s.time > LATE)),
    )


def _count_filled(
    reader: LogReader, chosen: Chosen, tags: NDArray[np.int32], filled: Sequence[Filled], found: Counts
) -> None:
    """Rows whose (tag, time) first came between the end of a gap and the word that it is filled."""
    parts: list[Samples] = []
    for one in filled:
        asked = np.intersect1d(one.tags, tags).astype(np.int32)
        start, end = max(one.start, chosen.start), min(one.end + BEHIND, chosen.end)
        if start < end and len(asked):
            s, beaten, _ = compared(reader.read_tags(asked, start, end, chosen.known).samples)
            first = np.append(True, ~beaten[:-1])[: len(s)]
            parts.append(s.take(first & _of_history(reader, s, asked, one, chosen.known)))
    rows, again, _ = compared(join(parts))
    found.add(np.arange(len(tags)), filled=np.bincount(np.searchsorted(tags, rows.tag[~again]), minlength=len(tags)))


def _of_history(reader: LogReader, s: Samples, tags: NDArray[np.int32], one: Filled, known: int) -> NDArray[np.bool_]:
    """Which rows a source's own history gave, as their batches say; where none does, for batches did not say it always,
    those that came between the end of the gap and the word that it is filled.
    """
    within = (s.recorded > one.end) & (s.recorded <= one.told)
    if not within.any():
        return within
    sources = reader.brought(tags, int(s.time.min()), int(s.time.max()) + 1, known)
    given = [recorded for recorded, source in sources.items() if source.endswith(FROM_HISTORY)]
    marked = within & np.isin(s.recorded, np.array(given, np.int64))
    return marked if marked.any() else within & (s.time < one.end)
