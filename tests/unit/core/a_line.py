"""A small plant for the law tests: two units, every kind of fold, made without a plant file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.alarms.alarms import Alarms
from twin.alarms.spec import AlarmSpec
from twin.core.fold import Fold
from twin.core.instant import FAR_PAST
from twin.core.routing import Routing
from twin.core.scales import Scale, Scales
from twin.mes.counts import CounterSpec, Counts
from twin.mes.machine_state import InputSpec, MachineState
from twin.mes.products import Products, ProductSpec
from twin.mes.program import MachineSpec
from twin.mes.rates import Rates, RateSpec
from twin.model.plant import Limit, StateModel
from twin.model.rule import Binary, Bit, Number, Rate, TagValue
from twin.state.connections import Connections
from twin.state.last_value import LastValue

SECOND = 1_000_000_000
UNIT_OF_TAG = np.array([0, 0, 0, 1, 1, 1], dtype=np.int32)
COUNTERS = (0, 3)
ROUTING = Routing(UNIT_OF_TAG, {"c0": (0,), "c1": (0, 1), "t1": (0,), "t2": (0,), "t4": (1,)})
"""Tags with alarms are subjects of acknowledgements."""


def _rules(total: str, status: str) -> StateModel:
    return StateModel(
        rules=(
            (Bit(status, 0), "down"),
            (Binary(">", Rate(total, 5 * SECOND), Number(0)), "running"),
            (Binary("and", Bit(status, 1), Binary("<", TagValue(status), Number(6))), "blocked"),
            (None, "idle"),
        )
    )


SCALES = Scales({tag: [Scale(FAR_PAST, bad=(7.0,))] for tag in (1, 2, 4, 5)})


def make_folds(units: Sequence[int]) -> list[Fold]:
    """Fresh folds of these units of the small plant."""
    tags = [tag for tag in range(6) if UNIT_OF_TAG[tag] in units]
    counters = [CounterSpec(int(UNIT_OF_TAG[t]), t, f"t{t}", wraps=16, limit=9) for t in COUNTERS if t in tags]
    rates = [RateSpec(spec.unit, row, 5 * SECOND, spec.tag) for row, spec in enumerate(counters)]
    machines = [
        MachineSpec(0, "a", _rules("t0", "t1")),
        MachineSpec(0, "b", StateModel(table={1: "running", 2: "changeover"}, value="t2")),
        MachineSpec(1, "c", _rules("t3", "t4")),
        MachineSpec(1, "d", StateModel(table={1: "running", 3: "idle"}, value="t5")),
    ]
    inputs = {
        (f"t{t}", 0): InputSpec(int(UNIT_OF_TAG[t]), t, "c1" if t in {1, 4, 5} else "c0")
        for t in (1, 2, 4, 5)
        if t in tags
    }
    inputs |= {
        (spec.path, 5 * SECOND): InputSpec(spec.unit, spec.tag, f"c{spec.unit}", rate=row)
        for row, spec in enumerate(counters)
    }
    connections = [
        (unit, connection) for unit in units for connection in ("c0", "c1") if (unit, connection) != (1, "c0")
    ]
    return [
        LastValue(np.where(np.isin(UNIT_OF_TAG, list(units)), UNIT_OF_TAG, -1).astype(np.int32)),
        Connections(connections),
        Counts(counters),
        Rates(rates),
        MachineState([m for m in machines if m.unit in units], inputs),
        Products([ProductSpec(unit, f"line{unit}", tag) for unit, tag in ((0, 2), (1, 5)) if unit in units]),
        Alarms(_alarms(tags)),
    ]


def _alarms(tags: Sequence[int]) -> list[AlarmSpec]:
    limits = (
        Limit("high", "high", 9.0, deadband=2.0, delay=2 * SECOND, off_delay=SECOND),
        Limit("low", "low", 3.0),
        Limit("stale", "stale", 20.0, silence=20 * SECOND),
    )
    of_tags = ((1, "c1"), (2, "c0"), (4, "c1"))
    return [
        AlarmSpec(int(UNIT_OF_TAG[t]), t, f"t{t}", connection, limit)
        for t, connection in of_tags
        for limit in limits
        if t in tags
    ]
