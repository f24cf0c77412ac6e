"""What a viewer sees of a tag: its value in its unit, and whether it is still the present one."""

from __future__ import annotations

import os

import numpy as np
import pytest

from twin.core.batch import batch
from twin.core.event import CONNECTION_LOST, CONNECTION_UP, Event
from twin.core.instant import MINUTE, SECOND
from twin.core.status import BAD_OUT_OF_RANGE, BAD_WAITING_FOR_INITIAL_DATA
from twin.core.tags import TagTable
from twin.model.load import load
from twin.runtime.assembly import assemble
from twin.runtime.live import Meaning, view_of
from twin.runtime.plugins import connectors
from twin.store.memory import MemoryHistory, MemoryResults

PLANT = """
linetwin: 1
plant: p
connections:
  gw: {mqtt: "mqtt://127.0.0.1:1"}
  slow: {mqtt: "mqtt://127.0.0.1:1", stale: 60s}
  plc: {opcua: "opc.tcp://127.0.0.1:1", ns: "urn:x"}
tags:
  a/temp: {from: gw, topic: a, raw: [0, 1000], range: [0, 100], bad: [32767], unit: degC}
  b/temp: {from: slow, topic: b}
  c/temp: {from: plc, node: c}
  d/pulse: {from: gw, topic: d, counter: {pulse: true}}
"""
NOW = 1_762_750_800 * SECOND


class Seen:
    """A plant to which entries came, and its view at an instant."""

    def __init__(self) -> None:
        self.plant = load(PLANT, "plant.yaml", connectors(), os.environ)
        self.tags = TagTable()
        self.assembly = assemble(self.plant, self.tags)
        self.meaning = Meaning(self.plant, self.tags.names(), self.assembly.editions.newest.scales)
        self.engine = self.assembly.engine(MemoryHistory(), MemoryResults())
        list(self.engine.resume(NOW - MINUTE, 0))
        self._known = NOW - MINUTE

    def take(self, item) -> None:
        self._known = max(self._known + 1, item.time if isinstance(item, Event) else int(item.time.max()))
        self.engine.accept([(self._known, item)])

    def values(self, name, *pairs) -> None:
        times, values = zip(*pairs, strict=True)
        self.take(batch("x", [self.tags.id_of(f"p/{name}")] * len(pairs), times, values))

    def at(self, now):
        return view_of(1, now, self._known, self.engine.live(now), self.meaning, len(self.tags)).tags

    def stale(self, name, now) -> bool:
        return bool(self.at(now).stale[self.tags.id_of(f"p/{name}")])


@pytest.fixture
def seen():
    return Seen()


def every_second(start, count):
    return [(start + n * SECOND, float(n)) for n in range(count)]


def test_a_tag_without_a_sample_waits_for_its_first(seen):
    columns = seen.at(NOW)
    assert columns.status.tolist() == [BAD_WAITING_FOR_INITIAL_DATA] * 4
    assert np.isnan(columns.value).all()
    assert not columns.stale.any()


def test_values_are_in_the_unit_of_the_tag_and_a_sentinel_is_none(seen):
    seen.values("a/temp", (NOW - 2, 250.0))
    row = seen.tags.id_of("p/a/temp")
    assert seen.at(NOW).value[row] == 25.0
    seen.values("a/temp", (NOW - 1, 32767.0))
    assert np.isnan(seen.at(NOW).value[row])
    assert seen.at(NOW).status[row] == BAD_OUT_OF_RANGE


def test_silence_for_five_usual_intervals_is_stale(seen):
    seen.values("a/temp", *every_second(NOW - 20 * SECOND, 11))
    last = NOW - 10 * SECOND
    assert not seen.stale("a/temp", last + 5 * SECOND)
    assert seen.stale("a/temp", last + 5 * SECOND + 1)
    seen.values("a/temp", (NOW, 1.0))
    assert not seen.stale("a/temp", NOW + SECOND)


def test_who_comes_in_bursts_is_not_stale_between_them(seen):
    bursts = [NOW + (600 * n + k) * SECOND for n in range(8) for k in range(20)]
    last = bursts[-1]
    seen.values("a/temp", *((time, 1.0) for time in bursts))
    assert not seen.stale("a/temp", last + 3 * 581 * SECOND)
    assert seen.stale("a/temp", last + 3 * 581 * SECOND + 1)


def test_the_limit_of_the_connection_counts_where_there_is_one(seen):
    seen.values("b/temp", *every_second(NOW - 10 * SECOND, 11))
    assert not seen.stale("b/temp", NOW + 60 * SECOND)
    assert seen.stale("b/temp", NOW + 60 * SECOND + 1)


def test_a_subscribed_tag_may_be_silent_until_its_connection_is_lost(seen):
    seen.take(Event(NOW - 30 * SECOND, CONNECTION_UP, "plc"))
    seen.values("c/temp", *every_second(NOW - 20 * SECOND, 11))
    assert not seen.stale("c/temp", NOW + 1000 * SECOND)
    seen.take(Event(NOW, CONNECTION_LOST, "plc", {"cause": "cut"}))
    assert seen.stale("c/temp", NOW + SECOND)
    seen.take(Event(NOW + 2 * SECOND, CONNECTION_UP, "plc"))
    assert not seen.stale("c/temp", NOW + 3 * SECOND)


def test_a_pulse_is_not_stale_while_its_machine_makes_nothing(seen):
    seen.values("d/pulse", *[(NOW - (20 - n) * SECOND, 1.0) for n in range(11)])
    assert not seen.stale("d/pulse", NOW + 600 * SECOND)
    seen.take(Event(NOW + 600 * SECOND, CONNECTION_LOST, "gw", {"cause": "cut"}))
    assert seen.stale("d/pulse", NOW + 601 * SECOND)


def test_a_lost_connection_leaves_the_tags_of_others_alone(seen):
    seen.values("a/temp", *every_second(NOW - 10 * SECOND, 11))
    seen.take(Event(NOW, CONNECTION_LOST, "plc", {"cause": "cut"}))
    assert not seen.stale("a/temp", NOW + SECOND)
