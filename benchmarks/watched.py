"""A simulated line watched in process: its samples through the folds that the product assembles, learning included.

No wires, no store on disk, no clock (twin.testing.virtual): a minute of samples, and a look at what is foretold.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulators.plants import PACKAGING
from twin.core.event import Event
from twin.core.instant import HOUR, MINUTE
from twin.health.reading import AlertNow, Outlook, alert_of
from twin.model.load import load
from twin.runtime.plugins import connectors
from twin.testing.source import Simulated
from twin.testing.times import monday_at_six
from twin.testing.virtual import VirtualTwin

START = monday_at_six("Europe/Prague")


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
    plant = load(PACKAGING.plant_file({}), "demo plant", connectors(), os.environ)
    twin = VirtualTwin(plant, START)
    source = Simulated(lambda: PACKAGING.build(seed, START, faults), PACKAGING.name, plant, twin.tags)
    outlooks: list[tuple[int, str, Outlook]] = []
    end = START + round(hours * HOUR)
    while twin.now < end:
        until = min(twin.now + MINUTE, end)
        twin.advance(until, source.samples(until))
        outlooks += _outlooks(twin)
    twin.settle()
    found = [*map(alert_of, twin.records("alert")), *twin.view().alerts()]
    return Watched(sorted(found, key=lambda one: one.start), twin.models, source.truth(), outlooks)


def _outlooks(twin: VirtualTwin) -> list[tuple[int, str, Outlook]]:
    if not twin.has_alert:
        return []
    found = [one for of_machine in twin.view().condition().values() for one in of_machine]
    return [(twin.now, one.asset, one.outlook) for one in found if one.state == "alert" and one.outlook is not None]
