"""The law of the store: whatever is sealed, merged, compacted, forgotten, thinned, backed up and restored, in whatever
order and with whatever groups of tags, every read says what the entries say of which these are the rows that are left.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.stores import SetClock
from tests.unit.store.test_rollup import by_tag
from twin.core.batch import batch
from twin.core.event import Event
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST, HOUR, MINUTE
from twin.core.rollup import joined, rolled_up
from twin.core.routing import HORIZON
from twin.core.rows import Samples, compared, in_order
from twin.core.thinning import Thinning
from twin.store.backup import back_up, restore
from twin.store.compact import compact
from twin.store.counted import counts
from twin.store.groups import NO_GROUPS, Groups
from twin.store.inspect import damage
from twin.store.log import SqliteLog
from twin.store.memory import MemoryHistory
from twin.store.merge import merge_past_days
from twin.store.reader import LogReader
from twin.store.retention import Limits, forget_before
from twin.store.seal import Bounds, Sealer
from twin.store.thin import SPARE, Rule, thin_past_days

FIRST = 20_000
"""Three days from this one on, of which the minutes around two midnights have rows."""
NAMES = ("a/fast", "a/slow", "b/fast", "b/other")
SETS = (
    NO_GROUPS,
    Groups(["fast"], lambda tag: "fast" if tag.endswith("fast") else "", "one"),
    Groups(["fast", "a"], lambda tag: "a" if tag.startswith("a/") else "fast" if tag == "b/fast" else "", "two"),
)
LATER = (FIRST + 4) * DAY + HORIZON + SPARE
RULES = {tag: Rule(HORIZON, Thinning(0.5, 0.5, 0, stepped=tag == 1), 1.0) for tag in (0, 1)}
TIMES = st.tuples(st.integers(1, 2), st.integers(-100, 100)).map(lambda at: (FIRST + at[0]) * DAY + at[1] * MINUTE)
ROWS = st.tuples(
    st.integers(0, len(NAMES) - 1),
    TIMES,
    st.sampled_from([float("nan"), -0.0, 1.5, 2.5, 7.0]),
    st.sampled_from([0, 0, 0, 0x80000000, 0x40000000]),
)
RUNS = st.tuples(st.integers(0, len(NAMES) - 1), TIMES, st.integers(5, 60), st.sampled_from([0.0, 0.1, 3.0]))


def _run(tag: int, start: int, length: int, slope: float):
    return batch("run", [tag] * length, start + np.arange(length) * 20_000_000_000, slope * np.arange(length))


BATCHES = st.lists(ROWS, min_size=1, max_size=20).map(
    lambda rows: batch("s", *[list(column) for column in zip(*rows, strict=True)])
) | RUNS.map(lambda run: _run(*run))
STEPS = st.lists(
    BATCHES
    | BATCHES
    | BATCHES
    | st.builds(Event, TIMES, st.just("gap"), st.just("s"))
    | st.sampled_from(["seal", "seal", "seal", "merge", "merge", "sweep", "begin", "compact", "thin", "move"])
    | st.sampled_from(SETS)
    | st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()),
    max_size=24,
)


class Store:
    """A data folder, and the entries in memory."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.memory, self._root, self._moves = MemoryHistory(), folder, 0
        self._bounds = Bounds(rows, age=0, leave=0, grace=0, settle=0, rolled=2)
        self._clock = SetClock(LATER)
        self.groups: Groups = NO_GROUPS
        self.left: Samples | None = None
        self.open()

    @property
    def folder(self) -> Path:
        return self._root / f"data{self._moves}"

    def open(self) -> None:
        self.log, self.reader = SqliteLog(self.folder, self._clock), LogReader(self.folder)
        self.log.tags.ids_of(NAMES)
        self.sealer = Sealer(self.log, self.reader, self._bounds, groups=self.groups)

    def close(self) -> None:
        self.reader.close()
        self.log.close()

    def rows(self) -> Samples:
        return self.reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples

    def oracle(self) -> Samples:
        return self.memory.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples

    def do(self, step: object) -> None:
        match step:
            case "seal":
                self.sealer.seal(FAR_FUTURE)
            case "merge":
                merge_past_days(self.sealer, FAR_FUTURE)
            case "sweep":
                self.sealer.sweep(FAR_FUTURE)
            case "begin":
                self.sealer.begin()
            case "thin":
                self._less(lambda: thin_past_days(self.sealer, LATER, RULES), thinned=True)
            case "compact":
                self.close()
                compact(self.folder, self._clock, lambda _share: None, lambda: self.groups)
                self.open()
            case "move":
                self._move()
            case Groups():
                self.groups = step
                self.close()
                self.open()
            case (int(rest), int(group), bool(all_taken)):
                taken = FAR_FUTURE if all_taken else self.log.last - 1
                limits = Limits((FIRST + rest) * DAY, {"fast": (FIRST + group) * DAY}, taken)
                self._less(lambda: forget_before(self.log, limits), limits=limits)
            case item:
                assert isinstance(item, Event) or len(item)
                self.memory.append(self.log.submit(item).result(10), item)  # pyright: ignore

    def _move(self) -> None:
        backup = self._root / f"backup{self._moves}"
        back_up(self.folder, backup, lambda _share: None, link=self._moves % 2 == 0)
        self.close()
        shutil.rmtree(self.folder)
        self._moves += 1
        restore(backup, self.folder, lambda _share: None)
        self.open()

    def _less(self, change, thinned: bool = False, limits: Limits | None = None) -> None:
        """What may go goes, and nothing else; from then on memory has what is left."""
        before, events = keyed(self.rows()), self._events()
        change()
        after, left = keyed(self.rows()), self._events()
        lost = before - after
        assert after <= before
        if thinned:
            assert {key[0] for key in lost} <= set(RULES)
        if limits is not None:
            assert all(key[1] < max(limits.rest, limits.groups["fast"]) for key in lost)
            assert all(key[2] <= limits.taken for key in lost)
            assert all(time < limits.rest and recorded <= limits.taken for recorded, time in events - left)
        self.memory = Left(self.rows(), self.reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).events)

    def _events(self) -> set[tuple[int, int]]:
        found = self.reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).events
        return {(recorded, event.time) for recorded, event in found}


