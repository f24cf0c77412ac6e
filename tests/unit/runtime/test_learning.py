"""The learner: one event for each machine, true from the end of what it was learnt from, the same on every try."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import numpy as np

from tests.unit.health.a_plant import BEGIN, SECOND, lived, make_folds
from twin.core.event import MODEL_LEARNT, MODEL_REFUSED, Event
from twin.core.fold import Step, step_all
from twin.core.instant import DAY, HOUR
from twin.core.rows import Rows, in_order, samples_of
from twin.health.condition import Condition
from twin.health.reading import ToLearn, to_learn
from twin.runtime.learning import fresh, keep_learning, learnt

NOW = BEGIN + 2 * HOUR


def good_windows(seed: int = 1) -> ToLearn:
    """What machine `a` of the small plant can be learnt from."""
    folds = make_folds((0,))
    r = in_order(samples_of([(1, lived(seed, 30))]))
    rows = Rows(r.tag, r.time, r.value, r.status, r.recorded)
    step_all(folds, Step(BEGIN - 1, BEGIN + 1800 * SECOND, rows))
    fold = folds[-1]
    assert isinstance(fold, Condition)
    [found] = to_learn(fold)
    return found


def test_the_event_is_the_same_whenever_it_is_made():
    found = good_windows()
    event = learnt(found, NOW)
    assert (event.kind, event.subject, event.time) == (MODEL_LEARNT, "a", found.end)
    assert event.to_bytes() == learnt(good_windows(), NOW + DAY).to_bytes()
    assert event.body["tags"] == ["a/current", "a/vibration", "a/temp"]
    assert (event.body["learnt_from"], event.body["learnt_to"]) == (found.start, found.end)
    assert event.body["rows"] == len(found.rows) == 60


def test_what_is_too_old_to_be_folded_counts_from_now():
    late = BEGIN + 30 * DAY
    assert learnt(good_windows(), late).time == late


def test_what_was_noted_is_not_learnt_again_while_a_view_still_shows_it_unlearnt():
    found = good_windows()
    noted = {(found.watch.signature, found.end)}
    assert fresh([found], set()) == [found]
    assert fresh([found], noted) == []
    assert fresh([good_windows()], noted) == []


def test_what_is_not_normal_is_refused_with_the_reason():
    found = good_windows()
    found.rows[40:, 1] += np.linspace(0, 2, 20)
    event = learnt(found, NOW)
    assert (event.kind, event.time) == (MODEL_REFUSED, found.end)
    assert event.body["signature"] == "sign-a"
    assert "vibration" in event.body["reason"]


class Lending:
    """What the learner needs of a twin, with two machines to learn for; it notes what it is given."""

    def __init__(self, watched: list[ToLearn]) -> None:
        self._watched = watched
        self.clock = self
        self.noted: asyncio.Queue[Event] = asyncio.Queue()

    def now(self) -> int:
        return NOW

    def live(self) -> Lending:
        return self

    def to_learn(self) -> list[ToLearn]:
        return self._watched

    async def note(self, event: Event) -> int:
        await self.noted.put(event)
        return 1


async def test_a_machine_that_cannot_be_learnt_does_not_stop_the_others(monkeypatch):
    """Whatever goes wrong in the arithmetic of one is told; the next one is learnt all the same."""
    good = good_windows()
    broken = dataclasses.replace(good, rows=good.rows[:, :1], watch=dataclasses.replace(good.watch, path="b"))
    monkeypatch.setattr("twin.runtime.learning.PAUSE_S", 0.0)
    twin: Any = Lending([dataclasses.replace(broken, end=broken.end + 1), good])
    learning = asyncio.create_task(keep_learning(twin))
    event = await asyncio.wait_for(twin.noted.get(), 30)
    learning.cancel()
    assert (event.kind, event.subject) == (MODEL_LEARNT, "a")
