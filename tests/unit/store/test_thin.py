"""Thinning a folder: what stays is as it was to the bit, what went is within the error, and a kill costs nothing."""

from __future__ import annotations

import shutil
from contextlib import closing
from copy import copy
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.stores import SetClock
from twin.core.batch import batch
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST, SECOND
from twin.core.routing import HORIZON
from twin.core.rows import in_order
from twin.core.thinning import Thinning
from twin.store.inspect import damage
from twin.store.log import SqliteLog
from twin.store.merge import merge_past_days
from twin.store.reader import LogReader
from twin.store.retention import Limits, forget_before
from twin.store.seal import Bounds, Sealer
from twin.store.thin import SPARE, Rule, thin_past_days, thinned

EDGE = 20_000 * DAY
NAMES = ("sloped", "stepped", "whole")
BOUNDS = Bounds(rows=90, age=0, leave=0, grace=0, settle=0)
ROUNDING = Fraction(1, 2**40)
"""Of doubles of this size."""
LATER = EDGE + 3 * DAY + HORIZON + SPARE
RULES = {
    0: Rule(HORIZON, Thinning(0.5, 1.0, 400 * SECOND, stepped=False), 1.5),
    1: Rule(HORIZON, Thinning(0.5, 0.5, 0, stepped=True), 1.0),
}


class Killed(Exception):
    pass


class Folder:
    """A log of two days in several files, with rows that came twice and rows that were put right."""

    def __init__(self, path: Path, rows: list) -> None:
        self.path, self.clock = path, SetClock(EDGE)
        with closing(SqliteLog(path, self.clock)) as log, closing(LogReader(path)) as reader:
            log.tags.ids_of(NAMES)
            for number, part in enumerate(rows):
                log.submit(batch("s", *[list(column) for column in zip(*part, strict=True)])).result(10)
                if number % 5 == 4:
                    Sealer(log, reader, BOUNDS).seal(FAR_FUTURE)
            while Sealer(log, reader, BOUNDS).seal(FAR_FUTURE):
                pass

    def read(self):
        with closing(LogReader(self.path)) as reader:
            return in_order(reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples)

    def thin(self, rules=None, now: int = LATER, killed_at: int = -1) -> int:
        steps = []

        def on_step(step: str) -> None:
            steps.append(step)
            if len(steps) - 1 == killed_at:
                raise Killed(step)

        self.clock.instant = now
        with closing(SqliteLog(self.path, self.clock)) as log, closing(LogReader(self.path)) as reader:
            sealer = Sealer(log, reader, BOUNDS, on_step)
            sealer.begin()
            try:
                thin_past_days(sealer, now, RULES if rules is None else rules)
            finally:
                self.steps = len(steps)
        return len(steps)

    def told(self):
        with closing(LogReader(self.path)) as reader:
            return thinned(reader, FAR_PAST, FAR_FUTURE), reader.thinned_to(), damage(reader, lambda _share: None)


def walk(seed: int, count: int = 240) -> list:
    random = np.random.default_rng(seed)
    parts = []
    values = np.zeros(3)
    for start in range(0, count, 20):
        part = []
        for row in range(start, start + 20):
            tag = int(random.integers(3))
            values[tag] += random.choice([0, 0, 0, 0.1, -0.2, 1.0])
            status = random.choice([0] * 20 + [0x80000000, 0x40000000])
            text = "said" if random.random() < 0.02 else None
            part.append((tag, EDGE + DAY - 2400 * SECOND + row * 20 * SECOND, values[tag], int(status), text))
        if random.random() < 0.4:  # came again, put right
            tag, time, value, status, text = part[3]
            part.append((tag, time, value + 0.5, status, text))
        parts.append(part)
    return parts


def bits(rows, mask):
    text = [None] * int(mask.sum()) if rows.text is None else rows.text[mask].tolist()
    columns = (rows.time, rows.value.view(np.int64), rows.status, rows.recorded)
    return list(zip(*(column[mask].tolist() for column in columns), text, strict=True))


