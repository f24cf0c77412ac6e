"""Laws that hold in every plant there is: the same life however it is stepped, Little's law in every buffer."""

from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.plants import PLANTS
from tests.unit.simulators.start import HOUR, MINUTE, START

END = START + 6 * MINUTE
every_plant = pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)


@every_plant
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 5), cuts=st.lists(st.integers(START, END), max_size=9))
def test_any_stepping_gives_the_same_bytes_and_truth(plant, seed, cuts):
    whole, parts = plant.build(seed, START), plant.build(seed, START)
    expected = whole.step(END)
    got = [parts.step(until) for until in [*sorted(cuts), END]]
    for column in (1, 2, 3, 4):
        assert np.concatenate([part[column] for part in got]).tobytes() == expected[column].tobytes()
    assert parts.truth() == whole.truth()


class Watched:
    """A buffer whose every piece is followed, first in, first out. stayed: piece-ms inside, of the pieces; level_ms:
    the same, of the level that the buffer tells.
    """

    def __init__(self, buffer, agenda):
        self.buffer, self.agenda = buffer, agenda
        self.inside = deque([agenda.now] * buffer.level)
        self.stayed = self.level_ms = self.out = 0
        self.since, self.level = agenda.now, buffer.level
        self._put, self._take, self._clear = buffer.put, buffer.take, buffer.clear
        buffer.put, buffer.take, buffer.clear = self.put, self.take, self.clear

    def put(self, order):
        self.inside.append(self.agenda.now)
        self._put(order)
        self.note()

    def take(self, pieces):
        self.leave(pieces)
        self._take(pieces)
        self.note()

    def clear(self):
        pieces = self._clear()
        self.leave(pieces)
        self.note()
        return pieces

    def leave(self, pieces):
        for _ in range(pieces):
            self.stayed += self.agenda.now - self.inside.popleft()
        self.out += pieces

    def note(self, now=None):
        now = self.agenda.now if now is None else now
        self.level_ms += self.level * (now - self.since)
        self.since, self.level = now, self.buffer.level


@every_plant
@pytest.mark.parametrize("seed", [1, 2])
def test_littles_law_in_every_buffer(plant, seed):
    """L = rate x W, in its exact form over a finite time: what pieces stayed is what the level was, to the piece-ms."""
    run = plant.build(seed, START)
    watched = [Watched(buffer, run._hall.agenda) for buffer in run._hall.buffers.values()]
    end = START + 3 * HOUR
    run.step(end)
    assert watched
    for one in watched:
        one.note(end // 10**6)
        still = sum(end // 10**6 - came for came in one.inside)
        assert one.level_ms == one.stayed + still
        assert len(one.inside) == one.buffer.level
    assert sum(one.out for one in watched) > 50
