"""Editions of the model: whatever way a log is fed, under whichever models, the result is that of one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.core.batch import Batch, batch
from twin.core.course import Course
from twin.core.event import CONNECTION_LOST, CONNECTION_UP, Event
from twin.core.fold import Fold, Record
from twin.core.instant import FAR_FUTURE, FAR_PAST, MINUTE, SECOND, to_text
from twin.core.rows import in_order
from twin.core.span import in_event_order, unit_state
from twin.core.tags import TagTable
from twin.model.load import load
from twin.model.plant import DatedScale, Plant
from twin.runtime.assembly import Assembly, assemble_all
from twin.runtime.loaded import Loaded
from twin.runtime.plugins import connectors
from twin.store.memory import MemoryHistory, MemoryResults

BEGIN = 1_700_000_040 * SECOND
"""Just before a full minute."""
TAGS = ["p/line1/a/st", "p/line1/a/temp", "p/line1/a/total", "p/line2/b/st", "p/hall"]

FIRST = """
linetwin: 1
plant: p
connections:
  one: {opcua: "opc.tcp://127.0.0.1:4840", ns: "urn:plc", wait: 1s}
  two: {opcua: "opc.tcp://127.0.0.1:4841", ns: "urn:plc", wait: 1s}
lines:
  line1:
    machines:
      a:
        from: one
        tags:
          st: {node: st}
          temp: {node: temp, alarms: [{high: 30, delay: 2s, deadband: 2}, {stale: 20s}]}
          total: {node: total, counter: {wraps: 64}}
        counts: {total: total}
        state:
          - {when: "temp > 40", is: down}
          - {when: "rate(total, 5s) > 0", is: running}
          - {is: idle}
  line2:
    machines:
      b: {from: two, tags: {st: {node: st}}, state: {table: {1: running, 2: down}, value: st}}
tags:
  hall: {from: two, node: hall, alarms: [{low: 5}]}
