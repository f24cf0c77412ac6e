"""Following the log: stretches of it in the order of `recorded`, of about so many rows, from files and log alike.

A file is of one day of `time` and sorted by tag, so the rows of a stretch lie all over it. A stretch is long enough
that no file is read for a few rows each time, and short enough for memory.
"""

from __future__ import annotations

from collections.abc import Sequence

from twin.store.entry import ROW
from twin.store.parquet import listed
from twin.store.reader import IN_LOG, LogReader

MOST_ENTRIES = 20_000
"""Entries of one stretch of the log: batches of a single row are many."""
MOST_UNSEEN = 8
"""As many times the rows that were asked for may a guess give; with more in its files they are counted first."""

_Span = tuple[str, int, int, int]
"""path, rows, rmin, rmax."""


def reach(reader: LogReader, after: int, known: int, rows: int) -> int:
    """Up to which `recorded` about `rows` rows were recorded after `after`, at most `known`; at least one entry's."""
    with reader.one_moment():
        sealed_to = reader.sealed_to()
        if after >= sealed_to:
            return _in_log(reader, after, known, rows)
        spans = _spans(reader, after, known)
    until = min(sealed_to, known)
    if _rows(spans, after, until) <= rows:
        return until
    until = _guess(spans, after, until, rows)
    near = [one for one in spans if one[2] <= until]
    if sum(one[1] for one in near) > MOST_UNSEEN * rows:
        until = _counted(reader, near, after, until, rows)
    return until


def waiting(reader: LogReader, after: int) -> tuple[int, int | None]:
    """How many rows were recorded after `after`, about, and when the first entry of them was; None for none."""
    with reader.one_moment():
        ((size, first),) = reader.rows(
            f"SELECT coalesce(sum(length(body)) FILTER (WHERE kind = ''), 0), min(recorded) FROM entry "  # noqa: S608
            f"WHERE recorded > ? AND {IN_LOG}",
            (after,),
        )
        spans = _spans(reader, after, None)
    begins = [max(one[2], after + 1) for one in spans] + ([] if first is None else [first])
    return size // ROW.itemsize + round(_rows(spans, after, None)), min(begins, default=None)


def _in_log(reader: LogReader, after: int, known: int, rows: int) -> int:
    """Of batches and events that are not sealed. Sizes alone are read: SQLite has them without the bytes."""
    ((fits, first, last, entries),) = reader.rows(
        "SELECT max(recorded) FILTER (WHERE bytes <= ?), min(recorded), max(recorded), count(*) FROM "  # noqa: S608
        "(SELECT recorded, sum(length(body)) OVER (ORDER BY recorded) AS bytes FROM "
        f"(SELECT recorded, body FROM entry WHERE recorded > ? AND recorded <= ? AND {IN_LOG} "
        "ORDER BY recorded LIMIT ?))",
        (rows * ROW.itemsize, after, known, MOST_ENTRIES),
    )
    if first is None or (fits == last and entries < MOST_ENTRIES):
        return known
    return first if fits is None else fits


def _spans(reader: LogReader, after: int, known: int | None) -> list[_Span]:
    until = "" if known is None else f" AND rmin <= {known}"
    return reader.rows(f"SELECT path, rows, rmin, rmax FROM file WHERE rmax > ?{until}", (after,))  # noqa: S608


def _rows(spans: Sequence[_Span], after: int, until: int | None) -> float:
    """How many rows of these files were recorded in (after, until], if they came evenly."""
    found = 0.0
    for _, rows, rmin, rmax in spans:
        end = rmax if until is None else min(rmax, until)
        inside = end - max(rmin - 1, after)
        found += rows * max(inside, 0) / (rmax - rmin + 1)
    return found


def _guess(spans: Sequence[_Span], after: int, until: int, rows: int) -> int:
    """By halves: the last instant up to which there are no more than `rows`, or the first with any."""
    low, high = max(after, min(one[2] for one in spans) - 1), until
    begin = low
    while high - low > 1:
        middle = (low + high) // 2
        if _rows(spans, after, middle) <= rows:
            low = middle
        else:
            high = middle
    return low if low > begin else high


def _counted(reader: LogReader, spans: Sequence[_Span], after: int, until: int, rows: int) -> int:
    """They came in a bunch, perhaps: look at the one column."""
    paths = [reader.folder / one[0] for one in spans]
    inside = f"FROM {listed(paths)} WHERE recorded > {after} AND recorded <= {until}"
    ((count,),) = reader.files.parquet.rows(f"SELECT count(*) {inside}", paths[0])
    if count <= 2 * rows:
        return until
    share = rows / count
    ((found,),) = reader.files.parquet.rows(f"SELECT quantile_disc(recorded, {share}) {inside}", paths[0])
    return int(found)
