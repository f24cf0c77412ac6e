"""Groups of tags have files of their own, and an age of their own; what one set of groups told apart shares no tag."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.contract.stores import AT_ONCE, SetClock
from twin.core.batch import batch
from twin.core.event import Event
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST, SECOND
from twin.store.counted import counts
from twin.store.groups import Groups
from twin.store.inspect import damage
from twin.store.log import SqliteLog
from twin.store.merge import merge_past_days
from twin.store.reader import LogReader
from twin.store.retention import Limits, forget_before
from twin.store.seal import Sealer

NAMES = ("m/temp", "m/vibration", "m/energy")
BOTH = Groups(["fast", "years"], lambda tag: {"m/vibration": "fast", "m/energy": "years"}.get(tag, ""), "both")


@dataclass
class Store:
    log: SqliteLog
    reader: LogReader
    clock: SetClock

    def seal(self, groups: Groups = BOTH) -> Sealer:
        sealer = Sealer(self.log, self.reader, AT_ONCE, groups=groups)
        while sealer.seal(FAR_FUTURE):
            pass
        return sealer

    def day(self, day: int, rows: int = 30) -> None:
        """Each tag in turn, a second apart."""
        self.clock.instant = day * DAY + rows * SECOND
        times = day * DAY + SECOND * np.arange(rows)
        self.log.submit(batch("s", np.arange(rows) % 3, times, np.arange(rows, dtype=float))).result(10)

    def held(self) -> dict[str, list[int]]:
        """Days of which there is something, by tag."""
        s = self.reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples
        days = s.time // DAY
        return {name: sorted(set(days[s.tag == tag].tolist())) for tag, name in enumerate(NAMES)}

    def files(self) -> list[tuple[int, str]]:
        return self.reader.rows("SELECT day, grp FROM file ORDER BY day, grp")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    clock = SetClock()
    log, reader = SqliteLog(tmp_path, clock), LogReader(tmp_path)
    log.tags.ids_of(NAMES)
    with closing(log), closing(reader):
        yield Store(log, reader, clock)


def test_each_group_is_kept_for_its_own_age(store: Store) -> None:
    for day in (10, 11, 12):
        store.day(day)
    store.log.submit(Event(10 * DAY, "gap", "x")).result(10)
    store.log.submit(Event(12 * DAY, "gap", "x")).result(10)
    before = store.reader.counts()
    store.seal()
    assert store.reader.counts() == before
    assert store.files() == [(day, group) for day in (10, 11, 12) for group in ("", "fast", "years")]
    forget_before(store.log, Limits(11 * DAY, {"fast": 12 * DAY, "years": 5 * DAY}))
    assert store.held() == {"m/temp": [11, 12], "m/vibration": [12], "m/energy": [10, 11, 12]}
    assert [event.time // DAY for _, event in store.reader.read(0, FAR_FUTURE, FAR_FUTURE).events] == [12]
    assert (store.reader.kept_from(), store.reader.whole_from()) == (11 * DAY, 12 * DAY)


def test_a_group_is_forgotten_where_everything_else_is_kept_for_ever(store: Store) -> None:
    store.day(10)
    store.day(11)
    store.seal()
    forget_before(store.log, Limits(groups={"fast": 11 * DAY}))
    assert store.held() == {"m/temp": [10, 11], "m/vibration": [11], "m/energy": [10, 11]}
    assert (store.reader.kept_from(), store.reader.whole_from()) == (None, 11 * DAY)


def test_what_is_in_the_log_stays_as_long_as_the_longest_group(store: Store) -> None:
    store.day(10)
    store.day(12)
    limits = Limits(11 * DAY, {"years": 5 * DAY})
    forget_before(store.log, limits)
    assert store.held()["m/energy"] == [10, 12]
    store.seal()
    forget_before(store.log, limits)
    assert store.held() == {"m/temp": [12], "m/vibration": [12], "m/energy": [10, 12]}


def test_what_is_still_to_be_sent_stays(store: Store) -> None:
    store.day(10)
    store.seal()
    store.day(11)
    store.seal()
    ((taken,),) = store.reader.rows("SELECT min(rmax) FROM file")
    forget_before(store.log, Limits(20 * DAY, taken=taken))
    assert store.held() == {name: [11] for name in NAMES}
    store.day(12)
    forget_before(store.log, Limits(20 * DAY, taken=taken))
    assert store.held() == {name: [11, 12] for name in NAMES}


def test_merging_keeps_groups_apart_and_follows_a_new_set(store: Store) -> None:
    for _ in range(3):
        store.day(10)
    store.seal()
    store.day(10)
    merge_past_days(store.seal(), FAR_FUTURE)
    assert store.files() == [(10, ""), (10, "fast"), (10, "years")]
    store.day(10)
    sealer = store.seal(Groups(["hot"], lambda tag: "hot" if tag == "m/temp" else "", "other"))
    held = store.held()
    merge_past_days(sealer, FAR_FUTURE)
    merge_past_days(sealer, FAR_FUTURE)
    assert store.held() == held
    assert {"", "hot"} <= {group for _, group in store.files()}
    assert damage(store.reader, lambda _share: None) == []


@pytest.mark.parametrize("groups", [BOTH, Groups((), lambda _tag: "", "")])
def test_shapes_are_read_from_outlines_beside_other_groups(store: Store, groups: Groups) -> None:
    store.day(10, 3000)
    store.seal(groups)
    tags = np.array([0, 1], dtype=np.int32)
    span = 10 * DAY, 10 * DAY + 50 * 60 * SECOND
    every = len(store.reader.read_tags(tags, *span, FAR_FUTURE).samples)
    assert every == 2000
    assert len(store.reader.read_shape(tags, *span, FAR_FUTURE).samples) < every / 3


def test_files_of_different_sets_may_share_tags(store: Store) -> None:
    """A tag that changed its group has rows in files of both: neither outline stands for it alone."""
    store.day(10, 3000)
    store.seal(BOTH)
    other = Groups(["fast"], lambda tag: "fast" if tag == "m/temp" else "", "other")
    times = 10 * DAY + SECOND * np.arange(3000) + 1
    store.log.submit(batch("s", [0] * 3000, times, [9.0] * 3000)).result(10)
    store.seal(other)
    tags, span = np.array([0], dtype=np.int32), (10 * DAY, 11 * DAY)
    assert len(store.reader.read_shape(tags, *span, FAR_FUTURE).samples) == 4000


def test_rows_of_groups_are_counted_without_reading_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.day(10, 3000)
    store.seal()
    monkeypatch.setattr(store.reader, "read_tags", None)
    found = counts(store.reader, np.arange(3, dtype=np.int32), 10 * DAY, 11 * DAY)
    assert found.received.tolist() == [1000, 1000, 1000]
