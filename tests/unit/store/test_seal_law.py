"""The law of history: however appends, seals, merges and restarts follow each other, every read is the same."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.stores import NAMES, SetClock
from twin.core.batch import batch
from twin.core.event import Event
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST
from twin.core.rows import in_order
from twin.store.log import SqliteLog
from twin.store.memory import MemoryHistory
from twin.store.merge import merge_past_days
from twin.store.reader import LogReader
from twin.store.seal import Bounds, Sealer

EDGE = 20_000 * DAY
"""Midnight between two days: times lie on both sides, recorded a week and more after some of them."""
TIMES = st.integers(-12, 12).map(lambda n: EDGE + n) | st.sampled_from(
    [EDGE - 9 * DAY, EDGE - 7 * DAY + 2, EDGE - 7 * DAY]
)
ROWS = st.tuples(
    st.integers(0, len(NAMES) - 1),
    TIMES,
    st.sampled_from([float("nan"), -0.0, 1.5, 2.5, float("inf")]),
    st.sampled_from([0, 0x80000000]),
    st.none() | st.sampled_from(["", "\0", "18446744073709551615", "ž"]),
)
BATCHES = st.lists(ROWS, min_size=1, max_size=12).map(
    lambda found: batch("s", *[list(column) for column in zip(*found, strict=True)])
)
STEPS = st.lists(
    BATCHES
    | BATCHES
    | st.builds(Event, TIMES, st.just("gap"), st.just("s"))
    | st.sampled_from(["seal", "seal", "merge", "sweep", "restart", "begin"]),
    max_size=14,
)


class Plant:
    """A log with its sealer, and the same entries in memory."""

    def __init__(self, folder, rows, rolled=16):
        self.memory = MemoryHistory()
        self._folder, self._bounds = folder, Bounds(rows, age=0, leave=0, grace=0, settle=0, rolled=rolled)
        self._clock = SetClock(EDGE)
        self.open()

    def open(self):
        self.log, self.reader = SqliteLog(self._folder, self._clock), LogReader(self._folder)
        self.log.tags.ids_of(NAMES)
        self.sealer = Sealer(self.log, self.reader, self._bounds)

    def close(self):
        self.reader.close()
        self.log.close()

    def do(self, step):
        match step:
            case "seal":
                self.sealer.seal(FAR_FUTURE)
            case "merge":
                merge_past_days(self.sealer, FAR_FUTURE)
            case "sweep":
                self.sealer.sweep(FAR_FUTURE)
            case "begin":
                self.sealer.begin()
            case "restart":
                self.close()
                self.open()
            case item:
                recorded = self.log.submit(item).result(10)
                self.memory.append(recorded, item)


def columns(samples):
    """What a fold sees: everything, and which of several rows of one (tag, time) wins."""
    rows = in_order(samples)
    text = [None] * len(rows) if rows.text is None else rows.text.tolist()
    numbers = (rows.tag, rows.time, rows.value, rows.status, rows.recorded)
    return [column.tobytes() for column in numbers], text, rows.duplicates, rows.overwritten, len(samples)


@settings(max_examples=40)
@given(STEPS, st.integers(1, 40), st.integers(-13, 13), st.integers(0, 26), st.integers(-1, 8))
def test_every_read_is_the_same_whatever_was_sealed_and_merged(tmp_path_factory, steps, rows, start, length, known):
    plant = Plant(tmp_path_factory.mktemp("law"), rows)
    try:
        for step in steps:
            plant.do(step)
        reader, memory = plant.reader, plant.memory
        spans = [(FAR_PAST, FAR_FUTURE), (EDGE + start, EDGE + start + length)]
        for first, last in spans:
            for until in (FAR_FUTURE, EDGE + known):
                mine, theirs = reader.read(first, last, until), memory.read(first, last, until)
                assert columns(mine.samples) == columns(theirs.samples)
                assert sorted(mine.events, key=repr) == sorted(theirs.events, key=repr)
                some = np.array([1, 4], dtype=np.int32)
                of_tags = reader.read_tags(some, first, last, until).samples
                assert columns(of_tags) == columns(theirs.samples.take(np.isin(theirs.samples.tag, some)))
        mine, theirs = reader.since(EDGE + known, EDGE + known + 4), memory.since(EDGE + known, EDGE + known + 4)
        assert columns(mine.samples) == columns(theirs.samples)
        assert list(mine.events) == list(theirs.events)
        assert reader.first() == memory.first()
        items = [item for _, item in memory.entries]
        events = [item for item in items if isinstance(item, Event)]
        samples = sum(len(item) for item in items if not isinstance(item, Event))
        assert reader.counts() == {"entries": len(items), "events": len(events), "samples": samples}
        assert reader.last() == (memory.entries[-1][0] if memory.entries else 0)
        stretched = [reader.read(a, b, FAR_FUTURE).samples for a, b in reader.stretches(FAR_PAST, FAR_FUTURE, 4 * DAY)]
        assert sum(len(piece) for piece in stretched) == samples
    finally:
        plant.close()
