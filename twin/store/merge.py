"""Merging: the many small and overlapping files of a past day become few that follow each other in time.

No row is dropped, superseded ones least of all: `known_at` asks for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from twin.core.errors import Corrupt
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST
from twin.core.rows import Samples
from twin.store.files import COLUMNS, File
from twin.store.parquet import listed
from twin.store.seal import Sealer, Written, in_place_of
from twin.store.sealed import Chosen


def merge_past_days(sealer: Sealer, now: int) -> int:
    """Merge what is to be merged in days that have settled; how many files were merged away.

    A day with a damaged file stays as it is and is told once the others are merged: raises Corrupt.
    """
    before = max(now, sealer.log.last) - sealer.bounds.settle
    crowded = sealer.reader.rows(
        "SELECT day, grp FROM file WHERE day < ? GROUP BY day, grp HAVING count(*) > 1 AND max(rmax) <= ? "
        "ORDER BY day, grp",
        (before // DAY, before),
    )
    away = 0
    damaged: Corrupt | None = None
    for day, group in crowded:
        try:
            away += merge_day(sealer, day, group)
        except Corrupt as error:
            damaged = damaged or error
    if damaged is not None:
        raise damaged
    return away


def merge_day(sealer: Sealer, day: int, tags: str = "") -> int:
    """Merge a day of a group of tags; how many files went. Raises StoreFailed or Corrupt, then nothing has changed."""
    of_day = f"SELECT {COLUMNS} FROM file WHERE day = ? AND grp = ? ORDER BY tmin, tmax, path"  # noqa: S608
    found = sealer.reader.rows(of_day, (day, tags))
    away = 0
    for group in groups([File(*row) for row in found], sealer.bounds.rows):
        if len(group) > 1 and _merge(sealer, day, group):
            away += len(group)
    return away


def groups(files: Sequence[File], rows: int) -> list[list[File]]:
    """Files by tmin, grouped: those that overlap together, then neighbours as long as they fit into one file."""
    apart: list[list[File]] = []
    reaches = FAR_PAST
    for file in files:
        if apart and file.tmin <= reaches:
            apart[-1].append(file)
        else:
            apart.append([file])
        reaches = max(reaches, file.tmax)
    joined: list[list[File]] = []
    for group in apart:
        if joined and sum(file.rows for file in [*joined[-1], *group]) <= rows:
            joined[-1] = [*joined[-1], *group]
        else:
            joined.append(group)
    return joined


def _merge(sealer: Sealer, day: int, group: Sequence[File]) -> bool:
    """Write the rows of a group as files of about bounds.rows each, one stretch of time after the other.

    False when retention forgot one of them meanwhile.
    """
    sealer.reader.files.check(sealer.reader, group)  # all of it first: nothing is begun that cannot be finished
    sources = sealer.reader.files.parquet.sources([sealer.log.folder / file.path for file in group])
    written: list[Written] = []
    edges = [day * DAY, *_cuts(sealer, group), (day + 1) * DAY]
    for start, end in pairwise(edges):
        rows = _rows(sealer, start, end, group)
        if len(rows):
            written += sealer.write_days(rows, sources)
    if sealer.commit(in_place_of(written, group), "merged", gone=[file.path for file in group]):
        return True
    sealer.put_away()
    return False


def _rows(sealer: Sealer, start: int, end: int, group: Sequence[File]) -> Samples:
    """All rows of [start, end) of some files: rows of one `recorded` in the order of their batch."""
    mine = [file for file in group if file.tmin < end and file.tmax >= start]
    chosen = Chosen(start, end, 0, FAR_FUTURE)
    return sealer.reader.files.listed_samples(sealer.reader, mine, chosen)


def _cuts(sealer: Sealer, group: Sequence[File]) -> list[int]:
    """Instants that cut the rows into about equal parts of at most bounds.rows."""
    parts = -(-sum(file.rows for file in group) // sealer.bounds.rows)
    if parts <= 1:
        return []
    shares = ", ".join(str(part / parts) for part in range(1, parts))
    paths = [sealer.log.folder / file.path for file in group]
    statement = f"SELECT approx_quantile(epoch_ns(time), [{shares}]) FROM {listed(paths)}"  # noqa: S608
    ((found,),) = sealer.reader.files.parquet.rows(statement, paths[0])
    return sorted(set(found))
