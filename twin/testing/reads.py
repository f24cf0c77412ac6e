"""check_reads: the contract of reading tags by time (twin.core.history.TagReads), whoever keeps the rows."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from twin.core.batch import Batch, batch, texts
from twin.core.errors import Misconfigured
from twin.core.history import TagReads
from twin.core.instant import FAR_FUTURE, FAR_PAST, MILLISECOND
from twin.core.rows import Samples, in_order
from twin.testing.contract import clause, require, shown
from twin.testing.sample_lists import READ_TAGS, drawn_batches, odd_batch, permuted

TAGS = np.arange(len(READ_TAGS), dtype=np.int32)


class Lack(StrEnum):
    """What a backend may say that it has not; then it must refuse it, and not answer something else."""

    KNOWN = "known"
    """It knows no `recorded`: rows have 0 there, each (tag, time) has the row put last. Asked for another `known` than
    FAR_FUTURE it raises Misconfigured."""
    NS = "ns"
    """Times are whole ms. `put` of a row between two raises Misconfigured."""
    TEXT = "text"
    """`put` of a row with a text raises Misconfigured."""


class ReadsUnderTest(Protocol):
    """Where the kit puts rows, and how they are read. It knows the tags READ_TAGS by their places in it."""

    lacks: frozenset[Lack]

    @property
    def reads(self) -> TagReads:
        """The reads under test."""
        ...

    def put(self, recorded: int, item: Batch) -> None:
        """Keep rows under this `recorded`, greater than all before; reads that begin afterwards see them."""
        ...


OpenReads = Callable[[Path], AbstractContextManager[ReadsUnderTest]]
"""A backend without rows; the folder is empty and its own."""
Row = tuple[int, int, int, int, str | None, int]
"""(tag, time, bits of the value, status, text, recorded)."""


def check_reads(open_reads: OpenReads, *, logs: int = 12) -> None:
    """Run the whole contract; raises ContractBroken with the clause.

    logs: how many drawn lists of samples are put and read back; they are the same in every run.
    """
    with tempfile.TemporaryDirectory(prefix="linetwin-check-", ignore_cleanup_errors=True) as folder:
        places = (Path(folder) / str(number) for number in range(10_000))

        def fresh() -> AbstractContextManager[ReadsUnderTest]:
            place = next(places)
            place.mkdir()
            return open_reads(place)

        _check_empty(fresh)
        _check_bits(fresh)
        _check_lacks(fresh)
        for seed in range(logs):
            _check_drawn(fresh, seed)
        for seed in range(logs, logs + max(logs // 3, 1)):
            _check_permuted(fresh, seed)
        _check_threads(fresh)


Fresh = Callable[[], AbstractContextManager[ReadsUnderTest]]


class Plain:
    """The oracle: what was put, row by row."""

    def __init__(self, store: ReadsUnderTest) -> None:
        self.store = store
        self.rows: list[Row] = []

    def put(self, entries: Iterable[tuple[int, Batch]]) -> None:
        """Into the backend, and here what of it the backend can hold."""
        for recorded, item in entries:
            fit = fitted(item, self.store.lacks)
            self.store.put(recorded, fit)
            self.rows += rows_of(recorded, fit)

    def held(self, known: int) -> list[Row]:
        """One row per (tag, time), the one put last; by (time, tag)."""
        last = {(row[1], row[0]): row for row in self.rows if row[5] <= known}
        return [self._seen(last[key]) for key in sorted(last)]

    def between(self, tags: Iterable[int], start: int, end: int, known: int = FAR_FUTURE) -> list[Row]:
        """What `read_tags` must come to."""
        mine = set(tags)
        return [row for row in self.held(known) if row[0] in mine and start <= row[1] < end]

    def _seen(self, row: Row) -> Row:
        return (*row[:5], 0) if Lack.KNOWN in self.store.lacks else row

    def known_at(self, rng: np.random.Generator) -> int:
        """A `known` that the backend can answer."""
        if Lack.KNOWN in self.store.lacks or rng.random() < 0.3:
            return FAR_FUTURE
        return int(rng.choice([row[5] for row in self.rows])) - int(rng.integers(2))


def fitted(item: Batch, lacks: frozenset[Lack]) -> Batch:
    """The same without what a backend cannot hold."""
    if Lack.NS in lacks:
        item = replace(item, time=item.time // MILLISECOND * MILLISECOND)
    return replace(item, text=None) if Lack.TEXT in lacks else item


def rows_of(recorded: int, item: Batch) -> list[Row]:
    """The rows of a batch, as they stand."""
    columns = [column.tolist() for column in (item.tag, item.time, item.value.view(np.int64), item.status)]
    return list(zip(*columns, texts(item), [recorded] * len(item), strict=True))


def rows_in(samples: Samples) -> list[Row]:
    """The rows of samples, as they stand."""
    text: list[Any] = [None] * len(samples) if samples.text is None else samples.text.tolist()
    columns = (samples.tag, samples.time, samples.value.view(np.int64), samples.status)
    return list(zip(*[column.tolist() for column in columns], text, samples.recorded.tolist(), strict=True))


def _check_empty(fresh: Fresh) -> None:
    with clause("where nothing was put there is nothing, and no error"), fresh() as store:
        found = [store.reads.read_tags(TAGS, FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples]
        found.append(store.reads.before(TAGS, 0, FAR_FUTURE, FAR_PAST))
        found.append(store.reads.after(TAGS, 0, FAR_FUTURE, FAR_FUTURE))
        require(not any(map(len, found)), f"{shown([rows_in(one) for one in found])}")


def _check_bits(fresh: Fresh) -> None:
    with clause("times, values, statuses and texts come back to the bit"), fresh() as store:
        plain = Plain(store)
        plain.put([(5, odd_batch())])
        _require_read(plain, TAGS, FAR_PAST, FAR_FUTURE, FAR_FUTURE)
    with clause("a span is half-open, an empty one and tags that are not there have no rows"), fresh() as store:
        plain = Plain(store)
        plain.put([(5, batch("s", [0, 0, 1], np.array([10, 20, 20]) * MILLISECOND, [1.0, 2.0, 3.0]))])
        for start, end in ((10, 20), (20, 21), (20, 20), (21, 20), (0, 10)):
            _require_read(plain, TAGS, start * MILLISECOND, end * MILLISECOND, FAR_FUTURE)
        for tags in ([], [1], [len(READ_TAGS) + 7], [1, 1, 0, len(READ_TAGS)]):
            _require_read(plain, np.array(tags, np.int32), FAR_PAST, FAR_FUTURE, FAR_FUTURE)


def _check_lacks(fresh: Fresh) -> None:
    refused = (
        (Lack.NS, "a time between two ms", batch("s", [0], [1], [1.0])),
        (Lack.TEXT, "a text", batch("s", [0], [0], [1.0], text=["1"])),
    )
    for lack, what, item in refused:
        with clause(f"a backend that lacks `{lack}` refuses {what} with Misconfigured"), fresh() as store:
            if lack in store.lacks:
                _require_misconfigured(lambda kept=store, row=item: kept.put(5, row))
    told = "a backend that lacks `known` refuses a `known` that is not FAR_FUTURE with Misconfigured"
    with clause(told), fresh() as store:
        if Lack.KNOWN in store.lacks:
            store.put(5, batch("s", [0], [0], [1.0]))
            reads = store.reads
            _require_misconfigured(lambda: reads.read_tags(TAGS, FAR_PAST, FAR_FUTURE, 7))
            _require_misconfigured(lambda: reads.before(TAGS, 10, 7, FAR_PAST))
            _require_misconfigured(lambda: reads.after(TAGS, 0, 7, FAR_FUTURE))


def _require_misconfigured(act: Callable[[], object]) -> None:
    try:
        found = act()
    except Misconfigured as error:
        require(str(error) and "\n" not in str(error), f"its text is not one line: {str(error)!r}")
    else:
        raise AssertionError(f"it was answered: {shown(found)}")


def _check_drawn(fresh: Fresh, seed: int) -> None:
    rng = np.random.default_rng(seed)
    with fresh() as store:
        plain = Plain(store)
        with clause(f"rows are taken in any order of time (list {seed})"):
            plain.put(drawn_batches(rng))
        times = np.array([row[1] for row in plain.rows])
        for turn in range(3):
            tags = rng.choice(TAGS, int(rng.integers(1, len(TAGS) + 2))).astype(np.int32)
            start, end = sorted((rng.choice(times, 2) + rng.integers(-1, 2, 2)).tolist())
            start, end = (start, end) if turn else (FAR_PAST, FAR_FUTURE)
            known = plain.known_at(rng)
            told = f"`read_tags` comes to one row per (tag, time), the one recorded last of those known (list {seed})"
            with clause(told):
                _require_read(plain, tags, start, end, known)
            with clause(f"`most` is passed when there are more rows, and costs none when there are not (list {seed})"):
                _check_most(plain, rng, tags, start, end)
            _check_next_to(plain, rng, tags, (start, int(rng.choice(times)) + int(rng.integers(2)), end), seed)


def _require_read(plain: Plain, tags: NDArray[np.int32], start: int, end: int, known: int) -> None:
    piece = plain.store.reads.read_tags(tags, start, end, known)
    require(not piece.events, f"there are events: {shown(piece.events)}")
    _require_rows(plain, piece.samples, plain.between(tags.tolist(), start, end, known))


def _require_rows(plain: Plain, found: Samples, due: list[Row]) -> None:
    """The rows come to what is due, each was put, and without `recorded` none is there twice."""
    there = rows_in(in_order(found))
    missing = [row for row in due if row not in there]
    more = [row for row in there if row not in due]
    require(there == due, f"{len(there)} rows for {len(due)}, missing {shown(missing)}, too many {shown(more)}")
    if Lack.KNOWN in plain.store.lacks:
        require(len(found) == len(there), f"{len(found) - len(there)} rows came twice")
    else:
        made_up = set(rows_in(found)) - set(plain.rows)
        require(not made_up, f"never put: {shown(sorted(made_up, key=repr))}")


def _check_most(plain: Plain, rng: np.random.Generator, tags: NDArray[np.int32], start: int, end: int) -> None:
    due = plain.between(tags.tolist(), start, end)
    most = int(rng.integers(max(len(due), 1)))
    found = plain.store.reads.read_tags(tags, start, end, FAR_FUTURE, most).samples
    require(len(found) > min(most, len(due) - 1), f"{len(found)} rows for `most` {most} of {len(due)}")
    times = {(row[0], row[1]) for row in due}
    strange = [row for row in rows_in(found) if (row[0], row[1]) not in times]
    require(not strange, f"rows that were not asked for: {shown(strange)}")
    plenty = plain.store.reads.read_tags(tags, start, end, FAR_FUTURE, len(plain.rows)).samples
    _require_rows(plain, plenty, due)


def _check_next_to(
    plain: Plain, rng: np.random.Generator, tags: NDArray[np.int32], bounds: tuple[int, int, int], seed: int
) -> None:
    """The rows next to the middle of three instants, no further than the outer two."""
    least, at, most = sorted(bounds)
    known, reads, mine = plain.known_at(rng), plain.store.reads, tags.tolist()
    with clause(f"`before` gives of each tag the newest row with least <= time < the instant (list {seed})"):
        due = {row[0]: row for row in plain.between(mine, least, at, known)}
        _require_next(reads.before(tags, at, known, least), due)
    with clause(f"`after` gives of each tag the oldest row with the instant <= time < most (list {seed})"):
        due = {row[0]: row for row in reversed(plain.between(mine, at, most, known))}
        _require_next(reads.after(tags, at, known, most), due)


def _require_next(found: Samples, due: dict[int, Row]) -> None:
    there, wanted = sorted(rows_in(found), key=repr), sorted(due.values(), key=repr)
    require(there == wanted, f"{shown(there)} for {shown(wanted)}")


def _check_permuted(fresh: Fresh, seed: int) -> None:
    rng = np.random.default_rng(seed)
    told = f"a list of samples put in any order, cut anyhow, some of them twice, reads as the sorted list (list {seed})"
    with clause(told), fresh() as store:
        plain = Plain(store)
        plain.put(permuted(rng, lambda item: fitted(item, store.lacks)))
        found = in_order(store.reads.read_tags(TAGS, FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples)
        there, due = [row[:5] for row in rows_in(found)], sorted({row[:5] for row in plain.rows}, key=_place)
        require(there == due, f"{shown(there)} for {shown(due)}")


def _place(row: Sequence[Any]) -> tuple[int, int]:
    return row[1], row[0]


def _check_threads(fresh: Fresh) -> None:
    with clause("reads from several threads at once give what one gives"), fresh() as store:
        plain = Plain(store)
        plain.put(drawn_batches(np.random.default_rng(4711)))
        with ThreadPoolExecutor(4) as threads:
            jobs = [
                threads.submit(_require_read, plain, np.roll(TAGS, turn), FAR_PAST, FAR_FUTURE, FAR_FUTURE)
                for turn in range(12)
            ]
            for job in jobs:
                job.result()