class Left(MemoryHistory):
    """Entries of which some rows are gone: those that are left, as batches of their `recorded`."""

    def __init__(self, samples: Samples, events) -> None:
        s = samples.take(np.argsort(samples.recorded, kind="stable"))
        entries = [(recorded, event) for recorded, event in events]
        for recorded in np.unique(s.recorded).tolist():
            mine = s.take(s.recorded == recorded)
            entries.append((recorded, batch("s", mine.tag, mine.time, mine.value, mine.status)))
        super().__init__(sorted(entries, key=lambda one: one[0]))


def keyed(s: Samples) -> set[tuple[int, int, int, int]]:
    columns = (s.tag, s.time, s.recorded, s.value.view(np.int64))
    return set(zip(*[column.tolist() for column in columns], strict=True))


def told(samples: Samples) -> object:
    rows = in_order(samples)
    columns = (rows.tag, rows.time, rows.value, rows.status, rows.recorded)
    return [column.tobytes() for column in columns], rows.duplicates, rows.overwritten, len(samples)


def check(store: Store, start: int, end: int, known: int) -> None:
    """Reads, shapes, rollups and counts of some tags against memory."""
    reader, memory = store.reader, store.memory
    assert told(store.rows()) == told(store.oracle())
    assert damage(reader, lambda _share: None) == []
    for tags in (np.array([0, 3], np.int32), np.arange(len(NAMES), dtype=np.int32)):
        theirs = memory.read_tags(tags, start, end, known).samples
        assert told(reader.read_tags(tags, start, end, known).samples) == told(theirs)
        whole = in_order(theirs)
        shape = in_order(reader.read_shape(tags, start, end, known).samples)
        assert keyed(shape) <= keyed(whole)
        for name in ("min", "max"):
            assert ends(shape, name) == ends(whole, name)
        rolled = reader.read_rolled(tags, start, end, known, lambda r: (r["first"] >= start) & (r["last"] < end))
        mine = joined([rolled.rollups, rolled_up(by_tag(rolled.samples))]).rollups
        true = rolled_up(by_tag(theirs))
        for name in ("tag", "hour", "good", "uncertain", "bad", "first", "last", "least", "greatest", "last_value"):
            np.testing.assert_array_equal(mine[name], true[name], name)
        np.testing.assert_allclose(mine["area"], true["area"], rtol=1e-9, atol=1e-6)
        counted = counts(reader, tags, start, end, known)
        s, beaten, differs = compared(theirs)
        for name, mask in (("received", s.tag >= 0), ("repeats", beaten & ~differs), ("overwritten", differs)):
            of_each = np.bincount(s.tag[mask], minlength=len(NAMES))[tags]
            assert getattr(counted, name).tolist() == of_each.tolist(), name
    since = reader.since(known, FAR_FUTURE).samples
    assert told(since) == told(memory.since(known, FAR_FUTURE).samples)


def ends(rows: Samples, name: str) -> dict[tuple[int, int], float]:
    """The least or greatest value of each tag's minutes."""
    found: dict[tuple[int, int], float] = {}
    for tag, time, value, status in zip(
        rows.tag.tolist(), rows.time.tolist(), rows.value.tolist(), rows.status.tolist(), strict=True
    ):
        if value == value and status < 0x80000000:
            key = tag, time // MINUTE
            found[key] = (min if name == "min" else max)(found.get(key, value), value)
    return found


@pytest.mark.parametrize("rows", [12, 2000])
@settings(max_examples=20)
@given(STEPS, TIMES, st.integers(0, 30), st.integers(0, 30))
def test_every_read_says_what_the_entries_say(tmp_path_factory, rows, steps, start, hours, known):
    store = Store(tmp_path_factory.mktemp("law"), rows)
    try:
        for step in steps:
            store.do(step)
        check(store, FAR_PAST, FAR_FUTURE, FAR_FUTURE)
        check(store, start, start + hours * HOUR, FAR_FUTURE)
        check(store, start, start + hours * HOUR, LATER + known)
        first = store.reader.first()
        oldest = store.rows().time
        assert not len(oldest) or first is None or first <= max(oldest.min(), LATER - HORIZON)
    finally:
        store.close()
        for folder in store._root.iterdir():
            shutil.rmtree(folder)


def test_two_sets_of_groups_merge_and_compact(tmp_path: Path) -> None:
    """The longest way by hand: every set in turn, with duplicates across files of all of them."""
    store = Store(tmp_path, 2000)
    for groups in SETS * 2:
        store.do(groups)
        for tag in range(4):
            store.do(_run(tag, (FIRST + 1) * DAY - 5 * MINUTE, 40, 0.5))
        store.do("seal")
    for step in ("merge", "thin", "move", (1, 2, True), "compact", "begin", "sweep"):
        store.do(step)
        check(store, FAR_PAST, FAR_FUTURE, FAR_FUTURE)
    store.close()
