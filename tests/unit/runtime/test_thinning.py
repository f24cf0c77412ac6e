"""Thinning from the plant file to the folder: wire numbers, the sealing thread, what is told afterwards, verify."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tests.contract.stores import SetClock
from twin.core.batch import batch
from twin.core.event import RUN_STARTED, Event
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST, MINUTE, SECOND, Span
from twin.core.status import BAD
from twin.core.thinning import Thinning
from twin.model.load import load
from twin.runtime.coverage import SpanCover, Thin
from twin.runtime.plugins import connectors
from twin.runtime.sealing import Sealing
from twin.runtime.thinning import thinning_rules
from twin.store.inspect import stats
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.seal import Bounds
from twin.store.thin import Rule

PLANT = """
linetwin: 1
plant: p
connections: {s7: {opcua: "opc.tcp://10.0.1.10:4840", ns: urn:x}}
tags:
  temp: {from: s7, node: t, raw: [0, 1000], range: [0, 100], bad: [999], interpolation: sloped,
         thin: {after: 7d, exception: 0.05, deviation: 0.1, longest: 10m}}
  level: {from: s7, node: l, thin: {after: 30d, exception: 2}}
  other: {from: s7, node: o}
"""
NAMES = ("temp", "level", "other")
DAY0 = 20_000 * DAY


@pytest.fixture
def plant():
    return load(PLANT, "plant.yaml", connectors(), {})


def paths(plant) -> list[str]:
    return [next(path for path in plant.tags if path.endswith(name)) for name in NAMES]


def test_rules_are_in_the_numbers_of_the_log(plant, tmp_path):
    with closing(SqliteLog(tmp_path, SetClock(DAY0))) as log:
        assert thinning_rules(plant, log.tags) == {}
        log.tags.ids_of(paths(plant))
        found = thinning_rules(plant, log.tags)
    assert set(found) == {0, 1}
    assert found[0].how.exception == pytest.approx(0.5)
    assert found[0].how.deviation == pytest.approx(1.0)
    assert (found[0].how.longest, found[0].how.stepped, found[0].special) == (10 * MINUTE, False, (999.0,))
    assert found[0].error == pytest.approx(0.15)
    assert found[1] == Rule(30 * DAY, Thinning(2.0, 0.0, 0, True), 2.0)


def test_the_sealing_thread_thins_and_coverage_tells(plant, tmp_path: Path):
    clock = SetClock(DAY0)
    with closing(SqliteLog(tmp_path, clock)) as log, closing(LogReader(tmp_path)) as reader:
        log.tags.ids_of(paths(plant))
        log.submit(Event(DAY0, RUN_STARTED, "p")).result(10)
        time = DAY0 + np.arange(300) * 10 * SECOND
        value = np.repeat([100.0, 200.0, 999.0, 200.0], 75)
        status = np.where(np.arange(300) == 40, BAD, 0).astype(np.uint32)
        for tag in range(3):
            log.submit(batch("s7", [tag] * 300, time, value, status)).result(10)
        sealing = Sealing(log, reader, clock, Bounds(age=0, leave=0, pause_s=0.005))
        sealing.rules = lambda: thinning_rules(plant, log.tags)
        sealing.start()
        waited = threading.Event()
        clock.instant = DAY0 + 10 * DAY
        log.submit(Event(clock.instant, RUN_STARTED, "p")).result(10)
        for _ in range(3000):
            if sealing.thinned or sealing.failure:
                break
            waited.wait(0.01)
        sealing.close()
        assert sealing.failure == ""
        rows = reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples
        assert [int((rows.tag == tag).sum()) for tag in range(3)] == [300 - sealing.thinned, 300, 300]
        assert ((rows.tag == 0) & (rows.value == 999)).sum() == 75  # they mean no value
        assert ((rows.tag == 0) & (rows.status == BAD)).sum() == 1
        assert sealing.figures()["history_thinned_rows_total"] == sealing.thinned > 150
        assert stats(reader)["thinned_rows"] == sealing.thinned
        cover = SpanCover(reader, plant, reader.tags(), Span(DAY0 + SECOND, DAY0 + 2 * DAY))
        told = cover.thinned(paths(plant))
        assert told == {paths(plant)[0]: Thin(sealing.thinned, pytest.approx(0.15), DAY0, DAY0 + DAY)}
        assert SpanCover(reader, plant, reader.tags(), Span(DAY0 + DAY, DAY0 + 2 * DAY)).thinned(paths(plant)) == {}
        assert reader.thinned_to() == reader.whole_from() == DAY0 + DAY
