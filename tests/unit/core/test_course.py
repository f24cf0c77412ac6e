"""Folding a long span: few reads where there is little, none of more than fits, and the same result either way."""

from __future__ import annotations

from itertools import chain

import pytest

from tests.unit.core.test_fold_laws import BEGIN, CASE, SECOND
from twin.core.batch import batch
from twin.core.course import CHUNK, Course
from twin.core.instant import DAY, FAR_FUTURE, HOUR, MINUTE
from twin.core.span import unit_state
from twin.store.memory import MemoryHistory

END = BEGIN + 7 * DAY


class Counting(MemoryHistory):
    """Notes what is read of it."""

    def __init__(self, entries) -> None:
        super().__init__(entries)
        self.reads: list[tuple[int, int]] = []

    def read(self, start, end, known):
        self.reads.append((start, end))
        return super().read(start, end, known)


def entries():
    """A quarter of an hour with a row of each tag a second; then nothing but batches of its time and of the end."""
    busy = [batch("c0", range(6), [BEGIN + n * SECOND] * 6, [n % 13, n % 5, n % 3] * 2) for n in range(900)]
    wide = [batch("c1", [1, 4], [BEGIN + n * MINUTE, END - n * HOUR], [n % 7, n % 5]) for n in range(1, 12)]
    return [(END + n, one) for n, one in enumerate([*busy, *wide])]


def folded(history, end=END):
    """Records and states; and where it was cut."""
    course = Course(CASE.editions, CASE.units, BEGIN, FAR_FUTURE)
    span = course.follow(CASE.units, history, end, FAR_FUTURE, lambda _at: MINUTE)
    ends, records = zip(*span, strict=True)
    return (list(chain(*records)), [unit_state(course.folds, unit) for unit in CASE.units]), ends


@pytest.fixture(scope="module")
def by_chunks():
    """What comes of it when each chunk is read by itself."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("twin.core.course.LONGEST", CHUNK)
        patched.setattr("twin.core.course.STILL", 1)
        history = Counting(entries())
        found, ends = folded(history)
    assert len(history.reads) == 7 * DAY // CHUNK
    assert len(ends) > len(history.reads)
    return found


def test_many_chunks_with_little_in_them_are_one_read(by_chunks):
    history = Counting(entries())
    found, ends = folded(history)
    assert found == by_chunks
    assert len(history.reads) < 20
    assert len(ends) < 250  # a chunk with something in it by minutes, all that lies between two such at once
    assert {(b - a) % CHUNK for a, b in history.reads[:-1]} == {0}


def test_no_more_is_read_at_once_than_fits(monkeypatch, by_chunks):
    monkeypatch.setattr("twin.core.course.MOST_ROWS", 500)
    history = Counting(entries())
    assert folded(history)[0] == by_chunks
    assert all(b - a <= CHUNK or history.about(a, b) <= 500 for a, b in history.reads)
    assert history.reads[:2] == [(BEGIN, BEGIN + CHUNK), (BEGIN + CHUNK, BEGIN + 2 * CHUNK)]


def test_a_plant_that_stood_still_for_years_is_folded_in_few_steps():
    history = Counting(entries())
    (records, _), ends = folded(history, END + 3000 * DAY)
    assert records
    assert len(history.reads) < 150
    assert len(ends) < 350