def check(before, after) -> None:
    for tag in range(3):
        old, new = bits(before, before.tag == tag), bits(after, after.tag == tag)
        if tag not in RULES:
            assert new == old
            continue
        assert set(new) <= set(old)
        how = RULES[tag].how
        held = [Fraction(np.int64(v).view(np.float64).item()) if np.isfinite(np.int64(v).view(np.float64)) else None
                for _, v, *_ in new]  # fmt: skip
        places = {row[0]: number for number, row in enumerate(new)}
        times = sorted(places)
        for time, value, status, _, text in old:
            if time in places:
                continue
            assert status == 0
            assert text is None
            one = times[np.searchsorted(times, time) - 1]
            other = times[np.searchsorted(times, time)]
            said = held[places[one]]
            assert said is not None
            if not how.stepped:
                share = Fraction(int(time - one), int(other - one))
                said += (held[places[other]] - said) * share
            assert (
                abs(said - Fraction(np.int64(value).view(np.float64).item())) <= Fraction(RULES[tag].error) + ROUNDING
            )


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000))
def test_what_stays_is_as_it_was_and_what_went_is_within_the_error(tmp_path_factory, seed):
    folder = Folder(tmp_path_factory.mktemp("thin"), walk(seed))
    before = folder.read()
    folder.thin()
    after = folder.read()
    check(before, after)
    told, until, damaged = folder.told()
    assert damaged == []
    assert sum(one.dropped - one.superseded for one in told) == len(before) - len(after) > 0
    assert until == EDGE + 2 * DAY
    assert {one.error for one in told} == {1.5, 1.0}


def test_a_day_is_thinned_once_and_only_when_it_is_of_age(tmp_path):
    folder = Folder(tmp_path, walk(1))
    before = folder.read()
    folder.thin(now=EDGE + DAY + HORIZON + SPARE - 1)
    assert len(folder.read()) == len(before)
    folder.thin(now=EDGE + DAY + HORIZON + SPARE)
    with closing(LogReader(tmp_path)) as reader:
        assert reader.thinned_to() == EDGE + DAY
    folder.thin()
    once = folder.read()
    assert folder.thin() == 0  # no step was taken
    assert bits(folder.read(), np.ones(len(once), bool)) == bits(once, np.ones(len(once), bool))


def test_without_rules_nothing_changes(tmp_path):
    folder = Folder(tmp_path, walk(2))
    before = folder.read()
    assert folder.thin({}) == 0
    assert len(folder.read()) == len(before)
    assert folder.told()[:2] == ([], None)


def test_killed_at_any_step_it_is_as_it_was_or_thinned(tmp_path):
    whole = Folder(tmp_path / "whole", walk(3))
    before = whole.read()
    steps = whole.thin()
    after = whole.read()
    assert steps > 10
    fresh = Folder(tmp_path / "fresh", walk(3))
    for at in range(steps):
        folder = copy(fresh)
        folder.path = shutil.copytree(fresh.path, tmp_path / str(at))
        with pytest.raises(Killed):
            folder.thin(killed_at=at)
        found = folder.read()
        check(before, found)
        assert folder.told()[2] == []
        folder.thin()
        everything = np.ones(len(after), bool)
        assert [row[:3] for row in bits(folder.read(), everything)] == [row[:3] for row in bits(after, everything)]


def test_merging_and_retention_go_on(tmp_path):
    folder = Folder(tmp_path, walk(4))
    folder.thin()
    before = folder.read()
    with closing(SqliteLog(tmp_path, folder.clock)) as log, closing(LogReader(tmp_path)) as reader:
        merge_past_days(Sealer(log, reader, BOUNDS), FAR_FUTURE)
        everything = np.ones(len(before), bool)
        assert bits(in_order(reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples), everything) == bits(
            before, everything
        )
        assert reader.counts()["entries"] == 12
        forget_before(log, Limits(EDGE + DAY))
        assert {one.day for one in thinned(reader, FAR_PAST, FAR_FUTURE)} == {EDGE // DAY + 1}
        assert reader.whole_from() == EDGE + 2 * DAY
