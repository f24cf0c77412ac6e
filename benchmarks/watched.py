"""A simulated line watched in process: its samples through the folds that the product assembles, learning included.

No wires, no store on disk, no clock: a minute of samples, a tick, and a look whether there is something to learn from.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulators.packaging import LINE
from twin.core.batch import batch
from twin.core.engine import Engine
from twin.core.event import Event
from twin.core.instant import FAR_FUTURE, FAR_PAST, HOUR, MINUTE, SECOND
from twin.core.tags import TagTable
from twin.health.condition import Condition
from twin.health.reading import AlertNow, Outlook, alert_of, alerts, conditions, to_learn
from twin.model.load import load
from twin.runtime.folds import assemble
from twin.runtime.learning import learnt
from twin.runtime.plugins import connectors
from twin.store.memory import MemoryHistory, MemoryResults

START = 1_762_750_800 * SECOND
"""A Monday, 06:00 in Prague."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What came of a line. alerts: all, by start. models: the events of the learner. truth: of the simulator.

    outlooks: (instant, machine, what GET /condition would forecast), each minute while an alert is open.
    """

    alerts: Sequence[AlertNow]
    models: Sequence[Event]
    truth: Sequence[dict[str, Any]]
    outlooks: Sequence[tuple[int, str, Outlook]]


def watched(seed: int, hours: float, faults: Sequence[tuple[str, int]] = ()) -> Watched:
    """So many hours of the packaging line of a seed."""
    run = LINE.build(seed, START, faults)
    plant = load(LINE.plant_file({}), "demo plant", connectors(), os.environ)
    tags = TagTable()
    assembly = assemble(plant, tags)
    history, results = MemoryHistory(), MemoryResults()
    engine = assembly.engine(history, results)
    for publication in engine.resume(START - SECOND, 0):
        results.publish(publication)
    models: list[Event] = []
    outlooks: list[tuple[int, str, Outlook]] = []
    known = 0
    end = START + round(hours * HOUR)
    for hour in range(START, end, HOUR):
        names, time, index, value, status = run.step(min(hour + HOUR, end))
        ids = tags.ids_of([f"{plant.path}/{name}" for name in names])
        edges = np.searchsorted(time, np.arange(hour + MINUTE, hour + HOUR + 1, MINUTE))
        for first, last in zip([0, *edges[:-1].tolist()], edges.tolist(), strict=True):
            if last > first:
                part = slice(first, last)
                item = batch("sim", ids[index[part]], time[part], value[part], status[part])
                known = max(int(time[last - 1]) + SECOND // 10, known + 1)
                history.append(known, item)
                engine.accept([(known, item)])
                known = _learn(engine, history, models, known)
            for publication in engine.tick(known, known):
                results.publish(publication)
            outlooks += _outlooks(engine, known)
    for later in (10, 20, 30):  # past every wait, and past the pause after a heal
        for publication in engine.tick(known + later * SECOND, known):
            results.publish(publication)
    over = [r for unit in range(len(assembly.units)) for r in results.current(unit, FAR_PAST, FAR_FUTURE)]
    found = [alert_of(record) for record in over if record.kind == "alert"]
    found += [one for fold in _conditions(engine) for one in alerts(fold)]
    return Watched(sorted(found, key=lambda one: one.start), models, run.truth(), outlooks)


def _learn(engine: Engine, history: MemoryHistory, models: list[Event], known: int) -> int:
    """What the learner of a running twin does after a tick; the greatest `recorded` then."""
    for found in [one for fold in _conditions(engine) for one in to_learn(fold)]:
        if any(model.subject == found.watch.path and model.time == found.end for model in models):
            continue
        event = learnt(found, known)
        known += 1
        history.append(known, event)
        engine.accept([(known, event)])
        models.append(event)
    return known


def _outlooks(engine: Engine, now: int) -> list[tuple[int, str, Outlook]]:
    found = [one for fold in _conditions(engine) if fold.state["machine"].alert.any() for one in conditions(fold, now)]
    return [(now, one.asset, one.outlook) for one in found if one.state == "alert" and one.outlook is not None]


def _conditions(engine: Engine) -> list[Condition]:
    return [fold for lane in engine.lanes for fold in lane.folds if isinstance(fold, Condition)]
