"""Killed, stopped, started again, with a clock that steps back: the result stays the fold of what the log holds."""

from __future__ import annotations

import pytest

from tests.contract.stores import memory, sqlite
from tests.unit.core.test_fold_laws import BEGIN, CASE, SECOND
from twin.core.batch import Batch, batch
from twin.core.engine import Engine, LaneView
from twin.core.event import CONNECTION_LOST, CONNECTION_UP, Event
from twin.core.history import Publication
from twin.core.instant import FAR_FUTURE, FAR_PAST, MINUTE
from twin.core.lane import Lane
from twin.testing.fold_laws import one_pass, require_records, require_states

WAIT = SECOND


class Plant:
    """A store, and the engine that folds it now; `kill` leaves only the store."""

    def __init__(self, store) -> None:
        self.store = store
        self.entries: list[tuple[int, Batch | Event]] = []
        self.known = 0
        self.start(BEGIN)

    def start(self, now: int, most: int | None = None) -> Publication:
        """Returns all that was told; most: killed behind so many pieces of it."""
        self.engine = Engine(
            [Lane(CASE.units, CASE.editions, WAIT, self.store.history, self.store.results)], CASE.editions
        )
        pieces: list[Publication] = []
        for one in self.engine.resume(now, self.known):
            self._publish([one])
            pieces.append(one)
            if len(pieces) == most:
                break
        self.pieces = len(pieces)
        names = ("added", "corrected", "removed", "snapshots", "late", "healed")
        return Publication(self.known, *([one for piece in pieces for one in getattr(piece, name)] for name in names))

    def stop(self) -> None:
        self._publish(self.engine.final())

    def log(self, now: int, *items: Batch | Event) -> list[tuple[int, Batch | Event]]:
        """Make durable without telling the engine: as when it is killed at this instant."""
        taken = []
        for item in items:
            self.known = max(now, self.known + 1)
            self.store.put(self.known, item)
            taken.append((self.known, item))
        self.entries += taken
        return taken

    def take(self, now: int, *items: Batch | Event) -> None:
        self.engine.accept(self.log(now, *items))

    def tick(self, *instants: int) -> None:
        for now in instants:
            self._publish(self.engine.tick(now, self.known))

    def _publish(self, publications) -> None:
        for one in publications:
            self.store.results.publish(one)

    def run(self, start: int, end: int) -> None:
        """Both lines live, a sample a second, a tick every 10 s."""
        for now in range(start + 10 * SECOND, end + SECOND, 10 * SECOND):
            self.take(now, *[sample(at) for at in range(now - 10 * SECOND, now, SECOND)])
            self.tick(now)

    def check(self) -> None:
        (lane,) = self.engine.lanes
        assert lane.settled
        folds, records = one_pass(CASE, self.entries, lane.frontier, self.known)
        require_states(lane.folds, folds, CASE.units)
        current = [r for unit in CASE.units for r in self.store.results.current(unit, FAR_PAST, FAR_FUTURE)]
        require_records(current, records)

    def equals(self, view: LaneView, time: int, known: int) -> None:
        require_states(view.folds, one_pass(CASE, self.entries, time, known)[0], CASE.units)


