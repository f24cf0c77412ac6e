"""Reading the log and its sealed files by time, in this process or another, beside a writer that goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from twin.core.event import Event
from twin.core.history import Slice
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST, HOUR
from twin.core.rollup import Rollups
from twin.core.routing import HORIZON
from twin.core.rows import Samples, join
from twin.core.tags import Tag, TagTable, TagType
from twin.core.window import run_starts
from twin.store.bounding import newest_before, oldest_after
from twin.store.database import Database, Row
from twin.store.entry import COLUMNS, ROW, decode
from twin.store.files import File, Vanished
from twin.store.names import WHERE_RENAMED, renamed
from twin.store.rolled import Fit, Rolled, rolled
from twin.store.schema import SEALED_TO
from twin.store.sealed import Chosen, Files

Found = TypeVar("Found")
_SELECT = f"SELECT {COLUMNS} FROM entry"  # noqa: S608 - no input in it
IN_LOG = f"NOT (kind = '' AND recorded <= {SEALED_TO})"
"""Which entries count: a sealed batch may still be there, for deleting takes its time."""

_OF_TIME = "tmax >= ? AND tmin < ? AND +recorded <= ?"
"""With the + it is found by its times: else SQLite would walk all that is not sealed, and events of years are not."""
_OF_TAGS = f"kind = '' AND {_OF_TIME}"
_FAMILY = "kind > ? AND kind < ?"
"""What begins with a name and a dot: between that and the same with a slash, which is the character behind the dot."""
_NEWEST = "{0} >= ? AND {0} < ? ORDER BY {0} DESC, recorded DESC LIMIT ?"
_EVENT = "SELECT recorded FROM entry WHERE kind != '' AND"
_OF_KIND = (
    f"SELECT recorded FROM ({_EVENT} kind = ? AND {_NEWEST.format('tmax')}) "  # noqa: S608 - no input in it
    f"UNION ALL SELECT recorded FROM ({_EVENT} {_FAMILY} AND {_NEWEST.format('+tmax')})"
)
"""Over all time events are found by their kind: there may be years of others before the one that is wanted."""
TRIES = 3
"""A file may be merged away and unlinked between reading the list and opening it; then the list is read again."""


class LogReader(Database):
    """Reads of `DIR/log.db` and of the files it lists."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.files = Files(folder)

    def close(self) -> None:
        """Close the connections of all threads; their reads are over."""
        super().close()
        self.files.close()

    def read(self, start: int, end: int, known: int) -> Slice:
        """All entries with start <= time < end and recorded <= known. Raises Corrupt for a damaged one."""
        return self._read(Chosen(start, end, 0, known), _OF_TIME, (start, end, known))

    def read_tags(self, tags: NDArray[np.int32], start: int, end: int, known: int, most: int | None = None) -> Slice:
        """The same for some tags only; no events. most: when there are more rows than this, some more than this."""
        return self._read(Chosen(start, end, 0, known, tags, most), _OF_TAGS, (start, end, known))

    def before(self, tags: NDArray[np.int32], time: int, known: int, least: int = FAR_PAST) -> Samples:
        """Of each tag the newest row with least <= time of it < time."""
        return newest_before(lambda mine, a, b: self._ends(mine, a, b, known, last=True), tags, time, least)

    def after(self, tags: NDArray[np.int32], time: int, known: int, most: int = FAR_FUTURE) -> Samples:
        """Of each tag the oldest row with time <= time of it < most."""
        return oldest_after(lambda mine, a, b: self._ends(mine, a, b, known, last=False), tags, time, most)

    def _ends(self, tags: NDArray[np.int32], start: int, end: int, known: int, last: bool) -> Samples:
        """Rows of these tags, the last or first of each among them; what rollups say lies between is left out."""
        if end - start <= HOUR:
            return self.read_tags(tags, start, end, known).samples

        def between(rollups: Rollups) -> NDArray[np.bool_]:
            found = np.ones(len(rollups), np.bool_)
            starts = run_starts(rollups["tag"])
            found[np.append(starts[1:], len(rollups))[: len(starts)] - 1 if last else starts] = False
            return found

        return self.read_rolled(tags, start, end, known, between).samples

    def brought(self, tags: NDArray[np.int32], start: int, end: int, known: int) -> dict[int, str]:
        """`recorded` of the batches that have rows of these tags there -> their source, as far as it was kept.

        Of what is not sealed yet those of other tags are among them.
        """
        chosen = Chosen(start, end, 0, known, tags)

        def in_log() -> list[Row]:
            return self.rows(f"SELECT recorded, source FROM entry WHERE {_OF_TAGS} AND {IN_LOG}", (start, end, known))  # noqa: S608

        for left in range(TRIES - 1, -1, -1):
            stored, files = self.files.of_one_moment(self, chosen, in_log)
            try:
                return dict([*stored, *self.files.sources(files, chosen)])
            except Vanished:
                if not left:
                    raise
        raise AssertionError("unreachable")

    def read_shape(self, tags: NDArray[np.int32], start: int, end: int, known: int, most: int | None = None) -> Slice:
        """The same for trends: of each whole minute at least the rows that `outline` keeps of all rows."""
        return self._read(Chosen(start, end, 0, known, tags, most), _OF_TAGS, (start, end, known), shape=True)

    def since(self, after: int, known: int) -> Slice:
        """All entries with after < recorded <= known."""
        return self._read(Chosen(FAR_PAST, FAR_FUTURE, after, known), "recorded > ? AND recorded <= ?", (after, known))

    def read_rolled(
        self, tags: NDArray[np.int32], start: int, end: int, known: int, fit: Fit, most: int | None = None
    ) -> Rolled:
        """The same as rollups of those hours that fit, and as rows where they do not or where there are none.

        Together they say of each row with start <= time < end and recorded <= known what it says, and of no row twice.
        """
        tags = np.unique(tags)
        chosen = Chosen(start, end, 0, known, tags, most)
        return self._tried(chosen, _OF_TAGS, (start, end, known), lambda f, s, _: rolled(self.files, f, chosen, s, fit))

    def _read(self, chosen: Chosen, where: str, given: Sequence[object], shape: bool = False) -> Slice:
        """What the log has and what its files have, as of one moment."""

        def read(files: list[File], mine: Samples, events: Sequence[tuple[int, Event]]) -> Slice:
            sealed = self.files.shape(files, chosen, mine.time) if shape else self.files.rows(files, chosen)
            return Slice(join([sealed, mine]), events)

        return self._tried(chosen, where, given, read)

    def _tried(
        self,
        chosen: Chosen,
        where: str,
        given: Sequence[object],
        read: Callable[[list[File], Samples, Sequence[tuple[int, Event]]], Found],
    ) -> Found:
        """What `read` makes of the files and of the log beside them: its rows and its events."""

        def in_log() -> list[Row]:
            return sorted(self.rows(f"{_SELECT} WHERE {where} AND {IN_LOG}", given), key=itemgetter(0))

        for left in range(TRIES - 1, -1, -1):
            stored, files = self.files.of_one_moment(self, chosen, in_log)
            found = decode(stored)
            s = found.samples
            mine = (s.time >= chosen.start) & (s.time < chosen.end)
            if chosen.tags is not None:
                mine &= np.isin(s.tag, chosen.tags)
            s = s if mine.all() else s.take(mine)
            try:
                return read(files, s, found.events)
            except Vanished:
                if not left:
                    raise
        raise AssertionError("unreachable")

    def first(self) -> int | None:
        """The time of the earliest entry within the horizon of its `recorded`, or None."""
        earliest = (
            f"SELECT min(t) FROM (SELECT min(max(tmin, recorded - ?)) AS t FROM entry WHERE tmax >= recorded - ? "  # noqa: S608
            f"AND {IN_LOG} UNION ALL SELECT min(first) FROM file)"
        )
        return self.rows(earliest, (HORIZON, HORIZON))[0][0]

    def complete_from(self) -> int | None:
        """From when everything is there: the first entry, or later when retention has forgotten; None as in first.

        What retention kept from before is not whole: a batch stays until its youngest row may go.
        """
        first, kept_from = self.first(), self.kept_from()
        return first if first is None or kept_from is None else max(first, kept_from)

    def thinned_to(self) -> int | None:
        """The end of the newest day of which rows were left out (twin.store.thin), None when there is none."""
        ((day,),) = self.rows("SELECT max(day) FROM thinned WHERE dropped > 0")
        return None if day is None else (day + 1) * DAY

    def last(self) -> int:
        """The greatest `recorded`, 0 for an empty log."""
        return int(self.rows(f"SELECT max(coalesce(max(recorded), 0), {SEALED_TO}) FROM entry")[0][0])  # noqa: S608

    def sealed_to(self) -> int:
        """The greatest `recorded` of a sealed batch, 0 when none is."""
        return int(self.rows(f"SELECT {SEALED_TO}")[0][0])

    def events(self, start: int, end: int, kinds: Sequence[str] = (), limit: int = 1000) -> list[tuple[int, Event]]:
        """Events of [start, end), newest first. kinds: these only, a trailing dot takes the family."""
        of_each = [(kind.rstrip("."), f"{kind.rstrip('.')}.", f"{kind.rstrip('.')}/") for kind in kinds]
        if kinds and start <= FAR_PAST and not any(kind.endswith(".") for kind in kinds):
            where = f"recorded IN ({' UNION ALL '.join(_OF_KIND for _ in kinds)})"
            given = [part for kind, *ends in of_each for part in (kind, start, end, limit, *ends, start, end, limit)]
        else:
            where = " OR ".join(f"kind = ? OR ({_FAMILY})" for _ in kinds) or "TRUE"
            given = [part for names in of_each for part in names]
        statement = f"{_SELECT} WHERE kind != '' AND ({where}) AND {_NEWEST.format('tmax')}"
        stored = self.rows(statement, (*given, start, end, limit))
        return list(decode(stored).events)

    def tags(self) -> TagTable:
        """The tags as the log holds them now."""
        with self.one_moment():
            rows, now = self.rows("SELECT name, type FROM tag ORDER BY id"), renamed(self.rows(WHERE_RENAMED))
        return TagTable(Tag(now.get(i) or name, TagType(type_)) for i, (name, type_) in enumerate(rows))

    def tag_keys(self) -> list[str]:
        """What the files call the tags, by id (twin.store.names)."""
        return [name for (name,) in self.rows("SELECT name FROM tag ORDER BY id")]

    def stretches(self, start: int, end: int, length: int) -> Iterator[tuple[int, int]]:
        """Stretches [a, b) of at most `length` ns that hold all entries of [start, end); empty time is skipped."""
        at = start
        while True:
            ((next_time,),) = self.rows(
                f"SELECT min(t) FROM (SELECT min(max(tmin, ?)) AS t FROM entry WHERE tmax >= ? AND {IN_LOG} "  # noqa: S608
                "UNION ALL SELECT min(max(tmin, ?)) FROM file WHERE tmax >= ?)",
                (at, at, at, at),
            )
            if next_time is None or next_time >= end:
                return
            at = int(next_time)
            yield at, min(at + length, end)
            at += length

    def ends(self) -> tuple[int, int] | None:
        """The least and the greatest time of all entries, None when there are none."""
        ends = "SELECT min(a), max(b) FROM (SELECT min(tmin) AS a, max(tmax) AS b FROM {} UNION ALL SELECT min(tmin), "
        ((least, greatest),) = self.rows(f"{ends.format('entry')} max(tmax) FROM file)")
        return None if least is None else (least, greatest)

    def in_log(self, start: int, end: int) -> int:
        """How many samples that are not sealed a read of [start, end) must decode, whatever tags it wants."""
        where = f"kind = '' AND tmax >= ? AND tmin < ? AND {IN_LOG}"
        found = self.rows(f"SELECT coalesce(sum(length(body)), 0) FROM entry WHERE {where}", (start, end))  # noqa: S608
        return int(found[0][0]) // ROW.itemsize

    def about(self, start: int, end: int) -> int:
        """About how many rows there are with start <= time < end, as if those of a batch and a file lay evenly."""
        ((found,),) = self.rows(
            "SELECT coalesce(sum(rows * 1.0 * (min(tmax + 1, :end) - max(tmin, :start)) / (tmax + 1 - tmin)), 0) "  # noqa: S608
            f"FROM (SELECT length(body) / {ROW.itemsize} AS rows, tmin, tmax FROM entry WHERE kind = '' AND {IN_LOG} "
            "UNION ALL SELECT rows, tmin, tmax FROM file) WHERE tmax >= :start AND tmin < :end",
            {"start": start, "end": end},
        )
        return int(found)

    def kept_from(self) -> int | None:
        """The time from which retention has kept everything, None when it never forgot."""
        found = self.rows("SELECT value FROM meta WHERE key = 'kept_from'")
        return int(found[0][0]) if found else None

    def whole_from(self) -> int | None:
        """The time from which no sample of any tag has been forgotten or thinned, None when none ever was."""
        found = self.rows("SELECT max(CAST(value AS INTEGER)) FROM meta WHERE key IN ('kept_from', 'whole_from')")
        known = [one for one in (found[0][0], self.thinned_to()) if one is not None]
        return max(known, default=None)

    def counts(self) -> dict[str, int]:
        """Entries and samples, in the log and sealed."""
        rows = f"coalesce(sum(length(body)) FILTER (WHERE kind = ''), 0) / {ROW.itemsize}"
        ((entries, events, samples, in_files, sealed),) = self.rows(
            f"SELECT count(*), coalesce(sum(kind != ''), 0), {rows}, (SELECT coalesce(sum(entries), 0) FROM file), "  # noqa: S608
            f"(SELECT coalesce(sum(rows), 0) FROM file) FROM entry WHERE {IN_LOG}"
        )
        return {"entries": entries + in_files, "events": events, "samples": samples + sealed}