"""
OTHER_LIMIT = FIRST.replace("high: 30", "high: 20").replace("temp > 40", "temp > 25 and st == 1")
READS_THE_HALL = OTHER_LIMIT.replace("temp > 25 and st == 1", "temp > 25 or line2/b/st == 2")
WITHOUT_B = FIRST.replace(
    "      b: {from: two, tags: {st: {node: st}}, state: {table: {1: running, 2: down}, value: st}}",
    '      c: {from: two, tags: {x: {node: x}}, state: [{when: "line1/a/temp > 10", is: running}, {is: idle}]}',
)
TEXTS = [FIRST, OTHER_LIMIT, READS_THE_HALL, WITHOUT_B]


def plant_of(text: str) -> Plant:
    return load(text, "plant.yaml", connectors(), {})


PLANTS = [plant_of(text) for text in TEXTS]


def scaled(plant: Plant, factor: float, start: int, end: int) -> Plant:
    """The temperature was read with another factor for a while."""
    tag = "p/line1/a/temp"
    spec = replace(plant.tags[tag], scales=(DatedScale(start, end, factor),))
    return replace(plant, tags={**plant.tags, tag: spec}, digest=f"{plant.digest}{factor}{start}{end}")


@dataclass
class Running:
    """A plant fed tick by tick over stores in memory, with models loaded on the way and restarts."""

    loads: list[Loaded]
    tags: TagTable = field(default_factory=TagTable)
    history: MemoryHistory = field(default_factory=MemoryHistory)
    results: MemoryResults = field(default_factory=MemoryResults)
    known: int = BEGIN
    now: int = BEGIN

    def __post_init__(self) -> None:
        self.tags.ids_of(TAGS)
        self.start()

    def start(self) -> None:
        self.assembly: Assembly = assemble_all(self.loads, self.tags)
        self.engine = self.assembly.engine(self.history, self.results)
        for one in self.engine.resume(self.now, self.known):
            self.results.publish(one)

    def load(self, plant: Plant) -> None:
        self.known += 1
        since = max(self.now, self.known)
        self.loads.append(Loaded(plant, since, self.known, len(self.tags)))
        self.start()

    def tick(self, now: int, items: Sequence[Batch | Event] = ()) -> None:
        entries = []
        for item in items:
            self.known = max(now, self.known + 1)
            self.history.append(self.known, item)
            entries.append((self.known, item))
        self.now = now
        self.engine.accept(entries)
        for one in self.engine.tick(now, max(self.known, now)):
            self.results.publish(one)

    def one_pass(self, time: int, known: int) -> tuple[list[Fold], list[Record]]:
        """result(time, known) in one step over everything."""
        units = range(len(self.assembly.units))
        course = Course(self.assembly.editions, units, BEGIN - MINUTE, known)
        piece = course.editions.of_units(self.history.read(FAR_PAST, time, known), units)
        records = course.step(in_order(piece.samples), in_event_order(piece.events), time)
        return course.folds, records

    def require_equal(self) -> None:
        for lane in self.engine.lanes:
            assert lane.settled
            folds, records = self.one_pass(lane.frontier, lane.known)
            for unit in lane.units:
                assert unit_state(lane.folds, unit) == unit_state(folds, unit), self.assembly.units[unit].name
                due = {record for record in records if record.unit == unit}
                assert set(self.results.current(unit, FAR_PAST, FAR_FUTURE)) == due

    def require_known(self, time: int, known: int) -> None:
        folds, _ = self.one_pass(time, known)
        for view in self.engine.at(time, known):
            for unit in view.units:
                assert unit_state(view.folds, unit) == unit_state(folds, unit), self.assembly.units[unit].name


def a_log(rng: np.random.Generator, minutes: int) -> list[tuple[int, Batch | Event]]:
    """(instant of arrival, entry), some late by up to two minutes, some twice."""
    found: list[tuple[int, Batch | Event]] = []
    total = 0
    for half in range(minutes * 120):
        time = BEGIN + half * SECOND // 2
        total = (total + int(rng.random() < 0.3)) % 64
        values = {
            0: rng.integers(0, 3),
            1: rng.integers(0, 60),
            2: total,
            3: rng.integers(0, 4),
            4: rng.integers(0, 20),
        }
        chosen = [tag for tag in values if rng.random() < 0.25]
        if chosen:
            status = [0x80000000 if rng.random() < 0.05 else 0 for _ in chosen]
            item = batch("s", chosen, [time] * len(chosen), [float(values[tag]) for tag in chosen], status)
            late = int(rng.choice([0, 0, 0, 0, 0, 1, 5, 70, 130])) * SECOND
            found.append((time + late + SECOND // 10, item))
            if rng.random() < 0.05:
                found.append((time + late + 9 * SECOND, item))
        if rng.random() < 0.01:
            kind = CONNECTION_LOST if rng.random() < 0.5 else CONNECTION_UP
            found.append((time + SECOND // 5, Event(time, kind, str(rng.choice(["one", "two"])), {"cause": "x"})))
    return sorted(found, key=lambda one: one[0])


def lived(seed: int, plants: Sequence[tuple[int, Plant]], restarts: Sequence[int], minutes: int = 4) -> Running:
    """plants: (half seconds after the begin, model), the first from the begin on. A tick is two seconds."""
    rng = np.random.default_rng(seed)
    log = a_log(rng, minutes)
    one = Running([Loaded(plants[0][1])])
    changes = dict(plants[1:])
    for half in range(0, (minutes + 3) * 120, 4):
        now = BEGIN + half * SECOND // 2
        arrived = [item for at, item in log if now - 2 * SECOND < at <= now]
        for when in range(half - 3, half + 1):
            if when in changes:
                one.load(changes[when])
            if when in restarts:
                one.start()
        one.tick(now, arrived)
    return one


@settings(max_examples=6, deadline=None)
@given(
    st.integers(0, 10**6),
    st.lists(st.tuples(st.integers(1, 450), st.integers(0, len(PLANTS) - 1)), min_size=1, max_size=3),
    st.lists(st.integers(1, 600), max_size=2),
)
def test_live_with_changes_of_the_model_late_entries_and_restarts_is_one_pass(
    seed: int, changes: list[tuple[int, int]], restarts: list[int]
) -> None:
    later = sorted({half: PLANTS[which] for half, which in changes}.items())
    one = lived(seed, [(0, PLANTS[seed % len(PLANTS)]), *later], restarts)
    one.require_equal()


@settings(max_examples=5, deadline=None)
@given(
    st.integers(0, 10**6), st.integers(1, 400), st.integers(0, len(PLANTS) - 2), st.integers(0, 300),
    st.integers(0, 300), st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), min_size=3, max_size=6),
)  # fmt: skip
def test_a_dated_scale_mends_the_past_and_what_was_known_stays(
    seed: int, half: int, which: int, start: int, length: int, moments: list[tuple[int, int]]
) -> None:
    begins = BEGIN + start * SECOND
    mended = scaled(PLANTS[which], 2.0, begins, begins + length * SECOND)
    one = lived(seed, [(0, PLANTS[which]), (half, mended), (420, PLANTS[3])], [500])
    one.require_equal()
    for time, known in moments:
        one.require_known(BEGIN + time * SECOND // 2, BEGIN + known * SECOND // 2)


def at(seconds: float) -> int:
    return BEGIN + int(seconds * SECOND)


def put(tag: str, seconds: float, value: float) -> Batch:
    return batch("s", [TAGS.index(tag)], [at(seconds)], [value])


def alarms_of(one: Running) -> list[str]:
    return [o.id for lane in one.engine.live(one.now) for f in lane.folds if f.name == "alarms" for o in f.open()]  # type: ignore[attr-defined]


def states(one: Running, machine: str) -> list[tuple[str, float, float]]:
    found = [r for unit in range(len(one.assembly.units)) for r in one.results.current(unit, FAR_PAST, FAR_FUTURE)]
    own = sorted((r for r in found if (r.kind, r.key) == ("state", machine)), key=lambda r: r.start)
    return [(dict(r.data)["state"], (r.start - BEGIN) / SECOND, (r.end - BEGIN) / SECOND) for r in own]


def test_a_lowered_limit_counts_from_its_load_on_by_the_last_value() -> None:
    one = Running([Loaded(PLANTS[0])])
    one.tick(at(1), [put("p/line1/a/temp", 1, 25)])
    one.tick(at(5))
    assert alarms_of(one) == []
    one.load(PLANTS[1])
    one.tick(at(10))
    assert alarms_of(one) == [f"p/line1/a/temp~high@{to_text(one.loads[-1].since + 2 * SECOND)}"]


def test_new_rules_are_asked_at_once_and_the_interval_before_them_stays() -> None:
    one = Running([Loaded(PLANTS[0])])
    one.tick(at(1), [put("p/line1/a/temp", 1, 30), put("p/line1/a/st", 1, 1), put("p/line1/a/total", 1, 0)])
    one.tick(at(20))
    one.load(PLANTS[1])
    one.tick(at(40), [put("p/line1/a/temp", 40, 10)])
    one.tick(at(50))
    since = (one.loads[-1].since - BEGIN) / SECOND
    assert states(one, "p/line1/a") == [("idle", 1.0, since), ("down", since, 40.0)]


def test_a_machine_that_leaves_the_model_ends_its_state() -> None:
    one = Running([Loaded(PLANTS[0])])
    one.tick(at(1), [put("p/line2/b/st", 1, 1), put("p/line1/a/temp", 1, 12)])
    one.tick(at(20))
    one.load(PLANTS[3])
    one.tick(at(30))
    assert states(one, "p/line2/b") == [("running", 1.0, (one.loads[-1].since - BEGIN) / SECOND)]
    live = {m.path: int(c) for lane in one.engine.live(one.now) for f in lane.folds if f.name == "machine_state"
            for m, c in zip(f.machines, f.state["machine"].code, strict=True)}  # type: ignore[attr-defined]  # fmt: skip
    assert live["p/line2/c"] > 0  # a last value says what it does, though no sample came since


def test_a_tag_that_nobody_knew_has_a_last_value_at_once() -> None:
    one = Running([Loaded(PLANTS[0])])
    fresh = one.tags.id_of("p/came/since")
    one.tick(at(1), [batch("s", [fresh], [at(1)], [7.0])])
    rows = [
        (int(tag), float(value))
        for lane in one.engine.live(at(2)) for f in lane.folds if f.name == "last_value"
        for tag, value in zip(f.state["tag"].tag, f.state["tag"].value, strict=True)
    ]  # fmt: skip
    assert rows == [(fresh, 7.0)]


@pytest.mark.parametrize("which", [1, 2, 3])
def test_snapshots_of_the_edition_before_are_found_again(which: int) -> None:
    one = Running([Loaded(PLANTS[0])])
    for second in range(0, 200):
        one.tick(at(second), [put("p/line1/a/temp", second - 0.5, second % 50)])
    one.load(PLANTS[which])
    one.tick(at(201))
    reads: list[int] = []
    read = one.history.read
    one.history.read = lambda start, end, known: (reads.append(start), read(start, end, known))[1]  # type: ignore[method-assign]
    one.start()
    assert min(reads) > at(100)  # from a snapshot, not from the beginning
