"""Whoever keeps rows passes one door with its reads by time; reads that are wrong are told how."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.stores import READS, InMemory, Reads
from twin.core.batch import Batch, batch
from twin.core.errors import Misconfigured
from twin.core.history import Slice
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST, MILLISECOND, MINUTE
from twin.core.rows import in_order
from twin.store.memory import MemoryHistory, MemoryResults
from twin.testing import ContractBroken, Lack, check_reads
from twin.testing.sample_lists import NOON


@pytest.mark.parametrize("name", READS)
def test_our_stores_read_as_the_contract_says(name: str) -> None:
    check_reads(READS[name], logs=4 if name in {"sealed", "merged"} else 12)  # a file for each batch


SAMPLES = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from([NOON, -DAY, FAR_FUTURE // 2]),
        st.sampled_from([-30 * DAY, -MILLISECOND, -1, 0, 1, MILLISECOND, MINUTE, 30 * DAY]),
        st.sampled_from([0.0, 1.5]),
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.parametrize("name", ["sqlite", "sealed", "merged"])
@settings(max_examples=12)
@given(samples=SAMPLES, cut=st.integers(1, 6))
def test_every_known_at_is_what_was_put_until_then(name: str, tmp_path_factory, samples, cut: int) -> None:
    """R42, as of every instant: out of order by 1 ns to 30 days, ahead, before 1970, the same and another value."""
    pieces = [samples[n : n + cut] for n in range(0, len(samples), cut)]
    with READS[name](tmp_path_factory.mktemp("reads")) as store:
        for number, piece in enumerate(pieces):
            tag, base, step, value = zip(*piece, strict=True)
            store.put(10 * number + 5, batch("s", tag, np.add(base, step), value))
        tags = np.arange(3, dtype=np.int32)
        for known in range(0, 10 * len(pieces) + 10, 5):
            due = {
                (base + step, tag): value
                for number, piece in enumerate(pieces)
                if 10 * number + 5 <= known
                for tag, base, step, value in piece
            }
            rows = in_order(store.reads.read_tags(tags, FAR_PAST, FAR_FUTURE, known).samples)
            found = zip(rows.time.tolist(), rows.tag.tolist(), rows.value.tolist(), strict=True)
            assert [((time, tag), value) for time, tag, value in found] == sorted(due.items())


class KeepsTheFirst(MemoryHistory):
    """Of rows with the same (tag, time) the one put first wins."""

    def read_tags(self, tags, start, end, known, most=None):
        found = super().read_tags(tags, start, end, known, most).samples
        _, first = np.unique(np.stack([found.tag, found.time]), axis=1, return_index=True)
        return Slice(found.take(first), ())


class TakesTheEndIn(MemoryHistory):
    def read_tags(self, tags, start, end, known, most=None):
        return super().read_tags(tags, start, end + 1, known, most)


class KnowsTooMuch(MemoryHistory):
    def read_tags(self, tags, start, end, known, most=None):
        return super().read_tags(tags, start, end, FAR_FUTURE, most)


class StopsAtMost(MemoryHistory):
    """Nobody can tell that there is more."""

    def read_tags(self, tags, start, end, known, most=None):
        found = super().read_tags(tags, start, end, known).samples
        return Slice(found.take(slice(most)), ())


class RoundsTimes(MemoryHistory):
    def append(self, recorded, item):
        super().append(recorded, replace(item, time=item.time // 1000 * 1000))


class DropsBad(MemoryHistory):
    def read_tags(self, tags, start, end, known, most=None):
        found = super().read_tags(tags, start, end, known, most).samples
        return Slice(found.take(found.status < 2**31), ())


class TakesTheInstantIn(MemoryHistory):
    def before(self, tags, time, known, least=FAR_PAST):
        return super().before(tags, time + 1, known, least)


class LooksTooFar(MemoryHistory):
    def after(self, tags, time, known, most=FAR_FUTURE):
        return super().after(tags, time, known, FAR_FUTURE)


class GivesEverythingBefore(MemoryHistory):
    def before(self, tags, time, known, least=FAR_PAST):
        return self.read_tags(tags, least, time, known).samples


class RefusesTheLate(MemoryHistory):
    def append(self, recorded, item):
        if self.entries and item.time.min() < self.entries[-1][1].time.min():
            raise ValueError("out of order")
        super().append(recorded, item)


class WithoutKnown(MemoryHistory):
    """One row for each (tag, time), and no `recorded`."""

    refuses = True

    def read_tags(self, tags, start, end, known, most=None):
        if self.refuses and known != FAR_FUTURE:
            raise Misconfigured("known_at cannot be answered; leave it out")
        found = in_order(super().read_tags(tags, start, end, FAR_FUTURE).samples)
        return Slice(
            replace(found, recorded=np.zeros(len(found), np.int64)).take(slice(None if most is None else most + 1)), ()
        )


class AnswersAnyway(WithoutKnown):
    refuses = False


class GivesRowsTwice(WithoutKnown):
    def read_tags(self, tags, start, end, known, most=None):
        found = super().read_tags(tags, start, end, known, most).samples
        return Slice(found.take(np.repeat(np.arange(len(found)), 2)), ())


class WholeMsOfNumbers(WithoutKnown):
    """What a store of float64 at ms can do."""

    def append(self, recorded, item):
        if (item.time % MILLISECOND).any() or item.text is not None:
            raise Misconfigured("whole milliseconds and numbers alone")
        super().append(recorded, item)


def of(history: type[MemoryHistory], *lacks: Lack):
    @contextmanager
    def opened(_folder) -> Iterator[Reads]:
        yield Reads(InMemory(history(), MemoryResults()), frozenset(lacks))

    return opened


def test_what_a_backend_says_it_lacks_is_not_asked_of_it() -> None:
    check_reads(of(WithoutKnown, Lack.KNOWN))
    check_reads(of(WholeMsOfNumbers, Lack.KNOWN, Lack.NS, Lack.TEXT))


@pytest.mark.parametrize(
    ("history", "lacks", "broken"),
    [
        (KeepsTheFirst, (), "comes to one row per .*missing"),
        (TakesTheEndIn, (), "a span is half-open.*too many"),
        (KnowsTooMuch, (), "of those known|the newest row with least"),
        (StopsAtMost, (), "`most` is passed when there are more rows"),
        (RoundsTimes, (), "come back to the bit"),
        (DropsBad, (), "come back to the bit"),
        (TakesTheInstantIn, (), "`before` gives of each tag the newest row"),
        (GivesEverythingBefore, (), "`before` gives of each tag the newest row"),
        (LooksTooFar, (), "`after` gives of each tag the oldest row"),
        (RefusesTheLate, (), "rows are taken in any order of time"),
        (WithoutKnown, (), "missing"),
        (AnswersAnyway, (Lack.KNOWN,), "refuses a `known` that is not FAR_FUTURE.*: it was answered"),
        (GivesRowsTwice, (Lack.KNOWN,), "rows came twice"),
        (WithoutKnown, (Lack.KNOWN, Lack.NS), "refuses a time between two ms .*: it was answered"),
        (WithoutKnown, (Lack.KNOWN, Lack.TEXT), "refuses a text .*: it was answered"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_wrong_reads_are_told_the_clause(history, lacks, broken: str) -> None:
    with pytest.raises(ContractBroken, match=broken):
        check_reads(of(history, *lacks))


def test_whatever_is_raised_breaks_the_clause_at_hand() -> None:
    class Breaks(MemoryHistory):
        def append(self, recorded: int, item: Batch) -> None:
            raise OSError(28, "No space left on device")

    with pytest.raises(ContractBroken, match=r"come back to the bit: OSError: .*No space left"):
        check_reads(of(Breaks))
