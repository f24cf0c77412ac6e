"""A sample that comes half a minute or an hour late: the plant is what it would have been, and people are told."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.contract.stores import SetClock
from twin.core.batch import Batch, batch
from twin.core.errors import StoreFailed
from twin.core.fold import Record
from twin.core.instant import FAR_FUTURE, FAR_PAST, HOUR, MINUTE, SECOND, to_text
from twin.model.load import load
from twin.runtime.plugins import connectors
from twin.runtime.twin import Twin, open_twin

PLANT = """
linetwin: 1
plant: faults/plant
connections:
  gw: {mqtt: "mqtt://127.0.0.1:1", wait: 1s}
types:
  machine:
    tags:
      st: {topic: "{machine}/st"}
      total: {topic: "{machine}/total", counter: {}}
    counts: {total: total}
    state: {value: st, table: {1: running, 2: down, 3: idle}}
lines:
  line1: {machines: {a: {type: machine, from: gw}, b: {type: machine, from: gw}}}
  line2: {machines: {c: {type: machine, from: gw}}}
"""
BEGIN = 1_762_750_800 * SECOND
END = BEGIN + 90 * MINUTE
Sample = tuple[str, int, float]


def samples() -> list[Sample]:
    """Three machines over 90 minutes: a state that changes each five minutes, a count each ten seconds."""
    found: list[Sample] = []
    for number, machine in enumerate(["line1/a", "line1/b", "line2/c"]):
        found += [(f"{machine}/total", at, (at - BEGIN) / SECOND) for at in range(BEGIN, END, 10 * SECOND)]
        changes = range(BEGIN + number * SECOND, END, 5 * MINUTE)
        found += [(f"{machine}/st", at, float(n % 3 + 1)) for n, at in enumerate(changes)]
    return sorted(found, key=lambda sample: sample[1])


class Feed:
    """A running twin whose clock stands where the test puts it."""

    def __init__(self, twin: Twin, clock: SetClock) -> None:
        self.twin = twin
        self._clock = clock

    async def deliver(self, given: Sequence[Sample], now: int) -> None:
        """Make these durable at this instant, and wait until the folds have taken them in and healed."""
        recorded = await self.append(given, now) if given else 0
        self._clock.instant = now
        await self._settled(recorded)

    async def append(self, given: Sequence[Sample], now: int) -> int:
        """Make these durable at this instant."""
        self._clock.instant = now
        return await self.twin.append(self._batch(given))

    async def stands_still(self) -> str:
        """Wait until the twin says that it is not ready, and why."""
        async with asyncio.timeout(20):
            while self.twin.ready()[0]:  # noqa: ASYNC110 - a thread that failed sets no event
                await asyncio.sleep(0.01)
        return self.twin.ready()[1]

    async def _settled(self, recorded: int) -> None:
        async with asyncio.timeout(20):
            view = self.twin.live()
            while view.known < recorded or view.frontier < self._clock.instant - SECOND:
                view = await self.twin.next_view(view.number)

    def _batch(self, given: Sequence[Sample]) -> Batch:
        names, times, values = zip(*given, strict=True)
        return batch("test", self.twin.tags.ids_of([f"faults/plant/{name}" for name in names]), times, values)

    def records(self) -> set[Record]:
        return {r for unit in range(3) for r in self.twin.results.current(unit, FAR_PAST, FAR_FUTURE)}

    async def shown(self, at: int) -> tuple[object, ...]:
        """Everything that the plant shows of an instant, as it is known now."""
        view = await self.twin.at(at, FAR_FUTURE)
        columns = (view.tags.time, view.tags.value, view.tags.status, view.tags.usual)
        return view.machines, view.open_minutes, *[column.tobytes() for column in columns]


@asynccontextmanager
async def running(folder: Path, text: str = PLANT, now: int = BEGIN):
    clock = SetClock(now)
    plant = load(text, "plant.yaml", connectors(), os.environ)
    async with open_twin(plant, folder, clock, connect=False) as twin:
        yield Feed(twin, clock)


def between(all_samples: Sequence[Sample], start: int, end: int, *but: Sample) -> list[Sample]:
    return [one for one in all_samples if start <= one[1] < end and one not in but]


@pytest.fixture
async def in_order(tmp_path):
    """What a twin shows to which everything came in time."""
    async with running(tmp_path / "in_order") as feed:
        for start in range(BEGIN, END, 30 * MINUTE):
            await feed.deliver(between(samples(), start, start + 30 * MINUTE), start + 30 * MINUTE)
        await feed.deliver([], END + MINUTE)
        yield feed.records(), await feed.shown(END), await feed.shown(BEGIN + 25 * MINUTE)


@pytest.mark.parametrize(("minute", "machine", "lateness"), [(80, "line1/b", 30 * SECOND), (20, "line2/c", HOUR)])
async def test_late_samples_change_what_they_touch_and_nothing_else(in_order, tmp_path, minute, machine, lateness):
    expected, at_end, before = in_order
    everything, path = samples(), f"faults/plant/{machine}"
    of_machine = [one for one in everything if one[0] == f"{machine}/st"]
    (late,) = [one for one in of_machine if abs(one[1] - BEGIN - minute * MINUTE) < MINUTE]
    arrival = late[1] + lateness
    async with running(tmp_path / "late") as feed:
        await feed.deliver(between(everything, BEGIN, BEGIN + 60 * MINUTE, late), BEGIN + 60 * MINUTE)
        await feed.deliver(between(everything, BEGIN + 60 * MINUTE, arrival, late), arrival)
        known, shown, told = feed.twin.live().known, feed.records(), len(feed.twin.corrections)
        await feed.deliver([late], arrival + 2 * SECOND)
        corrections, now_shown = list(feed.twin.corrections)[told:], feed.records()
        was = (await feed.twin.at(late[1] + 2 * SECOND, known)).machines[path]
        is_now = (await feed.twin.at(late[1] + 2 * SECOND, FAR_FUTURE)).machines[path]
        await feed.deliver(between(everything, arrival, END), END)
        await feed.deliver([], END + MINUTE)
        assert feed.records() == expected
        assert await feed.shown(END) == at_end
        assert await feed.shown(BEGIN + 25 * MINUTE) == before
    assert (was.since, is_now.since) == (late[1] - 5 * MINUTE, late[1])
    assert was.state != is_now.state
    assert {one.removed for one in corrections if one.removed is not None} == shown - now_shown
    changed = {r for r in now_shown - shown if r.end < arrival - SECOND}  # the rest is the present going on
    assert {one.added for one in corrections if one.added is not None} == changed
    assert {one.added.key for one in corrections if one.added is not None} == {path}


async def test_a_sample_delivered_again_is_no_correction(tmp_path):
    everything = between(samples(), BEGIN, BEGIN + 20 * MINUTE)
    async with running(tmp_path) as feed:
        await feed.deliver(everything, BEGIN + 20 * MINUTE)
        await feed.deliver([], BEGIN + 21 * MINUTE)
        shown, told, heals = feed.records(), len(feed.twin.corrections), feed.twin.health()["fold_heals_total"]
        await feed.deliver(everything[50:150], BEGIN + 22 * MINUTE)
        assert feed.records() == shown
        assert len(feed.twin.corrections) == told
        assert feed.twin.health()["fold_heals_total"] == heals


async def test_folds_that_could_not_read_the_log_stand_still_and_then_lose_nothing(in_order, tmp_path, monkeypatch):
    expected, at_end, _ = in_order
    everything = samples()
    (late,) = [one for one in everything if one[0] == "line1/a/st" and one[1] == BEGIN + 20 * MINUTE]

    def unreadable(*_):
        raise StoreFailed("log.db: disk I/O error")

    async with running(tmp_path / "unreadable") as feed:
        await feed.deliver(between(everything, BEGIN, BEGIN + 40 * MINUTE, late), BEGIN + 40 * MINUTE)
        with monkeypatch.context() as patch:
            patch.setattr(feed.twin.reader, "rows", unreadable)
            await feed.append([late], BEGIN + 41 * MINUTE)  # makes the folds read the log again
            assert "disk I/O error" in await feed.stands_still()
            await feed.append(between(everything, BEGIN + 40 * MINUTE, BEGIN + 42 * MINUTE), BEGIN + 42 * MINUTE)
        await feed.deliver(between(everything, BEGIN + 42 * MINUTE, END), END)
        await feed.deliver([], END + MINUTE)
        assert feed.twin.ready()[0]
        assert feed.records() == expected
        assert await feed.shown(END) == at_end


async def test_a_scale_that_mends_the_past_says_so_and_leaves_what_was_known(tmp_path):
    since, until = to_text(BEGIN), to_text(BEGIN + 5 * MINUTE)
    mended = PLANT.replace(
        'st: {topic: "{machine}/st"}',
        f'st: {{topic: "{{machine}}/st", scales: [{{from: {since}, to: {until}, raw: [0, 1], range: [0, 2]}}]}}',
    )
    at = BEGIN + 2 * MINUTE
    async with running(tmp_path) as feed:
        await feed.deliver(between(samples(), BEGIN, BEGIN + 20 * MINUTE), BEGIN + 20 * MINUTE)
        await feed.deliver([], BEGIN + 21 * MINUTE)
        known, before = feed.twin.live().known, await feed.twin.at(at, FAR_FUTURE)
    async with running(tmp_path, mended, BEGIN + 22 * MINUTE) as feed:
        tag = feed.twin.tags.ids_of(["faults/plant/line1/a/st"])[0]
        was, is_now = await feed.twin.at(at, known), await feed.twin.at(at, FAR_FUTURE)
        assert [view.tags.value[tag] for view in (before, was, is_now)] == [1, 1, 2]
        assert [view.machines["faults/plant/line1/a"].state for view in (before, was, is_now)] == [
            "running", "running", "down",
        ]  # fmt: skip
        for then, value in ((feed.twin.as_known(known), 1), (feed.twin, 2)):
            rows = then.past.read_tags(np.array([tag], np.int32), BEGIN, BEGIN + MINUTE, known).samples
            assert then.meaning.scaled(rows)[0].tolist() == [value]
        told = list(feed.twin.corrections)
        assert told
        assert {cause.kind for one in told for cause in one.why} == {"plant.loaded"}
