"""Counts of rows: the same from files, outlines of nothing, and the log, as a slow count in Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.stores import NAMES
from tests.unit.store.test_seal_law import EDGE, STEPS, Plant
from twin.core.batch import batch, texts
from twin.core.event import Event
from twin.core.instant import FAR_FUTURE, FAR_PAST, HOUR, MINUTE, SECOND
from twin.store.counted import Counts, Filled, counts
from twin.store.log import SqliteLog
from twin.store.merge import merge_past_days
from twin.store.reader import LogReader
from twin.store.seal import Bounds, Sealer

TAGS = np.array([1, 3, 4], dtype=np.int32)


def slow(entries, start, end, known):
    """{tag: what is counted of it}, row by row."""
    versions = defaultdict(list)
    for recorded, item in entries:
        if isinstance(item, Event) or recorded > known:
            continue
        columns = zip(item.tag, item.time, item.value.view(np.int64), item.status, texts(item), strict=True)
        for tag, time, value, status, text in columns:
            if start <= time < end:
                versions[int(tag), int(time)].append((recorded, (int(value), int(status), text)))
    found = defaultdict(Counter)
    for (tag, time), rows in versions.items():
        mine = found[tag]
        mine["received"] += len(rows)
        for (_, one), (_, following) in pairwise(rows):
            mine["repeats" if one == following else "overwritten"] += 1
        recorded, (_, status, _) = rows[-1]
        mine["bad"] += status >> 31
        mine["uncertain"] += status >> 30 == 1
        mine["overflowed"] += status & 0x480 == 0x480
        mine["late"] += recorded - time > MINUTE
    return found


def told(found: Counts, place: int) -> dict[str, int]:
    names = ("received", "repeats", "overwritten", "bad", "uncertain", "overflowed", "late")
    return {name: int(getattr(found, name)[place]) for name in names if getattr(found, name)[place]}


@settings(max_examples=25)
@given(STEPS, st.integers(1, 40), st.integers(-13, 13), st.integers(0, 26), st.integers(-1, 8))
def test_counts_are_those_of_the_rows_whatever_was_sealed_and_merged(
    tmp_path_factory, steps, rows, start, length, known
):
    plant = Plant(tmp_path_factory.mktemp("counted"), rows)
    try:
        for step in steps:
            plant.do(step)
        for first, last in [(EDGE - 30 * 24 * HOUR, EDGE + HOUR), (EDGE + start, EDGE + start + length)]:
            for until in (FAR_FUTURE, EDGE + known):
                expected = slow(plant.memory.entries, first, last, until)
                for tags in (TAGS, np.arange(len(NAMES), dtype=np.int32)):
                    found = counts(plant.reader, tags, first, last, until)
                    for place, tag in enumerate(tags.tolist()):
                        assert told(found, place) == {name: n for name, n in expected[tag].items() if n}
    finally:
        plant.close()


class Clock:
    time = 0

    def now(self) -> int:
        return self.time


def test_a_day_in_one_file_is_counted_without_reading_a_row(tmp_path, monkeypatch):
    clock = Clock()
    log, reader = SqliteLog(tmp_path, clock), LogReader(tmp_path)
    try:
        log.tags.ids_of(NAMES)
        clock.time = EDGE + HOUR
        flagged = np.where(np.arange(3000) % 3, 0, 0x480).astype(np.uint32)
        log.submit(batch("s", np.full(3000, 1), EDGE + np.arange(3000) * SECOND, np.arange(3000), flagged)).result(10)
        sealer = Sealer(log, reader, Bounds(age=0, leave=0, settle=0))
        sealer.seal(FAR_FUTURE)
        merge_past_days(sealer, FAR_FUTURE)
        monkeypatch.setattr(reader, "read_tags", None)  # it would be called for any stretch with two sources
        shares = []
        found = counts(reader, TAGS, EDGE + 300 * SECOND, EDGE + HOUR, progress=shares.append)
        assert told(found, 0) == {"received": 2700, "overflowed": 900, "late": 2700}
        assert shares == [0.0]
    finally:
        reader.close()
        log.close()


def test_filled_rows_are_those_that_first_came_between_the_gap_and_the_word_that_it_is_filled(tmp_path):
    clock = Clock()
    log, reader = SqliteLog(tmp_path, clock), LogReader(tmp_path)

    def put(at, *seconds, value=1.0):
        clock.time = EDGE + at * SECOND
        times = EDGE + np.array(seconds) * SECOND
        log.submit(batch("s", np.full(len(times), 1), times, np.full(len(times), value))).result(10)

    try:
        log.tags.ids_of(NAMES)
        put(9, 5, 6, 7, 8, 9)
        put(30, 28, 29, 30)
        put(40, 8, 9, 10, 11, 12, 27, 28)  # from the history of the source: some were there
        put(50, 13)  # late for another reason, after all was said to be there
        gap = Filled(EDGE + 8 * SECOND, EDGE + 30 * SECOND, EDGE + 41 * SECOND, np.array([1, 2], np.int32))
        again = Filled(EDGE + 20 * SECOND, EDGE + 30 * SECOND, EDGE + 60 * SECOND, np.array([1], np.int32))
        found = counts(reader, TAGS, EDGE, EDGE + HOUR, filled=[gap, again])
        assert found.filled.tolist() == [4, 0, 0]
        assert found.repeats.tolist() == [3, 0, 0]
        assert counts(reader, TAGS, EDGE, EDGE + 12 * SECOND, filled=[gap]).filled.tolist() == [2, 0, 0]
    finally:
        reader.close()
        log.close()


def test_nothing_stored_is_nothing_counted(tmp_path):
    log, reader = SqliteLog(tmp_path, Clock()), LogReader(tmp_path)
    try:
        log.tags.ids_of(NAMES)
        assert not told(counts(reader, TAGS, FAR_PAST, FAR_FUTURE), 0)
    finally:
        reader.close()
        log.close()