def sample(at: int) -> Batch:
    n = (at - BEGIN) // SECOND
    return batch("c0", range(6), [at] * 6, [n % 16, n // 7 % 8, n // 11 % 3, n // 2 % 16, n // 5 % 8, n // 13 % 4])


def late(tag: int, at: int, value: float) -> Batch:
    return batch("c0", [tag], [at], [value])


@pytest.fixture(params=[memory, sqlite], ids=["memory", "sqlite"])
def plant(request, tmp_path):
    with request.param(tmp_path) as store:
        yield Plant(store)


def test_killed_and_started_again(plant):
    plant.run(BEGIN, BEGIN + 5 * MINUTE)
    plant.log(BEGIN + 5 * MINUTE, sample(BEGIN + 5 * MINUTE - SECOND))
    plant.start(BEGIN + 6 * MINUTE)
    plant.check()
    plant.run(BEGIN + 6 * MINUTE, BEGIN + 8 * MINUTE)
    plant.check()


def test_killed_again_before_what_came_late_was_healed(plant):
    plant.run(BEGIN, BEGIN + 5 * MINUTE)
    plant.log(BEGIN + 5 * MINUTE, late(2, BEGIN + 2 * MINUTE + 1, 2.0))
    for minute in (7, 9, 11):
        plant.start(BEGIN + minute * MINUTE)
    plant.check()
    plant.run(BEGIN + 11 * MINUTE, BEGIN + 13 * MINUTE)
    plant.check()
    (view,) = plant.engine.at(BEGIN + 4 * MINUTE, FAR_FUTURE)
    plant.equals(view, BEGIN + 4 * MINUTE, FAR_FUTURE)


def test_a_start_that_tells_in_pieces_and_is_killed_between_them(plant, monkeypatch):
    monkeypatch.setattr("twin.core.lane.PIECE", 40)
    plant.run(BEGIN, BEGIN + 3 * MINUTE)
    plant.log(BEGIN + 3 * MINUTE, late(2, BEGIN + MINUTE + 1, 2.0))
    span = range(BEGIN + 3 * MINUTE, BEGIN + 50 * MINUTE, SECOND)
    plant.log(BEGIN + 50 * MINUTE, *[sample(at) for at in span])
    told: list[Publication] = []
    for most in (1, 1, 2, None):
        told.append(plant.start(BEGIN + 51 * MINUTE, most))
    assert plant.pieces > 1
    plant.check()
    for one in told[1:]:  # what a piece told was told once
        assert not [*one.corrected, *one.removed]
    plant.run(BEGIN + 51 * MINUTE, BEGIN + 52 * MINUTE)
    plant.check()


def test_what_nobody_was_told_before_the_kill_is_news(plant):
    plant.run(BEGIN, BEGIN + 5 * MINUTE)
    plant.log(BEGIN + 6 * MINUTE, *[sample(at) for at in range(BEGIN + 5 * MINUTE, BEGIN + 6 * MINUTE, SECOND)])
    found = plant.start(BEGIN + 6 * MINUTE + 2 * SECOND)
    assert found.added
    assert not [*found.corrected, *found.removed]
    plant.check()


def test_what_came_late_behind_the_last_snapshot_before_the_kill_is_told_with_its_cause(plant):
    plant.run(BEGIN, BEGIN + 5 * MINUTE + 30 * SECOND)
    late_at = BEGIN + 5 * MINUTE + 14 * SECOND + 1
    ((recorded, _),) = plant.log(BEGIN + 5 * MINUTE + 30 * SECOND, late(2, late_at, 2.0))
    found = plant.start(BEGIN + 6 * MINUTE)
    assert found.removed
    assert (recorded, late_at) in {(one.recorded, one.time) for one in found.late}
    plant.check()


def test_an_event_that_came_late_before_the_kill_counts_too(plant):
    plant.run(BEGIN, BEGIN + 4 * MINUTE)
    lost, back = (
        Event(BEGIN + n * MINUTE, kind, "c1", {"cause": "x"}) for n, kind in ((1, CONNECTION_LOST), (2, CONNECTION_UP))
    )
    plant.log(BEGIN + 4 * MINUTE, lost, back)
    plant.start(BEGIN + 6 * MINUTE)
    plant.check()


def test_late_data_behind_and_after_a_clean_stop(plant):
    stopped = BEGIN + 3 * MINUTE + 20 * SECOND
    plant.run(BEGIN, stopped)
    plant.stop()  # a snapshot off the grid
    plant.start(stopped + 10 * SECOND)
    plant.run(stopped + 20 * SECOND, stopped + 2 * MINUTE)
    plant.take(stopped + 2 * MINUTE, late(2, stopped - 3 * SECOND // 2, 1.0))
    plant.tick(stopped + 2 * MINUTE + SECOND)
    plant.check()
    plant.take(stopped + 2 * MINUTE, late(2, stopped + 5 * SECOND + 1, 1.0))
    plant.tick(stopped + 2 * MINUTE + 10 * SECOND)
    plant.check()
    for minute in range(6):
        (view,) = plant.engine.at(BEGIN + minute * MINUTE + 1, FAR_FUTURE)
        plant.equals(view, BEGIN + minute * MINUTE + 1, FAR_FUTURE)


def test_a_start_with_a_clock_that_stepped_back(plant):
    plant.run(BEGIN, BEGIN + 10 * MINUTE)
    plant.start(BEGIN + 4 * MINUTE)
    plant.check()
    plant.take(BEGIN + 4 * MINUTE, late(2, BEGIN + 6 * MINUTE + 1, 2.0))
    plant.tick(*range(BEGIN + 4 * MINUTE, BEGIN + 12 * MINUTE, 30 * SECOND))
    plant.check()


def test_a_clock_that_steps_back_while_it_runs(plant):
    plant.run(BEGIN, BEGIN + 5 * MINUTE)
    now = BEGIN + 4 * MINUTE
    for second in range(0, 120, 10):
        plant.take(now + second * SECOND, late(2, now + second * SECOND + 7, second % 3))
        plant.tick(now + second * SECOND)
    plant.tick(BEGIN + 7 * MINUTE, BEGIN + 8 * MINUTE)
    plant.check()


def test_as_known_between_two_that_came_late_together_and_beat_each_other(plant):
    plant.run(BEGIN, BEGIN + 5 * MINUTE)
    at = BEGIN + 159 * SECOND  # the next snapshot stands one sample later
    first, again = late(2, at, 1.0), late(2, at, float(sample(at).value[2]))
    plant.take(BEGIN + 5 * MINUTE, first, again)
    plant.tick(BEGIN + 5 * MINUTE, BEGIN + 6 * MINUTE)
    plant.check()
    for known in (plant.known, plant.known - 1, plant.known - 2):
        (view,) = plant.engine.at(at + SECOND + 1, known)
        plant.equals(view, at + SECOND + 1, known)
